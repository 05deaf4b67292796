//! A line of an access log -> its cells: what stands between blanks, tabs, bars, quotes or brackets, each with its shape
//! and, where one is named, its key.
//!
//! Nothing is known of the layout: which mark parts the columns follows from the line itself.

use crate::layout::fields::Role;
use crate::layout::lines::first_line;
use crate::layout::paths::Paths;
use crate::layout::request::Request;
use crate::layout::role::METHODS;
use crate::layout::shape::Shape;
use crate::layout::timestamp::{self, Stamp};

/// A line with more cells is none of an access log.
const MAX_CELLS: usize = 72;
/// How deep brackets are looked into.
const MAX_DEPTH: usize = 2;
/// So many marks of a kind part the columns of a line.
const COLUMNS: usize = 3;

/// One cell of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell<'r> {
    /// The name that the line itself gives it.
    pub(super) key: Option<&'r str>,
    /// What it holds, without quotes and brackets.
    pub(super) text: &'r str,
    /// What that looks like.
    pub(super) shape: Shape,
    /// The time it holds, if it is one.
    pub(super) stamp: Option<Stamp>,
    /// How many brackets it stands in.
    pub(super) depth: usize,
}

impl<'r> Cell<'r> {
    /// The request it holds, if it is one.
    pub(super) fn request(&self) -> Option<Request<'r>> {
        (self.shape == Shape::Request).then(|| request_line(self.text)).flatten()
    }

    /// Whether its key plays a role.
    pub(super) fn plays(&self, role: Role) -> bool {
        self.key.is_some_and(|key| any_role(key, |known| known == role))
    }
}

/// The cells of a line; none if they are too many.
pub(super) fn split(line: &str) -> Vec<Cell<'_>> {
    let mut cells = Cells { list: Vec::with_capacity(24), key: None };
    match delimiter(line) {
        Some(mark) => each_field(line, mark, |field| cells.push_field(field)),
        None => cells.push_words(line, 0),
    }
    if cells.list.len() > MAX_CELLS {
        return Vec::new();
    }
    cells.list
}

/// Whether another mark than blanks parts the columns of a line.
pub(super) fn is_parted(line: &str) -> bool {
    delimiter(line).is_some()
}

/// The mark that parts the columns of a line, unless blanks do.
fn delimiter(line: &str) -> Option<char> {
    let (mut tabs, mut bars, mut semicolons, mut commas, mut blanks) = (0, 0, 0, 0, 0);
    let (mut is_quoted, mut depth) = (false, 0_usize);
    for b in line.bytes() {
        match b {
            b'"' => is_quoted = !is_quoted,
            b'[' | b'(' | b'{' if !is_quoted => depth += 1,
            b']' | b')' | b'}' if !is_quoted => depth = depth.saturating_sub(1),
            b'\t' => tabs += 1,
            _ if is_quoted || depth > 0 => {}
            b'|' => bars += 1,
            b';' => semicolons += 1,
            b',' => commas += 1,
            b' ' => blanks += 1,
            _ => {}
        }
    }
    if tabs >= COLUMNS {
        Some('\t')
    } else if bars >= COLUMNS && !names_before_bars(line) {
        Some('|')
    } else if semicolons >= COLUMNS {
        Some(';')
    } else if commas >= COLUMNS && 2 * commas >= blanks {
        Some(',')
    } else {
        None
    }
}

/// Whether bars stand between keys and values: `method|GET path|/x`.
fn names_before_bars(line: &str) -> bool {
    let named = |part: &str| part.rsplit([' ', '\t']).next().is_some_and(|word| !word.is_empty() && is_known_key(word));
    line.split('|').filter(|part| named(part)).count() >= COLUMNS
}

/// Hands on what stands between marks; what is quoted may hold the mark.
fn each_field<'r>(line: &'r str, mark: char, mut take: impl FnMut(&'r str)) {
    let mut rest = line;
    for _ in 0..=MAX_CELLS {
        let quoted = rest.strip_prefix('"').and_then(|inner| {
            let closed = inner.find('"')? + 2;
            rest.get(closed..)?.starts_with(mark).then_some(closed)
        });
        let end = quoted.or_else(|| rest.find(mark));
        let Some((field, after)) = end.and_then(|end| rest.split_at_checked(end)) else {
            take(rest);
            return;
        };
        take(field);
        rest = after.get(mark.len_utf8()..).unwrap_or_default();
    }
}

/// The cells found so far.
struct Cells<'r> {
    list: Vec<Cell<'r>>,
    /// The key of the next cell, where it was met already.
    key: Option<&'r str>,
}

impl<'r> Cells<'r> {
    fn push(&mut self, text: &'r str, shape: Shape, depth: usize) {
        // A lone `-` between words parts them; between columns it is an empty one: either way it has its place.
        let key = if shape == Shape::Mark { None } else { self.key.take() };
        self.list.push(Cell { key, text, shape, stamp: None, depth });
    }

    fn push_time(&mut self, text: &'r str, stamp: Stamp, depth: usize) {
        // The day may have a column of its own.
        if !stamp.dated
            && let Some(day) = self.list.last_mut().filter(|day| day.shape == Shape::Date)
            && let Some(whole) = timestamp::whole(&format!("{} {text}", day.text))
        {
            (day.shape, day.stamp) = (Shape::Time, Some(whole));
            return;
        }
        self.push(text, Shape::Time, depth);
        if let Some(cell) = self.list.last_mut() {
            cell.stamp = Some(stamp);
        }
    }

    /// A column between marks that are no blanks.
    fn push_field(&mut self, field: &'r str) {
        let text = field.trim();
        if let Some((key, value)) = label(text) {
            self.key = Some(key);
            return self.push_value(value, 0);
        }
        let is_whole = self.push_whole(text, 0);
        if is_whole {
            return;
        }
        match group(text).filter(|(_, after)| after.is_empty()) {
            Some((inner, _)) => self.push_group(text, inner, 0),
            // Browsers name themselves in many words.
            None if text.split(' ').next().is_some_and(|word| Shape::of(word) == Shape::Agent) => {
                self.push(text, Shape::Agent, 0);
            }
            None => self.push_words(text, 0),
        }
    }

    /// What a key is said to be.
    fn push_value(&mut self, value: &'r str, depth: usize) {
        let (text, is_quoted) = match group(value).filter(|(_, after)| after.is_empty()) {
            Some((inner, _)) => (inner, true),
            None => (value, false),
        };
        if !self.push_whole(text, depth) {
            self.push(text, if is_quoted { Shape::Quoted } else { Shape::Word }, depth);
        }
    }

    /// Takes a text that is one thing as a whole.
    fn push_whole(&mut self, text: &'r str, depth: usize) -> bool {
        if let Some((stamp, after)) = self.time_at(text).filter(|(_, after)| after.trim().is_empty()) {
            self.push_time(text.strip_suffix(after).unwrap_or(text), stamp, depth);
        } else if request_line(text).is_some() {
            self.push(text, Shape::Request, depth);
        } else if !text.contains([' ', '\t']) && !text.starts_with(['"', '[', '(', '{']) {
            self.push_word(text, depth);
        } else if is_list_of_addresses(text) {
            self.push(text, Shape::Address, depth);
        } else {
            return false;
        }
        true
    }

    /// What stands between blanks.
    fn push_words(&mut self, text: &'r str, depth: usize) {
        let mut rest = text;
        while self.list.len() <= MAX_CELLS {
            rest = rest.trim_start_matches([' ', '\t', ',', ';', '|']);
            if rest.is_empty() {
                return;
            }
            if let Some((stamp, after)) = self.time_at(rest) {
                let (written, after) = rest.split_at_checked(rest.len() - after.len()).unwrap_or((rest, after));
                self.push_time(written, stamp, depth);
                rest = after;
            } else if let Some((inner, after)) = group(rest) {
                let whole = rest.strip_suffix(after).unwrap_or(rest);
                self.push_group(whole, inner, depth);
                rest = after;
            } else {
                let end = rest.find([' ', '\t', '|']).unwrap_or(rest.len());
                let Some((word, after)) = rest.split_at_checked(end) else { return };
                rest = if self.takes_key(word, after, depth) { after.get(1..).unwrap_or_default() } else { after };
            }
        }
    }

    /// Takes a word, or keeps it as the key of what follows a bar. Tells whether that is so.
    fn takes_key(&mut self, word: &'r str, after: &str, depth: usize) -> bool {
        let barred = after.strip_prefix('|').is_some_and(|value| !value.starts_with(' '));
        if barred && is_known_key(word) {
            self.key = Some(word);
            return true;
        }
        let word = word.trim_end_matches([',', ';']);
        if let Some(key) = word.strip_suffix([':', '=']).filter(|key| is_known_key(key)) {
            self.key = Some(key);
        } else {
            self.push_bare(word, depth);
        }
        false
    }

    fn push_bare(&mut self, word: &'r str, depth: usize) {
        match word {
            // `method = GET`: the word before was a key.
            "=" | "=>" | "->" | ":" | "~" if self.list.last().is_some_and(|last| is_key_of_next(last)) => {
                self.key = self.list.pop().map(|last| last.text);
            }
            _ => match label(word) {
                Some((key, value)) => {
                    self.key = Some(key);
                    self.push_value(value, depth);
                }
                None => self.push_word(word, depth),
            },
        }
    }

    fn push_word(&mut self, word: &'r str, depth: usize) {
        let shape = Shape::of(word);
        let bare = if matches!(shape, Shape::Word | Shape::LikeId) { word.trim_matches([':', ',', ';', '.', '"']) } else { word };
        self.push(bare, if bare.len() == word.len() { shape } else { Shape::of(bare) }, depth);
    }

    /// What stands between quotes or brackets.
    fn push_group(&mut self, whole: &'r str, inner: &'r str, depth: usize) {
        let text = inner.trim();
        let is_quoted = whole.starts_with(['"', '\'']);
        let bracketed = depth + usize::from(!is_quoted);
        if let Some((key, value)) = label(text).filter(|_| !is_quoted) {
            self.key = Some(key);
            self.push_value(value, depth);
        } else if self.push_whole(text, bracketed) {
        } else if is_quoted || depth >= MAX_DEPTH {
            self.push(text, Shape::Quoted, bracketed);
        } else {
            self.push_words(text, depth + 1);
        }
    }

    /// The time that a text begins with. A bare number is one only where the line begins.
    fn time_at(&self, text: &'r str) -> Option<(Stamp, &'r str)> {
        if !text.starts_with(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase()) {
            return None;
        }
        let (stamp, after) = timestamp::leading(text)?;
        let written = text.strip_suffix(after)?;
        let is_number = written.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let is_first = self.list.iter().all(|cell| matches!(cell.shape, Shape::Level | Shape::Mark));
        let ends = !after.starts_with(|c: char| c.is_alphanumeric());
        (ends && (!is_number || is_first || self.key.is_some_and(is_time))).then_some((stamp, after))
    }
}

/// Whether a cell is the key of the value that follows an equals sign or an arrow.
fn is_key_of_next(cell: &Cell<'_>) -> bool {
    cell.key.is_none() && cell.shape == Shape::Word && is_known_key(cell.text)
}

/// What stands between the quotes or brackets that a text begins with, and what follows them.
fn group(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next()?;
    let close = match open {
        '"' => return quoted(text),
        '\'' => '\'',
        '[' => ']',
        '(' => ')',
        '{' => '}',
        '<' => '>',
        _ => return None,
    };
    let inner = text.get(1..)?;
    let end = if open == close { inner.find(close)? } else { closing(inner, open, close)? };
    let after = inner.get(end + 1..)?;
    let is_apart = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    is_apart.then_some((inner.get(..end)?, after))
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while *bytes.get(at)? != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    Some((text.get(1..at)?, text.get(at + 1..)?))
}

fn closing(inner: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in inner.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        }
    }
    None
}

/// `GET /orders HTTP/1.1`, or without the protocol; nothing else.
fn request_line(text: &str) -> Option<Request<'_>> {
    let (method, target) = text.split_once(' ')?;
    if !METHODS.contains(&method) {
        return None;
    }
    let target = target.trim_start();
    let (path, protocol) = target.rsplit_once(' ').unwrap_or((target, ""));
    let plain = (protocol.is_empty() && !path.contains(' ')) || protocol.starts_with("HTTP/");
    let is_target = path.starts_with('/') || path.starts_with("http") && path.contains("://");
    (plain && is_target).then_some(Request { method, path: path.trim_end(), status: None })
}

/// A forwarding chain: `203.0.113.7, 10.0.0.1`.
fn is_list_of_addresses(text: &str) -> bool {
    text.contains(", ") && text.split(", ").all(|part| Shape::of(part) == Shape::Address)
}

/// The key and the value of `key=value`, `key: value`, `key->value` and the like.
fn label(text: &str) -> Option<(&str, &str)> {
    let end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@' | '$'))).filter(|end| *end > 0)?;
    let (key, rest) = text.split_at_checked(end)?;
    let letters = key.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '@' | '$'));
    if !letters || first_line(text).len() != text.len() {
        return None;
    }
    if let Some(value) = rest.strip_prefix('=').filter(|value| !value.starts_with(['=', '>'])) {
        return Some((key, value));
    }
    // The dash of an arrow stands in names as well.
    let (key, rest) = match key.strip_suffix('-').filter(|_| rest.starts_with('>')) {
        Some(key) => (key, rest),
        None => (key, rest),
    };
    let value = ["=>", ">", ":", "~"].into_iter().find_map(|mark| rest.strip_prefix(mark))?;
    let value = value.strip_prefix([' ', '\t']).unwrap_or(value).trim_start();
    (!value.is_empty() && is_known_key(key)).then_some((key, value))
}

/// Names of columns that play no role in an event.
const KEYS: [&str; 32] = [
    "time",
    "ts",
    "timestamp",
    "date",
    "at",
    "level",
    "took",
    "ms",
    "us",
    "dur",
    "ua",
    "reqtime",
    "tt",
    "addr",
    "address",
    "remote",
    "peer",
    "id",
    "resp",
    "response",
    "proto",
    "protocol",
    "referer",
    "vhost",
    "msg",
    "length",
    "sc",
    "cs",
    "scheme",
    "runtime",
    "upstream",
    "user",
];

/// Whether a word is what columns are named.
fn is_known_key(word: &str) -> bool {
    word.len() <= 40 && (KEYS.iter().any(|key| key.eq_ignore_ascii_case(word)) || any_role(word, |_| true))
}

/// Whether a role that a name may play is one in question.
fn any_role(name: &str, is_asked: impl Fn(Role) -> bool) -> bool {
    let path = Paths::with(|paths| paths.named(name));
    path.meaning.as_ref().is_some_and(|meaning| meaning.roles.iter().any(|(role, _)| is_asked(*role)))
}

fn is_time(key: &str) -> bool {
    ["time", "ts", "timestamp", "date", "at"].iter().any(|name| name.eq_ignore_ascii_case(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Vec<(Option<&str>, &str)> {
        split(line).iter().filter(|cell| cell.shape != Shape::Mark).map(|cell| (cell.key, cell.text)).collect()
    }

    #[test]
    fn columns_are_parted_by_what_the_line_parts_them_by() {
        for line in [
            "2026-08-22 12:00:00|203.0.113.7|GET|/x|401",
            "2026-08-22 12:00:00\t203.0.113.7\tGET\t/x\t401",
            "2026-08-22 12:00:00;203.0.113.7;GET;/x;401",
            "\"2026-08-22 12:00:00\",\"203.0.113.7\",\"GET\",\"/x\",\"401\"",
            "[2026-08-22 12:00:00] [203.0.113.7] \"GET\" (/x) 401",
        ] {
            let texts: Vec<&str> = told(line).iter().map(|(_, text)| *text).collect();
            assert_eq!(texts, ["2026-08-22 12:00:00", "203.0.113.7", "GET", "/x", "401"], "{line}");
        }
    }

    #[test]
    fn keys_are_read_whatever_stands_between_them_and_their_values() {
        for line in [
            "method: GET; path: /x; status: 401; ip: 203.0.113.7",
            "method->GET path->/x status->401 ip->203.0.113.7",
            "method|GET path|/x status|401 ip|203.0.113.7",
            "method=>GET, path=>/x, status=>401, ip=>203.0.113.7",
            "method = GET, path = /x, status = 401, ip = 203.0.113.7",
            "[method:GET] [path:/x] [status:401] [ip:203.0.113.7]",
            "method~GET path~/x status~401 ip~203.0.113.7",
        ] {
            let expected = [("method", "GET"), ("path", "/x"), ("status", "401"), ("ip", "203.0.113.7")];
            assert_eq!(told(line), expected.map(|(key, value)| (Some(key), value)), "{line}");
        }
    }

    #[test]
    fn hostile_lines_are_split_in_linear_time() {
        for unit in ["[", "\"", "(", "a=", "a:", "|", ";", "{ ", "' ", "2026-08-22 ", "GET / "] {
            let line = unit.repeat(200_000 / unit.len());
            let started = std::time::Instant::now();
            let _ = split(&line);
            assert!(started.elapsed().as_secs() < 5, "{unit}");
        }
    }
}
