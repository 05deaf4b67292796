//! Searches for many long ids at once, at the price of looking at a fraction of the bytes.
//!
//! The second pass looks for thousands of request ids and subjects. An automaton over them would be large and look at
//! each byte. Here every place that a gram of some bytes can have in a needle is known, so that it is enough to look at
//! one gram for each needle's length, and no look waits for the one before it.

/// How many bytes are read for a look; a gram is no longer.
const READ: usize = 8;
/// Shorter needles are not searched for in whole logs: they would stand in everything.
pub const SHORTEST: usize = 12;
/// Shorter needles are not searched for at all.
pub const SHORTEST_OF_ALL: usize = LENGTHS[0].0;
/// Needles of about one length are searched for together, so that short ones do not shorten the stride of long ones:
/// how long they are at least, and how long their grams are. The shorter a gram, the further apart are the looks.
const LENGTHS: [(usize, usize); 4] = [(4, 4), (7, 5), (12, 5), (32, 8)];
/// How many bits of the filter there are for each gram, so that few others pass.
const BITS_OF_GRAM: usize = 8;
/// How many words a filter may have, as powers of two: it is looked into at random, so a small one is a fast one.
const FILTERS: [u32; 4] = [9, 12, 15, 17];
/// How many grams are looked up before the first is judged.
const BATCH: usize = 16;

/// A set of ids to look for.
#[derive(Debug)]
pub struct Needles {
    needles: Vec<Box<[u8]>>,
    groups: Vec<Group>,
}

impl Needles {
    /// Prepares the search; ids shorter than `shortest` are left out.
    pub fn new<'n>(ids: impl IntoIterator<Item = &'n str>, shortest: usize) -> Self {
        let shortest = shortest.max(SHORTEST_OF_ALL);
        let mut needles: Vec<Box<[u8]>> =
            ids.into_iter().filter(|id| id.len() >= shortest).map(|id| id.as_bytes().into()).collect();
        needles.sort_unstable();
        needles.dedup();
        let groups = (0..LENGTHS.len()).filter_map(|place| Group::new(&needles, place)).collect();
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

/// Needles of about one length.
#[derive(Debug)]
struct Group {
    /// Its place in [`LENGTHS`].
    place: usize,
    /// A Bloom filter of the grams: the bits of each are in one word.
    filter: Box<[u64]>,
    /// How many bits of a hash tell its word there.
    bits: u32,
    /// The grams of all needles, in the order of their hashes.
    grams: Vec<Gram>,
    /// For the first [`Self::bits`] bits of a hash, where its grams begin; one more for the end.
    starts: Vec<u32>,
}

/// A gram of a needle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Gram {
    /// No two grams of one length have the same.
    hash: u64,
    needle: u32,
    /// How many bytes of the needle stand before it.
    before: u8,
}

impl Group {
    fn new(needles: &[Box<[u8]>], place: usize) -> Option<Self> {
        let (least, gram) = LENGTHS[place];
        let more = LENGTHS.get(place + 1).map_or(usize::MAX, |(length, _)| *length);
        let mut grams = Vec::new();
        for (needle, bytes) in (0..).zip(needles).filter(|(_, needle)| (least..more).contains(&needle.len())) {
            // One of these is looked at, wherever the needle lies.
            for (before, bytes) in (0..).zip(bytes[..least].windows(gram)) {
                grams.push(Gram { hash: hashed(read_at(bytes, 0), gram), needle, before });
            }
        }
        if grams.is_empty() {
            return None;
        }
        grams.sort_unstable();
        let [.., largest] = FILTERS;
        let roomy = |bits: &u32| grams.len() * BITS_OF_GRAM <= 64 << *bits;
        let bits = FILTERS.into_iter().find(roomy).unwrap_or(largest);
        let words = 1 << bits;
        let mut filter = vec![0; words].into_boxed_slice();
        let mut starts = vec![0; words + 1];
        for gram in &grams {
            filter[word(gram.hash, bits)] |= mask(gram.hash);
            starts[word(gram.hash, bits) + 1] += 1;
        }
        for word in 0..words {
            starts[word + 1] += starts[word];
        }
        Some(Self { place, filter, bits, grams, starts })
    }

    fn find(&self, block: &[u8], needles: &[Box<[u8]>], found: &mut Vec<usize>) {
        // The looks are the hot loop: for each of these its numbers are known when it is compiled.
        match self.place {
            0 => self.find_in::<4, 1, { BATCH + READ }>(block, needles, found),
            1 => self.find_in::<5, 3, { BATCH * 3 + READ }>(block, needles, found),
            2 => self.find_in::<5, 8, { BATCH * 8 + READ }>(block, needles, found),
            _ => self.find_in::<8, 25, { BATCH * 25 + READ }>(block, needles, found),
        }
    }

    fn find_in<const GRAM: usize, const STRIDE: usize, const SPAN: usize>(
        &self,
        block: &[u8],
        needles: &[Box<[u8]>],
        found: &mut Vec<usize>,
    ) {
        debug_assert_eq!(LENGTHS[self.place], (GRAM + STRIDE - 1, GRAM));
        match self.bits {
            9 => self.look::<GRAM, STRIDE, SPAN, 9, { 1 << 9 }>(block, needles, found),
            12 => self.look::<GRAM, STRIDE, SPAN, 12, { 1 << 12 }>(block, needles, found),
            15 => self.look::<GRAM, STRIDE, SPAN, 15, { 1 << 15 }>(block, needles, found),
            _ => self.look::<GRAM, STRIDE, SPAN, 17, { 1 << 17 }>(block, needles, found),
        }
    }

    fn look<const GRAM: usize, const STRIDE: usize, const SPAN: usize, const BITS: u32, const WORDS: usize>(
        &self,
        block: &[u8],
        needles: &[Box<[u8]>],
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
                found.extend(self.standing(block, start, needles));
                met ^= 1 << index;
            }
            at += BATCH * STRIDE;
        }
        for at in (at..block.len()).step_by(STRIDE) {
            found.extend(self.standing(block, at, needles));
        }
    }

    /// Where the ids begin that have this gram at this place.
    fn standing(&self, block: &[u8], at: usize, needles: &[Box<[u8]>]) -> impl Iterator<Item = usize> {
        let hash = hashed(read_at(block, at), LENGTHS[self.place].1);
        let word = word(hash, self.bits);
        let grams = &self.grams[self.starts[word] as usize..self.starts[word + 1] as usize];
        grams.iter().filter(move |gram| gram.hash == hash).filter_map(move |gram| {
            let needle = &needles[gram.needle as usize];
            let start = at.checked_sub(usize::from(gram.before))?;
            (block[start..].starts_with(needle) && apart(block, start, start + needle.len())).then_some(start)
        })
    }
}

/// Whether the bytes around an id do not make it a part of a longer one.
fn apart(block: &[u8], start: usize, end: usize) -> bool {
    let joins = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    !joins(start.checked_sub(1).and_then(|before| block.get(before))) && !joins(block.get(end))
}

/// What stands at a place, zeros after the end of the text.
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

/// The hash of the first bytes of what was read: no other gram of that length has it, as the multiplier is odd.
const fn hashed(read: u64, gram: usize) -> u64 {
    (read & (u64::MAX >> (8 * (READ - gram)))).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The first bits of a hash.
#[expect(clippy::cast_possible_truncation, reason = "some bits of a hash are what is asked for")]
const fn word(hash: u64, bits: u32) -> usize {
    (hash >> (64 - bits)) as usize
}

/// The bits of a hash in its word: the middle of a product depends on all that was multiplied.
#[expect(clippy::cast_possible_truncation, reason = "some bits of a hash are what is asked for")]
fn mask(hash: u64) -> u64 {
    MASKS[usize::from((hash >> 32) as u8)]
}

/// Three bits each, that three shifts need not be made at each look.
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

    proptest! {
        #[test]
        fn finds_what_the_obvious_search_finds(
            ids in prop::collection::vec("[ab]{3,40}", 1..12),
            parts in prop::collection::vec(("[ab ]{0,30}", 0_usize..12), 0..8),
            shortest in 4_usize..14,
        ) {
            let mut block = String::new();
            for (filler, pick) in parts {
                block.push_str(&filler);
                block.push_str(ids.get(pick).map_or("", String::as_str));
            }
            let needles = Needles::new(ids.iter().map(String::as_str), shortest);
            prop_assert_eq!(needles.find(block.as_bytes()), naive(&ids, shortest, &block));
        }
    }
}
