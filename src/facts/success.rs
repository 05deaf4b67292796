//! Requests that were let through: of which user, by which service, with which key.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::event::{Event, EventKind, Place, StreamId};
use crate::model::name::Name;
use crate::model::observation::RequestObservation;
use crate::parallel;

/// A request that was let through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Success {
    /// When.
    pub time: DateTime<Utc>,
    /// Its line.
    pub place: Place,
    /// The token's subject.
    pub sub: Name,
    /// By which service.
    pub service: Option<Name>,
    /// By which of its instances.
    pub host: Option<Name>,
    /// The key of the token.
    pub kid: Option<Name>,
    /// When the token was issued, seconds since the epoch.
    pub iat: Option<i64>,
    /// The client's address.
    pub client: Option<Name>,
}

/// Whether an answer let the request through: a refusal of the token is 401 or 403, a failure of the server says nothing.
fn is_passed(status: Option<u16>) -> bool {
    status.is_none_or(|status| status < 400 || matches!(status, 404 | 409 | 422))
}

impl Success {
    /// The success that an event shows, if it is of a request that was let through.
    pub fn of_event(event: &Event) -> Option<Self> {
        if event.kind != EventKind::AuthSuccess || !is_passed(event.status) {
            return None;
        }
        Some(Self {
            sub: event.sub.unwrap_or_default(),
            time: event.time?,
            place: event.place,
            service: event.service,
            host: event.host,
            kid: event.kid,
            iat: event.claim(|claims| claims.iat),
            client: event.client_ip,
        })
    }

    /// The success that an observation shows, if its request was let through.
    pub fn of_observation(observation: &RequestObservation) -> Option<Self> {
        is_passed(observation.status).then(|| Self {
            sub: observation.sub.unwrap_or_default(),
            time: observation.time,
            place: observation.place,
            service: observation.service,
            host: None,
            kid: observation.kid,
            iat: None,
            client: observation.client,
        })
    }
}

/// The requests gathered so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Successes(Vec<Success>);

impl Successes {
    /// Adds a request.
    pub fn update(&mut self, success: Success) {
        self.0.push(success);
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Renumbers the streams of its lines.
    pub fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        for success in &mut self.0 {
            success.place.stream = number(success.place.stream);
        }
    }

    /// All of them, by time and line.
    pub fn settle(self) -> Vec<Success> {
        let mut successes = self.0;
        parallel::sort(&mut successes);
        successes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(status: Option<u16>) -> Event {
        let mut event = Event::bare(EventKind::AuthSuccess, Place { stream: StreamId(0), line: 1 });
        event.time = DateTime::from_timestamp(0, 0);
        event.status = status;
        event
    }

    #[test]
    fn what_was_not_found_was_let_through_and_what_was_forbidden_was_not() {
        let passed = |status| Success::of_event(&accepted(status)).is_some();
        assert_eq!([None, Some(200), Some(404)].map(passed), [true; 3]);
        assert_eq!([Some(401), Some(403), Some(500)].map(passed), [false; 3]);
    }

    #[test]
    fn they_are_in_the_order_of_time_whatever_the_order_of_parts() {
        let at = |second: i64| Success {
            time: DateTime::from_timestamp(second, 0).unwrap(),
            ..Success::of_event(&accepted(None)).unwrap()
        };
        let (mut one, mut other) = (Successes(vec![at(3), at(1)]), Successes(vec![at(2)]));
        let (first, second) = (one.clone(), other.clone());
        one.merge(second);
        other.merge(first);
        let times = |successes: Successes| successes.settle().iter().map(|success| success.time.timestamp()).collect::<Vec<_>>();
        assert_eq!(times(one), [1, 2, 3]);
        assert_eq!(times(other), [1, 2, 3]);
    }
}
