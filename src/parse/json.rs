//! JSON records: one object a record, whatever its names. Flattened into [`Fields`] with dotted paths.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{Entry, Fields, Format, Stamp, timestamp};

/// Paths deeper than this are cut off: nothing in the field goes there, and attackers might.
const MAX_DEPTH: usize = 24;
/// Leaves beyond this many are left out of a record.
const MAX_LEAVES: usize = 600;

/// `json`: one JSON object.
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let text = record.trim();
        if !text.starts_with('{') {
            return None;
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) => Some(entry(&value)),
            Err(error) if error.is_eof() => cut_off(text),
            Err(_) => None,
        }
    }
}

/// A pair of a JSON object, read on its own.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""([A-Za-z_@][\w.@-]{0,63})"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?|true|false)\b)"#)
        .expect("a constant pattern compiles")
});

/// What can be read of an object that a collector cut off: its whole pairs, without the names around them.
fn cut_off<'r>(text: &str) -> Option<Entry<'r>> {
    let mut fields = Fields::default();
    for pair in PAIR.captures_iter(text).take(MAX_LEAVES) {
        let value = pair.get(2).or_else(|| pair.get(3)).map_or("", |value| value.as_str());
        let plain = serde_json::from_str::<String>(&format!("\"{value}\"")).unwrap_or_else(|_| value.to_owned());
        fields.push(pair[1].to_owned(), plain);
    }
    (fields.len() >= 2).then(|| read(fields))
}

/// The entry of a JSON object that is already read.
pub(super) fn entry<'r>(value: &Value) -> Entry<'r> {
    let mut fields = Fields::default();
    flatten(value, &mut String::new(), &mut fields);
    read(fields)
}

/// What the fields of an object say.
fn read(fields: Fields<'_>) -> Entry<'_> {
    let stamp = stamp(&fields);
    let level = level(&fields).map(|level| Cow::Owned(level.to_owned()));
    let message = MESSAGES
        .iter()
        .find_map(|name| fields.exact(name).or_else(|| fields.get(name)))
        .map_or(Cow::Borrowed(""), |text| Cow::Owned(text.to_owned()));
    Entry { format: "json", stamp, level, message, fields }
}

/// Where JSON layouts keep the text a person reads.
const MESSAGES: [&str; 16] = [
    "msg",
    "message",
    "@message",
    "MESSAGE",
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

/// Where JSON layouts keep the time, most telling first.
const TIMES: [&str; 27] = [
    "time",
    "timestamp",
    "@timestamp",
    "ts",
    "t",
    "@t",
    "start_time",
    "StartUTC",
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

fn stamp(fields: &Fields<'_>) -> Option<Stamp> {
    // Traefik's `time` is cut to the second and is the end of the request, `StartUTC` is neither.
    if let Some(stamp) = fields.exact("StartUTC").and_then(timestamp::whole) {
        return Some(stamp);
    }
    TIMES
        .iter()
        .find_map(|name| fields.exact(name).and_then(timestamp::whole))
        .or_else(|| TIMES.iter().find_map(|name| fields.get(name).and_then(timestamp::whole)))
}

fn level<'f>(fields: &'f Fields<'_>) -> Option<&'f str> {
    let raw =
        ["level", "log.level", "levelname", "severity", "lvl", "LogLevel", "@l", "Level", "level_name", "status", "PRIORITY"]
            .iter()
            .find_map(|name| fields.exact(name).or_else(|| fields.get(name)))?;
    Some(match raw {
        "10" => "trace",
        "20" => "debug",
        "30" => "info",
        "40" => "warn",
        "50" => "error",
        "60" => "fatal",
        other => other,
    })
}

/// Pushes every leaf of `value` under its dotted path; array elements are named by their index.
///
/// A string that itself holds a JSON object (a log line inside a log line) is flattened under its own path too.
pub(super) fn flatten(value: &Value, prefix: &mut String, fields: &mut Fields<'_>) {
    flatten_at(value, prefix, fields, 0);
}

fn flatten_at(value: &Value, prefix: &mut String, fields: &mut Fields<'_>, depth: usize) {
    if depth > MAX_DEPTH || fields.len() > MAX_LEAVES {
        return;
    }
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                nested(name, inner, prefix, fields, depth);
            }
        }
        Value::Array(items) => {
            let all_text = !items.is_empty() && items.iter().all(Value::is_string);
            if all_text {
                let joined: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                fields.push(prefix.clone(), joined.join(","));
            }
            for (index, inner) in items.iter().enumerate() {
                if !all_text {
                    nested(&index.to_string(), inner, prefix, fields, depth);
                }
            }
        }
        Value::String(text) => {
            fields.push(prefix.clone(), text.clone());
            let inner = text.trim();
            if inner.starts_with('{')
                && inner.ends_with('}')
                && let Ok(inner) = serde_json::from_str::<Value>(inner)
            {
                flatten_at(&inner, prefix, fields, depth + 1);
            }
        }
        Value::Number(number) => fields.push(prefix.clone(), number.to_string()),
        Value::Bool(flag) => fields.push(prefix.clone(), flag.to_string()),
        Value::Null => {}
    }
}

fn nested(name: &str, inner: &Value, prefix: &mut String, fields: &mut Fields<'_>, depth: usize) {
    let length = prefix.len();
    if length > 0 {
        prefix.push('.');
    }
    prefix.push_str(name);
    flatten_at(inner, prefix, fields, depth + 1);
    prefix.truncate(length);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_are_named_by_their_path() {
        let entry = Json
            .parse(r#"{"level":40,"time":1787400000123,"req":{"id":"r-1"},"err":{"message":"jwt expired"},"msg":"auth failed"}"#)
            .unwrap();
        assert_eq!(entry.message, "auth failed");
        assert_eq!(entry.level.as_deref(), Some("warn"));
        assert_eq!(entry.fields.exact("req.id"), Some("r-1"));
        assert_eq!(entry.fields.exact("err.message"), Some("jwt expired"));
        assert!(entry.stamp.is_some());
    }

    #[test]
    fn a_line_inside_a_line_is_read_too() {
        let entry = Json.parse(r#"{"labels":{"app":"orders"},"line":"{\"msg\":\"rejected\",\"sub\":\"u1\"}"}"#).unwrap();
        assert_eq!(entry.fields.exact("line.sub"), Some("u1"));
        assert_eq!(entry.message, "rejected");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100));
        let entry = Json.parse(&deep);
        assert!(entry.is_some_and(|entry| entry.fields.is_empty()));
    }
}
