// The modules of the FAPI 2.0 plans, each by the suite's own name (its prefix left out): in which variants it is run, and
// what it does and expects. The names of error codes are those the suite takes, no others.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { keyPair, now, proof, random, refused, shown, speaksTls, thumbprint, without } from './fapi_support.mjs';

const OBJECT = ['invalid_request_object'];
const REQUEST = ['invalid_request', 'invalid_request_object'];
const CLIENT = ['invalid_client', 'invalid_request'];
const KEY = ['invalid_request', 'invalid_grant', 'invalid_dpop_proof'];
const second = () => new Promise((resolve) => { setTimeout(resolve, 1000); });

const always = () => true;
const openid = (run) => run.openid;
const signs = (run) => run.signs;
const dpop = (run) => run.dpop;
const byKey = (run) => run.byKey;

/** Name, variants, and the run itself; in the suite's order. */
export const MODULES = [
  ['discovery-end-point-verification', always, discovery],
  ['happy-flow', always, happyFlow],
  ['user-rejects-authentication', always, async ({ first }) => {
    const asked = first.asks();
    await first.refusedBack(await first.goes(asked), asked, ['access_denied']);
  }],
  ['ensure-request-object-with-multiple-aud-succeeds', signs, ({ first, issuer }) => first.signsIn(first.asks(), { object: [{ aud: ['https://other1.example.com', issuer, 'https://other2.example.com'] }] })],
  ['ensure-authorization-request-without-state-success', always, ({ first }) => first.signsIn(first.asks({ state: undefined }))],
  ['ensure-authorization-request-without-nonce-success', openid, ({ first }) => first.signsIn(first.asks({ nonce: undefined }))],
  ['ensure-authorization-request-with-64-char-nonce-success', openid, ({ first }) => first.signsIn(first.asks({ nonce: random(48) }))],
  ['ensure-other-scope-order-succeeds', openid, ({ first }) => first.signsIn(first.asks({ scope: first.scope.split(' ').reverse().join(' ') }))],
  ['test-claims-parameter-identity-claims', openid, identityClaims],
  ['access-token-type-header-case-sensitivity', always, async (run) => {
    const { access_token: token } = await run.first.getsTokens();
    await run.first.isServed(token, { scheme: run.dpop ? 'dpop' : 'bEARER' });
  }],
  ['ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted', signs, ({ first }) => first.signsIn(first.asks(), { object: [{ nbf: now() + 8, iat: now() + 8 }] })],

  ['check-dpop-proof-nbf-exp', dpop, proven({ nbf: 0, exp: 300 })],
  ['ensure-dpopproof-with-iat-10seconds-before-succeeds', dpop, proven({ iat: -10 })],
  ['ensure-dpopproof-with-iat-10seconds-after-succeeds', dpop, proven({ iat: 10 })],
  ['ensure-mismatched-dpop-jkt-fails', dpop, async ({ first }) => {
    refused(await first.pushes(first.asks({ dpop_jkt: thumbprint(keyPair('ES256').jwk) }), { key: first.dpop }), ['invalid_request', 'invalid_dpop_proof'], [400]);
  }],
  ['ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt', dpop, async ({ first }) => {
    await redeemsWithAnotherKey(first, first.asks(), { key: first.dpop });
  }],
  ['ensure-token-endpoint-fails-with-mismatched-dpop-jkt', dpop, async ({ first }) => {
    await redeemsWithAnotherKey(first, first.asks({ dpop_jkt: thumbprint(first.dpop.jwk) }));
  }],
  ['ensure-dpopproof-at-par-endpoint-binding-success', dpop, async ({ first }) => {
    const { access_token: token } = await first.signsIn(first.asks(), { key: first.dpop });
    await first.isServed(token);
  }],
  ['ensure-dpop-auth-code-binding-success', dpop, async ({ first }) => {
    const { access_token: token } = await first.signsIn(first.asks({ dpop_jkt: thumbprint(first.dpop.jwk) }), { key: first.dpop });
    await first.isServed(token);
  }],

  ['ensure-different-nonce-inside-and-outside-request-object', openid, ({ first }) => outerIsIgnored(first, { nonce: random(8) })],
  ['ensure-different-state-inside-and-outside-request-object', always, ({ first }) => outerIsIgnored(first, { state: random(8) })],
  ['ensure-authorization-request-with-long-nonce', openid, ({ first }) => first.signsIn(first.asks({ nonce: random(288) }))],
  ['ensure-authorization-request-with-long-state', always, ({ first }) => first.signsIn(first.asks({ state: random(288) }))],
  ['ensure-request-object-without-exp-fails', signs, object({ exp: undefined })],
  ['ensure-request-object-without-nbf-fails', signs, object({ nbf: undefined })],
  ['state-only-outside-request-object-not-used', always, async ({ first }) => {
    const asked = first.asks({ state: undefined });
    await first.code(await first.goes(asked, { beside: { ...asked.params, state: random(8) } }), asked);
  }],
  ['ensure-request-object-without-redirect-uri-fails', always, async ({ first }) => {
    refused(await first.pushes(first.asks({ redirect_uri: undefined })), REQUEST, [400]);
  }],
  ['ensure-expired-request-object-fails', signs, object(() => ({ nbf: now() - 600, exp: now() - 300 }))],
  ['ensure-request-object-with-bad-aud-fails', signs, object({ aud: 'https://other1.example.com/' })],
  ['ensure-request-object-with-exp-over-60-fails', signs, object(() => ({ exp: now() + 70 * 60 }))],
  ['ensure-request-object-with-nbf-over-60-fails', signs, object(() => ({ nbf: now() - 70 * 60 }))],
  ['ensure-signed-request-object-with-RS256-fails', signs, object({}, { alg: 'RS256' })],
  ['ensure-request-object-signature-algorithm-is-not-none', signs, object({}, { alg: 'none' })],
  ['ensure-request-object-with-invalid-signature-fails', signs, async ({ first }) => {
    const asked = first.asks();
    refused(await first.pushes({ params: { client_id: first.id, request: spoiled(first.object(asked)) } }, { signs: false }), OBJECT, [400]);
  }],
  ['ensure-matching-key-in-authorization-request', signs, async ({ first, second: other }) => {
    // The second client's key, under the name of the first one's.
    for (const kid of [other.key.kid, first.key.kid]) refused(await first.pushes(first.asks(), { object: [{}, { key: { ...other.key, kid } }] }), OBJECT, [400]);
  }],
  ['ensure-unsigned-request-at-par-endpoint-fails', signs, async ({ first }) => {
    refused(await first.pushes(first.asks(), { signs: false }), REQUEST, [400]);
  }],
  ['plain-fapi-tolerate-unregistered-redirect-uri', always, async ({ first }) => {
    refused(await first.pushes(first.asks({ redirect_uri: `${first.redirect}/${random(8)}` })), REQUEST, [400]);
  }],
  ['ensure-unsigned-authorization-request-without-using-par-fails', always, async ({ first, browser, metadata }) => {
    const asked = first.asks();
    const place = await browser.visits(`${metadata.authorization_endpoint}?${new URLSearchParams(asked.params)}`);
    await first.refusedBack(place, asked, REQUEST);
  }],
  ['ensure-redirect-uri-in-authorization-request', always, async ({ first }) => {
    refused(await first.pushes(first.asks({ redirect_uri: undefined })), REQUEST, [400]);
  }],
  ['ensure-response-type-code-idtoken-fails', always, responseType('code id_token')],
  ['ensure-response-type-token-fails', always, responseType('token')],

  ['ensure-client-id-in-token-endpoint', always, anotherClientsName],
  ['ensure-holder-of-key-required', always, holderOfKey],
  ['ensure-authorization-code-is-bound-to-client', always, async ({ first, second: other }) => {
    const asked = first.asks();
    const code = await first.code(await first.goes(asked), asked);
    refused(await other.redeems(code, asked), ['invalid_grant'], [400]);
  }],
  ['attempt-reuse-authorization-code-after-one-second', always, async ({ first }) => {
    const asked = first.asks();
    const tokens = await first.signsIn(asked);
    await first.isServed(tokens.access_token);
    await second();
    refused(await first.redeems(tokens.code, asked), ['invalid_grant'], [400]);
    assert.equal((await first.shows(tokens.access_token)).status, 401, 'what the code bought is dead');
  }],
  ['ensure-token-endpoint-fails-with-expired-auth-code', always, async ({ first, waits }) => {
    const asked = first.asks();
    const code = await first.code(await first.goes(asked), asked);
    await waits(62);
    refused(await first.redeems(code, asked), ['invalid_grant'], [400]);
  }],

  ['ensure-signed-client-assertion-with-RS256-fails', byKey, assertion({}, { alg: 'RS256' }, ['invalid_client'])],
  ['ensure-client-assertion-in-token-endpoint', byKey, async (run) => {
    await refusedAtToken(run, { own: {} });
    await refusedAtToken(run, { own: { client_id: run.first.id } });
  }],
  ['ensure-client-assertion-with-exp-is-5-minutes-in-past-fails', byKey, assertion(() => ({ iat: now() - 360, exp: now() - 300 }))],
  ['ensure-client-assertion-with-wrong-aud-fails', byKey, assertion({ aud: 'https://wrong.example.com/' })],
  ['ensure-client-assertion-with-no-sub-fails', byKey, assertion({ sub: undefined })],

  ['dpop-negative-tests', dpop, dpopNegative],
  ['refresh-token', always, refreshToken],

  ['par-ensure-reused-request-uri-prior-to-auth-completion-succeeds', always, async ({ first, override }) => {
    const asked = first.asks();
    const uri = await first.pushed(asked);
    const place = await first.authorizes(asked, uri, { tasks: override.slice(0, 1) });
    assert.deepEqual(place.done, ['Look']);
    await first.code(await first.authorizes(asked, uri, { tasks: override.slice(1) }), asked);
  }],
  ['par-attempt-reuse-request_uri', always, async ({ first, override }) => {
    const asked = first.asks();
    const uri = await first.pushed(asked);
    await first.code(await first.authorizes(asked, uri, { tasks: override.slice(0, 1) }), asked);
    shown(await first.authorizes(asked, uri, { tasks: override.slice(1) }), 'VS-1206');
  }],
  ['par-attempt-to-use-expired-request_uri', always, async ({ first, waits }) => {
    const asked = first.asks();
    const uri = await first.pushed(asked);
    await waits(asked.lifetime + 1);
    shown(await first.authorizes(asked, uri), 'VS-1206');
  }],
  ['par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted', byKey, ({ first }) => first.pushed(first.asks(), { claims: { nbf: now() + 8, iat: now() + 8, exp: now() + 68 } })],
  ['par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails', byKey, async ({ first }) => {
    refused(await first.pushes(first.asks(), { claims: { nbf: now() + 65, iat: now() + 65, exp: now() + 125 } }), CLIENT);
  }],
  ['par-attempt-to-use-request_uri-for-different-client', always, async ({ first, second: other }) => {
    const asked = first.asks();
    shown(await first.authorizes(asked, await first.pushed(asked), { id: other.id }), 'VS-1206');
  }],
  ['par-authorization-request-containing-request_uri-form-param', always, async ({ first }) => {
    refused(await first.pushes(first.asks(), { form: { request_uri: `urn:ietf:params:oauth:request_uri:${random()}` } }), REQUEST, [400]);
  }],
  ['par-attempt-invalid-http-method', always, async (run) => {
    const { first } = run;
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const form = { ...first.asks().params, ...first.proves() };
      const answer = await run.send(run.endpoint('pushed_authorization_request_endpoint'), { method, form, identity: first.identity });
      assert.equal(answer.status, 405, method);
    }
  }],

  ['par-ensure-pkce-required', always, async ({ first }) => {
    refused(await first.pushes(first.asks({ code_challenge: undefined, code_challenge_method: undefined })), REQUEST, [400]);
  }],
  ['ensure-pkce-code-verifier-required', always, verifier(undefined)],
  ['incorrect-pkce-code-verifier-rejected', always, verifier(random(48))],
  ['par-plain-pkce-rejected', always, async ({ first }) => {
    const { params, verifier: plain } = first.asks();
    for (const method of ['plain', undefined]) refused(await first.pushes({ params: { ...params, code_challenge: plain, code_challenge_method: method } }), REQUEST, [400]);
  }],
  ['par-authorization-request-containing-request_uri', signs, object({ request_uri: `urn:ietf:params:oauth:request_uri:${random()}` })],
  ['par-without-duplicate-parameters', always, async ({ first }) => {
    const asked = first.asks();
    await first.code(await first.goes(asked, { beside: {} }), asked);
  }],
  ['par-test-array-as-audience-fails', byKey, async ({ first, issuer, metadata }) => {
    const lists = [[issuer], [issuer, 'https://other1.example.com'], [issuer, metadata.token_endpoint, metadata.pushed_authorization_request_endpoint]];
    for (const aud of lists) refused(await first.pushes(first.asks(), { claims: { aud } }), CLIENT);
  }],
  ['par-test-par-endpoint-url-as-audience-fails', byKey, audience('pushed_authorization_request_endpoint')],
  ['par-test-token-endpoint-url-as-audience-fails', byKey, audience('token_endpoint')],
];

/** Those that need no person. */
export const OF_CLIENTS_ALONE = [
  'discovery-end-point-verification', 'happy-flow', 'access-token-type-header-case-sensitivity', 'check-dpop-proof-nbf-exp',
  'ensure-dpopproof-with-iat-10seconds-before-succeeds', 'ensure-dpopproof-with-iat-10seconds-after-succeeds', 'ensure-client-id-in-token-endpoint',
  'ensure-holder-of-key-required', 'ensure-signed-client-assertion-with-RS256-fails', 'ensure-client-assertion-in-token-endpoint',
  'ensure-client-assertion-with-exp-is-5-minutes-in-past-fails', 'ensure-client-assertion-with-wrong-aud-fails',
  'ensure-client-assertion-with-no-sub-fails', 'dpop-negative-tests',
];

// ---- modules that take more than a line

function discovery(run) {
  const { metadata } = run;
  const has = (name, ...values) => {
    assert.ok(Array.isArray(metadata[name]), name);
    for (const value of values) assert.ok(metadata[name].includes(value), `${name} lacks ${value}`);
  };
  const some = (name) => assert.ok(metadata[name].some((alg) => ['PS256', 'ES256', 'EdDSA'].includes(alg)), name);
  assert.equal(run.issuer, run.provider.issuer);
  assert.ok(run.config.server.discoveryUrl.startsWith(`${run.issuer}/.well-known/`));
  for (const [name, url] of Object.entries(metadata)) if (name.endsWith('_endpoint')) assert.match(url, /^https:/, name);
  for (const url of Object.values(metadata.mtls_endpoint_aliases)) assert.match(url, /^https:/);
  has('token_endpoint_auth_methods_supported', run.byKey ? 'private_key_jwt' : 'tls_client_auth');
  some('token_endpoint_auth_signing_alg_values_supported');
  if (run.dpop) some('dpop_signing_alg_values_supported');
  else assert.equal(metadata.tls_client_certificate_bound_access_tokens, true);
  if (run.credentials) return has('grant_types_supported', 'client_credentials');
  has('response_types_supported', 'code');
  has('grant_types_supported', 'authorization_code', 'refresh_token');
  has('code_challenge_methods_supported', 'S256');
  assert.ok(metadata.pushed_authorization_request_endpoint && metadata.authorization_endpoint && metadata.jwks_uri);
  assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  assert.equal(typeof metadata.require_pushed_authorization_requests, 'boolean');
  some('id_token_signing_alg_values_supported');
  some('userinfo_signing_alg_values_supported');
  if (run.signs) some('request_object_signing_alg_values_supported');
  if (!run.jarm) return undefined;
  some('authorization_signing_alg_values_supported');
  return has('response_modes_supported', 'jwt');
}

async function happyFlow(run) {
  const { first, second: other } = run;
  const keys = await run.keys();
  assert.equal(new Set(keys.map((key) => key.kid)).size, keys.length);
  for (const key of keys) {
    assert.ok(key.kid && ['d', 'p', 'q', 'k'].every((member) => !(member in key)));
    if (key.kty === 'RSA') assert.ok(Buffer.from(key.n, 'base64url').length >= 256);
  }
  const wanted = first.scope?.split(' ') ?? [];
  for (const scope of wanted) assert.ok(run.metadata.scopes_supported.includes(scope), scope);
  await speaksTls(run.config.resource.resourceUrl, run.provider.ca);
  const { access_token: token } = await first.getsTokens();
  const id = '93bac548-d2de-4546-b106-880a5018460d';
  const headers = { 'x-fapi-auth-date': new Date().toUTCString(), 'x-fapi-customer-ip-address': '198.51.100.119', 'x-fapi-interaction-id': id };
  await first.isServed(token, { headers });
  const inQuery = await run.send(`${run.config.resource.resourceUrl}?access_token=${token}`, { identity: run.dpop ? undefined : first.identity });
  assert.equal(inQuery.status, 401, 'a token in the query opens nothing');
  for (const accept of ['application/json;charset=UTF-8', 'application/json, application/*+json, */*']) await first.isServed(token, { headers: { ...headers, accept } });
  // The second client binds its code by the parameter alone.
  const asked = other.asks(run.dpop ? { dpop_jkt: thumbprint(other.dpop.jwk) } : {});
  const { access_token: theirs } = run.credentials ? await other.getsTokens() : await other.signsIn(asked);
  await other.isServed(theirs);
  await isNotServedWithAnothersKey(run, theirs);
}

async function isNotServedWithAnothersKey({ first }, token) {
  const answer = await first.shows(token);
  assert.equal(answer.status, 401, answer.text);
}

async function identityClaims({ first, metadata }) {
  const names = ['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo',
    'locale', 'updated_at', 'preferred_username', 'email', 'email_verified', 'address', 'phone_number', 'phone_number_verified'];
  const offered = names.filter((name) => metadata.claims_supported.includes(name));
  assert.equal(metadata.claims_parameter_supported, true);
  const forms = [null, { essential: true }, { essential: false }];
  const wanted = { ...Object.fromEntries(offered.map((name, at) => [name, forms[at % 3]])), [random(8)]: null };
  const claims = JSON.stringify({ id_token: wanted, userinfo: wanted, [random(8)]: { [random(8)]: null } });
  const { access_token: token } = await first.signsIn(first.asks({ claims }));
  const told = (await first.isServed(token)).json();
  const identity = first.identity_;
  assert.equal(told.sub, identity.sub);
  assert.ok(Number.isInteger(told.updated_at) && typeof told.email_verified === 'boolean' && typeof told.address === 'object');
  assert.deepEqual(offered.filter((name) => !(name in told) && !(name in identity)), []);
  const known = [...names, 'sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'jti', 'nonce', 'acr', 'amr', 'sid', 'at_hash'];
  for (const tokens of [told, identity]) assert.deepEqual(Object.keys(tokens).filter((name) => !known.includes(name)), []);
}

/** A sign-in whose token is shown with a proof that says these times, in seconds from now. */
function proven(times) {
  return async ({ first }) => {
    const { access_token: token } = await first.getsTokens();
    const claims = () => Object.fromEntries(Object.entries(times).map(([name, seconds]) => [name, now() + seconds]));
    await first.isServed(token, { proofs: (nonce) => [first.resourceProof(token, { nonce, claims: claims() })] });
  };
}

async function redeemsWithAnotherKey(party, asked, more) {
  const code = await party.code(await party.goes(asked, more), asked);
  refused(await party.redeems(code, asked, { key: keyPair('ES256') }), KEY, [400]);
}

async function outerIsIgnored(party, outer) {
  const asked = party.asks();
  const code = await party.code(await party.goes(asked, { beside: { ...asked.params, ...outer } }), asked);
  await party.tokens(await party.redeems(code, asked), { nonce: asked.params.nonce });
}

/** A request object with these claims, signed so, is refused where it is pushed. */
function object(claims, options) {
  return async ({ first }) => {
    const own = typeof claims === 'function' ? claims() : claims;
    refused(await first.pushes(first.asks(), { object: [own, options] }), OBJECT, [400]);
  };
}

function responseType(text) {
  return async ({ first }) => {
    refused(await first.pushes(first.asks({ response_type: text })), ['unsupported_response_type', 'invalid_request', 'unauthorized_client', ...OBJECT], [400]);
  };
}

/** A token request that would be good. */
async function tokenForm({ first, credentials }) {
  if (credentials) return { grant_type: 'client_credentials' };
  const asked = first.asks();
  const code = await first.code(await first.goes(asked), asked);
  return { grant_type: 'authorization_code', code, redirect_uri: first.redirect, code_verifier: asked.verifier };
}

async function refusedAtToken(run, more, errors = CLIENT) {
  refused(await run.first.asksTokens(await tokenForm(run), more), errors);
}

/** An assertion with these claims, signed so, proves nobody at the token endpoint. */
function assertion(claims, options, errors) {
  return (run) => refusedAtToken(run, { claims: typeof claims === 'function' ? claims() : claims, options }, errors);
}

async function anotherClientsName(run) {
  const { first, second: other } = run;
  const form = await tokenForm(run);
  const errors = ['invalid_client', 'invalid_grant'];
  if (!run.byKey) return refused(await first.asksTokens(form, { own: { client_id: other.id } }), errors);
  const assertion = { claims: { iss: other.id, sub: other.id } };
  refused(await first.asksTokens({ ...form, client_id: other.id }, assertion), errors);
  return refused(await first.asksTokens(form, { ...assertion, options: { key: { ...first.key, kid: other.key.kid } } }), errors);
}

async function holderOfKey(run) {
  const { ca } = run.provider;
  if (!run.credentials) {
    await speaksTls(run.metadata.authorization_endpoint, ca, { anySuite: true });
    await speaksTls(run.endpoint('userinfo_endpoint'), ca);
  }
  for (const name of ['token_endpoint', 'registration_endpoint']) await speaksTls(run.endpoint(name), ca);
  const errors = run.dpop ? KEY : run.byKey ? ['invalid_request', 'invalid_grant', 'invalid_client'] : CLIENT;
  await refusedAtToken(run, { bare: true }, errors);
}

async function dpopNegative({ first, config }) {
  const { access_token: token } = await first.getsTokens();
  const url = config.resource.resourceUrl;
  const own = first.dpop;
  const served = (what, proofs, more) => check(what, [200, 201], proofs, more);
  const refusedWith = (what, proofs, more) => check(what, [400, 401], proofs, more);
  const check = async (what, statuses, proofs, more) => {
    const answer = await first.shows(token, { proofs, ...more });
    assert.ok(statuses.includes(answer.status), `${what}: ${answer.status} ${answer.header('www-authenticate')}`);
  };
  const usual = (nonce, more = {}) => first.resourceProof(token, { nonce, ...more });
  const claims = (change) => (nonce) => [usual(nonce, { claims: change })];
  const header = (change) => (nonce) => [usual(nonce, { header: change })];
  const changed = (change) => (nonce) => [change(usual(nonce))];
  const head = (jwt, change) => {
    const [first_, ...rest] = jwt.split('.');
    return [Buffer.from(change(Buffer.from(first_, 'base64url').toString())).toString('base64url'), ...rest].join('.');
  };
  await first.isServed(token);
  await served('header in capitals', undefined, { header: 'DPOP' });
  await refusedWith('two proofs', (nonce) => [usual(nonce), usual(nonce)]);
  await refusedWith('two parts', changed((jwt) => jwt.split('.').slice(0, 2).join('.')));
  await refusedWith('garbage', () => ['garbage']);
  await refusedWith('no typ', header({ typ: undefined }));
  await refusedWith('no alg', changed((jwt) => head(jwt, (text) => text.replace('alg', 'alg2'))));
  await refusedWith('no jwk', header({ jwk: undefined }));
  for (const name of ['jti', 'htm', 'htu', 'iat', 'ath']) await refusedWith(`no ${name}`, claims({ [name]: undefined }));
  await refusedWith('another typ', header({ typ: 'dpop+jwt+wrongyousee' }));
  const rsa = keyPair('PS256', { use: 'sig' });
  await refusedWith('RS256', (nonce) => [proof({ ...rsa, alg: 'RS256' }, 'GET', url, { token, nonce })]);
  await refusedWith('none', (nonce) => [`${head(usual(nonce), () => '{"alg":"none","typ":"dpop+jwt"}').split('.').slice(0, 2).join('.')}.`]);
  await refusedWith('a secret', changed((jwt) => {
    const text = head(jwt, (all) => JSON.stringify({ ...JSON.parse(all), alg: 'HS256' })).split('.').slice(0, 2).join('.');
    return `${text}.${createHmac('sha256', JSON.stringify(own.jwk)).update(text).digest('base64url')}`;
  }));
  await refusedWith('bad signature', changed(spoiled));
  await refusedWith('private key', header({ jwk: { ...own.privateKey.export({ format: 'jwk' }), use: 'sig', alg: own.alg } }));
  await refusedWith('htm', claims({ htm: 'PUT' }));
  await served('htu with query and fragment', claims({ htu: `${url}?allthedoorsonthisspaceshiphavebeen#programmedtohaveacheeryandsunnydisposition` }));
  await served('htu without query', claims({ htu: url }));
  await refusedWith('htu', claims({ htu: `${url}ohnonotagain` }));
  await refusedWith('iat in an hour', claims({ iat: now() + 3600 }), { nonce: false });
  await refusedWith('iat an hour ago', claims({ iat: now() - 3600 }), { nonce: false });
  const jti = random(15);
  await served('jti', claims({ jti }));
  await refusedWith('jti again', claims({ jti }));
  await refusedWith('ath', claims({ ath: random(32) }));
  await refusedWith('another key', (nonce) => [usual(nonce, { key: keyPair('ES256', { use: 'sig', alg: 'ES256' }) })]);
  await served('more in it', (nonce) => [usual(nonce, { claims: { tx_id_key: now() }, header: { tx_id: now() } })]);
  const { hostname, protocol, port } = new URL(url);
  await served('host in capitals', claims({ htu: url.replace(hostname, hostname.toUpperCase()).replace(protocol, protocol.toUpperCase()) }));
  if (!port) await served('port', claims({ htu: url.replace(hostname, `${hostname}:443`) }));
  await refusedWith('no proof', () => []);
  await refusedWith('no proof, as Bearer', () => [], { scheme: 'Bearer' });
  await refusedWith('as Bearer', undefined, { scheme: 'Bearer' });
  await first.isServed(token);
}

async function refreshToken(run) {
  const { first, second: other, metadata } = run;
  assert.ok(metadata.grant_types_supported.includes('refresh_token'));
  const refreshed = {};
  for (const party of [first, other]) {
    const asked = party.asks(party.scope.includes('offline_access') ? { prompt: 'consent' } : {});
    const tokens = await party.signsIn(asked);
    assert.match(tokens.refresh_token, /^[\x20-\x7E]+$/);
    const before = party.identity_;
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    const scope = party === first ? { scope: party.scope } : {};
    await second();
    // A confidential client may change its key (RFC 9449 §5).
    if (run.dpop) party.newDpopKey();
    const next = await party.tokens(await party.asksTokens({ ...form, ...scope }), { before });
    if (before) assert.ok(party.identity_.iat > before.iat);
    assert.notEqual(next.access_token, tokens.access_token);
    assert.equal(next.refresh_token, tokens.refresh_token, 'it is not replaced (FAPI 2.0 §5.3.2.1)');
    await party.isServed(next.access_token);
    refreshed[party.which] = { ...next, form };
  }
  const errors = ['invalid_request', 'invalid_grant', 'invalid_client'];
  refused(await first.asksTokens({ ...refreshed[1].form, scope: first.scope }, { bare: true }), errors);
  if (run.byKey) refused(await first.asksTokens(refreshed[1].form, { own: {} }), CLIENT);
  await isNotServedWithAnothersKey(run, refreshed[2].access_token);
  refused(await first.asksTokens(refreshed[2].form), ['invalid_grant'], [400]);
  await other.tokens(await other.asksTokens(refreshed[2].form), { before: other.identity_ });
}

function verifier(sent) {
  return async ({ first }) => {
    const asked = first.asks();
    const code = await first.code(await first.goes(asked), asked);
    refused(await first.redeems(code, { params: asked.params, verifier: sent }), ['invalid_grant'], [400]);
  };
}

function audience(endpoint) {
  return async ({ first, metadata }) => {
    for (const aud of [metadata[endpoint], metadata.mtls_endpoint_aliases[endpoint]]) refused(await first.pushes(first.asks(), { claims: { aud } }), CLIENT);
  };
}

/** A JWT whose signature is another's. */
function spoiled(jwt) {
  const at = jwt.lastIndexOf('.') + 1;
  const bytes = Buffer.from(jwt.slice(at), 'base64url').map((byte) => byte ^ 0x5a);
  return `${jwt.slice(0, at)}${Buffer.from(bytes).toString('base64url')}`;
}

export { without };
