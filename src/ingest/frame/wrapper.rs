//! What carries a log line and is none: docker's json-file, CRI, syslog, journald, compose and kubectl prefixes.
//!
//! [`peel`] looks past a wrapper cheaply, for framing; [`unwrap`] takes wrappers off a whole record and keeps what
//! they know: time, host, service.

use std::borrow::Cow;

use memchr::{memchr, memmem};
use serde_json::Value;

use crate::layout::{Stamp, timestamp};
use crate::literal::{LINE_FEED, Literal};

/// How many wrappers are taken off one another.
const MAX_DEPTH: usize = 3;

/// What the records of `journalctl -o export` begin with: the cursor, or the time where it was cut off.
pub const EXPORT_KEYS: [&[u8]; 2] = [b"__CURSOR=", b"__REALTIME_TIMESTAMP="];

/// A record without its wrappers.
#[derive(Debug, Default)]
pub struct Unwrapped<'r> {
    /// What the program wrote.
    pub text: Cow<'r, str>,
    /// When the wrapper took it.
    pub stamp: Option<Stamp>,
    /// Host or pod.
    pub host: Option<String>,
    /// Service, container or syslog tag.
    pub service: Option<String>,
}

/// The inside of the first wrapper of a line, and whether there was one.
pub fn peel(line: &[u8]) -> (&[u8], bool) {
    match line.first() {
        Some(b'{') => docker_inside(line).map_or((line, false), |inner| (inner, true)),
        Some(b'0'..=b'9') => cri_inside(line).map_or((line, false), |inner| (inner, true)),
        Some(b'<') => match memchr(b'>', line.get(..6).unwrap_or(line)) {
            Some(end) => (syslog_inside(&line[end + 1..]).unwrap_or(&line[end + 1..]), true),
            None => (line, false),
        },
        Some(b'A'..=b'Z') => syslog_inside(line).map_or((line, false), |inner| (inner, true)),
        Some(b'a'..=b'z' | b'[') => prefix_inside(line).map_or((line, false), |inner| (inner, true)),
        _ => (line, false),
    }
}

/// `{"log":"…`.
pub(super) fn docker_inside(line: &[u8]) -> Option<&[u8]> {
    let value = line.strip_prefix(b"{\"log\":")?;
    value.strip_prefix(b" ").unwrap_or(value).strip_prefix(b"\"")
}

/// `2026-08-22T12:00:00.123456789Z stdout F ...`.
pub(super) fn cri_inside(line: &[u8]) -> Option<&[u8]> {
    if line.get(10) != Some(&b'T') {
        return None;
    }
    let space = memchr(b' ', line.get(..48).unwrap_or(line))?;
    let rest = &line[space + 1..];
    let rest = rest.strip_prefix(b"stdout ").or_else(|| rest.strip_prefix(b"stderr "))?;
    (matches!(rest.first()?, b'F' | b'P') && rest.get(1) == Some(&b' ')).then(|| &rest[2..])
}

/// `Aug 22 12:00:00 web01 api[1234]: ...`.
fn syslog_inside(line: &[u8]) -> Option<&[u8]> {
    if line.get(3) != Some(&b' ') || line.get(9) != Some(&b':') || line.get(12) != Some(&b':') || line.get(15) != Some(&b' ') {
        return None;
    }
    let rest = &line[16..];
    let host = memchr(b' ', rest)?;
    let tag = memmem::find(&rest[host..], b": ")? + host;
    (memchr(b' ', &rest[host + 1..tag]).is_none()).then(|| &rest[tag + 2..])
}

/// Compose's `api-1  | ...` and kubectl's `[pod/name/container] ...`.
fn prefix_inside(line: &[u8]) -> Option<&[u8]> {
    if line.starts_with(b"[pod/") {
        return memmem::find(line, b"] ").map(|end| &line[end + 2..]);
    }
    let bar = memmem::find(line.get(..80).unwrap_or(line), b" | ")?;
    let name = line[..bar].trim_ascii_end();
    let plain = name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    (plain && name.len() > 2 && name[0].is_ascii_lowercase()).then(|| &line[bar + 3..])
}

/// Takes wrappers off `record`, up to three deep, and colours off what is left.
pub fn unwrap(record: &str) -> Unwrapped<'_> {
    let mut unwrapped = Unwrapped { text: without_ansi(record.trim_end_matches(['\n', '\r'])), ..Unwrapped::default() };
    if let Some(inner) = journald_export(&unwrapped.text) {
        unwrapped = Unwrapped { text: Cow::Owned(inner.text.into_owned()), ..inner };
    }
    for _ in 0..MAX_DEPTH {
        let Some(inner) = unwrap_once(&unwrapped.text) else { break };
        unwrapped.stamp = inner.stamp.or(unwrapped.stamp);
        unwrapped.host = inner.host.or(unwrapped.host);
        unwrapped.service = inner.service.or(unwrapped.service);
        unwrapped.text = Cow::Owned(inner.text.into_owned());
    }
    unwrapped
}

/// Takes one wrapper off every line; the first line shows which.
fn unwrap_once(text: &str) -> Option<Unwrapped<'_>> {
    let (head, rest) = LINE_FEED.split_once(text).map_or((text, None), |(head, rest)| (head, Some(rest)));
    let mut first = unwrap_line(head)?;
    if let Some(rest) = rest {
        let mut joined = first.text.into_owned();
        for line in rest.split('\n') {
            joined.push('\n');
            match unwrap_line(line) {
                Some(inner) => joined.push_str(&inner.text),
                None => joined.push_str(line),
            }
        }
        first.text = Cow::Owned(joined);
    }
    Some(first)
}

fn unwrap_line(line: &str) -> Option<Unwrapped<'_>> {
    match line.as_bytes().first()? {
        b'{' => docker(line).or_else(|| journald_json(line)),
        b'0'..=b'9' => cri(line).or_else(|| stamped(line)),
        b'<' => with_priority(line),
        b'A'..=b'Z' => syslog(line),
        b'a'..=b'z' | b'[' => fluent_bit(line).or_else(|| prefixed(line)),
        _ => None,
    }
}

fn docker(line: &str) -> Option<Unwrapped<'_>> {
    static LOG: Literal = Literal::new("\"log\":");
    let carrier = line.starts_with("{\"log\":\"") || LOG.is_in(line) && line.contains("\"stream\":");
    if !carrier {
        return None;
    }
    let value: Value = serde_json::from_str(line).ok()?;
    let text = value.get("log")?.as_str()?.trim_end_matches(['\n', '\r']).to_owned();
    let time = ["time", "@timestamp", "timestamp"].iter().find_map(|name| value.get(name)?.as_str());
    let named = |path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
    Some(Unwrapped {
        text: Cow::Owned(text),
        stamp: time.and_then(timestamp::whole),
        host: named("/kubernetes/pod_name").or_else(|| named("/kubernetes/pod/name")),
        service: named("/kubernetes/container_name").or_else(|| named("/attrs/tag")).or_else(|| named("/container_name")),
    })
}

fn journald_json(line: &str) -> Option<Unwrapped<'_>> {
    static MESSAGE: Literal = Literal::new("\"MESSAGE\"");
    if !MESSAGE.is_in(line) || !line.contains("\"__REALTIME_TIMESTAMP\"") {
        return None;
    }
    let value: Value = serde_json::from_str(line).ok()?;
    let named = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let text = match value.get("MESSAGE")? {
        Value::String(text) => text.clone(),
        // Bytes that are no UTF-8 are exported as numbers.
        Value::Array(bytes) => {
            let bytes: Vec<u8> = bytes.iter().filter_map(|b| u8::try_from(b.as_u64()?).ok()).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => return None,
    };
    Some(Unwrapped {
        text: Cow::Owned(text),
        stamp: named("__REALTIME_TIMESTAMP").and_then(|micros| timestamp::whole(&micros)),
        host: named("_HOSTNAME"),
        service: named("SYSLOG_IDENTIFIER").or_else(|| named("_SYSTEMD_UNIT")),
    })
}

/// One field a line. A message of several lines is exported with its length in bytes and begins on the next line.
fn journald_export(text: &str) -> Option<Unwrapped<'_>> {
    if !EXPORT_KEYS.iter().any(|key| text.as_bytes().starts_with(key)) {
        return None;
    }
    let named = |name: &str| {
        text.split('\n').find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).filter(|value| !value.is_empty())
    };
    // The length is eight bytes, mostly zeros.
    let counted =
        || text.split_once("\nMESSAGE\n").map(|(_, rest)| rest.trim_start_matches(|c: char| c.is_control() || c == '\u{fffd}'));
    Some(Unwrapped {
        text: Cow::Borrowed(named("MESSAGE").or_else(counted)?),
        stamp: named("__REALTIME_TIMESTAMP").and_then(timestamp::whole),
        host: named("_HOSTNAME").map(str::to_owned),
        service: named("SYSLOG_IDENTIFIER").or_else(|| named("_SYSTEMD_UNIT")).map(str::to_owned),
    })
}

/// Fluent Bit's `tag: [1787400000.123456789, {…}]`, and `[0] tag: [[1787400000.123456789, {}], {"log"=>"…"}]`.
fn fluent_bit(line: &str) -> Option<Unwrapped<'_>> {
    let list = line.trim_end().strip_suffix(']')?;
    let (_, list) = list.split_once(": [")?;
    let list = list.strip_prefix('[').unwrap_or(list);
    let (time, rest) = list.split_once(", ")?;
    let stamp = timestamp::epoch(time)?;
    let object = rest.split_once("}], ").map_or(rest, |(_, object)| object);
    let json = object.replace("\"=>", "\":");
    let value: Value = serde_json::from_str(&json).ok()?;
    let text = ["log", "message", "msg"].iter().find_map(|name| value.get(name)?.as_str().map(str::to_owned));
    let named = |path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
    Some(Unwrapped {
        text: Cow::Owned(text.unwrap_or(json)),
        stamp: Some(stamp),
        host: named("/kubernetes/pod_name"),
        service: named("/kubernetes/container_name"),
    })
}

fn cri(line: &str) -> Option<Unwrapped<'_>> {
    let inner = cri_inside(line.as_bytes())?;
    let text = line.get(line.len() - inner.len()..)?;
    let (stamp, _) = timestamp::leading(line)?;
    Some(Unwrapped { text: Cow::Borrowed(text), stamp: Some(stamp), ..Unwrapped::default() })
}

/// A time stamp put before a line that has its own beginning (`docker logs -t`, `CloudWatch` exports).
fn stamped(line: &str) -> Option<Unwrapped<'_>> {
    let (stamp, rest) = timestamp::leading(line)?;
    let rest = rest.strip_prefix([' ', '\t'])?;
    let structured = rest.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(rest).is_ok();
    let own_head =
        stamp.offset.is_some() && (timestamp::leading(rest).is_some_and(|(own, _)| own.dated) || rest.starts_with("time="));
    (structured || own_head).then(|| Unwrapped { text: Cow::Borrowed(rest), stamp: Some(stamp), ..Unwrapped::default() })
}

fn with_priority(line: &str) -> Option<Unwrapped<'_>> {
    let end = line.get(..6).unwrap_or(line).find('>')?;
    let priority = line.get(1..end)?;
    if priority.is_empty() || !priority.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let rest = line.get(end + 1..)?;
    rest.strip_prefix("1 ")
        .and_then(rfc5424)
        .or_else(|| syslog(rest))
        .or(Some(Unwrapped { text: Cow::Borrowed(rest), ..Unwrapped::default() }))
}

/// `2026-08-22T12:00:00.123456Z web01 api 1234 - [meta requestId="0c1f"] text`.
fn rfc5424(rest: &str) -> Option<Unwrapped<'_>> {
    let (time, rest) = rest.split_once(' ')?;
    let (host, rest) = rest.split_once(' ')?;
    let (app, rest) = rest.split_once(' ')?;
    let (_pid, rest) = rest.split_once(' ')?;
    let (_message_id, rest) = rest.split_once(' ')?;
    let known = |text: &str| (text != "-").then(|| text.to_owned());
    // Structured data stays: its pairs are fields like any other.
    let text = rest.strip_prefix("- ").unwrap_or(rest);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Some(Unwrapped { text: Cow::Borrowed(text), stamp: timestamp::whole(time), host: known(host), service: known(app) })
}

fn syslog(line: &str) -> Option<Unwrapped<'_>> {
    let inner = syslog_inside(line.as_bytes())?;
    let (stamp, _) = timestamp::leading(line)?;
    let text = line.get(line.len() - inner.len()..)?;
    let header = line.get(16..line.len() - inner.len())?;
    let (host, tag) = header.split_once(' ')?;
    let tag = tag.split(['[', ':']).next().unwrap_or(tag);
    Some(Unwrapped { text: Cow::Borrowed(text), stamp: Some(stamp), host: Some(host.to_owned()), service: Some(tag.to_owned()) })
}

fn prefixed(line: &str) -> Option<Unwrapped<'_>> {
    let inner = prefix_inside(line.as_bytes())?;
    let text = line.get(line.len() - inner.len()..)?;
    let prefix = line.get(..line.len() - inner.len())?;
    let name = prefix.trim_matches(['[', ']', ' ', '|']);
    let service = name.rsplit('/').next().unwrap_or(name);
    Some(Unwrapped { text: Cow::Borrowed(text), service: Some(service.to_owned()), ..Unwrapped::default() })
}

/// The text without terminal colours and other escape sequences.
pub(super) fn without_ansi(text: &str) -> Cow<'_, str> {
    if memchr(0x1b, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            plain.push(c);
        } else if chars.next_if_eq(&'[').is_some() {
            while chars.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrapper_comes_off_and_keeps_what_it_knows() {
        for (record, text, service) in [
            (
                "{\"log\":\"jwt expired\\n\",\"stream\":\"stdout\",\"time\":\"2026-08-22T12:00:00.123456789Z\"}",
                "jwt expired",
                None,
            ),
            ("2026-08-22T12:00:00.123456789Z stdout F {\"msg\":\"jwt expired\"}", "{\"msg\":\"jwt expired\"}", None),
            ("<36>Aug 22 12:00:00 web01 api[1234]: jwt expired", "jwt expired", Some("api")),
            ("Aug 22 12:00:00 web01 api[1234]: jwt expired", "jwt expired", Some("api")),
            ("<36>1 2026-08-22T12:00:00.123456Z web01 api 1234 - - jwt expired", "jwt expired", Some("api")),
            ("api-1  | jwt expired", "jwt expired", Some("api-1")),
            ("[pod/orders-7c9d/orders] jwt expired", "jwt expired", Some("orders")),
            ("2026-08-22T12:00:00.123Z {\"msg\":\"x\"}", "{\"msg\":\"x\"}", None),
            (
                "{\"MESSAGE\":\"jwt expired\",\"__REALTIME_TIMESTAMP\":\"1787400000123456\",\"SYSLOG_IDENTIFIER\":\"api\"}",
                "jwt expired",
                Some("api"),
            ),
            ("app.orders: [1787400000.123456789, {\"log\":\"jwt expired\"}]", "jwt expired", None),
            ("[0] app: [[1787400000.123456789, {}], {\"log\"=>\"jwt expired\", \"stream\"=>\"stderr\"}]", "jwt expired", None),
            (
                "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1787400000123456\nSYSLOG_IDENTIFIER=api\nMESSAGE=jwt expired",
                "jwt expired",
                Some("api"),
            ),
            ("\u{1b}[31mjwt\u{1b}[0m expired", "jwt expired", None),
        ] {
            let unwrapped = unwrap(record);
            assert_eq!((&*unwrapped.text, unwrapped.service.as_deref()), (text, service), "{record}");
        }
    }

    #[test]
    fn wrappers_come_off_one_another_and_off_every_line() {
        let record = "{\"log\":\"2026-08-22T12:00:00Z stdout F Aug 22 12:00:00 web01 api[1]: jwt expired\\n\",\"stream\":\"stdout\",\"time\":\"2026-08-22T12:00:00Z\"}";
        assert_eq!(unwrap(record).text, "jwt expired");
        let record = "Aug 22 12:00:00 web01 api[1]: boom\nAug 22 12:00:00 web01 api[1]:   at x";
        assert_eq!(unwrap(record).text, "boom\n  at x");
    }

    #[test]
    fn what_is_no_wrapper_stays() {
        for record in ["2026-08-22 12:00:00 ERROR x", "plain text", "{\"log\":{\"level\":\"WARN\"},\"message\":\"x\"}", "a | b"] {
            assert_eq!(unwrap(record).text, record);
        }
    }
}
