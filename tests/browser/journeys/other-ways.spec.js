// The phone is at home: another way at each step, and the recovery codes kept on paper; without scripts and by the
// keyboard alone, where no passkey is in it.
import { ACR } from '../support/visit.js';
import { expect, PLAIN, test } from '../support/fixtures.js';

test.use(PLAIN);

async function withEverything(visit, demo) {
  const patient = await visit(demo.patient);
  await patient.signsIn({ enrols: 'totp' });
  await patient.signsOut();
  return patient;
}

async function reachesSecondStep(person) {
  await person.begins();
  await person.givesName();
  await person.givesPassword();
  await person.sees('choose-another');
}

test('a recovery code leads into setting up a new way, and the one that was lost is removed', async ({ visit, demo }) => {
  const patient = await withEverything(visit, demo);
  await reachesSecondStep(patient);
  await patient.press('choose-another');
  await patient.press('choose-recovery-code');
  await patient.sees('recovery-code');
  expect(patient.step()).toBe('recovery-code');
  const [code] = demo.patient.recoveryCodes;
  await patient.types('recovery-code', ` ${code.toLowerCase().replaceAll('-', ' ')} `);
  await patient.press('recovery-submit');
  await patient.sees('enrol-totp');
  const interaction = patient.interaction();
  await patient.page.goto(`${demo.issuer}${interaction}/consent`);
  await expect(patient.get('consent-allow'), 'the set-up is never skipped').toHaveCount(0);
  await patient.page.goto(`${demo.issuer}${interaction}/enrol`);
  await patient.answersUntil('#acr', { enrols: 'totp' });
  await patient.arrives({ acr: ACR.aal2 });
  await patient.page.goto(`${demo.issuer}/account/`);
  const removals = patient.page.locator('a[href$="/remove"]');
  await expect(removals).toHaveCount(2);
  await patient.press(removals.first());
  await patient.press('continue');
  await expect(patient.page.locator('.notice.ok[role=status]')).toHaveText(/^It was removed/);
  await expect(removals, 'the last one is not offered').toHaveCount(0);
  const last = await patient.page.locator('a[href$="/name"]').getAttribute('href');
  await patient.page.goto(new URL(last.replace(/name$/, 'remove'), demo.issuer).href);
  await expect(patient.page.locator('.notice.warn[role=status]')).toHaveText(/^You need at least one strong way/);
  await expect(patient.page.locator('a[href$="/name"]')).toHaveCount(1);
});

test('a recovery code works once', async ({ visit, demo }) => {
  const patient = await withEverything(visit, demo);
  const [code] = demo.patient.recoveryCodes;
  for (const works of [true, false]) {
    const person = await visit(demo.patient, {});
    await reachesSecondStep(person);
    await person.press('choose-another');
    await person.press('choose-recovery-code');
    await person.types('recovery-code', code);
    await person.press('recovery-submit');
    if (works) {
      await person.sees('enrol-totp');
    } else {
      await expect(person.page).toHaveTitle(/^Error: /);
      await expect(person.get('recovery-code')).toHaveValue('');
    }
  }
});

test('another way leads there and back', async ({ visit, demo }) => {
  const patient = await withEverything(visit, demo);
  await reachesSecondStep(patient);
  await patient.sees('code');
  await patient.press('choose-another');
  expect(patient.step()).toBe('choose');
  await patient.press('choose-recovery-code');
  await patient.sees('recovery-code');
  await patient.press('choose-another');
  await patient.press('choose-totp');
  await patient.givesCode();
  await patient.arrives({ acr: ACR.aal2 });
});

test.describe('with a passkey', () => {
  test.use({ javaScriptEnabled: true, keyboard: false });

  test('somebody with a passkey and a code app may take either after the password', async ({ visit, demo }) => {
    const patient = await visit(demo.patient);
    await patient.withoutAutofill();
    await patient.authenticator();
    await patient.signsIn({ enrols: 'totp' });
    await patient.page.goto(`${demo.issuer}/account/`);
    await patient.press('enrol-passkey');
    await patient.answersUntil('form[data-webauthn=create] #passkey-button');
    await patient.press('passkey-button');
    await patient.answersUntil('#sign-out');
    await patient.page.goto(demo.app);
    await patient.signsOut();

    await reachesSecondStep(patient);
    await patient.press('choose-another');
    await patient.press('choose-passkey');
    await patient.press('passkey-button');
    await patient.arrives({ acr: ACR.phr, amr: ['swk', 'user', 'mfa', 'pop'] });
    await patient.signsOut();

    await reachesSecondStep(patient);
    await patient.press('choose-another');
    await patient.press('choose-totp');
    await patient.givesCode();
    await patient.arrives({ acr: ACR.aal2, amr: ['pwd', 'otp'] });
  });
});

test('the page of ways lists only what the person has', async ({ visit, demo }) => {
  const patient = await withEverything(visit, demo);
  await reachesSecondStep(patient);
  await patient.press('choose-another');
  await patient.sees('choose-totp');
  await patient.sees('choose-recovery-code');
  await expect(patient.get('choose-passkey')).toHaveCount(0);
  await expect(patient.get('choose-security-key')).toHaveCount(0);
});

test('the password step offers another way that tells nothing of the person', async ({ visit, demo }) => {
  const seen = [];
  for (const name of [demo.clinician.username, 'nobody-of-that-name']) {
    const person = await visit(demo.clinician, {});
    await person.begins();
    await person.givesName(name);
    await person.press('choose-another');
    seen.push((await person.page.locator('main').innerText()).replaceAll(name, 'NAME'));
  }
  expect(seen[0]).toBe(seen[1]);
});

test('after five wrong codes the page says until when, and after a hundred who helps', async ({ visit, demo }) => {
  const clinician = await visit(demo.clinician);
  await reachesSecondStep(clinician);
  for (let tries = 0; tries < 5; tries += 1) {
    await clinician.givesCode(demo.clinician.codes.wrong());
    await expect(clinician.page.locator('[role=alert], .reference')).toBeVisible();
  }
  await clinician.givesCode(await demo.clinician.codes.next());
  await expect(clinician.get('acr'), 'the right code waits as well').toHaveCount(0);
  await expect(clinician.page.locator('main time[datetime]')).toBeVisible();
  await expect(clinician.page.locator('main a[href^="tel:"]')).toBeVisible();
  await clinician.press('recover');
  await clinician.sees('ask-clinic');
  // A hundred take days: the code app is off then, for good.
  demo.changes("UPDATE factors SET disabled_at = created_at WHERE kind = 'totp'");
  await clinician.press('back-to-ways');
  expect(clinician.step()).toBe('help');
  await expect(clinician.page.locator('main')).toContainText('This way to sign in is now off.');
  await expect(clinician.page.locator('main time, #code'), 'there is nothing to wait for').toHaveCount(0);
  await expect(clinician.page.locator('main a[href^="tel:"]')).toBeVisible();
  await clinician.press('recover');
  await clinician.types('call', '+44 20 7946 0000');
  await clinician.press('ask-clinic');
  await expect(clinician.page.getByRole('status')).toContainText('the clinic will call you');
});
