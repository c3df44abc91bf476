// What the suite checks of every answer, whatever the module: registration, authorization response, tokens, ID token,
// UserInfo, errors. What it calls a WARNING fails here as well.
import assert from 'node:assert/strict';
import { now, read, verified } from './support.mjs';

export const PROFILE = ['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at', 'preferred_username'];
const PERSONAL = [...PROFILE, 'email', 'email_verified', 'address', 'phone_number', 'phone_number_verified'];
const YEAR = 365 * 24 * 3600;

/** Bits of Shannon entropy of a text. */
function entropy(text) {
  const counts = new Map();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return text.length * [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}

export function isUnguessable(text, what) {
  assert.ok(text.length * 6 >= 128 && entropy(text) > 96, `${what} holds at least 128 bits: ${text.length} letters, entropy ${entropy(text)}`);
}

/** The members the suite knows of a server's metadata: those of RFC 8414's registry that we publish, each defined by a specification. */
const METADATA = new Set([
  'issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri', 'registration_endpoint', 'scopes_supported', 'response_types_supported',
  'response_modes_supported', 'grant_types_supported', 'token_endpoint_auth_methods_supported', 'token_endpoint_auth_signing_alg_values_supported',
  'service_documentation', 'ui_locales_supported', 'op_policy_uri', 'op_tos_uri', 'revocation_endpoint', 'revocation_endpoint_auth_methods_supported',
  'revocation_endpoint_auth_signing_alg_values_supported', 'introspection_endpoint', 'introspection_endpoint_auth_methods_supported',
  'introspection_endpoint_auth_signing_alg_values_supported', 'code_challenge_methods_supported', // RFC 8414
  'userinfo_endpoint', 'acr_values_supported', 'subject_types_supported', 'id_token_signing_alg_values_supported', 'id_token_encryption_alg_values_supported',
  'id_token_encryption_enc_values_supported', 'userinfo_signing_alg_values_supported', 'userinfo_encryption_alg_values_supported',
  'userinfo_encryption_enc_values_supported', 'request_object_signing_alg_values_supported', 'request_object_encryption_alg_values_supported',
  'request_object_encryption_enc_values_supported', 'display_values_supported', 'claim_types_supported', 'claims_supported', 'claims_locales_supported',
  'claims_parameter_supported', 'request_parameter_supported', 'request_uri_parameter_supported', 'require_request_uri_registration', // Discovery 1.0
  'end_session_endpoint', 'check_session_iframe', 'frontchannel_logout_supported', 'frontchannel_logout_session_supported',
  'backchannel_logout_supported', 'backchannel_logout_session_supported', 'prompt_values_supported', // OpenID Connect's logout and prompt=create
  'mtls_endpoint_aliases', 'tls_client_certificate_bound_access_tokens', // RFC 8705
  'pushed_authorization_request_endpoint', 'require_pushed_authorization_requests', 'require_signed_request_object', // RFC 9126, RFC 9101
  'authorization_response_iss_parameter_supported', 'authorization_details_types_supported', 'dpop_signing_alg_values_supported', // RFC 9207, 9396, 9449
  'device_authorization_endpoint', 'authorization_signing_alg_values_supported', 'authorization_encryption_alg_values_supported',
  'authorization_encryption_enc_values_supported', // RFC 8628, JARM
  'introspection_signing_alg_values_supported', 'introspection_encryption_alg_values_supported', 'introspection_encryption_enc_values_supported', // RFC 9701
  'backchannel_authentication_endpoint', 'backchannel_token_delivery_modes_supported', 'backchannel_authentication_request_signing_alg_values_supported',
  'backchannel_user_code_parameter_supported', // CIBA
]);

export function isKnownMetadata(metadata) {
  assert.deepEqual(Object.keys(metadata).filter((name) => !METADATA.has(name)), [], 'members nobody knows');
  for (const [name, value] of Object.entries(metadata)) {
    if (name.endsWith('_supported') && typeof value !== 'boolean') assert.ok(Array.isArray(value) && value.every((one) => typeof one === 'string'), name);
  }
}

/** Keys as they may be published: public halves alone, each with a use and a kid of its own. */
export function arePublicKeys(keys) {
  assert.ok(keys.length > 0);
  for (const jwk of keys) {
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) assert.equal(jwk[secret], undefined, `${jwk.kid} holds ${secret}`);
    assert.ok(['RSA', 'EC', 'OKP'].includes(jwk.kty), jwk.kty);
    assert.ok(['sig', 'enc'].includes(jwk.use), `use ${jwk.use}`);
    for (const part of ['n', 'e', 'x', 'y']) if (jwk[part]) assert.match(jwk[part], /^[A-Za-z0-9_-]+$/, part);
    assert.ok(jwk.kid, 'a kid');
  }
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length, 'kids are distinct');
}

/** An answer to a registration (RFC 7591 §3.2.1). */
export function isRegistered(answer, asked) {
  assert.equal(answer.status, 201, answer.text);
  const client = answer.json();
  assert.ok(client.client_id);
  if (client.client_secret) assert.equal(typeof client.client_secret_expires_at, 'number', 'client_secret_expires_at');
  assert.equal(Boolean(client.registration_client_uri), Boolean(client.registration_access_token));
  assert.match(client.registration_client_uri, /^https:/);
  for (const name of ['redirect_uris', 'grant_types', 'response_types', 'token_endpoint_auth_method', 'client_name', 'contacts']) {
    if (asked[name]) assert.deepEqual(client[name], asked[name], name);
  }
  return client;
}

/** A refusal in JSON: its code, and words that RFC 6749 §5.2 allows. */
export function isRefused(answer, codes, statuses = [400]) {
  assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.text}`);
  const { error, error_description: words, ...rest } = answer.json();
  assert.ok([codes].flat().includes(error), `${error}: ${words}`);
  if (words !== undefined) assert.match(words, /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
  return rest;
}

/** What came back to the client is an error and nothing else (OpenID Connect Core §3.1.2.6). */
export function isErrorOf(place, { state, issuer, codes }) {
  const given = Object.fromEntries(place.params);
  const { error, error_description: words, state: echoed, iss, error_uri: uri, ...rest } = given;
  assert.ok(codes.includes(error), `${error}: ${words}`);
  assert.equal(echoed, state, 'state');
  assert.equal(iss, issuer, 'iss');
  assert.deepEqual(rest, {}, 'nothing else');
  assert.equal(uri, undefined);
  assert.match(words, /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
}

/** A page of ours that leads nowhere, at the address that was asked. */
export function isPage(place, path, code) {
  assert.equal(place.callback, undefined, `it went to ${place.url}`);
  assert.equal(place.status, 400, place.url);
  assert.equal(new URL(place.url).pathname, path);
  assert.match(place.headers['content-type'], /^text\/html/);
  assert.ok(place.html.includes(code), `${code} is on the page`);
  assert.equal(place.hops, undefined, 'no redirect anywhere');
}

/** An answer of the token endpoint with tokens in it. */
export function isTokens(answer) {
  assert.equal(answer.status, 200, answer.text);
  const tokens = answer.json();
  assert.equal(tokens.error, undefined);
  assert.match(answer.header('cache-control'), /no-store/);
  assert.equal(tokens.token_type.toLowerCase(), 'bearer');
  assert.match(tokens.access_token, /^[A-Za-z0-9._~+/-]+=*$/);
  isUnguessable(tokens.access_token, 'the access token');
  assert.ok(Number.isInteger(tokens.expires_in) && tokens.expires_in > 0 && tokens.expires_in <= YEAR, `expires_in ${tokens.expires_in}`);
  if (tokens.refresh_token !== undefined) {
    assert.match(tokens.refresh_token, /^[\x20-\x7E]+$/);
    isUnguessable(tokens.refresh_token, 'the refresh token');
  }
  return tokens;
}

/** An ID token: the checks that hold in every circumstance. */
export function isIdToken(jwt, { keys, issuer, client, nonce, alg = 'RS256' }) {
  const { header, claims } = verified(jwt, keys);
  assert.equal(header.alg, alg, 'the algorithm registered, or RS256');
  assert.equal(claims.iss, issuer);
  const audience = [claims.aud].flat();
  assert.ok(audience.includes(client), 'aud');
  if (audience.length > 1 || claims.azp !== undefined) assert.equal(claims.azp, client, 'azp');
  for (const time of ['exp', 'iat', 'auth_time']) assert.equal(typeof claims[time], 'number', time);
  if (claims.nbf !== undefined) assert.ok(claims.nbf <= now() + 300);
  assert.ok(claims.exp > now(), 'not over');
  assert.ok(Math.abs(claims.iat - now()) <= 300, 'issued now');
  assert.ok(claims.auth_time <= now() + 5, 'signed in before now');
  assert.equal(claims.nonce, nonce, 'nonce');
  assert.match(claims.sub, /^[\x20-\x7E]{1,255}$/);
  assert.equal(typeof claims.acr, 'string');
  assert.ok(claims.amr.every((method) => typeof method === 'string'));
  assert.deepEqual(PERSONAL.filter((name) => name in claims), [], 'nothing that was not asked for');
  return claims;
}

/** The types of claims (OpenID Connect Core §5.1). */
export function areTyped(claims) {
  for (const [name, value] of Object.entries(claims)) {
    const type = name === 'updated_at' ? 'number' : name === 'address' ? 'object' : name.endsWith('_verified') ? 'boolean' : 'string';
    assert.equal(typeof value, type, name);
    assert.notEqual(value, '', name);
  }
}

/** A plain answer of the UserInfo endpoint about whom the ID token names. */
export function isUserinfo(answer, sub) {
  assert.equal(answer.status, 200, answer.text);
  const claims = answer.json();
  assert.equal(claims.sub, sub);
  areTyped(claims);
  return claims;
}

/** A signed one (§5.3.2): for the client, and no ID token. */
export function isSignedUserinfo(answer, { sub, keys, issuer, client, alg }) {
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.header('content-type'), /^application\/jwt\b/);
  const { header, claims } = verified(answer.text, keys);
  assert.equal(header.alg, alg);
  assert.equal(claims.iss, issuer);
  assert.ok([claims.aud].flat().includes(client));
  assert.equal(claims.sub, sub);
  assert.equal(claims.nonce, undefined, 'no nonce');
}

/** A refreshed ID token beside the first (OpenID Connect Core §12.2). */
export function isSuccessor(jwt, first) {
  const { claims } = read(jwt);
  for (const same of ['iss', 'sub', 'aud', 'azp', 'auth_time']) assert.deepEqual(claims[same], first[same], same);
  assert.ok(claims.iat > first.iat, 'a new iat');
  if (claims.nonce !== undefined) assert.equal(claims.nonce, first.nonce);
  return claims;
}
