//! Access logs of many makers and habits, none of which is a layout of its own: of each, the refused requests are found with
//! all that their lines name.

use std::io::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use jwtriage::model::event::{Event, EventKind};
use jwtriage::model::name::Name;
use jwtriage::pipeline::scan::scan;
use serde_json::json;

use crate::engine::{DETECTOR, settings, source};

/// How many lines a log has.
const LINES: usize = 120;

/// A way of writing access logs: its name, and a line with what it names in braces.
fn formats() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(crate::project("tests/it/formats/access.txt")).unwrap();
    let format = |line: &str| {
        let (name, line) = line.split_once(": ").unwrap();
        (name.to_owned(), line.replace("\\t", "\t").replace("\\x1b", "\u{1b}"))
    };
    text.lines().map(format).collect()
}

/// A number that looks drawn, the same in every run.
fn drawn(index: usize, salt: u64, below: u64) -> u64 {
    let mut mixed = (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32_D192_ED03);
    mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed ^ (mixed >> 32)) % below
}

/// A request as logs may name it.
struct Asked {
    time: DateTime<Utc>,
    values: Vec<(&'static str, String)>,
}

impl Asked {
    fn new(index: usize) -> Self {
        let start: DateTime<Utc> = "2026-08-22T13:00:00Z".parse().unwrap();
        let time = start + TimeDelta::seconds(3 * i64::try_from(index).unwrap());
        let one_of = |salt: u64, values: &[&str]| {
            let at = drawn(index, salt, values.len() as u64);
            values[usize::try_from(at).unwrap()].to_owned()
        };
        let hex = |salt: u64| format!("a1{:014x}", drawn(index, salt, 1 << 56));
        let (first, second) = (hex(7), hex(8));
        let status = if index < 3 {
            "200".to_owned()
        } else {
            one_of(1, &["200", "200", "200", "201", "304", "404", "401", "401", "500"])
        };
        let ms = [3, 12, 45, 101, 200, 204, 310, 401][usize::try_from(drawn(index, 2, 8)).unwrap()] + index % 7;
        let shown = |format: &str| time.format(format).to_string();
        let seconds = time.timestamp();
        let values = vec![
            ("size", if status == "401" { "48".to_owned() } else { one_of(3, &["48", "172", "512", "2048", "93"]) }),
            ("status", status),
            ("ip", format!("203.0.113.{}", 1 + index % 37)),
            ("lb", "10.0.0.2".to_owned()),
            ("user", one_of(4, &["-", "ann"])),
            ("method", one_of(5, &["GET", "GET", "POST", "PUT", "DELETE"])),
            ("path", one_of(6, &["/api/orders", "/api/orders/17", "/api/me?x=1&b=2", "/v1/cart", "/"])),
            ("rt", format!("0.{ms:03}")),
            ("ms", ms.to_string()),
            ("us", (ms * 1000 + index).to_string()),
            ("ua", "Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0".to_owned()),
            ("uaplus", "Mozilla/5.0+(X11)".to_owned()),
            ("hex16", first.clone()),
            ("hex16u", first.to_uppercase()),
            ("hex32", format!("{first}{second}")),
            ("hex24", format!("{first}0000abcd")),
            ("uuid", format!("{}-{}-{}-{}-{}", &first[..8], &first[8..12], &first[12..], &second[..4], &second[4..])),
            ("base64id", format!("W{}AbcxAAABk", &first[5..])),
            ("host", "api-7d".to_owned()),
            ("odd", one_of(9, &["100", "120", "180", "128", "150"])),
            ("dur200", one_of(10, &["200", "204", "201", "12", "17", "43", "8"])),
            ("iso", shown("%Y-%m-%d %H:%M:%S")),
            ("isoz", shown("%Y-%m-%dT%H:%M:%SZ")),
            ("isoms", shown("%Y-%m-%dT%H:%M:%S.123456Z")),
            ("clf", shown("%d/%b/%Y:%H:%M:%S +0000")),
            ("clfjetty", shown("%d/%b/%Y:%H:%M:%S +0000")),
            ("hclf", shown("%d/%b/%Y:%H:%M:%S.123")),
            ("date", shown("%Y-%m-%d")),
            ("hms", shown("%H:%M:%S")),
            ("ctime", shown("%a %b %d %H:%M:%S %Y")),
            ("godate", shown("%Y/%m/%d %H:%M:%S")),
            ("shortdate", shown("%y%m%d %H:%M:%S")),
            ("us12", shown("%m/%d/%Y %I:%M:%S %p")),
            ("epochf", format!("{seconds}.123")),
            ("epochms", format!("{seconds}123")),
            ("epochns", format!("{seconds}123456789")),
        ];
        Self { time, values }
    }

    fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()).unwrap()
    }

    /// The request in a way of writing; where that names no time, as docker keeps it.
    fn written(&self, format: &str) -> String {
        let mut line = format.to_owned();
        for (name, value) in &self.values {
            line = line.replace(&format!("{{{name}}}"), value);
        }
        if names_time(format) {
            return line;
        }
        json!({"log": format!("{line}\n"), "stream": "stdout", "time": self.value("isoms")}).to_string()
    }

    /// What of it is not read as it was.
    fn misread(&self, event: &Event, format: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut compare = |name: &str, read: Option<String>, expected: &str| {
            if read.as_deref() != Some(expected) {
                wrong.push(format!("{name} {read:?} for {expected}"));
            }
        };
        let text = |name: Option<Name>| name.map(|name| name.text().as_str().to_owned());
        compare("method", text(event.method), self.value("method"));
        compare("path", text(event.path), self.value("path").split('?').next().unwrap());
        compare("status", event.status.map(|status| status.to_string()), "401");
        if format.contains("{ip}") {
            compare("client", text(event.client_ip), self.value("ip"));
        }
        if !format.contains("{hms}") || format.contains("{date}") {
            let seconds = |time: DateTime<Utc>| time.format("%FT%T").to_string();
            compare("time", event.time.map(seconds), &seconds(self.time));
        }
        if let Some(id) =
            ["hex16", "hex16u", "hex32", "uuid", "base64id"].into_iter().find(|id| format.contains(&format!("{{{id}}}")))
        {
            let plain = |id: &str| id.to_lowercase().replace('-', "");
            let read = event.request_id.map(|id| id.with_text(plain)).unwrap_or_default();
            // Some put the name of a host before it, and a number behind.
            if !read.contains(&plain(self.value(id))) {
                wrong.push(format!("id {read:?} for {}", self.value(id)));
            }
        }
        wrong
    }
}

/// Whether a way of writing names a time.
fn names_time(format: &str) -> bool {
    [
        "iso",
        "isoz",
        "isoms",
        "clf",
        "hclf",
        "clfjetty",
        "hms",
        "ctime",
        "godate",
        "shortdate",
        "us12",
        "epochf",
        "epochms",
        "epochns",
    ]
    .iter()
    .any(|name| format.contains(&format!("{{{name}}}")))
}

/// What is wrong with what is read from a log in a way of writing.
fn wrong_in(name: &str, format: &str, asked: &[Asked]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let mut log = std::fs::File::create(&path).unwrap();
    for asked in asked {
        writeln!(log, "{}", asked.written(format)).unwrap();
    }
    let found = scan(&[source(&path)], &DETECTOR, &settings());
    let refused: Vec<&Event> = found.events.iter().filter(|event| event.kind == EventKind::AuthFailure).collect();
    let mut wrong = Vec::new();
    for (index, asked) in asked.iter().enumerate() {
        let line = index as u64 + 1;
        let events: Vec<&&Event> = refused.iter().filter(|event| event.place.line == line).collect();
        match (asked.value("status") == "401", events.as_slice()) {
            (true, [event]) => wrong.extend(asked.misread(event, format)),
            (false, []) => {}
            (expected, _) => wrong.push(format!("line {line}: {} events, refused: {expected}", events.len())),
        }
    }
    let first = asked.iter().find(|asked| asked.value("status") == "401").unwrap();
    wrong.iter().take(3).map(|wrong| format!("{name}: {wrong}\n  {}", first.written(format))).collect()
}

#[test]
fn access_logs_that_no_layout_knows_are_read() {
    let asked: Vec<Asked> = (0..LINES).map(Asked::new).collect();
    let formats = formats();
    assert!(formats.len() > 70, "{}", formats.len());
    let wrong: Vec<String> = formats.iter().flat_map(|(name, format)| wrong_in(name, format, &asked)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
