//! Short texts that were found to hold no secret: user agents, issuers, messages and paths come again and again.
//!
//! Each thread remembers a fixed number of them, and them alone: a text is known only if it is the very same.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};

use rustc_hash::FxBuildHasher;

/// How many texts a thread remembers, a power of two.
const SLOTS: usize = 1 << 10;
/// A longer text is not remembered, in bytes.
const LONGEST: usize = 127;

/// One text, in two lines of a cache.
#[derive(Clone, Copy)]
struct Slot {
    length: u8,
    text: [u8; LONGEST],
}

thread_local! {
    /// For each hash the last text that had it.
    static KNOWN: RefCell<Box<[Slot]>> = RefCell::new(vec![Slot { length: 0, text: [0; LONGEST] }; SLOTS].into());
}

/// Whether a text is known to hold no secret.
pub(super) fn is_known(text: &str) -> bool {
    text.len() <= LONGEST
        && KNOWN.with_borrow(|known| {
            let slot = &known[slot_of(text)];
            usize::from(slot.length) == text.len() && slot.text[..text.len()] == *text.as_bytes()
        })
}

/// Remembers a text that holds no secret.
pub(super) fn remember(text: &str) {
    let Ok(length) = u8::try_from(text.len()) else { return };
    KNOWN.with_borrow_mut(|known| {
        let slot = &mut known[slot_of(text)];
        if let Some(room) = slot.text.get_mut(..text.len()) {
            room.copy_from_slice(text.as_bytes());
            slot.length = length;
        }
    });
}

fn slot_of(text: &str) -> usize {
    let mut hasher = FxBuildHasher.build_hasher();
    hasher.write(text.as_bytes());
    // The upper bits are the better mixed.
    usize::from(u16::from_le_bytes([hasher.finish().to_le_bytes()[5], hasher.finish().to_le_bytes()[6]])) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_known_only_if_it_is_the_very_same() {
        for n in 0..3 * SLOTS {
            let text = format!("GET /orders/{n}");
            assert!(!is_known(&text));
            remember(&text);
            assert!(is_known(&text) && !is_known(&text[1..]) && !is_known(&format!("{text}0")));
        }
        let long = "x".repeat(LONGEST + 1);
        remember(&long);
        assert!(!is_known(&long));
    }
}
