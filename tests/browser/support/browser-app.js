// An app that lives in the browser alone: a server of files on this machine, and the code the provider fills in for it.
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const library = (path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Browser app</title><link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "oidc-client-ts": "/oidc-client-ts.js", "jwt-decode": "/jwt-decode.js" } }</script>
<script type="module" src="/app.js"></script>
<main><pre id="told"></pre>
<button id="sign-in">Sign in</button> <button id="step-up">Step up</button> <button id="refresh">Refresh</button>
<button id="sign-out">Sign out</button></main></html>`;

/** Shows what came of the last thing that was done. */
const SCRIPT = `import * as app from "/sign-in.js";
const shows = (user) => ({
  acr: user?.profile.acr, sub: user?.profile.sub, email: user?.profile.email, token: user?.access_token, renews: user?.refresh_token,
});
const tell = async (work) => {
  document.getElementById("told").textContent = JSON.stringify(await work().catch((error) => ({ error: String(error) })));
};
const on = (id, work) => document.getElementById(id).addEventListener("click", () => tell(work));
on("sign-in", app.signIn);
on("step-up", () => app.stepUp(new URLSearchParams(location.search).get("level") ?? undefined));
on("refresh", async () => shows(await app.refresh()));
on("sign-out", app.signOut);
await tell(async () => {
  if (location.pathname !== "/callback") return shows(await app.manager.getUser());
  const user = await app.finish();
  history.replaceState(null, "", "/");
  return shows(user);
});`;

export class BrowserApp {
  /** Served on a free port, and registered at the demo as a public client. */
  static async start(demo, metadata) {
    const app = new BrowserApp();
    const files = { '/app.js': SCRIPT };
    app.server = createServer((request, response) => {
      const path = new URL(request.url, 'http://localhost').pathname;
      response.setHeader('content-type', path.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8');
      response.end(files[path] ?? PAGE);
    });
    await new Promise((resolve) => app.server.listen(0, 'localhost', resolve));
    app.origin = `http://localhost:${app.server.address().port}`;
    demo.apps.push(app.origin);
    const file = join(demo.data, `app-${app.server.address().port}.json`);
    writeFileSync(file, JSON.stringify({
      client_name: 'Browser app', token_endpoint_auth_method: 'none', redirect_uris: [`${app.origin}/callback`],
      post_logout_redirect_uris: [`${app.origin}/`], grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email', ...metadata,
    }));
    app.client = JSON.parse(demo.run('client', 'create', '--from', file, '--json'));
    files['/sign-in.js'] = demo.run('client', 'snippet', app.client.client_id, '--lang', 'oidc-client-ts');
    files['/oidc-client-ts.js'] = await readFile(library('oidc-client-ts/dist/esm/oidc-client-ts.js'), 'utf8');
    files['/jwt-decode.js'] = await readFile(library('jwt-decode/build/esm/index.js'), 'utf8');
    return app;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
