// What every relying party here begins with: a demo of its own, apps registered at it and the code it prints for them,
// and a line in TAP's words for each check.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { setDefaultResultOrder } from 'node:dns';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Demo } from '../browser/support/demo.js';

globalThis.crypto ??= webcrypto; // Node 18 keeps it in a module
setDefaultResultOrder('ipv4first');

export const BACK = 'http://localhost:9/callback';
export const LEFT = 'http://localhost:9/left';
export const AAL1 = 'urn:vouchsafe:acr:aal1';
export const AAL2 = 'urn:vouchsafe:acr:aal2';

/** A policy that lets people in with a password alone, so that a stronger proof is a question of its own. */
export const LOW = { min_acr: AAL1, lower_role_floor: true };

const tool = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The checks of one library; `settings` are the demo's beside its stack. */
export class Checks {
  static async begin(library, settings) {
    const checks = new Checks();
    Object.assign(checks, { library, failed: 0, demo: await Demo.start(settings) });
    return checks;
  }

  /** Runs one check and says how it went. */
  async check(name, body) {
    try {
      await body();
      console.log(`ok - ${this.library}: ${name}`);
    } catch (error) {
      this.failed += 1;
      console.log(`not ok - ${this.library}: ${name}`);
      console.log(`# ${(error.stack ?? String(error)).replaceAll('\n', '\n# ')}`);
      if (error.cause) console.log(`# cause: ${JSON.stringify(error.cause)}`.slice(0, 1000));
    }
  }

  #runs(program, ...words) {
    const env = { ...process.env, ...this.demo.settings };
    return execFileSync(tool(program), [this.demo.data, ...words], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Registers an app; its metadata, with the secret. */
  register(metadata) {
    const file = join(this.demo.data, `client-${Math.random().toString(36).slice(2)}.json`);
    writeFileSync(file, JSON.stringify({
      redirect_uris: [BACK], post_logout_redirect_uris: [LEFT], response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'], scope: 'openid profile email offline_access', ...metadata,
    }));
    return JSON.parse(this.#runs('register', file));
  }

  /** A machine: nobody signs in to it. */
  machine(metadata) {
    const nobody = { redirect_uris: [], post_logout_redirect_uris: [], response_types: [], scope: '' };
    return this.register({ client_name: 'Machine', ...nobody, grant_types: ['client_credentials'], ...metadata });
  }

  /** A device on which nobody can type. */
  device(metadata) {
    const nowhere = { redirect_uris: [], post_logout_redirect_uris: [], response_types: [], token_endpoint_auth_method: 'none' };
    return this.register({
      client_name: 'Device', ...nowhere, grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'], policy: LOW, ...metadata,
    });
  }

  /** Signs in on a device with the code the provider fills in, while somebody helps it elsewhere. */
  async helped(app, person) {
    const shown = await app.begin();
    await person.helps(shown);
    const { sub, acr, tokens } = await app.finish(shown);
    assert.deepEqual([typeof sub, acr], ['string', AAL1]);
    const renewed = await app.refresh(tokens);
    assert.notEqual(renewed.access_token, tokens.access_token);
    await app.leave(renewed);
    await assert.rejects(app.refresh(renewed), (error) => error.error === 'invalid_grant');
  }

  /** The code the provider prints for an app and a library. */
  code(client, library = this.library) {
    return this.#runs('snippet', client.client_id, library);
  }

  /** That code as a module; it finds its library where this one does, and its secrets in the environment. */
  async snippet(client, environment = {}) {
    const file = tool(`node_modules/.${client.client_id}.mjs`);
    writeFileSync(file, this.code(client));
    Object.assign(process.env, { CLIENT_SECRET: client.client_secret ?? '', ...environment });
    try {
      return await import(pathToFileURL(file));
    } finally {
      rmSync(file);
    }
  }

  /** Ends the demo and the program. */
  async end() {
    await this.demo.stop();
    if (this.failed) console.log(`# what the demo said:\n# ${this.demo.messages.slice(-3000).replaceAll('\n', '\n# ')}`);
    process.exit(this.failed ? 1 : 0);
  }
}

/** A key for assertions: its public half as registered, its private half as a JWK and as a key that signs. */
export async function assertionKey() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const jwks = { keys: [{ kty, crv, x, y, kid: 'one', alg: 'ES256', use: 'sig' }] };
  return { jwks, key: privateKey, jwk: await crypto.subtle.exportKey('jwk', privateKey) };
}
