// Enrolling people at the console: inviting, letters, reminders, lists, sessions and resets. The administrator signs in
// with a passkey; what follows needs neither JavaScript nor a mouse.
import { readFileSync } from 'node:fs';
import { atConsole, done, enters, isTold, plainly } from '../support/console.js';
import { expect, PLAIN, test } from '../support/fixtures.js';

const PASSWORD = 'copper window 3 harbour';

/** The administrator in a browser without scripts, with the keyboard alone. */
const plain = async (visit, demo) => plainly(visit, await atConsole(visit, demo.administrator));

/** Fills the form that invites a patient in. */
async function invites(admin, { given, family, email, username }) {
  await enters(admin, 'People');
  await admin.press('people-invite');
  await admin.ticks('role-patient');
  await admin.types('given', given);
  await admin.types('family', family);
  if (email) await admin.types('email', email);
  else await admin.ticks('by-letter');
  if (username) await admin.types('username', username);
  await admin.press('invite-submit');
}

test('somebody is invited by mail, by letter, taken back and reminded, and the console shows how far they are', async ({ visit, demo }) => {
  const admin = await plain(visit, demo);
  await test.step('by mail: the console follows them until they are ready', async () => {
    await invites(admin, { given: 'Nora', family: 'Quist', email: 'nora@elsewhere.example' });
    await expect(done(admin)).toContainText('The e-mail is on its way');
    const person = admin.page.url().split('?')[0];
    await expect(admin.get('invitation')).toBeVisible();
    const nora = await visit({ username: 'nora@elsewhere.example', recoveryCodes: [] }, PLAIN);
    nora.person.linksCodeApp = demo.patient.linksCodeApp;
    await nora.followsMail('Set up your account');
    await expect(nora.page.locator('main')).toContainText('Nora Quist');
    await nora.press('continue');
    await nora.types('new-password', PASSWORD);
    await nora.press('password-submit');
    await nora.press('enrol-totp');
    await nora.linksCodeApp();
    await nora.keepsRecoveryCodes();
    await admin.page.goto(person);
    await expect(admin.get('invitation')).toHaveCount(0);
    await expect(admin.page.locator('.timeline .done')).toHaveCount(5);
    await expect(admin.page.locator('main')).toContainText('Nothing is missing');
    await enters(admin, 'People');
    await admin.types('q', 'quist');
    await admin.press('people-search');
    await expect(admin.page.getByRole('link', { name: 'Nora Quist' })).toBeVisible();
  });
  await test.step('a form with a mistake keeps what was typed, and an address that is known is said', async () => {
    await invites(admin, { given: 'Rose', family: 'Again', email: ' ' });
    await expect(admin.page).toHaveTitle(/^Error: /);
    await expect(admin.get('error')).toContainText('or choose a letter');
    await expect(admin.get('family')).toHaveValue('Again');
    await expect(admin.get('role-patient')).toBeChecked();
    await admin.types('email', 'Nora@elsewhere.example');
    await admin.press('invite-submit');
    await expect(admin.get('error')).toContainText('here already');
  });
  await test.step('by letter: printed once, and the next one replaces it', async () => {
    await invites(admin, { given: 'Paul', family: 'Paper', username: 'paul' });
    await expect(done(admin)).toContainText('print the letter');
    const person = admin.page.url().split('?')[0];
    const prints = async () => {
      await admin.page.goto(person);
      await admin.press('invitation-print');
      const code = await admin.page.locator('dd code').textContent();
      await admin.press('letter-back');
      expect(admin.page.url()).toBe(person);
      await expect(admin.page.getByText(code)).toHaveCount(0);
      return code;
    };
    const first = await prints();
    const second = await prints();
    const paul = await visit({ username: 'paul' }, PLAIN);
    const types = async (code) => {
      await paul.page.goto(`${demo.issuer}/activate`);
      await paul.types('username', 'paul');
      await paul.types('letter-code', code);
      await paul.press('letter-submit');
    };
    await types(first);
    await expect(paul.page).toHaveTitle(/^Error: /);
    await types(second);
    await paul.sees('new-password');
  });
  await test.step('taken back, an invitation leads nowhere; a reminder goes out once a day', async () => {
    await invites(admin, { given: 'Vera', family: 'Away', email: 'vera@elsewhere.example' });
    const person = admin.page.url().split('?')[0];
    await admin.press('invitation-revoke');
    await expect(done(admin)).toContainText('taken back');
    const vera = await visit({ username: 'vera' }, PLAIN);
    await vera.followsMail('Set up your account');
    await expect(vera.page.locator('h1')).toHaveText(/does not work any more/);
    // Reminding brings nothing back that was taken back; inviting again does.
    await expect(admin.get('person-remind')).toHaveCount(0);
    await admin.press('invitation-resend');
    await admin.press('person-remind');
    await expect(done(admin)).toContainText('reminder is on its way');
    await expect(admin.get('person-remind')).toHaveCount(0);
    await vera.followsMail('Your account is not set up yet');
    await expect(vera.page.locator('main')).toContainText('Vera Away');
    // Whoever waits at that stage, but for those who were reminded today.
    await enters(admin, 'People');
    await admin.selects('stage', 'invited');
    await admin.press('people-search');
    await admin.press('people-remind');
    await admin.press('remind-submit');
    await expect(done(admin)).toContainText('on its way');
    await admin.press('remind-submit');
    await expect(done(admin)).toContainText('0 reminders');
    await admin.page.goto(person);
    await expect(admin.page.locator('main')).toContainText('Last reminded');
  });
});

test('a list with a mistake is mended and brought, and its progress is seen', async ({ visit, demo }) => {
  const admin = await plain(visit, demo);
  await enters(admin, 'People');
  await admin.press('people-imports');
  await admin.press('import-new');
  const chooses = (text) => admin.chooses('file', { name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await chooses('username,shoe size\nrose,38\n');
  await admin.press('import-look');
  await expect(admin.page).toHaveTitle(/^Error: /);
  await expect(admin.get('error')).toContainText('shoe size');
  const people = Array.from({ length: 300 }, (_, i) => `p${i},p${i}@elsewhere.example,patient,Person ${i}\n`).join('');
  await chooses(`username,email,role,name\nann,ann@elsewhere.example,nurse,Ann\n${people}`);
  await admin.press('import-look');
  await expect(admin.get('import-apply')).toHaveText('Create 300 people');
  await expect(admin.get('import-faults')).toContainText('write patient, clinician or administrator');
  const sheet = await admin.downloads('import-sheet');
  const mended = readFileSync(await sheet.path(), 'utf8').replace('nurse', 'clinician');
  await admin.press('import-apply');
  // The page looks again by itself, without a script.
  await expect(admin.get('import-state')).toContainText('It is done', { timeout: 60_000 });
  await expect(admin.get('import-created')).toHaveText('300');
  await admin.page.goto(`${demo.issuer}/admin/people/import`);
  await admin.types('pasted', mended);
  await admin.press('import-look');
  await expect(admin.get('import-apply')).toHaveText('Create one person');
  await admin.press('import-cancel');
  await expect(done(admin)).toContainText('was stopped');
  await admin.page.goto(`${demo.issuer}/admin/people?stage=invited`);
  await expect(admin.page.locator('tbody tr')).toHaveCount(50);
  await admin.press('page-next');
  await expect(admin.page.locator('tbody tr')).toHaveCount(50);
});

test('one session of somebody ends, then all of them with the account, until it is enabled again', async ({ visit, demo }) => {
  const okafor = await visit(demo.clinician, PLAIN);
  await okafor.page.goto(`${demo.issuer}/account/`);
  await okafor.answersUntil('#main h1:has-text("Your account")');
  const admin = await plain(visit, demo);
  await admin.page.goto(`${demo.issuer}/admin/people?q=${demo.clinician.username}`);
  await admin.press(admin.page.locator('tbody th a').first());
  await admin.press(admin.page.getByRole('button', { name: 'End session' }).first());
  await expect(done(admin)).toHaveText('The session ended.');
  await okafor.page.goto(`${demo.issuer}/account/`);
  await okafor.sees('username');
  await okafor.answersUntil('#main h1:has-text("Your account")');
  await admin.press('person-suspend');
  await admin.types('reason', 'Left the clinic');
  await admin.press('reason-submit');
  await expect(admin.page.locator('.person .tag')).toHaveText('Suspended');
  await okafor.page.goto(`${demo.issuer}/account/`);
  await okafor.givesName();
  await okafor.givesPassword();
  await expect(okafor.page).toHaveTitle(/^Error: /);
  await admin.press('person-enable');
  await admin.types('reason', 'Came back');
  await admin.press('reason-submit');
  await expect(admin.page.locator('.person .tag').filter({ hasText: 'Suspended' })).toHaveCount(0);
  await okafor.page.goto(`${demo.issuer}/account/`);
  await okafor.givesName();
  await okafor.givesPassword();
  await okafor.sees('code');
});

test('a reset takes two administrators, and the person is told before', async ({ visit, demo }) => {
  const made = demo.makes({ username: 'rita', role: 'administrator', password: PASSWORD });
  demo.grants(made, 'registration_officer');
  const rita = await plainly(visit, await atConsole(visit, made, {}));
  await rita.page.goto(`${demo.issuer}/admin/people?q=${demo.clinician.username}`);
  await rita.press(rita.page.locator('tbody th a').first());
  await rita.press('person-reset');
  await rita.ticks('kind-totp');
  await rita.ticks(rita.page.locator('#checked input').first());
  await rita.ticks(rita.page.locator('#handing input').first());
  await rita.types('reason', 'Lost the phone on the bus');
  await rita.press('reset-submit');
  await expect(rita.page.locator('.notice.ok')).toBeVisible();
  const okafor = await visit(demo.clinician, PLAIN);
  await okafor.opensMail('Someone asked to reset your sign-in');
  // Whoever asked decides nothing.
  await enters(rita, /Approvals/);
  await rita.press(rita.page.locator('tbody th a').first());
  await expect(rita.get('approval-decide')).toHaveCount(0);
  const owner = await plain(visit, demo);
  await enters(owner, /Approvals/);
  await owner.press(owner.page.locator('tbody th a').first());
  await owner.press('approval-decide');
  await owner.press('approval-approve');
  await expect(owner.page.locator('.notice.ok')).toBeVisible();
  await expect(owner.page.locator('main code, .secret')).toHaveCount(0);
  await okafor.followsMail('Set up your sign-in again');
  await okafor.press('continue');
  await okafor.givesPassword();
  await okafor.press('enrol-totp');
  await okafor.linksCodeApp();
  await okafor.keepsRecoveryCodes();
});

test('an account is erased by two administrators, and its person is told and keeps it', async ({ visit, demo }) => {
  const made = demo.makes({ username: 'pia', role: 'administrator', password: PASSWORD });
  demo.grants(made, 'privacy_officer');
  const rolf = await visit(demo.makes({ username: 'rolf', role: 'patient', password: PASSWORD }), PLAIN);
  const pia = await plainly(visit, await atConsole(visit, made, {}));
  await enters(pia, 'People');
  await pia.press(pia.page.locator('tbody').getByRole('link', { name: 'rolf' }));
  const person = pia.page.url();
  await pia.press('person-erase');
  await pia.types('reason', 'no');
  await pia.press('reason-submit');
  await isTold(pia, 'Write a reason', 'reason');
  await pia.types('reason', 'He asked for it in writing');
  await pia.press('reason-submit');
  await expect(done(pia)).toContainText('A second person decides');
  await expect(pia.get('approval-decide')).toHaveCount(0);
  await rolf.opensMail('Someone asked to delete your account');
  const owner = await plain(visit, demo);
  await enters(owner, /Approvals/);
  await owner.press(owner.page.locator('tbody th a').first());
  await owner.press('approval-decide');
  await expect(owner.page.locator('main')).toContainText('in seven days');
  await owner.press('approval-approve');
  await expect(done(owner)).toContainText('carried out');
  await pia.page.goto(person);
  await expect(pia.get('closing')).toContainText('This account closes');
  await expect(pia.get('person-erase')).toHaveCount(0);
  await rolf.opensMail('Someone asked to delete your account');
  await rolf.press(rolf.page.locator('.links-in-mail a[href*="/not-me/"]'));
  await rolf.press('not-me-confirm');
  await pia.page.goto(person);
  await expect(pia.get('closing')).toHaveCount(0);
});
