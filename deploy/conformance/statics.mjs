// What the preparations of plans with static clients have in common (ciba.mjs, fapi2.mjs): the installation that prepare.mjs
// made, two clients for each variant, and the command around it.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { without } from './prepare.mjs';

export const HERE = dirname(fileURLToPath(import.meta.url));

/** What stands in a file beside these. */
export const read = (name) => JSON.parse(readFileSync(join(HERE, name), 'utf8'));

/** A variant as the suite names it behind its plan. */
export const inWords = (variant) => Object.entries(variant).map(([name, value]) => `[${name}=${value}]`).join('');

/** An installation: what was made of it, how a client is registered there and a secret kept, and the clients' certificates. */
export function installation(folder, { program = 'vouchsafe', environment = {} } = {}) {
  const at = (name) => join(resolve(folder), name);
  const run = (words, input) => execFileSync(program, ['--config', at('vouchsafe.toml'), '--quiet', ...words], {
    encoding: 'utf8', input, cwd: folder, env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'inherit'],
  });
  const identity = (name) => ({ cert: readFileSync(at(`${name}.crt`), 'utf8'), key: readFileSync(at(`${name}.key`), 'utf8'), ca: readFileSync(at('ca.crt'), 'utf8') });
  const made = JSON.parse(readFileSync(at('made.json'), 'utf8'));
  mkdirSync(at('plans'), { recursive: true });
  return {
    made,
    register: (metadata) => JSON.parse(run(['client', 'create', '--from', '-', '--json'], JSON.stringify(metadata))),
    secretly: (name, value) => writeFileSync(at(name), JSON.stringify(value, null, 2), { mode: 0o600 }),
    certificates: { mtls: identity('client'), mtls2: identity('client2') },
  };
}

/**
 * Registers two clients that have nothing in common but what is usual; `more` adds what depends on which of them it is. The
 * private keys, which the suite alone keeps.
 */
export function pair(register, name, usual, more) {
  return ['PS256', 'ES256'].map((alg, index) => {
    const which = index + 1;
    const id = `${name}-${which}`;
    const { publicKey, privateKey } = alg === 'PS256' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = (key) => ({ ...key.export({ format: 'jwk' }), kid: id, use: 'sig', alg });
    const certificate = usual.token_endpoint_auth_method === 'tls_client_auth' ? { tls_client_auth_subject_dn: `CN=conformance ${which === 1 ? 'client' : 'client2'}` } : {};
    register({ ...usual, ...certificate, client_id: id, client_name: `${usual.client_name} (${which})`, jwks: { keys: [jwk(publicKey)] }, ...more(which, alg) });
    return { client_id: id, jwks: { keys: [jwk(privateKey)] } };
  });
}

/**
 * The command of a file that was called by itself: `prepare` is handed the folder and what `flags` names, and says what comes
 * next; then the plans are listed.
 */
export function command(url, flags, plans, prepare) {
  const file = fileURLToPath(url);
  if (process.argv[1] && resolve(process.argv[1]) === file) process.exit(main(basename(file), flags, plans, prepare, process.argv.slice(2)));
}

function main(name, flags, plans, prepare, [folder, ...words]) {
  const given = {};
  for (let at = 0; at < words.length; at += 2) {
    const flag = flags[words[at].replace(/^--/, '')];
    if (!flag || words[at + 1] === undefined) return usage(name, flags);
    given[flag] = words[at + 1];
  }
  if (!folder || folder.startsWith('-')) return usage(name, flags);
  let next;
  try {
    next = prepare(folder, given);
  } catch (why) {
    console.error(without(why));
    return 1;
  }
  for (const { plan, variant, file } of plans) console.log(`${plan}${inWords(variant)} ${join(resolve(folder), 'plans', `${file}.json`)}`);
  console.error(next);
  return 0;
}

function usage(name, flags) {
  console.error(`usage: ${name} FOLDER ${Object.keys(flags).map((flag) => `[--${flag} …]`).join(' ')}, where prepare.mjs made FOLDER`);
  return 2;
}
