// The console's trail, read by an auditor without scripts and by the keyboard alone.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atConsole, enters, isTold, plainly } from '../support/console.js';
import { expect, test } from '../support/fixtures.js';

/** The file a button or link leads to. */
async function downloads(admin, id, folder) {
  const [download] = await Promise.all([admin.page.waitForEvent('download'), admin.press(id)]);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return path;
}

test('an auditor searches, opens an event, and takes a copy that proves itself elsewhere', async ({ visit, demo }) => {
  demo.grants(demo.clinician, 'auditor');
  const auditor = await plainly(visit, await atConsole(visit, demo.clinician));
  await enters(auditor, 'Activity');
  await auditor.selects('kind', 'sign_in');
  await auditor.types('person', demo.clinician.username);
  await auditor.press('activity-search');
  const lines = auditor.page.locator('table.log tbody tr');
  await expect(lines.filter({ hasText: 'session.signed_in' }).first()).toBeVisible();
  await expect(lines.filter({ hasText: 'audit.read' })).toHaveCount(0);
  await auditor.press(lines.getByRole('link').first());
  await expect(auditor.get('standing')).toContainText('chain');
  await expect(auditor.page.locator('pre')).toContainText('"kind"');
  await auditor.page.goBack();

  // Day and month alike, so that it is the same date however the browser orders them.
  await auditor.types('from', '02022020');
  await auditor.types('to', '01012020');
  await expect(auditor.get('from')).toHaveValue('2020-02-02');
  await auditor.press('activity-search');
  await isTold(auditor, 'The last day is before the first.', 'to');

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
