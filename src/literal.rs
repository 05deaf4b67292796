//! A constant text that is searched for in every record; the searcher is made once.

use std::sync::OnceLock;

use memchr::memmem::Finder;

/// Where a line ends.
pub static LINE_FEED: Literal = Literal::new("\n");

/// A constant text to look for in many others.
#[derive(Debug)]
pub struct Literal {
    text: &'static str,
    finder: OnceLock<Finder<'static>>,
}

impl Literal {
    /// A search for `text`.
    pub const fn new(text: &'static str) -> Self {
        Self { text, finder: OnceLock::new() }
    }

    /// Whether a text contains it.
    pub fn is_in(&self, text: impl AsRef<[u8]>) -> bool {
        self.find(text.as_ref()).is_some()
    }

    /// What is before and after it in a text that contains it.
    pub fn split_once<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        let at = self.find(text.as_bytes())?;
        Some((text.get(..at)?, text.get(at + self.text.len()..)?))
    }

    fn find(&self, text: &[u8]) -> Option<usize> {
        self.finder.get_or_init(|| Finder::new(self.text)).find(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_splits_where_the_obvious_search_does() {
        static BLANKS: Literal = Literal::new(":  ");
        for text in ["", "LOG:  x", ":  ", "größer:  kleiner:  ", "no: such", "end:  "] {
            assert_eq!(BLANKS.split_once(text), text.split_once(":  "));
            assert_eq!(BLANKS.is_in(text), text.contains(":  "));
        }
    }
}
