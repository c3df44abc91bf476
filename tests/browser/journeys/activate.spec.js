// From the invitation in the mailbox, or from an app that lets people in, to the account: without scripts and by the
// keyboard alone, and with a passkey and no password.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, PLAIN, test } from '../support/fixtures.js';

const PASSWORD = 'copper window 3 harbour';

test('an invited patient activates the account', async ({ visit, demo }) => {
  const ida = await visit({ username: 'ida', password: PASSWORD, recoveryCodes: [] }, PLAIN);
  ida.person.linksCodeApp = demo.patient.linksCodeApp;
  const { page } = ida;
  await ida.followsMail('Set up your account');
  await expect(page.locator('main')).toContainText('Ida Novak');
  await ida.press('continue');
  await ida.types('new-password', 'riverside-ida');
  await ida.press('password-submit');
  await expect(page).toHaveTitle(/^Error: /);
  await expect(page.locator('#error')).toContainText('mostly your name');
  await ida.types('new-password', PASSWORD);
  await ida.press('password-submit');
  await ida.press('enrol-totp');
  await ida.linksCodeApp();
  await ida.keepsRecoveryCodes();
  await expect(page.locator('main')).toContainText(new URL(demo.issuer).host);
  await ida.press('lesson-continue');
  await expect(page.locator('h1')).toHaveText('You are ready');
  // On to the app they were invited to.
  await ida.press('continue');
  await ida.arrives();
  await ida.followsMail('Set up your account');
  await expect(page.locator('h1')).toHaveText('This link was used');
});

test('a stranger makes an account where the app allows it, once the address is proved', async ({ visit, demo }) => {
  const app = join(demo.data, 'app.json');
  writeFileSync(app, JSON.stringify({
    client_name: 'Open House', application_type: 'web', redirect_uris: [`${demo.app}/elsewhere`], token_endpoint_auth_method: 'none',
    scope: 'openid', policy: { registration: 'open' },
  }));
  const client = JSON.parse(demo.run('client', 'create', '--from', app, '--json')).client_id;
  const carl = await visit({ username: 'carl@elsewhere.example', password: PASSWORD, recoveryCodes: [] }, PLAIN);
  carl.person.linksCodeApp = demo.patient.linksCodeApp;
  const { page } = carl;
  const asked = new URLSearchParams({
    client_id: client, redirect_uri: `${demo.app}/elsewhere`, response_type: 'code', scope: 'openid', state: 'any',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256',
  });
  await page.goto(`${demo.issuer}/authorize?${asked}`);
  await carl.press('register');
  await carl.types('email', carl.person.username);
  await carl.press('register-submit');
  await expect(page.getByRole('status')).toBeVisible();
  await carl.followsMail('Set up your account');
  await carl.press('continue');
  await carl.types('new-password', PASSWORD);
  await carl.press('password-submit');
  await carl.press('enrol-totp');
  await carl.linksCodeApp();
  await carl.keepsRecoveryCodes();
  await carl.press('lesson-continue');
  await expect(page.locator('h1')).toHaveText('You are ready');
  await page.goto(`${demo.issuer}/account/details`);
  await expect(page.locator('main')).toContainText(carl.person.username);
});

test('an invited patient begins with a passkey and has no password', async ({ visit, demo }) => {
  const ida = await visit({ username: 'ida', recoveryCodes: [] });
  await ida.withoutAutofill();
  await ida.authenticator();
  const { page } = ida;
  await ida.followsMail('Set up your account');
  await ida.press('continue');
  await ida.press('passkey-first');
  await ida.press('passkey-button');
  await ida.keepsRecoveryCodes();
  await ida.press('lesson-continue');
  await expect(page.locator('h1')).toHaveText('You are ready');
  await page.goto(`${demo.issuer}/account/`);
  await expect(page.locator('main')).toContainText('Ida Novak');
});

test('whoever is signed in leaves before another activates', async ({ visit, demo }) => {
  const okafor = await visit(demo.clinician, PLAIN);
  await okafor.signsIn();
  await okafor.followsMail('Set up your account');
  await expect(okafor.page.locator('main')).toContainText('Okafor');
  await okafor.press('switch');
  await expect(okafor.page.locator('h1')).toHaveText('Is this you?');
});
