//! What a scan read of its sources: all that correlation asks for.

use crate::extract::unknown::Unknown;
use crate::model::books::{Books, PassedOver, Problem, StreamBooks};
use crate::model::event::{Event, Text};
use crate::model::observation::RequestObservation;

/// What a scan found.
#[derive(Debug, Default)]
pub struct Extracted {
    /// The streams, in order; a [`StreamId`] is a place in this list.
    pub streams: Vec<StreamBooks>,
    /// Every event, in the order of streams and lines.
    pub events: Vec<Event>,
    /// Other requests of subjects in question.
    pub observations: Vec<RequestObservation>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What was passed over.
    pub passed_over: PassedOver,
    /// How many ids the second pass looked for.
    pub chased: usize,
    /// What looked like trouble and matched nothing, if it was asked for.
    pub unknown: Unknown,
}

impl Extracted {
    /// The names of the streams.
    pub fn files(&self) -> Vec<Text> {
        self.streams.iter().map(|stream| stream.file.clone()).collect()
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
