//! A row of an events file, as it is read.

use chrono::{DateTime, Utc};

use crate::model::event::{Event, EventKind, Place, SignatureId, StreamId};
use crate::model::event_row::{Column, Purpose};
use crate::model::field::{Field, Type, Value};
use crate::model::observation::RequestObservation;

/// What a row says.
#[derive(Debug)]
pub(super) struct Row {
    event: Event,
    /// Whether it says what happened.
    has_kind: bool,
    line: Option<u64>,
    time_read: Option<DateTime<Utc>>,
    /// What the row is for.
    pub(super) purpose: Purpose,
    /// The name of the stream.
    pub(super) file: String,
    /// The number of the event among those of its line, from 0.
    pub(super) entry: u32,
    /// The id of the signature.
    pub(super) signature: Option<String>,
    /// A column that no row has.
    pub(super) unknown_column: Option<String>,
}

impl Default for Row {
    fn default() -> Self {
        let mut event = Event::bare(EventKind::Request, Place { stream: StreamId(0), line: 0 });
        event.shown = Some(Box::default());
        Self {
            event,
            has_kind: false,
            line: None,
            time_read: None,
            purpose: Purpose::Event,
            file: String::new(),
            entry: 0,
            signature: None,
            unknown_column: None,
        }
    }
}

impl Row {
    /// Takes the value of a column; `known` is what its name stands for.
    pub(super) fn put(&mut self, known: Option<Column>, column: &str, text: &str) -> Result<(), String> {
        self.knows(known, column);
        let Some(known) = known else { return Ok(()) };
        let bad = || format!("`{column}` cannot be `{}`", text.chars().take(60).collect::<String>());
        match known {
            Column::Field(field) => {
                let value = value(field.kind(), text).ok_or_else(bad)?;
                field.set(&mut self.event, &value);
                if field.of(&self.event) != Some(value) {
                    return Err(bad());
                }
                self.has_kind |= field == Field::Kind;
            }
            Column::Signature => self.signature = Some(text.to_owned()),
            Column::File => text.clone_into(&mut self.file),
            Column::Line => self.line = Some(text.parse().map_err(|_| bad())?),
            Column::Entry => self.entry = text.parse().map_err(|_| bad())?,
            Column::TimeRead => self.time_read = Some(time(text).ok_or_else(bad)?),
            Column::Purpose => self.purpose = Purpose::of_word(text).ok_or_else(bad)?,
        }
        Ok(())
    }

    /// Takes note of a column that no row has.
    pub(super) fn knows(&mut self, known: Option<Column>, column: &str) {
        if known.is_none() {
            self.unknown_column.get_or_insert_with(|| column.to_owned());
        }
    }

    /// Whether the row says what each must.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.purpose {
            Purpose::Scan => Ok(()),
            _ if self.unknown_column.is_some() => Ok(()),
            _ if self.has_kind && self.line.is_some() && !self.file.is_empty() => Ok(()),
            _ => Err("it lacks one of `kind`, `file` and `line`".to_owned()),
        }
    }

    /// Its text.
    pub(super) fn message(&self) -> &str {
        self.event.shown.as_deref().map_or("", |shown| &shown.message)
    }

    /// The event, as it was read from the log.
    pub(super) fn into_event(self, stream: StreamId, signature: Option<SignatureId>) -> Event {
        let mut event = self.event;
        event.place = Place { stream, line: self.line.unwrap_or_default() };
        event.signature = signature;
        event.time = self.time_read.or(event.time);
        event.shown = None;
        event
    }
}

/// The observation that a row of another request holds.
pub(super) fn observation(event: &Event) -> Option<RequestObservation> {
    Some(RequestObservation {
        time: event.time?,
        sub: event.sub,
        client: event.client_ip,
        status: event.status,
        kid: event.kid,
        service: event.service,
        place: event.place,
    })
}

fn value(kind: Type, text: &str) -> Option<Value<'_>> {
    match kind {
        Type::Text => Some(Value::text(text)),
        Type::Whole => text.parse().ok().map(Value::Whole),
        Type::Time => time(text).map(Value::Time),
        Type::Flag => (text == "true").then_some(Value::Flag),
    }
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
}
