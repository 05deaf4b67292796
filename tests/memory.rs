//! What a scan held is given back when it ends: a service that scans again and again does not grow.
//!
//! A program of its own, as it counts the memory of the whole process.
#![expect(clippy::disallowed_methods, reason = "tests lay out their inputs")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::alloc::System;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use cap::Cap;

/// Counts the bytes that are in use.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// How many users the logs of a scan name.
const USERS: usize = 50_000;
/// How much more may be in use after a scan than after the one before it: what would be kept of each user is more.
const SLACK: usize = 10 * USERS;
/// For so long nothing is given back until it is thought that nothing will be.
const PATIENCE: Duration = Duration::from_secs(1);

/// Writes a log of so many users whom no other round names, and scans it: each is created, and some are refused.
fn scan(round: usize, users: usize, path: &Path) {
    let mut text = String::new();
    for number in 0..users {
        let user = format!("5a{round:06}-0000-4000-8000-{number:012}");
        let time = format!("2026-03-02T{:02}:{:02}:{:02}Z", number / 3600, number / 60 % 60, number % 60);
        writeln!(text, r#"{{"time":"{time}","action":"user.created","user_id":"{user}"}}"#).unwrap();
        if number.is_multiple_of(500) {
            writeln!(
                text,
                r#"{{"time":"{time}","msg":"jwt expired","sub":"{user}","service":"orders","status":401,"request_id":"7c{round:06}-{number:012}"}}"#
            )
            .unwrap();
        }
    }
    std::fs::write(path, text).unwrap();
    let report = jwtriage::Scan::of([path]).threads(2).run().unwrap();
    assert_eq!(report.run.failures, users as u64 / 500);
}

/// How much memory is in use once it is no more than hoped for, or nothing is given back any longer: the threads of a scan
/// end a little later than the scan.
fn in_use(hoped_for: usize) -> usize {
    let mut least = MEMORY.allocated();
    let mut since = Instant::now();
    while least > hoped_for && since.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
        if MEMORY.allocated() < least {
            (least, since) = (MEMORY.allocated(), Instant::now());
        }
    }
    least
}

#[test]
fn scans_of_ever_other_users_do_not_add_up() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("idp.log");
    // Patterns that are made once keep room for the first threads that search with them.
    for _ in 0..5 {
        scan(0, USERS / 25, &path);
    }
    let mut before = in_use(0);
    for round in 1..3 {
        scan(round, USERS, &path);
        let now = in_use(before + SLACK);
        assert!(now <= before + SLACK, "scan {round} leaves {} bytes behind", now - before);
        before = now;
    }
}
