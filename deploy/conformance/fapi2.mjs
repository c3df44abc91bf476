#!/usr/bin/env node
// Registers the clients of the plans of FAPI 2.0 at an installation that prepare.mjs made, and writes the configurations
// of those plans beside the others. fapi2.md says how to use it. What is registered of a client stands in the files
// fapi2-*.json; keys, certificates and redirect URIs are added here.
import { join } from 'node:path';
import { signIn } from './plans.mjs';
import { HERE, command, installation, pair, read } from './statics.mjs';

/** How clients prove themselves, and what their tokens are bound to. */
const PAIRS = [['private_key_jwt', 'dpop'], ['private_key_jwt', 'mtls'], ['mtls', 'mtls']];
/** The second client's registered address has a query. */
const SUFFIX = '?dummy1=lorem&dummy2=ipsum';
/** Where deploy/conformance/resource.mjs listens, unless somebody says otherwise. */
export const RESOURCE_PORT = 9446;

const profile = (auth, sender, openid) => ({
  client_auth_type: auth, sender_constrain: sender, openid, fapi_profile: 'plain_fapi', authorization_request_type: 'simple',
});

/** The plans with the variants each is run in, and whose clients it is run with. */
export const PLANS = PAIRS.flatMap(([auth, sender]) => {
  const both = ['openid_connect', 'plain_oauth'];
  const security = both.map((openid) => ({
    plan: 'fapi2-security-profile-final-test-plan', file: `fapi2-${auth}-${sender}-${openid}`,
    clients: `${auth}-${sender}`, variant: profile(auth, sender, openid),
  }));
  const own = {
    plan: 'fapi2-security-profile-final-client-credentials-grant-test-plan', file: `fapi2-${auth}-${sender}-client-credentials`,
    clients: `${auth}-${sender}`, variant: { client_auth_type: auth, sender_constrain: sender },
  };
  const signing = both.map((openid) => ({
    plan: 'fapi2-message-signing-final-test-plan', file: `fapi2-message-signing-${auth}-${sender}-${openid}`,
    clients: `message-signing-${auth}-${sender}`,
    variant: { ...profile(auth, sender, openid), fapi_request_method: 'signed_non_repudiation', fapi_response_mode: 'jarm' },
  }));
  return [...security, own, ...signing];
});

/** Registers the clients and writes the plans; `given` as for prepare.mjs. */
export function prepareFapi2(folder, { resourcePort = RESOURCE_PORT, ...given } = {}) {
  const { made, register, secretly, certificates } = installation(folder, given);
  const keys = {};
  for (const [auth, sender] of PAIRS) {
    for (const signing of [false, true]) {
      const name = `${signing ? 'message-signing-' : ''}${auth}-${sender}`;
      keys[name] = clients(name, made, metadata(auth, sender, signing), register);
    }
  }
  const own = { client_id: 'fapi2-resource', client_name: 'The protected resource', grant_types: ['client_credentials'], policy: { serves: [made.issuer] } };
  const { client_secret: secret } = register(own);
  const resource = `https://${new URL(made.issuer).hostname}:${resourcePort}/resource`;
  secretly('resource.json', { issuer: made.issuer, url: resource, client_id: own.client_id, client_secret: secret });
  for (const one of PLANS) secretly(`plans/${one.file}.json`, configuration(one, made, keys[one.clients], certificates, resource));
  return { resource };
}

/** What is registered of a client, but for what tells two clients apart. */
function metadata(auth, sender, signing) {
  const usual = read(`fapi2-${auth}-${sender}.json`);
  if (!signing) return usual;
  const more = read('fapi2-message-signing.json');
  return { ...usual, ...more, client_name: `${usual.client_name}, signed`, policy: { ...usual.policy, ...more.policy } };
}

/** Registers two clients; the second's address has a query. */
function clients(name, { suite, alias }, usual, register) {
  const callback = `${suite}/test/a/${alias}/callback`;
  return pair(register, `fapi2-${name}`, usual, (which) => ({ redirect_uris: which === 1 ? [callback] : [callback, `${callback}${SUFFIX}`] }));
}

const SCOPES = { openid_connect: 'openid profile email offline_access', plain_oauth: 'profile email offline_access' };

function configuration({ variant, file }, made, keys, certificates, resource) {
  const scope = SCOPES[variant.openid];
  const alg = variant.sender_constrain === 'dpop' ? { dpop_signing_alg: 'ES256' } : {};
  const client = (of) => ({ ...of, ...(scope && { scope }), ...alg });
  const certified = variant.client_auth_type === 'mtls' || variant.sender_constrain === 'mtls';
  const userinfo = `${variant.sender_constrain === 'mtls' ? made.mtls : made.issuer}/userinfo`;
  const document = variant.openid === 'openid_connect' ? 'openid-configuration' : 'oauth-authorization-server';
  return {
    alias: made.alias, description: `Vouchsafe, ${file}`,
    server: { discoveryUrl: `${made.issuer}/.well-known/${document}` },
    client: client(keys[0]), client2: client(keys[1]),
    ...(certified && certificates),
    // Where no person stands behind a token, and where it is not for openid, /userinfo has nothing to tell.
    resource: { resourceUrl: variant.openid === 'openid_connect' ? userinfo : resource },
    browser: [signIn(made)],
    override: overrides(made),
  };
}

/** What the suite's browser does where a sign-in is not to succeed. */
function overrides(made) {
  const { issuer } = made;
  const page = (code) => ({ match: `${issuer}/authorize*`, tasks: [{ task: `Expect ${code}`, match: `${issuer}/authorize*`, commands: [['wait', 'xpath', '//*', 10, code, 'update-image-placeholder']] }] });
  const callback = { task: 'Verify Complete', match: `*/test/a/${made.alias}/callback*`, commands: [['wait', 'id', 'submission_complete', 10]] };
  const cancels = { match: `${issuer}/authorize*`, tasks: [{ task: 'Cancel', match: `${issuer}/i/*`, commands: [['click', 'id', 'cancel']] }, callback] };
  const looks = { match: `${issuer}/authorize*`, 'match-limit': 1, tasks: [{ task: 'Look', match: `${issuer}/i/*/sign-in*`, commands: [['wait', 'id', 'username', 10]] }] };
  const straight = { match: `${issuer}/authorize*`, tasks: [callback] };
  const named = (name, ...browser) => [`fapi2-security-profile-final-${name}`, { browser }];
  return Object.fromEntries([
    named('user-rejects-authentication', cancels),
    named('par-ensure-reused-request-uri-prior-to-auth-completion-succeeds', looks, signIn(made)),
    named('par-attempt-reuse-request_uri', { ...signIn(made), 'match-limit': 1 }, page('VS-1206')),
    named('par-attempt-to-use-expired-request_uri', page('VS-1206')),
    named('par-attempt-to-use-request_uri-for-different-client', page('VS-1206')),
    named('ensure-unsigned-authorization-request-without-using-par-fails', straight),
  ]);
}

command(import.meta.url, { program: 'program', 'resource-port': 'resourcePort' }, PLANS, (folder, given) => {
  const { resource } = prepareFapi2(folder, given);
  return `Begin the protected resource, ${resource}, with:\n  node ${join(HERE, 'resource.mjs')} ${folder}`;
});
