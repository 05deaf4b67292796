//! Fields that tell nothing, remembered: the records of a log say mostly the same in fields of the same names.

use std::cell::RefCell;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use crate::extract::phrase::deed;
use crate::extract::phrase::words::Words;

/// How many fields a thread remembers, a power of two.
const SLOTS: usize = 1 << 12;
/// A longer value seldom recurs.
const SHORT: usize = 96;

thread_local! {
    /// For each slot the hash of the last silent field that had it.
    static SILENT: RefCell<Met> = RefCell::new(Met { hasher: RandomState::default(), slots: vec![0; SLOTS].into() });
}

struct Met {
    hasher: RandomState,
    slots: Box<[u64]>,
}

/// Whether a field says of nothing that it is wrong or was done: no reading comes of such fields alone.
pub(super) fn is_silent(name: &str, value: &str) -> bool {
    if is_address_or_id(value) {
        return true;
    }
    let tells = || {
        let text = format!("{name}=\"{value}\"");
        let words = Words::of(&text);
        words.tell() || deed::read(&words, &text, true).is_some()
    };
    if value.len() > SHORT {
        return !tells();
    }
    SILENT.with_borrow_mut(|met| {
        let hash = met.hasher.hash_one((name, value));
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose a slot")]
        let slot = &mut met.slots[hash as usize % SLOTS];
        if *slot != hash && !tells() {
            *slot = hash;
        }
        *slot == hash
    })
}

/// Whether a value is a web address, or mostly digits as ids and numbers are.
fn is_address_or_id(value: &str) -> bool {
    let digits = || value.bytes().filter(u8::is_ascii_digit).count();
    !value.contains(' ') && (value.starts_with("http://") || value.starts_with("https://") || digits() * 3 >= value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_nothing_is_silent_and_is_remembered() {
        for _ in 0..2 {
            for (name, value) in [
                ("host", "orders.example"),
                ("url", "https://shop.example/token/expired"),
                ("id", "5e3a1c2e-7d9b-4a52-9c30-0b6c7a8f1d23"),
                ("tls", "TLSv1.3"),
                ("authorization", "Bearer"),
            ] {
                assert!(is_silent(name, value), "{name}={value}");
            }
            for (name, value) in [
                ("result", "denied"),
                ("error", "TokenExpired"),
                ("token_status", "revoked"),
                ("reason", "user 4711 was deleted"),
                ("cause", "sub_not_found"),
            ] {
                assert!(!is_silent(name, value), "{name}={value}");
            }
        }
    }
}
