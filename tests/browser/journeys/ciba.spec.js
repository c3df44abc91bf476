// An app asks for a person without a browser of its own; they answer by the keyboard alone and without scripts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, PLAIN, test } from '../support/fixtures.js';

const GRANT = 'urn:openid:params:grant-type:ciba';

test('a clinician answers an app that asks without a browser, and says no to what is not known', async ({ visit, demo }) => {
  const app = join(demo.data, 'asks.json');
  writeFileSync(app, JSON.stringify({
    client_name: 'Front desk', token_endpoint_auth_method: 'client_secret_post', grant_types: [GRANT], redirect_uris: [],
    scope: 'openid profile', backchannel_token_delivery_mode: 'poll',
  }));
  const { client_id, client_secret } = JSON.parse(demo.run('client', 'create', '--from', app, '--json'));
  const post = async (path, form) => {
    const answer = await fetch(`${demo.issuer}${path}`, { method: 'POST', body: new URLSearchParams({ client_id, client_secret, ...form }) });
    return { status: answer.status, ...(await answer.json()) };
  };
  const asks = (binding_message) => post('/bc-authorize', { login_hint: demo.clinician.username, scope: 'openid profile', binding_message });
  const polls = ({ auth_req_id }) => post('/token', { grant_type: GRANT, auth_req_id });

  const begun = await asks('Visit 47-11');
  expect(begun).toMatchObject({ status: 200, expires_in: 600, interval: 5 });
  const clinician = await visit(demo.clinician, PLAIN);
  const { page } = clinician;
  await page.goto(`${demo.issuer}/approve`);
  await clinician.givesName();
  await clinician.givesPassword();
  await clinician.givesCode();
  await expect(page).toHaveURL(/\/approve$/);
  await expect(page.locator('main')).toContainText('Front desk');
  await expect(page.locator('main')).toContainText('Visit 47-11');
  await clinician.press('approve-yes-1');
  await clinician.press('consent-allow');
  await expect(page).toHaveURL(/\/approve\/done\?run=[^&]+$/);
  await expect(page.locator('h1')).toHaveText('Your answer is on its way');
  expect(await polls(begun)).toMatchObject({ status: 200, token_type: 'Bearer' });

  const unknown = await asks('Who is this');
  await page.goto(`${demo.issuer}/account/`);
  await expect(page.locator('main a[href="/approve"]')).toBeVisible();
  await page.goto(`${demo.issuer}/approve`);
  await clinician.press('approve-no-1');
  await expect(page.locator('h1')).toHaveText('You said no');
  expect(await polls(unknown)).toMatchObject({ status: 400, error: 'access_denied' });
});
