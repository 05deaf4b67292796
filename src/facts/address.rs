//! What each address did that only somebody does who tries tokens, and when.
//!
//! Users' tokens go bad too: keys are retired, tokens are cut, ids are mapped wrongly. That is one token again and again,
//! or it befalls many at once. Somebody who tries makes many tokens, each once, gets none accepted, and is alone with it.
//! What an address did counts for an hour; each refusal counts once, however many lines tell of it.

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

/// How long what an address did counts.
const NEAR: TimeDelta = TimeDelta::hours(1);
/// Tries within this time are a burst.
const BURST: TimeDelta = TimeDelta::minutes(1);
/// So many different tries are no accident (`probe_min`).
const PROBE_MIN: usize = 10;
/// So many different users that nobody ever saw are named by somebody who can sign.
const LEAKED_MIN: usize = 200;
/// So many tokens are not one that is stale.
const SEVERAL: usize = 3;
/// Fewer tampered tokens are somebody's who gets a request wrong.
const FORGED_MIN: usize = 5;
/// So many keys that nobody announced are no tenants' of one gateway.
const KEYS_MIN: usize = 20;
/// More user agents than this are more than one client: many are behind the address.
const AGENTS: usize = 3;
/// So many other clients that are refused alike within a minute share the cause.
const CROWD: usize = 5;

/// What is to be made of the users that an address names and nobody ever saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strangers {
    /// Nothing: there are few, or they are not like guesses.
    #[default]
    Few,
    /// They are tried: many, each once, in a burst.
    Tried,
    /// They are so many that whoever names them can sign.
    Signed,
}

/// What an address showed around some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signs {
    /// A forbidden algorithm, and other tokens that were tampered with, or all sorts of those.
    pub forges: bool,
    /// Many keys that nobody ever announced.
    pub makes_up_keys: bool,
    /// Users that nobody ever saw.
    pub strangers: Strangers,
    /// The line of the first such refusal.
    pub first: Option<Place>,
}

impl Signs {
    /// Whether there is any.
    pub fn any(self) -> bool {
        self.forges || self.makes_up_keys || self.strangers != Strangers::Few
    }
}

/// What one address did: signs by the time of the refusals that show them.
#[derive(Debug, Clone, Default)]
pub struct Address(Vec<(DateTime<Utc>, Signs)>);

impl Address {
    /// What it showed nearest to a time, if that is near at all.
    pub fn around(&self, time: DateTime<Utc>) -> Signs {
        let at = self.0.partition_point(|(other, _)| *other < time);
        let sides = [at.checked_sub(1), Some(at)].into_iter().flatten().filter_map(|index| self.0.get(index));
        let nearest = sides.min_by_key(|(other, _)| (*other - time).abs());
        nearest.filter(|(other, _)| (*other - time).abs() <= NEAR).map_or_else(Signs::default, |(_, signs)| *signs)
    }
}

/// A refusal that somebody who tries tokens gets, and others too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Deed {
    time: DateTime<Utc>,
    line: Place,
    client: Name,
    service: Option<Name>,
    reason: Reason,
    sub: Option<Name>,
    kid: Option<Name>,
    agent: Option<Name>,
}

impl Deed {
    fn of(case: &Case) -> Option<Self> {
        let Case { line, service, reason, sub, kid, user_agent: agent, .. } = *case;
        Some(Self { time: case.time?, line, client: case.client_ip?, service, reason, sub, kid, agent })
    }

    /// Whether it may be that of somebody who tries: of real users and keys only what nobody does by accident.
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
    /// To whom tokens were issued, and when.
    pub(super) issued: &'f [(Name, DateTime<Utc>)],
}

impl Known<'_> {
    fn is_user(&self, sub: Name) -> bool {
        self.subjects.get(&sub).is_some_and(|subject| subject.known)
    }
}

/// The refusals gathered so far of which somebody who tries tokens gets some.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Suspects {
    deeds: Vec<Deed>,
    /// Who was refused at which address, and when: users who exist use it too.
    bearers: Vec<(Name, Name, DateTime<Utc>)>,
}

impl Suspects {
    /// Takes in a refused request.
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
            self.deeds.extend(Deed::of(case));
        }
    }

    /// Takes in what another gathered.
    pub fn merge(&mut self, mut other: Self) {
        self.deeds.append(&mut other.deeds);
        self.bearers.append(&mut other.bearers);
    }

    /// Gives each stream the number that it has elsewhere.
    pub fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        for deed in &mut self.deeds {
            deed.line.stream = number(deed.line.stream);
        }
    }

    /// The addresses that show any sign.
    pub(super) fn settle(self, known: &Known<'_>) -> HashMap<Name, Address> {
        let Self { mut deeds, bearers } = self;
        deeds.retain(|deed| deed.is_suspect(known));
        let common = in_crowds(&deeds);
        let mut by_client: BTreeMap<Name, Vec<Deed>> = BTreeMap::new();
        for (deed, _) in deeds.into_iter().zip(common).filter(|(_, common)| !common) {
            by_client.entry(deed.client).or_default().push(deed);
        }
        by_client.retain(|_, deeds| deeds.len() > 2);
        let good = good_times(&bearers, &by_client, known);
        by_client
            .into_iter()
            .filter_map(|(client, mut deeds)| {
                deeds.sort_unstable();
                let good = good.get(&client).map_or(&[][..], Vec::as_slice);
                let signs = signs(&deeds, good, is_proxy(client));
                signs.iter().any(|(_, signs)| signs.any()).then_some((client, Address(signs)))
            })
            .collect()
    }
}

/// Whether many may be behind an address: one of a network of one's own.
fn is_proxy(client: Name) -> bool {
    client.with(|client| matches!(client, "127.0.0.1" | "::1" | "localhost")) || is_private(client)
}

/// For each refusal whether as many others were refused alike at that service around then: a rotation, a mapping or a
/// store hits everybody.
fn in_crowds(deeds: &[Deed]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..deeds.len()).collect();
    let kind = |index: usize| (deeds[index].service.map(Name::number), deeds[index].reason);
    order.sort_unstable_by_key(|index| (kind(*index), deeds[*index].time));
    let mut common = vec![false; deeds.len()];
    for alike in order.chunk_by(|a, b| kind(*a) == kind(*b)) {
        let mut around = Counts(HashMap::default());
        let (mut from, mut to) = (0, 0);
        for index in alike {
            let Deed { time, client, .. } = &deeds[*index];
            while let Some(other) = alike.get(to).filter(|other| deeds[**other].time <= *time + BURST) {
                around.change(deeds[*other].client, true);
                to += 1;
            }
            while deeds[alike[from]].time < *time - BURST {
                around.change(deeds[alike[from]].client, false);
                from += 1;
            }
            common[*index] = around.0.len() > CROWD && to - from >= 2 * around.of(client);
        }
    }
    common
}

/// When users who exist used an address: their tokens were accepted, issued to it or refused, sorted.
fn good_times(
    bearers: &[(Name, Name, DateTime<Utc>)],
    deeds: &BTreeMap<Name, Vec<Deed>>,
    known: &Known<'_>,
) -> HashMap<Name, Vec<DateTime<Utc>>> {
    let mut good: HashMap<Name, Vec<DateTime<Utc>>> = HashMap::default();
    // A public page is let through without any token.
    let accepted = known.successes.iter().filter(|success| !success.sub.is_empty() || success.kid.is_some());
    let accepted = accepted.filter_map(|success| Some((success.client?, success.time)));
    let refused = bearers.iter().filter(|(_, sub, _)| known.is_user(*sub)).map(|(client, _, time)| (*client, *time));
    for (client, time) in accepted.chain(known.issued.iter().copied()).chain(refused) {
        if deeds.contains_key(&client) {
            good.entry(client).or_default().push(time);
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each is sorted on its own")]
    for times in good.values_mut() {
        times.sort_unstable();
    }
    good
}

/// The signs around each of an address's deeds. `good` is when users who exist used it; behind a `proxy` are many.
fn signs(deeds: &[Deed], good: &[DateTime<Utc>], proxy: bool) -> Vec<(DateTime<Utc>, Signs)> {
    let (mut near, mut burst) = (Window::new(NEAR), Window::new(BURST / 2));
    let mut signs = Vec::with_capacity(deeds.len());
    for deed in deeds {
        near.move_to(deed.time, deeds);
        burst.move_to(deed.time, deeds);
        let honest = any_within(good, deed.time - NEAR, deed.time + NEAR);
        let one_client = near.agents.0.len() <= AGENTS;
        let tried = !honest && !proxy && one_client && burst.guesses();
        let many = near.guesses() && near.subjects.0.len() >= LEAKED_MIN;
        signs.push((
            deed.time,
            Signs {
                forges: one_client && near.forges(honest),
                makes_up_keys: !honest && !proxy && one_client && near.makes_up_keys(),
                strangers: match (tried, many) {
                    (false, _) => Strangers::Few,
                    (true, false) => Strangers::Tried,
                    (true, true) => Strangers::Signed,
                },
                first: deeds.get(near.from).map(|deed| deed.line),
            },
        ));
    }
    signs
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

/// What stands within some time of a deed, to both sides, as the deeds are gone through.
struct Window {
    reach: TimeDelta,
    /// The deeds in it.
    from: usize,
    to: usize,
    /// Tokens that may have been tampered with, and whom they name.
    tampered: usize,
    bearers: Counts<Name>,
    reasons: Counts<Reason>,
    keys: Counts<Name>,
    /// Refusals for a key that nobody ever announced.
    keyless: usize,
    agents: Counts<Name>,
    subjects: Counts<Name>,
    shapes: Counts<Shape>,
    /// Refusals for a missing user.
    tries: usize,
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
        }
    }

    fn move_to(&mut self, time: DateTime<Utc>, deeds: &[Deed]) {
        while let Some(deed) = deeds.get(self.to).filter(|deed| deed.time <= time + self.reach) {
            self.change(deed, true);
            self.to += 1;
        }
        while let Some(deed) = deeds.get(self.from).filter(|deed| deed.time < time - self.reach) {
            self.change(deed, false);
            self.from += 1;
        }
    }

    fn change(&mut self, deed: &Deed, adds: bool) {
        if let Some(agent) = deed.agent {
            self.agents.change(agent, adds);
        }
        if deed.reason == Reason::SubNotFound {
            self.tries = if adds { self.tries + 1 } else { self.tries - 1 };
            if let Some(sub) = deed.sub {
                self.subjects.change(sub, adds);
                self.shapes.change(shape(sub), adds);
            }
            return;
        }
        self.reasons.change(deed.reason, adds);
        // What marks a token as forged by itself may name nobody.
        if deed.reason != Reason::AlgorithmNotAllowed || deed.sub.is_some() {
            self.tampered = if adds { self.tampered + 1 } else { self.tampered - 1 };
        }
        if let Some(sub) = deed.sub {
            self.bearers.change(sub, adds);
        }
        if let (Some(kid), Reason::KeyNotFound) = (deed.kid, deed.reason) {
            self.keyless = if adds { self.keyless + 1 } else { self.keyless - 1 };
            self.keys.change(kid, adds);
        }
    }

    /// Whether many keys are named, each about once: a client repeats its own.
    fn makes_up_keys(&self) -> bool {
        self.keys.0.len() >= KEYS_MIN && self.keys.0.len() * 5 >= self.keyless * 4
    }

    /// Whether tokens were tampered with: a forbidden algorithm, and others beside it that are not one stale token, which
    /// each verifier refuses in its own way but can read; or without it very many of all sorts.
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

    /// Whether refusals for a missing user look like guesses: ids of one shape, hardly one twice. Where no line names
    /// them, there must be more than any client retries.
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

    fn deed(seconds: i64, reason: Reason, sub: &str, kid: &str) -> Deed {
        let name = |text: &str| (!text.is_empty()).then(|| Name::of(text));
        let time = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let line = Place { stream: StreamId(0), line: 0 };
        let client = "192.0.2.1".into();
        Deed { time, line, client, service: None, reason, sub: name(sub), kid: name(kid), agent: None }
    }

    /// What an address shows at last.
    fn shown(deeds: &[Deed]) -> Signs {
        signs(deeds, &[], false).last().map_or_else(Signs::default, |(_, signs)| *signs)
    }

    #[test]
    fn what_moved_out_of_the_window_counts_no_more() {
        let many = |from: i64| (0..250).map(move |n| deed(from + n, Reason::SubNotFound, &format!("u-{n}"), ""));
        assert_eq!(shown(&many(0).collect::<Vec<_>>()).strangers, Strangers::Signed);
        let later = many(0).chain([deed(7200, Reason::SubNotFound, "x", "")]);
        assert_eq!(shown(&later.collect::<Vec<_>>()).strangers, Strangers::Few);
        let keys = |n: i64| deed(n * 600, Reason::KeyNotFound, "", &format!("k-{n}"));
        assert!(!shown(&(0..30).map(keys).collect::<Vec<_>>()).makes_up_keys, "seven of them within an hour");
    }

    #[test]
    fn one_token_again_and_again_is_none_that_was_made_up() {
        let again = |n: i64| deed(n, Reason::KeyNotFound, "u", "k");
        assert!(!shown(&(0..500).map(again).collect::<Vec<_>>()).any());
        let users = |n: i64| deed(n, Reason::SubNotFound, &format!("u-{}", n % 12), "");
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
