// What no page may do: weigh much, ask others, leave cookies to scripts, let anything be stored or framed. One walk
// through a patient's first sign-in looks at all of it on every page.
import { expect, test } from '../support/fixtures.js';

/** Every page of a patient's first sign-in, in order, with what the browser loaded for it. */
async function firstSignIn(visit, demo, look) {
  const patient = await visit(demo.patient);
  const loaded = [];
  patient.page.on('response', (response) => loaded.push(response));
  const seen = async (name) => {
    await patient.page.waitForLoadState('networkidle');
    await look(name, patient, loaded.splice(0));
  };
  await patient.begins();
  await seen('sign-in');
  await patient.givesName();
  await seen('password');
  await patient.givesPassword();
  await patient.sees('enrol-totp');
  await seen('enrol');
  await patient.press('enrol-totp');
  await patient.sees('totp-key');
  await seen('enrol-totp');
  await patient.linksCodeApp();
  await patient.sees('recovery-codes');
  await seen('recovery-codes');
  await patient.press('continue');
  await patient.sees('consent-allow');
  await seen('consent');
}

/** Light, and from one place. A newcomer's browser, whose cache is empty, weighs what the page is made of. */
async function isLight(name, { page }, demo) {
  const html = await page.content();
  const parts = await page.locator('link[rel=stylesheet], script[src]').evaluateAll(
    (elements) => elements.map((element) => element.href ?? element.src));
  const weights = await Promise.all(parts.map(async (url) => (await (await page.request.get(url)).body()).length));
  const total = Buffer.byteLength(html) + weights.reduce((sum, weight) => sum + weight, 0);
  expect.soft(total, `${name} weighs ${total} bytes`).toBeLessThanOrEqual((name === 'enrol-totp' ? 40 : 30) * 1024);
  expect.soft(parts.length + 1, `${name} is made of ${parts.length + 1} answers`).toBeLessThanOrEqual(4);
  for (const url of parts) expect.soft(new URL(url).origin).toBe(demo.issuer);
}

/** No inline style or script, and no placeholder for a label. */
async function isTidy(name, { page }) {
  await expect.soft(page.locator('[style], [onclick], [onload], [placeholder]'), name).toHaveCount(0);
  await expect.soft(page.locator('script:not([src]):not([type="application/json"])'), name).toHaveCount(0);
  await expect.soft(page.locator('h1'), name).toHaveCount(1);
  await expect.soft(page.locator('main#main'), name).toHaveCount(1);
}

/** Never stored, framed, or with foreign code. */
function isClosed(name, loaded, demo) {
  const pages = loaded.filter((response) => response.request().resourceType() === 'document' && response.url().startsWith(demo.issuer) && response.status() === 200);
  expect.soft(pages.length, `${name} was loaded`).toBeGreaterThan(0);
  for (const page of pages) {
    const headers = page.headers();
    const policy = headers['content-security-policy'] ?? '';
    expect.soft(policy, name).toContain("default-src 'none'");
    expect.soft(policy, name).toContain("frame-ancestors 'none'");
    expect.soft(policy, name).toContain("base-uri 'none'");
    expect.soft(policy, name).not.toContain('unsafe');
    expect.soft(headers['cache-control'], name).toContain('no-store');
    expect.soft(headers['referrer-policy'], name).toBe('no-referrer');
    expect.soft(headers['x-content-type-options'], name).toBe('nosniff');
  }
}

/** No script reads a cookie, and half a sign-in is in none. Returns the browser's own cookie. */
async function keepsToItself(name, { page }, demo) {
  expect.soft(await page.evaluate(() => document.cookie), name).toBe('');
  const cookies = (await page.context().cookies(demo.issuer)).filter((cookie) => !cookie.name.startsWith('vouchsafe-demo-'));
  for (const cookie of cookies) {
    expect.soft(cookie.httpOnly, `${cookie.name} at ${name}`).toBe(true);
    expect.soft(cookie.sameSite, `${cookie.name} at ${name}`).toBe('Lax');
    expect.soft(cookie.path, `${cookie.name} at ${name}`).toBe('/');
    expect.soft(cookie.name, name).toMatch(/^vouchsafe-(browser|session|locale|theme)$/);
  }
  const value = (wanted) => cookies.find((cookie) => cookie.name === wanted)?.value;
  expect.soft(value('vouchsafe-session'), `no session before the end, at ${name}`).toBeUndefined();
  return value('vouchsafe-browser');
}

test('every page is light, tidy and closed, has its own title, and leaves no cookie to scripts', async ({ visit, demo }) => {
  const titles = new Map();
  const browsers = new Set();
  await firstSignIn(visit, demo, async (name, patient, loaded) => {
    await isLight(name, patient, demo);
    await isTidy(name, patient);
    isClosed(name, loaded, demo);
    browsers.add(await keepsToItself(name, patient, demo));
    titles.set(name, await patient.page.title());
  });
  expect(browsers.size, 'the browser is the same at each step').toBe(1);
  expect([...browsers][0]).toBeTruthy();
  expect(new Set(titles.values()).size, [...titles.values()].join('\n')).toBe(titles.size);
});
