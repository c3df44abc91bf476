// The page about the API: for whoever writes a program, without scripts and with nothing from elsewhere.
import { expect, test } from '../support/fixtures.js';

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
