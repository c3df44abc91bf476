#!/usr/bin/env node
// The person of FAPI-CIBA's plans, for a suite that runs by itself: it posts here which request is to be allowed or denied
// (`automated_ciba_approval_url`), and this goes to /approve like any person, signs in, and presses the button. A person's own
// pages ask for a second factor: a code app is set up at the first time, and its key is kept in the folder. For tests alone.
import { createHash, createHmac } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ENTITIES = { '&amp;': '&', '&quot;': '"', '&lt;': '<', '&gt;': '>', '&#34;': '"', '&#39;': "'", '&#x27;': "'", '&#60;': '<', '&#62;': '>', '&#38;': '&' };
const decoded = (text) => text.replace(/&(?:amp|quot|lt|gt|#\w+);/g, (entity) => ENTITIES[entity.toLowerCase()] ?? entity);
const attribute = (tag, name) => {
  const found = tag.match(new RegExp(`\\s${name}\\s*=\\s*"([^"]*)"`));
  return found && decoded(found[1]);
};

/** The forms of a page: where each goes, and its fields and buttons. */
function forms(html) {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, head, body]) => {
    const tags = [...body.matchAll(/<(input|button)\b[^>]*>/g)].map(([tag, kind]) => ({ kind, id: attribute(tag, 'id'), name: attribute(tag, 'name'), value: attribute(tag, 'value') ?? '' }));
    return { action: attribute(` ${head}`, 'action') ?? '', fields: tags.filter((tag) => tag.kind === 'input'), buttons: tags.filter((tag) => tag.kind === 'button') };
  });
}

/** The code of a code app (RFC 6238). */
function code(key) {
  const bits = [...key.replace(/[\s=]/g, '').toUpperCase()].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The person's browser; it stays signed in. */
class Browser {
  constructor({ issuer, person, ca, keeps }) {
    Object.assign(this, { issuer, person, ca, keeps, cookies: new Map() });
    this.key = existsSync(keeps) ? readFileSync(keeps, 'utf8') : undefined;
  }

  #fetch(url, form) {
    const body = form?.toString();
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', ...(cookie && { cookie }), ...(body && { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }) };
    return new Promise((done, failed) => {
      const asked = https.request(url, { method: form ? 'POST' : 'GET', headers, ca: this.ca, family: 4, timeout: 30_000 }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part)).on('error', failed);
        response.on('end', () => done({ response, html: Buffer.concat(parts).toString('utf8') }));
      });
      asked.on('timeout', () => asked.destroy(new Error(`${url} did not answer`))).on('error', failed).end(body);
    });
  }

  /** Goes there and follows where it is sent; the page it ends at. */
  async #goes(url, form) {
    for (let hops = 0; hops < 15; hops += 1) {
      const { response, html } = await this.#fetch(url, form);
      for (const line of response.headers['set-cookie'] ?? []) {
        const [, name, value] = line.match(/^([^=;]+)=([^;]*)/);
        if (/;\s*max-age=0\b/i.test(line)) this.cookies.delete(name);
        else this.cookies.set(name, value);
      }
      if (response.statusCode < 300 || response.statusCode > 399) return { url, status: response.statusCode, html };
      url = new URL(response.headers.location, url).href;
      form = undefined;
    }
    throw new Error(`too many redirects, at last ${url}`);
  }

  /** Fills in and presses whatever gets on, up to the end of the request's own sign-in. */
  async answers(request, allow) {
    let place = await this.#goes(`${this.issuer}/approve`);
    let pressed = false;
    for (let steps = 0; steps < 15; steps += 1) {
      if (place.status >= 400) throw new Error(`${place.url} answered ${place.status}`);
      const key = place.html.match(/id="totp-key"[^>]*>([^<]*)</)?.[1];
      if (key) writeFileSync(this.keeps, this.key = key, { mode: 0o600 });
      const next = this.#next(forms(place.html), request, allow, pressed);
      if (!next) {
        if (pressed) return;
        throw new Error(`nothing like that waits at ${place.url}`);
      }
      pressed ||= next.decides;
      place = await this.#goes(new URL(next.form.action || place.url, place.url).href, next.fields);
    }
    throw new Error(`no end of it, at last ${place.url}`);
  }

  #next(all, request, allow, pressed) {
    const press = (form, button, typed = {}, decides = false) => {
      const fields = new URLSearchParams();
      for (const field of [...form.fields, button]) if (field.name) fields.set(field.name, typed[field.id] ?? field.value);
      return { form, fields, decides };
    };
    for (const form of all) {
      const button = (id) => form.buttons.find((one) => one.id?.startsWith(id));
      const has = (id) => form.fields.some((field) => field.id === id);
      if (has('username') || has('password')) return press(form, button('sign-in-submit'), this.person);
      if (has('code')) return press(form, button('code-submit'), { code: code(this.key) });
      for (const id of ['enrol-totp', 'consent-allow', 'continue']) if (button(id)) return press(form, button(id));
      const asks = form.fields.some((field) => field.name === 'request' && field.value === request);
      if (asks && !pressed) return press(form, button(allow ? 'approve-yes' : 'approve-no'), {}, true);
    }
    return undefined;
  }
}

/** How a request is named on its person's page: what is kept of it is its digest. */
const named = (authReqId) => createHash('sha256').update(authReqId).digest('base64url');

/** Serves an installation's person, to whoever reaches the port: nobody is asked who they are. The server, once it listens. */
export async function serve(folder, { bind = '127.0.0.1', port } = {}) {
  const at = (name) => readFileSync(join(folder, name));
  const { issuer, person } = JSON.parse(at('made.json'));
  const browser = new Browser({ issuer, person, ca: at('ca.crt'), keeps: join(folder, 'person.totp') });
  const server = https.createServer({ cert: at('provider.crt'), key: at('provider.key') }, async (request, response) => {
    const asked = new URL(request.url, 'https://localhost').searchParams;
    const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    try {
      if (request.method !== 'POST') return answer(405, {});
      await browser.answers(named(asked.get('auth_req_id') ?? ''), asked.get('action') === 'allow');
      return answer(200, { done: asked.get('action') });
    } catch (error) {
      return answer(500, { error: error.message });
    }
  });
  await new Promise((done, failed) => { server.once('error', failed).listen(port, bind, done); });
  return server;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const usage = 'usage: approve.mjs FOLDER [PORT] [--bind ADDRESS], where prepare.mjs and ciba.mjs made FOLDER';
  const stop = (why) => { console.error(why); process.exit(2); };
  let given;
  try {
    given = parseArgs({ allowPositionals: true, options: { bind: { type: 'string', default: '127.0.0.1' } } });
  } catch (error) {
    stop(`${error.message}\n${usage}`);
  }
  const [folder, port = '9447'] = given.positionals;
  if (!folder) stop(usage);
  await serve(folder, { port: Number(port), bind: given.values.bind });
  console.log(`the person of the plans answers at ${given.values.bind}, port ${port}, whoever asks`);
}
