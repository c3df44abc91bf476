// A relying party built on the crate openidconnect: the code the provider fills in, compiled as it is printed.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AAL1, AAL2, BACK, Checks, LEFT, LOW } from './checks.mjs';
import { Person } from './person.mjs';

const checks = await Checks.begin('openidconnect');
const { demo } = checks;
const folder = join(demo.data, 'rust');
const program = join(folder, 'app');

/** The crate as it was built with the program that is tried. */
function crate() {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const told = execFileSync('cargo', ['build', '--quiet', '--bin', 'vouchsafe', '--message-format=json'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  const built = told.split('\n').filter((line) => line.includes('compiler-artifact')).map((line) => JSON.parse(line));
  return built.find(({ target }) => target.name === 'openidconnect').filenames.find((name) => name.endsWith('.rlib'));
}

/** One run of an app: says a line to it, and hears a line. */
class App {
  constructor(name, client) {
    this.child = spawn(program, [name], { env: { ...process.env, CLIENT_SECRET: client.client_secret ?? '' }, stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async says(line) {
    this.child.stdin.write(`${line}\n`);
    const { value, done } = await this.lines.next();
    assert.ok(!done, `nothing came of ${line}`);
    return value;
  }

  /** From the app through the provider's pages and back. */
  async signsIn(person, word) {
    return this.says(await person.goes(await this.says(word), BACK));
  }

  ends() {
    this.child.stdin.end();
    return new Promise((resolve) => this.child.once('exit', resolve));
  }
}

try {
  const web = (client_name, more) => checks.register({ client_name, policy: LOW, ...more });
  const clients = {
    basic: web('Basic'),
    post: web('Post', { token_endpoint_auth_method: 'client_secret_post' }),
    none: web('None', { token_endpoint_auth_method: 'none' }),
    es256: web('Curve', { id_token_signed_response_alg: 'ES256' }),
    basic_machine: checks.machine({ token_endpoint_auth_method: 'client_secret_basic' }),
    post_machine: checks.machine({ token_endpoint_auth_method: 'client_secret_post' }),
  };

  await checks.check('compiles the code the provider fills in', async () => {
    mkdirSync(folder);
    for (const [name, client] of Object.entries(clients)) writeFileSync(join(folder, `${name}.rs`), checks.code(client));
    copyFileSync(new URL('openidconnect.rs', import.meta.url), join(folder, 'main.rs'));
    const library = crate();
    execFileSync('rustc', [
      '--edition', '2024', '-C', 'debuginfo=0', '-D', 'warnings', '-A', 'dead_code', '-L', `dependency=${dirname(library)}`,
      '--extern', `openidconnect=${library}`, '-o', program, join(folder, 'main.rs'),
    ], { stdio: ['ignore', 'inherit', 'pipe'], encoding: 'utf8' });
  });

  const check = (name, body) => checks.check(name, () => { assert.ok(existsSync(program), 'it did not compile'); return body(); });

  await check('signs in, steps up, refreshes and signs out', async () => {
    const [app, person] = [new App('basic', clients.basic), new Person(demo.clinician)];
    const [sub, acr] = (await app.signsIn(person, 'begin')).split(' ');
    assert.equal(acr, AAL1);
    assert.equal(await app.signsIn(person, 'step-up'), `${sub} ${AAL2}`);
    assert.ok(person.asked.includes('code') && !person.asked.includes('password'), `asked ${person.asked}`);
    assert.equal(await app.says('refresh'), 'refreshed');
    assert.equal(await app.says('refresh'), 'refreshed');
    await person.goes(await app.says('leave'), LEFT);
    assert.equal(await app.says('refresh'), 'refreshed', 'offline_access outlives the session');
    await app.signsIn(person, 'begin');
    assert.ok(person.asked.includes('password'), `asked ${person.asked}`);
    await app.ends();
  });

  await check('is not taken in by a weaker sign-in, nor by an answer that belongs to another', async () => {
    const [app, person] = [new App('basic', clients.basic), new Person(demo.clinician)];
    const weak = new URL(await app.says('step-up'));
    weak.searchParams.delete('acr_values');
    assert.match(await app.says(await person.goes(weak, BACK)), /^refused: signed in at .*aal1 only/);
    const back = await person.goes(await app.says('begin'), BACK);
    const other = new URL(back);
    other.searchParams.set('state', 'other');
    assert.match(await app.says(other), /^refused: .*another sign-in/);
    await app.says('begin');
    back.searchParams.set('iss', 'https://evil.example');
    assert.match(await app.says(back), /^refused: .*another sign-in/);
    await app.ends();
  });

  await check('proves itself in every way, and takes tokens of another algorithm', async () => {
    const person = new Person(demo.clinician);
    for (const name of ['post', 'none', 'es256']) {
      const app = new App(name, clients[name]);
      assert.match(await app.signsIn(person, 'begin'), /aal1$/, name);
      assert.equal(await app.says('refresh'), 'refreshed', name);
      await app.ends();
    }
  });

  await check('gets a token for a machine', async () => {
    for (const name of ['basic_machine', 'post_machine']) {
      const env = { ...process.env, CLIENT_SECRET: clients[name].client_secret };
      assert.match(execFileSync(program, [name], { encoding: 'utf8', env }), /^\("[^"]{20,}", 300\)\n$/, name);
    }
  });
} finally {
  await checks.end();
}
