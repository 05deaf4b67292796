//! Searches for many long ids at once, at the price of looking at a fraction of the bytes.
//!
//! The second pass looks for thousands of request ids and subjects. An automaton over them would be large and look at
//! each byte. Here every place that a gram of eight bytes can have in a needle is known, so that it is enough to look at
//! one gram for each needle's length, and no look waits for the one before it.

use std::ops::Range;

/// How many bytes can be looked at together.
const GRAM: usize = 8;
/// How many are, for short needles: the fewer, the further apart.
const SHORT_GRAM: usize = 5;
/// Shorter needles are not searched for: they would stand in everything.
pub const SHORTEST: usize = 12;
/// Needles at least this long make a group of their own, so that short ones do not shorten its stride.
const LONG: usize = 32;
/// Of a needle no more bytes than this are looked for at first.
const LONGEST: usize = 40;
/// How many slots the table has for each gram, so that few others share one.
const ROOM: usize = 4;
/// How large the table may be, as powers of two: it is looked into at random, so a small one is a fast one.
const TABLE_BITS: std::ops::RangeInclusive<u32> = 10..=20;
/// The mark of a slot that several grams share.
const SHARED: u8 = u8::MAX;

/// A set of ids to look for.
#[derive(Debug)]
pub struct Needles {
    needles: Vec<Box<[u8]>>,
    groups: Vec<Group>,
}

/// Needles of about one length.
#[derive(Debug)]
struct Group {
    /// How long the grams are.
    gram: usize,
    /// How far the grams looked at stand apart: each needle holds one of them in its first bytes.
    stride: usize,
    /// For a hashed gram: 0 if no needle has it, else a mark that tells it from most others.
    marks: Vec<u8>,
    /// How many bits of a hash tell its slot there.
    bits: u32,
    /// Each gram, a needle that has it, and how many bytes stand before it there, in order.
    grams: Vec<(u64, u32, u8)>,
}

impl Needles {
    /// Prepares the search; ids that are too short are left out.
    pub fn new<'n>(ids: impl IntoIterator<Item = &'n str>) -> Self {
        let mut needles: Vec<Box<[u8]>> =
            ids.into_iter().filter(|id| id.len() >= SHORTEST).map(|id| id.as_bytes().into()).collect();
        needles.sort_unstable();
        needles.dedup();
        let groups = [(SHORTEST..LONG, SHORT_GRAM), (LONG..usize::MAX, GRAM)]
            .into_iter()
            .filter_map(|(lengths, gram)| Group::new(&needles, &lengths, gram))
            .collect();
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
    fn new(needles: &[Box<[u8]>], lengths: &Range<usize>, gram: usize) -> Option<Self> {
        let members = || (0_u32..).zip(needles).filter(|(_, needle)| lengths.contains(&needle.len()));
        let window = members().map(|(_, needle)| needle.len()).min()?.min(LONGEST);
        let stride = window - gram + 1;
        let room = members().count() * stride * ROOM;
        let bits = room.next_power_of_two().ilog2().clamp(*TABLE_BITS.start(), *TABLE_BITS.end());
        let mut marks = vec![0; 1 << bits];
        let mut grams = Vec::with_capacity(members().count() * stride);
        for (index, needle) in members() {
            for (before, bytes) in (0_u8..).zip(needle[..window].windows(gram)) {
                let gram = gram_at(bytes, 0, gram);
                let (slot, mark) = hashed(gram, bits);
                let known = &mut marks[slot];
                *known = if *known == 0 || *known == mark { mark } else { SHARED };
                grams.push((gram, index, before));
            }
        }
        grams.sort_unstable();
        Some(Self { gram, stride, marks, bits, grams })
    }

    fn find(&self, block: &[u8], needles: &[Box<[u8]>], found: &mut Vec<usize>) {
        for at in (0..block.len()).step_by(self.stride) {
            let gram = gram_at(block, at, self.gram);
            let (slot, mark) = hashed(gram, self.bits);
            let known = self.marks[slot];
            if known == mark || known == SHARED {
                found.extend(self.standing(block, at, gram, needles));
            }
        }
    }

    /// Where the ids begin that have this gram at this place.
    fn standing(&self, block: &[u8], at: usize, gram: u64, needles: &[Box<[u8]>]) -> impl Iterator<Item = usize> {
        let first = self.grams.partition_point(|(known, ..)| *known < gram);
        let same = self.grams[first..].iter().take_while(move |(known, ..)| *known == gram);
        same.filter_map(move |(_, index, before)| {
            let needle = &needles[*index as usize];
            let start = at.checked_sub(usize::from(*before))?;
            (block[start..].starts_with(needle) && apart(block, start, start + needle.len())).then_some(start)
        })
    }
}

/// Whether the bytes around an id do not make it a part of a longer one.
fn apart(block: &[u8], start: usize, end: usize) -> bool {
    let joins = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    !joins(start.checked_sub(1).and_then(|before| block.get(before))) && !joins(block.get(end))
}

/// The gram of some length that begins at a place, zeros after the end of the text.
fn gram_at(text: &[u8], at: usize, length: usize) -> u64 {
    let rest = &text[at..];
    let gram = rest.first_chunk().map_or_else(
        || {
            let mut bytes = [0; GRAM];
            bytes[..rest.len()].copy_from_slice(rest);
            u64::from_le_bytes(bytes)
        },
        |bytes| u64::from_le_bytes(*bytes),
    );
    gram & (u64::MAX >> (8 * (GRAM - length)))
}

/// A gram's slot and its mark there.
#[expect(clippy::cast_possible_truncation, reason = "some bits of a hash are what is asked for")]
fn hashed(gram: u64, bits: u32) -> (usize, u8) {
    let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((hash >> (64 - bits)) as usize, (hash >> 32) as u8 | 1)
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
