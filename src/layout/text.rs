//! Text logs: a time, a level and a sentence, in the orders and spellings that loggers know.
//!
//! Strict layouts first; [`Generic`] reads what begins with a time or a level, [`Bare`] whatever is left. All of
//! them read the pairs, the JSON and the request that a message holds by [`tell`].

use std::borrow::Cow;

use memchr::{memchr_iter, memmem};
use nom::bytes::complete::{tag, take_till, take_till1, take_while1};
use nom::character::complete::{char, digit1, multispace1, space0, space1};
use nom::combinator::{opt, recognize, verify};
use nom::error::{Error, ErrorKind};
use nom::multi::many0;
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

use crate::layout::access::Request;
use crate::layout::{Entry, Fields, Format, Stamp, keyvalue, timestamp};
use crate::literal::{LINE_FEED, Literal};

type Parsed<'r, T> = IResult<&'r str, T>;

/// The verbs a request can begin with.
pub(super) const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The levels of all loggers known here, without regard to case.
const LEVELS: [&str; 45] = [
    "trace",
    "debug",
    "info",
    "notice",
    "warn",
    "warning",
    "error",
    "fatal",
    "critical",
    "crit",
    "alert",
    "emerg",
    "emergency",
    "panic",
    "dpanic",
    "severe",
    "config",
    "fine",
    "finer",
    "finest",
    "verbose",
    "silly",
    "success",
    "trc",
    "dbg",
    "inf",
    "wrn",
    "err",
    "ftl",
    "pnc",
    "vrb",
    "erro",
    "trac",
    "debu",
    "fata",
    "pani",
    "trce",
    "dbug",
    "fail",
    "information",
    "mark",
    "ntc",
    "exception",
    "dbg1",
    "dbg2",
];
/// Levels that are also the names of packages and the first words of sentences, unless they are in capitals.
const SHOUTED: [&str; 10] = ["alert", "config", "exception", "fine", "finer", "finest", "mark", "notice", "panic", "success"];
/// The levels of Python's `logging`.
const PYTHON_LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
/// What `PostgreSQL` calls its messages.
const SEVERITIES: [&str; 14] = [
    "LOG",
    "ERROR",
    "FATAL",
    "PANIC",
    "WARNING",
    "NOTICE",
    "INFO",
    "DEBUG",
    "DETAIL",
    "HINT",
    "STATEMENT",
    "CONTEXT",
    "QUERY",
    "LOCATION",
];
/// Tokens that may stand between the time and the level: thread, process, logger, request.
const MAX_HEAD_TOKENS: usize = 4;
/// A bracket group longer than this is text.
const MAX_GROUP: usize = 120;

/// Whether a word is a level, in any spelling.
pub(super) fn is_level(word: &str) -> bool {
    word.len() >= 3 && word.len() <= 11 && LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word))
}

/// The first line of a text.
pub(super) fn first_line(text: &str) -> &str {
    split_line(text).0
}

/// The first line of a text and the lines after it.
pub(super) fn split_line(text: &str) -> (&str, &str) {
    let (line, following) = LINE_FEED.split_once(text).unwrap_or((text, ""));
    (line.trim_end_matches('\r'), following.trim_end())
}

/// A time stamp of any layout.
pub(super) fn stamp(input: &str) -> Parsed<'_, Stamp> {
    match timestamp::leading(input) {
        Some((stamp, rest)) => Ok((rest, stamp)),
        None => Err(nom::Err::Error(Error::new(input, ErrorKind::Tag))),
    }
}

/// `LEVEL:logger:message`, Python's basic layout.
pub(super) fn basic(line: &str) -> Option<(&str, &str, &str)> {
    let (level, rest) = line.split_once(':')?;
    let (logger, message) = rest.split_once(':')?;
    let named = !logger.is_empty() && logger.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    (PYTHON_LEVELS.contains(&level) && named).then_some((level, logger, message))
}

/// Reads what a message names: pairs, a JSON object at its end, a request. Gives the text before the JSON.
pub(super) fn tell<'r>(message: &'r str, fields: &mut Fields<'r>) -> &'r str {
    let (line, following) = split_line(message);
    let mut told = keyvalue::trailing_json(line, fields);
    if told.len() == line.len() && !following.is_empty() {
        let all = keyvalue::trailing_json(message, fields);
        told = if all.len() < line.len() { all } else { line };
    }
    keyvalue::pairs(told, fields);
    if let Some(request) = request_in(told) {
        request.push(fields);
    } else if let Some((status, path)) = phrase_and_path(told) {
        fields.push("path", path);
        fields.push("status", status);
    }
    told
}

/// The entry of a text: its message is the text, without JSON that was read unless the sentence needs it.
fn entry<'r>(
    format: &'static str,
    stamp: Option<Stamp>,
    level: Option<&'r str>,
    text: &'r str,
    mut fields: Fields<'r>,
) -> Entry<'r> {
    let text = text.trim();
    let told = tell(text, &mut fields);
    let whole = told.is_empty() || told.ends_with(':') || text.contains('\n');
    let message = Cow::Borrowed(if whole { text } else { told });
    Entry { format, stamp, level: level.map(Cow::Borrowed), message, fields }
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
fn phrase_and_path(text: &str) -> Option<(&'static str, &str)> {
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
fn status_after(text: &str) -> Option<&str> {
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

fn complete<'r, T>(mut parser: impl Parser<&'r str, Output = T, Error = Error<&'r str>>, input: &'r str) -> Option<(&'r str, T)> {
    parser.parse(input).ok()
}

fn word(input: &str) -> Parsed<'_, &str> {
    take_till1(char::is_whitespace).parse(input)
}

fn level(input: &str) -> Parsed<'_, &str> {
    verify(take_while1(|c: char| c.is_ascii_alphabetic()), is_level).parse(input)
}

/// What stands between square brackets, on one line.
fn group(input: &str) -> Parsed<'_, &str> {
    delimited(char('['), take_till(|c| matches!(c, ']' | '\n')), char(']')).parse(input)
}

/// `nginx-error`: the error log of nginx and what is built on it (`OpenResty`, Kong, APISIX, ingress-nginx).
pub(super) struct NginxError;

impl Format for NginxError {
    fn name(&self) -> &'static str {
        "nginx-error"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let process = (digit1, char('#'), digit1, char(':'), space0);
        let connection = (char('*'), digit1, space1);
        let head = (terminated(stamp, space1), terminated(verify(group, is_level), space1), process, opt(connection));
        let (text, (stamp, level, ..)) = complete(head, record.trim())?;
        let mut fields = Fields::default();
        let message = split_trailer(text, &mut fields);
        Some(entry("nginx-error", Some(stamp), Some(level), message, fields))
    }
}

/// The text before nginx's `, client: ..., server: ..., request: "..."`, which becomes fields.
fn split_trailer<'r>(text: &'r str, fields: &mut Fields<'r>) -> &'r str {
    let Some((message, trailer)) = text.split_once(", client: ") else { return text };
    let (client, mut rest) = trailer.split_once(',').unwrap_or((trailer, ""));
    fields.push("client_ip", client.trim());
    while let Some((name, after)) = rest.split_once(": ") {
        let (value, following) = match after.strip_prefix('"') {
            Some(inner) => inner.split_once('"').unwrap_or((inner, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        push_trailer(name.trim_matches([',', ' ', '\n']), value, fields);
        rest = following;
    }
    message
}

fn push_trailer<'r>(name: &'r str, value: &'r str, fields: &mut Fields<'r>) {
    match name {
        "request" => {
            if let Some((method, target)) = value.split_once(' ') {
                fields.push("method", method);
                fields.push("path", target.split(" HTTP/").next().unwrap_or(target));
            }
        }
        _ if name.len() <= 32 && !name.contains(' ') => fields.push(name, value),
        _ => {}
    }
}

/// `apache-error`: `[Mon Apr 27 17:26:52.123456 2015] [auth:error] [pid 1:tid 2] [client 1.2.3.4:5678] text`.
pub(super) struct ApacheError;

impl Format for ApacheError {
    fn name(&self) -> &'static str {
        "apache-error"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let opening = verify(stamp_in_brackets, |(_, written)| written.starts_with(|c: char| c.is_ascii_uppercase()));
        let head = (terminated(opening, space1), terminated(group, space0));
        let (mut text, ((stamp, _), source)) = complete(head, record.trim())?;
        let (module, level) = source.split_once(':').unwrap_or(("", source));
        if !is_level(level.trim_end_matches(|c: char| c.is_ascii_digit())) {
            return None;
        }
        let mut fields = Fields::default();
        fields.push("module", module);
        while let Some((rest, inner)) = complete(terminated(group, space0), text) {
            let Some((name, value)) = inner.split_once(' ') else { break };
            match name {
                "client" | "remote" => fields.push("client_ip", address(value)),
                "pid" => fields.push("pid", value),
                _ => break,
            }
            text = rest;
        }
        if let Some((message, referrer)) = text.rsplit_once(", referer: ") {
            fields.push("referrer", referrer);
            text = message;
        }
        Some(entry("apache-error", Some(stamp), Some(level), text, fields))
    }
}

fn stamp_in_brackets(input: &str) -> Parsed<'_, (Stamp, &str)> {
    let (written, _) = char('[').parse(input)?;
    let (rest, stamp) = terminated(stamp, char(']')).parse(written)?;
    Ok((rest, (stamp, written)))
}

/// The address of `1.2.3.4:5678`; an IPv6 address has more than one colon and is kept whole.
fn address(peer: &str) -> &str {
    match peer.rsplit_once(':') {
        Some((address, _)) if address.contains('.') || address.ends_with(']') => address,
        _ => peer,
    }
}

/// `postgresql`: any prefix with a time and a process in brackets, then `LOG:  text`.
pub(super) struct Postgres;

/// A line of `PostgreSQL`'s log: time, prefix, severity, text.
type PostgresLine<'r> = (Stamp, &'r str, &'r str, &'r str);

impl Format for Postgres {
    fn name(&self) -> &'static str {
        "postgresql"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let record = record.trim();
        let line = first_line(record);
        let (stamp, prefix, severity, text) = postgres_line(line)?;
        let mut fields = Fields::default();
        push_prefix(prefix, &mut fields);
        let whole = record.get(line.len() - text.len()..)?;
        let entry = entry("postgresql", Some(stamp), Some(severity), whole, fields);
        let message = if whole.contains('\n') { without_prefixes(whole) } else { Cow::Borrowed(whole) };
        Some(Entry { message, ..entry })
    }
}

fn postgres_line(line: &str) -> Option<PostgresLine<'_>> {
    static BLANKS: Literal = Literal::new(":  ");
    // Two blanks are rarer than time stamps.
    let (head, text) = BLANKS.split_once(line)?;
    let (head, stamp) = complete(stamp, head)?;
    let (prefix, severity) = head.rsplit_once([' ', ':'])?;
    let known = SEVERITIES.contains(&severity.trim_end_matches(|c: char| c.is_ascii_digit()));
    let process = prefix.split_once('[').is_some_and(|(_, pid)| pid.starts_with(|c: char| c.is_ascii_digit()));
    (known && process && prefix.len() <= 300).then_some((stamp, prefix, severity, text.trim_start()))
}

/// Process, user and database. Not named `user`: whoever connects is not whom a token is about.
fn push_prefix<'r>(prefix: &'r str, fields: &mut Fields<'r>) {
    if let Some((pid, _)) = prefix.split_once('[').and_then(|(_, rest)| rest.split_once(']')) {
        fields.push("pid", pid);
    }
    let names = prefix.split([' ', ':']).find_map(|word| word.split_once('@'));
    if let Some((user, database)) = names {
        fields.push("db_user", user);
        fields.push("database", database);
    }
}

/// The lines of one record without the prefix that each of them bears.
fn without_prefixes(text: &str) -> Cow<'_, str> {
    let mut plain = String::with_capacity(text.len());
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            plain.push('\n');
        }
        if let Some((_, _, severity, text)) = postgres_line(line).filter(|_| index > 0) {
            plain.extend([severity, ":  ", text]);
        } else {
            plain.push_str(line);
        }
    }
    Cow::Owned(plain)
}

/// `keycloak` and `jboss`: the console text of `WildFly` and Quarkus, in which Keycloak writes its events.
pub(super) struct Keycloak;

impl Format for Keycloak {
    fn name(&self) -> &'static str {
        "keycloak"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        static TYPE: Literal = Literal::new("type=");
        let head = (terminated(stamp, space1), tracing, terminated(level, space1), tracing, terminated(group, space1), thread);
        let (text, (stamp, before, level, after, logger, thread)) = complete(head, record.trim())?;
        let mut fields = Fields::default();
        keyvalue::pairs(before, &mut fields);
        keyvalue::pairs(after, &mut fields);
        fields.push("logger", logger);
        fields.push("thread", thread);
        let event = TYPE.is_in(text) && text.contains("realmId=");
        let format = if event || logger.starts_with("org.keycloak") { "keycloak" } else { "jboss" };
        Some(entry(format, Some(stamp), Some(level), text, fields))
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

/// `spring-boot`: the console text of Spring Boot 2 and 3, with Sleuth's or Micrometer's correlation.
pub(super) struct SpringBoot;

impl Format for SpringBoot {
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

/// `klog`: `E0822 12:00:00.123456       1 authentication.go:73] "text" err="..."`.
pub(super) struct Klog;

impl Format for Klog {
    fn name(&self) -> &'static str {
        "klog"
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
}

/// `cockroachdb`: `I260822 12:00:00.123456 2145 4@util/log/event_log.go:32 ⋮ [n1,client=1.2.3.4:5,user=‹u›] 17 ={json}`.
pub(super) struct Cockroach;

impl Format for Cockroach {
    fn name(&self) -> &'static str {
        "cockroachdb"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let record = record.trim();
        let (level, digits) = match record.as_bytes() {
            [b'I', digits @ ..] => ("info", digits),
            [b'W', digits @ ..] => ("warning", digits),
            [b'E', digits @ ..] => ("error", digits),
            [b'F', digits @ ..] => ("fatal", digits),
            _ => return None,
        };
        if !digits.get(..6)?.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let caller = take_till1(char::is_whitespace);
        let head = (terminated(stamp, space1), terminated(digit1, space1), terminated(caller, multispace1));
        let (rest, (stamp, _, caller)) = complete(head, record)?;
        let mut fields = Fields::default();
        fields.push("caller", caller);
        let rest = rest.strip_prefix('⋮').unwrap_or(rest).trim_start();
        let (tags, text) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).unwrap_or(("", rest));
        for (name, value) in tags.split(',').filter_map(|tag| tag.split_once('=')) {
            fields.push(name.trim(), value.trim().trim_matches(['‹', '›']));
        }
        // The entry's number, and the sign that a structured event follows.
        let text = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        Some(entry("cockroachdb", Some(stamp), Some(level), text.strip_prefix('=').unwrap_or(text), fields))
    }
}

/// `mysql-slow`: a block of `#` lines, the first `# Time: …`, and the statement below them.
pub(super) struct MysqlSlow;

impl Format for MysqlSlow {
    fn name(&self) -> &'static str {
        "mysql-slow"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let (stamp, block) = timestamp::leading(record.strip_prefix("# Time: ")?)?;
        // The statement follows the last line of the head, which sets the time it runs at.
        let statement =
            block.split_once("SET timestamp=").and_then(|(_, rest)| rest.split_once('\n')).map_or(block, |(_, sql)| sql);
        Some(entry("mysql-slow", Some(stamp), None, statement, Fields::default()))
    }
}

/// `gunicorn`: `[2026-08-22 12:00:00 +0000] [17] [ERROR] text`.
pub(super) struct Gunicorn;

impl Format for Gunicorn {
    fn name(&self) -> &'static str {
        "gunicorn"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let pid = delimited(char('['), digit1, char(']'));
        let head = (terminated(stamp_in_brackets, space1), terminated(pid, space1), verify(group, is_level));
        let (text, ((stamp, _), pid, level)) = complete(head, record.trim())?;
        let mut fields = Fields::default();
        fields.push("pid", pid);
        Some(entry("gunicorn", Some(stamp), Some(level), text, fields))
    }
}

/// `rails`: `Started GET "/x" for 1.2.3.4 at ...`, and lines that a request's id tags.
pub(super) struct Rails;

impl Format for Rails {
    fn name(&self) -> &'static str {
        "rails"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let head = if record.starts_with(|c: char| c.is_ascii_uppercase()) && record.get(1..4) == Some(", [") {
            head(record)
        } else {
            None
        };
        let (stamp, level, text) = head.map_or((None, None, record.trim()), |head| (head.stamp, head.level, head.body));
        let tagged = complete(terminated(verify(group, is_uuid), space1), text);
        let (text, id) = tagged.unwrap_or((text, ""));
        if id.is_empty() && !text.starts_with("Started ") && !text.starts_with("Completed ") {
            return None;
        }
        let mut fields = Fields::default();
        fields.push("request_id", id);
        let started = text.strip_prefix("Started ").and_then(|started| first_line(started).split_once(" for "));
        let at = started.and_then(|(_, peer)| peer.split_once(" at "));
        if let Some((client, _)) = at {
            fields.push("client_ip", client);
        }
        if let Some(status) = text.strip_prefix("Completed ").and_then(status_after) {
            fields.push("status", status);
        }
        let stamp = stamp.or_else(|| at.and_then(|(_, at)| timestamp::leading(at)).map(|(stamp, _)| stamp));
        (stamp.is_some() || !id.is_empty()).then(|| entry("rails", stamp, level, text, fields))
    }
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().enumerate().all(|(at, b)| if matches!(at, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

/// `django`: the layouts of Python's `logging` in use: Django's verbose one and those that begin with the time.
pub(super) struct Django;

impl Format for Django {
    fn name(&self) -> &'static str {
        "django"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let record = record.trim();
        verbose(record).or_else(|| dashed(record)).or_else(|| bracketed(record))
    }
}

fn python_level(input: &str) -> Parsed<'_, &str> {
    verify(take_while1(|c: char| c.is_ascii_uppercase()), |level: &str| PYTHON_LEVELS.contains(&level)).parse(input)
}

/// `LEVEL 2026-11-23 13:12:23,564 logger pid tid message`.
fn verbose(record: &str) -> Option<Entry<'_>> {
    let head = (
        terminated(python_level, space1),
        terminated(stamp, space1),
        terminated(word, space1),
        terminated(digit1, space1),
        terminated(digit1, space1),
    );
    let (text, (level, stamp, logger, ..)) = complete(head, record)?;
    let mut fields = Fields::default();
    fields.push("logger", logger);
    Some(entry("django", Some(stamp), Some(level), text, fields))
}

/// `2026-08-22 12:00:00,123 - name - LEVEL - message`, Synapse's with a line and a request among them.
fn dashed(record: &str) -> Option<Entry<'_>> {
    let (mut rest, stamp) = complete(terminated(stamp, tag(" - ")), record)?;
    let mut fields = Fields::default();
    let mut line = false;
    for _ in 0..3 {
        let (segment, after) = rest.split_once(" - ")?;
        let segment = segment.trim();
        if PYTHON_LEVELS.contains(&segment) {
            let (id, text) = after.split_once(" - ").filter(|_| line).unwrap_or(("", after));
            fields.push("request_id", id.trim());
            return Some(entry("django", Some(stamp), Some(segment), text, fields));
        }
        if segment.contains(' ') {
            return None;
        }
        line = !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_digit());
        if !line {
            fields.push("logger", segment);
        }
        rest = after;
    }
    None
}

/// `2026-08-22 12:00:00,123 LEVEL [logger] message`.
fn bracketed(record: &str) -> Option<Entry<'_>> {
    // Tomcat's `22-Aug-2026` has the thread in the brackets.
    if record.get(4..5) != Some("-") {
        return None;
    }
    let head = (terminated(stamp, space1), terminated(python_level, space1), terminated(verify(group, is_name), space1));
    let (text, (stamp, level, logger)) = complete(head, record)?;
    let mut fields = Fields::default();
    fields.push("logger", logger);
    Some(entry("django", Some(stamp), Some(level), text, fields))
}

/// `winston`: `2026-08-22T12:00:00.518Z error: jwt expired {"sub":"u1"}`.
pub(super) struct Winston;

impl Format for Winston {
    fn name(&self) -> &'static str {
        "winston"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let record = record.trim();
        let stamp = opt(terminated(stamp.or(stamp_in_brackets.map(|(stamp, _)| stamp)), space1));
        // Go's own log has `2026/08/22 12:00:00 http: ...` from its HTTP server.
        let http = record.get(4..5) == Some("-");
        let level = verify(take_while1(|c: char| c.is_ascii_lowercase()), move |level: &str| {
            (is_level(level) && !SHOUTED.contains(&level)) || (http && level == "http")
        });
        let level = delimited(opt(char('[')), level, (opt(char(']')), char(':'), space1));
        let (text, (stamp, level)) = complete((stamp, level), record)?;
        // Without a time, `error: text` is anyone's.
        if stamp.is_none() && !text.ends_with('}') {
            return None;
        }
        Some(entry("winston", stamp, Some(level), text, Fields::default()))
    }
}

/// `text`: a time, perhaps a level, and a message; or a level and a message.
pub(super) struct Generic;

impl Format for Generic {
    fn name(&self) -> &'static str {
        "text"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let head = head(record)?;
        if head.stamp.is_some()
            && head.body.starts_with('{')
            && let Some(inner) = crate::layout::json::Json.parse(head.body)
        {
            return Some(Entry { stamp: inner.stamp.or(head.stamp), ..inner });
        }
        Some(entry("text", head.stamp, head.level, head.body, head.fields))
    }
}

/// `plain`: any text, without a time.
pub(super) struct Bare;

impl Format for Bare {
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
}

/// What stands before the message of a text record.
pub(super) struct Head<'r> {
    /// The time, if the record has one.
    pub(super) stamp: Option<Stamp>,
    /// The level as written.
    pub(super) level: Option<&'r str>,
    /// Logger, thread and the pairs before the message.
    pub(super) fields: Fields<'r>,
    /// The message.
    pub(super) body: &'r str,
}

/// Reads the time and the level that `record` begins with, in any order; `None` if it has neither.
pub(super) fn head(record: &str) -> Option<Head<'_>> {
    let text = record.trim();
    let mut fields = Fields::default();
    if let Some((stamp, early, inner, after)) = stamped(text) {
        let (inner_level, inner_name) = level_in(inner);
        fields.push("logger", inner_name);
        let level = early.or(inner_level);
        let (level, body) = if level.is_some() { (level, separated(after)) } else { find_level(after, &mut fields) };
        let (level, body) = if level.is_none() { level_of_next_line(body, &mut fields) } else { (level, body) };
        let body = peel_loggers(body, &mut fields);
        return Some(Head { stamp: Some(stamp), level, fields, body });
    }
    if let Some((level, logger, body)) = basic(text) {
        fields.push("logger", logger);
        return Some(Head { stamp: None, level: Some(level), fields, body });
    }
    let (thread, start) = complete(terminated(verify(group, |group: &str| !is_level(group.trim())), space1), text)
        .map_or(("", text), |(rest, thread)| (thread, rest));
    let (level, body) = level_here(start)?;
    fields.push("thread", thread);
    let body = peel_loggers(separated(body), &mut fields);
    Some(Head { stamp: None, level: Some(level), fields, body })
}

/// The time of a record, a level before it, what else its brackets hold, and what follows.
fn stamped(text: &str) -> Option<(Stamp, Option<&str>, &str, &str)> {
    if let Some((stamp, inner, rest)) = stamp_here(text) {
        return Some((stamp, None, inner, rest));
    }
    // Ruby's `W, [2026-..`.
    if text.get(1..3) == Some(", ") {
        let (stamp, inner, rest) = stamp_here(text.get(3..)?)?;
        return Some((stamp, None, inner, rest));
    }
    if let Some((level, rest)) = level_here(text) {
        let (stamp, inner, rest) = stamp_here(separated(rest))?;
        return Some((stamp, Some(level), inner, rest));
    }
    // `[Nest] 1  - `, `[1] ` and the like.
    let (rest, _) = complete(group, text)?;
    let rest = rest.trim_start();
    let behind_pid = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '#');
    let (stamp, inner, rest) = stamp_here(separated(rest)).or_else(|| stamp_here(separated(behind_pid)))?;
    Some((stamp, None, inner, rest))
}

/// A time, plain or in brackets; a second one right after it is the writer's own and wins.
fn stamp_here(text: &str) -> Option<(Stamp, &str, &str)> {
    if let Some(inner) = text.strip_prefix('[') {
        let (stamp, rest) = timestamp::leading(inner)?;
        let (inner, rest) = rest.split_once(']')?;
        return (!inner.contains('\n')).then_some((stamp, inner, rest));
    }
    let (stamp, rest) = timestamp::leading(text)?;
    if rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let own = timestamp::leading(rest.trim_start()).filter(|(own, _)| own.dated && own.has_year);
    let (stamp, rest) = own.unwrap_or((stamp, rest));
    Some((stamp, "", rest))
}

/// The level among the words that share the time's brackets, and the name after it.
fn level_in(inner: &str) -> (Option<&str>, &str) {
    let mut words = inner.split([' ', ':', '/', '\t']).filter(|word| !word.is_empty());
    match words.next().filter(|word| is_level(word)) {
        Some(level) => (Some(level), inner.split_once(level).map_or("", |(_, name)| name.trim_matches([' ', '/']))),
        None => (None, ""),
    }
}

/// The text without spaces and the marks that part columns.
fn separated(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let next = [": ", "- ", "-- ", "> ", "|", ","].into_iter().find_map(|mark| rest.strip_prefix(mark));
        match next {
            Some(next) => rest = next.trim_start(),
            None => return rest.strip_prefix(':').map_or(rest, str::trim_start),
        }
    }
}

/// The level within the first tokens, and the text after it; the text whole if it names none.
fn find_level<'r>(text: &'r str, fields: &mut Fields<'r>) -> (Option<&'r str>, &'r str) {
    let start = separated(text);
    let mut at = start;
    for _ in 0..MAX_HEAD_TOKENS {
        if let Some((level, body)) = level_here(at).or_else(|| channel_level(at, fields)) {
            let header = start.split_at_checked(start.len() - at.len()).map_or("", |(header, _)| header);
            push_header(header, fields);
            return (Some(level), separated(body));
        }
        match skip_token(at) {
            Some(next) => at = separated(next),
            None => break,
        }
    }
    (None, start)
}

/// What stood between the time and the level.
fn push_header<'r>(header: &'r str, fields: &mut Fields<'r>) {
    keyvalue::pairs(header, fields);
    for word in header.split_whitespace() {
        if is_uuid(word) {
            fields.push("request_id", word);
        } else if word.starts_with('[') && !word.contains('=') {
            fields.push("thread", word.trim_matches(['[', ']']));
        }
    }
}

/// A token that can stand before a level: a group, a number, an id, a pair or a logger's name, no word of a sentence.
fn skip_token(text: &str) -> Option<&str> {
    for (open, close) in [('[', ']'), ('(', ')'), ('<', '>'), ('{', '}')] {
        if let Some(inner) = text.strip_prefix(open) {
            let (group, _) = first_line(inner).split_once(close)?;
            return inner.get(group.len() + 1..).filter(|_| group.len() <= MAX_GROUP);
        }
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '|')?;
    let (word, rest) = text.split_at_checked(end)?;
    let technical = word.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'=' | b'.' | b':' | b'/' | b'#'))
        && !word.ends_with([':', '.', ',']);
    (word.len() <= MAX_GROUP && (technical || rest.starts_with(['\t', '|']))).then_some(rest)
}

/// The level that `text` begins with, and what follows: `[warn]`, `WARN `, `warn:`, `INFO[0042]`.
fn level_here(text: &str) -> Option<(&str, &str)> {
    if let Some(inner) = text.strip_prefix(['[', '<', '(']) {
        let end = inner.find([']', '>', ')'])?;
        let (level, rest) = inner.split_at_checked(end)?;
        return is_level(level.trim()).then(|| (level.trim(), rest.get(1..).unwrap_or_default()));
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    let shouted = word.bytes().all(|b| b.is_ascii_uppercase());
    if !(is_level(word) || shouted && word == "LOG") {
        return None;
    }
    // A small `error` may well be the first word of the sentence; with a mark after it, it is a level.
    let capitalized = !shouted && word.starts_with(|c: char| c.is_ascii_uppercase());
    let marked = rest.starts_with(": ") || rest.starts_with(":\n") || rest.starts_with(['\t', '|']) || rest.starts_with("  ");
    let ends = rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || matches!(c, ':' | '|' | ']' | '['));
    let is_mark = if shouted { ends } else { marked && !capitalized && !SHOUTED.contains(&word) };
    if !is_mark {
        return None;
    }
    // logrus on a terminal: seconds since its start.
    let seconds = complete(delimited(char('['), digit1, char(']')), rest);
    let rest = seconds.map_or(rest, |(rest, _)| rest);
    Some((word, rest.strip_prefix(':').unwrap_or(rest)))
}

/// Monolog's `channel.LEVEL: text`.
fn channel_level<'r>(text: &'r str, fields: &mut Fields<'r>) -> Option<(&'r str, &'r str)> {
    let (token, rest) = text.split_once(": ")?;
    let (channel, level) = token.rsplit_once('.')?;
    if !is_level(level) || !level.bytes().all(|b| b.is_ascii_uppercase()) || channel.contains(char::is_whitespace) {
        return None;
    }
    fields.push("logger", channel);
    Some((level, rest))
}

/// `java.util.logging` writes the level on the second line, and class and method on the first.
fn level_of_next_line<'r>(text: &'r str, fields: &mut Fields<'r>) -> (Option<&'r str>, &'r str) {
    let found =
        text.split_once('\n').and_then(|(line, rest)| Some((line, level_here(rest).filter(|(_, rest)| rest.starts_with(' '))?)));
    match found {
        Some((line, (level, body))) if line.split_whitespace().count() <= 2 => {
            fields.push("logger", line.trim());
            (Some(level), body.trim_start())
        }
        _ => (None, text),
    }
}

/// Takes logger, thread and caller off the beginning of a message.
fn peel_loggers<'r>(text: &'r str, fields: &mut Fields<'r>) -> &'r str {
    let mut rest = text.trim_start();
    for _ in 0..3 {
        let Some((name, value, after)) = spans(rest).or_else(|| logger(rest)) else { break };
        if after.trim().is_empty() {
            break;
        }
        keyvalue::pairs(value, fields);
        fields.push(if is_uuid(value) { "request_id" } else { name }, value);
        rest = separated(after);
    }
    rest
}

/// Whether a text can be the name of a logger, a thread or a file.
fn is_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty()
        && text.len() <= MAX_GROUP
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-:/$#@<>`+*()".contains(c))
}

/// A logger at the beginning of a message: its role, its name, and what follows.
fn logger(text: &str) -> Option<(&'static str, &str, &str)> {
    let (line, _) = split_line(text);
    if let Some((rest, name)) = complete(group, text).filter(|(_, name)| is_name(name)) {
        return Some(("logger", name.trim(), rest));
    }
    for (open, close) in [('(', ')'), ('{', '}')] {
        if let Some((name, after)) =
            line.strip_prefix(open).and_then(|inner| inner.split_once(close)).filter(|(name, _)| is_name(name))
        {
            let marked = after.starts_with(": ") || after.starts_with(" [") || after.starts_with(" - ");
            return marked.then(|| ("thread", name, text.get(name.len() + 2..).unwrap_or_default()));
        }
    }
    // .NET's `Category.Name[1]`, with the text on the next line or on this one.
    let category = (
        take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '`' | '+')),
        delimited(char('['), digit1, char(']')),
        multispace1,
    );
    if let Some((rest, (name, ..))) = complete(category, text) {
        return Some(("logger", name, rest));
    }
    let end = line.find([' ', '\t', '|']).unwrap_or(line.len());
    let (name, after) = text.split_at_checked(end)?;
    if !is_name(name) {
        return None;
    }
    let caller = name
        .trim_end_matches(':')
        .rsplit_once(':')
        .is_some_and(|(file, line)| file.contains('.') && !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()));
    if caller && (name.contains(".go:") || name.contains(".rs:") || name.contains(".cc:")) {
        return Some(("caller", name.trim_end_matches(':'), after));
    }
    let column = after.trim_start_matches(' ');
    let parted = column.starts_with("- ") || column.starts_with("-- ") || after.starts_with(['|', '\t']);
    (parted && (is_uuid(name) || name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')))
        .then_some(("logger", name, after))
}

/// The spans and the target of Rust's `tracing`: `request{method="GET"}: orders::auth: text`.
fn spans(text: &str) -> Option<(&'static str, &str, &str)> {
    let name = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))).filter(|at| *at > 0)?;
    let (_, after) = text.split_at_checked(name)?;
    let end = if let Some(inner) = after.strip_prefix('{') {
        let (fields, rest) = first_line(inner).split_once('}')?;
        rest.starts_with(':').then_some(name + fields.len() + 2)?
    } else if after.starts_with("::") {
        let target = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))).unwrap_or(text.len());
        // Modules are in small letters; `JWT::ExpiredSignature:` is Ruby's name of an error.
        let modules = text.get(..target)?;
        (modules.ends_with(':') && !modules.bytes().any(|b| b.is_ascii_uppercase())).then_some(target - 1)?
    } else {
        let target = after.strip_prefix(": ")?.split(' ').next()?;
        (target.contains("::") && target.ends_with(':')).then_some(name)?
    };
    let (span, rest) = text.split_at_checked(end)?;
    Some(("logger", span, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::parse;

    /// Record, format, level, message, and fields.
    type Case = (&'static str, &'static str, Option<&'static str>, &'static str, &'static [(&'static str, &'static str)]);

    const DATED: &[Case] = &[
        // nginx and Apache
        (
            "2026/11/23 12:12:23 [error] 5811#5811: *18500 upstream timed out (110: Connection timed out), client: 203.0.113.231, server: api.shop.example, request: \"GET /orders/7711 HTTP/1.1\", subrequest: \"/_auth\", upstream: \"http://127.0.0.1:7101/orders/7711\", host: \"127.0.0.1:8080\"",
            "nginx-error",
            Some("error"),
            "upstream timed out (110: Connection timed out)",
            &[
                ("client_ip", "203.0.113.231"),
                ("server", "api.shop.example"),
                ("method", "GET"),
                ("path", "/orders/7711"),
                ("subrequest", "/_auth"),
                ("upstream", "http://127.0.0.1:7101/orders/7711"),
                ("host", "127.0.0.1:8080"),
            ],
        ),
        ("2026/11/23 12:12:23 [notice] 5810#5810: reopening logs", "nginx-error", Some("notice"), "reopening logs", &[]),
        (
            "2020/12/01 04:14:54 [error] 43#43: *573137 [lua] openid-connect.lua:152: failed, client: 10.10.10.10, server: , request: \"GET / HTTP/1.1\", host: \"h:30794\"",
            "nginx-error",
            Some("error"),
            "[lua] openid-connect.lua:152: failed",
            &[("client_ip", "10.10.10.10"), ("host", "h:30794")],
        ),
        (
            "[Mon Apr 27 17:26:52.123456 2015] [auth_jwt:error] [pid 12:tid 34] [client 192.0.2.1:5678] AH01: token expired, referer: https://x/",
            "apache-error",
            Some("error"),
            "AH01: token expired",
            &[("client_ip", "192.0.2.1"), ("module", "auth_jwt"), ("referrer", "https://x/")],
        ),
        (
            "[Mon Apr 27 17:26:52 2015] [error] 7591 WARNING: Forbidden (CSRF cookie not set.): /items/editor/",
            "apache-error",
            Some("error"),
            "7591 WARNING: Forbidden (CSRF cookie not set.): /items/editor/",
            &[],
        ),
        // PostgreSQL
        (
            "2026-11-23 12:05:56.190 UTC [30435] postgres@auth LOG:  execute <unnamed>: DELETE FROM auth_users WHERE id = $1\n2026-11-23 12:05:56.190 UTC [30435] postgres@auth DETAIL:  parameters: $1 = '78028fec'",
            "postgresql",
            Some("LOG"),
            "execute <unnamed>: DELETE FROM auth_users WHERE id = $1\nDETAIL:  parameters: $1 = '78028fec'",
            &[("db_user", "postgres"), ("database", "auth"), ("pid", "30435")],
        ),
        (
            "2026-11-23 12:12:46.859 UTC [28101] FATAL:  the database system is shutting down",
            "postgresql",
            Some("FATAL"),
            "the database system is shutting down",
            &[],
        ),
        (
            "2026-08-22 12:00:00 UTC:10.0.0.1(5432):app@orders:[123]:ERROR:  no such user",
            "postgresql",
            Some("ERROR"),
            "no such user",
            &[("database", "orders")],
        ),
        // JBoss, Quarkus, Keycloak
        (
            "2026-11-23 12:00:00,123 WARN  [org.keycloak.events] (executor-thread-3) type=\"LOGIN_ERROR\", realmId=\"r1\", userId=\"u1\", ipAddress=\"203.0.113.9\", error=\"user_not_found\"",
            "keycloak",
            Some("WARN"),
            "type=\"LOGIN_ERROR\", realmId=\"r1\", userId=\"u1\", ipAddress=\"203.0.113.9\", error=\"user_not_found\"",
            &[("userId", "u1"), ("ipAddress", "203.0.113.9"), ("error", "user_not_found")],
        ),
        (
            "2026-11-23 12:00:00,123 traceId=4bf9, parentId=, spanId=00f0, sampled=true WARN  [org.keycloak.events] (executor-thread-3) type=LOGIN_ERROR, realmId=master, error=invalid_token",
            "keycloak",
            Some("WARN"),
            "type=LOGIN_ERROR, realmId=master, error=invalid_token",
            &[("traceId", "4bf9"), ("realmId", "master")],
        ),
        (
            "21:01:42,548 INFO  [stdout] (ServerService (x) Pool -- 64) started",
            "jboss",
            Some("INFO"),
            "started",
            &[("thread", "ServerService (x) Pool -- 64")],
        ),
        (
            "2026-08-22 12:00:00,123 DEBUG [io.qua.MpJwtValidator] (executor-thread-1) Authentication failed: SRJWT07000: Failed to verify a token",
            "jboss",
            Some("DEBUG"),
            "Authentication failed: SRJWT07000: Failed to verify a token",
            &[],
        ),
        // Spring Boot
        (
            "2026-08-22T12:00:00.123Z  WARN 1 --- [orders] [nio-8080-exec-3] [4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7] c.e.auth.JwtFilter                       : JWT rejected: Expired JWT",
            "spring-boot",
            Some("WARN"),
            "JWT rejected: Expired JWT",
            &[
                ("app", "orders"),
                ("thread", "nio-8080-exec-3"),
                ("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"),
                ("logger", "c.e.auth.JwtFilter"),
            ],
        ),
        (
            "2026-08-22 12:00:00.123  WARN [orders,4bf92f3577b34da6,00f067aa0ba902b7] 1 --- [nio-8080-exec-3] c.e.auth.JwtFilter                       : JWT rejected: Expired JWT",
            "spring-boot",
            Some("WARN"),
            "JWT rejected: Expired JWT",
            &[("app", "orders"), ("trace_id", "4bf92f3577b34da6"), ("thread", "nio-8080-exec-3")],
        ),
        (
            "2025-04-18 07:57:03 2025-04-18T05:57:03.067  INFO --- [et.reactor-0] localstack.request.aws     : AWS => 200",
            "spring-boot",
            Some("INFO"),
            "AWS => 200",
            &[],
        ),
        // klog, gunicorn, Rails, Python
        (
            "E0822 12:00:00.123456       1 authentication.go:73] \"Unable to authenticate the request\" err=\"[invalid bearer token, oidc: token is expired]\"",
            "klog",
            Some("error"),
            "\"Unable to authenticate the request\" err=\"[invalid bearer token, oidc: token is expired]\"",
            &[("err", "[invalid bearer token, oidc: token is expired]"), ("caller", "authentication.go:73")],
        ),
        (
            "[2026-08-22 12:00:00 +0000] [17] [WARNING] GET /billing/invoices/2768 401: Token has been revoked",
            "gunicorn",
            Some("WARNING"),
            "GET /billing/invoices/2768 401: Token has been revoked",
            &[("method", "GET"), ("path", "/billing/invoices/2768"), ("status", "401")],
        ),
        (
            "[2026-11-23 12:12:35 +0000] [418] [ERROR] Exception on /billing/invoices/1881 [GET]\nTraceback (most recent call last):",
            "gunicorn",
            Some("ERROR"),
            "Exception on /billing/invoices/1881 [GET]\nTraceback (most recent call last):",
            &[("path", "/billing/invoices/1881"), ("method", "GET")],
        ),
        (
            "[0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10] Started GET \"/api/orders\" for 203.0.113.24 at 2026-08-22 12:00:00 +0000",
            "rails",
            None,
            "Started GET \"/api/orders\" for 203.0.113.24 at 2026-08-22 12:00:00 +0000",
            &[("request_id", "0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10"), ("client_ip", "203.0.113.24"), ("path", "/api/orders")],
        ),
        (
            "WARNING 2026-11-23 13:12:23,564 accounts.auth 27570 140350662216576 rejected GET /accounts/v1/me/: User not found code=user_not_found",
            "django",
            Some("WARNING"),
            "rejected GET /accounts/v1/me/: User not found code=user_not_found",
            &[("code", "user_not_found"), ("path", "/accounts/v1/me/"), ("logger", "accounts.auth")],
        ),
        (
            "2026-08-22 12:00:00,123 - app.auth - WARNING - Signature has expired",
            "django",
            Some("WARNING"),
            "Signature has expired",
            &[("logger", "app.auth")],
        ),
        (
            "2021-01-05 09:45:39,865 - synapse.auth - 137 - INFO - POST-9557 - User authenticated - not lazy",
            "django",
            Some("INFO"),
            "User authenticated - not lazy",
            &[("request_id", "POST-9557")],
        ),
        (
            "2026-08-22 12:00:00,123 ERROR [app.auth] Signature has expired",
            "django",
            Some("ERROR"),
            "Signature has expired",
            &[("logger", "app.auth")],
        ),
        // Node
        (
            "2026-08-22T12:00:00.518Z error: jwt expired {\"sub\":\"u1\"}",
            "winston",
            Some("error"),
            "jwt expired",
            &[("sub", "u1")],
        ),
        (
            "2026-11-23T11:59:33.199Z warn: token rejected: no such user e16a {\"requestId\":\"3b17c6e7\",\"ip\":\"203.0.113.224\"}",
            "winston",
            Some("warn"),
            "token rejected: no such user e16a",
            &[("requestId", "3b17c6e7")],
        ),
        (
            "[12:00:00.479] WARN (orders/1): auth failed\n    err: {",
            "text",
            Some("WARN"),
            "auth failed\n    err: {",
            &[("thread", "orders/1")],
        ),
        (
            "[Nest] 1  - 08/22/2026, 12:00:03 PM   ERROR [JwtAuthGuard] Unauthorized",
            "text",
            Some("ERROR"),
            "Unauthorized",
            &[("logger", "JwtAuthGuard")],
        ),
        ("[2026-08-22T12:00:00.563] [ERROR] auth - jwt expired", "text", Some("ERROR"), "jwt expired", &[("logger", "auth")]),
        (
            "2026-08-22T12:00:00.564Z jwks Unable to find a signing key that matches 'abc'",
            "text",
            None,
            "jwks Unable to find a signing key that matches 'abc'",
            &[],
        ),
        (
            "2026-08-22T12:00:00.123Z\t0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10\tERROR\tTokenExpiredError: jwt expired",
            "text",
            Some("ERROR"),
            "TokenExpiredError: jwt expired",
            &[("request_id", "0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10")],
        ),
        (
            "[ERROR]\t2017-10-17T14:55:53.2Z\t1e106745-b34b-11e7-a58a-9f0a45d857a8\tError while executing policy",
            "text",
            Some("ERROR"),
            "Error while executing policy",
            &[("request_id", "1e106745-b34b-11e7-a58a-9f0a45d857a8")],
        ),
        // JVM
        (
            "12:00:00.123 [http-nio-8080-exec-3] WARN  c.e.auth.JwtFilter - JWT rejected: Expired JWT",
            "text",
            Some("WARN"),
            "JWT rejected: Expired JWT",
            &[("logger", "c.e.auth.JwtFilter"), ("thread", "http-nio-8080-exec-3")],
        ),
        (
            "2026-08-22 12:00:00,123 [http-nio-8080-exec-3] WARN  c.e.auth.JwtFilter - JWT rejected: Expired JWT",
            "text",
            Some("WARN"),
            "JWT rejected: Expired JWT",
            &[("logger", "c.e.auth.JwtFilter")],
        ),
        (
            "Aug 22, 2026 12:00:00 PM com.example.auth.JwtFilter doFilter\nWARNING: JWT rejected: Expired JWT",
            "text",
            Some("WARNING"),
            "JWT rejected: Expired JWT",
            &[("logger", "com.example.auth.JwtFilter doFilter")],
        ),
        (
            "22-Aug-2026 12:00:00.123 WARNING [http-nio-8080-exec-3] com.example.auth.JwtFilter.doFilter JWT rejected: Expired JWT",
            "text",
            Some("WARNING"),
            "com.example.auth.JwtFilter.doFilter JWT rejected: Expired JWT",
            &[],
        ),
        (
            "[2023-08-23T14:53:08,511][TRACE][o.e.x.s.a.j.JwtRealm     ] [node-0] Realm [jwt2] JWT validation failed",
            "text",
            Some("TRACE"),
            "Realm [jwt2] JWT validation failed",
            &[("logger", "o.e.x.s.a.j.JwtRealm")],
        ),
        (
            "2026.08.22 12:00:00.123 FINEST io.helidon.JwtProvider Thread[#32,helidon-2]: Token no longer valid",
            "text",
            Some("FINEST"),
            "io.helidon.JwtProvider Thread[#32,helidon-2]: Token no longer valid",
            &[],
        ),
        // .NET
        (
            "[12:00:00 INF] Failed to validate the token.\nX: IDX10223",
            "text",
            Some("INF"),
            "Failed to validate the token.\nX: IDX10223",
            &[],
        ),
        (
            "2026-08-22 12:00:00.123 +00:00 [INF] Failed to validate the token.",
            "text",
            Some("INF"),
            "Failed to validate the token.",
            &[],
        ),
        (
            "2026-08-22 12:00:00.1234|INFO|Microsoft.JwtBearerHandler|Failed to validate the token.",
            "text",
            Some("INFO"),
            "Failed to validate the token.",
            &[("logger", "Microsoft.JwtBearerHandler")],
        ),
        // Python
        (
            "[2026-08-22 12:00:00,123: WARNING/ForkPoolWorker-1] app.tasks.sync[6a1f]: Signature has expired",
            "text",
            Some("WARNING"),
            "app.tasks.sync[6a1f]: Signature has expired",
            &[("logger", "ForkPoolWorker-1")],
        ),
        (
            "2026-08-22 12:00:00 [warning  ] user_not_found                 sub=u1",
            "text",
            Some("warning"),
            "user_not_found                 sub=u1",
            &[("sub", "u1")],
        ),
        (
            "2026-08-22 12:00:00.380 | WARNING  | app.auth:get_current_user:42 - User not found",
            "text",
            Some("WARNING"),
            "User not found",
            &[("logger", "app.auth:get_current_user:42")],
        ),
        (
            "2018-10-06 15:05:22 WARNING (MainThread) [homeassistant.components.http.ban] Login attempt",
            "text",
            Some("WARNING"),
            "Login attempt",
            &[("logger", "homeassistant.components.http.ban")],
        ),
        // Go
        (
            "2026-08-22T12:00:00.123Z\tWARN\tauth\tauth/middleware.go:57\ttoken rejected\t{\"error\": \"token is expired\"}",
            "text",
            Some("WARN"),
            "token rejected",
            &[("error", "token is expired"), ("caller", "auth/middleware.go:57")],
        ),
        (
            "12:00PM WRN token rejected error=\"token is expired\"",
            "text",
            Some("WRN"),
            "token rejected error=\"token is expired\"",
            &[("error", "token is expired")],
        ),
        (
            "[1] 2026/08/22 12:00:00.123456 [DBG] 203.0.113.24:52344 - cid:42 - User authentication revoked",
            "text",
            Some("DBG"),
            "203.0.113.24:52344 - cid:42 - User authentication revoked",
            &[],
        ),
        ("2026/08/22 12:00:00 auth: token is expired by 1m53s", "text", None, "auth: token is expired by 1m53s", &[]),
        (
            "2026/08/22 12:00:00 http: TLS handshake error from 192.0.2.1:1",
            "text",
            None,
            "http: TLS handshake error from 192.0.2.1:1",
            &[],
        ),
        (
            "2022-08-16T02:16:32Z ERR headscale/oidc.go:324 > Failed to decode error=\"json: x\"",
            "text",
            Some("ERR"),
            "Failed to decode error=\"json: x\"",
            &[("error", "json: x")],
        ),
        (
            "2024-05-24T16:11:44Z ERRO management/server/http/middleware/auth_middleware.go:88: Error when validating JWT claims: st1",
            "text",
            Some("ERRO"),
            "Error when validating JWT claims: st1",
            &[],
        ),
        (
            "2019-07-24T09:28:34+02:00 [DEBUG] [/core/filter/security.go:491]: can not get user information from session",
            "text",
            Some("DEBUG"),
            "can not get user information from session",
            &[],
        ),
        (
            "[2020/02/17 12:08:54] [oauthproxy.go:736] Error redeeming code: oidc: token is expired",
            "text",
            None,
            "Error redeeming code: oidc: token is expired",
            &[("logger", "oauthproxy.go:736")],
        ),
        // Ruby, PHP
        (
            "W, [2026-08-22T12:00:00.123456 #17]  WARN -- : JWT::ExpiredSignature: Signature has expired",
            "text",
            Some("WARN"),
            "JWT::ExpiredSignature: Signature has expired",
            &[],
        ),
        (
            "[2026-08-22T12:00:00.123456+00:00] security.INFO: Authenticator failed. {\"exception\":\"x\"} []",
            "text",
            Some("INFO"),
            "Authenticator failed.",
            &[("exception", "x"), ("logger", "security")],
        ),
        (
            "[2026-08-22 12:00:00] production.ERROR: The token has been blacklisted {\"exception\":\"[object] (X\n[stacktrace]\n\"} ",
            "text",
            Some("ERROR"),
            "The token has been blacklisted {\"exception\":\"[object] (X\n[stacktrace]\n\"}",
            &[],
        ),
        (
            "[22-Aug-2026 12:00:00 UTC] PHP Fatal error:  Uncaught Firebase\\JWT\\ExpiredException: Expired token",
            "text",
            None,
            "PHP Fatal error:  Uncaught Firebase\\JWT\\ExpiredException: Expired token",
            &[],
        ),
        // Rust
        (
            "2026-08-22T12:00:00.914899Z  WARN request: orders::auth: jwt rejected sub=\"u1\" request_id=\"r-1\"",
            "text",
            Some("WARN"),
            "jwt rejected sub=\"u1\" request_id=\"r-1\"",
            &[("sub", "u1")],
        ),
        (
            "2026-08-22T12:00:00.909306Z  WARN request{method=\"GET\" uri=\"/api/orders\" request_id=\"r-1\"}: orders::auth: jwt rejected sub=\"u1\"",
            "text",
            Some("WARN"),
            "jwt rejected sub=\"u1\"",
            &[("request_id", "r-1"), ("sub", "u1")],
        ),
        (
            "  2026-08-22T12:00:00.916571Z  WARN orders::auth: jwt rejected, sub: \"u1\"\n    at src/main.rs:2",
            "text",
            Some("WARN"),
            "jwt rejected, sub: \"u1\"\n    at src/main.rs:2",
            &[],
        ),
        (
            "[2026-08-22T12:00:00Z WARN  api::auth] jwt rejected: ExpiredSignature",
            "text",
            Some("WARN"),
            "jwt rejected: ExpiredSignature",
            &[("logger", "api::auth")],
        ),
        (
            "[2025-01-24 03:17:28.975][vaultwarden::auth][ERROR] Error decoding JWT",
            "text",
            Some("ERROR"),
            "Error decoding JWT",
            &[],
        ),
        // Erlang, Envoy, Istio
        (
            "12:00:00.123 request_id=F9f2a8c0a1b2c3d4 [warning] JWT rejected: {:error, :signature_error}",
            "text",
            Some("warning"),
            "JWT rejected: {:error, :signature_error}",
            &[("request_id", "F9f2a8c0a1b2c3d4")],
        ),
        (
            "2026-08-22 12:00:00.123456+00:00 [warning] <0.1234.0> User 'svc-a' failed to authenticate",
            "text",
            Some("warning"),
            "<0.1234.0> User 'svc-a' failed to authenticate",
            &[],
        ),
        (
            "[Envoy (Epoch 0)] [2020-04-10 06:54:20.594][27][debug][jwt] [external/envoy/jwt_authn/authenticator.cc:245] JWT token verification completed with: Jwt is expired",
            "text",
            Some("debug"),
            "JWT token verification completed with: Jwt is expired",
            &[],
        ),
        (
            "2023-01-06T11:21:12.846645Z     debug   envoy jwt       origins-0: Verifying",
            "text",
            Some("debug"),
            "envoy jwt       origins-0: Verifying",
            &[],
        ),
        ("2026-08-22T12:00:00.123Z {\"level\":\"warn\",\"msg\":\"token rejected\"}", "json", Some("warn"), "token rejected", &[]),
    ];

    const UNDATED: &[Case] = &[
        ("WARNING:app.auth:Signature has expired", "text", Some("WARNING"), "Signature has expired", &[("logger", "app.auth")]),
        (
            "info: Microsoft.JwtBearerHandler[1]\n      Failed to validate the token.\n      X: IDX10223",
            "text",
            Some("info"),
            "Failed to validate the token.\n      X: IDX10223",
            &[("logger", "Microsoft.JwtBearerHandler")],
        ),
        (
            "info: Microsoft.JwtBearerHandler[1] Failed to validate the token.",
            "text",
            Some("info"),
            "Failed to validate the token.",
            &[],
        ),
        (
            "[main] DEBUG com.sap.Service - Key not found in cache",
            "text",
            Some("DEBUG"),
            "Key not found in cache",
            &[("thread", "main")],
        ),
        (
            "WARN[0045] error authorizing context  http.request.method=GET",
            "text",
            Some("WARN"),
            "error authorizing context  http.request.method=GET",
            &[("http.request.method", "GET")],
        ),
        ("[warning] <0.882.0> HTTP access denied", "text", Some("warning"), "<0.882.0> HTTP access denied", &[]),
        (
            "UnauthorizedError: invalid signature\n    at new UnauthorizedError",
            "plain",
            None,
            "UnauthorizedError: invalid signature\n    at new UnauthorizedError",
            &[],
        ),
        (
            "method=GET path=/api/orders controller=X status=401 error='JWT: expired'",
            "logfmt",
            None,
            "method=GET path=/api/orders controller=X status=401 error='JWT: expired'",
            &[("status", "401"), ("error", "JWT: expired")],
        ),
        (
            "*1 jwt_verify: error on decode, client: 192.168.1.60, server: , request: \"GET / HTTP/1.1\", host: \"h\"",
            "plain",
            None,
            "*1 jwt_verify: error on decode, client: 192.168.1.60, server: , request: \"GET / HTTP/1.1\", host: \"h\"",
            &[("client_ip", "192.168.1.60")],
        ),
        (
            "[0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10] Completed 401 Unauthorized in 4ms (Allocations: 812)",
            "rails",
            None,
            "Completed 401 Unauthorized in 4ms (Allocations: 812)",
            &[("status", "401")],
        ),
    ];

    #[test]
    fn each_layout_is_read() {
        let mut wrong = Vec::new();
        for (dated, (record, format, level, message, fields)) in
            DATED.iter().map(|case| (true, case)).chain(UNDATED.iter().map(|case| (false, case)))
        {
            let entry = parse(record).unwrap_or_else(|| panic!("{record}"));
            let read = (entry.format, entry.level.as_deref(), &*entry.message, dated && entry.stamp.is_none());
            if read != (*format, *level, *message, false) {
                wrong.push(format!("{record}\n  {read:?}"));
            }
            for (name, value) in *fields {
                if !entry.fields.iter().any(|field| field == (*name, *value)) {
                    wrong.push(format!("{record}\n  {name} in {:?}", entry.fields));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_record_cut_anywhere_does_not_panic() {
        for (record, ..) in DATED.iter().chain(UNDATED) {
            for at in 0..=record.len() {
                if let Some((head, tail)) = record.split_at_checked(at) {
                    for format in crate::layout::FORMATS {
                        let _ = (format.parse(head), format.parse(tail));
                    }
                }
            }
        }
    }

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

    #[test]
    fn hostile_text_is_read_in_linear_time() {
        for unit in [
            "GET /",
            "[",
            "(",
            "{\"",
            "a: ",
            " - ",
            "INFO:a:",
            "[a] ",
            "x=",
            "\n",
            "2026-08-22 ",
            ", client: ",
            ", server: \"",
            "GET ",
            "::",
            "\\",
        ] {
            for head in ["", "2026-08-22 12:00:00 ", "2026-08-22 12:00:00,123 INFO  [a] ("] {
                let text = format!("{head}{}", unit.repeat(200_000 / unit.len()));
                let started = std::time::Instant::now();
                for format in crate::layout::FORMATS {
                    let _ = format.parse(&text);
                }
                assert!(started.elapsed().as_secs() < 5, "{head}{unit}");
            }
        }
    }
}
