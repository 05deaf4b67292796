//! Which records of a block can matter: every literal of the catalog in one pass over its bytes, never line by line.

use crate::extract::signature::Catalog;
use crate::hash::{HashMap, HashSet};

/// How access logs of every format write a refusal: what makes a 401 or 403 line worth a look without any text.
const REFUSALS: [&str; 30] = [
    " 401", "|401", "\t401", ",401", ";401", "(401", "[401", "\"401", ":401", "=401", ">401", "~401", "/401", "m401", "\\t401",
    " 403", "|403", "\t403", ",403", ";403", "(403", "[403", "\"403", ":403", "=403", ">403", "~403", "/403", "m403", "\\t403",
];

/// How many bytes of a literal are looked up at once.
const WINDOW: usize = 4;
/// How many marks windows are hashed to, as a power of two: a bit each, which stays in the inner caches. The more there
/// are, the fewer ordinary windows share one with an anchor.
const MARK_BITS: u32 = 21;
/// How many slots the anchors are kept in, as a power of two.
const SLOT_BITS: u32 = 18;
/// Of how many bytes one is looked at, at most.
const MAX_STRIDE: usize = 3;
/// How many windows are looked up before the first is judged, so that no load waits for the one before it.
const BATCH: usize = 16;
/// The mark of a batch's first window.
const FIRST: u32 = 1 << (BATCH - 1);
/// Literals that share an anchor are compared one after the other: beyond this many another anchor is better.
const CROWD: u8 = 16;

/// What most lines of most logs look like: made up, of the layouts that fill disks.
static ORDINARY: &[u8] = include_bytes!("prefilter/ordinary.log");

/// The search for everything the catalog's records must contain.
///
/// Only every second or third window of four bytes is looked at. So each literal has an anchor for every way it may lie
/// to those: of its windows that can be met the one that is rarest in ordinary logs, or as rare and an anchor of other
/// literals already. A window is hashed to a mark that tells whether an anchor is there; only then are the literals of
/// its slot compared. The price of a byte does not depend on how many literals there are, as long as few ordinary
/// windows share a slot with an anchor.
#[derive(Debug)]
pub struct Prefilter {
    /// How far the windows looked at stand apart.
    stride: usize,
    /// For each mark, whether a literal is anchored there.
    marked: Box<[u32]>,
    /// For each slot, where its literals begin in `anchored`; one more for the end of the last.
    starts: Box<[u32]>,
    anchored: Box<[Anchored]>,
    literals: Vec<Box<[u8]>>,
    /// For each literal, the signatures that need it; empty for the refusals and the further texts.
    owners: Vec<Vec<u32>>,
    /// For each literal, whether it is of the further texts.
    further: Vec<bool>,
}

/// A literal and where it lies to its anchor.
#[derive(Debug, Clone, Copy)]
struct Anchored {
    window: u32,
    literal: u32,
    /// How many bytes before the end of the anchor's first byte the literal begins: 0 if it begins one byte after it.
    before: u32,
    /// What the literal has beside its anchor, to tell most others without a look at it: the window before it or the one
    /// after it, as far as that is within the literal.
    beside: u32,
    within: u32,
    is_left: bool,
}

impl Anchored {
    fn new(window: u32, before: usize, index: usize, literal: &[u8]) -> Self {
        let start = (before + WINDOW).saturating_sub(1);
        let right = literal.get(start..).unwrap_or_default();
        let is_left = right.len() < WINDOW && before > WINDOW;
        let (beside, length) = if is_left {
            (window_at(literal, before - 1 - WINDOW), WINDOW)
        } else {
            (window_at(right, 0), right.len().min(WINDOW))
        };
        let within = if length == WINDOW { u32::MAX } else { (1 << (8 * length)) - 1 };
        Self { window, literal: number(index), before: number(before), beside, within, is_left }
    }

    /// Whether it may be the literal's what stands at the anchor, and on its left and right.
    fn may_stand(&self, seen: u32, left: u32, right: u32) -> bool {
        let beside = if self.is_left { left } else { right };
        self.window == seen && beside & self.within == self.beside
    }
}

/// A literal that stands in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Where the window of its anchor begins. No literal that begins where the search began, or after it, has its anchor
    /// before.
    pub window: usize,
    /// The offset of its last byte.
    pub last: usize,
}

/// A signature whose literal stands in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its index in the catalog.
    pub signature: u32,
    /// The length of the longest literal of it that was found.
    pub weight: usize,
}

impl Prefilter {
    /// Builds the search for a catalog, and for further texts that make a record worth a look. `sample` are lines of the
    /// logs that will be searched, as far as they are known: they decide how fast the search is, never what it finds.
    ///
    /// # Panics
    /// With more than four billion literals, or with one shorter than three bytes.
    pub fn new(catalog: &Catalog, also: &[&str], sample: &[u8]) -> Self {
        let mut literals: Vec<Box<[u8]>> = Vec::new();
        let mut owners: Vec<Vec<u32>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::default();
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
        let refusals = literals.len();
        for text in REFUSALS.iter().chain(also) {
            literals.push(text.as_bytes().into());
            owners.push(Vec::new());
        }
        let mut further: Vec<bool> = (0..literals.len()).map(|index| index >= refusals + REFUSALS.len()).collect();
        add_escaped(&mut literals, &mut owners, &mut further);
        let shortest = literals.iter().map(|literal| literal.len()).min().unwrap_or(0);
        assert!(shortest >= WINDOW - 1, "a literal is nearly a window long");
        let stride = MAX_STRIDE.min(shortest - 1);
        let chosen = anchors(&literals, stride, sample);
        let mut marked = vec![0; MARK_WORDS].into_boxed_slice();
        // Where the anchors of each slot end: counted, summed up, and moved to where they begin as each takes its place.
        let mut starts = vec![0; (1 << SLOT_BITS) + 1].into_boxed_slice();
        for anchored in &chosen {
            mark(&mut marked, anchored.window);
            starts[slot(anchored.window)] += 1;
        }
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut anchored = chosen.clone().into_boxed_slice();
        for each in chosen.into_iter().rev() {
            let start = &mut starts[slot(each.window)];
            *start -= 1;
            anchored[*start as usize] = each;
        }
        Self { stride, marked, starts, anchored, literals, owners, further }
    }

    /// The first literal that stands at or after `from`: of all, one whose anchor comes first.
    pub fn next_hit(&self, block: &[u8], from: usize) -> Option<Hit> {
        self.windows(block, from).find_map(|window| {
            let (literal, start) = self.standing(block, window).find(|(_, start)| *start >= from)?;
            Some(Hit { window, last: start + self.literals[literal].len() - 1 })
        })
    }

    /// The signatures whose literals stand in `record`, in catalog order. Tells whether a refusal stands there.
    pub fn candidates(&self, record: &[u8], into: &mut Vec<Candidate>) -> bool {
        self.candidates_from(record, 0, into)
    }

    /// The same, where no literal has its anchor before the window at `from`, as a [`Hit`] tells.
    pub fn candidates_from(&self, record: &[u8], from: usize, into: &mut Vec<Candidate>) -> bool {
        let mut refuses = false;
        for window in self.windows(record, from) {
            for (literal, _) in self.standing(record, window) {
                let weight = self.literals[literal].len();
                refuses |= self.owners[literal].is_empty() && !self.further[literal];
                for &signature in &self.owners[literal] {
                    match into.iter_mut().find(|candidate| candidate.signature == signature) {
                        Some(candidate) => candidate.weight = candidate.weight.max(weight),
                        None => into.push(Candidate { signature, weight }),
                    }
                }
            }
        }
        into.sort_by_key(|candidate| candidate.signature);
        refuses
    }

    /// The offsets of the windows at and after `from` whose slots are marked.
    fn windows<'t>(&'t self, text: &'t [u8], from: usize) -> Windows<'t> {
        Windows { prefilter: self, text, at: from, marks: 0, batch: from }
    }

    /// The literals that stand in `text` with their anchor at `window`, and where each begins.
    fn standing(&self, text: &[u8], window: usize) -> impl Iterator<Item = (usize, usize)> {
        let seen = window_at(text, window);
        // Nothing that needs a left side stands where the text has none.
        let left = window.checked_sub(WINDOW).map_or(0, |left| window_at(text, left));
        let right = window_at(text, text.len().min(window + WINDOW));
        let slot = slot(seen);
        self.anchored[self.starts[slot] as usize..self.starts[slot + 1] as usize].iter().filter_map(move |anchored| {
            if !anchored.may_stand(seen, left, right) {
                return None;
            }
            let literal = anchored.literal as usize;
            let start = (window + 1).checked_sub(anchored.before as usize)?;
            let rest = text.get(start..)?.strip_prefix(&*self.literals[literal])?;
            (!self.owners[literal].is_empty() || is_whole(&self.literals[literal], rest)).then_some((literal, start))
        })
    }
}

/// Goes over a text from marked window to marked window.
struct Windows<'t> {
    prefilter: &'t Prefilter,
    text: &'t [u8],
    /// Where the next windows are looked up.
    at: usize,
    /// The marked ones of the windows looked up last, a bit each from [`FIRST`] down, and where the first of them stands.
    marks: u32,
    batch: usize,
}

impl Windows<'_> {
    /// Looks up windows that stand `STRIDE` apart until some are marked.
    fn advance<const STRIDE: usize>(&mut self) {
        let marked: &[u32; MARK_WORDS] = self.prefilter.marked[..].try_into().expect("a bit a mark");
        let span = BATCH * STRIDE;
        while let Some(text) = self.text.get(self.at..).and_then(<[u8]>::first_chunk::<{ BATCH * MAX_STRIDE + WINDOW }>) {
            let mut marks = 0;
            for index in 0..BATCH {
                let at = index * STRIDE;
                let window = u32::from_le_bytes([text[at], text[at + 1], text[at + 2], text[at + 3]]);
                // Two instructions: a bit is tested into the carry, and added with it.
                marks = marks << 1 | u32::from(marked[word(window)] & 1 << bit(window) != 0);
            }
            self.batch = self.at;
            self.at += span;
            if marks != 0 {
                self.marks = marks;
                return;
            }
        }
        while self.at < self.text.len() {
            self.batch = self.at;
            self.at += STRIDE;
            let window = window_at(self.text, self.batch);
            if marked[word(window)] & 1 << bit(window) != 0 {
                self.marks = FIRST;
                return;
            }
        }
    }
}

impl Iterator for Windows<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let stride = self.prefilter.stride;
        if self.marks == 0 {
            match stride {
                3 => self.advance::<3>(),
                2 => self.advance::<2>(),
                _ => self.advance::<1>(),
            }
        }
        let index = self.marks.checked_ilog2()?;
        self.marks ^= 1 << index;
        Some(self.batch + (FIRST.ilog2() - index) as usize * stride)
    }
}

/// Adds the literals with quotes as they stand in a record that JSON carries as text.
fn add_escaped(literals: &mut Vec<Box<[u8]>>, owners: &mut Vec<Vec<u32>>, further: &mut Vec<bool>) {
    let known: HashSet<Box<[u8]>> = literals.iter().cloned().collect();
    for index in 0..literals.len() {
        let parts: Vec<&[u8]> = literals[index].split(|byte| *byte == b'"').collect();
        let escaped = parts.join(&br#"\""#[..]).into_boxed_slice();
        let is_text = !literals[index].contains(&b'\\');
        // A quote that nothing stands before is found where it is escaped, too.
        let is_new = parts.len() > 2 || !parts[0].is_empty();
        if is_text && parts.len() > 1 && is_new && !known.contains(&escaped) {
            literals.push(escaped);
            owners.push(owners[index].clone());
            further.push(further[index]);
        }
    }
}

/// Whether a literal is not the beginning of a longer number: `":4017` is no status.
fn is_whole(literal: &[u8], rest: &[u8]) -> bool {
    !(literal.last().is_some_and(u8::is_ascii_digit) && rest.first().is_some_and(u8::is_ascii_digit))
}

/// Where the literals are anchored: once for each offset at which windows that are looked at can be in them.
fn anchors(literals: &[Box<[u8]>], stride: usize, sample: &[u8]) -> Vec<Anchored> {
    // By mark: what shares it is met as often. Small numbers of some windows are enough to tell the rare, and memory that
    // is touched for the first time is what a short run's time goes to.
    let mut ordinary = vec![0_u8; 1 << MARK_BITS];
    let place = |window: u32| word(window) * 32 + bit(window) as usize;
    for text in [ORDINARY, sample] {
        for window in text.windows(WINDOW).step_by(MAX_STRIDE) {
            let count = &mut ordinary[place(window_at(window, 0))];
            *count = count.saturating_add(1);
        }
    }
    let mut anchored_at = vec![0; MARK_WORDS];
    let mut crowd = vec![0_u8; 1 << SLOT_BITS];
    let bytes = || 0..=u8::MAX;
    let mut anchored = Vec::with_capacity(literals.len() * stride);
    // Those with the least choice choose first.
    let mut order: Vec<usize> = (0..literals.len()).collect();
    order.sort_by_key(|index| literals[*index].len());
    for index in order {
        let literal = &literals[index];
        let whole = literal.len().saturating_sub(WINDOW - 1);
        for phase in 0..stride {
            // A further marked slot costs a look at its list, a further literal of a marked one a comparison.
            let cost = |window: u32| {
                let crowd = crowd[slot(window)];
                let alone = anchored_at[word(window)] & 1 << bit(window) == 0 || crowd > CROWD;
                (u32::from(ordinary[place(window)]) * 4 + u32::from(alone), crowd)
            };
            let windows = (phase..whole).step_by(stride).map(|at| (window_at(literal, at), at + 1));
            let chosen = match windows.min_by_key(|(window, _)| cost(*window)) {
                Some(window) => vec![window],
                // One for each byte that may stand after the literal's last three, or before its first three.
                None if whole % stride == phase => {
                    let last = &literal[whole..];
                    bytes().map(|byte| (u32::from_le_bytes([last[0], last[1], last[2], byte]), whole + 1)).collect()
                }
                None => bytes().map(|byte| (u32::from_le_bytes([byte, literal[0], literal[1], literal[2]]), 0)).collect(),
            };
            for (window, before) in chosen {
                let crowd = &mut crowd[slot(window)];
                *crowd = crowd.saturating_add(1);
                mark(&mut anchored_at, window);
                anchored.push(Anchored::new(window, before, index, literal));
            }
        }
    }
    anchored
}

/// The window at `at`, zeros after the end of the text.
fn window_at(text: &[u8], at: usize) -> u32 {
    if let Some(bytes) = text[at..].first_chunk() {
        return u32::from_le_bytes(*bytes);
    }
    let mut bytes = [0; WINDOW];
    let rest = &text[at..text.len().min(at + WINDOW)];
    bytes[..rest.len()].copy_from_slice(rest);
    u32::from_le_bytes(bytes)
}

/// How many words hold the marks.
const MARK_WORDS: usize = 1 << (MARK_BITS - u32::BITS.ilog2());

/// Multiplicative hashing (Knuth): the high bits of a product depend on all bytes of the window.
const fn hash(window: u32) -> u32 {
    window.wrapping_mul(0x9e37_79b1)
}

/// The word of a window's mark.
const fn word(window: u32) -> usize {
    (hash(window) >> (u32::BITS - MARK_BITS + u32::BITS.ilog2())) as usize
}

/// Its bit there.
const fn bit(window: u32) -> u32 {
    hash(window) >> (u32::BITS - MARK_BITS) & (u32::BITS - 1)
}

fn mark(marked: &mut [u32], window: u32) {
    marked[word(window)] |= 1 << bit(window);
}

/// The slot of a window's anchors.
const fn slot(window: u32) -> usize {
    (hash(window) >> (u32::BITS - SLOT_BITS)) as usize
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("literals and signatures are fewer than four billion")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the obvious search finds: the literals of `record`.
    fn standing(prefilter: &Prefilter, record: &[u8]) -> Vec<usize> {
        let stands = |index: &usize| {
            let literal = &prefilter.literals[*index];
            let mut ends = memchr::memmem::find_iter(record, literal).map(|start| start + literal.len());
            ends.any(|end| !prefilter.owners[*index].is_empty() || is_whole(literal, &record[end..]))
        };
        (0..prefilter.literals.len()).filter(stands).collect()
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
        let Some(hit) = hit else { return };
        assert!(hit.last < record.len());
        let mut from_hit = Vec::new();
        prefilter.candidates_from(record, hit.window, &mut from_hit);
        assert_eq!(from_hit, candidates, "nothing stands before the first hit");
    }

    #[test]
    fn finds_what_the_obvious_search_finds() {
        let catalog = Catalog::builtin().expect("the built-in catalog holds");
        let prefilter = Prefilter::new(&catalog, &crate::extract::unknown::TOPICS, &[]);
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
        let prefilter = Prefilter::new(&Catalog::default(), &["jwt"], &[]);
        let last = |block: &[u8], from| prefilter.next_hit(block, from).map(|hit| hit.last);
        assert_eq!(last(b"a jwt", 0), Some(4));
        assert_eq!(last(b"a jwt", 3), None);
        assert_eq!(last(b"a jwt jwt", 3), Some(8));
    }

    #[test]
    fn a_number_that_goes_on_is_no_status() {
        let prefilter = Prefilter::new(&Catalog::default(), &[], &[]);
        let refuses = |record: &str| prefilter.candidates(record.as_bytes(), &mut Vec::new());
        assert!(refuses(r#"{"status":401}"#) && refuses(r#"{"size":4017,"status":401,"#) && refuses("status=403"));
        assert!(!refuses(r#"{"size":4017}"#) && !refuses("status=4030"));
    }

    #[test]
    fn quotes_are_found_where_json_carries_json() {
        let prefilter = Prefilter::new(&Catalog::default(), &["\"msg\":\"gone\""], &[]);
        let stands = |record: &str| prefilter.next_hit(record.as_bytes(), 0).is_some();
        assert!(stands(r#"{"msg":"gone"}"#) && stands(r#"{"log":"{\"msg\":\"gone\"}\n"}"#));
        assert!(stands(r#"{"status":"401"}"#) && stands(r#"{"log":"{\"status\":\"401\"}\n"}"#));
        assert!(!stands(r#"{"log":"{\"msg\":\"going\"}\n"}"#));
    }

    #[test]
    fn few_ordinary_windows_are_looked_at_twice() {
        let prefilter = Prefilter::new(&Catalog::builtin().expect("the built-in catalog holds"), &[], &[]);
        let marked = prefilter.windows(ORDINARY, 0).count();
        assert!(marked * 30 < ORDINARY.len() / prefilter.stride, "{marked} of {} bytes", ORDINARY.len());
    }
}
