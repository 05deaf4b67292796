//! JSON answers of log stores: an array of records, alone or within an object.

use memchr::{memchr, memchr3, memmem};
use serde::de::IgnoredAny;

use super::splitter::{HEAD, Splitter};

/// Takes the elements out of one envelope after the other. What is no envelope is handed on as it is.
#[derive(Default)]
pub(super) struct Envelope {
    at: At,
    /// How deep arrays and objects are open.
    depth: usize,
    /// The list that is read.
    list: List,
    /// The last text outside of elements: the name of a list, if it is one's.
    name: Vec<u8>,
    in_text: bool,
    is_escaped: bool,
    /// Whether a line has begun that is not to be continued.
    is_written: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    /// Where an envelope may begin.
    #[default]
    Top,
    /// Outside of envelopes: for so many bytes, and then to the end of the line.
    Line { bytes: usize },
    /// In an envelope, around its elements.
    Around,
    /// In an element, and whether a line of it begins.
    Element { line: bool },
}

/// Where in an envelope its elements are: in the array of this name, which is so many levels down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct List {
    name: &'static str,
    depth: usize,
    is_open: bool,
}

/// Whether what stands in a list is what a list of records begins with.
type Fits = fn(&[u8]) -> bool;

/// Names of lists of records, how deep they are, and what they must begin with.
const LISTS: [(&str, usize, Fits); 7] = [
    ("", 0, |list| is_object(list) && !is_one_a_line(list)),
    // `CloudWatch`'s filter-log-events and get-log-events.
    ("events", 1, |list| {
        list.starts_with(b"{") && has(list, "\"message\"") && (has(list, "\"timestamp\"") || has(list, "\"logStreamName\""))
    }),
    // Logs Insights; Splunk.
    ("results", 1, |list| {
        (list.starts_with(b"[") && has(list, "\"field\"")) || (list.starts_with(b"{") && has(list, "\"_raw\""))
    }),
    ("hits", 2, |list| list.starts_with(b"{") && (has(list, "\"_source\"") || has(list, "\"_index\""))),
    // `CloudTrail`, `CloudWatch` subscriptions, Google.
    ("Records", 1, |list| list.starts_with(b"{")),
    ("logEvents", 1, |list| list.starts_with(b"{")),
    ("entries", 1, |list| list.starts_with(b"{")),
];

/// Whether it begins like an object that has names, or like an empty one.
fn is_object(list: &[u8]) -> bool {
    list.strip_prefix(b"{").is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}')))
}

/// Whether a name stands in the first element of a list, or in what is known of it.
fn has(list: &[u8], name: &str) -> bool {
    memmem::find(first(list), name.as_bytes()).is_some()
}

/// The first element of a list, as far as it is known.
fn first(list: &[u8]) -> &[u8] {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = list.get(at) {
        match byte {
            b'"' => at += 1 + text_length(&list[at + 1..]).unwrap_or_else(|length| length),
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return &list[..=at],
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    list
}

/// Whether the first element of a list is all of its line: then framing sees each element as it is.
fn is_one_a_line(list: &[u8]) -> bool {
    let Some(end) = memchr(b'\n', list) else { return false };
    let line = list[..end].trim_ascii_end();
    let element = line.strip_suffix(b",").unwrap_or(line);
    serde_json::from_slice::<IgnoredAny>(element).is_ok()
}

impl Envelope {
    /// Whether an envelope begins with `head`.
    pub(super) fn begins(head: &[u8]) -> bool {
        list(head).is_ok()
    }

    /// Goes over what is neither text nor needed of an envelope or element, byte by byte.
    fn step(&mut self, byte: u8, out: &mut Vec<u8>) {
        if let At::Element { line } = &mut self.at {
            // Nothing inside an element looks like the beginning of another.
            if std::mem::replace(line, byte == b'\n') && !byte.is_ascii_whitespace() {
                out.push(b' ');
            }
            out.push(byte);
        } else if byte == b'\n' {
            self.end_line(out);
        }
        match byte {
            b'"' => {
                self.in_text = true;
                self.name.clear();
            }
            b'{' | b'[' => {
                if self.at == At::Around
                    && byte == b'['
                    && self.depth == self.list.depth
                    && self.name == self.list.name.as_bytes()
                {
                    self.list.is_open = true;
                } else if self.at == At::Around && self.list.is_open && self.depth == self.list.depth + 1 {
                    self.begin_line(out);
                    out.push(byte);
                    self.at = At::Element { line: false };
                }
                self.depth += 1;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if matches!(self.at, At::Element { .. }) && self.depth == self.list.depth + 1 {
                    self.at = At::Around;
                }
                self.list.is_open &= self.depth > self.list.depth;
                if self.depth == 0 {
                    self.at = At::Top;
                }
            }
            _ => {}
        }
    }

    /// Goes over a text up to its end or that of `bytes`, and gives how much of them that is.
    fn text(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let is_kept = matches!(self.at, At::Element { .. });
        let mut at = 0;
        if std::mem::take(&mut self.is_escaped) {
            at = 1;
        }
        while self.in_text {
            let Some(found) = memchr3(b'"', b'\\', b'\n', bytes.get(at..).unwrap_or_default()) else {
                at = bytes.len();
                break;
            };
            at += found;
            match bytes[at] {
                b'\\' => {
                    self.is_escaped = at + 1 == bytes.len();
                    at = (at + 2).min(bytes.len());
                }
                b'"' => {
                    self.in_text = false;
                    at += 1;
                }
                // No text goes over lines: something is broken.
                _ => {
                    self.reset();
                    break;
                }
            }
        }
        let text = &bytes[..at];
        if is_kept {
            out.extend_from_slice(text);
        } else if self.name.len() < 32 {
            let name = text.strip_suffix(b"\"").unwrap_or(text);
            self.name.extend_from_slice(&name[..name.len().min(32)]);
        }
        at
    }

    fn reset(&mut self) {
        *self = Self { is_written: self.is_written, ..Self::default() };
    }

    /// Sees to it that what follows begins a line.
    fn begin_line(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.is_written, true) {
            out.push(b'\n');
        }
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        out.push(b'\n');
        self.is_written = false;
    }

    /// Looks at what begins outside of envelopes; gives nothing if more of it must be known.
    fn top(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) -> Option<usize> {
        let blanks = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        let rest = &bytes[blanks..];
        match rest.first() {
            None => return last.then_some(bytes.len()),
            Some(b'\n') => {
                self.end_line(out);
                return Some(blanks + 1);
            }
            Some(b'{' | b'[') if rest.len() < HEAD && !last => return None,
            Some(_) => {}
        }
        match list(&rest[..rest.len().min(HEAD)]) {
            Ok(found) => {
                self.reset();
                (self.list, self.at) = (found, At::Around);
                Some(blanks)
            }
            Err(bytes) => {
                self.begin_line(out);
                self.at = At::Line { bytes: blanks + bytes };
                Some(0)
            }
        }
    }
}

impl Splitter for Envelope {
    fn split(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_text {
                at += self.text(&bytes[at..], out);
                continue;
            }
            match self.at {
                At::Top => match self.top(&bytes[at..], last, out) {
                    Some(done) => at += done,
                    None => break,
                },
                At::Line { bytes: 0 } => {
                    let end = memchr(b'\n', &bytes[at..]).map(|length| at + length);
                    out.extend_from_slice(&bytes[at..end.unwrap_or(bytes.len())]);
                    at = end.map_or(bytes.len(), |end| end + 1);
                    if end.is_some() {
                        self.end_line(out);
                        self.at = At::Top;
                    }
                }
                At::Line { bytes: left } => {
                    let known = left.min(bytes.len() - at);
                    out.extend_from_slice(&bytes[at..at + known]);
                    at += known;
                    self.at = At::Line { bytes: left - known };
                }
                At::Around | At::Element { .. } => {
                    self.step(bytes[at], out);
                    at += 1;
                }
            }
        }
        at
    }
}

/// The list of records of the envelope that begins with `head`; else how many bytes were looked at, in which none begins.
fn list(head: &[u8]) -> Result<List, usize> {
    let mut names: Vec<&[u8]> = Vec::new();
    let mut name: &[u8] = b"";
    let mut at = 0;
    while let Some(byte) = head.get(at) {
        match byte {
            b'"' if !names.is_empty() => {
                let text = &head[at + 1..];
                let length = text_length(text).map_err(|length| at + 1 + length)?;
                name = &text[..length];
                at += length + 1;
            }
            b'{' => names.push(name),
            b'[' => {
                let first = head[at + 1..].trim_ascii_start();
                let is_inside =
                    |depth: usize, list: &str| depth < 2 || names.get(1).is_some_and(|outer| *outer == list.as_bytes());
                let fits = LISTS.iter().find(|(list, depth, fits)| {
                    *depth == names.len() && name == list.as_bytes() && is_inside(*depth, list) && fits(first)
                });
                if let Some((name, depth, _)) = fits {
                    return Ok(List { name, depth: *depth, is_open: false });
                }
                names.push(name);
            }
            b'}' | b']' => {
                names.pop();
                if names.is_empty() {
                    return Err(at + 1);
                }
            }
            // Outside of an object there is nothing but one.
            _ if names.is_empty() => return Err(at),
            _ => {}
        }
        at += 1;
    }
    Err(head.len())
}

/// How long the text is that `bytes` begin with, to its closing quote; else how long it is where it breaks off.
fn text_length(bytes: &[u8]) -> Result<usize, usize> {
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr3(b'"', b'\\', b'\n', rest)) {
        at += found;
        match bytes[at] {
            b'"' => return Ok(at),
            b'\\' => at += 2,
            _ => return Err(at),
        }
    }
    Err(bytes.len())
}
