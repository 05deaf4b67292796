//! Small parsers that layouts are put together from: a word, a level, a time, what stands in brackets or quotes.

use nom::branch::alt;
use nom::bytes::complete::{take_till, take_till1, take_while_m_n, take_while1};
use nom::character::complete::{anychar, char, space0};
use nom::combinator::{recognize, verify};
use nom::error::{Error, ErrorKind};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use crate::layout::level::is_level;
use crate::layout::timestamp::{self, Stamp};

/// What a parser gives: what it read, and the text after that.
pub(super) type Parsed<'r, T> = IResult<&'r str, T>;

/// Runs a parser: the text after what it read, and that.
pub(super) fn complete<'r, T>(
    mut parser: impl Parser<&'r str, Output = T, Error = Error<&'r str>>,
    input: &'r str,
) -> Option<(&'r str, T)> {
    parser.parse(input).ok()
}

/// Anything up to the next blank.
pub(super) fn word(input: &str) -> Parsed<'_, &str> {
    take_till1(char::is_whitespace).parse(input)
}

/// A level, without anything around it.
pub(super) fn level(input: &str) -> Parsed<'_, &str> {
    verify(take_while1(|c: char| c.is_ascii_alphabetic()), is_level).parse(input)
}

/// What stands between square brackets, on one line.
pub(super) fn group(input: &str) -> Parsed<'_, &str> {
    delimited(char('['), take_till(|c| matches!(c, ']' | '\n')), char(']')).parse(input)
}

/// A time stamp of any layout.
pub(super) fn stamp(input: &str) -> Parsed<'_, Stamp> {
    match timestamp::leading(input) {
        Some((stamp, rest)) => Ok((rest, stamp)),
        None => Err(nom::Err::Error(Error::new(input, ErrorKind::Tag))),
    }
}

/// `[2026-08-22 12:00:00]`; what is given with the time is the text from its first digit or letter on.
pub(super) fn stamp_in_brackets(input: &str) -> Parsed<'_, (Stamp, &str)> {
    let (written, _) = char('[').parse(input)?;
    let (rest, stamp) = terminated(stamp, char(']')).parse(written)?;
    Ok((rest, (stamp, written)))
}

/// `[22/Aug/2026:12:00:00 +0000]`, with a blank before the closing bracket or not.
pub(super) fn bracketed_stamp(input: &str) -> Parsed<'_, Stamp> {
    delimited(char('['), stamp, preceded(space0, char(']'))).parse(input)
}

/// `"..."` with backslash escapes, given as it stands between the quotes.
pub(super) fn quoted(input: &str) -> Parsed<'_, &str> {
    let piece = alt((take_till1(|c| matches!(c, '"' | '\\')), recognize(preceded(char('\\'), anychar))));
    delimited(char('"'), recognize(many0_count(piece)), char('"')).parse(input)
}

/// The three digits of a status.
pub(super) fn status(input: &str) -> Parsed<'_, &str> {
    take_while_m_n(3, 3, |c: char| c.is_ascii_digit()).parse(input)
}
