//! The request that a text names, and what answers it: `GET /orders`, its status, its id.

use memchr::{memchr_iter, memmem};

use crate::layout::fields::Fields;
use crate::layout::role::METHODS;

/// A request as a line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request<'r> {
    /// The verb, in capitals.
    pub(super) method: &'r str,
    /// The target with its query.
    pub(super) path: &'r str,
    /// The status that stands beside it.
    pub(super) status: Option<&'r str>,
}

impl<'r> Request<'r> {
    /// Reads `GET /orders HTTP/1.1`; a target with spaces is taken whole.
    pub(super) fn of_line(line: &'r str, status: &'r str) -> Option<Self> {
        let (method, target) = line.trim().split_once(' ')?;
        if method.is_empty() || method.len() > 20 || !method.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') {
            return None;
        }
        let path = target.rsplit_once(" HTTP/").map_or(target, |(path, _)| path).trim();
        Some(Self { method, path, status: Some(status) })
    }

    /// Adds what the request names.
    pub(super) fn push(&self, fields: &mut Fields<'r>) {
        fields.push("method", self.method);
        fields.push("path", self.path);
        fields.push("status", self.status.unwrap_or_default());
    }

    /// `GET /orders 401`, as the message of an access log.
    pub(super) fn summary(&self) -> String {
        format!("{} {} {}", self.method, self.path, self.status.unwrap_or("-"))
    }
}

/// The first request that a text names, `GET /path`, with the status right after it if there is one.
pub(super) fn request_in(text: &str) -> Option<Request<'_>> {
    let bytes = text.as_bytes();
    // Before its path there is a blank or a quote: most texts have none such, and need not be gone through.
    if !memchr_iter(b'/', bytes).any(|at| at > 0 && matches!(bytes[at - 1], b' ' | b'"')) {
        return flask_request(text);
    }
    let mut at_boundary = true;
    for (at, b) in bytes.iter().enumerate() {
        if at_boundary
            && b.is_ascii_uppercase()
            && let Some(request) = text.get(at..).and_then(request_at)
        {
            return Some(request);
        }
        at_boundary = !b.is_ascii_alphanumeric() && !matches!(b, b'_' | b'-');
    }
    flask_request(text)
}

/// Django's `Unauthorized: /accounts/me/`: a status in words and the path it was given for.
pub(super) fn phrase_and_path(text: &str) -> Option<(&'static str, &str)> {
    let end = memmem::find(text.as_bytes(), b": /")?;
    let (phrase, rest) = (text.get(..end)?, text.get(end + 3..)?);
    let status = match phrase {
        "Bad Request" => "400",
        "Unauthorized" => "401",
        "Forbidden" => "403",
        "Not Found" => "404",
        "Internal Server Error" => "500",
        "Service Unavailable" => "503",
        _ => return None,
    };
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let path = text.get(phrase.len() + 2..phrase.len() + 3 + end)?;
    Some((status, path))
}

fn request_at(text: &str) -> Option<Request<'_>> {
    let method = METHODS.into_iter().find_map(|method| text.strip_prefix(method).map(|rest| (method, rest)));
    let (method, rest) = method?;
    let rest = rest.strip_prefix(' ')?.trim_start_matches(['"', ' ']);
    if !rest.starts_with('/') {
        return None;
    }
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`')).unwrap_or(rest.len());
    let (path, after) = rest.split_at_checked(end)?;
    let path = path.trim_end_matches([':', ',', ';', ')', ']', '.']);
    Some(Request { method, path, status: status_after(after) })
}

/// The status in ` HTTP/1.1" 401`, ` 401:`, ` status 401`, ` -> 401`.
pub(super) fn status_after(text: &str) -> Option<&str> {
    let rest = text.trim_start();
    let rest =
        rest.strip_prefix("HTTP/").map_or(rest, |version| version.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'));
    let rest = rest.trim_start_matches(['"', '\'', ' ', '-', '=', '>', ':']);
    let rest = rest.strip_prefix("status").unwrap_or(rest).trim_start_matches([' ', '=', ':']);
    let (status, after) = rest.split_at_checked(3)?;
    let whole = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let numeric = status.starts_with(['1', '2', '3', '4', '5']) && status.bytes().all(|b| b.is_ascii_digit());
    // A sentence's stop is no decimal point.
    let whole = whole || after == "." || after.starts_with(". ");
    (numeric && whole).then_some(status)
}

/// What Flask writes before the path of a request that failed.
const EXCEPTION_ON: &str = "Exception on ";

/// Flask's own words: `Exception on /billing/invoices [GET]`.
fn flask_request(text: &str) -> Option<Request<'_>> {
    let rest = text.get(memmem::find(text.as_bytes(), EXCEPTION_ON.as_bytes())? + EXCEPTION_ON.len()..)?;
    let (path, rest) = rest.split_once(" [")?;
    let (method, _) = rest.split_once(']')?;
    let method = METHODS.into_iter().find(|known| *known == method)?;
    path.starts_with('/').then_some(Request { method, path, status: None })
}

/// Whether a word is a status.
pub(super) fn is_status(word: &str) -> bool {
    word.len() == 3 && word.starts_with(['1', '2', '3', '4', '5']) && word.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_found_in_a_sentence() {
        for (text, expected) in [
            ("rejected GET /a/: User not found", Some(("GET", "/a/", None))),
            ("\"POST /x?a=1 HTTP/1.1\" 401 12", Some(("POST", "/x?a=1", Some("401")))),
            ("HTTP response 65dd: GET /api/users/current status 401", Some(("GET", "/api/users/current", Some("401")))),
            ("BUDGET /x and GET x", None),
            ("GET /x 4012", Some(("GET", "/x", None))),
        ] {
            assert_eq!(request_in(text).map(|request| (request.method, request.path, request.status)), expected, "{text}");
        }
    }
}
