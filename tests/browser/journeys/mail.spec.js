// The link "this was not me" of a mail, followed in a browser of its own and without scripts.
import { test, expect } from '../support/fixtures.js';

/** Opens the newest mail with these words in its subject, in a page of its own. */
async function opensMail(page, demo, subject) {
  await page.goto(demo.mail);
  await page.locator('main li a', { hasText: subject }).first().click();
  await expect(page.locator('h1')).toHaveText(subject);
}

test('whoever reads the mail ends every sign-in without scripts, and is not signed in by it', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.authenticator();
  await clinician.withoutAutofill();
  await clinician.signsIn();
  await clinician.page.goto(`${demo.issuer}/account/`);
  await clinician.press('enrol-passkey');
  await clinician.answersUntil('form[data-webauthn=create] #passkey-button');
  await clinician.press('passkey-button');
  await clinician.answersUntil('#sign-out');

  const reader = await visit(demo.clinician, { javaScriptEnabled: false });
  await opensMail(reader.page, demo, 'A new way to sign in was added');
  await expect(reader.page.locator('.mail')).toContainText('Device: Chrome');
  const link = await reader.page.locator('.links-in-mail a[href*="/not-me/"]').getAttribute('href');

  // The layout leads to the same place, and looking spends nothing.
  await reader.page.locator('#as-html').click();
  await expect(reader.page.locator('h1')).toHaveText('A new way to sign in was added');
  await reader.page.getByRole('link', { name: 'This was not me' }).click();
  await reader.sees('not-me-confirm');
  await reader.page.goto(link);
  await clinician.page.goto(`${demo.issuer}/account/`);
  await clinician.sees('sign-out');

  await reader.page.keyboard.press('Tab');
  await reader.get('not-me-confirm').focus();
  await reader.page.keyboard.press('Enter');
  await expect(reader.page.locator('h1')).toHaveText('You are signed out everywhere');
  expect(await reader.cookie('vouchsafe-session')).toBeUndefined();

  await expect.poll(async () => {
    await clinician.page.goto(`${demo.issuer}/account/`);
    return clinician.get('username').isVisible();
  }).toBe(true);
  await opensMail(reader.page, demo, 'You are signed out everywhere');

  await reader.page.goto(link);
  await expect(reader.page.locator('h1')).toHaveText('You pressed the button before');
  await expect(reader.get('not-me-confirm')).toHaveCount(0);
  await reader.press('continue');
  await reader.sees('username');
});

test('a link that was cut off in the mail says so and leads on', async ({ visit, demo }) => {
  const person = await visit(demo.patient, { javaScriptEnabled: false });
  const answer = await person.page.goto(`${demo.issuer}/not-me/cut-off`);
  expect(answer.status()).toBe(404);
  await expect(person.page.locator('h1')).toHaveText('This link does not work');
  await person.press('continue');
  await person.sees('username');
});
