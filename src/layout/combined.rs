//! The common and combined layouts of Apache and nginx, gunicorn and werkzeug: `client ident user [time] "request" 401`.

use memchr::{memchr, memmem};
use nom::Parser;
use nom::bytes::complete::take_until;
use nom::character::complete::{char, space0, space1};
use nom::sequence::preceded;

use crate::layout::access::entry;
use crate::layout::address::plain_ip;
use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::head::basic;
use crate::layout::key_values;
use crate::layout::lines::first_line;
use crate::layout::parsers::{bracketed_stamp, complete, quoted, status};

/// `combined`: the common and combined layouts of Apache and nginx, gunicorn and werkzeug, with a virtual host
/// before and anything after.
pub(super) struct Combined;

impl Layout for Combined {
    fn name(&self) -> &'static str {
        "combined"
    }

    /// The three fields before the time: `host ident user [`.
    #[inline]
    fn is_head(&self, line: &[u8]) -> bool {
        // With these no host begins.
        !matches!(line.first(), None | Some(b'{' | b'[' | b'<' | b'#' | b'|' | b'*' | b'"')) && begins_with_host_and_user(line)
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let line = first_line(record.trim_start());
        let line = basic(line).map_or(line, |(_, _, message)| message);
        let mut fields = Fields::default();
        let (input, peers) = take_until::<_, _, nom::error::Error<_>>(" [").parse(line).ok()?;
        let head = (preceded(char(' '), bracketed_stamp), preceded(space1, quoted), preceded(space1, status));
        let (tail, (stamp, request, status)) = complete(head, input)?;
        push_peers(peers, &mut fields)?;
        if tail.starts_with(|c: char| !c.is_whitespace()) {
            return None;
        }
        push_tail(tail, &mut fields);
        Some(entry("combined", Some(stamp), request, status, fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

fn begins_with_host_and_user(line: &[u8]) -> bool {
    begins_with_day_in_brackets(line)
        || memmem::find(line, b" - - [").is_some_and(|at| at < 120)
        || memmem::find(line, b" - ").is_some_and(|at| at < 64 && memchr(b'[', &line[at..]).is_some_and(|n| n < 64))
}

/// `[22/Aug/2026:` within what can be a host, a client and a user.
fn begins_with_day_in_brackets(line: &[u8]) -> bool {
    let head = line.get(..128).unwrap_or(line);
    memchr(b'[', head).is_some_and(|at| {
        matches!(head.get(at + 1..), Some([b'0'..=b'3', b'0'..=b'9', b'/', b'A'..=b'Z', _, _, b'/', b'0'..=b'9', ..]))
    })
}

/// What stands before the time: `client ident user`, with a virtual host or further proxies around the client.
fn push_peers<'r>(peers: &'r str, fields: &mut Fields<'r>) -> Option<()> {
    let mut words = peers.split_whitespace();
    let [first, second, third, fourth, fifth] = std::array::from_fn(|_| words.next());
    let (client, user) = match (first?, second?, third?, fourth, fifth) {
        (client, _, user, None, _) => (client, user),
        (client, _, _, Some(user), None) if client.ends_with(',') => (client.trim_end_matches(','), user),
        (vhost, client, _, Some(user), None) => {
            fields.push("vhost", vhost);
            (client, user)
        }
        _ => return None,
    };
    fields.push("client_ip", plain_ip(client));
    fields.push("username", user);
    Some(())
}

/// What follows the status: size, referrer, agent, and whatever the site added.
fn push_tail<'r>(tail: &'r str, fields: &mut Fields<'r>) {
    let tail = tail.trim_start();
    let size = tail.find(char::is_whitespace).unwrap_or(tail.len());
    let (size, mut rest) = tail.split_at_checked(size).unwrap_or((tail, ""));
    if size == "-" || size.bytes().all(|b| b.is_ascii_digit()) {
        fields.push("bytes", size);
    } else {
        rest = tail;
    }
    for name in ["referrer", "user_agent", "xff"] {
        let Some((after, value)) = complete(preceded(space0, quoted), rest) else { break };
        // nginx's own `main` layout has the forwarded addresses third; others have anything there.
        if name != "xff" || value.starts_with(|c: char| c.is_ascii_hexdigit()) {
            fields.push(name, value);
        }
        rest = after;
    }
    // ingress-nginx and APISIX end their lines with the request's id.
    let last = rest.split_whitespace().next_back().map(|last| last.trim_matches('"'));
    if let Some(id) = last.filter(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())) {
        fields.push("request_id", id);
    }
    key_values::pairs(rest, fields);
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: r#"203.0.113.24 - - [22/Aug/2026:12:00:00 +0000] "GET /api/orders?a=1 HTTP/1.1" 401 172 "-" "curl/8.5.0""#,
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "GET /api/orders?a=1 401",
        fields: &[("client_ip", "203.0.113.24"), ("user_agent", "curl/8.5.0"), ("path", "/api/orders?a=1")],
    },
    Sample {
        record: r#"127.0.0.1 - ann [23/Nov/2026:13:12:23 +0100] "GET /me/ HTTP/1.1" 401 51 "-" "shop-ios/7.4.1" rid=c33cdfe9 xff=198.51.100.116 0.003595"#,
        time: Some("2026-11-23T12:12:23Z"),
        level: None,
        message: "GET /me/ 401",
        fields: &[("rid", "c33cdfe9"), ("xff", "198.51.100.116"), ("username", "ann")],
    },
    Sample {
        record: r#"203.0.113.24 - - [22/Aug/2026 12:00:00] "GET /a HTTP/1.1" 401 -"#,
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "GET /a 401",
        fields: &[("status", "401")],
    },
    Sample {
        record: r#"INFO:werkzeug:203.0.113.24 - - [22/Aug/2026 12:00:00] "GET /a HTTP/1.1" 401 -"#,
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "GET /a 401",
        fields: &[("client_ip", "203.0.113.24")],
    },
    Sample {
        record: r#"api.shop:443 ::ffff:203.0.113.24 - - [22/Aug/2026:12:00:00 +0000] "GET /a HTTP/1.1" 401 2 "https://x/" "a \"b\"" "192.0.2.7, 10.0.0.1""#,
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "GET /a 401",
        fields: &[
            ("vhost", "api.shop:443"),
            ("client_ip", "203.0.113.24"),
            ("referrer", "https://x/"),
            ("xff", "192.0.2.7, 10.0.0.1"),
        ],
    },
    Sample {
        record: r#"203.0.113.24 - - [22/Aug/2026:12:00:00 +0000] "-" 408 0 "-" "-""#,
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "- 408",
        fields: &[("status", "408")],
    },
    Sample {
        record: r#"203.0.113.24 - - [22/Aug/2026:12:00:00 +0000] "GET /x HTTP/1.1" 401 172 "-" "curl/8.5.0" 80 0.004 [default-orders-80] [] 10.0.0.1:80 12 0.004 401 0123456789abcdef0123456789abcdef"#,
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "GET /x 401",
        fields: &[("request_id", "0123456789abcdef0123456789abcdef")],
    },
];
