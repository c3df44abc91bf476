// From the invitation in the mailbox to the app: with and without JavaScript, and with a passkey and no password.
import { expect, test } from '../support/fixtures.js';

const PASSWORD = 'copper window 3 harbour';

/** Opens the newest mail whose subject says this, and its link. */
async function follows(page, demo, subject) {
  await page.goto(demo.mail);
  await page.getByRole('link', { name: subject }).first().click();
  await page.locator('.links-in-mail a').first().click();
}

test('an invited patient activates the account without JavaScript', async ({ visit, demo }) => {
  const ida = await visit({ username: 'ida', password: PASSWORD, recoveryCodes: [] }, { javaScriptEnabled: false });
  ida.person.linksCodeApp = demo.patient.linksCodeApp;
  const { page } = ida;
  await follows(page, demo, 'Set up your account');
  await expect(page.locator('main')).toContainText('Ida Novak');
  await ida.press('continue');
  await ida.get('new-password').fill('riverside-ida');
  await ida.press('password-submit');
  await expect(page).toHaveTitle(/^Error: /);
  await expect(page.locator('#error')).toContainText('mostly your name');
  await ida.get('new-password').fill(PASSWORD);
  await ida.press('password-submit');
  await ida.press('enrol-totp');
  await ida.linksCodeApp();
  await ida.keepsRecoveryCodes();
  await expect(page.locator('main')).toContainText(new URL(demo.issuer).host);
  await ida.press('lesson-continue');
  await expect(page.locator('h1')).toHaveText('You are ready');
  await follows(page, demo, 'Set up your account');
  await expect(page.locator('h1')).toHaveText('This link was used');
});

test('an invited patient begins with a passkey and has no password', async ({ visit, demo }) => {
  const ida = await visit({ username: 'ida', recoveryCodes: [] });
  await ida.withoutAutofill();
  await ida.authenticator();
  const { page } = ida;
  await follows(page, demo, 'Set up your account');
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
  const okafor = await visit(demo.clinician);
  await okafor.signsIn();
  await follows(okafor.page, demo, 'Set up your account');
  await expect(okafor.page.locator('main')).toContainText('Okafor');
  await okafor.press('switch');
  await expect(okafor.page.locator('h1')).toHaveText('Is this you?');
});
