// Sign in from the browser with oidc-client-ts 3: npm install oidc-client-ts
import { UserManager } from "oidc-client-ts";

export const manager = new UserManager({
  authority: "{issuer}",
  client_id: "{client_id}",
  redirect_uri: "{redirect_uri}",
  post_logout_redirect_uri: "{post_logout_redirect_uri}", // +home
  response_type: "code",
  scope: "{scope}",
  loadUserInfo: true,
  filterProtocolClaims: false, // or acr and auth_time are not in the profile
  // The sign-in pages cannot be framed, so a session is renewed with the refresh token and never in an iframe.
  automaticSilentRenew: true, // +refresh
  automaticSilentRenew: false, // +norefresh
});

// Weakest first. A level is asked for, not granted: look at what came back.
const levels = ["urn:vouchsafe:acr:aal1", "urn:vouchsafe:acr:aal2", "urn:vouchsafe:acr:aal2-phr"];

export const signIn = () => manager.signinRedirect();

/** Before something that matters: a stronger proof, not older than five minutes. */
export function stepUp(wanted = "{step_up}") {
  return manager.signinRedirect({ acr_values: wanted, max_age: 300, state: { wanted, since: Date.now() / 1000 - 300 } });
}

/** On the page at the callback. */
export async function finish() {
  const user = await manager.signinRedirectCallback();
  const { wanted, since } = user.state ?? {};
  const { acr, auth_time } = user.profile;
  if (wanted && (levels.indexOf(acr) < levels.indexOf(wanted) || auth_time < since - 10)) {
    await manager.removeUser();
    throw new Error(`signed in at ${acr} only`);
  }
  return user;
}

/** New tokens of the same sign-in, now and not when the old ones are about to end. */ // +refresh
export const refresh = () => manager.signinSilent(); // +refresh

/** Signs out everywhere. */
export const signOut = () => manager.signoutRedirect();
