// A webhook from its registration to its end, with a receiver on this machine: without scripts, by the keyboard alone.
import { atConsole, done, enters, isTold, plainly } from '../support/console.js';
import { expect, test } from '../support/fixtures.js';
import { Receiver } from '../support/receiver.js';

test.use({ settings: { VOUCHSAFE__OUTBOUND__ALLOW: '127.0.0.1/32' } });

test('a webhook is registered, told of an event, given another secret, switched off and removed', async ({ visit, demo }) => {
  const receiver = await Receiver.start();
  try {
    const owner = await plainly(visit, await atConsole(visit, demo.administrator));
    const { page } = owner;
    const shown = async () => {
      const secret = await owner.get('hook-secret').textContent();
      expect(secret).toMatch(/^whsec_/);
      await owner.press('continue');
      await expect(page.getByText(secret)).toHaveCount(0);
      return secret;
    };
    const arrives = async (count) => {
      await expect.poll(() => receiver.came.length).toBe(count);
      return receiver.came.at(-1);
    };

    await enters(owner, 'Webhooks');
    await owner.types('url', 'https://10.0.0.1/hook');
    await owner.ticks(page.locator('input[name=topic-duty]'));
    await owner.press('hook-create');
    await isTold(owner, 'may not call that address', 'url');
    await expect(page.locator('input[name=topic-duty]')).toBeChecked();
    await owner.types('url', receiver.url);
    await owner.press('hook-create');
    const first = await shown();
    const address = page.url();
    await page.goBack();
    await expect(page.getByText(first), 'it was shown once').toHaveCount(0);
    await page.goto(address);

    // What happened is told by what did it: here a command at the host.
    demo.grants(demo.clinician, 'auditor');
    const told = await arrives(1);
    expect(Receiver.isSigned(told, first)).toBe(true);
    expect(JSON.parse(told.body)).toMatchObject({ type: 'duty.granted', id: told.headers['webhook-id'] });
    expect(told.body).not.toContain(demo.clinician.username);
    await expect(async () => {
      await page.reload();
      await expect(page.locator('tbody tr')).toContainText(['Arrived'], { timeout: 500 });
    }).toPass();

    await owner.press('secret-add');
    const second = await shown();
    await expect(owner.get('secret-add'), 'two are enough').toHaveCount(0);
    await owner.press(page.getByRole('button', { name: /^Send again/ }));
    await expect(done(owner)).toContainText('on its way again');
    const again = await arrives(2);
    expect(again.headers['webhook-id'], 'the same event').toBe(told.headers['webhook-id']);
    expect([first, second].map((secret) => Receiver.isSigned(again, secret))).toEqual([true, true]);
    await owner.press(page.locator('.cards button').first());
    await expect(done(owner)).toContainText('was changed');
    await expect(page.locator('.cards li')).toHaveCount(1);

    await owner.press('hook-off');
    await expect(page.locator('main')).toContainText('Switch it on');
    demo.grants(demo.clinician, 'help_desk');
    await owner.press('hook-on');
    await owner.ticks(page.locator('input[name=topic-policy]'));
    await owner.press('hook-save');
    await expect(page.locator('input[name=topic-policy]')).toBeChecked();
    demo.grants(demo.clinician, 'app_developer');
    const last = await arrives(3);
    expect(JSON.parse(last.body).type, 'what happened while it was off is told to nobody').toBe('duty.granted');
    expect([first, second].map((secret) => Receiver.isSigned(last, secret))).toEqual([false, true]);
    await page.reload();
    await expect(page.locator('tbody tr')).toHaveCount(2);

    await owner.press('hook-remove');
    await owner.press('hook-remove-submit');
    await expect(done(owner)).toContainText('was removed');
    await expect(page.locator('main')).toContainText('No webhook is registered here yet.');
  } finally {
    await receiver.stop();
  }
});
