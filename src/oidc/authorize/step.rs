//! The hub: what happens next in a sign-in for a client. Pure; steps never link to each other.

use super::{AuthorizeRequest, Destination, Prompt};
use crate::base::{Acr, Role, Scopes, Timestamp};
use crate::clients::{Client, ConsentMode};
use crate::consent::Consent;
use crate::factors::{Assurance, FactorKind, Proof};
use crate::oidc::{Code, Error, details};
use crate::policy::rules::Rules;
use crate::policy::{Arms, Demand, Need, floor_at, need};

/// Everything the decision rests on.
#[derive(Debug)]
pub struct Situation<'a> {
    /// What the client asked.
    pub request: &'a AuthorizeRequest,
    /// Where the answer will go.
    pub destination: &'a Destination,
    /// Who it is, once somebody said so; `None` at first.
    pub person: Option<Person<'a>>,
    /// What the person agreed to before.
    pub consent: Option<&'a Consent>,
    /// Scopes agreed to in this very interaction.
    pub agreed_now: Option<&'a Scopes>,
    /// Whether a fresh sign-in was asked (`prompt=login`) and when the interaction began.
    pub began_at: Timestamp,
    /// What the installation asks of a role at this client.
    pub rules: &'a Rules,
    /// The moment of the decision.
    pub now: Timestamp,
}

/// A person in a sign-in: named, and proven as far as `proofs` go.
#[derive(Debug)]
pub struct Person<'a> {
    /// The account's role.
    pub role: Role,
    /// The account's factors.
    pub arms: &'a Arms,
    /// Proofs of the session and of this interaction.
    pub proofs: &'a [Proof],
    /// When the session went idle, if it did.
    pub idle_since: Option<Timestamp>,
    /// Whether this is the person `id_token_hint` or `claims.sub` asks for, if anyone.
    pub is_wanted: bool,
    /// Whether the person chose this account in this interaction (`prompt=select_account`).
    pub chosen: bool,
}

/// What happens next.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Ask who it is.
    SignIn,
    /// Ask for one of these, best first.
    Prove(Vec<FactorKind>),
    /// Bind one of these, recommended first.
    Enrol(Vec<FactorKind>),
    /// Nothing the person has leads there.
    Stuck,
    /// Ask whether these may be released.
    Consent(Scopes),
    /// Send a code.
    Issue(Approved),
    /// Send an error.
    Refuse(Error),
}

/// Proof that a request may be answered with a code; only [`next`] makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct Approved {
    scopes: Scopes,
    assurance: Assurance,
}

impl Approved {
    /// Scopes to grant.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// Level, methods and time to state.
    pub fn assurance(&self) -> &Assurance {
        &self.assurance
    }
}

/// Chooses the next step.
pub fn next(s: &Situation<'_>) -> Step {
    let step = decide(s);
    if s.request.prompts(Prompt::None) { silently(step) } else { step }
}

fn decide(s: &Situation<'_>) -> Step {
    let Some(person) = &s.person else { return Step::SignIn };
    if !person.is_wanted || (s.request.prompts(Prompt::SelectAccount) && !person.chosen) {
        return Step::SignIn;
    }
    let demand = demand(s, person);
    match need(&demand, person.arms, person.proofs, s.now) {
        Need::Prove(kinds) => Step::Prove(kinds),
        Need::Enrol(kinds) => Step::Enrol(kinds),
        Need::Stuck => Step::Stuck,
        Need::Met(assurance) => match consent_missing(s, s.destination.client()) {
            true => Step::Consent(s.request.consent_scopes()),
            false => Step::Issue(Approved {
                scopes: s.request.scopes.clone(),
                assurance: stated(assurance, s.request),
            }),
        },
    }
}

/// The level and freshness this request asks of this person.
pub fn demand(s: &Situation<'_>, person: &Person<'_>) -> Demand {
    let client = s.destination.client();
    let rule = s.rules.effective(person.role, Some(&client.id));
    let floor = floor_at(client, person.role, rule.role_floor).max(rule.floor_or(Acr::Aal1));
    let max_age = match (s.request.max_age, rule.max_age) {
        (Some(asked), Some(ruled)) => Some(asked.min(ruled)),
        (asked, ruled) => asked.or(ruled),
    };
    Demand {
        acr: floor.max(asked_level(s.request)),
        max_age,
        not_before: s.request.prompts(Prompt::Login).then_some(s.began_at),
        idle_since: person.idle_since,
        began_at: Some(s.began_at),
        kinds: rule.kinds,
    }
}

/// What is said of the level: of several that an essential claim would do with, the highest that was reached, because the
/// answer must be one of them (OpenID Connect Core §5.5.1.1).
fn stated(reached: Assurance, request: &AuthorizeRequest) -> Assurance {
    let values = request.essential_acr.iter().flatten().copied();
    let acr = values.filter(|acr| *acr <= reached.acr).max().unwrap_or(reached.acr);
    Assurance { acr, ..reached }
}

/// The level the client asked for: the lowest of its values that would do. What cannot be reached here
/// (`aal3`) is not asked of the person; an essential request for it was refused before.
fn asked_level(request: &AuthorizeRequest) -> Acr {
    let reachable = |values: &[Acr]| values.iter().copied().filter(|a| *a < Acr::Aal3).min();
    let essential = request.essential_acr.as_deref().and_then(reachable);
    essential.max(reachable(&request.acr_values)).unwrap_or(Acr::Aal1)
}

fn consent_missing(s: &Situation<'_>, client: &Client) -> bool {
    let asked = s.request.consent_scopes();
    if s.agreed_now.is_some_and(|agreed| asked.within(agreed)) {
        return false;
    }
    if s.request.prompts(Prompt::Consent) {
        return true;
    }
    match client.policy.consent {
        // What one request asks for beyond scopes nobody agreed to beforehand.
        ConsentMode::Skip if s.request.details.is_empty() => false,
        ConsentMode::Always => true,
        ConsentMode::Skip | ConsentMode::Remember => {
            let details = details::digest(&s.request.details);
            !s.consent.is_some_and(|c| c.covers(&asked, details.as_ref()))
        }
    }
}

/// `prompt=none`: whatever needs a page becomes an error (OpenID Connect Core §3.1.2.6).
fn silently(step: Step) -> Step {
    let refuse = |code, text: &str, detail| Step::Refuse(Error::new(code, text, detail));
    match step {
        Step::SignIn | Step::Prove(_) => {
            refuse(Code::LoginRequired, "The person has to sign in.", "prompt_none")
        }
        Step::Enrol(_) | Step::Stuck => {
            refuse(Code::InteractionRequired, "The person has to see a page.", "prompt_none")
        }
        Step::Consent(_) => refuse(Code::ConsentRequired, "The person has to agree first.", "prompt_none"),
        done @ (Step::Issue(_) | Step::Refuse(_)) => done,
    }
}
