//! What stands before the message of a text record: a time and a level in any order, logger, thread, pairs.

use nom::character::complete::{char, digit1, space1};
use nom::combinator::verify;
use nom::sequence::{delimited, terminated};

use crate::layout::fields::Fields;
use crate::layout::key_values;
use crate::layout::level::{PYTHON_LEVELS, SHOUTED, is_level};
use crate::layout::lines::{first_line, separated};
use crate::layout::logger::{MAX_GROUP, peel_loggers};
use crate::layout::parsers::{complete, group};
use crate::layout::timestamp::{self, Stamp};
use crate::model::id::is_uuid;

/// Tokens that may stand between the time and the level: thread, process, logger, request.
const MAX_HEAD_TOKENS: usize = 4;

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
        let level = level.or_else(|| level_at_end(body));
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

/// `text [WARN]`: the level behind the message.
fn level_at_end(text: &str) -> Option<&str> {
    let (_, level) = text.strip_suffix(']')?.rsplit_once(" [")?;
    (is_level(level) && level.bytes().all(|b| b.is_ascii_uppercase())).then_some(level)
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
    if let Some((inner, close)) = text.strip_prefix('[').map(|inner| (inner, ']')).or_else(|| epoch_in_parentheses(text)) {
        let (stamp, rest) = timestamp::leading(inner)?;
        let (inner, rest) = rest.split_once(close)?;
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

/// `(1787400000.123)`.
fn epoch_in_parentheses(text: &str) -> Option<(&str, char)> {
    let inner = text.strip_prefix('(')?;
    inner.bytes().take(10).all(|b| b.is_ascii_digit()).then_some((inner, ')'))
}

/// The level among the words that share the time's brackets, and the name after it.
fn level_in(inner: &str) -> (Option<&str>, &str) {
    let mut words = inner.split([' ', ':', '/', '\t']).filter(|word| !word.is_empty());
    match words.next().filter(|word| is_level(word)) {
        Some(level) => (Some(level), inner.split_once(level).map_or("", |(_, name)| name.trim_matches([' ', '/']))),
        None => (None, ""),
    }
}

/// `LEVEL:logger:message`, Python's basic layout.
pub(super) fn basic(line: &str) -> Option<(&str, &str, &str)> {
    let (level, rest) = line.split_once(':')?;
    let (logger, message) = rest.split_once(':')?;
    let named = !logger.is_empty() && logger.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    (PYTHON_LEVELS.contains(&level) && named).then_some((level, logger, message))
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
    key_values::pairs(header, fields);
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
