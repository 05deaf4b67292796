//! Logs within logs: arrays and envelopes that hold many records, and layouts that carry another layout's text.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Entry, Fields, json, parse};
use crate::literal::Literal;

/// How many layouts are looked through.
const MAX_DEPTH: usize = 3;

/// Reads what a record holds: one entry, or one for each element of an array or export envelope, each with the
/// number of lines that stand before it in the record.
pub fn entries(record: &str) -> Vec<(Entry<'_>, u64)> {
    let text = record.trim_start();
    if let Some(streams) = loki(text) {
        return streams;
    }
    let elements = match text.as_bytes().first() {
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(text.trim_end()).ok(),
        Some(b'{') => enveloped(text.trim_end()),
        _ => None,
    };
    let Some(elements) = elements.filter(|elements| elements.iter().all(|element| element.get().starts_with('{'))) else {
        return read(record, 0).map(|entry| (entry, 0)).into_iter().collect();
    };
    let (mut counted, mut lines) = (0, 0);
    let mut entries = Vec::with_capacity(elements.len());
    for element in elements {
        let before = element.get().as_ptr() as usize - record.as_ptr() as usize;
        lines += crate::frame::newlines(&record.as_bytes()[counted..before]);
        counted = before;
        entries.extend(read(element.get(), 0).map(|entry| (entry, lines)));
    }
    entries
}

/// The lines of a Loki query's answer, each with its time and the labels of its stream.
fn loki(text: &str) -> Option<Vec<(Entry<'static>, u64)>> {
    #[derive(Deserialize)]
    struct Answer {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        result: Vec<Stream>,
    }
    #[derive(Deserialize)]
    struct Stream {
        stream: std::collections::BTreeMap<String, String>,
        values: Vec<Vec<serde_json::Value>>,
    }
    if !text.starts_with('{') || !text.get(..text.len().min(256))?.contains("\"streams\"") {
        return None;
    }
    let answer: Answer = serde_json::from_str(text.trim_end()).ok()?;
    let mut entries = Vec::new();
    for stream in answer.data.result {
        for value in stream.values {
            let (Some(time), Some(line)) = (value.first().and_then(|v| v.as_str()), value.get(1).and_then(|v| v.as_str())) else {
                continue;
            };
            let mut entry = read(line, 1).map(owned)?;
            let complete = entry.stamp.filter(|stamp| stamp.offset.is_some() && stamp.has_year);
            entry.stamp = complete.or_else(|| super::timestamp::epoch(time)).or(entry.stamp);
            for (name, value) in &stream.stream {
                entry.fields.push(name.clone(), value.clone());
            }
            entries.push((entry, 0));
        }
    }
    Some(entries)
}

/// The records of `CloudTrail`'s, `CloudWatch`'s and Google's exports.
fn enveloped(text: &str) -> Option<Vec<&RawValue>> {
    #[derive(Deserialize)]
    struct Envelope<'e> {
        #[serde(borrow, rename = "Records")]
        records: Option<Vec<&'e RawValue>>,
        #[serde(borrow, rename = "logEvents")]
        log_events: Option<Vec<&'e RawValue>>,
        #[serde(borrow)]
        entries: Option<Vec<&'e RawValue>>,
    }
    static NAMES: [Literal; 3] = [Literal::new("\"Records\""), Literal::new("\"logEvents\""), Literal::new("\"entries\"")];
    if !NAMES.iter().any(|name| name.is_in(text)) {
        return None;
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).ok()?;
    envelope.records.or(envelope.log_events).or(envelope.entries).filter(|elements| !elements.is_empty())
}

/// Reads a record, and the record inside its message if there is one.
fn read(record: &str, depth: usize) -> Option<Entry<'_>> {
    let entry = parse(record)?;
    if depth >= MAX_DEPTH || entry.format != "json" {
        return Some(entry);
    }
    let message = entry.message.trim().to_owned();
    if let Some(inner) = inside(&message, depth) {
        return Some(merged(entry, inner));
    }
    Some(entry)
}

/// The entry inside a message, if the message has a layout of its own.
fn inside(message: &str, depth: usize) -> Option<Entry<'static>> {
    if message.len() < 8 {
        return None;
    }
    if message.starts_with('{') {
        return json::entry(message).ok().map(owned);
    }
    // A layout has a time, a status or names.
    if !message.bytes().any(|b| b.is_ascii_digit() || b == b'=') {
        return None;
    }
    let inner = read(message, depth + 1)?;
    // A bare sentence is not a layout: the message stays what it is.
    let structured = inner.stamp.is_some() || !matches!(inner.format, "text" | "plain");
    structured.then(|| owned(inner))
}

/// Inner fields first, so that they win; what only the envelope knows comes after.
fn merged<'r>(outer: Entry<'r>, inner: Entry<'r>) -> Entry<'r> {
    let mut fields = inner.fields;
    for (name, value) in outer.fields.iter() {
        if fields.exact(name).is_none() {
            fields.push(name.to_owned(), value.to_owned());
        }
    }
    let complete = inner.stamp.filter(|stamp| stamp.offset.is_some() && stamp.has_year);
    Entry {
        format: if inner.format == "json" { outer.format } else { inner.format },
        stamp: complete.or(outer.stamp).or(inner.stamp),
        level: inner.level.or(outer.level),
        message: if inner.message.is_empty() { outer.message } else { inner.message },
        fields,
    }
}

fn owned(entry: Entry<'_>) -> Entry<'static> {
    let mut fields = Fields::default();
    for (name, value) in entry.fields.iter() {
        fields.push(name.to_owned(), value.to_owned());
    }
    Entry {
        format: entry.format,
        stamp: entry.stamp,
        level: entry.level.map(|level| Cow::Owned(level.into_owned())),
        message: Cow::Owned(entry.message.into_owned()),
        fields,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_envelopes_give_an_entry_an_element_at_its_line() {
        for record in ["[\n{\"msg\":\"a\"},\n{\"msg\":\"b\"}\n]", "{\"Records\":[\n{\"msg\":\"a\"},\n{\"msg\":\"b\"}]}"] {
            let found: Vec<(String, u64)> = entries(record).into_iter().map(|(e, line)| (e.message.into_owned(), line)).collect();
            assert_eq!(found, [("a".to_owned(), 1), ("b".to_owned(), 2)], "{record}");
        }
    }

    #[test]
    fn a_layout_inside_a_message_is_read() {
        let record = r#"{"labels":{"app":"orders"},"line":"2026-08-22T12:00:00.518Z error: jwt expired {\"sub\":\"u1\"}","timestamp":"2026-08-22T12:00:01Z"}"#;
        let (entry, _) = entries(record).remove(0);
        assert_eq!(entry.fields.exact("sub"), Some("u1"));
        assert_eq!(entry.fields.get("labels.app"), Some("orders"));
    }
}
