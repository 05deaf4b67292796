//! The expressions of the catalog: regular expressions over the bytes of a text, compiled when they are first needed.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::model::field::Field;

/// A regular expression over the bytes of a text, compiled when it is first needed: most signatures never meet theirs.
#[derive(Debug)]
pub struct Pattern {
    source: String,
    /// How long it is in its file, where pieces are names.
    written: usize,
    compiled: OnceLock<Option<Compiled>>,
}

#[derive(Debug)]
enum Compiled {
    /// One of these, as a whole line: what most conditions ask for, and no automaton need be built for.
    Lines(Vec<String>),
    /// The expression, and its groups that are named after a field of an event.
    Regex(Regex, Vec<(usize, Field)>),
}

/// Event fields and their values, as a signature read them.
pub type Captured<'t> = Vec<(Field, Cow<'t, str>)>;

impl Pattern {
    /// An expression as written.
    pub fn new(source: String) -> Self {
        Self { written: source.len(), source, compiled: OnceLock::new() }
    }

    /// An expression that its file writes shorter.
    pub fn expanded(source: String, written: &str) -> Self {
        Self { written: written.len(), ..Self::new(source) }
    }

    /// How long the expression is in its file.
    pub fn written(&self) -> usize {
        self.written
    }

    /// The expression, its pieces written out.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the expression stands in `text`; `None` only before a check has rejected it.
    pub fn stands_in(&self, text: &str) -> Option<bool> {
        Some(match self.compiled()? {
            Compiled::Lines(lines) => text.split('\n').any(|line| lines.iter().any(|known| known == line)),
            Compiled::Regex(regex, _) => regex.is_match(text.as_bytes()),
        })
    }

    /// What the groups that are named after fields hold where the expression stands in `text`; `None` where it does not.
    pub fn captures<'t>(&self, text: &'t str) -> Option<Captured<'t>> {
        let (regex, fields) = match self.compiled()? {
            Compiled::Regex(regex, fields) if !fields.is_empty() => (regex, fields),
            _ => return self.stands_in(text)?.then(Vec::new),
        };
        let found = regex.captures(text.as_bytes())?;
        let value = |group| found.get(group).filter(|value| !value.is_empty());
        let held = |(group, field): &(usize, Field)| Some((*field, String::from_utf8_lossy(value(*group)?.as_bytes())));
        Some(fields.iter().filter_map(held).collect())
    }

    /// The expression, unless it is of whole lines.
    pub fn regex(&self) -> Option<&Regex> {
        match self.compiled()? {
            Compiled::Regex(regex, _) => Some(regex),
            Compiled::Lines(_) => None,
        }
    }

    fn compiled(&self) -> Option<&Compiled> {
        let compiled = || {
            if let Some(lines) = lines(&self.source) {
                return Some(Compiled::Lines(lines));
            }
            let regex = compile(&self.source).ok()?;
            let names = regex.capture_names().enumerate();
            let fields = names.filter_map(|(group, name)| Some((group, catalog_field(name?).ok()?))).collect();
            Some(Compiled::Regex(regex, fields))
        };
        self.compiled.get_or_init(compiled).as_ref()
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// The expression of a value that is wholly this, or these, one or the other.
pub fn whole(source: &str) -> String {
    format!("^(?:{source})$")
}

/// An expression that begins with the flag `x`, without that flag, its blanks and its remarks: `(?ix)` leaves `(?i)`.
pub fn unspaced(source: &str) -> Cow<'_, str> {
    let flagged = source.trim_start().strip_prefix("(?").and_then(|rest| rest.split_once(')'));
    let Some((flags, spaced)) =
        flagged.filter(|(flags, _)| flags.contains('x') && flags.bytes().all(|flag| flag.is_ascii_lowercase()))
    else {
        return Cow::Borrowed(source);
    };
    let flags = flags.replace('x', "");
    let mut plain = if flags.is_empty() { flags } else { format!("(?{flags})") };
    for line in spaced.lines() {
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                '#' => break,
                '\\' => plain.extend(['\\'].into_iter().chain(chars.next())),
                _ if c.is_whitespace() => {}
                _ => plain.push(c),
            }
        }
    }
    Cow::Owned(plain)
}

/// The values that [`whole`] was given, if it was given nothing but letters, figures and signs that mean themselves.
fn lines(source: &str) -> Option<Vec<String>> {
    let mut chars = source.strip_prefix("^(?:")?.strip_suffix(")$")?.chars();
    let mut lines = vec![String::new()];
    while let Some(c) = chars.next() {
        match c {
            '|' => lines.push(String::new()),
            // `\<` and `\>` are where a word begins and ends.
            '\\' => lines.last_mut()?.push(chars.next().filter(|c| c.is_ascii_punctuation() && !matches!(c, '<' | '>'))?),
            _ if c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '/' | ':' | '@') => lines.last_mut()?.push(c),
            _ => return None,
        }
    }
    Some(lines)
}

/// Compiles an expression over bytes.
///
/// # Errors
/// If it is none.
pub fn compile(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&bytewise(source)).unicode(false).multi_line(true).size_limit(4 << 20).build()
}

/// A pattern that need not know where characters end, but where it names some that are not of ASCII: an automaton that
/// knows is several times larger.
fn bytewise(source: &str) -> String {
    let mut bytewise = String::with_capacity(source.len() + 64);
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '[' => class_end(rest),
            '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            _ => first.len_utf8(),
        };
        let (part, tail) = rest.split_at(end);
        if part.is_ascii() {
            push_ascii(part, &mut bytewise);
        } else {
            bytewise.push_str("(?u:");
            push_ascii(part, &mut bytewise);
            bytewise.push(')');
        }
        rest = tail;
    }
    bytewise
}

/// Where the class that begins a pattern ends.
fn class_end(pattern: &str) -> usize {
    let mut depth = 0;
    let mut chars = pattern.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' => {
                depth += 1;
                chars.next_if(|(_, c)| *c == '^');
                chars.next_if(|(_, c)| *c == ']');
            }
            ']' if depth == 1 => return at + 1,
            ']' => depth -= 1,
            _ => {}
        }
    }
    pattern.len()
}

/// Adds a part of a pattern whose `\w`, `\d`, `\s` and `\b` shall mean ASCII alone: log texts need no more, and the letters
/// and digits of all scripts make an automaton far larger.
fn push_ascii(part: &str, into: &mut String) {
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('\\') {
        into.push_str(before);
        let mut chars = after.chars();
        match chars.next() {
            Some('w') => into.push_str("[0-9A-Za-z_]"),
            Some('W') => into.push_str("[^0-9A-Za-z_]"),
            Some('d') => into.push_str("[0-9]"),
            Some('D') => into.push_str("[^0-9]"),
            Some('s') => into.push_str(r"[\t\n\v\f\r ]"),
            Some('S') => into.push_str(r"[^\t\n\v\f\r ]"),
            Some('b') => into.push_str(r"(?-u:\b)"),
            Some(other) => into.extend(['\\', other]),
            None => into.push('\\'),
        }
        rest = chars.as_str();
    }
    into.push_str(rest);
}

/// The field that a capture, a `reads` or a `fields` entry names.
///
/// # Errors
/// If an event has no such field, or none that catalogs name.
pub fn catalog_field(name: &str) -> Result<Field, String> {
    let field = Field::named(name).filter(|field| field.is_for_catalogs());
    field.ok_or_else(|| format!("`{name}` is no field of an event"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_knows_the_characters_it_names() {
        for (source, bytes) in [
            (r"(?:^|[^\w‘“\]])ID (\S+)", r"(?:^|(?u:[^[0-9A-Za-z_]‘“\]]))ID ([^\t\n\v\f\r ]+)"),
            (r"größer\b", r"gr(?u:ö)(?u:ß)er(?-u:\b)"),
            (r"[]^[a’]\d]x", r"(?u:[]^[a’][0-9]])x"),
        ] {
            assert_eq!(bytewise(source), bytes);
            compile(source).unwrap();
        }
        let stands = |source: &str, text: &str| compile(source).unwrap().is_match(text.as_bytes());
        let start = r"(?i)(?:^|[^\w'‘“«])user gone";
        for (text, expected) in [("user gone", true), ("é User gone", true), ("‘user gone’", false), ("Œuser gone", true)] {
            assert_eq!(stands(start, text), expected, "{text}");
        }
    }

    #[test]
    fn a_spaced_expression_loses_blanks_and_remarks() {
        for (source, plain) in [
            ("(?x) user \\ gone # not the session\n | account\\#\\d+", r"user\ gone|account\#\d+"),
            ("(?ix)\n  [a-z]+ \\\\ {{end}}\n", r"(?i)[a-z]+\\{{end}}"),
            ("(?i)user gone # 7", "(?i)user gone # 7"),
            ("(?P<max>a b)", "(?P<max>a b)"),
            ("(?x:a b) c", "(?x:a b) c"),
        ] {
            assert_eq!(unspaced(source), plain);
        }
    }

    #[test]
    fn whole_lines_are_told_as_the_expression_tells_them() {
        for (source, plain) in [
            ("LOGIN_ERROR|CODE_TO_TOKEN_ERROR", true),
            (r"org\.keycloak\.events", true),
            ("größer als|", true),
            ("user.*", false),
            ("(?i:patch)", false),
            (r"\d+", false),
            (r"\<user\>", false),
        ] {
            let pattern = Pattern::new(whole(source));
            assert_eq!(lines(pattern.source()).is_some(), plain, "{source}");
            let regex = compile(pattern.source()).unwrap();
            for text in ["LOGIN_ERROR", "a\nCODE_TO_TOKEN_ERROR\nb", "LOGIN_ERROR2", "org.keycloak.events", "größer als", "", "7"]
            {
                assert_eq!(pattern.stands_in(text), Some(regex.is_match(text.as_bytes())), "{source}: {text}");
            }
        }
    }
}
