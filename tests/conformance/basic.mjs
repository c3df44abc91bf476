// The modules of oidcc-basic, which oidcc-formpost-basic and oidcc-test-plan share: each by the suite's name, with what it
// requires. Registration and removal of its client belong to every module.
import assert from 'node:assert/strict';
import { PROFILE, areTyped, isErrorOf, isPage, isRefused, isSuccessor, isTokens, isUserinfo } from './checks.mjs';
import { now, random, read, sha256, signed, until } from './support.mjs';

const NEEDS_A_PERSON = ['login_required', 'interaction_required', 'account_selection_required', 'consent_required'];

/** A request with nothing special about it, and one thing added. */
const flowWith = (more) => async (plan, browser) => {
  await plan.flow(await plan.client(), browser, more);
};

async function responseTypeMissing(plan, browser) {
  const request = plan.request(await plan.client(), { response_type: undefined });
  const place = await plan.asks(browser, request);
  isErrorOf(place, { state: request.state, issuer: plan.issuer, codes: ['unsupported_response_type', 'invalid_request'] });
}

async function idTokenSignature(plan, browser) {
  const client = await plan.client();
  const { tokens } = await plan.flow(client, browser);
  assert.equal(read(tokens.id_token).header.alg, 'RS256', 'without a word about it');
}

function unsignedIsUnknown(plan) {
  assert.ok(!plan.provider.metadata.id_token_signing_alg_values_supported.includes('none'));
  return 'unsigned ID tokens are not offered';
}

const noUnsignedRequests = (plan) => {
  assert.ok(!plan.provider.metadata.request_object_signing_alg_values_supported.includes('none'));
  return 'unsigned request objects are not offered';
};

/** UserInfo asked in one way; the answer is the same. */
const userinfo = (asks) => async (plan, browser) => {
  const { tokens, claims } = await plan.flow(await plan.client(), browser);
  isUserinfo(await asks(plan, tokens.access_token), claims.sub);
};
const bearer = (token) => ({ authorization: `Bearer ${token}` });

async function expects(plan, browser, scope, names) {
  const { person } = await plan.flow(await plan.client(), browser, { scope });
  assert.deepEqual(names.filter((name) => person[name] === undefined), [], 'claims of the scope that are missing');
  const all = new Set(['sub', ...names]);
  assert.deepEqual(Object.keys(person).filter((name) => !all.has(name)), [], 'claims of no scope asked for');
  return person;
}

const SCOPES = { profile: PROFILE, email: ['email', 'email_verified'], address: ['address'], phone: ['phone_number', 'phone_number_verified'] };

const scoped = (...scopes) => async (plan, browser) => {
  for (const scope of scopes) assert.ok(plan.provider.metadata.scopes_supported.includes(scope), scope);
  const person = await expects(plan, browser, ['openid', ...scopes].join(' '), scopes.flatMap((scope) => SCOPES[scope]));
  if (person.address) assert.ok(Object.keys(person.address).every((part) => ['formatted', 'street_address', 'locality', 'region', 'postal_code', 'country'].includes(part)));
};

/** The same with scopes and parameters in the other order. */
async function alternateHappyFlow(plan, browser) {
  const client = await plan.client();
  const request = plan.request(client, { scope: 'email openid' });
  const turned = Object.fromEntries(Object.entries(request).reverse());
  const { code } = await plan.code(browser, turned);
  await plan.redeems(client, code, request);
}

async function later(claims, seconds = 1) {
  await until('the clock goes on', () => now() > claims.auth_time + seconds);
}

/** Signed in, and asked again: the person proves it once more, and the ID token says when. */
const asksAgain = (more, seconds) => async (plan, browser) => {
  const client = await plan.client();
  const first = await plan.flow(client, browser);
  await later(first.claims, seconds);
  const second = await plan.flow(client, browser, more);
  assert.ok(second.place.done.includes('Password'), 'the password was asked for again');
  assert.equal(second.place.shown.length, 1, 'there was a page to take a picture of');
  assert.ok(second.claims.auth_time > first.claims.auth_time, 'auth_time is later');
  assert.ok(now() - second.claims.auth_time < 60, 'auth_time is recent');
  assert.equal(second.claims.sub, first.claims.sub);
};

async function promptNoneNotLoggedIn(plan, browser) {
  const request = plan.request(await plan.client(), { prompt: 'none', state: random(96) });
  assert.equal(request.state.length, 128);
  const place = await plan.asks(browser, request);
  isErrorOf(place, { state: request.state, issuer: plan.issuer, codes: NEEDS_A_PERSON });
}

/** Signed in, and asked again without a question: the same person, the same moment. */
const silently = (first, second) => async (plan, browser) => {
  const client = await plan.client();
  const one = await plan.flow(client, browser, first);
  const two = await plan.flow(client, browser, second(one));
  for (const step of ['Name', 'Password', 'Consent']) assert.ok(!two.place.done.includes(step), `${step} was asked`);
  assert.equal(two.claims.sub, one.claims.sub);
  assert.equal(two.claims.auth_time, one.claims.auth_time);
};

async function loginHint(plan, browser) {
  await plan.flow(await plan.client(), browser, { login_hint: `buffy@${new URL(plan.issuer).hostname}` });
}

async function acrValues(plan, browser) {
  const values = plan.provider.metadata.acr_values_supported;
  const { claims } = await plan.flow(await plan.client(), browser, { acr_values: values.join(' ') });
  assert.ok(values.includes(claims.acr), claims.acr);
}

async function again(plan, client, { code }) {
  return client.tokens({ grant_type: 'authorization_code', code, redirect_uri: plan.back });
}

async function codeReuse(plan, browser) {
  const client = await plan.client();
  isRefused(await again(plan, client, await plan.flow(client, browser)), 'invalid_grant');
}

async function codeReuseAfter30Seconds(plan, browser) {
  const client = await plan.client();
  const got = await plan.flow(client, browser);
  const used = Date.now();
  await until('half a minute goes by', () => Date.now() - used >= 30_000);
  isRefused(await again(plan, client, got), 'invalid_grant');
  const dead = await plan.userinfo(got.tokens.access_token);
  assert.ok(dead.status >= 400 && dead.status < 500, `the first access token: ${dead.status}`);
}

/** A redirect URI that is not registered, and where the page says so. */
async function unregisteredRedirectUri(plan, browser) {
  const request = plan.request(await plan.client(), { redirect_uri: `${plan.back}/${random(8)}` });
  isPage(await plan.asks(browser, request), '/authorize', 'VS-1204');
}

async function postRequest(plan, browser) {
  await plan.flow(await plan.client(), browser, {}, { post: true });
}

async function clientSecretPost(plan, browser) {
  assert.ok(plan.provider.metadata.token_endpoint_auth_methods_supported.includes('client_secret_post'));
  const other = plan.with({ method: 'client_secret_post' });
  try {
    await other.flow(await other.client(), browser);
  } finally {
    await other.ends();
  }
}

/** Unsigned: everything but what OAuth wants beside it stands in the object alone. */
async function unsignedRequestObject(plan, browser) {
  const client = await plan.client();
  const { state, nonce, ...beside } = plan.request(client);
  const object = signed({ ...beside, state, nonce, iss: client.id, aud: plan.issuer }, { alg: 'none' });
  const place = await plan.asks(browser, { ...beside, request: object });
  isErrorOf(place, { state: undefined, issuer: plan.issuer, codes: ['request_not_supported', 'invalid_request_object'] });
  return noUnsignedRequests(plan);
}

async function claimsEssential(plan, browser) {
  const { person, claims } = await plan.flow(await plan.client(), browser, { claims: JSON.stringify({ userinfo: { name: { essential: true } } }) });
  assert.equal(typeof person.name, 'string');
  assert.equal(claims.name, undefined);
  areTyped(person);
}

async function refreshes(plan, browser, { second } = {}) {
  const client = await plan.client({ grant_types: ['authorization_code', 'refresh_token'], client_name: second ? 'second client' : 'first client' }, { second });
  const offline = plan.provider.metadata.scopes_supported.includes('offline_access');
  const got = await plan.flow(client, browser, offline ? { scope: 'openid offline_access', prompt: 'consent' } : {});
  const { refresh_token: token } = got.tokens;
  assert.ok(token, 'a refresh token');
  assert.ok(plan.provider.metadata.grant_types_supported.includes('refresh_token'));
  await later({ auth_time: got.claims.iat }, 0);
  const form = { grant_type: 'refresh_token', refresh_token: token, ...(!second && { scope: got.request.scope }) };
  const tokens = isTokens(await client.tokens(form));
  assert.notEqual(tokens.access_token, got.tokens.access_token);
  const claims = isSuccessor(tokens.id_token, got.claims);
  isUserinfo(await plan.userinfo(tokens.access_token), claims.sub);
  return { client, token: tokens.refresh_token ?? token };
}

async function refreshToken(plan, browser) {
  const one = await refreshes(plan, browser);
  const two = await refreshes(plan, browser, { second: true });
  isRefused(await one.client.tokens({ grant_type: 'refresh_token', refresh_token: two.token }), 'invalid_grant');
  isTokens(await two.client.tokens({ grant_type: 'refresh_token', refresh_token: two.token }));
}

async function validPkce(plan, browser) {
  const verifier = random(32);
  await plan.flow(await plan.client(), browser, { code_challenge: sha256(verifier), code_challenge_method: 'S256' }, { form: { code_verifier: verifier } });
}

/** RS256 was asked for. */
async function idTokenRs256(plan, browser) {
  const client = await plan.client({ id_token_signed_response_alg: 'RS256' });
  assert.equal(client.registration.id_token_signed_response_alg, 'RS256');
  await plan.flow(client, browser, {}, { alg: 'RS256' });
}

/** Without a nonce, as without PKCE: there are answers of that profile that want neither. */
async function withoutNonce(plan, browser) {
  const { claims } = await plan.flow(await plan.client(), browser, { nonce: undefined });
  assert.ok(!('nonce' in claims));
}

/** In the order of the plan. `dynamic` ones want a client that registers itself; `waits` ones wait by themselves. */
export const BASIC = [
  ['oidcc-server', flowWith({})],
  ['oidcc-response-type-missing', responseTypeMissing],
  ['oidcc-idtoken-signature', idTokenSignature, 'dynamic'],
  ['oidcc-idtoken-unsigned', unsignedIsUnknown, 'dynamic'],
  ['oidcc-userinfo-get', userinfo((plan, token) => plan.userinfo(token))],
  ['oidcc-userinfo-post-header', userinfo((plan, token) => plan.userinfo(token, { method: 'POST' }))],
  ['oidcc-userinfo-post-body', userinfo((plan, token) => plan.provider.send('userinfo_endpoint', { form: { access_token: token } }))],
  ['oidcc-ensure-request-without-nonce-succeeds-for-code-flow', withoutNonce],
  ['oidcc-scope-profile', scoped('profile')],
  ['oidcc-scope-email', scoped('email')],
  ['oidcc-scope-address', scoped('address')],
  ['oidcc-scope-phone', scoped('phone')],
  ['oidcc-scope-all', scoped('profile', 'email', 'address', 'phone')],
  ['oidcc-alternate-happy-flow', alternateHappyFlow],
  ['oidcc-display-page', flowWith({ display: 'page' })],
  ['oidcc-display-popup', flowWith({ display: 'popup' })],
  ['oidcc-prompt-login', asksAgain({ prompt: 'login' }, 0)],
  ['oidcc-prompt-none-not-logged-in', promptNoneNotLoggedIn],
  ['oidcc-prompt-none-logged-in', silently({}, () => ({ prompt: 'none' }))],
  ['oidcc-max-age-1', asksAgain({ max_age: '1' }, 2)],
  ['oidcc-max-age-10000', silently({ max_age: '15000' }, () => ({ max_age: '10000' }))],
  ['oidcc-ensure-request-with-unknown-parameter-succeeds', flowWith({ extra: 'foobar' })],
  ['oidcc-id-token-hint', silently({}, ({ tokens }) => ({ prompt: 'none', id_token_hint: tokens.id_token }))],
  ['oidcc-login-hint', loginHint],
  ['oidcc-ui-locales', flowWith({ ui_locales: 'se' })],
  ['oidcc-claims-locales', flowWith({ claims_locales: 'se' })],
  ['oidcc-ensure-request-with-acr-values-succeeds', acrValues],
  ['oidcc-codereuse', codeReuse],
  ['oidcc-codereuse-30seconds', codeReuseAfter30Seconds, 'waits'],
  ['oidcc-ensure-registered-redirect-uri', unregisteredRedirectUri],
  ['oidcc-ensure-post-request-succeeds', postRequest],
  ['oidcc-server-client-secret-post', clientSecretPost],
  ['oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', noUnsignedRequests, 'dynamic'],
  ['oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', unsignedRequestObject],
  ['oidcc-claims-essential', claimsEssential],
  ['oidcc-ensure-request-object-with-redirect-uri', noUnsignedRequests],
  ['oidcc-refresh-token', refreshToken],
  ['oidcc-ensure-request-with-valid-pkce-succeeds', validPkce],
];

export { idTokenRs256 };
