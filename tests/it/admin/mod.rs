//! `/admin/…`: who may do what where, and what is refused.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod activity;
mod approvals;
mod bounds;
mod copies;
mod duties;
mod enrolling;
mod enrolments;
mod erasure;
mod keys;
mod lists;
mod people;
mod policy;
mod sign_in;
mod table;
mod walls;

use serde_json::json;
use vouchsafe::audit::Kind;
use vouchsafe::base::{OrganisationId, Role, Token, TokenKind};
use vouchsafe::duties::{Action, Duty, Reason};
use vouchsafe::flows::admin::{self, duties as granting, organisations};
use vouchsafe::flows::sessions;
use vouchsafe::store::accounts;

use crate::actors::{Answer, Browser, Person, pairs};
use crate::authenticator::Authenticator;
use crate::idp::TestIdp;

/// Somebody with duties, signed in at the console with a passkey.
pub struct Admin {
    /// Who.
    pub person: Person,
    /// Their browser.
    pub browser: Browser,
    /// Their passkey.
    pub key: Authenticator,
    idp: TestIdp,
}

/// A reason that is one.
pub fn reason() -> Reason {
    Reason::parse("asked for by the tests").unwrap()
}

impl TestIdp {
    /// An organisation below another, made at the host.
    pub async fn organisation(&self, name: &str, parent: &OrganisationId) -> OrganisationId {
        let cx = self.operator();
        let who = admin::at_host(&cx);
        let actor = admin::authorise(&cx, &who, Action::OrganisationCreate, parent).await.unwrap();
        let made = organisations::create(&cx, &actor, name).await.unwrap();
        self.tick();
        made.id
    }

    /// Moves a person to an organisation.
    pub async fn moves(&self, person: &Person, organisation: &OrganisationId) {
        let input = (person.account.clone(), organisation.clone(), self.now());
        let moved = self.app.services.store.write(input, |w, (id, organisation, now)| {
            Box::pin(async move { accounts::set_organisation(w, id, organisation, *now).await })
        });
        assert!(moved.await.unwrap());
    }

    /// The anti-forgery value of a browser's session, whatever page it stands on.
    pub async fn csrf_of(&self, browser: &Browser) -> String {
        let found = sessions::find(&self.operator(), &known(browser)).await.unwrap();
        self.operator().csrf(found.unwrap().form_binding())
    }

    /// Grants a duty at the host.
    pub async fn grants(&self, person: &Person, duty: Duty, organisation: &OrganisationId) -> String {
        let cx = self.operator();
        let who = admin::at_host(&cx);
        let actor = admin::authorise(&cx, &who, Action::DutyGrant, organisation).await.unwrap();
        granting::grant(&cx, &actor, &person.account, duty, &reason()).await.unwrap();
        self.tick();
        let held = granting::of(&cx, &person.account).await.unwrap();
        held.into_iter().find(|g| g.duty == duty && g.organisation == *organisation).unwrap().id.0
    }

    /// An administrator with these duties, who bound a passkey and is signed in at the console.
    pub async fn admin(&self, username: &str, duties: &[(Duty, &OrganisationId)]) -> Admin {
        let claims = json!({ "name": format!("{username} Example") });
        let person = self.person_as(username, Role::Administrator, false, claims).await;
        for (duty, organisation) in duties {
            self.grants(&person, *duty, organisation).await;
        }
        let admin =
            Admin { browser: self.browser(), key: Authenticator::new(self), person, idp: self.clone() };
        admin.enrols().await;
        admin
    }
}

impl Admin {
    /// Signs in for the first time: a password, then a passkey, then the recovery codes.
    async fn enrols(&self) {
        let page = self.browser.open(&self.idp.at("/admin/")).await;
        let page = self.browser.submit(&page, "sign-in-submit", &[("username", &self.person.username)]).await;
        let page = self.browser.submit(&page, "sign-in-submit", &[("password", &self.person.password)]).await;
        let page = self.browser.submit(&page, "enrol-passkey", &[]).await;
        let page = self.browser.binds(&page, &self.key).await;
        let page = self.browser.submit(&page, "continue", &[]).await;
        assert_eq!((page.status, page.url.as_str()), (200, self.idp.at("/admin/").as_str()), "{}", page.body);
    }

    /// The same administrator, signed in again in another browser.
    pub async fn again(self) -> Self {
        let browser = self.idp.browser();
        let page = browser.open(&self.idp.at("/admin/")).await;
        let page = browser.submit(&page, "sign-in-submit", &[("username", &self.person.username)]).await;
        let page = browser.uses(&page, &self.key).await;
        assert_eq!(page.status, 200, "{}", page.body);
        Self { browser, ..self }
    }

    /// Whatever they hold is taken back.
    pub async fn loses_duties(&self) {
        let cx = self.idp.operator();
        for held in admin::duties::of(&cx, &self.person.account).await.unwrap() {
            let who = admin::at_host(&cx);
            let actor = admin::authorise(&cx, &who, Action::DutyRevoke, &held.organisation).await.unwrap();
            admin::duties::revoke(&cx, &actor, &held, &reason()).await.unwrap();
        }
        self.idp.tick();
    }

    /// GET, nothing followed.
    pub async fn get(&self, path: &str) -> Answer {
        self.browser.get(&self.idp.at(path)).await
    }

    /// The anti-forgery value of this session's forms.
    pub async fn csrf(&self) -> String {
        self.idp.csrf_of(&self.browser).await
    }

    /// POSTs a form with the session's anti-forgery value; nothing is followed.
    pub async fn posts(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let mut form = pairs(fields);
        form.push(("csrf".to_owned(), csrf));
        self.browser.post(&self.idp.at(path), &form).await
    }
}

/// A browser as flows know it.
pub fn browser_of(admin: &Admin) -> vouchsafe::flows::sessions::Browser {
    known(&admin.browser)
}

fn known(browser: &Browser) -> vouchsafe::flows::sessions::Browser {
    let cookies = browser.cookies();
    let token = |name: &str, kind| Token::parse(kind, cookies.get(name).unwrap()).unwrap();
    vouchsafe::flows::sessions::Browser {
        id: token("vouchsafe-browser", TokenKind::Browser).digest(),
        session: Some(token("vouchsafe-session", TokenKind::Session)),
    }
}

/// The last refusal of the console in the trail since a mark: its reason, organisation and actor.
pub async fn refusal(idp: &TestIdp, mark: vouchsafe::base::Timestamp) -> (String, String, String) {
    let events = idp.events_since(mark).await;
    let event = events.iter().rev().find(|e| e.kind == Kind::AdminRefused);
    let event = event.unwrap_or_else(|| unreachable!("no refusal among {events:?}"));
    (event.reason.clone().unwrap(), event.organisation.to_string(), event.actor.to_text())
}
