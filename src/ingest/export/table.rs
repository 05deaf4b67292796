//! CSV that log explorers export: a header that names a time and a message, and a record a row.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2};

use super::splitter::Splitter;

/// More columns than this have no names.
const MAX_COLUMNS: usize = 1024;
/// A longer row is one whose quote nothing closes: it is cut, so that it does not take all that follows.
const MAX_ROW: usize = 1 << 20;

/// What is known of a column by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    /// Its name in the objects that rows become; nothing where it says nothing of what happened.
    name: Option<String>,
    /// Whether its times are in UTC and do not say so.
    is_utc: bool,
}

/// Names, folded, of the columns that matter, the preferred ones first.
const MESSAGES: [&str; 15] = [
    "message",
    "@message",
    "_raw",
    "textpayload",
    "logmessage",
    "logentry",
    "msg",
    "log",
    "line",
    "content",
    "body",
    "jsonpayload.message",
    "event.original",
    "renderedmessage",
    "event",
];
const TIMES: [&str; 10] =
    ["@timestamp", "timestamp", "_time", "timegenerated", "time", "date", "datetime", "ts", "receivetimestamp", "tsns"];
const SERVICES: [&str; 14] = [
    "service",
    "service.name",
    "service_name",
    "approlename",
    "cloud_rolename",
    "container_name",
    "containername",
    "kubernetes.container.name",
    "kubernetes.container_name",
    "resource.labels.container_name",
    "@logstream",
    "logstreamname",
    "app",
    "sourcetype",
];
const HOSTS: [&str; 9] = [
    "host",
    "host.name",
    "hostname",
    "computer",
    "approleinstance",
    "cloud_roleinstance",
    "podname",
    "kubernetes.pod.name",
    "resource.labels.pod_name",
];
/// Columns that the store adds to a row, and the program did not write.
const OF_THE_STORE: [&str; 12] =
    ["id", "_id", "_index", "_score", "@ptr", "insertid", "eventid", "itemid", "tsns", "linecount", "punct", "splunk_server"];

/// Makes of each row a JSON object, a line each. Where a row has several lines, empty ones follow it.
#[derive(Debug)]
pub(super) struct Table {
    delimiter: u8,
    columns: Vec<Column>,
    /// Whether the header was passed over.
    has_begun: bool,
    /// How far the incomplete row was searched for its end, and whether that is within quotes.
    searched: usize,
    is_quoted: bool,
    /// The offset after the quote that closed last: another one there is a part of the text.
    closed: usize,
}

impl Table {
    /// The table that begins with `head`.
    pub(super) fn begins(head: &[u8]) -> Option<Self> {
        let line = head.get(..memchr(b'\n', head)?)?;
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let count = |delimiter: &u8| memchr_iter(*delimiter, line).count();
        let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(count)?;
        let names: Vec<String> = cells(line, delimiter).map(|cell| String::from_utf8_lossy(&cell).trim().to_owned()).collect();
        if names.len() < 2 || names.len() > MAX_COLUMNS {
            return None;
        }
        let (message, time) = (column(&names, &MESSAGES)?, column(&names, &TIMES)?);
        let (service, host) = (column(&names, &SERVICES), column(&names, &HOSTS));
        // A dialect of its own: Logs Insights.
        let all_utc = names.iter().any(|name| name == "@message");
        let columns = (0..).zip(&names).map(|(column, name)| {
            let folded = folded(name);
            let known = [(Some(message), "message"), (Some(time), "time"), (service, "service"), (host, "host")];
            let known = known.into_iter().find(|(known, _)| *known == Some(column)).map(|(_, name)| name.to_owned());
            let is_free = !matches!(&*folded, "message" | "time" | "service" | "host") && !OF_THE_STORE.contains(&&*folded);
            let is_utc = column == time && (all_utc || folded == "timegenerated" || name.ends_with("[UTC]"));
            Column { name: known.or_else(|| is_free.then(|| name.clone())), is_utc }
        });
        let mut table =
            Self { delimiter, columns: columns.collect(), has_begun: false, searched: 0, is_quoted: false, closed: 0 };
        // The first row must have as many cells as the header: else it is no table.
        let rows = head.get(memchr(b'\n', head)? + 1..)?;
        let first = table.end(rows).map(|end| cells(rows[..end].trim_ascii_end(), delimiter).count());
        (table.searched, table.is_quoted, table.closed) = (0, false, 0);
        first.is_none_or(|count| count == names.len()).then_some(table)
    }

    /// Where the row that begins with `bytes` ends, its line feed included.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        while let Some(found) = memchr2(b'"', b'\n', &bytes[self.searched..]) {
            let at = self.searched + found;
            self.searched = at + 1;
            let is_first = || at.checked_sub(1).is_none_or(|before| bytes[before] == self.delimiter);
            if bytes[at] == b'"' && self.is_quoted {
                (self.is_quoted, self.closed) = (false, at + 1);
            } else if bytes[at] == b'"' {
                self.is_quoted = at == self.closed || is_first();
            } else if !self.is_quoted {
                return Some(at + 1);
            }
        }
        self.searched = bytes.len();
        None
    }

    fn write(&self, row: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        out.push(b'{');
        for (cell, column) in cells(row.trim_ascii_end(), self.delimiter).zip(&self.columns) {
            let text = String::from_utf8_lossy(&cell);
            let text = text.trim();
            let Some(name) = column.name.as_ref().filter(|_| !matches!(text, "" | "-" | "(null)" | "null")) else { continue };
            if out.len() > begin + 1 {
                out.push(b',');
            }
            let text = if name == "time" { time(text, column.is_utc) } else { Cow::Borrowed(text) };
            push_text(name, out);
            out.push(b':');
            push_text(&text, out);
        }
        if out.len() == begin + 1 {
            out.pop();
        } else {
            out.push(b'}');
        }
    }
}

impl Splitter for Table {
    fn split(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) -> usize {
        let mut done = 0;
        while done < bytes.len() {
            let rest = &bytes[done..bytes.len().min(done + MAX_ROW)];
            let Some(end) = self.end(rest).or((last || rest.len() == MAX_ROW).then_some(rest.len())) else { break };
            let row = &rest[..end];
            if std::mem::replace(&mut self.has_begun, true) {
                self.write(row, out);
            }
            out.extend(memchr_iter(b'\n', row).map(|_| b'\n'));
            (self.searched, self.is_quoted, self.closed) = (0, false, 0);
            done += end;
        }
        done
    }
}

/// The cells of a row, without their quotes.
fn cells(row: &[u8], delimiter: u8) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let mut rest = Some(row);
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let Some(quoted) = bytes.strip_prefix(b"\"") else {
            let end = memchr(delimiter, bytes).unwrap_or(bytes.len());
            rest = bytes.get(end + 1..);
            return Some(Cow::Borrowed(&bytes[..end]));
        };
        let mut cell = Vec::new();
        let mut at = 0;
        loop {
            let end = memchr(b'"', &quoted[at..]).map_or(quoted.len(), |length| at + length);
            cell.extend_from_slice(&quoted[at..end]);
            if quoted.get(end + 1) != Some(&b'"') {
                let after = quoted.get(end + 1..).unwrap_or_default();
                rest = memchr(delimiter, after).map(|next| &after[next + 1..]);
                return Some(Cow::Owned(cell));
            }
            cell.push(b'"');
            at = end + 2;
        }
    })
}

/// The column that the first of `known` names.
fn column(names: &[String], known: &[&str]) -> Option<usize> {
    known.iter().find_map(|known| names.iter().position(|name| folded(name) == *known))
}

/// `Timestamp [UTC]` is `timestamp`.
fn folded(name: &str) -> String {
    name.trim_end_matches(" [UTC]").to_lowercase()
}

/// A time as records have it: Kibana writes `Mar 2, 2026 @ 09:00:00.000`.
fn time(text: &str, is_utc: bool) -> Cow<'_, str> {
    let text = if text.contains(" @ ") { Cow::Owned(text.replacen(" @ ", " ", 1)) } else { Cow::Borrowed(text) };
    let is_bare =
        text.ends_with(|last: char| last.is_ascii_digit()) && text.contains(':') || text.ends_with("AM") || text.ends_with("PM");
    if is_utc && is_bare { Cow::Owned(format!("{text} UTC")) } else { text }
}

/// Writes a text as JSON.
fn push_text(text: &str, out: &mut Vec<u8>) {
    // Memory takes what is written, and every text can be.
    serde_json::to_writer(out, text).ok();
}
