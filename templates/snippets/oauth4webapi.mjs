// Sign in with oauth4webapi 3, which runs wherever fetch does: npm install oauth4webapi
import * as oauth from 'oauth4webapi';

const issuer = new URL("{issuer}");
const client = { client_id: "{client_id}", id_token_signed_response_alg: "{alg}" };
const app = {
  redirect_uri: "{redirect_uri}",
  proof: oauth.ClientSecretBasic(process.env.CLIENT_SECRET), // +basic
  proof: oauth.ClientSecretPost(process.env.CLIENT_SECRET), // +post
  proof: oauth.ClientSecretJwt(process.env.CLIENT_SECRET), // +jwt
  proof: oauth.PrivateKeyJwt(await crypto.subtle.importKey('jwk', JSON.parse(process.env.CLIENT_KEY), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])), // +key
  proof: oauth.None(), // +none
};
const options = {
  [oauth.allowInsecureRequests]: true, // +http
  // Tokens are good together with this key alone. It lives as long as the process, like the tokens it protects. // +dpop
  DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')), // +dpop
};
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));

/** Sends a request; once more where the provider asks for a newer nonce in the proof of the key. */
const sent = (request) => request().catch((error) => {
  if (!oauth.isDPoPNonceError(error)) throw error;
  return request();
});

// Weakest first. A level is asked for, not granted: look at what came back.
const levels = ['urn:vouchsafe:acr:aal1', 'urn:vouchsafe:acr:aal2', 'urn:vouchsafe:acr:aal2-phr'];
export const reaches = (acr, wanted) => levels.indexOf(acr) >= levels.indexOf(wanted);

/** Where to send the browser. Keep `pending` in the person's session until the callback. */
export async function begin(more = {}) {
  const pending = {
    verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce(),
    wanted: more.acr_values, maxAge: more.max_age && Number(more.max_age),
  };
  let request = {
    client_id: client.client_id, response_type: 'code', redirect_uri: app.redirect_uri, scope: "{scope}",
    state: pending.state, nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier), code_challenge_method: 'S256', ...more,
  };
  // The request goes to the provider itself; the browser carries a reference to it. // +par
  const { request_uri } = await sent(async () => oauth.processPushedAuthorizationResponse( // +par
    server, client, await oauth.pushedAuthorizationRequest(server, client, app.proof, request, options))); // +par
  request = { client_id: client.client_id, request_uri }; // +par
  const url = new URL(server.authorization_endpoint);
  for (const [name, value] of Object.entries(request)) url.searchParams.set(name, value);
  return { url, pending };
}

/** Before something that matters: a stronger proof, not older than five minutes. */
export const stepUp = () => begin({ acr_values: "{step_up}", max_age: '300' });

/** At the callback; `here` is its full URL. Signature, issuer, state, nonce and times are checked by the library. */
export async function finish(here, pending) {
  const answer = oauth.validateAuthResponse(server, client, here, pending.state);
  const tokens = await sent(async () => {
    const response = await oauth.authorizationCodeGrantRequest(server, client, app.proof, answer, app.redirect_uri, pending.verifier, options);
    const checks = { expectedNonce: pending.nonce, maxAge: pending.maxAge, requireIdToken: true };
    const granted = await oauth.processAuthorizationCodeResponse(server, client, response, checks);
    await oauth.validateApplicationLevelSignature(server, response, options);
    return granted;
  });
  const { sub, acr } = oauth.getValidatedIdTokenClaims(tokens);
  if (pending.wanted && !reaches(acr, pending.wanted)) throw new Error(`signed in at ${acr} only`);
  return { sub, acr, tokens };
}

/** What the person agreed to share: name, e-mail address and the like. */
export const userinfo = (tokens, sub) => sent(async () => oauth.processUserInfoResponse(
  server, client, sub, await oauth.userInfoRequest(server, client, tokens.access_token, options)));

/** New tokens of the same sign-in. Keep the new refresh token: the old one is spent. */ // +refresh
export const refresh = (tokens) => sent(async () => oauth.processRefreshTokenResponse( // +refresh
  server, client, await oauth.refreshTokenGrantRequest(server, client, app.proof, tokens.refresh_token, options))); // +refresh

/** Where to send the browser to sign out everywhere. */
export function leave(tokens) {
  const url = new URL(server.end_session_endpoint);
  url.searchParams.set('id_token_hint', tokens.id_token);
  url.searchParams.set('post_logout_redirect_uri', "{post_logout_redirect_uri}"); // +home
  return url;
}
