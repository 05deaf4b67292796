//! An events file holds all that correlation reads: what `correlate` makes of it is what the scan said.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::{jwtriage, project};

/// A folder for outputs, and the texts of paths in it.
struct Outputs(TempDir);

impl Outputs {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn run(&self, args: &[&str]) -> std::process::Output {
        let args: Vec<String> =
            args.iter().map(|arg| arg.strip_prefix('@').map_or((*arg).to_owned(), |name| self.text(name))).collect();
        jwtriage(&args.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn ok(&self, args: &[&str]) {
        let done = self.run(args);
        assert_eq!(done.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// What went wrong, where nothing may have been written.
    fn refused(&self, args: &[&str]) -> String {
        let mut args = args.to_vec();
        args.extend(["-o", "@none.json", "--failures", "@none.jsonl"]);
        let done = self.run(&args);
        assert_eq!(done.status.code(), Some(2), "{args:?}");
        assert!(!self.path("none.json").exists() && !self.path("none.jsonl").exists());
        String::from_utf8_lossy(&done.stderr).into_owned()
    }
}

/// A report without what tells of the run that wrote it.
fn without_run(report: &str) -> Value {
    let mut report: Value = serde_json::from_str(report).unwrap();
    report["run"].take();
    report
}

fn logs() -> Vec<PathBuf> {
    vec![project("samples/shop"), project("samples/quiet")]
}

#[test]
fn events_files_give_the_report_and_the_failures_of_their_scan() {
    for logs in logs() {
        let logs = logs.display().to_string();
        let out = Outputs::new();
        out.ok(&["scan", &logs, "-o", "@plain.json", "--failures", "@plain.jsonl"]);
        out.ok(&["scan", &logs, "-o", "@r.json", "--failures", "@f.jsonl", "--events", "@e.jsonl", "--events", "@e.parquet"]);
        assert_eq!(out.read("r.json"), out.read("plain.json"), "asking for events changes nothing");
        assert_eq!(out.read("f.jsonl"), out.read("plain.jsonl"));
        for events in ["@e.jsonl", "@e.parquet"] {
            out.ok(&["correlate", events, "-o", "@again.json", "--failures", "@again.jsonl"]);
            assert_eq!(out.read("again.jsonl"), out.read("f.jsonl"), "{events}");
            assert_eq!(without_run(&out.read("again.json")), without_run(&out.read("r.json")), "{events}");
        }
    }
}

#[test]
fn the_rows_of_a_scan_may_lie_in_several_files_in_any_order() {
    let logs = project("samples/shop").display().to_string();
    let out = Outputs::new();
    out.ok(&["scan", &logs, "--events", "@e.jsonl", "--failures", "@f.jsonl", "-o", "@r.json"]);
    let text = out.read("e.jsonl");
    let lines: Vec<&str> = text.lines().collect();
    for part in 0..3 {
        // Every third row, the last first.
        let rows: Vec<&str> = lines.iter().skip(part).step_by(3).rev().copied().collect();
        std::fs::write(out.path(&format!("part-{part}.jsonl")), rows.join("\n")).unwrap();
    }
    for order in [["@part-0.jsonl", "@part-1.jsonl", "@part-2.jsonl"], ["@part-2.jsonl", "@part-0.jsonl", "@part-1.jsonl"]] {
        out.ok(&["correlate", order[0], order[1], order[2], "-o", "@again.json", "--failures", "@again.jsonl"]);
        assert_eq!(out.read("again.jsonl"), out.read("f.jsonl"));
        assert_eq!(without_run(&out.read("again.json")), without_run(&out.read("r.json")));
    }
    let error = out.refused(&["correlate", "@part-0.jsonl", "@part-2.jsonl"]);
    assert!(error.contains("part-") && error.contains("rows"), "{error}");
}

#[test]
fn scans_of_parts_of_the_logs_are_explained_together_in_any_order() {
    let out = Outputs::new();
    for (name, says) in [("edge", "jwt expired"), ("orders", "unrecognized kid")] {
        let dir = out.path(name);
        std::fs::create_dir(&dir).unwrap();
        let line = |n: u32| {
            format!(
                "{{\"time\":\"2026-03-02T09:00:{n:02}Z\",\"msg\":\"{says}\",\"request_id\":\"{name}-{n}-17ae\",\"kid\":\"k1\"}}\n"
            )
        };
        std::fs::write(dir.join("app.log"), (0..9).map(line).collect::<String>()).unwrap();
        out.ok(&["scan", &format!("@{name}"), "--events", &format!("@{name}.parquet")]);
    }
    out.ok(&["scan", "@edge", "@orders", "-o", "@one.json", "--failures", "@one.jsonl"]);
    for files in [["@edge.parquet", "@orders.parquet"], ["@orders.parquet", "@edge.parquet"]] {
        out.ok(&["correlate", files[0], files[1], "-o", "@two.json", "--failures", "@two.jsonl"]);
        assert_eq!(out.read("two.jsonl"), out.read("one.jsonl"));
        assert_eq!(without_run(&out.read("two.json")), without_run(&out.read("one.json")));
    }
}

#[test]
fn what_is_no_whole_events_file_is_named_and_nothing_is_written() {
    let logs = project("samples/shop").display().to_string();
    let out = Outputs::new();
    out.ok(&["scan", &logs, "--events", "@e.jsonl", "--events", "@e.parquet", "--events", "@e.csv"]);
    let text = out.read("e.jsonl");
    let write = |name: &str, text: &str| std::fs::write(out.path(name), text).unwrap();
    write("cut.jsonl", &text[..text.len() - 100]);
    let rows: Vec<&str> = text.lines().collect();
    write("rows.jsonl", &rows[..rows.len() - 1].join("\n"));
    write("fewer.jsonl", &rows[1..].join("\n"));
    write("version.jsonl", &text.replace("\\\"events_file\\\":1", "\\\"events_file\\\":7"));
    write("column.jsonl", &text.replacen("{\"time\"", "{\"shoe_size\":44,\"time\"", 1));
    write("empty.jsonl", &text.replacen("{\"time\"", "{\"hat_size\":null,\"time\"", 1));
    write("value.jsonl", &text.replacen("\"kind\":\"auth_failure\"", "\"kind\":\"no_such_kind\"", 1));
    write("log.jsonl", "{\"time\":\"2026-03-02T09:00:00Z\",\"msg\":\"jwt expired\"}\n");
    let parquet = std::fs::read(out.path("e.parquet")).unwrap();
    std::fs::write(out.path("cut.parquet"), &parquet[..parquet.len() / 2]).unwrap();
    for (file, says) in [
        ("cut.jsonl", "line"),
        ("rows.jsonl", "does not end with the row that tells of its scan"),
        ("fewer.jsonl", "was cut"),
        ("version.jsonl", "version 7; this program reads version 1"),
        ("column.jsonl", "`shoe_size`"),
        ("empty.jsonl", "`hat_size`"),
        ("value.jsonl", "`kind` cannot be `no_such_kind`"),
        ("log.jsonl", "`msg`"),
        ("cut.parquet", "no whole events file"),
        ("e.csv", "by its ending"),
        ("missing.jsonl", "cannot read"),
    ] {
        let error = out.refused(&["correlate", &format!("@{file}")]);
        assert!(error.contains(file) && error.contains(says), "{file}: {error}");
    }
}

#[test]
fn events_of_two_catalogs_are_not_read_together() {
    let out = Outputs::new();
    let logs = project("samples/shop").display().to_string();
    let entry = "format = 1\n[product]\nid = \"mine\"\nname = \"Mine\"\n[[signature]]\nid = \"mine.gone\"\nsummary = \"Gone.\"\n\
                 kind = \"auth_failure\"\nreason = \"sub_not_found\"\nliterals = [\"shopper is gone\"]\n\
                 [[signature.example]]\nrecord = \"shopper is gone: 7\"\n";
    std::fs::write(out.path("mine.toml"), entry).unwrap();
    out.ok(&["scan", &logs, "--events", "@a.jsonl"]);
    out.ok(&["scan", &logs, "--events", "@b.jsonl", "--catalog", "@mine.toml"]);
    let error = out.refused(&["correlate", "@a.jsonl", "@b.jsonl"]);
    assert!(error.contains("b.jsonl") && error.contains("a.jsonl") && error.contains("another catalog"), "{error}");
}

/// A row of an events file by the kind of its event.
fn row(out: &Outputs, file: &str, kind: &str) -> Value {
    let rows = crate::rows(Path::new(&out.text(file)));
    rows.into_iter().find(|row| row["kind"] == kind).unwrap()
}

#[test]
fn each_field_goes_from_a_log_line_through_an_events_file() {
    let out = Outputs::new();
    let line = "{\"time\":\"2026-03-02T09:00:00Z\",\"level\":\"warn\",\"msg\":\"jwt expired\",\"sub\":\"u-17\",\"kid\":\"k1\",\"iss\":\"https://id.example\",\
                \"aud\":\"orders\",\"alg\":\"RS256\",\"jti\":\"t-1\",\"iat\":1772440000,\"exp\":1772443600,\"client_ip\":\"203.0.113.9\",\
                \"request_id\":\"5d0c0000000000000000000000000017\",\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\",\"service\":\"orders\",\
                \"hostname\":\"orders-1\",\"method\":\"GET\",\"path\":\"/v1/orders\",\"status\":401,\"username\":\"ada@example.org\",\"tenant\":\"acme\",\
                \"client_id\":\"web\",\"role\":\"anon\",\"user_agent\":\"curl/8\",\"session_id\":\"9c1f4d2ab7e04410\",\"event_id\":\"e-1\",\"previous_kid\":\"k0\",\
                \"response_bytes\":217,\"duration_ms\":12}\n";
    std::fs::write(out.path("app.log"), line).unwrap();
    out.ok(&["scan", "@app.log", "--events", "@e.jsonl", "--failures", "@f.jsonl"]);
    let row = row(&out, "e.jsonl", "auth_failure");
    let expected = [
        ("time", "2026-03-02T09:00:00.000000Z".into()),
        ("reason", "token_expired".into()),
        ("sub", "u-17".into()),
        ("kid", "k1".into()),
        ("iss", "https://id.example".into()),
        ("aud", "orders".into()),
        ("alg", "RS256".into()),
        ("jti", "t-1".into()),
        ("iat", 1_772_440_000.into()),
        ("exp", 1_772_443_600.into()),
        ("client_ip", "203.0.113.9".into()),
        ("request_id", "5d0c0000000000000000000000000017".into()),
        ("trace_id", "0af7651916cd43dd8448eb211c80319c".into()),
        ("service", "orders".into()),
        ("host", "orders-1".into()),
        ("method", "GET".into()),
        ("path", "/v1/orders".into()),
        ("status", 401.into()),
        ("level", "warn".into()),
        ("username", "ada@example.org".into()),
        ("tenant", "acme".into()),
        ("client_id", "web".into()),
        ("role", "anon".into()),
        ("user_agent", "curl/8".into()),
        ("event_id", "e-1".into()),
        ("previous_kid", "k0".into()),
        ("response_bytes", 217.into()),
        ("duration_ms", 12.into()),
        ("line", 1.into()),
    ];
    for (column, value) in expected {
        let value: Value = value;
        assert_eq!(row[column], value, "{column}");
    }
    assert!(
        row["session_id"].is_string() && row["session_id"] != "9c1f4d2ab7e04410",
        "sessions are hashed: {}",
        row["session_id"]
    );
    out.ok(&["correlate", "@e.jsonl", "--failures", "@again.jsonl"]);
    assert_eq!(out.read("again.jsonl"), out.read("f.jsonl"));
}
