//! How far the times of each stream were moved: what a proved zone adds and a clock that ran ahead takes away.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::event::{Event, StreamId, Text};
use crate::model::observation::RequestObservation;
use crate::normalise::clock::{self, Proof};
use crate::normalise::offset::Offset;

/// The moves of all streams.
#[derive(Debug, Clone, Default)]
pub struct Shifts {
    /// For each stream what was added to times that name no zone, and by how much its clock was ahead.
    of_stream: Vec<(TimeDelta, TimeDelta)>,
}

impl Shifts {
    /// The moves that follow from proved zones and from offsets of clocks.
    pub fn of(zones: &[(String, Option<Proof>)], offsets: &[Offset], files: &[Text]) -> Self {
        let (sources, of_stream) = clock::sources(files);
        let shift = |stream: usize| {
            let family = clock::family(files, StreamId(u32::try_from(stream).unwrap_or(u32::MAX)));
            let zone = zones.iter().find(|(name, _)| *name == family).and_then(|(_, proof)| proof.as_ref());
            let source = &sources[of_stream[stream]];
            let offset = offsets.iter().find(|offset| offset.source == *source);
            (
                TimeDelta::seconds(zone.map_or(0, |proof| proof.shift)),
                TimeDelta::milliseconds(offset.map_or(0, |offset| offset.ahead_ms)),
            )
        };
        Self { of_stream: (0..files.len()).map(shift).collect() }
    }

    fn at(&self, stream: StreamId) -> (TimeDelta, TimeDelta) {
        self.of_stream.get(stream.0 as usize).copied().unwrap_or_default()
    }

    /// By how much an event's time was moved.
    pub fn of_event(&self, event: &Event) -> TimeDelta {
        let (zone, ahead) = self.parts(event);
        zone - ahead
    }

    /// What was added to an event's time for its zone, and by how much its clock was ahead.
    pub fn parts(&self, event: &Event) -> (TimeDelta, TimeDelta) {
        let (zone, ahead) = self.at(event.place.stream);
        (if event.zoneless { zone } else { TimeDelta::zero() }, ahead)
    }

    /// By how much an observation's time was moved.
    pub fn of_observation(&self, observation: &RequestObservation) -> TimeDelta {
        -self.at(observation.place.stream).1
    }

    /// A time moved.
    pub fn moved(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
        time.checked_add_signed(by).unwrap_or(time)
    }
}
