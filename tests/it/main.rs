//! jwtriage from outside: one test program, a module a subject.
#![expect(clippy::disallowed_methods, reason = "tests lay out their inputs")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod beside;
mod calibration;
mod catalog;
#[cfg(feature = "cli")]
mod chase;
#[cfg(feature = "cli")]
mod cli;
mod cuts;
mod engine;
#[cfg(all(feature = "cli", feature = "parquet"))]
mod events_files;
#[cfg(feature = "cli")]
mod exports;
mod facts;
#[cfg(feature = "cli")]
mod files;
mod formats;
#[cfg(feature = "cli")]
mod golden;
mod inferred;
mod layouts;
#[cfg(feature = "cli")]
mod merging;
mod moments;
mod phrases;
mod properties;
mod rendered;
#[cfg(feature = "cli")]
mod rules;
#[cfg(feature = "cli")]
mod samples;
mod scenarios;
#[cfg(feature = "cli")]
mod secrets;
mod tidy;
#[cfg(feature = "cli")]
mod two_scans;

use std::path::{Path, PathBuf};
#[cfg(feature = "cli")]
use std::process::{Command, Output};

/// The endings of files of rows that this build writes.
#[cfg(feature = "cli")]
const ROW_ENDINGS: &[&str] = if cfg!(feature = "parquet") { &["jsonl", "csv", "parquet"] } else { &["jsonl", "csv"] };

/// The built program.
#[cfg(feature = "cli")]
fn jwtriage(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jwtriage")).args(args).env("NO_COLOR", "1").output().unwrap()
}

/// A path in the project.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every row of a JSONL file.
fn rows(path: &Path) -> Vec<serde_json::Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every row of an events file that is an event.
#[cfg(feature = "cli")]
fn events(path: &Path) -> Vec<serde_json::Value> {
    rows(path).into_iter().filter(|row| matches!(row["purpose"].as_str(), None | Some("unasked"))).collect()
}

/// The failures of a directory of logs.
#[cfg(feature = "cli")]
fn failures(logs: &Path) -> Vec<serde_json::Value> {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("failures.jsonl");
    let done = jwtriage(&["scan", logs.to_str().unwrap(), "--failures", out.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    rows(&out)
}
