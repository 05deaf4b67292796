//! Text -> template: what varies from record to record is masked, what is constant stays.

use std::sync::LazyLock;

use regex::Regex;

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// The same in every record of the kind.
    Fixed(&'t str),
    /// Varies: what it looks like, and what it is here.
    Varies(Kind, &'t str),
}

/// What a varying part looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A UUID or a long hexadecimal word.
    Id,
    /// A mail address.
    Mail,
    /// A URL.
    Url,
    /// An IP address, with its port.
    Address,
    /// A number.
    Number,
    /// A word with digits.
    Word,
    /// What stands in quotation marks.
    Quoted,
}

impl Kind {
    /// What stands for it in a template.
    pub fn mask(self) -> &'static str {
        match self {
            Self::Id => "<id>",
            Self::Mail => "<mail>",
            Self::Url => "<url>",
            Self::Address => "<address>",
            Self::Number => "<n>",
            Self::Word => "<word>",
            Self::Quoted => "<text>",
        }
    }

    /// A pattern that every such part matches.
    pub fn pattern(self) -> &'static str {
        match self {
            Self::Number => r"\d+(?:\.\d+)?",
            Self::Quoted => r#"[^"'\n]*"#,
            Self::Id | Self::Mail | Self::Url | Self::Address | Self::Word => r#"[^\s"',;)\]}]+"#,
        }
    }
}

static VARIES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<id>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b|\b[0-9a-fA-F]{16,}\b)",
        r#"|(?P<url>\b[a-z][a-z0-9+.-]*://[^\s"'<>]+)"#,
        r"|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)",
        r"|(?P<address>\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b)",
        r#"|(?P<quoted>"[^"\n]*"|'[^'\n]{0,80}')"#,
        r"|(?P<number>\b\d+(?:\.\d+)?\b)",
        r"|(?P<word>\b[A-Za-z_-]*\d[\w-]*\b)",
    ))
    .expect("a constant pattern compiles")
});

/// Words in quotation marks that are a name, not a value.
const NAMES: [&str; 22] = [
    "sub",
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "kid",
    "alg",
    "jti",
    "azp",
    "scope",
    "scopes",
    "role",
    "roles",
    "email",
    "none",
    "token",
    "Bearer",
    "Authorization",
    "id_token",
    "access_token",
    "refresh_token",
];

/// Cuts a text into what stays and what varies.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for found in VARIES.captures_iter(text) {
        let Some((kind, range)) = kind_of(&found) else { continue };
        if at < range.start {
            pieces.push(Piece::Fixed(&text[at..range.start]));
        }
        pieces.push(Piece::Varies(kind, &text[range.clone()]));
        at = range.end;
    }
    if at < text.len() {
        pieces.push(Piece::Fixed(&text[at..]));
    }
    pieces
}

/// What a match is and where its value stands, without quotation marks; `None` where it is a name or a code.
fn kind_of(found: &regex::Captures<'_>) -> Option<(Kind, std::ops::Range<usize>)> {
    let kinds = [
        ("id", Kind::Id),
        ("url", Kind::Url),
        ("mail", Kind::Mail),
        ("address", Kind::Address),
        ("quoted", Kind::Quoted),
        ("number", Kind::Number),
        ("word", Kind::Word),
    ];
    let (kind, value) = kinds.into_iter().find_map(|(name, kind)| Some((kind, found.name(name)?)))?;
    let range = value.range();
    match kind {
        Kind::Quoted => {
            let inner = &value.as_str()[1..value.len() - 1];
            (!inner.is_empty() && !NAMES.contains(&inner)).then_some((kind, range.start + 1..range.end - 1))
        }
        Kind::Word => (!is_code(value.as_str())).then_some((kind, range)),
        _ => Some((kind, range)),
    }
}

/// Error codes and names with a digit, which stay: `IDX10501`, `HS256`, `oauth2`.
fn is_code(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let digits = word.bytes().skip(letters).take_while(u8::is_ascii_digit).count();
    let plain = letters + digits == word.len();
    let capitals = word.bytes().take(letters).all(|b| b.is_ascii_uppercase());
    plain && letters >= 2 && (capitals || digits == 1)
}

/// The text with masks for what varies.
pub fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Fixed(part) => masked.push_str(part),
            Piece::Varies(kind, _) => masked.push_str(kind.mask()),
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_masked_and_codes_stay() {
        for (text, template) in [
            ("user 9f2c1a77-0000-4000-8000-000000000001 from 10.0.0.1:4711 refused", "user <id> from <address> refused"),
            ("IDX10501: key 'k-17' not found, 3 tried", "IDX10501: key '<text>' not found, <n> tried"),
            ("claim \"aud\" is invalid for a@example.com", "claim \"aud\" is invalid for <mail>"),
            ("oauth2: cannot fetch https://idp.example.com/jwks?x=1", "oauth2: cannot fetch <url>"),
            ("token [redacted jwt] is bad", "token [redacted jwt] is bad"),
        ] {
            assert_eq!(masked(text), template, "{text}");
        }
    }
}
