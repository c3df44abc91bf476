//! What a machine may administer: the scopes of `admin:` it is registered for, chosen by whoever may do as much.

use axum::extract::Path;
use axum::response::Response;
use serde_json::Value;

use super::apps::{after, touchable};
use super::{Admin, AdminForm};
use crate::base::{Digest, GrantType};
use crate::clients::Client;
use crate::duties::{Action, AdminScope, Path as Place};
use crate::flows::clients::settings;
use crate::flows::{PageError, admin::Refused};
use crate::web::error;
use crate::web::pages::admin::Done;
use crate::web::pages::admin::apps::{MachineScopes, ScopeRow, ScopeWord};

fn word(scope: AdminScope) -> ScopeWord {
    match scope {
        AdminScope::Read => ScopeWord::Read,
        AdminScope::Accounts => ScopeWord::Accounts,
        AdminScope::Import => ScopeWord::Import,
        AdminScope::Clients => ScopeWord::Clients,
        AdminScope::Audit => ScopeWord::Audit,
        AdminScope::Policy => ScopeWord::Policy,
    }
}

fn is_machine(client: &Client) -> bool {
    client.allows(GrantType::ClientCredentials) && !client.is_public()
}

/// What a machine may administer, as its page shows it; `None` where the app is no machine.
pub(super) fn of(admin: &Admin, client: &Client, place: &Place) -> Option<MachineScopes> {
    if !is_machine(client) {
        return None;
    }
    let row = |scope: &AdminScope| ScopeRow {
        value: scope.as_str(),
        word: word(*scope),
        held: client.metadata.scope.contains(scope.as_str()),
        own: admin.who.stands_behind(*scope, place),
    };
    let rows: Vec<ScopeRow> = AdminScope::ALL.iter().map(row).collect();
    let may_change =
        admin.who.may_at(Action::ClientEmpower, place) && rows.iter().all(|row| row.own || !row.held);
    Some(MachineScopes { rows, may_change })
}

pub(super) async fn change(Path(id): Path<String>, AdminForm { admin, form }: AdminForm) -> Response {
    let (within, client) = match touchable(&admin, &id).await {
        Ok(found) if is_machine(&found.1) => found,
        Ok(_) => return admin.refuse(Refused::NotFound).await,
        Err(why) => return admin.refuse(why).await,
    };
    let Some(seen) = form.get("seen").and_then(Digest::from_base64url) else {
        return error::of(&admin.caller, &PageError::Bad("seen"));
    };
    let asked = |scope: &&AdminScope| form.get(scope.as_str()).is_some();
    let others = client.metadata.scope.iter().filter(|scope| AdminScope::parse(scope).is_none());
    let chosen = AdminScope::ALL.iter().filter(asked).map(|scope| scope.as_str());
    let scope = others.chain(chosen).collect::<Vec<_>>().join(" ");
    let mut document = client.registered();
    document.insert("scope".to_owned(), scope.into());
    let document = Value::Object(document);
    let changed = settings::change_from(&admin.caller.cx, &within, &client.id, Some(seen), &document).await;
    after(&admin, &client, Done::AppChanged, changed, None).await
}
