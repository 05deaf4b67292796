//! JSON records: one object a record, whatever its names. Flattened into [`Fields`] with dotted paths.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_json::value::RawValue;

use crate::layout::paths::{At, Paths};
use crate::layout::{Entry, Fields, Format, timestamp};

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
        let text = element(record.trim());
        if !text.starts_with('{') {
            return None;
        }
        match entry(text) {
            Ok(entry) => Some(entry),
            Err(error) if error.is_eof() => cut_off(text),
            Err(_) => None,
        }
    }
}

/// A line of an array that was written one element a line, without what stands around the element.
fn element(line: &str) -> &str {
    let line = line.strip_prefix('[').map_or(line, str::trim_start);
    line.trim_end_matches([',', ']', ' ', '\t', '\r', '\n'])
}

/// Reads a whole JSON object.
pub(super) fn entry(text: &str) -> serde_json::Result<Entry<'_>> {
    let mut fields = Fields::with_room(text.len());
    flatten(text, "", &mut fields)?;
    Ok(read(fields))
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

/// What the fields of an object say.
fn read(mut fields: Fields<'_>) -> Entry<'_> {
    let (mut message, mut level, mut times) = (None, None, Vec::new());
    fields.assignment(|meaning, place| {
        note(&mut message, meaning.message, place);
        note(&mut level, meaning.level, place);
        times.extend(meaning.time.map(|rank| (rank, place)));
    });
    times.sort_by_key(|(rank, _)| *rank);
    let stamp = times.iter().find_map(|(_, place)| timestamp::whole(fields.value(*place)));
    let level = level.map(|(_, place)| Cow::Owned(named_level(fields.value(place)).to_owned()));
    let message = message.map_or(Cow::Borrowed(""), |(_, place)| Cow::Owned(fields.value(place).to_owned()));
    Entry { format: "json", stamp, level, message, fields }
}

/// Keeps the place of the best name, of equally good ones the first.
fn note<R: Ord + Copy>(best: &mut Option<(R, usize)>, rank: Option<R>, place: usize) {
    if let Some(rank) = rank
        && best.is_none_or(|(best, _)| rank < best)
    {
        *best = Some((rank, place));
    }
}

/// Where JSON layouts keep the text a person reads, most telling first.
pub(super) const MESSAGES: [&str; 17] = [
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

/// Where JSON layouts keep the time, most telling first: Traefik's `time` is cut to the second and is the end of the
/// request, `StartUTC` is neither.
pub(super) const TIMES: [&str; 28] = [
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

/// Where JSON layouts keep the level, most telling first.
pub(super) const LEVELS: [&str; 11] =
    ["level", "log.level", "levelname", "severity", "lvl", "LogLevel", "@l", "Level", "level_name", "status", "PRIORITY"];

/// The level that a number of bunyan and pino stands for.
fn named_level(raw: &str) -> &str {
    match raw {
        "10" => "trace",
        "20" => "debug",
        "30" => "info",
        "40" => "warn",
        "50" => "error",
        "60" => "fatal",
        other => other,
    }
}

/// Pushes every leaf of the JSON value `text` under its dotted path; array elements are named by their index. Nothing is
/// pushed if it is no JSON.
///
/// A string that itself holds a JSON object (a log line inside a log line) is flattened under its own path too.
pub(super) fn flatten<'r>(text: &'r str, prefix: &str, fields: &mut Fields<'r>) -> serde_json::Result<()> {
    flatten_from(text, prefix, fields, Cow::Borrowed)
}

/// The same for text that will not outlive the fields.
pub(super) fn flatten_owned(text: &str, prefix: &str, fields: &mut Fields<'_>) -> serde_json::Result<()> {
    flatten_from(text, prefix, fields, |text| Cow::Owned(text.to_owned()))
}

fn flatten_from<'t, 'r>(
    text: &'t str,
    prefix: &str,
    fields: &mut Fields<'r>,
    keep: fn(&'t str) -> Cow<'r, str>,
) -> serde_json::Result<()> {
    Paths::with(|paths| {
        let at = if prefix.is_empty() { Paths::ROOT } else { paths.below(Paths::ROOT, Paths::ROOT, prefix) };
        flatten_as(text, paths, at, fields, 0, keep)
    })
}

fn flatten_as<'t, 'r>(
    text: &'t str,
    paths: &mut Paths,
    at: At,
    fields: &mut Fields<'r>,
    depth: usize,
    keep: fn(&'t str) -> Cow<'r, str>,
) -> serde_json::Result<()> {
    let before = fields.len();
    let mut json = serde_json::Deserializer::from_str(text);
    let outcome = Leaves { paths, at, fields, depth, keep }.deserialize(&mut json).and_then(|()| json.end());
    if outcome.is_err() {
        fields.truncate(before);
    }
    outcome
}

/// Reads one value and pushes what it holds.
struct Leaves<'f, 't, 'r> {
    paths: &'f mut Paths,
    at: At,
    fields: &'f mut Fields<'r>,
    depth: usize,
    /// Makes text of the document text of a field.
    keep: fn(&'t str) -> Cow<'r, str>,
}

impl<'t, 'r> Leaves<'_, 't, 'r> {
    fn push(&mut self, value: impl Into<Cow<'r, str>>) {
        self.fields.push_at(self.paths.path(self.at), value.into());
    }

    fn push_number(self, number: impl fmt::Display) {
        self.fields.push_number(self.paths.path(self.at), number);
    }

    /// What stands at a place one step down.
    fn below(&mut self, at: At) -> Leaves<'_, 't, 'r> {
        Leaves { paths: self.paths, at, fields: self.fields, depth: self.depth + 1, keep: self.keep }
    }

    /// Flattens the object that a string holds.
    fn inside(&mut self, text: &str) {
        // Few begin like one.
        if !text.starts_with(['{', ' ', '\t', '\n', '\r']) {
            return;
        }
        let inner = text.trim();
        if inner.starts_with('{') && inner.ends_with('}') && self.depth < MAX_DEPTH {
            // What is no JSON is only a string.
            flatten_as(inner, self.paths, self.at, self.fields, self.depth + 1, |text| Cow::Owned(text.to_owned())).ok();
        }
    }
}

/// A name or text of a document: a part of it, unless it is escaped there.
struct Name<'t>(Cow<'t, str>);

impl<'de: 't, 't> Deserialize<'de> for Name<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

impl<'t> DeserializeSeed<'t> for Leaves<'_, 't, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.depth > MAX_DEPTH || self.fields.len() > MAX_LEAVES {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Leaves<'_, 't, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'t>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut before = self.at;
        while let Some(Name(name)) = map.next_key()? {
            before = self.paths.below(self.at, before, &name);
            map.next_value_seed(self.below(before))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'t>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut values: Vec<&'t RawValue> = Vec::new();
        while let Some(value) = items.next_element()? {
            values.push(value);
        }
        let text = |value: &&'t RawValue| serde_json::from_str(value.get()).map(|Name(text)| text).ok();
        if let Some(texts) = values.iter().map(text).collect::<Option<Vec<_>>>().filter(|texts| !texts.is_empty()) {
            self.push(texts.join(","));
            return Ok(());
        }
        let mut before = self.at;
        for (index, value) in values.into_iter().enumerate() {
            before = self.paths.below(self.at, before, &index.to_string());
            let Leaves { paths, at, fields, depth, keep } = self.below(before);
            flatten_as(value.get(), paths, at, fields, depth, keep).map_err(A::Error::custom)?;
        }
        Ok(())
    }

    fn visit_borrowed_str<E>(mut self, text: &'t str) -> Result<(), E> {
        self.push((self.keep)(text));
        self.inside(text);
        Ok(())
    }

    fn visit_str<E>(mut self, text: &str) -> Result<(), E> {
        self.push(text.to_owned());
        self.inside(text);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.push_number(number);
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.push_number(number);
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        if let Some(number) = Number::from_f64(number) {
            self.push_number(number);
        }
        Ok(())
    }

    fn visit_bool<E>(mut self, flag: bool) -> Result<(), E> {
        self.push(if flag { "true" } else { "false" });
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
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
    fn elements_of_an_array_may_be_written_one_a_line() {
        for line in ["[{\"msg\":\"a\"},", " {\"msg\":\"a\"},\r", "{\"msg\":\"a\"}\n]", "[ {\"msg\":\"a\"} ]"] {
            assert_eq!(Json.parse(line).unwrap().message, "a", "{line}");
        }
        assert!(Json.parse("[{\"msg\":\"a\"}] b").is_none());
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100));
        let entry = Json.parse(&deep);
        assert!(entry.is_some_and(|entry| entry.fields.is_empty()));
    }
}
