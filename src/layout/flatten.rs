//! JSON values as flat [`Fields`]: every leaf under its dotted path.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_json::value::RawValue;

use crate::layout::fields::Fields;
use crate::layout::paths::{At, Paths};

/// Paths deeper than this are cut off: no known product goes there, and attackers might.
const MAX_DEPTH: usize = 24;

/// Leaves beyond this many are left out of a record.
pub(super) const MAX_LEAVES: usize = 600;

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

    /// The leaves at a node one step down.
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
