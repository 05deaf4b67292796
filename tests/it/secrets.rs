//! No secret reaches an output, whatever layout it stands in and whatever field it is read into.

use crate::jwtriage;

/// What stands in logs, with a secret that begins with `HIDE4Q`. `redact::tests` has many more kinds.
const SPELT: [&str; 14] = [
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJ1MSJ9.HIDE4Q0c2ln2lnYXR1cmU",
    "Authorization: Bearer HIDE4Qabcdef0123456789",
    "GET /a?access_token=HIDE4Qabcdef0123456789&x=1",
    "GET /cb?code=HIDE4Qabcdef0123456789&state=s",
    "Cookie: sid=HIDE4Q0123; JSESSIONID=HIDE4Q456",
    "postgres://app:HIDE4Qpw@db/x",
    "password=HIDE4Qx",
    "tried with password HIDE4Q1x",
    "X-API-Key: HIDE4Qx1",
    "SAMLResponse=HIDE4QPHNhbWw+abcdefgh0123456789",
    "-----BEGIN PRIVATE KEY----- HIDE4QMIIEvQIBADANBgkq -----END PRIVATE KEY-----",
    "\"client_secret\":\"HIDE4Qx1\"",
    "\"kty\":\"RSA\",\"d\":\"HIDE4Qabcdefghijklmnop\"",
    "session_id=HIDE4Qabcdef0123456789",
];
const GONE: &str = "User from sub claim in JWT does not exist";

/// One log a layout, each text of [`SPELT`] in a record of its own.
fn logs() -> Vec<(&'static str, String)> {
    let json = |value: serde_json::Value| value.to_string();
    let each = |write: &dyn Fn(usize, &str) -> String| {
        SPELT.iter().enumerate().map(|(n, spelt)| write(n, spelt) + "\n").collect::<String>()
    };
    vec![
        (
            "message.log",
            each(&|n, s| json(serde_json::json!({"time": time(n), "level": "warn", "msg": format!("{GONE} {s}"), "sub": "u1"}))),
        ),
        (
            "fields.log",
            each(&|n, s| {
                json(serde_json::json!({
                    "time": time(n), "msg": GONE, "sub": s, "kid": s, "iss": s, "aud": s, "request_id": s, "service": s, "path": s,
                    "host": s, "jti": s, "user_agent": s, "session_id": "HIDE4Qabcdef0123456789", "password": "HIDE4Q",
                    "headers": {"cookie": "theme=dark; auth=HIDE4Q", "authorization": "Token HIDE4Qx"},
                }))
            }),
        ),
        (
            "silent.log",
            each(&|n, s| {
                json(
                    serde_json::json!({"time": time(n), "error": GONE, "detail": s, "auth": {"password": "HIDE4Q", "refresh_token": "HIDE4Qabcdef0123456789"}, "headers": {"cookie": "theme=dark; appauth=HIDE4Q", "authorization": "Token HIDE4Q3x"}}),
                )
            }),
        ),
        ("text.log", each(&|n, s| format!("{} WARN auth {GONE} {s}", time(n)))),
        (
            "logfmt.log",
            each(&|n, s| {
                format!("time={} level=warn msg=\"{GONE}\" detail=\"{}\" request_id=d{n}", time(n), s.replace('"', "\\\""))
            }),
        ),
        (
            "access.log",
            each(&|n, s| {
                format!(
                    "10.0.0.1 - - [02/Mar/2026:09:00:{n:02} +0000] \"GET /x?{} HTTP/1.1\" 401 12 \"-\" \"{}\"",
                    s.replace(' ', "%20").replace('"', "%22"),
                    s.replace('"', "")
                )
            }),
        ),
        (
            "trace.log",
            each(&|n, s| {
                format!(
                    "2026-03-02 09:00:{n:02}.000  WARN 1 --- [exec-1] o.s.s.o.Foo : JWT expired {s}\n\tat com.x.Y({s})\nCaused by: java.lang.X: {s}"
                )
            }),
        ),
        (
            "audit.log",
            each(&|n, s| {
                json(
                    serde_json::json!({"time": time(n), "action": "user.delete", "user_id": format!("u{n}"), "event_id": s, "msg": format!("user deleted {s}")}),
                )
            }),
        ),
        ("missed.log", each(&|n, s| format!("{} WARN auth jwt refused strangely for unauthorized thing {s}", time(n)))),
        (
            "missed-fields.log",
            each(&|n, s| {
                json(
                    serde_json::json!({"time": time(n), "level": "error", "what": "unauthorized jwt of odd kind", "password": "HIDE4Q", "said": s}),
                )
            }),
        ),
    ]
}

fn time(n: usize) -> String {
    format!("2026-03-02T09:00:{n:02}Z")
}

#[test]
fn no_secret_reaches_any_output() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(dir.path().join("logs")).unwrap();
    for (name, text) in logs() {
        std::fs::write(dir.path().join("logs").join(name), text).unwrap();
    }
    let outputs = ["r.json", "r.csv", "r.html", "r.md", "f.jsonl", "f.csv", "e.jsonl", "e.csv", "u.jsonl"];
    let mut args = vec!["scan".to_owned(), place("logs")];
    for output in outputs {
        let option = match output.split('.').next() {
            Some("f") => "--failures",
            Some("e") => "--events",
            Some("u") => "--unknown",
            _ => "--output",
        };
        args.extend([option.to_owned(), place(output)]);
    }
    let done = jwtriage(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    for output in outputs {
        let text = std::fs::read_to_string(place(output)).unwrap();
        let leak = text.lines().find(|line| line.contains("HIDE4Q"));
        assert_eq!(leak, None, "{output}");
    }
    let events = std::fs::read_to_string(place("e.jsonl")).unwrap();
    assert!(events.lines().count() >= 6 * SPELT.len(), "the records are read");
    assert!(events.contains("[redacted bearer ") && events.contains("[redacted password "), "kinds are kept");
}

#[test]
fn a_file_named_after_a_signed_link_shows_no_signature() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("app.log?sv=2022&sig=HIDE4Qabcdef0123456789");
    std::fs::write(&log, format!("{} WARN auth {GONE}\n", time(0))).unwrap();
    let done = jwtriage(&["scan", log.to_str().unwrap(), "--format", "json"]);
    let shown = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(shown.contains("app.log?sv=2022&sig=[redacted signature ") && !shown.contains("HIDE4Q"), "{shown}");
}

#[test]
fn one_session_shows_as_one_in_all_lines_of_a_run() {
    let dir = tempfile::tempdir().unwrap();
    let (log, events) = (dir.path().join("a.log"), dir.path().join("e.jsonl"));
    let line = |n: usize, session: &str| format!("{} WARN auth {GONE} session_id={session}\n", time(n));
    std::fs::write(
        &log,
        [line(0, "HIDE4Qaaaa0123456789"), line(1, "HIDE4Qbbbb0123456789"), line(2, "HIDE4Qaaaa0123456789")].concat(),
    )
    .unwrap();
    let marks = || {
        jwtriage(&["scan", log.to_str().unwrap(), "--events", events.to_str().unwrap()]);
        let messages = crate::events(&events);
        let mark = |row: &serde_json::Value| row["message"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned();
        messages.iter().map(mark).collect::<Vec<_>>()
    };
    let first = marks();
    assert!(first.len() == 3 && first[0] == first[2] && first[0] != first[1], "{first:?}");
    assert_eq!(marks(), first, "another run over the same logs");
}
