//! What became of every byte and record, and what could not be read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::event::Text;

/// The outcomes of records, by count. Every record is in exactly one of `skipped` to `told`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    /// Bytes read, after decoding.
    pub bytes: u64,
    /// How many of the bytes were NULs: passed over, and parts of no record.
    pub nul_bytes: u64,
    /// Lines.
    pub lines: u64,
    /// Records.
    pub records: u64,
    /// Records that hold no literal of the catalog: not read.
    pub skipped: u64,
    /// Records of issued tokens alone that name no user, client or key of a failure: not read.
    pub postponed: u64,
    /// Records no layout claims and no signature matches.
    pub unparsed: u64,
    /// Records that were read and say nothing of tokens, users or keys.
    pub unknown: u64,
    /// Records that gave at least one event.
    pub told: u64,
    /// Events out: more than `told` where one record gives several.
    pub events: u64,
    /// The records looked at, by layout.
    pub formats: BTreeMap<Cow<'static, str>, FormatBooks>,
}

/// The outcomes of the records of one layout that were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormatBooks {
    /// Records that gave an event.
    pub told: u64,
    /// Records that gave none.
    pub unknown: u64,
}

impl Books {
    /// Adds another count to this one.
    pub fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.nul_bytes += other.nul_bytes;
        self.lines += other.lines;
        self.records += other.records;
        self.skipped += other.skipped;
        self.postponed += other.postponed;
        self.unparsed += other.unparsed;
        self.unknown += other.unknown;
        self.told += other.told;
        self.events += other.events;
        for (format, counts) in &other.formats {
            let mine = self.formats.entry(format.clone()).or_default();
            mine.told += counts.told;
            mine.unknown += counts.unknown;
        }
    }

    /// Counts a record that was read, by its layout and how many events it gave.
    pub fn count_read(&mut self, format: &'static str, events: u64) {
        self.events += events;
        let counts = self.formats.entry(Cow::Borrowed(format)).or_default();
        if events > 0 {
            self.told += 1;
            counts.told += 1;
        } else {
            *(if format == "plain" { &mut self.unparsed } else { &mut self.unknown }) += 1;
            counts.unknown += 1;
        }
    }

    /// Whether every record is in exactly one count.
    pub fn balance(&self) -> bool {
        self.records == self.skipped + self.postponed + self.unparsed + self.unknown + self.told
    }
}

/// One opened input and what became of its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamBooks {
    /// The name as evidence shows it.
    pub file: Text,
    /// The counts.
    #[serde(flatten)]
    pub books: Books,
}

/// Inputs that are no logs, or were excluded: no problem, but counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Binary files, members of archives among them.
    pub binary: u64,
    /// Outputs of jwtriage, from earlier runs or from this one.
    pub own_outputs: u64,
    /// Devices, pipes and sockets.
    pub special: u64,
    /// Files and directories that `--exclude` names.
    pub excluded: u64,
}

impl PassedOver {
    /// Adds another count to this one.
    pub fn add(&mut self, other: Self) {
        self.binary += other.binary;
        self.own_outputs += other.own_outputs;
        self.special += other.special;
        self.excluded += other.excluded;
    }

    /// How many there are.
    pub fn total(self) -> u64 {
        self.binary + self.own_outputs + self.special + self.excluded
    }
}

/// Trouble that did not stop the run: a file that could not be read, a block that was cut.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The path as shown to users, `outer.tar.gz!inner.log` for members of archives.
    pub file: String,
    /// The line, where one is known.
    pub line: Option<u64>,
    /// What happened, as one line without a full stop.
    pub what: String,
}
