// The console's trail, policies and duties: read by an auditor, changed by one person at once and by two where less is asked.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '../support/fixtures.js';

/** Somebody at the console, signed in with a passkey of their own. */
async function atConsole(visit, demo, person, options) {
  const admin = await visit(person, options);
  await admin.withoutAutofill();
  await admin.authenticator();
  await admin.page.goto(`${demo.issuer}/admin/`);
  await admin.answersUntil('.rooms', { enrols: 'passkey' });
  return admin;
}

function grants(demo, person, duty) {
  demo.run('admin', 'grant', '--to', person.username, '--duty', duty, '--reason', 'asked for by the owner');
}

/** The file a button or link leads to. */
async function downloads(admin, id, folder) {
  const [download] = await Promise.all([admin.page.waitForEvent('download'), admin.press(id)]);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return path;
}

test('an auditor searches, opens an event, and takes a copy that proves itself elsewhere', async ({ visit, demo }) => {
  grants(demo, demo.clinician, 'auditor');
  const auditor = await atConsole(visit, demo, demo.clinician);
  await auditor.page.goto(`${demo.issuer}/admin/activity`);
  await auditor.get('kind').selectOption('sign_in');
  await auditor.get('person').fill(demo.clinician.username);
  await auditor.press('activity-search');
  const lines = auditor.page.locator('table.log tbody tr');
  await expect(lines.filter({ hasText: 'session.signed_in' }).first()).toBeVisible();
  await expect(lines.filter({ hasText: 'audit.read' })).toHaveCount(0);
  await lines.getByRole('link').first().click();
  await expect(auditor.get('standing')).toContainText('chain');
  await expect(auditor.page.locator('pre')).toContainText('"kind"');
  await auditor.page.goBack();

  await auditor.get('from').fill('2020-01-02');
  await auditor.get('to').fill('2020-01-01');
  await auditor.press('activity-search');
  await expect(auditor.page).toHaveTitle(/^Error: /);
  await auditor.page.getByRole('link', { name: 'The last day is before the first.' }).click();
  await expect(auditor.get('to')).toBeFocused();

  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-copy-'));
  await auditor.page.goto(`${demo.issuer}/admin/activity`);
  const events = readFileSync(await downloads(auditor, 'export-ndjson', folder), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  expect(events.some(({ kind }) => kind === 'audit.read')).toBe(true);
  const sheet = readFileSync(await downloads(auditor, 'export-csv', folder), 'utf8');
  expect(sheet.split('\r\n')[0]).toContain('at,kind,severity');
  const copy = await downloads(auditor, 'export-signed', folder);
  const keys = await downloads(auditor, 'export-keys', folder);
  // On another machine: neither settings nor a database.
  const whole = JSON.parse(demo.runs(folder, 'audit', 'verify', '--file', copy, '--keys', keys, '--json'));
  expect(whole).toMatchObject({ ok: true, issuer: demo.issuer });
  writeFileSync(copy, readFileSync(copy, 'utf8').replace('"kind":"duty.granted"', '"kind":"duty.revoked"'));
  expect(() => demo.runs(folder, 'audit', 'verify', '--file', copy, '--keys', keys)).toThrow(/was changed/);
});

test('the trail is read without JavaScript', async ({ visit, demo }) => {
  grants(demo, demo.clinician, 'auditor');
  const auditor = await atConsole(visit, demo, demo.clinician);
  const storageState = await auditor.page.context().storageState();
  const plain = await visit(demo.clinician, { javaScriptEnabled: false, storageState });
  await plain.page.goto(`${demo.issuer}/admin/activity`);
  await plain.get('outcome').selectOption('ok');
  await plain.press('activity-search');
  await plain.page.locator('table.log tbody tr').getByRole('link').first().click();
  await plain.sees('standing');
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-copy-'));
  await plain.page.goto(`${demo.issuer}/admin/activity?kind=administration`);
  const lines = readFileSync(await downloads(plain, 'export-ndjson', folder), 'utf8').trim().split('\n');
  expect(lines.some((line) => line.includes('duty.granted'))).toBe(true);
});

test('a stricter policy holds at once, one that asks less takes a second person', async ({ visit, demo }) => {
  grants(demo, demo.clinician, 'security_officer');
  const owner = await atConsole(visit, demo, demo.administrator);
  const limits = async (idle) => {
    await owner.page.goto(`${demo.issuer}/admin/policies/roles/clinician`);
    await owner.get('idle').fill(String(idle));
    await owner.press('policy-preview');
    await owner.get('reason').fill('the wards asked for it');
  };
  await limits(10);
  await expect(owner.get('rules')).toContainText('clinician.idle');
  await owner.press('policy-apply');
  await expect(owner.page.getByText('The new version is in force.')).toBeVisible();

  await limits(30);
  await expect(owner.page.getByText('asks less', { exact: true })).toBeVisible();
  await expect(owner.get('policy-apply')).toHaveCount(0);
  await owner.press('policy-ask');
  await expect(owner.page.getByText('Somebody else has to decide.')).toBeVisible();
  await expect(owner.get('approval-decide')).toHaveCount(0);
  const at = owner.page.url().replace(/\?.*/, '');
  await owner.page.goto(`${at}/decide`);
  await owner.press('approval-approve');
  await expect(owner.page.getByText('VS-4031')).toBeVisible();

  const officer = await atConsole(visit, demo, demo.clinician, {});
  await officer.page.getByRole('link', { name: /1 waiting/ }).click();
  await officer.page.getByRole('link', { name: 'Policy that asks less' }).click();
  await expect(officer.page.locator('.changes')).toContainText('clinician.idle 600 → 1800');
  await expect(officer.get('request')).toContainText('the wards asked for it');
  await officer.press('approval-decide');
  await officer.press('approval-approve');
  await expect(officer.page.getByText('Approved and carried out.')).toBeVisible();

  // Back to the stricter version: at once again.
  await owner.page.goto(`${demo.issuer}/admin/policies`);
  await expect(owner.page.getByText('Version 2.')).toBeVisible();
  await owner.page.getByRole('button', { name: 'Go back to this: version 1' }).click();
  await owner.get('reason').fill('too long after all');
  await owner.press('policy-apply');
  await expect(owner.page.getByText('Version 3.')).toBeVisible();

  await owner.press('policy-simulate');
  await owner.get('person').fill(demo.patient.username);
  await owner.press('simulate');
  await expect(owner.get('steps')).toContainText('They type their password.');
});

/** Presses Tab until the element has the focus. */
async function tabTo(page, id) {
  for (let stops = 0; stops < 60; stops += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement?.id) === id) return;
  }
  throw new Error(`#${id} is not reached by Tab on ${page.url()}`);
}

test('an owner makes an organisation, grants a duty and takes it back with the keyboard alone', async ({ visit, demo }) => {
  const owner = await atConsole(visit, demo, demo.administrator);
  const { page } = owner;
  const type = async (id, text) => { await tabTo(page, id); await page.keyboard.type(text); };
  const press = async (id) => { await tabTo(page, id); await page.keyboard.press('Enter'); };
  await page.goto(`${demo.issuer}/admin/organisations`);
  await type('name', 'North');
  await press('organisation-create');
  await expect(page.getByRole('heading', { name: 'North' })).toBeVisible();
  await press('duty-grant');
  await owner.sees('duty-grant-submit');
  await type('person', demo.clinician.username);
  await page.keyboard.press('Tab');
  for (let choices = 0; choices < 10 && !(await owner.get('duty-auditor').isChecked()); choices += 1) await page.keyboard.press('ArrowDown');
  await type('reason', 'audits the north');
  await press('duty-grant-submit');
  await expect(page.locator('table')).toContainText(demo.clinician.username);
  const revoke = page.getByRole('link', { name: /^Revoke/ });
  await revoke.focus();
  await page.keyboard.press('Enter');
  await owner.sees('duty-revoke-submit');
  await type('reason', 'no more audits');
  await press('duty-revoke-submit');
  await expect(page.getByText(demo.clinician.username)).toHaveCount(0);

  // The only owner stays: nobody takes their own duty, and nobody else is there to ask.
  await page.goto(`${demo.issuer}/admin/organisations/root`);
  const own = page.locator('tr').filter({ hasText: demo.administrator.username });
  await expect(own).toHaveCount(1);
  await expect(own.getByRole('link')).toHaveCount(0);
});
