//! The pipeline as a library: what tests that set up scans of their own share.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use chrono::DateTime;
use jwtriage::check::inventory::Inventory;
use jwtriage::correlate::{Correlated, correlate};
use jwtriage::extract::detector::Detector;
use jwtriage::extract::signature::Catalog;
use jwtriage::ingest::discover::Source;
use jwtriage::parallel::Pool;
use jwtriage::pipeline::scan::scan;
use jwtriage::pipeline::settings::{SPAN, Settings};
use jwtriage::redact::Redactor;

/// The whole built-in catalog, made ready once.
pub(crate) static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::new(Catalog::builtin_bare().unwrap()));

/// As a run without options has them.
pub(crate) fn settings() -> Settings {
    Settings {
        zone: chrono_tz::Tz::UTC,
        now: DateTime::UNIX_EPOCH,
        second_pass: true,
        span: SPAN,
        rows: false,
        redactor: Redactor::BARE,
        is_own: |_| false,
        pool: Pool::CALLERS,
        strict: true,
    }
}

/// Every file below a directory, in the order of their paths.
pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// A file to be read; when it was written must not matter.
pub(crate) fn source(path: &Path) -> Source {
    Source { modified: None, ..Source::at(path, &std::fs::metadata(path).unwrap(), true) }
}

/// What is made of all files below a directory.
pub(crate) fn explained(directory: &Path, settings: &Settings) -> Correlated {
    let sources: Vec<Source> = files_below(directory).iter().map(|path| source(path)).collect();
    let mut found = scan(&sources, &DETECTOR, settings);
    assert!(found.books().balance() && found.problems.is_empty(), "{:?} {:?}", found.books(), found.problems);
    correlate(&mut found, &Inventory::default())
}
