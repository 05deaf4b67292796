//! What no line of a request says, and follows from other lines: its row names it, and its evidence shows the lines.

use std::collections::BTreeSet;

use jwtriage::model::diagnosis::Failure;
use jwtriage::model::words::{How, InferredField};

use crate::project;
use crate::scenarios::played;

/// For each way to infer something a timeline in which it is the only one of its column.
const WAYS: [(How, InferredField, &str); 17] = [
    (
        How::ClientAndPath,
        InferredField::SeenIn,
        "10:00:00     auth_failure reason=other client=192.0.2.1 method=GET path=/api/bills status=401 in=gw.log
         10:00:00.004 auth_failure reason=token_expired client=192.0.2.1 path=/bills in=app.log",
    ),
    (
        How::Path,
        InferredField::SeenIn,
        "10:00:00     auth_failure reason=other client=192.0.2.1 method=GET path=/api/bills status=401 in=gw.log
         10:00:00.004 auth_failure reason=token_expired path=/bills in=app.log",
    ),
    (
        How::Client,
        InferredField::SeenIn,
        "10:00:00     auth_failure reason=other client=192.0.2.1 method=GET path=/api/bills status=401 in=gw.log
         10:00:00.004 auth_failure reason=token_expired client=192.0.2.1 in=app.log",
    ),
    (
        How::Subject,
        InferredField::SeenIn,
        "10:00:00     auth_failure reason=other sub=u1 method=GET path=/api/bills status=401 in=gw.log
         10:00:00.004 auth_failure reason=token_expired sub=u1 in=app.log",
    ),
    (
        How::Sequence,
        InferredField::SeenIn,
        "10:00:00     auth_failure reason=token_expired in=app.log
         10:00:00.004 auth_failure reason=other client=192.0.2.1 method=GET path=/bills status=401 in=app.log",
    ),
    (
        How::Moment,
        InferredField::SeenIn,
        "10:00:00     auth_failure reason=token_expired service=bills
         10:00:00.004 auth_failure reason=other client=192.0.2.1 method=GET path=/bills/7 status=401 in=gw.log
         10:00:09     auth_failure reason=other client=192.0.2.1 method=GET path=/users/7 status=401 in=gw.log",
    ),
    (
        How::Beside,
        InferredField::SeenIn,
        "10:00:00 request beside=1 quote=no_such_member in=app.log
         10:00:00 auth_failure reason=other client=192.0.2.1 method=GET path=/bills status=401 in=app.log",
    ),
    (How::Phrase, InferredField::Reason, "10:00 auth_failure reason=token_expired by_phrase=true in=app.log"),
    (
        How::AnswerSize,
        InferredField::Reason,
        "10:00 auth_failure reason=sub_missing request_id=a-{n} method=GET status=401 response_bytes=89 in=gw.log x5
         10:10 auth_failure reason=other request_id=b-1 method=GET status=401 response_bytes=89 in=gw.log",
    ),
    (
        How::RefusedElsewhere,
        InferredField::Reason,
        "10:00 auth_failure reason=other request_id=a-{n} client=192.0.2.{n} method=GET status=401 response_bytes=97 in=gw.log x8 every=1m
         10:00 auth_failure reason=token_expired request_id=b-{n} client=192.0.2.{n} status=401 response_bytes=5{n} in=app.log x8 every=1m",
    ),
    (
        How::Session,
        InferredField::Sub,
        "08:58 auth_success sub=u1 client=192.0.2.1 service=orders
         09:03 auth_failure reason=sub_not_found client=192.0.2.1 service=orders status=401 method=GET path=/me",
    ),
    (
        How::EndedUser,
        InferredField::Sub,
        "09:00 user_deleted sub=u1
         08:58 auth_success sub=u1 client=192.0.2.1 service=orders
         08:59 auth_success sub=u2 client=192.0.2.1 service=orders
         09:03 auth_failure reason=sub_not_found client=192.0.2.1 service=profile status=401 method=GET path=/me",
    ),
    (
        How::TokenOfUser,
        InferredField::Kid,
        "09:50 token_issued kid=k1 sub=u1
         10:00 auth_failure reason=key_not_found sub=u1 in=app.log",
    ),
    (
        How::TokenOfClient,
        InferredField::Kid,
        "09:50 token_issued kid=k1 client=192.0.2.1
         10:00 auth_failure reason=key_not_found client=192.0.2.1 in=app.log",
    ),
    (
        How::OtherRefusal,
        InferredField::RootCause,
        "10:00:00 auth_failure reason=token_expired exp=09:58 client=192.0.2.1 service=orders
         10:00:30 auth_failure reason=other client=192.0.2.1 method=GET path=/me status=401 service=orders",
    ),
    (
        How::MovedClock,
        InferredField::Time,
        "10:00:00 auth_failure reason=other request_id=a-{n} method=GET path=/me status=401 in=gw.log x8 every=1m
         10:01:15 auth_failure reason=token_expired request_id=a-{n} in=app.log x8 every=1m",
    ),
    (
        How::ProvedZone,
        InferredField::Time,
        "10:00:00 auth_failure reason=other client=192.0.2.1 method=GET path=/me/{n} status=401 in=gw.log x8 every=7m
         15:00:00 auth_failure reason=token_expired path=/me/{n} status=401 zoneless=true in=app.log x8 every=7m",
    ),
];

/// The ways in which something of a column was inferred of a failure.
fn ways(failure: &Failure, field: InferredField) -> Vec<How> {
    failure.inferred.iter().filter(|inference| inference.field == field).map(|inference| inference.how).collect()
}

/// Everything that the evidence of a failure says.
fn evidence(failure: &Failure) -> String {
    let says = failure.evidence.iter().map(|evidence| format!("{}:{} {}", evidence.file, evidence.line, evidence.says));
    says.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_way_to_infer_is_in_the_row_and_its_line_in_the_evidence() {
    for (how, field, timeline) in WAYS {
        let failures = played(timeline).failures;
        let found: Vec<&Failure> = failures.iter().filter(|failure| ways(failure, field) == [how]).collect();
        assert!(!found.is_empty(), "{how}: {failures:#?}");
        for failure in found {
            for from in failure.inferred.iter().filter_map(|inference| inference.from.as_ref()) {
                let line = format!("{}:{} ", from.file, from.line);
                assert!(evidence(failure).contains(&line), "{how}: {line} in {}", evidence(failure));
            }
        }
    }
    let shown: BTreeSet<How> = WAYS.iter().map(|(how, ..)| *how).collect();
    assert!(How::ALL.iter().all(|how| shown.contains(how)));
}

#[test]
fn what_was_read_is_not_inferred() {
    for timeline in [
        "10:00 auth_failure reason=token_expired sub=u1 client=192.0.2.1 path=/me status=401 in=app.log",
        "10:00:00     auth_failure reason=other request_id=a-1 client=192.0.2.1 path=/me status=401 in=gw.log
         10:00:00.004 auth_failure reason=token_expired request_id=a-1 in=app.log",
        "10:00:00 request beside=1 request_id=a-1 quote=no_such_member in=app.log
         10:00:00 auth_failure reason=other request_id=a-1 client=192.0.2.1 method=GET path=/me status=401 in=app.log",
    ] {
        let failures = played(timeline).failures;
        assert_eq!(failures.len(), 1, "{failures:#?}");
        assert!(failures[0].inferred.is_empty(), "{:?}", failures[0].inferred);
    }
}

#[test]
fn the_evidence_names_both_lines_of_a_link_and_what_joins_them() {
    let failures = played(WAYS[1].2).failures;
    assert_eq!(failures.len(), 1);
    let says = evidence(&failures[0]);
    assert!(says.contains("gw.log:1 joined with app.log:1 by path and time, 4 ms apart"), "{says}");
}

/// The confidence in the cause of expired tokens, and whether a link of theirs is ambiguous.
fn expired(timeline: &str) -> (f64, bool) {
    let failures = played(timeline).failures;
    let failure = failures.iter().find(|failure| failure.root_cause.as_str() == "token_lifetime").unwrap();
    (failure.confidence, failure.inferred.iter().any(|inference| inference.ambiguous))
}

#[test]
fn a_link_that_others_fit_as_well_says_so_and_is_less_sure() {
    let gateway = |client: u8, at: &str| {
        format!("{at} auth_failure reason=other client=192.0.2.{client} method=GET path=/me status=401 in=gw.log\n")
    };
    let app = "10:00:00.004 auth_failure reason=token_expired exp=09:58 path=/me in=app.log\n";
    let (clear, is_ambiguous) = expired(&(gateway(1, "10:00:00") + &gateway(2, "10:00:01") + app));
    assert!(!is_ambiguous);
    let (unclear, is_ambiguous) = expired(&(gateway(1, "10:00:00") + &gateway(2, "10:00:00") + app));
    assert!(is_ambiguous && unclear < clear, "{unclear} and {clear}");

    let reason = "10:00:00.001 auth_failure reason=token_expired exp=09:58 in=app.log\n";
    let access = |client: u8| {
        format!("10:00:00.002 auth_failure reason=other client=192.0.2.{client} method=GET path=/me status=401 in=app.log\n")
    };
    let (clear, is_ambiguous) = expired(&(reason.to_owned() + &access(1)));
    assert!(!is_ambiguous);
    let (unclear, is_ambiguous) = expired(&(reason.repeat(2) + &access(1) + &access(2)));
    assert!(is_ambiguous && unclear < clear, "{unclear} and {clear}");
}

#[test]
fn a_pattern_counts_its_failures_of_which_something_was_inferred() {
    let told = played(
        "10:00:00     auth_failure reason=other client=192.0.2.1 method=GET path=/me status=401 in=gw.log
         10:00:00.004 auth_failure reason=token_expired exp=09:58 path=/me service=app
         10:10:00     auth_failure reason=token_expired exp=09:58 sub=u1 path=/me service=app",
    );
    assert_eq!(told.patterns.len(), 1, "{:#?}", told.patterns);
    assert_eq!((told.patterns[0].failures, told.patterns[0].inferred), (2, 1));
}

#[test]
fn the_readme_names_every_way() {
    let readme = std::fs::read_to_string(project("README.md")).unwrap();
    for how in How::ALL {
        assert!(readme.contains(&format!("`{how}`")), "{how}");
    }
}
