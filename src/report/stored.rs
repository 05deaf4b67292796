//! What an events file holds beside events: all else that correlation reads of a scan.

use crate::model::event::Event;
use crate::model::observation::RequestObservation;
use crate::normalise::shift::Shifts;

/// What an events file holds beside the events of the results.
#[derive(Debug, Default)]
pub struct StoredScan {
    /// The header that describes the scan, as JSON in one line.
    pub header: String,
    /// Events of deferred records that the second pass did not find, with their times as they were read.
    pub unasked: Vec<Event>,
    /// Other requests of subjects and clients in question, with their times as they were read.
    pub observations: Vec<RequestObservation>,
    /// How far the times of the results' events were moved.
    pub shifts: Shifts,
    /// How many streams the scan read: events of later ones come from what the operator gave to check against.
    pub streams: usize,
}
