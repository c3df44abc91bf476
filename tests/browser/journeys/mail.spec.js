// The link "this was not me" of a mail, followed in a browser of its own, without scripts and by the keyboard alone.
import { test, expect, PLAIN } from '../support/fixtures.js';

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

  const reader = await visit(demo.clinician, PLAIN);
  await reader.opensMail('A new way to sign in was added');
  await expect(reader.page.locator('h1')).toHaveText('A new way to sign in was added');
  await expect(reader.page.locator('.mail')).toContainText('Device: Chrome');
  const link = await reader.page.locator('.links-in-mail a[href*="/not-me/"]').getAttribute('href');

  // The layout leads to the same place, and looking spends nothing.
  await reader.press('as-html');
  await expect(reader.page.locator('h1')).toHaveText('A new way to sign in was added');
  await reader.press(reader.page.getByRole('link', { name: 'This was not me' }));
  await reader.sees('not-me-confirm');
  await reader.page.goto(link);
  await clinician.page.goto(`${demo.issuer}/account/`);
  await clinician.sees('sign-out');

  await reader.press('not-me-confirm');
  await expect(reader.page.locator('h1')).toHaveText('You are signed out everywhere');
  expect(await reader.cookie('vouchsafe-session')).toBeUndefined();

  await expect.poll(async () => {
    await clinician.page.goto(`${demo.issuer}/account/`);
    return clinician.get('username').isVisible();
  }).toBe(true);
  await reader.opensMail('You are signed out everywhere');

  await reader.page.goto(link);
  await expect(reader.page.locator('h1')).toHaveText('You pressed the button before');
  await expect(reader.get('not-me-confirm')).toHaveCount(0);
  await reader.press('continue');
  await reader.sees('username');
});

test('a link that was cut off in the mail says so and leads on', async ({ visit, demo }) => {
  const person = await visit(demo.patient, PLAIN);
  const answer = await person.page.goto(`${demo.issuer}/not-me/cut-off`);
  expect(answer.status()).toBe(404);
  await expect(person.page.locator('h1')).toHaveText('This link does not work');
  await person.press('continue');
  await person.sees('username');
});
