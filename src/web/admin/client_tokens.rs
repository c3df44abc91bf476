//! Tokens by which apps register themselves: the list, the form that makes one, what is shown once, and taking one back.

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use serde_json::{Map, json};

use super::apps::{framed, parameter};
use super::{Admin, AdminForm, shown};
use crate::base::{Acr, GrantType};
use crate::clients::terms::TokenStanding;
use crate::clients::{AuthMethod, ClientToken, Terms};
use crate::duties::{Action, Organisation};
use crate::flows::admin::client_tokens::{self as flow, MOST_DAYS, MOST_USES, Wished};
use crate::flows::admin::{Refused, organisations};
use crate::flows::clients::shown as once;
use crate::flows::{PageError, register};
use crate::keys::Algorithm;
use crate::oidc::authorize::RawRequest;
use crate::web::error::when;
use crate::web::pages::admin::apps::Wrong;
use crate::web::pages::admin::client_tokens::{ClientTokensPage, Tick, TokenForm, TokenRow, TokenWord};
use crate::web::pages::admin::{AdminShell, Done};
use crate::web::pages::render;
use crate::web::{answers, error, paths};

/// What a token that is shown once is kept as.
const SHOWN: &str = "client-token";

pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let ticket = parameter(query.as_deref(), "ticket").unwrap_or_default();
    let session = &admin.person().session.session;
    let token = match once::look(&admin.caller.cx, session, SHOWN, &ticket).await {
        Ok(token) => token.map(|token| (token, ticket)),
        Err(why) => return error::of(&admin.caller, &why),
    };
    all(&admin, framed(&admin, query.as_deref()), token, None, None).await
}

async fn all(
    admin: &Admin,
    frame: AdminShell,
    token: Option<(String, String)>,
    form: Option<&RawRequest>,
    error: Option<Wrong>,
) -> Response {
    let status = if error.is_some() { 400 } else { 200 };
    match draw(admin, frame, token, form, error).await {
        Ok(page) => answers::page(status, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn draw(
    admin: &Admin,
    frame: AdminShell,
    token: Option<(String, String)>,
    form: Option<&RawRequest>,
    error: Option<Wrong>,
) -> Result<ClientTokensPage, Refused> {
    let cx = &admin.caller.cx;
    let seen = organisations::visible(cx, &admin.who, Action::ClientRead).await?;
    let wished = form.and_then(|form| form.get("organisation")).unwrap_or_default();
    let places = seen.iter().filter(|o| admin.who.may_at(Action::ClientToken, &o.path));
    let mut tokens = Vec::new();
    for token in flow::visible(cx, &admin.who).await? {
        let made_by = shown::actor(admin, &token.made_by).await?;
        tokens.push(row(admin, &seen, &token, made_by));
    }
    Ok(ClientTokensPage {
        frame,
        is_off: !register::is_usable(cx.config.registration.mode),
        shown: token,
        tokens,
        organisations: places.map(|o| (o.id.to_string(), o.name.clone(), o.id.as_str() == wished)).collect(),
        form: form.map_or_else(usual, typed),
        error,
    })
}

fn row(admin: &Admin, seen: &[Organisation], token: &ClientToken, made_by: String) -> TokenRow {
    let standing = token.standing(admin.caller.cx.now);
    let place = seen.iter().find(|o| o.id == token.organisation);
    let may = place.is_some_and(|o| admin.who.may_at(Action::ClientToken, &o.path));
    TokenRow {
        id: token.id.clone(),
        label: token.label.clone(),
        organisation: place.map_or_else(|| token.organisation.to_string(), |o| o.name.clone()),
        standing: match standing {
            TokenStanding::Open => TokenWord::Open,
            TokenStanding::Used => TokenWord::Used,
            TokenStanding::Expired => TokenWord::Expired,
            TokenStanding::Revoked => TokenWord::Revoked,
        },
        used: usize::try_from(token.used).unwrap_or_default(),
        uses: usize::try_from(token.uses).unwrap_or_default(),
        until: when(token.expires_at),
        made_by,
        terms: terms(&token.terms),
        may_revoke: may && standing == TokenStanding::Open,
    }
}

fn joined<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

/// What the apps may have, in the words of the specifications.
fn terms(terms: &Terms) -> Vec<(&'static str, String)> {
    let mut told = vec![
        ("scope", terms.scope.to_string()),
        ("auth_methods", joined(terms.auth_methods.iter().map(|one| one.as_str()))),
        ("grant_types", joined(terms.grant_types.iter().map(|one| one.as_str()))),
    ];
    if let Ok(policy) = terms.policy() {
        told.push(("require_pkce", policy.require_pkce.to_string()));
        told.push(("signing_algs", joined(policy.signing_algs.iter().map(|one| one.as_str()))));
        told.extend(policy.min_acr.map(|level| ("min_acr", level.to_string())));
    }
    told
}

fn tick(prefix: &str, word: &'static str, ticked: bool) -> Tick {
    Tick { name: format!("{prefix}-{word}"), word, ticked }
}

/// The levels that can be asked for.
fn levels() -> impl Iterator<Item = &'static Acr> {
    Acr::ALL.iter().filter(|level| **level >= Acr::Aal2 && **level != Acr::Aal3)
}

/// The form before anybody typed anything: the usual terms.
fn usual() -> TokenForm {
    let usual = Terms::default();
    let (methods, grants) = (&usual.auth_methods, &usual.grant_types);
    TokenForm {
        label: String::new(),
        uses: "1".to_owned(),
        days: "7".to_owned(),
        scope: usual.scope.to_string(),
        levels: levels().map(|level| (level.as_str(), false)).collect(),
        without_pkce: false,
        methods: AuthMethod::ALL.iter().map(|m| tick("method", m.as_str(), methods.contains(m))).collect(),
        grants: GrantType::ALL.iter().map(|g| tick("grant", g.as_str(), grants.contains(g))).collect(),
        algorithms: Algorithm::ALL.iter().map(|a| tick("alg", a.as_str(), true)).collect(),
    }
}

/// The form as it was sent.
fn typed(form: &RawRequest) -> TokenForm {
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let mut shown = usual();
    (shown.label, shown.uses, shown.days, shown.scope) =
        (text("label"), text("uses"), text("days"), text("scope"));
    shown.without_pkce = form.get("without-pkce").is_some();
    for (level, chosen) in &mut shown.levels {
        *chosen = form.get("min_acr") == Some(level);
    }
    let lists = [&mut shown.methods, &mut shown.grants, &mut shown.algorithms];
    for tick in lists.into_iter().flatten() {
        tick.ticked = form.get(&tick.name).is_some();
    }
    shown
}

fn wrong(field: &'static str, text: impl ToString) -> Wrong {
    Wrong { field, text: text.to_string() }
}

/// What the form asks for.
fn wished(form: &RawRequest) -> Result<Wished, Wrong> {
    let ticked =
        |ticks: Vec<Tick>| ticks.into_iter().filter(|t| t.ticked).map(|t| t.word).collect::<Vec<_>>();
    let shown = typed(form);
    let number = |field: &'static str, most: i64| {
        let number = form.get(field).and_then(|text| text.trim().parse::<i64>().ok());
        let number = number.filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| wrong(field, format!("Give a number from 1 to {most}.")))
    };
    let (uses, days) = (number("uses", MOST_USES)?, number("days", MOST_DAYS)?);
    let mut policy = Map::new();
    policy.insert("require_pkce".to_owned(), (!shown.without_pkce).into());
    policy.insert("signing_algs".to_owned(), json!(ticked(shown.algorithms)));
    if let Some((level, _)) = shown.levels.iter().find(|(_, chosen)| *chosen) {
        policy.insert("min_acr".to_owned(), (*level).into());
    }
    let document = json!({ "auth_methods": ticked(shown.methods), "grant_types": ticked(shown.grants),
        "scope": shown.scope, "policy": policy });
    let terms =
        Terms::parse(&document).map_err(|why| wrong(field_of(&why.to_string()), format!("{why}.")))?;
    Ok(Wished { label: shown.label, terms, uses, days })
}

/// The field that a refusal of terms is about.
fn field_of(why: &str) -> &'static str {
    let fields =
        [("auth_methods", "methods"), ("grant_types", "grants"), ("policy.signing_algs", "algorithms")];
    fields.into_iter().find(|(member, _)| why.starts_with(member)).map_or("scope", |(_, field)| field)
}

pub(super) async fn create(AdminForm { admin, form }: AdminForm) -> Response {
    let actor = match admin.at(&shown::organisation(form.get("organisation").unwrap_or_default())).await {
        Ok(actor) => actor,
        Err(why) => return admin.refuse(why).await,
    };
    let cx = &admin.caller.cx;
    let made = match wished(&form) {
        Ok(wished) => flow::create(cx, &actor, wished).await,
        Err(error) => return again(&admin, &form, error).await,
    };
    let token = match made {
        Ok((_, token)) => token,
        Err(Refused::Bad("label")) => {
            return again(&admin, &form, wrong("label", "Use 60 visible characters at most.")).await;
        }
        Err(Refused::Bad("too_many")) => {
            let why = "This organisation has 100 tokens that work. Take one back first.";
            return again(&admin, &form, wrong("label", why)).await;
        }
        Err(why) => return admin.refuse(why).await,
    };
    match once::keep(cx, &admin.person().session.session, SHOWN, token.expose()).await {
        Ok(ticket) => {
            answers::redirect(&format!("{}?ticket={}", paths::ADMIN_CLIENT_TOKENS, ticket.expose()))
        }
        Err(why) => error::of(&admin.caller, &why),
    }
}

async fn again(admin: &Admin, form: &RawRequest, error: Wrong) -> Response {
    all(admin, framed(admin, None), None, Some(form), Some(error)).await
}

/// The token is in its place: it is not shown again.
pub(super) async fn kept(AdminForm { admin, form }: AdminForm) -> Response {
    let ticket = form.get("ticket").unwrap_or_default();
    match once::forget(&admin.caller.cx, &admin.person().session.session, SHOWN, ticket).await {
        Ok(true) => answers::redirect(paths::ADMIN_CLIENT_TOKENS),
        Ok(false) => error::of(&admin.caller, &PageError::Bad("ticket")),
        Err(why) => error::of(&admin.caller, &why),
    }
}

pub(super) async fn revoke(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let cx = &admin.caller.cx;
    let found = flow::authorised(cx, &admin.who, admin.action, shown::plain_id(&id)).await;
    let (actor, token) = match found {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    if form.get("revoke").is_none() {
        return error::of(&admin.caller, &PageError::Bad("revoke"));
    }
    match flow::revoke(cx, &actor, &token).await {
        Ok(()) => {
            let done = Done::ClientTokenRevoked.word();
            answers::redirect(&format!("{}?done={done}", paths::ADMIN_CLIENT_TOKENS))
        }
        Err(why) => admin.refuse(why).await,
    }
}
