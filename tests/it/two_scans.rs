//! Two scans in one process know nothing of each other: what one gives does not depend on what was scanned before it or
//! is scanned beside it.
//!
//! Names are numbers that a run gives out as it meets them; nothing that is written may follow their order.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use globset::GlobSet;
use jwtriage::check::inventory::Inventory;
use jwtriage::extract::signature::Catalog;
use jwtriage::ingest::discover::{Selection, discover};
use jwtriage::parallel::Pool;
use jwtriage::pipeline::run::Run;
use jwtriage::report::json;
use jwtriage::report::results::Asked;
use jwtriage::report::rows::{RowFormat, write_events, write_failures};
use serde_json::json;

/// What a scan writes: the report, the failures and the events.
#[derive(Debug, PartialEq, Eq)]
struct Written([String; 3]);

/// What a scan of some logs writes, with two threads of its own.
fn scanned(logs: &Path) -> Written {
    let found = discover(&[logs.to_owned()], &Selection { exclude: GlobSet::empty(), strict: false }).unwrap();
    let run = Run {
        asked: Asked { inputs: vec![logs.display().to_string()], parameters: Vec::new(), zone: "UTC".to_owned() },
        catalog: Catalog::builtin_bare().unwrap(),
        inventory: Inventory::default(),
        zone: chrono_tz::Tz::UTC,
        now: DateTime::UNIX_EPOCH,
        pool: Pool::new(NonZeroUsize::new(2)).unwrap(),
        second_pass: true,
        strict: false,
        wants_events: true,
        wants_unknown: false,
        salt: [0; 16],
    };
    let results = run.over(found);
    let mut written = [Vec::new(), Vec::new(), Vec::new()];
    json::write(&results.report, &mut written[0]).unwrap();
    write_failures(&results, RowFormat::Jsonl, &mut written[1]).unwrap();
    write_events(&results, RowFormat::Jsonl, &mut written[2]).unwrap();
    Written(written.map(|bytes| String::from_utf8(bytes).unwrap()))
}

/// The sample, as the only logs whose every name others have too.
fn shop() -> PathBuf {
    crate::project("samples/shop")
}

/// Logs with the names of the shop, met in another order, and many others; refused for other reasons.
fn others(directory: &Path) {
    let mut text = String::new();
    for number in (0..300).rev() {
        let user = format!("5a{number:06x}-0000-4000-8000-{number:012x}");
        let service = ["orders", "nginx", "idp", "zoo"][number % 4];
        let says = ["jwt expired", "token rejected: invalid signature", "User from sub claim in JWT does not exist"][number % 3];
        let line = json!({
            "time": format!("2026-03-02T09:{:02}:{:02}.000Z", number / 60, number % 60), "msg": says, "sub": user,
            "kid": format!("key-2026-{:02}", number % 4), "service": service,
            "client_ip": format!("198.51.100.{}", number % 250), "method": "GET", "path": "/orders", "status": 401,
            "request_id": format!("7c{number:06x}-aaaa-4bbb-8ccc-{number:012x}"),
        });
        writeln!(text, "{line}").unwrap();
    }
    std::fs::write(directory.join("zoo.log"), text).unwrap();
}

#[test]
fn the_same_logs_scanned_twice_give_the_same_bytes() {
    assert_eq!(scanned(&shop()), scanned(&shop()));
}

#[test]
fn what_was_scanned_before_does_not_show() {
    let directory = tempfile::tempdir().unwrap();
    others(directory.path());
    let before = scanned(directory.path());
    assert!(before.0[1].lines().count() > 200, "the others are refused as well");
    let Written([_, failures, events]) = scanned(&shop());
    // A process of its own has scanned nothing before.
    let out = |name: &str| directory.path().join(name).display().to_string();
    let args = ["--failures", &out("failures.jsonl"), "--events", &out("events.jsonl")];
    let done = crate::jwtriage(&[&["scan", shop().to_str().unwrap()], &args[..]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let alone = |name: &str| std::fs::read_to_string(out(name)).unwrap();
    // The last row says what was asked, and by which options.
    let without_last = |rows: &str| rows.trim_end().rsplit_once('\n').unwrap().0.to_owned();
    assert_eq!(failures, alone("failures.jsonl"));
    assert_eq!(without_last(&events), without_last(&alone("events.jsonl")));
}

#[test]
fn two_scans_at_the_same_time_give_what_each_gives_alone() {
    let directory = tempfile::tempdir().unwrap();
    others(directory.path());
    let logs = [shop(), directory.path().to_owned()];
    let alone = [scanned(&logs[0]), scanned(&logs[1])];
    let at_once = std::thread::scope(|scope| {
        let running = [0, 1].map(|index| {
            scope.spawn({
                let logs = &logs[index];
                move || scanned(logs)
            })
        });
        running.map(|running| running.join().unwrap())
    });
    assert_eq!(at_once, alone);
}
