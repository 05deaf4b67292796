//! Nothing but pairs, as logrus, slog, go-kit and Grafana write them: `time=.. level=warn msg="token rejected" sub=u1`.

use std::borrow::Cow;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::key_values::{Pairs, is_key_char, is_key_start, push};
use crate::layout::message::read_message;
use crate::layout::timestamp::{self, Stamp};

/// Prefix words (a pod, a container) that may stand before a logfmt record.
const MAX_PREFIX: usize = 160;

/// `logfmt`: nothing but pairs, as logrus, slog, go-kit and Grafana write them.
pub(super) struct Logfmt;

impl Layout for Logfmt {
    fn name(&self) -> &'static str {
        "logfmt"
    }

    /// `time=`, `level=` and the like; other keys begin records only where every line does.
    #[inline]
    fn is_head(&self, line: &[u8]) -> bool {
        line.first().is_some_and(u8::is_ascii_lowercase) && begins_with_known_key(line)
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let text = record_start(record.trim())?;
        let (line, following) = lines(text);
        let mut read = Read::default();
        for (key, value) in Pairs::of_logfmt(line) {
            read.take(key, value);
        }
        // A line that begins with a pair and goes on with pairs needs no well-known key (lograge).
        let pairs_alone = || line.split_once('=').is_some_and(|(key, _)| key.chars().all(is_key_char)) && read.fields.len() >= 4;
        if read.fields.len() < 2 || !(read.known || pairs_alone()) {
            return None;
        }
        let Read { mut fields, stamp, level, message, .. } = read;
        let message = match message {
            Some(Cow::Borrowed(message)) => {
                read_message(message, &mut fields);
                Cow::Borrowed(message)
            }
            Some(Cow::Owned(message)) => {
                read_owned(&message, &mut fields);
                Cow::Owned(message)
            }
            None => Cow::Borrowed(line),
        };
        let message = if following.is_empty() { message } else { Cow::Owned(format!("{message}\n{following}")) };
        Some(Entry { format: "logfmt", stamp, level, message, fields })
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

fn begins_with_known_key(line: &[u8]) -> bool {
    [&b"time="[..], b"ts=", b"t=", b"level=", b"lvl=", b"msg=", b"method=", b"type=", b"timestamp="]
        .iter()
        .any(|key| line.starts_with(key))
}

/// What a logfmt record was found to hold so far.
#[derive(Default)]
struct Read<'r> {
    fields: Fields<'r>,
    stamp: Option<Stamp>,
    level: Option<Cow<'r, str>>,
    message: Option<Cow<'r, str>>,
    /// Whether one of the keys was one that distinguishes logfmt from text with a pair in it.
    known: bool,
}

impl<'r> Read<'r> {
    fn take(&mut self, key: &'r str, value: Cow<'r, str>) {
        match key {
            "time" | "ts" | "t" | "timestamp" | "at" => {
                self.known = true;
                if self.stamp.is_none() {
                    self.stamp = timestamp::whole(&value);
                }
            }
            "level" | "lvl" | "severity" => {
                self.known = true;
                self.level.get_or_insert_with(|| value.clone());
            }
            "msg" | "message" => {
                self.known = true;
                self.message.get_or_insert_with(|| value.clone());
            }
            _ => {}
        }
        push(key, value, &mut self.fields);
    }
}

/// What the message itself names, where the record does not have it byte for byte.
fn read_owned(message: &str, fields: &mut Fields<'_>) {
    let mut inner = Fields::default();
    read_message(message, &mut inner);
    for (name, value) in inner.iter() {
        fields.push(name.to_owned(), value.to_owned());
    }
}

/// The record from its first pair on: nothing but a few plain words (a pod, a container) may stand before it.
fn record_start(text: &str) -> Option<&str> {
    let (head, _) = text.split_once('=')?;
    if !head.is_empty() && head.starts_with(is_key_start) && head.chars().all(is_key_char) {
        return Some(text);
    }
    let prefix = head.strip_suffix(" time")?;
    (prefix.len() <= MAX_PREFIX && text.contains(" level=")).then(|| text.get(prefix.len() + 1..))?
}

/// The part that holds pairs and the lines after it; in what systemd exports every line is a pair.
fn lines(text: &str) -> (&str, &str) {
    let (line, following) = text.split_once('\n').unwrap_or((text, ""));
    let all_pairs = following.split_once('=').is_some_and(|(key, _)| !key.is_empty() && key.chars().all(is_key_char));
    if all_pairs { (text, "") } else { (line.trim_end(), following) }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: "method=GET path=/api/orders controller=X status=401 error='JWT: expired'",
        time: None,
        level: None,
        message: "method=GET path=/api/orders controller=X status=401 error='JWT: expired'",
        fields: &[("status", "401"), ("error", "JWT: expired")],
    },
    Sample {
        record: r#"time="2026-08-22T12:00:00Z" level=warning msg="token rejected" error="token is expired" path=/api/orders"#,
        time: Some("2026-08-22T12:00:00Z"),
        level: Some("warning"),
        message: "token rejected",
        fields: &[("error", "token is expired"), ("path", "/api/orders")],
    },
    Sample {
        record: r#"time=2026-08-22T12:00:00.123Z level=WARN msg="token rejected" err="token is expired""#,
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("WARN"),
        message: "token rejected",
        fields: &[("err", "token is expired")],
    },
    Sample {
        record: r#"ts=2026-08-22T12:00:00.123Z caller=auth.go:57 level=warn msg="token rejected" err="token is expired""#,
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("warn"),
        message: "token rejected",
        fields: &[("caller", "auth.go:57")],
    },
    Sample {
        record: "time=2026-08-22T12:00:00Z level=info msg=No tracer configured - skipping audience=application service_name=ORY Hydra x=1",
        time: Some("2026-08-22T12:00:00Z"),
        level: Some("info"),
        message: "No tracer configured - skipping",
        fields: &[("service_name", "ORY Hydra")],
    },
    // With the pod and the container before it.
    Sample {
        record: r#"pod-1 dex time="2026-08-22T12:00:00Z" level=info msg="login successful: username=\"u 1\", email=\"a@b\"""#,
        time: Some("2026-08-22T12:00:00Z"),
        level: Some("info"),
        message: r#"login successful: username="u 1", email="a@b""#,
        fields: &[("username", "u 1")],
    },
    Sample {
        record: "t=2026-08-22T12:00:00Z level=info msg=\"Request Completed\" method=GET path=/login status=401\n  at x.y",
        time: Some("2026-08-22T12:00:00Z"),
        level: Some("info"),
        message: "Request Completed\n  at x.y",
        fields: &[("status", "401")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_a_pair_in_it_is_no_logfmt() {
        for record in ["", "=", "a=1", "method=GET path=/x status=401", "user created id=1 level=2", "rejected: level=warn msg=x"]
        {
            assert!(Logfmt.parse(record).is_none(), "{record}");
        }
    }

    #[test]
    fn hostile_text_is_read_in_linear_time() {
        for unit in ["a=[", "a={", "a=\"", "a=\\\"", "=", "a=m", "{\"", "msg=a=", "a=map["] {
            let text = format!("level=1 msg={}", unit.repeat(200_000 / unit.len()));
            let started = std::time::Instant::now();
            let _ = Logfmt.parse(&text);
            assert!(started.elapsed().as_secs() < 5, "{unit}");
        }
    }
}
