//! Names of loggers, threads and callers at the beginning of a message, and the spans of Rust's `tracing`.

use nom::bytes::complete::take_while1;
use nom::character::complete::{char, digit1, multispace1};
use nom::sequence::delimited;

use crate::layout::fields::Fields;
use crate::layout::key_values;
use crate::layout::lines::{first_line, separated, split_line};
use crate::layout::parsers::{complete, group};
use crate::model::id::is_uuid;

/// A bracket group longer than this is text.
pub(super) const MAX_GROUP: usize = 120;

/// Takes logger, thread and caller off the beginning of a message.
pub(super) fn peel_loggers<'r>(text: &'r str, fields: &mut Fields<'r>) -> &'r str {
    let mut rest = text.trim_start();
    for _ in 0..3 {
        let Some((name, value, after)) = spans(rest).or_else(|| logger(rest)) else { break };
        if after.trim().is_empty() {
            break;
        }
        key_values::pairs(value, fields);
        fields.push(if is_uuid(value) { "request_id" } else { name }, value);
        rest = separated(after);
    }
    rest
}

/// Whether a text can be the name of a logger, a thread or a file.
pub(super) fn is_name(text: &str) -> bool {
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
        (modules.ends_with(':') && !modules.bytes().any(|b| b.is_ascii_uppercase())).then(|| target - 1)?
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

    #[test]
    fn spans_and_targets_are_distinguished_from_sentences() {
        for (text, expected) in [
            ("request{method=\"GET\"}: orders::auth: rejected", Some("request{method=\"GET\"}")),
            ("orders::auth: rejected", Some("orders::auth")),
            ("JWT::ExpiredSignature: Signature has expired", None),
            ("-x:: a", None),
            ("rejected: no such user", None),
        ] {
            assert_eq!(spans(text).map(|(_, span, _)| span), expected, "{text}");
        }
    }
}
