//! One JSON object, whatever its names.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::flatten::{MAX_LEAVES, flatten};
use crate::layout::timestamp;

/// `json`: one JSON object.
pub(super) struct Json;

impl Layout for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    /// An object, or an array: of objects, of texts, or written over several lines.
    #[inline]
    fn is_head(&self, line: &[u8]) -> bool {
        match line {
            [b'{', ..] | [b'['] => true,
            [b'[', second, ..] => matches!(second, b'{' | b'[' | b'"'),
            _ => false,
        }
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

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

/// A line of an array that was written one element a line, without what stands around the element.
fn element(line: &str) -> &str {
    let line = line.strip_prefix('[').map_or(line, str::trim_start);
    line.trim_end_matches([',', ']', ' ', '\t', '\r', '\n'])
}

/// Reads a whole JSON object.
fn entry(text: &str) -> serde_json::Result<Entry<'_>> {
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
    fields.assignment(|meaning, index| {
        note(&mut message, meaning.message, index);
        note(&mut level, meaning.level, index);
        times.extend(meaning.time.map(|rank| (rank, index)));
    });
    times.sort_by_key(|(rank, _)| *rank);
    let stamp = times.iter().find_map(|(_, index)| timestamp::whole(fields.value(*index)));
    let level = level.map(|(_, index)| Cow::Owned(named_level(fields.value(index)).to_owned()));
    let message = message.map_or(Cow::Borrowed(""), |(_, index)| Cow::Owned(fields.value(index).to_owned()));
    Entry { format: "json", stamp, level, message, fields }
}

/// Keeps the index of the best name, of equally good ones the first.
fn note<R: Ord + Copy>(best: &mut Option<(R, usize)>, rank: Option<R>, index: usize) {
    if let Some(rank) = rank
        && best.is_none_or(|(best, _)| rank < best)
    {
        *best = Some((rank, index));
    }
}

/// The level that bunyan and pino mean by a number.
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

static SAMPLES: &[Sample] = &[
    Sample {
        record: r#"{"level":40,"time":1787400000123,"req":{"id":"r-1"},"err":{"message":"jwt expired"},"msg":"auth failed"}"#,
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("warn"),
        message: "auth failed",
        fields: &[("req.id", "r-1"), ("err.message", "jwt expired")],
    },
    Sample {
        record: r#"{"@timestamp":"2026-08-22T12:00:00.123+02:00","log":{"level":"WARN","logger":"auth"},"message":"JWT rejected"}"#,
        time: Some("2026-08-22T10:00:00.123Z"),
        level: Some("WARN"),
        message: "JWT rejected",
        fields: &[("log.logger", "auth")],
    },
    // The line of another log as text.
    Sample {
        record: r#"{"labels":{"app":"orders"},"line":"{\"msg\":\"rejected\",\"sub\":\"u1\"}"}"#,
        time: None,
        level: None,
        message: "rejected",
        fields: &[("line.sub", "u1"), ("labels.app", "orders")],
    },
    Sample {
        record: "{\n  \"time\": \"2026-08-22T12:00:00Z\",\n  \"msg\": \"jwt expired\"\n}",
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "jwt expired",
        fields: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

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
