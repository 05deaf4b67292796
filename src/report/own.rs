//! What our own outputs begin with, so that a later run over their folder does not read them as logs.
//!
//! They are known by content, for rotation renames and compresses them. Tables are known by the names of their first
//! columns, so that those of a version with other columns further on are known too.

use std::str;

use memchr::memmem;

use crate::layout::timestamp;
use crate::model::report::TOOL;
use crate::report::{csv as csv_report, rows, summary};

/// The second line of every report in Markdown.
pub(super) const MARKDOWN: &str = "<!-- Made by jwtriage -->";
/// A part of the head of every page.
const HTML: &str = "<meta name=\"generator\" content=\"jwtriage\">";
/// How many names of columns identify a table of jwtriage.
const NAMES: usize = 5;
/// The first keys of the report in JSON.
const REPORT: [&str; 2] = ["schema_version", "run"];

/// Whether `head`, the first bytes of a stream, begins an output of ours. Of Parquet the last bytes are looked at, which
/// may be given alone.
///
/// An attacker who can write lines into a log must not hide it by lines that look like an output of jwtriage. So all lines
/// given must be rows, and no line of a log may follow the beginning of a text for people. A cell of a table that is never
/// closed hides what follows.
pub fn is_own(head: &[u8]) -> bool {
    // A spreadsheet that saves a table may put a byte order mark before it.
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    match head {
        [b'{', ..] => is_report(head) || are_rows(head),
        [b'#', ..] => head.split(|b| *b == b'\n').nth(1) == Some(MARKDOWN.as_bytes()) && !holds_records(head),
        [b'<', ..] => {
            let begin = &head[..head.len().min(1024)];
            let is_page = begin.starts_with(b"<!DOCTYPE html>") && memmem::find(begin, HTML.as_bytes()).is_some();
            is_page && !holds_records(head)
        }
        // The last byte of the footer's length is a zero, which no line of text has.
        _ if head.ends_with(b"\0PAR1") => memmem::find(head, rows::PARQUET_KEY.as_bytes()).is_some(),
        _ => is_table(head) || (is_summary(head) && !holds_records(head)),
    }
}

/// Whether a line begins with a time, or is a JSON object, as no line of the texts for people is.
fn holds_records(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    text.lines().any(|line| line.starts_with('{') || timestamp::leading(line).is_some_and(|(stamp, _)| stamp.dated))
}

/// A summary that somebody kept, with or without its colours.
fn is_summary(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&head[..head.len().min(1024)]);
    let mut plain = String::with_capacity(text.len());
    for (number, piece) in text.split("\u{1b}[").enumerate() {
        // What follows the first is an escape sequence up to its `m`.
        plain.push_str(if number == 0 { piece } else { piece.split_once('m').map_or(piece, |(_, rest)| rest) });
    }
    summary::begins(&plain)
}

/// The first names of each table.
fn tables() -> Vec<Vec<&'static str>> {
    let tables = rows::columns().into_iter().chain([csv_report::COLUMNS.to_vec()]);
    tables.map(|names| names.into_iter().take(NAMES).collect()).collect()
}

fn is_report(head: &[u8]) -> bool {
    // Over several lines, as a log of JSON lines never is.
    head.starts_with(b"{\n")
        && first_keys(head, REPORT.len()) == REPORT
        && memmem::find(head, format!("\"{TOOL}").as_bytes()).is_some()
}

fn are_rows(head: &[u8]) -> bool {
    let tables = tables();
    let mut lines: Vec<&[u8]> = head.split(|b| *b == b'\n').collect();
    // The last one is empty, or was cut.
    if lines.len() > 1 {
        lines.pop();
    }
    lines.iter().all(|line| tables.iter().any(|names| first_keys(line, names.len()) == *names))
}

fn is_table(head: &[u8]) -> bool {
    let begins = |names: &Vec<&str>| {
        let rest = head.strip_prefix(names.join(",").as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b",") || rest.starts_with(b"\r\n"))
    };
    if !tables().iter().any(begins) {
        return false;
    }
    // A record that does not have as many fields is an error, as is one that was cut: the last.
    let mut is_broken = false;
    csv::Reader::from_reader(head).into_byte_records().all(|record| !std::mem::replace(&mut is_broken, record.is_err()))
}

/// The first `most` keys of a JSON object that may be cut.
fn first_keys(json: &[u8], most: usize) -> Vec<&str> {
    let mut keys = Vec::new();
    let (mut depth, mut at) = (0_u32, 0);
    while keys.len() < most && at < json.len() {
        match json[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let begin = at + 1;
                at = begin;
                while at < json.len() && json[at] != b'"' {
                    at += if json[at] == b'\\' { 2 } else { 1 };
                }
                if depth == 1 && json.get(at + 1) == Some(&b':') {
                    keys.push(json.get(begin..at).and_then(|key| str::from_utf8(key).ok()).unwrap_or_default());
                }
            }
            _ => {}
        }
        at += 1;
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::unknown::Template;
    use crate::report::results::Results;
    use crate::report::rows::{RowFormat, write_events, write_failures, write_unknown};
    use crate::report::{html, json, markdown, sample};

    /// Some results as every writer writes them.
    fn written(results: &Results) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        let mut add = |name: String, write: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            write(&mut out);
            all.push((name, out));
        };
        add("json".into(), &|out| json::write(&results.report, out).unwrap());
        add("html".into(), &|out| html::write(&results.report, out).unwrap());
        add("md".into(), &|out| markdown::write(&results.report, out).unwrap());
        for color in [false, true] {
            let style = summary::Style { color, width: 100 };
            add(format!("summary {color}"), &|out| summary::write(&results.report, style, out).unwrap());
        }
        add("csv".into(), &|out| csv_report::write(&results.report, out).unwrap());
        for format in [RowFormat::Jsonl, RowFormat::Csv, RowFormat::Parquet].into_iter().filter(|format| format.check().is_ok()) {
            add(format!("failures {format:?}"), &|out| write_failures(results, format, out).unwrap());
            add(format!("events {format:?}"), &|out| write_events(results, format, out).unwrap());
            add(format!("unknown {format:?}"), &|out| write_unknown(results, format, out).unwrap());
        }
        all
    }

    fn results() -> Results {
        let mut results = sample::results();
        let text = "a, \"b\"\n{c}".to_owned();
        let first = results.events[0].place;
        results.unknown = vec![Template { text: text.clone(), count: 3, format: "text", first, example: text }];
        results
    }

    #[test]
    fn what_each_writer_makes_is_known_again_cut_anywhere_behind_its_beginning() {
        for (name, bytes) in written(&results()) {
            assert!(is_own(&bytes), "{name}: {}", String::from_utf8_lossy(&bytes));
            for cut in (600..bytes.len()).filter(|_| !name.contains("Parquet")) {
                assert!(is_own(&bytes[..cut]), "{name}, cut at {cut}");
            }
        }
    }

    #[test]
    fn what_is_made_of_nothing_is_known_again() {
        let results = Results { failures: vec![], events: vec![], unknown: vec![], ..sample::results() };
        let empty = Results { report: sample::quiet(), ..results };
        for (name, bytes) in written(&empty) {
            assert!(is_own(&bytes) || bytes.is_empty(), "{name}: {}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn a_log_is_not_hidden_by_lines_of_ours() {
        let log = b"2026-03-02T09:00:00Z error: jwt expired, user=1\n2026-03-02T09:00:01Z error: jwt expired\n";
        for (name, bytes) in written(&results()).into_iter().filter(|(name, _)| !name.contains("Parquet") && name != "json") {
            // A cell of a table may go on over lines: of tables the header alone.
            let most = if name.to_lowercase().contains("csv") { 1 } else { 8 };
            for lines in 1..=most {
                let lines: Vec<u8> = bytes.split_inclusive(|b| *b == b'\n').take(lines).flatten().copied().collect();
                assert!(!is_own(&[&lines, &log[..]].concat()), "{name}");
            }
        }
        let json = br#"{"schema_version":"1.0","run":{"tool":"jwtriage 0.1.0"}}"#;
        assert!(!is_own(&[&json[..], b"\n", br#"{"msg":"jwt expired"}"#].concat()));
        assert!(!is_own(b"GET /jwtriage.version HTTP/1.1 401\nGET /PAR1"));
        assert!(!is_own(log));
    }

    #[test]
    fn logs_with_fields_of_the_same_names_are_logs() {
        for log in [
            &br#"{"time":"2026-03-02T09:00:00Z","level":"warn","msg":"jwt expired","sub":"u1","kid":"k","iss":"i","aud":"a"}"#[..],
            b"time,kind,message\r\n1,2,3\r\n",
            b"# Time: 260302  9:00:00\n# User@Host: x\n",
            b"<!DOCTYPE html><html><body>502</body></html>",
            b"No failed requests\n2026-03-02T09:00:00Z error: jwt expired\n",
            b"",
        ] {
            assert!(!is_own(log), "{}", String::from_utf8_lossy(log));
        }
    }
}
