//! The console text of `WildFly` and Quarkus, in which Keycloak writes its events. Entries that are not Keycloak's are
//! called `jboss`.

use nom::Parser;
use nom::character::complete::space1;
use nom::combinator::{recognize, verify};
use nom::error::{Error, ErrorKind};
use nom::multi::many0;
use nom::sequence::terminated;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::key_values;
use crate::layout::lines::first_line;
use crate::layout::message::entry;
use crate::layout::parsers::{Parsed, complete, group, level, stamp, word};
use crate::literal::Literal;

/// `keycloak` and `jboss`: the console text of `WildFly` and Quarkus, in which Keycloak writes its events.
pub(super) struct Keycloak;

impl Layout for Keycloak {
    fn name(&self) -> &'static str {
        "keycloak"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        static TYPE: Literal = Literal::new("type=");
        let head = (terminated(stamp, space1), tracing, terminated(level, space1), tracing, terminated(group, space1), thread);
        let (text, (stamp, before, level, after, logger, thread)) = complete(head, record.trim())?;
        let mut fields = Fields::default();
        key_values::pairs(before, &mut fields);
        key_values::pairs(after, &mut fields);
        fields.push("logger", logger);
        fields.push("thread", thread);
        let event = TYPE.is_in(text) && text.contains("realmId=");
        let format = if event || logger.starts_with("org.keycloak") { "keycloak" } else { "jboss" };
        Some(entry(format, Some(stamp), Some(level), text, fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

/// `traceId=.., parentId=.., spanId=.., sampled=true ` of Quarkus' tracing, or nothing.
fn tracing(input: &str) -> Parsed<'_, &str> {
    let pair = terminated(verify(word, |word: &str| word.contains('=')), space1);
    recognize(many0(pair)).parse(input)
}

/// `(executor-thread-3)`, with brackets in it or not.
fn thread(input: &str) -> Parsed<'_, &str> {
    let mut depth = 0_usize;
    for (at, byte) in first_line(input).bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            let inner = input.get(1..at);
            if let (Some(inner), Some(rest)) = (inner, input.get(at + 1..)) {
                return Ok((rest, inner));
            }
            break;
        }
    }
    Err(nom::Err::Error(Error::new(input, ErrorKind::Char)))
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: r#"2026-11-23 12:00:00,123 WARN  [org.keycloak.events] (executor-thread-3) type="LOGIN_ERROR", realmId="r1", userId="u1", ipAddress="203.0.113.9", error="user_not_found""#,
        time: Some("2026-11-23T12:00:00.123Z"),
        level: Some("WARN"),
        message: r#"type="LOGIN_ERROR", realmId="r1", userId="u1", ipAddress="203.0.113.9", error="user_not_found""#,
        fields: &[("userId", "u1"), ("ipAddress", "203.0.113.9"), ("error", "user_not_found")],
    },
    Sample {
        record: "2026-11-23 12:00:00,123 traceId=4bf9, parentId=, spanId=00f0, sampled=true WARN  [org.keycloak.events] (executor-thread-3) type=LOGIN_ERROR, realmId=master, error=invalid_token",
        time: Some("2026-11-23T12:00:00.123Z"),
        level: Some("WARN"),
        message: "type=LOGIN_ERROR, realmId=master, error=invalid_token",
        fields: &[("traceId", "4bf9"), ("realmId", "master")],
    },
    Sample {
        record: "21:01:42,548 INFO  [stdout] (ServerService (x) Pool -- 64) started",
        time: Some("2026-11-23T21:01:42.548Z"),
        level: Some("INFO"),
        message: "started",
        fields: &[("thread", "ServerService (x) Pool -- 64")],
    },
    Sample {
        record: "2026-08-22 12:00:00,123 DEBUG [io.qua.MpJwtValidator] (executor-thread-1) Authentication failed: SRJWT07000: Failed to verify a token",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("DEBUG"),
        message: "Authentication failed: SRJWT07000: Failed to verify a token",
        fields: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keycloak_did_not_write_is_called_otherwise() {
        for sample in SAMPLES {
            let entry = Keycloak.parse(sample.record).unwrap();
            assert_eq!(entry.format == "keycloak", sample.record.contains("realmId"), "{}", sample.record);
        }
    }
}
