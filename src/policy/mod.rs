//! What a sign-in must reach: floors, the ladder of assurance, and what is missing. Pure, as tables.

pub mod enrolment;
mod kinds;
pub mod models;
pub mod rules;
pub mod throttle;

use crate::base::{Acr, FactorId, Role, Seconds, Timestamp};
use crate::clients::Client;
use crate::factors::{Assurance, FactorKind, Proof, assurance};

pub use kinds::Kinds;

/// How old a password proof may be when a first factor is bound with it, in seconds.
pub const FRESH_FOR_ENROLMENT: Seconds = 10 * 60;
/// How old proofs may be when ways to sign in are changed at `/account`, in seconds.
pub const FRESH_FOR_CHANGES: Seconds = 5 * 60;

/// The lowest level a role may sign in with.
pub fn floor(role: Role, clinician_floor: Acr) -> Acr {
    match role {
        Role::Patient => Acr::Aal2,
        Role::Clinician => clinician_floor,
        Role::Administrator => Acr::Aal2Phr,
    }
}

/// The floor at a client: the role's, or the client's where higher. Only `lower_role_floor` goes below the
/// role's, and never for administrators.
pub fn floor_at(client: &Client, role: Role, role_floor: Acr) -> Acr {
    match client.policy.min_acr {
        Some(min) if client.policy.lower_role_floor && role != Role::Administrator => min,
        Some(min) => role_floor.max(min),
        None => role_floor,
    }
}

/// What one request demands of the proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The level to reach.
    pub acr: Acr,
    /// Proofs older than this many seconds do not count.
    pub max_age: Option<Seconds>,
    /// Proofs before this do not count (`prompt=login`).
    pub not_before: Option<Timestamp>,
    /// The session is idle since then: a password or a verified passkey must come after it.
    pub idle_since: Option<Timestamp>,
    /// When the request began. What was proved since is young, however long the rest of the sign-in takes.
    pub began_at: Option<Timestamp>,
    /// The second factors that count; what the policy does not name reaches nothing.
    pub kinds: Kinds,
}

impl Demand {
    /// A level, with nothing said about age.
    pub fn level(acr: Acr) -> Self {
        Self { acr, max_age: None, not_before: None, idle_since: None, began_at: None, kinds: Kinds::ALL }
    }

    /// A change at the person's own pages: the best level the account's factors reach, by the second factors that count
    /// there, never below the floor, proved just now.
    pub fn change(floor: Acr, arms: &Arms, kinds: Kinds) -> Self {
        let acr = arms.of(kinds).best().map_or(floor, |best| best.max(floor));
        Self { max_age: Some(FRESH_FOR_CHANGES), kinds, ..Self::level(acr) }
    }

    /// Whether a proof made then still counts. `max_age=0` takes none from before the request, as `prompt=login`
    /// (OpenID Connect Core §3.1.2.1).
    pub fn counts(&self, at: Timestamp, now: Timestamp) -> bool {
        let of_this_request = self.began_at.is_some_and(|began| at >= began);
        let young = self.max_age.is_none_or(|age| of_this_request || (age > 0 && now.since(at) <= age));
        young && self.not_before.is_none_or(|limit| at >= limit)
    }
}

/// The factors an account has, as the ladder needs them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arms {
    /// Usable now.
    pub enabled: Vec<FactorKind>,
    /// Bound but disabled after too many failures.
    pub disabled: Vec<FactorKind>,
    /// A supervised reset waits for its link or code: a password alone binds nothing.
    pub reset: bool,
    /// Of the enabled ones, those whose model the policy does not count: they still speak for the person when another
    /// is bound, as a kind that does not count.
    pub barred: Vec<(FactorId, FactorKind)>,
}

impl Arms {
    fn has(&self, kind: FactorKind) -> bool {
        self.enabled.contains(&kind)
    }

    /// The best level the enabled factors can reach together; recovery codes never count.
    pub fn best(&self) -> Option<Acr> {
        let password = self.has(FactorKind::Password);
        if self.has(FactorKind::Passkey) || (password && self.has(FactorKind::SecurityKey)) {
            Some(Acr::Aal2Phr)
        } else if password && self.has(FactorKind::Totp) {
            Some(Acr::Aal2)
        } else if password {
            Some(Acr::Aal1)
        } else {
            None
        }
    }

    /// The factors that count where only these second ones do.
    fn of(&self, kinds: Kinds) -> Self {
        let counts = |list: &[FactorKind]| list.iter().copied().filter(|k| kinds.counts(*k)).collect();
        let mut enabled: Vec<FactorKind> = counts(&self.enabled);
        for (_, kind) in &self.barred {
            // One entry stands for one factor, whichever of its kind.
            if let Some(at) = enabled.iter().position(|known| known == kind) {
                enabled.remove(at);
            }
        }
        Self { enabled, disabled: counts(&self.disabled), reset: self.reset, barred: Vec::new() }
    }

    /// The factors whose model the policy counts.
    #[must_use]
    pub fn counted(&self) -> Self {
        self.of(Kinds::ALL)
    }

    /// Whether the policy does not count this factor's model.
    pub fn bars(&self, factor: &FactorId) -> bool {
        self.barred.iter().any(|(id, _)| id == factor)
    }

    fn second_is_closed(&self) -> bool {
        let second = |k: &FactorKind| is_second(*k);
        (self.reset || self.disabled.iter().any(second)) && !self.enabled.iter().any(second)
    }
}

/// Whether a factor can be the second one of a sign-in (recovery codes cannot: they only lead to enrolment).
pub fn is_second(kind: FactorKind) -> bool {
    matches!(kind, FactorKind::Totp | FactorKind::Passkey | FactorKind::SecurityKey)
}

/// Whether the person may take a factor away: what stays must still reach the role's floor, so neither the last way
/// in, nor the last second factor the role needs, nor an administrator's last phishing-resistant one goes. A password
/// is changed and recovery codes are replaced, never removed.
pub fn may_remove(kind: FactorKind, rest: &Arms, floor: Acr, kinds: Kinds) -> bool {
    is_second(kind) && rest.of(kinds).best() >= Some(floor)
}

/// What is missing until a demand is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: this is what was reached.
    Met(Assurance),
    /// One of these, best first.
    Prove(Vec<FactorKind>),
    /// A new factor of one of these kinds, recommended first.
    Enrol(Vec<FactorKind>),
    /// No enabled factor leads there; a person must help.
    Stuck,
}

/// Compares proofs with a demand. Pure: the table test below is its specification.
pub fn need(demand: &Demand, arms: &Arms, proofs: &[Proof], now: Timestamp) -> Need {
    let usable: Vec<Proof> = proofs.iter().filter(|p| demand.counts(p.at, now)).cloned().collect();
    if let Some(since) = recovering(&usable) {
        return enrol(demand, &usable, arms, since.max(now.plus(-FRESH_FOR_ENROLMENT)));
    }
    // What the policy does not count reaches nothing here, and still speaks for the person when another is bound.
    let counts = |p: &&Proof| demand.kinds.counts(p.method) && !arms.bars(&p.factor);
    let counted: Vec<Proof> = usable.iter().filter(counts).cloned().collect();
    if let Some(reached) = assurance(&counted).filter(|a| a.acr >= demand.acr) {
        return reopened(demand, arms, &usable, reached);
    }
    let counting = arms.of(demand.kinds);
    if counting.best() >= Some(demand.acr) {
        return prove(demand.acr, &counting, &counted);
    }
    let reached = assurance(&usable);
    let best = arms.best();
    if best > reached.as_ref().map(|a| a.acr) {
        return prove(demand.acr.min(best.unwrap_or(Acr::Aal1)), arms, &usable);
    }
    if arms.second_is_closed() || best.is_none() {
        let codes = arms.has(FactorKind::RecoveryCodes) && proven(&usable, FactorKind::Password).is_some();
        return if codes { Need::Prove(vec![FactorKind::RecoveryCodes]) } else { Need::Stuck };
    }
    if best >= Some(Acr::Aal2) {
        // Somebody with a second factor binds another only behind the best they have, proved just now.
        let fresh = |p: &&Proof| {
            demand.began_at.is_some_and(|began| p.at >= began) || now.since(p.at) <= FRESH_FOR_CHANGES
        };
        let fresh: Vec<Proof> = usable.iter().filter(fresh).cloned().collect();
        if assurance(&fresh).map(|a| a.acr) < best {
            return prove(best.unwrap_or(Acr::Aal1), arms, &fresh);
        }
    } else if arms.has(FactorKind::RecoveryCodes) {
        // A lost second factor that was removed: the password alone does not bind a new one.
        return Need::Prove(vec![FactorKind::RecoveryCodes]);
    }
    enrol(demand, &usable, arms, now.plus(-FRESH_FOR_ENROLMENT))
}

fn proven(proofs: &[Proof], kind: FactorKind) -> Option<Timestamp> {
    proofs.iter().filter(|p| p.method == kind).map(|p| p.at).max()
}

/// When a recovery code was used and no new factor followed it.
fn recovering(proofs: &[Proof]) -> Option<Timestamp> {
    let used = proven(proofs, FactorKind::RecoveryCodes)?;
    let bound = proofs.iter().any(|p| is_second(p.method) && p.at >= used);
    (!bound).then(|| proven(proofs, FactorKind::Password).unwrap_or(used))
}

fn reopened(demand: &Demand, arms: &Arms, proofs: &[Proof], reached: Assurance) -> Need {
    let Some(since) = demand.idle_since else { return Need::Met(reached) };
    let opens =
        |p: &Proof| p.method == FactorKind::Password || (p.method == FactorKind::Passkey && p.user_verified);
    if proofs.iter().any(|p| opens(p) && p.at >= since) {
        return Need::Met(reached);
    }
    let kinds =
        [FactorKind::Password, FactorKind::Passkey].into_iter().filter(|k| arms.has(*k)).collect::<Vec<_>>();
    if kinds.is_empty() { Need::Stuck } else { Need::Prove(kinds) }
}

fn prove(target: Acr, arms: &Arms, proofs: &[Proof]) -> Need {
    let mut kinds = Vec::new();
    if proven(proofs, FactorKind::Password).is_none() && arms.has(FactorKind::Password) {
        let with_password = Arms {
            enabled: arms.enabled.iter().copied().filter(|k| *k != FactorKind::Passkey).collect(),
            ..Arms::default()
        };
        if with_password.best() >= Some(target) || !arms.has(FactorKind::Passkey) {
            kinds.push(FactorKind::Password);
        }
        kinds.extend(arms.has(FactorKind::Passkey).then_some(FactorKind::Passkey));
    } else {
        let second =
            [FactorKind::Passkey, FactorKind::SecurityKey, FactorKind::Totp, FactorKind::RecoveryCodes];
        let fits = |k: &FactorKind| arms.has(*k) && (target <= Acr::Aal2 || *k != FactorKind::Totp);
        kinds.extend(second.into_iter().filter(fits));
        if proven(proofs, FactorKind::Password).is_none() {
            kinds.retain(|k| *k == FactorKind::Passkey);
        }
    }
    if kinds.is_empty() { Need::Stuck } else { Need::Prove(kinds) }
}

/// What may be bound where nothing better is left to prove, recommended first.
pub fn bindable(demand: &Demand, arms: &Arms) -> Vec<FactorKind> {
    let offered: &[FactorKind] = match demand.acr {
        Acr::Aal1 | Acr::Aal2 => &[FactorKind::Passkey, FactorKind::Totp, FactorKind::SecurityKey],
        Acr::Aal2Phr => &[FactorKind::Passkey, FactorKind::SecurityKey],
        Acr::Aal3 => &[],
    };
    // Without a password only a passkey lifts anything; another binding would ask for the next one, and so on.
    let lifts = |kind: &FactorKind| *kind == FactorKind::Passkey || arms.has(FactorKind::Password);
    offered.iter().copied().filter(|kind| demand.kinds.has(*kind) && lifts(kind)).collect()
}

fn enrol(demand: &Demand, proofs: &[Proof], arms: &Arms, fresh_since: Timestamp) -> Need {
    let fresh = proofs.iter().any(|p| p.at >= fresh_since && p.method != FactorKind::RecoveryCodes);
    if !fresh {
        return prove(Acr::Aal1, &Arms { enabled: arms.enabled.clone(), ..Arms::default() }, &[]);
    }
    let kinds = bindable(demand, arms);
    if kinds.is_empty() { Need::Stuck } else { Need::Enrol(kinds) }
}

#[cfg(test)]
mod tests {
    use FactorKind::{Passkey, Password, RecoveryCodes, SecurityKey, Totp};

    use super::*;
    use crate::base::FactorId;

    const NOW: Timestamp = Timestamp::from_seconds(100_000);

    fn proof(kind: FactorKind, age: Seconds) -> Proof {
        let factor = FactorId::from_text(kind.as_str());
        Proof { method: kind, at: NOW.plus(-age), factor, user_verified: kind == Passkey }
    }

    fn arms(enabled: &[FactorKind]) -> Arms {
        Arms { enabled: enabled.to_vec(), ..Arms::default() }
    }

    /// (demand, enabled factors, proofs as (kind, age)) → what is needed.
    #[test]
    fn what_is_missing_is_asked_and_nothing_else() {
        let all = [Password, Totp, RecoveryCodes];
        type Row<'a> = (Demand, &'a [FactorKind], &'a [(FactorKind, Seconds)], Result<Acr, Need>);
        let aal2 = Demand::level(Acr::Aal2);
        let phr = Demand::level(Acr::Aal2Phr);
        let fresh = Demand { max_age: Some(60), ..aal2 };
        let zero = Demand { max_age: Some(0), ..aal2 };
        let slow = Demand { began_at: Some(NOW.plus(-100)), ..fresh };
        let idle = Demand { idle_since: Some(NOW.plus(-10)), ..aal2 };
        let codes = Demand { kinds: Kinds::of(&[Totp]), ..aal2 };
        let keys = Demand { kinds: Kinds::of(&[Passkey, SecurityKey]), ..aal2 };
        let rows: &[Row] = &[
            (aal2, &all, &[], Err(Need::Prove(vec![Password]))),
            (aal2, &all, &[(Password, 1)], Err(Need::Prove(vec![Totp, RecoveryCodes]))),
            (aal2, &all, &[(Password, 1), (Totp, 1)], Ok(Acr::Aal2)),
            (aal2, &[Password], &[(Password, 1)], Err(Need::Enrol(vec![Passkey, Totp, SecurityKey]))),
            (aal2, &[Password], &[(Password, 1), (Totp, 0)], Ok(Acr::Aal2)),
            (aal2, &[Password], &[(Password, 700)], Err(Need::Prove(vec![Password]))),
            (Demand::level(Acr::Aal1), &[Password], &[(Password, 1)], Ok(Acr::Aal1)),
            (aal2, &[Password, Passkey], &[], Err(Need::Prove(vec![Passkey]))),
            (aal2, &[Password, Passkey, Totp], &[], Err(Need::Prove(vec![Password, Passkey]))),
            (phr, &[Password, Passkey, Totp], &[], Err(Need::Prove(vec![Passkey]))),
            (phr, &[Password, SecurityKey], &[], Err(Need::Prove(vec![Password]))),
            (phr, &[Password, SecurityKey], &[(Password, 1)], Err(Need::Prove(vec![SecurityKey]))),
            (phr, &all, &[(Password, 1)], Err(Need::Prove(vec![Totp, RecoveryCodes]))),
            (phr, &all, &[(Password, 1), (Totp, 1)], Err(Need::Enrol(vec![Passkey, SecurityKey]))),
            (phr, &all, &[(Password, 400), (Totp, 400)], Err(Need::Prove(vec![Password]))),
            (phr, &all, &[(Password, 10), (Totp, 400)], Err(Need::Prove(vec![Totp, RecoveryCodes]))),
            (aal2, &[Password, RecoveryCodes], &[(Password, 1)], Err(Need::Prove(vec![RecoveryCodes]))),
            (aal2, &[Passkey], &[(Passkey, 1)], Ok(Acr::Aal2Phr)),
            (fresh, &all, &[(Password, 90), (Totp, 80)], Err(Need::Prove(vec![Password]))),
            (
                fresh,
                &all,
                &[(Password, 90), (Password, 5), (Totp, 80)],
                Err(Need::Prove(vec![Totp, RecoveryCodes])),
            ),
            (zero, &all, &[(Password, 0), (Totp, 0)], Err(Need::Prove(vec![Password]))),
            (slow, &all, &[(Password, 90), (Totp, 1)], Ok(Acr::Aal2)),
            (slow, &all, &[(Password, 200), (Totp, 190)], Err(Need::Prove(vec![Password]))),
            (idle, &all, &[(Password, 900), (Totp, 890)], Err(Need::Prove(vec![Password]))),
            (idle, &all, &[(Password, 5), (Totp, 890)], Ok(Acr::Aal2)),
            (
                aal2,
                &all,
                &[(Password, 2), (RecoveryCodes, 1)],
                Err(Need::Enrol(vec![Passkey, Totp, SecurityKey])),
            ),
            (aal2, &all, &[(Password, 2), (RecoveryCodes, 1), (Totp, 0)], Ok(Acr::Aal2)),
            (
                Demand::level(Acr::Aal1),
                &all,
                &[(Password, 2), (RecoveryCodes, 1)],
                Err(Need::Enrol(vec![Passkey, Totp, SecurityKey])),
            ),
            (aal2, &all, &[(Totp, 1)], Err(Need::Prove(vec![Password]))),
            (aal2, &all, &[(RecoveryCodes, 1)], Err(Need::Prove(vec![Password]))),
            // A policy without code apps: the code still speaks for whoever binds what the policy wants.
            (keys, &[Password], &[(Password, 1)], Err(Need::Enrol(vec![Passkey, SecurityKey]))),
            (keys, &all, &[(Password, 1)], Err(Need::Prove(vec![Totp, RecoveryCodes]))),
            (keys, &all, &[(Password, 1), (Totp, 1)], Err(Need::Enrol(vec![Passkey, SecurityKey]))),
            (keys, &[Password, Totp, SecurityKey], &[], Err(Need::Prove(vec![Password]))),
            (keys, &[Password, Totp, SecurityKey], &[(Password, 1)], Err(Need::Prove(vec![SecurityKey]))),
            (
                keys,
                &[Password, Totp, SecurityKey],
                &[(Password, 1), (Totp, 1)],
                Err(Need::Prove(vec![SecurityKey])),
            ),
            (keys, &[Password, Totp, SecurityKey], &[(Password, 1), (SecurityKey, 1)], Ok(Acr::Aal2Phr)),
            (keys, &all, &[(Password, 2), (RecoveryCodes, 1)], Err(Need::Enrol(vec![Passkey, SecurityKey]))),
            (codes, &[Passkey], &[(Passkey, 1)], Err(Need::Stuck)),
        ];
        for (i, (demand, enabled, proofs, want)) in rows.iter().enumerate() {
            let proofs: Vec<_> = proofs.iter().map(|(k, age)| proof(*k, *age)).collect();
            let got = match need(demand, &arms(enabled), &proofs, NOW) {
                Need::Met(reached) => Ok(reached.acr),
                other => Err(other),
            };
            assert_eq!(&got, want, "row {i}");
        }
    }

    /// (removed, what stays enabled, what stays switched off, floor) → whether it may go.
    #[test]
    fn the_last_way_the_role_needs_stays() {
        type Row<'a> = (FactorKind, &'a [FactorKind], &'a [FactorKind], Acr, bool);
        let rows: &[Row<'_>] = &[
            (Totp, &[Password], &[], Acr::Aal2, false),
            (Totp, &[Password, RecoveryCodes], &[], Acr::Aal2, false),
            (Totp, &[Password, Totp], &[], Acr::Aal2, true),
            (Totp, &[Password, Passkey], &[], Acr::Aal2, true),
            (Totp, &[Password, SecurityKey], &[], Acr::Aal2, true),
            (Passkey, &[Password, Totp], &[], Acr::Aal2, true),
            (Passkey, &[Password, Totp], &[], Acr::Aal2Phr, false),
            (Passkey, &[Password, SecurityKey], &[], Acr::Aal2Phr, true),
            (SecurityKey, &[Password, Totp, RecoveryCodes], &[], Acr::Aal2Phr, false),
            (Passkey, &[], &[], Acr::Aal2, false),
            (Passkey, &[Passkey], &[], Acr::Aal2, true),
            (Passkey, &[Totp, SecurityKey, RecoveryCodes], &[], Acr::Aal2, false),
            (Passkey, &[Password], &[Totp], Acr::Aal2, false),
            (Totp, &[Password], &[Totp], Acr::Aal2, false),
            (Password, &[Passkey, Totp], &[], Acr::Aal2, false),
            (RecoveryCodes, &[Password, Totp], &[], Acr::Aal2, false),
        ];
        for (i, (kind, enabled, disabled, floor, want)) in rows.iter().enumerate() {
            let rest = Arms { enabled: enabled.to_vec(), disabled: disabled.to_vec(), ..Arms::default() };
            assert_eq!(may_remove(*kind, &rest, *floor, Kinds::ALL), *want, "row {i}");
        }
    }

    /// (floor, what counts, what the account has) → the level a change asks for.
    #[test]
    fn a_change_asks_for_the_best_that_the_policy_counts() {
        let codes = Kinds::of(&[Totp]);
        let keys = Kinds::of(&[Passkey, SecurityKey]);
        for (floor, kinds, has, want) in [
            (Acr::Aal2, Kinds::ALL, vec![Password, Totp, Passkey], Acr::Aal2Phr),
            (Acr::Aal2, codes, vec![Password, Totp, Passkey], Acr::Aal2),
            (Acr::Aal2, codes, vec![Password, Totp, SecurityKey], Acr::Aal2),
            (Acr::Aal2, keys, vec![Password, Totp, Passkey], Acr::Aal2Phr),
            (Acr::Aal2, keys, vec![Password, Totp], Acr::Aal2),
            (Acr::Aal2Phr, keys, vec![Password, Totp], Acr::Aal2Phr),
        ] {
            let demand = Demand::change(floor, &arms(&has), kinds);
            assert_eq!((demand.acr, demand.kinds), (want, kinds), "{has:?} where {kinds} count");
            assert_eq!(demand.max_age, Some(FRESH_FOR_CHANGES));
        }
        // Whoever has what the policy counts is not stuck behind what it does not.
        let demand = Demand::change(Acr::Aal2, &arms(&[Password, Totp, Passkey]), codes);
        let proofs = [proof(Password, 1), proof(Totp, 1)];
        let need = need(&demand, &arms(&[Password, Totp, Passkey]), &proofs, NOW);
        assert!(matches!(need, Need::Met(_)), "{need:?}");
    }

    /// (enabled, barred, proofs) → what is needed of somebody who must reach aal2.
    #[test]
    fn a_key_whose_model_does_not_count_leads_to_another_way() {
        type Row<'a> = (&'a [FactorKind], FactorKind, &'a [FactorKind], Need);
        let rows: &[Row<'_>] = &[
            (&[Password, SecurityKey], SecurityKey, &[], Need::Prove(vec![Password])),
            (&[Password, SecurityKey], SecurityKey, &[Password], Need::Prove(vec![SecurityKey])),
            (
                &[Password, SecurityKey],
                SecurityKey,
                &[Password, SecurityKey],
                Need::Enrol(vec![Passkey, Totp, SecurityKey]),
            ),
            (&[Password, Totp, Passkey], Passkey, &[Password], Need::Prove(vec![Totp])),
            (&[Password, Totp, Passkey], Passkey, &[Passkey], Need::Prove(vec![Password])),
            // Another key of the same kind counts, and is asked for.
            (&[Password, Passkey, Passkey], Passkey, &[Password], Need::Prove(vec![Passkey])),
            (&[Passkey], Passkey, &[Passkey], Need::Enrol(vec![Passkey])),
        ];
        for (at, (enabled, barred, proved, want)) in rows.iter().enumerate() {
            let arms =
                Arms { barred: vec![(FactorId::from_text(barred.as_str()), *barred)], ..arms(enabled) };
            let proofs: Vec<_> = proved.iter().map(|kind| proof(*kind, 1)).collect();
            assert_eq!(need(&Demand::level(Acr::Aal2), &arms, &proofs, NOW), *want, "row {at}");
        }
        let rest = Arms { barred: vec![(FactorId::from_text("k"), Passkey)], ..arms(&[Password, Passkey]) };
        assert!(!may_remove(Totp, &rest, Acr::Aal2, Kinds::ALL), "what does not count does not stay for it");
    }

    #[test]
    fn a_disabled_second_factor_never_opens_enrolment() {
        let arms = Arms { enabled: vec![Password], disabled: vec![Totp], ..Arms::default() };
        let password = [proof(Password, 1)];
        assert_eq!(need(&Demand::level(Acr::Aal2), &arms, &password, NOW), Need::Stuck);
        let with_codes =
            Arms { enabled: vec![Password, RecoveryCodes], disabled: vec![Totp], ..Arms::default() };
        assert_eq!(
            need(&Demand::level(Acr::Aal2), &with_codes, &password, NOW),
            Need::Prove(vec![RecoveryCodes])
        );
    }

    #[test]
    fn while_a_supervised_reset_waits_a_password_alone_binds_nothing() {
        let password = [proof(Password, 1)];
        let waits = |enabled: &[FactorKind]| Arms { reset: true, ..arms(enabled) };
        for acr in [Acr::Aal2, Acr::Aal2Phr] {
            assert_eq!(need(&Demand::level(acr), &waits(&[Password]), &password, NOW), Need::Stuck);
        }
        let asked = need(&Demand::level(Acr::Aal2), &waits(&[Password, Totp]), &password, NOW);
        assert_eq!(asked, Need::Prove(vec![Totp]), "what the reset left goes on");
    }
}
