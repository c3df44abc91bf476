// Organisations and duties: made, renamed, granted and taken back by one person, and by two where it matters.
import { atConsole, done, enters, isTold, plainly } from '../support/console.js';
import { expect, test } from '../support/fixtures.js';

const PASSWORD = 'copper window 3 harbour';

test('duties are granted and taken back in a clinic of one’s own, and a second person agrees to a security officer', async ({ visit, demo }) => {
  const rita = demo.makes({ username: 'rita', role: 'administrator', password: PASSWORD });
  demo.grants(demo.clinician, 'security_officer');
  const owner = await plainly(visit, await atConsole(visit, demo.administrator));
  const { page } = owner;
  const asks = async (person, duty, reason) => {
    await owner.press('duty-grant');
    await owner.types('person', person);
    await owner.ticks(`duty-${duty}`);
    await owner.types('reason', reason);
    await owner.press('duty-grant-submit');
  };

  await test.step('one owner is one too few', async () => {
    await expect(page.locator('main')).toContainText('There is one owner');
    await expect(page.locator('main')).toContainText('vouchsafe admin grant --to');
    await owner.press('owners');
    await expect(page.getByRole('heading', { name: 'Who holds a duty here' })).toBeVisible();
    await owner.press('developers');
    await expect(page.getByRole('heading', { name: 'For developers' })).toBeVisible();
    await page.goBack();
  });
  await test.step('an organisation is made and renamed', async () => {
    await enters(owner, 'Organisations');
    await owner.types('name', ' ');
    await owner.press('organisation-create');
    await isTold(owner, 'Write a name', 'name');
    await owner.types('name', 'North');
    await owner.press('organisation-create');
    await expect(done(owner)).toContainText('was added');
    await owner.types('name', 'North Wing');
    await owner.press('organisation-rename');
    await expect(page.getByRole('heading', { name: 'North Wing' })).toBeVisible();
  });
  await test.step('one person grants what needs no second', async () => {
    await asks('nobody-of-that-name', 'auditor', 'audits the north');
    await isTold(owner, 'Nobody here is known', 'person');
    await expect(owner.get('duty-auditor')).toBeChecked();
    await owner.types('person', demo.clinician.username);
    await owner.press('duty-grant-submit');
    await expect(done(owner)).toContainText('was granted');
    await expect(page.locator('tbody tr')).toContainText(['Auditor']);
  });
  await test.step('a security officer waits for a second person, and the first takes it back', async () => {
    await enters(owner, 'Organisations');
    await owner.press(page.locator('.tree a').first());
    await asks(rita.username, 'security_officer', 'looks after the wards');
    await expect(done(owner)).toContainText('A second person decides');
    await expect(owner.get('approval-decide')).toHaveCount(0);
    await owner.press('approval-withdraw');
    await expect(done(owner)).toContainText('Taken back');
    await enters(owner, 'Organisations');
    await owner.press(page.locator('.tree a').first());
    await asks(rita.username, 'security_officer', 'looks after the wards');
  });

  const officer = await plainly(visit, await atConsole(visit, demo.clinician, {}));
  await test.step('the second person reads what it is about, and agrees', async () => {
    await enters(officer, /1 waiting/);
    await officer.press(officer.page.locator('tbody th a'));
    await expect(officer.get('request')).toContainText('looks after the wards');
    await expect(officer.get('request')).toContainText(rita.username);
    await officer.press('approval-decide');
    await officer.press('approval-approve');
    await expect(done(officer)).toContainText('carried out');
    await enters(officer, 'Organisations');
    await officer.press(officer.page.locator('.tree a').first());
    await expect(officer.page.locator('tbody tr').filter({ hasText: rita.username })).toContainText('Security officer');
  });
  await test.step('nobody grants above their own level, or takes a duty from above', async () => {
    await expect(officer.page.locator('tr').filter({ hasText: demo.administrator.username }).getByRole('link')).toHaveCount(0);
    await officer.press('duty-grant');
    await officer.sees('duty-auditor');
    await expect(officer.get('duty-owner')).toHaveCount(0);
  });
  await test.step('what was granted is taken back, but the only owner stays', async () => {
    await enters(owner, 'Organisations');
    await owner.press(page.getByRole('link', { name: 'North Wing' }));
    await owner.press(page.getByRole('link', { name: /^Revoke/ }));
    await owner.types('reason', 'no');
    await owner.press('duty-revoke-submit');
    await isTold(owner, 'Write a reason', 'reason');
    await owner.types('reason', 'no more audits');
    await owner.press('duty-revoke-submit');
    await expect(done(owner)).toContainText('was revoked');
    await expect(page.getByText(demo.clinician.username)).toHaveCount(0);
    await enters(owner, 'Organisations');
    await owner.press(page.locator('.tree a').first());
    const own = page.locator('tr').filter({ hasText: demo.administrator.username });
    await expect(own).toHaveCount(1);
    await expect(own.getByRole('link'), 'nobody takes their own duty').toHaveCount(0);
  });
});
