//! Which records of a block can matter: every literal of the catalog in one pass over its bytes, never line by line.

use std::collections::HashMap;

use crate::signature::Catalog;

/// How access logs of every format write a refusal: what makes a 401 or 403 line worth a look without any text.
const REFUSALS: [&str; 12] = [
    "\" 401 ",
    "\" 403 ",
    "\":401",
    "\":403",
    "\": 401",
    "\": 403",
    "\":\"401\"",
    "\":\"403\"",
    "=401",
    "=403",
    " 401 ",
    " 403 ",
];

/// How many bytes of a literal are looked up at once.
const WINDOW: usize = 4;
/// How many slots windows are hashed to, as a power of two: their bits stay in the innermost cache.
const SLOT_BITS: u32 = 17;

/// What most lines of most logs look like: made up, of the layouts that fill disks.
static ORDINARY: &[u8] = include_bytes!("prefilter/ordinary.log");

/// The search for everything the catalog's records must contain.
///
/// Each literal is searched for by its anchor: of all its windows of four bytes the one that is rarest in ordinary
/// logs, or as rare and another literal's anchor already. A window is hashed to a slot, and one bit a slot tells
/// whether an anchor is there; only then are the slot's literals compared. So the price of a byte does not depend on
/// how many literals there are, as long as few ordinary windows share a slot with an anchor.
#[derive(Debug)]
pub struct Prefilter {
    /// One bit a slot: whether a literal is anchored there.
    marked: Box<[u64]>,
    /// For each slot, where its literals begin in `anchored`; one more for the end of the last.
    starts: Box<[u32]>,
    anchored: Box<[Anchored]>,
    literals: Vec<Box<[u8]>>,
    /// For each literal, the signatures that need it; empty for the refusals.
    owners: Vec<Vec<u32>>,
}

/// A literal, and how many of its bytes stand before its anchor.
#[derive(Debug, Clone, Copy)]
struct Anchored {
    literal: u32,
    before: u32,
}

/// A signature whose literal stands in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in the catalog.
    pub signature: u32,
    /// The length of the longest literal of it that was found.
    pub weight: usize,
}

impl Prefilter {
    /// Builds the search for a catalog, and for further texts that make a record worth a look.
    ///
    /// # Panics
    /// With more than four billion literals, or with one shorter than three bytes.
    pub fn new(catalog: &Catalog, also: &[&str]) -> Self {
        let mut literals: Vec<Box<[u8]>> = Vec::new();
        let mut owners: Vec<Vec<u32>> = Vec::new();
        let mut places = HashMap::new();
        for (index, signature) in catalog.signatures.iter().enumerate() {
            for literal in &signature.literals {
                let place = *places.entry(literal.as_str()).or_insert_with(|| {
                    literals.push(literal.as_bytes().into());
                    owners.push(Vec::new());
                    literals.len() - 1
                });
                owners[place].push(number(index));
            }
        }
        for text in REFUSALS.iter().chain(also) {
            literals.push(text.as_bytes().into());
            owners.push(Vec::new());
        }
        let mut anchored = anchors(&literals);
        anchored.sort_by_key(|(slot, _)| *slot);
        let mut marked = vec![0; (1 << SLOT_BITS) / 64].into_boxed_slice();
        let mut starts = vec![0; (1 << SLOT_BITS) + 1].into_boxed_slice();
        for (slot, _) in &anchored {
            marked[slot / 64] |= 1 << (slot % 64);
            starts[slot + 1] += 1;
        }
        for slot in 0..1 << SLOT_BITS {
            starts[slot + 1] += starts[slot];
        }
        Self { marked, starts, anchored: anchored.into_iter().map(|(_, anchored)| anchored).collect(), literals, owners }
    }

    /// A byte inside a literal that stands at or after `from`: the last of one of those whose anchor comes first.
    pub fn next_hit(&self, block: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        while let Some(window) = self.next_marked(block, at) {
            if let Some((literal, start)) = self.standing(block, window).find(|(_, start)| *start >= from) {
                return Some(start + self.literals[literal].len() - 1);
            }
            at = window + 1;
        }
        None
    }

    /// The signatures whose literals stand in `record`, in catalog order.
    pub fn candidates(&self, record: &[u8], into: &mut Vec<Candidate>) {
        let mut at = 0;
        while let Some(window) = self.next_marked(record, at) {
            for (literal, _) in self.standing(record, window) {
                let weight = self.literals[literal].len();
                for &signature in &self.owners[literal] {
                    match into.iter_mut().find(|candidate| candidate.signature == signature) {
                        Some(candidate) => candidate.weight = candidate.weight.max(weight),
                        None => into.push(Candidate { signature, weight }),
                    }
                }
            }
            at = window + 1;
        }
        into.sort_by_key(|candidate| candidate.signature);
    }

    /// The first place at or after `at` whose window has a marked slot.
    fn next_marked(&self, text: &[u8], mut at: usize) -> Option<usize> {
        // Four windows of each eight bytes: no load waits for the one before it.
        while let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk) {
            let bytes = u64::from_le_bytes(*bytes);
            let marks = [0, 1, 2, 3].map(|skipped| self.mark(slot(low(bytes >> (8 * skipped)))));
            if marks[0] | marks[1] | marks[2] | marks[3] != 0 {
                return marks.iter().position(|mark| *mark != 0).map(|skipped| at + skipped);
            }
            at += 4;
        }
        (at..text.len()).find(|at| self.mark(slot(window_at(text, *at))) != 0)
    }

    fn mark(&self, slot: usize) -> u64 {
        self.marked[slot / 64] >> (slot % 64) & 1
    }

    /// The literals that stand in `text` with their anchor at `window`, and where each begins.
    fn standing(&self, text: &[u8], window: usize) -> impl Iterator<Item = (usize, usize)> {
        let slot = slot(window_at(text, window));
        self.anchored[self.starts[slot] as usize..self.starts[slot + 1] as usize].iter().filter_map(move |anchored| {
            let literal = anchored.literal as usize;
            let start = window.checked_sub(anchored.before as usize)?;
            text[start..].starts_with(&self.literals[literal]).then_some((literal, start))
        })
    }
}

/// Where each literal is anchored.
fn anchors(literals: &[Box<[u8]>]) -> Vec<(usize, Anchored)> {
    let mut ordinary = vec![0_u32; 1 << SLOT_BITS];
    for at in 0..ORDINARY.len() {
        ordinary[slot(window_at(ORDINARY, at))] += 1;
    }
    let mut taken = vec![false; 1 << SLOT_BITS];
    let mut anchored = Vec::with_capacity(literals.len());
    // Those with the least choice choose first.
    let mut order: Vec<usize> = (0..literals.len()).collect();
    order.sort_by_key(|index| literals[*index].len());
    for index in order {
        let literal = &literals[index];
        let here = |before: usize| Anchored { literal: number(index), before: number(before) };
        if literal.len() < WINDOW {
            assert_eq!(literal.len(), WINDOW - 1, "a literal is nearly a window long");
            // One anchor for each byte that may follow, zero at the end of the text.
            for last in 0..=u8::MAX {
                let slot = slot(window_at(&[literal, &[last][..]].concat(), 0));
                taken[slot] = true;
                anchored.push((slot, here(0)));
            }
            continue;
        }
        // A further marked slot costs a look at its list, a further literal of a marked one a comparison.
        let cost = |slot: usize| if taken[slot] { ordinary[slot] } else { 4 * ordinary[slot] + 1 };
        let best = (0..=literal.len() - WINDOW).map(|before| (slot(window_at(literal, before)), before));
        if let Some((slot, before)) = best.min_by_key(|(slot, _)| cost(*slot)) {
            taken[slot] = true;
            anchored.push((slot, here(before)));
        }
    }
    anchored
}

/// The window at `at`, zeros after the end of the text.
fn window_at(text: &[u8], at: usize) -> u32 {
    let mut bytes = [0; WINDOW];
    let rest = &text[at..text.len().min(at + WINDOW)];
    bytes[..rest.len()].copy_from_slice(rest);
    u32::from_le_bytes(bytes)
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low(bytes: u64) -> u32 {
    bytes as u32
}

/// Multiplicative hashing (Knuth): the high bits of a product depend on all bytes of the window.
const fn slot(window: u32) -> usize {
    (window.wrapping_mul(0x9e37_79b1) >> (32 - SLOT_BITS)) as usize
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("literals and signatures are fewer than four billion")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the obvious search finds: the literals of `record`.
    fn standing(prefilter: &Prefilter, record: &[u8]) -> Vec<usize> {
        (0..prefilter.literals.len())
            .filter(|index| memchr::memmem::find(record, &prefilter.literals[*index]).is_some())
            .collect()
    }

    fn check(prefilter: &Prefilter, record: &[u8]) {
        let expected = standing(prefilter, record);
        let mut signatures: Vec<(u32, usize)> = expected
            .iter()
            .flat_map(|literal| prefilter.owners[*literal].iter().map(|owner| (*owner, prefilter.literals[*literal].len())))
            .collect();
        // The longest literal of each signature.
        signatures.sort_by_key(|(owner, weight)| (*owner, std::cmp::Reverse(*weight)));
        signatures.dedup_by_key(|(owner, _)| *owner);
        let mut candidates = Vec::new();
        prefilter.candidates(record, &mut candidates);
        assert_eq!(
            candidates.iter().map(|candidate| (candidate.signature, candidate.weight)).collect::<Vec<_>>(),
            signatures,
            "{}",
            String::from_utf8_lossy(record)
        );
        let hit = prefilter.next_hit(record, 0);
        assert_eq!(hit.is_some(), !expected.is_empty());
        assert!(hit.is_none_or(|hit| hit < record.len()));
    }

    #[test]
    fn finds_what_the_obvious_search_finds() {
        let catalog = Catalog::builtin().expect("the built-in catalog holds");
        let prefilter = Prefilter::new(&catalog, &crate::unknown::TOPICS);
        for record in ORDINARY.split(|b| *b == b'\n').step_by(7) {
            check(&prefilter, record);
        }
        for (index, signature) in catalog.signatures.iter().enumerate().step_by(11) {
            // Whatever stands around a literal, and wherever it stands.
            let literal = &signature.literals[index % signature.literals.len()];
            check(&prefilter, literal.as_bytes());
            check(&prefilter, format!("{}{literal}", "x".repeat(index % 9)).as_bytes());
            check(&prefilter, format!("{literal}{}", "=4".repeat(index % 9)).as_bytes());
        }
    }

    #[test]
    fn a_literal_begun_before_the_place_asked_for_is_not_found() {
        let prefilter = Prefilter::new(&Catalog::default(), &["jwt"]);
        assert_eq!(prefilter.next_hit(b"a jwt", 0), Some(4));
        assert_eq!(prefilter.next_hit(b"a jwt", 3), None);
        assert_eq!(prefilter.next_hit(b"a jwt jwt", 3), Some(8));
    }

    #[test]
    fn few_ordinary_windows_are_looked_at_twice() {
        let prefilter = Prefilter::new(&Catalog::builtin().expect("the built-in catalog holds"), &[]);
        let (mut at, mut marked) = (0, 0);
        while let Some(window) = prefilter.next_marked(ORDINARY, at) {
            marked += 1;
            at = window + 1;
        }
        assert!(marked * 50 < ORDINARY.len(), "{marked} of {} windows", ORDINARY.len());
    }
}
