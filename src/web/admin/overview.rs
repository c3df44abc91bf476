//! The console's first page.

use axum::response::Response;

use super::{Admin, shown};
use crate::duties::Action;
use crate::flows::admin::{organisations, overview};
use crate::web::pages::admin::overview::{Held, OverviewPage};
use crate::web::pages::render;
use crate::web::{answers, paths};

pub(super) async fn show(admin: Admin) -> Response {
    match page(&admin).await {
        Ok(page) => answers::page(200, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn page(admin: &Admin) -> Result<OverviewPage, crate::flows::admin::Refused> {
    let cx = &admin.caller.cx;
    let organisations = organisations::visible(cx, &admin.who, Action::OrganisationRead).await?;
    let name = |id| organisations.iter().find(|o| o.id == id).map(|o| o.name.clone()).unwrap_or_default();
    let safety = overview::safety(cx).await?;
    Ok(OverviewPage {
        frame: shown::frame(admin, paths::ADMIN),
        duties: admin
            .person()
            .grants
            .iter()
            .map(|grant| Held {
                duty: super::organisations::duty(grant.duty),
                organisation: name(grant.organisation.clone()),
                url: super::organisations::at(&grant.organisation),
            })
            .collect(),
        one_owner: safety.owners == 1 && admin.who.may(Action::DutyGrant),
        no_support_phone: !safety.has_support_phone,
    })
}
