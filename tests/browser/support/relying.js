// An app on this machine, at an origin of its own: gets ID tokens, and is told in a frame when somebody signs out.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const VERIFIER = 'a'.repeat(43);
const page = (title, body = '') => `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${body}</html>`;

export class RelyingParty {
  static async start(demo, name) {
    const app = new RelyingParty();
    Object.assign(app, { demo, name, framed: [], ran: [], hold: Promise.resolve() });
    app.server = createServer((request, response) => app.answers(new URL(request.url, app.origin), response));
    await new Promise((resolve) => app.server.listen(0, '127.0.0.1', resolve));
    app.origin = `http://localhost:${app.server.address().port}`;
    demo.apps.push(app.origin);
    const file = join(demo.data, `${app.server.address().port}.json`);
    writeFileSync(file, JSON.stringify({
      client_name: name,
      token_endpoint_auth_method: 'none',
      redirect_uris: [`${app.origin}/callback`],
      post_logout_redirect_uris: [`${app.origin}/bye`],
      frontchannel_logout_uri: `${app.origin}/frame`,
      frontchannel_logout_session_required: true,
      scope: 'openid',
    }));
    app.id = JSON.parse(demo.run('client', 'create', '--from', file, '--json')).client_id;
    return app;
  }

  async answers(url, response) {
    const shows = (html) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
    switch (url.pathname) {
      case '/callback':
        this.idToken = await this.redeems(url.searchParams.get('code'));
        return shows(page('Signed in'));
      case '/frame':
        this.framed.push(Object.fromEntries(url.searchParams));
        await this.hold;
        // It acts as an app does: a script of its own, with its own origin's store.
        return shows(page('Ended', '<script>localStorage.setItem("ended", "yes"); fetch("/ran?framed=" + (window !== window.top));</script>'));
      case '/ran':
        this.ran.push(url.searchParams.get('framed'));
        return response.writeHead(204).end();
      case '/bye':
        return shows(page('Signed out'));
      default:
        return response.writeHead(404).end();
    }
  }

  async redeems(code) {
    const form = { grant_type: 'authorization_code', code, client_id: this.id, redirect_uri: `${this.origin}/callback`, code_verifier: VERIFIER };
    const answer = await fetch(`${this.demo.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) });
    return (await answer.json()).id_token;
  }

  /** Where a sign-in at this app begins. */
  get begins() {
    const code_challenge = createHash('sha256').update(VERIFIER).digest('base64url');
    const asked = { response_type: 'code', client_id: this.id, redirect_uri: `${this.origin}/callback`, scope: 'openid', code_challenge, code_challenge_method: 'S256' };
    return `${this.demo.issuer}/authorize?${new URLSearchParams(asked)}`;
  }

  /** Where it sends whoever signs out of it. */
  get ends() {
    const asked = { id_token_hint: this.idToken, post_logout_redirect_uri: `${this.origin}/bye`, state: 'over' };
    return `${this.demo.issuer}/logout?${new URLSearchParams(asked)}`;
  }

  /** What its ID token says. */
  get claims() {
    return JSON.parse(Buffer.from(this.idToken.split('.')[1], 'base64url').toString());
  }

  /** Frames wait from now on; what lets them go on. */
  holds() {
    let goOn;
    this.hold = new Promise((resolve) => { goOn = resolve; });
    return goOn;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
