//! The console text of Spring Boot 2 and 3, with Sleuth's or Micrometer's correlation.

use nom::bytes::complete::tag;
use nom::character::complete::{char, digit1, space0, space1};
use nom::combinator::opt;
use nom::multi::many0;
use nom::sequence::terminated;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::message::entry;
use crate::layout::parsers::{complete, group, level, stamp, word};

/// `spring-boot`: the console text of Spring Boot 2 and 3, with Sleuth's or Micrometer's correlation.
pub(super) struct SpringBoot;

impl Layout for SpringBoot {
    fn name(&self) -> &'static str {
        "spring-boot"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let pid = opt(terminated(digit1, space1));
        let head = (
            (terminated(stamp, space1), opt(terminated(stamp, space1))),
            terminated(level, space1),
            opt(terminated(group, space1)),
            terminated(pid, (tag("---"), space1)),
            many0(terminated(group, space1)),
            terminated(word, (space0, char(':'))),
        );
        let (text, ((before, own), level, mdc, pid, groups, logger)) = complete(head, record.trim())?;
        let stamp = own.unwrap_or(before);
        let mut fields = Fields::default();
        fields.push("pid", pid.unwrap_or_default());
        push_correlation(mdc.unwrap_or_default(), &mut fields);
        push_groups(&groups, &mut fields);
        fields.push("logger", logger);
        Some(entry("spring-boot", Some(stamp), Some(level), text, fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

/// `[app] [thread] [correlation]`, of which only the thread is always there.
fn push_groups<'r>(groups: &[&'r str], fields: &mut Fields<'r>) {
    let is_correlation = |group: &str| {
        group.trim().is_empty()
            || (group.contains('-') && group.len() >= 33 && group.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'))
    };
    let (correlation, named): (Vec<&str>, Vec<&str>) = groups.iter().partition(|group| is_correlation(group));
    match named.as_slice() {
        [app, thread, others @ ..] => {
            fields.push("app", *app);
            fields.push("thread", thread.trim());
            for group in others {
                push_correlation(group, fields);
            }
        }
        [thread] => fields.push("thread", thread.trim()),
        [] => {}
    }
    for group in correlation {
        push_correlation(group, fields);
    }
}

/// `traceId-spanId`, or Sleuth's `app,traceId,spanId`.
fn push_correlation<'r>(group: &'r str, fields: &mut Fields<'r>) {
    if let Some((app, ids)) = group.split_once(',') {
        let mut ids = ids.split(',');
        fields.push("app", app);
        fields.push("trace_id", ids.next().unwrap_or_default());
        fields.push("span_id", ids.next().unwrap_or_default());
    } else if let Some((trace, span)) = group.trim().split_once('-') {
        fields.push("trace_id", trace);
        fields.push("span_id", span);
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: "2026-08-22T12:00:00.123Z  WARN 1 --- [orders] [nio-8080-exec-3] [4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7] c.e.auth.JwtFilter                       : JWT rejected: Expired JWT",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("WARN"),
        message: "JWT rejected: Expired JWT",
        fields: &[
            ("app", "orders"),
            ("thread", "nio-8080-exec-3"),
            ("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"),
            ("logger", "c.e.auth.JwtFilter"),
        ],
    },
    Sample {
        record: "2026-08-22 12:00:00.123  WARN [orders,4bf92f3577b34da6,00f067aa0ba902b7] 1 --- [nio-8080-exec-3] c.e.auth.JwtFilter                       : JWT rejected: Expired JWT",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("WARN"),
        message: "JWT rejected: Expired JWT",
        fields: &[("app", "orders"), ("trace_id", "4bf92f3577b34da6"), ("thread", "nio-8080-exec-3")],
    },
    Sample {
        record: "2025-04-18 07:57:03 2025-04-18T05:57:03.067  INFO --- [et.reactor-0] localstack.request.aws     : AWS => 200",
        time: Some("2025-04-18T05:57:03.067Z"),
        level: Some("INFO"),
        message: "AWS => 200",
        fields: &[],
    },
];
