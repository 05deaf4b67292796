//! What verifiers made of tokens, summed up by key and by service: first and last acceptance and refusal, by instance.
//!
//! Sums, not lists: a question about a key costs the same whether it signed ten tokens or ten million.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::maps;
use crate::facts::success::Success;
use crate::facts::times::{Minutes, Span};
use crate::facts::written::pairs;
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::hash::HashMap;
use crate::model::event::Reason;
use crate::model::name::Name;

/// What one verifier made of the tokens of one key, or of all keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VerifierStats {
    /// Tokens that were accepted.
    pub accepted: Option<Span>,
    /// Tokens that were refused, by reason: a key has few of them, and there may be as many keys as refusals.
    refused: Vec<(Reason, Span)>,
    #[serde(with = "pairs")]
    hosts: HashMap<Name, Instance>,
    /// When tokens were issued whose signature did not hold; sorted once all are known.
    unsound: Vec<i64>,
    /// When the youngest accepted token was issued.
    youngest: Option<i64>,
    /// When the signature of a token held, as far as kept by key: it was accepted, or refused for what is looked at later.
    verified: Minutes,
    /// When a token was refused for its key, likewise.
    unknown: Minutes,
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

    /// Adds when the key of a token was known, and when it was not.
    fn add_key(&mut self, token: &Token) {
        match token.refused {
            None => self.verified.add(token.time),
            Some(reason) if is_after_signature(reason) => self.verified.add(token.time),
            Some(reason) if reason.is_of_key() => self.unknown.add(token.time),
            Some(_) => {}
        }
    }

    /// When the signature of a token held.
    pub fn verified(&self) -> &Minutes {
        &self.verified
    }

    /// When a token was refused for its key.
    pub fn unknown(&self) -> &Minutes {
        &self.unknown
    }

    fn add(&mut self, token: &Token) {
        match token.refused {
            None => {
                let here = Span::at(token.time);
                self.accepted = Some(self.accepted.map_or(here, |known| known.with(here)));
                self.youngest = self.youngest.max(token.iat);
            }
            Some(reason) => {
                self.refuse(reason, Span::at(token.time));
                if reason == Reason::SignatureInvalid {
                    self.unsound.extend(token.iat);
                }
            }
        }
        if let Some(host) = token.host {
            let (refused, accepted) = if token.refused.is_some() { (Some(token.time), None) } else { (None, Some(token.time)) };
            self.hosts.entry(host).or_default().merge(Instance { first_refusal: refused, last_acceptance: accepted });
        }
    }

    fn merge(&mut self, mut other: Self) {
        self.accepted = Span::join([self.accepted, other.accepted].into_iter().flatten());
        for (reason, span) in other.refused {
            self.refuse(reason, span);
        }
        maps::merge(&mut self.hosts, other.hosts, Instance::merge);
        self.unsound.append(&mut other.unsound);
        self.verified.merge(other.verified);
        self.unknown.merge(other.unknown);
        self.youngest = self.youngest.max(other.youngest);
    }

    fn refuse(&mut self, reason: Reason, span: Span) {
        if let Some((_, known)) = self.refused.iter_mut().find(|(known, _)| *known == reason) {
            *known = known.with(span);
        } else {
            self.refused.reserve_exact(1);
            self.refused.push((reason, span));
        }
    }
}

/// Whether a token that is refused for a reason had a signature that held.
fn is_after_signature(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::SubNotFound
            | Reason::UserDisabled
            | Reason::TokenRevoked
            | Reason::TokenExpired
            | Reason::ScopeInsufficient
            | Reason::UserStoreUnavailable
    )
}

/// One instance of a verifier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Instance {
    first_refusal: Option<DateTime<Utc>>,
    last_acceptance: Option<DateTime<Utc>>,
}

impl Instance {
    fn merge(&mut self, other: Self) {
        self.last_acceptance = self.last_acceptance.max(other.last_acceptance);
        self.first_refusal = [self.first_refusal, other.first_refusal].into_iter().flatten().min();
    }
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

/// What verifiers made of tokens, as far as gathered: of all tokens by service, and of those of a key by key and service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Verifiers {
    #[serde(with = "pairs")]
    by_service: HashMap<Name, VerifierStats>,
    #[serde(with = "pairs")]
    by_key: HashMap<(Name, Name), VerifierStats>,
}

impl Verifiers {
    /// Adds a refused request.
    pub fn refused(&mut self, case: &Case) {
        if let Some(time) = case.time {
            let Case { service, host, iat, reason, .. } = *case;
            let kid = case.kid.filter(|_| case.kid_from.is_none());
            self.add(&Token { time, refused: Some(reason), service, kid, host, iat });
        }
    }

    /// Adds a request that was let through.
    pub fn let_through(&mut self, success: &Success) {
        let Success { time, service, kid, host, iat, .. } = *success;
        self.add(&Token { time, refused: None, service, kid, host, iat });
    }

    fn add(&mut self, token: &Token) {
        let service = token.service.map(plain_name);
        if let Some(kid) = token.kid {
            let stats = self.by_key.entry((kid, service.unwrap_or_default())).or_default();
            stats.add(token);
            stats.add_key(token);
        }
        if let Some(service) = service.filter(|service| !service.is_empty()) {
            self.by_service.entry(service).or_default().add(token);
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        maps::merge(&mut self.by_service, other.by_service, VerifierStats::merge);
        maps::merge(&mut self.by_key, other.by_key, VerifierStats::merge);
    }

    /// Sorts and indexes what was gathered.
    pub fn settle(self) -> KnownVerifiers {
        let Self { by_service, by_key } = self;
        let mut known = KnownVerifiers { by_service, ..KnownVerifiers::default() };
        known.put_in_order(by_key);
        let accepted: Vec<(Span, Name)> = known.keys().filter_map(|kid| Some((known.accepted(kid)?, kid))).collect();
        known.first_accepted = accepted.iter().map(|(span, kid)| (span.first, *kid)).collect();
        known.first_accepted.sort();
        known.last_accepted = accepted.into_iter().map(|(span, kid)| (span.last, kid)).collect();
        known.last_accepted.sort_by(|a, b| b.cmp(a));
        known
    }
}

/// What verifiers made of tokens, indexed by service and key.
#[derive(Debug, Clone, Default)]
pub struct KnownVerifiers {
    by_service: HashMap<Name, VerifierStats>,
    /// What services made of keys: those of one key stand together, in the order of the services' names.
    by_key: Vec<(Name, VerifierStats)>,
    /// Where in that list each key's are.
    of_key: HashMap<Name, Range<usize>>,
    /// Keys by their first acceptance, and by their last, latest first.
    first_accepted: Vec<(DateTime<Utc>, Name)>,
    last_accepted: Vec<(DateTime<Utc>, Name)>,
}

impl KnownVerifiers {
    fn put_in_order(&mut self, by_key: HashMap<(Name, Name), VerifierStats>) {
        let mut pairs: Vec<((Name, Name), VerifierStats)> = by_key.into_iter().collect();
        pairs.sort_unstable_by_key(|(pair, _)| *pair);
        for (index, ((kid, _), _)) in pairs.iter().enumerate() {
            self.of_key.entry(*kid).or_insert(index..index).end = index + 1;
        }
        self.by_key = pairs.into_iter().map(|((_, service), stats)| (service, stats)).collect();
        for stats in self.by_service.values_mut().chain(self.by_key.iter_mut().map(|(_, stats)| stats)) {
            stats.unsound.sort_unstable();
        }
    }

    /// What is known of one key, or of none.
    #[must_use]
    pub fn only_of(&self, kid: Option<Name>) -> Self {
        let by_key = kid.map_or_else(Vec::new, |kid| self.of_one(kid).to_vec());
        let of_key = kid.map(|kid| (kid, 0..by_key.len())).into_iter().collect();
        Self { by_key, of_key, ..Self::default() }
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
        self.of_one(kid).iter().map(|(service, stats)| (*service, stats))
    }

    /// What one service made of a key's tokens.
    pub fn key_at(&self, kid: Name, service: Option<Name>) -> Option<&VerifierStats> {
        let (of_key, service) = (self.of_one(kid), plain_name(service?));
        let index = of_key.binary_search_by_key(&service, |(service, _)| *service).ok()?;
        Some(&of_key[index].1)
    }

    fn of_one(&self, kid: Name) -> &[(Name, VerifierStats)] {
        self.of_key.get(&kid).map_or(&[], |range| &self.by_key[range.clone()])
    }

    /// When tokens of a key were accepted anywhere.
    pub fn accepted(&self, kid: Name) -> Option<Span> {
        Span::join(self.key(kid).filter_map(|(_, stats)| stats.accepted))
    }

    /// When tokens of a key were refused anywhere.
    pub fn refused(&self, kid: Name) -> Option<Span> {
        Span::join(self.key(kid).filter_map(|(_, stats)| stats.refusals()))
    }

    /// From when to when signatures of a key held anywhere.
    pub fn verified(&self, kid: Name) -> Option<Span> {
        Span::join(self.key(kid).filter_map(|(_, stats)| stats.verified.span()))
    }

    /// From when to when tokens were refused anywhere for want of a key.
    pub fn unknown(&self, kid: Name) -> Option<Span> {
        Span::join(self.key(kid).filter_map(|(_, stats)| stats.unknown.span()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Place, StreamId};

    fn accepted(second: i64, service: &str) -> Success {
        Success {
            time: DateTime::from_timestamp(second, 0).unwrap(),
            place: Place { stream: StreamId(0), line: 1 },
            sub: "7f3a".into(),
            service: Some(service.into()),
            host: Some("h1".into()),
            kid: Some("k1".into()),
            iat: Some(second),
            client: None,
        }
    }

    #[test]
    fn parts_sum_up_to_the_first_and_the_last_of_all() {
        let part = |seconds: &[i64], service: &str| {
            let mut part = Verifiers::default();
            for second in seconds {
                part.let_through(&accepted(*second, service));
            }
            part
        };
        let mut one = part(&[50, 20], "orders");
        one.merge(part(&[90], "orders"));
        one.merge(part(&[10], "cart"));
        let known = one.settle();
        let span =
            |stats: Option<&VerifierStats>| stats.unwrap().accepted.map(|span| (span.first.timestamp(), span.last.timestamp()));
        assert_eq!(span(known.key_at("k1".into(), Some("orders-svc".into()))), Some((20, 90)));
        assert_eq!(span(known.at(Some("cart".into()))), Some((10, 10)));
        assert_eq!(known.accepted("k1".into()).map(|span| span.first.timestamp()), Some(10));
    }
}
