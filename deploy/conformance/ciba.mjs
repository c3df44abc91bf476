#!/usr/bin/env node
// Registers the clients of FAPI-CIBA's plan at an installation that prepare.mjs made, and writes the plan's configurations
// beside the others. ciba.md says how to use it.
import { join } from 'node:path';
import { HERE, command, installation, pair, read } from './statics.mjs';

/** Where deploy/conformance/approve.mjs listens, unless somebody says otherwise. */
export const APPROVE_PORT = 9447;

/** The variants the plan is run in. */
export const PLANS = ['private_key_jwt', 'mtls'].flatMap((auth) => ['poll', 'ping'].map((mode) => ({
  plan: 'fapi-ciba-id1-test-plan', file: `ciba-${auth}-${mode}`,
  variant: { client_auth_type: auth, ciba_mode: mode, fapi_ciba_profile: 'plain_fapi', client_registration: 'static_client' },
})));

/** Registers the clients and writes the plans; `given` as for prepare.mjs. */
export function prepareCiba(folder, { approvePort = APPROVE_PORT, ...given } = {}) {
  const { made, register, secretly, certificates } = installation(folder, given);
  const approval = `https://${new URL(made.issuer).hostname}:${approvePort}/?auth_req_id={auth_req_id}&action={action}`;
  for (const one of PLANS) {
    const [first, second] = clients(one, made, register);
    const client = (of) => ({ ...of, scope: 'openid profile email offline_access', hint_type: 'login_hint', hint_value: made.person.username });
    secretly(`plans/${one.file}.json`, {
      alias: made.alias, description: `Vouchsafe, ${one.file}`,
      server: { discoveryUrl: `${made.issuer}/.well-known/openid-configuration` },
      client: client(first), client2: client(second), ...certificates,
      resource: { resourceUrl: `${made.mtls}/userinfo` }, automated_ciba_approval_url: approval,
    });
  }
}

/** Registers the two clients of a variant. */
function clients({ variant, file }, { suite, alias }, register) {
  const usual = read(`ciba-${variant.client_auth_type}.json`);
  const ping = variant.ciba_mode === 'ping' ? { backchannel_client_notification_endpoint: `${suite}/test/a/${alias}/ciba-notification-endpoint` } : {};
  return pair(register, file, { ...usual, ...ping, client_name: `${usual.client_name}, ${variant.ciba_mode}` }, (which, alg) => ({
    id_token_signed_response_alg: alg, backchannel_token_delivery_mode: variant.ciba_mode, backchannel_authentication_request_signing_alg: alg,
  }));
}

command(import.meta.url, { program: 'program', 'approve-port': 'approvePort' }, PLANS, (folder, given) => {
  prepareCiba(folder, given);
  return `Begin the person who answers with:\n  node ${join(HERE, 'approve.mjs')} ${folder}`;
});
