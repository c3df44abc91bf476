//! Inviting somebody; sending it again, taking it back, and the letter to print.

use axum::extract::Path;
use axum::response::Response;
use serde_json::{Map, Value};

use super::people::{about, after, page_of};
use super::{Admin, AdminForm, shown};
use crate::base::{OrganisationId, Role};
use crate::duties::{Action, Organisation};
use crate::flows::admin::{Refused, invitations, may_make, organisations};
use crate::flows::invitations::NewInvitation;
use crate::identity::{Account, Link, LinkStanding};
use crate::oidc::authorize::RawRequest;
use crate::web::caller::spoken;
use crate::web::error::when;
use crate::web::pages::admin::Done;
use crate::web::pages::admin::invitations::{InviteError, InvitePage, LinkWord, SentLink};
use crate::web::pages::letter::{Around, LetterPage};
use crate::web::pages::{Locale, render};
use crate::web::steps::show::role;
use crate::web::{answers, links, paths};

/// What was typed.
struct Wish {
    form: String,
    role: Option<Role>,
    organisation: OrganisationId,
    given: String,
    family: String,
    by: Option<By>,
    email: String,
    username: String,
    locale: Locale,
}

/// How an invitation goes out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Mail,
    Letter,
}

impl Wish {
    fn none(form: String, locale: Locale) -> Self {
        Self {
            form,
            role: None,
            organisation: OrganisationId::from_text(""),
            given: String::new(),
            family: String::new(),
            by: Some(By::Mail),
            email: String::new(),
            username: String::new(),
            locale,
        }
    }

    fn read(form: &RawRequest, spoken: Locale) -> Self {
        let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
        Self {
            form: text("form"),
            role: Role::parse(&text("role")),
            organisation: shown::organisation(&text("organisation")),
            given: text("given"),
            family: text("family"),
            by: match form.get("by") {
                Some("mail") => Some(By::Mail),
                Some("letter") => Some(By::Letter),
                _ => None,
            },
            email: text("email"),
            username: text("username"),
            locale: Locale::negotiate(form.get("locale"), None, None, spoken),
        }
    }

    /// The invitation, or the field that is missing.
    fn invitation(&self) -> Result<NewInvitation, InviteError> {
        let role = self.role.ok_or(InviteError::Role)?;
        let email = match self.by.ok_or(InviteError::By)? {
            By::Mail if self.email.is_empty() => return Err(InviteError::EmailMissing),
            By::Mail => Some(self.email.clone()),
            By::Letter => None,
        };
        let whole = format!("{} {}", self.given, self.family);
        let names = [("name", whole.trim()), ("given_name", &self.given), ("family_name", &self.family)];
        let named = names.into_iter().filter(|(_, name)| !name.is_empty());
        let claims: Map<String, Value> = named.map(|(claim, name)| (claim.to_owned(), name.into())).collect();
        Ok(NewInvitation {
            username: Some(self.username.clone()).filter(|name| !name.is_empty()),
            email,
            claims,
            locale: Some(self.locale.tag().to_owned()),
            ..NewInvitation::of(role)
        })
    }
}

pub(super) async fn ask(admin: Admin) -> Response {
    let form = invitations::form(&admin.caller.cx);
    let locale = spoken(&admin.caller.cx.config);
    page(&admin, Wish::none(form.expose().clone(), locale), None).await
}

async fn page(admin: &Admin, wish: Wish, error: Option<InviteError>) -> Response {
    let places = match places(admin).await {
        Ok(places) => places,
        Err(why) => return admin.refuse(why).await,
    };
    let rank = admin.who.rank(Action::AccountInvite);
    let roles = Role::ALL.iter().filter(|one| may_make(rank, **one));
    let page = InvitePage {
        frame: shown::frame(admin, paths::ADMIN_PEOPLE),
        form: wish.form,
        roles: roles.map(|one| (one.as_str(), role(*one), wish.role == Some(*one))).collect(),
        places: places.into_iter().map(|o| (o.id.to_string(), o.name, o.id == wish.organisation)).collect(),
        locales: Locale::ALL.iter().map(|one| (one.tag(), one.name(), *one == wish.locale)).collect(),
        given: wish.given,
        family: wish.family,
        email: wish.email,
        username: wish.username,
        by_letter: wish.by == Some(By::Letter),
        error,
    };
    let status = match error {
        None => 200,
        Some(InviteError::EmailTaken | InviteError::UsernameTaken) => 409,
        Some(_) => 400,
    };
    answers::page(status, render(&page), None)
}

async fn places(admin: &Admin) -> Result<Vec<Organisation>, Refused> {
    organisations::visible(&admin.caller.cx, &admin.who, Action::AccountInvite).await
}

pub(super) async fn invite(AdminForm { admin, form }: AdminForm) -> Response {
    let mut wish = Wish::read(&form, spoken(&admin.caller.cx.config));
    let invited = async {
        if wish.organisation.as_str().is_empty() {
            // Where there is one place there is nothing to choose.
            match places(&admin).await?.as_slice() {
                [only] => wish.organisation = only.id.clone(),
                _ => return Ok(Err(InviteError::Organisation)),
            }
        }
        let new = match wish.invitation() {
            Ok(new) => new,
            Err(error) => return Ok(Err(error)),
        };
        let actor = admin.at(&wish.organisation).await?;
        match invitations::invite(&admin.caller.cx, &actor, new, &wish.form).await {
            Ok(account) => Ok(Ok(account)),
            Err(why) => form_error(&why).map(Err).ok_or(why),
        }
    };
    match invited.await {
        Ok(Ok(account)) => {
            let by_letter = account.profile.email.is_none();
            after(&account.id, if by_letter { Done::InvitedByLetter } else { Done::Invited })
        }
        Ok(Err(error)) => page(&admin, wish, Some(error)).await,
        Err(why) => admin.refuse(why).await,
    }
}

/// What the form says of a refusal.
fn form_error(why: &Refused) -> Option<InviteError> {
    match why {
        Refused::Forbidden => Some(InviteError::Role),
        Refused::Bad("email") => Some(InviteError::Email),
        Refused::Bad("name") => Some(InviteError::Name),
        Refused::Bad("taken_email") => Some(InviteError::EmailTaken),
        Refused::Bad("taken_username" | "taken") => Some(InviteError::UsernameTaken),
        Refused::Bad(_) => Some(InviteError::Username),
        _ => None,
    }
}

pub(super) async fn resend(Path(id): Path<String>, AdminForm { admin, .. }: AdminForm) -> Response {
    let sent = async {
        let (actor, account) = about(&admin, &id).await?;
        invitations::resend(&admin.caller.cx, &actor, &account).await?;
        Ok::<_, Refused>(account)
    };
    answered(&admin, sent.await, Done::InvitationSent).await
}

pub(super) async fn revoke(Path(id): Path<String>, AdminForm { admin, .. }: AdminForm) -> Response {
    let revoked = async {
        let (actor, account) = about(&admin, &id).await?;
        invitations::revoke(&admin.caller.cx, &actor, &account).await?;
        Ok::<_, Refused>(account)
    };
    answered(&admin, revoked.await, Done::InvitationRevoked).await
}

/// Leads back to the person, or refuses.
pub(super) async fn answered(admin: &Admin, done: Result<Account, Refused>, word: Done) -> Response {
    match done {
        Ok(account) => after(&account.id, word),
        Err(why) => admin.refuse(why).await,
    }
}

/// The letter itself. Its code is in this answer alone: it is kept nowhere, so there is nothing to be led to.
pub(super) async fn letter(Path(id): Path<String>, AdminForm { admin, .. }: AdminForm) -> Response {
    let printed = async {
        let (actor, account) = about(&admin, &id).await?;
        let letter = invitations::letter(&admin.caller.cx, &actor, &account).await?;
        let around = Around {
            shell: shown::frame(&admin, paths::ADMIN_PEOPLE).shell,
            back: page_of(&account.id),
            name: account.display_name().to_owned(),
        };
        Ok::<_, Refused>(LetterPage { around: Some(around), ..links::letter(&admin.caller.cx, &letter) })
    };
    match printed.await {
        Ok(page) => answers::page(200, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

/// A link as the person's page tells of it.
pub(super) fn sent(link: &Link) -> SentLink {
    let standing = match link.standing {
        LinkStanding::Open => LinkWord::Open,
        LinkStanding::Spent => LinkWord::Spent,
        LinkStanding::Revoked => LinkWord::Revoked,
        LinkStanding::Expired => LinkWord::Expired,
    };
    SentLink { standing, at: when(link.created_at), until: when(link.expires_at) }
}
