//! Searches for many long ids at once, at the price of looking at a fraction of the bytes (Wu and Manber, 1994).
//!
//! The second pass looks for thousands of request ids and subjects. An automaton over them would be large and look
//! at each byte; this looks at one window a needle's length and skips on by how far no needle can end.

use std::collections::HashMap;

use fnv::FnvBuildHasher;

/// The last bytes of a window, hashed to tell how far to skip.
const GRAM: usize = 8;
/// Needles at least this long make a group of their own, so that short ones do not shorten its skips.
const LONG: usize = 32;
/// Shorter needles are not searched for: they would stand in everything.
pub const SHORTEST: usize = 12;
/// How many slots a table has for each gram, so that most others skip as far as they can.
const ROOM: usize = 8;
/// How large a table may be, as powers of two: it is looked into at random, so a small one is a fast one.
const TABLE_BITS: std::ops::RangeInclusive<u32> = 10..=20;

/// A set of ids to look for.
#[derive(Debug)]
pub struct Needles {
    needles: Vec<Box<[u8]>>,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    /// The shortest needle's length: the window.
    window: usize,
    /// For a hashed gram, how far the window may move on; 0 where a needle's first `window` bytes may end here.
    skips: Vec<u8>,
    /// How many bits of a hash tell its slot there.
    bits: u32,
    /// The last gram of each needle's first `window` bytes -> needles.
    ends: HashMap<[u8; GRAM], Vec<u32>, FnvBuildHasher>,
}

impl Needles {
    /// Prepares the search; ids that are too short are left out.
    pub fn new<'n>(ids: impl IntoIterator<Item = &'n str>) -> Self {
        let mut needles: Vec<Box<[u8]>> =
            ids.into_iter().filter(|id| id.len() >= SHORTEST).map(|id| id.as_bytes().into()).collect();
        needles.sort_unstable();
        needles.dedup();
        let groups =
            [(SHORTEST, LONG), (LONG, usize::MAX)].into_iter().filter_map(|(from, to)| Group::new(&needles, from..to)).collect();
        Self { needles, groups }
    }

    /// How many ids are looked for.
    pub fn len(&self) -> usize {
        self.needles.len()
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Where the ids stand in `block`, as the place of each one's first byte, in order.
    pub fn find(&self, block: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        for group in &self.groups {
            group.find(block, &self.needles, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Group {
    fn new(needles: &[Box<[u8]>], lengths: std::ops::Range<usize>) -> Option<Self> {
        let members = || (0_u32..).zip(needles).filter(|(_, needle)| lengths.contains(&needle.len()));
        let window = members().map(|(_, needle)| needle.len()).min()?.min(usize::from(u8::MAX));
        let furthest = window - GRAM + 1;
        let grams = members().count() * furthest;
        let bits = (grams * ROOM).next_power_of_two().ilog2().clamp(*TABLE_BITS.start(), *TABLE_BITS.end());
        let mut skips = vec![u8::try_from(furthest).unwrap_or(u8::MAX); 1 << bits];
        let mut ends: HashMap<[u8; GRAM], Vec<u32>, FnvBuildHasher> = HashMap::default();
        for (index, needle) in members() {
            for (at, gram) in needle[..window].windows(GRAM).enumerate() {
                let skip = u8::try_from(window - GRAM - at).unwrap_or(u8::MAX);
                let slot = &mut skips[slot(gram, bits)];
                *slot = (*slot).min(skip);
            }
            let mut end = [0; GRAM];
            end.copy_from_slice(&needle[window - GRAM..window]);
            ends.entry(end).or_default().push(index);
        }
        Some(Self { window, skips, bits, ends })
    }

    fn find(&self, block: &[u8], needles: &[Box<[u8]>], found: &mut Vec<usize>) {
        let mut end = self.window;
        while end <= block.len() {
            let gram = &block[end - GRAM..end];
            let skip = usize::from(self.skips[slot(gram, self.bits)]);
            if skip > 0 {
                end += skip;
                continue;
            }
            let start = end - self.window;
            if let Some(candidates) = self.ends.get(gram) {
                let stands = candidates.iter().any(|index| {
                    let needle = &needles[*index as usize];
                    block[start..].starts_with(needle) && apart(block, start, start + needle.len())
                });
                if stands {
                    found.push(start);
                }
            }
            end += 1;
        }
    }
}

/// Whether the bytes around an id do not make it a part of a longer one.
fn apart(block: &[u8], start: usize, end: usize) -> bool {
    let joins = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    !joins(start.checked_sub(1).and_then(|before| block.get(before))) && !joins(block.get(end))
}

fn slot(gram: &[u8], bits: u32) -> usize {
    let mut bytes = [0; GRAM];
    bytes.copy_from_slice(gram);
    let hash = u64::from_le_bytes(bytes).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(hash >> (64 - bits)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, by the obvious search.
    fn naive(ids: &[String], block: &str) -> Vec<usize> {
        (0..block.len())
            .filter(|at| {
                ids.iter().any(|id| {
                    id.len() >= SHORTEST
                        && block.as_bytes()[*at..].starts_with(id.as_bytes())
                        && apart(block.as_bytes(), *at, at + id.len())
                })
            })
            .collect()
    }

    proptest! {
        #[test]
        fn finds_what_the_obvious_search_finds(
            ids in prop::collection::vec("[ab]{10,40}", 1..12),
            parts in prop::collection::vec(("[ab ]{0,30}", 0_usize..12), 0..8),
        ) {
            let mut block = String::new();
            for (filler, pick) in parts {
                block.push_str(&filler);
                block.push_str(ids.get(pick).map_or("", String::as_str));
            }
            let needles = Needles::new(ids.iter().map(String::as_str));
            prop_assert_eq!(needles.find(block.as_bytes()), naive(&ids, &block));
        }
    }
}
