// The configurations of the suite's plans, with the words by which its browser finds its way through our pages: paths
// and element ids that stay (docs and tests rely on them as well), and the codes of our error pages.

/** What the suite's browser does at an authorization request, up to the client's callback. */
export function signIn({ issuer, alias, person }, { shown } = {}) {
  const shows = shown ? [['wait', 'xpath', '//*', 10, shown, 'update-image-placeholder-optional']] : [];
  return {
    match: `${issuer}/authorize*`,
    tasks: [
      { task: 'Name', optional: true, match: `${issuer}/i/*/sign-in*`, commands: [['text', 'id', 'username', person.username], ['click', 'id', 'sign-in-submit']] },
      { task: 'Password', optional: true, match: `${issuer}/i/*/password*`, commands: [...shows, ['text', 'id', 'password', person.password], ['click', 'id', 'sign-in-submit']] },
      { task: 'Consent', optional: true, match: `${issuer}/i/*/consent*`, commands: [['click', 'id', 'consent-allow']] },
      { task: 'Answer by a form', optional: true, match: `${issuer}/*`, commands: [['wait', 'contains', `/test/a/${alias}/callback`, 10]] },
      { task: 'Verify Complete', match: `*/test/a/${alias}/callback*`, commands: [['wait', 'id', 'submission_complete', 10]] },
    ],
  };
}

/** At a request to sign out that comes back to the client. */
function signOut({ issuer, alias }) {
  return {
    match: `${issuer}/logout*`,
    tasks: [
      { task: 'Confirm', optional: true, match: `${issuer}/logout*`, commands: [['click', 'id', 'sign-out-confirm', 'optional']] },
      { task: 'Other apps', optional: true, match: `${issuer}/logout*`, commands: [['wait', 'contains', `/test/a/${alias}/post`, 10]] },
      { task: 'Verify Complete', match: `*/test/a/${alias}/post*` },
    ],
  };
}

/** At a request that ends on a page of ours, whose picture somebody looks at. */
function ends(issuer, path, at, text, before = []) {
  return { match: `${issuer}${path}*`, tasks: [...before, { task: `Expect ${text}`, match: `${issuer}${at}*`, commands: [['wait', 'xpath', '//*', 10, text, 'update-image-placeholder']] }] };
}

function overrides(made) {
  const { issuer } = made;
  const refused = (code) => ({ browser: [ends(issuer, '/authorize', '/authorize', code)] });
  const firstPage = (text) => ({ browser: [ends(issuer, '/authorize', '/i/', text)] });
  const again = (text) => ({ browser: [signIn(made, { shown: text })] });
  const confirms = [{ task: 'Confirm', optional: true, match: `${issuer}/logout*`, commands: [['click', 'id', 'sign-out-confirm', 'optional']] }];
  const logoutRefused = { browser: [signIn(made), ends(issuer, '/logout', '/logout', 'VS-1301')] };
  const signedOut = { browser: [signIn(made), ends(issuer, '/logout', '/logout', 'You are signed out', confirms)] };
  return {
    'oidcc-prompt-login': again('Enter your password'),
    'oidcc-max-age-1': again('Enter your password'),
    'oidcc-ensure-registered-redirect-uri': refused('VS-1204'),
    'oidcc-ensure-redirect-uri-in-authorization-request': refused('VS-1203'),
    'oidcc-redirect-uri-query-added': refused('VS-1204'),
    'oidcc-redirect-uri-query-mismatch': refused('VS-1204'),
    'oidcc-registration-logo-uri': firstPage('Sign in'),
    'oidcc-registration-policy-uri': firstPage('Sign in'),
    'oidcc-registration-tos-uri': firstPage('Sign in'),
    'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': logoutRefused,
    'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': logoutRefused,
    'oidcc-rp-initiated-logout-modified-id-token-hint': logoutRefused,
    'oidcc-rp-initiated-logout-bad-id-token-hint': logoutRefused,
    'oidcc-rp-initiated-logout-no-id-token-hint': logoutRefused,
    'oidcc-rp-initiated-logout-no-params': signedOut,
    'oidcc-rp-initiated-logout-only-state': signedOut,
    'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': signedOut,
  };
}

/** A configuration for each kind of plan, by the name of its file. `made` is what prepare.mjs made. */
export function plans(made, { mtls, mtls2 }) {
  const common = {
    alias: made.alias,
    server: { discoveryUrl: `${made.issuer}/.well-known/openid-configuration`, login_hint: made.person.username },
    browser: [signIn(made), signOut(made)],
    override: overrides(made),
  };
  const { clients } = made;
  const of = ({ client_id, client_secret, jwks }) => ({ client_id, ...(client_secret && { client_secret }), ...(jwks && { jwks }) });
  const dynamic = (name) => ({ client_name: name, initial_access_token: made.token });
  const fixed = (one, two, more = {}) => ({ client: of(clients[one]), client2: of(clients[two]), client_secret_post: of(clients.post), ...more });
  return {
    dynamic: { ...common, description: 'Vouchsafe, clients that register themselves', client: dynamic('first client'), client2: dynamic('second client') },
    static: { ...common, description: 'Vouchsafe, static clients (client_secret_basic)', ...fixed('basic', 'basic2') },
    'static-backchannel': { ...common, description: 'Vouchsafe, a static client with a back-channel address', ...fixed('back', 'basic2') },
    'static-frontchannel': { ...common, description: 'Vouchsafe, a static client with a front-channel address', ...fixed('front', 'basic2') },
    'static-client_secret_post': { ...common, description: 'Vouchsafe, static clients (client_secret_post)', ...fixed('post', 'post2') },
    'static-client_secret_jwt': { ...common, description: 'Vouchsafe, static clients (client_secret_jwt)', ...fixed('jwt', 'jwt2') },
    'static-private_key_jwt': { ...common, description: 'Vouchsafe, static clients (private_key_jwt)', ...fixed('key', 'key2') },
    'static-mtls': { ...common, description: 'Vouchsafe, static clients (mtls)', ...fixed('mtls', 'mtls2', { mtls, mtls2 }) },
  };
}
