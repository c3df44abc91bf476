// The person's own pages: everything there works without scripts, and by the keyboard alone.
import { expect, test } from '../support/fixtures.js';

const plain = { javaScriptEnabled: false };

async function atHome(visit, demo, options = plain) {
  const clinician = await visit(demo.clinician, options);
  await clinician.begins();
  await clinician.givesName();
  await clinician.givesPassword();
  await clinician.givesCode();
  await clinician.arrives();
  await clinician.page.goto(`${demo.issuer}/account/`);
  await clinician.sees('sign-out');
  return clinician;
}

test('a person names a way to sign in, and the last one stays', async ({ visit, demo }) => {
  const { page } = await atHome(visit, demo);
  await page.locator('a[href$="/name"]').click();
  await page.locator('#label').fill('Old telephone');
  await page.locator('#continue').click();
  await expect(page.locator('.notice.ok')).toBeVisible();
  await expect(page.locator('.ways')).toContainText('Old telephone');
  await expect(page.locator('a[href$="/remove"]'), 'nothing offers to remove the only code app').toHaveCount(0);
  await expect(page.locator('.notice.warn'), 'a spare way is asked for').toBeVisible();
});

test('a person signs out another device, and then all others', async ({ visit, demo }) => {
  const desk = await atHome(visit, demo);
  const phone = await atHome(visit, demo);
  await desk.page.goto(`${demo.issuer}/account/devices`);
  await expect(desk.page.locator('button[name=session]')).toHaveCount(1);
  await desk.press('end-1');
  await expect(desk.page.locator('button[name=session]')).toHaveCount(0);
  await phone.page.goto(`${demo.issuer}/account/devices`);
  await phone.sees('username');
  await desk.press('end-others');
  await desk.sees('sign-out');
});

test('a person stops sharing with an app, and reads what happened', async ({ visit, demo }) => {
  const clinician = await atHome(visit, demo);
  const { page } = clinician;
  await page.goto(`${demo.issuer}/account/apps`);
  await expect(page.locator('button[name=client]')).toHaveCount(1);
  await clinician.press('stop-1');
  await expect(page.locator('button[name=client]')).toHaveCount(0);
  await page.goto(`${demo.issuer}/account/activity`);
  await expect(page.locator('#activity li').filter({ hasText: 'You signed in.' }).first()).toBeVisible();
  await page.locator('a[href$="show=ways"]').click();
  await expect(page.locator('#activity li').filter({ hasText: 'You signed in.' })).toHaveCount(0);
  await clinician.press('not-me');
  await expect(page.locator('.notice.ok')).toBeVisible();
});

test('a person takes a copy, asks to close the account, and keeps it', async ({ visit, demo }) => {
  const clinician = await atHome(visit, demo);
  const { page } = clinician;
  await page.goto(`${demo.issuer}/account/privacy`);
  await clinician.press('copy');
  const coming = page.waitForEvent('download');
  await clinician.press('copy-html');
  expect((await coming).suggestedFilename()).toBe('my-data.html');
  await page.goto(`${demo.issuer}/account/privacy`);
  await clinician.press('close');
  await clinician.press('continue');
  await clinician.sees('keep');
  await clinician.press('keep');
  await clinician.sees('close');
});

test('a person gives a second address with the keyboard alone', async ({ visit, demo }) => {
  const clinician = await atHome(visit, demo, {});
  const { page } = clinician;
  await page.goto(`${demo.issuer}/account/addresses/second`);
  const reaches = async (id) => {
    for (let stops = 0; stops < 40; stops += 1) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(() => document.activeElement?.id)) === id) return;
    }
    throw new Error(`#${id} is not reached by Tab on ${page.url()}`);
  };
  await reaches('address');
  await page.keyboard.type('second@riverside.example');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/account\/details/);
  await expect(page.locator('main')).toContainText('second@riverside.example');
});
