//! The lines of a run: where each stands, and what it says.

use chrono::{DateTime, Utc};

use crate::facts::sources::Sources;
use crate::model::diagnosis::Line;
use crate::model::event::{Event, Place};
use crate::model::name::Name;

/// The lines of a run, and those of other runs that its facts name.
#[derive(Debug, Clone, Copy)]
pub struct Lines<'e> {
    /// Their events, in the order of streams and lines.
    pub events: &'e [Event],
    /// The streams.
    pub sources: &'e Sources,
}

impl Lines<'_> {
    /// A line by the name of its file.
    pub fn named(&self, line: Place) -> Line {
        Line::at(line, &self.sources.files)
    }

    /// The event of a line of the run.
    fn event_at(&self, line: Place) -> Option<&Event> {
        self.events.binary_search_by_key(&line, |event| event.place).ok().map(|index| &self.events[index])
    }

    /// When a line was written, and what it says, without secrets and cut.
    pub fn shown(&self, line: Place) -> (Option<DateTime<Utc>>, Option<Name>) {
        match (self.event_at(line), self.sources.remembered(line)) {
            (Some(event), _) => (event.time, event.quoted()),
            (None, Some(remembered)) => (Some(remembered.time), remembered.quote),
            (None, None) => (None, None),
        }
    }
}
