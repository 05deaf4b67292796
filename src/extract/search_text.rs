//! The text of an entry that signatures are matched against.

use std::borrow::Cow;

use crate::layout::Entry;
use crate::literal::Literal;

/// A record as text. Nearly all are UTF-8, which is checked first: that is faster than to replace what is not.
pub fn as_text(record: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(record).map_or_else(|_| String::from_utf8_lossy(record), Cow::Borrowed)
}

/// What signatures are matched against: the text as written, or the values of a JSON record, one a line.
///
/// SQL with bind parameters is written twice in `PostgreSQL`'s log, without the values and with nothing but them: a
/// line that joins the two is put in front.
pub fn search_text<'t>(entry: &'t Entry<'_>, text: &'t str, binds: bool) -> Cow<'t, str> {
    if let Some(bound) = binds.then(|| bound_statement(text)).flatten() {
        return Cow::Owned(format!("{bound}\n{text}"));
    }
    // What carries records as JSON may carry several: only an entry's own values are its text.
    let carried = text.trim_start_matches(['[', ' ', '\n', '\r', '\t']).starts_with('{');
    if entry.format != "json" && !carried {
        return Cow::Borrowed(text);
    }
    let mut joined = String::with_capacity(text.len());
    joined.push_str(&entry.message);
    for (_, value) in entry.fields.iter() {
        if value != entry.message && value.bytes().any(|b| b.is_ascii_alphabetic()) {
            joined.push('\n');
            joined.push_str(value);
        }
    }
    Cow::Owned(joined)
}

/// What `PostgreSQL` writes before the values of a statement.
pub static BOUND: Literal = Literal::new("arameters: $1 = ");

/// The first line of `text` with `$1`, `$2` replaced by the values of its `parameters:` line.
fn bound_statement(text: &str) -> Option<String> {
    let (_, parameters) = BOUND.split_once(text)?;
    let statement = text.lines().next()?;
    let mut values = Vec::new();
    let mut rest = parameters.lines().next()?;
    loop {
        let number = format!(", ${} = ", values.len() + 2);
        if let Some((value, after)) = rest.split_once(number.as_str()) {
            values.push(value);
            rest = after;
        } else {
            values.push(rest);
            break;
        }
    }
    let mut bound = String::with_capacity(statement.len() + parameters.len());
    let mut rest = statement;
    while let Some((before, after)) = rest.split_once('$') {
        bound.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = after.split_at_checked(digits)?;
        if let Some(value) = number.parse::<usize>().ok().and_then(|number| values.get(number.checked_sub(1)?)) {
            bound.push_str(value);
        } else {
            bound.push('$');
            bound.push_str(number);
        }
        rest = tail;
    }
    bound.push_str(rest);
    Some(bound)
}
