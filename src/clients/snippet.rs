//! Code that signs people in to one app, filled in with what is registered; the console and the command show the same.
//!
//! A snippet is a file of `templates/snippets/`, valid in its own language as it stands: `"{issuer}"` (in a shell
//! `'{issuer}'`) is a text to be put in place, quotes included, and a line that ends with `// +word` stays only where
//! the word (each of the words) is true of the app. Secrets never stand in it; [`environment`] holds them.
//!
//! To add a library: a variant of [`Framework`], its files, and lines in [`template`] and [`fits`]. The relying parties of
//! `tests/rp` and `tests/browser` run every file as it is printed.

use super::wizard::Framework;
use super::{AuthMethod, Client, RedirectUri, SenderConstraint};
use crate::base::{Acr, GrantType, ResponseMode};
use crate::keys::Algorithm;

/// What a snippet is filled in with.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    /// The app.
    pub client: &'a Client,
    /// The issuer identifier.
    pub issuer: &'a str,
    /// The level it asks for before something that matters.
    pub step_up: Acr,
}

/// Why there is no snippet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSnippet {
    /// The browser can keep no secret.
    #[error("this library runs in the browser, where the app's secret could be read by everybody")]
    Secret,
    /// The library takes no app without one.
    #[error("this library needs an app with a secret, and this app has none")]
    NoSecret,
    /// Nobody can type where it runs.
    #[error(
        "this app shows a code that is typed elsewhere, which this library cannot do; docs/device.md says how"
    )]
    Device,
    /// People who are elsewhere need more than a snippet.
    #[error("this app asks for people who are elsewhere; docs/ciba.md says how")]
    Ciba,
    /// Whoever calls another service needs more than a snippet.
    #[error("this app exchanges tokens it is called with; docs/token-exchange.md says how")]
    Exchange,
    /// Nobody signs in to it.
    #[error("nobody signs in to this app, and this library does nothing else")]
    Machine,
    /// It neither signs people in nor gets tokens for itself.
    #[error("this app has none of the grants that there is code for")]
    Grants,
    /// It proves itself in a way that stands in no file of this library.
    #[error("the code for this library does not show how this app proves itself; docs/requests.md says how")]
    Proof,
    /// It proves itself by its connection.
    #[error(
        "the code for this library does not show how this app proves itself by a certificate; docs/mtls.md says how"
    )]
    Certificate,
    /// Its registration asks for more than stands in the file of this library.
    #[error(
        "this app pushes, signs, encrypts or binds more than the code for this library shows; docs/requests.md says how"
    )]
    Beyond,
}

impl Framework {
    /// The file a snippet is best kept in.
    pub fn file(self) -> &'static str {
        match self {
            Self::OpenidClient | Self::Oauth4webapi => "sign-in.mjs",
            Self::AuthJs => "auth.mjs",
            Self::Authlib => "sign_in.py",
            Self::OidcClientTs => "sign-in.js",
            Self::Openidconnect => "sign_in.rs",
            Self::Curl => "sign-in.sh",
        }
    }
}

/// The level an app asks for if nobody says: its own floor, else two factors.
pub fn usual_step_up(client: &Client) -> Acr {
    client.policy.min_acr.unwrap_or(Acr::Aal2).max(Acr::Aal2)
}

/// The code for one library.
pub fn fill(framework: Framework, filling: &Filling<'_>) -> Result<String, NoSnippet> {
    let template = template(framework, filling.client)?;
    let lines = template.lines().filter_map(|line| kept(line, filling));
    Ok(lines.map(|line| filled(line, filling) + "\n").collect())
}

/// What goes into the app's environment; the secret only where it is shown, that once.
pub fn environment(filling: &Filling<'_>, secret: Option<&str>) -> String {
    let client = filling.client;
    let mut lines = vec![format!("ISSUER={}", filling.issuer), format!("CLIENT_ID={}", client.id)];
    let redirect_uri = first(&client.metadata.redirect_uris);
    if !redirect_uri.is_empty() {
        // Quoted: an address may hold what a shell would run.
        lines.push(format!("REDIRECT_URI='{}'", redirect_uri.replace('\'', "%27")));
    }
    match client.metadata.token_endpoint_auth_method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::ClientSecretJwt => {
            lines.push(format!("CLIENT_SECRET={}", secret.unwrap_or("put the app's secret here")));
        }
        AuthMethod::PrivateKeyJwt => {
            lines.push("CLIENT_KEY=put the app's private key here, as a JWK".to_owned())
        }
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth | AuthMethod::None => {}
    }
    lines.join("\n") + "\n"
}

/// What an app gets its tokens by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// People sign in, and their browser comes back.
    Browser,
    /// People sign in elsewhere.
    Device,
    /// It signs in by itself.
    Machine,
}

impl Way {
    fn of(client: &Client) -> Result<Self, NoSnippet> {
        let ways = [
            (GrantType::AuthorizationCode, Self::Browser),
            (GrantType::DeviceCode, Self::Device),
            (GrantType::ClientCredentials, Self::Machine),
        ];
        ways.into_iter().find_map(|(grant, way)| client.allows(grant).then_some(way)).ok_or_else(|| {
            match (client.allows(GrantType::Ciba), client.allows(GrantType::TokenExchange)) {
                (true, _) => NoSnippet::Ciba,
                (false, true) => NoSnippet::Exchange,
                (false, false) => NoSnippet::Grants,
            }
        })
    }
}

fn template(framework: Framework, client: &Client) -> Result<&'static str, NoSnippet> {
    macro_rules! file {
        ($name:literal) => {
            include_str!(concat!("../../templates/snippets/", $name))
        };
    }
    let way = Way::of(client)?;
    let file = match (framework, way) {
        (Framework::OpenidClient, Way::Browser) => file!("openid-client.mjs"),
        (Framework::OpenidClient, Way::Device) => file!("openid-client.device.mjs"),
        (Framework::OpenidClient, Way::Machine) => file!("openid-client.machine.mjs"),
        (Framework::Oauth4webapi, Way::Browser) => file!("oauth4webapi.mjs"),
        (Framework::Oauth4webapi, Way::Device) => file!("oauth4webapi.device.mjs"),
        (Framework::Oauth4webapi, Way::Machine) => file!("oauth4webapi.machine.mjs"),
        (Framework::Authlib, Way::Browser) => file!("authlib.py"),
        (Framework::Authlib, Way::Device) => file!("authlib.device.py"),
        (Framework::Authlib, Way::Machine) => file!("authlib.machine.py"),
        (Framework::Openidconnect, Way::Browser) => file!("openidconnect.rs"),
        (Framework::Openidconnect, Way::Machine) => file!("openidconnect.machine.rs"),
        (Framework::Curl, Way::Browser) => file!("curl.sh"),
        (Framework::Curl, Way::Device) => file!("curl.device.sh"),
        (Framework::Curl, Way::Machine) => file!("curl.machine.sh"),
        (Framework::AuthJs, Way::Browser) => file!("auth.mjs"),
        (Framework::OidcClientTs, Way::Browser) => file!("oidc-client-ts.js"),
        (Framework::Openidconnect | Framework::AuthJs | Framework::OidcClientTs, Way::Device) => {
            return Err(NoSnippet::Device);
        }
        (Framework::AuthJs | Framework::OidcClientTs, Way::Machine) => return Err(NoSnippet::Machine),
    };
    fits(framework, client)?;
    Ok(file)
}

/// Whether the code for a library does all that this app is registered for.
fn fits(framework: Framework, client: &Client) -> Result<(), NoSnippet> {
    let (metadata, policy) = (&client.metadata, &client.policy);
    match (framework, client.is_public()) {
        (Framework::OidcClientTs, false) => return Err(NoSnippet::Secret),
        (Framework::AuthJs, true) => return Err(NoSnippet::NoSecret),
        _ => {}
    }
    let signs = matches!(framework, Framework::OpenidClient | Framework::Oauth4webapi);
    let shown = match metadata.token_endpoint_auth_method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::None => true,
        AuthMethod::ClientSecretJwt => signs,
        // The key is read as one of P-256.
        AuthMethod::PrivateKeyJwt => {
            signs && metadata.assertion_algorithms(policy).contains(&Algorithm::Es256)
        }
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => {
            return Err(NoSnippet::Certificate);
        }
    };
    if !shown {
        return Err(NoSnippet::Proof);
    }
    let beyond = [
        policy.require_par && framework != Framework::Oauth4webapi,
        policy.sender_constraint == SenderConstraint::Dpop && framework != Framework::Oauth4webapi,
        policy.sender_constraint == SenderConstraint::Mtls,
        policy.require_signed_request_object,
        !metadata.response_modes.contains(&ResponseMode::Query),
        metadata.protection.id_token.is_some() || metadata.protection.userinfo.is_some(),
        metadata.userinfo_signed_response_alg.is_some(),
    ];
    if beyond.contains(&true) { Err(NoSnippet::Beyond) } else { Ok(()) }
}

/// The line without its condition, if that is met.
fn kept<'l>(line: &'l str, filling: &Filling<'_>) -> Option<&'l str> {
    let conditional = ["// +", "# +"].iter().find_map(|mark| line.rsplit_once(mark));
    match conditional {
        None => Some(line),
        Some((rest, words)) => words.split(' ').all(|word| is_true(word, filling)).then(|| rest.trim_end()),
    }
}

fn is_true(word: &str, filling: &Filling<'_>) -> bool {
    let (metadata, policy) = (&filling.client.metadata, &filling.client.policy);
    let method = metadata.token_endpoint_auth_method;
    match word {
        "basic" => method == AuthMethod::ClientSecretBasic,
        "post" => method == AuthMethod::ClientSecretPost,
        "jwt" => method == AuthMethod::ClientSecretJwt,
        "key" => method == AuthMethod::PrivateKeyJwt,
        "none" => method == AuthMethod::None,
        "secret" => method != AuthMethod::None,
        "http" => filling.issuer.starts_with("http:"),
        "home" => !metadata.post_logout_redirect_uris.is_empty(),
        "refresh" => metadata.allows(GrantType::RefreshToken),
        "norefresh" => !metadata.allows(GrantType::RefreshToken),
        "par" => policy.require_par,
        "dpop" => policy.sender_constraint == SenderConstraint::Dpop,
        algorithm => algorithm == metadata.id_token_signed_response_alg.as_str(),
    }
}

fn filled(line: &str, filling: &Filling<'_>) -> String {
    let metadata = &filling.client.metadata;
    let callback = first(&metadata.redirect_uris);
    let scope = metadata.scope.to_string();
    let texts: [(&str, &str); 9] = [
        ("issuer", filling.issuer),
        ("client_id", filling.client.id.as_str()),
        ("redirect_uri", callback),
        ("post_logout_redirect_uri", first(&metadata.post_logout_redirect_uris)),
        ("scope", &scope),
        ("alg", metadata.id_token_signed_response_alg.as_str()),
        ("auth_method", metadata.token_endpoint_auth_method.as_str()),
        ("provider_id", provider_id(callback)),
        ("auth_path", auth_path(callback)),
    ];
    let step_up = ("step_up", filling.step_up.as_str());
    // One pass: what was put in is never looked at again, so that no value can hold a placeholder.
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        let found = texts.iter().chain([&step_up]).find_map(|(name, value)| {
            let after = from.strip_prefix('{')?.strip_prefix(name)?.strip_prefix('}')?;
            Some((after, *value))
        });
        let quote = before.chars().next_back().filter(|quote| matches!(quote, '"' | '\''));
        match (found, quote) {
            (Some((after, value)), Some(quote)) if after.starts_with(quote) => {
                out.push_str(before);
                out.push_str(&escaped(value, quote));
                rest = after;
            }
            (Some((after, value)), None) => {
                out.push_str(before);
                out.push_str(value);
                rest = after;
            }
            _ => {
                out.push_str(before);
                out.push('{');
                rest = from.get(1..).unwrap_or("");
            }
        }
    }
    out + rest
}

/// The text inside its quotes: double ones in a program, single ones in a shell.
fn escaped(value: &str, quote: char) -> String {
    match quote {
        '\'' => value.replace('\'', r"'\''"),
        _ => value.replace('\\', r"\\").replace('"', "\\\""),
    }
}

fn first(uris: &[RedirectUri]) -> &str {
    uris.first().map_or("", RedirectUri::as_str)
}

/// Auth.js names a provider by the last step of its callback.
fn provider_id(callback: &str) -> &str {
    let path = callback.split('?').next().unwrap_or("");
    let last = path.rsplit('/').next().unwrap_or("");
    if is_plain(last) { last } else { "vouchsafe" }
}

/// Auth.js is mounted at what stands before `/callback/` and that name.
fn auth_path(callback: &str) -> &str {
    let path = callback.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    let mount =
        path.and_then(|path| path.rsplit_once('/')).and_then(|(path, _)| path.strip_suffix("/callback"));
    mount.filter(|mount| mount.split('/').skip(1).all(is_plain) && !mount.is_empty()).unwrap_or("/auth")
}

/// Whether a step of a path needs no care wherever it stands.
fn is_plain(step: &str) -> bool {
    !step.is_empty() && step.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::metadata;
    use super::*;
    use crate::base::{ClientId, Timestamp};

    fn client(document: &Value) -> Client {
        let parsed = metadata::parse(document).unwrap();
        Client::described(ClientId::from_text("app-1"), parsed, Timestamp::default())
    }

    fn of(framework: Framework, document: &Value) -> Result<String, NoSnippet> {
        let client = client(document);
        fill(framework, &Filling { client: &client, issuer: "https://id.example", step_up: Acr::Aal2Phr })
    }

    /// Whether a text still holds a placeholder or a condition.
    fn has_gaps(text: &str) -> bool {
        let words = [
            "issuer",
            "client_id",
            "redirect_uri",
            "scope",
            "alg",
            "auth_method",
            "step_up",
            "provider_id",
            "auth_path",
        ];
        words.iter().any(|word| text.contains(&format!("{{{word}}}")))
            || ["// +", "# +"].iter().any(|mark| text.contains(mark))
    }

    #[test]
    fn every_library_is_filled_in_for_every_way_to_authenticate_that_it_knows() {
        let every =
            ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"];
        let key = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
        for framework in Framework::ALL {
            for method in every {
                let mut document = json!({ "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": method });
                if method == "private_key_jwt" {
                    document["jwks"] = json!({ "keys": [key] });
                }
                let refused = match (framework, method) {
                    (Framework::OidcClientTs, "none") => None,
                    (Framework::OidcClientTs, _) => Some(NoSnippet::Secret),
                    (Framework::AuthJs, "none") => Some(NoSnippet::NoSecret),
                    (Framework::OpenidClient | Framework::Oauth4webapi, _) => None,
                    (_, "client_secret_jwt" | "private_key_jwt") => Some(NoSnippet::Proof),
                    _ => None,
                };
                match of(*framework, &document) {
                    Ok(text) => {
                        assert_eq!(refused, None, "{framework} {method}");
                        assert!(!has_gaps(&text), "{framework} {method}: {text}");
                        for part in ["https://id.example", "app-1"] {
                            assert!(text.contains(part), "{framework} {method}: {part}");
                        }
                    }
                    Err(why) => assert_eq!(Some(why), refused, "{framework} {method}"),
                }
            }
        }
    }

    #[test]
    fn code_that_does_less_than_an_app_is_registered_for_is_not_given() {
        let web = |member: &str, value: Value| {
            let mut document = json!({ "redirect_uris": ["https://app.example/cb"] });
            document[member] = value;
            document
        };
        let beyond = [
            (web("policy", json!({ "require_par": true })), true),
            (web("dpop_bound_access_tokens", json!(true)), true),
            (web("tls_client_certificate_bound_access_tokens", json!(true)), false),
            (web("response_modes", json!(["jwt"])), false),
            (web("userinfo_signed_response_alg", json!("RS256")), false),
        ];
        for (document, oauth4webapi) in beyond {
            for framework in [Framework::OpenidClient, Framework::Authlib, Framework::Curl, Framework::AuthJs]
            {
                assert_eq!(of(framework, &document), Err(NoSnippet::Beyond), "{framework}: {document}");
            }
            assert_eq!(of(Framework::Oauth4webapi, &document).is_ok(), oauth4webapi, "{document}");
        }
        let mut nothing = client(&web("scope", json!("openid")));
        nothing.metadata.grant_types = vec![GrantType::RefreshToken];
        let filling = Filling { client: &nothing, issuer: "https://id.example", step_up: Acr::Aal2 };
        assert_eq!(fill(Framework::Curl, &filling), Err(NoSnippet::Grants));
        let exchange = json!({ "grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"],
            "redirect_uris": [], "policy": { "exchange": true } });
        let certificate = json!({ "grant_types": ["client_credentials"], "redirect_uris": [],
            "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "CN=records" });
        for (document, none, page) in [
            (exchange, NoSnippet::Exchange, "docs/token-exchange.md"),
            (certificate, NoSnippet::Certificate, "docs/mtls.md"),
        ] {
            assert!(none.to_string().contains(page), "{none}");
            assert_eq!(of(Framework::Curl, &document), Err(none));
        }
    }

    #[test]
    fn machines_and_devices_get_tokens_their_own_way() {
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let kinds = [
            (json!({ "grant_types": ["client_credentials"], "scope": "" }), NoSnippet::Machine),
            (
                json!({ "grant_types": [grant, "refresh_token"], "redirect_uris": [], "token_endpoint_auth_method": "none" }),
                NoSnippet::Device,
            ),
        ];
        for (document, none) in kinds {
            for framework in Framework::ALL {
                let suits = match framework {
                    Framework::AuthJs | Framework::OidcClientTs => false,
                    Framework::Openidconnect => none == NoSnippet::Machine,
                    Framework::OpenidClient
                    | Framework::Oauth4webapi
                    | Framework::Authlib
                    | Framework::Curl => true,
                };
                match of(*framework, &document) {
                    Ok(text) => {
                        assert!(suits && !has_gaps(&text), "{framework}: {text}");
                        assert!(!text.contains("code_challenge") && !text.contains("/authorize"), "{text}");
                    }
                    Err(why) => assert_eq!((suits, why), (false, none), "{framework}"),
                }
            }
        }
    }

    #[test]
    fn an_address_cannot_leave_its_quotes() {
        let nasty = "https://app.example/cb?a='$(id)'&b={client_id}&c=`id`".replace(['{', '}', '`'], "~");
        let document = json!({ "redirect_uris": [nasty], "token_endpoint_auth_method": "none" });
        let text = of(Framework::Curl, &document).unwrap();
        assert!(
            text.contains(r"redirect_uri='https://app.example/cb?a='\''$(id)'\''&b=~client_id~&c=~id~'"),
            "{text}"
        );
    }

    #[test]
    fn the_environment_holds_a_secret_only_when_it_is_shown() {
        let client = client(&json!({ "redirect_uris": ["https://app.example/cb"] }));
        let filling = Filling { client: &client, issuer: "https://id.example", step_up: Acr::Aal2 };
        assert!(environment(&filling, Some("s3cret")).contains("CLIENT_SECRET=s3cret\n"));
        assert!(environment(&filling, None).contains("CLIENT_SECRET=put"));
    }

    #[test]
    fn an_address_in_the_environment_is_nothing_a_shell_runs() {
        for nasty in ["https://app.example/cb?a=$(id)&b='$(id)'&c=;id", "https://app.example/cb?a=$HOME&b=''"]
        {
            let client = client(&json!({ "redirect_uris": [nasty] }));
            let filling = Filling { client: &client, issuer: "https://id.example", step_up: Acr::Aal2 };
            let text = environment(&filling, None);
            let line = text.lines().find(|line| line.starts_with("REDIRECT_URI=")).unwrap();
            let value = line.strip_prefix("REDIRECT_URI='").and_then(|rest| rest.strip_suffix('\'')).unwrap();
            assert!(!value.contains('\''), "{line}");
            assert_eq!(value, nasty.replace('\'', "%27"));
        }
    }

    #[test]
    fn auth_js_is_named_by_its_callback() {
        assert_eq!(provider_id("https://a.example/api/auth/callback/clinic"), "clinic");
        assert_eq!(provider_id("https://a.example/cb'x"), "vouchsafe");
        assert_eq!(provider_id("https://a.example/"), "vouchsafe");
        assert_eq!(auth_path("https://a.example/api/auth/callback/clinic"), "/api/auth");
        assert_eq!(auth_path("http://localhost:3000/auth/callback/clinic?x=/callback/y"), "/auth");
        for other in [
            "https://a.example/cb",
            "https://a.example/callback/x",
            "https://a.example/o'o/callback/x",
            "app:x",
        ] {
            assert_eq!(auth_path(other), "/auth", "{other}");
        }
    }
}
