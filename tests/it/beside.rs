//! What a service writes beside the requests that it refuses, in words and at a level that nobody listed.

use std::fmt::Write as _;
use std::path::Path;

use jwtriage::correlate::Correlated;
use jwtriage::pipeline::settings::Settings;
use tempfile::tempdir;

use crate::engine::{explained, settings};

/// How many requests a log tells of; one in so many is refused.
const REQUESTS: usize = 600;
/// See [`REQUESTS`].
const REFUSED: usize = 10;

/// A log in which each request has an access line, and `beside` writes what stands before and after it, if it is refused or
/// not.
fn log(requests: std::ops::Range<usize>, beside: impl Fn(usize, bool) -> [Option<String>; 2]) -> String {
    let mut log = String::new();
    for number in requests {
        let is_refused = number % REFUSED == 3;
        let time = format!("2026-03-02T09:{:02}:{:02}.{:03}Z", number / 60, number % 60, number % 7);
        let status = if is_refused { 401 } else { 200 };
        let access = format!("{{\"time\":\"{time}\",\"method\":\"GET\",\"path\":\"/orders/{number}\",\"status\":{status}}}");
        let [before, after] = beside(number, is_refused);
        let said = |msg: Option<String>| msg.map(|msg| format!("{{\"time\":\"{time}\",\"level\":\"info\",\"msg\":\"{msg}\"}}"));
        for line in [said(before), Some(access), said(after)].into_iter().flatten() {
            writeln!(log, "{line}").unwrap();
        }
    }
    log
}

fn explained_by(logs: &[(&str, String)], settings: &Settings) -> Correlated {
    let directory = tempdir().unwrap();
    for (name, text) in logs {
        let path: &Path = &directory.path().join(name);
        std::fs::write(path, text).unwrap();
    }
    explained(directory.path(), settings)
}

/// The words of each pattern and how many refusals say so.
fn words(found: &Correlated) -> Vec<(Option<&str>, u64)> {
    found.patterns.iter().map(|pattern| (pattern.words.as_deref(), pattern.failures)).collect()
}

fn waved_off(number: usize, is_refused: bool) -> [Option<String>; 2] {
    [is_refused.then(|| format!("the stoat at the gate waved {number} off")), None]
}

#[test]
fn refusals_are_shown_in_the_words_of_their_service() {
    let found = explained_by(&[("app.log", log(0..REQUESTS, waved_off))], &settings());
    assert_eq!(words(&found), [(Some("the stoat at the gate waved <n> off"), 60)]);
    let pattern = &found.patterns[0];
    assert!(pattern.says.ends_with("60 refusals say `the stoat at the gate waved <n> off`"), "{}", pattern.says);
    let first = &found.failures[0];
    assert_eq!(first.seen_in.iter().map(|line| line.line).collect::<Vec<_>>(), [4, 5]);
    let said = first.evidence.iter().find(|evidence| evidence.line == 4).unwrap();
    assert_eq!(said.text.unwrap().text().as_str(), "the stoat at the gate waved 3 off");
}

#[test]
fn it_does_not_matter_on_which_side_the_words_stand_nor_what_else_does() {
    let after = |number: usize, is_refused: bool| {
        [Some(format!("request {number} has come in")), is_refused.then(|| format!("the stoat at the gate waved {number} off"))]
    };
    let found = explained_by(&[("app.log", log(0..REQUESTS, after))], &settings());
    assert_eq!(words(&found), [(Some("the stoat at the gate waved <n> off"), 60)]);
}

#[test]
fn what_stands_beside_every_request_says_nothing_of_refusals() {
    let always = |number: usize, _: bool| [Some(format!("the stoat at the gate saw {number}")), None];
    let found = explained_by(&[("app.log", log(0..REQUESTS, always))], &settings());
    assert_eq!(words(&found), [(None, 60)]);
}

#[test]
fn each_way_to_refuse_is_a_pattern_of_its_own() {
    let two = |number: usize, is_refused: bool| {
        let animal = if number.is_multiple_of(3) { "stoat" } else { "otter" };
        [is_refused.then(|| format!("the {animal} at the gate waved {number} off")), None]
    };
    let found = explained_by(&[("app.log", log(0..REQUESTS, two))], &settings());
    assert_eq!(
        words(&found),
        [(Some("the otter at the gate waved <n> off"), 40), (Some("the stoat at the gate waved <n> off"), 20)]
    );
}

#[test]
fn words_that_tell_a_reason_give_it_even_where_they_are_worth_no_look_of_their_own() {
    let gone = |number: usize, is_refused: bool| [is_refused.then(|| format!("account {number} has been gone for long")), None];
    let found = explained_by(&[("app.log", log(0..REQUESTS, gone))], &settings());
    assert_eq!(found.failures.len(), 60);
    assert!(found.failures.iter().all(|failure| failure.seen_in.len() == 2));
}

#[test]
fn rotation_and_threads_change_nothing() {
    let whole = explained_by(&[("app.log", log(0..REQUESTS, waved_off))], &settings());
    let cut = [("app.log.1", log(0..305, waved_off)), ("app.log", log(305..REQUESTS, waved_off))];
    for span in [1 << 12, settings().span] {
        let found = explained_by(&cut, &Settings { span, ..settings() });
        assert_eq!(words(&found), words(&whole));
        assert_eq!(found.failures.len(), whole.failures.len());
    }
}
