//! The vocabulary: what a log can say of tokens, users and keys, as plain data.
//!
//! Every stage uses these words; nothing here reads or writes anything.

use std::hash::BuildHasher;
use std::num::{NonZeroI16, NonZeroU32};
use std::sync::LazyLock;

use chrono::{DateTime, SecondsFormat, Utc};
use regex::bytes::Regex;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize, Serializer};

use crate::model::id::Id;
use crate::model::name::Name;

pub use crate::model::words::{Band, Cause, EventKind, Reason, Severity};

/// A time as every output has it: RFC 3339 in UTC, to the microsecond, which is as fine as most logs are.
pub fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Writes a time as [`rfc3339`] has it, for `#[serde(serialize_with)]`.
///
/// # Errors
/// Gives the error of the serializer.
pub fn serialize_time<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(rfc3339).serialize(serializer)
}

/// How a refusal says that a token for one use, or its like, came a second time.
static REUSE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i-u)already[ _](?:used|been[ _]refreshed)|replay|reuse[ _]detected|token[ _]reuse|detect_reuse",
        r"|\breused?\b[^\n]{0,20}\brefresh[ _]token|refresh[ _]token (?:claimed|used) twice",
    ))
    .expect("a constant pattern compiles")
});

pub use crate::model::name::Text;

/// One opened input (a file, or a member of an archive), by its index in the run's list of streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId(pub u32);

/// Where a record stands: its stream and the number of its first line, counted from 1. Written as a pair of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(StreamId, u64)", into = "(StreamId, u64)")]
pub struct Place {
    /// The stream.
    pub stream: StreamId,
    /// The first line of the record, from 1.
    pub line: u64,
}

impl From<(StreamId, u64)> for Place {
    fn from((stream, line): (StreamId, u64)) -> Self {
        Self { stream, line }
    }
}

impl From<Place> for (StreamId, u64) {
    fn from(place: Place) -> Self {
        (place.stream, place.line)
    }
}

/// The catalog entry that matched an event's record, by its index in the loaded catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SignatureId(NonZeroU32);

impl SignatureId {
    /// The id of the signature at an index.
    pub fn at(index: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(index))
    }

    /// The index.
    pub fn index(self) -> u32 {
        self.0.get() - 1
    }
}

/// Something that happened, as a record says.
///
/// Holds claims, never a token: [`crate::layout::token`] is where raw tokens end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "marks of a record, each asked for by itself")]
pub struct Event {
    /// When, in UTC; `None` where the record has no time.
    pub time: Option<DateTime<Utc>>,
    /// The stamp named no zone: `time` follows the run's default zone until other sources prove another.
    pub zoneless: bool,
    /// The record has a stamp that no clock should show: the event has no `time`, and still is not folded into another.
    pub misdated: bool,
    /// It was looked for: the second pass found it.
    pub looked_up: bool,
    /// Whether its record holds nothing else.
    pub sole_in_record: bool,
    /// What happened.
    pub kind: EventKind,
    /// Why, for an [`EventKind::AuthFailure`].
    pub reason: Option<Reason>,
    /// Subject: the user a token or an account event names.
    pub sub: Option<Name>,
    /// Key id.
    pub kid: Option<Name>,
    /// Address of the client as the line knows it.
    pub client_ip: Option<Name>,
    /// Request id.
    pub request_id: Option<Id>,
    /// Trace id, lower-case hex for W3C and B3.
    pub trace_id: Option<Id>,
    /// The service that wrote the record, or the one a gateway routed to.
    pub service: Option<Name>,
    /// Host, pod or container the record was written on.
    pub host: Option<Name>,
    /// HTTP method.
    pub method: Option<Name>,
    /// Path without its query.
    pub path: Option<Name>,
    /// User agent.
    pub user_agent: Option<Name>,
    /// HTTP status.
    pub status: Option<u16>,
    /// Size of the answer's body, in bytes, as an access log has it.
    pub response_bytes: Option<NonZeroU32>,
    /// How long the request took, in milliseconds; what took less than one is taken for one.
    pub duration_ms: Option<NonZeroU32>,
    /// A hash of the record's text, for what may be logged twice: a refusal.
    pub message_hash: u32,
    /// The text says that a refresh token was used twice.
    pub reuse: bool,
    /// What happened, or why, was read from words that no catalog entry lists.
    pub by_phrase: bool,
    /// The beginning of what the record says, without secrets: what evidence shows beside file and line.
    pub quote: Option<Name>,
    /// What else is known of the token.
    pub claims: Option<Box<Claims>>,
    /// What else the record says that only some rules read.
    pub extra: Option<Box<Extra>>,
    /// What only rows show, where they are wanted.
    pub shown: Option<Box<Shown>>,
    /// The catalog entry; `None` for what the engine reads by itself.
    pub signature: Option<SignatureId>,
    /// It stands beside a refused request in its stream, so many lines further on, and is taken for a line of it.
    pub beside: Option<NonZeroI16>,
    /// Where it stands.
    pub place: Place,
}

/// What few records say of a token, kept aside so that ordinary events stay small.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: Option<Name>,
    /// Audience; several are joined by a comma.
    pub aud: Option<Name>,
    /// Issued at, seconds since the epoch.
    pub iat: Option<i64>,
    /// Expires at, seconds since the epoch.
    pub exp: Option<i64>,
}

/// Seldom present facts of an event, kept aside so that ordinary events stay small.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Extra {
    /// The id the log itself gave the event (an audit id).
    pub event_id: Option<Text>,
    /// Tenant, realm or project.
    pub tenant: Option<Name>,
    /// E-mail or user name of the subject.
    pub username: Option<Name>,
    /// OAuth client (`azp`, `client_id`).
    pub client_id: Option<Name>,
    /// Role claim (`anon`, `service_role`, ...).
    pub role: Option<Name>,
    /// The key that the event replaces.
    pub previous_kid: Option<Name>,
    /// What changed, in the log's words, for a configuration event.
    pub change: Option<Text>,
}

/// What no diagnosis reads.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Level as written.
    pub level: Option<Name>,
    /// Redacted, bounded text of the record.
    pub message: Text,
    /// Algorithm of the token.
    pub alg: Option<Name>,
    /// Token id.
    pub jti: Option<Text>,
    /// Session id.
    pub session_id: Option<Text>,
    /// Name of the layout the record was read by.
    pub format: Name,
}

impl Event {
    /// Whether it only says why some request may have been refused or failed: nothing but its words speaks for that.
    pub fn is_doubtful(&self) -> bool {
        self.kind == EventKind::Request && self.reason.is_some() && self.status.is_none_or(|status| status >= 500)
    }

    /// An event that knows only what it is and where it stands.
    pub fn bare(kind: EventKind, place: Place) -> Self {
        Self {
            time: None,
            zoneless: false,
            misdated: false,
            looked_up: false,
            sole_in_record: false,
            kind,
            reason: None,
            sub: None,
            kid: None,
            client_ip: None,
            request_id: None,
            trace_id: None,
            service: None,
            host: None,
            method: None,
            path: None,
            user_agent: None,
            status: None,
            response_bytes: None,
            duration_ms: None,
            message_hash: 0,
            reuse: false,
            by_phrase: false,
            quote: None,
            claims: None,
            extra: None,
            shown: None,
            signature: None,
            beside: None,
            place,
        }
    }

    /// Notes what diagnoses need of a record's text.
    pub fn analyse_message(&mut self, text: &str) {
        self.message_hash = FxBuildHasher.hash_one(text).to_le_bytes().first_chunk().copied().map_or(0, u32::from_le_bytes);
        self.reuse = REUSE.is_match(text.as_bytes());
    }

    /// What evidence shows of its record: what it says, else the request it is about.
    pub fn quoted(&self) -> Option<Name> {
        self.quote.or_else(|| {
            let (method, path) = (self.method?, self.path?);
            Some(Name::from(match self.status {
                Some(status) => format!("{method} {path} {status}"),
                None => format!("{method} {path}"),
            }))
        })
    }

    /// A claim of the token, as far as the record says it.
    pub fn claim<T>(&self, get: impl FnOnce(&Claims) -> Option<T>) -> Option<T> {
        self.claims.as_deref().and_then(get)
    }

    /// The claims, made on first use.
    pub fn claims_mut(&mut self) -> &mut Claims {
        self.claims.get_or_insert_default()
    }

    /// The seldom present facts, made on first use.
    pub fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_comes_twice_is_told_from_one_that_is_gone() {
        let reuse = |text: &str| {
            let mut event = Event::bare(EventKind::AuthFailure, Place { stream: StreamId(0), line: 1 });
            event.analyse_message(text);
            event.reuse
        };
        for text in [
            "Invalid Refresh Token: Already Used",
            "Reused rotating refresh token detected",
            "Detected reuse of refresh token",
            "Attempt to reuse a refresh token detected, destroying session",
            "refresh token claimed twice",
            "Maximum allowed refresh token reuse exceeded",
        ] {
            assert!(reuse(text), "{text}");
        }
        for text in ["Invalid Refresh Token: Refresh Token Not Found", "connection reused; refresh failed: token revoked"] {
            assert!(!reuse(text), "{text}");
        }
    }

    #[test]
    fn an_event_stays_small() {
        assert!(size_of::<Event>() <= 152, "{}", size_of::<Event>());
    }
}
