// What no page may do: weigh much, ask others, leave cookies to scripts, let anything be stored or framed.
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

test('every page is light and comes from one place', async ({ visit, demo, browser }) => {
  await firstSignIn(visit, demo, async (name, patient) => {
    // A newcomer's browser, whose cache is empty, weighs what the page is made of.
    const html = await patient.page.content();
    const parts = await patient.page.locator('link[rel=stylesheet], script[src]').evaluateAll(
      (elements) => elements.map((element) => element.href ?? element.src));
    const weights = await Promise.all(parts.map(async (url) => (await (await patient.page.request.get(url)).body()).length));
    const total = Buffer.byteLength(html) + weights.reduce((sum, weight) => sum + weight, 0);
    expect.soft(total, `${name} weighs ${total} bytes`).toBeLessThanOrEqual((name === 'enrol-totp' ? 40 : 30) * 1024);
    expect.soft(parts.length + 1, `${name} is made of ${parts.length + 1} answers`).toBeLessThanOrEqual(4);
    for (const url of parts) expect.soft(new URL(url).origin).toBe(demo.issuer);
  });
  expect(browser.isConnected()).toBe(true);
});

test('no page has an inline style or script, or a placeholder for a label', async ({ visit, demo }) => {
  await firstSignIn(visit, demo, async (name, patient) => {
    const { page } = patient;
    await expect.soft(page.locator('[style], [onclick], [onload], [placeholder]'), name).toHaveCount(0);
    await expect.soft(page.locator('script:not([src]):not([type="application/json"])'), name).toHaveCount(0);
    await expect.soft(page.locator('h1'), name).toHaveCount(1);
    await expect.soft(page.locator('main#main'), name).toHaveCount(1);
  });
});

test('every page forbids storing, framing and foreign code', async ({ visit, demo }) => {
  await firstSignIn(visit, demo, async (name, patient, loaded) => {
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
  });
});

test('no script can read a cookie, and half a sign-in is in none', async ({ visit, demo }) => {
  let browserCookie;
  await firstSignIn(visit, demo, async (name, patient) => {
    expect.soft(await patient.page.evaluate(() => document.cookie), name).toBe('');
    const cookies = (await patient.page.context().cookies(demo.issuer)).filter((cookie) => !cookie.name.startsWith('vouchsafe-demo-'));
    for (const cookie of cookies) {
      expect.soft(cookie.httpOnly, `${cookie.name} at ${name}`).toBe(true);
      expect.soft(cookie.sameSite, `${cookie.name} at ${name}`).toBe('Lax');
      expect.soft(cookie.path, `${cookie.name} at ${name}`).toBe('/');
      expect.soft(cookie.name, name).toMatch(/^vouchsafe-(browser|session|locale|theme)$/);
    }
    const value = (wanted) => cookies.find((cookie) => cookie.name === wanted)?.value;
    browserCookie ??= value('vouchsafe-browser');
    expect.soft(value('vouchsafe-browser'), `the browser is the same at ${name}`).toBe(browserCookie);
    expect.soft(value('vouchsafe-session'), `no session before the end, at ${name}`).toBeUndefined();
  });
});

test('each step has its own title', async ({ visit, demo }) => {
  const titles = new Map();
  await firstSignIn(visit, demo, async (name, patient) => titles.set(name, await patient.page.title()));
  expect(new Set(titles.values()).size, [...titles.values()].join('\n')).toBe(titles.size);
});
