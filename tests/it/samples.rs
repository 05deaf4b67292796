//! The shipped samples say what they were made to say.

use std::collections::BTreeMap;

use crate::{failures, jwtriage, project};

#[test]
fn the_shop_is_explained() {
    let mut found: BTreeMap<(String, String, Option<String>), usize> = BTreeMap::new();
    for row in failures(&project("samples/shop")) {
        let event = row["cause"]["event_id"].as_str().map(str::to_owned);
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        *found.entry((text("reason"), text("root_cause"), event)).or_default() += 1;
    }
    let expected = [
        ("algorithm_not_allowed", "probing", None, 2),
        ("key_not_found", "key_rotated", Some("evt-0004"), 12),
        ("signature_invalid", "probing", None, 2),
        ("sub_not_found", "replication_lag", Some("evt-0005"), 1),
        ("sub_not_found", "user_deleted", Some("evt-0001"), 7),
        ("token_expired", "token_lifetime", None, 4),
        ("token_malformed", "probing", None, 2),
        ("user_disabled", "user_disabled", Some("evt-0002"), 3),
    ];
    let expected: BTreeMap<_, _> = expected
        .into_iter()
        .map(|(reason, cause, event, count)| ((reason.to_owned(), cause.to_owned(), event.map(str::to_owned)), count))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let quiet = project("samples/quiet");
    assert_eq!(failures(&quiet), Vec::<serde_json::Value>::new());
    let done = jwtriage(&["scan", quiet.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&done.stdout).starts_with("No failed requests"), "{}", String::from_utf8_lossy(&done.stdout));
}

#[test]
fn the_books_balance_and_bytes_repeat_whatever_the_threads() {
    let dir = tempfile::tempdir().unwrap();
    let mut reports = Vec::new();
    for threads in ["1", "2", "7"] {
        let out = dir.path().join(format!("{threads}.json"));
        let shop = project("samples/shop");
        jwtriage(&["scan", shop.to_str().unwrap(), "-o", out.to_str().unwrap(), "--threads", threads]);
        reports.push(std::fs::read_to_string(out).unwrap());
    }
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
    let report: serde_json::Value = serde_json::from_str(&reports[0]).unwrap();
    let books = &report["run"]["books"];
    let count = |name: &str| books[name].as_u64().unwrap();
    assert_eq!(count("records"), count("skipped") + count("postponed") + count("unparsed") + count("unknown") + count("told"));
    let bytes: u64 = ["nginx/access.json.log", "nginx/access.json.log.1", "orders/orders.log", "idp/idp.log"]
        .iter()
        .map(|file| std::fs::metadata(project("samples/shop").join(file)).unwrap().len())
        .sum();
    assert!(count("bytes") > bytes, "the compressed file is counted as it reads");
}

#[test]
fn the_order_in_which_files_came_to_be_does_not_matter() {
    let shop = project("samples/shop");
    let mut files: Vec<std::path::PathBuf> = Vec::new();
    let mut open = vec![shop.clone()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let dir = tempfile::tempdir().unwrap();
    let mut reports = Vec::new();
    for backwards in [false, true] {
        let logs = dir.path().join("logs");
        let order: Vec<_> = if backwards { files.iter().rev().collect() } else { files.iter().collect() };
        for file in order {
            let copy = logs.join(file.strip_prefix(&shop).unwrap());
            std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
            std::fs::copy(file, copy).unwrap();
        }
        let out = dir.path().join("report.json");
        jwtriage(&["scan", logs.to_str().unwrap(), "-o", out.to_str().unwrap()]);
        reports.push(std::fs::read_to_string(&out).unwrap());
        std::fs::remove_dir_all(&logs).unwrap();
    }
    assert_eq!(reports[0], reports[1]);
}
