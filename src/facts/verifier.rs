//! What verifiers made of tokens, summed up by key and by service: first and last acceptance and refusal, by instance.
//!
//! Sums, not lists: a question about a key costs the same whether it signed ten tokens or ten million.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{DateTime, Utc};

use crate::facts::world::Success;
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::hash::HashMap;
use crate::model::event::Reason;
use crate::model::name::Name;

/// The first and the last time of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub first: DateTime<Utc>,
    /// The last.
    pub last: DateTime<Utc>,
}

impl Span {
    fn at(time: DateTime<Utc>) -> Self {
        Self { first: time, last: time }
    }

    fn add(&mut self, time: DateTime<Utc>) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }

    fn join(spans: impl Iterator<Item = Self>) -> Option<Self> {
        spans.reduce(|a, b| Self { first: a.first.min(b.first), last: a.last.max(b.last) })
    }
}

/// What one verifier made of the tokens of one key, or of all keys.
#[derive(Debug, Clone, Default)]
pub struct VerifierStats {
    /// Tokens that were accepted.
    pub accepted: Option<Span>,
    /// Tokens that were refused, by reason: a key has few of them, and there may be as many keys as refusals.
    refused: Vec<(Reason, Span)>,
    hosts: HashMap<Name, Instance>,
    /// When tokens were issued whose signature did not hold, sorted.
    unsound: Vec<i64>,
    /// When the youngest accepted token was issued.
    youngest: Option<i64>,
}

impl VerifierStats {
    /// The first and last refusal for any reason.
    pub fn refusals(&self) -> Option<Span> {
        Span::join(self.refused.iter().map(|(_, span)| *span))
    }

    /// The first and last refusal for one reason.
    pub fn refused_for(&self, reason: Reason) -> Option<Span> {
        self.refused.iter().find(|(known, _)| *known == reason).map(|(_, span)| *span)
    }

    /// Whether any token was accepted before `time`.
    pub fn accepted_before(&self, time: DateTime<Utc>) -> bool {
        self.accepted.is_some_and(|accepted| accepted.first < time)
    }

    /// Whether any token was accepted after `time`.
    pub fn accepted_after(&self, time: DateTime<Utc>) -> bool {
        self.accepted.is_some_and(|accepted| accepted.last > time)
    }

    /// How many tokens issued after `since` failed their signature, if none of them verified.
    pub fn unsound_since(&self, since: DateTime<Utc>) -> usize {
        let since = since.timestamp();
        if self.youngest.is_some_and(|iat| iat > since) {
            return 0;
        }
        self.unsound.len() - self.unsound.partition_point(|iat| *iat <= since + 5)
    }

    /// The instances that refused, and those that accepted since the first of them did.
    pub fn instances(&self) -> (BTreeSet<Name>, BTreeSet<Name>) {
        let Some(first) = self.hosts.values().filter_map(|instance| instance.first_refusal).min() else {
            return Default::default();
        };
        let refusing = self.hosts.iter().filter(|(_, instance)| instance.first_refusal.is_some()).map(|(host, _)| *host);
        let accepting = self
            .hosts
            .iter()
            .filter(|(_, instance)| instance.last_acceptance.is_some_and(|accepted| accepted >= first))
            .map(|(host, _)| *host);
        (refusing.collect(), accepting.collect())
    }

    fn add(&mut self, token: &Token) {
        match token.refused {
            None => {
                self.accepted.get_or_insert(Span::at(token.time)).add(token.time);
                self.youngest = self.youngest.max(token.iat);
            }
            Some(reason) => {
                if let Some((_, span)) = self.refused.iter_mut().find(|(known, _)| *known == reason) {
                    span.add(token.time);
                } else {
                    self.refused.reserve_exact(1);
                    self.refused.push((reason, Span::at(token.time)));
                }
                if reason == Reason::SignatureInvalid {
                    self.unsound.extend(token.iat);
                }
            }
        }
        if let Some(host) = token.host {
            let instance = self.hosts.entry(host).or_default();
            match token.refused {
                None => instance.last_acceptance = instance.last_acceptance.max(Some(token.time)),
                Some(_) => {
                    instance.first_refusal = Some(instance.first_refusal.map_or(token.time, |first| first.min(token.time)));
                }
            }
        }
    }
}

/// One instance of a verifier.
#[derive(Debug, Clone, Copy, Default)]
struct Instance {
    first_refusal: Option<DateTime<Utc>>,
    last_acceptance: Option<DateTime<Utc>>,
}

/// A token that was judged.
struct Token {
    time: DateTime<Utc>,
    refused: Option<Reason>,
    service: Option<Name>,
    kid: Option<Name>,
    host: Option<Name>,
    iat: Option<i64>,
}

/// All tokens that were judged.
#[derive(Debug, Default)]
pub struct Verdicts {
    by_service: HashMap<Name, VerifierStats>,
    /// What services made of keys: those of one key stand together, in the order of the services' names.
    by_key: Vec<(Name, VerifierStats)>,
    /// Where in that list each key's are.
    of_key: HashMap<Name, Range<usize>>,
    /// Keys by their first acceptance, and by their last, latest first.
    first_accepted: Vec<(DateTime<Utc>, Name)>,
    last_accepted: Vec<(DateTime<Utc>, Name)>,
}

impl Verdicts {
    /// Sums up.
    pub fn of(successes: &[Success], cases: &[Case]) -> Self {
        let mut verdicts = Self::default();
        let mut by_key: HashMap<(Name, Name), VerifierStats> = HashMap::default();
        for case in cases {
            let Some(time) = case.time else { continue };
            let token =
                Token { time, refused: Some(case.reason), service: case.service, kid: case.kid, host: case.host, iat: case.iat };
            verdicts.add(&token, &mut by_key);
        }
        for success in successes {
            let token = Token {
                time: success.time,
                refused: None,
                service: success.service,
                kid: success.kid,
                host: success.host,
                iat: success.iat,
            };
            verdicts.add(&token, &mut by_key);
        }
        verdicts.put_in_order(by_key);
        let accepted: Vec<(Span, Name)> = verdicts.keys().filter_map(|kid| Some((verdicts.accepted(kid)?, kid))).collect();
        verdicts.first_accepted = accepted.iter().map(|(span, kid)| (span.first, *kid)).collect();
        verdicts.first_accepted.sort();
        verdicts.last_accepted = accepted.into_iter().map(|(span, kid)| (span.last, kid)).collect();
        verdicts.last_accepted.sort_by(|a, b| b.cmp(a));
        verdicts
    }

    fn add(&mut self, token: &Token, by_key: &mut HashMap<(Name, Name), VerifierStats>) {
        let service = token.service.map(plain_name);
        if let Some(kid) = token.kid {
            by_key.entry((kid, service.unwrap_or_default())).or_default().add(token);
        }
        if let Some(service) = service.filter(|service| !service.is_empty()) {
            self.by_service.entry(service).or_default().add(token);
        }
    }

    fn put_in_order(&mut self, by_key: HashMap<(Name, Name), VerifierStats>) {
        let mut pairs: Vec<((Name, Name), VerifierStats)> = by_key.into_iter().collect();
        pairs.sort_unstable_by_key(|(pair, _)| *pair);
        for (place, ((kid, _), _)) in pairs.iter().enumerate() {
            self.of_key.entry(*kid).or_insert(place..place).end = place + 1;
        }
        self.by_key = pairs.into_iter().map(|((_, service), judged)| (service, judged)).collect();
        for judged in self.by_service.values_mut().chain(self.by_key.iter_mut().map(|(_, judged)| judged)) {
            judged.unsound.sort_unstable();
        }
    }

    /// What a service made of all tokens.
    pub fn at(&self, service: Option<Name>) -> Option<&VerifierStats> {
        self.by_service.get(&plain_name(service?))
    }

    /// Whether a service judges tokens.
    pub fn judges(&self, service: Name) -> bool {
        self.by_service.contains_key(&plain_name(service))
    }

    /// What each service made of a key's tokens; the empty name is of those unknown.
    pub fn key(&self, kid: Name) -> impl Iterator<Item = (Name, &VerifierStats)> {
        self.judged(kid).iter().map(|(service, judged)| (*service, judged))
    }

    /// What one service made of a key's tokens.
    pub fn key_at(&self, kid: Name, service: Option<Name>) -> Option<&VerifierStats> {
        let (of_key, service) = (self.judged(kid), plain_name(service?));
        let place = of_key.binary_search_by_key(&service, |(service, _)| *service).ok()?;
        Some(&of_key[place].1)
    }

    fn judged(&self, kid: Name) -> &[(Name, VerifierStats)] {
        self.of_key.get(&kid).map_or(&[], |range| &self.by_key[range.clone()])
    }

    /// When tokens of a key were accepted anywhere.
    pub fn accepted(&self, kid: Name) -> Option<Span> {
        Span::join(self.key(kid).filter_map(|(_, judged)| judged.accepted))
    }

    /// When tokens of a key were refused anywhere.
    pub fn refused(&self, kid: Name) -> Option<Span> {
        Span::join(self.key(kid).filter_map(|(_, judged)| judged.refusals()))
    }

    /// Whether another key was accepted before `time`.
    pub fn another_before(&self, kid: Name, time: DateTime<Utc>) -> bool {
        self.first_accepted.iter().take_while(|(first, _)| *first < time).any(|(_, other)| *other != kid)
    }

    /// Whether another key was accepted at or after `time`.
    pub fn another_after(&self, kid: Name, time: DateTime<Utc>) -> bool {
        self.last_accepted.iter().take_while(|(last, _)| *last >= time).any(|(_, other)| *other != kid)
    }

    /// Every key, in no order.
    pub fn keys(&self) -> impl Iterator<Item = Name> {
        self.of_key.keys().copied()
    }
}
