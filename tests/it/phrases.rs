//! Texts in words that no catalog entry lists: phrases made up in the ways of many developers, and what records in such
//! words become.

use jwtriage::extract::phrase::{Asked, read_for};

/// What must be right at least, of a hundred.
const LEAST: usize = 96;

/// What a text is read as: the reason of a refusal, or what happened.
fn reading(text: &str, asked: Asked) -> &'static str {
    read_for(text, asked).map_or("-", |reading| reading.reason.map_or(reading.kind.as_str(), |reason| reason.as_str()))
}

/// The table holds, line by line, what is asked and the truth (`a:` for an audit source, `e:` where nothing is known, else a
/// refusal) and the text.
#[test]
fn phrasings_are_read() {
    let mut all = 0;
    let mut wrong = Vec::new();
    for line in include_str!("phrases/phrasings.tsv").lines() {
        let Some((truth, text)) = line.split_once('\t') else { continue };
        let (asked, truth) = match truth.split_once(':') {
            Some(("a", truth)) => (Asked::Audit, truth),
            Some(("e", truth)) => (Asked::Either, truth),
            _ => (Asked::Refusal, truth),
        };
        let found = reading(text, asked);
        all += 1;
        if found != truth {
            wrong.push(format!("{truth} <- {found}: {text}"));
        }
    }
    assert!((all - wrong.len()) * 100 >= LEAST * all, "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
}
