//! Texts that recur from record to record (users, services, addresses, paths), as numbers: a [`Name`] takes four bytes,
//! and is copied, compared and hashed as the number it is.
//!
//! The texts of a run are held in its [`Names`], which end with it. Each thread works for one run at a time
//! ([`Names::enter`]); threads that share the work of a run share its names. A thread finds what it met lately in a slot
//! of its own and asks the others only for what is new to it.

use std::cell::RefCell;
use std::fmt;
use std::hash::BuildHasher;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A counted reference to a text, as thin as a pointer.
pub type Text = arcstr::ArcStr;

/// How many names a thread remembers, a power of two.
const SLOTS: usize = 1 << 14;
/// How long a text may be to be remembered beside its name.
const SHORT: usize = 47;
/// How many parts the table of names has, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// The texts of a run.
#[derive(Clone)]
pub struct Names(Arc<Table>);

struct Table {
    /// Identifies the table within the process, so that slots of one table are not taken for those of another.
    id: u64,
    /// All names, by number less one.
    texts: boxcar::Vec<Text>,
    shards: [Mutex<HashTable<Name>>; SHARDS],
    hasher: RandomState,
}

impl Names {
    /// The names of a run that begins.
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let names = Self(Arc::new(Table {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            texts: boxcar::Vec::new(),
            shards: std::array::from_fn(|_| Mutex::new(HashTable::new())),
            hasher: RandomState::default(),
        }));
        names.0.shared("", names.0.hasher.hash_one(""));
        names
    }

    /// The names of the run that this thread works for; a thread that works for no run has names of its own.
    pub fn current() -> Self {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Does some work with these names.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        if CURRENT.with_borrow(|current| Arc::ptr_eq(&current.0, &self.0)) {
            return work();
        }
        let _back = Back(CURRENT.replace(self.clone()));
        work()
    }

    /// Lets this thread use these names until the guard is dropped.
    pub fn adopt(self) {
        CURRENT.replace(self);
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.0.texts.count()
    }

    /// Whether there is no text but the empty one.
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} names", self.len())
    }
}

/// Gives a thread back to the run it worked for before.
struct Back(Names);

impl Drop for Back {
    fn drop(&mut self) {
        CURRENT.replace(self.0.clone());
    }
}

thread_local! {
    static CURRENT: RefCell<Names> = RefCell::new(Names::new());
    /// For each hash the last name that had it.
    static MET: RefCell<Box<[Met]>> = RefCell::new(vec![Met::default(); SLOTS].into());
}

/// What a slot remembers, in one line of a cache: the texts themselves lie in memory that no cache holds.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Met {
    /// The table that the name is of.
    table: u64,
    /// The rest of the hash: it distinguishes most other texts.
    rest: u32,
    name: Option<Name>,
    /// How long the text is, and itself; of a longer one nothing is remembered.
    length: u8,
    text: [u8; SHORT],
}

impl Default for Met {
    fn default() -> Self {
        Self { table: 0, rest: 0, name: None, length: 0, text: [0; SHORT] }
    }
}

impl Met {
    fn is(&self, text: &str, rest: u32, table: u64) -> Option<Name> {
        let is_same = self.rest == rest
            && self.table == table
            && usize::from(self.length) == text.len()
            && self.text.get(..text.len()) == Some(text.as_bytes());
        self.name.filter(|_| is_same)
    }

    fn remember(&mut self, text: &str, rest: u32, table: u64, name: Name) {
        if let Some(room) = self.text.get_mut(..text.len()) {
            room.copy_from_slice(text.as_bytes());
            self.length = u8::try_from(text.len()).unwrap_or(u8::MAX);
            (self.rest, self.table, self.name) = (rest, table, Some(name));
        }
    }
}

/// A text that recurs. Ordered as text; equal texts of a run are equal names.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name(NonZeroU32);

impl Name {
    /// The name of the empty text.
    pub const EMPTY: Self = Self(NonZeroU32::MIN);

    /// The name of a text.
    pub fn of(text: &str) -> Self {
        CURRENT.with_borrow(|names| {
            let table = &*names.0;
            let hash = table.hasher.hash_one(text);
            MET.with_borrow_mut(|met| {
                #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose a slot")]
                let (slot, rest) = (hash as usize % SLOTS, (hash >> 32) as u32);
                let slot = &mut met[slot];
                slot.is(text, rest, table.id).unwrap_or_else(|| {
                    let name = table.shared(text, hash);
                    slot.remember(text, rest, table.id, name);
                    name
                })
            })
        })
    }

    /// The number, for what holds names in its own form.
    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// The name that [`Name::number`] was asked of.
    pub fn numbered(number: u32) -> Self {
        NonZeroU32::new(number).map_or(Self::EMPTY, Self)
    }

    /// The text.
    pub fn text(self) -> Text {
        CURRENT.with_borrow(|names| names.0.texts.get(self.index()).cloned().unwrap_or_default())
    }

    /// What is to be known of the text, without a reference to it that is counted.
    pub fn with<T>(self, ask: impl FnOnce(&str) -> T) -> T {
        CURRENT.with_borrow(|names| ask(names.0.texts.get(self.index()).map_or("", Text::as_str)))
    }

    /// Whether the text is empty.
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl Table {
    /// The name of a text in the table that all threads of a run share.
    fn shared(&self, text: &str, hash: u64) -> Name {
        // By other bits than those that choose a slot.
        let shard = &self.shards[usize::from(hash.to_le_bytes()[3]) % SHARDS];
        let mut names = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let is_text = |name: &Name| self.texts.get(name.index()).is_some_and(|known| *known == *text);
        if let Some(name) = names.find(hash, is_text) {
            return *name;
        }
        let number = self.texts.push(text.into());
        // With four thousand million texts memory has long been at an end.
        let name =
            Name(u32::try_from(number).ok().and_then(|number| NonZeroU32::MIN.checked_add(number)).unwrap_or(NonZeroU32::MAX));
        let hash_of = |name: &Name| self.hasher.hash_one(self.texts.get(name.index()).map_or("", Text::as_str));
        names.insert_unique(hash, name, hash_of);
        name
    }
}

impl Default for Name {
    fn default() -> Self {
        Self::EMPTY
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
        if self == other { std::cmp::Ordering::Equal } else { self.with(|text| other.with(|other| text.cmp(other))) }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.with(|text| text == other)
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.text().as_str(), f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
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

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_name_in_all_threads_of_a_run() {
        let long = "x".repeat(1000);
        let texts = || ["u-1", "", "u-2", &long].map(Name::of);
        let (here, names) = (texts(), Names::current());
        assert_eq!(std::thread::scope(|scope| scope.spawn(|| names.enter(texts)).join().unwrap()), here);
        assert_eq!(here.map(Name::text), ["u-1", "", "u-2", &long].map(Text::from));
        assert!(here[0] != here[2] && here[1] < here[0] && here[0] < here[2]);
    }

    #[test]
    fn names_outlive_the_slots() {
        let names: Vec<Name> = (0..3 * SLOTS).map(|n| Name::of(&n.to_string())).collect();
        for (n, name) in names.iter().enumerate() {
            assert_eq!((&*name.text(), Name::of(&n.to_string())), (&*n.to_string(), *name));
        }
    }

    #[test]
    fn the_names_of_two_runs_are_apart_and_end_with_them() {
        let (one, two) = (Names::new(), Names::new());
        let first = one.enter(|| Name::of("u-1"));
        two.enter(|| {
            assert!(Name::of("u-2") == first && first == "u-2", "each counts for itself");
            assert!(one.enter(|| first == "u-1"), "and one is asked within the other");
        });
        let texts = Arc::downgrade(&one.0);
        drop(one);
        assert_eq!(texts.strong_count(), 0);
    }
}
