//! What the operator can check: an export of the user table, the published key set, the expected issuer and audience.
//!
//! A row of the user table about a user in question becomes events like any log line's, with the row as evidence; that a
//! user or key is *not* there is a fact of its own.

mod table;
mod user;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use serde_json::Value;

use crate::extract::extracted::Extracted;
use crate::model::books::Books;
use crate::model::books::StreamBooks;
use crate::model::event::{Event, EventKind, Place, Shown, StreamId};
use crate::model::name::Name;
use table::Table;

pub use user::{Since, User};

/// The format of the events that rows of the user table become.
pub const FORMAT: &str = "user-table";

/// What was given.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    users: Option<Users>,
    kids: Option<BTreeSet<String>>,
    issuers: Vec<String>,
    audiences: Vec<String>,
    notes: Vec<String>,
}

#[derive(Debug, Clone)]
struct Users {
    file: String,
    rows: HashMap<String, User>,
    count: u64,
    bytes: u64,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// It cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("`{}`: {what}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl Inventory {
    /// One that knows the issuers and audiences that tokens are expected to name; empty lists expect nothing.
    pub fn expecting(issuers: &[String], audiences: &[String]) -> Self {
        Self { issuers: issuers.to_owned(), audiences: audiences.to_owned(), ..Self::default() }
    }

    /// The issuers whose tokens are expected.
    pub fn issuers(&self) -> &[String] {
        &self.issuers
    }

    /// The audiences that tokens are expected to name.
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// Reads an export of the user table: CSV with a header, JSON lines or Parquet, by its ending.
    ///
    /// Wants a column `id` (or `sub`, `user_id`, `uuid`) and takes what says when a user was created and whether and
    /// since when it is deleted or disabled (`deleted_at`, `is_deleted`, `enabled`, `banned_until`, `status`). Times and
    /// days without a zone are in `zone`.
    ///
    /// # Errors
    /// If the file cannot be read, has no rows of its kind, no column of ids, or says of a user what is not understood.
    pub fn with_users(mut self, path: &Path, zone: Tz) -> Result<Self, InventoryError> {
        let shape = |what: String| InventoryError::Shape { path: path.to_owned(), what };
        let bytes = std::fs::read(path).map_err(|source| InventoryError::Read { path: path.to_owned(), source })?;
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_ascii_lowercase();
        let table = Table::read(&ending, &bytes).map_err(shape)?;
        let count = table.rows.len() as u64;
        let rows = table.users(zone).map_err(shape)?;
        if rows.is_empty() && count > 0 {
            return Err(shape(table::NO_IDS.to_owned()));
        }
        let ignored = |name| {
            format!(
                "`{}`: column `{name}` is not understood and not looked at: call it deleted, disabled, enabled or status if it \
                 says whether a user may sign in",
                path.display()
            )
        };
        self.notes.extend(table.doubtful().map(ignored));
        self.users = Some(Users { file: path.display().to_string(), rows, count, bytes: bytes.len() as u64 });
        Ok(self)
    }

    /// What the operator should know of what was given.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Reads a key set as an issuer publishes it.
    ///
    /// # Errors
    /// If the file cannot be read or is no key set.
    pub fn with_jwks(mut self, path: &Path) -> Result<Self, InventoryError> {
        let text = std::fs::read_to_string(path).map_err(|source| InventoryError::Read { path: path.to_owned(), source })?;
        let shape = |what: String| InventoryError::Shape { path: path.to_owned(), what };
        let set: Value = serde_json::from_str(&text).map_err(|error| shape(format!("is no JSON: {error}")))?;
        let keys = set["keys"].as_array().ok_or_else(|| shape("is no key set: it has no list `keys`".to_owned()))?;
        self.kids = Some(keys.iter().filter_map(|key| key["kid"].as_str()).map(str::to_owned).collect());
        Ok(self)
    }

    /// The user of this id: `None` without a table, `Some(None)` where the table has none.
    pub fn user(&self, sub: &str) -> Option<Option<User>> {
        self.users.as_ref().map(|users| users.rows.get(sub).copied())
    }

    /// Whether a key is published; `None` without a key set.
    pub fn publishes(&self, kid: &str) -> Option<bool> {
        self.kids.as_ref().map(|kids| kids.contains(kid))
    }

    /// Whether an issuer is an expected one; `None` where none is expected.
    pub fn expects_issuer(&self, iss: &str) -> Option<bool> {
        (!self.issuers.is_empty()).then(|| self.issuers.iter().any(|expected| expected == iss))
    }

    /// Whether one of an audience's names is expected; `None` where none is.
    pub fn expects_audience(&self, aud: &str) -> Option<bool> {
        (!self.audiences.is_empty())
            .then(|| aud.split(',').any(|name| self.audiences.iter().any(|expected| expected == name.trim())))
    }

    /// Adds to a scan events of what the user table says of the users in question, as a stream of its own.
    pub fn add_events(&self, scan: &mut Extracted) {
        let Some(users) = &self.users else { return };
        let stream = StreamId(u32::try_from(scan.streams.len()).unwrap_or(u32::MAX));
        let asked: BTreeSet<Name> = scan.events.iter().filter_map(|event| event.sub).collect();
        let last = scan.events.iter().filter_map(|event| event.time).max();
        let mut books = Books { bytes: users.bytes, lines: users.count, records: users.count, ..Books::default() };
        for sub in asked {
            let Some(user) = users.rows.get(&*sub.text()) else { continue };
            let facts = [
                (EventKind::UserCreated, user.created.map(Since::Time)),
                (EventKind::UserDeleted, user.deleted),
                (EventKind::UserDisabled, user.disabled),
                // The end of a ban does not restore a deleted user.
                (
                    EventKind::UserRestored,
                    user.until.filter(|until| user.deleted.is_none() && Some(*until) <= last).map(Since::Time),
                ),
            ];
            let mut gives_events = false;
            for (kind, since) in facts.into_iter().filter_map(|(kind, since)| Some((kind, since?))) {
                let mut event = Event::bare(kind, Place { stream, line: user.line });
                // At the latest possible time, so that requests on that day do not count as let through after a deletion.
                event.time = since.latest();
                event.sub = Some(sub);
                event.shown = Some(Box::new(Shown {
                    message: "a row of the user table".into(),
                    format: FORMAT.into(),
                    ..Shown::default()
                }));
                scan.events.push(event);
                books.events += 1;
                gives_events = true;
            }
            books.told += u64::from(gives_events);
        }
        books.skipped = books.records - books.told;
        scan.streams.push(StreamBooks { file: users.file.as_str().into(), books });
        scan.events.sort_by_key(|event| event.place);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests lay out their inputs")]
    #![cfg_attr(feature = "parquet", expect(clippy::disallowed_types, reason = "a test makes a table"))]

    use chrono::{DateTime, Utc};

    use super::*;

    fn written(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        (directory, path)
    }

    #[test]
    fn users_are_read_from_csv_and_json_lines_alike() {
        for (name, text) in [
            (
                "users.csv",
                "user_id,email,created_at,deleted_at\nu1,a@example.com,2026-03-01T09:00:00Z,2026-03-02 10:00:00+00\nu2,b,2026-03-01T09:00:00Z,\n",
            ),
            (
                "users.jsonl",
                "{\"id\":\"u1\",\"createdAt\":\"2026-03-01T09:00:00Z\",\"deletedAt\":1772445600}\n{\"id\":\"u2\",\"createdAt\":\"2026-03-01T09:00:00Z\",\"deletedAt\":null}\n",
            ),
        ] {
            let (_directory, path) = written(name, text);
            let inventory = Inventory::default().with_users(&path, Tz::UTC).unwrap();
            let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
            let gone = inventory.user("u1").unwrap().unwrap();
            assert_eq!(gone.deleted, Some(Since::Time(at("2026-03-02T10:00:00Z"))), "{name}");
            assert!(gone.is_live(at("2026-03-02T09:59:59Z")) && !gone.is_live(at("2026-03-02T10:00:00Z")));
            assert!(inventory.user("u2").unwrap().unwrap().is_live(at("2026-03-09T00:00:00Z")));
            assert_eq!(inventory.user("u3"), Some(None));
        }
        assert_eq!(Inventory::default().user("u1"), None);
    }

    #[cfg(feature = "parquet")]
    #[test]
    fn a_parquet_export_is_read() {
        use polars::prelude::{
            Column, DataFrame, DataType, Int64Chunked, IntoColumn, NewChunkedArray, ParquetWriter, TimeUnit, TimeZone,
        };
        let millis = [Some(1_772_445_600_000_i64), None, None];
        let at = |zone| {
            Int64Chunked::from_iter_options("deleted_at".into(), millis.into_iter())
                .into_datetime(TimeUnit::Milliseconds, zone)
                .into_column()
        };
        let columns = |zone| {
            vec![
                Column::new("user_id".into(), [1, 2, 3]),
                at(zone),
                Column::new("seen".into(), [7, 8, 9]),
                Column::new("is_active".into(), [Some(true), Some(false), None]),
                Column::new("banned_until".into(), [None, None, Some(20_513)]).cast(&DataType::Date).unwrap(),
            ]
        };
        for (zone, in_berlin) in [(Some(TimeZone::UTC), "2026-03-02T10:00:00Z"), (None, "2026-03-02T09:00:00Z")] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("users.parquet");
            let mut bytes = Vec::new();
            ParquetWriter::new(&mut bytes).finish(&mut DataFrame::new(3, columns(zone)).unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
            let inventory = Inventory::default().with_users(&path, Tz::Europe__Berlin).unwrap();
            let user = |id: &str| inventory.user(id).unwrap().unwrap();
            assert_eq!(user("1").deleted, Some(Since::Time(in_berlin.parse().unwrap())));
            assert_eq!((user("1").disabled, user("2").disabled), (None, Some(Since::Unknown)));
            assert_eq!(user("3").until, Some("2026-03-01T22:59:59Z".parse().unwrap()));
        }
    }

    #[test]
    fn what_a_table_says_of_a_user_is_understood_however_it_is_said() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (before, after) = (at("2026-03-01T05:00:00Z"), at("2026-03-03T00:00:00Z"));
        let live = (false, false);
        let (deleted, disabled) = ((true, false), (false, true));
        for (column, value, then, now) in [
            ("deleted", "true", deleted, deleted),
            ("IsDeleted", "T", deleted, deleted),
            ("soft_deleted", "1", deleted, deleted),
            ("deleted", "2026-03-02", live, deleted),
            ("deleted_at", "1772445600", live, deleted),
            ("deletedAt", "1772445600000", live, deleted),
            ("account.deletion_date", "20260302", live, deleted),
            ("removed_on", "2026/03/02", live, deleted),
            ("deleted", "0", live, live),
            ("deleted", "false", live, live),
            ("deleted_at", "null", live, live),
            ("deleted_at", "''", live, live),
            ("deleted_at", "0000-00-00 00:00:00", live, live),
            ("deleted_at", "0001-01-01T00:00:00Z", live, live),
            ("enabled", "false", disabled, disabled),
            ("accountEnabled", "true", live, live),
            ("active", "0", disabled, disabled),
            ("is_active", "f", disabled, disabled),
            ("banned", "yes", disabled, disabled),
            ("suspended_at", "2026-03-02 10:00:00", live, disabled),
            ("banned_until", "2026-03-02T10:00:00Z", disabled, live),
            ("lockout_end", "2126-03-02T10:00:00Z", disabled, disabled),
            ("banned_until", "infinity", disabled, disabled),
            ("banned_until", "", live, live),
            ("banned_until", "0", live, live),
            ("status", "DEPROVISIONED", disabled, disabled),
            ("user_status", "locked out", disabled, disabled),
            ("account_state", "deleted", deleted, deleted),
            ("status", "Active", live, live),
            ("state", "CA", live, live),
            ("last_active_at", "soon", live, live),
        ] {
            let csv = format!("id,{column}\nu1,{value}\n");
            let json = format!("{{\"id\":\"u1\",\"{column}\":\"{value}\"}}\n");
            for (name, text) in [("users.csv", csv), ("users.jsonl", json)] {
                let (_directory, path) = written(name, &text);
                let inventory = Inventory::default().with_users(&path, Tz::UTC).unwrap();
                let user = inventory.user("u1").unwrap().unwrap();
                let said = |time| (user.is_deleted(time), user.is_disabled(time));
                assert_eq!((said(before), said(after)), (then, now), "{name}: {column}={value}");
            }
        }
    }

    #[test]
    fn several_columns_are_held_against_one_another() {
        let known = Since::Time("2026-03-02T10:00:00Z".parse().unwrap());
        for (columns, values, deleted, disabled) in [
            ("is_deleted,deleted_at", "true,2026-03-02T10:00:00Z", Some(known), None),
            ("deleted_at,status", "2026-03-02T10:00:00Z,active", Some(known), None),
            ("deleted,deleted_at", "false,2026-03-02T10:00:00Z", None, None),
            ("enabled,disabled_at", "false,2026-03-02T10:00:00Z", None, Some(known)),
            ("enabled,disabled_at", "true,2026-03-02T10:00:00Z", None, None),
        ] {
            let (_directory, path) = written("users.csv", &format!("id,{columns}\nu1,{values}\n"));
            let inventory = Inventory::default().with_users(&path, Tz::UTC).unwrap();
            let user = inventory.user("u1").unwrap().unwrap();
            assert_eq!((user.deleted, user.disabled), (deleted, disabled), "{columns}={values}");
        }
    }

    #[test]
    fn a_date_is_a_day_of_the_zone() {
        let (_directory, path) = written("users.csv", "id,deleted,created\nu1,2026-03-02,2026-03-01\n");
        let inventory = Inventory::default().with_users(&path, Tz::Europe__Berlin).unwrap();
        let user = inventory.user("u1").unwrap().unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(user.deleted, Some(Since::Day(at("2026-03-01T23:00:00Z"), at("2026-03-02T22:59:59Z"))));
        assert_eq!(user.created, Some(at("2026-02-28T23:00:00Z")));
    }

    #[test]
    fn what_is_not_understood_is_reported_with_its_line_and_without_secrets() {
        let token = "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYW5vbiJ9.c2ln";
        for (name, text, says) in [
            ("users.csv", "id,deleted\nu1,true\nu2,maybe\n".to_owned(), "line 3: column `deleted`: `maybe` is not understood"),
            ("users.csv", "id,active\nu1,2026-03-02\n".to_owned(), "line 2: column `active`: `2026-03-02`"),
            ("users.csv", "id,created_at\nu1,yes\n".to_owned(), "expected a date, a time or nothing"),
            ("users.jsonl", "{\"id\":\"u1\",\"status\":\"gold\"}\n".to_owned(), "line 1: column `status`: `gold`"),
            ("users.jsonl", format!("{{\"id\":1,\"isDeleted\":\"{token}\"}}\n"), "column `isDeleted`"),
        ] {
            let (_directory, path) = written(name, &text);
            let error = Inventory::default().with_users(&path, Tz::UTC).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains(name) && !error.contains(token), "{error}");
        }
    }

    #[test]
    fn a_column_that_may_have_been_meant_is_named() {
        let (_directory, path) =
            written("users.csv", "id,login_blocked,mfa_enabled,deleted_by,last_active,mail\nu1,true,t,root,2026-03-02,a@b\n");
        let inventory = Inventory::default().with_users(&path, Tz::UTC).unwrap();
        assert_eq!(inventory.notes().len(), 1);
        assert!(inventory.notes()[0].contains("`login_blocked`"), "{:?}", inventory.notes());
    }

    #[test]
    fn what_is_no_table_or_key_set_is_reported() {
        for (name, text, says) in [
            ("users.csv", "name,mail\na,b\n", "no column of ids"),
            ("users.jsonl", "{\"id\":\"u1\"}\nnot json\n", "line 2"),
            ("users.txt", "id\n", "the ending tells no format"),
        ] {
            let (_directory, path) = written(name, text);
            let error = Inventory::default().with_users(&path, Tz::UTC).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let (_directory, path) = written("jwks.json", "{\"keys\":[{\"kid\":\"k1\"},{\"kty\":\"RSA\"}]}");
        let inventory = Inventory::default().with_jwks(&path).unwrap();
        assert_eq!((inventory.publishes("k1"), inventory.publishes("k2")), (Some(true), Some(false)));
        let (_directory, path) = written("jwks.json", "{\"kid\":\"k1\"}");
        assert!(Inventory::default().with_jwks(&path).unwrap_err().to_string().contains("is no key set"));
    }
}
