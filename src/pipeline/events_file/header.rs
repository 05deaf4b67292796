//! The row of an events file that describes the scan: what correlation and the report need besides the events.

use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::extract::extracted::Extracted;
use crate::extract::signature::Catalog;
use crate::model::books::{PassedOver, Problem, StreamBooks};
use crate::report::results::Asked;

/// The version of events files that this program writes and reads.
pub const VERSION: u32 = 1;

/// What a scan was asked to do, and what it read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the file: [`VERSION`].
    pub events_file: u32,
    /// The program that wrote it.
    pub tool: String,
    /// What the signatures were: see [`fingerprint`].
    pub catalog: String,
    /// How many other rows belong to it.
    pub rows: u64,
    /// The paths as they were given.
    pub inputs: Vec<String>,
    /// The options by name.
    pub parameters: Vec<(String, String)>,
    /// The zone of stamps that name none.
    pub zone: String,
    /// The streams, in order, and what became of their records.
    pub streams: Vec<StreamBooks>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What was passed over.
    pub passed_over: PassedOver,
    /// How many ids the second pass looked for.
    pub ids_looked_up: u64,
    /// Records that look like trouble and whose template found no room.
    pub untold: u64,
}

/// The version alone, which every version of a header has.
#[derive(Deserialize)]
struct Version {
    events_file: u32,
}

impl Header {
    /// The header of a scan. Its rows are counted when they are written.
    pub fn of(scan: &Extracted, asked: &Asked, catalog: String) -> Self {
        Self {
            events_file: VERSION,
            tool: format!("jwtriage {}", env!("CARGO_PKG_VERSION")),
            catalog,
            rows: 0,
            inputs: asked.inputs.clone(),
            parameters: asked.parameters.clone(),
            zone: asked.zone.clone(),
            streams: scan.streams.clone(),
            problems: scan.problems.clone(),
            passed_over: scan.passed_over,
            ids_looked_up: scan.ids_looked_up as u64,
            untold: scan.unknown.uncounted,
        }
    }

    /// The header as JSON in one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("derived plain data with string keys has a JSON form")
    }

    /// Reads a header; `Err` gives the version if it is another one, else what is wrong.
    pub fn read(text: &str) -> Result<Self, Unread> {
        let Version { events_file } = serde_json::from_str(text).map_err(|error| Unread::Malformed(error.to_string()))?;
        if events_file != VERSION {
            return Err(Unread::Version(events_file));
        }
        serde_json::from_str(text).map_err(|error| Unread::Malformed(error.to_string()))
    }
}

/// Why a header could not be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is of this version.
    Version(u32),
    /// It is no header.
    Malformed(String),
}

/// A hash of all signatures, in hexadecimal digits: two catalogs that read alike have the same.
pub fn fingerprint(catalog: &Catalog) -> String {
    let mut hasher = SipHasher13::new();
    for signature in &catalog.signatures {
        hasher.write(signature.id.as_bytes());
        hasher.write(signature.kind.as_str().as_bytes());
        hasher.write(signature.reason.map_or("", |reason| reason.as_str()).as_bytes());
        for literal in &signature.literals {
            hasher.write(literal.as_bytes());
        }
        for variant in &signature.variants {
            hasher.write(variant.pattern.as_ref().map_or("", |pattern| pattern.source()).as_bytes());
            for (field, path) in &variant.reads {
                hasher.write(field.name().as_bytes());
                hasher.write(path.as_bytes());
            }
        }
        hasher.write_u8(0xff);
    }
    format!("{:016x}", hasher.finish())
}
