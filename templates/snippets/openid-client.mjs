// Sign in with openid-client 6: npm install openid-client
import * as oidc from 'openid-client';

const config = await oidc.discovery(
  new URL("{issuer}"),
  "{client_id}",
  { id_token_signed_response_alg: "{alg}" },
  oidc.ClientSecretBasic(process.env.CLIENT_SECRET), // +basic
  oidc.ClientSecretPost(process.env.CLIENT_SECRET), // +post
  oidc.ClientSecretJwt(process.env.CLIENT_SECRET), // +jwt
  oidc.PrivateKeyJwt(await crypto.subtle.importKey('jwk', JSON.parse(process.env.CLIENT_KEY), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])), // +key
  oidc.None(), // +none
  { execute: [oidc.allowInsecureRequests] }, // +http
);

// Weakest first. A level is asked for, not granted: look at what came back.
const levels = ['urn:vouchsafe:acr:aal1', 'urn:vouchsafe:acr:aal2', 'urn:vouchsafe:acr:aal2-phr'];
export const reaches = (acr, wanted) => levels.indexOf(acr) >= levels.indexOf(wanted);

/** Where to send the browser. Keep `pending` in the person's session until the callback. */
export async function begin(more = {}) {
  const pending = {
    verifier: oidc.randomPKCECodeVerifier(), state: oidc.randomState(), nonce: oidc.randomNonce(), wanted: more.acr_values,
    maxAge: more.max_age && Number(more.max_age),
  };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: "{redirect_uri}",
    scope: "{scope}",
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
    ...more,
  });
  return { url, pending };
}

/** Before something that matters: a stronger proof, not older than five minutes. */
export const stepUp = () => begin({ acr_values: "{step_up}", max_age: '300' });

/** At the callback; `here` is its full URL. Signature, issuer, state, nonce and times are checked by the library. */
export async function finish(here, pending) {
  const tokens = await oidc.authorizationCodeGrant(config, here, {
    pkceCodeVerifier: pending.verifier, expectedState: pending.state, expectedNonce: pending.nonce, maxAge: pending.maxAge,
    idTokenExpected: true,
  });
  const { sub, acr } = tokens.claims();
  if (pending.wanted && !reaches(acr, pending.wanted)) throw new Error(`signed in at ${acr} only`);
  return { sub, acr, tokens };
}

/** New tokens of the same sign-in. Keep the new refresh token: the old one is spent. */ // +refresh
export const refresh = (tokens) => oidc.refreshTokenGrant(config, tokens.refresh_token); // +refresh

/** Where to send the browser to sign out everywhere. */
export const leave = (tokens) => oidc.buildEndSessionUrl(config, {
  id_token_hint: tokens.id_token,
  post_logout_redirect_uri: "{post_logout_redirect_uri}", // +home
});
