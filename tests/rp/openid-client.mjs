// A relying party built on the npm package openid-client: every flow it would use in production, against a demo.
// Prints a line for each check, in TAP's words, and ends with a status.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { setDefaultResultOrder } from 'node:dns';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createInterface } from 'node:readline';
import { Demo } from '../browser/support/demo.js';
import { Person } from './person.mjs';

globalThis.crypto ??= webcrypto; // Node 18 keeps it in a module
setDefaultResultOrder('ipv4first');
const oidc = await import('openid-client');

const BACK = 'http://localhost:9/callback';
const LEFT = 'http://localhost:9/left';
const AAL2 = 'urn:vouchsafe:acr:aal2';

let failed = 0;
async function check(name, body) {
  try {
    await body();
    console.log(`ok - openid-client: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok - openid-client: ${name}`);
    console.log(`# ${(error.stack ?? String(error)).replaceAll('\n', '\n# ')}`);
    if (error.cause) console.log(`# cause: ${JSON.stringify(error.cause)}`.slice(0, 1000));
  }
}

const demo = await Demo.start();

function register(metadata) {
  const file = join(demo.data, `client-${Math.random().toString(36).slice(2)}.json`);
  writeFileSync(file, JSON.stringify({ redirect_uris: [BACK], post_logout_redirect_uris: [LEFT], response_types: ['code'], scope: 'openid profile email offline_access', ...metadata }));
  const register = fileURLToPath(new URL('register', import.meta.url));
  return JSON.parse(execFileSync(register, [demo.data, file], { encoding: 'utf8', env: { ...process.env, ...demo.settings } }));
}

/** The code the provider prints for a client and a library. */
function code(client, library) {
  const script = fileURLToPath(new URL('snippet', import.meta.url));
  return execFileSync(script, [demo.data, client.client_id, library], { encoding: 'utf8', env: { ...process.env, ...demo.settings } });
}

/** That code as a module; it finds its library where this one does. */
async function snippet(client) {
  const file = fileURLToPath(new URL(`node_modules/.${client.client_id}.mjs`, import.meta.url));
  writeFileSync(file, code(client, 'openid-client'));
  process.env.CLIENT_SECRET = client.client_secret;
  try {
    return await import(pathToFileURL(file));
  } finally {
    rmSync(file);
  }
}

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
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' };
    const key = await crypto.subtle.importKey('jwk', privateKey.export({ format: 'jwk' }), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    const jwt = register({ client_name: 'Key', grant_types: ['authorization_code'], token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] }, id_token_signed_response_alg: 'ES256' });
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

  await check('signs in, steps up and out with the code the provider fills in', async () => {
    for (const method of ['client_secret_basic', 'client_secret_post', 'none']) {
      const app = await snippet(register({ client_name: 'Snippet', grant_types: ['authorization_code'], token_endpoint_auth_method: method }));
      const first = await app.begin();
      const got = await app.finish(await clinician.goes(first.url, BACK), first.pending);
      assert.equal(got.acr, AAL2);
      const more = await app.stepUp();
      const fresh = await app.finish(await clinician.goes(more.url, BACK), more.pending);
      assert.equal(fresh.sub, got.sub);
      const left = await clinician.goes(app.leave(fresh.tokens), LEFT);
      assert.ok(left.href.startsWith(LEFT));
      await assert.rejects(app.finish(new URL(`${BACK}?code=x&state=other`), first.pending));
    }
  });

  await check('gets a token for a machine with the code the provider fills in', async () => {
    for (const method of ['client_secret_basic', 'client_secret_post']) {
      const machine = register({ client_name: 'Machine', redirect_uris: [], post_logout_redirect_uris: [], response_types: [], scope: '', grant_types: ['client_credentials'], token_endpoint_auth_method: method });
      const app = await snippet(machine);
      assert.equal(await app.token(), await app.token());
      const env = { ...process.env, CLIENT_SECRET: machine.client_secret };
      const answer = JSON.parse(execFileSync('sh', ['-c', code(machine, 'curl')], { encoding: 'utf8', env }));
      assert.equal(answer.token_type, 'Bearer', JSON.stringify(answer));
    }
  });

  await check('signs in by hand with curl and the code the provider fills in', async () => {
    for (const method of ['client_secret_basic', 'none']) {
      const client = register({ client_name: 'Curl', grant_types: ['authorization_code'], token_endpoint_auth_method: method });
      const shell = spawn('sh', ['-c', code(client, 'curl')], { env: { ...process.env, CLIENT_SECRET: client.client_secret }, stdio: ['pipe', 'pipe', 'inherit'] });
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
  await demo.stop();
}
if (failed) console.log(`# what the demo said:\n# ${demo.messages.slice(-3000).replaceAll('\n', '\n# ')}`);
process.exit(failed ? 1 : 0);
