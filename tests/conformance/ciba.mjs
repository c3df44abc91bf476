// FAPI-CIBA's plan, poll and ping, module by module as the OpenID Foundation's suite runs it, with the clients and
// configurations that deploy/conformance hands to the suite, and the person of approve.mjs. Prints a line for each module
// in TAP's words, and ends with a status.
import { serve } from '../../deploy/conformance/approve.mjs';
import { PLANS, prepareCiba } from '../../deploy/conformance/ciba.mjs';
import { inWords } from '../../deploy/conformance/statics.mjs';
import { MODULES } from './ciba_modules.mjs';
import { Run } from './fapi_support.mjs';
import { ALIAS, Provider, Report, Suite, freePorts } from './support.mjs';

const [only = ''] = process.argv.slice(2);
const report = new Report();
const suite = await Suite.start();
const provider = await Provider.start({ suite: suite.origin });
const path = `/test/a/${ALIAS}/ciba-notification-endpoint`;
let person;

const waits = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

async function begins(plan, module) {
  const config = provider.plan(plan.file);
  const run = await Run.begin(provider, { ...plan, variant: { ...plan.variant, sender_constrain: 'mtls', openid: 'openid_connect' } }, { override: {}, browser: [], ...config }, module);
  return Object.assign(run, { ping: plan.variant.ciba_mode === 'ping', suite, path, waits });
}

try {
  await suite.certifies(provider);
  const [port] = await freePorts(1);
  prepareCiba(provider.folder, { program: provider.program, environment: provider.environment, approvePort: port });
  person = await serve(provider.folder, { bind: '127.0.0.1', port });
  const patient = [];
  for (const plan of PLANS) {
    for (const [module, fits, body] of MODULES) {
      const kind = { byKey: plan.variant.client_auth_type === 'private_key_jwt', ping: plan.variant.ciba_mode === 'ping' };
      if (!fits(kind) || (only && !`${plan.file} fapi-ciba-id1${module}`.includes(only))) continue;
      suite.serves(path, '', 'text/plain', 204);
      const done = report.module(`${plan.plan}${inWords(plan.variant)}`, `fapi-ciba-id1${module}`, async () => body(await begins(plan, module)));
      // It waits for half a minute, and for nobody else.
      if (module === '-auth-req-id-expired') patient.push(done);
      else await done;
    }
  }
  await Promise.all(patient);
} catch (error) {
  report.failed += 1;
  console.log(`not ok - ciba: ${error.stack}\n# ${provider.messages.slice(-2000).replaceAll('\n', '\n# ')}`);
} finally {
  person?.closeAllConnections();
  person?.close();
  await suite.stop();
  await provider.stop();
}
process.exit(report.failed === 0 ? 0 : 1);
