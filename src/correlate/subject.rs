//! Subjects of refusals that name none: the one that the same client used at the same service around that time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::merge::Case;
use super::world::plain_name;
use crate::event::{Event, EventKind, Place, Text};
use crate::scan::Sighting;

/// Requests this close together are of one session.
const SESSION: TimeDelta = TimeDelta::minutes(10);
/// An address with more users than this is not one client.
const SHARED: usize = 3;

/// Who was seen, when and on which line.
type Seen<'e> = BTreeMap<(DateTime<Utc>, Place), &'e Text>;

/// Fills in subjects that can only be one.
pub fn infer(events: &[Event], sightings: &[Sighting], cases: &mut [Case]) {
    let mut seen: HashMap<(Text, Text), Seen<'_>> = HashMap::new();
    let of_a_user = |event: &&Event| {
        matches!(event.kind, EventKind::AuthFailure | EventKind::AuthSuccess | EventKind::TokenIssued | EventKind::Request)
    };
    let told = events.iter().filter(of_a_user).filter_map(|event| {
        Some((event.time?, event.place, event.client_ip.as_ref()?, event.service.as_ref()?, event.sub.as_ref()?))
    });
    let sighted = sightings.iter().filter_map(|sighting| {
        Some((sighting.time, sighting.place, sighting.client.as_ref()?, sighting.service.as_ref()?, sighting.sub.as_ref()?))
    });
    for (time, place, client, service, sub) in told.chain(sighted) {
        seen.entry((client.clone(), plain_name(service).into())).or_default().insert((time, place), sub);
    }
    for case in cases.iter_mut().filter(|case| case.sub.is_none()) {
        let (Some(time), Some(client), Some(service)) = (case.time, &case.client_ip, &case.service) else { continue };
        let Some(seen) = seen.get(&(client.clone(), plain_name(service).into())) else { continue };
        let near: Vec<(&(DateTime<Utc>, Place), &&Text)> =
            seen.iter().filter(|((at, _), _)| (*at - time).abs() <= SESSION).collect();
        let subjects: BTreeSet<&&Text> = near.iter().map(|(_, sub)| *sub).collect();
        let all: BTreeSet<&&Text> = seen.values().collect();
        if let (1, Some(((_, place), sub))) = (subjects.len(), near.first())
            && all.len() <= SHARED
        {
            case.sub = Some((**sub).clone());
            case.sub_from = Some(*place);
        }
    }
}
