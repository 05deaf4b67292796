//! The records inside an export are the records: whatever carries the shop's logs, the same requests failed for the same
//! causes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Read;
use std::path::Path;

use jwtriage::ingest::decode::{Stream, streams};
use jwtriage::ingest::discover::Source;
use jwtriage::ingest::export;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{failures, jwtriage, project};

/// The lines of the shop's logs, each with its service.
fn shop() -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for service in ["idp", "nginx", "orders"] {
        let mut files: Vec<_> =
            std::fs::read_dir(project("samples/shop").join(service)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for path in files {
            let source = Source::at(&path, &path.metadata().unwrap(), true);
            let mut read = |mut stream: Stream<'_>| {
                let mut text = String::new();
                stream.reader.read_to_string(&mut text).unwrap();
                lines.extend(text.lines().map(|line| (service.to_owned(), line.to_owned())));
            };
            streams(&source, |_| false, &mut read, &mut |name, error| panic!("{name}: {error}"));
        }
    }
    lines
}

/// How many requests failed why, when and through whom.
fn told(logs: &Path) -> BTreeMap<[String; 5], usize> {
    let mut told = BTreeMap::new();
    for failure in failures(logs) {
        let text = |name: &str| failure[name].to_string();
        *told.entry(["reason", "root_cause", "sub", "time", "service"].map(text)).or_default() += 1;
    }
    told
}

/// Checks that what `carry` makes of the shop's logs tells what they tell.
fn check(form: &str, carry: impl Fn(&[(String, String)]) -> String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export");
    std::fs::write(&path, carry(&shop())).unwrap();
    assert_eq!(told(&path), told(&project("samples/shop")), "{form}");
}

/// An envelope written on one line, and printed for people.
fn check_json(form: &str, envelope: impl Fn(&[(String, String)]) -> Value) {
    check(form, |lines| envelope(lines).to_string());
    check(form, |lines| serde_json::to_string_pretty(&envelope(lines)).unwrap());
}

fn elements(lines: &[(String, String)], element: impl Fn(&str, &str) -> Value) -> Value {
    lines.iter().map(|(service, line)| element(service, line)).collect()
}

const MILLIS: i64 = 1_772_442_000_000;
const TIME: &str = "2026-03-02T09:00:00Z";

#[test]
fn log_events_of_cloudwatch_are_records() {
    check_json("filter-log-events", |lines| {
        let event = |service: &str, line: &str| json!({"logStreamName": format!("{service}/app/0f3c"), "timestamp": MILLIS, "message": line, "ingestionTime": MILLIS, "eventId": "37"});
        json!({"events": elements(lines, event), "searchedLogStreams": [{"logStreamName": "x"}], "nextToken": "y"})
    });
    check_json("Logs Insights", |lines| {
        let row = |service: &str, line: &str| {
            json!([{"field": "@timestamp", "value": "2026-03-02 09:00:00.000"}, {"field": "@message", "value": line},
                {"field": "@logStream", "value": service}, {"field": "@ptr", "value": "Cm"}])
        };
        json!({"results": elements(lines, row), "statistics": {"recordsMatched": 3.0}, "status": "Complete"})
    });
}

#[test]
fn documents_of_elasticsearch_are_records() {
    let hit = |service: &str, line: &str| json!({"_index": "logs", "_id": "1", "_source": {"@timestamp": TIME, "message": line, "service": {"name": service}}});
    check_json(
        "_search",
        |lines| json!({"took": 1, "hits": {"total": {"value": 3}, "hits": elements(lines, hit)}, "aggregations": {"hits": {"hits": []}}}),
    );
    check("one hit a line", |lines| {
        let hits: Vec<String> = lines.iter().map(|(service, line)| hit(service, line).to_string()).collect();
        hits.join("\n")
    });
}

#[test]
fn arrays_of_entries_are_records() {
    check_json("entries of Google Cloud", |lines| {
        elements(
            lines,
            |service, line| json!({"insertId": "7", "textPayload": line, "timestamp": TIME, "labels": {"app": service}}),
        )
    });
}

#[test]
fn messages_that_journald_gives_as_bytes_are_read() {
    let entry = |service: &str, line: &str| json!({"__REALTIME_TIMESTAMP": "1772442000000000", "SYSLOG_IDENTIFIER": service, "MESSAGE": format!("\u{1b}[0m{line}").into_bytes()});
    for (form, written) in [
        ("journalctl -o json", Value::to_string as fn(&Value) -> String),
        ("journalctl -o json-pretty", |entry| serde_json::to_string_pretty(entry).unwrap()),
    ] {
        check(form, |lines| {
            let entries: Vec<String> = lines.iter().map(|(service, line)| written(&entry(service, line))).collect();
            entries.join("\n")
        });
    }
}

#[test]
fn rows_of_log_explorers_are_records() {
    for (form, header, row) in [
        ("Datadog", "Date,Host,Service,Message", "2026-03-02T09:00:00.000Z,h1,SERVICE,MESSAGE"),
        ("Logs Insights", "@timestamp,@message,@logStream", "2026-03-02 09:00:00.000,MESSAGE,SERVICE"),
        ("Kibana", "\"@timestamp\",\"service.name\",message,_id", "\"Mar 2, 2026 @ 09:00:00.000\",SERVICE,MESSAGE,x"),
        (
            "Splunk",
            "\"_raw\",\"_time\",host,source,sourcetype,linecount",
            "MESSAGE,\"2026-03-02T09:00:00.000+0000\",h1,/var/log/x.log,SERVICE,1",
        ),
        ("Azure", "TimeGenerated [UTC],ContainerName,LogEntry", "\"3/2/2026, 9:00:00.000 AM\",SERVICE,MESSAGE"),
        ("Application Insights", "timestamp [UTC];message;cloud_RoleName", "\"3/2/2026, 9:00:00.000 AM\";MESSAGE;SERVICE"),
        (
            "Google Cloud",
            "insertId,textPayload,timestamp,resource.labels.container_name",
            "a1,MESSAGE,2026-03-02T09:00:00Z,SERVICE",
        ),
        ("Grafana", "Date,Line,labels,id", "2026-03-02T09:00:00.000Z,MESSAGE,\"{\"\"app\"\":\"\"SERVICE\"\"}\",17"),
    ] {
        check(form, |lines| {
            let mut text = format!("{header}\r\n");
            for (service, line) in lines {
                // Line feeds around a message are a part of its cell.
                let message = format!("\"{}\n\n\"", line.replace('"', "\"\""));
                write!(text, "{}\r\n", row.replace("SERVICE", service).replace("MESSAGE", &message)).unwrap();
            }
            text
        });
    }
}

/// A line cut in two or three pieces.
fn pieces(line: &str) -> Vec<&str> {
    let (middle, last) = (line.len() / 3, line.len() / 2);
    vec![&line[..middle], &line[middle..last], &line[last..]]
}

#[test]
fn lines_that_docker_and_cri_cut_are_joined() {
    let service = |service: &str| format!("{{\"time\":\"{TIME}\",\"msg\":\"{service} started\"}}");
    check("docker", |lines| {
        let docker = |log: &str, stream: &str| json!({"log": log, "stream": stream, "time": "2026-03-02T09:00:00.1Z"});
        let mut text = String::new();
        for (name, line) in lines {
            let [first, second, third] = pieces(line)[..] else { panic!("three pieces") };
            for (piece, stream) in
                [(first, "stdout"), (&*(service(name) + "\n"), "stderr"), (second, "stdout"), (&*format!("{third}\n"), "stdout")]
            {
                // As docker writes it: the log first.
                let value = docker(piece, stream);
                writeln!(text, "{{\"log\":{},\"stream\":{},\"time\":{}}}", value["log"], value["stream"], value["time"]).unwrap();
            }
        }
        text
    });
    check("CRI", |lines| {
        let mut text = String::new();
        for (name, line) in lines {
            let [first, second, third] = pieces(line)[..] else { panic!("three pieces") };
            for (piece, tag) in [(first, "stdout P"), (&*service(name), "stderr F"), (second, "stdout P"), (third, "stdout F")] {
                writeln!(text, "2026-03-02T09:00:00.1Z {tag} {piece}").unwrap();
            }
        }
        text
    });
}

#[test]
fn an_export_larger_than_any_record_is_read_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let filler = json!({"message": format!("{{\"time\":\"{TIME}\",\"msg\":\"request completed {}\"}}", "x".repeat(4000)), "timestamp": MILLIS});
    let mut events = vec![filler; 5000];
    let refused = json!({"time": TIME, "level": "warn", "msg": "User from sub claim in JWT does not exist", "sub": "u1", "request_id": "r-1", "status": 401});
    events.push(json!({"message": refused.to_string(), "timestamp": MILLIS}));
    for (name, text) in [
        ("one line", json!({"events": events}).to_string()),
        ("pretty", serde_json::to_string_pretty(&json!({"events": events})).unwrap()),
    ] {
        let (path, report) = (dir.path().join("export.json"), dir.path().join("report.json"));
        std::fs::write(&path, &text).unwrap();
        jwtriage(&["scan", path.to_str().unwrap(), "-o", report.to_str().unwrap()]);
        let report: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
        let books = &report["run"]["books"];
        assert_eq!((&books["told"], &books["events"]), (&json!(1), &json!(1)), "{name}: {books}");
        assert!(books["records"].as_u64().unwrap() >= 5001, "{name}: {books}");
        assert_eq!(failures(&path).len(), 1, "{name}");
    }
}

/// Gives so many bytes at a time.
struct Dripping<'t>(&'t [u8], usize);

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.1.min(buffer.len());
        self.0.read(&mut buffer[..length])
    }
}

proptest! {
    #[test]
    fn whatever_follows_an_export_is_read_alike_however_it_comes(
        pieces in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..20),
            prop::sample::select(vec![
                "{\"events\":[{\"message\":\"a\",\"timestamp\":1}", "{\"message\":\"b\",\"timestamp\":2}", ",", "]}", "\n", "\n  ", "[{\"a\":", "\"", "\\",
                "2026-03-02T09:00:00Z,\"a \"\"b\"\"\n c\"\n", "{\"hits\":{\"hits\":[{\"_source\":{}}]}}",
            ]).prop_map(|text| text.as_bytes().to_vec()),
        ], 0..30),
        begin in prop::sample::select(vec!["{\"events\":[{\"message\":\"a\",\"timestamp\":1}", "time,message\n1,a\n"]),
        size in 1_usize..50,
    ) {
        let text = [begin.as_bytes(), &pieces.concat()].concat();
        let read = |reader: Box<dyn Read + '_>| {
            let mut bytes = Vec::new();
            export::records(reader).read_to_end(&mut bytes).unwrap();
            bytes
        };
        let whole = read(Box::new(&text[..]));
        prop_assert!(export::is_export(&text));
        prop_assert_eq!(read(Box::new(Dripping(&text, size))), whole);
    }
}

#[test]
fn a_header_of_a_table_before_a_log_hides_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let line = |n: usize| format!("2026-03-02T09:00:{n:02}Z error: jwt expired {{\"requestId\":\"r-10000{n}\"}}\n");
    let log: String = (0..5).map(line).collect();
    std::fs::write(dir.path().join("a.log"), format!("time,level,message,service\n{log}")).unwrap();
    assert_eq!(failures(dir.path()).len(), 5);
}
