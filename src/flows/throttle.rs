//! Limits on guessing: reserved per account and budget, and per network, before anything is evaluated.

use std::time::Duration;

use tokio::sync::Semaphore;

use super::admin::{AdminActor, Refused, Who, record_refusal};
use super::{About, Cx, PageError};
use crate::audit::Kind;
use crate::base::{AccountId, ClientId, Digest, OrganisationId, Seconds};
use crate::ephemeral;
use crate::factors::FactorKind;
use crate::identity::LinkKind;
use crate::policy::throttle::{
    ASKED, Budget, FETCHES, FREE, LAST, LOOKING, MACHINE_REFUSALS, MACHINE_WINDOW, MAIL_WINDOW, MAILS,
    MAILS_OF_APPS, NAMES, NAMES_OF_BRANCH, NAMES_WINDOW, NETWORK_WINDOW, NOES, OWN_REGISTRATION,
    PERSON_REFUSALS, Reserved,
};
use crate::store::{attempts, factors, links};
use crate::telemetry;

/// How long somebody waits, in milliseconds and more or less, before it is looked again whether there is room where as many
/// are being looked at as may fail: about two seconds in all. What is waited for happens at other nodes, too.
const PAUSES: [u64; 4] = [50, 150, 400, 1_400];
/// How many wait so at once at a node; others are sent back.
static WAITERS: Semaphore = Semaphore::const_new(256);

/// An attempt that was counted as a failure already; success forgets it, a full queue gives it back.
#[derive(Clone, Debug)]
#[must_use = "an attempt must be settled"]
pub struct Attempt {
    subject: Digest,
    budget: Budget,
    number: i64,
    account: Option<AccountId>,
    network: Option<Digest>,
}

/// Whose guesses are counted.
#[derive(Clone, Copy, Debug)]
pub struct Guesser<'a> {
    /// The account, if the name is known.
    pub account: Option<&'a AccountId>,
    /// The name as it is compared.
    pub canonical: &'a str,
    /// The browser; one that signed in before has a budget of its own.
    pub browser: Digest,
}

/// Reserves an attempt, or says why there is none. Counts atomically, per canonical account and per network. Who finds others
/// being looked at waits a little for what becomes of them: of right ones there may be any number.
pub async fn reserve(cx: &Cx, guesser: Guesser<'_>, budget: Budget) -> Result<Attempt, PageError> {
    let (subject, known) = subject(cx, guesser).await?;
    if let Some(attempt) = try_reserve(cx, guesser, budget, (subject, known)).await? {
        return Ok(attempt);
    }
    if let Ok(_place) = WAITERS.try_acquire() {
        for pause in PAUSES {
            // Those who came at once do not all look at once.
            let [chance] = cx.entropy.bytes::<1>();
            tokio::time::sleep(Duration::from_millis(pause * (128 + u64::from(chance)) / 256)).await;
            // To look costs others nothing; to try takes its turn before theirs.
            if attempts::standing(&cx.store, subject, budget.as_str(), cx.now).await? == Reserved::Pending {
                continue;
            }
            if let Some(attempt) = try_reserve(cx, guesser, budget, (subject, known)).await? {
                return Ok(attempt);
            }
        }
    }
    cx.note(Kind::HashingBusy, None);
    Err(PageError::Busy(LOOKING))
}

/// Nothing where as many are being looked at as may fail; nothing is held meanwhile.
async fn try_reserve(
    cx: &Cx,
    guesser: Guesser<'_>,
    budget: Budget,
    (subject, known): (Digest, bool),
) -> Result<Option<Attempt>, PageError> {
    // A browser the person signed in with before is held by its own budget; a stranger on the same network must not
    // use it up for a whole hospital.
    let network = if known { None } else { reserve_network(cx).await? };
    let known_name = guesser.account.is_some();
    let reserved = attempts::reserve(&cx.store, subject, budget.as_str(), known_name, cx.now).await;
    if reserved.is_err() {
        give_back_network(cx, network).await?;
    }
    let refusal = match reserved? {
        Reserved::Attempt(number) => {
            let account = guesser.account.cloned();
            return Ok(Some(Attempt { subject, budget, number, account, network }));
        }
        Reserved::Pending => None,
        Reserved::Wait(until) => Some(PageError::Throttled(Some(until))),
        Reserved::Disabled => Some(PageError::Throttled(None)),
    };
    give_back_network(cx, network).await?;
    let Some(refusal) = refusal else { return Ok(None) };
    throttled(cx, budget);
    Err(refusal)
}

impl Attempt {
    /// The subject and budget whose failures a success forgets, to be done in the change that records it.
    pub fn spent(&self) -> (Digest, &'static str) {
        (self.subject, self.budget.as_str())
    }

    /// The attempt succeeded: the network's count is given back ("successes never count").
    pub async fn succeeded(&self, cx: &Cx, method: FactorKind) -> Result<(), PageError> {
        telemetry::login_attempt(method.as_str(), "ok");
        give_back_network(cx, self.network).await
    }

    /// The attempt was never evaluated: as if it had not been made.
    pub async fn give_back(&self, cx: &Cx) -> Result<(), PageError> {
        give_back_network(cx, self.network).await?;
        cx.store
            .write(self.spent(), |w, (subject, budget)| {
                Box::pin(async move { attempts::give_back(w, *subject, budget).await })
            })
            .await?;
        Ok(())
    }

    /// The attempt was looked at and is a failure for good: from the first that costs time, others are told so. Nothing
    /// hangs on it but what they are told, so that it holds nothing up.
    async fn stands(&self, cx: &Cx) {
        if self.number <= FREE {
            return;
        }
        let input = (self.spent(), self.number);
        let told = cx.store.write(input, |w, ((subject, budget), number)| {
            Box::pin(async move { attempts::settle(w, *subject, budget, *number).await })
        });
        if let Err(error) = told.await {
            tracing::warn!(%error, "who waits beside a failed attempt could not be told of it");
        }
    }

    /// The attempt succeeded and no other change tells of it: its failures are forgotten.
    pub async fn settled(&self, cx: &Cx) -> Result<(), PageError> {
        give_back_network(cx, self.network).await?;
        cx.store
            .write(self.spent(), |w, (subject, budget)| {
                Box::pin(async move { attempts::succeed(w, *subject, budget).await })
            })
            .await?;
        Ok(())
    }

    /// A short code was wrong. At the last allowed failure the person's codes are taken back: a new one is needed.
    pub async fn missed(&self, cx: &Cx, kind: Kind, reason: &str) -> Result<(), PageError> {
        self.stands(cx).await;
        let Some(account) = &self.account else {
            cx.note(kind, None);
            return Ok(());
        };
        let mut event = cx.refusal(kind, reason).with(serde_json::json!({ "failures": self.number }));
        event.account = Some(account.clone());
        if self.number < LAST {
            cx.record_later(event);
            return Ok(());
        }
        let input = (account.clone(), event, cx.now);
        cx.store
            .write(input, |w, (account, event, now)| {
                Box::pin(async move {
                    for kind in [LinkKind::Letter, LinkKind::FactorReset] {
                        links::revoke(w, account, kind, *now).await?;
                    }
                    w.record(event).await
                })
            })
            .await?;
        Ok(())
    }

    /// The attempt failed: records it, and disables the authenticator at the last allowed failure.
    pub async fn failed(
        &self,
        cx: &Cx,
        kind: Kind,
        method: FactorKind,
        reason: &str,
    ) -> Result<(), PageError> {
        telemetry::login_attempt(method.as_str(), "refused");
        self.stands(cx).await;
        let mut event = cx.refusal(kind, reason).with(serde_json::json!({ "failures": self.number }));
        event.account.clone_from(&self.account);
        let disable = self.account.clone().filter(|_| self.number >= LAST);
        if self.account.is_none() {
            cx.note(kind, None);
            return Ok(());
        }
        if disable.is_none() {
            // The failure is counted durably already, so a crash between loses no count.
            cx.record_later(event);
            return Ok(());
        }
        let gone = cx.refusal(Kind::FactorDisabled, "too_many_failures");
        let notice = match &disable {
            Some(account) => {
                super::notify::prepare(cx, account, crate::notifications::Notice::FactorDisabled, None)
                    .await?
            }
            None => Vec::new(),
        };
        cx.store
            .write(
                (event, disable, gone, method, cx.now, notice),
                |w, (event, disable, gone, method, now, notice)| {
                    Box::pin(async move {
                        w.record(event).await?;
                        if let Some(account) = disable {
                            factors::disable(w, account, *method, *now).await?;
                            w.record(&gone.clone().person(account)).await?;
                            super::notify::write(w, notice).await?;
                        }
                        Ok::<_, crate::store::Error>(())
                    })
                },
            )
            .await?;
        Ok(())
    }
}

/// Everything a person's failures are counted under: the account, and each browser they signed in with.
pub async fn subjects(cx: &Cx, account: &AccountId) -> Result<Vec<Digest>, PageError> {
    let browsers = attempts::known_browsers(&cx.store, account).await?;
    let texts = browsers.iter().map(|browser| format!("{account} {}", browser.to_base64url()));
    Ok(std::iter::once(account.to_string())
        .chain(texts)
        .map(|text| cx.index.digest("attempt.account", &text))
        .collect())
}

/// Whether another mail may be asked for somebody, known or not: three an hour.
pub async fn may_mail(cx: &Cx, whom: &str) -> Result<bool, PageError> {
    let key = cx.index.digest("mails", whom);
    Ok(cx.ephemeral.count(&key, MAIL_WINDOW, cx.now).await? <= MAILS)
}

/// Whether another mail may tell somebody that this app asks for them: so many an hour, and so many of all apps together.
pub(super) async fn may_mail_for(cx: &Cx, account: &AccountId, client: &ClientId) -> Result<bool, PageError> {
    if !may_mail(cx, &format!("sign_in.asked {account} {client}")).await? {
        return Ok(false);
    }
    let key = cx.index.digest("mails", &format!("sign_in.asked {account}"));
    Ok(cx.ephemeral.count(&key, MAIL_WINDOW, cx.now).await? <= MAILS_OF_APPS)
}

/// Counts that an app asks for somebody who is elsewhere; `false` where it was too often.
pub(super) async fn asks(cx: &Cx, client: &ClientId) -> Result<bool, ephemeral::Error> {
    let key = Digest::of(format!("client.asks {client}"));
    Ok(cx.ephemeral.count(&key, MACHINE_WINDOW, cx.now).await? <= ASKED)
}

fn refusals(cx: &Cx, client: &ClientId, account: &AccountId) -> Digest {
    cx.index.digest("asked.refused", &format!("{client} {account}"))
}

/// Counts that somebody said no to an app that asked for them elsewhere.
pub(super) async fn refused(cx: &Cx, client: &ClientId, account: &AccountId) -> Result<(), PageError> {
    cx.ephemeral.count(&refusals(cx, client, account), NETWORK_WINDOW, cx.now).await?;
    Ok(())
}

/// Whether somebody said no to an app so often that they are asked nothing more for a while.
pub(super) async fn refused_too_often(
    cx: &Cx,
    client: &ClientId,
    account: &AccountId,
) -> Result<bool, ephemeral::Error> {
    Ok(cx.ephemeral.counted(&refusals(cx, client, account), cx.now).await? >= NOES)
}

/// Whether this is the first of its kind for a while: what anybody may repeat is told once and then counted.
pub async fn is_first(cx: &Cx, what: &str) -> Result<bool, PageError> {
    let key = cx.index.digest("told", what);
    Ok(cx.ephemeral.count(&key, NETWORK_WINDOW, cx.now).await? == 1)
}

/// Whose failures are counted, and whether that is a known browser of theirs.
async fn subject(cx: &Cx, guesser: Guesser<'_>) -> Result<(Digest, bool), PageError> {
    let Some(account) = guesser.account else {
        // The same work for an unknown name: one look-up that finds nothing.
        let nobody = AccountId::from_text("");
        attempts::is_known_browser(&cx.store, &nobody, guesser.browser).await?;
        return Ok((cx.index.digest("attempt.unknown", guesser.canonical), false));
    };
    let known = attempts::is_known_browser(&cx.store, account, guesser.browser).await?;
    let text = match known {
        true => format!("{account} {}", guesser.browser.to_base64url()),
        false => account.to_string(),
    };
    Ok((cx.index.digest("attempt.account", &text), known))
}

/// Counts what a stranger may make us keep: sign-ins begun, requests parked, passkey questions, per network.
pub async fn begin(cx: &Cx) -> Result<(), PageError> {
    if by_network(cx, "network.beginnings", cx.config.limits.network_beginnings).await? {
        return Ok(());
    }
    Err(PageError::NetworkThrottled(cx.now.plus(NETWORK_WINDOW)))
}

/// Counts an app that somebody wants to register, per network; `false` where there were too many.
pub(super) async fn registers(cx: &Cx) -> Result<bool, ephemeral::Error> {
    by_network(cx, "network.registrations", cx.config.limits.network_registrations).await
}

/// Counts what an app does to its own registration; `false` where it was too much.
pub(super) async fn manages(cx: &Cx, client: &ClientId) -> Result<bool, ephemeral::Error> {
    let key = Digest::of(format!("client.registration {client}"));
    Ok(cx.ephemeral.count(&key, MACHINE_WINDOW, cx.now).await? <= OWN_REGISTRATION)
}

/// Counts what is fetched for an app because somebody's browser asks; `false` where it was too much.
pub(super) async fn fetches(cx: &Cx, client: &ClientId) -> Result<bool, ephemeral::Error> {
    let key = Digest::of(format!("client.fetches {client}"));
    Ok(cx.ephemeral.count(&key, MACHINE_WINDOW, cx.now).await? <= FETCHES)
}

async fn by_network(cx: &Cx, what: &str, most: u32) -> Result<bool, ephemeral::Error> {
    let Some(network) = &cx.network else { return Ok(true) };
    let key = Digest::of(format!("{what} {network}"));
    let fits = cx.ephemeral.count(&key, NETWORK_WINDOW, cx.now).await? <= u64::from(most);
    if !fits {
        cx.note(Kind::NetworkThrottled, None);
    }
    Ok(fits)
}

/// Counts a request of a machine; where it sent too many, the seconds until the minute is over.
pub async fn machine(cx: &Cx, who: &Who) -> Result<Option<Seconds>, Refused> {
    let Who::Client(machine) = who else { return Ok(None) };
    let count = count_minute(cx, "machine.requests", &machine.id).await?;
    if count <= u64::from(cx.config.limits.api_requests) {
        return Ok(None);
    }
    cx.note(Kind::MachineThrottled, Some(&machine.id));
    Ok(Some(MACHINE_WINDOW - cx.now.seconds().rem_euclid(MACHINE_WINDOW)))
}

/// Whether a refusal is told by an event of its own; beyond a few they are counted, so that nobody fills a trail by being
/// refused.
pub(super) async fn tells_refusal(cx: &Cx, who: &Who) -> Result<bool, Refused> {
    match who {
        Who::Host(_) => Ok(true),
        Who::Client(machine) => {
            Ok(count_minute(cx, "machine.refusals", &machine.id).await? <= MACHINE_REFUSALS)
        }
        Who::Person(person) => {
            let key = cx.index.digest("person.refusals", person.account.id.as_str());
            Ok(cx.ephemeral.count(&key, NETWORK_WINDOW, cx.now).await? <= PERSON_REFUSALS)
        }
    }
}

/// Somebody looks for names of people who may be elsewhere; counted before anything is looked up.
#[must_use = "what was found must be counted"]
pub(super) struct Looking(Vec<(Digest, u64)>);

/// Lets somebody look whose names are taken, unless they, or all who look from their part of the tree, found too many of people
/// elsewhere within an hour: then nothing is looked up, whatever it would say.
pub(super) async fn looks_for_names(cx: &Cx, actor: &AdminActor) -> Result<Looking, Refused> {
    if matches!(actor.who(), Who::Host(_)) {
        return Ok(Looking(Vec::new()));
    }
    // Who may make machines and organisations without end is one all the same: what lies right below the root.
    let branch = actor.place().ids().nth(1).unwrap_or_else(OrganisationId::root);
    let keys = [
        (cx.index.digest("names", &actor.who().actor().to_text()), NAMES),
        (cx.index.digest("names of", branch.as_str()), NAMES_OF_BRANCH),
    ];
    let mut looking = Looking(Vec::new());
    for (key, most) in keys {
        let count = cx.ephemeral.count(&key, NAMES_WINDOW, cx.now).await?;
        looking.0.push((key, most));
        if count > most {
            looking.give_back(cx).await?;
            return too_many_names(cx, actor).await;
        }
    }
    Ok(looking)
}

impl Looking {
    /// So many names were found that are people's elsewhere; before anything is told of it.
    pub(super) async fn found(self, cx: &Cx, actor: &AdminActor, elsewhere: usize) -> Result<(), Refused> {
        if elsewhere == 0 {
            return self.give_back(cx).await;
        }
        for _ in 1..elsewhere {
            for (key, most) in &self.0 {
                if cx.ephemeral.count(key, NAMES_WINDOW, cx.now).await? > *most {
                    return too_many_names(cx, actor).await;
                }
            }
        }
        Ok(())
    }

    /// As if nobody had looked.
    async fn give_back(&self, cx: &Cx) -> Result<(), Refused> {
        for (key, _) in &self.0 {
            cx.ephemeral.uncount(key, cx.now).await?;
        }
        Ok(())
    }
}

async fn too_many_names<T>(cx: &Cx, actor: &AdminActor) -> Result<T, Refused> {
    let event = actor.refusal(cx, Kind::AdminRefused, "too_many_names");
    let event = event.with(serde_json::json!({ "action": actor.action() }));
    record_refusal(cx, actor.who(), event).await?;
    Err(Refused::TooOften)
}

/// Counts by the minute of the clock, so that the end of it is known.
async fn count_minute(cx: &Cx, what: &str, machine: &ClientId) -> Result<u64, Refused> {
    let minute = cx.now.seconds().div_euclid(MACHINE_WINDOW);
    let key = Digest::of(format!("{what} {minute} {machine}"));
    Ok(cx.ephemeral.count(&key, MACHINE_WINDOW, cx.now).await?)
}

fn network_key(cx: &Cx) -> Option<Digest> {
    cx.network.as_ref().map(|network| Digest::of(format!("network.failures {network}")))
}

pub(super) async fn reserve_network(cx: &Cx) -> Result<Option<Digest>, PageError> {
    let Some(key) = network_key(cx) else { return Ok(None) };
    let count = cx.ephemeral.count(&key, NETWORK_WINDOW, cx.now).await?;
    let most = u64::from(cx.config.limits.network_failures);
    if count > most {
        give_back_network(cx, Some(key)).await?;
        cx.note(Kind::NetworkThrottled, None);
        // The window began with its first failure: at the latest it ends this long from now.
        return Err(PageError::NetworkThrottled(cx.now.plus(NETWORK_WINDOW)));
    }
    Ok(Some(key))
}

pub(super) async fn give_back_network(cx: &Cx, key: Option<Digest>) -> Result<(), PageError> {
    if let Some(key) = key {
        cx.ephemeral.uncount(&key, cx.now).await?;
    }
    Ok(())
}

fn throttled(cx: &Cx, budget: Budget) {
    telemetry::lockout(budget.as_str());
    // Counted, not written one by one: whoever hammers at a delay buys no disk. The failure that began the
    // delay stands in the trail with its account.
    cx.note(Kind::AttemptThrottled, None);
}
