// Administrators at the console: the sign-in is with a passkey and needs scripts, what follows needs neither those nor a mouse.
import { expect } from '@playwright/test';

/** Somebody at the console, with a passkey of their own; in a browser of their own where options say so. */
export async function atConsole(visit, person, options) {
  const admin = await visit(person, options && { javaScriptEnabled: true, keyboard: false, ...options });
  await admin.withoutAutofill();
  await admin.authenticator();
  await admin.page.goto(`${admin.demo.issuer}/admin/`);
  await admin.answersUntil('.rooms', { enrols: 'passkey' });
  return admin;
}

/** The same administrator's session in a browser without scripts, with the keyboard alone. */
export async function plainly(visit, admin, options) {
  const storageState = await admin.page.context().storageState();
  const plain = await visit(admin.person, { javaScriptEnabled: false, keyboard: true, storageState, ...options });
  await plain.page.goto(`${admin.demo.issuer}/admin/`);
  return plain;
}

/** Goes to a room of the console by its name. */
export async function enters(admin, room) {
  await admin.press(admin.page.locator('.rooms').getByRole('link', { name: room }));
}

/** What the page says was just done. */
export const done = (admin) => admin.page.locator('.notice.ok[role=status]');

/** The page says what is wrong, and its summary leads to the field. */
export async function isTold(admin, words, field) {
  await expect(admin.page).toHaveTitle(/^Error: /);
  const link = admin.page.locator('[role=alert] a').filter({ hasText: words }).first();
  await admin.press(link);
  if (field) await expect(admin.get(field)).toBeFocused();
}
