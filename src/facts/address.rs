//! What each address did that only somebody does who tries tokens, and when.
//!
//! Users' tokens go bad too: keys are retired, tokens are cut, ids are mapped wrongly. That is one token again and again,
//! or it befalls many at once. Somebody who tries makes many tokens, each once, gets none accepted, and is alone with it.
//! What an address did counts for an hour; each refusal counts once, however many lines tell of it.

use crate::group::subject_shape::shape;
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::facts::history;
use crate::facts::world::Facts;
use crate::group::merge::Case;
use crate::group::split;
use crate::group::subject_shape::Shape;
use crate::hash::HashMap;
use crate::model::event::{EventKind, Reason};
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
    /// The event of the first such refusal.
    pub first: Option<usize>,
}

impl Signs {
    /// Whether there is any.
    pub fn any(self) -> bool {
        self.forges || self.makes_up_keys || self.strangers != Strangers::Few
    }
}

/// What one address did: signs by the time of the refusals that show them.
#[derive(Debug, Default)]
pub struct Address(Vec<(DateTime<Utc>, Signs)>);

impl Address {
    /// What it showed nearest to a time, if that is near at all.
    pub fn around(&self, time: DateTime<Utc>) -> Signs {
        let at = self.0.partition_point(|(other, _)| *other < time);
        let sides = [at.checked_sub(1), Some(at)].into_iter().flatten().filter_map(|place| self.0.get(place));
        let nearest = sides.min_by_key(|(other, _)| (*other - time).abs());
        nearest.filter(|(other, _)| (*other - time).abs() <= NEAR).map_or_else(Signs::default, |(_, signs)| *signs)
    }
}

/// A refusal that somebody who tries tokens gets, and others too.
struct Deed {
    time: DateTime<Utc>,
    event: usize,
    reason: Reason,
    sub: Option<Name>,
    kid: Option<Name>,
    agent: Option<Name>,
}

/// Why a refusal may be that of somebody who tries: of real users and keys only what nobody does by accident.
fn is_suspect(case: &Case, facts: &Facts<'_>) -> bool {
    let stranger = case.sub.is_none_or(|sub| !facts.knows(sub));
    match case.reason {
        Reason::AlgorithmNotAllowed => true,
        Reason::SignatureInvalid | Reason::TokenMalformed | Reason::SubNotFound => stranger,
        Reason::KeyNotFound => stranger && case.kid.is_none_or(|kid| !facts.knows_key(kid)),
        _ => false,
    }
}

/// The addresses that show any sign.
pub fn addresses(cases: &[Case], facts: &Facts<'_>) -> HashMap<Name, Address> {
    let mut deeds: BTreeMap<Name, Vec<Deed>> = BTreeMap::new();
    let suspects: Vec<&Case> = cases.iter().filter(|case| case.client_ip.is_some() && is_suspect(case, facts)).collect();
    let common = in_crowds(&suspects);
    for (case, _) in suspects.iter().zip(common).filter(|(_, common)| !common) {
        if let (Some(client), Some(time)) = (case.client_ip, case.time) {
            let Case { deciding: event, reason, sub, kid, user_agent: agent, .. } = **case;
            deeds.entry(client).or_default().push(Deed { time, event, reason, sub, kid, agent });
        }
    }
    deeds.retain(|_, deeds| deeds.len() > 2);
    let good = good_times(cases, &deeds, facts);
    deeds
        .into_iter()
        .filter_map(|(client, mut deeds)| {
            deeds.sort_by_key(|deed| (deed.time, deed.event));
            let good = good.get(&client).map_or(&[][..], Vec::as_slice);
            let signs = signs(&deeds, good, is_proxy(&client));
            signs.iter().any(|(_, signs)| signs.any()).then_some((client, Address(signs)))
        })
        .collect()
}

/// Whether many may be behind an address: one of a network of one's own.
fn is_proxy(client: &str) -> bool {
    matches!(client, "127.0.0.1" | "::1" | "localhost") || split::is_private(client)
}

/// For each refusal whether as many others were refused alike at that service around then: a rotation, a mapping or a
/// store hits everybody.
fn in_crowds(cases: &[&Case]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..cases.len()).filter(|place| cases[*place].time.is_some()).collect();
    let kind = |place: usize| (cases[place].service.map(Name::number), cases[place].reason);
    order.sort_unstable_by_key(|place| (kind(*place), cases[*place].time, *place));
    let mut common = vec![false; cases.len()];
    for alike in order.chunk_by(|a, b| kind(*a) == kind(*b)) {
        let mut around = Counts(HashMap::default());
        let (mut from, mut to) = (0, 0);
        for place in alike {
            let time = cases[*place].time;
            let late = |other: usize| cases[other].time > time.map(|time| time + BURST);
            let early = |other: usize| cases[other].time < time.map(|time| time - BURST);
            while let Some(other) = alike.get(to).filter(|other| !late(**other)) {
                around.change(cases[*other].client_ip, true);
                to += 1;
            }
            while early(alike[from]) {
                around.change(cases[alike[from]].client_ip, false);
                from += 1;
            }
            common[*place] = around.0.len() > CROWD && to - from >= 2 * around.of(&cases[*place].client_ip);
        }
    }
    common
}

/// When users who exist used an address: their tokens were accepted, issued to it or refused, sorted.
fn good_times(cases: &[Case], deeds: &BTreeMap<Name, Vec<Deed>>, facts: &Facts<'_>) -> HashMap<Name, Vec<DateTime<Utc>>> {
    let mut good: HashMap<Name, Vec<DateTime<Utc>>> = HashMap::default();
    // A public page is let through without any token.
    let accepted = facts.successes.iter().filter(|success| !success.sub.is_empty() || success.kid.is_some());
    let issued = facts.events.iter().filter(|event| event.kind == EventKind::TokenIssued);
    let known = cases.iter().filter(|case| case.sub.is_some_and(|sub| facts.knows(sub)));
    let times = accepted
        .map(|success| (success.client, Some(success.time)))
        .chain(issued.map(|event| (event.client_ip, event.time)))
        .chain(known.map(|case| (case.client_ip, case.time)));
    for (client, time) in times {
        if let (Some(client), Some(time)) = (client.filter(|client| deeds.contains_key(client)), time) {
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
        let honest = history::any_within(good, deed.time - NEAR, deed.time + NEAR);
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
                first: deeds.get(near.from).map(|deed| deed.event),
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
                self.shapes.change(shape(&sub), adds);
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
        Deed { time, event: 0, reason, sub: name(sub), kid: name(kid), agent: None }
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
