// A person in a browser: what they see, press and type. The elements are the ids of the product's contract.
import { expect } from '@playwright/test';
import { Authenticator } from './authenticator.js';
import { chooseByKey, pressByKey, selectByKey, tickByKey, typeByKey } from './keyboard.js';

export const ACR = {
  aal1: 'urn:vouchsafe:acr:aal1',
  aal2: 'urn:vouchsafe:acr:aal2',
  phr: 'urn:vouchsafe:acr:aal2-phr',
};

export class Visit {
  /** `keyboard`: the person has no mouse. */
  constructor(page, demo, person, { keyboard = false } = {}) {
    Object.assign(this, { page, demo, person, keyboard, presses: 0 });
  }

  get(id) {
    return this.page.locator(`#${id}`);
  }

  /** What an id or a locator leads to. */
  thing(what) {
    return typeof what === 'string' ? this.get(what) : what;
  }

  /** Presses a button or follows a link: an id or a locator. */
  async press(what) {
    this.presses += 1;
    if (this.keyboard) await pressByKey(this.page, what);
    else await this.thing(what).click();
  }

  async types(what, text) {
    if (this.keyboard) await typeByKey(this.page, what, text);
    else await this.thing(what).fill(text);
  }

  /** Ticks a box or a radio button. */
  async ticks(what) {
    if (this.keyboard) await tickByKey(this.page, what);
    else await this.thing(what).check();
  }

  async selects(what, value) {
    if (this.keyboard) await selectByKey(this.page, what, value);
    else await this.thing(what).selectOption(value);
  }

  /** Chooses a file: its name, kind and contents. */
  async chooses(what, file) {
    if (this.keyboard) await chooseByKey(this.page, what, file);
    else await this.thing(what).setInputFiles(file);
  }

  /** Presses what leads to a file, which is none of the pages. */
  async downloads(what) {
    const [file] = await Promise.all([this.page.waitForEvent('download'), this.press(what)]);
    return file;
  }

  /** The page says that no key was used; before that it says that it waits for one. */
  async isToldOfCancelling() {
    const form = this.page.locator('form[data-cancelled]').first();
    await expect(form.locator('[role=status]')).toHaveText(await form.getAttribute('data-cancelled'));
  }

  async sees(id) {
    await expect(this.get(id), `#${id} on ${this.page.url()}`).toBeVisible();
  }

  /** The step of the sign-in the browser shows: `sign-in`, `password`, `code`, … or nothing elsewhere. */
  step() {
    return new URL(this.page.url()).pathname.match(/^\/i\/[^/]+\/(.+)$/)?.[1];
  }

  interaction() {
    return this.page.url().match(/\/i\/[^/]+/)?.[0];
  }

  /** From the app to the first question. */
  async begins() {
    await this.page.goto(this.demo.app);
    await this.press('sign-in');
    await this.page.waitForURL((url) => url.origin === this.demo.issuer);
  }

  async givesName(name = this.person.username) {
    await this.types('username', name);
    await this.press('sign-in-submit');
    await this.sees('password');
  }

  async givesPassword(password = this.person.password) {
    await this.types('password', password);
    await this.press('sign-in-submit');
  }

  async givesCode(code) {
    await this.types('code', code ?? await this.person.codes.next());
    await this.press('code-submit');
  }

  /** From the page with the key to the codes for a bad day. */
  async linksCodeApp() {
    this.person.linksCodeApp(await this.get('totp-key').textContent());
    await this.givesCode();
  }

  async keepsRecoveryCodes() {
    await this.sees('recovery-codes');
    this.person.recoveryCodes = await this.page.locator('#recovery-codes li').allTextContents();
    await this.press('continue');
  }

  /** Passes the consent page where there is one, and ends in the app. */
  async arrives({ acr, amr, without } = {}) {
    await expect(this.page.locator('#consent-allow, #acr').first()).toBeVisible();
    if (await this.get('consent-allow').isVisible()) await this.press('consent-allow');
    await this.sees('acr');
    expect(new URL(this.page.url()).origin).toBe(new URL(this.demo.app).origin);
    if (acr) await expect(this.get('acr')).toHaveText(acr);
    const methods = (await this.get('amr').textContent()).match(/[a-z]+/g) ?? [];
    for (const method of amr ?? []) expect(methods).toContain(method);
    for (const method of without ?? []) expect(methods).not.toContain(method);
  }

  /**
   * Answers whatever is asked with what the person has, until `goal` is on the page: for the way to a state, where
   * the way is not what a test is about. `enrols` is the kind of factor to set up where one must be.
   */
  async answersUntil(goal, { enrols = 'totp' } = {}) {
    const asked = ['username', 'password', 'totp-key', 'code', 'passkey-button', 'recovery-codes', `enrol-${enrols}`, 'consent-allow'];
    const known = asked.map((id) => `#${id}:visible`).join(', ');
    for (let steps = 0; steps < 15; steps += 1) {
      await expect(this.page.locator(`${goal}, ${known}`).first()).toBeVisible();
      if (await this.page.locator(goal).first().isVisible()) return;
      const before = this.page.url();
      if (await this.get('username').isVisible()) await this.givesName();
      else if (await this.get('password').isVisible()) await this.givesPassword();
      else if (await this.get('totp-key').isVisible()) await this.linksCodeApp();
      else if (await this.get('code').isVisible()) await this.givesCode();
      else if (await this.get('recovery-codes').isVisible()) await this.keepsRecoveryCodes();
      else if (await this.get('consent-allow').isVisible()) await this.press('consent-allow');
      else if (await this.get(`enrol-${enrols}`).isVisible()) await this.press(`enrol-${enrols}`);
      else if (await this.get('passkey-button').isVisible()) await this.press('passkey-button');
      await this.page.waitForURL((url) => url.href !== before, { timeout: 5_000 }).catch(() => {});
    }
    throw new Error(`still no ${goal} after fifteen answers, at ${this.page.url()}`);
  }

  /** Opens the newest mail to this demo's mailbox with these words in its subject; the outbox may still be at it. */
  async opensMail(subject) {
    const mail = this.page.locator('main li').getByRole('link', { name: subject }).first();
    await expect(async () => {
      await this.page.goto(this.demo.mail);
      await expect(mail).toBeVisible({ timeout: 500 });
    }).toPass();
    await this.press(mail);
  }

  /** Opens such a mail and goes where its first link leads. */
  async followsMail(subject) {
    await this.opensMail(subject);
    await this.press(this.page.locator('.links-in-mail a').first());
  }

  async signsIn(options) {
    await this.begins();
    await this.answersUntil('#acr', options);
  }

  async signsOut() {
    await this.press('sign-out');
    await expect(this.page.locator('#sign-in, #sign-out-confirm').first()).toBeVisible();
    if (await this.get('sign-out-confirm').isVisible()) await this.press('sign-out-confirm');
    await this.sees('sign-in');
  }

  /** The app forgets the person; the provider does not. */
  async leavesApp() {
    await this.page.context().clearCookies({ name: /^vouchsafe-demo-/ });
  }

  /** The value of a cookie of the provider's. */
  async cookie(wanted) {
    return (await this.page.context().cookies(this.demo.issuer)).find(({ name }) => name === wanted)?.value;
  }

  /** Where the app's button leads, asked for by hand, so that a test may change the request on its way. */
  async whereButtonLeads(id) {
    const form = this.page.locator('form').filter({ has: this.get(id) });
    const data = Object.fromEntries(await form.locator('input').evaluateAll((inputs) => inputs.map((i) => [i.name, i.value])));
    const url = new URL(await form.getAttribute('action'), this.page.url()).href;
    const answer = await this.page.request.post(url, { form: data, maxRedirects: 0, headers: { origin: new URL(url).origin } });
    expect(answer.status()).toBe(303);
    return new URL(answer.headers().location);
  }

  authenticator(options) {
    return Authenticator.pluggedInto(this.page, options);
  }

  /** Autofill does not begin by itself any more, so that buttons can be tried. */
  async withoutAutofill() {
    await this.page.addInitScript(() => {
      if (globalThis.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    });
  }
}
