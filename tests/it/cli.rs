//! The command line under bad input: one clear line, the right exit code, nothing half-done.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{ROW_ENDINGS, events, jwtriage, project, rows};

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_path_that_does_not_exist_is_told_with_a_hint() {
    let done = jwtriage(&["scan", "/no/such/path"]);
    assert_eq!(done.status.code(), Some(2));
    let told = stderr(&done);
    assert!(told.contains("no such file or directory: `/no/such/path`") && told.contains("hint:"), "{told}");
}

#[test]
fn an_empty_directory_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let done = jwtriage(&["scan", dir.path().to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(2));
    assert!(stderr(&done).contains("no files to read"), "{}", stderr(&done));
}

#[test]
fn damaged_files_are_problems_and_the_rest_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(project("samples/shop/orders/orders.log.2.gz")).unwrap();
    std::fs::write(dir.path().join("cut.gz"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(dir.path().join("good.log"), "2026-03-02T09:00:00Z error: jwt expired {\"requestId\":\"r-100001\"}\n")
        .unwrap();
    let out = dir.path().join("report.json");
    let done = jwtriage(&["scan", dir.path().to_str().unwrap(), "-o", out.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(3), "{}", stderr(&done));
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&out).unwrap()).unwrap();
    let problems = report["run"]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(report["run"]["failures"].as_u64().unwrap() >= 1);
}

#[test]
fn a_catalog_with_a_bad_pattern_names_file_and_id() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    let text = "format = 1\n[product]\nid = \"mine\"\nname = \"Mine\"\n[[signature]]\nid = \"mine.gone\"\nsummary = \"Gone.\"\n\
                kind = \"auth_failure\"\nreason = \"sub_not_found\"\nliterals = [\"is gone\"]\npattern = \"(is gone\"\n\
                [[signature.example]]\nrecord = \"7 is gone\"\n";
    std::fs::write(&file, text).unwrap();
    let quiet = project("samples/quiet");
    let done = jwtriage(&["scan", quiet.to_str().unwrap(), "--catalog", file.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(2));
    let told = stderr(&done);
    assert!(told.contains("mine.toml") && told.contains("mine.gone") && told.contains("bad pattern"), "{told}");
    std::fs::write(&file, text.replace("(is gone", "is gone")).unwrap();
    let done = jwtriage(&["catalog", "check", file.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
}

#[test]
fn a_catalog_that_only_replaces_is_checked_whole() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("node-jsonwebtoken.toml");
    let entry = |id: &str, record: &str| {
        format!(
            "[[signature]]\nid = \"{id}\"\nsummary = \"Mine.\"\nkind = \"auth_failure\"\nreason = \"token_expired\"\n\
             literals = [\"my own words\"]\npattern = \"^my own words$\"\n[[signature.example]]\nrecord = \"{record}\"\n"
        )
    };
    let head = "format = 1\n[product]\nid = \"node-jsonwebtoken\"\nname = \"Mine\"\n";
    let broken = entry("node-jsonwebtoken.expired", "not my own words at all");
    let sound = entry("node-jsonwebtoken.malformed", "my own words");
    std::fs::write(&file, format!("{head}{broken}{sound}")).unwrap();
    let done = jwtriage(&["catalog", "check", file.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stdout).contains("node-jsonwebtoken.expired"), "{}", stderr(&done));
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_reading() {
    let quiet = project("samples/quiet");
    for (path, says) in [("/no/such/place/report.json", "cannot write"), ("report.pdf", "cannot tell the format")] {
        let done = jwtriage(&["scan", quiet.to_str().unwrap(), "-o", path]);
        assert_eq!(done.status.code(), Some(2));
        assert!(stderr(&done).contains(says), "{}", stderr(&done));
    }
}

#[test]
fn a_full_disk_leaves_nothing() {
    let shop = project("samples/shop");
    let done = jwtriage(&["scan", shop.to_str().unwrap(), "--failures", "/dev/full", "-o", "/dev/null"]);
    // The ending of a device tells no format: named through a link it does.
    assert_eq!(done.status.code(), Some(2));
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("full.jsonl");
    std::os::unix::fs::symlink("/dev/full", &link).unwrap();
    let report = dir.path().join("report.json");
    let done = jwtriage(&["scan", shop.to_str().unwrap(), "-o", report.to_str().unwrap(), "--failures", link.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(2), "{}", stderr(&done));
    assert!(stderr(&done).contains("No space left"), "{}", stderr(&done));
    assert!(!report.exists(), "the other report was not put in its place");
}

#[test]
fn a_closed_pipe_is_a_good_end() {
    let shop = project("samples/shop");
    let mut child = Command::new(env!("CARGO_BIN_EXE_jwtriage"))
        .args(["scan", shop.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), stderr(&done).as_str()), (Some(0), ""));
}

#[test]
fn standard_input_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("events.jsonl");
    let mut child = Command::new(env!("CARGO_BIN_EXE_jwtriage"))
        .args(["scan", "-", "--events", out.to_str().unwrap()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"JsonWebTokenError: jwt malformed\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let events = events(&out);
    assert_eq!((events.len(), events[0]["reason"].as_str(), events[0]["file"].as_str()), (1, Some("token_malformed"), Some("-")));
}

#[test]
fn fail_on_tells_of_findings() {
    let shop = project("samples/shop");
    assert_eq!(jwtriage(&["scan", shop.to_str().unwrap(), "--fail-on", "medium"]).status.code(), Some(1));
    assert_eq!(jwtriage(&["scan", shop.to_str().unwrap(), "--fail-on", "critical"]).status.code(), Some(0));
}

#[test]
fn no_token_reaches_any_output() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    let token =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJ1MSIsImlzcyI6ImkiLCJleHAiOjE3ODc0MDAwMDB9.c2lnbmF0dXJlLW9mLXRlc3Q";
    let line = format!(
        "2026-03-02T09:00:00Z error: jwt expired token={token} {{\"path\":\"/x?access_token={token}\",\"sub\":\"{token}\"}}\n"
    );
    std::fs::write(logs.join("app.log"), line).unwrap();
    let unclear = format!("2026-03-02T09:00:01Z warn: warp token {token} went bad\n");
    std::fs::write(logs.join("warp.log"), unclear).unwrap();
    for ending in ROW_ENDINGS {
        let (events, failures) = (dir.path().join(format!("e.{ending}")), dir.path().join(format!("f.{ending}")));
        let unknown = dir.path().join(format!("u.{ending}"));
        let page = dir.path().join("page.html");
        jwtriage(&[
            "scan",
            logs.to_str().unwrap(),
            "--events",
            events.to_str().unwrap(),
            "--failures",
            failures.to_str().unwrap(),
            "--unknown",
            unknown.to_str().unwrap(),
            "-o",
            page.to_str().unwrap(),
        ]);
        for file in [events, failures, unknown, page] {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!bytes.is_empty());
            assert!(!String::from_utf8_lossy(&bytes).contains("eyJhbGci"), "{}", file.display());
        }
    }
}

#[test]
fn what_the_catalog_misses_is_listed_by_template() {
    let dir = tempfile::tempdir().unwrap();
    let (log, out) = (dir.path().join("app.log"), dir.path().join("unknown.jsonl"));
    let lines = [
        "2026-03-02T09:00:00Z warn: warp token 17 went bad",
        "2026-03-02T09:00:01Z info: 12 items sold",
        "2026-03-02T09:00:02Z warn: warp token 18 went bad",
        "2026-03-02T09:00:03Z error: jwt expired",
    ];
    std::fs::write(&log, lines.join("\n")).unwrap();
    let done = jwtriage(&["scan", log.to_str().unwrap(), "--unknown", out.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let found = rows(&out);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["template"], &found[0]["count"], &found[0]["line"]),
        (&"warp token <n> went bad".into(), &2.into(), &1.into())
    );
}

#[test]
fn a_draft_passes_the_check() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("draft.toml");
    let mut child = Command::new(env!("CARGO_BIN_EXE_jwtriage"))
        .args(["catalog", "draft"])
        .stdin(Stdio::piped())
        .stdout(std::fs::File::create(&file).unwrap())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"2026-03-02T09:00:00Z warn: warp core refused sub=u-17\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let done = jwtriage(&["catalog", "check", file.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}{}", String::from_utf8_lossy(&done.stdout), stderr(&done));
}

#[test]
fn a_signature_is_explained_with_its_causes_and_fixes() {
    let done = jwtriage(&["catalog", "explain", "node-jsonwebtoken.expired"]);
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    for part in ["token_expired", "may be    token_lifetime", "fix: ", "example"] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_token_is_judged_and_never_shown() {
    let token = "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYW5vbiJ9.c2ln";
    let mut child =
        Command::new(env!("CARGO_BIN_EXE_jwtriage")).arg("token").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("Bearer {token}").as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!(done.status.code(), Some(1));
    assert!(told.contains("not signed") && told.contains("API key of role anon") && !told.contains("eyJ"), "{told}");
}

/// A log in which u-17 is refused, and where its user table and the failures belong.
fn refused_user(dir: &Path) -> (PathBuf, PathBuf, PathBuf) {
    let log = dir.join("app.log");
    std::fs::write(
        &log,
        "2026-03-02T10:00:00Z warn: request refused {\"error\":\"User from sub claim in JWT does not exist\",\"sub\":\"u-17\"}\n",
    )
    .unwrap();
    (log, dir.join("users.csv"), dir.join("f.jsonl"))
}

#[test]
fn the_user_table_becomes_evidence() {
    let dir = tempfile::tempdir().unwrap();
    let (log, users, out) = refused_user(dir.path());
    std::fs::write(
        &users,
        "id,created_at,deleted_at\nu-1,2026-01-01T00:00:00Z,\nu-17,2026-01-01T00:00:00Z,2026-03-02T09:00:00Z\n",
    )
    .unwrap();
    let done =
        jwtriage(&["scan", log.to_str().unwrap(), "--users", users.to_str().unwrap(), "--failures", out.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let failures = rows(&out);
    assert_eq!((&failures[0]["root_cause"], &failures[0]["rule"]), (&"user_deleted".into(), &"DR-01".into()));
    assert_eq!((&failures[0]["cause"]["line"], failures[0]["cause"]["file"].as_str()), (&3.into(), users.to_str()));
    let done = jwtriage(&["scan", log.to_str().unwrap(), "--users", "/no/such/users.csv"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(stderr(&done).contains("cannot read `/no/such/users.csv`"), "{}", stderr(&done));
}

/// A JWT whose signature must not be seen anywhere.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2VjcmV0c2lnbmF0dXJlMTIzNDU2";

#[test]
fn a_secret_given_as_an_argument_is_never_echoed() {
    let shop = project("samples/shop");
    let shop = shop.to_str().unwrap();
    let opaque = "sk_live_51H8xKq2eZvKYlo2CabcD";
    let bearer = format!("Authorization: Bearer {TOKEN}");
    let (option, users, output) = (format!("--token={TOKEN}"), format!("{TOKEN}.csv"), format!("/no/such/{TOKEN}.json"));
    for args in [
        &["scan", TOKEN][..],
        &["scan", opaque],
        &["scan", &bearer],
        &["token", TOKEN],
        &["token", opaque],
        &["token", &option],
        &["scan", shop, "--users", &users],
        &["scan", shop, "--jwks", opaque],
        &["scan", shop, "--catalog", TOKEN],
        &["scan", shop, "-o", &output],
        &["scan", shop, "-o", TOKEN],
        &["scan", shop, "--failures", opaque],
        &["scan", shop, "--timezone", TOKEN],
        &["scan", shop, "--threads", opaque],
        &["catalog", "explain", TOKEN],
        &["catalog", "check", opaque],
        &[TOKEN],
    ] {
        let done = jwtriage(args);
        let told = format!("{}{}", stderr(&done), String::from_utf8_lossy(&done.stdout));
        assert_eq!(done.status.code(), Some(2), "{args:?}: {told}");
        assert!(!told.contains("c2VjcmV0") && !told.contains("51H8x"), "{told}");
        if !args[args.len() - 1].starts_with("--") {
            assert!(told.contains("jwtriage token"), "{args:?}: {told}");
        }
    }
}

#[test]
fn errors_tell_their_cause_once_without_its_number_and_escaped() {
    let shop = project("samples/shop");
    let shop = shop.to_str().unwrap();
    for args in [
        &["scan", shop, "--users", "/no/such/users.csv"][..],
        &["scan", shop, "--jwks", "/no/such/jwks.json"],
        &["scan", shop, "--catalog", "/no/such/catalog.toml"],
        &["scan", shop, "-o", "/no/such/place/report.json"],
        &["catalog", "check", "/no/such/catalog.toml"],
    ] {
        let told = stderr(&jwtriage(args));
        assert_eq!(told.matches("No such file").count(), 1, "{told}");
        assert!(!told.contains("os error"), "{told}");
    }
    let told = stderr(&jwtriage(&["scan", "/no/such/\u{1b}[31mred"]));
    assert!(!told.contains('\u{1b}'), "{told}");
    let told = stderr(&jwtriage(&["scan", "x", "--\u{1b}[31mred"]));
    assert!(!told.contains('\u{1b}'), "{told}");
}

#[test]
fn help_and_version_go_to_standard_output() {
    for args in [&["--help"][..], &["--version"], &["scan", "--help"], &["token", "--help"]] {
        let done = jwtriage(args);
        assert_eq!((done.status.code(), stderr(&done).as_str()), (Some(0), ""), "{args:?}");
        assert!(!done.stdout.is_empty());
    }
}

#[test]
fn threads_and_zones_have_bounds() {
    let shop = project("samples/shop");
    let shop = shop.to_str().unwrap();
    for threads in ["0", "257", "5000", "-1", "99999999999999999999"] {
        let done = jwtriage(&["scan", shop, "--threads", threads]);
        assert_eq!(done.status.code(), Some(2), "{threads}: {}", stderr(&done));
    }
    assert_eq!(jwtriage(&["scan", shop, "--threads", "3"]).status.code(), Some(0));
    assert_eq!(jwtriage(&["scan", shop, "--timezone", "america/new york"]).status.code(), Some(0));
    let done = jwtriage(&["scan", shop, "--timezone", "Europe/Berlni"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(stderr(&done).contains("did you mean Europe/Berlin?"), "{}", stderr(&done));
}

#[test]
fn one_output_can_go_to_standard_output() {
    let shop = project("samples/shop");
    let shop = shop.to_str().unwrap();
    let text = |args: &[&str]| {
        let done = jwtriage(&[&["scan", shop], args].concat());
        assert_eq!((done.status.code(), stderr(&done).as_str()), (Some(0), ""), "{args:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    let report: serde_json::Value = serde_json::from_str(&text(&["-o", "-"])).unwrap();
    assert!(report["run"]["failures"].as_u64().unwrap() > 0);
    assert!(text(&["-o", "-", "--format", "html"]).starts_with("<!DOCTYPE html>"));
    assert!(text(&["--format", "md"]).starts_with("# "));
    assert!(text(&["--format", "csv"]).starts_with("pattern_id,"));
    for rows in ["--failures", "--events"] {
        let text = text(&[rows, "-"]);
        assert!(text.lines().count() > 1 && text.lines().all(|line| line.starts_with('{')), "{rows}");
    }
    for args in [&["-o", "-", "--failures", "-"][..], &["-o", "-", "-o", "-"], &["--format", "json", "--events", "/dev/stdout"]] {
        let done = jwtriage(&[&["scan", shop], args].concat());
        assert_eq!((done.status.code(), done.stdout.len()), (Some(2), 0), "{args:?}");
        assert!(stderr(&done).contains("only one output"), "{}", stderr(&done));
    }
}

#[test]
fn a_summary_can_be_had_beside_files() {
    let shop = project("samples/shop");
    let shop = shop.to_str().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().join("report.json");
    let done = jwtriage(&["scan", shop, "-o", report.to_str().unwrap(), "--summary"]);
    assert!(String::from_utf8_lossy(&done.stdout).contains("failed requests in"), "{}", stderr(&done));
    assert!(report.exists());
    let done = jwtriage(&["scan", shop, "-o", "-", "--summary"]);
    assert!(stderr(&done).contains("failed requests in"), "{}", stderr(&done));
    assert!(done.stdout.starts_with(b"{"));
    let done = jwtriage(&["scan", shop, "-o", report.to_str().unwrap()]);
    assert_eq!((stderr(&done).as_str(), done.stdout.len()), ("", 0));
}

#[test]
fn all_times_of_json_have_one_precision() {
    fn times(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) if text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z') => {
                found.push(text.clone());
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| times(item, found)),
            serde_json::Value::Object(fields) => fields.values().for_each(|field| times(field, found)),
            _ => {}
        }
    }
    let shop = project("samples/shop");
    for output in ["--output", "--failures", "--events"] {
        let done = jwtriage(&["scan", shop.to_str().unwrap(), output, "-"]);
        let mut found = Vec::new();
        for value in serde_json::Deserializer::from_slice(&done.stdout).into_iter::<serde_json::Value>() {
            times(&value.unwrap(), &mut found);
        }
        found.retain(|time| time.parse::<chrono::DateTime<chrono::Utc>>().is_ok());
        assert!(!found.is_empty());
        assert!(found.iter().all(|time| time.len() == "2026-03-02T09:00:00.000000Z".len()), "{output}: {found:?}");
    }
}

#[test]
fn times_that_clocks_should_not_show_are_told_and_are_records_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let (log, out) = (dir.path().join("app.log"), dir.path().join("events.jsonl"));
    let times = [
        ("2026-03-29 01:30:00", Some("2026-03-29T00:30:00.000000Z")),
        ("2026-03-29 02:30:00", Some("2026-03-29T01:30:00.000000Z")),
        ("99999-03-29 02:30:00", None),
        ("-0001-03-29 02:30:00", None),
        ("0001-01-01 00:00:00", None),
        ("2026-03-29 23:59:60", Some("2026-03-29T21:59:59.000000Z")),
    ];
    let lines: Vec<String> = times.iter().map(|(time, _)| format!("{time} ERROR auth: jwt expired\n")).collect();
    std::fs::write(&log, lines.concat()).unwrap();
    let done = jwtriage(&["scan", log.to_str().unwrap(), "--timezone", "Europe/Berlin", "--events", out.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let told: Vec<(u64, Option<String>)> =
        events(&out).iter().map(|row| (row["line"].as_u64().unwrap(), row["time"].as_str().map(str::to_owned))).collect();
    let expected: Vec<(u64, Option<String>)> =
        (1..).zip(times).map(|(line, (_, time))| (line, time.map(str::to_owned))).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_user_table_without_times_is_evidence_too() {
    let dir = tempfile::tempdir().unwrap();
    let (log, users, out) = refused_user(dir.path());
    let scan =
        || jwtriage(&["scan", log.to_str().unwrap(), "--users", users.to_str().unwrap(), "--failures", out.to_str().unwrap()]);
    for (column, value, cause) in [
        ("deleted", "true", "user_deleted"),
        ("deleted", "2026-03-02", "user_deleted"),
        ("status", "deleted", "user_deleted"),
        ("enabled", "false", "user_disabled"),
        ("active", "0", "user_disabled"),
        ("banned_until", "2026-03-03", "user_disabled"),
    ] {
        std::fs::write(&users, format!("id,{column}\nu-17,{value}\n")).unwrap();
        let done = scan();
        assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
        let failure = &rows(&out)[0];
        assert_eq!(failure["root_cause"], cause, "{column}={value}: {failure}");
        let shown = failure["evidence"].as_array().unwrap().iter();
        assert!(shown.clone().any(|line| line["file"].as_str() == users.to_str() && line["line"] == 2), "{failure}");
    }
    for (column, value) in [("deleted", "false"), ("banned_until", "2026-03-01"), ("active", "1")] {
        std::fs::write(&users, format!("id,{column}\nu-17,{value}\n")).unwrap();
        scan();
        let cause = rows(&out)[0]["root_cause"].as_str().unwrap().to_owned();
        assert!(!matches!(cause.as_str(), "user_deleted" | "user_disabled"), "{column}={value}: {cause}");
    }
    std::fs::write(&users, "id,deleted\nu-17,perhaps\n").unwrap();
    let done = scan();
    assert_eq!(done.status.code(), Some(2));
    assert!(stderr(&done).contains("line 2: column `deleted`: `perhaps` is not understood"), "{}", stderr(&done));
    std::fs::write(&users, "id,login_blocked\nu-17,true\n").unwrap();
    assert!(stderr(&scan()).contains("column `login_blocked`"));
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_build_without_parquet_says_so_before_it_reads_anything() {
    let dir = tempfile::tempdir().unwrap();
    let (rows, users) = (dir.path().join("rows.parquet"), dir.path().join("users.parquet"));
    std::fs::write(&users, "PAR1").unwrap();
    for option in [["--failures", rows.to_str().unwrap()], ["--users", users.to_str().unwrap()]] {
        let done = jwtriage(&["scan", project("samples/shop").to_str().unwrap(), option[0], option[1]]);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{said}");
        assert!(said.contains(option[1]) && said.contains("the feature `parquet`"), "{said}");
    }
    assert!(!rows.exists());
}

#[test]
fn a_product_is_left_out_by_its_id_alone() {
    let shop = project("samples/shop");
    let shop = shop.to_str().unwrap();
    let done = jwtriage(&["scan", shop, "--without-product", "no-such-product"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(stderr(&done).contains("no product of the catalog has the id `no-such-product`"), "{}", stderr(&done));
    let done = jwtriage(&["scan", shop, "--without-product", "supabase-auth", "--format", "json"]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let parameters = report["run"]["parameters"].as_array().unwrap();
    assert!(parameters.contains(&serde_json::json!(["without_product", "supabase-auth"])), "{parameters:?}");
}
