// A token for the app itself, with openid-client 6: npm install openid-client
import * as oidc from 'openid-client';

const config = await oidc.discovery(
  new URL("{issuer}"),
  "{client_id}",
  undefined,
  oidc.ClientSecretBasic(process.env.CLIENT_SECRET), // +basic
  oidc.ClientSecretPost(process.env.CLIENT_SECRET), // +post
  oidc.ClientSecretJwt(process.env.CLIENT_SECRET), // +jwt
  oidc.PrivateKeyJwt(await crypto.subtle.importKey('jwk', JSON.parse(process.env.CLIENT_KEY), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])), // +key
  { execute: [oidc.allowInsecureRequests] }, // +http
);

let kept;
/** An access token; a new one when the last has less than half a minute to live. */
export async function token() {
  if (!kept || kept.expiresIn() < 30) kept = await oidc.clientCredentialsGrant(config);
  return kept.access_token;
}
