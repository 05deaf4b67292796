//! What the name of a field says of its value: a role, or that it is the time, the level or the message.

use crate::layout::role::{Rank, Role, roles_of};

/// What the name of a field says of its value.
#[derive(Debug)]
pub(super) struct Meaning {
    /// What an event keeps.
    pub(super) roles: Vec<(Role, Rank)>,
    /// The text a person reads: an index in [`MESSAGES`], and how much of the path that leaves out.
    pub(super) message: Option<(usize, u8)>,
    /// The level, likewise in [`LEVELS`].
    pub(super) level: Option<(usize, u8)>,
    /// The time: how much of the path is left out, and the index in [`TIMES`].
    pub(super) time: Option<Rank>,
}

impl Meaning {
    /// The meaning of a name; `None` if it has none.
    pub(super) fn of(name: &str) -> Option<Self> {
        let fits = |known: &[&str]| {
            let fit = |index: usize| {
                let head = name.strip_suffix(known[index])?;
                (head.is_empty() || head.ends_with('.')).then_some((index, u8::from(!head.is_empty())))
            };
            (0..known.len()).filter_map(fit).collect::<Vec<_>>()
        };
        let meaning = Self {
            roles: roles_of(name),
            message: fits(&MESSAGES).into_iter().min(),
            level: fits(&LEVELS).into_iter().min(),
            time: fits(&TIMES).into_iter().map(|(index, depth)| (depth, index)).min(),
        };
        let says = !meaning.roles.is_empty() || meaning.message.is_some() || meaning.level.is_some() || meaning.time.is_some();
        says.then_some(meaning)
    }
}

/// Where JSON layouts keep the text a person reads, the preferred ones first.
const MESSAGES: [&str; 17] = [
    "msg",
    "message",
    "@message",
    "MESSAGE",
    "_raw",
    "log",
    "line",
    "short_message",
    "@m",
    "@mt",
    "event_message",
    "textPayload",
    "text",
    "body",
    "Message",
    "event",
    "error",
];

/// Where JSON layouts keep the time, the preferred ones first: Traefik's `time` is cut to the second and is the end of the
/// request, `StartUTC` is neither.
const TIMES: [&str; 28] = [
    "StartUTC",
    "time",
    "timestamp",
    "@timestamp",
    "ts",
    "t",
    "@t",
    "_time",
    "start_time",
    "started_at",
    "datetime",
    "eventTime",
    "stageTimestamp",
    "requestReceivedTimestamp",
    "date",
    "asctime",
    "Timestamp",
    "event_timestamp",
    "created_at",
    "createdDateTime",
    "published",
    "time_local",
    "time_iso8601",
    "__REALTIME_TIMESTAMP",
    "timeUnixNano",
    "instant.epochSecond",
    "requestContext.requestTimeEpoch",
    "receivedTimestamp",
];

/// Where JSON layouts keep the level, the preferred ones first.
const LEVELS: [&str; 11] =
    ["level", "log.level", "levelname", "severity", "lvl", "LogLevel", "@l", "Level", "level_name", "status", "PRIORITY"];
