//! A small run made by hand, with text no log should hold but some do. For the tests of every format.

use chrono::{DateTime, Utc};

use crate::model::books::Books;
use crate::model::books::PassedOver;
use crate::model::books::Problem;
use crate::model::books::StreamBooks;
use crate::model::diagnosis::Line;
use crate::model::diagnosis::{Alternative, CauseEvent, Counter, Evidence, Failure, Inference};
use crate::model::event::{Band, Cause, Claims, Event, EventKind, Place, Reason, Severity, Shown, SignatureId, StreamId};
use crate::model::finding::Finding;
use crate::model::pattern::{Pattern, Sample};
use crate::model::report::{Report, Run, SchemaVersion, Zone};
use crate::model::words::{How, InferredField, Presence, RuleId, Variant};
use crate::report::results::Results;
use crate::report::stored::StoredScan;

/// What a hostile client can have put into a log: an escape sequence, bidi text, HTML and Markdown.
pub(crate) const HOSTILE: &str = "a\u{1b}[31m|`b`\u{202e}<script>alert('x')</script>\n*c*&\u{9b}";

#[expect(clippy::unnecessary_wraps, reason = "the fields it fills may be without a time")]
fn at(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

fn line(file: &str, line: u64) -> Line {
    Line { file: file.into(), line }
}

fn deletion() -> CauseEvent {
    CauseEvent {
        kind: EventKind::UserDeleted,
        time: at("2026-03-01T09:58:00Z"),
        event_id: Some("-17".into()),
        file: "logs/auth.log".into(),
        line: 12,
        text: Some("account removed".into()),
    }
}

fn sample(file: &str, line: u64, text: &str) -> Sample {
    Sample { file: file.into(), line, text: Some(text.into()) }
}

/// A report of two patterns: a numerous unexplained one of a hostile service, and a confirmed deletion of high severity.
pub(crate) fn report() -> Report {
    let books = Books {
        bytes: 1_234_567,
        lines: 9_000,
        records: 8_999,
        skipped: 7_900,
        postponed: 100,
        unparsed: 1,
        unknown: 990,
        told: 8,
        events: 9,
        ..Books::default()
    };
    Report {
        schema_version: SchemaVersion,
        run: Run {
            tool: "jwtriage 0.1.0".to_owned(),
            inputs: vec!["logs".to_owned()],
            parameters: vec![("zone".to_owned(), "UTC".to_owned())],
            first: at("2026-03-01T09:58:00Z"),
            last: at("2026-03-01T11:30:00Z"),
            failures: 37,
            unrelated_refusals: 2,
            events: vec![(EventKind::AuthFailure, 37), (EventKind::UserDeleted, 1)],
            streams: vec![StreamBooks { file: format!("logs/{HOSTILE}.log").into(), books: books.clone() }],
            books,
            problems: (1..=12)
                .map(|number| Problem { file: "logs/bad.gz".to_owned(), line: Some(number), what: format!("damaged: {HOSTILE}") })
                .collect(),
            passed_over: PassedOver { binary: 8, own_outputs: 4, ..PassedOver::default() },
            gaps: vec!["no user store log covers 10:30 to 11:00".to_owned()],
            zones: vec![Zone {
                file: "logs/orders.log".to_owned(),
                default: "UTC".to_owned(),
                shift_seconds: -3600,
                proof: None,
            }],
            keys: vec![],
            clocks: vec![],
            chased_ids: 3,
        },
        patterns: vec![unexplained(), deleted()],
        findings: vec![Finding {
            finding_id: "s1:0123456789abcdef".to_owned(),
            rule: RuleId::Dr35,
            severity: Severity::Medium,
            says: format!("A user got through by `{HOSTILE}` after being disabled, for up to 240 s"),
            fix: "Invalidate caches when a user is disabled".into(),
            service: Some(HOSTILE.into()),
            subjects: 1,
            requests: 4,
            exposure_seconds: Some(240),
            first: at("2026-03-01T10:01:00Z"),
            last: at("2026-03-01T10:04:00Z"),
            top_clients: vec!["192.0.2.7".into()],
            top_subjects: vec![],
            samples: vec![sample("logs/orders.log", 12, "GET /orders 200")],
        }],
    }
}

fn deleted() -> Pattern {
    Pattern {
        pattern_id: "p1:0123456789abcdef".to_owned(),
        root_cause: Cause::UserDeleted,
        variant: Some(Variant::SelfService),
        reason: Reason::SubNotFound,
        service: Some("orders".into()),
        rule: RuleId::Dr01,
        band: Band::Confirmed,
        confidence: 0.97,
        severity: Severity::High,
        failures: 12,
        subjects: 1,
        clients: 2,
        inferred: 5,
        first: at("2026-03-01T10:00:05.250Z"),
        last: at("2026-03-01T10:59:00Z"),
        top_clients: vec!["192.0.2.7".into(), "192.0.2.8".into()],
        top_subjects: vec!["=cmd()".into()],
        top_kids: vec![],
        cause: Some(deletion()),
        says: "The user was deleted while its token lived on.".to_owned(),
        fix: "Revoke the sessions of a user when it is deleted.".to_owned(),
        verify: "No refusal later than one token lifetime".into(),
        ends: "When the last token expires".into(),
        samples: vec![sample("logs/orders.log", 44, "user is gone"), Sample { text: None, ..sample("logs/orders.log", 50, "") }],
        words: None,
    }
}

fn unexplained() -> Pattern {
    Pattern {
        pattern_id: "p1:fedcba9876543210".to_owned(),
        root_cause: Cause::Unexplained,
        variant: None,
        reason: Reason::Other,
        service: Some(HOSTILE.into()),
        rule: RuleId::Dr42,
        band: Band::Unexplained,
        confidence: 0.0,
        severity: Severity::Low,
        failures: 25,
        subjects: 0,
        clients: 1,
        inferred: 0,
        first: at("2026-03-01T11:00:00Z"),
        last: at("2026-03-01T11:30:00Z"),
        top_clients: vec!["192.0.2.9".into()],
        top_subjects: vec![],
        top_kids: vec![HOSTILE.into()],
        cause: None,
        says: format!("No rule explains the refusals of {HOSTILE}."),
        fix: "Log the reason of a refusal.".to_owned(),
        verify: "".into(),
        ends: "".into(),
        samples: vec![sample(&format!("logs/{HOSTILE}.log"), 7, HOSTILE)],
        words: None,
    }
}

/// A run that read something and found no failed request.
pub(crate) fn quiet() -> Report {
    let mut report = report();
    report.patterns.clear();
    report.findings.clear();
    report.run.failures = 0;
    report.run.unrelated_refusals = 0;
    report.run.problems.clear();
    report.run.passed_over = PassedOver::default();
    report.run.gaps.clear();
    report.run.events = vec![(EventKind::UserDeleted, 1)];
    report
}

/// The report with two failures and three events, one of which is not of the public vocabulary.
pub(crate) fn results() -> Results {
    Results {
        report: report(),
        failures: vec![explained_failure(), bare_failure()],
        events: events(),
        files: vec!["logs/auth.log".into(), "logs/orders.log".into()],
        signatures: vec!["supabase-auth.sub-not-found".to_owned()],
        unknown: Vec::new(),
        stored: StoredScan { streams: 2, ..StoredScan::default() },
    }
}

fn explained_failure() -> Failure {
    Failure {
        failure_id: "f1:01".to_owned(),
        pattern_id: "p1:0123456789abcdef".into(),
        time: at("2026-03-01T10:00:05.250Z"),
        sub: Some("=cmd()".into()),
        client_ip: Some("192.0.2.7".into()),
        service: Some("orders".into()),
        status: Some(403),
        reason: Reason::SubNotFound,
        root_cause: Cause::UserDeleted,
        variant: Some(Variant::SelfService),
        rule: RuleId::Dr01,
        confidence: 0.97,
        band: Band::Confirmed,
        cause: Some(deletion()),
        evidence: vec![Evidence {
            file: "logs/auth.log".into(),
            line: 12,
            time: at("2026-03-01T09:58:00Z"),
            says: "deleted".into(),
            text: Some("user deleted".into()),
        }],
        counter: vec![Counter { says: "a restoration".into(), result: Presence::Absent }],
        alternatives: vec![Alternative {
            root_cause: Cause::ReplicationLag,
            rule: RuleId::Dr14,
            score: 0.1,
            why_not: "too late".into(),
        }],
        seen_in: vec![line("logs/orders.log", 44)],
        inferred: vec![Inference {
            field: InferredField::SeenIn,
            how: How::Path,
            from: Some(line("logs/gw.log", 7)),
            ambiguous: true,
        }],
        words: None,
        ..bare_failure()
    }
}

fn bare_failure() -> Failure {
    Failure {
        failure_id: "f1:02".to_owned(),
        pattern_id: "p1:fedcba9876543210".into(),
        time: None,
        reason: Reason::Other,
        sub: None,
        kid: None,
        iss: None,
        aud: None,
        client_ip: None,
        request_id: None,
        trace_id: None,
        service: None,
        method: None,
        path: None,
        status: None,
        root_cause: Cause::Unexplained,
        variant: None,
        rule: RuleId::Dr42,
        confidence: 0.0,
        band: Band::Unexplained,
        cause: None,
        evidence: vec![],
        counter: vec![],
        alternatives: vec![],
        seen_in: vec![],
        inferred: vec![],
        words: None,
    }
}

fn events() -> Vec<Event> {
    let place = |stream, line| Place { stream: StreamId(stream), line };
    let deleted = Event {
        time: at("2026-03-01T09:58:00Z"),
        sub: Some("=cmd()".into()),
        shown: Some(Box::new(Shown { format: "json".into(), ..Shown::default() })),
        ..Event::bare(EventKind::UserDeleted, place(0, 12))
    };
    let refused = Event {
        time: at("2026-03-01T10:00:05.250Z"),
        reason: Some(Reason::SubNotFound),
        sub: Some("=cmd()".into()),
        claims: Some(Box::new(Claims { exp: Some(-5), ..Claims::default() })),
        status: Some(403),
        shown: Some(Box::new(Shown { message: HOSTILE.into(), format: "logfmt".into(), ..Shown::default() })),
        signature: Some(SignatureId::at(0)),
        ..Event::bare(EventKind::AuthFailure, place(1, 44))
    };
    vec![deleted, Event::bare(EventKind::Request, place(1, 43)), refused]
}
