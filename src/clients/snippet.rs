//! Code that signs people in to one app, filled in with what is registered; the console and the command show the same.
//!
//! A snippet is a file of `templates/snippets/`, valid in its own language as it stands: `"{issuer}"` (in a shell
//! `'{issuer}'`) is a text to be put in place, quotes included, and a line that ends with `// +word` stays only where
//! the word is true of the app. Secrets never stand in it; [`environment`] holds them.
//!
//! To add a library: a variant of [`Framework`], its file (and one for machines), and a line in [`template`]. The
//! relying parties of `tests/rp` run what they have the library for.

use super::wizard::Framework;
use super::{AuthMethod, Client, RedirectUri};
use crate::base::{Acr, GrantType};

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
    /// Nobody can type where it runs.
    #[error("this app shows a code that is typed elsewhere; docs/device.md says how")]
    Device,
    /// People who are elsewhere need more than a snippet.
    #[error("this app asks for people who are elsewhere; docs/ciba.md says how")]
    Ciba,
    /// Nobody signs in to it.
    #[error("nobody signs in to this app, and this library does nothing else")]
    Machine,
}

impl Framework {
    /// The file a snippet is best kept in.
    pub fn file(self) -> &'static str {
        match self {
            Self::OpenidClient => "sign-in.mjs",
            Self::AuthJs => "auth.ts",
            Self::Authlib => "sign_in.py",
            Self::OidcClientTs => "sign-in.ts",
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

fn template(framework: Framework, client: &Client) -> Result<&'static str, NoSnippet> {
    macro_rules! file {
        ($name:literal) => {
            include_str!(concat!("../../templates/snippets/", $name))
        };
    }
    let machine = !client.allows(GrantType::AuthorizationCode);
    if machine && client.allows(GrantType::DeviceCode) {
        return Err(NoSnippet::Device);
    }
    if machine && client.allows(GrantType::Ciba) {
        return Err(NoSnippet::Ciba);
    }
    match framework {
        Framework::OpenidClient if machine => Ok(file!("openid-client.machine.mjs")),
        Framework::OpenidClient => Ok(file!("openid-client.mjs")),
        Framework::Authlib if machine => Ok(file!("authlib.machine.py")),
        Framework::Authlib => Ok(file!("authlib.py")),
        Framework::Openidconnect if machine => Ok(file!("openidconnect.machine.rs")),
        Framework::Openidconnect => Ok(file!("openidconnect.rs")),
        Framework::Curl if machine => Ok(file!("curl.machine.sh")),
        Framework::Curl => Ok(file!("curl.sh")),
        Framework::AuthJs | Framework::OidcClientTs if machine => Err(NoSnippet::Machine),
        Framework::OidcClientTs if !client.is_public() => Err(NoSnippet::Secret),
        Framework::OidcClientTs => Ok(file!("oidc-client-ts.ts")),
        Framework::AuthJs => Ok(file!("auth.ts")),
    }
}

/// The line without its condition, if that is met.
fn kept<'l>(line: &'l str, filling: &Filling<'_>) -> Option<&'l str> {
    let conditional = ["// +", "# +"].iter().find_map(|mark| line.rsplit_once(mark));
    match conditional {
        None => Some(line),
        Some((rest, word)) => is_true(word, filling).then(|| rest.trim_end()),
    }
}

fn is_true(word: &str, filling: &Filling<'_>) -> bool {
    let metadata = &filling.client.metadata;
    let method = metadata.token_endpoint_auth_method;
    match word {
        "basic" => method == AuthMethod::ClientSecretBasic,
        "post" => method == AuthMethod::ClientSecretPost,
        "key" => method == AuthMethod::PrivateKeyJwt,
        "none" => method == AuthMethod::None,
        "secret" => matches!(method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost),
        "http" => filling.issuer.starts_with("http:"),
        "home" => !metadata.post_logout_redirect_uris.is_empty(),
        "refresh" => metadata.allows(GrantType::RefreshToken),
        "norefresh" => !metadata.allows(GrantType::RefreshToken),
        _ => false,
    }
}

fn filled(line: &str, filling: &Filling<'_>) -> String {
    let metadata = &filling.client.metadata;
    let callback = first(&metadata.redirect_uris);
    let scope = metadata.scope.to_string();
    let texts: [(&str, &str); 8] = [
        ("issuer", filling.issuer),
        ("client_id", filling.client.id.as_str()),
        ("redirect_uri", callback),
        ("post_logout_redirect_uri", first(&metadata.post_logout_redirect_uris)),
        ("scope", &scope),
        ("alg", metadata.id_token_signed_response_alg.as_str()),
        ("auth_method", metadata.token_endpoint_auth_method.as_str()),
        ("provider_id", provider_id(callback)),
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
    let plain = !last.is_empty() && last.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if plain { last } else { "vouchsafe" }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{ClientState, Origin, Stage, metadata};
    use super::*;
    use crate::base::{ClientId, OrganisationId, Timestamp};

    fn client(document: &Value) -> Client {
        let (metadata, policy) = metadata::parse(document).unwrap();
        Client {
            id: ClientId::from_text("app-1"),
            organisation: OrganisationId::root(),
            state: ClientState::Enabled,
            stage: Stage::Live,
            origin: Origin::Administrators,
            name: "App".to_owned(),
            metadata,
            policy,
            logo: None,
            secrets: Vec::new(),
            watched_until: Timestamp::default(),
            lent: None,
            is_named: false,
            created_at: Timestamp::default(),
            valid_after: Timestamp::default(),
        }
    }

    fn of(framework: Framework, document: &Value) -> Result<String, NoSnippet> {
        let client = client(document);
        fill(framework, &Filling { client: &client, issuer: "https://id.example", step_up: Acr::Aal2Phr })
    }

    /// Whether a text still holds a placeholder or a condition.
    fn has_gaps(text: &str) -> bool {
        let words =
            ["issuer", "client_id", "redirect_uri", "scope", "alg", "auth_method", "step_up", "provider_id"];
        words.iter().any(|word| text.contains(&format!("{{{word}}}")))
            || ["// +", "# +"].iter().any(|mark| text.contains(mark))
    }

    #[test]
    fn every_library_is_filled_in_for_every_way_to_authenticate() {
        for framework in Framework::ALL {
            for method in ["client_secret_basic", "client_secret_post", "none"] {
                let document = json!({ "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": method });
                match of(*framework, &document) {
                    Ok(text) => {
                        assert!(!has_gaps(&text), "{framework} {method}: {text}");
                        for part in ["https://id.example", "app-1"] {
                            assert!(text.contains(part), "{framework} {method}: {part}");
                        }
                    }
                    Err(why) => {
                        assert_eq!((*framework, why), (Framework::OidcClientTs, NoSnippet::Secret));
                        assert_ne!(method, "none");
                    }
                }
            }
        }
    }

    #[test]
    fn a_machine_gets_a_token_for_itself() {
        let document = json!({ "grant_types": ["client_credentials"], "scope": "" });
        for framework in Framework::ALL {
            let machine = of(*framework, &document);
            match framework {
                Framework::AuthJs | Framework::OidcClientTs => assert_eq!(machine, Err(NoSnippet::Machine)),
                _ => {
                    let text = machine.unwrap();
                    assert!(!has_gaps(&text) && !text.contains("authorize"), "{text}");
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
    }
}
