//! Events in plain English, for whoever reads the trail: one sentence a kind, and what each reason's word means.

use super::{Event, Kind, Outcome};

/// How those an event names are called; what is not known is called by its id.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'n> {
    /// Who did it.
    pub actor: Option<&'n str>,
    /// Whose account it is about.
    pub person: Option<&'n str>,
    /// The app.
    pub app: Option<&'n str>,
}

/// The event as a sentence: who did what to whom, and why it was refused.
pub fn sentence(event: &Event, names: &Names<'_>) -> String {
    let actor = names.actor.map_or_else(|| event.actor.to_text(), str::to_owned);
    let known = |name: Option<&str>, id: Option<String>, otherwise: &str| {
        name.map(str::to_owned).or(id).unwrap_or_else(|| otherwise.to_owned())
    };
    let person = known(names.person, event.account.as_ref().map(ToString::to_string), "somebody");
    let app = known(names.app, event.client.as_ref().map(ToString::to_string), "an app");
    // In one pass: what stands in a name is never a place of the sentence.
    let mut said = String::new();
    for part in template(event.kind).split_inclusive('}') {
        let (plain, place) = part.split_once('{').unwrap_or((part, ""));
        said.push_str(plain);
        said.push_str(match place {
            "actor}" => &actor,
            "person}" => &person,
            "app}" => &app,
            other => other,
        });
    }
    let because =
        event.reason.as_deref().map(|reason| format!(": {}", explained(reason))).unwrap_or_default();
    let ended = if event.outcome == Outcome::Failed { ", but it failed" } else { "" };
    format!("{said}{ended}{because}.")
}

/// What a reason's word means, or the word itself where it says no more.
fn explained(reason: &str) -> String {
    why(reason).map_or_else(|| format!("the reason is `{reason}`"), str::to_owned)
}

/// What a stable word for a refusal means.
pub fn why(reason: &str) -> Option<&'static str> {
    WHY.iter().find(|(word, _)| *word == reason).map(|(_, means)| *means)
}

/// Every word that needs more than itself.
const WHY: &[(&str, &str)] = &[
    ("wrong", "what was typed or answered was wrong"),
    ("reused", "the code had been used before"),
    ("clock", "the code was right for another time, so the device's clock is wrong"),
    ("delay", "it came inside the delay that follows several failures"),
    ("too_many_failures", "there were too many failures before"),
    ("challenge", "the answer belonged to another question"),
    ("ceremony", "the answer came without a question of ours, or too late"),
    ("passkey", "the passkey or key is not known here, or did not prove itself"),
    ("handle", "the passkey names another account"),
    ("person", "it is about another person"),
    ("session", "the session is over, unknown or another person's"),
    ("interaction", "the sign-in page was too old, unknown, or begun in another browser"),
    ("step", "another step of the sign-in was due"),
    ("code", "the code is unknown, was used, or is too old"),
    ("generation", "the refresh token had been replaced by another"),
    ("grant_type", "the app asked for tokens in a way it is not registered for"),
    ("scope", "the app asked for more than it is registered for"),
    ("resource", "the app asked for a token for a place it is not registered for"),
    ("response_type", "the app asked for an answer other than a code"),
    ("prompt_none", "the app wanted no page to be shown, and one was needed"),
    ("jti", "the app's signed statement has no id, or had been used before"),
    ("key", "no key of the app made the signature"),
    ("denied", "the person said no"),
    ("nobody_to_ask", "nobody who may sign in is known by that name, so nobody is asked"),
    ("too_many_waiting", "as many requests wait for them as may at once, so they are not asked"),
    ("refused_too_often", "the person said no to this app so often that they are not asked for a while"),
    ("another_person", "somebody else signed in"),
    ("cancelled", "the person walked away"),
    ("already_bound", "the passkey or key is in use for an account already"),
    ("no_duty", "no duty of the administrator allows it"),
    ("missing_duty", "no duty of theirs allows it there"),
    ("other_organisation", "it lies in an organisation they cannot see"),
    ("topic_out_of_sight", "the webhook would tell of what they may not see themselves"),
    ("above_own_level", "it concerns somebody, or a duty, above their own"),
    ("oneself", "nobody does this to themselves"),
    ("requester", "whoever asks does not decide"),
    ("subject", "nobody decides about themselves"),
    ("requester_left", "whoever asked may not ask for it any more"),
    ("not_requester", "only whoever asked carries it out"),
    ("withdrawn", "whoever asked took it back"),
    ("stale", "the policy was changed after it was asked for"),
    ("weaker", "it asks less of people than before, which takes two people"),
    ("whole_trail_only", "a copy that proves itself holds every organisation's events"),
    ("unknown", "there is no such thing, or none that is known here"),
    ("expired", "it came too late"),
    ("not_verified", "the passkey did not check who holds it"),
    ("counter_went_back", "the key counted backwards, so a copy of it may exist"),
    ("wrong_origin", "it was answered for another site"),
    ("sector", "the app names no single place its people belong to"),
    ("double_submit", "the same form was sent twice"),
    ("taken", "somebody has the name or the address already"),
    ("too_many_names", "it found too many names of people elsewhere within an hour"),
    ("too_many_copies", "as many copies were under way as may be at once"),
    ("reader_lost_right", "whoever took it may not any more, or everything they had open was ended"),
    ("keeper_lost_right", "whoever keeps the webhook may not see any more what it is told of"),
    ("keeper_gone", "whoever keeps the webhook is suspended, stopped or gone"),
    ("bringer_lost_duty", "whoever brought it, or said go, may not do so any more"),
    ("bringer_suspended", "whoever brought it, or said go, is suspended, stopped or gone"),
    ("bringer_ended", "everything that whoever brought it, or said go, had open was ended"),
];

/// The sentence of a kind, without its full stop.
const fn template(kind: Kind) -> &'static str {
    use Kind::*;
    match kind {
        SessionSignedIn => "{person} signed in",
        SessionEnded => "A session of {person} ended",
        FactorAdded => "{person} got another way to sign in",
        FactorRemoved => "{actor} removed a way to sign in of {person}",
        FactorDisabled => "A way to sign in of {person} was disabled after too many failures",
        PasswordAccepted => "{person} gave the right password",
        PasswordRefused => "A password for {person} was refused",
        PasswordChanged => "{actor} changed the password of {person}",
        TotpAccepted => "{person} gave the right code from an app",
        TotpRefused => "A code from an app was refused for {person}",
        TotpReplayed => "A code from an app came a second time for {person}",
        PasskeyAccepted => "{person} proved a passkey or security key",
        PasskeyRefused => "A passkey or security key was refused for {person}",
        RecoveryCodeUsed => "{person} used a recovery code",
        RecoveryCodeRefused => "A recovery code was refused for {person}",
        RecoveryCodesMade => "{person} got new recovery codes, and the old ones are void",
        AttemptThrottled => "An attempt for {person} came inside the delay and was not looked at",
        MachineThrottled => "{app} sent more requests than a machine may in a minute",
        NetworkThrottled => "A network had too many failures and has to wait",
        HashingBusy => "More attempts waited than can be looked at, so one was sent back",
        InteractionRefused => "A sign-in page was refused",
        SignInAsked => "{app} asked for {person} without a browser",
        AuthorizeRefused => "A request of {app} to sign somebody in was refused",
        AuthorizeGranted => "{app} got a code to sign {person} in",
        ConsentGiven => "{person} agreed to share data with {app}",
        ConsentDenied => "{person} did not agree to share data with {app}",
        CodeRedeemed => "{app} exchanged its code for tokens of {person}",
        CodeRefused => "A code of {app} was refused",
        DeviceCodeRefused => "Somebody typed a code for a device that is none",
        CodeReplayed => "A code of {app} came a second time, so it may be stolen",
        TokenRefused => "{app} was refused tokens",
        TokenIssued => "{app} got a token for itself",
        TokenExchanged => "{app} got a token to call another service for {person}",
        TokenRevoked => "{app} gave a token of {person} back",
        RefreshRotated => "{app} renewed its tokens of {person}",
        RefreshRefused => "{app} was refused new tokens",
        RefreshReplayed => "An old refresh token of {app} came again, so it may be stolen",
        FamilyRevoked => "All tokens of one sign-in of {person} at {app} ended",
        ClientAuthRefused => "{app} did not prove itself",
        AssertionReplayed => "A signed statement of {app} came a second time, so it may be stolen",
        IntrospectionAnswered => "{app} asked about a token",
        UserinfoRefused => "{app} was refused a person's data",
        LogoutDone => "{person} signed out by way of {app}",
        LogoutRefused => "A request to sign out was refused",
        AccountCreated => "{actor} created the account of {person}",
        AccountChanged => "{actor} changed the account of {person}",
        AccountDisabled => "{actor} disabled the account of {person}",
        AccountEnabled => "{actor} enabled the account of {person} again",
        AccountErased => "{actor} made everything known of {person} unreadable",
        AccountSessionsEnded => "{actor} ended every session of {person}",
        ClientCreated => "{actor} registered {app}",
        ClientDeleted => "{actor} removed {app} for good",
        ClientDisabled => "{actor} disabled {app}",
        ClientEnabled => "{actor} enabled {app} again",
        KeyCreated => "A signing key was made",
        KeyRotated => "Another signing key became the active one",
        KeyRetired => "A signing key signs no more",
        KeyRemoved => "A signing key is not published any more",
        KeyRevoked => "A signing key was thrown away, because others may know it",
        AuditCheckpoint => "The heads of the audit trail were signed",
        AuditOverflow => "More kinds of refusals came than are written one by one",
        BackupErasuresReapplied => "{person} was erased again after a backup was restored",
        StoreUnavailable => "The database or the session store was away",
        InputRefused => "A form or request had a shape that no browser sends",
        InvitationSent => "{actor} invited {person}",
        InvitationRevoked => "{actor} took the invitation of {person} back",
        InvitationAccepted => "{person} accepted the invitation",
        RegistrationBegun => "{person} began to register",
        LinkRefused => "A link was refused",
        RecoveryAsked => "Somebody asked to get back into the account of {person}",
        RecoveryCancelled => "Getting back into the account of {person} was stopped",
        RecoveryDone => "{person} got back in",
        RecoveryRefused => "Getting back into the account of {person} was refused",
        AddressAdded => "An address of {person} was added, not proved yet",
        AddressVerified => "{person} proved an address",
        AddressRemoved => "An address of {person} was removed",
        AccountRepudiated => "{person} said “this was not me”",
        AccountExported => "{person} took a copy of their data",
        AccountClosing => "{actor} began to close the account of {person}",
        AccountKept => "{person} keeps the account after all",
        FactorRenamed => "{person} renamed a way to sign in",
        ConsentWithdrawn => "{person} stopped sharing data with {app}",
        NoticeFailed => "A notice to {person} could not be delivered",
        OrganisationCreated => "{actor} created an organisation",
        OrganisationChanged => "{actor} changed an organisation",
        DutyGranted => "{actor} gave {person} a duty",
        DutyRevoked => "{actor} took a duty from {person}",
        AdminRefused => "{actor} tried what their duties do not allow",
        ApprovalAsked => "{actor} asked a second person to approve a change for {person}",
        ApprovalGranted => "{actor} approved a change for {person}",
        ApprovalRefused => "{actor} did not approve a change for {person}",
        ApprovalExpired => "Nobody decided in time on a change for {person}",
        FactorsReset => "The ways to sign in of {person} were reset, approved by a second person",
        ImportDone => "{actor} imported a list of people",
        AccountReminded => "{actor} reminded {person} to finish setting up",
        ImportBegun => "{actor} began to import a list of people",
        ImportLookedAt => "{actor} looked what a list of people would do",
        ImportStopped => "A list of people that was being imported stopped",
        ClientChanged => "{actor} changed {app}",
        ClientSecretAdded => "{actor} gave {app} another secret",
        ClientSecretRemoved => "{actor} took a secret from {app}",
        ClientTokenMade => "{actor} made a token by which apps register themselves",
        ClientTokenRevoked => "{actor} took a token back by which apps register themselves",
        ClientRegistrationRead => "{app} read its own registration",
        ClientRegistrationRefused => "An app was refused at its own registration",
        PolicyChanged => "{actor} changed the policy",
        WebhookChanged => "{actor} changed a webhook",
        AuditRead => "{actor} read the audit trail",
        AuditExported => "{actor} took a copy of the audit trail",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Actor;
    use super::*;
    use crate::base::{AccountId, ClientId, Entropy, Timestamp};

    fn event(kind: Kind) -> Event {
        let actor = Actor::Host("ops".to_owned());
        Event::new(kind, Outcome::Ok, actor, Timestamp::from_seconds(1), &Entropy::system())
    }

    #[test]
    fn every_kind_is_a_sentence_of_its_own() {
        let mut all: Vec<_> =
            Kind::ALL.iter().map(|kind| sentence(&event(*kind), &Names::default())).collect();
        for said in &all {
            assert!(said.ends_with('.') && !said.contains(['{', '}', '_']), "{said}");
            assert!(said.split(' ').count() >= 3 && said.len() < 110, "{said}");
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), Kind::ALL.len());
    }

    #[test]
    fn names_stand_for_ids_and_a_refusal_says_why() {
        let mut one = event(Kind::AccountDisabled);
        one.account = Some(AccountId::from_text("a1"));
        assert_eq!(sentence(&one, &Names::default()), "host:ops disabled the account of a1.");
        let names = Names { actor: Some("Ivy"), person: Some("Rose Adams"), app: None };
        assert_eq!(sentence(&one, &names), "Ivy disabled the account of Rose Adams.");
        let mut two = event(Kind::TokenRefused);
        two.client = Some(ClientId::from_text("c1"));
        (two.outcome, two.reason) = (Outcome::Refused, Some("scope".to_owned()));
        let said = sentence(&two, &Names::default());
        assert_eq!(said, "c1 was refused tokens: the app asked for more than it is registered for.");
        two.reason = Some("odd".to_owned());
        assert!(sentence(&two, &Names::default()).ends_with(": the reason is `odd`."));
    }
}
