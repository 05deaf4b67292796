//! Which services stand on a request's way: the gateways that meet it before the service that refuses, and the issuers
//! whose tokens that service accepts.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use crate::facts::maps;
use crate::facts::success::Success;
use crate::facts::written::pairs;
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind};
use crate::model::name::Name;

/// So many requests at least show that two services belong together.
const SHOWN_BY: u64 = 3;
/// And so many of a hundred of all that a service met.
const PERCENT: u64 = 10;

/// Of the users of an issuer so many are kept: those whose hash is lowest, which are the same in whatever parts.
const USERS_MOST: usize = 4096;

/// Users by the hash of their id.
type Users = BTreeSet<(u64, Name)>;

/// Which services refused requests met, as far as gathered, by plain names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ways {
    /// How many refusals of a service met another one as well.
    #[serde(with = "pairs")]
    met: HashMap<(Name, Name), u64>,
    /// How many refusals of a service there are.
    #[serde(with = "pairs")]
    refused: HashMap<Name, u64>,
    /// Users whom each issuer gave tokens to.
    #[serde(with = "pairs")]
    issued: HashMap<Name, Users>,
}

impl Ways {
    /// Adds an event, if a user got a token of an issuer.
    pub fn update(&mut self, event: &Event) {
        if let (EventKind::TokenIssued, Some(sub), Some(issuer)) = (event.kind, event.sub, event.service) {
            let user = (sub.with(|sub| FxBuildHasher.hash_one(sub)), sub);
            keep(self.issued.entry(issuer).or_default(), user);
        }
    }

    /// Adds a refused request.
    pub fn refused(&mut self, case: &Case) {
        let Some(service) = case.service.map(plain_name) else { return };
        *self.refused.entry(service).or_default() += 1;
        for other in case.services.iter().map(|other| plain_name(*other)).filter(|other| *other != service) {
            *self.met.entry((service, other)).or_default() += 1;
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        maps::merge(&mut self.met, other.met, |known, count| *known += count);
        maps::merge(&mut self.refused, other.refused, |known, count| *known += count);
        maps::merge(&mut self.issued, other.issued, |known, users| users.into_iter().for_each(|user| keep(known, user)));
    }

    /// Who belongs together.
    pub fn settle(self, successes: &[Success]) -> KnownWays {
        let accepted = accepted_of(&self.issued, successes);
        let mut judged: HashMap<Name, u64> = HashMap::default();
        #[expect(clippy::iter_over_hash_type, reason = "a sum is the same in any order")]
        for ((verifier, _), count) in &accepted {
            *judged.entry(*verifier).or_default() += count;
        }
        KnownWays { fronted_by: belonging(self.met, &self.refused), signed_by: belonging(accepted, &judged) }
    }
}

/// For each service the others that it meets often enough, of so many requests as `all` says, in order.
fn belonging(met: HashMap<(Name, Name), u64>, all: &HashMap<Name, u64>) -> HashMap<Name, Vec<Name>> {
    let mut belonging: HashMap<Name, Vec<Name>> = HashMap::default();
    let is_often =
        |service: &Name, count: u64| count >= SHOWN_BY && count * 100 >= PERCENT * all.get(service).copied().unwrap_or_default();
    let mut often: Vec<(Name, Name)> =
        met.into_iter().filter(|((service, _), count)| is_often(service, *count)).map(|(pair, _)| pair).collect();
    often.sort_unstable();
    for (service, other) in often {
        belonging.entry(service).or_default().push(other);
    }
    belonging
}

/// How many requests each service let through whose user got tokens of each issuer. Where one service issues all tokens
/// there is nothing to tell apart.
fn accepted_of(issued: &HashMap<Name, Users>, successes: &[Success]) -> HashMap<(Name, Name), u64> {
    let mut accepted = HashMap::default();
    let mut users: HashMap<Name, HashSet<Name>> = issued.keys().map(|issuer| (plain_name(*issuer), HashSet::default())).collect();
    if users.len() < 2 {
        return accepted;
    }
    #[expect(clippy::iter_over_hash_type, reason = "a set is the same in any order")]
    for (issuer, kept) in issued {
        users.entry(plain_name(*issuer)).or_default().extend(kept.iter().map(|(_, sub)| *sub));
    }
    let mut plain: HashMap<Name, Name> = HashMap::default();
    for success in successes.iter().filter(|success| !success.sub.is_empty()) {
        let Some(service) = success.service else { continue };
        let verifier = *plain.entry(service).or_insert_with(|| plain_name(service));
        for (issuer, _) in users.iter().filter(|(_, users)| users.contains(&success.sub)) {
            *accepted.entry((verifier, *issuer)).or_default() += 1;
        }
    }
    accepted
}

/// Adds a user to those that are kept.
fn keep(users: &mut Users, user: (u64, Name)) {
    if users.len() < USERS_MOST || users.last().is_some_and(|last| user < *last) {
        users.insert(user);
        if users.len() > USERS_MOST {
            users.pop_last();
        }
    }
}

/// Which services belong together, by plain names.
#[derive(Debug, Clone, Default)]
pub struct KnownWays {
    fronted_by: HashMap<Name, Vec<Name>>,
    signed_by: HashMap<Name, Vec<Name>>,
}

impl KnownWays {
    /// The services that requests meet beside one that refuses: those that front it.
    pub fn fronting(&self, service: Name) -> &[Name] {
        self.fronted_by.get(&plain_name(service)).map_or(&[], Vec::as_slice)
    }

    /// Whether a service accepts the tokens of an issuer; `None` where nobody knows whose it accepts.
    pub fn accepts(&self, service: Name, issuer: Name) -> Option<bool> {
        self.signed_by.get(&plain_name(service)).map(|issuers| issuers.contains(&plain_name(issuer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Place, StreamId};
    use chrono::DateTime;

    const PLACE: Place = Place { stream: StreamId(0), line: 1 };

    fn success(sub: &str, service: &str) -> Success {
        Success {
            time: DateTime::UNIX_EPOCH,
            place: PLACE,
            sub: sub.into(),
            service: Some(service.into()),
            host: None,
            kid: None,
            iat: None,
            client: None,
        }
    }

    #[test]
    fn a_service_accepts_tokens_of_the_issuer_whose_users_it_lets_in() {
        let mut ways = Ways::default();
        for (sub, issuer) in [("ann", "idp-1"), ("bob", "idp-2"), ("eve", "shop-login")] {
            let mut event = Event::bare(EventKind::TokenIssued, PLACE);
            (event.sub, event.service) = (Some(sub.into()), Some(issuer.into()));
            ways.update(&event);
        }
        let let_in: Vec<Success> = ["ann", "bob", "bob"].iter().map(|sub| success(sub, "orders")).collect();
        let ways = ways.settle(&let_in);
        let accepts = |service: &str, issuer: &str| ways.accepts(service.into(), issuer.into());
        assert_eq!((accepts("orders", "idp-1"), accepts("orders", "shop-login")), (Some(true), Some(false)));
        assert_eq!(accepts("cart", "idp-1"), None);
    }

    #[test]
    fn parts_count_together_who_fronts_a_service() {
        let part = |count| Ways {
            met: [(("orders".into(), "edge".into()), count)].into_iter().collect(),
            refused: [("orders".into(), 10)].into_iter().collect(),
            issued: HashMap::default(),
        };
        let fronting = |ways: Ways| ways.settle(&[]).fronting("orders".into()).to_vec();
        let mut both = part(2);
        assert!(fronting(both.clone()).is_empty());
        both.merge(part(1));
        assert_eq!(fronting(both), [Name::of("edge")]);
    }
}
