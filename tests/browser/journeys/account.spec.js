// The person's own pages: everything there works without scripts, and by the keyboard alone.
import { expect, PLAIN, test } from '../support/fixtures.js';

const PASSWORD = 'copper window 3 harbour';

test.use(PLAIN);

async function atHome(visit, demo, options) {
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

/** Goes to one of the account's pages by its name. */
async function turnsTo(person, name) {
  await person.press(person.page.locator('nav.links').first().getByRole('link', { name, exact: true }));
}

const told = (person) => person.page.locator('.notice.ok[role=status]');

test('a person signs out another device, and then all others', async ({ visit, demo }) => {
  const desk = await atHome(visit, demo);
  const phone = await atHome(visit, demo, {});
  await turnsTo(desk, 'Devices');
  await expect(desk.page.locator('button[name=session]')).toHaveCount(1);
  await desk.press('end-1');
  await expect(desk.page.locator('button[name=session]')).toHaveCount(0);
  await phone.page.goto(`${demo.issuer}/account/devices`);
  await phone.sees('username');
  await desk.press('end-others');
  await desk.sees('sign-out');
  await desk.press('sign-out');
  await expect(desk.get('sign-out')).toHaveCount(0);
});

test('a person names a way to sign in, stops an app, reads what happened, takes a copy and keeps the account', async ({ visit, demo }) => {
  const clinician = await atHome(visit, demo);
  const { page } = clinician;
  await test.step('a way gets a name, and the last one stays', async () => {
    await clinician.press(page.locator('a[href$="/name"]'));
    await clinician.types('label', 'Old telephone');
    await clinician.press('continue');
    await expect(told(clinician)).toBeVisible();
    await expect(page.locator('.ways')).toContainText('Old telephone');
    await expect(page.locator('a[href$="/remove"]'), 'nothing offers to remove the only code app').toHaveCount(0);
    await expect(page.locator('.notice.warn'), 'a spare way is asked for').toBeVisible();
  });
  await test.step('an app is stopped', async () => {
    await turnsTo(clinician, 'Apps');
    await expect(page.locator('button[name=client]')).toHaveCount(1);
    await clinician.press('stop-1');
    await expect(page.locator('button[name=client]')).toHaveCount(0);
  });
  await test.step('a copy is taken', async () => {
    await turnsTo(clinician, 'Privacy');
    await clinician.press('copy');
    const [copy] = await Promise.all([page.waitForEvent('download'), clinician.press('copy-html')]);
    expect(copy.suggestedFilename()).toBe('my-data.html');
  });
  await test.step('the account is to be closed, and kept', async () => {
    await page.goto(`${demo.issuer}/account/privacy`);
    await clinician.press('close');
    await clinician.press('continue');
    await clinician.press('keep');
    await clinician.sees('close');
  });
  await test.step('all of it stands in plain sentences, and what was not them ends everything', async () => {
    await turnsTo(clinician, 'Activity');
    await expect(page.locator('#activity li').filter({ hasText: 'You signed in.' }).first()).toBeVisible();
    await clinician.press(page.locator('a[href$="show=ways"]'));
    await expect(page.locator('#activity li').filter({ hasText: 'You signed in.' })).toHaveCount(0);
    await clinician.press('not-me');
    await expect(told(clinician)).toBeVisible();
  });
});

test('a person proves a second address, speaks another language, changes the password and makes new codes', async ({ visit, demo }) => {
  const clinician = await atHome(visit, demo);
  const { page } = clinician;
  await test.step('a second address counts once its mail was answered, and goes again', async () => {
    await turnsTo(clinician, 'Your details');
    await clinician.press(page.locator('a[href$="/addresses/second"]'));
    await clinician.types('address', 'second@riverside.example');
    await clinician.press('continue');
    await expect(page.locator('main')).toContainText('second@riverside.example');
    await page.goto(demo.mail);
    await clinician.press(page.locator('main li', { hasText: 'second@riverside.example' }).getByRole('link').first());
    await clinician.press(page.locator('.links-in-mail a').first());
    await clinician.press('continue');
    await page.goto(`${demo.issuer}/account/details`);
    await expect(page.locator('li', { hasText: 'second@riverside.example' }).locator('.tag')).toBeVisible();
    await clinician.press(page.locator('a[href$="/second/remove"]'));
    await clinician.press('continue');
    await expect(page.locator('main')).not.toContainText('second@riverside.example');
  });
  await test.step('the pages speak the language that was chosen', async () => {
    await clinician.press('speak-ar');
    await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
    await clinician.press('speak-en');
    await expect(page.locator('html')).toHaveAttribute('lang', /^en/);
  });
  await test.step('the password is another one', async () => {
    await turnsTo(clinician, 'Overview');
    await clinician.press(page.locator('a[href="/account/password"]'));
    await clinician.types('new-password', `riverside-${demo.clinician.username}`);
    await clinician.press('password-submit');
    await expect(page).toHaveTitle(/^Error: /);
    await clinician.types('new-password', PASSWORD);
    await clinician.press('password-submit');
    await expect(told(clinician)).toBeVisible();
    demo.clinician.password = PASSWORD;
  });
  await test.step('the codes for a bad day are new ones', async () => {
    await clinician.press(page.locator('a[href*="/account/add/recovery"]'));
    await clinician.answersUntil('#continue, #recovery-codes');
    if (!(await clinician.get('recovery-codes').isVisible())) await clinician.press('continue');
    await clinician.keepsRecoveryCodes();
    expect(demo.clinician.recoveryCodes).toHaveLength(10);
    await expect(told(clinician)).toBeVisible();
  });
});
