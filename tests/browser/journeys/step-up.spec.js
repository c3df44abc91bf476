// Asking again: only when the app needs it, and only for what is missing.
import { ACR } from '../support/visit.js';
import { expect, PLAIN, test } from '../support/fixtures.js';

test.use(PLAIN);

test('a prescription within a minute of signing in asks nothing', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.signsIn();
  await clinician.press('prescribe');
  await clinician.sees('prescription-signed');
  await expect(clinician.get('acr')).toHaveText(ACR.aal2);
});

test('a proof too old for max_age is given again', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.signsIn();
  const before = Number(await clinician.get('auth-time').textContent());
  const session = await clinician.cookie('vouchsafe-session');
  const browser = await clinician.cookie('vouchsafe-browser');
  expect(session).toBeTruthy();
  const request = await clinician.whereButtonLeads('prescribe');
  expect(request.searchParams.get('max_age')).toBe('60');
  expect(request.searchParams.get('acr_values')).toBe(ACR.aal2);
  request.searchParams.set('max_age', '0');
  await clinician.page.goto(request.href);
  await expect(clinician.get('acr')).toHaveCount(0);
  await expect(clinician.get('username'), 'who it is was not in doubt').toHaveCount(0);
  await clinician.sees('password');
  await clinician.answersUntil('#acr');
  await clinician.sees('prescription-signed');
  expect(Number(await clinician.get('auth-time').textContent())).toBeGreaterThan(before);
  expect(await clinician.cookie('vouchsafe-session'), 'the session has a new name after the rise').not.toBe(session);
  expect(await clinician.cookie('vouchsafe-browser'), 'the browser is the same').toBe(browser);
});

test('cancelling a step-up goes back to the app, which says so', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.signsIn();
  const request = await clinician.whereButtonLeads('prescribe');
  request.searchParams.set('max_age', '0');
  await clinician.page.goto(request.href);
  await clinician.press('cancel');
  await clinician.page.waitForURL((url) => url.origin === new URL(demo.app).origin);
  await expect(clinician.get('error')).toHaveText(/access_denied|unmet_authentication_requirements/);
  await clinician.page.goto(demo.app);
  await clinician.sees('acr');
});

test.describe('with a passkey', () => {
  test.use({ javaScriptEnabled: true, keyboard: false });

  test('a stronger level leads somebody without the means into setting it up', async ({ visit, demo }) => {
    const clinician = await visit(demo.clinician);
    await clinician.authenticator();
    await clinician.signsIn();
    await clinician.press('prescribe-phr');
    await clinician.sees('enrol-passkey');
    await expect(clinician.get('enrol-totp'), 'a code app would not be enough').toHaveCount(0);
    await clinician.answersUntil('#acr', { enrols: 'passkey' });
    await expect(clinician.get('acr')).toHaveText(ACR.phr);
    await clinician.sees('prescription-signed');
  });

  test('a stronger level asks for the passkey alone, not for all again', async ({ visit, demo }) => {
    const patient = await visit(demo.patient);
    await patient.withoutAutofill();
    await patient.authenticator();
    await patient.signsIn({ enrols: 'totp' });
    await patient.press('prescribe-phr');
    await patient.answersUntil('#acr', { enrols: 'passkey' });
    await patient.signsOut();
    await patient.begins();
    await patient.givesName();
    await patient.givesPassword();
    await patient.press('choose-another');
    await patient.press('choose-totp');
    await patient.givesCode();
    await patient.arrives({ acr: ACR.aal2 });
    await patient.press('prescribe-phr');
    await patient.sees('passkey-button');
    await expect(patient.get('password')).toHaveCount(0);
    await patient.press('passkey-button');
    await patient.arrives({ acr: ACR.phr });
    await patient.sees('prescription-signed');
  });
});
