// Signing in for a device on which nobody can type, by the keyboard alone and without scripts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, PLAIN, test } from '../support/fixtures.js';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

async function post(demo, path, form) {
  const answer = await fetch(`${demo.issuer}${path}`, { method: 'POST', body: new URLSearchParams(form) });
  return { status: answer.status, ...(await answer.json()) };
}

test('a clinician signs in for a screen in the ward, and stops a code that somebody sent', async ({ visit, demo }) => {
  const app = join(demo.data, 'device.json');
  writeFileSync(app, JSON.stringify({
    client_name: 'Ward screen', token_endpoint_auth_method: 'none', grant_types: [GRANT], redirect_uris: [], scope: 'openid profile',
  }));
  const client_id = JSON.parse(demo.run('client', 'create', '--from', app, '--json')).client_id;
  const asks = () => post(demo, '/device_authorization', { client_id });
  const polls = (begun) => post(demo, '/token', { client_id, grant_type: GRANT, device_code: begun.device_code });
  const begun = await asks();
  const clinician = await visit(demo.clinician, PLAIN);
  const { page } = clinician;
  await page.goto(begun.verification_uri);
  await clinician.types('user-code', 'none');
  await clinician.press('continue');
  await expect(page.locator('#error')).toBeVisible();
  await clinician.types('user-code', begun.user_code.toLowerCase());
  await clinician.press('continue');
  await expect(page.locator('main')).toContainText('Ward screen');
  await expect(page.locator('main')).toContainText(begun.user_code);
  await clinician.press('device-yes');
  await clinician.givesName();
  await clinician.givesPassword();
  await clinician.givesCode();
  await clinician.press('consent-allow');
  await expect(page).toHaveURL(/\/device\/done\?run=[^&]+$/);
  await expect(page.locator('h1')).toHaveText('Your device is signed in');
  expect(await polls(begun)).toMatchObject({ status: 200, token_type: 'Bearer' });

  const sent = await asks();
  await page.goto(sent.verification_uri_complete);
  await expect(page.locator('#user-code')).toHaveValue(sent.user_code);
  await clinician.press('continue');
  await clinician.press('device-no');
  await expect(page.locator('h1')).toHaveText('Your device is not signed in');
  expect(await polls(sent)).toMatchObject({ status: 400, error: 'access_denied' });
});
