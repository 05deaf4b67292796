//! Scenarios from log lines: what a timeline tells of is written as lines of JSON, read by the pipeline with the whole
//! built-in catalog and the second pass, and explained as the scenario promises.
//!
//! So that what the scenarios prove of correlation holds of what lines can say: no field that nothing reads, no subject
//! that the second pass does not find.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use chrono::SecondsFormat;
use jwtriage::correlate::Correlated;
use jwtriage::extract::signature::Catalog;
use jwtriage::lookup::id_search::SHORTEST;
use jwtriage::model::event::Reason;
use jwtriage::model::field::{Field, Value::Text};
use serde_json::{Map, Value, json};

use crate::engine::{DETECTOR, explained, settings};
use crate::scenarios::{Occurrence, all, breach, occurrences, span, time};

/// What a verifier says, by reason.
const REFUSALS: [(&str, &str); 16] = [
    ("sub_not_found", "User from sub claim in JWT does not exist"),
    ("sub_missing", "token rejected: missing sub claim"),
    ("token_expired", "jwt expired"),
    ("token_not_yet_valid", "jwt not active"),
    ("signature_invalid", "token rejected: invalid signature"),
    ("key_not_found", "token rejected: no matching key in key set"),
    ("jwks_unavailable", "failed to fetch JWKS from https://id.example.com/jwks.json: timeout"),
    ("issuer_invalid", "token has invalid issuer"),
    ("audience_invalid", "invalid audience"),
    ("algorithm_not_allowed", "token rejected: algorithm not allowed"),
    ("token_malformed", "jwt malformed"),
    ("token_revoked", "token has been revoked"),
    ("user_disabled", "User account is disabled"),
    ("user_store_unavailable", "could not load user of token: connection refused"),
    ("scope_insufficient", "token rejected: insufficient scope"),
    // Who says nothing writes an access line.
    ("other", ""),
];

/// What else lines say, by kind.
const SAID: [(&str, &str); 13] = [
    ("auth_success", "Successfully validated the token"),
    ("token_issued", "token issued"),
    ("token_revoked_event", "session_revoked"),
    ("user_created", "user.created"),
    ("user_deleted", "user.deleted"),
    ("user_disabled", "user.disabled"),
    ("user_restored", "user.enabled"),
    ("key_added", "key.added"),
    ("key_rotated", "key.rotated"),
    ("key_retired", "key.retired"),
    ("config_changed", "configuration reloaded"),
    ("user_store_error", "dial tcp db:5432: connect: connection refused"),
    ("request", ""),
];

/// What stands for the messages that timelines give themselves.
const MESSAGES: [(&str, &str); 1] = [("refresh_token_already_used", "Invalid Refresh Token: Already Used")];

/// Scenarios that lines cannot tell, by file, and why not. None passes, or it would not stand here.
const NOT_RENDERED: [(&str, &str); 0] = [];

/// The word beside another in a table.
fn beside<'t>(table: &[(&str, &'t str)], word: &str) -> &'t str {
    table.iter().find(|(known, _)| *known == word).unwrap_or_else(|| panic!("no line says `{word}`")).1
}

/// An id as long as those of real systems: timelines are written with short ones, which the second pass does not look for.
fn long(id: &str) -> String {
    if id.len() >= SHORTEST {
        return id.to_owned();
    }
    let start = if id.bytes().all(|b| b.is_ascii_digit()) { "9" } else { "id-" };
    format!("{start}{id:0>width$}", width = SHORTEST - start.len())
}

/// The name under which a line has a value of a timeline, and the value.
fn written(name: &str, value: &str, day: i64) -> Option<(String, Value)> {
    let value = match name {
        "change" => json!(value.strip_prefix("version=").unwrap_or(value)),
        "in" | "every" | "reason" | "message" => return None,
        "sub" | "request_id" => json!(long(value)),
        "iat" | "exp" => json!(time(value, day).timestamp()),
        "status" => json!(value.parse::<u16>().unwrap()),
        "duration" => json!(span(value).num_milliseconds()),
        _ => json!(value),
    };
    let name = match name {
        "client" => "client_ip",
        "agent" => "user_agent",
        "duration" => "duration_ms",
        "host" => "hostname",
        "change" => "version",
        name => name,
    };
    Some((name.to_owned(), value))
}

/// What the line that tells of it says.
fn said(told: &Occurrence<'_>) -> &'static str {
    match (told.get("message"), told.get("reason")) {
        (Some(message), _) => beside(&MESSAGES, message),
        (None, Some(reason)) => beside(&REFUSALS, reason),
        (None, None) if told.get("change").is_some() => "app started",
        (None, None) => beside(&SAID, told.kind),
    }
}

/// The line that tells of it.
fn line(told: &Occurrence<'_>) -> String {
    let said = said(told);
    // What an audit log says of users, keys and sessions stands in a field of its own.
    let field = if said.contains(['.', '_']) && !said.contains(' ') { "action" } else { "msg" };
    let mut line = Map::new();
    line.insert("time".to_owned(), json!(told.time.to_rfc3339_opts(SecondsFormat::Millis, true)));
    line.extend((!said.is_empty()).then(|| (field.to_owned(), json!(said))));
    line.extend(told.values.iter().filter_map(|(name, value)| written(name, value, told.day)));
    Value::Object(line).to_string()
}

/// Writes the logs of a timeline: of each file the lines in the order of time.
fn write_logs(timeline: &str, directory: &Path) {
    let mut files: BTreeMap<String, Vec<Occurrence<'_>>> = BTreeMap::new();
    for told in occurrences(timeline) {
        files.entry(told.file.clone()).or_default().push(told);
    }
    for (file, mut told) in files {
        told.sort_by_key(|told| told.time);
        let mut text = String::new();
        for told in &told {
            writeln!(text, "{}", line(told)).unwrap();
        }
        std::fs::write(directory.join(file), text).unwrap();
    }
}

/// What is made of the logs of a timeline.
fn read(timeline: &str) -> Correlated {
    let logs = tempfile::tempdir().unwrap();
    write_logs(timeline, logs.path());
    explained(logs.path(), &settings())
}

#[test]
fn every_timeline_is_explained_from_its_lines() {
    let scenarios = all();
    for (file, _) in NOT_RENDERED {
        assert!(scenarios.iter().any(|(known, _)| known == file), "no scenario: {file}");
    }
    let mut breaches = Vec::new();
    for (file, scenario) in scenarios {
        let breach = breach(&scenario, &read(&scenario.timeline));
        match (breach, NOT_RENDERED.iter().find(|(known, _)| *known == file)) {
            (Some(breach), None) => breaches.push(format!("{file}\n    {breach}")),
            (None, Some(_)) => breaches.push(format!("{file} holds from its lines: it must not be listed as one that cannot")),
            _ => {}
        }
    }
    assert!(breaches.is_empty(), "{}:\n{}", breaches.len(), breaches.join("\n"));
}

#[test]
fn each_line_tells_what_it_is_made_to_tell() {
    let values = "sub=u1 kid=k1 service=orders status=401 method=GET path=/me event_id=e1 client=192.0.2.1";
    let refusals = REFUSALS.iter().map(|(reason, _)| ("auth_failure", Some(*reason)));
    let others = SAID.iter().map(|(kind, _)| (*kind, None)).filter(|(kind, _)| *kind != "request");
    for (kind, reason) in refusals.chain(others) {
        let values = if reason.is_some() { values.to_owned() } else { values.replace(" status=401", "") };
        let reason_too = reason.map(|reason| format!("reason={reason}")).unwrap_or_default();
        let timeline = format!("10:00 {kind} {values} {reason_too}");
        let line = line(&occurrences(&timeline)[0]);
        let events = DETECTOR.events_of(&line);
        let [event] = events.as_slice() else { panic!("{} events: {line}", events.len()) };
        assert_eq!((event.kind.as_str(), event.reason.map(Reason::as_str)), (kind, reason), "{line}");
        let fields = [Field::Sub, Field::Kid, Field::Service, Field::Method, Field::Path, Field::ClientIp];
        let values = ["id-0000000u1", "k1", "orders", "GET", "/me", "192.0.2.1"];
        assert_eq!(fields.map(|field| field.of(event)), values.map(|value| Some(Text(value.into()))), "{line}");
    }
}

#[test]
fn whoever_names_a_refresh_token_that_was_used_twice_is_understood() {
    let catalog = Catalog::builtin().unwrap();
    let ids = ["auth0.refresh-reused", "dex.refresh-reused", "kanidm.reuse", "okta.refresh-reused"];
    for id in ids {
        let signature = catalog.signatures.iter().find(|signature| signature.id == id).unwrap_or_else(|| panic!("no {id}"));
        assert!(!signature.examples.is_empty(), "{id}");
        for example in &signature.examples {
            let events = DETECTOR.events_of(&example.record);
            assert!(events.iter().any(|event| event.reuse), "{id}: {}", example.record);
        }
    }
}
