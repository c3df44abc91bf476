// The OpenID Foundation's plans for OpenID Connect providers, module by module, as its conformance suite performs them: its
// own names, its requests, its browser, its checks. What it calls a warning fails here as well.
//
// On purpose not as the suite has it (deploy/conformance/README.md says it to whoever runs the suite):
// - Implicit and hybrid flows do not exist (RFC 9700 §2.1.2), so their plans are not run, and the dynamic plan's
//   `oidcc-discovery-endpoint-verification` is held to everything but their names in discovery.
// - `none` as a client's method: a public client has to use PKCE (RFC 9700 §2.1.1), which the suite's modules do not send. That
//   refusal is what is tried here.
// - `mtls` is run with static clients: a registration of the suite's own would name the method `mtls`, which no registry knows.
import assert from 'node:assert/strict';
import { BASIC, idTokenRs256 } from './basic.mjs';
import { isErrorOf, isRefused } from './checks.mjs';
import { CONFIG, DYNAMIC, THIRD_PARTY } from './dynamic.mjs';
import { BACK_CHANNEL, FRONT_CHANNEL, RP_LOGOUT } from './logout.mjs';
import { Plan } from './plan.mjs';
import { Browser, Client, PASSWORD_ONLY, Provider, Report, Suite } from './support.mjs';

const ID_TOKEN_RS256 = ['oidcc-idtoken-rs256', idTokenRs256, 'dynamic'];
const named = (...names) => BASIC.filter(([name]) => names.includes(name));
const DYNAMIC_PLAN = [
  ID_TOKEN_RS256,
  ...DYNAMIC,
  ...named('oidcc-server', 'oidcc-idtoken-unsigned', 'oidcc-refresh-token', 'oidcc-ensure-request-object-with-redirect-uri'),
];
/** Of the breadth plan, what a method of its own could change; everything else is in the plans above it. */
const BREADTH = [
  ID_TOKEN_RS256,
  ...named('oidcc-server', 'oidcc-refresh-token', 'oidcc-codereuse', 'oidcc-ensure-request-with-valid-pkce-succeeds', 'oidcc-prompt-none-logged-in'),
  ...DYNAMIC.filter(([name]) => ['oidcc-userinfo-rs256', 'oidcc-request-uri-signed-rs256', 'oidcc-registration-jwks-uri', 'oidcc-redirect-uri-query-OK',
    'oidcc-ensure-client-assertion-with-iss-aud-succeeds'].includes(name)),
];

/** Whether a module is part of a plan: some want a client that registers itself, some a method. */
function applies(plan, [, , ...wants]) {
  const asserts = ['client_secret_jwt', 'private_key_jwt'].includes(plan.method);
  if (wants.includes('dynamic') && !plan.isDynamic) return false;
  if (wants.includes('private_key_jwt') && !(plan.isDynamic && plan.method === 'private_key_jwt')) return false;
  return !wants.includes('assertion') || asserts;
}

const suite = await Suite.start();
const provider = await Provider.start({ suite: suite.site, inside: suite.origin });
const report = new Report();
const waiting = [];

async function run(plan, [name, body]) {
  const own = plan.with({});
  await report.module(plan.name, name, async () => {
    try {
      return await body(own, own.browser(name));
    } finally {
      await own.ends();
    }
  });
}

/**
 * One module after another, because one person signs in to all of them and many passwords at once count as guesses; those that wait by
 * themselves go on beside the rest.
 */
async function runs(name, modules, options = {}) {
  const plan = new Plan(name, { provider, suite, ...options });
  for (const module of modules.filter((one) => applies(plan, one))) {
    if (module.includes('waits')) waiting.push(run(plan, module));
    else await run(plan, module);
  }
}

/** A public client: without PKCE it is neither registered so nor served. */
async function publicClient() {
  const usual = { client_name: 'public', token_endpoint_auth_method: 'none', redirect_uris: [`${suite.site}/cb`], scope: 'openid' };
  assert.throws(() => provider.creates({ ...usual, policy: PASSWORD_ONLY }), /public client must use PKCE/);
  const plan = new Plan('none', { provider, suite });
  isRefused(await plan.registers(plan.registering({ token_endpoint_auth_method: 'none' })), 'invalid_client_metadata');
  const client = new Client(provider, provider.creates({ ...usual, policy: { ...PASSWORD_ONLY, require_pkce: true } }));
  const request = plan.request(client, { redirect_uri: `${suite.site}/cb` });
  const place = await plan.asks(new Browser(provider, []), request);
  isErrorOf(place, { state: request.state, issuer: provider.issuer, codes: ['invalid_request'] });
}

try {
  await suite.certifies(provider);
  // Those that wait begin first.
  await runs('oidcc-dynamic[code]', DYNAMIC_PLAN, { method: 'private_key_jwt' });
  await runs('oidcc-config', CONFIG);
  await runs('oidcc-basic[dynamic]', BASIC);
  await runs('oidcc-basic[static]', BASIC, { registration: 'static' });
  await runs('oidcc-formpost-basic', BASIC, { mode: 'form_post' });
  await runs('oidcc-3rdparty-init-login[code]', THIRD_PARTY);
  await runs('oidcc-rp-initiated-logout[dynamic]', RP_LOGOUT);
  await runs('oidcc-rp-initiated-logout[static]', RP_LOGOUT, { registration: 'static' });
  await runs('oidcc-backchannel-rp-initiated-logout[dynamic]', BACK_CHANNEL);
  await runs('oidcc-backchannel-rp-initiated-logout[static]', BACK_CHANNEL, { registration: 'static', known: 'back' });
  await runs('oidcc-frontchannel-rp-initiated-logout[dynamic]', FRONT_CHANNEL);
  await runs('oidcc-frontchannel-rp-initiated-logout[static]', FRONT_CHANNEL, { registration: 'static', known: 'front' });
  for (const method of ['client_secret_post', 'client_secret_jwt']) {
    await runs(`oidcc-test-plan[dynamic,${method}]`, BREADTH, { method });
  }
  for (const method of ['client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'mtls']) {
    await runs(`oidcc-test-plan[static,${method}]`, BREADTH, { registration: 'static', method });
  }
  await report.module('oidcc-test-plan[none]', 'a public client has to use PKCE', publicClient);
  await Promise.all(waiting);
} finally {
  await provider.stop();
  await suite.stop();
}
if (report.failed) console.log(`# what the provider said:\n# ${provider.messages.slice(-4000).replaceAll('\n', '\n# ')}`);
process.exit(report.failed ? 1 : 0);
