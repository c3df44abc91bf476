// Starts `vouchsafe demo` with a stack nobody has used yet, and knows its people.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Codes } from './totp.js';

const freshStack = fileURLToPath(new URL('../../fresh-stack', import.meta.url));

/** Runs one statement in a SQLite file that a program may be using. */
const SQLITE = 'import sqlite3, sys; store = sqlite3.connect(sys.argv[1], timeout=20); store.execute(sys.argv[2]); store.commit()';

/** The settings of an unused stack of the kind in VOUCHSAFE_TEST_STACK (embedded or servers). */
function stack() {
  const lines = execFileSync(freshStack, [process.env.VOUCHSAFE_TEST_STACK ?? 'embedded'], { encoding: 'utf8' });
  return Object.fromEntries(lines.split('\n').filter(Boolean).map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  }));
}

export class Person {
  constructor({ username, password, role, totp_key: key }) {
    Object.assign(this, { username, password, role });
    this.codes = key ? new Codes(key) : undefined;
    this.recoveryCodes = [];
  }

  /** The person links a code app with this key, as the page showed it. */
  linksCodeApp(key) {
    this.codes = new Codes(key);
  }
}

export class Demo {
  static async start(settings = {}) {
    const demo = new Demo();
    demo.data = mkdtempSync(join(tmpdir(), 'vouchsafe-browser-'));
    demo.settings = { ...stack(), ...settings };
    demo.apps = [];
    const { people } = await demo.begin('127.0.0.1:0', '127.0.0.1:0', '127.0.0.1:0');
    demo.people = people.map((person) => new Person(person));
    return demo;
  }

  /** Runs the program over this demo's data at these addresses; what it says of itself. */
  async begin(listen, app, internal) {
    const binary = process.env.VOUCHSAFE_BIN;
    if (!binary) throw new Error('VOUCHSAFE_BIN names the vouchsafe program to try; ./test browser sets it');
    const child = spawn(
      binary,
      ['demo', '--json', '--listen', listen, '--app-listen', app, '--internal-listen', internal, '--data', this.data],
      { env: { ...process.env, ...this.settings }, stdio: ['ignore', 'pipe', 'pipe'], cwd: this.data },
    );
    this.process = child;
    this.messages ??= '';
    child.stderr.on('data', (text) => { this.messages = (this.messages + text).slice(-100_000); });
    this.ended = new Promise((resolve) => child.once('exit', resolve));
    const orphan = () => child.kill('SIGKILL');
    process.once('exit', orphan);
    this.ended.then(() => process.off('exit', orphan));
    const lines = createInterface({ input: child.stdout });
    let patience;
    const first = await Promise.race([
      new Promise((resolve) => lines.once('line', resolve)),
      this.ended.then((status) => `ended with ${status}`),
      new Promise((resolve) => { patience = setTimeout(resolve, 60_000, 'took a minute'); }),
    ]);
    clearTimeout(patience);
    if (!first.startsWith('{')) {
      await this.stop();
      throw new Error(`the demo was not ready: ${first}\n${this.messages}`);
    }
    lines.resume();
    const { issuer, app: shown, internal: inside, mail, people } = JSON.parse(first);
    Object.assign(this, { issuer, app: shown, internal: inside, mail });
    return { people };
  }

  /** Ends the program and begins it again where it was: what was due meanwhile is done at its start. */
  async restarts() {
    await this.halt();
    const address = (url) => `127.0.0.1:${new URL(url).port}`;
    await this.begin(address(this.issuer), address(this.app), address(this.internal));
  }

  /** What takes days or a hundred tries has happened: said to the store itself, in a statement both engines know. */
  changes(statement) {
    const url = this.settings.VOUCHSAFE__DATABASE__URL;
    const [program, ...words] = url
      ? ['psql', '--quiet', '--no-psqlrc', '--dbname', url, '--command', statement]
      : ['python3', '-c', SQLITE, join(this.data, 'vouchsafe.sqlite'), statement];
    execFileSync(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** A command at this installation's host; what it prints. */
  run(...words) {
    return this.runsWith('', ...words);
  }

  /** The same, with something at its standard input. */
  runsWith(input, ...words) {
    const settings = ['--config', join(this.data, 'vouchsafe.toml')];
    return execFileSync(process.env.VOUCHSAFE_BIN, [...settings, ...words], {
      encoding: 'utf8', cwd: this.data, env: { ...process.env, ...this.settings }, input, stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** A duty, granted at the host. */
  grants(person, duty) {
    this.run('admin', 'grant', '--to', person.username, '--duty', duty, '--reason', 'asked for by the owner');
  }

  /** An account with a password alone, made at the host. */
  makes({ username, role, password }) {
    this.runsWith(password, 'account', 'create', '--username', username, '--email', `${username}@riverside.example`, '--role', role, '--password-stdin');
    return new Person({ username, role, password });
  }

  /** A command on another machine, which knows nothing of this installation; what it prints. */
  runs(folder, ...words) {
    return execFileSync(process.env.VOUCHSAFE_BIN, words, { encoding: 'utf8', cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  person(role) {
    const person = this.people.find((person) => person.role === role);
    if (!person) throw new Error(`the demo has no ${role}`);
    return person;
  }

  get patient() { return this.person('patient'); }
  get clinician() { return this.person('clinician'); }
  get administrator() { return this.person('administrator'); }

  async halt() {
    if (this.process.exitCode === null) this.process.kill('SIGTERM');
    const patience = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    await this.ended;
    clearTimeout(patience);
  }

  async stop() {
    await this.halt();
    rmSync(this.data, { recursive: true, force: true });
  }
}
