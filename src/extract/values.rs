//! Reads the values that stand in the running text of a record, or under names that nobody listed.
//!
//! [`read`] cuts a text into atoms, asks of every word whether it names a field, and reads what it names. What a sentence
//! expects is never taken for what a token holds, and a word is never taken for an id.

mod address;
mod atom;
mod claim;
mod field;
mod gap;
mod leftover;
mod lex;
mod name;
mod naming;
mod noun;
mod reader;
mod shape;
mod signs;
mod words;

use std::cell::RefCell;

use crate::hash::HashMap;
use crate::model::field::Field;

pub use crate::extract::values::field::{Found, Values};

/// How many names of fields a thread remembers, and how long they may be.
const MOST_NAMES: usize = 4096;
const LONGEST_NAME: usize = 64;

thread_local! {
    /// What names of fields mean: the records of a log have the same ones.
    static MET: RefCell<HashMap<Box<str>, Option<Field>>> = RefCell::default();
}

/// Reads what a text tells of a token, its user, its key and its request.
pub fn read(text: &str) -> Values {
    reader::read(text)
}

/// What a field probably holds, by the words of its name; `None` for names of other things.
pub fn role_of_name(name: &str) -> Option<Field> {
    MET.with_borrow_mut(|met| {
        if let Some(role) = met.get(name) {
            return *role;
        }
        let role = name::role_of(words::parts_of(name.as_bytes()).as_slice()).map(|role| role.field);
        if met.len() < MOST_NAMES && name.len() <= LONGEST_NAME {
            met.insert(name.into(), role);
        }
        role
    })
}

/// Whether a value can be that of a field, by its shape: an address is no user, a state no key.
pub fn fits(field: Field, value: &str) -> bool {
    shape::fits(field, value)
}

/// Whether a word names a collection of users, in a path or as a table.
pub fn is_collection(word: &str) -> bool {
    naming::is_collection(word)
}

/// The single audiences of what was found as an audience: `a","b` are a and b.
pub fn audiences(found: &str) -> impl Iterator<Item = &str> {
    shape::elements(found)
}

#[cfg(test)]
mod tests;
