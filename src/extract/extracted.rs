//! What a scan read of its sources: all that correlation needs.

use crate::extract::unknown::Unknown;
use crate::model::books::{Books, PassedOver, Problem, StreamBooks};
use crate::model::event::{Event, Text};
use crate::model::observation::RequestObservation;

/// What a scan found.
#[derive(Debug, Default)]
pub struct Extracted {
    /// The streams, in order; a [`crate::model::event::StreamId`] is an index of this list.
    pub streams: Vec<StreamBooks>,
    /// Every event, in the order of streams and lines.
    pub events: Vec<Event>,
    /// If rows are wanted, the events of deferred records that the second pass did not find: no diagnosis reads them.
    pub unasked: Vec<Event>,
    /// Other requests of subjects in question.
    pub observations: Vec<RequestObservation>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What was passed over.
    pub passed_over: PassedOver,
    /// How many ids the second pass looked for.
    pub ids_looked_up: usize,
    /// What looked like trouble and matched nothing, if it is wanted.
    pub unknown: Unknown,
}

impl Extracted {
    /// The names of the streams.
    pub fn files(&self) -> Vec<Text> {
        self.streams.iter().map(|stream| stream.file.clone()).collect()
    }

    /// Drops the unasked events that the second pass has found, which are among the others. Both lists are in order.
    pub fn drop_asked(&mut self) {
        let events = &self.events;
        self.unasked.retain(|event| events.binary_search_by_key(&event.place, |known| known.place).is_err());
    }

    /// The counts of all streams together.
    pub fn books(&self) -> Books {
        let mut total = Books::default();
        for stream in &self.streams {
            total.add(&stream.books);
        }
        total
    }
}
