// The console's apps: four questions, code that works, a test run, and a watch that shows what came.
import { expect, test } from '../support/fixtures.js';

test('a developer registers an app, tries it and watches its requests', async ({ visit, demo }) => {
  const admin = await visit(demo.administrator);
  await admin.withoutAutofill();
  await admin.authenticator();
  await admin.page.goto(`${demo.issuer}/admin/`);
  await admin.answersUntil('.rooms', { enrols: 'passkey' });
  await admin.page.goto(`${demo.issuer}/admin/apps`);
  await admin.press('app-new');
  await admin.get('name').fill('Patient portal');
  await admin.press('kind-server');
  await admin.get('library').selectOption('openid-client');
  await admin.get('callbacks').fill('http://localhost:3000/callback');
  await admin.press('who-patients');
  await admin.press('app-create');
  await admin.sees('client-secret');
  await expect(admin.get('snippet')).toContainText('http://localhost:3000/callback');
  const secret = await admin.get('client-secret').textContent();
  await admin.press('continue');
  await expect(admin.page.getByText(secret)).toHaveCount(0);
  await admin.press('app-try');
  await admin.press('try-sign_in');
  await admin.press('consent-allow');
  await admin.sees('report-checks');
  await expect(admin.get('report-checks').getByText('Wrong:')).toHaveCount(0);
  await admin.page.goto(admin.page.url().replace(/\/try.*/, ''));
  await admin.press('app-watch');
  await admin.press('watch-pause');
  await expect(admin.get('requests')).toContainText('authorize');
});
