//! The console's page of tokens by which apps register themselves, as samples.

use super::super::admin::Done;
use super::super::admin::apps::Wrong;
use super::super::admin::client_tokens::{ClientTokensPage, Tick, TokenForm, TokenRow, TokenWord};
use super::super::fixtures::moment;
use super::Gallery;

fn row(standing: &TokenWord) -> TokenRow {
    TokenRow {
        id: "019a1c2e-7d1f-7a42-9c0e-5f1d2b3a4c5d".to_owned(),
        label: (*standing != TokenWord::Expired).then(|| "Build server".to_owned()),
        organisation: "North".to_owned(),
        standing: *standing,
        used: 2,
        uses: 5,
        until: moment(),
        made_by: "Sam Lindqvist".to_owned(),
        terms: vec![
            ("scope", "openid profile email".to_owned()),
            ("auth_methods", "client_secret_basic client_secret_post private_key_jwt".to_owned()),
            ("require_pkce", "true".to_owned()),
            ("min_acr", "urn:vouchsafe:acr:aal2-phr".to_owned()),
        ],
        may_revoke: *standing == TokenWord::Open,
    }
}

fn ticks(prefix: &str, words: &[&'static str]) -> Vec<Tick> {
    words.iter().map(|word| Tick { name: format!("{prefix}-{word}"), word, ticked: true }).collect()
}

impl Gallery {
    pub(super) fn client_tokens(&mut self) {
        let form = TokenForm {
            uses: "1".to_owned(),
            days: "7".to_owned(),
            scope: "openid profile email".to_owned(),
            levels: vec![("urn:vouchsafe:acr:aal2", false), ("urn:vouchsafe:acr:aal2-phr", true)],
            methods: ticks("method", &["client_secret_basic", "private_key_jwt"]),
            grants: ticks("grant", &["authorization_code", "refresh_token"]),
            algorithms: ticks("alg", &["RS256", "ES256"]),
            ..TokenForm::default()
        };
        let page = ClientTokensPage {
            frame: self.frame("/admin/apps"),
            is_off: false,
            shown: None,
            tokens: TokenWord::ALL.iter().map(row).collect(),
            organisations: vec![
                ("root".to_owned(), "Riverside Video Clinic".to_owned(), false),
                ("north".to_owned(), "North".to_owned(), true),
            ],
            form,
            error: None,
        };
        self.add("admin-client-tokens", &page);
        let shown = Some(("vsia_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(), "vspk_x".to_owned()));
        self.add("admin-client-tokens-shown", &ClientTokensPage { shown, ..page.clone() });
        for field in ["label", "uses", "days", "scope"] {
            let name = match field {
                "label" => "admin-client-tokens-label",
                "uses" => "admin-client-tokens-uses",
                "days" => "admin-client-tokens-days",
                _ => "admin-client-tokens-scope",
            };
            let error = Some(Wrong { field, text: "Give a number from 1 to 1000.".to_owned() });
            self.add(name, &ClientTokensPage { error, ..page.clone() });
        }
        let mut none = ClientTokensPage {
            tokens: Vec::new(),
            organisations: Vec::new(),
            is_off: true,
            frame: page.frame.clone(),
            ..page
        };
        none.frame.done = Some(Done::ClientTokenRevoked);
        self.add("admin-client-tokens-none", &none);
    }
}
