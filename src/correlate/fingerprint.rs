//! Names that stay the same from run to run: made of words, and not of counts, times of the run or addresses in memory.

use std::hash::Hasher;

use fnv::FnvHasher;

/// A short stable name for a list of words. `version` says what the words are, and changes when they do.
pub fn fingerprint(version: &str, words: &[&str]) -> String {
    format!("{version}:{:016x}", hash(words))
}

/// A stable number for a list of words.
pub fn hash(words: &[&str]) -> u64 {
    let mut hasher = FnvHasher::default();
    for word in words {
        hasher.write(word.as_bytes());
        hasher.write(&[0]);
    }
    hasher.finish()
}
