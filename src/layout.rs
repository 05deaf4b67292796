//! Record -> Entry: understands the layout of one record, whatever it says.
//!
//! A [`Format`] is one way of writing a log record; [`FORMATS`] lists them, strictest first. A new format
//! is a file under `parse/` and a line in that list. Parsing never fails: a format gives an [`Entry`] or
//! `None`, and what no format claims is counted as unparsed.

pub mod fields;
pub mod timestamp;
pub mod token;

mod access;
mod json;
mod keyvalue;
mod paths;
mod text;

use std::borrow::Cow;

pub use fields::Fields;
pub use timestamp::Stamp;

/// A record understood: when it was written, what it says, and the fields it names.
#[derive(Debug, Clone, Default)]
pub struct Entry<'r> {
    /// Name of the format that read it.
    pub format: &'static str,
    /// The record's own time stamp, zone not yet applied.
    pub stamp: Option<Stamp>,
    /// Level as written.
    pub level: Option<Cow<'r, str>>,
    /// The text a person would read, with following lines (stack traces) where there are any.
    pub message: Cow<'r, str>,
    /// Everything else by name: JSON paths joined by dots, logfmt keys, or the canonical names of
    /// [`fields`] where a text layout has no names of its own.
    pub fields: Fields<'r>,
}

/// One way of writing a log record.
pub trait Format: Sync {
    /// The name shown in rows and in the books.
    fn name(&self) -> &'static str;

    /// Reads `record` (one record, wrappers already off, possibly of several lines), or declines.
    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>>;
}

/// Every format, in the order they are asked: the first that claims a record reads it.
///
/// Strict layouts stand before lenient ones; the generic "time stamp, level, text" comes last.
pub static FORMATS: &[&dyn Format] = &[
    &json::Json,
    &access::Envoy,
    &access::Haproxy,
    &access::Combined,
    &access::Iis,
    &access::Uvicorn,
    &access::Gin,
    &access::Morgan,
    &text::NginxError,
    &text::ApacheError,
    &text::Postgres,
    &text::MysqlSlow,
    &text::Keycloak,
    &text::SpringBoot,
    &text::Cockroach,
    &text::Klog,
    &text::Gunicorn,
    &text::Rails,
    &access::RequestLine,
    &text::Django,
    &text::Winston,
    &keyvalue::Logfmt,
    &text::Generic,
    &text::Bare,
];

/// Reads a record by the first format that claims it.
pub fn parse(record: &str) -> Option<Entry<'_>> {
    FORMATS.iter().find_map(|format| format.parse(record))
}
