//! Other requests of client addresses that were refused: accepted ones, tokens issued to them, broken tokens.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::maps;
use crate::facts::subject::Subject;
use crate::facts::success::Success;
use crate::facts::written::pairs;
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::hash::HashMap;
use crate::model::event::{Event, EventKind, Reason};
use crate::model::name::Name;
use crate::parallel;

/// Other requests of one client address that was refused.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Client {
    /// Requests that went through.
    pub accepted: Vec<DateTime<Utc>>,
    /// Tokens issued to it.
    pub issued: Vec<DateTime<Utc>>,
    /// Its broken tokens.
    pub malformed: Vec<DateTime<Utc>>,
    /// Its requests without a subject.
    pub subjectless: usize,
    /// Services that let it through, and when first.
    pub let_in: Vec<(Name, DateTime<Utc>)>,
    /// Its refusals for a missing user that name none.
    pub nameless: usize,
    /// How many missing users it names of whom nothing else is known.
    pub strangers: usize,
    /// How often it names them.
    pub stranger_refusals: usize,
    /// When signatures of its tokens did not hold.
    pub unsound: Vec<DateTime<Utc>>,
}

impl Client {
    /// Whether any of some services had let it in before `time`.
    pub fn was_let_in(&self, services: &[Name], time: DateTime<Utc>) -> bool {
        let mut services = services.iter().map(|service| plain_name(*service));
        services.any(|service| self.let_in.iter().any(|(other, first)| *other == service && *first < time))
    }

    /// When the last token was issued to it by `time`.
    pub fn last_issued(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.issued[..self.issued.partition_point(|issued| *issued <= time)].last().copied()
    }

    fn let_through(&mut self, success: &Success) {
        self.accepted.push(success.time);
        if let Some(service) = success.service.map(plain_name) {
            match self.let_in.iter_mut().find(|(other, _)| *other == service) {
                Some((_, first)) => *first = success.time.min(*first),
                None => self.let_in.push((service, success.time)),
            }
        }
    }
}

/// What was refused of one address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Refused {
    malformed: Vec<DateTime<Utc>>,
    subjectless: usize,
    nameless: usize,
    unfound: BTreeMap<Name, usize>,
    unsound: Vec<DateTime<Utc>>,
}

impl Refused {
    fn merge(&mut self, mut other: Self) {
        self.malformed.append(&mut other.malformed);
        self.subjectless += other.subjectless;
        self.nameless += other.nameless;
        for (sub, count) in other.unfound {
            *self.unfound.entry(sub).or_default() += count;
        }
        self.unsound.append(&mut other.unsound);
    }

    /// What is known of the address by that, of all users by `subjects`.
    fn settle(self, subjects: &HashMap<Name, Subject>) -> Client {
        let Self { mut malformed, subjectless, nameless, unfound, mut unsound } = self;
        let is_known = |sub: &Name| subjects.get(sub).is_some_and(|subject| subject.known);
        let unknown = || unfound.iter().filter(|(sub, _)| !is_known(sub)).map(|(_, count)| *count);
        let (strangers, stranger_refusals) = (unknown().count(), unknown().sum());
        malformed.sort_unstable();
        unsound.sort_unstable();
        Client { malformed, subjectless, nameless, strangers, stranger_refusals, unsound, ..Client::default() }
    }
}

/// The addresses gathered so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Clients {
    #[serde(with = "pairs")]
    refused: HashMap<Name, Refused>,
    /// The addresses that tokens were issued to, and when.
    issued: Vec<(Name, DateTime<Utc>)>,
}

impl Clients {
    /// Adds an event, if a token was issued to an address.
    pub fn update(&mut self, event: &Event) {
        if let (Some(time), Some(client), EventKind::TokenIssued) = (event.time, event.client_ip, event.kind) {
            self.issued.push((client, time));
        }
    }

    /// Adds a refused request.
    pub fn refused(&mut self, case: &Case) {
        let Some(client) = case.client_ip else { return };
        let client = self.refused.entry(client).or_default();
        match case.reason {
            Reason::TokenMalformed => client.malformed.extend(case.time),
            Reason::SubMissing => client.subjectless += 1,
            Reason::SubNotFound => match case.sub {
                Some(sub) => *client.unfound.entry(sub).or_default() += 1,
                None => client.nameless += 1,
            },
            Reason::SignatureInvalid => client.unsound.extend(case.time),
            _ => {}
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, mut other: Self) {
        maps::merge(&mut self.refused, other.refused, Refused::merge);
        self.issued.append(&mut other.issued);
    }

    /// The addresses that tokens were issued to, and when, in no order.
    pub fn take_issued(&mut self) -> Vec<(Name, DateTime<Utc>)> {
        std::mem::take(&mut self.issued)
    }

    /// The addresses that were refused, with their other requests.
    pub fn settle(
        self,
        successes: &[Success],
        issued: &[(Name, DateTime<Utc>)],
        subjects: &HashMap<Name, Subject>,
    ) -> KnownClients {
        let mut by_address: HashMap<Name, Client> =
            self.refused.into_iter().map(|(client, refused)| (client, refused.settle(subjects))).collect();
        for success in successes {
            if let Some(client) = success.client.and_then(|address| by_address.get_mut(&address)) {
                client.let_through(success);
            }
        }
        for (address, time) in issued {
            if let Some(client) = by_address.get_mut(address) {
                client.issued.push(*time);
            }
        }
        #[expect(clippy::iter_over_hash_type, reason = "each is sorted on its own")]
        for client in by_address.values_mut() {
            client.accepted.sort_unstable();
            client.issued.sort_unstable();
        }
        KnownClients { are_seen: are_seen(&by_address), accepted: count_accepted(successes), by_address }
    }
}

/// Whether the logs show other requests of clients: they do of some client that was refused without a subject.
fn are_seen(by_address: &HashMap<Name, Client>) -> bool {
    let nameless = || by_address.values().filter(|client| client.nameless > 0);
    let seen = nameless().filter(|client| !client.let_in.is_empty()).count();
    seen >= 5 && seen * 5 >= nameless().count()
}

/// How many addresses got through at any time.
fn count_accepted(successes: &[Success]) -> usize {
    let mut accepted: Vec<u32> = successes.iter().filter_map(|success| success.client.map(Name::number)).collect();
    parallel::sort(&mut accepted);
    accepted.dedup();
    accepted.len()
}

/// What is known of the addresses that were refused.
#[derive(Debug, Clone, Default)]
pub struct KnownClients {
    /// By address.
    pub by_address: HashMap<Name, Client>,
    /// How many addresses, refused or not, got through at any time.
    pub accepted: usize,
    /// Whether the logs show other requests of clients.
    pub are_seen: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Place, StreamId};

    fn issued(second: i64) -> Event {
        let mut event = Event::bare(EventKind::TokenIssued, Place { stream: StreamId(0), line: 1 });
        event.time = DateTime::from_timestamp(second, 0);
        event.client_ip = Some("192.0.2.1".into());
        event
    }

    #[test]
    fn only_of_addresses_that_were_refused_is_known_what_they_did() {
        let mut clients = Clients::default();
        clients.update(&issued(60));
        assert!(clients.clone().settle(&[], &clients.issued, &HashMap::default()).by_address.is_empty());
        clients.refused.entry("192.0.2.1".into()).or_default().nameless = 1;
        let mut other = Clients::default();
        other.update(&issued(30));
        clients.merge(other);
        let issued = clients.take_issued();
        let known = clients.settle(&[], &issued, &HashMap::default());
        let times = known.by_address[&Name::of("192.0.2.1")].issued.iter().map(DateTime::timestamp);
        assert_eq!(times.collect::<Vec<_>>(), [30, 60]);
    }
}
