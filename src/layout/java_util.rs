//! `java.util.logging`: time, class and method on one line, level and message on the next.

use memchr::{memmem, memrchr};

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::head::head;
use crate::layout::message::entry;
use crate::layout::timestamp;

/// How many lines that begin with a level are asked what stands before them.
const LOOKED_AT: usize = 20;

/// `java-util`: the two lines of `java.util.logging`'s simple formatter.
pub(super) struct JavaUtil;

impl Layout for JavaUtil {
    fn name(&self) -> &'static str {
        "java-util"
    }

    fn is_seen_in(&self, beginning: &[u8]) -> bool {
        let headed = |at: usize| {
            let start = memrchr(b'\n', &beginning[..at]).map_or(0, |before| before + 1);
            std::str::from_utf8(&beginning[start..at]).is_ok_and(|line| is_header(line.trim_end()))
        };
        LEVELS.iter().any(|level| memmem::find_iter(beginning, level).take(LOOKED_AT).any(headed))
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

/// What the second line begins with, after the first's end.
const LEVELS: [&[u8]; 7] = [b"\nSEVERE: ", b"\nWARNING: ", b"\nINFO: ", b"\nCONFIG: ", b"\nFINE: ", b"\nFINER: ", b"\nFINEST: "];

fn begins_with_level(line: &[u8]) -> bool {
    LEVELS.iter().any(|level| line.starts_with(&level[1..]))
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
