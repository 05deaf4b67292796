//! Changes that may have caused refusals: of configuration, of keys, of everybody's tokens; by service and time.

use chrono::{DateTime, TimeDelta, Utc};

use crate::facts::lifecycle::LifecycleEvents;
use crate::group::service_name::plain_name;
use crate::hash::HashMap;
use crate::model::event::EventKind;
use crate::model::name::Name;

/// Changes, as indices of the lifecycle events in the order of time.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Changes of configuration.
    all: Vec<usize>,
    /// Changes of configuration by the plain name of the service.
    of_service: HashMap<Name, Vec<usize>>,
    /// Rotations of keys that a service names as its own, by its plain name.
    rotations_of: HashMap<Name, Vec<usize>>,
}

impl Changes {
    /// The changes among the lifecycle events.
    pub fn of(lifecycle: &LifecycleEvents) -> Self {
        let all = lifecycle.of_kind(EventKind::ConfigChanged);
        let rotations = lifecycle.of_kind(EventKind::KeyRotated);
        Self { of_service: by_service(&all, lifecycle), rotations_of: by_service(&rotations, lifecycle), all }
    }

    /// The last change of any of some services by `time`.
    pub fn last_change(&self, services: &[Name], time: DateTime<Utc>, lifecycle: &LifecycleEvents) -> Option<usize> {
        last_of(&self.of_service, services, time, lifecycle)
    }

    /// The last rotation by `time` of a key that one of some services names as its own.
    pub fn last_rotation(&self, services: &[Name], time: DateTime<Utc>, lifecycle: &LifecycleEvents) -> Option<usize> {
        last_of(&self.rotations_of, services, time, lifecycle)
    }

    /// Changes of any service by `time` and not longer than `within` before it, the last first.
    pub fn recent(&self, time: DateTime<Utc>, within: TimeDelta, lifecycle: &LifecycleEvents) -> impl Iterator<Item = usize> {
        let end = self.all.partition_point(|index| lifecycle[*index].time <= time);
        self.all[..end].iter().rev().copied().take_while(move |index| time - lifecycle[*index].time <= within)
    }
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
        assert_eq!(changes.recent(at(100), TimeDelta::seconds(45), &lifecycle).count(), 2);
    }
}
