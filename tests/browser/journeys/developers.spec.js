// The page about the API: for whoever writes a program, without scripts and with nothing from elsewhere.
import { expect, test } from '../support/fixtures.js';

test('a developer finds how an app is connected, code to begin with, and the API', async ({ visit, demo }) => {
  const reader = await visit(demo.administrator, { javaScriptEnabled: false, keyboard: true });
  const { page } = reader;
  await page.goto(`${demo.issuer}/developers`);
  const [discovery] = await Promise.all([page.waitForResponse((response) => response.url().endsWith('/openid-configuration')), reader.press('to-discovery')]);
  const document = await discovery.json();
  await page.goto(`${demo.issuer}/developers`);
  for (const name of ['token_endpoint', 'jwks_uri', 'end_session_endpoint']) {
    await expect(page.locator('main')).toContainText(document[name]);
  }
  for (const level of document.acr_values_supported) await expect(page.locator('#levels').locator('..')).toContainText(level);
  for (const one of ['server-openid-client', 'device-curl']) {
    await reader.press(page.locator(`#with-${one} summary`));
    for (const part of [document.issuer, 'your-client-id']) await expect(page.locator(`#with-${one} pre`)).toContainText(part);
  }
  await reader.press('to-api');
  await expect(page.locator('h1')).toContainText('API');
  await reader.press(page.locator('#contents a').first());
  await expect(page.locator(new URL(page.url()).hash)).toBeInViewport();
  expect(await page.locator('main').textContent()).not.toContain('`');
});

test('a developer reads about the API without scripts, by the keyboard alone', async ({ visit, demo }) => {
  const reader = await visit(demo.administrator, { javaScriptEnabled: false, keyboard: true });
  const { page } = reader;
  const asked = [];
  page.on('request', (request) => asked.push(request));
  const answer = await page.goto(`${demo.issuer}/developers/api`);
  expect(answer.headers()['content-security-policy']).toContain("default-src 'none'");
  expect(asked.filter((request) => request.resourceType() === 'script')).toEqual([]);
  for (const request of asked) expect(new URL(request.url()).origin).toBe(demo.issuer);

  await reader.press(page.locator('.skip'));
  await reader.press(page.locator('main a[href^="#value-"]').first());
  await expect(page.locator(new URL(page.url()).hash)).toBeInViewport();
  // A wide table is scrolled by the keys, so it is a stop of its own.
  const table = page.locator('.scroll').last();
  await table.focus();
  await expect(table).toBeFocused();

  await page.goto(`${demo.issuer}/developers/api`);
  const [document] = await Promise.all([
    page.waitForResponse((response) => response.url().endsWith('/openapi.json')),
    reader.press(page.locator('main a[href$="openapi.json"]')),
  ]);
  const described = await document.json();
  expect(described.openapi).toMatch(/^3\.1/);
  // Every operation of the document stands on the page.
  await page.goBack();
  const shown = await page.locator('h3 + p code').allTextContents();
  for (const [path, operations] of Object.entries(described.paths)) {
    for (const method of Object.keys(operations)) expect(shown).toContain(`${method.toUpperCase()} ${path}`);
  }
});
