//! One failed request is one failure, however many lines tell of it.

use crate::failures;

fn logs(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

#[test]
fn lines_of_one_request_id_are_one_failure_with_all_that_they_know() {
    let dir = logs(&[
        (
            "gw/access.log",
            "{\"time\":\"2026-03-02T09:00:00Z\",\"request_id\":\"req-00000001\",\"remote_addr\":\"192.0.2.9\",\"method\":\"GET\",\"uri\":\"/a/b\",\"status\":401,\"jwt_sub\":\"u-1\"}\n",
        ),
        (
            "app/app.log",
            "{\"time\":\"2026-03-02T09:00:00.005Z\",\"level\":\"warn\",\"reqId\":\"req-00000001\",\"err\":{\"type\":\"TokenExpiredError\",\"message\":\"jwt expired\"},\"msg\":\"rejected\"}\n",
        ),
    ]);
    let found = failures(dir.path());
    assert_eq!(found.len(), 1, "{found:?}");
    let row = &found[0];
    let text = |name: &str| row[name].as_str().unwrap();
    assert_eq!((text("reason"), text("sub"), text("client_ip"), text("path")), ("token_expired", "u-1", "192.0.2.9", "/a/b"));
    assert_eq!(row["seen_in"].as_array().unwrap().len(), 2);
}

#[test]
fn lines_without_ids_are_joined_by_time_path_and_status() {
    let dir = logs(&[
        ("edge/access.log", "192.0.2.9 - - [02/Mar/2026:09:00:01 +0000] \"GET /api/bills/7 HTTP/1.1\" 401 51 \"-\" \"curl/8\"\n"),
        ("bills/bills.log", "[2026-03-02 09:00:01 +0000] [419] [WARNING] GET /bills/7 401: Token has expired\n"),
    ]);
    let found = failures(dir.path());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0]["reason"].as_str(), found[0]["client_ip"].as_str()), (Some("token_expired"), Some("192.0.2.9")));
}

#[test]
fn a_refusal_that_was_not_about_a_token_is_none() {
    let dir = logs(&[
        (
            "gw/access.log",
            "{\"time\":\"2026-03-02T09:00:00Z\",\"request_id\":\"req-00000002\",\"method\":\"POST\",\"uri\":\"/form\",\"status\":403}\n",
        ),
        (
            "app/app.log",
            "{\"time\":\"2026-03-02T09:00:00.005Z\",\"level\":\"warn\",\"reqId\":\"req-00000002\",\"err\":{\"type\":\"ForbiddenError\",\"message\":\"invalid csrf token\"},\"msg\":\"rejected\"}\n",
        ),
    ]);
    assert_eq!(failures(dir.path()), Vec::<serde_json::Value>::new());
}

#[test]
fn a_deletion_that_comes_after_the_failure_did_not_cause_it() {
    let failure = |time: &str| {
        format!(
            "{{\"time\":\"2026-03-02T{time}Z\",\"level\":\"warn\",\"sub\":\"7f3a\",\"msg\":\"User from sub claim in JWT does not exist\"}}\n"
        )
    };
    let deletion = "{\"time\":\"2026-03-02T10:05:00Z\",\"action\":\"user.deleted\",\"user_id\":\"7f3a\",\"actor\":\"ops\"}\n";
    let dir = logs(&[("app/app.log", &failure("10:00:00")), ("idp/audit.log", deletion)]);
    assert_ne!(failures(dir.path())[0]["cause"]["kind"], "user_deleted");
    let dir = logs(&[("app/app.log", &failure("10:06:00")), ("idp/audit.log", deletion)]);
    assert_eq!(failures(dir.path())[0]["cause"]["kind"], "user_deleted");
}

/// A refusal as an application tells of it.
fn refusal(time: &str, id: &str, user: usize, more: &str) -> String {
    format!(
        "{{\"time\":\"2026-03-02T{time}Z\",\"level\":\"warn\",\"request_id\":\"{id}\",\"sub\":\"u-{user}\",\
         \"client_ip\":\"192.0.2.{user}\",\"status\":401,{more}\"msg\":\"User from sub claim in JWT does not exist\"}}\n"
    )
}

#[test]
fn one_id_for_many_requests_joins_none_and_each_has_a_name_of_its_own() {
    let lines: String = (0..9).map(|n| refusal(&format!("0{n}:00:00"), "same", n, "")).collect();
    let dir = logs(&[("app/app.log", &lines)]);
    let found = failures(dir.path());
    assert_eq!(found.len(), 9, "{found:?}");
    let ids = |found: &[serde_json::Value]| -> std::collections::BTreeSet<String> {
        found.iter().map(|row| row["failure_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&found).len(), 9);
    let (first, last): (String, String) = (
        (0..5).map(|n| refusal(&format!("0{n}:00:00"), "same", n, "")).collect(),
        (5..9).map(|n| refusal(&format!("0{n}:00:00"), "same", n, "")).collect(),
    );
    let rotated = logs(&[("app/app.log.1", &first), ("app/app.log", &last)]);
    assert_eq!(ids(&failures(rotated.path())), ids(&found), "where lines stand does not matter");
}

#[test]
fn what_only_stands_for_an_id_joins_nothing() {
    for id in ["undefined", "0", "N/A", "(null)", "00000000-0000-0000-0000-000000000000"] {
        let lines: String = (0..5).map(|n| refusal(&format!("09:00:0{n}"), id, n, "")).collect();
        let dir = logs(&[("app/app.log", &lines)]);
        let found = failures(dir.path());
        assert_eq!((found.len(), found[0]["request_id"].is_null()), (5, true), "{id}");
    }
    let zeros = format!("\"traceparent\":\"00-{}-{}-01\",", "0".repeat(32), "0".repeat(16));
    let lines: String = (0..5).map(|n| refusal(&format!("09:00:0{n}"), "-", n, &zeros)).collect();
    assert_eq!(failures(logs(&[("app/app.log", &lines)]).path()).len(), 5);
}

#[test]
fn a_trace_of_several_requests_is_several_failures() {
    let gateway = |n: usize| {
        format!(
            "{{\"time\":\"2026-03-02T09:0{n}:00Z\",\"request_id\":\"req-0000000{n}\",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\
             \"remote_addr\":\"192.0.2.9\",\"method\":\"GET\",\"uri\":\"/a/{n}\",\"status\":401}}\n"
        )
    };
    let service = |n: usize| {
        format!(
            "{{\"time\":\"2026-03-02T09:0{n}:00.005Z\",\"level\":\"warn\",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\
             \"err\":{{\"type\":\"TokenExpiredError\",\"message\":\"jwt expired\"}},\"msg\":\"rejected\"}}\n"
        )
    };
    let of = |line: &dyn Fn(usize) -> String| (0..4).map(line).collect::<String>();
    let dir = logs(&[("gw/access.log", &of(&gateway)), ("app/app.log", &of(&service))]);
    let found = failures(dir.path());
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(
        found.iter().all(|row| row["reason"] == "token_expired" && row["seen_in"].as_array().unwrap().len() == 2),
        "{found:?}"
    );
}

#[test]
fn patterns_and_failures_keep_their_names_when_logs_are_rotated() {
    let deploy = "2026-03-02T08:59:00Z INFO orders: Starting application version 2.4.1\n";
    let refusals: String = [0, 1, 2, 3, 4, 5]
        .map(|n| format!("{{\"time\":\"2026-03-02T09:0{n}:00Z\",\"level\":\"warn\",\"service\":\"orders\",\"sub\":\"u-{n}\",\"msg\":\"jwt audience invalid. expected: a\"}}\n"))
        .concat();
    let names = |files: &[(&str, &str)]| -> Vec<(String, String)> {
        let rows = failures(logs(files).path());
        assert_eq!(rows.len(), 6, "{rows:?}");
        let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
        rows.iter().map(|row| (text(row, "failure_id"), text(row, "pattern_id"))).collect()
    };
    let before = names(&[("orders/orders.log", &[deploy, &refusals].concat())]);
    let after = names(&[("orders/orders.log.1", deploy), ("orders/orders.log", &refusals)]);
    assert_eq!(before, after);
}
