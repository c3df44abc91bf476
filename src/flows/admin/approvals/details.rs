//! What a decision needs to know beyond the request: who asks and whom it is about, as they stand now. It is read when
//! somebody decides and not kept with the request, because what counts is what would be lost now.

use super::Shown;
use crate::base::AccountId;
use crate::duties::{Action, Duty, Grant};
use crate::flows::account::{Way, ways};
use crate::flows::admin::{Refused, Who, enrolments};
use crate::flows::{Cx, accounts, policies};
use crate::identity::Account;
use crate::policy::rules::Change;
use crate::store::grants;

/// Somebody a request names.
pub struct Brief {
    /// Who.
    pub account: Account,
    /// The organisation they belong to, by name.
    pub organisation: String,
    /// What they are charged with, and where.
    pub duties: Vec<(Duty, String)>,
    /// Their ways to sign in.
    pub ways: Vec<Way>,
}

/// What a decision needs to know.
pub struct Details {
    /// Who asks; absent once they were erased.
    pub requester: Option<Brief>,
    /// Whom it is about; absent where it is about nobody, or they were erased.
    pub subject: Option<Brief>,
    /// The organisation it was asked at, by name.
    pub organisation: String,
    /// Who decided, by name.
    pub decider: Option<String>,
    /// For the policy: what it would change of the version it was asked for.
    pub changes: Vec<Change>,
    /// For the policy: whether another version is in force by now.
    pub stale: bool,
}

/// Reads what a decision about a request needs to know.
pub async fn details(cx: &Cx, who: &Who, shown: &Shown) -> Result<Details, Refused> {
    let approval = &shown.approval;
    let (mut changes, mut stale) = (Vec::new(), false);
    if let Some(wish) = &approval.wanted.policy {
        changes = policies::compared(cx, wish.base, &wish.document).await?;
        stale = cx.policies.current(cx).await?.version != wish.base;
    }
    let decider = match &approval.decider {
        Some(id) => accounts::find_by_id(cx, id).await?.map(|found| found.display_name().to_owned()),
        None => None,
    };
    Ok(Details {
        requester: brief(cx, who, Some(&approval.requester)).await?,
        subject: brief(cx, who, approval.subject()).await?,
        organisation: enrolments::organisation_name(cx, &approval.organisation).await?,
        decider,
        changes,
        stale,
    })
}

async fn brief(cx: &Cx, who: &Who, id: Option<&AccountId>) -> Result<Option<Brief>, Refused> {
    let Some(id) = id else { return Ok(None) };
    let Some(account) = accounts::find_by_id(cx, id).await? else { return Ok(None) };
    let mut duties = Vec::new();
    // What they hold in other parts of the tree stays there.
    let told = |grant: &Grant| who.may_at(Action::ApprovalRead, &grant.path);
    for grant in grants::of_account(&cx.store, id).await?.into_iter().filter(told) {
        duties.push((grant.duty, enrolments::organisation_name(cx, &grant.organisation).await?));
    }
    Ok(Some(Brief {
        organisation: enrolments::organisation_name(cx, &account.organisation).await?,
        ways: ways(cx, id).await?,
        account,
        duties,
    }))
}
