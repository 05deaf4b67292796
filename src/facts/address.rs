//! Signs that a client address tries out tokens, and when it showed them.
//!
//! The tokens of honest users are refused too: keys are retired, tokens are cut, ids are mapped wrongly. Then one token is
//! refused again and again, or many clients are refused at once. An attacker sends many tokens, each about once, has none
//! accepted, and is the only client that is refused. A refusal counts for an hour, and once however many lines it has.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::key::Key;
use crate::facts::subject::Subject;
use crate::facts::success::Success;
use crate::facts::times::any_within;
use crate::group::client_address::is_private;
use crate::group::merge::Case;
use crate::group::subject_shape::{Shape, shape};
use crate::hash::HashMap;
use crate::model::event::{Place, Reason, StreamId};
use crate::model::name::Name;

/// How long, before and after, a refusal counts.
const NEAR: TimeDelta = TimeDelta::hours(1);
/// Tries within this time are a burst.
const BURST: TimeDelta = TimeDelta::minutes(1);
/// So many different tries are no accident (`probe_min`).
const PROBE_MIN: usize = 10;
/// An address that names so many different unknown users has the signing key, as each token verified.
const LEAKED_MIN: usize = 200;
/// So many tokens are more than one that has gone stale.
const SEVERAL: usize = 3;
/// Fewer tampered tokens may be a mistake in a client.
const FORGED_MIN: usize = 5;
/// So many unannounced keys are more than the tenants of one gateway have.
const KEYS_MIN: usize = 20;
/// With more user agents than this an address is that of many clients.
const AGENTS: usize = 3;
/// If more clients than this are refused alike within a minute, the cause is not in the clients.
const CROWD: usize = 5;

/// What the unknown users that an address names say of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strangers {
    /// Nothing: they are few, or do not look like guesses.
    #[default]
    Few,
    /// It guesses: they are many, each named once, in a burst.
    Tried,
    /// It counts: their numbers rise from one to the next.
    Counted,
    /// It has the signing key: they are very many.
    Signed,
}

/// The signs of an address around some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signs {
    /// It sent forged tokens: some with a forbidden algorithm beside other tampered ones, or tampered ones of all sorts.
    pub forges: bool,
    /// It named many keys that were never announced.
    pub makes_up_keys: bool,
    /// The unknown users that it named.
    pub strangers: Strangers,
    /// The line of the first of its refusals around that time.
    pub first: Option<Place>,
}

impl Signs {
    /// Whether there is any.
    pub fn any(self) -> bool {
        self.forges || self.makes_up_keys || self.strangers != Strangers::Few
    }
}

/// The signs of one address, by the time of its refusals.
#[derive(Debug, Clone, Default)]
pub struct Address(Vec<(DateTime<Utc>, Signs)>);

impl Address {
    /// The signs at the refusal nearest to a time, if that is within an hour.
    pub fn around(&self, time: DateTime<Utc>) -> Signs {
        let at = self.0.partition_point(|(other, _)| *other < time);
        let sides = [at.checked_sub(1), Some(at)].into_iter().flatten().filter_map(|index| self.0.get(index));
        let nearest = sides.min_by_key(|(other, _)| (*other - time).abs());
        nearest.filter(|(other, _)| (*other - time).abs() <= NEAR).map_or_else(Signs::default, |(_, signs)| *signs)
    }
}

/// A refusal that may be that of an attacker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct SuspectRefusal {
    time: DateTime<Utc>,
    line: Place,
    client: Name,
    service: Option<Name>,
    reason: Reason,
    sub: Option<Name>,
    kid: Option<Name>,
    agent: Option<Name>,
}

impl SuspectRefusal {
    fn of(case: &Case) -> Option<Self> {
        let Case { line, service, reason, sub, kid, user_agent: agent, .. } = *case;
        Some(Self { time: case.time?, line, client: case.client_ip?, service, reason, sub, kid, agent })
    }

    /// Whether it may be an attacker's: where user or key are known, only for reasons that have no innocent cause.
    fn is_suspect(&self, known: &Known<'_>) -> bool {
        let stranger = self.sub.is_none_or(|sub| !known.is_user(sub));
        match self.reason {
            Reason::AlgorithmNotAllowed => true,
            Reason::KeyNotFound => stranger && self.kid.is_none_or(|kid| !known.keys.contains_key(&kid)),
            _ => stranger,
        }
    }
}

/// What is known of users and keys apart from refusals, and who got through.
pub(super) struct Known<'f> {
    pub(super) subjects: &'f HashMap<Name, Subject>,
    pub(super) keys: &'f HashMap<Name, Key>,
    pub(super) successes: &'f [Success],
    /// The addresses that tokens were issued to, and when.
    pub(super) issued: &'f [(Name, DateTime<Utc>)],
}

impl Known<'_> {
    fn is_user(&self, sub: Name) -> bool {
        self.subjects.get(&sub).is_some_and(|subject| subject.known)
    }
}

/// The refusals gathered so far that may be those of attackers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Suspects {
    #[serde(rename = "deeds")]
    refusals: Vec<SuspectRefusal>,
    /// Address, subject and time of refusals that name both: addresses of known users are no attackers'.
    bearers: Vec<(Name, Name, DateTime<Utc>)>,
}

impl Suspects {
    /// Adds a refused request.
    pub fn refused(&mut self, case: &Case) {
        if let (Some(client), Some(sub), Some(time)) = (case.client_ip, case.sub, case.time) {
            self.bearers.push((client, sub, time));
        }
        if matches!(
            case.reason,
            Reason::AlgorithmNotAllowed
                | Reason::SignatureInvalid
                | Reason::TokenMalformed
                | Reason::SubNotFound
                | Reason::KeyNotFound
        ) {
            self.refusals.extend(SuspectRefusal::of(case));
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, mut other: Self) {
        self.refusals.append(&mut other.refusals);
        self.bearers.append(&mut other.bearers);
    }

    /// Renumbers the streams of its lines.
    pub fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        for refusal in &mut self.refusals {
            refusal.line.stream = number(refusal.line.stream);
        }
    }

    /// The addresses that show any sign.
    pub(super) fn settle(self, known: &Known<'_>) -> HashMap<Name, Address> {
        let Self { mut refusals, bearers } = self;
        refusals.retain(|refusal| refusal.is_suspect(known));
        let common = in_crowds(&refusals);
        let mut by_client: BTreeMap<Name, Vec<SuspectRefusal>> = BTreeMap::new();
        for (refusal, _) in refusals.into_iter().zip(common).filter(|(_, common)| !common) {
            by_client.entry(refusal.client).or_default().push(refusal);
        }
        by_client.retain(|_, refusals| refusals.len() > 2);
        let good = good_times(&bearers, &by_client, known);
        by_client
            .into_iter()
            .filter_map(|(client, mut refusals)| {
                refusals.sort_unstable();
                let good = good.get(&client).map_or(&[][..], Vec::as_slice);
                let signs = signs(&refusals, good, is_proxy(client));
                signs.iter().any(|(_, signs)| signs.any()).then_some((client, Address(signs)))
            })
            .collect()
    }
}

/// Whether an address may be that of many clients, as one of a private network.
fn is_proxy(client: Name) -> bool {
    client.with(|client| matches!(client, "127.0.0.1" | "::1" | "localhost")) || is_private(client)
}

/// For each refusal whether many other clients were refused for the same reason at that service around then: a rotation,
/// a wrong mapping or a failing store hits everybody.
fn in_crowds(refusals: &[SuspectRefusal]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..refusals.len()).collect();
    let kind = |index: usize| (refusals[index].service.map(Name::number), refusals[index].reason);
    order.sort_unstable_by_key(|index| (kind(*index), refusals[*index].time));
    let mut common = vec![false; refusals.len()];
    for alike in order.chunk_by(|a, b| kind(*a) == kind(*b)) {
        let mut around = Counts(HashMap::default());
        let (mut from, mut to) = (0, 0);
        for index in alike {
            let SuspectRefusal { time, client, .. } = &refusals[*index];
            while let Some(other) = alike.get(to).filter(|other| refusals[**other].time <= *time + BURST) {
                around.change(refusals[*other].client, true);
                to += 1;
            }
            while refusals[alike[from]].time < *time - BURST {
                around.change(refusals[alike[from]].client, false);
                from += 1;
            }
            common[*index] = around.0.len() > CROWD && to - from >= 2 * around.of(client);
        }
    }
    common
}

/// When known users used each address, in order: their tokens were accepted, issued to it or refused.
fn good_times(
    bearers: &[(Name, Name, DateTime<Utc>)],
    refusals: &BTreeMap<Name, Vec<SuspectRefusal>>,
    known: &Known<'_>,
) -> HashMap<Name, Vec<DateTime<Utc>>> {
    let mut good: HashMap<Name, Vec<DateTime<Utc>>> = HashMap::default();
    // A public page is let through without any token.
    let accepted = known.successes.iter().filter(|success| !success.sub.is_empty() || success.kid.is_some());
    let accepted = accepted.filter_map(|success| Some((success.client?, success.time)));
    let refused = bearers.iter().filter(|(_, sub, _)| known.is_user(*sub)).map(|(client, _, time)| (*client, *time));
    for (client, time) in accepted.chain(known.issued.iter().copied()).chain(refused) {
        if refusals.contains_key(&client) {
            good.entry(client).or_default().push(time);
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each is sorted on its own")]
    for times in good.values_mut() {
        times.sort_unstable();
    }
    good
}

/// The signs around each of an address's refusals. `good` is when known users used it; a `proxy` has many clients.
fn signs(refusals: &[SuspectRefusal], good: &[DateTime<Utc>], proxy: bool) -> Vec<(DateTime<Utc>, Signs)> {
    let (mut near, mut burst) = (Window::new(NEAR), Window::new(BURST / 2));
    let mut signs = Vec::with_capacity(refusals.len());
    for refusal in refusals {
        near.move_to(refusal.time, refusals);
        burst.move_to(refusal.time, refusals);
        let honest = any_within(good, refusal.time - NEAR, refusal.time + NEAR);
        let one_client = near.agents.0.len() <= AGENTS;
        let tried = !honest && !proxy && one_client && burst.guesses();
        let counted = tried && burst.counts();
        let many = near.guesses() && near.subjects.0.len() >= LEAKED_MIN;
        signs.push((
            refusal.time,
            Signs {
                forges: one_client && near.forges(honest),
                makes_up_keys: !honest && !proxy && one_client && near.makes_up_keys(),
                strangers: match (tried, many) {
                    (false, _) => Strangers::Few,
                    (true, true) => Strangers::Signed,
                    (true, false) if counted => Strangers::Counted,
                    (true, false) => Strangers::Tried,
                },
                first: refusals.get(near.from).map(|refusal| refusal.line),
            },
        ));
    }
    signs
}

/// Whether a refusal names a missing user whose number is greater than that of the refusal before.
fn rises(refusals: &[SuspectRefusal], index: usize) -> bool {
    let number =
        |refusal: &SuspectRefusal| refusal.sub.filter(|_| refusal.reason == Reason::SubNotFound).and_then(trailing_number);
    let before = index.checked_sub(1).and_then(|before| number(&refusals[before]));
    before.zip(number(&refusals[index])).is_some_and(|(before, own)| own > before)
}

/// The number that an id ends with.
fn trailing_number(sub: Name) -> Option<u64> {
    sub.with(|sub| sub[sub.trim_end_matches(|c: char| c.is_ascii_digit()).len()..].parse().ok())
}

/// How often each of some things was seen.
struct Counts<K>(HashMap<K, usize>);

impl<K: std::hash::Hash + Eq> Counts<K> {
    /// Counts one more or one less, and gives how many there are now.
    fn change(&mut self, key: K, adds: bool) -> usize {
        let before = self.of(&key);
        let count = if adds { before + 1 } else { before.saturating_sub(1) };
        if count == 0 {
            self.0.remove(&key)
        } else {
            self.0.insert(key, count)
        };
        count
    }

    fn of(&self, key: &K) -> usize {
        self.0.get(key).copied().unwrap_or_default()
    }
}

/// The refusals within some time before and after one, as that moves from the first to the last.
struct Window {
    reach: TimeDelta,
    /// Their first index, and the index after their last.
    from: usize,
    to: usize,
    /// How many tokens may have been tampered with, and which subjects they name.
    tampered: usize,
    bearers: Counts<Name>,
    reasons: Counts<Reason>,
    keys: Counts<Name>,
    /// How many refusals there are for an unannounced key.
    keyless: usize,
    agents: Counts<Name>,
    subjects: Counts<Name>,
    shapes: Counts<Shape>,
    /// How many refusals there are for a missing user.
    tries: usize,
    /// How many of them name a user whose number is greater than that of the one before.
    rising: usize,
}

impl Window {
    fn new(reach: TimeDelta) -> Self {
        Self {
            reach,
            from: 0,
            to: 0,
            tampered: 0,
            bearers: Counts(HashMap::default()),
            reasons: Counts(HashMap::default()),
            keys: Counts(HashMap::default()),
            keyless: 0,
            agents: Counts(HashMap::default()),
            subjects: Counts(HashMap::default()),
            shapes: Counts(HashMap::default()),
            tries: 0,
            rising: 0,
        }
    }

    fn move_to(&mut self, time: DateTime<Utc>, refusals: &[SuspectRefusal]) {
        while let Some(refusal) = refusals.get(self.to).filter(|refusal| refusal.time <= time + self.reach) {
            self.change(refusal, true);
            self.rising += usize::from(rises(refusals, self.to));
            self.to += 1;
        }
        while let Some(refusal) = refusals.get(self.from).filter(|refusal| refusal.time < time - self.reach) {
            self.change(refusal, false);
            self.rising -= usize::from(rises(refusals, self.from));
            self.from += 1;
        }
    }

    fn change(&mut self, refusal: &SuspectRefusal, adds: bool) {
        if let Some(agent) = refusal.agent {
            self.agents.change(agent, adds);
        }
        if refusal.reason == Reason::SubNotFound {
            self.tries = if adds { self.tries + 1 } else { self.tries - 1 };
            if let Some(sub) = refusal.sub {
                self.subjects.change(sub, adds);
                self.shapes.change(shape(sub), adds);
            }
            return;
        }
        self.reasons.change(refusal.reason, adds);
        // A token with a forbidden algorithm is forged even if it names no subject: it counts by that.
        if refusal.reason != Reason::AlgorithmNotAllowed || refusal.sub.is_some() {
            self.tampered = if adds { self.tampered + 1 } else { self.tampered - 1 };
        }
        if let Some(sub) = refusal.sub {
            self.bearers.change(sub, adds);
        }
        if let (Some(kid), Reason::KeyNotFound) = (refusal.kid, refusal.reason) {
            self.keyless = if adds { self.keyless + 1 } else { self.keyless - 1 };
            self.keys.change(kid, adds);
        }
    }

    /// Whether many keys are named, each about once: an honest client repeats its own.
    fn makes_up_keys(&self) -> bool {
        self.keys.0.len() >= KEYS_MIN && self.keys.0.len() * 5 >= self.keyless * 4
    }

    /// Whether tokens were forged: some with a forbidden algorithm, beside others that are not one stale token (which each
    /// verifier refuses for its own reason but can read); or, without a forbidden algorithm, very many of all sorts.
    fn forges(&self, honest: bool) -> bool {
        let marks = self.reasons.of(&Reason::AlgorithmNotAllowed);
        let ways = self.reasons.0.len() - usize::from(marks > 0);
        let tokens = self.bearers.0.len().max(self.keys.0.len());
        let unreadable = ways >= 2 && self.reasons.of(&Reason::TokenMalformed) > 0;
        if marks == 0 {
            return !honest && ways >= 3 && tokens >= PROBE_MIN && self.keys.0.len() >= SEVERAL;
        }
        let count: usize = self.reasons.0.values().sum();
        if count < FORGED_MIN {
            return false;
        }
        let several = tokens >= SEVERAL;
        let each_once = marks >= SEVERAL && tokens * 5 >= self.tampered * 4;
        if honest { unreadable && several } else { unreadable || several && (ways >= 2 || ways == 1 && each_once) }
    }

    /// Whether the users that are tried are numbered one after the other.
    fn counts(&self) -> bool {
        self.tries >= PROBE_MIN && self.rising * 5 >= self.tries * 4
    }

    /// Whether refusals for a missing user look like guesses: ids of one shape, hardly one twice. Where no line names
    /// the users, there must be more refusals than a client has retries.
    fn guesses(&self) -> bool {
        let subjects = self.subjects.0.len();
        let alike = self.shapes.0.values().copied().max().unwrap_or_default();
        match subjects {
            0 => self.tries >= 2 * PROBE_MIN,
            _ => subjects >= PROBE_MIN && subjects * 5 >= self.tries * 4 && alike * 10 >= self.tries * 9,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(seconds: i64, reason: Reason, sub: &str, kid: &str) -> SuspectRefusal {
        let name = |text: &str| (!text.is_empty()).then(|| Name::of(text));
        let time = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let line = Place { stream: StreamId(0), line: 0 };
        let client = "192.0.2.1".into();
        SuspectRefusal { time, line, client, service: None, reason, sub: name(sub), kid: name(kid), agent: None }
    }

    /// The signs at the last refusal.
    fn shown(refusals: &[SuspectRefusal]) -> Signs {
        signs(refusals, &[], false).last().map_or_else(Signs::default, |(_, signs)| *signs)
    }

    #[test]
    fn what_moved_out_of_the_window_counts_no_more() {
        let many = |from: i64| (0..250).map(move |n| refusal(from + n, Reason::SubNotFound, &format!("u-{n}"), ""));
        assert_eq!(shown(&many(0).collect::<Vec<_>>()).strangers, Strangers::Signed);
        let later = many(0).chain([refusal(7200, Reason::SubNotFound, "x", "")]);
        assert_eq!(shown(&later.collect::<Vec<_>>()).strangers, Strangers::Few);
        let keys = |n: i64| refusal(n * 600, Reason::KeyNotFound, "", &format!("k-{n}"));
        assert!(!shown(&(0..30).map(keys).collect::<Vec<_>>()).makes_up_keys, "seven of them within an hour");
    }

    #[test]
    fn users_that_are_numbered_one_after_the_other_are_counted_through() {
        let named = |number: &dyn Fn(i64) -> i64| {
            let tries: Vec<_> = (0..20).map(|n| refusal(n, Reason::SubNotFound, &format!("M{}", number(n)), "")).collect();
            shown(&tries).strangers
        };
        assert_eq!(named(&|n| 4_400_000 + 7 * n), Strangers::Counted);
        assert_eq!(named(&|n| n * 7919 % 10_007), Strangers::Tried);
    }

    #[test]
    fn one_token_again_and_again_is_none_that_was_made_up() {
        let again = |n: i64| refusal(n, Reason::KeyNotFound, "u", "k");
        assert!(!shown(&(0..500).map(again).collect::<Vec<_>>()).any());
        let users = |n: i64| refusal(n, Reason::SubNotFound, &format!("u-{}", n % 12), "");
        assert!(!shown(&(0..60).map(users).collect::<Vec<_>>()).any(), "a dozen that try again");
    }

    #[test]
    fn an_address_is_asked_near_in_time() {
        let at = |hours: i64| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let address = Address(vec![(at(10), Signs { forges: true, ..Signs::default() })]);
        assert!(address.around(at(11)).forges && address.around(at(9)).forges);
        assert!(!address.around(at(13)).any());
    }
}
