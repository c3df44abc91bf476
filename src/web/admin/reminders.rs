//! Reminding one person, or whoever waits at a stage.

use axum::extract::{Path, RawQuery};
use axum::response::Response;

use super::people::{about, after, stage, told};
use super::{Admin, AdminForm, shown};
use crate::flows::admin::{Refused, reminders};
use crate::oidc::authorize::RawRequest;
use crate::policy::enrolment::Stage;
use crate::web::pages::admin::Done;
use crate::web::pages::admin::reminders::{RemindPage, ReminderCounts};
use crate::web::pages::render;
use crate::web::{answers, paths};

pub(super) async fn remind(Path(id): Path<String>, AdminForm { admin, .. }: AdminForm) -> Response {
    let (actor, account) = match about(&admin, &id).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    match reminders::remind(&admin.caller.cx, &actor, &account).await {
        Ok(()) => after(&account.id, Done::Reminded),
        Err(Refused::Bad("reminded")) => after(&account.id, Done::RemindedBefore),
        Err(Refused::Bad(_)) => after(&account.id, Done::NotReminded),
        Err(why) => admin.refuse(why).await,
    }
}

/// The stage a query or a form names, where something is missing.
fn named(word: Option<&str>) -> Option<Stage> {
    Stage::parse(word?).filter(|stage| reminders::STAGES.contains(stage))
}

pub(super) async fn ask(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let query = RawRequest::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    match page(&admin, &query).await {
        Ok(page) => answers::page(200, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn page(admin: &Admin, query: &RawRequest) -> Result<RemindPage, Refused> {
    let chosen = named(query.get("stage"));
    let people = match chosen {
        Some(stage) => reminders::waiting(&admin.caller.cx, &admin.who, stage).await?,
        None => 0,
    };
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let told_of = number("sent").map(|sent| ReminderCounts {
        sent,
        unreached: number("unreached").unwrap_or_default(),
        more: query.get("more").is_some(),
    });
    Ok(RemindPage {
        frame: shown::frame(admin, paths::ADMIN_PEOPLE),
        stages: reminders::STAGES.iter().map(|s| (s.as_str(), stage(*s), chosen == Some(*s))).collect(),
        chosen: chosen.map(|s| (s.as_str(), stage(s), told(people))),
        most: usize::try_from(reminders::AT_ONCE).unwrap_or_default(),
        told: told_of,
    })
}

pub(super) async fn remind_some(AdminForm { admin, form }: AdminForm) -> Response {
    let Some(stage) = named(form.get("stage")) else {
        return admin.refuse(Refused::Bad("stage")).await;
    };
    match reminders::remind_some(&admin.caller.cx, &admin.who, stage).await {
        Ok(done) => {
            let more = if done.more { "&more=yes" } else { "" };
            let (sent, unreached) = (done.sent, done.without_address);
            let to = format!("/admin/people/remind?stage={stage}&sent={sent}&unreached={unreached}{more}");
            answers::redirect(&to)
        }
        Err(why) => admin.refuse(why).await,
    }
}
