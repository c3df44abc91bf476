//! The table of duties and actions, read aloud.

use super::Duty::{
    AppDeveloper, Auditor, HelpDesk, Owner, PrivacyOfficer, RegistrationOfficer, SecurityOfficer,
};
use super::{Action, AdminScope, Duty, MACHINES, NoReason, Rank, Reason, TABLE};

/// One row an action, one column a duty, in the order of the head: `x` may.
const DRAWN: &str = "
                         owner security registration app auditor privacy help
overview.read            x     x        x            x   x       x       x
organisation.read        x     x        x            x   x       x       x
organisation.create      x     -        -            -   -       -       -
organisation.change      x     -        -            -   -       -       -
duty.read                x     x        -            -   x       x       -
duty.grant               x     x        -            -   -       -       -
duty.revoke              x     x        -            -   -       -       -
account.list             x     x        x            -   x       x       x
account.read             x     x        x            -   x       x       x
account.invite           x     -        x            -   -       -       -
account.remind           x     -        x            -   -       -       x
account.suspend          x     x        x            -   -       -       -
account.enable           x     x        x            -   -       -       -
account.end_sessions     x     x        x            -   -       -       x
account.export           x     -        -            -   -       x       -
account.erase            x     -        -            -   -       x       -
factors_reset.request    x     x        x            -   -       -       x
approval.read            x     x        x            -   x       x       x
approval.decide          x     x        x            -   -       -       -
recovery.stop            x     x        x            -   -       -       x
import.read              x     -        x            -   -       -       -
import.run               x     -        x            -   -       -       -
import.vouch             x     -        -            -   -       -       -
client.read              x     x        -            x   x       -       -
client.create            x     -        -            x   -       -       -
client.change            x     -        -            x   -       -       -
client.disable           x     x        -            x   -       -       -
client.secret            x     -        -            x   -       -       -
client.token             x     -        -            x   -       -       -
client.empower           x     x        -            -   -       -       -
audit.read               x     x        -            -   x       x       -
audit.export             x     x        -            -   x       -       -
policy.read              x     x        -            x   x       x       -
policy.change            x     x        -            -   -       -       -
policy.weaken            x     x        -            -   -       -       -
key.read                 x     x        -            x   x       -       -
key.revoke               x     x        -            -   -       -       -
webhook.read             x     x        -            x   x       -       -
webhook.change           x     x        -            -   -       -       -
";

#[test]
fn every_action_is_allowed_to_these_duties_and_no_others() {
    let columns =
        [Owner, SecurityOfficer, RegistrationOfficer, AppDeveloper, Auditor, PrivacyOfficer, HelpDesk];
    assert_eq!(columns, Duty::ALL, "a new duty needs a column");
    let mut drawn = Vec::new();
    for line in DRAWN.lines().skip(2) {
        let mut words = line.split_whitespace();
        let action = Action::parse(words.next().unwrap()).unwrap();
        let marks: Vec<_> = words.collect();
        assert_eq!(marks.len(), columns.len(), "{action}");
        for (duty, mark) in columns.iter().zip(marks) {
            assert_eq!(duty.may(action), mark == "x", "{duty} {action}");
        }
        drawn.push(action);
    }
    assert_eq!(drawn, Action::ALL, "a new action needs a row");
    assert_eq!(TABLE.len(), Action::ALL.len(), "every action stands in the table once");
}

#[test]
fn whoever_may_do_something_may_see_it() {
    for action in Action::ALL {
        for duty in Duty::ALL.iter().filter(|duty| duty.may(*action)) {
            assert!(duty.may(action.seeing()), "{duty} {action}");
        }
        assert_eq!(action.seeing().seeing(), action.seeing());
        assert!(!action.seeing().needs().fresh && !action.seeing().needs().reason, "{action}");
    }
}

#[test]
fn what_lowers_somebodys_protection_takes_two_people_a_reason_and_a_fresh_proof() {
    let two: Vec<_> = Action::ALL.iter().filter(|a| a.needs().second_person).copied().collect();
    assert_eq!(two, [Action::AccountErase, Action::FactorsResetRequest, Action::PolicyWeaken]);
    for action in two {
        assert!(action.needs().reason && action.needs().fresh, "{action}");
    }
    for action in [Action::DutyGrant, Action::DutyRevoke, Action::KeyRevoke] {
        assert!(action.needs().reason && action.needs().fresh, "{action}");
    }
    assert!(Action::ApprovalDecide.needs().fresh);
    let two: Vec<_> = Duty::ALL.iter().filter(|duty| duty.needs_second_person()).copied().collect();
    assert_eq!(two, [Owner, SecurityOfficer, RegistrationOfficer]);
}

#[test]
fn owners_stand_above_security_officers_above_the_rest_above_the_help_desk() {
    for (higher, lower) in [
        (Owner, SecurityOfficer),
        (SecurityOfficer, RegistrationOfficer),
        (SecurityOfficer, Auditor),
        (RegistrationOfficer, HelpDesk),
    ] {
        assert!(higher.rank() > lower.rank(), "{higher} {lower}");
    }
    assert_eq!(RegistrationOfficer.rank(), PrivacyOfficer.rank());
    assert!(HelpDesk.rank() > Rank::None);
}

#[test]
fn machines_do_nothing_that_takes_two_people_or_changes_duties() {
    for action in Action::ALL {
        let never = action.needs().second_person
            || matches!(
                action,
                Action::DutyGrant
                    | Action::DutyRevoke
                    | Action::ApprovalDecide
                    | Action::AccountExport
                    | Action::RecoveryStop
                    | Action::ClientEmpower
                    | Action::KeyRead
                    | Action::KeyRevoke
            );
        assert_eq!(action.scope().is_none(), never, "{action}");
    }
    let listed: usize = MACHINES.iter().map(|(_, actions)| actions.len()).sum();
    assert_eq!(
        listed,
        Action::ALL.iter().filter(|a| a.scope().is_some()).count(),
        "no action has two scopes"
    );
    assert_eq!(MACHINES.len(), AdminScope::ALL.len());
}

#[test]
fn a_reason_is_a_few_words() {
    let long = "x".repeat(501);
    for bad in ["", "  ", "test", long.as_str(), "a bell \u{7} rings", "nul \0 here"] {
        assert_eq!(Reason::parse(bad), Err(NoReason), "{bad:?}");
    }
    assert_eq!(Reason::parse("  lost her phone\n").unwrap().as_str(), "lost her phone");
    assert!(Reason::parse("zwei Zeilen\r\nmit Gründen").is_ok());
}
