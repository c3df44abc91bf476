// The states people really meet: a page from before, a second tab, another browser, no cookies.
import { ACR } from '../support/visit.js';
import { expect, PLAIN, test } from '../support/fixtures.js';

test.use(PLAIN);

/** A page that says what is the matter and offers a way out, and takes no secret. */
async function isDeadEndWithWayOut(person, response) {
  if (response) expect(response.status()).toBeLessThan(500);
  await expect(person.page.locator('h1')).toHaveCount(1);
  await expect(person.page.locator('main')).not.toBeEmpty();
  for (const id of ['password', 'code', 'recovery-code', 'consent-allow']) await expect(person.get(id)).toHaveCount(0);
}

test('an unknown interaction says so', async ({ visit, demo }) => {
  const person = await visit(demo.clinician);
  for (const step of ['sign-in', 'password', 'code', 'security-key', 'recovery-code', 'choose', 'enrol', 'consent']) {
    const response = await person.page.goto(`${demo.issuer}/i/AAAAAAAAAAAAAAAAAAAAAA/${step}`);
    expect(response.status(), step).toBeGreaterThanOrEqual(400);
    await isDeadEndWithWayOut(person, response);
  }
});

test('Back after finishing shows that it is finished', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.begins();
  const interaction = clinician.interaction();
  await clinician.answersUntil('#acr');
  for (const step of ['sign-in', 'password', 'code', 'consent']) {
    const response = await clinician.page.goto(`${demo.issuer}${interaction}/${step}`);
    await isDeadEndWithWayOut(clinician, response);
    await expect(clinician.get('username')).toHaveCount(0);
  }
  await clinician.press('continue');
  await clinician.sees('acr');
  await clinician.page.goBack();
  await isDeadEndWithWayOut(clinician);
});

test('two tabs do not fight', async ({ visit, demo, context }) => {
  const first = await visit(demo.clinician);
  const second = await visit(demo.clinician);
  second.page = await context.newPage();
  await first.begins();
  await second.begins();
  expect(second.interaction()).not.toBe(first.interaction());
  await first.givesName();
  await second.givesName();
  await first.answersUntil('#acr');
  await second.givesPassword();
  await second.answersUntil('#acr');
  await second.arrives({ acr: ACR.aal2 });
});

test('Back and refresh in the middle are safe', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.begins();
  await clinician.givesName();
  await clinician.page.reload();
  await clinician.sees('password');
  await clinician.givesPassword();
  await clinician.sees('code');
  await clinician.page.reload();
  await clinician.sees('code');
  await clinician.page.goBack();
  await expect(clinician.page.locator('h1')).toHaveCount(1);
  await clinician.page.goForward();
  await clinician.answersUntil('#acr');
});

test('a sign-in does not move to another browser', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.begins();
  await clinician.givesName();
  const stranger = await visit(demo.clinician, {});
  for (const step of ['sign-in', 'password', 'code', 'enrol', 'consent']) {
    const response = await stranger.page.goto(`${demo.issuer}${clinician.interaction()}/${step}`);
    expect(response.status()).toBeGreaterThanOrEqual(400);
    await isDeadEndWithWayOut(stranger, response);
    await expect(stranger.page.locator('body')).not.toContainText(demo.clinician.username);
  }
  await clinician.givesPassword();
  await clinician.answersUntil('#acr');
});

test('a browser that keeps no cookies is told so', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.begins();
  await clinician.page.context().clearCookies();
  await clinician.types('username', demo.clinician.username);
  const [response] = await Promise.all([
    clinician.page.waitForResponse((response) => response.request().method() === 'POST'),
    clinician.press('sign-in-submit'),
  ]);
  expect(response.status()).toBeLessThan(500);
  await isDeadEndWithWayOut(clinician);
});

test('a request that may not come back is shown, never redirected', async ({ visit, demo }) => {
  const person = await visit(demo.clinician);
  for (const query of ['', 'client_id=nobody&response_type=code', 'client_id=nobody&redirect_uri=https://evil.example/cb&response_type=code']) {
    const response = await person.page.goto(`${demo.issuer}/authorize?${query}`);
    expect(response.status()).toBe(400);
    expect(new URL(person.page.url()).pathname).toBe('/authorize');
    await isDeadEndWithWayOut(person, response);
  }
});

test('a page that does not exist is a page', async ({ visit, demo }) => {
  const person = await visit(demo.clinician);
  const response = await person.page.goto(`${demo.issuer}/no-such-page`);
  expect(response.status()).toBe(404);
  await expect(person.page.locator('h1')).toHaveCount(1);
});
