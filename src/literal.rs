//! A text that every record is asked for: what the search needs is made once.

use std::sync::OnceLock;

use memchr::memmem::Finder;

/// A constant text to look for in many others.
#[derive(Debug)]
pub struct Literal {
    text: &'static str,
    finder: OnceLock<Finder<'static>>,
}

impl Literal {
    /// Looks for `text`.
    pub const fn new(text: &'static str) -> Self {
        Self { text, finder: OnceLock::new() }
    }

    /// Whether it stands in a text.
    pub fn is_in(&self, text: impl AsRef<[u8]>) -> bool {
        self.finder.get_or_init(|| Finder::new(self.text)).find(text.as_ref()).is_some()
    }
}
