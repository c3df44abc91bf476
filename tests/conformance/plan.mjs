// One plan as the suite runs it: a client for each module, registered as the plan says, requests with the plan's response
// mode, and the checks that hold in all of them. The modules are in basic.mjs, dynamic.mjs and logout.mjs.
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { isIdToken, isRegistered, isTokens, isUnguessable, isUserinfo } from './checks.mjs';
import { ALIAS, Browser, Client, keyPair, random } from './support.mjs';

/** The key of clients that register themselves: RSA, and without a kid. */
export const KEY = keyPair('RS256', { kid: null, use: 'sig', alg: 'RS256' });

/** The client of a plan for static clients, by method; the second for modules that want two. */
const STATIC = { client_secret_basic: 'basic', client_secret_post: 'post', client_secret_jwt: 'jwt', private_key_jwt: 'key', mtls: 'mtls' };

export class Plan {
  /**
   * `registration` is `dynamic` or `static`, `method` how clients prove themselves, `mode` a response_mode or nothing, `known`
   * the static client if it is not the method's own.
   */
  constructor(name, options) {
    const { provider, suite, registration = 'dynamic', method = 'client_secret_basic', mode, known = STATIC[method] } = options;
    Object.assign(this, { name, options, provider, suite, registration, method, mode, known, issuer: provider.issuer });
    this.config = JSON.parse(provider.file(`plans/${registration}.json`));
    this.back = `${suite.site}/test/a/${ALIAS}/callback`;
    this.left = `${suite.site}/test/a/${ALIAS}/post_logout_redirect`;
    this.registered = [];
  }

  /** The same plan in another respect. */
  with(more) {
    return new Plan(this.name, { ...this.options, ...more });
  }

  get isDynamic() {
    return this.registration === 'dynamic';
  }

  /** The suite's browser for a module: a jar of its own, and the words of the plan's configuration. */
  browser(module) {
    return new Browser(this.provider, this.config.override[module]?.browser ?? this.config.browser);
  }

  /** What the suite registers of a client; `more` replaces members, and undefined takes one away. */
  registering(more = {}) {
    return {
      client_name: 'first client', grant_types: ['authorization_code'], response_types: ['code'], redirect_uris: [this.back],
      token_endpoint_auth_method: this.method, contacts: ['certification@oidf.org'],
      jwks: { keys: [KEY.jwk] }, ...more,
    };
  }

  /** Sends a registration with the token that deploy/conformance made. */
  registers(metadata) {
    return this.provider.send('registration_endpoint', { json: metadata, headers: { authorization: `Bearer ${this.config.client.initial_access_token}` } });
  }

  /** The client of a module. Of a static plan it is the one that was registered beforehand. */
  async client(more = {}, { second = false, key = KEY } = {}) {
    if (!this.isDynamic) return this.#known(second);
    const asked = this.registering(more);
    const client = new Client(this.provider, isRegistered(await this.registers(asked), asked), { key });
    this.registered.push(client);
    return client;
  }

  #known(second) {
    const name = `${this.known}${second ? '2' : ''}`;
    const registration = this.provider.made.clients[name];
    const [jwk] = registration.jwks?.keys ?? [];
    const key = jwk && { alg: 'RS256', kid: jwk.kid, privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) };
    const identity = this.method === 'mtls' ? this.provider.identity(second ? 'client2' : 'client') : undefined;
    return new Client(this.provider, registration, { key, identity });
  }

  /** Ends a module as the suite does: what it registered is removed. */
  async ends() {
    for (const client of this.registered.splice(0)) {
      const gone = await client.removes();
      assert.equal(gone.status, 204, `DELETE of the registration: ${gone.status} ${gone.text}`);
    }
  }

  /** The parameters of a request; `more` replaces or adds, and undefined takes one away. */
  request(client, more = {}) {
    const all = {
      client_id: client.id, redirect_uri: this.back, scope: 'openid', state: random(8), nonce: random(8), response_type: 'code',
      ...(this.mode && { response_mode: this.mode }), ...more,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }

  /** Sends the browser off with a request; where it ends. */
  async asks(browser, request, { post = false } = {}) {
    const url = this.provider.metadata.authorization_endpoint;
    const place = await (post ? browser.visits(url, { form: request }) : browser.visits(`${url}?${new URLSearchParams(request)}`));
    if (place.callback) this.#cameAsAsked(place, request);
    return place;
  }

  /** The answer came by the plan's response mode, to the address that was asked for. */
  #cameAsAsked({ callback }, request) {
    assert.equal(callback.fragment, '');
    if (this.mode === 'form_post') {
      assert.equal(callback.method, 'POST');
      assert.equal(callback.url, request.redirect_uri ?? this.back, 'nothing in the query');
    } else {
      assert.equal(callback.method, 'GET');
      assert.ok(callback.url.startsWith(request.redirect_uri ?? this.back));
    }
  }

  /** The code a request brings, checked. */
  async code(browser, request, options) {
    const place = await this.asks(browser, request, options);
    const { code, state, iss, ...rest } = Object.fromEntries(place.params);
    assert.ok(code, `no code: ${place.params}`);
    assert.equal(state, request.state, 'state');
    assert.equal(iss, this.issuer, 'iss');
    const own = request.redirect_uri ? Object.fromEntries(new URL(request.redirect_uri).searchParams) : {};
    assert.deepEqual(rest, this.mode ? {} : own, 'nothing else');
    isUnguessable(code, 'the code');
    return { code, place };
  }

  /** Buys tokens with a code; they, and the claims of the ID token. */
  async redeems(client, code, request, { form = {}, alg = client.registration.id_token_signed_response_alg ?? 'RS256', ...more } = {}) {
    const answer = await client.tokens({ grant_type: 'authorization_code', code, redirect_uri: this.back, ...form }, more);
    const tokens = isTokens(answer);
    const keys = await this.provider.keys();
    const claims = isIdToken(tokens.id_token, { keys, issuer: this.issuer, client: client.id, nonce: request.nonce, alg });
    return { tokens, claims };
  }

  /** Calls the UserInfo endpoint with a token in the header. */
  userinfo(token, options = {}) {
    return this.provider.send('userinfo_endpoint', { headers: { authorization: `Bearer ${token}` }, ...options });
  }

  /** The whole of a successful flow. */
  async flow(client, browser, more = {}, { post, ...options } = {}) {
    const request = this.request(client, more);
    const { code, place } = await this.code(browser, request, { post });
    const got = await this.redeems(client, code, request, options);
    const person = isUserinfo(await this.userinfo(got.tokens.access_token), got.claims.sub);
    return { ...got, person, place, request, code };
  }
}
