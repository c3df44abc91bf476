// The modules of oidcc-config, oidcc-dynamic[code] and oidcc-3rdparty-init-login[code], and those of oidcc-test-plan beyond
// oidcc-basic.
import assert from 'node:assert/strict';
import { arePublicKeys, isKnownMetadata, isPage, isRefused, isSignedUserinfo, isTokens, isUserinfo } from './checks.mjs';
import { KEY } from './plan.mjs';
import { keyPair, random, send, signed, tagWith, until } from './support.mjs';

/** What a discovery document must hold, warnings included. */
async function discovery(plan) {
  const answer = await plan.provider.send('/.well-known/openid-configuration');
  assert.equal(answer.status, 200);
  const metadata = answer.json();
  assert.equal(metadata.issuer, plan.issuer);
  assert.match(metadata.issuer, /^https:\/\/[^?#]+$/);
  for (const [name, value] of Object.entries({ ...metadata, ...metadata.mtls_endpoint_aliases })) {
    if (name.endsWith('_endpoint') || name === 'jwks_uri') assert.match(value, /^https:/, name);
  }
  const holds = (name, ...values) => { for (const value of values) assert.ok(metadata[name]?.includes(value), `${name} holds ${value}`); };
  holds('response_types_supported', 'code');
  holds('id_token_signing_alg_values_supported', 'RS256');
  holds('userinfo_signing_alg_values_supported', 'RS256');
  holds('request_object_signing_alg_values_supported', 'RS256');
  holds('scopes_supported', 'openid');
  holds('grant_types_supported', 'authorization_code');
  holds('token_endpoint_auth_methods_supported', 'client_secret_basic', 'client_secret_post', 'private_key_jwt');
  holds('claims_supported', 'sub', 'iss', 'auth_time', 'acr');
  assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
  assert.ok(metadata.subject_types_supported.every((type) => ['pairwise', 'public'].includes(type)) && metadata.subject_types_supported.length > 0);
  for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri', 'registration_endpoint']) assert.ok(metadata[name], name);
  for (const name of ['request_parameter_supported', 'request_uri_parameter_supported', 'claims_parameter_supported']) assert.equal(metadata[name], true, name);
  for (const name of ['ui_locales_supported', 'claims_locales_supported']) {
    for (const tag of metadata[name] ?? []) assert.equal(Intl.getCanonicalLocales(tag)[0], tag, name);
  }
  for (const scope of metadata.scopes_supported) assert.match(scope, /^[\x21\x23-\x5B\x5D-\x7E]+$/);
  isKnownMetadata(metadata);
  arePublicKeys(await plan.provider.keys());
}

async function userinfoRs256(plan, browser) {
  assert.ok(plan.provider.metadata.userinfo_signing_alg_values_supported.includes('RS256'));
  const client = await plan.client({ userinfo_signed_response_alg: 'RS256' });
  const request = plan.request(client);
  const { code } = await plan.code(browser, request);
  const { tokens, claims } = await plan.redeems(client, code, request);
  const keys = await plan.provider.keys();
  isSignedUserinfo(await plan.userinfo(tokens.access_token), { sub: claims.sub, keys, issuer: plan.issuer, client: client.id, alg: 'RS256' });
}

async function redirectUriLeftOut(plan, browser) {
  const client = await plan.client({ redirect_uris: [plan.back, `${plan.back}?foo=bar`] });
  isPage(await plan.asks(browser, plan.request(client, { redirect_uri: undefined })), '/authorize', 'VS-1203');
}

async function redirectUriQueryOk(plan, browser) {
  const back = `${plan.back}?foo=bar`;
  const client = await plan.client({ redirect_uris: [back] });
  const request = plan.request(client, { redirect_uri: back });
  const { code, place } = await plan.code(browser, request);
  assert.equal(new URL(place.callback.url).searchParams.get('foo'), 'bar');
  await plan.redeems(client, code, request, { form: { redirect_uri: back } });
}

/** A redirect URI that is registered but for its query: character by character, it is another. */
const otherQuery = (registered, sent) => async (plan, browser) => {
  const client = await plan.client(registered ? { redirect_uris: [`${plan.back}${registered}`] } : {});
  isPage(await plan.asks(browser, plan.request(client, { redirect_uri: `${plan.back}${sent}` })), '/authorize', 'VS-1204');
};

async function redirectUriFragment(plan) {
  const answer = await plan.registers(plan.registering({ redirect_uris: [`${plan.back}#foobar`] }));
  isRefused(answer, ['invalid_redirect_uri', 'invalid_client_metadata']);
}

const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

/** The first page of a sign-in, which the suite takes a picture of. */
async function firstPage(plan, browser, more) {
  const client = await plan.client(more);
  const place = await plan.asks(browser, plan.request(client));
  assert.equal(place.shown.length, 1, 'there is a page to take a picture of');
  assert.ok(tagWith(place.html, 'username'), 'it is the first page');
  return { client, html: place.html };
}

async function logo(plan, browser) {
  const uri = plan.suite.serves(`/logo-${random(4)}.png`, PICTURE, 'image/png');
  const { html } = await firstPage(plan, browser, { logo_uri: uri });
  const [, shown] = html.match(/<image href="([^"]+)"/) ?? [];
  const answer = await plan.provider.send(shown);
  assert.equal(answer.status, 200);
  assert.match(answer.header('content-type'), /^image\/png/);
}

const links = (member, id) => async (plan, browser) => {
  const uri = `${plan.suite.site}/${member}`;
  const { client, html } = await firstPage(plan, browser, { [member]: uri });
  assert.equal(client.registration[member], uri);
  assert.ok(tagWith(html, id)?.includes(`href="${uri}"`), `the page leads to ${uri}`);
};

/** A client whose keys stand at the suite; `rotates` puts others there. */
async function keysElsewhere(plan, more = {}) {
  const path = `/${random(6)}/jwks`;
  const key = keyPair('RS256', { use: 'sig' });
  const uri = plan.suite.serves(path, { keys: [key.jwk] });
  const client = await plan.client({ jwks: undefined, jwks_uri: uri, ...more }, { key });
  const rotates = () => {
    client.key = keyPair('RS256', { use: 'sig' });
    plan.suite.serves(path, { keys: [client.key.jwk] });
  };
  return { client, rotates, path };
}

async function jwksUri(plan, browser) {
  const { client, path } = await keysElsewhere(plan);
  await plan.flow(client, browser);
  assert.ok(plan.suite.seen(path).length > 0, 'the keys were fetched');
}

async function sectorUri(plan, browser) {
  assert.ok(plan.provider.metadata.subject_types_supported.includes('pairwise'));
  const path = `/${random(6)}/redirect_uris.json`;
  const uri = plan.suite.serves(path, [plan.back]);
  const client = await plan.client({ subject_type: 'pairwise', sector_identifier_uri: uri });
  assert.equal(client.registration.sector_identifier_uri, uri);
  assert.ok(plan.suite.seen(path).length > 0, 'the list was fetched');
  await plan.flow(client, browser);
}

async function sectorBad(plan) {
  const uri = plan.suite.serves(`/${random(6)}/redirect_uris.json`, ['https://wrong.example/callback']);
  const answer = await plan.registers(plan.registering({ subject_type: 'pairwise', sector_identifier_uri: uri }));
  isRefused(answer, 'invalid_client_metadata');
}

async function rotatesKeys(plan) {
  const before = await plan.provider.keys();
  plan.provider.run(['keys', 'rotate', '--yes']);
  const kids = (keys) => keys.map(({ kid }) => kid);
  const after = await until('another key is published', async () => {
    const keys = await plan.provider.keys();
    return kids(keys).some((kid) => !kids(before).includes(kid)) && keys;
  }, 5);
  arePublicKeys(after);
  assert.deepEqual(kids(before).filter((kid) => !kids(after).includes(kid)), [], 'the old keys are still there');
}

async function rpKeyRotation(plan, browser) {
  const { client, rotates } = await keysElsewhere(plan, { grant_types: ['authorization_code', 'refresh_token'] });
  const got = await plan.flow(client, browser, { scope: 'openid offline_access', prompt: 'consent' });
  const fetched = Date.now();
  rotates();
  await until('a minute goes by', () => Date.now() - fetched >= 60_000, 90);
  const tokens = isTokens(await client.tokens({ grant_type: 'refresh_token', refresh_token: got.tokens.refresh_token }));
  isUserinfo(await plan.userinfo(tokens.access_token), got.claims.sub);
}

function noUnsignedRequestUri(plan) {
  assert.ok(!plan.provider.metadata.request_object_signing_alg_values_supported.includes('none'));
  return 'unsigned request objects are not offered';
}

async function requestUriSigned(plan, browser) {
  const { metadata } = plan.provider;
  assert.equal(metadata.request_uri_parameter_supported, true);
  assert.ok(metadata.request_object_signing_alg_values_supported.includes('RS256'));
  const path = `/requesturi/${random(12)}`;
  const uri = `${plan.suite.origin}${path}#${random(12)}`;
  const client = await plan.client({ request_uris: [uri], request_object_signing_alg: 'RS256' });
  assert.deepEqual(client.registration.request_uris, [uri]);
  const request = plan.request(client);
  const object = signed({ ...request, iss: client.id, aud: plan.issuer }, { key: KEY });
  plan.suite.serves(path, object, 'application/jose');
  const { client_id, scope, response_type, redirect_uri } = request;
  const place = await plan.asks(browser, { client_id, scope, response_type, redirect_uri, request_uri: uri });
  assert.equal(place.params.get('state'), request.state, 'the state of the object');
  await plan.redeems(client, place.params.get('code'), request);
}

async function assertionForIssuer(plan, browser) {
  const client = await plan.client();
  await plan.flow(client, browser, {}, { claims: { aud: plan.issuer } });
}

/** The registration says where a sign-in begins, and is asked for again. */
async function initiateLogin(plan) {
  const uri = `${plan.suite.site}/initiate_login`;
  const client = await plan.client({ initiate_login_uri: uri });
  assert.equal(client.registration.initiate_login_uri, uri);
  const { registration_client_uri: own, registration_access_token: token } = client.registration;
  const answer = await send(own, { ca: plan.provider.ca, headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  assert.equal(answer.json().initiate_login_uri, uri);
  assert.equal(answer.json().client_id, client.id);
}

async function initiateLoginWithoutTls(plan) {
  const uri = `${plan.suite.site.replace('https:', 'http:')}/initiate_login`;
  isRefused(await plan.registers(plan.registering({ initiate_login_uri: uri })), 'invalid_client_metadata');
}

export const CONFIG = [['oidcc-discovery-endpoint-verification', discovery]];

/** The suite's module wants the implicit flow advertised as well, which this provider does not have on purpose: README.md. */
const DISCOVERY = ['oidcc-discovery-endpoint-verification', discovery];
const LOGO = ['oidcc-registration-logo-uri', logo, 'dynamic'];
const POLICY = ['oidcc-registration-policy-uri', links('policy_uri', 'app-privacy'), 'dynamic'];
const TOS = ['oidcc-registration-tos-uri', links('tos_uri', 'app-terms'), 'dynamic'];

export const DYNAMIC = [
  ['oidcc-userinfo-rs256', userinfoRs256, 'dynamic'],
  ['oidcc-ensure-redirect-uri-in-authorization-request', redirectUriLeftOut, 'dynamic'],
  ['oidcc-redirect-uri-query-OK', redirectUriQueryOk, 'dynamic'],
  ['oidcc-redirect-uri-query-mismatch', otherQuery('?foo=bar', '?bar=foo'), 'dynamic'],
  ['oidcc-redirect-uri-query-added', otherQuery('', '?foo=bar')],
  ['oidcc-redirect-uri-regfrag', redirectUriFragment, 'dynamic'],
  DISCOVERY,
  LOGO,
  POLICY,
  TOS,
  ['oidcc-registration-jwks-uri', jwksUri, 'private_key_jwt'],
  ['oidcc-registration-sector-uri', sectorUri, 'dynamic'],
  ['oidcc-registration-sector-bad', sectorBad, 'dynamic'],
  ['oidcc-server-rotate-keys', rotatesKeys],
  ['oidcc-refresh-token-rp-key-rotation', rpKeyRotation, 'private_key_jwt', 'waits'],
  ['oidcc-request-uri-unsigned', noUnsignedRequestUri, 'dynamic'],
  ['oidcc-request-uri-signed-rs256', requestUriSigned, 'dynamic'],
  ['oidcc-ensure-client-assertion-with-iss-aud-succeeds', assertionForIssuer, 'assertion'],
];

export const THIRD_PARTY = [
  ['oidcc-3rd_party-init-login', initiateLogin, 'dynamic'],
  ['oidcc-3rd_party-init-login-nohttps', initiateLoginWithoutTls, 'dynamic'],
];
