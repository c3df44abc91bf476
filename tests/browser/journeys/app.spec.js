// What the app and the person agree on: consent, refreshing, signing out, and the person's own page.
import { ACR } from '../support/visit.js';
import { expect, PLAIN, test } from '../support/fixtures.js';

test.use(PLAIN);

test('consent denied is told to the app, and nothing is shared', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.begins();
  await clinician.answersUntil('#consent-deny');
  await clinician.press('consent-deny');
  await expect(clinician.get('error')).toHaveText('access_denied');
  expect(new URL(clinician.page.url()).origin).toBe(new URL(demo.app).origin);
  // A sign-in that ended without consent opened no session: all of it is asked again.
  await clinician.begins();
  await clinician.sees('username');
  await clinician.answersUntil('#consent-allow');
  await clinician.arrives({ acr: ACR.aal2 });
});

test('a sign-in can be cancelled at its first page', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.begins();
  await clinician.press('cancel');
  await expect(clinician.get('error')).toHaveText('access_denied');
});

test('refreshing brings new tokens of the same sign-in', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.signsIn();
  const [sub, time] = [await clinician.get('sub').textContent(), await clinician.get('auth-time').textContent()];
  for (let times = 0; times < 2; times += 1) {
    await clinician.press('refresh');
    await expect(clinician.get('sub')).toHaveText(sub);
    await expect(clinician.get('auth-time')).toHaveText(time);
    await expect(clinician.get('acr')).toHaveText(ACR.aal2);
    await expect(clinician.get('error')).toHaveCount(0);
  }
});

test('signing out from the app ends the session, and the next sign-in asks again', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.signsIn();
  await clinician.signsOut();
  await clinician.sees('signed-out');
  await clinician.begins();
  await clinician.sees('username');
  await clinician.page.goto(`${demo.issuer}/account/`);
  await expect(clinician.get('sign-out')).toHaveCount(0);
});

test('a bare visit to /logout asks first', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.signsIn();
  await clinician.page.goto(`${demo.issuer}/logout`);
  await clinician.sees('sign-out-confirm');
  await expect(clinician.page.locator('main li')).toHaveText('Riverside Video Clinic');
  await clinician.page.goto(`${demo.issuer}/account/`);
  await clinician.sees('sign-out');
  await clinician.page.goto(`${demo.issuer}/logout`);
  await clinician.press('sign-out-confirm');
  await expect(clinician.page.locator('h1')).toBeVisible();
  await expect(clinician.page.locator('main li')).toHaveText('Riverside Video Clinic');
  await clinician.leavesApp();
  await clinician.begins();
  await clinician.sees('username');
});

test('the account page without a session leads to signing in', async ({ visit, demo }) => {
  const person = await visit(demo.patient);
  const answer = await person.page.request.get(`${demo.issuer}/account/`, { maxRedirects: 0 });
  expect(answer.status()).toBe(303);
  await person.page.goto(`${demo.issuer}/account`);
  await person.sees('username');
  await person.answersUntil('#sign-out', { enrols: 'totp' });
  expect(new URL(person.page.url()).pathname).toBe('/account/');
});

test('signing out at the account page ends the session', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.signsIn();
  await clinician.page.goto(`${demo.issuer}/account/`);
  await clinician.press('sign-out');
  await expect(clinician.get('sign-out')).toHaveCount(0);
  await clinician.page.goto(`${demo.issuer}/account/sign-in`);
  await clinician.sees('username');
  // The app was told, and has forgotten them by itself.
  await expect(async () => {
    await clinician.page.goto(demo.app);
    await expect(clinician.get('sign-in')).toBeVisible({ timeout: 500 });
  }).toPass();
});

test.describe('with a passkey', () => {
  test.use({ javaScriptEnabled: true, keyboard: false });

  test('a passkey is added at the account page, told by mail, and nothing weaker removes the code app', async ({ visit, demo }) => {
    const clinician = await visit(demo.clinician);
    const device = await clinician.authenticator();
    await clinician.withoutAutofill();
    await clinician.signsIn();
    await clinician.page.goto(`${demo.issuer}/account/`);
    await clinician.press('enrol-passkey');
    await clinician.answersUntil('form[data-webauthn=create] #passkey-button');
    await clinician.press('passkey-button');
    await clinician.answersUntil('#sign-out');
    expect(await device.credentials()).toHaveLength(1);
    expect(new URL(clinician.page.url()).pathname).toBe('/account/');
    await expect(clinician.page.locator('.notice.ok')).toContainText('passkey');
    await clinician.page.goto(demo.mail);
    await clinician.page.locator('main li a').first().click();
    await expect(clinician.page.locator('.mail')).toContainText('Passkey');
    await clinician.page.goto(demo.app);
    await clinician.signsOut();
    await clinician.begins();
    await clinician.press('passkey-button');
    await clinician.arrives({ acr: ACR.phr, without: ['pwd'] });
    await clinician.signsOut();

    await clinician.begins();
    await clinician.givesName();
    await clinician.givesPassword();
    await clinician.press('choose-another');
    await clinician.press('choose-totp');
    await clinician.givesCode();
    await clinician.arrives({ acr: ACR.aal2 });
    await clinician.page.goto(`${demo.issuer}/account/`);
    const removals = clinician.page.locator('a[href$="/remove"]');
    await expect(removals).toHaveCount(2);
    await clinician.press(removals.first());
    await clinician.sees('passkey-button');
    expect(clinician.step(), 'a code does not remove a code app beside a passkey').toBe('security-key');
    await clinician.press('passkey-button');
    await clinician.press('continue');
    await expect(clinician.page.locator('.notice.ok')).toHaveText(/^It was removed/);
    await expect(removals, 'the last one is not offered').toHaveCount(0);
  });
});
