// A forgotten password and a lost phone, without JavaScript: what a person can do, and what they are told.
import { expect, test } from '../support/fixtures.js';

const PASSWORD = 'copper window 3 harbour';

async function follows(page, demo, subject) {
  await expect(async () => {
    await page.goto(demo.mail);
    await expect(page.getByRole('link', { name: subject }).first()).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.getByRole('link', { name: subject }).first().click();
  await page.locator('.links-in-mail a').first().click();
}

test('a forgotten password is replaced by mail, and the code is still asked for', async ({ visit, demo }) => {
  const okafor = await visit(demo.clinician, { javaScriptEnabled: false });
  await okafor.begins();
  await okafor.givesName();
  await okafor.press('forgot');
  await okafor.press('send-link');
  await expect(okafor.page.locator('h1')).toHaveText('Check your mail');
  // Another browser: the link does not need the one that asked.
  const phone = await visit(demo.clinician, { javaScriptEnabled: false });
  await follows(phone.page, demo, 'Set a new password');
  await phone.press('continue');
  await phone.get('new-password').fill(PASSWORD);
  await phone.press('password-submit');
  await phone.sees('code');
  await phone.givesCode();
  await expect(phone.page).toHaveURL(`${demo.issuer}/account/`);
  // The first tab goes on with the new password.
  await okafor.press('back-to-password');
  await okafor.givesPassword(PASSWORD);
  await okafor.sees('code');
});

test('a lost phone: the clinic is asked to call, or a day is waited and can be stopped', async ({ visit, demo }) => {
  const patient = await visit(demo.patient, { javaScriptEnabled: false });
  await patient.signsIn({ enrols: 'totp' });
  await patient.signsOut();
  await patient.begins();
  await patient.givesName();
  await patient.givesPassword();
  await patient.press('choose-another');
  await patient.press('recover');
  await patient.get('call').fill('+44 20 7946 0000');
  await patient.press('ask-clinic');
  await expect(patient.page.getByRole('status')).toContainText('the clinic will call you');
  await patient.press('wait');
  await expect(patient.page.locator('main')).toContainText('A waiting time runs');
  await follows(patient.page, demo, 'Someone wants to get back into your account');
  await patient.press('continue');
  await expect(patient.page.locator('h1')).toHaveText('It is stopped');
});
