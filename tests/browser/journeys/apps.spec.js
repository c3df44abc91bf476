// The console's apps: four questions, code that works, a test run, a watch that shows what came, and secrets that are
// replaced; without scripts, by the keyboard alone.
import { atConsole, done, enters, isTold, plainly } from '../support/console.js';
import { expect, test } from '../support/fixtures.js';

const CALLBACK = 'http://localhost:3000/callback';

test('a developer registers an app, tries it, watches its requests and replaces its secret', async ({ visit, demo }) => {
  const admin = await plainly(visit, await atConsole(visit, demo.administrator));
  const { page } = admin;
  const shown = async () => {
    const secret = await admin.get('client-secret').textContent();
    await admin.press('continue');
    await expect(page.getByText(secret)).toHaveCount(0);
    return secret;
  };

  await test.step('four questions', async () => {
    await enters(admin, 'Apps');
    await admin.press('app-new');
    await admin.types('name', 'Patient portal');
    await admin.ticks('kind-server');
    await admin.selects('library', 'openid-client');
    await admin.ticks('who-patients');
    await admin.press('app-create');
    await isTold(admin, '', 'callbacks');
    await expect(admin.get('name')).toHaveValue('Patient portal');
    await admin.types('callbacks', CALLBACK);
    await admin.press('app-create');
    await expect(admin.get('snippet')).toContainText(CALLBACK);
  });
  const first = await shown();
  await test.step('a test run, and a watch over it', async () => {
    await admin.press('app-try');
    await admin.press('try-sign_in');
    await admin.press('consent-allow');
    await admin.sees('report-checks');
    await expect(admin.get('report-checks').getByText('Wrong:')).toHaveCount(0);
    await admin.press(page.getByRole('link', { name: '← Patient portal' }));
    await admin.press('app-watch');
    await admin.press('watch-pause');
    await expect(admin.get('requests')).toContainText('authorize');
    await admin.press('watch-go-on');
    await admin.press(page.getByRole('link', { name: '← Patient portal' }));
  });
  await test.step('a second secret, and the first goes', async () => {
    await admin.types('label', 'winter');
    await admin.press('secret-add');
    const second = await shown();
    expect(second).not.toBe(first);
    await expect(page.locator('.cards li')).toHaveCount(2);
    await admin.press(page.locator('.cards li').filter({ hasNotText: 'winter' }).getByRole('button'));
    await expect(done(admin)).toContainText('secret was removed');
    await expect(page.locator('.cards li')).toHaveCount(1);
    await expect(page.locator('.cards li')).toContainText('winter');
  });
  await test.step('what is registered is changed, and looked at', async () => {
    await admin.types('callbacks', `${CALLBACK}\nnot an address`);
    await admin.press('app-save');
    await isTold(admin, '', 'callbacks');
    await admin.types('callbacks', 'https://portal.clinic.example/callback');
    await admin.press('app-save');
    await expect(done(admin)).toContainText('was changed');
    await expect(admin.get('callbacks')).toHaveValue('https://portal.clinic.example/callback');
    await admin.press('app-live');
    await expect(page.locator('main')).toContainText('Live');
  });
  await test.step('stopped, and let go on', async () => {
    await admin.press('app-state');
    await admin.press('app-state-submit');
    await expect(done(admin)).toContainText('was stopped');
    await admin.press('app-state');
    await admin.press('app-state-submit');
    await expect(done(admin)).toContainText('was enabled');
    await enters(admin, 'Apps');
    await expect(page.locator('tbody tr').filter({ hasText: 'Patient portal' })).toContainText('Live');
  });
  await test.step('a machine is registered, and what it may administer is chosen', async () => {
    await admin.press('app-new');
    await admin.types('name', 'Roster');
    await admin.ticks('kind-machine');
    await admin.selects('library', 'curl');
    await admin.ticks('who-both');
    await admin.press('app-create');
    await shown();
    await expect(admin.get('admin-scope-read')).not.toBeChecked();
    await admin.ticks('admin-scope-read');
    await admin.press('scopes-save');
    await expect(done(admin)).toContainText('was changed');
    await expect(admin.get('admin-scope-read')).toBeChecked();
    await expect(page.locator('main')).toContainText('admin:read');
    await enters(admin, 'Apps');
  });
  await test.step('where forms wait for one more press nothing waits, and the way out is at hand', async () => {
    await page.goto(`${demo.issuer}/admin/again`);
    await expect(page.locator('main')).toContainText('Nothing waits here');
    await admin.press('sign-out');
    await expect(page.locator('main')).toContainText('signed out');
  });
});
