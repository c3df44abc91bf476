//! Four questions that make a registration: what kind of app, with which library, where it is called back, who signs in.
//!
//! Pure: answers in, RFC 7591 metadata out, to be read by the one parser like any other. What the answers do not say is
//! chosen so that nothing has to be known about OAuth: code with PKCE, the safest way to authenticate that the kind of
//! app can keep, and no grant or scope it does not need.

use serde_json::{Map, Value, json};
use url::Url;

use crate::base::Acr;
use crate::base::words::words;

words! {
    /// What kind of app it is.
    AppKind {
        /// Runs on a server that can keep a secret.
        Server = "server",
        /// Runs in the browser alone.
        Browser = "browser",
        /// Is installed on a phone or desktop.
        Phone = "phone",
        /// Works by itself; nobody signs in.
        Machine = "machine",
        /// SMART on FHIR, with a server of its own.
        SmartServer = "smart_server",
        /// SMART on FHIR, in the browser.
        SmartBrowser = "smart_browser",
        /// Shows a code that its person types elsewhere (RFC 8628).
        Device = "device",
    }
}

words! {
    /// The library the app is written with.
    Framework {
        /// npm `openid-client`, for Node.
        OpenidClient = "openid-client",
        /// npm `oauth4webapi`, for whatever has `fetch`.
        Oauth4webapi = "oauth4webapi",
        /// npm `@auth/express` and its kin.
        AuthJs = "auth.js",
        /// PyPI `authlib`.
        Authlib = "authlib",
        /// npm `oidc-client-ts`, for the browser.
        OidcClientTs = "oidc-client-ts",
        /// crate `openidconnect`.
        Openidconnect = "openidconnect",
        /// A shell and `curl`.
        Curl = "curl",
    }
}

words! {
    /// Who signs in.
    Who {
        /// People who are cared for.
        Patients = "patients",
        /// People who care.
        Clinicians = "clinicians",
        /// Both of them.
        Both = "both",
    }
}

impl AppKind {
    /// Whether somebody signs in.
    pub fn has_people(self) -> bool {
        self != Self::Machine
    }

    /// Whether a browser comes back to it, so that it needs an address to be called back at.
    pub fn is_called_back(self) -> bool {
        !matches!(self, Self::Machine | Self::Device)
    }

    /// Whether it can keep a secret.
    pub fn keeps_secrets(self) -> bool {
        matches!(self, Self::Server | Self::Machine | Self::SmartServer)
    }

    /// Whether it is a SMART on FHIR app.
    pub fn is_smart(self) -> bool {
        matches!(self, Self::SmartServer | Self::SmartBrowser)
    }
}

impl Framework {
    /// Its own name.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenidClient => "openid-client (Node)",
            Self::Oauth4webapi => "oauth4webapi (Node and others)",
            Self::AuthJs => "Auth.js (Express and others)",
            Self::Authlib => "authlib (Python)",
            Self::OidcClientTs => "oidc-client-ts (browser)",
            Self::Openidconnect => "openidconnect (Rust)",
            Self::Curl => "curl (shell)",
        }
    }

    /// Whether an app of this kind can be written with it.
    pub fn suits(self, kind: AppKind) -> bool {
        match self {
            Self::OidcClientTs => matches!(kind, AppKind::Browser | AppKind::SmartBrowser),
            Self::AuthJs => matches!(kind, AppKind::Server | AppKind::SmartServer),
            Self::OpenidClient | Self::Oauth4webapi | Self::Authlib => {
                !matches!(kind, AppKind::Browser | AppKind::SmartBrowser)
            }
            Self::Openidconnect => {
                !matches!(kind, AppKind::Browser | AppKind::SmartBrowser | AppKind::Device)
            }
            Self::Curl => true,
        }
    }
}

/// The answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// What people call the app.
    pub name: String,
    /// Question 1.
    pub kind: AppKind,
    /// Question 2.
    pub framework: Framework,
    /// Question 3; empty for a machine and a device.
    pub callbacks: Vec<String>,
    /// Question 4; not asked of a machine.
    pub who: Who,
}

/// Which answer does not go with the others, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Nothing to call it.
    #[error("Give the app a name people know.")]
    Name,
    /// The library does not run there.
    #[error("This library does not run in such an app. Choose another library, or another kind of app.")]
    Framework,
    /// People must come back somewhere.
    #[error("Give at least one address the app is called back at.")]
    NoCallback,
    /// No browser comes back to a machine or a device.
    #[error(
        "No browser comes back to such an app, so it has no address to be called back at. Leave it empty."
    )]
    Callback,
}

impl Answers {
    /// The registration these answers mean.
    pub fn metadata(&self) -> Result<Value, Misfit> {
        if self.name.trim().is_empty() {
            return Err(Misfit::Name);
        }
        if !self.framework.suits(self.kind) {
            return Err(Misfit::Framework);
        }
        match (self.kind.is_called_back(), self.callbacks.is_empty()) {
            (true, true) => return Err(Misfit::NoCallback),
            (false, false) => return Err(Misfit::Callback),
            (true, false) | (false, true) => {}
        }
        let mut document = Map::new();
        document.insert("client_name".to_owned(), self.name.trim().into());
        document.insert("grant_types".to_owned(), json!(self.grants()));
        document.insert("token_endpoint_auth_method".to_owned(), self.method().into());
        document.insert("scope".to_owned(), self.scope().into());
        if self.kind == AppKind::Phone {
            document.insert("application_type".to_owned(), "native".into());
        }
        if self.kind.is_called_back() {
            document.insert("redirect_uris".to_owned(), json!(self.callbacks));
            document.insert("post_logout_redirect_uris".to_owned(), json!(self.homes()));
        }
        if self.kind.has_people() {
            document.insert("policy".to_owned(), json!({ "min_acr": Acr::Aal2 }));
        }
        if self.who == Who::Clinicians && self.kind.has_people() {
            // A working day: whoever signed in yesterday signs in again.
            document.insert("default_max_age".to_owned(), (12 * 3600).into());
        }
        Ok(Value::Object(document))
    }

    fn grants(&self) -> &'static [&'static str] {
        match self.kind {
            AppKind::Machine => &["client_credentials"],
            AppKind::Server => &["authorization_code"],
            // Without a server a session cannot be kept another way; SMART apps refresh by their specification.
            AppKind::Browser | AppKind::Phone | AppKind::SmartServer | AppKind::SmartBrowser => {
                &["authorization_code", "refresh_token"]
            }
            AppKind::Device => &["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        }
    }

    fn method(&self) -> &'static str {
        if self.kind.keeps_secrets() { "client_secret_basic" } else { "none" }
    }

    fn scope(&self) -> &'static str {
        match self.kind {
            AppKind::Machine => "",
            AppKind::Server | AppKind::Browser => "openid profile email",
            // It goes on working when the browser in which its code was typed is closed.
            AppKind::Phone | AppKind::Device => "openid profile email offline_access",
            AppKind::SmartServer => "openid fhirUser launch launch/patient patient/*.rs offline_access",
            AppKind::SmartBrowser => "openid fhirUser launch launch/patient patient/*.rs",
        }
    }

    /// The front page beside each callback: where people land after signing out.
    fn homes(&self) -> Vec<String> {
        let mut homes = Vec::new();
        for url in self.callbacks.iter().filter_map(|callback| Url::parse(callback).ok()) {
            let home = match url.scheme() {
                "http" | "https" => format!("{}/", url.origin().ascii_serialization()),
                _ => url.to_string(),
            };
            if !homes.contains(&home) {
                homes.push(home);
            }
        }
        homes
    }
}

/// The level an app asks for where it matters (a prescription, a change of address): above what signing in took.
pub fn step_up(who: Who) -> Acr {
    match who {
        Who::Patients => Acr::Aal2,
        Who::Clinicians | Who::Both => Acr::Aal2Phr,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AuthMethod, metadata};
    use super::*;
    use crate::base::GrantType;

    fn answers(kind: AppKind) -> Answers {
        let framework = Framework::Curl;
        let callbacks =
            if kind.is_called_back() { vec!["https://app.example/cb".to_owned()] } else { Vec::new() };
        Answers { name: "App".to_owned(), kind, framework, callbacks, who: Who::Both }
    }

    #[test]
    fn every_kind_of_app_is_a_registration_the_parser_takes() {
        for kind in AppKind::ALL {
            for who in Who::ALL {
                let document = Answers { who: *who, ..answers(*kind) }.metadata().unwrap();
                metadata::refuse_unknown(&document).unwrap();
                let (read, policy) = metadata::parse(&document).unwrap();
                let public = read.token_endpoint_auth_method == AuthMethod::None;
                assert_eq!(public, !kind.keeps_secrets(), "{kind}");
                assert_eq!(read.allows(GrantType::AuthorizationCode), kind.is_called_back(), "{kind}");
                assert!(policy.require_pkce && policy.privileged().is_empty(), "{kind}");
                assert!(policy.min_acr.is_none_or(|acr| acr == Acr::Aal2), "{kind}");
                assert_eq!(read.scope.contains("fhirUser"), kind.is_smart(), "{kind}");
                let home = read.post_logout_redirect_uris.first().map(|uri| uri.as_str().to_owned());
                assert_eq!(home, kind.is_called_back().then(|| "https://app.example/".to_owned()), "{kind}");
            }
        }
    }

    #[test]
    fn a_clinicians_app_asks_again_after_a_working_day() {
        let age = |who| {
            let document = Answers { who, ..answers(AppKind::Server) }.metadata().unwrap();
            metadata::parse(&document).unwrap().0.default_max_age
        };
        assert_eq!((age(Who::Patients), age(Who::Both), age(Who::Clinicians)), (None, None, Some(43_200)));
    }

    #[test]
    fn answers_that_do_not_go_together_are_named() {
        let server = answers(AppKind::Server);
        for (asked, misfit) in [
            (Answers { name: "  ".to_owned(), ..server.clone() }, Misfit::Name),
            (Answers { framework: Framework::OidcClientTs, ..server.clone() }, Misfit::Framework),
            (Answers { framework: Framework::AuthJs, ..answers(AppKind::Browser) }, Misfit::Framework),
            (Answers { callbacks: Vec::new(), ..server.clone() }, Misfit::NoCallback),
            (Answers { callbacks: server.callbacks.clone(), ..answers(AppKind::Machine) }, Misfit::Callback),
            (Answers { callbacks: server.callbacks.clone(), ..answers(AppKind::Device) }, Misfit::Callback),
        ] {
            assert_eq!(asked.metadata(), Err(misfit));
        }
    }

    #[test]
    fn every_kind_of_app_has_a_library() {
        for kind in AppKind::ALL {
            assert!(Framework::ALL.iter().any(|framework| framework.suits(*kind)), "{kind}");
        }
    }
}
