// Signing keys: looked at, and one thrown away that others may know: without scripts, by the keyboard alone.
import { atConsole, done, enters, isTold, plainly } from '../support/console.js';
import { expect, test } from '../support/fixtures.js';

test('a key is thrown away, leaves the published set, and another takes its place', async ({ visit, demo }) => {
  const owner = await plainly(visit, await atConsole(visit, demo.administrator));
  const { page } = owner;
  const published = async () => (await (await page.request.get(`${demo.issuer}/jwks`)).json()).keys;
  const before = (await published()).find((key) => key.alg === 'EdDSA');
  await enters(owner, 'Signing keys');
  const row = (kid) => page.locator('#keys tbody tr').filter({ hasText: kid });
  await expect(row(before.kid)).toContainText('What apps read');
  await expect(page.locator('#keys tbody tr').filter({ hasText: 'not published' })).toHaveCount(1);
  await owner.press(row(before.kid).getByRole('link', { name: /^Throw away/ }));
  await owner.types('reason', 'no');
  await owner.press('reason-submit');
  await isTold(owner, 'reason', 'reason');
  await owner.types('reason', 'A backup with it was lost');
  await owner.press('reason-submit');
  await expect(done(owner)).toContainText('Nothing it signed is believed');
  await expect(row(before.kid)).toHaveCount(0);
  await expect(async () => {
    const now = (await published()).filter((key) => key.alg === 'EdDSA');
    expect(now.map((key) => key.kid)).toEqual([expect.not.stringMatching(before.kid)]);
  }).toPass();
});
