//! Role × endpoint: every route of the console, asked by every duty, at its own organisation and at another. The
//! routes come from the router itself, so that a new one without a target fails.

use vouchsafe::audit::Topic;
use vouchsafe::base::OrganisationId;
use vouchsafe::clients::Stage;
use vouchsafe::duties::{Action, Approval, ApprovalKind, ApprovalState, Duty, Wanted};
use vouchsafe::flows::{admin, clients, imports};
use vouchsafe::store::approvals;
use vouchsafe::web::Web;
use vouchsafe::web::admin::{Mount, mounts};

use super::{Admin, refusal};
use crate::actors::{Answer, Person};
use crate::idp::{TestIdp, on_each_engine};

/// What the routes are asked about, at one organisation.
struct Targets {
    organisation: OrganisationId,
    grant: String,
    app: String,
    person: String,
    approval: String,
    event: String,
    import: String,
    hook: String,
    token: String,
    key: String,
}

impl Targets {
    async fn at(idp: &TestIdp, organisation: &OrganisationId, name: &str) -> Self {
        let held = idp.person(name).await;
        let grant = idp.grants(&held, Duty::HelpDesk, organisation).await;
        let document = serde_json::json!({ "redirect_uris": [format!("https://{name}.example/cb")] });
        let made =
            clients::register(&idp.operator(), &document, organisation.clone(), Stage::Live).await.unwrap();
        let app = made["client_id"].as_str().unwrap().to_owned();
        let person = idp.person(&format!("{name}-the-patient")).await;
        idp.moves(&person, organisation).await;
        let approval = request(idp, organisation, &person, &held).await;
        let person = person.account.to_string();
        let events = idp.events_since(crate::stacks::NOW).await;
        let event =
            events.iter().rev().find(|event| event.organisation == *organisation).unwrap().id.to_string();
        let import = list(idp, organisation).await;
        let (hook, _) = idp.hook("https://203.0.114.1/", &[Topic::Policy], organisation).await;
        let hook = hook.id.0;
        let token = idp.client_token(organisation).await.0.id;
        let set = idp.http.get("/jwks").await.json();
        let key = set["keys"][0]["kid"].as_str().unwrap().to_owned();
        Self {
            organisation: organisation.clone(),
            grant,
            app,
            person,
            approval,
            import,
            hook,
            event,
            token,
            key,
        }
    }

    /// The address of a route about something here; a new noun needs a line.
    fn path(&self, mount: &Mount) -> String {
        let id = match mount.path {
            path if path.starts_with("/admin/organisations/{id}") => self.organisation.as_str(),
            path if path.starts_with("/admin/grants/{id}") => &self.grant,
            path if path.starts_with("/admin/policies/") => {
                return path.replace("{role}", "patient").replace("{version}", "0");
            }
            path if path.starts_with("/admin/keys/") => return path.replace("{kid}", &self.key),
            path if path.starts_with("/admin/apps/{id}") => &self.app,
            path if path.starts_with("/admin/apps/tokens/{id}") => &self.token,
            path if path.starts_with("/admin/people/imports/{id}") => &self.import,
            path if path.starts_with("/admin/webhooks/{id}") => &self.hook,
            path if path.starts_with("/admin/people/{id}") => &self.person,
            path if path.starts_with("/admin/approvals/{id}") => &self.approval,
            path if path.starts_with("/admin/activity/{id}") => &self.event,
            path => {
                assert!(!path.contains('{'), "{path}: name what it is asked about");
                ""
            }
        };
        mount.path.replace("{id}", id)
    }
}

/// A request about a person, as if somebody had asked.
async fn request(idp: &TestIdp, organisation: &OrganisationId, on: &Person, by: &Person) -> String {
    let new = Approval {
        id: format!("request-{organisation}"),
        kind: ApprovalKind::FactorsReset,
        organisation: organisation.clone(),
        account: on.account.clone(),
        requester: by.account.clone(),
        wanted: Wanted { kinds: vec!["totp".into()], ..Wanted::default() },
        asked_at: idp.now(),
        expires_at: idp.now().plus(3600),
        state: ApprovalState::Open,
        decider: None,
    };
    let id = new.id.clone();
    let kept = idp
        .app
        .services
        .store
        .write(new, |w, new| Box::pin(async move { approvals::insert(w, new, b"nothing").await }));
    assert!(kept.await.unwrap());
    id
}

/// A list of people that waits for somebody to say go.
async fn list(idp: &TestIdp, organisation: &OrganisationId) -> String {
    let cx = idp.operator();
    let actor = admin::authorise(&cx, &admin::at_host(&cx), Action::ImportRun, organisation).await.unwrap();
    let list = format!("username,role\n{organisation}-one,patient\n");
    let (id, _) = imports::stage(&cx, &actor, list.as_bytes(), &imports::Options::default()).await.unwrap();
    id.to_string()
}

fn routes(idp: &TestIdp) -> Vec<Mount> {
    let web = Web::new(idp.app.services.clone(), None);
    let routes = mounts(web).list().to_vec();
    assert!(routes.len() >= 9);
    routes
}

async fn ask(admin: &Admin, mount: &Mount, path: &str) -> Answer {
    match mount.method {
        "GET" => admin.get(path).await,
        // A form that says nothing changes nothing, and tells an allowed one from a refused one.
        _ => admin.posts(path, &[]).await,
    }
}

/// As if the last refusals had not been: only so many are told one by one.
async fn makes_room(idp: &TestIdp, admin: &Admin) {
    let cx = idp.operator();
    let key = cx.index.digest("person.refusals", admin.person.account.as_str());
    for _ in 0..4 {
        cx.ephemeral.uncount(&key, cx.now).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_duty_reaches_what_it_may_at_its_own_organisation_and_nothing_else() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let here = Targets::at(&idp, &north, "nora").await;
        let there = Targets::at(&idp, &south, "silas").await;
        for duty in Duty::ALL {
            let admin = idp.admin(&duty.as_str().replace('_', "-"), &[(*duty, &north)]).await;
            for mount in routes(&idp) {
                let told = format!("{duty} {} {}", mount.method, mount.path);
                makes_room(&idp, &admin).await;
                let mark = idp.mark().await;
                let answer = ask(&admin, &mount, &here.path(&mount)).await;
                // Only whoever asked takes a request back, or carries it out.
                let own = ["withdraw", "carry-out"].iter().any(|last| mount.path.ends_with(last));
                if duty.may(mount.action)
                    && matches!(mount.action, Action::PolicyChange | Action::PolicyWeaken | Action::KeyRevoke)
                {
                    // The policy and the keys are the whole installation's: nobody changes them from a part of it.
                    assert_eq!(answer.status, 404, "{told}: {answer:?}");
                    let (reason, place, _) = refusal(&idp, mark).await;
                    assert_eq!((reason.as_str(), place.as_str()), ("other_organisation", "root"), "{told}");
                } else if duty.may(mount.action) && mount.path.ends_with("/errors") {
                    assert_eq!(
                        (answer.status, answer.header("content-type")),
                        (200, "text/csv; charset=utf-8"),
                        "{told}"
                    );
                } else if duty.may(mount.action) {
                    let fine: &[u16] = match (own, mount.method) {
                        (true, _) => &[403],
                        (false, "GET") => &[200],
                        (false, _) => &[303, 400, 404, 409],
                    };
                    assert!(fine.contains(&answer.status), "{told}: {answer:?}");
                } else {
                    assert_eq!(answer.status, 403, "{told}: {answer:?}");
                    assert!(answer.body.contains("VS-4031"), "{told}: {}", answer.body);
                    let (reason, _, actor) = refusal(&idp, mark).await;
                    assert_eq!(reason, "missing_duty", "{told}");
                    assert_eq!(actor, format!("account:{}", admin.person.account), "{told}");
                }
                if !mount.path.contains("{id}") {
                    continue;
                }
                let mark = idp.mark().await;
                let answer = ask(&admin, &mount, &there.path(&mount)).await;
                let may = duty.may(mount.action);
                assert_eq!(answer.status, if may { 404 } else { 403 }, "{told} elsewhere: {answer:?}");
                let (reason, place, _) = refusal(&idp, mark).await;
                assert_eq!(
                    reason,
                    if may { "other_organisation" } else { "missing_duty" },
                    "{told} elsewhere"
                );
                // Where whoever is refused belongs: nobody writes into the trail of others.
                assert_eq!(place, "root", "{told} elsewhere");
                let unknown = Targets {
                    organisation: OrganisationId::from_text("no-such"),
                    grant: "no".into(),
                    app: "no".into(),
                    person: "no".into(),
                    approval: "no".into(),
                    event: "no".into(),
                    import: "no".into(),
                    hook: "no".into(),
                    token: "no".into(),
                    key: "no".into(),
                };
                let answer = ask(&admin, &mount, &unknown.path(&mount)).await;
                assert_eq!(answer.status, if may { 404 } else { 403 }, "{told} nowhere: {answer:?}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_answers_without_a_sign_in_and_no_form_without_its_value() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let owner = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let targets = Targets::at(&idp, &root, "rose").await;
        let stranger = idp.browser();
        let mark = idp.mark().await;
        for mount in routes(&idp) {
            let path = targets.path(&mount);
            let answer = stranger.send(mount.method, &idp.at(&path), &[], String::new()).await;
            assert_eq!(answer.status, 303, "{} {path}: {answer:?}", mount.method);
            assert!(answer.location().unwrap().contains("/i/"), "{path}: {answer:?}");
            assert!(answer.body.is_empty());
        }
        assert!(idp.kinds_since(mark).await.is_empty());
        for mount in routes(&idp).iter().filter(|mount| mount.method == "POST") {
            let path = targets.path(mount);
            for csrf in [None, Some("AAAA")] {
                let mark = idp.mark().await;
                let form: Vec<_> = csrf.iter().map(|v| ("csrf".to_owned(), (*v).to_owned())).collect();
                let answer = owner.browser.post(&idp.at(&path), &form).await;
                assert_eq!(answer.status, 403, "{path}: {answer:?}");
                assert!(answer.body.contains("VS-4030"), "{path}");
                assert_eq!(idp.kinds_since(mark).await, ["input.refused"], "{path}");
            }
        }
    })
    .await;
}
