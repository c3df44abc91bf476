// A relying party built on the npm package oauth4webapi: requests that are pushed, tokens that are bound to a key, and the
// code the provider fills in.
import assert from 'node:assert/strict';
import { AAL1, AAL2, BACK, Checks, LEFT, LOW, assertionKey } from './checks.mjs';
import * as oauth from 'oauth4webapi';
import { Person } from './person.mjs';

const checks = await Checks.begin('oauth4webapi');
const { demo } = checks;
const check = (name, body) => checks.check(name, body);
const insecure = { [oauth.allowInsecureRequests]: true };

/** The same once more where the provider asks for a newer nonce. */
const sent = (request) => request().catch((error) => {
  if (!oauth.isDPoPNonceError(error)) throw error;
  return request();
});

/** A confidential app that pushes its requests and proves a key of its own with its tokens. */
class App {
  static async connected() {
    const app = new App();
    const issuer = new URL(demo.issuer);
    app.server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
    const { jwks, key } = await assertionKey();
    const registered = checks.register({
      client_name: 'Strict', token_endpoint_auth_method: 'private_key_jwt', jwks, id_token_signed_response_alg: 'ES256',
      dpop_bound_access_tokens: true, policy: { ...LOW, require_par: true },
    });
    app.client = { client_id: registered.client_id, id_token_signed_response_alg: 'ES256' };
    app.proof = oauth.PrivateKeyJwt({ key, kid: 'one' });
    app.options = { ...insecure, DPoP: oauth.DPoP(app.client, await oauth.generateKeyPair('ES256')) };
    return app;
  }

  get all() {
    return [this.server, this.client, this.proof];
  }

  async pushes(more = {}) {
    const pending = { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() };
    const request = {
      response_type: 'code', redirect_uri: BACK, scope: 'openid profile email offline_access', state: pending.state, nonce: pending.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier), code_challenge_method: 'S256', ...more,
    };
    const pushed = await sent(async () => oauth.processPushedAuthorizationResponse(
      this.server, this.client, await oauth.pushedAuthorizationRequest(...this.all, request, this.options)));
    const url = new URL(this.server.authorization_endpoint);
    url.search = new URLSearchParams({ client_id: this.client.client_id, request_uri: pushed.request_uri });
    return { url, pending };
  }

  async redeems(back, { verifier, state, nonce }, options = this.options) {
    const answer = oauth.validateAuthResponse(this.server, this.client, back, state);
    return sent(async () => oauth.processAuthorizationCodeResponse(
      this.server, this.client, await oauth.authorizationCodeGrantRequest(...this.all, answer, BACK, verifier, options),
      { expectedNonce: nonce, requireIdToken: true }));
  }

  async signsIn(person, more) {
    const { url, pending } = await this.pushes(more);
    const tokens = await this.redeems(await person.goes(url, BACK), pending);
    return { tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
  }

  refreshes({ refresh_token }, options = this.options) {
    return sent(async () => oauth.processRefreshTokenResponse(
      this.server, this.client, await oauth.refreshTokenGrantRequest(...this.all, refresh_token, options)));
  }

  userinfo({ access_token }, sub, options = this.options) {
    return sent(async () => oauth.processUserInfoResponse(
      this.server, this.client, sub, await oauth.userInfoRequest(this.server, this.client, access_token, options)));
  }
}

try {
  const clinician = new Person(demo.clinician);
  let app, signed;

  await check('pushes a request, proves itself and a key, and signs a clinician in', async () => {
    app = await App.connected();
    signed = await app.signsIn(clinician);
    assert.equal(signed.tokens.token_type, 'dpop');
    assert.equal(signed.claims.acr, AAL1);
    assert.ok((await app.userinfo(signed.tokens, signed.claims.sub)).email);
  });

  await check('steps up by a pushed request', async () => {
    const stronger = await app.signsIn(clinician, { acr_values: AAL2, max_age: '300' });
    assert.deepEqual(clinician.asked, ['code']);
    assert.deepEqual([stronger.claims.sub, stronger.claims.acr], [signed.claims.sub, AAL2]);
    signed = stronger;
  });

  await check('refreshes with its key, and introspects and revokes what it got', async () => {
    const renewed = await app.refreshes(signed.tokens);
    assert.equal(renewed.token_type, 'dpop');
    assert.notEqual(renewed.access_token, signed.tokens.access_token);
    const ask = async () => oauth.processIntrospectionResponse(
      app.server, app.client, await oauth.introspectionRequest(...app.all, renewed.access_token, insecure));
    const known = await ask();
    assert.deepEqual([known.active, known.token_type, typeof known.cnf.jkt], [true, 'DPoP', 'string']);
    await oauth.processRevocationResponse(await oauth.revocationRequest(...app.all, renewed.refresh_token, insecure));
    assert.equal((await ask()).active, false);
    await assert.rejects(app.refreshes(renewed), (error) => error.error === 'invalid_grant');
  });

  await check('gets nothing without its key, with another, or by a request in the address', async () => {
    const { tokens, claims } = await app.signsIn(clinician);
    const another = { ...insecure, DPoP: oauth.DPoP(app.client, await oauth.generateKeyPair('ES256')) };
    for (const options of [insecure, another]) {
      await assert.rejects(app.userinfo(tokens, claims.sub, options), (error) => error.status === 401, 'a stolen token is good');
    }
    const { url, pending } = await app.pushes();
    const back = await clinician.goes(url, BACK);
    await assert.rejects(app.redeems(back, pending, insecure), (error) => error.error === 'invalid_request' && /DPoP/.test(error.error_description));
    const plain = new URL(app.server.authorization_endpoint);
    plain.search = new URLSearchParams({
      client_id: app.client.client_id, response_type: 'code', redirect_uri: BACK, scope: 'openid', state: 'of the app',
      code_challenge: await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier()), code_challenge_method: 'S256',
    });
    const refused = await clinician.goes(plain, BACK);
    assert.equal(refused.searchParams.get('error'), 'invalid_request');
  });

  await check('signs in, steps up, refreshes and signs out with the code the provider fills in', async () => {
    const { jwks, jwk } = await assertionKey();
    const plain = { client_name: 'Plain', policy: LOW };
    const strict = {
      client_name: 'Strict', token_endpoint_auth_method: 'private_key_jwt', jwks, id_token_signed_response_alg: 'ES256',
      dpop_bound_access_tokens: true, policy: { ...LOW, require_par: true },
    };
    for (const metadata of [plain, strict]) {
      const app = await checks.snippet(checks.register(metadata), { CLIENT_KEY: JSON.stringify(jwk) });
      const person = new Person(demo.clinician);
      const first = await app.begin();
      assert.equal(first.url.searchParams.has('request_uri'), metadata === strict);
      const got = await app.finish(await person.goes(first.url, BACK), first.pending);
      assert.equal(got.acr, AAL1);
      assert.ok((await app.userinfo(got.tokens, got.sub)).email);
      const more = await app.stepUp();
      const fresh = await app.finish(await person.goes(more.url, BACK), more.pending);
      assert.deepEqual([fresh.sub, fresh.acr], [got.sub, AAL2]);
      const renewed = await app.refresh(fresh.tokens);
      assert.equal(renewed.token_type, metadata === strict ? 'dpop' : 'bearer');
      assert.notEqual(renewed.access_token, fresh.tokens.access_token);
      await person.goes(app.leave(fresh.tokens), LEFT);
      const again = await app.begin({ prompt: 'none' });
      await assert.rejects(app.finish(await person.goes(again.url, BACK), again.pending), (error) => error.error === 'login_required');
      await assert.rejects(app.finish(new URL(`${BACK}?code=x&state=other`), first.pending));
    }
  });

  await check('is not taken in by a weaker sign-in with the code the provider fills in', async () => {
    const app = await checks.snippet(checks.register({ client_name: 'Weak', policy: LOW }));
    const { url, pending } = await app.stepUp();
    url.searchParams.delete('acr_values');
    await assert.rejects(app.finish(await new Person(demo.clinician).goes(url, BACK), pending), /aal1 only/);
  });

  await check('proves itself in every way with the code the provider fills in', async () => {
    const person = new Person(demo.clinician);
    for (const token_endpoint_auth_method of ['client_secret_post', 'client_secret_jwt', 'none']) {
      const app = await checks.snippet(checks.register({ client_name: token_endpoint_auth_method, token_endpoint_auth_method, policy: LOW }));
      const { url, pending } = await app.begin();
      const got = await app.finish(await person.goes(url, BACK), pending);
      assert.ok((await app.refresh(got.tokens)).access_token, token_endpoint_auth_method);
    }
  });

  await check('gets a token for a machine with the code the provider fills in', async () => {
    const { jwks, jwk } = await assertionKey();
    const ways = [
      ...['client_secret_basic', 'client_secret_post', 'client_secret_jwt'].map((token_endpoint_auth_method) => ({ token_endpoint_auth_method })),
      { token_endpoint_auth_method: 'private_key_jwt', jwks, dpop_bound_access_tokens: true },
    ];
    for (const metadata of ways) {
      const app = await checks.snippet(checks.machine(metadata), { CLIENT_KEY: JSON.stringify(jwk) });
      const token = await app.token();
      assert.ok(token);
      assert.equal(await app.token(), token);
    }
  });

  await check('signs in on a device with the code the provider fills in', async () => {
    await checks.helped(await checks.snippet(checks.device()), new Person(demo.clinician));
  });
} finally {
  await checks.end();
}
