//! What is known of keys: published, signing, followed by another, removed, and whether they were used at all.

use serde::{Deserialize, Serialize};

use crate::facts::lifecycle::LifecycleEvents;
use crate::facts::maps;
use crate::facts::times::Span;
use crate::facts::written::{items, pairs};
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind};
use crate::model::name::Name;
use crate::model::observation::RequestObservation;

/// What is known of a key. Events are indices of the lifecycle events.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Key {
    /// Published.
    pub added: Option<usize>,
    /// Made the signing key.
    pub rotated: Option<usize>,
    /// Followed by another as the signing key.
    pub superseded: Option<usize>,
    /// Removed.
    pub retired: Option<usize>,
    /// It signed a token, or a token of it was accepted.
    pub used: bool,
}

/// The keys that were seen at work so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UsedKeys {
    #[serde(serialize_with = "items::serialize")]
    used: HashSet<Name>,
    /// When they signed the first and the last token.
    #[serde(with = "pairs")]
    signed: HashMap<Name, Span>,
}

impl UsedKeys {
    /// Adds an event.
    pub fn update(&mut self, event: &Event) {
        let used = match event.kind {
            EventKind::JwksRefreshed | EventKind::AuthSuccess => true,
            EventKind::TokenIssued => event.sub.is_some() && event.time.is_some(),
            _ => false,
        };
        self.used.extend(event.kid.filter(|_| used));
        if let (EventKind::TokenIssued, Some(kid), Some(time)) = (event.kind, event.kid, event.time) {
            let here = Span::at(time);
            self.signed.entry(kid).and_modify(|known| *known = known.with(here)).or_insert(here);
        }
    }

    /// Adds a request.
    pub fn observe(&mut self, observation: &RequestObservation) {
        let accepted = observation.status.is_some_and(|status| status < 400);
        self.used.extend(observation.kid.filter(|_| accepted));
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        self.used.extend(other.used);
        maps::merge(&mut self.signed, other.signed, |known, span| *known = known.with(span));
    }

    /// When each key signed the first and the last token, as far as the issuer tells.
    pub fn take_signed(&mut self) -> HashMap<Name, Span> {
        std::mem::take(&mut self.signed)
    }

    /// The keys by id, with what happened to them.
    pub fn settle(self, lifecycle: &LifecycleEvents) -> HashMap<Name, Key> {
        let mut keys: HashMap<Name, Key> = HashMap::default();
        for (index, event) in lifecycle.iter().enumerate().filter(|(index, _)| lifecycle.best(*index).names_key) {
            let kid = event.key;
            match event.kind {
                EventKind::KeyAdded => keys.entry(kid).or_default().added = Some(index),
                EventKind::KeyRotated => {
                    keys.entry(kid).or_default().rotated = Some(index);
                    if let Some(previous) = lifecycle.lines_of(index).iter().find_map(|line| line.previous_kid) {
                        keys.entry(previous).or_default().superseded = Some(index);
                    }
                }
                EventKind::KeyRetired => keys.entry(kid).or_default().retired = Some(index),
                _ => {}
            }
        }
        #[expect(clippy::iter_over_hash_type, reason = "each is marked on its own")]
        for kid in self.used {
            keys.entry(kid).or_default().used = true;
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::facts::lifecycle::Lifecycle;
    use crate::model::event::{Place, StreamId};

    fn event(kind: EventKind, second: i64, key: &str) -> Event {
        let mut event = Event::bare(kind, Place { stream: StreamId(0), line: 1 });
        event.time = DateTime::from_timestamp(second, 0);
        event.kid = Some(key.into());
        event
    }

    #[test]
    fn a_rotation_follows_the_key_that_it_names() {
        let mut rotation = event(EventKind::KeyRotated, 60, "k2");
        rotation.extra_mut().previous_kid = Some("k1".into());
        let (mut lifecycle, mut used) = (Lifecycle::default(), UsedKeys::default());
        for event in [event(EventKind::KeyAdded, 0, "k1"), rotation, event(EventKind::JwksRefreshed, 70, "k3")] {
            lifecycle.update(&event, None);
            used.update(&event);
        }
        let keys = used.settle(&lifecycle.settle());
        assert_eq!(keys[&Name::of("k1")], Key { added: Some(0), superseded: Some(1), ..Key::default() });
        assert_eq!(keys[&Name::of("k2")], Key { rotated: Some(1), ..Key::default() });
        assert_eq!(keys[&Name::of("k3")], Key { used: true, ..Key::default() });
    }
}
