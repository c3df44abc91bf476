// Sign in on a device where nobody can type, with oauth4webapi 3, which runs wherever fetch does: npm install oauth4webapi
import * as oauth from 'oauth4webapi';

const issuer = new URL("{issuer}");
const client = { client_id: "{client_id}", id_token_signed_response_alg: "{alg}" };
const app = {
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

/** What to show: `user_code` and `verification_uri`, or a picture of `verification_uri_complete`. */
export const begin = () => sent(async () => oauth.processDeviceAuthorizationResponse(
  server, client, await oauth.deviceAuthorizationRequest(server, client, app.proof, { scope: "{scope}" }, options)));

/** Waits until the person has signed in elsewhere; fails when they refuse, or after ten minutes. */
export async function finish(shown) {
  for (let pause = shown.interval ?? 5; ;) {
    await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    try {
      const tokens = await sent(async () => {
        const response = await oauth.deviceCodeGrantRequest(server, client, app.proof, shown.device_code, options);
        const granted = await oauth.processDeviceCodeResponse(server, client, response);
        await oauth.validateApplicationLevelSignature(server, response, options);
        return granted;
      });
      const { sub, acr } = oauth.getValidatedIdTokenClaims(tokens);
      return { sub, acr, tokens };
    } catch (error) {
      if (error.error === 'slow_down') pause += 5;
      else if (error.error !== 'authorization_pending') throw error;
    }
  }
}

/** New tokens of the same sign-in. Keep the new refresh token: the old one is spent. */ // +refresh
export const refresh = (tokens) => sent(async () => oauth.processRefreshTokenResponse( // +refresh
  server, client, await oauth.refreshTokenGrantRequest(server, client, app.proof, tokens.refresh_token, options))); // +refresh
 // +refresh
/** Forgets the person: the tokens end. */ // +refresh
export const leave = async (tokens) => oauth.processRevocationResponse( // +refresh
  await oauth.revocationRequest(server, client, app.proof, tokens.refresh_token, options)); // +refresh
