//! What stands before every route for machines: whose token it is, whether its scopes allow the action, and whether the
//! client asks too often. Cookies are not looked at.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::MethodRouter;

use super::once;
use super::problem::{Problem, Say, say};
use super::uploads::{Full, OF_A_CLIENT, Turn};
use crate::audit::Kind;
use crate::base::{AccountId, OrganisationId};
use crate::duties::Action;
use crate::flows::admin::{self, AdminActor, Refused, Who};
use crate::flows::{Cx, throttle};
use crate::identity::Account;
use crate::web::Web;
use crate::web::caller::context;
use crate::web::form::LIMIT;

/// What the guard of one route knows.
#[derive(Clone)]
struct Gate {
    web: Web,
    action: Action,
    say: Say,
    takes: Takes,
}

/// What a route takes.
#[derive(Clone, Copy)]
pub struct Takes {
    /// Whether a request of a known key is not done again.
    pub once: bool,
    /// The largest body, in bytes.
    pub bytes: usize,
}

impl Takes {
    /// What nearly every route takes.
    pub const USUAL: Self = Self { once: false, bytes: LIMIT };
}

/// A machine that asks; only the guard makes it.
#[derive(Clone)]
pub struct Machine {
    /// The operation's context, in the client's name.
    pub cx: Cx,
    /// Which client, and what its token is good for.
    pub who: Who,
    /// What the route is about.
    pub action: Action,
    path: String,
    say: Say,
}

/// Puts the guard before the handlers of one route: for `action`, with refusals in the words of the interface.
pub fn guarded(
    web: &Web,
    action: Action,
    say: Say,
    takes: Takes,
    handler: MethodRouter<Web>,
) -> MethodRouter<Web> {
    let gate = Gate { web: web.clone(), action, say, takes };
    handler.route_layer(from_fn_with_state(gate, guard))
}

async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let cx = context(&parts, &gate.web);
    let path = parts.uri.path().to_owned();
    match enter(&cx, &gate, &parts.headers).await {
        Ok(who) => {
            let mut cx = cx;
            cx.actor = who.actor();
            let machine = Machine { cx, who, action: gate.action, path, say: gate.say };
            parts.extensions.insert(machine.clone());
            // What is large is in memory until it is answered.
            let _turn = match turn(&gate, &machine) {
                Ok(turn) => turn,
                Err(problem) => return machine.problem(&problem),
            };
            let request = Request::from_parts(parts, body);
            match gate.takes.once {
                true => once::run(&machine, gate.takes.bytes, request, next).await,
                false => next.run(request).await,
            }
        }
        Err(problem) => (gate.say)(&cx, &path, &problem),
    }
}

/// A turn for what is large: a few of a client's at once, and of the node's.
fn turn(gate: &Gate, machine: &Machine) -> Result<Option<Turn>, Problem> {
    let Who::Client(client) = &machine.who else { return Ok(None) };
    if gate.takes.bytes <= LIMIT {
        return Ok(None);
    }
    let wait = |problem: Problem| problem.with(RETRY_AFTER, "5");
    match gate.web.uploads.enter(&client.id) {
        Ok(turn) => Ok(Some(turn)),
        Err(Full::Client) => Err(wait(Problem::new(
            "VS-4290",
            format!("A client may send {OF_A_CLIENT} lists at once. Wait for their answers."),
        ))),
        Err(Full::Node) => {
            Err(wait(Problem::new("VS-5031", "Other lists are being read. Send it again soon.")))
        }
    }
}

async fn enter(cx: &Cx, gate: &Gate, headers: &HeaderMap) -> Result<Who, Problem> {
    let Some(token) = bearer(headers) else {
        cx.note(Kind::AdminRefused, None);
        return Err(Problem::no_token());
    };
    let scope = gate.action.scope();
    let problem = |why: &Refused| Problem::of(why, scope);
    let who = admin::by_token(cx, token).await.map_err(|why| problem(&why))?;
    let seconds = throttle::machine(cx, &who).await.map_err(|why| problem(&why))?;
    if let Some(seconds) = seconds {
        let most = cx.config.limits.api_requests;
        let detail = format!("A client may send {most} requests in a minute. Wait {seconds} s.");
        return Err(Problem::new("VS-4290", detail).with(RETRY_AFTER, seconds.to_string()));
    }
    admin::allow(cx, &who, gate.action).await.map_err(|why| problem(&why))?;
    Ok(who)
}

/// The one bearer token of a request (RFC 6750 §2.1); two headers are none.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl FromRequestParts<Web> for Machine {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        if let Some(machine) = parts.extensions.get::<Self>() {
            return Ok(machine.clone());
        }
        // A handler that stands in no table: nobody may use it.
        tracing::error!(path = parts.uri.path(), "a route for machines stands in no table");
        Err(say(&context(parts, web), parts.uri.path(), &Problem::not_found()))
    }
}

impl Machine {
    /// The proof that it may do what the route is about, at an organisation.
    pub async fn at(&self, organisation: &OrganisationId) -> Result<AdminActor, Response> {
        let proof = admin::authorise(&self.cx, &self.who, self.action, organisation).await;
        proof.map_err(|why| self.refuse(&why))
    }

    /// As [`Machine::at`], where a person belongs; also who it is.
    pub async fn about(&self, id: &AccountId) -> Result<(AdminActor, Account), Response> {
        let proof = admin::authorise_about(&self.cx, &self.who, self.action, id).await;
        proof.map_err(|why| self.refuse(&why))
    }

    /// The organisation that was named, or the client's own.
    pub fn place_of(&self, named: Option<&str>) -> OrganisationId {
        match (named, &self.who) {
            (Some(id), _) => super::shown::organisation(id),
            (None, Who::Client(client)) => client.organisation().clone(),
            (None, _) => OrganisationId::root(),
        }
    }

    /// What a use case answered, or the answer to its refusal.
    pub fn done<T, E: Into<Refused>>(&self, result: Result<T, E>) -> Result<T, Response> {
        result.map_err(|why| self.refuse(&why.into()))
    }

    /// As [`Machine::done`], of another action than the route's own.
    pub fn done_as<T>(&self, result: Result<T, Refused>, action: Action) -> Result<T, Response> {
        result.map_err(|why| self.problem(&Problem::of(&why, action.scope())))
    }

    /// The answer to a refusal of a use case.
    pub fn refuse(&self, why: &Refused) -> Response {
        self.problem(&Problem::of(why, self.action.scope()))
    }

    /// The answer to a request that is not done.
    pub fn problem(&self, problem: &Problem) -> Response {
        (self.say)(&self.cx, &self.path, problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_once_and_as_a_bearer() {
        let of = |all: &[&str]| {
            let mut headers = HeaderMap::new();
            for one in all {
                headers.append(AUTHORIZATION, one.parse().unwrap());
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(of(&["Bearer abc"]), Some("abc".to_owned()));
        assert_eq!(of(&["bearer  abc "]), Some("abc".to_owned()));
        for none in [&[][..], &["Bearer "], &["Bearer"], &["Basic abc"], &["Bearer a", "Bearer a"]] {
            assert_eq!(of(none), None, "{none:?}");
        }
    }
}
