//! What many signatures share, written once (`shared.toml`): guards, pieces of patterns, and programs that know no tokens.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::extract::signature::pattern::{Pattern, unspaced};

/// What many signatures share: guards and pieces of patterns, by name.
static SHARED: LazyLock<Result<Shared, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/shared.json"))).map_err(|error| error.to_string())
});

/// Named texts that stand in many signatures, written once (`signature/shared.toml`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// Programs of which generic phrases say nothing.
    tokenless: Vec<String>,
    /// What a signature must not stand beside, by name.
    pub guard: BTreeMap<String, Pattern>,
    /// Parts of patterns: `{{name}}` stands for them.
    piece: BTreeMap<String, String>,
}

/// Whether a service is a daemon that knows people by other means than tokens: `postfix/smtpd`, `imapd`.
pub fn is_tokenless(service: &str) -> bool {
    let program = service.split(['/', '[', ' ', '(']).next().unwrap_or(service);
    Shared::get().is_ok_and(|shared| shared.tokenless.iter().any(|known| known == program))
}

/// A shared guard, by its name.
pub fn guard(name: &str) -> Option<&'static Pattern> {
    Shared::get().ok()?.guard.get(name)
}

impl Shared {
    /// What the engine brings along.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn get() -> Result<&'static Self, String> {
        SHARED.as_ref().map_err(Clone::clone)
    }

    /// A pattern with its `{{name}}` written out, and without what the flag `x` allows: blanks and remarks. Those of a piece
    /// stay.
    ///
    /// # Errors
    /// If a name is of no piece.
    pub fn expand(&self, source: &str) -> Result<String, String> {
        let source = unspaced(source);
        let mut expanded = String::with_capacity(source.len());
        let mut rest = source.as_ref();
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, tail) = after.split_once("}}").ok_or("`{{` without `}}`")?;
            expanded.push_str(before);
            expanded.push_str(self.piece.get(name).ok_or_else(|| format!("`{{{{{name}}}}}` is no piece"))?);
            rest = tail;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}
