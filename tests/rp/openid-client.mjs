// A relying party built on the npm package openid-client: every flow it would use in production, against a demo.
// Prints a line for each check, in TAP's words, and ends with a status.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { AAL1, AAL2, BACK, Checks, LEFT, LOW, assertionKey } from './checks.mjs';
import * as oidc from 'openid-client';
import { Person } from './person.mjs';

const checks = await Checks.begin('openid-client');
const { demo } = checks;
const check = (name, body) => checks.check(name, body);
const register = (metadata) => checks.register(metadata);

function connect(client, authentication) {
  const metadata = { client_secret: client.client_secret, id_token_signed_response_alg: client.id_token_signed_response_alg };
  return oidc.discovery(new URL(demo.issuer), client.client_id, metadata, authentication, {
    execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
  });
}

/** One authorization: the request, the person's way through it, and what the library makes of the answer. */
async function authorize(config, person, parameters = {}, checks = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: BACK, scope: 'openid profile email', state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...parameters,
  });
  const back = await person.goes(url, BACK);
  return oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true, ...checks });
}

try {
  const clinician = new Person(demo.clinician);
  let basic, config, tokens, claims;

  await check('discovers the provider', async () => {
    basic = register({ client_name: 'Basic', grant_types: ['authorization_code', 'refresh_token', 'client_credentials'], token_endpoint_auth_method: 'client_secret_basic' });
    config = await connect(basic, oidc.ClientSecretBasic(basic.client_secret));
    const server = config.serverMetadata();
    assert.equal(server.issuer, demo.issuer);
    assert.ok(server.supportsPKCE());
    assert.deepEqual(server.response_types_supported, ['code']);
    assert.ok(server.acr_values_supported.includes(AAL2));
    assert.equal(server.authorization_response_iss_parameter_supported, true);
  });

  await check('signs a clinician in with code and PKCE', async () => {
    tokens = await authorize(config, clinician, { scope: 'openid profile email offline_access', prompt: 'consent' });
    claims = tokens.claims();
    assert.equal(claims.acr, AAL2);
    for (const method of ['pwd', 'otp', 'mfa']) assert.ok(claims.amr.includes(method), `${claims.amr}`);
    for (const claim of ['auth_time', 'jti', 'sid']) assert.ok(claims[claim], claim);
    assert.ok(clinician.asked.includes('code'));
  });

  await check('reads the userinfo of the same person', async () => {
    const person = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
    assert.equal(person.sub, claims.sub);
    assert.ok(person.email);
  });

  await check('introspects its own token', async () => {
    const answer = await oidc.tokenIntrospection(config, tokens.access_token);
    assert.equal(answer.active, true);
    assert.equal(answer.client_id, basic.client_id);
    assert.equal(answer.sub, claims.sub);
  });

  await check('signs in again without a question while the session lasts', async () => {
    const again = await authorize(config, clinician, { prompt: 'none', max_age: '3600' }, { maxAge: 3600 });
    assert.deepEqual(clinician.asked, []);
    assert.equal(again.claims().sub, claims.sub);
    assert.equal(again.claims().auth_time, claims.auth_time);
    assert.equal(again.claims().sid, claims.sid);
  });

  await check('steps up with acr_values and a fresh proof', async () => {
    const fresh = await authorize(config, clinician, { acr_values: AAL2, prompt: 'login' });
    assert.ok(clinician.asked.includes('password') && clinician.asked.includes('code'), `asked ${clinician.asked}`);
    assert.equal(fresh.claims().acr, AAL2);
    assert.ok(fresh.claims().auth_time >= claims.auth_time);
  });

  await check('is told when a level cannot be reached', async () => {
    const essential = JSON.stringify({ id_token: { acr: { essential: true, values: ['urn:vouchsafe:acr:aal3'] } } });
    await assert.rejects(authorize(config, clinician, { claims: essential }), (error) => error.error === 'unmet_authentication_requirements');
  });

  await check('refreshes, and the old token still answers the same successor', async () => {
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.notEqual(refreshed.access_token, tokens.access_token);
    assert.equal(refreshed.claims().sub, claims.sub);
    assert.equal(refreshed.claims().auth_time, claims.auth_time);
    const repeated = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal(repeated.refresh_token, refreshed.refresh_token, 'within a minute a repeat gets the same successor');
    tokens = refreshed;
  });

  await check('gets a token for itself', async () => {
    const own = await oidc.clientCredentialsGrant(config);
    assert.equal(own.refresh_token, undefined);
    assert.equal((await oidc.tokenIntrospection(config, own.access_token)).sub, basic.client_id);
  });

  await check('cannot use a code twice', async () => {
    const verifier = oidc.randomPKCECodeVerifier();
    const parameters = { redirect_uri: BACK, scope: 'openid', code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' };
    const back = await clinician.goes(oidc.buildAuthorizationUrl(config, parameters), BACK);
    const first = await oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier });
    await assert.rejects(oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier }), (error) => error.error === 'invalid_grant');
    const survivor = await oidc.tokenIntrospection(config, first.access_token);
    assert.equal(survivor.active, false, 'the tokens of a replayed code end');
  });

  await check('cannot redeem with another verifier', async () => {
    const challenge = await oidc.calculatePKCECodeChallenge(oidc.randomPKCECodeVerifier());
    const back = await clinician.goes(oidc.buildAuthorizationUrl(config, { redirect_uri: BACK, scope: 'openid', code_challenge: challenge, code_challenge_method: 'S256' }), BACK);
    await assert.rejects(oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier: oidc.randomPKCECodeVerifier() }), (error) => error.error === 'invalid_grant');
  });

  await check('revokes its refresh token', async () => {
    await oidc.tokenRevocation(config, tokens.refresh_token);
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), (error) => error.error === 'invalid_grant');
  });

  await check('is refused with a wrong secret', async () => {
    const wrong = await connect(basic, oidc.ClientSecretBasic('not the secret'));
    await assert.rejects(oidc.clientCredentialsGrant(wrong), (error) => error.error === 'invalid_client' || error.status === 401);
  });

  await check('works as client_secret_post, private_key_jwt and none', async () => {
    const post = register({ client_name: 'Post', grant_types: ['authorization_code'], token_endpoint_auth_method: 'client_secret_post' });
    const { jwks, key } = await assertionKey();
    const jwt = register({ client_name: 'Key', grant_types: ['authorization_code'], token_endpoint_auth_method: 'private_key_jwt', jwks, id_token_signed_response_alg: 'ES256' });
    const open = register({ client_name: 'Open', grant_types: ['authorization_code'], token_endpoint_auth_method: 'none', application_type: 'native' });
    const kinds = [[post, oidc.ClientSecretPost(post.client_secret)], [jwt, oidc.PrivateKeyJwt({ key, kid: 'one' })], [open, oidc.None()]];
    for (const [client, authentication] of kinds) {
      const got = await authorize(await connect(client, authentication), clinician);
      assert.equal(got.claims().aud, client.client_id);
    }
  });

  await check('is told when there is no session and no question may be asked', async () => {
    await assert.rejects(authorize(config, new Person(demo.clinician), { prompt: 'none' }), (error) => error.error === 'login_required');
  });

  await check('signs the person out, and the session is over', async () => {
    const { id_token: hint } = await authorize(config, clinician);
    const state = oidc.randomState();
    const left = await clinician.goes(oidc.buildEndSessionUrl(config, { id_token_hint: hint, post_logout_redirect_uri: LEFT, state }), LEFT);
    assert.equal(left.searchParams.get('state'), state);
    await assert.rejects(authorize(config, clinician, { prompt: 'none' }), (error) => error.error === 'login_required');
  });

  await check('signs in, steps up, refreshes and signs out with the code the provider fills in', async () => {
    const app = await checks.snippet(register({ client_name: 'Snippet', policy: LOW }));
    const person = new Person(demo.clinician);
    const first = await app.begin();
    const got = await app.finish(await person.goes(first.url, BACK), first.pending);
    assert.equal(got.acr, AAL1);
    const more = await app.stepUp();
    const fresh = await app.finish(await person.goes(more.url, BACK), more.pending);
    assert.ok(person.asked.includes('code') && !person.asked.includes('password'), `asked ${person.asked}`);
    assert.deepEqual([fresh.sub, fresh.acr], [got.sub, AAL2]);
    const renewed = await app.refresh(fresh.tokens);
    assert.notEqual(renewed.access_token, fresh.tokens.access_token);
    const left = await person.goes(app.leave(fresh.tokens), LEFT);
    assert.ok(left.href.startsWith(LEFT));
    const again = await app.begin({ prompt: 'none' });
    await assert.rejects(app.finish(await person.goes(again.url, BACK), again.pending), (error) => error.error === 'login_required');
    await assert.rejects(app.finish(new URL(`${BACK}?code=x&state=other`), first.pending));
  });

  await check('is not taken in by a weaker sign-in with the code the provider fills in', async () => {
    const app = await checks.snippet(register({ client_name: 'Weak', policy: LOW }));
    const { url, pending } = await app.stepUp();
    url.searchParams.delete('acr_values');
    const back = await new Person(demo.clinician).goes(url, BACK);
    await assert.rejects(app.finish(back, pending), /aal1 only/);
  });

  await check('proves itself in every way with the code the provider fills in', async () => {
    const { jwks, jwk } = await assertionKey();
    const ways = {
      client_secret_post: {}, client_secret_jwt: {}, none: {},
      private_key_jwt: { jwks, id_token_signed_response_alg: 'ES256' },
    };
    const person = new Person(demo.clinician);
    for (const [method, more] of Object.entries(ways)) {
      const client = register({ client_name: method, token_endpoint_auth_method: method, policy: LOW, ...more });
      const app = await checks.snippet(client, { CLIENT_KEY: JSON.stringify(jwk) });
      const { url, pending } = await app.begin();
      const got = await app.finish(await person.goes(url, BACK), pending);
      assert.equal(got.acr, AAL1, method);
      assert.ok((await app.refresh(got.tokens)).access_token, method);
    }
  });

  await check('gets a token for a machine with the code the provider fills in', async () => {
    const { jwks, jwk } = await assertionKey();
    for (const method of ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt']) {
      const machine = checks.machine({ token_endpoint_auth_method: method, ...(method === 'private_key_jwt' && { jwks }) });
      const app = await checks.snippet(machine, { CLIENT_KEY: JSON.stringify(jwk) });
      const token = await app.token();
      assert.equal(await app.token(), token, method);
      if (method.endsWith('jwt')) continue;
      const env = { ...process.env, CLIENT_SECRET: machine.client_secret };
      const answer = JSON.parse(execFileSync('sh', ['-c', checks.code(machine, 'curl')], { encoding: 'utf8', env }));
      assert.equal(answer.token_type, 'Bearer', JSON.stringify(answer));
    }
  });

  await check('signs in on a device, and by its shell, with the code the provider fills in', async () => {
    const client = checks.device();
    const byShell = (async () => {
      const shell = spawn('sh', ['-c', checks.code(checks.device({ client_name: 'Shell' }), 'curl')], { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
      const [, verification_uri, user_code] = (await lines.next()).value.match(/^Go to (\S+) and type (\S+)$/);
      await new Person(demo.clinician).helps({ verification_uri, user_code });
      assert.ok(JSON.parse((await lines.next()).value).id_token);
    })();
    await Promise.all([checks.helped(await checks.snippet(client), new Person(demo.clinician)), byShell]);
  });

  await check('signs in by hand with curl and the code the provider fills in', async () => {
    for (const method of ['client_secret_basic', 'none']) {
      const client = register({ client_name: 'Curl', token_endpoint_auth_method: method, policy: LOW });
      const shell = spawn('sh', ['-c', checks.code(client, 'curl')], { env: { ...process.env, CLIENT_SECRET: client.client_secret }, stdio: ['pipe', 'pipe', 'inherit'] });
      const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
      let line = '';
      while (!line.startsWith('http')) line = (await lines.next()).value;
      shell.stdin.end(`${await clinician.goes(new URL(line), BACK)}\n`);
      while (!line.startsWith('{')) line = (await lines.next()).value;
      const tokens = JSON.parse(line);
      assert.ok(tokens.id_token, line);
    }
  });

  await check('signs a patient in, who sets up a code app on the way', async () => {
    const patient = new Person(demo.patient);
    const got = await authorize(config, patient);
    assert.ok(patient.asked.includes('totp-key'), `asked ${patient.asked}`);
    assert.equal(got.claims().acr, AAL2);
  });
} finally {
  await checks.end();
}
