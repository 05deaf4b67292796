//! The server log of `PostgreSQL`. Its `DETAIL:`, `HINT:` and `STATEMENT:` lines have a prefix of their own and still
//! belong to the message before them.

use std::borrow::Cow;

use memchr::memmem;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::lines::first_line;
use crate::layout::message::entry;
use crate::layout::parsers::{complete, stamp};
use crate::layout::timestamp::Stamp;
use crate::literal::Literal;

/// What `PostgreSQL` calls its messages.
const SEVERITIES: [&str; 14] = [
    "LOG",
    "ERROR",
    "FATAL",
    "PANIC",
    "WARNING",
    "NOTICE",
    "INFO",
    "DEBUG",
    "DETAIL",
    "HINT",
    "STATEMENT",
    "CONTEXT",
    "QUERY",
    "LOCATION",
];

/// The lines that belong to the message before them.
const CONTINUATIONS: [&[u8]; 6] = [b"DETAIL:  ", b"HINT:  ", b"CONTEXT:  ", b"STATEMENT:  ", b"QUERY:  ", b"LOCATION:  "];

/// `postgresql`: any prefix with a time and a process in brackets, then `LOG:  text`.
pub(super) struct Postgres;

/// A line of `PostgreSQL`'s log: time, prefix, severity, text.
type PostgresLine<'r> = (Stamp, &'r str, &'r str, &'r str);

impl Layout for Postgres {
    fn name(&self) -> &'static str {
        "postgresql"
    }

    fn is_seen_in(&self, beginning: &[u8]) -> bool {
        memmem::find(beginning, b"LOG:  ").is_some()
    }

    fn continues_despite_head(&self, line: &[u8]) -> bool {
        CONTINUATIONS.iter().any(|label| memmem::find(line, label).is_some_and(|at| at > 0 && line[at - 1] == b' '))
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let record = record.trim();
        let line = first_line(record);
        let (stamp, prefix, severity, text) = postgres_line(line)?;
        let mut fields = Fields::default();
        push_prefix(prefix, &mut fields);
        let whole = record.get(line.len() - text.len()..)?;
        let entry = entry("postgresql", Some(stamp), Some(severity), whole, fields);
        let message = if whole.contains('\n') { without_prefixes(whole) } else { Cow::Borrowed(whole) };
        Some(Entry { message, ..entry })
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

fn postgres_line(line: &str) -> Option<PostgresLine<'_>> {
    static BLANKS: Literal = Literal::new(":  ");
    // Two blanks are rarer than time stamps.
    let (head, text) = BLANKS.split_once(line)?;
    let (head, stamp) = complete(stamp, head)?;
    let (prefix, severity) = head.rsplit_once([' ', ':'])?;
    let known = SEVERITIES.contains(&severity.trim_end_matches(|c: char| c.is_ascii_digit()));
    let process = prefix.split_once('[').is_some_and(|(_, pid)| pid.starts_with(|c: char| c.is_ascii_digit()));
    (known && process && prefix.len() <= 300).then_some((stamp, prefix, severity, text.trim_start()))
}

/// Process, user and database. Not named `user`: the role that connects is not the user that a token is about.
fn push_prefix<'r>(prefix: &'r str, fields: &mut Fields<'r>) {
    if let Some((pid, _)) = prefix.split_once('[').and_then(|(_, rest)| rest.split_once(']')) {
        fields.push("pid", pid);
    }
    let names = prefix.split([' ', ':']).find_map(|word| word.split_once('@'));
    if let Some((user, database)) = names {
        fields.push("db_user", user);
        fields.push("database", database);
    }
}

/// The lines of one record without the prefix that each of them has.
fn without_prefixes(text: &str) -> Cow<'_, str> {
    let mut plain = String::with_capacity(text.len());
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            plain.push('\n');
        }
        if let Some((_, _, severity, text)) = postgres_line(line).filter(|_| index > 0) {
            plain.extend([severity, ":  ", text]);
        } else {
            plain.push_str(line);
        }
    }
    Cow::Owned(plain)
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: "2026-11-23 12:05:56.190 UTC [30435] postgres@auth LOG:  execute <unnamed>: DELETE FROM auth_users WHERE id = $1\n2026-11-23 12:05:56.190 UTC [30435] postgres@auth DETAIL:  parameters: $1 = '78028fec'",
        time: Some("2026-11-23T12:05:56.190Z"),
        level: Some("LOG"),
        message: "execute <unnamed>: DELETE FROM auth_users WHERE id = $1\nDETAIL:  parameters: $1 = '78028fec'",
        fields: &[("db_user", "postgres"), ("database", "auth"), ("pid", "30435")],
    },
    Sample {
        record: "2026-11-23 12:12:46.859 UTC [28101] FATAL:  the database system is shutting down",
        time: Some("2026-11-23T12:12:46.859Z"),
        level: Some("FATAL"),
        message: "the database system is shutting down",
        fields: &[],
    },
    Sample {
        record: "2026-08-22 12:00:00 UTC:10.0.0.1(5432):app@orders:[123]:ERROR:  no such user",
        time: Some("2026-08-22T12:00:00Z"),
        level: Some("ERROR"),
        message: "no such user",
        fields: &[("database", "orders")],
    },
];
