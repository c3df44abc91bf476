// Enrolling people at the console: inviting, letters, reminders, lists, sessions and resets. The administrator signs in
// with a passkey; what follows needs no JavaScript.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '../support/fixtures.js';
import { tabTo } from '../support/keyboard.js';

const PASSWORD = 'copper window 3 harbour';

/** Signs in at the console, in a browser of its own where options say so. */
async function signsIn(visit, person, options) {
  const admin = await visit(person, options);
  await admin.withoutAutofill();
  await admin.authenticator();
  await admin.page.goto(`${admin.demo.issuer}/admin/`);
  await admin.answersUntil('.rooms', { enrols: 'passkey' });
  return admin;
}

/** The same administrator in a browser without scripts. */
async function plain(visit, demo) {
  const admin = await signsIn(visit, demo.administrator);
  const storageState = await admin.page.context().storageState();
  return visit(demo.administrator, { javaScriptEnabled: false, storageState });
}

/** Fills the form that invites a patient in. */
async function invites(admin, { given, family, email, username }) {
  await admin.page.goto(`${admin.demo.issuer}/admin/people`);
  await admin.press('people-invite');
  await admin.press('role-patient');
  await admin.get('given').fill(given);
  await admin.get('family').fill(family);
  if (email) await admin.get('email').fill(email);
  else await admin.press('by-letter');
  if (username) await admin.get('username').fill(username);
  await admin.press('invite-submit');
}

/** Opens the newest mail whose subject says this, and its link. */
async function follows(page, demo, subject) {
  await expect(async () => {
    await page.goto(demo.mail);
    await expect(page.getByRole('link', { name: subject }).first()).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.getByRole('link', { name: subject }).first().click();
  await page.locator('.links-in-mail a').first().click();
}

const done = (admin) => admin.page.locator('.notice.ok[role=status]');

test('somebody is invited by mail, activates, and the console shows how far they are', async ({ visit, demo }) => {
  const admin = await plain(visit, demo);
  await invites(admin, { given: 'Nora', family: 'Quist', email: 'nora@elsewhere.example' });
  await expect(done(admin)).toContainText('The e-mail is on its way');
  const person = admin.page.url().split('?')[0];
  await expect(admin.get('invitation')).toBeVisible();
  const nora = await visit({ username: 'nora@elsewhere.example', recoveryCodes: [] }, { javaScriptEnabled: false });
  nora.person.linksCodeApp = demo.patient.linksCodeApp;
  await follows(nora.page, demo, 'Set up your account');
  await expect(nora.page.locator('main')).toContainText('Nora Quist');
  await nora.press('continue');
  await nora.get('new-password').fill(PASSWORD);
  await nora.press('password-submit');
  await nora.press('enrol-totp');
  await nora.linksCodeApp();
  await nora.keepsRecoveryCodes();
  await admin.page.goto(person);
  await expect(admin.get('invitation')).toHaveCount(0);
  await expect(admin.page.locator('.timeline .done')).toHaveCount(5);
  await expect(admin.page.locator('main')).toContainText('Nothing is missing');
  await admin.page.goto(`${demo.issuer}/admin/people?q=quist`);
  await expect(admin.page.getByRole('link', { name: 'Nora Quist' })).toBeVisible();
});

test('a form with a mistake keeps what was typed, and an address that is known is said', async ({ visit, demo }) => {
  const admin = await plain(visit, demo);
  await invites(admin, { given: 'Rose', family: 'Again', email: 'nowhere' });
  await expect(admin.page).toHaveTitle(/^Error: /);
  await expect(admin.get('error')).toContainText('no e-mail address');
  await expect(admin.get('family')).toHaveValue('Again');
  await expect(admin.get('role-patient')).toBeChecked();
  await admin.get('email').fill('again@elsewhere.example');
  await admin.press('invite-submit');
  await expect(done(admin)).toContainText('invited');
  await invites(admin, { given: 'Rose', family: 'Twice', email: 'Again@elsewhere.example' });
  await expect(admin.get('error')).toContainText('here already');
});

test('a letter is printed once, activates, and the next one replaces it', async ({ visit, demo }) => {
  const admin = await plain(visit, demo);
  await invites(admin, { given: 'Paul', family: 'Paper', username: 'paul' });
  await expect(done(admin)).toContainText('print the letter');
  const person = admin.page.url().split('?')[0];
  const prints = async () => {
    await admin.page.goto(person);
    await admin.press('invitation-print');
    const code = await admin.page.locator('dd code').textContent();
    await admin.page.goto(person);
    await expect(admin.page.getByText(code)).toHaveCount(0);
    return code;
  };
  const first = await prints();
  const second = await prints();
  const paul = await visit({ username: 'paul' }, { javaScriptEnabled: false });
  const types = async (code) => {
    await paul.page.goto(`${demo.issuer}/activate`);
    await paul.get('username').fill('paul');
    await paul.get('letter-code').fill(code);
    await paul.press('letter-submit');
  };
  await types(first);
  await expect(paul.page).toHaveTitle(/^Error: /);
  await types(second);
  await paul.sees('new-password');
});

test('an invitation that is taken back leads nowhere, and a reminder goes out once a day', async ({ visit, demo }) => {
  const admin = await plain(visit, demo);
  await invites(admin, { given: 'Vera', family: 'Away', email: 'vera@elsewhere.example' });
  const person = admin.page.url().split('?')[0];
  await admin.press('invitation-revoke');
  await expect(done(admin)).toContainText('taken back');
  const vera = await visit({ username: 'vera' }, { javaScriptEnabled: false });
  await follows(vera.page, demo, 'Set up your account');
  await expect(vera.page.locator('h1')).toHaveText(/does not work any more/);
  // Reminding brings nothing back that was taken back; inviting again does.
  await expect(admin.get('person-remind')).toHaveCount(0);
  await admin.press('invitation-resend');
  await admin.press('person-remind');
  await expect(done(admin)).toContainText('reminder is on its way');
  await expect(admin.get('person-remind')).toHaveCount(0);
  await follows(vera.page, demo, 'Your account is not set up yet');
  await expect(vera.page.locator('main')).toContainText('Vera Away');
  // Whoever waits at that stage, but for those who were reminded today.
  await admin.page.goto(`${demo.issuer}/admin/people?stage=invited`);
  await admin.press('people-remind');
  await admin.press('remind-submit');
  await expect(done(admin)).toContainText('on its way');
  await admin.press('remind-submit');
  await expect(done(admin)).toContainText('0 reminders');
  await admin.page.goto(person);
  await expect(admin.page.locator('main')).toContainText('Last reminded');
});

test('a list with a mistake is mended and brought, and its progress is seen', async ({ visit, demo }) => {
  const admin = await plain(visit, demo);
  await admin.page.goto(`${demo.issuer}/admin/people`);
  await admin.press('people-imports');
  await admin.press('import-new');
  const chooses = (text) => admin.get('file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await chooses('username,shoe size\nrose,38\n');
  await admin.press('import-look');
  await expect(admin.page).toHaveTitle(/^Error: /);
  await expect(admin.get('error')).toContainText('shoe size');
  const people = Array.from({ length: 300 }, (_, i) => `p${i},p${i}@elsewhere.example,patient,Person ${i}\n`).join('');
  await chooses(`username,email,role,name\nann,ann@elsewhere.example,nurse,Ann\n${people}`);
  await admin.press('import-look');
  await expect(admin.get('import-apply')).toHaveText('Create 300 people');
  await expect(admin.get('import-faults')).toContainText('write patient, clinician or administrator');
  const sheet = await admin.page.request.get(new URL(await admin.get('import-sheet').getAttribute('href'), demo.issuer).href);
  const mended = (await sheet.text()).replace('nurse', 'clinician');
  await admin.press('import-apply');
  // The page looks again by itself, without a script.
  await expect(admin.get('import-state')).toContainText('It is done', { timeout: 60_000 });
  await expect(admin.get('import-created')).toHaveText('300');
  await admin.page.goto(`${demo.issuer}/admin/people/import`);
  await chooses(mended);
  await admin.press('import-look');
  await expect(admin.get('import-apply')).toHaveText('Create one person');
  await admin.press('import-cancel');
  await expect(done(admin)).toContainText('was stopped');
  await admin.page.goto(`${demo.issuer}/admin/people?q=person`);
  await expect(admin.page.locator('tbody tr')).toHaveCount(50);
  await admin.press('page-next');
  await expect(admin.page.locator('tbody tr')).toHaveCount(50);
});

test('one session of somebody ends, then all of them with the account', async ({ visit, demo }) => {
  const okafor = await visit(demo.clinician, { javaScriptEnabled: false });
  await okafor.page.goto(`${demo.issuer}/account/`);
  await okafor.answersUntil('#main h1:has-text("Your account")');
  const admin = await plain(visit, demo);
  await admin.page.goto(`${demo.issuer}/admin/people?q=${demo.clinician.username}`);
  await admin.page.locator('tbody th a').first().click();
  await admin.page.getByRole('button', { name: 'End session' }).first().click();
  await expect(done(admin)).toHaveText('The session ended.');
  await okafor.page.goto(`${demo.issuer}/account/`);
  await okafor.sees('username');
  await okafor.answersUntil('#main h1:has-text("Your account")');
  await admin.press('person-suspend');
  await admin.get('reason').fill('Left the clinic');
  await admin.press('reason-submit');
  await expect(admin.page.locator('.person .tag')).toHaveText('Suspended');
  await okafor.page.goto(`${demo.issuer}/account/`);
  await okafor.givesName();
  await okafor.givesPassword();
  await expect(okafor.page).toHaveTitle(/^Error: /);
});

test('a reset takes two administrators, and the person is told before', async ({ visit, demo }) => {
  const host = (...words) => execFileSync(process.env.VOUCHSAFE_BIN, ['--config', join(demo.data, 'vouchsafe.toml'), ...words], {
    env: { ...process.env, ...demo.settings }, input: PASSWORD, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'],
  });
  host('account', 'create', '--username', 'rita', '--email', 'rita@riverside.example', '--role', 'administrator', '--password-stdin');
  host('admin', 'grant', '--to', 'rita', '--duty', 'registration_officer', '--reason', 'second pair of eyes');
  const rita = await signsIn(visit, { username: 'rita', password: PASSWORD, recoveryCodes: [] }, {});
  await rita.page.goto(`${demo.issuer}/admin/people?q=${demo.clinician.username}`);
  await rita.page.locator('tbody th a').first().click();
  await rita.press('person-reset');
  await rita.press('kind-totp');
  await rita.page.locator('#checked input').first().check();
  await rita.page.locator('#handing input[value=mail], #handing input').first().check();
  await rita.get('reason').fill('Lost the phone on the bus');
  await rita.press('reset-submit');
  await expect(rita.page.locator('.notice.ok')).toBeVisible();
  const okafor = await visit(demo.clinician, { javaScriptEnabled: false });
  await expect(async () => {
    await okafor.page.goto(demo.mail);
    await expect(okafor.page.getByRole('link', { name: 'Someone asked to reset your sign-in' }).first()).toBeVisible({ timeout: 500 });
  }).toPass();
  // Whoever asked decides nothing.
  await rita.page.goto(`${demo.issuer}/admin/approvals`);
  await rita.page.locator('tbody th a').first().click();
  await expect(rita.get('approval-decide')).toHaveCount(0);
  const owner = await signsIn(visit, demo.administrator);
  await owner.page.goto(`${demo.issuer}/admin/approvals`);
  await owner.page.locator('tbody th a').first().click();
  await owner.press('approval-decide');
  await owner.press('approval-approve');
  await expect(owner.page.locator('.notice.ok')).toBeVisible();
  await expect(owner.page.locator('main code, .secret')).toHaveCount(0);
  await follows(okafor.page, demo, 'Set up your sign-in again');
  await okafor.sees('continue');
});

test('somebody is invited and a list is brought with the keyboard alone', async ({ visit, demo }) => {
  const admin = await signsIn(visit, demo.administrator);
  const { page } = admin;
  const type = async (id, text) => { await tabTo(page, id); await page.keyboard.type(text); };
  await page.goto(`${demo.issuer}/admin/people`);
  await tabTo(page, 'people-invite');
  await page.keyboard.press('Enter');
  await tabTo(page, 'role-patient');
  await page.keyboard.press('Space');
  await type('given', 'Karl');
  await type('family', 'Keys');
  await tabTo(page, 'by-mail');
  await page.keyboard.press('ArrowDown');
  await expect(admin.get('by-letter')).toBeChecked();
  await page.keyboard.press('ArrowUp');
  await type('email', 'karl@elsewhere.example');
  await page.keyboard.press('Enter');
  await expect(done(admin)).toContainText('invited');
  await page.goto(`${demo.issuer}/admin/people/import`);
  await type('pasted', 'username,role\nanna,patient\n');
  await tabTo(page, 'import-look');
  await page.keyboard.press('Space');
  await tabTo(page, 'import-apply');
  await page.keyboard.press('Enter');
  await expect(admin.get('import-state')).toContainText('It is done', { timeout: 60_000 });
});
