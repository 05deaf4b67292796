//! Requests that are no failure, as the second pass saw them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::event::Place;
use crate::model::name::Name;

/// One request of a subject in question, as an access line or log line shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestObservation {
    /// When.
    pub time: DateTime<Utc>,
    /// The subject, as far as the line says.
    pub sub: Option<Name>,
    /// Address of the client.
    pub client: Option<Name>,
    /// HTTP status, where the line has one.
    pub status: Option<u16>,
    /// The key of its token.
    pub kid: Option<Name>,
    /// The service.
    pub service: Option<Name>,
    /// Its line.
    pub place: Place,
}
