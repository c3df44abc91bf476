//! What the program does by itself, again and again: rotation, sweeping, counting floods.

use super::{Cx, accounts, imports, models};
use crate::audit::Event;
use crate::keys::{Algorithm, KeyUse};
use crate::store::{
    self, addresses, attempts, ciba, client_tokens, closings, families, invitation_forms, links, logos,
    logouts, machine_requests, outbox, sessions, webhooks,
};
use crate::telemetry;

/// How long a token for registration is listed after its end, in seconds.
const CLIENT_TOKEN_KEPT: crate::base::Seconds = 90 * 24 * 3600;

/// How long a logo waits for the app it was fetched for, in seconds.
const LOGO_WAITS: crate::base::Seconds = 3600;

/// How many closed accounts one sweep erases.
const CLOSED_AT_ONCE: i64 = 100;

/// How many addresses of webhooks from before they were sealed one sweep seals.
const ADDRESSES_AT_ONCE: i64 = 100;

/// Removes what can no longer matter, in SQL and in the ephemeral store. Says how many rows went.
pub async fn sweep(cx: &Cx) -> Result<u64, store::Error> {
    let gone = cx
        .store
        .write(cx.now, |w, now| {
            Box::pin(async move {
                let attempts = attempts::sweep(w, *now).await?;
                let links = links::sweep(w, *now).await? + invitation_forms::sweep(w, *now).await?;
                let mails = outbox::sweep(w, *now).await? + webhooks::sweep(w, *now).await?;
                let mails = mails + logouts::sweep(w, *now).await? + ciba::sweep(w, *now).await?;
                let sessions = sessions::sweep(w, *now).await?;
                let waited = now.plus(-crate::identity::LinkKind::Address.lifetime());
                let addresses = addresses::sweep(w, waited).await?;
                let requests = machine_requests::sweep(w, now.plus(-super::once::REMEMBERED)).await?;
                let logos = logos::sweep(w, now.plus(-LOGO_WAITS)).await?
                    + client_tokens::sweep(w, now.plus(-CLIENT_TOKEN_KEPT)).await?;
                Ok::<_, store::Error>(
                    attempts
                        + links
                        + mails
                        + sessions
                        + addresses
                        + requests
                        + logos
                        + families::sweep(w, *now).await?,
                )
            })
        })
        .await?;
    let lists = imports::sweep(cx).await?;
    super::webhooks::seal_some(cx, ADDRESSES_AT_ONCE).await?;
    close_due(cx).await?;
    super::recovery::tell_due(cx).await?;
    forget_registrations(cx).await?;
    let forgotten = cx.ephemeral.sweep(cx.now).await.unwrap_or(0);
    Ok(gone + lists + forgotten)
}

/// Erases the accounts whose person asked for it seven days ago.
async fn close_due(cx: &Cx) -> Result<(), store::Error> {
    for account in closings::due(&cx.store, cx.now, CLOSED_AT_ONCE).await? {
        erase(cx, &account).await?;
    }
    Ok(())
}

/// Forgets people who registered by themselves and never opened the link, so that nobody keeps another's address.
async fn forget_registrations(cx: &Cx) -> Result<(), store::Error> {
    let before = cx.now.plus(-crate::identity::LinkKind::Invitation.lifetime());
    for id in store::accounts::never_came(&cx.store, before, 100).await? {
        forget(cx, &id).await?;
    }
    Ok(())
}

/// Forgets somebody who never came, unless they come at this very moment.
async fn forget(cx: &Cx, id: &crate::base::AccountId) -> Result<(), store::Error> {
    match accounts::erase_invited(cx, id).await {
        Ok(_) => Ok(()),
        Err(accounts::Refused::Store(error)) => Err(error),
        Err(refused) => {
            tracing::warn!(%refused, "an account could not be erased");
            Ok(())
        }
    }
}

/// Erases somebody whose time has come; a last owner waits until somebody else is one.
async fn erase(cx: &Cx, id: &crate::base::AccountId) -> Result<(), store::Error> {
    match accounts::erase(cx, id).await {
        Ok(()) => Ok(()),
        Err(accounts::Refused::Store(error)) => Err(error),
        Err(refused) => {
            tracing::warn!(%refused, "an account could not be erased");
            Ok(())
        }
    }
}

/// Writes the refusals counted since the last time, one event a kind, network and client.
pub async fn drain_flood(cx: &Cx) -> Result<(), store::Error> {
    let events = match cx.flood.lock() {
        Ok(mut flood) => flood.drain(cx.now, &cx.entropy),
        Err(_) => Vec::new(),
    };
    write_counted(cx, events).await
}

/// As [`drain_flood`], the running second included; at shutdown.
pub async fn finish_flood(cx: &Cx) -> Result<(), store::Error> {
    let events = match cx.flood.lock() {
        Ok(mut flood) => flood.finish(&cx.entropy),
        Err(_) => Vec::new(),
    };
    write_counted(cx, events).await
}

async fn write_counted(cx: &Cx, events: Vec<Event>) -> Result<(), store::Error> {
    if events.is_empty() {
        return Ok(());
    }
    cx.store.write(events, |w, events| Box::pin(super::record_all(w, events))).await
}

/// How each part is, `ok` where nothing is wrong: the database, the key store, the session store, a signing key, and what is known of
/// models of keys, where a file is read.
pub async fn readiness(services: &std::sync::Arc<super::Services>) -> Vec<(&'static str, &'static str)> {
    let cx = super::Cx {
        services: services.clone(),
        now: services.clock.now(),
        request: "readiness".to_owned(),
        network: None,
        device: None,
        actor: crate::audit::Actor::System,
    };
    // At once, so that several silent parts are told in the time of one.
    let (key, database, vault, sessions) = tokio::join!(
        cx.signing.active(&cx, KeyUse::Access, Algorithm::Es256),
        services.store.ping(),
        services.vault.store().ping(),
        services.ephemeral.ping(),
    );
    let word = |ok: bool| if ok { "ok" } else { "away" };
    let mut parts = vec![
        ("database", word(database.is_ok())),
        ("key_store", word(vault.is_ok())),
        ("sessions", word(sessions.is_ok())),
        ("signing_key", word(key.is_ok())),
    ];
    if cx.models.metadata().is_some() {
        // The newer file may have come since the last look.
        let outdated = cx.models.outdated().is_some() && models::refresh(&cx).await.is_err();
        parts.push(("fido_metadata", if outdated { "outdated" } else { "ok" }));
    }
    parts
}

/// Sets the gauges: hashes waiting, age of the signing key, events not linked yet, mails, deliveries and logouts waiting.
pub async fn gauges(cx: &Cx) -> Result<(), store::Error> {
    telemetry::hashing_waiting(cx.hashing.depth());
    let key = cx.signing.active(cx, KeyUse::Access, Algorithm::Es256).await?;
    telemetry::signing_key_age(u32::try_from(cx.now.since(key.state_since)).unwrap_or(0));
    telemetry::audit_unlinked(store::audit::unlinked(&cx.store).await?);
    telemetry::mail_waiting(outbox::waiting(&cx.store).await?);
    telemetry::webhooks_waiting(webhooks::waiting(&cx.store).await?);
    telemetry::logouts_waiting(logouts::waiting(&cx.store).await?);
    Ok(())
}
