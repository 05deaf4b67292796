//! The rows of an events file: one an event, and what correlation reads beside events.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::row::Get::{Text, Time, Whole};
use super::row::{Column as RowColumn, Get, named, text, whole, word};
use crate::model::event::{Event, EventKind, Place, Shown, StreamId};
use crate::model::event_row::{Column, Purpose};
use crate::model::field::Field;
use crate::model::observation::RequestObservation;
use crate::normalise::shift::Shifts;
use crate::report::results::Results;

/// One row.
pub(super) struct EventRow<'r> {
    event: Cow<'r, Event>,
    time: Option<DateTime<Utc>>,
    time_read: Option<DateTime<Utc>>,
    purpose: Purpose,
    /// The number of the event among those of its line.
    entry: u32,
}

impl EventRow<'_> {
    /// Whether it is an event of the public vocabulary.
    pub(super) fn is_for_people(&self) -> bool {
        matches!(self.purpose, Purpose::Event | Purpose::Unasked) && self.event.kind.is_event()
    }
}

/// The columns, in order.
pub(super) fn columns<'r>() -> Vec<RowColumn<EventRow<'r>>> {
    Column::all().into_iter().map(|column| RowColumn(column.name(), get(column))).collect()
}

/// How a column is read from a row.
fn get<'r>(column: Column) -> Get<EventRow<'r>> {
    match column {
        Column::Field(Field::Time) => Time(|row| row.time),
        Column::Field(Field::Kind) => Text(|row, _| word(row.event.kind.as_str()).filter(|_| row.purpose != Purpose::Scan)),
        Column::Field(field) => Get::Field(field, |row| &row.event),
        Column::Signature => Text(|row, names| row.event.signature.and_then(|id| named(names.signatures, id.index()))),
        // A row without a file would surprise those who group by it.
        Column::File => Text(|row, names| named(names.files, row.event.place.stream.0).or(word(""))),
        Column::Line => Whole(|row| whole(row.event.place.line)),
        Column::Entry => Whole(|row| (row.entry > 0).then_some(row.entry.into())),
        Column::TimeRead => Time(|row| row.time_read),
        Column::Purpose => Text(|row, _| text(row.purpose.word())),
    }
}

/// All rows: events in the order of streams and lines, other requests, and last the scan.
pub(super) fn rows(results: &Results) -> Vec<EventRow<'_>> {
    let stored = &results.stored;
    let mut rows = Vec::with_capacity(results.events.len() + stored.unasked.len() + stored.observations.len() + 1);
    for event in &results.events {
        let by = stored.shifts.of_event(event);
        let is_of_scan = (event.place.stream.0 as usize) < stored.streams;
        rows.push(EventRow {
            event: Cow::Borrowed(event),
            time: event.time,
            time_read: event.time.filter(|_| !by.is_zero()).map(|time| Shifts::moved(time, -by)),
            purpose: if is_of_scan { Purpose::Event } else { Purpose::Unasked },
            entry: 0,
        });
    }
    for event in &stored.unasked {
        rows.push(read_row(Cow::Borrowed(event), stored.shifts.of_event(event), Purpose::Unasked));
    }
    if !stored.unasked.is_empty() {
        rows.sort_by_key(|row| row.event.place);
    }
    for seen in &stored.observations {
        rows.push(read_row(Cow::Owned(as_event(seen)), stored.shifts.of_observation(seen), Purpose::Observation));
    }
    for index in 1..rows.len() {
        let (before, row) = (&rows[index - 1], &rows[index]);
        let is_observation = |row: &EventRow<'_>| row.purpose == Purpose::Observation;
        if before.event.place == row.event.place && is_observation(before) == is_observation(row) {
            rows[index].entry = before.entry + 1;
        }
    }
    if !stored.header.is_empty() {
        rows.push(scan_row(&stored.header));
    }
    rows
}

/// A row whose time is as it was read.
fn read_row(event: Cow<'_, Event>, by: chrono::TimeDelta, purpose: Purpose) -> EventRow<'_> {
    let read = event.time;
    EventRow {
        time: read.map(|time| Shifts::moved(time, by)),
        time_read: read.filter(|_| !by.is_zero()),
        purpose,
        entry: 0,
        event,
    }
}

fn as_event(seen: &RequestObservation) -> Event {
    let mut event = Event::bare(EventKind::Request, seen.place);
    event.time = Some(seen.time);
    (event.sub, event.client_ip, event.status, event.kid, event.service) =
        (seen.sub, seen.client, seen.status, seen.kid, seen.service);
    event
}

fn scan_row(header: &str) -> EventRow<'static> {
    let mut event = Event::bare(EventKind::Request, Place { stream: StreamId(u32::MAX), line: 0 });
    event.shown = Some(Box::new(Shown { message: header.into(), ..Shown::default() }));
    EventRow { event: Cow::Owned(event), time: None, time_read: None, purpose: Purpose::Scan, entry: 0 }
}
