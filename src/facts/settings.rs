//! What a start-up line says of a service's version and settings: `cart 3.4.1 ready, USER_CLAIM=sub`.

use std::collections::BTreeMap;

/// Settings by their names; that of a version which stands alone is empty.
pub type Settings = BTreeMap<String, String>;

/// Values that differ at every start and say nothing of it.
const PASSING: [&str; 13] =
    ["pid", "ppid", "tid", "thread", "worker", "time", "ts", "timestamp", "took", "elapsed", "duration", "uptime", "ms"];
/// What stands behind a number that is a time or a size, and no version.
const UNITS: [&str; 12] = ["s", "ms", "us", "sec", "secs", "second", "seconds", "milliseconds", "minutes", "mb", "gb", "kb"];

/// Adds what a line names.
pub fn read(line: &str, settings: &mut Settings) {
    let words: Vec<&str> = line.split_whitespace().collect();
    for (index, word) in words.iter().enumerate() {
        let before = index.checked_sub(1).map_or("", |before| bare(words[before]));
        let is_number = words.get(index + 1).is_some_and(|next| UNITS.contains(&bare(next).to_ascii_lowercase().as_str()));
        if let Some((name, value)) = setting(word, before).filter(|_| !is_number) {
            settings.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        // A secret is shown by its fingerprint: `[redacted secret 0345414e]`.
        if let (true, Some(print)) = (word.ends_with("[redacted"), words.get(index + 2)) {
            settings.insert(before.to_ascii_lowercase(), bare(print).to_owned());
        }
    }
}

/// Whether a name is that of a version and not of a setting.
pub fn is_version(name: &str, value: &str) -> bool {
    matches!(name, "" | "version" | "release") || version(value).is_some() && !name.contains(['_', '.'])
}

/// The name and value that a word gives, which stands behind another.
fn setting<'w>(word: &'w str, before: &'w str) -> Option<(&'w str, &'w str)> {
    let plain = bare(word);
    if let Some((name, value)) = plain.split_once('=') {
        let (name, value) = (bare(name), bare(value));
        let counts = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !value.is_empty() && !name.contains("://");
        return (counts && !PASSING.contains(&name.to_ascii_lowercase().as_str())).then_some((name, value));
    }
    if let Some(version) = version(plain) {
        return Some((before, version));
    }
    if let Some((name, version)) = plain.rsplit_once('/').and_then(|(name, tail)| Some((name, version(tail)?))) {
        return Some((name, version));
    }
    let inner = word.trim_end_matches([',', ';', ')', '.']).trim_start_matches('(');
    let quoted = |mark: char| inner.strip_prefix(mark)?.strip_suffix(mark).filter(|inner| !inner.is_empty());
    let quoted = quoted('\'').or_else(|| quoted('"')).or_else(|| quoted('`'))?;
    (!before.is_empty()).then_some((before, quoted))
}

/// A version without the `v` in front: two numbers or more, with dots between them.
fn version(word: &str) -> Option<&str> {
    let plain = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let end = plain.find(['-', '+']).unwrap_or(plain.len());
    let mut parts = plain[..end].split('.');
    let first = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let is_number = |part: &&str| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty() && part.len() < 6;
    let last = rest.last()?;
    let ends_well = last.starts_with(|c: char| c.is_ascii_digit()) && last.bytes().all(|b| b.is_ascii_alphanumeric());
    let numbers = is_number(&first) && rest[..rest.len() - 1].iter().all(is_number);
    (numbers && ends_well).then_some(plain)
}

/// A word without the marks around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| matches!(c, ',' | ';' | ':' | '.' | '(' | ')' | '[' | ']' | '{' | '}' | '"' | '\'' | '`'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Vec<(String, String)> {
        let mut settings = Settings::new();
        read(line, &mut settings);
        settings.into_iter().collect()
    }

    #[test]
    fn versions_and_settings_are_read_and_numbers_of_the_moment_are_not() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(of("cart 3.4.1 ready, USER_CLAIM=sub"), [pair("cart", "3.4.1"), pair("user_claim", "sub")]);
        assert_eq!(of("cart v2026.11.2 up, subject claim 'uid'"), [pair("cart", "2026.11.2"), pair("claim", "uid")]);
        assert_eq!(of("2.15.0"), [pair("", "2.15.0")]);
        assert_eq!(of("proxy/1.22.1 started pid=17"), [pair("proxy", "1.22.1")]);
        assert_eq!(of("cart started in 2.345 seconds"), []);
        assert_eq!(of("jwt secret [redacted secret 0345414e])"), [pair("secret", "0345414e")]);
        assert_eq!(of("signal 1 received from 22558, shutting down"), []);
    }
}
