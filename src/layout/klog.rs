//! The text of Kubernetes' klog and of glog.

use nom::bytes::complete::take_till1;
use nom::character::complete::{char, digit1, space1};
use nom::sequence::terminated;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::message::entry;
use crate::layout::parsers::{complete, stamp};

/// `klog`: `E0822 12:00:00.123456       1 authentication.go:73] "text" err="..."`.
pub(super) struct Klog;

impl Layout for Klog {
    fn name(&self) -> &'static str {
        "klog"
    }

    /// `E0822 `.
    #[inline]
    fn is_head(&self, line: &[u8]) -> bool {
        let [b'I' | b'W' | b'E' | b'F', date @ ..] = line else { return false };
        date.get(4) == Some(&b' ') && date[..4].iter().all(u8::is_ascii_digit)
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let record = record.trim();
        let level = match record.as_bytes() {
            [b'I', b'0' | b'1', ..] => "info",
            [b'W', b'0' | b'1', ..] => "warning",
            [b'E', b'0' | b'1', ..] => "error",
            [b'F', b'0' | b'1', ..] => "fatal",
            _ => return None,
        };
        let caller = take_till1(|c: char| c.is_whitespace() || c == ']');
        let head = (terminated(stamp, space1), terminated(digit1, space1), terminated(caller, char(']')));
        let (text, (stamp, _, caller)) = complete(head, record)?;
        let mut fields = Fields::default();
        fields.push("caller", caller);
        Some(entry("klog", Some(stamp), Some(level), text, fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

static SAMPLES: &[Sample] = &[Sample {
    record: r#"E0822 12:00:00.123456       1 authentication.go:73] "Unable to authenticate the request" err="[invalid bearer token, oidc: token is expired]""#,
    time: Some("2026-08-22T12:00:00.123456Z"),
    level: Some("error"),
    message: r#""Unable to authenticate the request" err="[invalid bearer token, oidc: token is expired]""#,
    fields: &[("err", "[invalid bearer token, oidc: token is expired]"), ("caller", "authentication.go:73")],
}];
