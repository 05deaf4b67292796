//! Access logs: one line a request, as web servers, proxies and frameworks write them.
//!
//! Every format here gives the same names (`client_ip`, `method`, `path`, `status`, ...), and as message the
//! request line with its status: `GET /orders 401`.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_until, take_while_m_n, take_while1};
use nom::character::complete::{anychar, char, space0, space1};
use nom::combinator::{opt, recognize, rest, verify};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use crate::layout::{Entry, Fields, Format, Stamp, keyvalue, text};

type Parsed<'r, T> = IResult<&'r str, T>;

/// No more tokens than this are looked at after an Envoy status: the longest known layout has 19.
const MAX_TOKENS: usize = 32;

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
    fn of_line(line: &'r str, status: &'r str) -> Option<Self> {
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

    fn told(&self) -> String {
        format!("{} {} {}", self.method, self.path, self.status.unwrap_or("-"))
    }
}

/// The entry of a request line: fields and message are the same in every access log.
fn entry<'r>(format: &'static str, stamp: Option<Stamp>, line: &'r str, status: &'r str, mut fields: Fields<'r>) -> Entry<'r> {
    let message = if let Some(request) = Request::of_line(line, status) {
        request.push(&mut fields);
        request.told()
    } else {
        fields.push("status", status);
        format!("{line} {status}")
    };
    Entry { format, stamp, level: None, message: Cow::Owned(message), fields }
}

fn word(input: &str) -> Parsed<'_, &str> {
    take_till1(char::is_whitespace).parse(input)
}

/// `"..."` with backslash escapes, given as it stands between the quotes.
fn quoted(input: &str) -> Parsed<'_, &str> {
    let piece = alt((take_till1(|c| matches!(c, '"' | '\\')), recognize(preceded(char('\\'), anychar))));
    delimited(char('"'), recognize(many0_count(piece)), char('"')).parse(input)
}

fn status(input: &str) -> Parsed<'_, &str> {
    take_while_m_n(3, 3, |c: char| c.is_ascii_digit()).parse(input)
}

/// `[22/Aug/2026:12:00:00 +0000]`.
fn bracketed_stamp(input: &str) -> Parsed<'_, Stamp> {
    delimited(char('['), text::stamp, preceded(space0, char(']'))).parse(input)
}

/// An address without what dual-stack sockets put before it.
fn plain_ip(address: &str) -> &str {
    address.strip_prefix("::ffff:").filter(|v4| v4.contains('.')).unwrap_or(address)
}

/// The address of `address:port`.
fn without_port(peer: &str) -> &str {
    let address = peer
        .rsplit_once(':')
        .filter(|(address, port)| !address.is_empty() && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(peer, |(address, _)| address);
    plain_ip(address.trim_start_matches('[').trim_end_matches(']'))
}

/// `combined`: the common and combined layouts of Apache and nginx, gunicorn and werkzeug, with a virtual host
/// before and anything after.
pub(super) struct Combined;

impl Format for Combined {
    fn name(&self) -> &'static str {
        "combined"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let line = text::first_line(record.trim_start());
        let line = text::basic(line).map_or(line, |(_, _, message)| message);
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
}

fn complete<'r, T>(
    mut parser: impl Parser<&'r str, Output = T, Error = nom::error::Error<&'r str>>,
    input: &'r str,
) -> Option<(&'r str, T)> {
    parser.parse(input).ok()
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
    keyvalue::pairs(rest, fields);
}

/// `iis`: W3C extended lines in the order IIS writes by default:
/// `date time s-ip method stem query port user c-ip agent [referrer] status substatus win32-status time-taken`.
pub(super) struct Iis;

impl Format for Iis {
    fn name(&self) -> &'static str {
        "iis"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let line = text::first_line(record.trim_start());
        let (stamp, rest) = crate::layout::timestamp::leading(line)?;
        let words = || rest.split(' ').filter(|word| !word.is_empty());
        if !words().nth(2)?.starts_with('/') {
            return None;
        }
        let words: Vec<&str> = words().collect();
        let [_, method, path, _, port, user, client, agent, tail @ ..] = words.as_slice() else { return None };
        let referrer = (tail.len() == 5).then(|| tail[0]);
        let [status, .., took] = tail.get(usize::from(referrer.is_some())..).filter(|tail| tail.len() == 4)? else { return None };
        let plain = method.bytes().all(|b| b.is_ascii_uppercase()) && path.starts_with('/') && is_status(status);
        if !plain || address(client).is_none() || !port.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut fields = Fields::default();
        fields.push("client_ip", *client);
        fields.push("username", *user);
        fields.push("method", *method);
        fields.push("path", *path);
        fields.push("status", *status);
        fields.push("user_agent", *agent);
        fields.push("referrer", referrer.unwrap_or_default());
        fields.push("duration_ms", *took);
        let message = Cow::Owned(format!("{method} {path} {status}"));
        // W3C extended logs are in UTC.
        Some(Entry {
            format: "iis",
            stamp: Some(Stamp { offset: stamp.offset.or(Some(0)), ..stamp }),
            level: None,
            message,
            fields,
        })
    }
}

/// `envoy`: Envoy's default text and Istio's, which adds details and more addresses.
pub(super) struct Envoy;

/// A part of an Envoy line.
#[derive(Clone, Copy)]
enum Token<'r> {
    Quoted(&'r str),
    Bare(&'r str),
}

impl<'r> Token<'r> {
    fn bare(self) -> Option<&'r str> {
        if let Self::Bare(text) = self { Some(text) } else { None }
    }

    fn quoted(self) -> Option<&'r str> {
        if let Self::Quoted(text) = self { Some(text) } else { None }
    }

    fn is_number(self) -> bool {
        self.bare().is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit()))
    }
}

fn token(input: &str) -> Parsed<'_, Token<'_>> {
    preceded(space1, alt((quoted.map(Token::Quoted), word.map(Token::Bare)))).parse(input)
}

fn response_flags(input: &str) -> Parsed<'_, &str> {
    verify(word, |flags: &str| flags.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b',' | b'-' | b'_'))).parse(input)
}

impl Format for Envoy {
    fn name(&self) -> &'static str {
        "envoy"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let head = (bracketed_stamp, preceded(space1, quoted), preceded(space1, status), preceded(space1, response_flags));
        let (mut input, (stamp, request, status, flags)) = complete(head, text::first_line(record.trim_start()))?;
        let mut tokens = Vec::new();
        while let Some((after, token)) = complete(token, input).filter(|_| tokens.len() < MAX_TOKENS) {
            tokens.push(token);
            input = after;
        }
        let mut fields = Fields::default();
        push_envoy(&tokens, &mut fields)?;
        fields.push("response_flags", flags);
        Some(entry("envoy", Some(stamp), request, status, fields))
    }
}

/// `[details ..] received sent duration upstream_time "xff" "agent" "id" "authority" "upstream" [cluster ..]`.
fn push_envoy<'r>(tokens: &[Token<'r>], fields: &mut Fields<'r>) -> Option<()> {
    let numbers = tokens.windows(2).position(|pair| pair.iter().all(|token| token.is_number()))?;
    let (before, after) = tokens.split_at_checked(numbers)?;
    fields.push("response_code_details", before.first().and_then(|token| token.bare()).unwrap_or_default());
    fields.push("upstream_failure", before.iter().find_map(|token| token.quoted()).unwrap_or_default());
    fields.push("duration", after.get(2).and_then(|token| token.bare()).unwrap_or_default());
    let rest = after.get(4..)?;
    let quoted: Vec<&str> = rest.iter().filter_map(|token| token.quoted()).collect();
    if quoted.len() < 4 {
        return None;
    }
    let names = ["x_forwarded_for", "user_agent", "request_id", "authority", "upstream_host"];
    names.into_iter().zip(quoted).for_each(|(name, value)| fields.push(name, value));
    let names = [
        "upstream_cluster",
        "upstream_local_address",
        "downstream_local_address",
        "downstream_remote_address",
        "requested_server_name",
        "route_name",
    ];
    names.into_iter().zip(rest.iter().filter_map(|token| token.bare())).for_each(|(name, value)| fields.push(name, value));
    Some(())
}

/// `haproxy`: the HTTP log, with or without the process before it.
pub(super) struct Haproxy;

impl Format for Haproxy {
    fn name(&self) -> &'static str {
        "haproxy"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let line = text::first_line(record.trim_start());
        let process = (tag("haproxy["), take_until("]: "), tag("]: "));
        let peer = terminated(verify(word, |peer: &str| peer.contains(':')), char(' '));
        let route = (preceded(space1, word), preceded(space1, verify(word, |backend: &str| backend.contains('/'))));
        let timers = preceded(space1, take_while1(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '/')));
        let code = preceded(space1, alt((status, tag("-1"))));
        let head = preceded(opt(process), (peer, bracketed_stamp, route, timers, code));
        let (tail, (peer, stamp, (frontend, backend), timers, code)) = complete(head, line)?;
        if timers.matches('/').count() != 4 {
            return None;
        }
        let (marks, request) = tail.split_once(" \"")?;
        let mut fields = Fields::default();
        fields.push("client_ip", without_port(peer));
        fields.push("frontend", frontend);
        let (backend, server) = backend.split_once('/')?;
        fields.push("backend", backend);
        fields.push("server", server);
        fields.push("duration", timers.rsplit('/').next().unwrap_or_default());
        fields.push("termination_state", marks.split_whitespace().nth(3).unwrap_or_default());
        fields.push("captured_headers", marks.find('{').and_then(|at| marks.get(at..)).unwrap_or_default());
        let (request, after) = request.rsplit_once('"').unwrap_or((request, ""));
        keyvalue::pairs(after, &mut fields);
        Some(entry("haproxy", Some(stamp), request, code, fields))
    }
}

/// `uvicorn`: `INFO:     203.0.113.24:51844 - "GET /users/me HTTP/1.1" 401 Unauthorized`.
pub(super) struct Uvicorn;

impl Format for Uvicorn {
    fn name(&self) -> &'static str {
        "uvicorn"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let level = verify(take_while1(|c: char| c.is_ascii_uppercase()), text::is_level);
        let head = (
            opt(terminated(text::stamp, space1)),
            terminated(level, (opt(char(':')), space1)),
            terminated(word, tag(" - ")),
            terminated(quoted, space1),
            status,
        );
        let (_, (stamp, level, peer, request, status)) = complete(head, text::first_line(record.trim_start()))?;
        let mut fields = Fields::default();
        fields.push("client_ip", without_port(peer));
        let entry = entry("uvicorn", stamp, request, status, fields);
        Some(Entry { level: Some(Cow::Borrowed(level)), ..entry })
    }
}

/// `gin`: Gin's access log with the errors that follow it.
pub(super) struct Gin;

/// A column between bars, without its padding.
fn column(input: &str) -> Parsed<'_, &str> {
    terminated(take_till1(|c| matches!(c, '|' | '\n')), char('|')).map(str::trim).parse(input)
}

impl Format for Gin {
    fn name(&self) -> &'static str {
        "gin"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let (line, following) = text::split_line(record.trim_start());
        let head = (preceded(tag("[GIN] "), text::stamp), preceded((space0, char('|')), column), column, column, rest);
        let (_, (stamp, code, latency, client, request)) = complete(head, line)?;
        let (method, path) = request.trim().split_once(' ')?;
        let mut fields = Fields::default();
        fields.push("client_ip", plain_ip(client));
        fields.push("latency", latency);
        let path = path.trim_start();
        let path = complete(quoted, path).map_or(path, |(_, path)| path);
        let request = Request { method, path, status: Some(code) };
        request.push(&mut fields);
        let message = if following.is_empty() { request.told() } else { format!("{}\n{following}", request.told()) };
        Some(Entry { format: "gin", stamp: Some(stamp), level: None, message: Cow::Owned(message), fields })
    }
}

/// `morgan`: the tiny, dev and short layouts of Express' access log, which bear no time.
pub(super) struct Morgan;

impl Format for Morgan {
    fn name(&self) -> &'static str {
        "morgan"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let client =
            (terminated(verify(word, |client: &str| client.contains(['.', ':'])), char(' ')), terminated(word, char(' ')));
        let verb = verify(take_while1(|c: char| c.is_ascii_uppercase()), |verb: &str| text::METHODS.contains(&verb));
        let protocol = preceded(tag(" HTTP/"), word);
        let head =
            (opt(client), terminated(verb, char(' ')), word, opt(protocol), preceded(space1, status), preceded(space1, rest));
        let (_, (client, method, path, _, status, tail)) = complete(head, text::first_line(record.trim()))?;
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
        Some(Entry { format: "morgan", stamp: None, level: None, message: Cow::Owned(request.told()), fields })
    }
}

/// `request-line`: any dated line that is about one request, `"GET /x HTTP/1.1" 401`, and says nothing else.
pub(super) struct RequestLine;

impl Format for RequestLine {
    fn name(&self) -> &'static str {
        "request-line"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let (line, following) = text::split_line(record.trim_start());
        let (before, protocol) = line.split_once(" HTTP/")?;
        let (before, request) = before.rsplit_once('"')?;
        let after = protocol.split_once('"')?.1;
        let behind =
            complete(preceded(space1, status), after).filter(|(rest, _)| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
        let (after, status) = match behind {
            Some(found) => found,
            None => (after, before.split_whitespace().next_back().filter(|word| is_status(word))?),
        };
        let request = Request::of_line(request, status)?;
        if has_prose(after) {
            return None;
        }
        let head = text::head(line).filter(|head| head.stamp.is_some())?;
        let mut fields = head.fields;
        request.push(&mut fields);
        fields.push("client_ip", before.split_whitespace().find_map(address).unwrap_or_default());
        if let Some((_, agent)) = complete(preceded(take_until("\""), quoted), after).filter(|(_, agent)| agent.contains('/')) {
            fields.push(if agent.starts_with("http") { "referrer" } else { "user_agent" }, agent);
        }
        keyvalue::pairs(before, &mut fields);
        keyvalue::pairs(after, &mut fields);
        let message = if following.is_empty() { request.told() } else { format!("{}\n{following}", request.told()) };
        let level = head.level.map(Cow::Borrowed);
        Some(Entry { format: "request-line", stamp: head.stamp, level, message: Cow::Owned(message), fields })
    }
}

fn is_status(word: &str) -> bool {
    word.len() == 3 && word.starts_with(['1', '2', '3', '4', '5']) && word.bytes().all(|b| b.is_ascii_digit())
}

/// The address that a word is or begins with, if it is one.
fn address(word: &str) -> Option<&str> {
    let word = word.trim_matches(['[', ']', '(', ')', ',', ';']);
    if !word.starts_with(|c: char| c.is_ascii_hexdigit() || c == ':') || !word.contains(['.', ':']) {
        return None;
    }
    if word.parse::<IpAddr>().is_ok_and(|ip| !ip.is_unspecified()) {
        return Some(plain_ip(word));
    }
    word.parse::<SocketAddr>().is_ok().then(|| without_port(word))
}

/// Whether a text holds a sentence outside of quotes and brackets: then it is not only about the request.
fn has_prose(text: &str) -> bool {
    let mut words = 0;
    let mut inside = false;
    for word in text.split_whitespace() {
        let opens = word.starts_with(['"', '[', '(']);
        let plain = word.len() > 1 && word.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b',' | b'.' | b':'));
        if !inside && !opens && plain {
            words += 1;
        }
        inside = (inside || opens) && !word.ends_with(['"', ']', ')']);
    }
    words >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVOY: &str = r#"[2026-08-22T12:00:00.123Z] "GET /api/orders HTTP/1.1" 401 UAEX jwt_authn_access_denied{Jwt_is_expired} - "-" 0 14 2 - "203.0.113.24" "curl/8.5.0" "84961386-6d84-929d-98bd-c5aee93b5c88" "orders:8000" "-" - - 10.44.1.27:80 203.0.113.24:37652 - default"#;
    const ENVOY_DEFAULT: &str = r#"[2016-04-15T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.2.1:80""#;
    const INGRESS: &str = r#"203.0.113.24 - - [22/Aug/2026:12:00:00 +0000] "GET /x HTTP/1.1" 401 172 "-" "curl/8.5.0" 80 0.004 [default-orders-80] [] 10.0.0.1:80 12 0.004 401 0123456789abcdef0123456789abcdef"#;
    const SYNAPSE: &str = r#"2023-06-14 08:52:07,943 - synapse.access.http.8008 - 461 - INFO - POST-9557 - 198.51.100.178 - 8008 - {@user.kk:chat-server.example.com} Processed request: 0.010sec/0.001sec (0.001sec, 0.000sec) (0.001sec/0.007sec/5) 61B 401 "POST /_matrix/x HTTP/1.0" "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/114" [0 dbevts]"#;

    type Case = (&'static dyn Format, &'static str, &'static str, &'static [(&'static str, &'static str)]);

    const CASES: &[Case] = &[
        (
            &Combined,
            r#"203.0.113.24 - - [22/Aug/2026:12:00:00 +0000] "GET /api/orders?a=1 HTTP/1.1" 401 172 "-" "curl/8.5.0""#,
            "GET /api/orders?a=1 401",
            &[("client_ip", "203.0.113.24"), ("user_agent", "curl/8.5.0"), ("path", "/api/orders?a=1")],
        ),
        (
            &Combined,
            r#"127.0.0.1 - ann [23/Nov/2026:13:12:23 +0100] "GET /me/ HTTP/1.1" 401 51 "-" "shop-ios/7.4.1" rid=c33cdfe9 xff=198.51.100.116 0.003595"#,
            "GET /me/ 401",
            &[("rid", "c33cdfe9"), ("xff", "198.51.100.116"), ("username", "ann")],
        ),
        (&Combined, r#"203.0.113.24 - - [22/Aug/2026 12:00:00] "GET /a HTTP/1.1" 401 -"#, "GET /a 401", &[("status", "401")]),
        (
            &Combined,
            r#"INFO:werkzeug:203.0.113.24 - - [22/Aug/2026 12:00:00] "GET /a HTTP/1.1" 401 -"#,
            "GET /a 401",
            &[("client_ip", "203.0.113.24")],
        ),
        (
            &Combined,
            r#"api.shop:443 ::ffff:203.0.113.24 - - [22/Aug/2026:12:00:00 +0000] "GET /a HTTP/1.1" 401 2 "https://x/" "a \"b\"" "192.0.2.7, 10.0.0.1""#,
            "GET /a 401",
            &[
                ("vhost", "api.shop:443"),
                ("client_ip", "203.0.113.24"),
                ("referrer", "https://x/"),
                ("xff", "192.0.2.7, 10.0.0.1"),
            ],
        ),
        (&Combined, r#"203.0.113.24 - - [22/Aug/2026:12:00:00 +0000] "-" 408 0 "-" "-""#, "- 408", &[("status", "408")]),
        (&Combined, INGRESS, "GET /x 401", &[("request_id", "0123456789abcdef0123456789abcdef")]),
        (
            &Envoy,
            ENVOY,
            "GET /api/orders 401",
            &[
                ("response_flags", "UAEX"),
                ("response_code_details", "jwt_authn_access_denied{Jwt_is_expired}"),
                ("x_forwarded_for", "203.0.113.24"),
                ("request_id", "84961386-6d84-929d-98bd-c5aee93b5c88"),
                ("authority", "orders:8000"),
                ("duration", "2"),
                ("downstream_remote_address", "203.0.113.24:37652"),
            ],
        ),
        (
            &Envoy,
            ENVOY_DEFAULT,
            "POST /api/v1/locations 204",
            &[("x_forwarded_for", "10.0.35.28"), ("upstream_host", "tcp://10.0.2.1:80"), ("duration", "226")],
        ),
        (
            &Haproxy,
            r#"haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 401 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1""#,
            "GET /index.html 401",
            &[
                ("client_ip", "10.0.1.2"),
                ("frontend", "http-in"),
                ("backend", "static"),
                ("server", "srv1"),
                ("termination_state", "----"),
                ("duration", "109"),
            ],
        ),
        (
            &Haproxy,
            r#"127.0.0.1:57086 [26/Jul/2024:07:43:32.571] dummy dummy/<NOSRV> -1/-1/-1/-1/0 400 0 - - CR-- 6/5/0/0/0 0/0 "<BADREQ>""#,
            "<BADREQ> 400",
            &[("status", "400")],
        ),
        (
            &Uvicorn,
            r#"INFO:     203.0.113.24:51844 - "GET /users/me HTTP/1.1" 401 Unauthorized"#,
            "GET /users/me 401",
            &[("client_ip", "203.0.113.24"), ("status", "401")],
        ),
        (
            &Gin,
            "[GIN] 2026/08/22 - 12:00:00 | 401 |      54.208µs |    203.0.113.24 | GET      \"/api/orders\"\nError #01: token is expired",
            "GET /api/orders 401\nError #01: token is expired",
            &[("client_ip", "203.0.113.24"), ("latency", "54.208µs"), ("path", "/api/orders")],
        ),
        (&Morgan, "GET /api/orders 401 729 - 2.659 ms", "GET /api/orders 401", &[("duration_ms", "2.659")]),
        (
            &Morgan,
            "203.0.113.24 - GET /api/orders HTTP/1.1 401 729 - 2.659 ms",
            "GET /api/orders 401",
            &[("client_ip", "203.0.113.24")],
        ),
        (
            &RequestLine,
            r#"[22/Aug/2026 12:00:00] "GET /api/orders/ HTTP/1.1" 401 172"#,
            "GET /api/orders/ 401",
            &[("status", "401")],
        ),
        (
            &RequestLine,
            SYNAPSE,
            "POST /_matrix/x 401",
            &[
                ("client_ip", "198.51.100.178"),
                ("status", "401"),
                ("user_agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/114"),
            ],
        ),
    ];

    #[test]
    fn each_layout_gives_the_request() {
        for (format, record, message, fields) in CASES {
            let entry = format.parse(record).unwrap_or_else(|| panic!("{record}"));
            assert_eq!(entry.format, format.name(), "{record}");
            assert_eq!(entry.message, *message, "{record}");
            assert_eq!(entry.stamp.is_some(), !matches!(format.name(), "uvicorn" | "morgan"), "{record}");
            for (name, value) in *fields {
                assert_eq!(entry.fields.exact(name), Some(*value), "{name} of {record}");
            }
        }
    }

    #[test]
    fn the_first_format_that_claims_a_line_is_its_own() {
        for (format, record, ..) in CASES {
            assert_eq!(crate::layout::parse(record).map(|entry| entry.format), Some(format.name()), "{record}");
        }
    }

    #[test]
    fn a_sentence_around_a_request_is_left_to_text_formats() {
        let record = r#"2026-08-22 12:00:00,123 WARNING "GET /x HTTP/1.1" 401 because the token has expired"#;
        assert!(RequestLine.parse(record).is_none());
    }

    #[test]
    fn a_record_cut_anywhere_does_not_panic() {
        for (_, record, ..) in CASES {
            for at in 0..=record.len() {
                if let Some((head, tail)) = record.split_at_checked(at) {
                    for (format, ..) in CASES {
                        let _ = (format.parse(head), format.parse(tail));
                    }
                }
            }
        }
    }
}
