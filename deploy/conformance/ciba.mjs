#!/usr/bin/env node
// Registers the clients of FAPI-CIBA's plan at an installation that prepare.mjs made, and writes the plan's configurations
// beside the others. ciba.md says how to use it.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { without } from './prepare.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));

/** Where deploy/conformance/approve.mjs listens, unless somebody says otherwise. */
export const APPROVE_PORT = 9447;

/** The variants the plan is run in. */
export const PLANS = ['private_key_jwt', 'mtls'].flatMap((auth) => ['poll', 'ping'].map((mode) => ({
  plan: 'fapi-ciba-id1-test-plan', file: `ciba-${auth}-${mode}`,
  variant: { client_auth_type: auth, ciba_mode: mode, fapi_ciba_profile: 'plain_fapi', client_registration: 'static_client' },
})));

/** Registers the clients and writes the plans; `given` as for prepare.mjs. */
export function prepareCiba(folder, { program = 'vouchsafe', environment = {}, approvePort = APPROVE_PORT } = {}) {
  const at = (name) => join(resolve(folder), name);
  const made = JSON.parse(readFileSync(at('made.json'), 'utf8'));
  const run = (words, input) => execFileSync(program, ['--config', at('vouchsafe.toml'), '--quiet', ...words], {
    encoding: 'utf8', input, cwd: folder, env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'inherit'],
  });
  const register = (metadata) => JSON.parse(run(['client', 'create', '--from', '-', '--json'], JSON.stringify(metadata)));
  const identity = (name) => ({ cert: readFileSync(at(`${name}.crt`), 'utf8'), key: readFileSync(at(`${name}.key`), 'utf8'), ca: readFileSync(at('ca.crt'), 'utf8') });
  const certificates = { mtls: identity('client'), mtls2: identity('client2') };
  const approval = `https://${new URL(made.issuer).hostname}:${approvePort}/?auth_req_id={auth_req_id}&action={action}`;
  mkdirSync(at('plans'), { recursive: true });
  for (const one of PLANS) {
    const [first, second] = pair(one, made, register);
    const client = (of) => ({ ...of, scope: 'openid profile email offline_access', hint_type: 'login_hint', hint_value: made.person.username });
    const configuration = {
      alias: made.alias, description: `Vouchsafe, ${one.file}`,
      server: { discoveryUrl: `${made.issuer}/.well-known/openid-configuration` },
      client: client(first), client2: client(second), ...certificates,
      resource: { resourceUrl: `${made.mtls}/userinfo` }, automated_ciba_approval_url: approval,
    };
    writeFileSync(at(`plans/${one.file}.json`), JSON.stringify(configuration, null, 2), { mode: 0o600 });
  }
}

/** Registers the two clients of a variant; the private keys, which the suite alone keeps. */
function pair({ variant, file }, { suite, alias }, register) {
  const usual = JSON.parse(readFileSync(join(HERE, `ciba-${variant.client_auth_type}.json`), 'utf8'));
  return ['PS256', 'ES256'].map((alg, index) => {
    const which = index + 1;
    const id = `${file}-${which}`;
    const { publicKey, privateKey } = alg === 'PS256' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = (key) => ({ ...key.export({ format: 'jwk' }), kid: id, use: 'sig', alg });
    const ping = variant.ciba_mode === 'ping' ? { backchannel_client_notification_endpoint: `${suite}/test/a/${alias}/ciba-notification-endpoint` } : {};
    const certificate = variant.client_auth_type === 'mtls' ? { tls_client_auth_subject_dn: `CN=conformance ${which === 1 ? 'client' : 'client2'}` } : {};
    register({
      ...usual, ...ping, ...certificate, client_id: id, client_name: `${usual.client_name}, ${variant.ciba_mode} (${which})`,
      jwks: { keys: [jwk(publicKey)] }, id_token_signed_response_alg: alg,
      backchannel_token_delivery_mode: variant.ciba_mode, backchannel_authentication_request_signing_alg: alg,
    });
    return { client_id: id, jwks: { keys: [jwk(privateKey)] } };
  });
}

const FLAGS = { program: 'program', 'approve-port': 'approvePort' };

function main([folder, ...words]) {
  const given = {};
  for (let at = 0; at < words.length; at += 2) {
    const name = FLAGS[words[at].replace(/^--/, '')];
    if (!name || words[at + 1] === undefined) return usage();
    given[name] = words[at + 1];
  }
  if (!folder || folder.startsWith('-')) return usage();
  try {
    prepareCiba(folder, given);
  } catch (why) {
    console.error(without(why));
    return 1;
  }
  for (const { plan, variant, file } of PLANS) {
    const named = Object.entries(variant).map(([name, value]) => `[${name}=${value}]`).join('');
    console.log(`${plan}${named} ${join(resolve(folder), 'plans', `${file}.json`)}`);
  }
  console.error(`Begin the person who answers with:\n  node ${join(HERE, 'approve.mjs')} ${folder}`);
  return 0;
}

function usage() {
  console.error('usage: ciba.mjs FOLDER [--program …] [--approve-port …], where prepare.mjs made FOLDER');
  return 2;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) process.exit(main(process.argv.slice(2)));
