//! What a text speaks of besides its states: whether it is about tokens at all, and whether something was refused.

use crate::extract::phrase::concept::{Concept, Noun};
use crate::extract::phrase::words::Words;

/// The longest text that is a phrase and nothing else, in words.
const SHORT: usize = 8;

/// What a text speaks of besides.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "marks of a text, each asked for by itself")]
pub(super) struct Signs {
    /// Tokens, claims, key sets.
    pub(super) anchored: bool,
    /// Tokens or what is in them.
    pub(super) token: bool,
    /// Something was refused.
    pub(super) refused: bool,
    /// Something failed.
    pub(super) failed: bool,
    /// Passwords, forms, connections.
    pub(super) vetoed: bool,
    /// Key sets or keys.
    pub(super) keys: bool,
    /// Databases, directories.
    pub(super) store: bool,
    /// Logins with a password.
    pub(super) logins: bool,
    /// The text is a phrase of a few words and nothing else.
    pub(super) short: bool,
}

impl Signs {
    /// The signs of a text.
    pub(super) fn of(words: &Words) -> Self {
        let mut signs = Self { logins: words.logins, short: words.all.len() <= SHORT, ..Self::default() };
        for word in &words.all {
            match word.lexeme.concept {
                Concept::Refused => signs.refused = true,
                Concept::Fail => signs.failed = true,
                Concept::Whole(noun, _) => {
                    signs.keys |= noun == Noun::KeySet;
                    signs.store |= noun == Noun::Store;
                }
                Concept::Noun(noun) => {
                    let strong = word.lexeme.strong && !word.key;
                    signs.anchored |= strong;
                    signs.token |= strong && noun != Noun::KeySet;
                    signs.vetoed |= noun == Noun::Veto && !word.key;
                    signs.keys |= matches!(noun, Noun::KeySet | Noun::Key);
                    signs.store |= noun == Noun::Store;
                }
                _ => {}
            }
        }
        signs
    }
}
