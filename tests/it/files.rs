//! Which files are read and which are not: outputs that are inputs, own outputs, holes, binary files, excluded ones.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{ROW_ENDINGS, failures, jwtriage, project, rows};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A copy of the shop's logs within a directory.
fn shop(dir: &Path) -> PathBuf {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy(&entry.path(), &to);
            } else {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let logs = dir.join("logs");
    copy(&project("samples/shop"), &logs);
    logs
}

/// The run block of the JSON report over some paths, and the exit code.
fn run_of(args: &[&str]) -> (Value, i32) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("report.json");
    let done = jwtriage(&[&["scan", "-o", text(&out)], args].concat());
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&out).unwrap()).unwrap();
    (report["run"].clone(), done.status.code().unwrap())
}

const REFUSED: &str = "{\"time\":\"2026-03-02T09:00:00Z\",\"level\":\"warn\",\"msg\":\"jwt expired\",\"sub\":\"u1\"}\n";

#[cfg(unix)]
#[test]
fn an_output_that_is_also_an_input_is_refused_by_every_name_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("app.jsonl");
    std::fs::write(&log, REFUSED).unwrap();
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    let (link, hard) = (dir.path().join("sub/link.jsonl"), dir.path().join("sub/hard.jsonl"));
    std::os::unix::fs::symlink("../app.jsonl", &link).unwrap();
    std::fs::hard_link(&log, &hard).unwrap();
    let spelled = dir.path().join("sub/../app.jsonl");
    for input in [&log, &dir.path().to_owned()] {
        for output in [&log, &link, &hard, &spelled] {
            let done = jwtriage(&["scan", text(input), "--events", text(output)]);
            assert_eq!(done.status.code(), Some(2), "{input:?} {output:?}");
            assert!(stderr(&done).contains("is also read") && stderr(&done).contains("hint: "), "{}", stderr(&done));
            assert_eq!(std::fs::read_to_string(&log).unwrap(), REFUSED);
        }
    }
    let users = dir.path().join("users.csv");
    std::fs::write(&users, "id\nu1\n").unwrap();
    let done = jwtriage(&["scan", text(&log), "--users", text(&users), "--failures", text(&users)]);
    assert_eq!(done.status.code(), Some(2), "{}", stderr(&done));
    assert_eq!(std::fs::read_to_string(&users).unwrap(), "id\nu1\n");
}

#[cfg(unix)]
#[test]
fn two_outputs_of_one_name_are_refused_and_nothing_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("a.csv");
    let other = dir.path().join("./a.csv");
    let link = dir.path().join("b.csv");
    let shop = project("samples/shop");
    for second in [&out, &other] {
        let done = jwtriage(&["scan", text(&shop), "-o", text(&out), "--failures", text(second)]);
        assert_eq!(done.status.code(), Some(2), "{}", stderr(&done));
        assert!(stderr(&done).contains("two outputs") && stderr(&done).contains("hint: "), "{}", stderr(&done));
        assert!(!out.exists());
    }
    std::fs::write(&out, "old").unwrap();
    std::os::unix::fs::symlink("a.csv", &link).unwrap();
    let done = jwtriage(&["scan", text(&shop), "-o", text(&out), "--failures", text(&link)]);
    assert_eq!((done.status.code(), std::fs::read_to_string(&out).unwrap().as_str()), (Some(2), "old"));
    let null = dir.path().join("null.csv");
    std::os::unix::fs::symlink("/dev/null", &null).unwrap();
    let done = jwtriage(&["scan", text(&shop), "-o", text(&null), "--failures", text(&null)]);
    assert_eq!(done.status.code(), Some(0), "what keeps nothing may be given twice: {}", stderr(&done));
}

#[test]
fn own_outputs_are_passed_over_under_any_name_compressed_or_not_and_may_be_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let logs = shop(dir.path());
    let expected = failures(&logs);
    let reports = ["r.json", "r.csv", "r.md", "r.html", "u.csv"].map(str::to_owned);
    let rows = ROW_ENDINGS.iter().flat_map(|ending| [format!("f.{ending}"), format!("e.{ending}")]);
    let paths: Vec<PathBuf> = reports.into_iter().chain(rows).map(|name| logs.join(name)).collect();
    let mut args = vec!["scan", text(&logs)];
    for path in &paths {
        let option = match path.file_name().unwrap().to_str().unwrap().as_bytes()[0] {
            b'r' => "-o",
            b'f' => "--failures",
            b'e' => "--events",
            _ => "--unknown",
        };
        args.extend([option, text(path)]);
    }
    for _ in 0..2 {
        let done = jwtriage(&args);
        assert_eq!((done.status.code(), stderr(&done).as_str()), (Some(0), ""));
        assert_eq!(failures(&logs), expected);
    }
    for (place, path) in paths.iter().enumerate() {
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(logs.join(format!("rotated-{place}.log.1.gz")), gz(&bytes)).unwrap();
        std::fs::rename(path, logs.join(format!("old-{place}.log"))).unwrap();
    }
    std::fs::write(logs.join(".f.csv.4711.tmp"), "half a").unwrap();
    std::fs::write(logs.join(".jwtriage.4711.probe"), "").unwrap();
    assert_eq!(failures(&logs), expected);
    let passed_over = 2 * paths.len() + 2;
    let (run, code) = run_of(&[text(&logs), "--strict"]);
    assert_eq!((code, &run["passed_over"]["own_outputs"]), (0, &passed_over.into()), "{run}");
    let done = jwtriage(&["scan", text(&logs)]);
    let summary = String::from_utf8_lossy(&done.stdout).replace('\n', " ");
    assert!(summary.contains(&format!("{passed_over} files passed over: {passed_over} own outputs")), "{summary}");
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn nuls_hide_nothing_and_lines_keep_their_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let fifty: String = (0..50).map(|n| REFUSED.replace("u1", &format!("u{n}"))).collect();
    let first = "2026-03-02T09:00:00Z info: a line with a \0 byte\n";
    for (name, content, first_line) in [
        ("before.log", ["\0".repeat(40_000), fifty.clone()].concat(), 1),
        ("one.log", [first, &fifty].concat(), 2),
        ("middle.log", [first, &"\0".repeat(100_000), &fifty].concat(), 2),
        ("within.log", fifty.replace("jwt exp", "jwt \0exp"), 1),
        ("few.log", [first, "\0\0\0", &fifty].concat(), 2),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, &content).unwrap();
        let found = failures(&path);
        let lines: Vec<u64> = found.iter().map(|failure| failure["seen_in"][0]["line"].as_u64().unwrap()).collect();
        assert_eq!(lines, (first_line..first_line + 50).collect::<Vec<u64>>(), "{name}");
        let (run, code) = run_of(&[text(&path)]);
        let nuls = content.bytes().filter(|b| *b == 0).count();
        assert_eq!(
            (code, &run["books"]["nul_bytes"], &run["books"]["bytes"]),
            (0, &nuls.into(), &content.len().into()),
            "{name}"
        );
        std::fs::write(dir.path().join("same.gz"), gz(content.as_bytes())).unwrap();
        assert_eq!(failures(&dir.path().join("same.gz")).len(), 50, "{name}, compressed");
    }
}

#[test]
fn a_sparse_hole_of_gigabytes_is_passed_over_by_any_number_of_threads() {
    use std::io::{Seek, SeekFrom, Write};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sparse.log");
    let mut file = std::fs::File::create(&path).unwrap();
    file.seek(SeekFrom::Start(2 << 30)).unwrap();
    for n in 0..20 {
        file.write_all(REFUSED.replace("u1", &format!("u{n}")).as_bytes()).unwrap();
    }
    drop(file);
    let mut reports = Vec::new();
    for threads in ["1", "3"] {
        let out = dir.path().join("f.jsonl");
        let done = jwtriage(&["scan", text(&path), "--failures", text(&out), "--threads", threads]);
        assert_eq!((done.status.code(), stderr(&done).as_str()), (Some(0), ""));
        assert_eq!(rows(&out).len(), 20);
        assert_eq!(rows(&out)[19]["seen_in"][0]["line"], 20);
        reports.push(std::fs::read(&out).unwrap());
    }
    assert_eq!(reports[0], reports[1]);
}

/// A login record as `wtmp` has them.
fn wtmp() -> Vec<u8> {
    let mut record = vec![0; 384];
    record[..4].copy_from_slice(&[7, 0, 0, 0]);
    record[4..8].copy_from_slice(&[0x0a, 0x0a, 0, 0]);
    for (at, part) in [(8, &b"pts/0"[..]), (44, b"root"), (76, b"203-0-113-9.a-very-long-name.of-a-host.example")] {
        record[at..at + part.len()].copy_from_slice(part);
    }
    record.repeat(100)
}

#[test]
fn binary_files_in_a_directory_are_passed_over_and_counted_and_named_if_somebody_asks() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    std::fs::write(logs.join("app.log"), REFUSED).unwrap();
    let lastlog =
        [vec![0; 292 * 1000], b"\xb3\xa2\xf1\x65pts/0".to_vec(), vec![0; 27], b"192.0.2.1".to_vec(), vec![0; 247]].concat();
    let prose = "a comment long enough to be a line of a log of its own\n".repeat(20);
    let binary: [(&str, Vec<u8>); 8] = [
        ("wtmp", wtmp()),
        ("lastlog", lastlog),
        ("zeros", vec![0; 50_000]),
        ("system.journal", [b"LPKSHHRH\0\0\0\0", prose.as_bytes()].concat()),
        ("core", [b"\x7fELF\x02\x01\x01\0", prose.as_bytes()].concat()),
        ("x.png", [b"\x89PNG\r\n\x1a\n", prose.as_bytes()].concat()),
        ("x.sqlite", [b"SQLite format 3\0", prose.as_bytes()].concat()),
        ("utf16.txt", prose.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ];
    for (name, bytes) in &binary {
        std::fs::write(logs.join(name), bytes).unwrap();
    }
    let (run, code) = run_of(&[text(&logs)]);
    assert_eq!((code, run["problems"].as_array().unwrap().len()), (0, 0), "{run}");
    assert_eq!((&run["passed_over"]["binary"], &run["failures"]), (&8.into(), &1.into()));
    let (run, code) = run_of(&[text(&logs), "--strict"]);
    assert_eq!((code, run["problems"].as_array().unwrap().len()), (3, 8), "{run}");
    let (run, code) = run_of(&[text(&logs.join("wtmp")), text(&logs.join("app.log"))]);
    assert_eq!((code, &run["problems"][0]["what"]), (3, &"skipped: binary data".into()), "somebody asked for it");
    assert_eq!((&run["passed_over"]["binary"], &run["failures"]), (&0.into(), &1.into()));
}

#[test]
fn what_is_excluded_is_not_read_and_no_problem() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().join("logs");
    std::fs::create_dir_all(logs.join("old/deep")).unwrap();
    for name in ["app.log", "old/app.log", "old/deep/app.log", "app.log.bak"] {
        std::fs::write(logs.join(name), REFUSED).unwrap();
    }
    std::fs::write(logs.join("cut.gz"), &gz(REFUSED.as_bytes())[..20]).unwrap();
    let (run, code) = run_of(&[text(&logs), "--exclude", "*.gz", "--exclude", "old", "--exclude", "*/logs/*.bak"]);
    assert_eq!((code, &run["failures"], &run["passed_over"]["excluded"]), (0, &1.into(), &3.into()), "{run}");
    assert_eq!(run["streams"].as_array().unwrap().len(), 1);
    let done = jwtriage(&["scan", text(&logs), "--exclude", "a[b"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(stderr(&done).contains("a[b"), "{}", stderr(&done));
}
