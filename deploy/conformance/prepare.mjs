#!/usr/bin/env node
// Makes an installation of Vouchsafe that the OpenID Foundation's conformance suite can be run against, in a folder of
// its own: certificates, settings, a person who has every claim, clients, a token by which clients register themselves,
// and the configurations of the plans. README.md says how to use it. Needs node and openssl; for tests alone, because
// what it makes asks people for a password and nothing else.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plans } from './plans.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));

/** What is asked of people at the suite's clients: a password, and no PKCE of the client, as the basic profile has it. */
const POLICY = JSON.parse(readFileSync(join(HERE, 'terms.json'))).policy;

export const USUAL = {
  program: 'vouchsafe', host: 'localhost', bind: '0.0.0.0', port: 9443, mtlsPort: 9444, internalPort: 9445,
  suite: 'https://localhost.emobix.co.uk:8443', alias: 'vouchsafe', environment: {},
};

/** Makes the installation; says what there is. Secrets stand in the folder alone. */
export function prepare(folder, given = {}) {
  const wished = { ...USUAL, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
  const at = (name) => join(resolve(folder), name);
  if (existsSync(at('vouchsafe.toml'))) throw new Error(`${folder} holds an installation already; name an empty folder`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  wished.inside ??= wished.suite;
  const issuer = `https://${wished.host}:${wished.port}`;
  authority(at);
  certificate(at, 'provider', [wished.host]);
  certificate(at, 'suite', [wished.suite, wished.inside].map((url) => new URL(url).hostname));
  for (const name of ['client', 'client2']) clientCertificate(at, name);
  trusted(at, wished.suiteCa);
  writeFileSync(at('vouchsafe.toml'), settings(at, wished, issuer));
  const run = (words, input) => execFileSync(wished.program, ['--config', at('vouchsafe.toml'), '--quiet', ...words], {
    encoding: 'utf8', input, cwd: folder, env: { ...process.env, ...wished.environment }, stdio: ['pipe', 'pipe', 'inherit'],
  });
  run(['keys', 'generate', '--master', at('master.key'), '--index', at('index.key')]);
  run(['migrate']);
  const person = { username: 'alex.rivera', password: randomBytes(12).toString('hex') };
  run(['account', 'create', '--username', person.username, '--email', 'alex.rivera@clinic.example', '--role', 'patient',
    '--claims', join(HERE, 'person.json'), '--password-stdin'], `${person.password}\n`);
  const token = JSON.parse(run(['client', 'token', 'create', '--label', 'conformance suite', '--uses', '1000', '--days', '365',
    '--terms', join(HERE, 'terms.json'), '--json'])).token;
  const clients = {};
  for (const [name, metadata] of Object.entries(statics(wished))) {
    const registered = JSON.parse(run(['client', 'create', '--from', '-', '--json'], JSON.stringify(metadata.public)));
    clients[name] = { ...registered, ...metadata.secret };
  }
  const made = { issuer, mtls: `https://${wished.host}:${wished.mtlsPort}`, suite: wished.suite, alias: wished.alias, person, token, clients };
  const private_ = { mode: 0o600 };
  writeFileSync(at('made.json'), JSON.stringify(made, null, 2), private_);
  const identity = (name) => ({ cert: readFileSync(at(`${name}.crt`), 'utf8'), key: readFileSync(at(`${name}.key`), 'utf8'), ca: readFileSync(at('ca.crt'), 'utf8') });
  mkdirSync(at('plans'));
  for (const [name, plan] of Object.entries(plans(made, { mtls: identity('client'), mtls2: identity('client2') }))) {
    writeFileSync(at(`plans/${name}.json`), JSON.stringify(plan, null, 2), private_);
  }
  return made;
}

const openssl = (...words) => execFileSync('openssl', words, { stdio: ['ignore', 'pipe', 'pipe'] });

function key(at, name, kind = 'ec') {
  const pair = kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(at(`${name}.key`), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
}

function authority(at) {
  key(at, 'ca');
  openssl('req', '-x509', '-new', '-key', at('ca.key'), '-out', at('ca.crt'), '-days', '3650', '-subj', '/CN=Conformance CA',
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
}

function signed(at, name, subject, lines) {
  writeFileSync(at(`${name}.ext`), lines.join('\n'));
  openssl('req', '-new', '-key', at(`${name}.key`), '-subj', subject, '-out', at(`${name}.csr`));
  openssl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '3650',
    '-extfile', at(`${name}.ext`), '-out', at(`${name}.crt`));
  for (const spent of ['ext', 'csr']) rmSync(at(`${name}.${spent}`));
}

/** A certificate for a server; beside its own names it stands for this machine. */
function certificate(at, name, hosts) {
  // FAPI-CIBA's look at TLS takes the suites of RSA alone.
  key(at, name, 'rsa');
  const named = hosts.map((host) => `${/^[\d.]+$|:/.test(host) ? 'IP' : 'DNS'}:${host}`);
  const names = [...new Set([...named, 'DNS:localhost', 'IP:127.0.0.1'])].join(',');
  signed(at, name, `/CN=${hosts[0]}`, ['basicConstraints=CA:FALSE', 'extendedKeyUsage=serverAuth', `subjectAltName=${names}`]);
}

function clientCertificate(at, name) {
  key(at, name, 'rsa');
  signed(at, name, `/CN=conformance ${name}`, ['basicConstraints=CA:FALSE', 'extendedKeyUsage=clientAuth']);
}

/** Who may vouch for the suite's servers: our authority, and another one if it is named. */
function trusted(at, other) {
  copyFileSync(at('ca.crt'), at('trusted.pem'));
  if (other) writeFileSync(at('trusted.pem'), `${readFileSync(at('ca.crt'), 'utf8')}\n${readFileSync(other, 'utf8')}`);
}

function settings(at, wished, issuer) {
  const values = {
    ISSUER: issuer, LISTEN: `${wished.bind}:${wished.port}`, MTLS_LISTEN: `${wished.bind}:${wished.mtlsPort}`,
    INTERNAL_LISTEN: `127.0.0.1:${wished.internalPort}`, SUITE_HOST: new URL(wished.inside).hostname, FOLDER: dirname(at('x')),
  };
  return readFileSync(join(HERE, 'vouchsafe.toml'), 'utf8').replace(/@([A-Z_]+)@/g, (_, name) => values[name]);
}

/** The clients of the plans for static clients: what is registered of each, and what the suite alone keeps. */
function statics({ suite, inside, alias }) {
  const usual = (id, more) => ({
    public: {
      client_id: `suite-${id}`, client_name: `Conformance suite: ${id}`, response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'], scope: 'openid profile email address phone offline_access',
      redirect_uris: [`${suite}/test/a/${alias}/callback`], post_logout_redirect_uris: [`${suite}/test/a/${alias}/post_logout_redirect`],
      policy: POLICY, ...more,
    },
  });
  const signing = (id) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const named = (jwk) => ({ ...jwk, kid: id, use: 'sig', alg: 'RS256' });
    const own = (key) => ({ keys: [named(key.export({ format: 'jwk' }))] });
    const client = usual(id, { token_endpoint_auth_method: 'private_key_jwt', jwks: own(publicKey) });
    return { ...client, secret: { jwks: own(privateKey) } };
  };
  const certified = (id, name) => usual(id, { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: `CN=conformance ${name}` });
  return {
    basic: usual('basic', { token_endpoint_auth_method: 'client_secret_basic' }),
    basic2: usual('basic2', { token_endpoint_auth_method: 'client_secret_basic' }),
    post: usual('post', { token_endpoint_auth_method: 'client_secret_post' }),
    post2: usual('post2', { token_endpoint_auth_method: 'client_secret_post' }),
    jwt: usual('jwt', { token_endpoint_auth_method: 'client_secret_jwt' }),
    jwt2: usual('jwt2', { token_endpoint_auth_method: 'client_secret_jwt' }),
    key: signing('key'),
    key2: signing('key2'),
    back: usual('back', { backchannel_logout_uri: `${inside}/test/a/${alias}/backchannel_logout`, backchannel_logout_session_required: true }),
    front: usual('front', { frontchannel_logout_uri: `${suite}/test/a/${alias}/frontchannel_logout`, frontchannel_logout_session_required: true }),
    mtls: certified('mtls', 'client'),
    mtls2: certified('mtls2', 'client2'),
  };
}

/** What a person can do about it: where `--program` names nothing that runs, that. */
export const without = (why) => (why.code === 'ENOENT' && why.syscall?.startsWith('spawn') && why.path !== 'openssl'
  ? `--program: there is no program ${why.path}; build one with cargo build --release, and name target/release/vouchsafe`
  : why.message);

const FLAGS = { program: 'program', host: 'host', bind: 'bind', port: 'port', 'mtls-port': 'mtlsPort', 'internal-port': 'internalPort', suite: 'suite', 'suite-inside': 'inside', 'suite-ca': 'suiteCa', alias: 'alias' };

function main([folder, ...words]) {
  const wished = {};
  for (let at = 0; at < words.length; at += 2) {
    const name = FLAGS[words[at].replace(/^--/, '')];
    if (!name || words[at + 1] === undefined) return usage();
    wished[name] = words[at + 1];
  }
  if (!folder || folder.startsWith('-')) return usage();
  let made;
  try {
    made = prepare(folder, wished);
  } catch (why) {
    console.error(without(why));
    return 1;
  }
  console.log(`${made.issuer} is prepared. Begin it with:\n  ${wished.program ?? USUAL.program} --config ${join(resolve(folder), 'vouchsafe.toml')} serve`);
  console.log(`The configurations of the plans are in ${join(resolve(folder), 'plans')}.`);
  return 0;
}

function usage() {
  console.error(`usage: prepare.mjs FOLDER ${Object.keys(FLAGS).map((flag) => `[--${flag} …]`).join(' ')}`);
  return 2;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) process.exit(main(process.argv.slice(2)));
