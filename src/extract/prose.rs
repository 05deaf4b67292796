//! Reads the id and the client of a request from running text, where no field has them.

use std::sync::LazyLock;

use regex::Regex;

/// How much of a text is searched, in bytes.
const WINDOW: usize = 16 << 10;

/// What an id is named after.
const ID_OF: [&str; 4] = ["request", "correlation", "req", "error"];

/// `Correlation ID: …`, `request id 3714365f-…`, `requestID: …`, `<RequestId>…`.
static NAMED_ID: LazyLock<Regex> = LazyLock::new(|| {
    let names = ID_OF.join("|");
    let pattern = [
        r"(?i-u)(?:\b|_)(?:x-?)?(?:amzn-?|aws[- ]?)?(?:",
        &names,
        r#")[-_ ]?(?:uu)?id\\?["']?(?:\s*[:=>]\s*|\s+)\\?["']?([0-9a-z][0-9a-z._-]{7,63})\b"#,
    ];
    Regex::new(&pattern.concat()).expect("a constant pattern compiles")
});

/// A UUID that stands alone in brackets or between bars at the beginning of what is said, or the 32 digits at the end of
/// a gateway's line.
static LONE_ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^.{0,100}?(?:\[|\| ?|(?-u:\b)(?:ERR!|ERROR|WARN|INFO):? )",
        r"([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})(?:\]| )",
        r#"|[\t ]"?([0-9a-f]{32})"?$"#,
    ))
    .expect("a constant pattern compiles")
});

/// `from 10.0.0.1`, `from=[::1]:53544`, `client: …`, `src_ip=…`, and Java's `[/10.0.0.1:35074]`.
static CLIENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)(?:(?-u:\b)(?:from|client|src|source|remote|peer|caller|request for|(?:get|post|put|delete|patch) "[^"\s]*" for)"#,
        r#"[-_ ]?(?:ip|addr(?:ess)?|host)?\\?["']?(?:(?-u:\s)*[:=](?-u:\s)*|(?-u:\s)+)\\?["']?[\[(/]{0,2}|\[/|^)"#,
        r"((?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})(?:$|[^0-9A-Za-z_.]|\.(?-u:\s))",
    ))
    .expect("a constant pattern compiles")
});

fn window(text: &str) -> &str {
    &text[..text.floor_char_boundary(WINDOW)]
}

/// The id of the request that the text is about.
pub fn request_id(text: &str) -> Option<&str> {
    let text = window(text);
    let found = |pattern: &Regex| {
        let mut ids = pattern.captures_iter(text).filter_map(|groups| groups.get(1).or(groups.get(2))).map(|id| id.as_str());
        ids.find(|id| id.bytes().any(|b| b.is_ascii_digit()))
    };
    let named = names_an_id(text.as_bytes()).then(|| found(&NAMED_ID)).flatten();
    named.or_else(|| holds_long_id(text.as_bytes()).then(|| found(&LONE_ID)).flatten())
}

/// Whether one of the names that [`NAMED_ID`] knows may be in a text: a check that costs less than the pattern.
fn names_an_id(text: &[u8]) -> bool {
    memchr::memchr2_iter(b'd', b'D', text).any(|d| {
        let Some(before) = d.checked_sub(1).filter(|i| matches!(text[*i], b'i' | b'I')) else { return false };
        let name = |end: usize| {
            let end = if end > 0 && matches!(text[end - 1], b'-' | b'_' | b' ') { end - 1 } else { end };
            ID_OF.iter().any(|name| end >= name.len() && text[end - name.len()..end].eq_ignore_ascii_case(name.as_bytes()))
        };
        let uu = before >= 2 && text[before - 2..before].eq_ignore_ascii_case(b"uu");
        name(before) || (uu && name(before - 2))
    })
}

/// Whether a text may hold what [`LONE_ID`] looks for: a UUID after a bracket, a bar or a blank, or an end of many hex
/// digits.
fn holds_long_id(text: &[u8]) -> bool {
    let end = text.strip_suffix(b"\"").unwrap_or(text);
    let digits = end.len().checked_sub(32).is_some_and(|start| end[start..].iter().all(u8::is_ascii_hexdigit));
    let is_dash = |at: usize| text.get(at) == Some(&b'-');
    let apart = |at: usize| at.checked_sub(9).is_some_and(|before| matches!(text[before], b'[' | b'|' | b' '));
    digits || memchr::memchr_iter(b'-', text).any(|at| is_dash(at + 5) && is_dash(at + 10) && is_dash(at + 15) && apart(at))
}

/// The address of the client that the text names.
pub fn client(text: &str) -> Option<&str> {
    let text = window(text);
    if !holds_address(text.as_bytes()) {
        return None;
    }
    let address = |found: &str| found.parse::<std::net::IpAddr>().is_ok();
    CLIENT.captures_iter(text).filter_map(|found| found.get(1)).map(|found| found.as_str()).find(|found| address(found))
}

/// Whether an address may stand in a text: three dots with up to three digits around each, two colons in a row, or seven
/// with no more than four signs between them.
fn holds_address(text: &[u8]) -> bool {
    let is_digit = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_digit);
    // The sign before, where it stands, how many such signs go on from one to the next, and where the first of these stands.
    let (mut sign, mut last, mut chain, mut first) = (0, 0, 0, 0);
    memchr::memchr2_iter(b'.', b':', text).any(|at| {
        let between = text.get(last + 1..at).unwrap_or_default();
        let goes_on = chain > 0
            && sign == text[at]
            && match sign {
                b'.' => (1..=3).contains(&between.len()) && between.iter().all(u8::is_ascii_digit),
                _ => between.len() <= 4 && between.iter().all(u8::is_ascii_hexdigit),
            };
        (chain, first) = if goes_on { (chain + 1, first) } else { (1, at) };
        (sign, last) = (text[at], at);
        match sign {
            b'.' => chain >= 3 && is_digit(Some(at + 1)) && (chain > 3 || is_digit(first.checked_sub(1))),
            _ => chain >= 7 || (chain > 1 && between.is_empty()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_by_its_name_or_its_position() {
        for (text, id) in [
            ("status code: 400, request id: 3714365f-c50b-4cae-b958-917eb6a34b50", Some("3714365f-c50b-4cae-b958-917eb6a34b50")),
            ("Connection ID \"166\", Request ID \"80000006-0000-e700\": unhandled", Some("80000006-0000-e700")),
            ("ERRO [requestID: 65ddeda1-7b71, context: HTTP] refused", Some("65ddeda1-7b71")),
            ("<RequestId>b214072d-5c22-46e6</RequestId>", Some("b214072d-5c22-46e6")),
            ("12 web.1 | [9ccb41e3-ca85-4872-be1c-0485f506ece5] JWT::DecodeError", Some("9ccb41e3-ca85-4872-be1c-0485f506ece5")),
            ("the request identity is not known", None),
            ("missing request id header", None),
        ] {
            assert_eq!(request_id(text), id, "{text}");
        }
    }

    #[test]
    fn a_client_is_found_where_the_text_names_it() {
        for (text, address) in [
            ("request with invalid authentication from 192.0.2.1. Method: GET", Some("192.0.2.1")),
            ("method=GET from=127.0.0.1:53544 error=x", Some("127.0.0.1")),
            ("Started POST \"/oauth/token\" for 203.0.113.7 at 2019", Some("203.0.113.7")),
            ("ServerCnx - [/192.0.2.9:35074] Error trying to authenticate", Some("192.0.2.9")),
            ("failed: src_ip=10.0.2.2, reason: x", Some("10.0.2.2")),
            ("denied from [2001:db8::7]:443", Some("2001:db8::7")),
            ("upgraded from 1.2.3 to 1.2.4", None),
            ("dial tcp 10.0.0.1:5432: refused", None),
        ] {
            assert_eq!(client(text), address, "{text}");
        }
    }
}
