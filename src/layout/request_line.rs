//! Any dated line that is about one request, `"GET /x HTTP/1.1" 401`, and says nothing else.

use std::borrow::Cow;

use nom::bytes::complete::take_until;
use nom::character::complete::space1;
use nom::sequence::preceded;

use crate::layout::address;
use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::head::head;
use crate::layout::key_values;
use crate::layout::lines::split_line;
use crate::layout::parsers::{complete, quoted, status};
use crate::layout::request::{Request, is_status};

/// `request-line`: any dated line that is about one request, `"GET /x HTTP/1.1" 401`, and says nothing else.
pub(super) struct RequestLine;

impl Layout for RequestLine {
    fn name(&self) -> &'static str {
        "request-line"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let (line, following) = split_line(record.trim_start());
        let (before, protocol) = line.split_once(" HTTP/")?;
        let (before, request) = before.rsplit_once('"')?;
        let after = protocol.split_once('"')?.1;
        let behind =
            complete(preceded(space1, status), after).filter(|(rest, _)| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
        let (after, status) = match behind {
            Some(found) => found,
            None => (after, before.split_whitespace().next_back().filter(|word| is_status(word))?),
        };
        let request = Request::of_line(request, status)?;
        if has_prose(after) {
            return None;
        }
        let head = head(line).filter(|head| head.stamp.is_some())?;
        let mut fields = head.fields;
        request.push(&mut fields);
        fields.push("client_ip", before.split_whitespace().find_map(address::of_word).unwrap_or_default());
        if let Some((_, agent)) = complete(preceded(take_until("\""), quoted), after).filter(|(_, agent)| agent.contains('/')) {
            fields.push(if agent.starts_with("http") { "referrer" } else { "user_agent" }, agent);
        }
        key_values::pairs(before, &mut fields);
        key_values::pairs(after, &mut fields);
        let message = if following.is_empty() { request.summary() } else { format!("{}\n{following}", request.summary()) };
        let level = head.level.map(Cow::Borrowed);
        Some(Entry { format: "request-line", stamp: head.stamp, level, message: Cow::Owned(message), fields })
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

/// Whether a text holds a sentence outside of quotes and brackets: then it is not only about the request.
fn has_prose(text: &str) -> bool {
    let mut words = 0;
    let mut inside = false;
    for word in text.split_whitespace() {
        let opens = word.starts_with(['"', '[', '(']);
        let plain = word.len() > 1 && word.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b',' | b'.' | b':'));
        if !inside && !opens && plain {
            words += 1;
        }
        inside = (inside || opens) && !word.ends_with(['"', ']', ')']);
    }
    words >= 3
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: r#"[22/Aug/2026 12:00:00] "GET /api/orders/ HTTP/1.1" 401 172"#,
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "GET /api/orders/ 401",
        fields: &[("status", "401")],
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
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_around_a_request_is_left_to_text_formats() {
        let record = r#"2026-08-22 12:00:00,123 WARNING "GET /x HTTP/1.1" 401 because the token has expired"#;
        assert!(RequestLine.parse(record).is_none());
    }
}
