// The first sign-in of somebody who has only a password: it leads into setting up a second way, and nowhere else.
import { readFileSync } from 'node:fs';
import { Authenticator } from '../support/authenticator.js';
import { ACR } from '../support/visit.js';
import { expect, PLAIN, test } from '../support/fixtures.js';

test.use(PLAIN);

test('a patient is led into linking a code app, and keeps recovery codes', async ({ visit, demo }) => {
  const patient = await visit(demo.patient);
  await patient.begins();
  await patient.givesName();
  await patient.givesPassword();
  await patient.press('enrol-totp');
  await patient.sees('totp-key');
  expect((await patient.get('totp-key').textContent()).replace(/\s/g, '')).toMatch(/^[A-Z2-7]{32,}$/);
  await patient.linksCodeApp();
  await patient.sees('recovery-codes');
  const codes = await patient.page.locator('#recovery-codes li').allTextContents();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(code.trim()).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
  await patient.page.reload();
  expect(await patient.page.locator('#recovery-codes li').allTextContents(), 'a refresh shows the same codes').toEqual(codes);
  const text = readFileSync(await (await patient.downloads(patient.page.locator('a[download]'))).path(), 'utf8');
  for (const code of codes) expect(text).toContain(code);
  await patient.press(patient.page.locator('a[href$="/print"]'));
  expect(await patient.page.locator('#recovery-codes li').allTextContents(), 'the same codes on paper').toEqual(codes);
  await patient.press(patient.page.locator('main .links a'));
  await patient.press('continue');
  await patient.arrives({ acr: ACR.aal2, amr: ['pwd', 'otp', 'mfa'] });
});

test('a wrong code links nothing, and the key stays the same', async ({ visit, demo }) => {
  const patient = await visit(demo.patient);
  await patient.begins();
  await patient.givesName();
  await patient.givesPassword();
  await patient.press('enrol-totp');
  const key = await patient.get('totp-key').textContent();
  demo.patient.linksCodeApp(key);
  await patient.givesCode(demo.patient.codes.wrong());
  await expect(patient.page).toHaveTitle(/^Error: /);
  await expect(patient.get('totp-key')).toHaveText(key);
  await patient.givesCode();
  await patient.keepsRecoveryCodes();
  await patient.arrives({ acr: ACR.aal2 });
});

test('the set-up cannot be skipped by going elsewhere', async ({ visit, demo }) => {
  const patient = await visit(demo.patient);
  await patient.begins();
  const interaction = patient.interaction();
  await patient.givesName();
  await patient.givesPassword();
  await patient.sees('enrol-totp');
  for (const step of ['consent', 'code', 'recovery-code', 'security-key']) {
    await patient.page.goto(`${demo.issuer}${interaction}/${step}`);
    await expect(patient.get('consent-allow')).toHaveCount(0);
  }
  await patient.page.goto(`${demo.issuer}/account/`);
  await expect(patient.get('sign-out'), 'half a sign-in opens no account page').toHaveCount(0);
  await patient.page.goto(demo.app);
  await patient.sees('sign-in');
});

test.describe('with a passkey or a key', () => {
  test.use({ javaScriptEnabled: true, keyboard: false });

  test('a patient sets up a passkey at the first sign-in', async ({ visit, demo }) => {
    const patient = await visit(demo.patient);
    const device = await patient.authenticator();
    await patient.begins();
    await patient.givesName();
    await patient.givesPassword();
    await patient.press('enrol-passkey');
    await patient.press('passkey-button');
    await patient.keepsRecoveryCodes();
    await patient.arrives({ acr: ACR.phr, amr: ['swk', 'user', 'mfa', 'pop'] });
    const [credential] = await device.credentials();
    expect(credential.isResidentCredential).toBe(true);
    expect(credential.rpId).toBe('localhost');
  });

  test('a cancelled passkey set-up leaves the choice open', async ({ visit, demo }) => {
    const patient = await visit(demo.patient);
    const device = await patient.authenticator();
    await device.isUnlocked(false);
    await patient.begins();
    await patient.givesName();
    await patient.givesPassword();
    await patient.press('enrol-passkey');
    await patient.press('passkey-button');
    await patient.isToldOfCancelling();
    await device.isUnlocked(true);
    await patient.press('passkey-button');
    await patient.keepsRecoveryCodes();
    await patient.arrives({ acr: ACR.phr });
  });

  test('an administrator must set up something that cannot be passed on', async ({ visit, demo }) => {
    const administrator = await visit(demo.administrator);
    await administrator.authenticator(Authenticator.key);
    await administrator.begins();
    await administrator.answersUntil('#enrol-security-key');
    await expect(administrator.get('enrol-totp')).toHaveCount(0);
    await administrator.answersUntil('#acr', { enrols: 'security-key' });
    await administrator.arrives({ acr: ACR.phr });
  });
});
