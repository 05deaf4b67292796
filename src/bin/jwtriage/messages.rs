//! Messages on standard error: without tokens and secrets, escape sequences, and numbers of errors.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use jwtriage::redact::Redactor;
use jwtriage::report::escape::Terminal;

use crate::exit::Hint;

/// Words of less than this are no secret, as far as their looks go.
const SHORTEST_SECRET: usize = 16;
/// So often digits, small and capital letters take turns in them.
const TURNS: usize = 6;
/// Unless they are as long as this.
const DIGEST: usize = 32;
/// What to do with a token that was given as an argument.
const TOKEN_HINT: &str = "what looks like a token or a secret is not shown; use `jwtriage token` and standard input, where no \
                          shell's history keeps it";

/// Reports an input that could not be read, or what else the operator should know.
pub(crate) fn line(text: &str) {
    writeln!(io::stderr(), "jwtriage: {}", safe(text).0).ok();
}

/// Reports why nothing could be done, and the way out where there is one.
pub(crate) fn error(error: &anyhow::Error) {
    let hint = error.downcast_ref::<Hint>().map(|hint| hint.0.as_str());
    // A hint is not a part of what went wrong.
    let (text, redacted) = safe(&causes(error.chain().skip(usize::from(hint.is_some()))));
    writeln!(io::stderr(), "jwtriage: {text}").ok();
    if let Some(hint) = redacted.then_some(TOKEN_HINT).or(hint) {
        writeln!(io::stderr(), "hint: {hint}").ok();
    }
}

/// Reports what is wrong with the arguments, as clap words it.
pub(crate) fn usage(error: &clap::Error) {
    let rendered = error.render().to_string();
    let lines: Vec<(String, bool)> = rendered.lines().map(safe).collect();
    for (line, _) in &lines {
        writeln!(io::stderr(), "{line}").ok();
    }
    if lines.iter().any(|(_, redacted)| *redacted) {
        writeln!(io::stderr(), "hint: {TOKEN_HINT}").ok();
    }
}

/// The errors of a chain in one line, each once: the texts of some hold those of their causes.
fn causes<'e>(chain: impl Iterator<Item = &'e (dyn std::error::Error + 'static)>) -> String {
    let mut line = String::new();
    for error in chain {
        let text = without_number(&error.to_string());
        if line.is_empty() {
            line = text;
        } else if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
    }
    line
}

/// The text of an error of the system without its number: `No such file or directory (os error 2)`.
fn without_number(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.split_once(')') {
        Some((number, rest)) if number.parse::<i32>().is_ok() => text + rest,
        _ => format!("{text} (os error {part}"),
    })
}

/// Text that may be shown, and whether something was taken out: what it repeats of the arguments may be anything.
fn safe(text: &str) -> (String, bool) {
    let plain = without_number(text);
    let mut text = Cow::Borrowed(plain.as_str());
    for secret in secret_arguments() {
        if text.contains(&secret) {
            text = text.replace(&secret, "[redacted]").into();
        }
    }
    let shown = Redactor::BARE.redact(&text);
    // Of a long text the end is cut.
    (Terminal(&shown).to_string(), !plain.starts_with(&*shown))
}

fn arguments() -> impl Iterator<Item = String> {
    std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned())
}

/// Arguments, and words of arguments, that look like opaque tokens and keys.
fn secret_arguments() -> Vec<String> {
    let words = |argument: String| {
        let words = argument.split(|c: char| c.is_whitespace() || matches!(c, '=' | ':' | '\'' | '"' | ',' | ';'));
        words.filter(|word| looks_secret(word)).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut secrets: Vec<String> = arguments().filter(|argument| !Path::new(argument).exists()).flat_map(words).collect();
    // A secret that another begins with must not be replaced before that one.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

/// Whether a word may be a secret: a run of letters and digits as only chance makes it, or as long as a digest.
fn looks_secret(word: &str) -> bool {
    let kind = |b: u8| (b.is_ascii_digit(), b.is_ascii_uppercase());
    let by_chance = |run: &str| {
        let turns = run.as_bytes().windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
        turns >= TURNS || (turns > 0 && run.len() >= DIGEST)
    };
    let mut runs = word.split(|c: char| !c.is_ascii_alphanumeric());
    !word.contains('/') && runs.any(|run| run.len() >= SHORTEST_SECRET && by_chance(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_names_its_cause_is_shown_with_it_once_and_without_a_number() {
        let missing = || io::Error::from_raw_os_error(2);
        for error in [
            anyhow::Error::new(missing()).context("cannot read `a`"),
            anyhow::Error::new(missing()).context(format!("cannot read `a`: {}", missing())),
        ] {
            assert_eq!(causes(error.chain()), "cannot read `a`: No such file or directory");
        }
        for text in ["", "a (os error b", "a (os error x) c"] {
            assert_eq!(without_number(text), text);
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_distinguished_from_paths_and_options() {
        for word in [
            "sk_live_51H8xKq2eZvKYlo2C",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "0oa1b2c3d4e5f6g7h8i9",
            "9e107d9d372bb6826bd81d3542a419d6",
        ] {
            assert!(looks_secret(word), "{word}");
        }
        for word in [
            "logs/51H8xKq2eZvKYlo2Cabc.log",
            "app-2026-03-02.log.gz",
            "report20260302T101010Z.json",
            "--expect-audience",
            "nosuchdirectoryanywhere",
            "20260302",
        ] {
            assert!(!looks_secret(word), "{word}");
        }
    }
}
