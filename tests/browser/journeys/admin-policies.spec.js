// Policies: looked at, tried out, made stricter by one person and weaker by two; without scripts, by the keyboard alone.
import { atConsole, done, enters, isTold, plainly } from '../support/console.js';
import { expect, test } from '../support/fixtures.js';

test('a stricter policy holds at once, one that asks less takes a second person', async ({ visit, demo }) => {
  demo.grants(demo.clinician, 'security_officer');
  const owner = await plainly(visit, await atConsole(visit, demo.administrator));
  const { page } = owner;
  const previews = async (idle) => {
    await enters(owner, 'Policies');
    await owner.press(page.getByRole('link', { name: 'Change what is asked of: Clinician' }));
    await owner.types('idle', String(idle));
    await owner.press('policy-preview');
  };
  const simulates = async (person, app = '') => {
    await enters(owner, 'Policies');
    await owner.press('policy-simulate');
    await owner.types('person', person);
    await owner.types('app', app);
    await owner.press('simulate');
  };

  await test.step('a mistake changes nothing', async () => {
    await previews(99999);
    await isTold(owner, 'cannot be used');
  });
  await test.step('stricter: at once, with a reason', async () => {
    await previews(10);
    await expect(owner.get('rules')).toContainText('clinician.idle');
    await owner.types('reason', 'no');
    await owner.press('policy-apply');
    await isTold(owner, 'Write a reason', 'reason');
    await owner.types('reason', 'the wards asked for it');
    await owner.press('policy-apply');
    await expect(done(owner)).toContainText('in force');
  });
  await test.step('an app asks for more than its people’s role', async () => {
    await owner.press('policy-app-add');
    await owner.press('preset-prescribers');
    await owner.types('app', 'nobody');
    await owner.press('policy-preview');
    await isTold(owner, 'No app has this', 'app');
    await owner.types('app', 'demo-clinic');
    await owner.press('policy-preview');
    await owner.types('reason', 'prescriptions are signed there');
    await owner.press('policy-apply');
    await expect(page.getByText('Version 2.')).toBeVisible();
    await expect(page.locator('section', { has: page.locator('#apps') })).toContainText('Riverside Video Clinic');
  });
  await test.step('a sign-in is tried out, with the reason for each question', async () => {
    await simulates('nobody-of-that-name');
    await isTold(owner, 'Nobody here is known', 'person');
    await simulates(demo.clinician.username, 'demo-clinic');
    await expect(page.locator('main')).toContainText('A rule of this app asks for it.');
    await expect(owner.get('steps')).toContainText('They are in.');
  });
  await test.step('less: somebody else decides', async () => {
    await previews(30);
    await expect(page.getByText('asks less', { exact: true }).first()).toBeVisible();
    await expect(owner.get('policy-apply')).toHaveCount(0);
    await owner.types('reason', 'signed out in the middle of a round');
    await owner.press('policy-ask');
    await expect(page.getByText('Somebody else has to decide.')).toBeVisible();
    await expect(owner.get('approval-decide')).toHaveCount(0);
    await page.goto(`${page.url().replace(/\?.*/, '')}/decide`);
    await owner.press('approval-approve');
    await expect(page.getByText('VS-4031')).toBeVisible();
  });
  await test.step('the second person sees what would change, and agrees', async () => {
    const officer = await plainly(visit, await atConsole(visit, demo.clinician, {}));
    await enters(officer, /1 waiting/);
    await officer.press(officer.page.getByRole('link', { name: 'Policy that asks less' }));
    await expect(officer.page.locator('.changes')).toContainText('clinician.idle 600 → 1800');
    await expect(officer.get('request')).toContainText('in the middle of a round');
    await officer.press('approval-decide');
    await officer.press('approval-approve');
    await expect(done(officer)).toContainText('carried out');
  });
  await test.step('back to a stricter version: at once again', async () => {
    await page.goto(`${demo.issuer}/admin/policies`);
    await expect(page.getByText('Version 3.')).toBeVisible();
    await expect(page.locator('.cards li').first()).toContainText('in the middle of a round');
    await expect(page.locator('.cards li').first().locator('.changes')).toContainText('clinician.idle 600 → 1800');
    await expect(page.locator('.cards li').first(), 'whoever asked is named').toContainText('Sam Lindqvist');
    await owner.press(page.getByRole('button', { name: 'Go back to this: version 2' }));
    await owner.types('reason', 'too long after all');
    await owner.press('policy-apply');
    await expect(page.getByText('Version 4.')).toBeVisible();
  });
});
