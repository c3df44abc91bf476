// What the conformance tests stand on: a provider prepared as deploy/conformance says, a suite's servers, a browser that
// follows a plan's `browser` words with plain forms and a cookie jar of its own, clients, JWTs, and a report in TAP's words.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { constants, createHash, createHmac, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signIn } from '../../deploy/conformance/plans.mjs';
import { prepare } from '../../deploy/conformance/prepare.mjs';

export const ALIAS = 'vouchsafe';
export const AAL1 = 'urn:vouchsafe:acr:aal1';
/** Asks people for a password alone and clients for no PKCE, as the plans of OpenID Connect want it. */
export const PASSWORD_ONLY = { require_pkce: false, min_acr: AAL1, lower_role_floor: true };

export const random = (bytes = 32) => randomBytes(bytes).toString('base64url');
export const now = () => Math.floor(Date.now() / 1000);

// ---- the provider ---------------------------------------------------------------------------------------------

/** As many free ports of this machine, all different. */
export async function freePorts(count) {
  const held = await Promise.all(Array.from({ length: count }, () => new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = held.map((server) => server.address().port);
  await Promise.all(held.map((server) => new Promise((resolve) => { server.close(resolve); })));
  return ports;
}

/** The settings of a stack nobody has used yet, of the kind in VOUCHSAFE_TEST_STACK. */
function freshStack() {
  const script = fileURLToPath(new URL('../fresh-stack', import.meta.url));
  const lines = execFileSync(script, [process.env.VOUCHSAFE_TEST_STACK ?? 'embedded'], { encoding: 'utf8' });
  return Object.fromEntries(lines.split('\n').filter(Boolean).map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

/** `vouchsafe serve`, prepared by deploy/conformance/prepare.mjs, over TLS with a listener for certificates. */
export class Provider {
  /**
   * `suite` is the origin of the suite's callbacks, `inside` where the provider reaches it, if that is another; `environment`
   * holds further settings (`VOUCHSAFE__…`).
   */
  static async start({ suite, inside, environment = {} } = {}) {
    const provider = new Provider();
    provider.program = process.env.VOUCHSAFE_BIN;
    if (!provider.program) throw new Error('VOUCHSAFE_BIN names the vouchsafe program to try; ./test sets it');
    provider.folder = mkdtempSync(join(tmpdir(), 'vouchsafe-conformance-'));
    provider.environment = { ...freshStack(), ...environment };
    const [port, mtlsPort, internalPort] = await freePorts(3);
    const place = { port, mtlsPort, internalPort, bind: '127.0.0.1', alias: ALIAS };
    const { program } = provider;
    provider.made = prepare(provider.folder, { ...place, program, suite, inside, environment: provider.environment });
    Object.assign(provider, { issuer: provider.made.issuer, mtls: provider.made.mtls, internal: `http://127.0.0.1:${internalPort}` });
    provider.account = provider.made.person;
    provider.ca = provider.file('ca.crt');
    await provider.#begin();
    provider.metadata = (await send(`${provider.issuer}/.well-known/openid-configuration`, { ca: provider.ca })).json();
    return provider;
  }

  async #begin() {
    const words = ['--config', join(this.folder, 'vouchsafe.toml'), 'serve'];
    const child = spawn(this.program, words, { env: { ...process.env, ...this.environment }, cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.process = child;
    this.messages ??= '';
    child.stderr.on('data', (text) => { this.messages = (this.messages + text).slice(-100_000); });
    this.ended = new Promise((resolve) => { child.once('exit', resolve); });
    // Whatever ends this program ends the provider with it.
    const orphan = () => child.kill('SIGKILL');
    const leave = () => process.exit(1);
    process.once('exit', orphan).once('SIGTERM', leave).once('SIGINT', leave);
    this.ended.then(() => process.off('exit', orphan).off('SIGTERM', leave).off('SIGINT', leave));
    await until('the provider is ready', async () => {
      if (child.exitCode !== null) throw new Error(`the provider ended with ${child.exitCode}: ${this.messages}`);
      return (await send(`${this.internal}/readyz`).catch(() => undefined))?.status === 200;
    });
  }

  /** A file of its folder. */
  file(name) {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** The configuration of a plan, as the suite is handed it. */
  plan(name) {
    return JSON.parse(this.file(`plans/${name}.json`));
  }

  /** Certificate and key of one of the folder's clients (`client`, `client2`). */
  identity(name) {
    return { cert: this.file(`${name}.crt`), key: this.file(`${name}.key`) };
  }

  /** A command at the host; what it prints. */
  run(words, input = '') {
    return execFileSync(this.program, ['--config', join(this.folder, 'vouchsafe.toml'), '--quiet', ...words], {
      encoding: 'utf8', cwd: this.folder, input, env: { ...process.env, ...this.environment }, stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** Registers a client at the host; what `client create` answers. */
  creates(metadata) {
    return JSON.parse(this.run(['client', 'create', '--from', '-', '--json'], JSON.stringify(metadata)));
  }

  /** The published keys, asked for anew. */
  async keys() {
    return (await send(this.metadata.jwks_uri, { ca: this.ca })).json().keys;
  }

  /** Sends to an endpoint of the discovery document, or to a path or address. */
  send(where, options = {}) {
    const aliases = options.identity ? this.metadata.mtls_endpoint_aliases ?? {} : {};
    const url = aliases[where] ?? this.metadata[where] ?? new URL(where, this.issuer).href;
    return send(url, { ca: this.ca, ...options });
  }

  async stop() {
    if (this.process.exitCode === null) this.process.kill('SIGTERM');
    const patience = setTimeout(() => this.process.kill('SIGKILL'), 15_000);
    await this.ended;
    clearTimeout(patience);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asks again and again until it is so; a minute at most unless somebody says otherwise. */
export async function until(what, so, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await so();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`${what}: it did not come to that within ${seconds} s`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

// ---- HTTP -----------------------------------------------------------------------------------------------------

/** One request and its whole answer; redirects are not followed. `identity` is a client's certificate and key. */
export function send(url, { method, headers = {}, form, json, body, ca, identity } = {}) {
  const kind = form ? 'application/x-www-form-urlencoded' : json && 'application/json';
  const text = form ? new URLSearchParams(form).toString() : json ? JSON.stringify(json) : body;
  const all = { ...(kind && { 'content-type': kind }), ...(text !== undefined && { 'content-length': Buffer.byteLength(text) }), ...headers };
  const options = { method: method ?? (text === undefined ? 'GET' : 'POST'), headers: all, ca, family: 4, timeout: 30_000, ...identity };
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? https : http).request(url, options, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve(answer(response, Buffer.concat(parts).toString('utf8'))));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`${url} did not answer within 30 s`)));
    request.on('error', reject);
    request.end(text);
  });
}

function answer({ statusCode, headers }, text) {
  return {
    status: statusCode, headers, text,
    header: (name) => [headers[name]].flat().join(', '),
    json() {
      assert.match(this.header('content-type'), /^application\/([a-z-]+\+)?json\b/, `no JSON: ${statusCode} ${text.slice(0, 300)}`);
      return JSON.parse(text);
    },
  };
}

// ---- the suite's servers --------------------------------------------------------------------------------------

/**
 * A server as the suite has them: gives out what tests put there, and keeps what is brought. `origin` is where the provider
 * reaches it; `site` is the suite's public address, at which nobody listens, because the browser stops there.
 */
export class Suite {
  /** Begins before the provider does, which is to know its origin: its certificate comes later, by `certifies`. */
  static async start() {
    const suite = new Suite();
    const [port] = await freePorts(1);
    Object.assign(suite, { port, origin: `https://localhost:${port}`, site: `https://suite.example:${port}`, pages: new Map(), brought: [] });
    return suite;
  }

  /** Opens the server with the certificate that deploy/conformance made for it. */
  async certifies(provider) {
    const options = { cert: provider.file('suite.crt'), key: provider.file('suite.key') };
    this.server = https.createServer(options, (request, response) => this.#answers(request, response));
    await new Promise((resolve, reject) => { this.server.once('error', reject).listen(this.port, '127.0.0.1', resolve); });
  }

  #answers(request, response) {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const path = new URL(request.url, this.origin).pathname;
      const { method, headers, url } = request;
      this.brought.push({ method, path, url, headers, tls: request.socket.getProtocol(), text: Buffer.concat(parts).toString('utf8') });
      const page = this.pages.get(path);
      response.writeHead(page?.status ?? (page ? 200 : 404), { 'content-type': page?.type ?? 'text/plain' });
      response.end(page?.body ?? '');
    });
  }

  /** Gives this out at a path; the address of it. */
  serves(path, body, type = 'application/json', status = 200) {
    this.pages.set(path, { body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body), type, status });
    return `${this.origin}${path}`;
  }

  /** What was asked for or brought at a path. */
  seen(path) {
    return this.brought.filter((one) => one.path === path);
  }

  /** The first of it, waited for. */
  async receives(path, seconds = 20) {
    return until(`something comes to ${path}`, () => this.seen(path)[0], seconds);
  }

  async stop() {
    this.server?.closeAllConnections();
    await new Promise((resolve) => { this.server ? this.server.close(resolve) : resolve(); });
  }
}

// ---- the suite's browser --------------------------------------------------------------------------------------

const ENTITIES = { '&amp;': '&', '&quot;': '"', '&lt;': '<', '&gt;': '>', '&#34;': '"', '&#39;': "'", '&#x27;': "'", '&#x2f;': '/', '&#60;': '<', '&#62;': '>', '&#38;': '&' };
const decoded = (text) => text.replace(/&(?:amp|quot|lt|gt|#\w+);/g, (entity) => ENTITIES[entity.toLowerCase()] ?? entity);

/** The value of an attribute of a tag. */
export function attribute(tag, name) {
  const found = tag.match(new RegExp(`\\s${name}\\s*=\\s*"([^"]*)"`));
  return found ? decoded(found[1]) : undefined;
}

/** The tags of a page that have this id. */
export const tagWith = (html, id) => html.match(new RegExp(`<[a-z]+\\b[^>]*\\sid="${id}"[^>]*>`))?.[0];

/** What a person reads of a page. */
export const textOf = (html) => decoded(html.replace(/<(script|style)\b[\s\S]*?<\/\1>/g, ' ').replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ').trim();

/** Whether a page has this script of ours. */
const runs = (html, name) => new RegExp(`<script\\b[^>]*\\ssrc="[^"]*\\b${name}\\b[^"]*\\.js"`).test(html);

/** The form that holds the element with this id, as it goes off when that is pressed. */
function formWith(html, id, typed) {
  for (const [, head, body] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)) {
    const tags = [...body.matchAll(/<(?:input|button)\b[^>]*>/g)].map(([tag]) => tag);
    if (!tags.some((tag) => attribute(tag, 'id') === id)) continue;
    const fields = new URLSearchParams();
    for (const tag of tags) {
      const name = attribute(tag, 'name');
      const own = attribute(tag, 'id');
      if (!name || (tag.startsWith('<button') && own !== id)) continue;
      fields.append(name, typed.get(own) ?? attribute(tag, 'value') ?? '');
    }
    return { action: attribute(` ${head}`, 'action') ?? '', method: attribute(` ${head}`, 'method') ?? 'get', fields };
  }
  throw new Error(`no form with #${id} in: ${textOf(html).slice(0, 300)}`);
}

/** The suite's patterns: `*` stands for anything. */
const fits = (pattern, text) => new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 's').test(text);

/** Where a visit ended. Outside the provider it is a `callback`: how it came there and with what. */
export class Place {
  constructor(fields) {
    Object.assign(this, { callback: undefined, done: [], shown: [] }, fields);
  }

  /** What came back to the client, wherever it stands; fails where nothing came back. */
  get params() {
    if (!this.callback) throw new Error(`nothing came back to the client; ${this.url} answered ${this.status}: ${textOf(this.html).slice(0, 400)}`);
    return this.callback.method === 'POST' ? this.callback.form : this.callback.query;
  }
}

/** A browser as the suite has one: plain forms, its own cookies, and the words of a plan's `browser`. */
export class Browser {
  /** `tasks` are entries as in a plan's configuration; by default those of somebody who signs in and agrees. */
  constructor(provider, tasks = [signIn(provider.made)]) {
    Object.assign(this, { provider, tasks, cookies: new Map() });
  }

  async #fetch(url, { method, form } = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', 'accept-language': 'en', ...(cookie && { cookie }) };
    const answer = await send(url, { ca: this.provider.ca, method, form, headers });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name, value] = line.match(/^([^=;]+)=([^;]*)/);
      if (/;\s*max-age=0\b|expires=Thu, 01 Jan 1970/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  /** Goes to an address and follows redirects; what is outside the provider is not asked, only noted. */
  async #go(place, url, sent = {}) {
    for (let hops = 0; hops < 15; hops += 1) {
      place.url = url;
      if (new URL(url).origin !== new URL(this.provider.issuer).origin) {
        const method = sent.form ? 'POST' : 'GET';
        place.callback = { method, url, query: new URL(url).searchParams, fragment: new URL(url).hash, form: new URLSearchParams(sent.form ?? '') };
        Object.assign(place, { status: 200, html: '<p id="submission_complete">Complete</p>' });
        return;
      }
      const answer = await this.#fetch(url, sent);
      Object.assign(place, { status: answer.status, html: answer.text, headers: answer.headers });
      if (![301, 302, 303, 307, 308].includes(answer.status)) return;
      place.hops = [...(place.hops ?? []), answer.headers.location];
      url = new URL(answer.headers.location, url).href;
      if (answer.status === 303 || answer.status === 302) sent = {};
    }
    throw new Error(`too many redirects, at last ${url}`);
  }

  /** Opens an address, and does what the plan's entry for it says; where that ends. */
  async visits(url, { form, tasks = this.tasks } = {}) {
    const place = new Place({ url: String(url) });
    await this.#go(place, String(url), form ? { method: 'POST', form } : {});
    const entry = tasks.find((one) => fits(one.match, String(url)));
    for (const task of entry?.tasks ?? []) {
      if (task.match && !fits(task.match, place.url)) {
        if (task.optional) continue;
        throw new Error(`"${task.task}" waits for ${task.match} and is at ${place.url}, which answered ${place.status}: ${textOf(place.html).slice(0, 400)}`);
      }
      const typed = new Map();
      for (const command of task.commands ?? []) await this.#does(place, command, typed);
      place.done.push(task.task);
    }
    return place;
  }

  /** One of the suite's commands, as far as plain forms go. */
  async #does(place, [verb, by, target, ...rest], typed) {
    const optional = rest.includes('optional');
    if (verb === 'text' || verb === 'click') {
      assert.equal(by, 'id');
      if (!tagWith(place.html, target)) {
        if (optional) return;
        throw new Error(`no #${target} at ${place.url} (${place.status}): ${textOf(place.html).slice(0, 400)}`);
      }
    }
    if (verb === 'text') typed.set(target, rest[0]);
    else if (verb === 'click') await this.presses(place, target, typed);
    else if (verb === 'wait' && by === 'contains') await this.#runsItsScript(place, target);
    else if (verb === 'wait' && by === 'id') assert.ok(tagWith(place.html, target), `no #${target} at ${place.url}`);
    else if (verb === 'wait' && by === 'xpath') {
      const there = new RegExp(rest[1]).test(textOf(place.html));
      if (there) place.shown.push({ status: place.status, url: place.url, html: place.html });
      else throw new Error(`no "${rest[1]}" at ${place.url} (${place.status}): ${textOf(place.html).slice(0, 400)}`);
    } else throw new Error(`no such command: ${verb} ${by}`);
  }

  /** Presses a button of the page, with what was typed. */
  async presses(place, id, typed = new Map()) {
    const { action, fields } = formWith(place.html, id, typed);
    await this.#go(place, new URL(action || place.url, place.url).href, { method: 'POST', form: fields });
  }

  /** Two pages of ours go on by a script: the answer by a form, and the page after a sign-out at several apps. */
  async #runsItsScript(place, contained) {
    if (runs(place.html, 'form_post')) await this.presses(place, 'continue');
    else if (runs(place.html, 'signed_out')) {
      place.frames = [...place.html.matchAll(/<iframe\b[^>]*>/g)].map(([tag]) => attribute(tag, 'src'));
      place.policy = place.headers['content-security-policy'];
      await this.#go(place, attribute(tagWith(place.html, 'continue'), 'href'));
    }
    if (!place.url.includes(contained)) throw new Error(`${place.url} (${place.status}) does not lead to ${contained}: ${textOf(place.html).slice(0, 400)}`);
  }
}

// ---- JWTs -----------------------------------------------------------------------------------------------------

const SHA = { 256: 'sha256', 384: 'sha384', 512: 'sha512' };
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A pair of keys for an algorithm: `privateKey`, and the public half as a JWK with `kid`, or without if that is null. */
export function keyPair(alg = 'RS256', { kid = random(8), ...more } = {}) {
  const pair = alg.startsWith('ES') ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), ...(kid && { kid }), ...more };
  return { alg, kid, privateKey: pair.privateKey, publicKey: pair.publicKey, jwk };
}

const scheme = (alg, key) => {
  if (alg.startsWith('PS')) return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return alg.startsWith('ES') ? { key, dsaEncoding: 'ieee-p1363' } : { key };
};
const digestOf = (alg) => (alg === 'EdDSA' ? null : SHA[alg.slice(2)]);

/** Signs claims with `key` (of keyPair), or makes a MAC with `secret`, or neither with `alg: 'none'`. */
export function signed(claims, { key, secret, alg = key?.alg ?? 'HS256', header = {} }) {
  const text = `${encoded({ alg, ...(key?.kid && { kid: key.kid }), ...header })}.${encoded(claims)}`;
  if (alg === 'none') return `${text}.`;
  const signature = secret ? createHmac(digestOf(alg), secret).update(text).digest() : sign(digestOf(alg), Buffer.from(text), scheme(alg, key.privateKey));
  return `${text}.${signature.toString('base64url')}`;
}

/** Header and claims, unverified. */
export function read(jwt) {
  const [header, claims] = jwt.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
  return { header, claims };
}

/** Header and claims, the signature verified by the published key that `kid` names. */
export function verified(jwt, keys) {
  const { header, claims } = read(jwt);
  assert.ok(header.kid, 'the header has a kid');
  const jwk = keys.find((one) => one.kid === header.kid);
  assert.ok(jwk, `kid ${header.kid} is published`);
  const [head, body, signature] = jwt.split('.');
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  assert.ok(verify(digestOf(header.alg), Buffer.from(`${head}.${body}`), scheme(header.alg, key), Buffer.from(signature, 'base64url')), 'the signature is right');
  return { header, claims };
}

export const sha256 = (text) => createHash('sha256').update(text).digest('base64url');

/** The thumbprint of a public JWK (RFC 7638). */
export function thumbprint({ kty, ...jwk }) {
  const members = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'], OKP: ['crv', 'kty', 'x'] }[kty];
  return sha256(JSON.stringify(Object.fromEntries(members.map((name) => [name, name === 'kty' ? kty : jwk[name]]))));
}

/** A proof of possession (RFC 9449); `claims` and `header` change or add members, and undefined takes one away. */
export function proof(key, method, url, { token, nonce, claims = {}, header = {} } = {}) {
  const { kid, ...jwk } = key.jwk;
  const all = { jti: random(16), htm: method, htu: url, iat: now(), ...(token && { ath: sha256(token) }), ...(nonce && { nonce }), ...claims };
  return signed(all, { key: { ...key, kid: undefined }, header: { typ: 'dpop+jwt', jwk, ...header } });
}

// ---- clients --------------------------------------------------------------------------------------------------

/** A client as the suite is one: proves itself at the endpoints by the method it registered. */
export class Client {
  /** `key` signs its assertions, `identity` is its certificate; both only where its method wants one. */
  constructor(provider, registration, { key, identity } = {}) {
    Object.assign(this, { provider, registration, key, identity, id: registration.client_id, secret: registration.client_secret });
    this.method = registration.token_endpoint_auth_method;
  }

  /** A JWT that proves the client; `claims` change or add members, and undefined takes one away. */
  assertion(claims = {}, options = {}) {
    const all = { iss: this.id, sub: this.id, aud: this.provider.metadata.token_endpoint, jti: random(16), iat: now(), exp: now() + 60, ...claims };
    return signed(all, this.method === 'client_secret_jwt' ? { secret: this.secret, ...options } : { key: this.key, ...options });
  }

  /** The parts of a request that prove the client: form members and headers. */
  proves(claims, options) {
    const escape = (text) => encodeURIComponent(text).replace(/%20/g, '+');
    switch (this.method) {
      case 'client_secret_basic':
        return { headers: { authorization: `Basic ${Buffer.from(`${escape(this.id)}:${escape(this.secret)}`).toString('base64')}` }, form: {} };
      case 'client_secret_post': return { headers: {}, form: { client_id: this.id, client_secret: this.secret } };
      case 'client_secret_jwt': case 'private_key_jwt':
        return { headers: {}, form: { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: this.assertion(claims, options) } };
      default: return { headers: {}, form: { client_id: this.id } };
    }
  }

  /** Posts a form to an endpoint, with the client's proof; a certificate goes to the endpoint's alias. */
  posts(endpoint, form, { headers = {}, claims, options, identity = this.identity } = {}) {
    const own = this.proves(claims, options);
    return this.provider.send(endpoint, { form: { ...form, ...own.form }, headers: { ...own.headers, ...headers }, identity });
  }

  /** Asks for tokens. */
  tokens(form, more) {
    return this.posts('token_endpoint', form, more);
  }

  /** Removes the registration of a client that registered itself (RFC 7592). */
  removes() {
    const { registration_client_uri: uri, registration_access_token: token } = this.registration;
    return send(uri, { method: 'DELETE', ca: this.provider.ca, headers: { authorization: `Bearer ${token}` } });
  }
}

// ---- the report -----------------------------------------------------------------------------------------------

/** Runs modules and says how each went, in TAP's words. */
export class Report {
  constructor() {
    this.failed = 0;
  }

  /** One module of a plan: passes unless it throws. What the body answers says why the suite skips the rest of it. */
  async module(plan, name, body) {
    try {
      const skipped = await body();
      // Whatever else a body happens to answer is no reason.
      console.log(`ok - ${plan}: ${name}${typeof skipped === 'string' ? ` # SKIP ${skipped}` : ''}`);
    } catch (error) {
      this.failed += 1;
      console.log(`not ok - ${plan}: ${name}`);
      console.log(`# ${(error.stack ?? String(error)).replaceAll('\n', '\n# ')}`);
    }
  }
}
