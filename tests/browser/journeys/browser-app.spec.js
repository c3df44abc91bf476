// An app that lives in the browser alone, written with oidc-client-ts as the provider fills it in: it reads what we answer
// from an origin of its own, and nobody else's scripts do.
import { BrowserApp } from '../support/browser-app.js';
import { expect, test } from '../support/fixtures.js';
import { ACR } from '../support/visit.js';

const LOW = { min_acr: ACR.aal1, lower_role_floor: true };

/** What the app says of itself, once it has done what it was asked. */
async function told(page) {
  await expect(page.locator('#told')).not.toBeEmpty();
  return JSON.parse(await page.locator('#told').textContent());
}

test('an app in the browser signs in, steps up, refreshes and signs out', async ({ visit, demo }) => {
  const app = await BrowserApp.start(demo, { policy: LOW });
  const clinician = await visit(demo.clinician);
  const { page } = clinician;
  const read = [];
  page.on('response', (response) => {
    const request = response.request();
    if (request.resourceType() === 'fetch') read.push(new URL(request.url()).pathname);
  });
  const here = () => page.waitForURL(`${app.origin}/`);

  await page.goto(app.origin);
  expect((await told(page)).sub).toBeUndefined();
  await clinician.press('sign-in');
  await clinician.givesName();
  await clinician.givesPassword();
  await clinician.press('consent-allow');
  await here();
  const first = await told(page);
  expect(first).toMatchObject({ acr: ACR.aal1, email: expect.stringContaining('@') });
  for (const path of ['/.well-known/openid-configuration', '/token', '/userinfo']) expect(read).toContain(path);

  await clinician.press('step-up');
  await clinician.givesCode();
  await here();
  const second = await told(page);
  expect(second).toMatchObject({ sub: first.sub, acr: ACR.aal2 });

  await clinician.press('refresh');
  await expect(page.locator('#told')).not.toContainText(second.token);
  const third = await told(page);
  expect(third).toMatchObject({ sub: first.sub, acr: ACR.aal2 });
  expect(third.renews).not.toBe(second.renews);

  await clinician.press('sign-out');
  await here();
  expect((await told(page)).sub).toBeUndefined();
  await clinician.press('sign-in');
  await clinician.sees('username');
  app.stop();
});

test('an app in the browser steps up to a passkey, and is not taken in by less', async ({ visit, demo }) => {
  const app = await BrowserApp.start(demo, { policy: LOW });
  const clinician = await visit(demo.clinician);
  const { page } = clinician;
  await clinician.withoutAutofill();
  await clinician.authenticator();
  await page.goto(`${app.origin}/?level=${ACR.phr}`);
  await page.route('**/authorize?*', (route) => {
    const url = new URL(route.request().url());
    url.searchParams.delete('acr_values');
    return route.continue({ url: url.href });
  }, { times: 1 });
  await clinician.press('step-up');
  await clinician.givesName();
  await clinician.givesPassword();
  await clinician.press('consent-allow');
  expect((await told(page)).error).toContain('aal1 only');
  await page.goto(`${app.origin}/?level=${ACR.phr}`);
  expect((await told(page)).sub).toBeUndefined();
  await clinician.press('step-up');
  await clinician.answersUntil('#told', { enrols: 'passkey' });
  expect(await told(page)).toMatchObject({ acr: ACR.phr });
  app.stop();
});

test('scripts of another origin read nothing of an app', async ({ visit, demo }) => {
  const [app, other] = [await BrowserApp.start(demo, { policy: LOW }), await BrowserApp.start(demo, { policy: LOW })];
  const clinician = await visit(demo.clinician);
  const { page } = clinician;
  await page.goto(app.origin);
  await clinician.press('sign-in');
  await clinician.answersUntil('#told');
  const { token, renews } = await told(page);
  const tries = ([issuer, token, renews, client]) => {
    const form = (fields) => ({ method: 'POST', body: new URLSearchParams(fields) });
    const reads = (path, options) => fetch(issuer + path, options).then((answer) => answer.status, () => 'nothing');
    return Promise.all([
      reads('/userinfo', { headers: { authorization: `Bearer ${token}` } }),
      reads('/token', form({ grant_type: 'refresh_token', refresh_token: renews, client_id: client })),
      reads('/revoke', form({ token: 'none', client_id: client })),
      reads('/account/'), reads('/introspect', form({ token, client_id: client })), reads('/jwks'),
    ]);
  };
  const words = [demo.issuer, token, 'not one', app.client.client_id];
  expect(await page.evaluate(tries, words)).toEqual([200, 400, 200, 'nothing', 'nothing', 200]);
  await page.goto(other.origin);
  expect(await page.evaluate(tries, words)).toEqual([...Array(5).fill('nothing'), 200]);
  app.stop();
  other.stop();
});
