//! Self-registration, where an app's policy allows it. Whether an address is known shows nowhere: the answer is the same,
//! and the mail says the rest.

use super::hub::{self, Page, Scene};
use super::interaction::{self, Flash};
use super::invitations::{self, NewInvitation};
use super::recovery::RESEND;
use super::sessions::Browser;
use super::{Cx, PageError, notify, throttle};
use crate::audit::Kind;
use crate::base::{InteractionId, Role, text};
use crate::clients::{Client, Registration};
use crate::flows::accounts::Refused;
use crate::identity::{Profile, State};
use crate::notifications::{Draft, Notice};
use crate::store::{Writer, accounts};

/// Whether the app that asked lets people make an account by themselves.
pub fn is_open(scene: &Scene) -> bool {
    scene.client().is_some_and(|client| client.policy.registration == Registration::Open)
}

/// Takes an address, and sends what belongs to it: a link into a new account, or word that there is one.
pub async fn begin(
    cx: &Cx,
    id: &InteractionId,
    browser: &Browser,
    typed: &str,
    locale: &str,
) -> Result<(), PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene = hub::expect(cx, &loaded, browser, |page| *page == Page::SignIn).await?;
    let Some(client) = scene.client().filter(|_| is_open(&scene)).cloned() else {
        cx.note(Kind::InteractionRefused, None);
        return Err(PageError::Bad("step"));
    };
    let canonical = text::canonical_identifier(typed).unwrap_or_default();
    if Profile::new(&canonical, Some(typed), false, serde_json::Map::new()).is_err() {
        loaded.state.flash = Some(if typed.trim().is_empty() { Flash::Empty } else { Flash::NoAddress });
        return interaction::save(cx, &mut loaded).await;
    }
    if loaded.state.mailed.is_some_and(|at| cx.now.since(at) < RESEND) {
        loaded.state.flash = Some(Flash::TooSoon);
        return interaction::save(cx, &mut loaded).await;
    }
    throttle::begin(cx).await?;
    loaded.state.mailed = Some(cx.now);
    loaded.state.flash = None;
    interaction::save(cx, &mut loaded).await?;
    let (later, typed, locale) = (cx.clone(), typed.trim().to_owned(), locale.to_owned());
    cx.later.spawn(async move {
        if let Err(error) = send(&later, &client, &typed, &canonical, &locale).await {
            tracing::error!(%error, "a registration could not be answered");
        }
    });
    Ok(())
}

async fn send(cx: &Cx, client: &Client, typed: &str, canonical: &str, locale: &str) -> Result<(), PageError> {
    if !throttle::may_mail(cx, &format!("register {canonical}")).await? {
        cx.note(Kind::RecoveryRefused, None);
        return Ok(());
    }
    let known = accounts::find_by_identifier(&cx.store, cx.identifier_digest(canonical)).await?;
    let Some(known) = known else {
        let new = NewInvitation {
            email: Some(typed.to_owned()),
            organisation: client.organisation.clone(),
            locale: Some(locale.to_owned()),
            client: Some(client.id.clone()),
            ..NewInvitation::of(Role::Patient)
        };
        return match invitations::register(cx, new).await {
            // Two at once: the other one's mail is on its way.
            Ok(_) | Err(Refused::Taken) => Ok(()),
            Err(Refused::Store(error)) => Err(error.into()),
            Err(_) => Err(PageError::Bad("registration")),
        };
    };
    match known.state {
        // Whom an administrator invited, and whose invitation was taken back, is theirs to ask.
        State::Invited if !invitations::registered_alone(cx, &known.id).await? => Ok(()),
        State::Invited => match invitations::resend(cx, &known.id).await {
            Err(Refused::Store(error)) => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        },
        State::Active => {
            let key = cx.vault.key(&known.id, cx.now).await?;
            let person = known.open(&key)?;
            // Whoever calls themselves by an address they never proved is told nothing at it.
            let own = person
                .profile
                .verified_addresses()
                .find(|own| text::canonical_identifier(own).as_deref() == Some(canonical));
            let Some(own) = own else { return Ok(()) };
            let draft = Draft {
                to: crate::notifications::To::Only(own.to_owned()),
                ..Draft::of(Notice::AccountExists)
            };
            let notice = notify::seal(cx, &person, &key, &draft)?;
            cx.store.write(notice, |w: &mut Writer, notice| Box::pin(notify::write(w, notice))).await?;
            Ok(())
        }
        State::Disabled => Ok(()),
    }
}
