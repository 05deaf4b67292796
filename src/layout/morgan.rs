//! The tiny, dev and short layouts of Express' access log, which have no time.

use std::borrow::Cow;

use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, space1};
use nom::combinator::{opt, rest, verify};
use nom::sequence::{preceded, terminated};

use crate::layout::address::plain_ip;
use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::lines::first_line;
use crate::layout::parsers::{complete, status, word};
use crate::layout::request::Request;
use crate::layout::role::METHODS;

/// `morgan`: the tiny, dev and short layouts of Express' access log, which have no time.
pub(super) struct Morgan;

impl Layout for Morgan {
    fn name(&self) -> &'static str {
        "morgan"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let client =
            (terminated(verify(word, |client: &str| client.contains(['.', ':'])), char(' ')), terminated(word, char(' ')));
        let verb = verify(take_while1(|c: char| c.is_ascii_uppercase()), |verb: &str| METHODS.contains(&verb));
        let protocol = preceded(tag(" HTTP/"), word);
        let head =
            (opt(client), terminated(verb, char(' ')), word, opt(protocol), preceded(space1, status), preceded(space1, rest));
        let (_, (client, method, path, _, status, tail)) = complete(head, first_line(record.trim()))?;
        if !tail.contains(" ms") {
            return None;
        }
        let mut fields = Fields::default();
        if let Some((client, user)) = client {
            fields.push("client_ip", plain_ip(client));
            fields.push("username", user);
        }
        let before = tail.split(" ms").next().unwrap_or_default();
        fields.push("duration_ms", before.rsplit(' ').next().unwrap_or_default());
        let request = Request { method, path, status: Some(status) };
        request.push(&mut fields);
        Some(Entry { format: "morgan", stamp: None, level: None, message: Cow::Owned(request.summary()), fields })
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: "GET /api/orders 401 729 - 2.659 ms",
        time: None,
        level: None,
        message: "GET /api/orders 401",
        fields: &[("duration_ms", "2.659")],
    },
    Sample {
        record: "203.0.113.24 - GET /api/orders HTTP/1.1 401 729 - 2.659 ms",
        time: None,
        level: None,
        message: "GET /api/orders 401",
        fields: &[("client_ip", "203.0.113.24")],
    },
];
