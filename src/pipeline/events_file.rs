//! Events files: all that correlation reads of a scan, read back from rows.
//!
//! A file holds a row an event and, last, one that describes the scan ([`header`]). The rows of one scan may lie in several
//! files, and several scans may be read together; the order of the files makes no difference.

pub mod header;

mod row;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::check::inventory::Inventory;
use crate::correlate::correlate;
use crate::extract::extracted::Extracted;
use crate::hash::HashMap;
use crate::model::books::{PassedOver, Problem, StreamBooks};
use crate::model::event::{SignatureId, StreamId, Text};
use crate::model::event_row::{Column, Purpose};
use crate::parquet;
use crate::report::results::{Asked, Results};
use header::{Header, Unread, VERSION};
use row::Row;

/// Why events files cannot be read.
#[derive(Debug, Error)]
pub enum EventsFileError {
    /// It could not be opened.
    #[error("cannot read `{file}`: {source}")]
    Open {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The ending of its name is of no known format.
    #[error("cannot tell the format of `{0}` by its ending: events are read from .jsonl and .parquet")]
    Ending(String),
    /// It holds something else, or was cut in the middle of a row.
    #[error("`{file}` is no whole events file: {what}")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong, and where.
        what: String,
    },
    /// It was written by another version.
    #[error("`{file}` is an events file of version {version}; this program reads version {VERSION}")]
    Version {
        /// The file.
        file: String,
        /// Its version.
        version: u32,
    },
    /// It has a column that no events file of this version has.
    #[error("`{file}` has a column `{column}`, which events files of version {VERSION} have not")]
    Column {
        /// The file.
        file: String,
        /// The column.
        column: String,
    },
    /// Two files were made with different catalogs.
    #[error("`{file}` was made with another catalog than `{other}`: events of two catalogs cannot be read together")]
    Catalogs {
        /// One of them.
        file: String,
        /// The other.
        other: String,
    },
    /// Rows are missing.
    #[error("`{file}` was cut, or is a part of another: its scan wrote {expected} rows, and {found} are given")]
    Cut {
        /// One of the files.
        file: String,
        /// How many rows there should be.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// No row describes a scan.
    #[error("`{0}` does not end with the row that tells of its scan: it was cut, or is a part of another")]
    Headless(String),
}

/// What some events files hold together.
#[derive(Debug)]
pub struct Stored {
    /// What the scans read.
    pub scan: Extracted,
    /// The scans themselves: of parts of one there is one.
    pub headers: Vec<Header>,
    /// The ids of signatures, by [`SignatureId`].
    pub signatures: Vec<String>,
}

/// Reads events files; `paths` must name one at least.
///
/// # Errors
/// Where a file cannot be read whole, or the files do not belong together.
pub fn read(paths: &[PathBuf]) -> Result<Stored, EventsFileError> {
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        files.push(read_file(path)?);
    }
    let headers = headers(&files)?;
    let (streams, stream_of) = streams(&headers);
    let mut stored = Stored { scan: Extracted::default(), headers, signatures: Vec::new() };
    stored.scan.streams = streams;
    stored.take_rows(files, &stream_of)?;
    stored.take_headers();
    Ok(stored)
}

/// One file: its rows, and the headers among them.
struct File {
    name: String,
    rows: Vec<Row>,
    headers: Vec<Header>,
}

fn read_file(path: &Path) -> Result<File, EventsFileError> {
    let name = path.display().to_string();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    let bytes = || fs::read(path).map_err(|source| EventsFileError::Open { file: name.clone(), source });
    let rows = match ending.as_str() {
        "jsonl" => json_rows(&name, &bytes()?)?,
        "parquet" => parquet_rows(&name, &bytes()?)?,
        _ => return Err(EventsFileError::Ending(name)),
    };
    sorted_out(name, rows)
}

/// Separates the headers from the other rows. Of a file of another version only that is reported.
fn sorted_out(name: String, rows: Vec<Row>) -> Result<File, EventsFileError> {
    let malformed = |what: String| EventsFileError::Malformed { file: name.clone(), what };
    let mut file = File { rows: Vec::with_capacity(rows.len()), headers: Vec::new(), name: name.clone() };
    let mut unknown = None;
    for (number, row) in (1_u64..).zip(rows) {
        if row.purpose == Purpose::Scan {
            file.headers.push(Header::read(row.message()).map_err(|unread| match unread {
                Unread::Version(version) => EventsFileError::Version { file: name.clone(), version },
                Unread::Malformed(what) => malformed(format!("row {number}, which tells of the scan: {what}")),
            })?);
        } else {
            unknown = unknown.or(row.unknown_column.clone());
            file.rows.push(row);
        }
    }
    match unknown {
        Some(column) => Err(EventsFileError::Column { file: name, column }),
        None => Ok(file),
    }
}

fn json_rows(name: &str, bytes: &[u8]) -> Result<Vec<Row>, EventsFileError> {
    let mut rows = Vec::new();
    for (number, line) in (1_u64..).zip(bytes.split(|byte| *byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let malformed =
            |what: String| EventsFileError::Malformed { file: name.to_owned(), what: format!("line {number}: {what}") };
        let object: Map<String, Json> = serde_json::from_slice(line).map_err(|error| malformed(error.to_string()))?;
        let mut row = Row::default();
        for (column, value) in &object {
            let known = Column::named(column);
            let text = match value {
                Json::Null => {
                    row.knows(known, column);
                    continue;
                }
                Json::String(text) => text.clone(),
                other => other.to_string(),
            };
            row.put(known, column, &text).map_err(malformed)?;
        }
        row.check().map_err(malformed)?;
        rows.push(row);
    }
    Ok(rows)
}

fn parquet_rows(name: &str, bytes: &[u8]) -> Result<Vec<Row>, EventsFileError> {
    let malformed = |what: String| EventsFileError::Malformed { file: name.to_owned(), what };
    let table = parquet::read(bytes, |_| true).map_err(|error| malformed(error.to_string()))?;
    let mut rows: Vec<Row> = (0..table.rows).map(|_| Row::default()).collect();
    for (column, values) in table.columns {
        let known = Column::named(&column);
        for ((number, row), value) in (1_u64..).zip(&mut rows).zip(values) {
            match value {
                Some(text) => row.put(known, &column, &text).map_err(|what| malformed(format!("row {number}: {what}")))?,
                None => row.knows(known, &column),
            }
        }
    }
    for (number, row) in (1_u64..).zip(&rows) {
        row.check().map_err(|what| malformed(format!("row {number}: {what}")))?;
    }
    Ok(rows)
}

/// The headers of some files, in an order that does not depend on that of the files.
fn headers(files: &[File]) -> Result<Vec<Header>, EventsFileError> {
    let mut known: Vec<(&Header, &str)> = Vec::new();
    for file in files {
        for header in &file.headers {
            if let Some((_, other)) = known.first().filter(|(first, _)| first.catalog != header.catalog) {
                return Err(EventsFileError::Catalogs { file: file.name.clone(), other: (*other).to_owned() });
            }
            if !known.iter().any(|(other, _)| *other == header) {
                known.push((header, &file.name));
            }
        }
    }
    let headless = |file: &&File| file.headers.is_empty();
    let Some((_, first)) = known.first() else {
        return Err(EventsFileError::Headless(files.first().map_or_else(String::new, |file| file.name.clone())));
    };
    let expected: u64 = known.iter().map(|(header, _)| header.rows).sum();
    let found: u64 = files.iter().map(|file| file.rows.len() as u64).sum();
    if expected != found {
        let file = files.iter().find(headless).map_or(*first, |file| &file.name).to_owned();
        return Err(EventsFileError::Cut { file, expected, found });
    }
    let mut headers: Vec<Header> = known.into_iter().map(|(header, _)| header.clone()).collect();
    headers.sort_by_cached_key(|header| header.streams.iter().map(|stream| source(&stream.file)).min());
    Ok(headers)
}

/// What the streams of a source are sorted by: the parts of its path, as a directory is walked.
fn source(stream: &str) -> Vec<String> {
    stream.split('!').next().unwrap_or_default().split('/').map(str::to_owned).collect()
}

/// The streams of all scans, and the number of each by its name. Of one scan they keep their order.
fn streams(headers: &[Header]) -> (Vec<StreamBooks>, HashMap<Text, StreamId>) {
    let mut streams: Vec<StreamBooks> = Vec::new();
    for stream in headers.iter().flat_map(|header| &header.streams) {
        if !streams.contains(stream) {
            streams.push(stream.clone());
        }
    }
    if headers.len() > 1 {
        streams.sort_by_cached_key(|stream| source(&stream.file));
    }
    let number = |index: usize| StreamId(u32::try_from(index).unwrap_or(u32::MAX));
    let stream_of = streams.iter().enumerate().map(|(index, stream)| (stream.file.clone(), number(index))).collect();
    (streams, stream_of)
}

impl Stored {
    fn take_rows(&mut self, files: Vec<File>, stream_of: &HashMap<Text, StreamId>) -> Result<(), EventsFileError> {
        let mut signature_of: BTreeMap<String, SignatureId> = BTreeMap::new();
        let (mut events, mut observations) = (Vec::new(), Vec::new());
        for file in files {
            for row in file.rows {
                let Some(stream) = stream_of.get(row.file.as_str()) else {
                    let what = format!("no scan read the stream `{}`, which an event is of", row.file);
                    return Err(EventsFileError::Malformed { file: file.name, what });
                };
                let signature = row.signature.as_ref().map(|id| {
                    *signature_of.entry(id.clone()).or_insert_with(|| {
                        self.signatures.push(id.clone());
                        SignatureId::at(u32::try_from(self.signatures.len() - 1).unwrap_or(u32::MAX))
                    })
                });
                let (purpose, entry) = (row.purpose, row.entry);
                let event = row.into_event(*stream, signature);
                match purpose {
                    Purpose::Event => events.push((entry, event)),
                    Purpose::Observation => observations.extend(row::observation(&event).map(|seen| (entry, seen))),
                    Purpose::Unasked | Purpose::Scan => {}
                }
            }
        }
        events.sort_by_key(|(entry, event)| (event.place, *entry));
        observations.sort_by_key(|(entry, seen)| (seen.place, *entry));
        self.scan.events = events.into_iter().map(|(_, event)| event).collect();
        self.scan.observations = observations.into_iter().map(|(_, seen)| seen).collect();
        Ok(())
    }

    fn take_headers(&mut self) {
        let mut problems: Vec<Problem> = self.headers.iter().flat_map(|header| header.problems.clone()).collect();
        problems.sort();
        self.scan.problems = problems;
        self.scan.passed_over = PassedOver::default();
        for header in &self.headers {
            self.scan.passed_over.add(header.passed_over);
            self.scan.ids_looked_up += usize::try_from(header.ids_looked_up).unwrap_or(usize::MAX);
            self.scan.unknown.uncounted += header.untold;
        }
    }
}

impl Stored {
    /// The zone that stamps without one were read in.
    pub fn zone(&self) -> &str {
        self.headers.first().map_or("UTC", |header| &header.zone)
    }

    /// What the scans were asked to do: their inputs together, and the options of the first.
    fn asked(&self) -> Asked {
        let mut inputs: Vec<String> = Vec::new();
        for input in self.headers.iter().flat_map(|header| &header.inputs) {
            if !inputs.contains(input) {
                inputs.push(input.clone());
            }
        }
        let parameters = self.headers.first().map_or_else(Vec::new, |header| header.parameters.clone());
        Asked { inputs, parameters, zone: self.zone().to_owned() }
    }

    /// Explains every failure, as the scan would have.
    pub fn explain(mut self, inventory: &Inventory) -> Results {
        let asked = self.asked();
        let correlated = correlate(&mut self.scan, inventory);
        Results::of(asked, self.scan, correlated, self.signatures)
    }
}
