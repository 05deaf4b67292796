//! Texts that recur from record to record (users, services, addresses, paths), as numbers: a [`Name`] takes four bytes,
//! and is copied, compared and hashed as the number it is.
//!
//! Each text is held once, until the process ends. A thread finds what it met lately in a slot of its own and asks the
//! others only for what is new to it.

use std::cell::RefCell;
use std::fmt;
use std::hash::BuildHasher;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::{LazyLock, Mutex, PoisonError};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many names a thread remembers, a power of two.
const SLOTS: usize = 1 << 14;
/// How long a text may be to be remembered beside its name.
const SHORT: usize = 55;
/// How many parts the table of names has, so that threads seldom wait for each other.
const SHARDS: usize = 16;
/// How much room a part takes at once, in bytes.
const ROOM: usize = 16 << 10;

/// All names, by number less one.
static TEXTS: boxcar::Vec<&'static str> = boxcar::Vec::new();
static SHARED: [Mutex<Shard>; SHARDS] = [const { Mutex::new(Shard { names: HashTable::new(), room: &mut [] }) }; SHARDS];
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::default);

thread_local! {
    /// For each hash the last name that had it.
    static MET: RefCell<Box<[Met]>> = RefCell::new(vec![Met { rest: 0, name: None, length: 0, text: [0; SHORT] }; SLOTS].into());
}

/// What a slot remembers, in one line of a cache: the texts themselves lie in memory that no cache holds.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Met {
    /// The rest of the hash: most other texts are told apart by it.
    rest: u32,
    name: Option<Name>,
    /// How long the text is, and itself, if it is short.
    length: u8,
    text: [u8; SHORT],
}

impl Met {
    fn is(&self, text: &str, rest: u32) -> Option<Name> {
        let name = self.name.filter(|_| self.rest == rest)?;
        let is_same = if text.len() <= SHORT {
            usize::from(self.length) == text.len() && self.text[..text.len()] == *text.as_bytes()
        } else {
            *name == *text
        };
        is_same.then_some(name)
    }

    fn remember(&mut self, text: &str, rest: u32, name: Name) {
        (self.rest, self.name, self.length) = (rest, Some(name), u8::MAX);
        if let Some(room) = self.text.get_mut(..text.len()) {
            room.copy_from_slice(text.as_bytes());
            self.length = u8::try_from(text.len()).unwrap_or(u8::MAX);
        }
    }
}

/// One part of the table: the names it knows, and room for the texts of more.
struct Shard {
    names: HashTable<Name>,
    room: &'static mut [u8],
}

/// A text that recurs. Ordered as text; equal texts are equal names.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name(NonZeroU32);

impl Name {
    /// The name of a text.
    pub fn of(text: &str) -> Self {
        let hash = HASHER.hash_one(text);
        MET.with_borrow_mut(|met| {
            #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose a slot")]
            let (slot, rest) = (hash as usize % SLOTS, (hash >> 32) as u32);
            let slot = &mut met[slot];
            slot.is(text, rest).unwrap_or_else(|| {
                let name = shared(text, hash);
                slot.remember(text, rest, name);
                name
            })
        })
    }

    /// The number, for what holds names in its own form.
    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// The name that [`Name::number`] was asked of.
    pub fn numbered(number: u32) -> Self {
        NonZeroU32::new(number).map_or_else(Self::default, Self)
    }

    /// The text.
    pub fn as_str(self) -> &'static str {
        TEXTS.get(self.0.get() as usize - 1).copied().unwrap_or_default()
    }
}

/// The name of a text in the table that all threads share.
fn shared(text: &str, hash: u64) -> Name {
    // By other bits than those that choose a slot.
    let shard = &SHARED[usize::from(hash.to_le_bytes()[3]) % SHARDS];
    let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(name) = shard.names.find(hash, |name| **name == *text) {
        return *name;
    }
    let number = TEXTS.push(shard.held(text));
    // With four thousand million texts memory has long been at an end.
    let name = Name(u32::try_from(number).ok().and_then(|number| NonZeroU32::MIN.checked_add(number)).unwrap_or(NonZeroU32::MAX));
    shard.names.insert_unique(hash, name, |name| HASHER.hash_one(&**name));
    name
}

impl Shard {
    /// A copy of a text that stays.
    fn held(&mut self, text: &str) -> &'static str {
        let mut room = std::mem::take(&mut self.room);
        if room.len() < text.len() {
            room = Box::leak(vec![0; ROOM.max(text.len())].into());
        }
        let (held, rest) = room.split_at_mut(text.len());
        held.copy_from_slice(text.as_bytes());
        self.room = rest;
        std::str::from_utf8(held).unwrap_or_default()
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &'static str {
        self.as_str()
    }
}

impl Default for Name {
    fn default() -> Self {
        Self::of("")
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self::of(text)
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self::of(&text)
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if self == other { std::cmp::Ordering::Equal } else { self.as_str().cmp(other) }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Takes the text as it comes, without a copy of its own.
        struct OfText;

        impl Visitor<'_> for OfText {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Name, E> {
                Ok(Name::of(text))
            }
        }

        deserializer.deserialize_str(OfText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_name_in_all_threads() {
        let long = "x".repeat(ROOM + 1);
        let texts = || ["u-1", "", "u-2", &long].map(Name::of);
        let here = texts();
        assert_eq!(std::thread::scope(|scope| scope.spawn(texts).join().unwrap()), here);
        assert_eq!(here.map(Name::as_str), ["u-1", "", "u-2", &long]);
        assert!(here[0] != here[2] && here[1] < here[0] && here[0] < here[2]);
    }

    #[test]
    fn names_outlive_the_slots() {
        let names: Vec<Name> = (0..3 * SLOTS).map(|n| Name::of(&n.to_string())).collect();
        for (n, name) in names.iter().enumerate() {
            assert_eq!((&**name, Name::of(&n.to_string())), (&*n.to_string(), *name));
        }
    }
}
