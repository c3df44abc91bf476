// Sign in on a device where nobody can type, with openid-client 6: npm install openid-client
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

/** What to show: `user_code` and `verification_uri`, or a picture of `verification_uri_complete`. */
export const begin = () => oidc.initiateDeviceAuthorization(config, { scope: "{scope}" });

/** Waits until the person has signed in elsewhere; fails when they refuse, or after ten minutes. */
export async function finish(shown) {
  const tokens = await oidc.pollDeviceAuthorizationGrant(config, shown);
  const { sub, acr } = tokens.claims();
  return { sub, acr, tokens };
}

/** New tokens of the same sign-in. Keep the new refresh token: the old one is spent. */ // +refresh
export const refresh = (tokens) => oidc.refreshTokenGrant(config, tokens.refresh_token); // +refresh

/** Forgets the person: the tokens end. */ // +refresh
export const leave = (tokens) => oidc.tokenRevocation(config, tokens.refresh_token); // +refresh
