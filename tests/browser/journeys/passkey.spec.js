// Passkeys and security keys: as the whole sign-in, by autofill, and as the second step.
import { Authenticator } from '../support/authenticator.js';
import { ACR } from '../support/visit.js';
import { expect, test } from '../support/fixtures.js';

async function withPasskey(visit, demo) {
  const patient = await visit(demo.patient);
  const device = await patient.authenticator();
  await patient.signsIn({ enrols: 'passkey' });
  await patient.signsOut();
  return { patient, device };
}

test('a passkey alone signs in, by its button', async ({ visit, demo }) => {
  const { patient } = await withPasskey(visit, demo);
  await patient.withoutAutofill();
  await patient.begins();
  await patient.press('passkey-button');
  await patient.arrives({ acr: ACR.phr, amr: ['swk', 'user', 'mfa', 'pop'], without: ['pwd'] });
});

test('a passkey alone signs in, by autofill', async ({ visit, demo }) => {
  const { patient } = await withPasskey(visit, demo);
  await patient.page.goto(demo.app);
  await patient.press('sign-in');
  await patient.arrives({ acr: ACR.phr, without: ['pwd'] });
});

test('a passkey that is not unlocked opens nothing, and the form stays usable', async ({ visit, demo }) => {
  const { patient, device } = await withPasskey(visit, demo);
  await patient.withoutAutofill();
  await device.isUnlocked(false);
  await patient.begins();
  await patient.press('passkey-button');
  await patient.isToldOfCancelling();
  await expect(patient.page).not.toHaveTitle(/^Error: /);
  await patient.givesName();
  await device.isUnlocked(true);
  await patient.givesPassword();
  await patient.answersUntil('#acr');
});

test('a passkey of somebody unknown says so and leaves the other ways', async ({ visit, demo }) => {
  const patient = await visit(demo.patient);
  const device = await patient.authenticator();
  const { privateKey } = await import('node:crypto').then(({ generateKeyPairSync }) => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  await device.send('addCredential', {
    credential: {
      credentialId: Buffer.from('a credential nobody knows').toString('base64'),
      isResidentCredential: true,
      rpId: 'localhost',
      privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
      userHandle: Buffer.from('nobody').toString('base64'),
      signCount: 1,
    },
  });
  await patient.withoutAutofill();
  await patient.begins();
  await patient.press('passkey-button');
  await expect(patient.page).toHaveTitle(/^Error: /);
  await patient.sees('username');
});

test('a security key is the second step', async ({ visit, demo }) => {
  const patient = await visit(demo.patient);
  await patient.authenticator(Authenticator.key);
  await patient.begins();
  await patient.givesName();
  await patient.givesPassword();
  await patient.press('enrol-security-key');
  await patient.press('passkey-button');
  await patient.keepsRecoveryCodes();
  await patient.arrives({ acr: ACR.phr, amr: ['pwd', 'swk', 'mfa', 'pop'] });
  await patient.signsOut();
  await patient.begins();
  await patient.givesName();
  await patient.givesPassword();
  await patient.sees('passkey-button');
  expect(patient.step()).toBe('security-key');
  await patient.press('passkey-button');
  await patient.arrives({ acr: ACR.phr, amr: ['pwd', 'swk', 'mfa', 'pop'] });
});

test('the wrong security key is refused', async ({ visit, demo }) => {
  const patient = await visit(demo.patient);
  const own = await patient.authenticator(Authenticator.key);
  await patient.signsIn({ enrols: 'security-key' });
  await patient.signsOut();
  await own.unplug();
  await patient.authenticator(Authenticator.key);
  await patient.begins();
  await patient.givesName();
  await patient.givesPassword();
  await patient.sees('passkey-button');
  await patient.press('passkey-button');
  await expect(patient.page.locator('[role=status], [role=alert]').filter({ hasText: /\S/ }).first()).toBeVisible();
  await expect(patient.get('acr')).toHaveCount(0);
  await patient.sees('choose-another');
});
