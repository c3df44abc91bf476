//! The hub of a sign-in: gathers the situation, lets the pure `next` decide, and names the page or finishes.

use std::sync::Arc;

use super::interaction::{self, Interaction, Loaded, Purpose};
use super::policies::Current;
use super::sessions::{self, Browser, Found};
use super::{Cx, PageError, activation, finish, lent, models};
use crate::base::{AccountId, Acr, ClientId, Role, Scopes, Timestamp, Token};
use crate::clients::Client;
use crate::consent::Consent;
use crate::factors::{FactorKind, Proof};
use crate::identity::Account;
use crate::oidc::authorize::step::{self, Approved, Person, Situation, Step};
use crate::oidc::authorize::{Answer, Destination, locate};
use crate::oidc::{Code, Error};
use crate::policy::models::Models;
use crate::policy::rules::Effective;
use crate::policy::{self, Arms, Demand, Kinds, Need};
use crate::store::clients as client_rows;
use crate::store::factors::FactorRow;

/// Where the browser goes next.
#[derive(Debug)]
pub enum Next {
    /// A page of this interaction.
    Page(Page),
    /// The same page again, with what was wrong.
    Stay,
    /// The answer to the app, and the session's new cookie value.
    Answer(Answer, Option<Token>),
    /// The person's own pages, and the session's new cookie value.
    Account(interaction::Place, Option<Token>),
    /// A page of the console, and the session's new cookie value.
    Admin(String, Option<Token>),
    /// The account is ready; on to the app that wanted the person, and the session's new cookie value.
    Ready(Option<String>, Option<Token>),
}

/// The pages of an interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// Who is it?
    SignIn,
    /// Prove it by one of these, best first.
    Prove(Vec<FactorKind>),
    /// Bind one of these, recommended first.
    Enrol(Vec<FactorKind>),
    /// Show the recovery codes.
    RecoveryCodes,
    /// Agree to these scopes.
    Consent(Scopes),
    /// The first way to sign in: a password, or at once a passkey.
    FirstFactor,
    /// A new password.
    NewPassword,
    /// What a false page looks like.
    Lesson,
    /// No way leads on.
    Stuck,
}

/// What the decision rests on, loaded once a request.
pub struct Scene {
    /// The app, and where its answer goes; `None` for the person's own pages.
    pub destination: Option<Destination>,
    /// The browser's session, whoever it belongs to.
    pub session: Option<Found>,
    /// The named person, if known and active.
    pub account: Option<Account>,
    /// The person's factors.
    pub factors: Vec<FactorRow>,
    /// What they can do with them.
    pub arms: Arms,
    /// What the person agreed to before.
    pub consent: Option<Consent>,
    /// Whether the person asked to close the account: until they keep it, it opens nothing but their own pages.
    pub is_closing: bool,
    /// Whether the client insists on this person or another.
    pub is_wanted: bool,
    /// What the installation asks of people.
    pub policy: Arc<Current>,
}

impl Scene {
    /// What the policy says of models of keys here.
    pub fn models(&self, state: &Interaction) -> Models {
        let role = self.account.as_ref().map(|account| account.role);
        role.map(|role| rule(&self.policy, state, role, self.client()).models).unwrap_or_default()
    }

    /// The app, if there is one.
    pub fn client(&self) -> Option<&Arc<Client>> {
        self.destination.as_ref().map(Destination::client)
    }

    /// Proofs that count: those of this interaction, and those of the session if it is the same person's.
    pub fn proofs(&self, state: &Interaction) -> Vec<Proof> {
        let mut proofs = match (&self.session, &state.account) {
            (Some(found), Some(account)) if found.session.account == *account => {
                sessions::standing_proofs(&found.session, &self.factors)
            }
            _ => Vec::new(),
        };
        let bound = |p: &&Proof| self.factors.iter().any(|r| r.id == p.factor && r.is_usable());
        proofs.extend(state.proofs.iter().filter(bound).cloned());
        proofs
    }

    fn idle_since(&self, state: &Interaction) -> Option<Timestamp> {
        let found = self.session.as_ref()?;
        (Some(&found.session.account) == state.account.as_ref()).then(|| found.idle_since()).flatten()
    }
}

/// Splits factors into usable and disabled ones, and names those whose model does not count here.
pub fn arms(rows: &[FactorRow], models: &Models) -> Arms {
    let (enabled, disabled): (Vec<_>, Vec<_>) = rows.iter().partition(|r| r.is_usable());
    let barred = enabled.iter().filter(|r| r.kind.is_webauthn() && models.judge(&r.model).is_err());
    Arms {
        reset: false,
        barred: barred.map(|r| (r.id.clone(), r.kind)).collect(),
        enabled: enabled.iter().map(|r| r.kind).collect(),
        disabled: disabled.iter().map(|r| r.kind).collect(),
    }
}

/// Loads the scene of an interaction. An account that was disabled or erased meanwhile is nobody.
pub async fn scene(cx: &Cx, state: &Interaction, browser: &Browser) -> Result<Scene, PageError> {
    let session = sessions::find(cx, browser).await?;
    scene_with(cx, state, browser, session).await
}

/// As [`scene`], with the browser's session as this request found it.
async fn scene_with(
    cx: &Cx,
    state: &Interaction,
    browser: &Browser,
    session: Option<Found>,
) -> Result<Scene, PageError> {
    let destination = match state.request() {
        Some(request) => {
            let client = cx.clients.find(cx, &ClientId::from_text(&request.client_id)).await?;
            let client = lent::visited(cx, client, Some(&request.redirect_uri), browser).await?;
            let located = locate(&request.destination_parameters(), client);
            Some(located.map_err(|_| PageError::Expired)?)
        }
        None => None,
    };
    // An unknown name costs the same look-ups as a known one: those of a person who does not exist.
    let nobody = state.identifier.as_deref().map(|typed| nobody(cx, typed));
    let named = state.account.as_ref().or(nobody.as_ref());
    let (mut met, mut factors) = (None, Vec::new());
    if let Some(id) = named {
        let client = destination.as_ref().map_or_else(|| ClientId::from_text(""), |d| d.client().id.clone());
        // At once: each of them waits for the same round trip.
        let (found, rows) = tokio::join!(
            sessions::met(cx, id, &client, activation::is_of(state)),
            models::factors_of(cx, id)
        );
        (met, factors) = (found?, rows?);
    }
    let (account, consent, is_closing) = match met {
        Some(met) => (Some(met.account), met.consent, met.is_closing),
        None => (None, None, false),
    };
    // What began before the account's credentials changed is over (sign-ins in flight included).
    if account.as_ref().is_some_and(|a: &Account| a.valid_after > state.valid_from)
        && !state.proofs.is_empty()
    {
        return Err(PageError::Expired);
    }
    if account.is_none() {
        factors = Vec::new();
    }
    activation::still_open(cx, state, account.as_ref()).await?;
    let own = session.as_ref().map(|found| &found.session.account) == state.account.as_ref();
    let sid = session.as_ref().map(|found| &found.session.sid);
    if state.codes.is_some() && state.codes_of.as_ref().is_some_and(|made_in| sid != Some(made_in)) {
        // Codes made in a session that has ended are nobody's to read.
        return Err(PageError::Expired);
    }
    // Judged of somebody proven only: before, it would tell a stranger whether a name is known.
    let is_wanted = (state.proofs.is_empty() && !own)
        || wanted(cx, state, destination.as_ref(), account.as_ref()).await?;
    let policy = cx.policies.current(cx).await?;
    // Nobody comes back to what another began at this desk.
    if let (Some(account), Some(last)) = (&account, state.proofs.iter().map(|proof| proof.at).max())
        && cx.now.since(last) > policy.rules.effective(account.role, None).limits.idle
    {
        return Err(PageError::Expired);
    }
    let reset = account.as_ref().is_some_and(|a| a.reset_at.is_some());
    let client = destination.as_ref().map(Destination::client);
    let rule = account.as_ref().map(|account| rule(&policy, state, account.role, client));
    let held = arms(&factors, &rule.map(|rule| rule.models).unwrap_or_default());
    Ok(Scene {
        arms: Arms { reset, ..held },
        destination,
        session,
        account,
        factors,
        consent,
        is_closing,
        is_wanted,
        policy,
    })
}

/// What holds for somebody in this interaction.
fn rule(policy: &Current, state: &Interaction, role: Role, client: Option<&Arc<Client>>) -> Effective {
    match state.purpose {
        Purpose::Admin { .. } => policy.rules.effective(Role::Administrator, None),
        Purpose::Authorize(_) => policy.rules.effective(role, client.map(|client| &client.id)),
        Purpose::Account { .. } | Purpose::Link { .. } => policy.rules.effective(role, None),
    }
}

/// Who an unknown name stands for: an account that does not exist, another for each name, so that what is remembered
/// for a second is remembered of unknown names as of known ones.
pub fn nobody(cx: &Cx, typed: &str) -> AccountId {
    let canonical = crate::base::text::canonical_identifier(typed).unwrap_or_default();
    AccountId::from_text(format!("nobody {}", cx.identifier_digest(&canonical).to_base64url()))
}

/// Whether the client's `id_token_hint` or `claims.sub` is about this person.
async fn wanted(
    cx: &Cx,
    state: &Interaction,
    destination: Option<&Destination>,
    account: Option<&Account>,
) -> Result<bool, PageError> {
    let (Some(request), Some(destination), Some(account)) = (state.request(), destination, account) else {
        return Ok(true);
    };
    // An app asked for one person, elsewhere: nobody else answers.
    let lent = destination.client().lent.as_ref();
    if lent.and_then(|lent| lent.only.as_ref()).is_some_and(|only| *only != account.id) {
        return Ok(false);
    }
    let hinted = match &request.id_token_hint {
        Some(hint) => {
            Some(super::logout::hinted_sub(cx, hint, destination.client()).await?.unwrap_or_default())
        }
        None => None,
    };
    if hinted.is_none() && !request.claims.wants_somebody() {
        return Ok(true);
    }
    let Ok(sector) = destination.client().sector() else { return Ok(false) };
    let own = client_rows::find_subject(&cx.store, &account.id, &sector).await?;
    let own = own.as_deref();
    Ok(hinted.is_none_or(|sub| own == Some(sub.as_str())) && request.claims.admits(own))
}

/// What happens next in this interaction; decides and changes nothing.
pub fn decide(cx: &Cx, state: &Interaction, scene: &Scene) -> Decision {
    if state.codes.is_some() {
        return Decision::Page(Page::RecoveryCodes);
    }
    if scene.account.is_none() {
        let unknown = state.identifier.is_some() && state.chosen;
        let page = if unknown { Page::Prove(vec![FactorKind::Password]) } else { Page::SignIn };
        return match state.request().is_some_and(|r| r.prompts(crate::oidc::authorize::Prompt::None)) {
            true => Decision::Refuse(login_required()),
            false => Decision::Page(page),
        };
    }
    uniform(state, scene, of_purpose(cx, state, scene))
}

/// Until something is proved, everybody gets the password page (with its passkey button): whether the person
/// has a password, a passkey or nothing usable shows nowhere.
fn uniform(state: &Interaction, scene: &Scene, decision: Decision) -> Decision {
    match decision {
        Decision::Page(Page::Prove(_) | Page::Stuck) if state.proofs.is_empty() && !is_own(state, scene) => {
            Decision::Page(Page::Prove(vec![FactorKind::Password]))
        }
        other => other,
    }
}

/// Whether the person named is the one whose session the browser holds.
pub fn is_own(state: &Interaction, scene: &Scene) -> bool {
    let session = scene.session.as_ref().map(|found| &found.session.account);
    session.is_some() && session == state.account.as_ref()
}

fn of_purpose(cx: &Cx, state: &Interaction, scene: &Scene) -> Decision {
    match (&state.purpose, &scene.destination) {
        (Purpose::Authorize(request), Some(destination)) => {
            let proofs = scene.proofs(state);
            let situation = Situation {
                request,
                destination,
                person: scene.account.as_ref().map(|account| Person {
                    role: account.role,
                    arms: &scene.arms,
                    proofs: &proofs,
                    idle_since: scene.idle_since(state),
                    is_wanted: scene.is_wanted,
                    chosen: state.chosen,
                }),
                consent: scene.consent.as_ref(),
                agreed_now: state.agreed.as_ref(),
                began_at: state.began_at,
                rules: &scene.policy.rules,
                now: cx.now,
            };
            of_step(step::next(&situation))
        }
        (Purpose::Link { kind, .. }, _) => activation::next(cx, state, scene, *kind),
        _ => {
            let need = policy::need(
                &account_demand(state, scene, cx.now),
                &scene.arms,
                &scene.proofs(state),
                cx.now,
            );
            match (&state.purpose, need) {
                (Purpose::Account { place: interaction::Place::Add(kind) }, Need::Met(_)) if !state.bound => {
                    Decision::Page(Page::Enrol(vec![*kind]))
                }
                (Purpose::Account { place: interaction::Place::Password }, Need::Met(_))
                    if !state.renewed =>
                {
                    Decision::Page(Page::NewPassword)
                }
                (_, need) => of_need(need),
            }
        }
    }
}

/// What was decided, before anything is done about it.
#[derive(Debug)]
pub enum Decision {
    /// Show a page.
    Page(Page),
    /// Answer the app with a code.
    Issue(Approved),
    /// Answer the app with an error.
    Refuse(Error),
    /// The demand of the person's own pages is met.
    Met,
}

fn login_required() -> Error {
    Error::new(Code::LoginRequired, "The person has to sign in.", "prompt_none")
}

fn of_step(step: Step) -> Decision {
    match step {
        Step::SignIn => Decision::Page(Page::SignIn),
        Step::Prove(kinds) => Decision::Page(Page::Prove(kinds)),
        Step::Enrol(kinds) => Decision::Page(Page::Enrol(kinds)),
        Step::Stuck => Decision::Page(Page::Stuck),
        Step::Consent(scopes) => Decision::Page(Page::Consent(scopes)),
        Step::Issue(approved) => Decision::Issue(approved),
        Step::Refuse(error) => Decision::Refuse(error),
    }
}

pub(super) fn of_need(need: Need) -> Decision {
    match need {
        Need::Met(_) => Decision::Met,
        Need::Prove(kinds) => Decision::Page(Page::Prove(kinds)),
        Need::Enrol(kinds) => Decision::Page(Page::Enrol(kinds)),
        Need::Stuck => Decision::Page(Page::Stuck),
    }
}

/// What the person's own pages demand: the role's floor; for a change, freshly and at the account's own level.
pub fn account_demand(state: &Interaction, scene: &Scene, now: Timestamp) -> Demand {
    if let Purpose::Admin { fresh, .. } = state.purpose {
        let rule = scene.policy.rules.effective(Role::Administrator, None);
        let own = scene.session.as_ref().filter(|_| is_own(state, scene));
        return Demand { began_at: Some(state.began_at), ..super::admin::demand(&rule, own, fresh, now) };
    }
    let rule = scene.account.as_ref().map(|a| scene.policy.rules.effective(a.role, None));
    let floor = rule.as_ref().map_or(Acr::Aal2, Effective::floor);
    let kinds = rule.as_ref().map_or(Kinds::ALL, |rule| rule.kinds);
    let own = match &state.purpose {
        Purpose::Account {
            place: interaction::Place::Add(_) | interaction::Place::Change(_) | interaction::Place::Password,
        } => Demand::change(floor, &scene.arms, kinds),
        Purpose::Account { place: interaction::Place::Home | interaction::Place::Approvals }
        | Purpose::Authorize(_)
        | Purpose::Admin { .. }
        | Purpose::Link { .. } => Demand::level(floor),
    };
    Demand { idle_since: scene.idle_since(state), began_at: Some(state.began_at), kinds, ..own }
}

/// Runs the hub: decides, and where nothing more is needed, finishes.
pub async fn advance(cx: &Cx, loaded: &mut Loaded, browser: &Browser) -> Result<Next, PageError> {
    let session = sessions::find(cx, browser).await?;
    advance_from(cx, loaded, browser, session).await
}

/// As [`advance`], with the browser's session as this request found it.
pub async fn advance_from(
    cx: &Cx,
    loaded: &mut Loaded,
    browser: &Browser,
    session: Option<Found>,
) -> Result<Next, PageError> {
    let scene = scene_with(cx, &loaded.state, browser, session).await?;
    match decide(cx, &loaded.state, &scene) {
        Decision::Page(page) => Ok(Next::Page(page)),
        Decision::Refuse(error) => finish::refuse(cx, loaded, &scene, error).await,
        Decision::Issue(_) if scene.is_closing => {
            let error =
                Error::new(Code::AccessDenied, "The person is closing the account.", "account_closing");
            finish::refuse(cx, loaded, &scene, error).await
        }
        Decision::Issue(approved) => finish::issue(cx, loaded, scene, browser, approved).await,
        Decision::Met => finish::account(cx, loaded, scene, browser).await,
    }
}

/// Insists that the interaction is at a step that takes this factor: a step cannot be skipped or repeated.
pub async fn expect(
    cx: &Cx,
    loaded: &Loaded,
    browser: &Browser,
    accepts: impl Fn(&Page) -> bool,
) -> Result<Scene, PageError> {
    let scene = scene(cx, &loaded.state, browser).await?;
    match decide(cx, &loaded.state, &scene) {
        Decision::Page(page) if accepts(&page) => Ok(scene),
        _ => {
            cx.note(crate::audit::Kind::InteractionRefused, None);
            Err(PageError::Bad("step"))
        }
    }
}
