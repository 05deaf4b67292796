//! What a log writes for a field -> what an event keeps of it: normalised, without secrets, bounded.

use std::borrow::Cow;

use chrono::DateTime;

use crate::layout::timestamp;
use crate::model::event::Event;
use crate::model::field::{Field, Type, Value};
use crate::model::id::Id;
use crate::model::name::Name;
use crate::redact::{Redactor, jwt};

/// How much a value of an event may hold, in characters.
const MAX_VALUE: usize = 256;

/// Sets a field of an event to what a record says of it. A secret is never kept, and a value that holds a token is no name.
pub fn set(event: &mut Event, field: Field, written: &str, redactor: Redactor) {
    let written = written.trim();
    if written.is_empty() || written == "-" || written == "null" || !field.is_kept_by(event) {
        return;
    }
    let redacted = if field == Field::SessionId { redactor.value(field.name(), written) } else { redactor.redact(written) };
    if matches!(redacted, Cow::Owned(_)) && jwt::tokens(written).next().is_some() {
        return;
    }
    if let Some(value) = value(field, &redacted) {
        field.set(event, &value);
    }
}

/// The value of a field, made of what is written, or `None` where that is no value.
fn value(field: Field, written: &str) -> Option<Value<'_>> {
    let text = match field {
        Field::RequestId => return id(written).map(Value::Text),
        Field::TraceId => return id(&trace_id(written)).map(|id| Value::Text(Cow::Owned(id.into_owned()))),
        Field::Iat | Field::Exp => return seconds(written).map(Value::Whole),
        Field::DurationMs => return milliseconds(written).map(Value::Whole),
        Field::Aud => audiences(written),
        Field::ClientIp => Cow::Borrowed(client_address(written)),
        Field::Path => Cow::Borrowed(path(written)),
        _ if field.kind() == Type::Whole => return written.parse().ok().map(Value::Whole),
        _ => Cow::Borrowed(written),
    };
    Some(Value::Text(match text {
        Cow::Borrowed(text) => cut(text, MAX_VALUE),
        Cow::Owned(text) => Cow::Owned(cut(&text, MAX_VALUE).into_owned()),
    }))
}

/// A value that is kept as a name, without secrets.
pub fn name(value: &str, redactor: Redactor) -> Name {
    bounded(&redactor.redact(value))
}

/// A value that is kept as a name.
pub fn bounded(value: &str) -> Name {
    Name::of(&cut(value, MAX_VALUE))
}

/// An id, unless it is a placeholder.
fn id(written: &str) -> Option<Cow<'_, str>> {
    let id = cut(written, MAX_VALUE);
    (!Id::of(&id).is_placeholder()).then_some(id)
}

/// The first `limit` characters of a text, with a mark where there are more.
pub fn cut(value: &str, limit: usize) -> Cow<'_, str> {
    if value.len() <= limit {
        return Cow::Borrowed(value);
    }
    match value.char_indices().nth(limit) {
        Some((end, _)) => Cow::Owned(format!("{}…", value.get(..end).unwrap_or(value))),
        None => Cow::Borrowed(value),
    }
}

/// How long a request took, where no unit is named: Envoy writes milliseconds, nginx seconds with a point, Go programs
/// nanoseconds, of which every request takes ten thousand.
pub fn milliseconds(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic() || c == 'µ').unwrap_or(text.len()));
    let number: f64 = number.trim().parse().ok()?;
    let milliseconds = match unit {
        "s" => number * 1000.0,
        "us" | "µs" => number / 1000.0,
        "ns" => number / 1_000_000.0,
        "" if number.fract() != 0.0 && number < 100.0 => number * 1000.0,
        "" if number >= 10_000.0 => number / 1_000_000.0,
        _ => number,
    };
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds, clamped at zero")]
    let whole = milliseconds.max(0.0) as i64;
    Some(whole)
}

/// An audience, or the elements of a printed list of them, joined by commas.
fn audiences(value: &str) -> Cow<'_, str> {
    let bare = |part: &str| part.trim().trim_matches(['"', '\'', '\\']).to_owned();
    match value.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
        Some(list) => Cow::Owned(list.split(',').map(bare).collect::<Vec<_>>().join(",")),
        None => Cow::Borrowed(value.trim_matches(['"', '\\'])),
    }
}

/// A claim's time: seconds since the epoch, or a date as libraries print it.
fn seconds(value: &str) -> Option<i64> {
    let written = || timestamp::whole(value)?.resolve(|_| 0, DateTime::UNIX_EPOCH).map(|time| time.timestamp());
    value.parse().ok().or_else(written)
}

/// The first address of a forwarding chain, without port and brackets.
fn client_address(value: &str) -> &str {
    let first = value.split(',').next().unwrap_or(value).trim();
    let first = first.strip_prefix("for=").unwrap_or(first).trim_matches('"');
    if let Some(inner) = first.strip_prefix('[') {
        return inner.split(']').next().unwrap_or(inner);
    }
    match first.split_once(':') {
        Some((address, port)) if !port.contains(':') && address.contains('.') => address,
        _ => first,
    }
}

/// The trace id of a W3C `traceparent`, an X-Ray header or a B3 value; other ids as they are.
fn trace_id(value: &str) -> Cow<'_, str> {
    let mut parts = value.split('-');
    if let (Some("00"), Some(id)) = (parts.next(), parts.next())
        && id.len() == 32
    {
        return Cow::Owned(id.to_ascii_lowercase());
    }
    if let Some(root) = value.split(';').find_map(|part| part.trim().strip_prefix("Root=")) {
        return Cow::Borrowed(root);
    }
    Cow::Borrowed(value)
}

/// The path of a request target, without query and origin.
fn path(value: &str) -> &str {
    let target =
        value.split_once("://").map_or(value, |(_, rest)| rest.find('/').map_or("/", |slash| rest.get(slash..).unwrap_or("/")));
    let target = target.split(['?', '#', ' ']).next().unwrap_or(target);
    if target.is_empty() { "/" } else { target }
}
