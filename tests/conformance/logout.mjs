// The modules of the plans about signing out: at a client's request, and how other clients hear of it.
import assert from 'node:assert/strict';
import { isErrorOf, isPage } from './checks.mjs';
import { KEY } from './plan.mjs';
import { ALIAS, now, random, read, signed, textOf, until, verified } from './support.mjs';

const NEEDS_A_PERSON = ['login_required', 'interaction_required', 'account_selection_required', 'consent_required'];
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

const advertises = (...members) => async (plan) => {
  const { metadata } = plan.provider;
  assert.match(metadata.end_session_endpoint, /^https:/);
  for (const [name, value] of Object.entries(metadata)) if (name.endsWith('_endpoint')) assert.match(value, /^https:/, name);
  for (const member of members) assert.equal(metadata[member], true, member);
};

/** Signs in, and goes to the end-session endpoint with what `asks` makes of it. */
async function leaves(plan, browser, asks, more = {}) {
  const client = await plan.client({ post_logout_redirect_uris: [plan.left], ...more });
  const got = await plan.flow(client, browser, { state: random(96) });
  const request = asks({ hint: got.tokens.id_token, left: plan.left, state: random(96), client });
  const place = await browser.visits(`${plan.provider.metadata.end_session_endpoint}?${new URLSearchParams(request)}`);
  return { client, got, request, place };
}

/** Nobody is signed in any more, as a request without a page shows. */
async function isSignedOut(plan, browser, client) {
  const request = plan.request(client, { prompt: 'none', state: random(96) });
  isErrorOf(await plan.asks(browser, request), { state: request.state, issuer: plan.issuer, codes: NEEDS_A_PERSON });
}

const usual = ({ hint, left, state }) => ({ id_token_hint: hint, post_logout_redirect_uri: left, state });

/** Back at the client, with the state that was sent and nothing else. */
function isBack(plan, { place, request }) {
  assert.ok(place.callback, `${place.url} answered ${place.status}: ${textOf(place.html).slice(0, 300)}`);
  assert.equal(place.callback.url.split('?')[0], plan.left);
  assert.deepEqual(Object.fromEntries(place.callback.query), request.state === undefined ? {} : { state: request.state });
}

const comesBack = (asks) => async (plan, browser) => {
  const done = await leaves(plan, browser, asks);
  isBack(plan, done);
  await isSignedOut(plan, browser, done.client);
};

/** A request that leads to a page of ours and nowhere else. */
const isStopped = (asks) => async (plan, browser) => {
  const { place } = await leaves(plan, browser, asks);
  isPage(place, '/logout', 'VS-1301');
};

/** Signed out, after a question or without one, and told so on a page. */
const isTold = (asks) => async (plan, browser) => {
  const { place, client } = await leaves(plan, browser, asks);
  assert.equal(place.callback, undefined, place.url);
  assert.equal(place.status, 200);
  assert.equal(place.shown.length, 1, 'there is a page to take a picture of');
  await isSignedOut(plan, browser, client);
};

const unsigned = ({ hint, ...rest }) => usual({ ...rest, hint: signed(read(hint).claims, { alg: 'none' }) });

/** Issued by the client for the provider, and signed by the client. */
function swapped({ hint, client, ...rest }) {
  const { claims } = read(hint);
  return usual({ ...rest, hint: signed({ ...claims, iss: client.id, aud: claims.iss }, { key: client.key ?? KEY, alg: 'RS256' }) });
}

export const RP_LOGOUT = [
  ['oidcc-rp-initiated-logout-discovery-endpoint-verification', advertises()],
  ['oidcc-rp-initiated-logout', comesBack(usual)],
  ['oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', isStopped(({ left, ...rest }) => usual({ ...rest, left: `${left}/${random(6)}` }))],
  ['oidcc-rp-initiated-logout-modified-id-token-hint', isStopped(unsigned)],
  ['oidcc-rp-initiated-logout-no-id-token-hint', isStopped(({ left, state }) => ({ post_logout_redirect_uri: left, state }))],
  ['oidcc-rp-initiated-logout-no-params', isTold(() => ({}))],
  ['oidcc-rp-initiated-logout-no-post-logout-redirect-uri', isTold(({ hint, state }) => ({ id_token_hint: hint, state }))],
  ['oidcc-rp-initiated-logout-no-state', comesBack(({ hint, left }) => ({ id_token_hint: hint, post_logout_redirect_uri: left }))],
  ['oidcc-rp-initiated-logout-only-state', isTold(({ state }) => ({ state }))],
  ['oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', isStopped(({ left, ...rest }) => usual({ ...rest, left: `${left}?dummy1=lorem` }))],
  ['oidcc-rp-initiated-logout-bad-id-token-hint', isStopped(swapped)],
];

async function backChannel(plan, browser) {
  const path = `/test/a/${ALIAS}/backchannel_logout`;
  const before = plan.suite.seen(path).length;
  plan.suite.serves(path, '', 'text/plain');
  const addresses = { backchannel_logout_uri: `${plan.suite.origin}${path}`, backchannel_logout_session_required: true };
  const done = await leaves(plan, browser, usual, addresses);
  const told = await until('the client is told', () => plan.suite.seen(path)[before], 20);
  assert.equal(told.method, 'POST');
  assert.equal(told.tls, 'TLSv1.3');
  assert.match(told.headers['content-type'], /^application\/x-www-form-urlencoded/);
  const { logout_token: token, ...rest } = Object.fromEntries(new URLSearchParams(told.text));
  assert.deepEqual(rest, {}, 'nothing but the token');
  const { header, claims } = verified(token, await plan.provider.keys());
  assert.equal(header.alg, 'RS256', 'as the ID token');
  assert.equal(claims.iss, plan.issuer);
  assert.ok([claims.aud].flat().includes(done.client.id));
  assert.ok(Math.abs(claims.iat - now()) < 60);
  assert.ok(claims.jti);
  assert.deepEqual(claims.events, { [EVENT]: {} });
  assert.ok(!('nonce' in claims));
  assert.ok(done.got.claims.sid, 'the ID token has a sid');
  assert.equal(claims.sid, done.got.claims.sid);
  assert.equal(claims.sub, done.got.claims.sub);
  isBack(plan, done);
  await isSignedOut(plan, browser, done.client);
}

async function frontChannel(plan, browser) {
  const uri = `${plan.suite.site}/test/a/${ALIAS}/frontchannel_logout`;
  const done = await leaves(plan, browser, usual, { frontchannel_logout_uri: uri, frontchannel_logout_session_required: true });
  const frames = done.place.frames?.map((src) => new URL(src)) ?? [];
  assert.equal(frames.length, 1, 'one frame');
  assert.equal(`${frames[0].origin}${frames[0].pathname}`, uri);
  assert.deepEqual(Object.fromEntries(frames[0].searchParams), { iss: plan.issuer, sid: done.got.claims.sid });
  assert.ok(done.place.policy.includes(`frame-src ${plan.suite.site}`), done.place.policy);
  isBack(plan, done);
  await isSignedOut(plan, browser, done.client);
}

const CHANNEL = (name) => advertises(`${name}_logout_supported`, `${name}_logout_session_supported`);

export const BACK_CHANNEL = [
  ['oidcc-backchannel-logout-discovery-endpoint-verification', CHANNEL('backchannel')],
  ['oidcc-backchannel-rp-initiated-logout', backChannel],
];

export const FRONT_CHANNEL = [
  ['oidcc-frontchannel-logout-discovery-endpoint-verification', CHANNEL('frontchannel')],
  ['oidcc-frontchannel-rp-initiated-logout', frontChannel],
];
