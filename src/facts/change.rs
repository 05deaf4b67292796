//! Changes that may have caused refusals: of configuration, of keys, of everybody's tokens; by service and time.
//!
//! A deploy is told from a restart by what the start-up lines of a service name: another version, another setting.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::facts::lifecycle::LifecycleEvents;
use crate::facts::settings::{self, Settings};
use crate::group::service_name::plain_name;
use crate::hash::HashMap;
use crate::model::event::EventKind;
use crate::model::name::Name;

/// So many of the last changes of a service are looked at.
const LAST: usize = 8;
/// Of so many differences the first are shown.
const SHOWN: usize = 3;

/// Changes, as indices of the lifecycle events in the order of time.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The services that changed, by their plain names.
    services: Vec<Name>,
    /// Changes of configuration by the plain name of the service.
    of_service: HashMap<Name, Vec<usize>>,
    /// Rotations of keys that a service names as its own, by its plain name.
    rotations_of: HashMap<Name, Vec<usize>>,
    /// What is known to be the same or other than before, of changes whose lines tell.
    compared: BTreeMap<usize, Vec<String>>,
}

impl Changes {
    /// The changes among the lifecycle events.
    pub fn of(lifecycle: &LifecycleEvents) -> Self {
        let all = lifecycle.of_kind(EventKind::ConfigChanged);
        let rotations = lifecycle.of_kind(EventKind::KeyRotated);
        let of_service = by_service(&all, lifecycle);
        let mut compared = BTreeMap::new();
        #[expect(clippy::iter_over_hash_type, reason = "each is compared on its own")]
        for (service, indices) in &of_service {
            compare(*service, indices, lifecycle, &mut compared);
        }
        let mut services: Vec<Name> = of_service.keys().copied().collect();
        services.sort_unstable();
        Self { services, of_service, rotations_of: by_service(&rotations, lifecycle), compared }
    }

    /// The last change of any of some services by `time`.
    pub fn last_change(&self, services: &[Name], time: DateTime<Utc>, lifecycle: &LifecycleEvents) -> Option<usize> {
        last_of(&self.of_service, services, time, lifecycle)
    }

    /// The last rotation by `time` of a key that one of some services names as its own.
    pub fn last_rotation(&self, services: &[Name], time: DateTime<Utc>, lifecycle: &LifecycleEvents) -> Option<usize> {
        last_of(&self.rotations_of, services, time, lifecycle)
    }

    /// The last changes of a service by `time`, the last first.
    pub fn of_one(&self, service: Name, time: DateTime<Utc>, lifecycle: &LifecycleEvents) -> impl Iterator<Item = usize> {
        let indices = self.of_service.get(&plain_name(service)).map_or(&[][..], Vec::as_slice);
        let end = indices.partition_point(|index| lifecycle[*index].time <= time);
        indices[..end].iter().rev().take(LAST).copied()
    }

    /// The services that changed, in the order of their names.
    pub fn services(&self) -> impl Iterator<Item = Name> {
        self.services.iter().copied()
    }

    /// Whether a change is a mere restart: the version and every setting that it names are as before.
    pub fn is_restart(&self, index: usize) -> bool {
        self.compared.get(&index).is_some_and(Vec::is_empty)
    }

    /// What differs since a change: `cart 3.4.1 -> 3.5.0`.
    pub fn differences(&self, index: usize) -> &[String] {
        self.compared.get(&index).map_or(&[], |differences| &differences[..differences.len().min(SHOWN)])
    }
}

/// Compares what the changes of a service name with what its changes before them named.
fn compare(service: Name, indices: &[usize], lifecycle: &LifecycleEvents, compared: &mut BTreeMap<usize, Vec<String>>) {
    let mut known = Settings::new();
    for index in indices {
        let (mut named, mut reloads) = (Settings::new(), false);
        for line in lifecycle.lines_of(*index) {
            named.append(&mut line.settings());
            let says = |word: &&str| line.texts().any(|text| text.with(|text| text.contains(word)));
            reloads |= ["eload", "reconfigur", "onfig"].iter().any(says);
        }
        let differences: Vec<String> = named
            .iter()
            .filter_map(|(name, value)| Some((name, known.get(name)?, value)))
            .filter(|(_, before, value)| before != value)
            .map(|(name, before, value)| format!("{name} {before} -> {value}").trim_start().to_owned())
            .collect();
        let proves = |(name, value): (&String, &String)| {
            known.contains_key(name) && (!settings::is_version(name, value) || is_own(name, service))
        };
        if !differences.is_empty() || !reloads && named.iter().any(proves) {
            compared.insert(*index, differences);
        }
        known.append(&mut named);
    }
}

/// Whether a version is that of the service itself, and not of what it runs on.
fn is_own(name: &str, service: Name) -> bool {
    matches!(name, "" | "version" | "release") || service.with(|service| service.eq_ignore_ascii_case(name))
}

fn by_service(indices: &[usize], lifecycle: &LifecycleEvents) -> HashMap<Name, Vec<usize>> {
    let mut of: HashMap<Name, Vec<usize>> = HashMap::default();
    for index in indices {
        of.entry(plain_name(lifecycle[*index].key)).or_default().push(*index);
    }
    of
}

fn last_of(of: &HashMap<Name, Vec<usize>>, services: &[Name], time: DateTime<Utc>, lifecycle: &LifecycleEvents) -> Option<usize> {
    let last = |service: &Name| {
        let indices = of.get(&plain_name(*service))?;
        let end = indices.partition_point(|index| lifecycle[*index].time <= time);
        indices[..end].last().copied()
    };
    services.iter().filter_map(last).max_by_key(|index| (lifecycle[*index].time, *index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::lifecycle::Lifecycle;
    use crate::model::event::{Event, Place, StreamId};

    #[test]
    fn the_last_change_of_any_instance_of_a_service_counts() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let mut lifecycle = Lifecycle::default();
        for (second, service) in [(0, "orders-1"), (60, "orders-2"), (90, "cart")] {
            let mut event = Event::bare(EventKind::ConfigChanged, Place { stream: StreamId(0), line: 1 });
            (event.time, event.service) = (Some(at(second)), Some(service.into()));
            lifecycle.update(&event, None);
        }
        let lifecycle = lifecycle.settle();
        let changes = Changes::of(&lifecycle);
        let last = |service: &str, second| {
            changes.last_change(&[service.into()], at(second), &lifecycle).map(|index| lifecycle[index].time.timestamp())
        };
        assert_eq!(last("orders", 100), Some(60));
        assert_eq!(last("orders-svc", 30), Some(0));
        assert_eq!(last("mail", 100), None);
        assert_eq!(changes.of_one("orders".into(), at(100), &lifecycle).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(changes.services().collect::<Vec<_>>(), [Name::of("cart"), "orders".into()]);
    }

    #[test]
    fn a_restart_names_what_it_named_before_and_a_deploy_something_else() {
        let mut lifecycle = Lifecycle::default();
        let starts = [(0, "orders 1.2.0 ready"), (60, "orders 1.2.0 ready"), (120, "orders 1.3.0 ready"), (180, "orders is up")];
        for (second, says) in starts {
            let mut event = Event::bare(EventKind::ConfigChanged, Place { stream: StreamId(0), line: 1 });
            (event.time, event.service) = (DateTime::from_timestamp(second, 0), Some("orders".into()));
            event.quote = Some(says.into());
            lifecycle.update(&event, None);
        }
        let lifecycle = lifecycle.settle();
        let changes = Changes::of(&lifecycle);
        assert_eq!([0, 1, 2, 3].map(|index| changes.is_restart(index)), [false, true, false, false]);
        assert_eq!(changes.differences(2), ["orders 1.2.0 -> 1.3.0"]);
    }
}
