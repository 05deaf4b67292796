//! Searches for many long ids at once, at the price of looking at a fraction of the bytes.
//!
//! The second pass looks for thousands of request ids and subjects. An automaton over them would be large and look at
//! each byte. Here every gram (a few bytes in a row) of the beginning of each id is in a table, with its offset in the
//! id. So it is enough to look up one gram of the text in each stride of about an id's length, and no lookup depends on
//! the one before it.

use crate::hash::HashSet;

/// How many bytes of the text are read for a lookup; a gram is no longer.
const READ: usize = 8;
/// Shorter ids are not searched for in whole logs: too many other texts would be equal to them.
pub const SHORTEST: usize = 12;
/// Shorter ids are not searched for at all.
pub const SHORTEST_OF_ALL: usize = LENGTHS[0].0;
/// Ids of about one length are searched for together, so that short ones do not shorten the stride of long ones:
/// how long they are at least, and how long their grams are. The shorter a gram, the further apart are the lookups.
const LENGTHS: [(usize, usize); 4] = [(4, 4), (7, 5), (12, 5), (32, 8)];
/// How many bits of the filter there are for each gram, so that few others pass.
const BITS_OF_GRAM: usize = 8;
/// How many words a filter may have, as powers of two: it is read at random, so a small one, which a cache holds, is a fast one.
const FILTERS: [u32; 4] = [9, 12, 15, 17];
/// How many grams are looked up before the first hit is checked.
const BATCH: usize = 16;

/// A set of ids to look for.
#[derive(Debug)]
pub struct IdSearch {
    /// The ids that are looked for everywhere.
    common: Ids,
    /// The ids that are looked for in some blocks only.
    more: Ids,
    groups: Vec<Group>,
}

type Ids = HashSet<Box<[u8]>>;

impl IdSearch {
    /// Prepares the search for what is looked for everywhere, and for `more` that is looked for in some blocks only; ids
    /// shorter than `shortest` are left out.
    pub fn new<'n>(ids: impl IntoIterator<Item = &'n str>, more: impl IntoIterator<Item = &'n str>, shortest: usize) -> Self {
        let shortest = shortest.max(SHORTEST_OF_ALL);
        let long = |id: &&str| id.len() >= shortest;
        let common: Ids = ids.into_iter().filter(long).map(|id| id.as_bytes().into()).collect();
        let known = |id: &&str| long(id) && !common.contains(id.as_bytes());
        let more: Ids = more.into_iter().filter(known).map(|id| id.as_bytes().into()).collect();
        let groups = (0..LENGTHS.len()).filter_map(|index| Group::new(&common, &more, index)).collect();
        Self { common, more, groups }
    }

    /// How many ids are looked for.
    pub fn len(&self) -> usize {
        self.common.len() + self.more.len()
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The offsets in `block` at which ids begin, in order.
    pub fn find(&self, block: &[u8]) -> Vec<usize> {
        self.find_where(block, &|id| self.common.contains(id) || self.more.contains(id))
    }

    /// The offsets of the ids that are looked for everywhere.
    pub fn find_common(&self, block: &[u8]) -> Vec<usize> {
        self.find_where(block, &|id| self.common.contains(id))
    }

    fn find_where(&self, block: &[u8], is_id: &dyn Fn(&[u8]) -> bool) -> Vec<usize> {
        let mut found = Vec::new();
        for group in &self.groups {
            group.find(block, is_id, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Ids of about one length.
#[derive(Debug)]
struct Group {
    /// The index of its lengths in [`LENGTHS`].
    index: usize,
    /// A Bloom filter of the grams: the bits of each are in one word.
    filter: Box<[u64]>,
    /// How many bits of a hash give the index of its word in the filter.
    bits: u32,
    /// The grams of all ids, by the first bits of their hashes.
    grams: Box<[Gram]>,
    /// For the first [`Self::bits`] bits of a hash, where its grams begin; one more for the end.
    starts: Vec<u32>,
}

/// A gram of ids. There may be millions; ids of one length that have the same gram at the same offset share it here, as
/// ids do that begin with a date or count up, so that it is looked up once for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gram {
    /// The middle of its hash: few others have the same.
    middle: u32,
    /// The length of the ids, and in the last bits how many of their bytes stand before the gram.
    length_and_before: u32,
}

/// How many bits hold the number of bytes of an id before a gram: up to 24, those of the longest stride.
const BEFORE_BITS: u32 = 5;

impl Gram {
    fn length(self) -> usize {
        (self.length_and_before >> BEFORE_BITS) as usize
    }

    fn before(self) -> usize {
        (self.length_and_before & ((1 << BEFORE_BITS) - 1)) as usize
    }
}

impl Group {
    fn new(common: &Ids, more: &Ids, index: usize) -> Option<Self> {
        let (least, gram) = LENGTHS[index];
        let most = LENGTHS.get(index + 1).map_or(usize::MAX, |(length, _)| *length);
        // One gram of each id is looked up, wherever in the text the id lies.
        let own = || common.iter().chain(more).filter(|id| (least..most).contains(&id.len()));
        let count = own().count() * (least - gram + 1);
        if count == 0 {
            return None;
        }
        let [.., largest] = FILTERS;
        let roomy = |bits: &u32| count * BITS_OF_GRAM <= 64 << *bits;
        let bits = FILTERS.into_iter().find(roomy).unwrap_or(largest);
        let words = 1 << bits;
        let mut filter = vec![0; words].into_boxed_slice();
        // Where the grams of each word end: counted, summed up, and moved to where they begin as the grams are filled in.
        let mut starts = vec![0; words + 1];
        for hash in own().flat_map(|id| hashes(&id[..least], gram)) {
            filter[word(hash, bits)] |= mask(hash);
            starts[word(hash, bits)] += 1;
        }
        for word in 0..words {
            starts[word + 1] += starts[word];
        }
        let ends = starts.clone();
        let mut grams = vec![Gram { middle: 0, length_and_before: 0 }; count];
        for id in own() {
            for (before, hash) in (0..).zip(hashes(&id[..least], gram)) {
                let gram = Gram { middle: middle(hash), length_and_before: number(id.len()) << BEFORE_BITS | before };
                let word = word(hash, bits);
                if !grams[starts[word] as usize..ends[word] as usize].contains(&gram) {
                    starts[word] -= 1;
                    grams[starts[word] as usize] = gram;
                }
            }
        }
        // The gaps that grams met twice have left are closed.
        let mut kept = 0;
        for (start, end) in starts.iter_mut().zip(ends) {
            let own = *start as usize..end as usize;
            *start = number(kept);
            kept += own.len();
            grams.copy_within(own, *start as usize);
        }
        grams.truncate(kept);
        Some(Self { index, filter, bits, grams: grams.into_boxed_slice(), starts })
    }

    fn find(&self, block: &[u8], is_id: &dyn Fn(&[u8]) -> bool, found: &mut Vec<usize>) {
        // The lookups are the hot loop: it is compiled for each of these numbers.
        match self.index {
            0 => self.find_in::<4, 1, { BATCH + READ }>(block, is_id, found),
            1 => self.find_in::<5, 3, { BATCH * 3 + READ }>(block, is_id, found),
            2 => self.find_in::<5, 8, { BATCH * 8 + READ }>(block, is_id, found),
            _ => self.find_in::<8, 25, { BATCH * 25 + READ }>(block, is_id, found),
        }
    }

    fn find_in<const GRAM: usize, const STRIDE: usize, const SPAN: usize>(
        &self,
        block: &[u8],
        is_id: &dyn Fn(&[u8]) -> bool,
        found: &mut Vec<usize>,
    ) {
        debug_assert_eq!(LENGTHS[self.index], (GRAM + STRIDE - 1, GRAM));
        match self.bits {
            9 => self.look::<GRAM, STRIDE, SPAN, 9, { 1 << 9 }>(block, is_id, found),
            12 => self.look::<GRAM, STRIDE, SPAN, 12, { 1 << 12 }>(block, is_id, found),
            15 => self.look::<GRAM, STRIDE, SPAN, 15, { 1 << 15 }>(block, is_id, found),
            _ => self.look::<GRAM, STRIDE, SPAN, 17, { 1 << 17 }>(block, is_id, found),
        }
    }

    fn look<const GRAM: usize, const STRIDE: usize, const SPAN: usize, const BITS: u32, const WORDS: usize>(
        &self,
        block: &[u8],
        is_id: &dyn Fn(&[u8]) -> bool,
        found: &mut Vec<usize>,
    ) {
        let filter: &[u64; WORDS] = self.filter.first_chunk().expect("the filter has so many words");
        let mut at = 0;
        while let Some(text) = block.get(at..).and_then(<[u8]>::first_chunk::<SPAN>) {
            let mut met = 0_u32;
            for index in 0..BATCH {
                let read = text[index * STRIDE..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
                let hash = hashed(read, GRAM);
                let mask = mask(hash);
                met = met << 1 | u32::from(filter[word(hash, BITS)] & mask == mask);
            }
            while met != 0 {
                let index = met.ilog2();
                let start = at + (BATCH - 1 - index as usize) * STRIDE;
                found.extend(self.standing(block, start, is_id));
                met ^= 1 << index;
            }
            at += BATCH * STRIDE;
        }
        for at in (at..block.len()).step_by(STRIDE) {
            found.extend(self.standing(block, at, is_id));
        }
    }

    /// The offsets at which ids begin that have the gram at `at` in them.
    fn standing(&self, block: &[u8], at: usize, is_id: &dyn Fn(&[u8]) -> bool) -> impl Iterator<Item = usize> {
        let hash = hashed(read_at(block, at), LENGTHS[self.index].1);
        let word = word(hash, self.bits);
        let is_met = self.filter[word] & mask(hash) == mask(hash);
        let grams = if is_met { &self.grams[self.starts[word] as usize..self.starts[word + 1] as usize] } else { &[] };
        grams.iter().filter(move |gram| gram.middle == middle(hash)).filter_map(move |gram| {
            let start = at.checked_sub(gram.before())?;
            let end = start + gram.length();
            (apart(block, start, end) && is_id(block.get(start..end)?)).then_some(start)
        })
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).expect("what is looked for fits into memory many times over")
}

/// Whether the bytes around an id do not make it a part of a longer one.
fn apart(block: &[u8], start: usize, end: usize) -> bool {
    let joins = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    !joins(start.checked_sub(1).and_then(|before| block.get(before))) && !joins(block.get(end))
}

/// The bytes at an offset; zeros after the end of the text.
fn read_at(text: &[u8], at: usize) -> u64 {
    let rest = &text[at..];
    rest.first_chunk().map_or_else(
        || {
            let mut bytes = [0; READ];
            bytes[..rest.len()].copy_from_slice(rest);
            u64::from_le_bytes(bytes)
        },
        |bytes| u64::from_le_bytes(*bytes),
    )
}

/// The hashes of all grams of a text.
fn hashes(id: &[u8], gram: usize) -> impl Iterator<Item = u64> {
    id.windows(gram).map(move |bytes| hashed(read_at(bytes, 0), gram))
}

/// The hash of the first bytes of what was read.
const fn hashed(read: u64, gram: usize) -> u64 {
    (read & (u64::MAX >> (8 * (READ - gram)))).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The first bits of a hash.
#[expect(clippy::cast_possible_truncation, reason = "some bits of a hash are what is asked for")]
const fn word(hash: u64, bits: u32) -> usize {
    (hash >> (64 - bits)) as usize
}

/// The bits of a hash in its word: the middle of a product depends on all that was multiplied.
fn mask(hash: u64) -> u64 {
    MASKS[(middle(hash) >> 16 & 0xff) as usize]
}

#[expect(clippy::cast_possible_truncation, reason = "some bits of a hash are what is asked for")]
const fn middle(hash: u64) -> u32 {
    (hash >> 16) as u32
}

/// Three bits each, made beforehand to spare each lookup three shifts.
static MASKS: [u64; 256] = {
    let mut masks = [0; 256];
    let mut index = 0;
    while index < 256 {
        let spread = hashed(index as u64 + 1, READ);
        masks[index] = 1 << (spread >> 58) | 1 << (spread >> 52 & 63) | 1 << (spread >> 46 & 63);
        index += 1;
    }
    masks
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, by the obvious search.
    fn naive(ids: &[String], shortest: usize, block: &str) -> Vec<usize> {
        (0..block.len())
            .filter(|at| {
                ids.iter().any(|id| {
                    id.len() >= shortest
                        && block.as_bytes()[*at..].starts_with(id.as_bytes())
                        && apart(block.as_bytes(), *at, at + id.len())
                })
            })
            .collect()
    }

    #[test]
    fn ids_that_begin_alike_are_looked_up_once() {
        let ids: Vec<String> = (0..1000).map(|n| format!("20260302-{n:08}")).collect();
        let search = IdSearch::new(ids.iter().map(String::as_str), [], SHORTEST);
        let [group] = &search.groups[..] else { panic!("all ids are of one length") };
        // The grams end before the digits that differ.
        assert_eq!(group.grams.len(), 8);
        assert_eq!(search.find(b"id=20260302-00000999 20260302-00001000"), [3]);
    }

    proptest! {
        #[test]
        fn finds_what_the_obvious_search_finds(
            ids in prop::collection::vec("[ab]{3,40}", 1..12),
            parts in prop::collection::vec(("[ab ]{0,30}", 0_usize..12), 0..8),
            shortest in 4_usize..14,
            common in 0_usize..12,
        ) {
            let mut block = String::new();
            for (filler, pick) in parts {
                block.push_str(&filler);
                block.push_str(ids.get(pick).map_or("", String::as_str));
            }
            let (common, more) = ids.split_at(common.min(ids.len()));
            let search = IdSearch::new(common.iter().map(String::as_str), more.iter().map(String::as_str), shortest);
            prop_assert_eq!(search.find(block.as_bytes()), naive(&ids, shortest, &block));
            prop_assert_eq!(search.find_common(block.as_bytes()), naive(common, shortest, &block));
        }
    }
}
