//! What an events file holds beside events: all that correlation reads of a scan.

use crate::model::event::Event;
use crate::model::observation::RequestObservation;
use crate::normalise::shift::Shifts;

/// What an events file holds beside the events of the results.
#[derive(Debug, Default)]
pub struct StoredScan {
    /// What tells of the scan, as JSON in one line.
    pub header: String,
    /// Events of records that nothing asked for, with their times as they were read.
    pub unasked: Vec<Event>,
    /// Other requests of subjects and clients in question, with their times as they were read.
    pub observations: Vec<RequestObservation>,
    /// How far the times of the results' events were moved.
    pub shifts: Shifts,
    /// The streams of the scan: events of later ones were told by what the operator gave to check against.
    pub streams: usize,
}
