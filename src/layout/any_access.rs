//! Access logs of any layout: a line that names a request, its status and hardly anything else.

use std::borrow::Cow;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::lines::split_line;
use crate::layout::reading::Reading;
pub(super) use crate::layout::reading::names_method;
use crate::layout::role::METHODS;

/// `access`: one request a line, in any order of columns and with anything between them.
pub(super) struct AnyAccess;

impl Layout for AnyAccess {
    fn name(&self) -> &'static str {
        "access"
    }

    /// `GET /x 401 12ms`, with an arrow before it or not, as frameworks write to consoles beside other lines.
    #[inline]
    fn is_head(&self, line: &[u8]) -> bool {
        matches!(line.first(), Some(b'G' | b'P' | b'D' | b'H' | b'O' | b'-' | b'<' | b'"')) && begins_with_request(line)
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let (line, following) = split_line(record.trim_start());
        // An object beside the request says more than its columns.
        if line.starts_with('{') || line.contains("{\"") || is_of_pairs(line) {
            return None;
        }
        let reading = Reading::of(line)?;
        if reading.status.is_none() || !reading.says_nothing_else() {
            return None;
        }
        Some(entry(&reading, following))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

/// Whether a line begins with `key=`: such are read as pairs.
fn is_of_pairs(line: &str) -> bool {
    let key = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@')));
    key.filter(|end| *end > 0).and_then(|end| line.get(end..)).is_some_and(|rest| rest.starts_with('='))
}

/// The entry of an access line, and of the lines after it.
pub(super) fn entry<'r>(reading: &Reading<'r>, following: &str) -> Entry<'r> {
    let mut fields = Fields::default();
    reading.push(&mut fields);
    let summary = reading.request().summary();
    let message = if following.is_empty() { summary } else { format!("{summary}\n{following}") };
    let level = reading.level().map(Cow::Borrowed);
    Entry { format: "access", stamp: reading.stamp(), level, message: Cow::Owned(message), fields }
}

/// Whether a line is a console's about one request: a verb, a path and, before the line ends, three digits of a status.
pub(super) fn begins_with_request(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let arrow = text.iter().position(|b| !matches!(b, b'-' | b'<' | b'>' | b'=' | b'"' | b' ')).unwrap_or(0);
    let rest = &text[arrow.min(5)..];
    let target = METHODS.iter().find_map(|method| rest.strip_prefix(method.as_bytes()));
    let Some([b' ', b'/', target @ ..]) = target else { return false };
    let is_break = |b: u8| matches!(b, b' ' | b'"' | b'>' | b'|' | b'(' | b'[');
    target.windows(5).any(|at| is_break(at[0]) && at[1..4].iter().all(u8::is_ascii_digit) && !at[4].is_ascii_alphanumeric())
        || target.len() >= 4 && is_break(target[target.len() - 4]) && target[target.len() - 3..].iter().all(u8::is_ascii_digit)
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: r#"[22/Aug/2026 12:00:00] "GET /api/orders/ HTTP/1.1" 401 172"#,
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "GET /api/orders/ 401",
        fields: &[("status", "401"), ("bytes", "172")],
    },
    Sample {
        record: r#"2023-06-14 08:52:07,943 - synapse.access.http.8008 - 461 - INFO - POST-9557 - 198.51.100.178 - 8008 - {@user.kk:chat-server.example.com} Processed request: 0.010sec/0.001sec (0.001sec, 0.000sec) (0.001sec/0.007sec/5) 61B 401 "POST /_matrix/x HTTP/1.0" "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/114" [0 dbevts]"#,
        time: Some("2023-06-14T08:52:07.943Z"),
        level: Some("INFO"),
        message: "POST /_matrix/x 401",
        fields: &[
            ("client_ip", "198.51.100.178"),
            ("status", "401"),
            ("user_agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/114"),
        ],
    },
    Sample {
        record: "2026-08-22T12:00:00Z|203.0.113.24|GET|/api/orders|401|172|0.004|Mozilla/5.0 (X11)|9f2c0c1f6a528a5e",
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "GET /api/orders 401",
        fields: &[("client_ip", "203.0.113.24"), ("user_agent", "Mozilla/5.0 (X11)"), ("request_id", "9f2c0c1f6a528a5e")],
    },
    Sample {
        record: "time: 2026-08-22 12:00:00; client: 203.0.113.24; method: GET; path: /api/orders; status: 401; took: 12ms",
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "GET /api/orders 401",
        fields: &[("client", "203.0.113.24"), ("took", "12ms")],
    },
    Sample {
        record: "[pid: 17|app: 0|req: 3/9] 203.0.113.24 () {40 vars in 612 bytes} [Sat Aug 22 12:00:00 2026] POST /y => generated 204 bytes in 3 msecs (HTTP/1.1 401) 3 headers in 112 bytes (1 switches on core 0)",
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "POST /y 401",
        fields: &[("client_ip", "203.0.113.24")],
    },
    Sample {
        record: "--> GET /api/orders 401 12ms",
        time: None,
        level: None,
        message: "GET /api/orders 401",
        fields: &[("duration", "12ms")],
    },
    Sample {
        record: r#""GET /api/orders" -> 401 in 12 ms"#,
        time: None,
        level: None,
        message: "GET /api/orders 401",
        fields: &[("status", "401")],
    },
    Sample {
        record: "1787400000.123     12 203.0.113.24 TCP_MISS/401 172 GET /api/orders - HIER_DIRECT/10.0.0.9 application/json",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: None,
        message: "GET /api/orders 401",
        fields: &[("client_ip", "203.0.113.24")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_around_a_request_is_left_to_text_formats() {
        for record in [
            r#"2026-08-22 12:00:00,123 WARNING "GET /x HTTP/1.1" 401 because the token has expired"#,
            "2026-08-22 12:00:00 INFO calling GET /x returned 401, trying again",
            "2026-08-22 12:00:00 INFO GET /x 401 token expired",
            "2026-08-22 12:00:00 INFO GET /x took 401 ms",
            "2026-08-22 12:00:00 INFO GET /x",
            "2026-08-22 12:00:00 INFO GET /x processed 401 rows",
            "2026-08-22 12:00:00 INFO found 403 orders for GET /x",
            "2026-08-22 12:00:00 INFO GET /x for user 401",
            "2026-08-22 12:00:00 INFO GET /x page 401 sent",
        ] {
            assert!(AnyAccess.parse(record).is_none(), "{record}");
        }
    }

    #[test]
    fn a_console_line_begins_a_record_only_with_its_status() {
        for (line, begins) in [
            ("GET /x 401 12ms", true),
            ("--> GET /x 401", true),
            ("\"GET /x\" -> 401 in 12 ms", true),
            ("GET /x HTTP/1.1", false),
            ("GET all orders", false),
            ("GET /x/2026", false),
        ] {
            assert_eq!(AnyAccess.is_head(line.as_bytes()), begins, "{line}");
        }
    }
}
