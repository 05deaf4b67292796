//! Lines that begin no record of any layout: stack traces, and the inside of what is written over several lines.

use crate::layout;

/// What lines of stack traces begin with, apart from blanks.
const PHRASES: [&[u8]; 16] = [
    b"Caused by: ",
    b"Suppressed: ",
    b"Traceback (most recent call last)",
    b"at ",
    b"... ",
    b"Stack trace:",
    b"The above exception was",
    b"During handling of the above",
    b"File \"",
    b"--- End of ",
    // What .NET's token library prints below its message.
    b"kid: '",
    b"token: '",
    b"Exceptions caught:",
    b"Number of keys in ",
    b"Matched key was in ",
    b"'",
];

/// Whether a line begins no record.
#[inline]
pub(super) fn continues(line: &[u8]) -> bool {
    match line.first() {
        Some(b' ') => !(layout::is_indented_request(line) || layout::begins_pretty_event(line)),
        None | Some(b'\t' | b'\r' | b'}' | b')' | b']') => true,
        // What most lines begin with begins no phrase.
        Some(b'{' | b'0'..=b'9' | b'<') => false,
        // Laravel closes what it quotes below its trace.
        Some(b'[') => line.starts_with(b"[stacktrace]") || line.starts_with(b"[previous exception]"),
        Some(b'"') => matches!(line.get(1), Some(b'}')) || is_phrase(line),
        // What a docker line holds is still escaped.
        Some(b'\\') => line.starts_with(b"\\t"),
        Some(_) => is_phrase(line) || is_php_frame(line),
    }
}

/// Whether a line, blanks before it or not, belongs to a stack trace for sure.
pub(super) fn is_trace(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"at ") || is_phrase(line)
}

fn is_phrase(line: &[u8]) -> bool {
    PHRASES.iter().any(|phrase| line.starts_with(phrase)) || layout::continues(line)
}

/// `#0 /var/www/...`.
fn is_php_frame(line: &[u8]) -> bool {
    matches!(line, [b'#', b'0'..=b'9', ..])
}

/// `jwt.exceptions.DecodeError: Not enough segments`: an exception by its whole name, as the end of a trace has it.
pub(super) fn names_exception(line: &[u8]) -> bool {
    let name = line.split(|b| matches!(b, b':' | b' ')).next().unwrap_or_default();
    name.contains(&b'.')
        && name.len() < 160
        && name[0].is_ascii_lowercase()
        && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$'))
        && (name.ends_with(b"Error") || name.ends_with(b"Exception"))
}
