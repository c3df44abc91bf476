// Signing in with a password and a code: the main road, and the wrong turns on it.
import { ACR } from '../support/visit.js';
import { expect, test } from '../support/fixtures.js';

test('a clinician signs in with password and code, in at most six presses', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.begins();
  expect(clinician.step()).toBe('sign-in');
  await clinician.givesName();
  expect(clinician.step()).toBe('password');
  await clinician.givesPassword();
  await clinician.sees('code');
  expect(clinician.step()).toBe('code');
  await clinician.givesCode();
  await clinician.sees('consent-allow');
  expect(clinician.step()).toBe('consent');
  await clinician.arrives({ acr: ACR.aal2, amr: ['pwd', 'otp', 'mfa'] });
  expect(clinician.presses).toBeLessThanOrEqual(6);
  await expect(clinician.get('sub')).not.toBeEmpty();
  await expect(clinician.get('sub')).not.toHaveText(demo.clinician.username);
});

test('consent is remembered, and a session signs in again by itself', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.signsIn();
  const sub = await clinician.get('sub').textContent();
  await clinician.leavesApp();
  await clinician.page.goto(demo.app);
  await clinician.press('sign-in');
  await clinician.sees('acr');
  await expect(clinician.get('sub')).toHaveText(sub);
});

test('a wrong password and a wrong name get the same words', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  const words = [];
  for (const name of [demo.clinician.username, 'nobody-of-that-name']) {
    await clinician.begins();
    await clinician.givesName(name);
    await clinician.givesPassword('this is not the password');
    await expect(clinician.page.locator('[role=alert]')).toBeVisible();
    await expect(clinician.page).toHaveTitle(/^Error: /);
    await expect(clinician.get('password')).toHaveValue('');
    await expect(clinician.get('password')).toHaveAttribute('aria-invalid', 'true');
    words.push((await clinician.page.locator('main').innerText()).replaceAll(name, 'NAME'));
  }
  expect(words[0]).toBe(words[1]);
});

test('a wrong code is refused, and the right one then accepted', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.begins();
  await clinician.givesName();
  await clinician.givesPassword();
  await clinician.givesCode(demo.clinician.codes.wrong());
  await expect(clinician.page.locator('[role=alert]')).toBeVisible();
  await expect(clinician.page).toHaveTitle(/^Error: /);
  await expect(clinician.get('code')).toHaveValue('');
  await clinician.givesCode();
  await clinician.arrives({ acr: ACR.aal2 });
});

test('a code that was used is not accepted again', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.begins();
  await clinician.givesName();
  await clinician.givesPassword();
  const code = await demo.clinician.codes.next();
  await clinician.givesCode(code);
  await clinician.arrives();
  const other = await visit(demo.clinician, {});
  await other.begins();
  await other.givesName();
  await other.givesPassword();
  await other.givesCode(code);
  await expect(other.page.locator('[role=alert]')).toBeVisible();
  await other.givesCode();
  await other.arrives({ acr: ACR.aal2 });
});

test('an empty form says what is missing', async ({ visit, demo }) => {
  const person = await visit(demo.clinician);
  await person.begins();
  await person.page.locator('form').filter({ has: person.get('username') }).evaluate((form) => { form.noValidate = true; });
  await person.press('sign-in-submit');
  await expect(person.page).toHaveTitle(/^Error: /);
  await expect(person.get('username')).toHaveAttribute('aria-invalid', 'true');
});

test('digits of any script and spaces are one code', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await clinician.begins();
  await clinician.givesName();
  await clinician.givesPassword();
  const arabic = (await demo.clinician.codes.next()).replace(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'[digit]);
  await clinician.givesCode(`${arabic.slice(0, 3)} ${arabic.slice(3)}`);
  await clinician.arrives({ acr: ACR.aal2 });
});
