// The modules of FAPI-CIBA's plan, each by the suite's own name (its prefix left out): in which variants it is run, and what
// it does and expects.
import assert from 'node:assert/strict';
import { now, random, refused, without } from './fapi_support.mjs';
import { until } from './support.mjs';

const GRANT = 'urn:openid:params:grant-type:ciba';
const REQUEST = ['invalid_request'];
const CLIENT = ['invalid_client', 'invalid_request', 'access_denied'];
const PENDING = ['authorization_pending', 'slow_down'];

const always = () => true;
const byKey = (run) => run.byKey;
const byCertificate = (run) => !run.byKey;
const pings = (run) => run.ping;

/** What a client asks at the backchannel endpoint. `claims` are of the request object and `options` sign it. */
function asks(party, { more = {}, claims = {}, options = {}, form = {}, own, assertion = {}, identity = party.identity, unsigned = false } = {}) {
  const { run } = party;
  party.notification = run.ping ? random(32) : undefined;
  const asked = { scope: party.scope, login_hint: run.config.client.hint_value, client_notification_token: party.notification, ...more };
  const times = { iat: now(), nbf: now(), exp: now() + 300, jti: random(16) };
  const object = () => party.object({ params: asked }, { ...times, ...claims }, options);
  const parts = () => ({ ...(unsigned ? asked : { request: object() }), ...form, ...(own ?? party.proves(assertion.claims, assertion.options)) });
  const clean = () => Object.fromEntries(Object.entries(parts()).filter(([, value]) => value !== undefined));
  const url = run.byKey ? run.metadata.backchannel_authentication_endpoint : run.endpoint('backchannel_authentication_endpoint');
  return party.posts('backchannel_authentication_endpoint', clean, { url, identity: run.byKey ? undefined : identity });
}

/** A request that is taken: what it is asked after with. */
async function begun(party, given) {
  const answer = await asks(party, given);
  assert.equal(answer.status, 200, answer.text);
  const { auth_req_id: id, expires_in: lifetime, interval, error } = answer.json();
  assert.equal(error, undefined);
  assert.match(id, /^[A-Za-z0-9._-]+$/);
  assert.ok(id.length >= 27 && Number.isInteger(lifetime) && lifetime > 0 && Number.isInteger(interval ?? 5));
  party.lifetime = lifetime;
  return id;
}

const polls = (party, id, more) => party.asksTokens({ grant_type: GRANT, auth_req_id: id }, more);

async function answers(run, id, action) {
  const url = run.config.automated_ciba_approval_url.replace('{auth_req_id}', encodeURIComponent(id)).replace('{action}', action);
  const answer = await run.send(url, { method: 'POST' });
  assert.equal(answer.status, 200, answer.text);
}

/** The one message that came to the client of a request, as CIBA §10.2 wants it. */
async function told({ suite, path }, party, id) {
  const come = await until('the client is told', () => suite.seen(path).find((one) => one.text.includes(id)));
  assert.equal(come.method, 'POST');
  assert.match(come.headers['content-type'], /^application\/json\b/);
  assert.equal(come.headers.authorization, `Bearer ${party.notification}`);
  assert.deepEqual(JSON.parse(come.text), { auth_req_id: id });
  assert.equal(come.tls, 'TLSv1.3');
}

/** Tokens, once the person has allowed it: told so, or by asking now and then. */
async function granted(run, party, id) {
  if (run.ping) await told(run, party, id);
  const answer = await until('the tokens are there', async () => {
    const tried = await polls(party, id);
    if (tried.status === 200) return tried;
    refused(tried, PENDING, [400]);
    return undefined;
  });
  const tokens = await party.tokens(answer);
  assert.equal(party.identity_['urn:openid:params:jwt:claim:auth_req_id'] ?? id, id);
  await party.isServed(tokens.access_token);
  return tokens;
}

async function signsIn(run, party = run.first, given = {}) {
  const id = await begun(party, given);
  refused(await polls(party, id), PENDING, [400]);
  refused(await polls(party, id), PENDING, [400]);
  await answers(run, id, 'allow');
  return granted(run, party, id);
}

/** Nothing is left waiting for the person. */
const leaves = (run, id) => answers(run, id, 'deny');

/** A request object with these claims, signed so, is refused. */
function object(claims, options, errors = REQUEST) {
  return async ({ first }) => refused(await asks(first, { claims: typeof claims === 'function' ? claims() : claims, options }), errors, [400]);
}

/** A request is taken, and its tokens are refused for want of something. */
function atToken(more, errors, statuses) {
  return async (run) => {
    const id = await begun(run.first);
    refused(await polls(run.first, id, typeof more === 'function' ? more(run) : more), errors, statuses);
    await leaves(run, id);
  };
}

/** Whatever the client answers to the message, its person has answered and there are tokens. */
function saying(status, body) {
  return async (run) => {
    run.suite.serves(run.path, body, 'application/json', status);
    const id = await begun(run.first);
    await answers(run, id, 'allow');
    await granted(run, run.first, id);
    assert.equal(run.suite.seen(run.path).filter((one) => one.text.includes(id)).length, 1, 'it is told once');
  };
}

/** Name, variants, and the run itself; in the suite's order. */
export const MODULES = [
  ['-discovery-end-point-verification', always, discovery],
  ['', always, async (run) => {
    await signsIn(run);
    const { access_token: theirs } = await signsIn(run, run.second);
    assert.equal((await run.first.shows(theirs)).status, 401);
  }],
  ['-user-rejects-authentication', always, async (run) => {
    const id = await begun(run.first);
    await answers(run, id, 'deny');
    if (run.ping) await told(run, run.first, id);
    refused(await polls(run.first, id), ['access_denied'], [400]);
  }],
  ['-multiple-call-to-token-endpoint', always, async (run) => {
    const id = await begun(run.first);
    for (let times = 0; times < 20; times += 1) refused(await polls(run.first, id), PENDING, [400]);
    await leaves(run, id);
  }],
  ['-auth-req-id-expired', always, async (run) => {
    const id = await begun(run.first, { more: { requested_expiry: 30 } });
    await run.waits(run.first.lifetime + 1);
    refused(await polls(run.first, id), ['expired_token'], [400]);
  }],
  ['-ensure-authorization-request-with-binding-message-succeeds', always, (run) => signsIn(run, run.first, { more: { binding_message: '1234' } })],
  ['-ensure-other-scope-order-succeeds', always, (run) => signsIn(run, run.first, { more: { scope: run.first.scope.split(' ').reverse().join(' ') } })],
  ['-ensure-requested-expiry-as-string-succeeds', always, (run) => signsIn(run, run.first, { more: { requested_expiry: '300' } })],
  ['-ensure-authorization-request-with-potentially-bad-binding-message', always, async (run) => {
    const message = '1234 \uD83D\uDC4D\uD83C\uDFFF 品川 ਪੰਜਾਬੀ this message is quite long and contains characters of many scripts, which not every device can show';
    const answer = await asks(run.first, { more: { binding_message: message } });
    if (answer.status !== 200) refused(answer, ['invalid_binding_message'], [400]);
    else await leaves(run, answer.json().auth_req_id);
  }],
  ['-ensure-request-object-missing-aud-fails', always, object({ aud: undefined })],
  ['-ensure-request-object-bad-aud-fails', always, object({ aud: 'https://other1.example.com' })],
  ['-ensure-request-object-missing-iss-fails', always, object({ iss: undefined })],
  ['-ensure-request-object-bad-iss-fails', always, object({ iss: 'https://other1.example.com' })],
  ['-ensure-request-object-missing-exp-fails', always, object({ exp: undefined })],
  ['-ensure-request-object-expired-exp-fails', always, object(() => ({ iat: now() - 600, nbf: now() - 600, exp: now() - 300 }))],
  ['-ensure-request-object-exp-is-70-minutes-in-future-fails', always, object(() => ({ exp: now() + 70 * 60 }))],
  ['-ensure-request-object-missing-iat-fails', always, object({ iat: undefined })],
  ['-ensure-request-object-missing-nbf-fails', always, object({ nbf: undefined })],
  ['-ensure-request-object-nbf-is-10-minutes-in-future-fails', always, object(() => ({ nbf: now() + 600, exp: now() + 900 }))],
  ['-ensure-request-object-nbf-is-70-minutes-in-past-fails', always, object(() => ({ nbf: now() - 70 * 60 }))],
  ['-ensure-request-object-missing-jti-fails', always, object({ jti: undefined })],
  ['-ensure-request-object-signature-algorithm-is-none-fails', always, object({}, { alg: 'none' })],
  ['-ensure-request-object-signature-algorithm-is-bad-fails', always, async ({ first }) => {
    const key = first.key;
    const jwt = first.object({ params: { scope: first.scope, login_hint: first.run.config.client.hint_value, client_notification_token: first.run.ping ? random(32) : undefined } }, { jti: random(16), iat: now() }, { key });
    const at = jwt.lastIndexOf('.') + 1;
    const spoiled = Buffer.from(Buffer.from(jwt.slice(at), 'base64url').map((byte) => byte ^ 0x5a)).toString('base64url');
    refused(await asks(first, { form: { request: `${jwt.slice(0, at)}${spoiled}` } }), REQUEST, [400]);
  }],
  ['-ensure-request-object-signature-algorithm-is-RS256-fails', always, object({}, { alg: 'RS256' })],
  ['-ensure-request-object-signed-by-other-client-fails', always, async ({ first, second }) => {
    refused(await asks(first, { options: { key: { ...second.key, kid: first.key.kid } } }), REQUEST, [400]);
  }],
  ['-ensure-authorization-request-with-multiple-hints-fails', always, async ({ first }) => {
    refused(await asks(first, { more: { id_token_hint: 'x.y.z', login_hint_token: 'x' } }), REQUEST, [400]);
  }],
  ['-ensure-wrong-auth-req-id-in-token-endpoint-request', always, async (run) => {
    const id = await begun(run.first);
    refused(await polls(run.second, id), ['invalid_grant'], [400]);
    await leaves(run, id);
  }],
  ['-ensure-different-client-id-and-issuer-in-backchannel-authorization-request', byCertificate, async ({ first, second }) => {
    refused(await asks(first, { own: { client_id: second.id } }), ['invalid_client'], [401]);
  }],
  ['-ensure-wrong-client-id-in-token-endpoint-request', byCertificate, atToken(({ second }) => ({ own: { client_id: second.id } }), ['invalid_client', 'invalid_grant'])],
  ['-ensure-wrong-client-id-in-backchannel-authorization-request', byCertificate, async ({ first, second }) => {
    refused(await asks(first, { own: { client_id: second.id }, claims: { iss: second.id } }), ['invalid_client'], [401]);
  }],
  ['-ensure-without-client-assertion-in-token-endpoint-request', byKey, atToken(({ first }) => ({ own: { client_id: first.id } }), ['invalid_client', 'invalid_request'])],
  ['-ensure-without-client-assertion-in-backchannel-authorization-request', byKey, async ({ first }) => {
    refused(await asks(first, { own: { client_id: first.id } }), CLIENT);
  }],
  ['-ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails', byKey, async ({ first }) => {
    refused(await asks(first, { assertion: { options: { alg: 'RS256' } } }), CLIENT);
  }],
  ['-ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails', byKey, atToken({ options: { alg: 'RS256' } }, ['invalid_client', 'invalid_request'])],
  ['-ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds', byKey, async (run) => {
    // The issuer is what every other module names; here the addresses that the suite's own assertions name.
    const { metadata, first } = run;
    const id = await begun(first, { assertion: { claims: { aud: metadata.backchannel_authentication_endpoint } } });
    await answers(run, id, 'allow');
    if (run.ping) await told(run, first, id);
    await first.tokens(await polls(first, id, { claims: { aud: metadata.token_endpoint } }));
    await leavesNone(run, { assertion: { claims: { aud: metadata.token_endpoint } } });
  }],
  ['-ping-backchannel-notification-endpoint-response-has-body', pings, saying(200, { test: 'body' })],
  ['-ping-backchannel-notification-endpoint-response-401', pings, saying(401, {})],
  ['-ping-backchannel-notification-endpoint-response-403', pings, saying(403, {})],
  ['-ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry', pings, saying(401, {})],
  ['-ping-backchannel-notification-endpoint-return-redirect-request', pings, saying(301, {})],
  ['-ensure-unsigned-backchannel-authorization-request-fails', always, async ({ first }) => {
    refused(await asks(first, { unsigned: true }), REQUEST, [400]);
  }],
  ['-refresh-token', always, async (run) => {
    const { first, second } = run;
    const theirs = [];
    for (const party of [first, second]) {
      const tokens = await signsIn(run, party);
      const before = party.identity_;
      const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
      const next = await party.tokens(await party.asksTokens(form), { before });
      assert.notEqual(next.access_token, tokens.access_token);
      theirs.push(form);
    }
    refused(await first.asksTokens(theirs[1]), ['invalid_grant'], [400]);
  }],
  ['-ensure-mtls-holder-of-key-required', always, async (run) => {
    const id = await begun(run.first);
    refused(await polls(run.first, id, { bare: true }), run.byKey ? ['invalid_request', 'invalid_grant', 'invalid_client'] : ['invalid_client', 'invalid_request']);
    await leaves(run, id);
  }],
];

async function leavesNone(run, given) {
  await leaves(run, await begun(run.first, given));
}

function discovery({ metadata, byKey: key, ping }) {
  const has = (name, value) => assert.ok(metadata[name]?.includes(value), `${name} lacks ${value}`);
  assert.match(metadata.backchannel_authentication_endpoint, /^https:/);
  assert.match(metadata.mtls_endpoint_aliases.backchannel_authentication_endpoint, /^https:/);
  has('backchannel_token_delivery_modes_supported', ping ? 'ping' : 'poll');
  has('backchannel_authentication_request_signing_alg_values_supported', 'PS256');
  has('backchannel_authentication_request_signing_alg_values_supported', 'ES256');
  assert.equal(metadata.backchannel_user_code_parameter_supported, false);
  has('grant_types_supported', GRANT);
  has('token_endpoint_auth_methods_supported', key ? 'private_key_jwt' : 'tls_client_auth');
  assert.equal(metadata.tls_client_certificate_bound_access_tokens, true);
  has('id_token_signing_alg_values_supported', 'PS256');
}

export { without };
