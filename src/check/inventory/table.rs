//! An export of a user table: which of its columns say what of a user, and what their values mean.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::user::{Since, User};
use crate::layout::timestamp;
use crate::parquet;
use crate::redact::Redactor;

/// The columns that hold a user's id, folded, the preferred ones first.
const IDS: [&str; 6] = ["id", "sub", "userid", "uuid", "uid", "subject"];
/// What may stand before what a column is about: `is_deleted`, `account_status`.
const BEFORE: [&str; 5] = ["is", "has", "was", "user", "account"];
/// What may stand after it: `deleted_at`, `creation_date`.
const AFTER: [&str; 9] = ["datetime", "timestamp", "time", "date", "since", "flag", "utc", "at", "on"];
/// What stands after it in a column that says when a ban ends.
const ENDS: [&str; 5] = ["until", "till", "expires", "expiry", "end"];
/// Parts of names that may well say whether a user may sign in.
const ACCOUNT_STATE: [&str; 10] =
    ["delet", "disabl", "enabl", "banned", "suspend", "deactiv", "inactiv", "blocked", "lockedout", "archived"];
/// Parts of names that say something else of the user.
const OTHER: [&str; 10] = ["mfa", "2fa", "factor", "otp", "mail", "phone", "sms", "notif", "news", "lockoutenabled"];
/// Ends of names that say something else of it: who did it, why, how often.
const BESIDE: [&str; 9] = ["by", "reason", "count", "code", "token", "version", "comment", "message", "note"];
/// What is wrong with a table without ids.
pub(super) const NO_IDS: &str = "has no column of ids: expected `id`, `sub`, `user_id` or `uuid`";
/// How much of a value that is not understood is shown, in characters.
const MAX_SHOWN: usize = 40;
/// The number of the first row.
const FIRST: u64 = 1;

/// What a column says of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The user's id; of several such columns the one of the lowest number.
    Id(usize),
    /// When it was created: `created_at`.
    Created,
    /// Whether or since when it is deleted: `deleted`, `is_deleted`, `removed_at`.
    Deleted,
    /// Whether or since when it is disabled: `disabled`, `banned`, `suspended_at`, `locked`.
    Disabled,
    /// Whether it is not disabled: `enabled`, `is_active`.
    Enabled,
    /// Until when it is disabled: `banned_until`, `lockout_end`.
    Until,
    /// Which of those it is, in a word: `status`, `account_state`.
    Status,
}

impl Meaning {
    /// What a column of this name means.
    fn of(name: &str) -> Option<Self> {
        let folded = folded(name);
        if let Some(rank) = IDS.iter().position(|id| *id == folded) {
            return Some(Self::Id(rank));
        }
        let mut core = folded.as_str();
        while let Some(rest) = BEFORE.iter().find_map(|word| core.strip_prefix(word)) {
            core = rest;
        }
        let bare = core;
        loop {
            match core {
                "created" | "creation" | "registered" => return Some(Self::Created),
                "deleted" | "deletion" | "softdeleted" | "removed" | "removal" | "erased" | "purged" => {
                    return Some(Self::Deleted);
                }
                "disabled" | "banned" | "ban" | "blocked" | "suspended" | "suspension" | "deactivated" | "deactivation"
                | "inactive" | "locked" | "lockedout" | "lockout" | "archived" | "terminated" => return Some(Self::Disabled),
                // `active_at` is when the user was last seen.
                "enabled" | "active" => return (core == bare).then_some(Self::Enabled),
                "status" => return Some(Self::Status),
                // A state alone may be one of a country.
                "state" if core != folded => return Some(Self::Status),
                _ => {}
            }
            if let Some(rest) = ENDS.iter().find_map(|word| core.strip_suffix(word)) {
                return (Self::of(rest) == Some(Self::Disabled) || rest == "lock").then_some(Self::Until);
            }
            core = AFTER.iter().find_map(|word| core.strip_suffix(word))?;
        }
    }

    fn expects(self) -> &'static str {
        match self {
            Self::Id(_) => "an id",
            Self::Created | Self::Until => "a date, a time or nothing",
            Self::Deleted | Self::Disabled => "true, false, a date, a time or nothing",
            Self::Enabled => "true, false or nothing",
            Self::Status => "a word such as active, disabled, suspended or deleted",
        }
    }
}

/// Whether a column without a [`Meaning`] may well say whether a user may sign in.
fn may_say_state(name: &str) -> bool {
    let folded = folded(name);
    ACCOUNT_STATE.iter().any(|part| folded.contains(part))
        && !folded.starts_with("last")
        && !OTHER.iter().any(|part| folded.contains(part))
        && !BESIDE.iter().any(|word| folded.ends_with(word))
}

fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The rows of an export, with the cells of those columns that mean something.
#[derive(Debug, Default)]
pub(super) struct Table {
    columns: Vec<(String, Option<Meaning>)>,
    index_of: HashMap<String, usize>,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug)]
pub(super) struct Row {
    line: u64,
    cells: Vec<(usize, String)>,
}

impl Table {
    /// Reads a file of the format that its ending names.
    pub(super) fn read(ending: &str, bytes: &[u8]) -> Result<Self, String> {
        match ending {
            "csv" => Self::csv(bytes),
            "jsonl" | "ndjson" => Self::json_lines(bytes),
            "parquet" => Self::parquet(bytes),
            _ => Err("the ending tells no format: expected .csv, .jsonl or .parquet".to_owned()),
        }
    }

    /// The index of a column, if it means something.
    fn column(&mut self, name: &str) -> Option<usize> {
        let index = *self.index_of.entry(name.to_owned()).or_insert_with(|| {
            self.columns.push((name.to_owned(), Meaning::of(name)));
            self.columns.len() - 1
        });
        self.columns[index].1.map(|_| index)
    }

    fn csv(bytes: &[u8]) -> Result<Self, String> {
        let mut table = Self::default();
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let header = reader.headers().map_err(|error| error.to_string())?.clone();
        let indices: Vec<Option<usize>> = header.iter().map(|name| table.column(name)).collect();
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            let cells = indices.iter().zip(&record).filter_map(|(index, value)| Some(((*index)?, value.to_owned()))).collect();
            table.rows.push(Row { line: record.position().map_or(0, csv::Position::line), cells });
        }
        Ok(table)
    }

    fn json_lines(bytes: &[u8]) -> Result<Self, String> {
        let mut table = Self::default();
        let text = String::from_utf8_lossy(bytes);
        let lines = text.trim_start_matches('\u{feff}').lines();
        for (line, text) in (FIRST..).zip(lines).filter(|(_, text)| !text.trim().is_empty()) {
            let object: Map<String, Value> = serde_json::from_str(text).map_err(|_| format!("line {line}: is no JSON object"))?;
            let mut cells = Vec::new();
            for (name, value) in object {
                let value = match value {
                    Value::Null => continue,
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                cells.extend(table.column(&name).map(|index| (index, value)));
            }
            table.rows.push(Row { line, cells });
        }
        Ok(table)
    }

    fn parquet(bytes: &[u8]) -> Result<Self, String> {
        let mut table = Self::default();
        let read = parquet::read(bytes, |name| table.column(name).is_some()).map_err(|error| error.to_string())?;
        if read.columns.is_empty() {
            return Err(NO_IDS.to_owned());
        }
        table.rows = (FIRST..).take(read.rows).map(|line| Row { line, cells: Vec::new() }).collect();
        for (name, values) in read.columns {
            let Some(column) = table.column(&name) else { continue };
            for (row, value) in table.rows.iter_mut().zip(values) {
                row.cells.extend(value.map(|text| (column, text)));
            }
        }
        Ok(table)
    }

    /// The names of columns that are ignored and might say whether a user may sign in.
    pub(super) fn doubtful(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(|(name, means)| means.is_none() && may_say_state(name)).map(|(name, _)| name.as_str())
    }

    /// The users by id. Rows without an id are left out.
    pub(super) fn users(&self, zone: Tz) -> Result<HashMap<String, User>, String> {
        let mut users = HashMap::new();
        for row in &self.rows {
            let cells = || row.cells.iter().map(|(index, value)| (&self.columns[*index], value.trim()));
            let id = cells()
                .filter_map(|((_, means), value)| match means {
                    Some(Meaning::Id(rank)) if !value.is_empty() => Some((rank, value)),
                    _ => None,
                })
                .min();
            let Some((_, id)) = id else { continue };
            let mut values = RowValues::default();
            for ((name, means), value) in cells() {
                let Some(means) = means else { continue };
                if values.take(*means, value, zone).is_none() {
                    let shown: String = Redactor::BARE.redact(value).chars().take(MAX_SHOWN).collect();
                    let expects = means.expects();
                    return Err(format!("line {}: column `{name}`: `{shown}` is not understood: expected {expects}", row.line));
                }
            }
            users.insert(id.to_owned(), values.user(row.line));
        }
        Ok(users)
    }
}

/// What the cells of a row say together.
#[derive(Debug, Default)]
struct RowValues {
    created: Option<DateTime<Utc>>,
    deleted: Option<Since>,
    disabled: Option<Since>,
    until: Option<DateTime<Utc>>,
    /// It is said not to be deleted.
    exists: bool,
    /// It is said not to be disabled.
    enabled: bool,
}

impl RowValues {
    /// Adds what a cell says; `None` where it is not understood.
    fn take(&mut self, means: Meaning, value: &str, zone: Tz) -> Option<()> {
        let is_so = |slot: &mut Option<Since>, since: Since| *slot = Some(since.or(*slot));
        match (means, Said::of(value, zone)) {
            (Meaning::Id(_), _) | (_, Some(Said::Nothing)) | (Meaning::Created | Meaning::Until, Some(Said::No)) => {}
            (Meaning::Status, _) => match Status::of(value)? {
                // Rows of deleted users often keep it.
                Status::Live => {}
                Status::Disabled => is_so(&mut self.disabled, Since::Unknown),
                Status::Deleted => is_so(&mut self.deleted, Since::Unknown),
            },
            (Meaning::Created, Some(Said::Since(since))) => self.created = self.created.or(since.earliest()),
            (Meaning::Deleted, Some(Said::Since(since))) => is_so(&mut self.deleted, since),
            (Meaning::Deleted, Some(Said::Yes)) => is_so(&mut self.deleted, Since::Unknown),
            (Meaning::Deleted, Some(Said::No)) => self.exists = true,
            (Meaning::Disabled, Some(Said::Since(since))) => is_so(&mut self.disabled, since),
            (Meaning::Disabled, Some(Said::Yes)) | (Meaning::Enabled, Some(Said::No)) | (Meaning::Until, Some(Said::Forever)) => {
                is_so(&mut self.disabled, Since::Unknown);
            }
            (Meaning::Disabled, Some(Said::No)) | (Meaning::Enabled, Some(Said::Yes)) => self.enabled = true,
            (Meaning::Until, Some(Said::Since(since))) => {
                is_so(&mut self.disabled, Since::Unknown);
                self.until = self.until.max(since.latest());
            }
            _ => return None,
        }
        Some(())
    }

    /// The user: a flag, which says what is so now, wins over a time, which says what was so once.
    fn user(self, line: u64) -> User {
        let disabled = self.disabled.filter(|_| !self.enabled || self.until.is_some());
        let deleted = self.deleted.filter(|_| !self.exists);
        User { line, created: self.created, deleted, disabled, until: self.until }
    }
}

/// What a cell says.
enum Said {
    Nothing,
    Yes,
    No,
    Since(Since),
    Forever,
}

impl Said {
    fn of(value: &str, zone: Tz) -> Option<Self> {
        let value = value.trim().trim_matches(['"', '\'']).trim();
        match value.to_ascii_lowercase().as_str() {
            "" | "null" | "(null)" | "none" | "nil" | "\\n" | "nan" | "nat" | "undefined" | "n/a" | "-" | "never"
            | "-infinity" => {
                return Some(Self::Nothing);
            }
            "true" | "t" | "yes" | "y" | "on" | "1" | "1.0" => return Some(Self::Yes),
            "false" | "f" | "no" | "n" | "off" | "0" | "0.0" => return Some(Self::No),
            "infinity" | "+infinity" => return Some(Self::Forever),
            _ => {}
        }
        // Dates that are written for no date where a column must have one.
        if value.starts_with("0000-00-00") {
            return Some(Self::Nothing);
        }
        let since = if let Some(day) = day(value) {
            let at = |time| in_zone(day.and_time(time), zone);
            Since::Day(at(NaiveTime::MIN)?, at(NaiveTime::from_hms_opt(23, 59, 59)?)?)
        } else {
            let stamp = timestamp::whole(value).filter(|stamp| stamp.dated && stamp.has_year)?;
            Since::Time(stamp.resolve(|local| timestamp::offset_at(&zone, local), DateTime::UNIX_EPOCH)?)
        };
        Some(if since.latest() <= Some(DateTime::UNIX_EPOCH + TimeDelta::days(2)) { Self::Nothing } else { Self::Since(since) })
    }
}

/// A date alone: `2026-03-01`, `2026/03/01`, `20260301`.
fn day(value: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"]
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(value, form).ok())
        .filter(|day| day.to_string().len() == 10 && matches!(value.len(), 8 | 10))
}

fn in_zone(local: chrono::NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let offset = TimeDelta::seconds(i64::from(timestamp::offset_at(&zone, local)));
    local.checked_sub_signed(offset).map(|time| time.and_utc())
}

/// What a word for an account's state says.
enum Status {
    Live,
    Disabled,
    Deleted,
}

impl Status {
    /// Words of the identity providers and of what people write themselves.
    fn of(value: &str) -> Option<Self> {
        match folded(value).as_str() {
            "active"
            | "activated"
            | "enabled"
            | "ok"
            | "live"
            | "normal"
            | "valid"
            | "current"
            | "confirmed"
            | "unconfirmed"
            | "verified"
            | "unverified"
            | "registered"
            | "staged"
            | "provisioned"
            | "pending"
            | "invited"
            | "new"
            | "recovery"
            | "passwordexpired"
            | "resetrequired"
            | "forcechangepassword"
            | "externalprovider"
            | "unlocked" => Some(Self::Live),
            "disabled" | "inactive" | "deactivated" | "banned" | "suspended" | "locked" | "lockedout" | "blocked" | "frozen"
            | "archived" | "deprovisioned" | "terminated" | "compromised" | "expired" | "revoked" => Some(Self::Disabled),
            "deleted" | "removed" | "softdeleted" | "erased" | "purged" | "gone" => Some(Self::Deleted),
            _ => None,
        }
    }
}
