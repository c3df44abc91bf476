//! The console's first page.

use axum::response::Response;

use super::{Admin, people, shown};
use crate::base::Role;
use crate::duties::Action;
use crate::flows::admin::enrolments::{self, Funnel};
use crate::flows::admin::{organisations, overview};
use crate::policy::enrolment::Stage;
use crate::web::pages::admin::overview::{FunnelChart, FunnelRow, Held, OverviewPage};
use crate::web::pages::render;
use crate::web::steps::show::role;
use crate::web::{answers, paths};

/// The columns of the table.
const ROLES: [Role; 3] = [Role::Patient, Role::Clinician, Role::Administrator];
/// The bar of everybody, in the chart's units.
const FULL: i64 = 400;

fn chart(funnel: &Funnel) -> FunnelChart {
    let all = funnel.reached(Stage::Invited, None).max(1);
    let row = |stage: &Stage| FunnelRow {
        stage: people::stage(*stage),
        by_role: ROLES.map(|role| people::told(funnel.reached(*stage, Some(role)))),
        all: people::told(funnel.reached(*stage, None)),
        length: funnel.reached(*stage, None).max(0) * FULL / all,
        url: format!("{}?stage={stage}", paths::ADMIN_PEOPLE),
    };
    FunnelChart { rows: Stage::ALL.iter().map(row).collect(), roles: ROLES.map(role) }
}

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
    let funnel = match admin.who.may(Action::AccountList) {
        true => Some(chart(&enrolments::funnel(cx, &admin.who).await?)),
        false => None,
    };
    Ok(OverviewPage {
        funnel,
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
