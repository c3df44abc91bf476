// Without scripts, without a mouse, in another language: the same sign-in.
import { ACR } from '../support/visit.js';
import { expect, PLAIN, test } from '../support/fixtures.js';
import { tabTo } from '../support/keyboard.js';

test('a clinician signs in without JavaScript, with the keyboard alone', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician, PLAIN);
  await clinician.begins();
  await expect(clinician.get('passkey-button')).toBeHidden();
  await clinician.givesName();
  await clinician.givesPassword();
  await clinician.givesCode();
  await clinician.arrives({ acr: ACR.aal2 });
  await clinician.press('prescribe');
  await clinician.sees('prescription-signed');
  await clinician.signsOut();
});

test('a patient sets up a code app and signs in with the keyboard alone', async ({ visit, demo }) => {
  const patient = await visit(demo.patient);
  const { page } = patient;
  const type = async (id, text) => { await tabTo(page, id); await page.keyboard.type(text); };
  await page.goto(demo.app);
  await tabTo(page, 'sign-in');
  await page.keyboard.press('Enter');
  await patient.sees('username');
  await type('username', demo.patient.username);
  await tabTo(page, 'sign-in-submit');
  await page.keyboard.press('Space');
  await patient.sees('password');
  await type('password', demo.patient.password);
  await page.keyboard.press('Enter');
  await patient.sees('enrol-totp');
  await tabTo(page, 'enrol-totp');
  await page.keyboard.press('Space');
  await patient.sees('totp-key');
  demo.patient.linksCodeApp(await patient.get('totp-key').textContent());
  await type('code', await demo.patient.codes.next());
  await tabTo(page, 'code-submit');
  await page.keyboard.press('Enter');
  await patient.sees('recovery-codes');
  await tabTo(page, 'continue');
  await page.keyboard.press('Enter');
  await patient.sees('consent-allow');
  await tabTo(page, 'consent-allow');
  await page.keyboard.press('Space');
  await patient.arrives({ acr: ACR.aal2 });
});

test('the first stop of Tab skips to the content', async ({ visit, demo }) => {
  const person = await visit(demo.clinician);
  await person.begins();
  await person.page.locator('body').evaluate(() => document.activeElement?.blur());
  await tabTo(person.page, '');
  const target = await person.page.evaluate(() => document.activeElement.getAttribute('href'));
  expect(target).toBe('#main');
});

test('an error summary has the focus, so that it is read first', async ({ visit, demo }) => {
  const person = await visit(demo.clinician);
  await person.begins();
  await person.givesName();
  await person.givesPassword('this is not the password');
  await expect(person.page.locator('[role=alert]')).toBeFocused();
});

test('Arabic runs from right to left, and is kept through the sign-in', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.begins();
  const interaction = clinician.interaction();
  await clinician.page.locator('button[name=locale][value=ar]').click();
  await expect(clinician.page.locator('html')).toHaveAttribute('dir', 'rtl');
  await expect(clinician.page.locator('html')).toHaveAttribute('lang', /^ar/);
  expect(clinician.interaction(), 'the same sign-in goes on').toBe(interaction);
  await clinician.givesName();
  await expect(clinician.page.locator('html')).toHaveAttribute('dir', 'rtl');
  await clinician.givesPassword();
  await clinician.givesCode();
  await clinician.arrives({ acr: ACR.aal2 });
});

test('the browser\'s language is the first choice', async ({ visit, demo }) => {
  for (const [locale, dir] of [['de-AT', 'ltr'], ['es', 'ltr'], ['fr-CA', 'ltr'], ['ar-EG', 'rtl'], ['ja', 'ltr']]) {
    const person = await visit(demo.clinician, { locale });
    await person.begins();
    const language = locale === 'ja' ? 'en' : locale.slice(0, 2);
    await expect(person.page.locator('html')).toHaveAttribute('lang', new RegExp(`^${language}`));
    await expect(person.page.locator('html')).toHaveAttribute('dir', dir);
  }
});
