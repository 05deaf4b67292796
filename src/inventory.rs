//! What the operator can check: an export of the user table, the published key set, the expected issuer and audience.
//!
//! A row of the user table about a user in question becomes events like any log line's, with the row as evidence; that a
//! user or key is *not* there is a fact of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use polars::prelude::{ParquetReader, SerReader};
use serde_json::Value;

use crate::detect::Books;
use crate::event::{Event, EventKind, Place, Shown, StreamId};
use crate::name::Name;
use crate::parse::timestamp;
use crate::scan::{Scan, StreamBooks};

/// What was given.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    users: Option<Users>,
    kids: Option<BTreeSet<String>>,
    issuers: Vec<String>,
    audiences: Vec<String>,
}

#[derive(Debug, Clone)]
struct Users {
    file: String,
    rows: HashMap<String, User>,
    count: u64,
    bytes: u64,
}

/// A user as the table has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct User {
    /// The row's line or number, from 1.
    pub line: u64,
    /// When it was created.
    pub created: Option<DateTime<Utc>>,
    /// When it was deleted, where rows of deleted users are kept.
    pub deleted: Option<DateTime<Utc>>,
    /// When it was disabled.
    pub disabled: Option<DateTime<Utc>>,
}

impl User {
    /// Whether it may use its tokens at `time`.
    pub fn is_live(&self, time: DateTime<Utc>) -> bool {
        ![self.deleted, self.disabled].into_iter().flatten().any(|end| end <= time)
    }
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// It cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
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

/// The columns that hold a user's id, creation, deletion and disabling, folded, most telling first.
const COLUMNS: [&[&str]; 4] = [
    &["id", "sub", "userid", "uuid", "uid", "subject"],
    &["createdat", "created", "creationtime", "createddate", "createdon", "createdatetime"],
    &["deletedat", "deleted", "deletiontime", "deleteddate", "deletedon", "removedat"],
    &["disabledat", "disabled", "bannedat", "banneduntil", "blockedat", "suspendedat", "deactivatedat", "lockedat"],
];

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
    /// Wants a column `id` (or `sub`, `user_id`, `uuid`) and takes `created`, `deleted` and `disabled` times (or
    /// `created_at` and the like) where there are any.
    ///
    /// # Errors
    /// If the file cannot be read, has no rows of its kind, or no column of ids.
    pub fn with_users(mut self, path: &Path) -> Result<Self, InventoryError> {
        let shape = |what: &str| InventoryError::Shape { path: path.to_owned(), what: what.to_owned() };
        let read = |source| InventoryError::Read { path: path.to_owned(), source };
        let bytes = std::fs::read(path).map_err(read)?;
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_ascii_lowercase();
        let rows = match ending.as_str() {
            "csv" => csv_rows(&bytes),
            "jsonl" | "ndjson" => jsonl_rows(&bytes),
            "parquet" => parquet_rows(&bytes),
            _ => Err("the ending tells no format: expected .csv, .jsonl or .parquet".to_owned()),
        }
        .map_err(|what| shape(&what))?;
        let mut users = HashMap::new();
        let count = rows.len() as u64;
        for (line, row) in rows {
            let get = |column: usize| COLUMNS[column].iter().find_map(|name| row.get(*name)).map(|value| value.trim());
            let Some(id) = get(0).filter(|id| !id.is_empty()) else { continue };
            let time = |column: usize| get(column).and_then(time_of);
            users.insert(id.to_owned(), User { line, created: time(1), deleted: time(2), disabled: time(3) });
        }
        if users.is_empty() && count > 0 {
            return Err(shape("has no column of ids: expected `id`, `sub`, `user_id` or `uuid`"));
        }
        self.users = Some(Users { file: path.display().to_string(), rows: users, count, bytes: bytes.len() as u64 });
        Ok(self)
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

    /// Adds to a scan what the user table tells of the users in question, as a stream of its own.
    pub fn tell(&self, scan: &mut Scan) {
        let Some(users) = &self.users else { return };
        let stream = StreamId(u32::try_from(scan.streams.len()).unwrap_or(u32::MAX));
        let asked: BTreeSet<Name> = scan.events.iter().filter_map(|event| event.sub).collect();
        let mut books = Books { bytes: users.bytes, lines: users.count, records: users.count, ..Books::default() };
        for sub in asked {
            let Some(user) = users.rows.get(&*sub) else { continue };
            let times = [
                (EventKind::UserCreated, user.created),
                (EventKind::UserDeleted, user.deleted),
                (EventKind::UserDisabled, user.disabled),
            ];
            let mut told = false;
            for (kind, time) in times.into_iter().filter(|(_, time)| time.is_some()) {
                let mut event = Event::bare(kind, Place { stream, line: user.line });
                event.time = time;
                event.sub = Some(sub);
                event.shown =
                    Some(Box::new(Shown { message: "a row of the user table".into(), format: "user-table", ..Shown::default() }));
                scan.events.push(event);
                books.events += 1;
                told = true;
            }
            books.told += u64::from(told);
        }
        books.skipped = books.records - books.told;
        scan.streams.push(StreamBooks { file: users.file.as_str().into(), books });
        scan.events.sort_by_key(|event| event.place);
    }
}

/// Rows by folded column name, each with its line.
type Rows = Vec<(u64, BTreeMap<String, String>)>;

fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

fn csv_rows(bytes: &[u8]) -> Result<Rows, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header: Vec<String> = reader.headers().map_err(|error| error.to_string())?.iter().map(folded).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.push((line, header.iter().cloned().zip(record.iter().map(str::to_owned)).collect()));
    }
    Ok(rows)
}

fn jsonl_rows(bytes: &[u8]) -> Result<Rows, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let value: serde_json::Map<String, Value> =
            serde_json::from_str(text).map_err(|error| format!("line {line}: {error}"))?;
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        rows.push((line, value.iter().filter_map(|(name, value)| Some((folded(name), text(value)?))).collect()));
    }
    Ok(rows)
}

fn parquet_rows(bytes: &[u8]) -> Result<Rows, String> {
    let frame = ParquetReader::new(std::io::Cursor::new(bytes)).finish().map_err(|error| error.to_string())?;
    let mut rows: Rows = (1..).take(frame.height()).map(|line| (line, BTreeMap::new())).collect();
    for column in frame.columns() {
        let name = folded(column.name());
        if !COLUMNS.iter().any(|names| names.contains(&name.as_str())) {
            continue;
        }
        for (place, (_, row)) in rows.iter_mut().enumerate() {
            let cell = column.get(place).map_err(|error| error.to_string())?;
            if !cell.is_null() {
                row.insert(name.clone(), cell.str_value().into_owned());
            }
        }
    }
    Ok(rows)
}

fn time_of(text: &str) -> Option<DateTime<Utc>> {
    timestamp::whole(text)?.resolve(|_| 0, DateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests lay out their inputs")]

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
            let inventory = Inventory::default().with_users(&path).unwrap();
            let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
            let gone = inventory.user("u1").unwrap().unwrap();
            assert_eq!(gone.deleted, Some(at("2026-03-02T10:00:00Z")), "{name}");
            assert!(gone.is_live(at("2026-03-02T09:59:59Z")) && !gone.is_live(at("2026-03-02T10:00:00Z")));
            assert!(inventory.user("u2").unwrap().unwrap().is_live(at("2026-03-09T00:00:00Z")));
            assert_eq!(inventory.user("u3"), Some(None));
        }
        assert_eq!(Inventory::default().user("u1"), None);
    }

    #[test]
    fn a_parquet_export_is_read() {
        use polars::prelude::{Column, DataFrame, ParquetWriter};
        let columns = vec![
            Column::new("user_id".into(), ["u1", "u2"]),
            Column::new("deleted_at".into(), [Some("2026-03-02T10:00:00Z"), None]),
        ];
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut DataFrame::new(2, columns).unwrap()).unwrap();
        let rows = parquet_rows(&bytes).unwrap();
        assert_eq!((rows[0].1["userid"].as_str(), rows[0].1["deletedat"].as_str()), ("u1", "2026-03-02T10:00:00Z"));
        assert_eq!(rows[1].1.get("deletedat"), None);
    }

    #[test]
    fn what_is_no_table_or_key_set_is_told() {
        for (name, text, says) in [
            ("users.csv", "name,mail\na,b\n", "no column of ids"),
            ("users.jsonl", "{\"id\":\"u1\"}\nnot json\n", "line 2"),
            ("users.txt", "id\n", "the ending tells no format"),
        ] {
            let (_directory, path) = written(name, text);
            let error = Inventory::default().with_users(&path).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let (_directory, path) = written("jwks.json", "{\"keys\":[{\"kid\":\"k1\"},{\"kty\":\"RSA\"}]}");
        let inventory = Inventory::default().with_jwks(&path).unwrap();
        assert_eq!((inventory.publishes("k1"), inventory.publishes("k2")), (Some(true), Some(false)));
        let (_directory, path) = written("jwks.json", "{\"kid\":\"k1\"}");
        assert!(Inventory::default().with_jwks(&path).unwrap_err().to_string().contains("is no key set"));
    }
}
