// A relying party built on Auth.js and Express: the code the provider fills in, as a server of its own on this machine.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { AAL1, AAL2, Checks, LOW } from './checks.mjs';
import { Person } from './person.mjs';

const checks = await Checks.begin('auth.js');
const { demo } = checks;

/** The app on a free port, registered with this; what it exports, and where it is. */
async function served(metadata) {
  let handler;
  const server = createServer((request, response) => handler(request, response));
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  const origin = `http://localhost:${server.address().port}`;
  const client = checks.register({
    redirect_uris: [`${origin}/api/auth/callback/clinic`], post_logout_redirect_uris: [`${origin}/`], policy: LOW, ...metadata,
  });
  const app = await checks.snippet(client, { AUTH_SECRET: 'x'.repeat(40) });
  app.app.get('/', async (request, response) => response.json(await app.session(request, response)));
  app.app.get('/prescribe', app.strongly, (request, response) => response.json({ prescribed: true }));
  handler = app.app;
  return { ...app, origin, close: () => { server.closeAllConnections(); server.close(); } };
}

/** The person's way from a button of the app to where it ends. */
async function presses(person, app, path) {
  const { csrfToken } = await person.reads(`${app.origin}/api/auth/csrf`);
  return person.goes(`${app.origin}${path}`, home(app), { csrfToken, callbackUrl: `${app.origin}/` });
}

const home = (app) => (url) => url.href === `${app.origin}/`;

try {
  for (const method of ['client_secret_basic', 'client_secret_post']) {
    const app = await served({ client_name: method, token_endpoint_auth_method: method });
    const person = new Person(demo.clinician);
    const who = () => person.reads(`${app.origin}/`);
    let first;

    await checks.check(`signs in with ${method}`, async () => {
      assert.equal(await who(), null);
      await presses(person, app, app.signIn);
      first = await who();
      assert.deepEqual([first.acr, typeof first.sub, typeof first.auth_time], [AAL1, 'string', 'number']);
      assert.ok(first.user.email);
    });

    if (method === 'client_secret_basic') {
      await checks.check('steps up before something that matters', async () => {
        const refused = await person.reads(`${app.origin}/prescribe`);
        assert.equal(refused.step_up, app.stepUp);
        await presses(person, app, refused.step_up);
        assert.ok(person.asked.includes('code') && !person.asked.includes('password'), `asked ${person.asked}`);
        const fresh = await who();
        assert.deepEqual([fresh.sub, fresh.acr], [first.sub, AAL2]);
        assert.deepEqual(await person.reads(`${app.origin}/prescribe`), { prescribed: true });
      });
    }

    await checks.check(`refreshes with ${method} when the access token is about to end`, async () => {
      const cookie = () => [...person.cookies].filter(([name]) => name.startsWith('authjs.session-token')).join();
      const real = Date.now;
      const seen = [];
      const fetched = globalThis.fetch;
      globalThis.fetch = async (...request) => {
        const answer = await fetched(...request);
        if (String(request[0]).endsWith('/token')) seen.push({ status: answer.status, body: await answer.clone().json() });
        return answer;
      };
      try {
        for (const later of [280, 560]) {
          Date.now = () => real() + later * 1000;
          const before = cookie();
          const still = await who();
          assert.equal(still.sub, first.sub);
          assert.notEqual(cookie(), before);
        }
      } finally {
        Date.now = real;
        globalThis.fetch = fetched;
      }
      assert.deepEqual(seen.map(({ status }) => status), [200, 200]);
      assert.notEqual(seen[0].body.refresh_token, seen[1].body.refresh_token);
    });

    await checks.check(`signs out with ${method}, here and at the provider`, async () => {
      await person.goes(`${app.origin}/sign-out`, home(app), {});
      assert.equal(await who(), null);
      await presses(person, app, app.signIn);
      assert.ok(person.asked.includes('password'), `asked ${person.asked}`);
    });

    await checks.check(`forgets with ${method} whom the provider no longer signs in`, async () => {
      demo.run('account', 'end-sessions', demo.clinician.username, '--yes');
      const real = Date.now;
      Date.now = () => real() + 280_000;
      try {
        assert.equal(await who(), null);
      } finally {
        Date.now = real;
      }
    });
    app.close();
  }

  await checks.check('takes no answer that belongs to another sign-in', async () => {
    const app = await served({ client_name: 'Other' });
    const [person, other] = [new Person(demo.clinician), new Person(demo.clinician)];
    const { csrfToken } = await person.reads(`${app.origin}/api/auth/csrf`);
    const callback = `${app.origin}/api/auth/callback/`;
    app.config.logger = { error() {} };
    const back = await person.goes(`${app.origin}${app.signIn}`, callback, { csrfToken, callbackUrl: `${app.origin}/` });
    await other.goes(back, `${app.origin}/api/auth/error`);
    assert.equal(await other.reads(`${app.origin}/`), null);
    app.close();
  });
} finally {
  await checks.end();
}
