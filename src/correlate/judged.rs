//! What verifiers made of tokens, summed up by key and by service: first and last acceptance and refusal, by instance.
//!
//! Sums, not lists: a question about a key costs the same whether it signed ten tokens or ten million.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::merge::Case;
use super::world::{Success, plain_name};
use crate::event::Reason;
use crate::hash::HashMap;
use crate::name::Name;

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
pub struct Judged {
    /// Tokens that were accepted.
    pub accepted: Option<Span>,
    /// Tokens that were refused, by reason.
    pub refused: BTreeMap<Reason, Span>,
    hosts: HashMap<Name, Instance>,
    /// When tokens were issued whose signature did not hold, sorted.
    unsound: Vec<i64>,
    /// When the youngest accepted token was issued.
    youngest: Option<i64>,
}

impl Judged {
    /// The first and last refusal for any reason.
    pub fn refusals(&self) -> Option<Span> {
        Span::join(self.refused.values().copied())
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
                self.refused.entry(reason).or_insert(Span::at(token.time)).add(token.time);
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
    by_service: HashMap<Name, Judged>,
    by_key: HashMap<Name, BTreeMap<Name, Judged>>,
    /// Keys by their first acceptance, and by their last, latest first.
    first_accepted: Vec<(DateTime<Utc>, Name)>,
    last_accepted: Vec<(DateTime<Utc>, Name)>,
}

impl Verdicts {
    /// Sums up.
    pub fn of(successes: &[Success], cases: &[Case]) -> Self {
        let mut verdicts = Self::default();
        for case in cases {
            let Some(time) = case.time else { continue };
            verdicts.add(&Token {
                time,
                refused: Some(case.reason),
                service: case.service,
                kid: case.kid,
                host: case.host,
                iat: case.iat,
            });
        }
        for success in successes {
            verdicts.add(&Token {
                time: success.time,
                refused: None,
                service: success.service,
                kid: success.kid,
                host: success.host,
                iat: success.iat,
            });
        }
        for judged in verdicts.by_service.values_mut().chain(verdicts.by_key.values_mut().flat_map(BTreeMap::values_mut)) {
            judged.unsound.sort_unstable();
        }
        let accepted: Vec<(Span, Name)> =
            verdicts.by_key.keys().filter_map(|kid| Some((verdicts.accepted(*kid)?, *kid))).collect();
        verdicts.first_accepted = accepted.iter().map(|(span, kid)| (span.first, *kid)).collect();
        verdicts.first_accepted.sort();
        verdicts.last_accepted = accepted.into_iter().map(|(span, kid)| (span.last, kid)).collect();
        verdicts.last_accepted.sort_by(|a, b| b.cmp(a));
        verdicts
    }

    fn add(&mut self, token: &Token) {
        let service = token.service.map(plain_name);
        if let Some(kid) = token.kid {
            self.by_key.entry(kid).or_default().entry(service.unwrap_or_default()).or_default().add(token);
        }
        if let Some(service) = service.filter(|service| !service.is_empty()) {
            self.by_service.entry(service).or_default().add(token);
        }
    }

    /// What a service made of all tokens.
    pub fn at(&self, service: Option<Name>) -> Option<&Judged> {
        self.by_service.get(&plain_name(service?))
    }

    /// Whether a service judges tokens.
    pub fn judges(&self, service: Name) -> bool {
        self.by_service.contains_key(&plain_name(service))
    }

    /// What each service made of a key's tokens; the empty name is of those unknown.
    pub fn key(&self, kid: Name) -> impl Iterator<Item = (Name, &Judged)> {
        self.by_key.get(&kid).into_iter().flatten().map(|(service, judged)| (*service, judged))
    }

    /// What one service made of a key's tokens.
    pub fn key_at(&self, kid: Name, service: Option<Name>) -> Option<&Judged> {
        self.by_key.get(&kid)?.get(&plain_name(service?))
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
        self.by_key.keys().copied()
    }
}
