//! What the second pass reads changes how long a scan takes, never what it says of failures.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::{jwtriage, rows};

/// Logins of many users, deletions of some, refusals of those and of users that nobody knows, and broken tokens of a user
/// of whom nothing but logins is known: no sixteenth login is theirs.
fn logs(dir: &Path, user: impl Fn(usize) -> String) {
    let (mut logins, mut audit, mut app) = (String::new(), String::new(), String::new());
    for minute in 0..400 {
        let (id, clock) = (user(minute % 50), format!("{:02}:{:02}", 8 + minute / 60, minute % 60));
        let address = format!("203.0.113.{}", minute % 50);
        writeln!(
            logins,
            "2026-03-08 {clock}:05,761 DEBUG [org.keycloak.events] (executor-thread-26) type=\"LOGIN\", realmId=\"r1\", \
             realmName=\"shop\", clientId=\"web-app\", userId=\"{id}\", ipAddress=\"{address}\", auth_method=\"openid-connect\""
        )
        .unwrap();
        if minute % 50 == 7 {
            writeln!(
                audit,
                "{{\"time\":\"2026-03-08T{clock}:20Z\",\"action\":\"user.deleted\",\"target\":{{\"id\":\"{id}\"}},\"id\":\"evt-{minute}\"}}"
            )
            .unwrap();
        }
        let missing = "User from sub claim in JWT does not exist";
        let refused = match minute % 50 {
            8 | 9 => Some((user(7), missing, address)),
            20 => Some((user(700 + minute), missing, address)),
            40 | 41 => Some((user(31), "invalid signature", "198.51.100.9".to_owned())),
            42 | 43 => Some((user(31), "jwt malformed", "198.51.100.9".to_owned())),
            _ => None,
        };
        if let Some((sub, says, address)) = refused {
            writeln!(
                app,
                "{{\"time\":\"2026-03-08T{clock}:30Z\",\"level\":\"warn\",\"service\":\"orders\",\"request_id\":\"5d0c{minute:028}\",\
                 \"client_ip\":\"{address}\",\"msg\":\"{says}\",\"sub\":\"{sub}\"}}"
            )
            .unwrap();
        }
    }
    std::fs::write(dir.join("keycloak.log"), logins).unwrap();
    std::fs::write(dir.join("audit.log"), audit).unwrap();
    std::fs::write(dir.join("orders.log"), app).unwrap();
}

/// The failures and the books of a scan.
fn scanned(logs: &Path, events: bool) -> (Vec<Value>, Value) {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (failures, report, all) = (path("failures.jsonl"), path("report.json"), path("events.jsonl"));
    let mut args = vec!["scan", logs.to_str().unwrap(), "--failures", &failures, "-o", &report];
    if events {
        args.extend(["--events", &all]);
    }
    let done = jwtriage(&args);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    (rows(Path::new(&failures)), report["run"]["books"].clone())
}

#[test]
fn what_is_postponed_is_read_where_a_failure_asks_for_it() {
    // Ids as long as UUIDs, as numbers of a table, and too short to be searched for.
    let shapes: [(&dyn Fn(usize) -> String, u64); 3] = [
        (&|n| format!("8f14e45f-ceea-467f-a{n:03}-d3d9446802a4"), 300),
        (&|n| format!("{}", 184_200 + n), 300),
        // All are read, as none can be searched for.
        (&|n| format!("u{n}"), 0),
    ];
    for (user, postponed) in shapes {
        let dir = tempfile::tempdir().unwrap();
        logs(dir.path(), user);
        let (found, books) = scanned(dir.path(), false);
        let (expected, all) = scanned(dir.path(), true);
        assert_eq!(found, expected, "{}", user(1));
        assert_eq!(found.len(), 56);
        assert!(found.iter().any(|row| row["root_cause"] == "user_deleted"), "{found:?}");
        let count = |name: &str| books[name].as_u64().unwrap();
        assert!(count("postponed") >= postponed && (postponed > 0) == (count("postponed") > 0), "{books}");
        assert_eq!(count("records"), count("postponed") + count("told"), "{books}");
        assert_eq!(all, books, "asking for rows changes nothing in the report");
    }
}

/// The second of the day in which the request of the fifth hour fails; each second has a line.
const FAILED: usize = 17_000;

/// Six hours of a gateway's answers and of an application, told of by both: requests that are refused early on, and one in
/// the fifth hour of which the gateway only says that it failed.
fn answers(dir: &Path) {
    let (mut gateway, mut app) = (String::new(), String::new());
    for second in 0..21_600 {
        let clock = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
        let id = format!("9b1d{second:028}");
        let (refused, failed) = (second < 2500 && second % 100 == 50, second == FAILED);
        let status = if refused {
            401
        } else if failed {
            500
        } else {
            200
        };
        writeln!(
            gateway,
            "{{\"time\":\"2026-03-08T{clock}.100Z\",\"request_id\":\"{id}\",\"method\":\"GET\",\"path\":\"/v1/orders/{second}\",\
             \"status\":{status},\"client_ip\":\"203.0.113.{}\"}}",
            second % 250
        )
        .unwrap();
        if refused || failed {
            writeln!(
                app,
                "{{\"time\":\"2026-03-08T{clock}.090Z\",\"level\":\"warn\",\"request_id\":\"{id}\",\"msg\":\"jwt expired\",\"sub\":\"u1\"}}"
            )
        } else {
            writeln!(app, "{{\"time\":\"2026-03-08T{clock}.090Z\",\"level\":\"info\",\"request_id\":\"{id}\",\"msg\":\"done, nothing to say of it at all\"}}")
        }
        .unwrap();
    }
    std::fs::write(dir.join("gateway.log"), gateway).unwrap();
    std::fs::write(dir.join("app.log"), app).unwrap();
}

#[test]
fn a_block_in_the_middle_is_read_again_and_its_lines_are_numbered_on() {
    let dir = tempfile::tempdir().unwrap();
    answers(dir.path());
    let (found, _) = scanned(dir.path(), false);
    assert_eq!(found.len(), 26);
    let late = found.iter().find(|row| row["status"] == 500).unwrap();
    assert_eq!((&late["path"], &late["client_ip"]), (&"/v1/orders/17000".into(), &"203.0.113.0".into()));
    let seen_in = late["seen_in"].as_array().unwrap();
    let of = |name: &str| seen_in.iter().find(|place| place["file"].as_str().unwrap().ends_with(name)).unwrap()["line"].clone();
    assert_eq!((of("gateway.log"), of("app.log")), ((FAILED + 1).into(), (FAILED + 1).into()));
    // A byte order mark moves all that stands behind it.
    let gateway = dir.path().join("gateway.log");
    std::fs::write(&gateway, [b"\xef\xbb\xbf", &*std::fs::read(&gateway).unwrap()].concat()).unwrap();
    assert_eq!(scanned(dir.path(), false).0, found);
    // With a request that may be anywhere, all is read again, and the same is found.
    let zoneless = "2026-03-08 04:00:00,000 WARN [auth] request_id=7c0e jwt expired\n";
    std::fs::write(dir.path().join("other.log"), zoneless).unwrap();
    let (all, _) = scanned(dir.path(), false);
    assert_eq!(all.len(), 27);
    assert!(found.iter().all(|row| all.contains(row)));
}
