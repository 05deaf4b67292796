//! Reasons and errors that share nothing but time with the access lines of their requests.

use jwtriage::correlate::Correlated;
use jwtriage::model::event::Reason;
use tempfile::tempdir;

use crate::engine::{explained, settings};

/// A moment of the day, in milliseconds since nine o'clock, at no even distance from the others.
fn moment(number: u64) -> u64 {
    number * number * 331 + number * 4001
}

fn stamp(ms: u64) -> String {
    format!("2026-03-02T09:{:02}:{:02}.{:03}Z", ms / 60_000, ms / 1000 % 60, ms % 1000)
}

fn access(ms: u64, path: &str, status: u16) -> String {
    let time = stamp(ms);
    format!(
        "{{\"time\":\"{time}\",\"method\":\"GET\",\"path\":\"{path}/{ms}\",\"status\":{status},\"client_ip\":\"192.0.2.{}\"}}\n",
        ms % 50
    )
}

fn said(ms: u64, level: &str, words: &str) -> String {
    format!("{} {level} {words}\n", stamp(ms))
}

fn explained_by(gateway: String, guard: String) -> Correlated {
    let directory = tempdir().unwrap();
    for (folder, name, text) in [("gateway", "access.log", gateway), ("guard", "guard.log", guard)] {
        std::fs::create_dir(directory.path().join(folder)).unwrap();
        std::fs::write(directory.path().join(folder).join(name), text).unwrap();
    }
    explained(directory.path(), &settings())
}

/// What is found where a guard warns at some moments in the same words, and a gateway answers right after.
fn warned_of(status: u16, words: &str) -> Correlated {
    let (mut gateway, mut guard) = (String::new(), String::new());
    for number in 1..40 {
        gateway += &access(moment(number) + 5, "/orders", status);
        guard += &said(moment(number), "WARN", words);
    }
    explained_by(gateway, guard)
}

/// How many failures there are of a reason.
fn count(found: &Correlated, reason: Reason) -> usize {
    found.failures.iter().filter(|failure| failure.reason == reason).count()
}

#[test]
fn requests_that_an_error_of_the_store_ended_are_found_and_no_others() {
    let (mut gateway, mut guard) = (String::new(), said(0, "WARN", "token rejected: jwt expired"));
    for number in 1..40 {
        let ms = moment(number);
        gateway += &access(ms + 5, "/orders", if number > 20 { 503 } else { 200 });
        if number > 20 {
            guard += &said(ms, "ERROR", "user database is down");
        }
        // What fails elsewhere, at other times, is no business of the guard.
        gateway += &access(ms + 300 + number * 137 % 1900, "/images", 500);
    }
    let found = explained_by(gateway, guard);
    assert_eq!(count(&found, Reason::UserStoreUnavailable), 19, "{:?}", found.failures.len());
    let others: Vec<_> = found.failures.iter().filter(|failure| failure.status.is_some_and(|status| status != 503)).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn a_doubtful_reason_counts_where_a_request_was_refused_and_not_alone() {
    let doubtful = |status| warned_of(status, "customer is unknown");
    assert_eq!(count(&doubtful(401), Reason::SubNotFound), 39);
    assert_eq!(doubtful(200).failures.len(), 0);
}

#[test]
fn refusals_may_be_answered_with_other_statuses() {
    let found = warned_of(422, "signature of the token is wrong");
    assert_eq!(count(&found, Reason::SignatureInvalid), 39);
    assert!(found.failures.iter().all(|failure| failure.status == Some(422) && failure.client_ip.is_some()));
}

#[test]
fn what_a_warning_says_was_done_to_nobody_is_why_a_request_was_refused() {
    assert_eq!(count(&warned_of(401, "access token was withdrawn"), Reason::TokenRevoked), 39);
}
