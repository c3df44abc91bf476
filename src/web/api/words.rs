//! The closed vocabularies as the description of the API names them: one list, and no second one beside it.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::audit::{Kind, Outcome, Severity, Topic};
use crate::base::{Acr, Role};
use crate::clients::terms::TokenStanding;
use crate::clients::{ClientState, Stage as AppStage};
use crate::duties::{ApprovalKind, ApprovalState, Duty, Handing, IdentityCheck};
use crate::factors::FactorKind;
use crate::identity::State;
use crate::identity::roster::State as ImportState;
use crate::notifications::webhook::{HookState, Stopped};
use crate::policy::enrolment::{Stage, Strongest};

/// Describes closed enums as their words.
macro_rules! described {
    ($($kind:ident as $name:literal: $doc:literal;)*) => {$(
        impl PartialSchema for $kind {
            fn schema() -> RefOr<Schema> {
                words($kind::ALL.iter().map(|word| word.as_str()), $doc)
            }
        }

        impl ToSchema for $kind {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
        }
    )*};
}

described! {
    Acr as "Acr": "A level of assurance.";
    AppStage as "AppStage": "Whether people depend on an app yet.";
    ApprovalKind as "ApprovalKind": "What is asked for.";
    ApprovalState as "ApprovalState": "What became of a request.";
    ClientState as "AppState": "Whether an app may do anything.";
    TokenStanding as "ClientTokenState": "Whether a token still registers apps.";
    Duty as "Duty": "What an administrator is charged with.";
    FactorKind as "FactorKind": "A kind of way to sign in.";
    Handing as "Handing": "How a person gets what lets them set up again.";
    HookState as "WebhookState": "Whether a webhook is told.";
    IdentityCheck as "IdentityCheck": "How it was checked who somebody is.";
    ImportState as "ImportState": "Where a list of people stands.";
    Kind as "EventKind": "What happened.";
    Outcome as "Outcome": "How it ended.";
    Role as "Role": "What an account is for.";
    Severity as "Severity": "How loud an event is.";
    Stage as "EnrolmentStage": "How far somebody has come.";
    State as "PersonState": "Whether somebody may sign in.";
    Topic as "WebhookTopic": "What a webhook is told of.";
    Stopped as "WebhookStopped": "Why a webhook was switched off: nobody answers for it.";
    Strongest as "Strongest": "Somebody's strongest way to sign in.";
}

fn words(words: impl Iterator<Item = &'static str>, doc: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    RefOr::T(Schema::Object(object.enum_values(Some(words)).description(Some(doc)).build()))
}
