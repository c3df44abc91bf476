// auth.ts, with Auth.js 5: npm install next-auth@beta
// Auth.js is called back at /api/auth/callback/<id>, so the registered address must end like that.
import NextAuth from "next-auth";

export const { handlers, auth, signIn, signOut } = NextAuth({
  providers: [
    {
      id: "{provider_id}",
      name: "Vouchsafe",
      type: "oidc",
      issuer: "{issuer}",
      clientId: "{client_id}",
      clientSecret: process.env.CLIENT_SECRET, // +secret
      client: { token_endpoint_auth_method: "{auth_method}", id_token_signed_response_alg: "{alg}" },
      checks: ["pkce", "state", "nonce"],
      authorization: { params: { scope: "{scope}" } },
    },
  ],
  callbacks: {
    // How strongly the person proved who they are, kept with the session.
    jwt({ token, profile, account }) {
      if (profile) Object.assign(token, { acr: profile.acr, auth_time: profile.auth_time, id_token: account?.id_token });
      return token;
    },
    session({ session, token }) {
      return Object.assign(session, { acr: token.acr });
    },
  },
});

// Before something that matters: a stronger proof, not older than five minutes. Then look at session.acr.
export const stepUp = () => signIn("{provider_id}", {}, { acr_values: "{step_up}", max_age: "300" });
