//! What a row is: a list of named values, each column of one type.

use std::borrow::Cow;
use std::ops::Deref;

use chrono::{DateTime, Utc};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::model::event::{Event, Text, rfc3339};
use crate::model::field::{Field, Value};
use crate::model::id::Id;
use crate::model::name::Name;
use crate::report::results::Results;

use Get::{Real, Time, Whole};

/// The names that rows hold numbers of.
pub(super) struct Names<'r> {
    /// The names of streams, by [`crate::model::event::StreamId`].
    pub(super) files: &'r [Text],
    /// The ids of signatures, by [`crate::model::event::SignatureId`].
    pub(super) signatures: &'r [String],
}

impl<'r> Names<'r> {
    pub(super) fn of(results: &'r Results) -> Self {
        Self { files: &results.files, signatures: &results.signatures }
    }
}

/// One column: its name, its type, and how it is read from a row.
pub(super) struct Column<R>(pub(super) &'static str, pub(super) Get<R>);

/// How a value is read; the variant is the type of the column.
pub(super) enum Get<R> {
    Text(for<'r> fn(&'r R, &Names<'r>) -> Option<Cow<'r, str>>),
    Whole(fn(&R) -> Option<i64>),
    Real(fn(&R) -> Option<f64>),
    Time(fn(&R) -> Option<DateTime<Utc>>),
    /// A field of the event that a row is about, by the table of fields.
    Field(Field, for<'r> fn(&'r R) -> &'r Event),
}

/// The names of some columns, in order.
pub(super) fn names<R>(columns: &[Column<R>]) -> Vec<&'static str> {
    columns.iter().map(|Column(name, _)| *name).collect()
}

/// A row with its columns, as a JSON object.
pub(super) struct Row<'r, R> {
    pub(super) of: &'r R,
    pub(super) columns: &'r [Column<R>],
    pub(super) names: &'r Names<'r>,
}

impl<R> Serialize for Row<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.columns.len()))?;
        for Column(name, get) in self.columns {
            match get {
                Get::Text(get) => object.serialize_entry(name, &get(self.of, self.names))?,
                Whole(get) => object.serialize_entry(name, &get(self.of))?,
                Real(get) => object.serialize_entry(name, &get(self.of))?,
                Time(get) => object.serialize_entry(name, &get(self.of).map(rfc3339))?,
                Get::Field(field, event) => match field.of(event(self.of)) {
                    None => object.serialize_entry(name, &None::<()>)?,
                    Some(Value::Text(text)) => object.serialize_entry(name, &text)?,
                    Some(Value::Whole(number)) => object.serialize_entry(name, &number)?,
                    Some(Value::Time(time)) => object.serialize_entry(name, &rfc3339(time))?,
                    Some(Value::Flag) => object.serialize_entry(name, &true)?,
                },
            }
        }
        object.end()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a column's value may be absent; this one never is")]
pub(super) fn word(text: &str) -> Option<Cow<'_, str>> {
    Some(Cow::Borrowed(text))
}

pub(super) fn text(text: Option<&str>) -> Option<Cow<'_, str>> {
    text.map(Cow::Borrowed)
}

pub(super) fn name(name: Option<Name>) -> Option<Cow<'static, str>> {
    name.map(|name| Cow::Owned(name.text().to_string()))
}

pub(super) fn id(id: Option<Id>) -> Option<Cow<'static, str>> {
    id.map(|id| Cow::Owned(id.to_string()))
}

pub(super) fn named(names: &[impl Deref<Target = str>], index: u32) -> Option<Cow<'_, str>> {
    names.get(usize::try_from(index).ok()?).map(|name| Cow::Borrowed(&**name))
}

pub(super) fn whole(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}
