//! What the catalog misses: records that look like authentication trouble and match no signature, as templates.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::extract::template;
use crate::layout::Entry;
use crate::model::event::Place;
use crate::redact::Redactor;

/// Words of authentication trouble, which the prefilter searches for.
pub const TOPICS: [&str; 30] = [
    "token",
    "Token",
    "TOKEN",
    "jwt",
    "JWT",
    "Jwt",
    "jwk",
    "JWK",
    "Jwk",
    "bearer",
    "Bearer",
    "oauth",
    "OAuth",
    "oidc",
    "OIDC",
    "openid",
    "OpenID",
    "uthenticat",
    "uthoriz",
    "uthoris",
    "claim",
    "Claim",
    "redential",
    "ubject",
    "session",
    "Session",
    "kid ",
    "\"kid",
    "nauthorized",
    "AUTH_",
];

static TOPIC: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)token|jwt|jwk|jws\b|bearer|oauth|oidc|openid|authenticat|authori[sz]|\bclaim|credential|\bsubject\b|session|\bkid\b|\bauth_")
        .expect("a constant pattern compiles")
});

static TROUBLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)fail|invalid|expire|reject|denied|missing|not found|unknown|refus|unable|can ?not|can't|could ?n[o']t|mismatch|malformed",
        r"|revoked|not valid|not exist|no such|forbidden|unauthori[sz]ed|unauthenticated|\berr(?:or)?\b|wrong|\bbad\b|illegal",
        r"|unexpected|unverif|unrecogni[sz]ed|not allowed|not permitted|disabled|inactive|no longer",
    ))
    .expect("a constant pattern compiles")
});

/// How much of a text makes its template, in characters.
const MAX_TEXT: usize = 300;
/// How many templates one part of the input keeps; what comes after them is only counted.
const MAX_TEMPLATES: usize = 5_000;

/// Records of one template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The text with masks for what varies.
    pub text: String,
    /// How many records.
    pub count: u64,
    /// The place of the first.
    pub first: Place,
    /// The layout of the first.
    pub format: &'static str,
    /// The first as written, redacted and cut.
    pub example: String,
}

/// The templates of some records.
#[derive(Debug, Default)]
pub struct Unknown {
    templates: BTreeMap<String, Template>,
    /// Records whose template was not kept, as there were too many.
    pub uncounted: u64,
}

impl Unknown {
    /// Takes note of an entry that no signature matches, if it looks like trouble. `text` is the whole of it without
    /// secrets.
    pub fn note(&mut self, entry: &Entry<'_>, text: &str, status: Option<u16>, place: Place, redactor: Redactor) {
        let Some(said) = trouble(entry, text, status) else { return };
        // A template is of many records: their secrets differ.
        let said = redactor.redact(&said);
        let template = template::masked(&cut(&Redactor::without_hashes(&said)));
        let example = || cut(&said);
        self.add(template, |text| Template { text, count: 0, first: place, format: entry.format, example: example() }, 1);
    }

    fn add(&mut self, text: String, make: impl FnOnce(String) -> Template, count: u64) {
        if let Some(known) = self.templates.get_mut(&text) {
            known.count += count;
        } else if self.templates.len() < MAX_TEMPLATES {
            let mut template = make(text.clone());
            template.count = count;
            self.templates.insert(text, template);
        } else {
            self.uncounted += count;
        }
    }

    /// Adds those of a later part of the input, whose places `at` moves to those in the whole.
    pub fn append(&mut self, other: Self, at: impl Fn(Place) -> Place) {
        for (text, template) in other.templates {
            let (first, count) = (at(template.first), template.count);
            self.add(text, |text| Template { text, first, ..template }, count);
        }
        self.uncounted += other.uncounted;
    }

    /// The templates, the most frequent first.
    pub fn into_templates(self) -> Vec<Template> {
        let mut templates: Vec<Template> = self.templates.into_values().collect();
        templates.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.text.cmp(&b.text)));
        templates
    }
}

/// What an entry says that looks like trouble: its message, else the whole of it.
fn trouble(entry: &Entry<'_>, text: &str, status: Option<u16>) -> Option<String> {
    if status.is_some_and(|status| status < 400) {
        return None;
    }
    let looks = |text: &str| TOPIC.is_match(text) && TROUBLE.is_match(text);
    let message = entry.message.trim();
    if looks(message) {
        // The line that says it, not the trace below.
        return message.lines().find(|line| looks(line)).or(message.lines().next()).map(|line| line.trim().to_owned());
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| TOPIC.is_match(line) || TROUBLE.is_match(line)).collect();
    looks(text).then(|| lines.join(" | "))
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::parse;
    use crate::model::event::StreamId;

    fn templates(records: &[&str]) -> Vec<Template> {
        let mut unknown = Unknown::default();
        for (line, record) in (1..).zip(records) {
            let entry = parse(record).unwrap();
            unknown.note(&entry, record, None, Place { stream: StreamId(0), line }, Redactor::BARE);
        }
        unknown.into_templates()
    }

    #[test]
    fn trouble_is_grouped_by_what_stays_and_the_rest_is_passed_over() {
        let found = templates(&[
            "2026-03-01T10:00:00Z WARN warp token 17 went bad for 10.0.0.1",
            "2026-03-01T10:00:01Z INFO session opened",
            "2026-03-01T10:00:02Z WARN warp token 18 went bad for 10.0.0.2",
            "2026-03-01T10:00:03Z ERROR disk failed",
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].text.as_str(), found[0].count), ("warp token <n> went bad for <address>", 2));
        assert_eq!((found[0].first.line, found[0].example.as_str()), (1, "warp token 17 went bad for 10.0.0.1"));
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let mut unknown = Unknown::default();
        let names: Vec<String> = (0..MAX_TEMPLATES + 3).map(|n| "x".repeat(n % 70 + 1) + &"y".repeat(n / 70)).collect();
        for name in &names {
            let record = format!("2026-03-01T10:00:00Z WARN token {name} failed");
            unknown.note(&parse(&record).unwrap(), &record, None, Place { stream: StreamId(0), line: 1 }, Redactor::BARE);
        }
        assert_eq!(unknown.uncounted, 3);
        let kept: u64 = unknown.into_templates().iter().map(|template| template.count).sum();
        assert_eq!(kept + 3, names.len() as u64);
    }
}
