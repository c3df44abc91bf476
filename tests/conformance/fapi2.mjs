// The plans of FAPI 2.0 (Security Profile and Message Signing), module by module as the OpenID Foundation's suite runs
// them: against `vouchsafe serve` as deploy/conformance prepares it, with the very clients and configurations that are
// handed to the suite. Prints a line for each module in TAP's words, and ends with a status.
import { PLANS, prepareFapi2 } from '../../deploy/conformance/fapi2.mjs';
import { serve } from '../../deploy/conformance/resource.mjs';
import { inWords } from '../../deploy/conformance/statics.mjs';
import { Run } from './fapi_support.mjs';
import { MODULES, OF_CLIENTS_ALONE } from './fapi2_modules.mjs';
import { Provider, Report, freePorts } from './support.mjs';

/** Modules at once: of more sign-ins of one person at a time some wait until the passwords of others were looked at. */
const LANES = 4;
/** Those that wait for something to be over begin first. */
const PATIENT = ['ensure-token-endpoint-fails-with-expired-auth-code', 'par-attempt-to-use-expired-request_uri'];

const [only = ''] = process.argv.slice(2);
const report = new Report();
const provider = await Provider.start({ suite: 'https://suite.example:8443' });
let resource;

// ---- lanes: whoever waits for time to pass lets others work meanwhile

let free = LANES;
const queue = [];
function enters() {
  if (free > 0) free -= 1;
  else return new Promise((resolve) => { queue.push(resolve); });
  return undefined;
}
function leaves() {
  const next = queue.shift();
  if (next) next();
  else free += 1;
}
async function inLane(work) {
  await enters();
  try {
    await work();
  } finally {
    leaves();
  }
}
async function waits(seconds) {
  leaves();
  await new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
  await enters();
}

function* jobs() {
  for (const plan of PLANS) {
    const config = provider.plan(plan.file);
    for (const [module, fits, body] of MODULES) {
      const run = { openid: plan.variant.openid === 'openid_connect', dpop: plan.variant.sender_constrain === 'dpop', byKey: plan.variant.client_auth_type === 'private_key_jwt', signs: 'fapi_request_method' in plan.variant };
      const alone = plan.file.endsWith('client-credentials');
      if (!fits(run) || (alone && !OF_CLIENTS_ALONE.includes(module))) continue;
      const label = `${plan.plan}${inWords(plan.variant)}`;
      if (only && !`${label} ${module} ${plan.file}`.includes(only)) continue;
      yield { module, label, work: async () => body(Object.assign(await Run.begin(provider, plan, config, module), { waits })) };
    }
  }
}

try {
  const [port] = await freePorts(1);
  prepareFapi2(provider.folder, { program: provider.program, environment: provider.environment, resourcePort: port });
  resource = await serve(provider.folder, { bind: '127.0.0.1' });
  const all = [...jobs()];
  const isPatient = ({ module }) => PATIENT.includes(module);
  const inOrder = [...all.filter(isPatient), ...all.filter((job) => !isPatient(job))];
  await Promise.all(inOrder.map(({ label, module, work }) => inLane(() => report.module(label, `fapi2-security-profile-final-${module}`, work))));
} catch (error) {
  report.failed += 1;
  console.log(`not ok - fapi2: ${error.stack}\n# ${provider.messages.slice(-2000).replaceAll('\n', '\n# ')}`);
} finally {
  resource?.closeAllConnections();
  resource?.close();
  await provider.stop();
}
process.exit(report.failed === 0 ? 0 : 1);
