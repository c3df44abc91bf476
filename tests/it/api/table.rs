//! Scope × endpoint: every route of the API, asked with every scope, at the machine's own organisation and at another.
//! The routes come from the router itself, so that a new one without a target fails.

use serde_json::{Value, json};
use vouchsafe::audit::Topic;
use vouchsafe::base::OrganisationId;
use vouchsafe::clients::Stage;
use vouchsafe::duties::{Action, AdminScope, Approval, ApprovalKind, ApprovalState, Duty, Wanted};
use vouchsafe::flows::imports::{self, Options};
use vouchsafe::flows::{admin, clients};
use vouchsafe::store::approvals;
use vouchsafe::web::Web;
use vouchsafe::web::api::{Mount, mounts};

use super::{Machine, is_problem};
use crate::actors::Answer;
use crate::admin::refusal;
use crate::idp::{TestIdp, on_each_engine_with};
use crate::webhooks::NEAR;

/// What the routes are asked about, at one organisation.
struct Targets {
    organisation: String,
    grant: String,
    app: String,
    person: String,
    approval: String,
    event: String,
    import: String,
    hook: String,
    token: String,
}

/// A list of one person.
const LIST: &str = "username,email,role\nlena,lena@example.org,patient\n";

impl Targets {
    async fn at(idp: &TestIdp, organisation: &OrganisationId, name: &str) -> Self {
        let held = idp.person(name).await;
        let grant = idp.grants(&held, Duty::HelpDesk, organisation).await;
        let document = json!({ "redirect_uris": [format!("https://{name}.example/cb")] });
        let made = clients::register(&idp.operator(), &document, organisation.clone(), Stage::Live).await;
        let app = made.unwrap()["client_id"].as_str().unwrap().to_owned();
        let person = idp.person(&format!("{name}-the-patient")).await;
        idp.moves(&person, organisation).await;
        let new = Approval {
            id: format!("request-{organisation}"),
            kind: ApprovalKind::FactorsReset,
            organisation: organisation.clone(),
            account: person.account.clone(),
            requester: held.account.clone(),
            wanted: Wanted { kinds: vec!["totp".into()], ..Wanted::default() },
            asked_at: idp.now(),
            expires_at: idp.now().plus(3600),
            state: ApprovalState::Open,
            decider: None,
        };
        let approval = new.id.clone();
        let store = &idp.app.services.store;
        let kept = store
            .write(new, |w, new| Box::pin(async move { approvals::insert(w, new, b"nothing").await }))
            .await;
        assert!(kept.unwrap());
        let (hook, _) = idp.hook("http://127.0.0.1:9/", &[Topic::App], organisation).await;
        let hook = hook.id.0;
        let mark = idp.mark().await;
        let cx = idp.operator();
        let mut event = cx.event(vouchsafe::audit::Kind::AdminRefused, vouchsafe::audit::Outcome::Ok);
        event.organisation = organisation.clone();
        event.placed = true;
        cx.record(event).await.unwrap();
        let event = idp.events_since(mark).await.pop().unwrap().id.to_string();
        let who = admin::at_host(&cx);
        let actor = admin::authorise(&cx, &who, Action::ImportRun, organisation).await.unwrap();
        let (import, _) = imports::stage(&cx, &actor, LIST.as_bytes(), &Options::default()).await.unwrap();
        Self {
            import: import.to_string(),
            organisation: organisation.to_string(),
            grant,
            app,
            person: person.account.to_string(),
            approval,
            event,
            hook,
            token: idp.client_token(organisation).await.0.id,
        }
    }

    fn unknown() -> Self {
        let no = || "no-such".to_owned();
        Self {
            organisation: no(),
            grant: no(),
            app: no(),
            person: no(),
            approval: no(),
            event: no(),
            import: no(),
            hook: no(),
            token: no(),
        }
    }

    /// The address of a route about something here; a new noun needs a line.
    fn path(&self, mount: &Mount) -> String {
        let noun = mount.path.trim_start_matches("/api/admin/v1/").split('/').next().unwrap();
        let id = match noun {
            "organisations" => &self.organisation,
            "grants" => &self.grant,
            "apps" => &self.app,
            "people" => &self.person,
            "approvals" => &self.approval,
            "events" => &self.event,
            "imports" => &self.import,
            "webhooks" => &self.hook,
            "client-tokens" => &self.token,
            "policies" | "overview" | "reminders" => "",
            noun => unreachable!("{noun}: name what it is asked about"),
        };
        let query = match mount.path.trim_start_matches("/api/admin/v1/") {
            "policies/simulation" => format!("?person={}", self.person),
            "imports" | "imports/preview" if mount.method == "POST" => {
                format!("?organisation={}", self.organisation)
            }
            _ => String::new(),
        };
        let path = mount
            .path
            .replace("{id}", id)
            .replace("{secret}", "no")
            .replace("{event}", "no")
            .replace("{version}", "0");
        format!("{}{query}", path.trim_start_matches("/api/admin/v1"))
    }

    /// A body that says enough to be looked at, and changes nothing.
    fn body(&self, mount: &Mount) -> Option<Value> {
        if mount.method == "GET" || mount.method == "DELETE" {
            return None;
        }
        Some(match mount.path.trim_start_matches("/api/admin/v1/") {
            "organisations" => json!({ "name": "", "parent": self.organisation }),
            "people" => {
                json!({ "email": "no address", "role": "patient", "organisation": self.organisation })
            }
            "apps" => json!({ "registration": {}, "organisation": self.organisation }),
            // What names no place, and is refused wherever it is asked.
            "reminders" => json!({ "stage": "ready" }),
            "policies/versions" => json!({ "base": 0, "rules": {}, "reason": "" }),
            "policies/preview" => json!({ "base": 0, "rules": {} }),
            path if path.ends_with("/suspend") || path.ends_with("/enable") => json!({ "reason": "" }),
            path if path.ends_with("organisations/{id}") => json!({ "name": "Elsewhere" }),
            path if path.ends_with("/stage") => json!({ "stage": "live" }),
            "webhooks" => json!({ "url": "none", "topics": [], "organisation": self.organisation }),
            "client-tokens" => json!({ "uses": 0, "organisation": self.organisation }),
            "webhooks/{id}" => json!({ "url": "none", "topics": [] }),
            path if path.ends_with("/secrets") => json!({ "label": "x".repeat(99) }),
            _ => json!({}),
        })
    }
}

async fn ask(machine: &Machine, mount: &Mount, about: &Targets) -> Answer {
    if mount.method == "POST"
        && ["/imports", "/imports/preview"].iter().any(|last| mount.path.ends_with(last))
    {
        // Nothing under the head: it is looked at, and nobody comes.
        return machine.sends_list(&about.path(mount), "username\n").await;
    }
    machine.sends(mount.method, &about.path(mount), &[], about.body(mount).as_ref()).await
}

fn routes(idp: &TestIdp) -> Vec<Mount> {
    let routes = mounts(Web::new(idp.app.services.clone(), None)).list().to_vec();
    assert!(routes.len() >= 30);
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scope_reaches_what_it_may_at_its_own_organisation_and_nothing_else() {
    on_each_engine_with(&[NEAR[0], ("VOUCHSAFE__LIMITS__API_REQUESTS", "100000")], async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let here = Targets::at(&idp, &north, "nora").await;
        let there = Targets::at(&idp, &south, "silas").await;
        for scope in AdminScope::ALL {
            let machine = idp.machine(scope.as_str(), &north).await;
            for mount in routes(&idp) {
                // Refusals are told one by one at the beginning of each minute.
                idp.advance(60);
                let machine =
                    Machine { token: machine.takes_token(scope.as_str()).await, ..machine.at(&idp) };
                let told = format!("{scope} {} {}", mount.method, mount.path);
                let may = mount.action.scope() == Some(*scope);
                let mark = idp.mark().await;
                let answer = ask(&machine, &mount, &here).await;
                if !may {
                    let code = if mount.action.scope().is_some() { "VS-4031" } else { "VS-4032" };
                    is_problem(&answer, 403, code);
                    let (reason, _, actor) = refusal(&idp, mark).await;
                    assert_eq!(reason, "missing_duty", "{told}");
                    assert_eq!(actor, format!("client:{}", machine.id), "{told}");
                    continue;
                }
                // The whole installation's versions, and a person whom this scope does not show.
                let elsewhere = mount.path.contains("/policies/versions")
                    || mount.path.ends_with("/simulation")
                    || mount.path.ends_with("/policies/preview");
                let fine: &[u16] = if elsewhere { &[403, 404] } else { &[200, 201, 204, 400, 404, 409, 428] };
                assert!(fine.contains(&answer.status), "{told}: {answer:?}");
                if mount.method == "GET" && !elsewhere {
                    assert_eq!(answer.status, 200, "{told}: {answer:?}");
                }
                let everywhere = mount.path.ends_with("/reminders");
                let about = (mount.path.contains("{id}") || here.body(&mount).is_some()) && !everywhere;
                if !about || elsewhere {
                    continue;
                }
                for (target, name) in [(&there, "elsewhere"), (&Targets::unknown(), "nowhere")] {
                    let mark = idp.mark().await;
                    let answer = ask(&machine, &mount, target).await;
                    is_problem(&answer, 404, "VS-4040");
                    if mount.path.contains("/events/{id}") {
                        continue;
                    }
                    let (reason, ..) = refusal(&idp, mark).await;
                    assert!(
                        ["other_organisation", "unknown"].contains(&reason.as_str()),
                        "{told} {name}: {reason}"
                    );
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_answers_without_a_token() {
    on_each_engine_with(&NEAR, async |idp| {
        let here = Targets::at(&idp, &OrganisationId::root(), "rose").await;
        let mut stranger = idp.machine("admin:read", &OrganisationId::root()).await;
        stranger.token = "stranger".to_owned();
        let mark = idp.mark().await;
        for mount in routes(&idp) {
            is_problem(&ask(&stranger, &mount, &here).await, 401, "VS-4011");
        }
        let kinds = idp.kinds_since(mark).await;
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| *kind == "admin.refused"), "{kinds:?}");
    })
    .await;
}
