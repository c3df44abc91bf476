//! How far somebody has come with setting up: the stage, the strongest way they have, and what is missing. Pure.

use super::{Arms, is_second};
use crate::base::words::words;
use crate::base::{Acr, Role};
use crate::factors::FactorKind;
use crate::identity::State;

words! {
    /// How far somebody has come; each stage holds the ones before it.
    Stage {
        /// The account exists; nothing signs in.
        Invited = "invited",
        /// A password or a passkey signs in.
        Activated = "activated",
        /// There is a second factor, or a passkey that is both.
        Factor = "factor",
        /// Something is left for the day the phone is lost: recovery codes, or another second factor.
        Spare = "spare",
        /// What the role asks is reached, and nothing waits for help.
        Ready = "ready",
    }
}

words! {
    /// The strongest second way somebody has.
    Strongest {
        /// Nothing yet.
        Nothing = "nothing",
        /// A password alone.
        Password = "password",
        /// A code app.
        CodeApp = "code_app",
        /// A security key.
        SecurityKey = "security_key",
        /// A passkey.
        Passkey = "passkey",
    }
}

words! {
    /// What stands between somebody and being ready, the next thing first.
    Missing {
        /// They may not sign in.
        Suspended = "suspended",
        /// The invitation was not accepted.
        Activation = "activation",
        /// No second factor.
        SecondFactor = "second_factor",
        /// The second factor is not as strong as the role asks.
        StrongerFactor = "stronger_factor",
        /// Nothing is left for the day the phone is lost.
        Spare = "spare",
        /// A factor was switched off after too many failures.
        SwitchedOff = "switched_off",
    }
}

/// The lowest level a role's people can be ready with; an installation's policy may ask more of a sign-in.
fn level(role: Role) -> Acr {
    match role {
        Role::Patient | Role::Clinician => Acr::Aal2,
        Role::Administrator => Acr::Aal2Phr,
    }
}

/// What is missing, the next thing first; nothing for whoever is ready. `floor` is what the policy asks of them.
pub fn missing(state: State, floor: Acr, arms: &Arms) -> Vec<Missing> {
    let mut out = Vec::new();
    let mut add = |is_missing: bool, what| {
        if is_missing {
            out.push(what);
        }
    };
    let seconds = arms.enabled.iter().filter(|kind| is_second(**kind)).count();
    let first = arms.enabled.iter().any(|k| matches!(k, FactorKind::Password | FactorKind::Passkey));
    let codes = arms.enabled.contains(&FactorKind::RecoveryCodes);
    add(state == State::Disabled, Missing::Suspended);
    add(!first && arms.disabled.is_empty(), Missing::Activation);
    add(first && seconds == 0, Missing::SecondFactor);
    add(first && seconds > 0 && arms.best() < Some(floor), Missing::StrongerFactor);
    add(seconds == 1 && !codes, Missing::Spare);
    add(!arms.disabled.is_empty(), Missing::SwitchedOff);
    out
}

/// How far somebody of a role has come with these factors.
pub fn stage(role: Role, state: State, arms: &Arms) -> Stage {
    let holds = |kind: &FactorKind| matches!(kind, FactorKind::Password | FactorKind::Passkey);
    if !arms.enabled.iter().chain(&arms.disabled).any(holds) {
        return Stage::Invited;
    }
    let seconds = arms.enabled.iter().filter(|kind| is_second(**kind)).count();
    if seconds == 0 || arms.best() < Some(Acr::Aal2) {
        return Stage::Activated;
    }
    if seconds == 1 && !arms.enabled.contains(&FactorKind::RecoveryCodes) {
        return Stage::Factor;
    }
    if missing(state, level(role), arms).is_empty() { Stage::Ready } else { Stage::Spare }
}

/// The strongest way among these factors.
pub fn strongest(arms: &Arms) -> Strongest {
    let has = |kind| arms.enabled.contains(&kind);
    match () {
        () if has(FactorKind::Passkey) => Strongest::Passkey,
        () if has(FactorKind::SecurityKey) => Strongest::SecurityKey,
        () if has(FactorKind::Totp) => Strongest::CodeApp,
        () if has(FactorKind::Password) => Strongest::Password,
        () => Strongest::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use FactorKind::{Passkey, Password, RecoveryCodes, SecurityKey, Totp};
    use Role::{Administrator, Clinician, Patient};

    use super::*;

    #[test]
    fn each_stage_holds_the_ones_before_it() {
        type Row<'a> = (Role, State, &'a [FactorKind], &'a [FactorKind], Stage, &'a [Missing]);
        let rows: &[Row] = &[
            (Patient, State::Active, &[], &[], Stage::Invited, &[Missing::Activation]),
            (Patient, State::Active, &[Password], &[], Stage::Activated, &[Missing::SecondFactor]),
            (
                Patient,
                State::Active,
                &[Password],
                &[Totp],
                Stage::Activated,
                &[Missing::SecondFactor, Missing::SwitchedOff],
            ),
            (Patient, State::Active, &[Password, Totp], &[], Stage::Factor, &[Missing::Spare]),
            (Patient, State::Active, &[Passkey], &[], Stage::Factor, &[Missing::Spare]),
            (Patient, State::Active, &[Password, Totp, RecoveryCodes], &[], Stage::Ready, &[]),
            (Clinician, State::Active, &[Password, Totp, SecurityKey], &[], Stage::Ready, &[]),
            (
                Patient,
                State::Disabled,
                &[Password, Totp, RecoveryCodes],
                &[],
                Stage::Spare,
                &[Missing::Suspended],
            ),
            (
                Administrator,
                State::Active,
                &[Password, Totp, RecoveryCodes],
                &[],
                Stage::Spare,
                &[Missing::StrongerFactor],
            ),
            (Administrator, State::Active, &[Password, Passkey, RecoveryCodes], &[], Stage::Ready, &[]),
            (
                Patient,
                State::Active,
                &[Password, Passkey, RecoveryCodes],
                &[Totp],
                Stage::Spare,
                &[Missing::SwitchedOff],
            ),
        ];
        for (i, (role, state, enabled, disabled, want, lacks)) in rows.iter().enumerate() {
            let arms = Arms { enabled: enabled.to_vec(), disabled: disabled.to_vec(), ..Arms::default() };
            assert_eq!(stage(*role, *state, &arms), *want, "row {i}");
            assert_eq!(missing(*state, level(*role), &arms), *lacks, "row {i}");
        }
        assert!(Stage::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn the_strongest_way_is_named() {
        for (enabled, want) in [
            (vec![], Strongest::Nothing),
            (vec![Password, RecoveryCodes], Strongest::Password),
            (vec![Password, Totp], Strongest::CodeApp),
            (vec![Password, Totp, SecurityKey], Strongest::SecurityKey),
            (vec![Password, Passkey, Totp], Strongest::Passkey),
        ] {
            assert_eq!(strongest(&Arms { enabled, ..Arms::default() }), want);
        }
    }
}
