//! Events of security products: `CEF:0|vendor|product|version|id|name|severity|key=value ..` and LEEF's likewise.

use std::borrow::Cow;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::lines::first_line;
use crate::layout::timestamp::{self, Stamp};
use crate::literal::Literal;

/// How much may stand before the header: what syslog writes.
const MAX_BEFORE: usize = 120;

/// What the marks of both end with.
static MARK: Literal = Literal::new("EF:");

/// `cef`: the Common Event Format of `ArcSight`, and the Log Event Extended Format of `QRadar`.
pub(super) struct Cef;

impl Layout for Cef {
    fn name(&self) -> &'static str {
        "cef"
    }

    #[inline]
    fn is_head(&self, line: &[u8]) -> bool {
        matches!(line.first(), Some(b'C' | b'L')) && (line.starts_with(b"CEF:") || line.starts_with(b"LEEF:"))
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let line = first_line(record.trim_start());
        let (before, parts) = header(line)?;
        let mut read = Read::default();
        let text = if parts.is_leef { read.take_leef(parts.rest) } else { read.take_pairs(parts.rest) };
        read.fields.push("product", parts.product);
        let said = text.filter(|text| !text.is_empty() && *text != parts.name);
        let message = match said {
            Some(said) => Cow::Owned(format!("{}: {said}", parts.name)),
            None => Cow::Borrowed(parts.name),
        };
        let stamp = read.stamp.or_else(|| timestamp::leading(before).map(|(stamp, _)| stamp));
        Some(Entry { format: "cef", stamp, level: None, message, fields: read.fields })
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

/// The header of an event.
struct Header<'r> {
    is_leef: bool,
    product: &'r str,
    /// What happened.
    name: &'r str,
    /// The pairs.
    rest: &'r str,
}

/// What stands before the header, and the header.
fn header(line: &str) -> Option<(&str, Header<'_>)> {
    let beginning = line.get(..line.floor_char_boundary(MAX_BEFORE))?;
    if !MARK.is_in(beginning) {
        return None;
    }
    let at = ["CEF:", "LEEF:"].into_iter().filter_map(|mark| beginning.find(mark)).min()?;
    let (before, event) = line.split_at_checked(at)?;
    let is_leef = event.starts_with("LEEF:");
    // LEEF has neither a name beside the id nor a severity.
    let mut columns = event.splitn(if is_leef { 6 } else { 8 }, '|');
    let (_, _, product) = (columns.next()?, columns.next()?, columns.next()?);
    let (_, id) = (columns.next()?, columns.next()?);
    let name = if is_leef { id } else { columns.next()? };
    let rest = if is_leef { columns.next()? } else { columns.nth(1)? };
    Some((before, Header { is_leef, product, name, rest }))
}

/// The pairs read so far.
#[derive(Default)]
struct Read<'r> {
    fields: Fields<'r>,
    stamp: Option<Stamp>,
    message: Option<&'r str>,
    /// `cs1Label=kid`: what a custom key stands for.
    labels: Vec<(&'r str, &'r str)>,
}

impl<'r> Read<'r> {
    /// LEEF's pairs, parted by tabs or by the mark that its second version names. Gives the message.
    fn take_leef(&mut self, rest: &'r str) -> Option<&'r str> {
        let (mark, pairs) = match rest.split_once('|') {
            Some((mark, pairs)) if mark.chars().count() == 1 => (mark, pairs),
            _ => ("\t", rest),
        };
        for (key, value) in pairs.split(mark).filter_map(|pair| pair.split_once('=')) {
            self.take(key.trim(), value.trim());
        }
        self.message
    }

    /// CEF's pairs: a value reaches to the blank before the next key. Gives the message.
    fn take_pairs(&mut self, rest: &'r str) -> Option<&'r str> {
        let mut pairs: Vec<(&'r str, &'r str)> = Vec::new();
        let mut open: Option<(&'r str, &'r str)> = None;
        let mut left = rest;
        while let Some((before, after)) = left.split_once('=') {
            let key = before.rsplit(' ').next().unwrap_or(before);
            let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
            if is_key && !before.ends_with('\\') {
                if let Some((known, value)) = open {
                    let length = value.len() - left.len() + before.len() - key.len();
                    pairs.push((known, value.get(..length).unwrap_or(value).trim_end()));
                }
                open = Some((key, after));
            }
            left = after;
        }
        pairs.extend(open.map(|(key, value)| (key, value.trim_end())));
        self.labels = pairs.iter().filter_map(|(key, value)| Some((key.strip_suffix("Label")?, *value))).collect();
        for (key, value) in pairs {
            self.take(key, value);
        }
        self.message
    }

    fn take(&mut self, key: &'r str, value: &'r str) {
        match key {
            "rt" | "devTime" => self.stamp = timestamp::whole(value).or(self.stamp),
            "end" | "start" => self.stamp = self.stamp.or_else(|| timestamp::whole(value)),
            "msg" | "reason" => self.message = self.message.or(Some(value)),
            _ => {}
        }
        let label = self.labels.iter().find(|(labelled, _)| *labelled == key).map(|(_, label)| *label);
        let name = label.or_else(|| KEYS.iter().find(|(known, _)| *known == key).map(|(_, name)| *name)).unwrap_or(key);
        self.fields.push(name, value);
    }
}

/// What the keys of both are called elsewhere.
const KEYS: [(&str, &str); 14] = [
    ("src", "client_ip"),
    ("sourceAddress", "client_ip"),
    ("suser", "user"),
    ("duser", "user"),
    ("suid", "user_id"),
    ("duid", "user_id"),
    ("usrName", "user"),
    ("request", "url"),
    ("requestMethod", "method"),
    ("requestClientApplication", "user_agent"),
    ("dvchost", "host"),
    ("devName", "host"),
    ("externalId", "event_id"),
    ("act", "action"),
];

static SAMPLES: &[Sample] = &[
    Sample {
        record: "CEF:0|Acme|Gateway|1.2|401|JWT rejected|7|rt=1787400003123 src=203.0.113.7 suser=7f3a requestMethod=GET request=/api/orders?a=1 cs1Label=kid cs1=k-2026 msg=Token has expired outcome=failure",
        time: Some("2026-08-22T12:00:03.123Z"),
        level: None,
        message: "JWT rejected: Token has expired",
        fields: &[
            ("client_ip", "203.0.113.7"),
            ("user", "7f3a"),
            ("method", "GET"),
            ("url", "/api/orders?a=1"),
            ("kid", "k-2026"),
            ("outcome", "failure"),
        ],
    },
    Sample {
        record: "LEEF:2.0|Acme|Gateway|1.2|TOKEN_EXPIRED|^|devTime=Aug 22 2026 12:00:03^src=203.0.113.7^usrName=7f3a^url=/api/orders",
        time: Some("2026-08-22T12:00:03Z"),
        level: None,
        message: "TOKEN_EXPIRED",
        fields: &[("client_ip", "203.0.113.7"), ("user", "7f3a"), ("url", "/api/orders")],
    },
    Sample {
        record: "LEEF:1.0|Acme|Gateway|1.2|AUTH|src=203.0.113.7\tmsg=JWT has expired\tsev=5",
        time: None,
        level: None,
        message: "AUTH: JWT has expired",
        fields: &[("client_ip", "203.0.113.7"), ("sev", "5")],
    },
];
