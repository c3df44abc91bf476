// A person without a browser: follows redirects, reads forms and fills them in, so that the client library under
// test is the only other party. Knows the pages by the ids of the product's contract.

const attribute = (tag, name) => {
  const found = tag.match(new RegExp(`\\s${name}\\s*=\\s*"([^"]*)"`));
  return found?.[1].replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#39;', "'").replaceAll('&#x27;', "'").replaceAll('&amp;', '&');
};

/** The form that holds the element with this id: where it goes, and what it already says. */
function formWith(html, id) {
  for (const [form, attributes, body] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)) {
    const tags = [...body.matchAll(/<(?:input|button)\b[^>]*>/g)].map(([tag]) => tag);
    if (!tags.some((tag) => attribute(tag, 'id') === id)) continue;
    const fields = new URLSearchParams();
    for (const tag of tags) {
      const name = attribute(tag, 'name');
      const pressed = attribute(tag, 'id') === id && tag.startsWith('<button');
      if (name && (pressed || (tag.startsWith('<input') && attribute(tag, 'type') === 'hidden'))) fields.set(name, attribute(tag, 'value') ?? '');
    }
    return { action: attribute(` ${attributes}`, 'action') ?? '', fields };
  }
  throw new Error(`no form with #${id} in ${html.slice(0, 300)}`);
}

const has = (html, id) => new RegExp(`\\sid="${id}"`).test(html);

export class Person {
  constructor(account) {
    this.account = account;
    this.cookies = new Map();
    this.asked = [];
  }

  async #request(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { ...options, redirect: 'manual', headers: { ...options.headers, cookie, accept: 'text/html' } });
    for (const line of answer.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  }

  /**
   * Goes to an address and answers what the provider asks, until the person is sent to `back`: how that address begins,
   * or whether one is it. With a form, it is sent to begin with, as a button does.
   */
  async goes(url, back, form) {
    this.asked = [];
    const isBack = typeof back === 'function' ? back : ({ href }) => href.startsWith(back);
    let answer = await this.#request(url, form && { method: 'POST', body: new URLSearchParams(form) });
    for (let steps = 0; steps < 30; steps += 1) {
      const location = answer.headers.get('location');
      if (location) {
        await answer.arrayBuffer();
        url = new URL(location, url);
        if (isBack(url)) return url;
        answer = await this.#request(url);
      } else {
        const html = await answer.text();
        if (answer.status >= 400) throw new Error(`${url} answered ${answer.status}: ${html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').slice(0, 300)}`);
        const { id, fields } = await this.#answers(html);
        const form = formWith(html, id);
        for (const [name, value] of Object.entries(fields)) form.fields.set(name, value);
        url = new URL(form.action, url);
        answer = await this.#request(url, { method: 'POST', body: form.fields });
      }
    }
    throw new Error(`no way back to ${back} from ${url}`);
  }

  /** Signs in for a device that shows this. */
  async helps(shown) {
    this.deviceShows = shown.user_code;
    const isEnd = (url) => url.pathname === '/device/done' && !url.searchParams.has('code');
    const end = await this.goes(shown.verification_uri, isEnd);
    const answer = await this.#request(end);
    if (answer.status !== 200) throw new Error(`${end} answered ${answer.status}`);
  }

  /** What an address of an app answers to this browser, as JSON. */
  async reads(url) {
    return (await this.#request(url)).json();
  }

  async #answers(html) {
    const { account } = this;
    const steps = ['username', 'totp-key', 'password', 'code', 'recovery-codes', 'enrol-totp', 'consent-allow', 'sign-out-confirm', 'user-code', 'device-yes', 'continue'];
    const step = steps.find((id) => has(html, id));
    this.asked.push(step);
    switch (step) {
      case 'username': return { id: 'sign-in-submit', fields: { username: account.username } };
      case 'password': return { id: 'sign-in-submit', fields: { password: account.password } };
      case 'totp-key':
        account.linksCodeApp(html.match(/id="totp-key"[^>]*>([^<]*)</)[1]);
        return { id: 'code-submit', fields: { code: await account.codes.next() } };
      case 'code': return { id: 'code-submit', fields: { code: await account.codes.next() } };
      case 'recovery-codes': return { id: 'continue', fields: {} };
      case 'user-code': return { id: 'continue', fields: { user_code: this.deviceShows } };
      case 'device-yes': case 'enrol-totp': case 'consent-allow': case 'sign-out-confirm': case 'continue': return { id: step, fields: {} };
      default: throw new Error(`nothing to answer on this page: ${html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').slice(0, 300)}`);
    }
  }
}
