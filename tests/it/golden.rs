//! What a scan of the samples writes, byte for byte: the files under `tests/it/golden/`.
//!
//! `UPDATE_GOLDEN=1 cargo test golden` writes them anew; reading the difference is the review. Only what differs without
//! a change of behaviour is put out of sight: the program's version, and the fingerprint of the built-in catalog.

use std::path::Path;
use std::process::Command;

use crate::project;

/// What is written of each sample, and the option that asks for it.
const OUTPUTS: [(&str, &str); 6] = [
    ("-o", "report.json"),
    ("-o", "report.csv"),
    ("-o", "report.md"),
    ("-o", "report.html"),
    ("--failures", "failures.jsonl"),
    ("--events", "events.jsonl"),
];

/// Everything that a scan of a sample writes, by file name: the summary for people first.
fn written(sample: &str) -> Vec<(&'static str, String)> {
    let dir = tempfile::tempdir().unwrap();
    let mut scan = Command::new(env!("CARGO_BIN_EXE_jwtriage"));
    // The path of the sample stands in what is written: a relative one is the same everywhere.
    scan.current_dir(project(".")).args(["scan", sample, "--summary"]).env("NO_COLOR", "1").env("COLUMNS", "100");
    for (option, name) in OUTPUTS {
        scan.arg(option).arg(dir.path().join(name));
    }
    let done = scan.output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let mut written = vec![("summary.txt", String::from_utf8(done.stdout).unwrap())];
    written.extend(OUTPUTS.map(|(_, name)| (name, std::fs::read_to_string(dir.path().join(name)).unwrap())));
    for (_, text) in &mut written {
        *text = without_versions(text);
    }
    written
}

/// A text without the program's version and the catalog's fingerprint.
fn without_versions(text: &str) -> String {
    let text = text.replace(concat!("jwtriage ", env!("CARGO_PKG_VERSION")), "jwtriage VERSION");
    let key = r#"\"catalog\":\""#;
    match text.split_once(key) {
        // A parameter of the same name holds paths: the fingerprint is sixteen digits.
        Some((before, after)) if after.get(..16).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())) => {
            format!("{before}{key}FINGERPRINT{}", &after[16..])
        }
        _ => text,
    }
}

/// Says where two texts part: the number of the first line that differs, and that line of each.
fn first_difference(expected: &str, found: &str) -> Option<String> {
    let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
    let (expected, found) = (lines(expected), lines(found));
    (0..expected.len().max(found.len())).find(|line| expected.get(*line) != found.get(*line)).map(|line| {
        let shown = |lines: &[String]| lines.get(line).map_or("nothing".to_owned(), |line| format!("{line:?}"));
        format!("line {}:\n  expected {}\n  found    {}", line + 1, shown(&expected), shown(&found))
    })
}

/// Compares what is written of a sample with the golden files, or writes these.
fn compare(sample: &str) {
    let directory = project("tests/it/golden").join(Path::new(sample).file_name().unwrap());
    let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| !value.is_empty());
    let mut differences = Vec::new();
    for (name, found) in written(sample) {
        let golden = directory.join(name);
        if update {
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(&golden, &found).unwrap();
        } else if let Some(difference) = first_difference(&std::fs::read_to_string(&golden).unwrap_or_default(), &found) {
            differences.push(format!("{}, {difference}", golden.display()));
        }
    }
    assert!(differences.is_empty(), "UPDATE_GOLDEN=1 accepts:\n{}", differences.join("\n"));
}

#[test]
fn the_shop_is_written_as_ever() {
    compare("samples/shop");
}

#[test]
fn the_quiet_sample_is_written_as_ever() {
    compare("samples/quiet");
}

#[test]
fn the_first_line_that_differs_is_told() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    let difference = first_difference("a\nb\nc\n", "a\nB\nc\n").unwrap();
    assert!(difference.starts_with("line 2:") && difference.contains("\"b\\n\"") && difference.contains("\"B\\n\""));
    assert!(first_difference("a\n", "a").unwrap().starts_with("line 1:"), "a missing line feed is a difference");
    assert!(first_difference("a\n", "a\nb\n").unwrap().contains("expected nothing"));
}
