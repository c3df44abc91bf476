// Chromium's own make-believe authenticator: a passkey on this device, or a key on a chain.

const PASSKEY = { transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
const KEY = { transport: 'usb', hasResidentKey: false, hasUserVerification: false, isUserVerified: false };

export class Authenticator {
  static passkey = PASSKEY;
  static key = KEY;

  static async pluggedInto(page, kind = PASSKEY) {
    const authenticator = new Authenticator();
    authenticator.session = await page.context().newCDPSession(page);
    await authenticator.session.send('WebAuthn.enable', { enableUI: false });
    const { authenticatorId } = await authenticator.session.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', ctap2Version: 'ctap2_1', automaticPresenceSimulation: true, ...kind },
    });
    authenticator.id = authenticatorId;
    return authenticator;
  }

  send(command, options) {
    return this.session.send(`WebAuthn.${command}`, { authenticatorId: this.id, ...options });
  }

  async credentials() {
    return (await this.send('getCredentials')).credentials;
  }

  /** Whether somebody touches it when it blinks. */
  isTouched(enabled) {
    return this.send('setAutomaticPresenceSimulation', { enabled });
  }

  /** Whether the finger, face or PIN is the right one. */
  isUnlocked(isUserVerified) {
    return this.send('setUserVerified', { isUserVerified });
  }

  unplug() {
    return this.send('removeVirtualAuthenticator');
  }
}
