//! Setting a password: the one way for activation, a reset and a change at `/account`.

use super::activation::{self, Setting, Spending, Undone};
use super::hub::{self, Next, Page, Scene};
use super::interaction::{self, Flash, Loaded, Purpose};
use super::password::flash;
use super::sessions::Browser;
use super::{About, Cx, PageError, accounts as people, notify, throttle};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, Digest, FactorId, InteractionId, Secret, Timestamp};
use crate::factors::password::{self, Weak};
use crate::factors::{FactorKind, Proof};
use crate::identity::{Account, LinkKind};
use crate::notifications::Notice;
use crate::policy::throttle::Budget;
use crate::sessions::Standing;
use crate::store::accounts::Ground;
use crate::store::factors::{self, NewFactor};
use crate::store::{Writer, accounts, attempts, links};

/// The least number of characters a password here must have.
pub fn shortest(cx: &Cx) -> usize {
    people::policy(cx).min_length
}

/// Sets the password that was typed, if the step asks for one and it is good enough.
pub async fn set(
    cx: &Cx,
    id: &InteractionId,
    browser: &Browser,
    typed: Secret<String>,
) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene =
        hub::expect(cx, &loaded, browser, |page| matches!(page, Page::FirstFactor | Page::NewPassword))
            .await?;
    let account = scene.account.clone().ok_or(PageError::SignedOut)?;
    if let Err(why) = password::check(typed.expose(), &people::policy(cx), &words(&account)) {
        loaded.state.advice = password::hint(typed.expose()).map(|hint| hint.advice.to_owned());
        let shown = if typed.expose().is_empty() { Flash::Empty } else { weakness(why) };
        return flash(cx, &mut loaded, shown).await;
    }
    let hash = match cx.hashing.hash(typed, cx.entropy.bytes::<16>(), cx.hashing.params()).await {
        Ok(hash) => hash,
        Err(busy) => {
            cx.note(Kind::HashingBusy, None);
            crate::telemetry::hashing_refused();
            return Err(busy.into());
        }
    };
    // What was granted while it was hashed ends with the rest.
    let cx = &cx.by_now();
    let change = renewal(cx, &loaded, &scene, &account, &hash).await?;
    let (proof, ends) = (change.proof(), change.ends);
    let trace = activation::trace(change.spending.as_ref());
    let kind = change.event.kind;
    if let Err(why) = cx.store.write(change, |w, c| Box::pin(write(w, c))).await {
        return activation::undone(cx, why, (kind, &account.id), trace.as_ref()).await;
    }
    // What the open session proved a moment ago, for this very change, would end with it: it is carried into the one that
    // comes after. Behind a link nothing of a session counts.
    let open = scene.session.as_ref().is_some_and(|found| found.standing == Standing::Open);
    if open && matches!(loaded.state.purpose, Purpose::Account { .. }) {
        loaded.state.proofs = scene.proofs(&loaded.state);
    }
    if ends {
        loaded.state.valid_from = cx.now;
    }
    loaded.state.spent |= trace.is_some();
    loaded.state.renewed = true;
    loaded.state.advice = None;
    loaded.state.prove(proof);
    interaction::save(cx, &mut loaded).await?;
    hub::advance(cx, &mut loaded, browser).await
}

/// What others know of a person, and what therefore makes no password.
fn words(account: &Account) -> Vec<&str> {
    let profile = &account.profile;
    let names = ["name", "given_name", "family_name", "nickname", "birthdate", "phone_number"];
    let claims = names.into_iter().filter_map(|name| profile.claim_text(name));
    std::iter::once(profile.username.as_str()).chain(profile.addresses()).chain(claims).collect()
}

fn weakness(why: Weak) -> Flash {
    match why {
        Weak::TooShort { .. } => Flash::PasswordShort,
        Weak::TooLong | Weak::NulByte => Flash::PasswordLong,
        Weak::Blocklisted => Flash::PasswordCommon,
        Weak::ContainsContext => Flash::PasswordName,
    }
}

/// The change that puts a password in the old one's place.
struct Renewal {
    account: AccountId,
    seen: Vec<FactorId>,
    ground: Ground,
    factor: NewFactor,
    spending: Option<Spending>,
    /// Whether sessions, refresh tokens and sign-ins in flight end: not where there was nothing before.
    ends: bool,
    by_mail: bool,
    budgets: Vec<Digest>,
    event: Event,
    notice: Vec<notify::Prepared>,
    now: Timestamp,
}

impl Renewal {
    fn proof(&self) -> Proof {
        let factor = self.factor.id.clone();
        Proof { method: FactorKind::Password, at: self.now, factor, user_verified: false }
    }
}

async fn renewal(
    cx: &Cx,
    loaded: &Loaded,
    scene: &Scene,
    account: &Account,
    hash: &String,
) -> Result<Renewal, PageError> {
    let key = cx.vault.key(&account.id, cx.now).await?;
    let spending = activation::spending(cx, loaded, account, Setting::Password).await?;
    let (kind, by) = match &loaded.state.purpose {
        Purpose::Link { kind: LinkKind::Invitation | LinkKind::Letter, .. } => {
            (Kind::FactorAdded, "activation")
        }
        Purpose::Link { .. } => (Kind::PasswordChanged, "link"),
        Purpose::Account { .. } | Purpose::Admin { .. } | Purpose::Authorize(_) => {
            (Kind::PasswordChanged, "person")
        }
    };
    let ends = kind == Kind::PasswordChanged;
    let factor = people::sealed_factor(cx, FactorKind::Password, hash, &key)?;
    let detail = serde_json::json!({ "kind": FactorKind::Password, "factor": factor.id, "by": by });
    let notice = match ends {
        true => notify::prepare(cx, &account.id, Notice::PasswordChanged, None).await?,
        false => Vec::new(),
    };
    Ok(Renewal {
        account: account.id.clone(),
        seen: activation::seen(scene),
        ground: activation::ground(&loaded.state, scene),
        factor,
        spending,
        ends,
        by_mail: by == "link",
        budgets: throttle::subjects(cx, &account.id).await?,
        event: cx.done(kind, &account.id).with(detail),
        notice,
        now: cx.now,
    })
}

async fn write(w: &mut Writer, c: &Renewal) -> Result<(), Undone> {
    if let Some(spending) = &c.spending {
        activation::spend(w, spending).await?;
    }
    activation::hold(w, &c.account, (&c.ground, &c.seen), c.now).await?;
    if let Some(spending) = &c.spending {
        activation::settle(w, spending).await?;
    }
    factors::remove_kind(w, &c.account, FactorKind::Password).await?;
    factors::insert(w, &c.account, &c.factor, c.now).await?;
    if c.by_mail {
        factors::mailed(w, &c.factor.id, c.now).await?;
    }
    for budget in &c.budgets {
        attempts::succeed(w, *budget, Budget::Password.as_str()).await?;
    }
    if c.ends {
        accounts::end_everything(w, &c.account, c.now).await?;
        // Whoever asked for another password, or gave an address, before: it is answered by this.
        for kind in [LinkKind::PasswordReset, LinkKind::Address] {
            links::revoke(w, &c.account, kind, c.now).await?;
        }
    }
    notify::write(w, &c.notice).await?;
    w.record(&c.event).await?;
    Ok(())
}
