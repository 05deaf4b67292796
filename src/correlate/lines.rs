//! The lines of a run: where each stands, and what it says.

use crate::model::diagnosis::Line;
use crate::model::event::{Event, Place, Text};
use crate::model::name::Name;

/// The lines of a run.
#[derive(Debug, Clone, Copy)]
pub struct Lines<'e> {
    /// What they tell, in the order of streams and lines.
    pub events: &'e [Event],
    /// The names of the streams.
    pub files: &'e [Text],
}

impl Lines<'_> {
    /// A line by the name of its file.
    pub fn named(&self, line: Place) -> Line {
        Line::at(line, self.files)
    }

    /// What a line tells.
    pub fn event_at(&self, line: Place) -> Option<&Event> {
        self.events.binary_search_by_key(&line, |event| event.place).ok().map(|index| &self.events[index])
    }

    /// What a line says, without secrets and cut.
    pub fn quoted(&self, line: Place) -> Option<Name> {
        self.event_at(line).and_then(Event::quoted)
    }
}
