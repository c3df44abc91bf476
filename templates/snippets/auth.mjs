// Sign in with Auth.js 5 and Express: npm install express @auth/express @auth/core
// Auth.js is called back at …/callback/<id>: the registered address must end like that. Its environment needs AUTH_SECRET,
// made by `openssl rand -base64 33`.
import { Auth, createActionURL } from "@auth/core";
import { getToken } from "@auth/core/jwt";
import { ExpressAuth } from "@auth/express";
import express from "express";

const { CLIENT_SECRET, AUTH_SECRET } = process.env;
const secure = "{redirect_uri}".startsWith("https:");
const server = await (await fetch("{issuer}" + "/.well-known/openid-configuration")).json();

// Weakest first. A level is asked for, not granted: look at what came back.
const levels = ["urn:vouchsafe:acr:aal1", "urn:vouchsafe:acr:aal2", "urn:vouchsafe:acr:aal2-phr"];
const reaches = (acr, wanted) => levels.indexOf(acr) >= levels.indexOf(wanted);
const now = () => Date.now() / 1000;

/** New tokens of the same sign-in, with the newest refresh token: the old one is spent. */ // +refresh
async function renewed(token) { // +refresh
  const form = { grant_type: "refresh_token", refresh_token: token.refresh_token }; // +refresh
  const headers = {}; // +refresh
  headers.authorization = `Basic ${btoa([config.providers[0].clientId, CLIENT_SECRET].map(encodeURIComponent).join(":"))}`; // +refresh basic
  Object.assign(form, { client_id: config.providers[0].clientId, client_secret: CLIENT_SECRET }); // +refresh post
  const answer = await fetch(server.token_endpoint, { method: "POST", headers, body: new URLSearchParams(form) }); // +refresh
  // The person was signed out, or the app was taken from them: so they are signed out here. // +refresh
  if (answer.status === 400) return null; // +refresh
  if (!answer.ok) throw new Error(`the provider answered ${answer.status}`); // +refresh
  return { ...token, ...kept(await answer.json()) }; // +refresh
} // +refresh
 // +refresh
/** What is kept of the tokens, in a cookie that is sealed with AUTH_SECRET. */
const kept = ({ access_token, refresh_token, id_token, expires_in }) =>
  ({ access_token, refresh_token, id_token, until: now() + expires_in });

/** What the ID token says; Auth.js has verified it. */
const claims = ({ id_token }) => JSON.parse(Buffer.from(id_token.split(".")[1], "base64url"));

export const config = {
  basePath: "{auth_path}",
  secret: AUTH_SECRET,
  // The provider sends people to the registered address alone, whatever a request says its host is.
  trustHost: true,
  session: { strategy: "jwt" },
  providers: [
    {
      id: "{provider_id}",
      name: "Vouchsafe",
      type: "oidc",
      issuer: "{issuer}",
      clientId: "{client_id}",
      clientSecret: CLIENT_SECRET,
      client: { token_endpoint_auth_method: "{auth_method}", id_token_signed_response_alg: "{alg}" },
      checks: ["pkce", "state", "nonce"],
      idToken: false, // Name and e-mail address come from userinfo.
      authorization: { params: { scope: "{scope}" } },
    },
  ],
  callbacks: {
    // How strongly the person proved who they are, and when, is kept with the session.
    jwt({ token, account }) {
      if (account) {
        const { sub, acr, auth_time } = claims(account);
        return { ...token, sub, acr, auth_time, ...kept(account) };
      }
      if (token.until < now() + 30) return renewed(token); // +refresh
      return token;
    },
    session: ({ session, token: { sub, acr, auth_time } }) => ({ ...session, sub, acr, auth_time }),
  },
};

export const app = express();
// Behind a proxy that speaks https for it: app.set("trust proxy", 1);
app.use("{auth_path}", ExpressAuth(config));

/** Who is signed in, or null. A cookie that Auth.js wants renewed goes back with the answer. */
export async function session(req, res) {
  const url = createActionURL("session", req.protocol, new Headers(req.headers), {}, config);
  const answer = await Auth(new Request(url, { headers: { cookie: req.headers.cookie ?? "" } }), config);
  for (const cookie of answer.headers.getSetCookie()) res.append("set-cookie", cookie);
  return answer.json();
}

// A form with the `csrfToken` of GET {auth_path}/csrf begins a sign-in by POST to `signIn`, and to `stepUp` before something
// that matters: a stronger proof, not older than five minutes.
export const signIn = "{auth_path}" + "/signin/" + "{provider_id}";
export const stepUp = signIn + "?" + new URLSearchParams({ acr_values: "{step_up}", max_age: "300" });

/** Lets nobody by whose proof is too weak or too old; the page then offers `stepUp`. */
export async function strongly(req, res, next) {
  const who = await session(req, res);
  if (who && reaches(who.acr, "{step_up}") && who.auth_time > now() - 330) return next();
  res.status(403).json({ step_up: stepUp });
}

// A form that posts here signs out everywhere. The session's cookie is SameSite=Lax: no other site's form brings it.
app.post("/sign-out", async (req, res) => {
  const token = await getToken({ req, secret: AUTH_SECRET, secureCookie: secure });
  for (const pair of (req.headers.cookie ?? "").split("; ")) {
    const name = pair.split("=")[0];
    if (/^(__Secure-)?authjs\.session-token/.test(name)) res.clearCookie(name, { httpOnly: true, sameSite: "lax", secure });
  }
  const url = new URL(server.end_session_endpoint);
  if (token) url.searchParams.set("id_token_hint", token.id_token);
  url.searchParams.set("client_id", "{client_id}");
  url.searchParams.set("post_logout_redirect_uri", "{post_logout_redirect_uri}"); // +home
  res.redirect(303, url.href);
});
