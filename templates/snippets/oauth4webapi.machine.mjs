// A token for the app itself, with oauth4webapi 3, which runs wherever fetch does: npm install oauth4webapi
import * as oauth from 'oauth4webapi';

const issuer = new URL("{issuer}");
const client = { client_id: "{client_id}" };
const app = {
  proof: oauth.ClientSecretBasic(process.env.CLIENT_SECRET), // +basic
  proof: oauth.ClientSecretPost(process.env.CLIENT_SECRET), // +post
  proof: oauth.ClientSecretJwt(process.env.CLIENT_SECRET), // +jwt
  proof: oauth.PrivateKeyJwt(await crypto.subtle.importKey('jwk', JSON.parse(process.env.CLIENT_KEY), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])), // +key
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

let kept;
/** An access token; a new one when the last has less than half a minute to live. */
export async function token() {
  const now = Date.now() / 1000;
  if (!kept || kept.until < now + 30) {
    const got = await sent(async () => oauth.processClientCredentialsResponse(
      server, client, await oauth.clientCredentialsGrantRequest(server, client, app.proof, {}, options)));
    kept = { access_token: got.access_token, until: now + got.expires_in };
  }
  return kept.access_token;
}
