// A token by which apps register themselves, from its making to its end: without scripts, by the keyboard alone.
import { atConsole, done, enters, isTold, plainly } from '../support/console.js';
import { expect, test } from '../support/fixtures.js';

test('a token is made, shown once, registers an app and is taken back', async ({ visit, demo }) => {
  const owner = await plainly(visit, await atConsole(visit, demo.administrator));
  const { page } = owner;
  await enters(owner, 'Apps');
  await owner.press('client-tokens');
  await owner.types('label', 'Build server');
  await owner.types('uses', '0');
  await owner.press('token-create');
  await isTold(owner, 'from 1 to 1000', 'uses');
  await owner.types('uses', '1');
  await owner.press('token-create');
  const token = await owner.get('client-token').textContent();
  expect(token).toMatch(/^vsia_/);
  const registers = () => page.request.post(`${demo.issuer}/register`, {
    headers: { authorization: `Bearer ${token}` },
    data: { client_name: 'Self-made', redirect_uris: ['https://self.example/cb'] },
  });
  await owner.press('continue');
  await expect(page.getByText(token), 'it was shown once').toHaveCount(0);
  const answer = await registers();
  expect(answer.status()).toBe(201);
  expect((await answer.json()).policy.require_pkce).toBe(true);
  expect((await registers()).status(), 'it was for one app').toBe(401);
  await page.reload();
  await expect(page.locator('.cards li')).toContainText(['Used up']);

  await owner.types('label', 'Another');
  await owner.press('token-create');
  await owner.press('continue');
  await owner.press('revoke-1');
  await expect(done(owner)).toContainText('was taken back');
  await expect(page.locator('.cards li').first()).toContainText('Taken back');
});
