//! Any text, without a time.

use std::borrow::Cow;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::message::entry;
use crate::layout::nginx_error::split_trailer;
use crate::literal::Literal;

/// `plain`: any text, without a time.
pub(super) struct Bare;

impl Layout for Bare {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        static SERVER: Literal = Literal::new(", server: ");
        let record = record.trim();
        if record.is_empty() {
            return None;
        }
        let mut fields = Fields::default();
        if SERVER.is_in(record) {
            split_trailer(record, &mut fields);
        }
        let entry = entry("plain", None, None, record, fields);
        Some(Entry { message: Cow::Borrowed(record), ..entry })
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: "UnauthorizedError: invalid signature\n    at new UnauthorizedError",
        time: None,
        level: None,
        message: "UnauthorizedError: invalid signature\n    at new UnauthorizedError",
        fields: &[],
    },
    Sample {
        record: r#"*1 jwt_verify: error on decode, client: 192.168.1.60, server: , request: "GET / HTTP/1.1", host: "h""#,
        time: None,
        level: None,
        message: r#"*1 jwt_verify: error on decode, client: 192.168.1.60, server: , request: "GET / HTTP/1.1", host: "h""#,
        fields: &[("client_ip", "192.168.1.60")],
    },
];
