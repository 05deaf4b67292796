//! A time, perhaps a level, and a message; or a level and a message: what most loggers write that are not known by name.

use crate::layout::address::without_port;
use crate::layout::cells::split;
use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::{Fields, Role};
use crate::layout::head::head;
use crate::layout::json::Json;
use crate::layout::lines::first_line;
use crate::layout::message::entry;
use crate::layout::shape::Shape;

/// So many bars or tabs part the columns of a line.
const COLUMNS: usize = 3;

/// `text`: a time, perhaps a level, and a message; or a level and a message.
pub(super) struct Generic;

impl Layout for Generic {
    fn name(&self) -> &'static str {
        "text"
    }

    /// A time in any spelling, or a level.
    #[inline]
    fn is_head(&self, line: &[u8]) -> bool {
        match line.first() {
            Some(b'0'..=b'9') => begins_with_time(line),
            Some(b'A'..=b'Z') => begins_with_name_or_level(line),
            Some(b'c' | b'd' | b'e' | b'f' | b'i' | b'w') => begins_with_small_level(line),
            Some(b'[') => line.get(1).is_some_and(u8::is_ascii_alphanumeric),
            Some(b'(' | b'@') => line.get(1..11).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit)),
            Some(b'-' | b'+') => is_wide_year(&line[1..]),
            _ => false,
        }
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let head = head(record)?;
        if head.stamp.is_some()
            && head.body.starts_with('{')
            && let Some(inner) = Json.parse(head.body)
        {
            return Some(Entry { stamp: inner.stamp.or(head.stamp), ..inner });
        }
        let mut entry = entry("text", head.stamp, head.level, head.body, head.fields);
        push_columns(first_line(record), &mut entry.fields);
        Some(entry)
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

/// Adds the client and the request's id that have columns of their own, between bars or tabs, beside a message.
fn push_columns<'r>(line: &'r str, fields: &mut Fields<'r>) {
    let columns = |mark: u8| line.bytes().filter(|b| *b == mark).count() >= COLUMNS;
    if !columns(b'|') && !columns(b'\t') {
        return;
    }
    let cells = split(line);
    for (shape, name, role) in [(Shape::Address, "client_ip", Role::ClientIp), (Shape::Id, "request_id", Role::RequestId)] {
        let cell = cells.iter().find(|cell| cell.shape == shape && cell.key.is_none() && cell.depth == 0);
        if let Some(cell) = cell.filter(|_| fields.roles().get(role).is_none()) {
            fields.push(name, if shape == Shape::Address { without_port(cell.text) } else { cell.text });
        }
    }
}

/// A time, or the beginning of one, in the spellings of loggers.
#[inline]
pub(super) fn begins_with_time(line: &[u8]) -> bool {
    match line {
        // `2026-`, `2026/`, `2026.`: most of all.
        [b'0'..=b'9', _, _, b'0'..=b'9', b'-' | b'/' | b'.', ..] => true,
        [b'0'..=b'9', ..] => begins_with_rarer_time(line),
        _ => false,
    }
}

fn begins_with_rarer_time(line: &[u8]) -> bool {
    let digit = |at: usize| line.get(at).is_some_and(u8::is_ascii_digit);
    let is = |at: usize, set: &[u8]| line.get(at).is_some_and(|b| set.contains(b));
    (digit(1) && is(2, b":-/"))
        || is(1, b":/-.")
        || (digit(1) && is(2, b"."))
        || (digit(1) && digit(2) && is(3, b"."))
        || (0..10).all(digit)
        || ((0..6).all(digit) && is(6, b" ") && is(9, b":"))
        || ((0..8).all(digit) && is(8, b"T-_ ") && digit(9) && digit(10))
        || is_wide_year(line)
}

/// `W, [2026-08-22T12:00:00.123456 #17]  WARN -- : text`.
fn is_ruby(line: &[u8]) -> bool {
    line.get(1..3) == Some(b", ")
}

/// A date of a clock that is broken, without its sign: `99999-01-01`, `0001-01-01`.
fn is_wide_year(line: &[u8]) -> bool {
    let digits = |from: usize, count: usize| line.get(from..from + count).is_some_and(|all| all.iter().all(u8::is_ascii_digit));
    let dash = |at: usize| line.get(at) == Some(&b'-');
    (4..=6).any(|year| dash(year) && dash(year + 3) && digits(0, year) && digits(year + 1, 2) && digits(year + 4, 2))
}

fn begins_with_month_or_weekday(line: &[u8]) -> bool {
    const NAMES: [&[u8; 3]; 19] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec", b"Mon", b"Tue", b"Wed",
        b"Thu", b"Fri", b"Sat", b"Sun",
    ];
    NAMES.iter().any(|name| line.starts_with(&name[..]))
        && line.get(3).is_some_and(|b| matches!(b, b' ' | b',' | b'.') || b.is_ascii_lowercase() && is_whole_month(line))
        && line[4..].iter().take(12).any(u8::is_ascii_digit)
}

/// Whether a line begins with the whole name of a month, and its day.
fn is_whole_month(line: &[u8]) -> bool {
    const NAMES: [&[u8]; 11] = [
        b"January ",
        b"February ",
        b"March ",
        b"April ",
        b"June ",
        b"July ",
        b"August ",
        b"September ",
        b"October ",
        b"November ",
        b"December ",
    ];
    NAMES.iter().any(|name| line.strip_prefix(*name).is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit)))
}

/// A month, a weekday, a level, or Ruby's `W, [`.
fn begins_with_name_or_level(line: &[u8]) -> bool {
    match line.get(1) {
        Some(b',') => is_ruby(line),
        // The second letter of a name, not klog's `E0822`.
        Some(b'A'..=b'Z' | b'a'..=b'z') => begins_with_month_or_weekday(line) || begins_with_capital_level(line),
        _ => false,
    }
}

fn begins_with_capital_level(line: &[u8]) -> bool {
    [&b"INFO"[..], b"WARNING", b"WARN", b"ERROR", b"DEBUG", b"TRACE", b"FATAL", b"CRITICAL", b"NOTICE", b"SEVERE"]
        .iter()
        .any(|level| line.strip_prefix(*level).is_some_and(ends_level))
}

/// In small letters most levels are first words of sentences as well.
fn begins_with_small_level(line: &[u8]) -> bool {
    [&b"info"[..], b"warn", b"fail", b"dbug", b"crit", b"error"]
        .iter()
        .any(|level| line.strip_prefix(*level).is_some_and(ends_level))
        && !line.starts_with(b"error connecting")
}

fn ends_level(rest: &[u8]) -> bool {
    matches!(rest.first(), Some(b':' | b' ' | b'\t' | b'|' | b'['))
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: "[12:00:00.479] WARN (orders/1): auth failed\n    err: {",
        time: Some("2026-11-24T12:00:00.479Z"),
        level: Some("WARN"),
        message: "auth failed\n    err: {",
        fields: &[("thread", "orders/1")],
    },
    Sample {
        record: "2026-08-22 12:00:03|WARN|orders|9f2c0c1f6a528a5e|203.0.113.7:5100|JWT rejected: token expired",
        time: Some("2026-08-22T12:00:03Z"),
        level: Some("WARN"),
        message: "9f2c0c1f6a528a5e|203.0.113.7:5100|JWT rejected: token expired",
        fields: &[("client_ip", "203.0.113.7"), ("request_id", "9f2c0c1f6a528a5e")],
    },
    Sample {
        record: "[Nest] 1  - 08/22/2026, 12:00:03 PM   ERROR [JwtAuthGuard] Unauthorized",
        time: Some("2026-08-22T12:00:03Z"),
        level: Some("ERROR"),
        message: "Unauthorized",
        fields: &[("logger", "JwtAuthGuard")],
    },
    Sample {
        record: "[2026-08-22T12:00:00.563] [ERROR] auth - jwt expired",
        time: Some("2026-08-22T12:00:00.563Z"),
        level: Some("ERROR"),
        message: "jwt expired",
        fields: &[("logger", "auth")],
    },
    Sample {
        record: "2026-08-22T12:00:00.564Z jwks Unable to find a signing key that matches 'abc'",
        time: Some("2026-08-22T12:00:00.564Z"),
        level: None,
        message: "jwks Unable to find a signing key that matches 'abc'",
        fields: &[],
    },
    Sample {
        record: "2026-08-22T12:00:00.123Z\t0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10\tERROR\tTokenExpiredError: jwt expired",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("ERROR"),
        message: "TokenExpiredError: jwt expired",
        fields: &[("request_id", "0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10")],
    },
    Sample {
        record: "[ERROR]\t2017-10-17T14:55:53.2Z\t1e106745-b34b-11e7-a58a-9f0a45d857a8\tError while executing policy",
        time: Some("2017-10-17T14:55:53.200Z"),
        level: Some("ERROR"),
        message: "Error while executing policy",
        fields: &[("request_id", "1e106745-b34b-11e7-a58a-9f0a45d857a8")],
    },
    Sample {
        record: "12:00:00.123 [http-nio-8080-exec-3] WARN  c.e.auth.JwtFilter - JWT rejected: Expired JWT",
        time: Some("2026-11-24T12:00:00.123Z"),
        level: Some("WARN"),
        message: "JWT rejected: Expired JWT",
        fields: &[("logger", "c.e.auth.JwtFilter"), ("thread", "http-nio-8080-exec-3")],
    },
    Sample {
        record: "2026-08-22 12:00:00,123 [http-nio-8080-exec-3] WARN  c.e.auth.JwtFilter - JWT rejected: Expired JWT",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("WARN"),
        message: "JWT rejected: Expired JWT",
        fields: &[("logger", "c.e.auth.JwtFilter")],
    },
    Sample {
        record: "22-Aug-2026 12:00:00.123 WARNING [http-nio-8080-exec-3] com.example.auth.JwtFilter.doFilter JWT rejected: Expired JWT",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("WARNING"),
        message: "com.example.auth.JwtFilter.doFilter JWT rejected: Expired JWT",
        fields: &[],
    },
    Sample {
        record: "[2023-08-23T14:53:08,511][TRACE][o.e.x.s.a.j.JwtRealm     ] [node-0] Realm [jwt2] JWT validation failed",
        time: Some("2023-08-23T14:53:08.511Z"),
        level: Some("TRACE"),
        message: "Realm [jwt2] JWT validation failed",
        fields: &[("logger", "o.e.x.s.a.j.JwtRealm")],
    },
    Sample {
        record: "2026.08.22 12:00:00.123 FINEST io.helidon.JwtProvider Thread[#32,helidon-2]: Token no longer valid",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("FINEST"),
        message: "io.helidon.JwtProvider Thread[#32,helidon-2]: Token no longer valid",
        fields: &[],
    },
    Sample {
        record: "2026-08-22 12:00:00.123 +00:00 [INF] Failed to validate the token.",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("INF"),
        message: "Failed to validate the token.",
        fields: &[],
    },
    Sample {
        record: "2026-08-22 12:00:00.1234|INFO|Microsoft.JwtBearerHandler|Failed to validate the token.",
        time: Some("2026-08-22T12:00:00.123400Z"),
        level: Some("INFO"),
        message: "Failed to validate the token.",
        fields: &[("logger", "Microsoft.JwtBearerHandler")],
    },
    Sample {
        record: "[2026-08-22 12:00:00,123: WARNING/ForkPoolWorker-1] app.tasks.sync[6a1f]: Signature has expired",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("WARNING"),
        message: "app.tasks.sync[6a1f]: Signature has expired",
        fields: &[("logger", "ForkPoolWorker-1")],
    },
    Sample {
        record: "2026-08-22 12:00:00 [warning  ] user_not_found                 sub=u1",
        time: Some("2026-08-22T12:00:00Z"),
        level: Some("warning"),
        message: "user_not_found                 sub=u1",
        fields: &[("sub", "u1")],
    },
    Sample {
        record: "2026-08-22 12:00:00.380 | WARNING  | app.auth:get_current_user:42 - User not found",
        time: Some("2026-08-22T12:00:00.380Z"),
        level: Some("WARNING"),
        message: "User not found",
        fields: &[("logger", "app.auth:get_current_user:42")],
    },
    Sample {
        record: "2018-10-06 15:05:22 WARNING (MainThread) [homeassistant.components.http.ban] Login attempt",
        time: Some("2018-10-06T15:05:22Z"),
        level: Some("WARNING"),
        message: "Login attempt",
        fields: &[("logger", "homeassistant.components.http.ban")],
    },
    Sample {
        record: "2026-08-22T12:00:00.123Z\tWARN\tauth\tauth/middleware.go:57\ttoken rejected\t{\"error\": \"token is expired\"}",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("WARN"),
        message: "token rejected",
        fields: &[("error", "token is expired"), ("caller", "auth/middleware.go:57")],
    },
    Sample {
        record: r#"12:00PM WRN token rejected error="token is expired""#,
        time: Some("2026-11-24T12:00:00Z"),
        level: Some("WRN"),
        message: r#"token rejected error="token is expired""#,
        fields: &[("error", "token is expired")],
    },
    Sample {
        record: "[1] 2026/08/22 12:00:00.123456 [DBG] 203.0.113.24:52344 - cid:42 - User authentication revoked",
        time: Some("2026-08-22T12:00:00.123456Z"),
        level: Some("DBG"),
        message: "203.0.113.24:52344 - cid:42 - User authentication revoked",
        fields: &[],
    },
    Sample {
        record: "2026/08/22 12:00:00 auth: token is expired by 1m53s",
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "auth: token is expired by 1m53s",
        fields: &[],
    },
    Sample {
        record: "2026/08/22 12:00:00 http: TLS handshake error from 192.0.2.1:1",
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "http: TLS handshake error from 192.0.2.1:1",
        fields: &[],
    },
    Sample {
        record: r#"2022-08-16T02:16:32Z ERR headscale/oidc.go:324 > Failed to decode error="json: x""#,
        time: Some("2022-08-16T02:16:32Z"),
        level: Some("ERR"),
        message: r#"Failed to decode error="json: x""#,
        fields: &[("error", "json: x")],
    },
    Sample {
        record: "2024-05-24T16:11:44Z ERRO management/server/http/middleware/auth_middleware.go:88: Error when validating JWT claims: st1",
        time: Some("2024-05-24T16:11:44Z"),
        level: Some("ERRO"),
        message: "Error when validating JWT claims: st1",
        fields: &[],
    },
    Sample {
        record: "2019-07-24T09:28:34+02:00 [DEBUG] [/core/filter/security.go:491]: can not get user information from session",
        time: Some("2019-07-24T07:28:34Z"),
        level: Some("DEBUG"),
        message: "can not get user information from session",
        fields: &[],
    },
    Sample {
        record: "[2020/02/17 12:08:54] [oauthproxy.go:736] Error redeeming code: oidc: token is expired",
        time: Some("2020-02-17T12:08:54Z"),
        level: None,
        message: "Error redeeming code: oidc: token is expired",
        fields: &[("logger", "oauthproxy.go:736")],
    },
    Sample {
        record: "W, [2026-08-22T12:00:00.123456 #17]  WARN -- : JWT::ExpiredSignature: Signature has expired",
        time: Some("2026-08-22T12:00:00.123456Z"),
        level: Some("WARN"),
        message: "JWT::ExpiredSignature: Signature has expired",
        fields: &[],
    },
    Sample {
        record: r#"[2026-08-22T12:00:00.123456+00:00] security.INFO: Authenticator failed. {"exception":"x"} []"#,
        time: Some("2026-08-22T12:00:00.123456Z"),
        level: Some("INFO"),
        message: "Authenticator failed.",
        fields: &[("exception", "x"), ("logger", "security")],
    },
    Sample {
        record: r"[22-Aug-2026 12:00:00 UTC] PHP Fatal error:  Uncaught Firebase\JWT\ExpiredException: Expired token",
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: r"PHP Fatal error:  Uncaught Firebase\JWT\ExpiredException: Expired token",
        fields: &[],
    },
    Sample {
        record: r#"2026-08-22T12:00:00.914899Z  WARN request: orders::auth: jwt rejected sub="u1" request_id="r-1""#,
        time: Some("2026-08-22T12:00:00.914899Z"),
        level: Some("WARN"),
        message: r#"jwt rejected sub="u1" request_id="r-1""#,
        fields: &[("sub", "u1")],
    },
    Sample {
        record: r#"2026-08-22T12:00:00.909306Z  WARN request{method="GET" uri="/api/orders" request_id="r-1"}: orders::auth: jwt rejected sub="u1""#,
        time: Some("2026-08-22T12:00:00.909306Z"),
        level: Some("WARN"),
        message: r#"jwt rejected sub="u1""#,
        fields: &[("request_id", "r-1"), ("sub", "u1")],
    },
    Sample {
        record: "[2026-08-22T12:00:00Z WARN  api::auth] jwt rejected: ExpiredSignature",
        time: Some("2026-08-22T12:00:00Z"),
        level: Some("WARN"),
        message: "jwt rejected: ExpiredSignature",
        fields: &[("logger", "api::auth")],
    },
    Sample {
        record: "[2025-01-24 03:17:28.975][vaultwarden::auth][ERROR] Error decoding JWT",
        time: Some("2025-01-24T03:17:28.975Z"),
        level: Some("ERROR"),
        message: "Error decoding JWT",
        fields: &[],
    },
    Sample {
        record: "12:00:00.123 request_id=F9f2a8c0a1b2c3d4 [warning] JWT rejected: {:error, :signature_error}",
        time: Some("2026-11-24T12:00:00.123Z"),
        level: Some("warning"),
        message: "JWT rejected: {:error, :signature_error}",
        fields: &[("request_id", "F9f2a8c0a1b2c3d4")],
    },
    Sample {
        record: "2026-08-22 12:00:00.123456+00:00 [warning] <0.1234.0> User 'svc-a' failed to authenticate",
        time: Some("2026-08-22T12:00:00.123456Z"),
        level: Some("warning"),
        message: "<0.1234.0> User 'svc-a' failed to authenticate",
        fields: &[],
    },
    Sample {
        record: "[Envoy (Epoch 0)] [2020-04-10 06:54:20.594][27][debug][jwt] [external/envoy/jwt_authn/authenticator.cc:245] JWT token verification completed with: Jwt is expired",
        time: Some("2020-04-10T06:54:20.594Z"),
        level: Some("debug"),
        message: "JWT token verification completed with: Jwt is expired",
        fields: &[],
    },
    Sample {
        record: "2023-01-06T11:21:12.846645Z     debug   envoy jwt       origins-0: Verifying",
        time: Some("2023-01-06T11:21:12.846645Z"),
        level: Some("debug"),
        message: "envoy jwt       origins-0: Verifying",
        fields: &[],
    },
    Sample {
        record: r#"2026-08-22T12:00:00.123Z {"level":"warn","msg":"token rejected"}"#,
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("warn"),
        message: "token rejected",
        fields: &[],
    },
    Sample {
        record: "WARNING:app.auth:Signature has expired",
        time: None,
        level: Some("WARNING"),
        message: "Signature has expired",
        fields: &[("logger", "app.auth")],
    },
    Sample {
        record: "info: Microsoft.JwtBearerHandler[1]\n      Failed to validate the token.\n      X: IDX10223",
        time: None,
        level: Some("info"),
        message: "Failed to validate the token.\n      X: IDX10223",
        fields: &[("logger", "Microsoft.JwtBearerHandler")],
    },
    Sample {
        record: "info: Microsoft.JwtBearerHandler[1] Failed to validate the token.",
        time: None,
        level: Some("info"),
        message: "Failed to validate the token.",
        fields: &[],
    },
    Sample {
        record: "[main] DEBUG com.sap.Service - Key not found in cache",
        time: None,
        level: Some("DEBUG"),
        message: "Key not found in cache",
        fields: &[("thread", "main")],
    },
    Sample {
        record: "WARN[0045] error authorizing context  http.request.method=GET",
        time: None,
        level: Some("WARN"),
        message: "error authorizing context  http.request.method=GET",
        fields: &[("http.request.method", "GET")],
    },
    Sample {
        record: "[warning] <0.882.0> HTTP access denied",
        time: None,
        level: Some("warning"),
        message: "<0.882.0> HTTP access denied",
        fields: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_that_framing_would_cut_are_read_where_they_come_whole() {
        for (record, level, message) in [
            (
                "Aug 22, 2026 12:00:00 PM com.example.auth.JwtFilter doFilter\nWARNING: JWT rejected: Expired JWT",
                "WARNING",
                "JWT rejected: Expired JWT",
            ),
            ("[12:00:00 INF] Failed to validate the token.\nX: IDX10223", "INF", "Failed to validate the token.\nX: IDX10223"),
            (
                "[2026-08-22 12:00:00] production.ERROR: The token has been blacklisted {\"exception\":\"[object] (X\n[stacktrace]\n\"} ",
                "ERROR",
                "The token has been blacklisted {\"exception\":\"[object] (X\n[stacktrace]\n\"}",
            ),
            (
                "  2026-08-22T12:00:00.916571Z  WARN orders::auth: jwt rejected, sub: \"u1\"\n    at src/main.rs:2",
                "WARN",
                "jwt rejected, sub: \"u1\"\n    at src/main.rs:2",
            ),
        ] {
            let entry = Generic.parse(record).unwrap_or_else(|| panic!("{record}"));
            assert_eq!((entry.level.as_deref(), &*entry.message), (Some(level), message), "{record}");
            assert!(entry.stamp.is_some(), "{record}");
        }
    }

    #[test]
    fn an_object_after_a_time_is_json() {
        let entry = Generic.parse(r#"2026-08-22T12:00:00.123Z {"level":"warn","msg":"token rejected"}"#).unwrap();
        assert_eq!((entry.format, &*entry.message), ("json", "token rejected"));
    }
}
