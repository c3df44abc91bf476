// A forgotten password and a lost phone: what a person can do, what they are told, and what the clinic sees of it;
// without scripts, by the keyboard alone.
import { atConsole, done, enters, plainly } from '../support/console.js';
import { expect, PLAIN, test } from '../support/fixtures.js';

const PASSWORD = 'copper window 3 harbour';

test.use(PLAIN);

test('a forgotten password is replaced by mail, and the code is still asked for', async ({ visit, demo }) => {
  const okafor = await visit(demo.clinician, {});
  await okafor.begins();
  await okafor.givesName();
  await okafor.press('forgot');
  await okafor.press('send-link');
  await expect(okafor.page.locator('h1')).toHaveText('Check your mail');
  // Another browser: the link does not need the one that asked.
  const phone = await visit(demo.clinician, {});
  await phone.followsMail('Set a new password');
  await phone.press('continue');
  await phone.types('new-password', PASSWORD);
  await phone.press('password-submit');
  await phone.sees('code');
  await phone.givesCode();
  await expect(phone.page).toHaveURL(`${demo.issuer}/account/`);
  // The first tab goes on with the new password.
  await okafor.press('back-to-password');
  await okafor.givesPassword(PASSWORD);
  await okafor.sees('code');
});

/** A patient who signs in with a code app, and loses it. */
async function loses(visit, demo) {
  const patient = await visit(demo.patient, {});
  await patient.signsIn({ enrols: 'totp' });
  await patient.signsOut();
  return patient;
}

/** As far as the page that says what is left. */
async function asksForHelp(patient) {
  await patient.begins();
  await patient.givesName();
  await patient.givesPassword();
  await patient.press('choose-another');
  await patient.press('recover');
}

test('a lost phone: the clinic is asked to call, and stops the recovery that waits', async ({ visit, demo }) => {
  const patient = await loses(visit, demo);
  await asksForHelp(patient);
  await patient.types('call', '+44 20 7946 0000');
  await patient.press('ask-clinic');
  await expect(patient.page.getByRole('status')).toContainText('the clinic will call you');
  await patient.press('wait');
  await expect(patient.page.locator('main')).toContainText('A waiting time runs');

  const clerk = await plainly(visit, await atConsole(visit, demo.administrator, {}));
  await enters(clerk, 'Recoveries');
  const waiting = clerk.page.locator('#recoveries tbody tr');
  await expect(waiting).toHaveCount(2);
  await expect(waiting.filter({ hasText: '+44 20 7946 0000' })).toContainText('the password was right');
  await clerk.press(waiting.filter({ hasText: '+44 20 7946 0000' }).getByRole('button'));
  await expect(done(clerk)).toContainText('request was closed');
  await expect(waiting).toHaveCount(1);
  await expect(waiting).toContainText('Recovery that waits');
  await clerk.press(waiting.getByRole('link'));
  await expect(clerk.page.locator('main')).toContainText('unless it is stopped');
  await clerk.press('recovery-stop');
  await expect(done(clerk)).toContainText('was stopped');
  await expect(clerk.get('recovery-stop')).toHaveCount(0);
  await enters(clerk, 'Recoveries');
  await expect(clerk.page.locator('main')).toContainText('Nobody waits.');
  // Whoever began it knows the password: they begin from the start, and wait before they may begin another.
  await asksForHelp(patient);
  await expect(patient.get('wait')).toHaveCount(0);
  await expect(patient.page.locator('main time[datetime]')).toBeVisible();
});

test('a lost phone: a day is waited, which its person can stop, and a new code app is linked', async ({ visit, demo }) => {
  const patient = await loses(visit, demo);
  await test.step('begun by somebody else, and stopped', async () => {
    await asksForHelp(patient);
    await patient.press('wait');
    await expect(patient.page.locator('main')).toContainText('A waiting time runs');
    await patient.followsMail('Someone wants to get back into your account');
    await patient.press('continue');
    await expect(patient.page.locator('h1')).toHaveText('It is stopped');
  });
  // Two days of waiting, one after each.
  const aDayGoesBy = () => {
    const day = 24 * 3600 * 1_000_000;
    demo.changes(`UPDATE recoveries SET asked_at = asked_at - ${day}, ready_at = ready_at - ${day}, ended_at = ended_at - ${day}`);
  };
  await test.step('begun again, and waited', async () => {
    aDayGoesBy();
    await asksForHelp(patient);
    await patient.press('wait');
    await expect(patient.page.locator('main')).toContainText('A waiting time runs');
    aDayGoesBy();
    await demo.restarts();
  });
  await test.step('the link and the password lead to a new code app', async () => {
    const phone = await visit(demo.patient, {});
    await phone.followsMail('You can get back into your account now');
    await expect(phone.page.locator('h1')).toHaveText('Get back into your account');
    await phone.press('continue');
    await phone.givesPassword();
    await phone.press('enrol-totp');
    await phone.linksCodeApp();
    await phone.keepsRecoveryCodes();
    await expect(phone.page).toHaveURL(`${demo.issuer}/account/`);
    await phone.opensMail('Someone got back into your account');
  });
});
