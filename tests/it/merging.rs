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
