// The FAPI 2.0 plans' side of the conformance tests: a module's run with its two clients, as the plan's configuration
// describes them, and what the suite checks of every answer on the way, whatever the module is about.
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import tls from 'node:tls';
import { Browser, keyPair, now, proof, random, send, sha256, signed, textOf, thumbprint, verified } from './support.mjs';

const ALGORITHMS = ['PS256', 'ES256', 'EdDSA'];
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** What an error_description may hold (RFC 6749 §5.2). */
const DESCRIPTION = /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/;

export const without = (members, ...names) => Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
const defined = (members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** At least 96 bits by Shannon's measure, in at least 128 bits of text, as the suite wants of whatever nobody may guess. */
function unguessable(what, text) {
  const counts = new Map();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  const bits = [...counts.values()].reduce((sum, count) => sum - count * Math.log2(count / text.length), 0);
  assert.ok(text.length * 6 >= 128 && bits > 96, `${what} can be guessed: ${bits} bits`);
}

/** What TLS 1.2 may be spoken with (RFC 9325 §4.2). */
const SUITES = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'];

/** The protocol a server agrees to, or undefined where the handshake fails. */
function agreed(url, ca, options) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = tls.connect({ host: hostname, port: port || 443, servername: hostname, ca, family: 4, ...options });
    socket.once('secureConnect', () => { resolve(socket.getProtocol()); socket.destroy(); });
    socket.once('error', () => resolve(undefined));
  });
}

/** TLS as FAPI 2.0 §5.2 wants it; the authorization endpoint may know more suites, for browsers. */
export async function speaksTls(url, ca, { anySuite = false } = {}) {
  const old = 'ALL:@SECLEVEL=0';
  assert.equal(await agreed(url, ca, {}), 'TLSv1.3', url);
  assert.equal(await agreed(url, ca, { maxVersion: 'TLSv1.2', ciphers: SUITES.join(':') }), 'TLSv1.2', url);
  for (const version of ['TLSv1', 'TLSv1.1']) assert.equal(await agreed(url, ca, { minVersion: version, maxVersion: version, ciphers: old }), undefined, `${url} ${version}`);
  if (anySuite) return;
  const others = `${old}:${SUITES.map((suite) => `!${suite}`).join(':')}`;
  assert.equal(await agreed(url, ca, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: others }), undefined, `${url} speaks TLS 1.2 with another suite`);
}

/** One module of a plan, run in one variant: a browser nobody used, two clients, and what discovery says now. */
export class Run {
  static async begin(provider, { variant, file }, config, module) {
    const run = new Run();
    const signs = variant.fapi_request_method === 'signed_non_repudiation';
    const credentials = file.endsWith('client-credentials');
    Object.assign(run, {
      provider, config, module, signs, credentials, openid: variant.openid === 'openid_connect', dpop: variant.sender_constrain === 'dpop',
      byKey: variant.client_auth_type === 'private_key_jwt', jarm: variant.fapi_response_mode === 'jarm',
    });
    run.certified = !run.byKey || !run.dpop;
    const found = await run.send(config.server.discoveryUrl);
    assert.equal(found.status, 200);
    run.metadata = found.json();
    run.issuer = run.metadata.issuer;
    run.override = config.override[`fapi2-security-profile-final-${module}`]?.browser;
    run.browser = new Browser(provider, run.override ?? config.browser);
    run.first = new Party(run, 1);
    run.second = new Party(run, 2);
    return run;
  }

  send(url, options) {
    return send(url, { ca: this.provider.ca, ...options });
  }

  /** Where clients of this variant find an endpoint (RFC 8705 §5). */
  endpoint(name) {
    return (this.certified && this.metadata.mtls_endpoint_aliases?.[name]) || this.metadata[name];
  }

  /** The published keys. */
  async keys() {
    this.published ??= (await this.send(this.metadata.jwks_uri)).json().keys;
    return this.published;
  }
}

/** A client of a run. */
export class Party {
  constructor(run, which) {
    const own = run.config[which === 1 ? 'client' : 'client2'];
    const [jwk] = own.jwks.keys;
    const certificate = run.certified ? run.config[which === 1 ? 'mtls' : 'mtls2'] : undefined;
    const callback = `${run.provider.made.suite}/test/a/${run.config.alias}/callback`;
    Object.assign(this, {
      run, which, id: own.client_id, scope: own.scope, jwk,
      key: { alg: jwk.alg, kid: jwk.kid, privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) },
      identity: certificate && { cert: certificate.cert, key: certificate.key },
      redirect: which === 1 ? callback : `${callback}?dummy1=lorem&dummy2=ipsum`, nonces: {},
    });
    if (run.dpop) this.newDpopKey(own.dpop_signing_alg);
  }

  newDpopKey(alg = 'ES256') {
    this.dpop = keyPair(alg, { use: 'sig', alg });
  }

  /** A JWT that proves the client; `claims` change or add members, and undefined takes one away. */
  assertion(claims = {}, options = {}) {
    const all = { iss: this.id, sub: this.id, aud: this.run.issuer, jti: random(16), iat: now(), exp: now() + 60, ...claims };
    return signed(defined(all), { key: this.key, ...options });
  }

  /** What proves the client in a form. */
  proves(claims, options) {
    return this.run.byKey ? { client_assertion_type: ASSERTION, client_assertion: this.assertion(claims, options) } : { client_id: this.id };
  }

  /** Posts what `form` makes, again with the server's nonce where it wants one (RFC 9449 §8). */
  async posts(name, form, { key, identity, url = this.run.endpoint(name) } = {}) {
    for (let tries = 0; ; tries += 1) {
      const headers = key ? { DPoP: proof(key, 'POST', url, { nonce: this.nonces.server }) } : {};
      const answer = await this.run.send(url, { form: form(), headers, identity });
      if (answer.headers['dpop-nonce']) this.nonces.server = answer.header('dpop-nonce');
      const again = key && tries < 2 && answer.status === 400 && answer.json().error === 'use_dpop_nonce';
      if (!again) return answer;
    }
  }

  // ---- the authorization request

  /** An authorization request; `more` changes or adds parameters, and undefined takes one away. */
  asks(more = {}) {
    const { run } = this;
    const verifier = random(48);
    const params = defined({
      client_id: this.id, redirect_uri: this.redirect, scope: this.scope, response_type: 'code',
      state: this.which === 1 ? random(8) : random(96), nonce: run.openid ? random(this.which === 1 ? 8 : 32).slice(0, 43) : undefined,
      response_mode: run.jarm ? 'jwt' : undefined, code_challenge: sha256(verifier), code_challenge_method: 'S256', ...more,
    });
    return { params, verifier };
  }

  /** The same as a request object. */
  object({ params }, claims = {}, options = {}) {
    const own = { iss: this.id, aud: this.run.issuer, nbf: now(), exp: now() + 300, iat: this.which === 1 ? undefined : now() };
    return signed(defined({ ...params, ...own, ...claims }), { key: this.key, header: this.which === 1 ? {} : { typ: 'oauth-authz-req+jwt' }, ...options });
  }

  /** Pushes a request. `claims` and `options` are of the assertion, `object` are those of the request object; `form` is sent beside. */
  pushes(asked, { claims, options, object = [], form = {}, key, signs = this.run.signs } = {}) {
    const parameters = () => (signs ? { client_id: this.id, request: this.object(asked, ...object) } : asked.params);
    const all = () => ({ ...parameters(), ...form, ...this.proves(claims, options) });
    return this.posts('pushed_authorization_request_endpoint', all, { key, identity: this.run.byKey ? undefined : this.identity });
  }

  /** Pushes a request that is taken: its request_uri. */
  async pushed(asked, more) {
    const answer = await this.pushes(asked, more);
    assert.equal(answer.status, 201, answer.text);
    const { request_uri: uri, expires_in: lifetime, error } = answer.json();
    assert.equal(error, undefined);
    assert.ok(Number.isInteger(lifetime) && lifetime > 0 && lifetime < 600, `expires_in is ${lifetime}`);
    assert.match(uri, /^urn:/);
    unguessable('request_uri', uri.split(':').at(-1));
    asked.lifetime = lifetime;
    return uri;
  }

  /** Sends the browser with a request_uri, and what the suite sends beside it. */
  authorizes(asked, uri, { beside = asked.params, tasks, id = this.id, browser = this.run.browser } = {}) {
    const url = new URL(this.run.metadata.authorization_endpoint);
    for (const [name, value] of Object.entries({ ...beside, client_id: id, request_uri: uri })) url.searchParams.set(name, value);
    return browser.visits(url, tasks && { tasks });
  }

  /** A whole request, up to where the browser ends. */
  async goes(asked, { beside, ...more } = {}) {
    return this.authorizes(asked, await this.pushed(asked, more), { beside });
  }

  // ---- the authorization response

  /** The parameters of what came back, out of the signed answer where it is one. */
  async told(place, { plainError = false } = {}) {
    const { run } = this;
    const { query, fragment, url } = place.callback ?? assert.fail(`nothing came back: ${place.url} answered ${place.status}: ${textOf(place.html).slice(0, 300)}`);
    assert.ok(url.startsWith(this.redirect), `${url} is not the registered address`);
    assert.equal(fragment, '');
    const given = Object.fromEntries(new URLSearchParams([...query].filter(([name]) => !name.startsWith('dummy'))));
    if (this.which === 2) assert.deepEqual([query.get('dummy1'), query.get('dummy2')], ['lorem', 'ipsum']);
    if (!run.jarm || (plainError && given.error)) return given;
    assert.deepEqual(Object.keys(given), ['response']);
    const { header, claims } = verified(given.response, await run.keys());
    assert.ok(ALGORITHMS.includes(header.alg), header.alg);
    assert.equal(claims.aud, this.id);
    assert.ok(claims.exp > now() + 10 && claims.exp <= now() + 600, `exp is ${claims.exp}`);
    return without(claims, 'aud', 'exp');
  }

  /** The code of a request that was answered with one. */
  async code(place, asked) {
    const told = await this.told(place);
    assert.equal(told.error, undefined, JSON.stringify(told));
    const names = asked.params.state === undefined ? ['code', 'iss'] : ['code', 'iss', 'state'];
    assert.deepEqual(Object.keys(told).sort(), names);
    assert.equal(told.state, asked.params.state);
    assert.equal(told.iss, this.run.issuer);
    unguessable('code', told.code);
    return told.code;
  }

  /** What came back is one of these errors, and nothing else. */
  async refusedBack(place, asked, errors, more) {
    const told = await this.told(place, more);
    assert.ok(errors.includes(told.error), JSON.stringify(told));
    assert.equal(told.state, asked.params.state);
    assert.equal(told.iss, this.run.issuer);
    const unexpected = Object.keys(without(told, 'error', 'error_description', 'error_uri', 'state', 'iss'));
    assert.deepEqual(unexpected, []);
    assert.match(told.error_description, DESCRIPTION);
  }

  // ---- tokens

  /** Posts a form to the token endpoint, with all the proofs the client needs unless `bare` leaves those of its key out. */
  asksTokens(form, { claims, options, key = this.dpop, identity = this.identity, bare = false, own } = {}) {
    const all = () => ({ ...form, ...(own ?? this.proves(claims, options)) });
    return this.posts('token_endpoint', all, { key: bare ? undefined : key, identity: bare ? undefined : identity });
  }

  redeems(code, { params, verifier }, { form = {}, ...more } = {}) {
    const all = { grant_type: 'authorization_code', code, redirect_uri: params.redirect_uri, code_verifier: verifier, ...form };
    return this.asksTokens(defined(all), more);
  }

  /** The tokens of an answer that holds some; `before` is the ID token that came first, where this is a refresh. */
  async tokens(answer, { nonce, before } = {}) {
    const { run } = this;
    assert.equal(answer.status, 200, answer.text);
    const tokens = answer.json();
    assert.match(answer.header('cache-control'), /no-store/);
    assert.equal(tokens.token_type.toLowerCase(), run.dpop ? 'dpop' : 'bearer');
    assert.ok(Number.isInteger(tokens.expires_in) && tokens.expires_in > 0 && tokens.expires_in <= 3600);
    unguessable('access_token', tokens.access_token.split('.').at(-1));
    if (tokens.refresh_token) unguessable('refresh_token', tokens.refresh_token);
    assert.notEqual(tokens.scope, '');
    if (!run.openid) assert.equal(tokens.id_token, undefined, 'no ID token without openid');
    else this.identity_ = await this.#identity(tokens, nonce, before);
    return tokens;
  }

  async #identity({ id_token: token, access_token: access }, nonce, before) {
    const { header, claims } = verified(token, await this.run.keys());
    assert.ok(ALGORITHMS.includes(header.alg), header.alg);
    assert.equal(claims.iss, this.run.issuer);
    assert.equal(claims.aud, this.id);
    assert.ok(claims.exp > now() && Math.abs(claims.iat - now()) < 300);
    assert.equal(claims.nonce, nonce);
    assert.ok(claims.sub.length > 0 && claims.sub.length < 256);
    assert.equal(typeof claims.acr, 'string');
    assert.equal(typeof claims.auth_time, 'number');
    const hash = Buffer.from(sha256(access), 'base64url').subarray(0, 16).toString('base64url');
    if (header.alg !== 'EdDSA') assert.equal(claims.at_hash, hash);
    if (before) for (const name of ['iss', 'sub', 'aud', 'auth_time', 'azp']) assert.deepEqual(claims[name], before[name], name);
    return claims;
  }

  /** A request, sign-in and redemption that succeed. */
  async signsIn(asked = this.asks(), more) {
    const code = await this.code(await this.goes(asked, more), asked);
    const tokens = await this.tokens(await this.redeems(code, asked), { nonce: asked.params.nonce });
    return { ...tokens, code };
  }

  /** Whatever the variant's way to a token is. */
  async getsTokens() {
    if (!this.run.credentials) return this.signsIn();
    return this.tokens(await this.asksTokens(defined({ grant_type: 'client_credentials', scope: this.scope })));
  }

  // ---- the protected resource

  /** Shows a token to the protected resource. `proofs` makes its DPoP headers. */
  async shows(token, { url = this.run.config.resource.resourceUrl, scheme = this.run.dpop ? 'DPoP' : 'Bearer', headers = {}, proofs, header = 'DPoP', nonce = true, identity = this.run.dpop ? undefined : this.identity } = {}) {
    const usual = (own) => (this.run.dpop ? [this.resourceProof(token, { nonce: own, url })] : []);
    for (let tries = 0; ; tries += 1) {
      const sent = (proofs ?? usual)(nonce ? this.nonces.resource : undefined);
      const answer = await this.run.send(url, { headers: { authorization: `${scheme} ${token}`, ...(sent.length > 0 && { [header]: sent }), ...headers }, identity });
      if (answer.headers['dpop-nonce']) this.nonces.resource = answer.header('dpop-nonce');
      const again = nonce && tries < 2 && answer.status === 401 && /use_dpop_nonce/.test(answer.header('www-authenticate'));
      if (!again) return answer;
    }
  }

  resourceProof(token, { url = this.run.config.resource.resourceUrl, key = this.dpop, ...more } = {}) {
    return proof(key, 'GET', url, { token, ...more });
  }

  /** The resource answers. */
  async isServed(token, more) {
    const answer = await this.shows(token, more);
    assert.ok([200, 201].includes(answer.status), `${answer.status} ${answer.header('www-authenticate')} ${answer.text}`);
    assert.ok(!Number.isNaN(Date.parse(answer.headers.date)), 'the answer has a Date');
    const id = more?.headers?.['x-fapi-interaction-id'];
    assert.ok([undefined, id].includes(answer.headers['x-fapi-interaction-id']));
    return answer;
  }
}

/** An error in JSON, with the status that goes with it. */
export function refused(answer, errors, statuses = [400, 401]) {
  const { error, error_description: description, ...more } = answer.json();
  assert.ok(errors.includes(error), `${answer.status} ${answer.text}`);
  assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.text}`);
  if (answer.status === 401) assert.equal(error, 'invalid_client');
  assert.match(description, DESCRIPTION);
  assert.deepEqual(Object.keys(without(more, 'error_uri')), []);
}

/** The browser ended on a page of the provider's, whose code says what is wrong; nothing came back. */
export function shown(place, code) {
  assert.equal(place.callback, undefined);
  assert.equal(new URL(place.url).pathname, '/authorize');
  assert.equal(place.status, 400);
  assert.match(textOf(place.html), new RegExp(code));
}

export { keyPair, now, proof, random, thumbprint };
