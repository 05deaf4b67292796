//! Logs within logs: arrays and envelopes that hold many records, and layouts that carry another layout's text.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::packed::Searcher;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ingest::frame::wrapper;
use crate::layout::columns::Columns;
use crate::layout::{Entry, Fields, parse, timestamp};
use crate::literal::Literal;

/// How many layouts are looked through.
const MAX_DEPTH: usize = 3;

/// The names that objects have which carry records: Loki's answers, `CloudWatch`'s events, `Elasticsearch`'s hits, and the
/// envelopes of `CloudTrail`, `CloudWatch` and Google. Most records have none: one search for all costs less than one each.
static CARRIERS: LazyLock<Searcher> = LazyLock::new(|| {
    let names = [
        "\"streams\"",
        "\"ingestionTime\"",
        "\"logStreamName\"",
        "\"_index\"",
        "\"_source\"",
        "\"Records\"",
        "\"logEvents\"",
        "\"entries\"",
    ];
    Searcher::new(names).expect("constant names make a search")
});

/// Reads what a record holds: one entry, or one for each element of an array or export envelope, each with the
/// number of lines that stand before it in the record. `columns` are those of its stream.
pub fn entries(record: &str, columns: Columns) -> Vec<(Entry<'_>, u64)> {
    let text = record.trim_start();
    let elements = match text.as_bytes().first() {
        Some(b'[') => {
            if let Some(entry) = insights(text) {
                return vec![(entry, 0)];
            }
            serde_json::from_str::<Vec<&RawValue>>(text.trim_end()).ok()
        }
        Some(b'{') if CARRIERS.find(text).is_some() => {
            if let Some(streams) = loki(text) {
                return streams;
            }
            if let Some(entry) = log_event(text) {
                return vec![(entry, 0)];
            }
            if let Some(document) = document(text) {
                return read(document, 0).map(|entry| (entry, 0)).into_iter().collect();
            }
            enveloped(text.trim_end())
        }
        _ => None,
    };
    let Some(elements) = elements.filter(|elements| elements.iter().all(|element| element.get().starts_with('{'))) else {
        return read(record, 0).map(|entry| (completed(entry, record, columns), 0)).into_iter().collect();
    };
    let (mut counted, mut lines) = (0, 0);
    let mut entries = Vec::with_capacity(elements.len());
    for element in elements {
        let before = element.get().as_ptr() as usize - record.as_ptr() as usize;
        lines += crate::ingest::frame::newlines(&record.as_bytes()[counted..before]);
        counted = before;
        entries.extend(read(element.get(), 0).map(|entry| (entry, lines)));
    }
    entries
}

/// An entry with what the columns of its stream mean.
fn completed<'r>(mut entry: Entry<'r>, record: &'r str, columns: Columns) -> Entry<'r> {
    columns.complete(record, &mut entry);
    entry
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
            entry.stamp = complete.or_else(|| timestamp::epoch(time)).or(entry.stamp);
            for (name, value) in &stream.stream {
                entry.fields.push(name.clone(), value.clone());
            }
            entries.push((entry, 0));
        }
    }
    Some(entries)
}

/// A row of a Logs Insights answer: a list of fields and their values.
fn insights(text: &str) -> Option<Entry<'static>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Cell {
        field: String,
        value: Option<String>,
    }
    static FIELD: Literal = Literal::new("\"field\"");
    if !text.starts_with('[') || !FIELD.is_in(text.get(..text.len().min(256)).unwrap_or(text)) {
        return None;
    }
    let cells: Vec<Cell> = serde_json::from_str(text.trim_end().trim_end_matches(',')).ok()?;
    let mut entry = Entry { format: "json", ..Entry::default() };
    for Cell { field, value } in cells {
        let value = value.unwrap_or_default();
        match &*field {
            "@message" => entry.message = Cow::Owned(value),
            // In UTC, though it does not say so.
            "@timestamp" => entry.stamp = timestamp::whole(&format!("{value}Z")).or_else(|| timestamp::whole(&value)),
            "@logStream" => push_service(&mut entry, &value),
            "@ptr" | "@log" | "@ingestionTime" => {}
            _ => entry.fields.push(field, value),
        }
    }
    Some(carrying(entry))
}

/// An event of `CloudWatch`'s filter-log-events and get-log-events.
fn log_event(text: &str) -> Option<Entry<'static>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct LogEvent {
        message: String,
        timestamp: i64,
        log_stream_name: Option<String>,
        #[serde(rename = "ingestionTime")]
        _ingestion_time: Option<i64>,
        #[serde(rename = "eventId", alias = "id")]
        _event_id: Option<String>,
    }
    let event: LogEvent = serde_json::from_str(text.trim_end().trim_end_matches(',')).ok()?;
    let stamp = timestamp::epoch(&event.timestamp.to_string());
    let mut entry = Entry { format: "json", stamp, message: Cow::Owned(event.message), ..Entry::default() };
    push_service(&mut entry, &event.log_stream_name.unwrap_or_default());
    Some(carrying(entry))
}

/// Adds the service that a log stream is named after: `orders` of `orders/app/0f3c`. Some are named after an instance or a
/// date.
fn push_service(entry: &mut Entry<'_>, stream: &str) {
    let name = stream.split('/').next().unwrap_or(stream);
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) && !name.starts_with("i-") {
        entry.fields.push("service", name.to_owned());
    }
}

/// What a carrier says, and the record that is its message.
fn carrying(mut outer: Entry<'static>) -> Entry<'static> {
    let message = outer.message.trim().to_owned();
    let Some(inner) = inside(&message, 0) else { return outer };
    if inner.format != "json" {
        // Signatures are matched against it as written.
        outer.fields.push("message", message);
    }
    merged(outer, inner, None)
}

/// The document of an `Elasticsearch` hit, or the fields that the query chose instead.
fn document(text: &str) -> Option<&str> {
    #[derive(Deserialize)]
    struct Hit<'h> {
        #[serde(borrow, rename = "_source")]
        source: Option<&'h RawValue>,
        #[serde(borrow)]
        fields: Option<&'h RawValue>,
    }
    let hit: Hit<'_> = serde_json::from_str(text.trim_end().trim_end_matches(',')).ok()?;
    hit.source.or(hit.fields).map(RawValue::get).filter(|document| document.starts_with('{'))
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
    let envelope: Envelope<'_> = serde_json::from_str(text).ok()?;
    envelope.records.or(envelope.log_events).or(envelope.entries).filter(|elements| !elements.is_empty())
}

/// Reads a record, and the record inside its message if there is one.
fn read(record: &str, depth: usize) -> Option<Entry<'_>> {
    let entry = parse(record)?;
    if depth >= MAX_DEPTH || entry.format != "json" {
        return Some(entry);
    }
    if let Some((name, text)) = carried(&entry, record)
        && let Some(inner) = read(&text, depth + 1).filter(|inner| inner.format == "json").map(owned)
    {
        return Some(merged(entry, inner, Some(name)));
    }
    let message = entry.message.trim().to_owned();
    if let Some(inner) = inside(&message, depth) {
        return Some(merged(entry, inner, None));
    }
    Some(entry)
}

/// The name of the field that carries a JSON record as text, and that text.
fn carried(entry: &Entry<'_>, record: &str) -> Option<(&'static str, String)> {
    const NAMES: [&str; 8] = ["message", "@message", "MESSAGE", "msg", "_raw", "log", "line", "textPayload"];
    static OBJECT: Literal = Literal::new(r#""{\""#);
    if !OBJECT.is_in(record) {
        return None;
    }
    let (name, text) = NAMES.iter().find_map(|name| Some((*name, entry.fields.exact(name)?.trim())))?;
    (text.starts_with('{') && text.ends_with('}')).then(|| (name, text.to_owned()))
}

/// The entry inside a message, if the message has a layout of its own.
fn inside(message: &str, depth: usize) -> Option<Entry<'static>> {
    if message.len() < 8 {
        return None;
    }
    if message.starts_with('{') {
        return read(message, depth + 1).filter(|inner| inner.format == "json" || inner.stamp.is_some()).map(owned);
    }
    // A layout has a time, a status or names.
    if !message.bytes().any(|b| b.is_ascii_digit() || b == b'=') {
        return None;
    }
    let unwrapped = wrapper::unwrap(message);
    if unwrapped.stamp.is_some() {
        return within(&unwrapped, depth);
    }
    let inner = read(message, depth + 1)?;
    // A bare sentence is not a layout: the message stays what it is.
    let structured = inner.stamp.is_some() || !matches!(inner.format, "text" | "plain");
    structured.then(|| owned(inner))
}

/// The entry inside a message that has wrappers of its own.
fn within(unwrapped: &wrapper::Unwrapped<'_>, depth: usize) -> Option<Entry<'static>> {
    let mut inner = read(&unwrapped.text, depth + 1).map(owned)?;
    let complete = inner.stamp.filter(|stamp| stamp.offset.is_some() && stamp.has_year);
    inner.stamp = complete.or(unwrapped.stamp).or(inner.stamp);
    for (name, value) in [("service", &unwrapped.service), ("host", &unwrapped.host)] {
        if let Some(value) = value.as_ref().filter(|_| inner.fields.exact(name).is_none()) {
            inner.fields.push(name, value.clone());
        }
    }
    Some(inner)
}

/// Inner fields first, so that they win; what only the envelope knows comes after. `carrier` is the field whose text was
/// read as the inner record: what was read of it before goes.
fn merged<'r>(outer: Entry<'r>, inner: Entry<'r>, carrier: Option<&str>) -> Entry<'r> {
    let mut fields = inner.fields;
    let is_read = |name: &str| {
        carrier.and_then(|carrier| name.strip_prefix(carrier)).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    for (name, value) in outer.fields.iter().filter(|(name, _)| !is_read(name)) {
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
            let found: Vec<(String, u64)> =
                entries(record, Columns::default()).into_iter().map(|(e, line)| (e.message.into_owned(), line)).collect();
            assert_eq!(found, [("a".to_owned(), 1), ("b".to_owned(), 2)], "{record}");
        }
    }

    #[test]
    fn a_layout_inside_a_message_is_read() {
        let record = r#"{"labels":{"app":"orders"},"line":"2026-08-22T12:00:00.518Z error: jwt expired {\"sub\":\"u1\"}","timestamp":"2026-08-22T12:00:01Z"}"#;
        let (entry, _) = entries(record, Columns::default()).remove(0);
        assert_eq!(entry.fields.exact("sub"), Some("u1"));
        assert_eq!(entry.fields.get("labels.app"), Some("orders"));
    }
}
