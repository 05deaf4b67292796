//! A pasted record -> a first draft of its catalog entry, for `catalog draft`.

use std::fmt::Write as _;

use crate::extract::detector::Detector;
use crate::extract::template::{Piece, pieces};
use crate::model::event::{EventKind, Reason};
use crate::model::name::{Name, Text};
use crate::redact::{self, Redactor};

/// What a line is cut to: the beginning of a message says what it is.
const MAX_LINE: usize = 240;
/// A literal shorter than this is no use.
const SHORTEST: usize = 6;

/// A catalog file with one signature that matches `record`, as TOML; what only a person knows says `TODO`.
///
/// The record is redacted first. Values that the engine recognises (a subject, a key, a client) become captures.
///
/// # Errors
/// If nothing in the record could serve as a literal.
pub fn draft(detector: &Detector, record: &str) -> Result<String, String> {
    let record = record.trim_end();
    if record.len() > redact::MOST {
        return Err(format!("the record is longer than {} bytes: leave out what does not matter", redact::MOST));
    }
    let record = Redactor::BARE.redact(record).into_owned();
    let events = detector.events_of(&record);
    let known = events.first().and_then(|event| event.signature).map(|id| &detector.catalog().signatures[id.index() as usize]);
    let read = detector.reading_of(&record);
    let line = said(read.shown.as_deref().map_or("", |shown| &*shown.message));
    let literal = literal(&line, &record).ok_or("nothing in it stays the same from record to record: paste a whole log line")?;
    let kind = known.map_or(EventKind::AuthFailure, |signature| signature.kind);
    let reason = known.map_or(Some(Reason::Other), |signature| signature.reason);
    let request_id = read.request_id.map(|id| id.to_string().into());
    let values = [
        ("sub", read.sub.map(Name::text)),
        ("kid", read.kid.map(Name::text)),
        ("iss", read.claim(|claims| claims.iss).map(Name::text)),
        ("aud", read.claim(|claims| claims.aud).map(Name::text)),
        ("client_ip", read.client_ip.map(Name::text)),
        ("request_id", request_id),
    ];
    let values: Vec<(&str, Text)> = values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut out = String::new();
    if let Some(known) = known {
        let _ = writeln!(out, "# Known already: `{}` says {}", known.id, known.summary);
    }
    out.push_str("format = 1\n\n[product]\nid = \"draft\" # TODO: the product, as the file is named\nname = \"TODO\"\n");
    out.push_str(
        "\n[[signature]]\nid = \"draft.todo\" # TODO: the product, a dot, what it says\nsummary = \"TODO: one sentence.\"\n",
    );
    let _ = writeln!(out, "kind = \"{kind}\"");
    if let Some(reason) = reason {
        let _ = writeln!(out, "reason = \"{reason}\" # TODO");
    }
    let _ = writeln!(out, "literals = [{}]", quoted(literal));
    let pattern = pattern(&line, literal, &values);
    let _ = writeln!(out, "pattern = {}", literal_text(&pattern));
    let _ = writeln!(out, "\n[[signature.example]]\nrecord = {}", literal_text(&record));
    let reads: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {}", quoted(value))).collect();
    if !reads.is_empty() {
        let _ = writeln!(out, "reads = {{ {} }}", reads.join(", "));
    }
    Ok(out)
}

/// The line of a message that says most: the first.
fn said(message: &str) -> String {
    message
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("")
        .trim_end_matches('…')
        .chars()
        .take(MAX_LINE)
        .collect()
}

/// The longest constant part that is, byte for byte, in the record.
fn literal<'l>(line: &'l str, record: &str) -> Option<&'l str> {
    let fixed = pieces(line).into_iter().filter_map(|piece| match piece {
        Piece::Fixed(text) => Some(text),
        Piece::Varies(..) => None,
    });
    // Where the record spells it otherwise (JSON escapes), the parts between quotation marks still stand.
    let parts =
        fixed.flat_map(|text| text.split(['"', '\\', '\t']).chain([text])).map(|part| part.trim_matches(['"', '\'', ' ']));
    parts.filter(|part| part.len() >= SHORTEST && record.contains(part)).max_by_key(|part| part.len())
}

/// The line as a pattern, from the literal's piece to the last value that is known, at least the literal itself.
fn pattern(line: &str, literal: &str, values: &[(&str, &str)]) -> String {
    let mut pattern = String::new();
    let mut used: Vec<&str> = Vec::new();
    for piece in pieces(line) {
        match piece {
            Piece::Fixed(text) => pattern.push_str(&regex::escape(text)),
            Piece::Varies(kind, value) => match values.iter().find(|(name, known)| *known == value && !used.contains(name)) {
                Some((name, _)) => {
                    used.push(name);
                    let _ = write!(pattern, "(?P<{name}>{})", kind.pattern());
                }
                None => pattern.push_str(kind.pattern()),
            },
        }
    }
    if pattern.is_empty() { regex::escape(literal) } else { pattern }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A TOML string that needs no escapes, where it can be one.
fn literal_text(text: &str) -> String {
    if text.contains("'''") || text.ends_with('\'') || text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        quoted(text)
    } else {
        format!("'''{text}'''")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests lay out their inputs")]

    use super::*;
    use crate::extract::check;
    use crate::extract::signature::Catalog;

    #[test]
    fn a_draft_holds_for_the_record_it_was_made_from() {
        for record in [
            "2026-03-01T10:00:00Z WARN warp core refused the caller user_id=u-17 from 192.0.2.7",
            r#"{"time":"2026-03-01T10:00:00Z","msg":"warp core \"main\" refused the caller","sub":"u-17"}"#,
            "Mar  1 10:00:00 web-1 warp[12]: refused caller 'bob' it's gone: eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2ln",
        ] {
            let text = draft(&Detector::new(Catalog::default()), record).unwrap();
            assert!(!text.contains("eyJ"), "{text}");
            let file = std::env::temp_dir().join(format!("jwtriage-draft-{}.toml", std::process::id()));
            std::fs::write(&file, &text).unwrap();
            let mut catalog = Catalog::default();
            let added = catalog.add(&file);
            std::fs::remove_file(&file).unwrap();
            assert_eq!(added.map_err(|error| error.to_string()), Ok(1), "{text}");
            assert_eq!(check::check(&Detector::new(catalog), 0), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_record_of_nothing_but_values_gives_no_draft() {
        assert!(draft(&Detector::new(Catalog::default()), "17 18 19").is_err());
    }
}
