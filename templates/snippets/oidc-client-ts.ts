// Sign in from the browser with oidc-client-ts 3: npm install oidc-client-ts
import { UserManager } from "oidc-client-ts";

export const manager = new UserManager({
  authority: "{issuer}",
  client_id: "{client_id}",
  redirect_uri: "{redirect_uri}",
  post_logout_redirect_uri: "{post_logout_redirect_uri}", // +home
  response_type: "code",
  scope: "{scope}",
  // The sign-in pages cannot be framed, so a session is renewed with the refresh token and never in an iframe.
  automaticSilentRenew: true, // +refresh
  automaticSilentRenew: false, // +norefresh
});

export const signIn = () => manager.signinRedirect();

/** On the page at the callback. */
export const finish = () => manager.signinRedirectCallback();

/** Before something that matters: a stronger proof, not older than five minutes. Then look at user.profile.acr. */
export const stepUp = () => manager.signinRedirect({ acr_values: "{step_up}", max_age: 300 });

export const signOut = () => manager.signoutRedirect();
