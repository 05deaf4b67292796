//! `java.util.logging`: time, class and method on one line, level and message on the next.

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::head::head;
use crate::layout::message::entry;
use crate::layout::timestamp;

/// How many lines of a stream are looked at for its headers.
const LOOKED_AT: usize = 400;

/// `java-util`: the two lines of `java.util.logging`'s simple formatter.
pub(super) struct JavaUtil;

impl Layout for JavaUtil {
    fn name(&self) -> &'static str {
        "java-util"
    }

    fn is_seen_in(&self, beginning: &[u8]) -> bool {
        let mut lines = beginning.split(|b| *b == b'\n').take(LOOKED_AT).peekable();
        while let Some(line) = lines.next() {
            if lines.peek().is_some_and(|next| begins_with_level(next)) && std::str::from_utf8(line).is_ok_and(is_header) {
                return true;
            }
        }
        false
    }

    fn continues_despite_head(&self, line: &[u8]) -> bool {
        begins_with_level(line)
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let (first, rest) = record.trim_start().split_once('\n')?;
        if !begins_with_level(rest.as_bytes()) || !is_header(first) {
            return None;
        }
        let head = head(record)?;
        Some(entry("java-util", head.stamp, head.level, head.body, head.fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

fn begins_with_level(line: &[u8]) -> bool {
    [&b"SEVERE: "[..], b"WARNING: ", b"INFO: ", b"CONFIG: ", b"FINE: ", b"FINER: ", b"FINEST: "]
        .iter()
        .any(|level| line.starts_with(level))
}

/// A time, and at most the names of a class and a method.
fn is_header(line: &str) -> bool {
    let rest = timestamp::leading(line).map(|(_, rest)| rest.split_whitespace());
    rest.is_some_and(|mut words| words.next().is_some_and(|class| !class.ends_with(':')) && words.count() <= 1)
}

static SAMPLES: &[Sample] = &[Sample {
    record: "Aug 22, 2026 1:00:03 PM com.acme.auth.JwtFilter doFilter\nWARNING: JWT rejected: token expired sub=u1\n\tat x.y(Z.java:1)",
    time: Some("2026-08-22T13:00:03Z"),
    level: Some("WARNING"),
    message: "JWT rejected: token expired sub=u1\n\tat x.y(Z.java:1)",
    fields: &[("sub", "u1")],
}];
