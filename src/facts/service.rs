//! What is known of services: when their logs begin, which issue tokens and announce keys, which look users up, and which
//! issuer tokens name.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::maps;
use crate::facts::written::{items, pairs};
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, Reason};
use crate::model::name::Name;

/// What services that issue tokens are called.
const ISSUERS: [&str; 24] = [
    "auth",
    "auth0",
    "authelia",
    "authentik",
    "authn",
    "authserver",
    "cas",
    "cognito",
    "dex",
    "fusionauth",
    "gotrue",
    "hydra",
    "identity",
    "identityserver",
    "idp",
    "issuer",
    "keycloak",
    "kratos",
    "login",
    "oauth",
    "oidc",
    "ory",
    "sso",
    "zitadel",
];

/// Who refused so often for a key shows what else it looks at.
const KEYS_MIN: u64 = 10;

/// What was gathered so far, by the names that lines give.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Services {
    #[serde(with = "pairs")]
    first_seen: HashMap<Name, DateTime<Utc>>,
    #[serde(serialize_with = "items::serialize")]
    issuing: HashSet<Name>,
    #[serde(serialize_with = "items::serialize")]
    looks_up: HashSet<Name>,
    /// How many requests each refused for the key.
    #[serde(with = "pairs")]
    for_the_key: HashMap<Name, u64>,
    /// How many events that are no refusal have a token of each issuer.
    #[serde(with = "pairs")]
    tokens: HashMap<Name, u64>,
}

impl Services {
    /// Adds an event.
    pub fn update(&mut self, event: &Event) {
        let starts = event.kind == EventKind::ConfigChanged;
        if let (Some(service), Some(time)) = (event.service.filter(|_| !starts), event.time) {
            see(&mut self.first_seen, service, time);
        }
        let issues =
            matches!(event.kind, EventKind::TokenIssued | EventKind::KeyAdded | EventKind::KeyRotated | EventKind::KeyRetired);
        self.issuing.extend(event.service.filter(|_| issues));
        if let Some(issuer) = event.claim(|claims| claims.iss).filter(|_| event.kind != EventKind::AuthFailure) {
            *self.tokens.entry(issuer).or_default() += 1;
        }
    }

    /// Adds a refused request: one that was refused for the user's own sake was looked up.
    pub fn refused(&mut self, case: &Case) {
        let of_the_user = matches!(case.reason, Reason::SubNotFound | Reason::UserDisabled | Reason::TokenRevoked);
        self.looks_up.extend(case.service.filter(|_| of_the_user));
        if let Some(service) = case.service.filter(|_| case.reason.is_of_key()) {
            *self.for_the_key.entry(service).or_default() += 1;
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        maps::merge(&mut self.first_seen, other.first_seen, |known, time| *known = time.min(*known));
        self.issuing.extend(other.issuing);
        self.looks_up.extend(other.looks_up);
        maps::merge(&mut self.for_the_key, other.for_the_key, |known, count| *known += count);
        maps::merge(&mut self.tokens, other.tokens, |known, count| *known += count);
    }

    /// Joins what was gathered by the plain names of services.
    pub fn settle(self) -> KnownServices {
        let mut first_seen = HashMap::default();
        #[expect(clippy::iter_over_hash_type, reason = "the soonest is the same in any order")]
        for (service, time) in self.first_seen {
            see(&mut first_seen, plain_name(service), time);
        }
        let mut for_the_key: HashMap<Name, u64> = HashMap::default();
        #[expect(clippy::iter_over_hash_type, reason = "a sum is the same in any order")]
        for (service, count) in self.for_the_key {
            *for_the_key.entry(plain_name(service)).or_default() += count;
        }
        let plain = |services: HashSet<Name>| services.into_iter().map(plain_name).collect();
        let most = self.tokens.into_iter().max_by_key(|(issuer, count)| (*count, Reverse(*issuer)));
        KnownServices {
            first_seen,
            issuing: plain(self.issuing),
            looks_up: plain(self.looks_up),
            for_the_key,
            main_issuer: most.map(|(issuer, _)| issuer),
        }
    }
}

/// Notes when a service was seen, if never sooner.
fn see(first_seen: &mut HashMap<Name, DateTime<Utc>>, service: Name, time: DateTime<Utc>) {
    first_seen.entry(service).and_modify(|first| *first = time.min(*first)).or_insert(time);
}

/// What is known of services, by their plain names.
#[derive(Debug, Clone, Default)]
pub struct KnownServices {
    /// The first line of each.
    pub first_seen: HashMap<Name, DateTime<Utc>>,
    /// Those that issue tokens or announce keys.
    pub issuing: HashSet<Name>,
    /// Those that refused a user for the state of the account: they look users up.
    pub looks_up: HashSet<Name>,
    /// How many requests each refused for the key.
    for_the_key: HashMap<Name, u64>,
    /// The issuer of most tokens that were not refused.
    pub main_issuer: Option<Name>,
}

impl KnownServices {
    /// Whether a service refuses for keys, often enough to tell, and never for the state of an account.
    pub fn judges_keys_only(&self, service: Name) -> bool {
        let service = plain_name(service);
        self.for_the_key.get(&service).is_some_and(|count| *count >= KEYS_MIN) && !self.looks_up.contains(&service)
    }

    /// Whether a service issues tokens: it is seen to, the issuer's address names it, or it is called like what does.
    pub fn is_issuer(&self, service: Name, case: &Case) -> bool {
        let has_word = |text: &str, is_it: &dyn Fn(&str) -> bool| text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_it);
        let name = service.text();
        let issuers = || [case.iss, self.main_issuer].into_iter().flatten();
        self.issuing.contains(&service)
            || name.len() > 2 && issuers().any(|iss| has_word(&iss.text(), &|word| word.eq_ignore_ascii_case(&name)))
            || has_word(&name, &|word| ISSUERS.iter().any(|issuer| word.eq_ignore_ascii_case(issuer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Place, StreamId};

    fn event(service: &str, second: i64, issuer: &str) -> Event {
        let mut event = Event::bare(EventKind::AuthSuccess, Place { stream: StreamId(0), line: 1 });
        event.time = DateTime::from_timestamp(second, 0);
        event.service = Some(service.into());
        event.claims_mut().iss = Some(issuer.into());
        event
    }

    #[test]
    fn instances_of_one_service_are_one_and_the_issuer_of_most_tokens_is_the_main_one() {
        let (mut one, mut other) = (Services::default(), Services::default());
        one.update(&event("orders-2", 60, "a"));
        other.update(&event("orders-1", 30, "b"));
        other.update(&event("orders-1", 90, "b"));
        one.merge(other);
        let services = one.settle();
        assert_eq!(services.first_seen[&Name::of("orders")].timestamp(), 30);
        assert_eq!(services.main_issuer, Some("b".into()));
    }
}
