//! What a stream writes beside the requests that it refuses, and what it writes elsewhere: counts by kind of record.
//!
//! Nobody can search for words that nobody knows. But what stands beside refused requests and hardly ever elsewhere is how a
//! service says that it refuses, whatever the words. The first pass counts samples; what they show ([`Vicinity::telling`])
//! is read by the second.

use std::collections::BTreeMap;

use crate::extract::skeleton::skeleton;
use crate::ingest::frame::{Block, newlines};
use crate::model::event::{Event, EventKind, Reason};

/// So far from a refusal a record is beside it, in records.
pub const REACH: usize = 3;
/// So far from the next refusal a record is of other requests, in records.
const ELSEWHERE: usize = REACH + 1;
/// How far a window reaches to both sides, in records.
const RADIUS: usize = 8;
/// How many windows are looked into in a whole run, about, and how many in one block.
const WINDOWS: u64 = 512;
/// See [`WINDOWS`].
const WINDOWS_OF_BLOCK: std::ops::RangeInclusive<u64> = 3..=64;
/// Bytes of a block, as a power of two.
const BLOCK: u32 = 18;
/// How many kinds of records one stream keeps.
const MOST_KINDS: usize = 4096;
/// A kind that stands beside fewer refusals proves nothing, nor one of which fewer were to be expected elsewhere.
const ENOUGH: f64 = 4.0;
/// Of a kind that tells of refusals at most this share of what was to be expected stands elsewhere.
const STRAYS: f64 = 0.2;
/// So far from a refusal a record adjoins it, in records.
const ADJOINS: usize = 2;
/// Where most records are beside refusals, a kind of which so many were seen and at least this share adjoins one on the same
/// side tells of them as well.
const ENOUGH_ADJOINING: u32 = 5;
/// See [`ENOUGH_ADJOINING`].
const ADJOINING: f64 = 0.9;
/// If so many times more stand on one side, all do.
const ONE_SIDED: u32 = 4;

/// How much of the logs is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Sampling {
    windows: usize,
    every: u64,
}

impl Sampling {
    /// Enough of logs of a size.
    pub fn of(bytes: u64) -> Self {
        let blocks = (bytes >> BLOCK).max(1);
        let windows = (WINDOWS / blocks).clamp(*WINDOWS_OF_BLOCK.start(), *WINDOWS_OF_BLOCK.end());
        Self { windows: usize::try_from(windows).unwrap_or_default(), every: (blocks * windows / WINDOWS).max(1) }
    }

    fn takes(self, block: Block<'_>) -> bool {
        (block.at >> BLOCK).is_multiple_of(self.every)
    }
}

/// On which side of a refusal the records of a kind stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Before it.
    Before,
    /// After it.
    After,
    /// On either.
    Either,
}

/// Where records of one kind stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    before: u32,
    after: u32,
    elsewhere: u32,
    /// Of those that have enough neighbours, those right before and right after a refusal, and all.
    adjoins: [u32; 2],
    inner: u32,
}

impl Counts {
    /// Adds a record: how far the next refusal is behind and ahead of it, in records.
    fn add(&mut self, place: Standing) {
        let Standing { ahead, behind, is_inner, is_apart } = place;
        if ahead.min(behind) <= REACH {
            *(if ahead <= behind { &mut self.before } else { &mut self.after }) += 1;
        } else if is_apart {
            self.elsewhere += 1;
        }
        if is_inner {
            self.inner += 1;
            self.adjoins[0] += u32::from(ahead <= ADJOINS);
            self.adjoins[1] += u32::from(behind <= ADJOINS);
        }
    }

    fn append(&mut self, other: Self) {
        self.before += other.before;
        self.after += other.after;
        self.elsewhere += other.elsewhere;
        self.inner += other.inner;
        for (mine, other) in self.adjoins.iter_mut().zip(other.adjoins) {
            *mine += other;
        }
    }

    /// Whether its records stand beside refusals and hardly ever elsewhere, where so many times fewer are to be expected.
    fn tells(self, share: f64) -> bool {
        let beside = f64::from(self.beside());
        let expected = beside * share;
        let is_lifted = beside >= ENOUGH && expected >= ENOUGH && f64::from(self.elsewhere) <= STRAYS * expected;
        let adjoining = f64::from(self.adjoins[0].max(self.adjoins[1]));
        is_lifted || self.inner >= ENOUGH_ADJOINING && adjoining >= ADJOINING * f64::from(self.inner)
    }

    fn beside(self) -> u32 {
        self.before + self.after
    }

    fn side(self) -> Side {
        match self {
            Self { before, after, .. } if before >= ONE_SIDED * after => Side::Before,
            Self { before, after, .. } if after >= ONE_SIDED * before => Side::After,
            _ => Side::Either,
        }
    }
}

/// How a record stands to refusals, in records.
#[derive(Debug, Clone, Copy)]
struct Standing {
    ahead: usize,
    behind: usize,
    /// Whether its neighbours are in the window.
    is_inner: bool,
    /// Whether no refusal is near.
    is_apart: bool,
}

/// What was seen beside the refusals of some blocks, and elsewhere.
#[derive(Debug, Default)]
pub struct Vicinity {
    kinds: BTreeMap<u64, Counts>,
    beside: u64,
    elsewhere: u64,
}

/// A record of a window.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'b> {
    /// Its bytes.
    pub record: &'b [u8],
    /// Where they begin in the block.
    pub start: usize,
    /// Its first line.
    pub line: u64,
}

impl Vicinity {
    /// Looks around some refusals of a block, and around some other records. `events` are those of the block, in order.
    pub fn note(&mut self, block: Block<'_>, events: &[Event], sampling: Sampling) {
        let refusals: Vec<u64> = events.iter().filter(|event| is_refusal(event)).map(|event| event.place.line).collect();
        if refusals.is_empty() || !sampling.takes(block) {
            return;
        }
        let told: Vec<u64> = events.iter().filter(|event| !event.is_doubtful()).map(|event| event.place.line).collect();
        let mut walk = Walk::new(block);
        let mut noted = 0;
        for center in centers(&refusals, block, sampling.windows) {
            let Some(window) = walk.window(center, RADIUS) else { break };
            if window.first().is_some_and(|first| first.line > noted) {
                noted = window.last().map_or(noted, |last| last.line);
                self.note_window(&window, &refusals, &told);
            }
        }
    }

    fn note_window(&mut self, window: &[Seen<'_>], refusals: &[u64], told: &[u64]) {
        let refused: Vec<usize> =
            (0..window.len()).filter(|index| refusals.binary_search(&window[*index].line).is_ok()).collect();
        for (index, seen) in window.iter().enumerate() {
            // What tells something was read already.
            if told.binary_search(&seen.line).is_ok() {
                continue;
            }
            let next = refused.partition_point(|refused| *refused < index);
            let ahead = refused.get(next).map_or(usize::MAX, |refused| refused - index);
            let behind = next.checked_sub(1).map_or(usize::MAX, |last| index - refused[last]);
            let is_apart = ahead.min(behind) >= ELSEWHERE && is_apart(seen.line, refusals);
            let is_inner = index >= ADJOINS && index + ADJOINS < window.len();
            self.beside += u64::from(ahead.min(behind) <= REACH);
            self.elsewhere += u64::from(is_apart);
            self.add(seen, Standing { ahead, behind, is_inner, is_apart });
        }
    }

    fn add(&mut self, seen: &Seen<'_>, standing: Standing) {
        let kind = skeleton(seen.record);
        if self.kinds.len() < MOST_KINDS || self.kinds.contains_key(&kind) {
            self.kinds.entry(kind).or_default().add(standing);
        }
    }

    /// Adds what was seen in other blocks.
    pub fn append(&mut self, other: &Self) {
        self.beside += other.beside;
        self.elsewhere += other.elsewhere;
        for (kind, counts) in &other.kinds {
            self.kinds.entry(*kind).or_default().append(*counts);
        }
    }

    /// The kinds of records that stand beside refusals and hardly ever elsewhere.
    pub fn telling(&self) -> BTreeMap<u64, Side> {
        #[expect(clippy::cast_precision_loss, reason = "a share of counts")]
        let share = self.elsewhere as f64 / self.beside.max(1) as f64;
        let tells = |(kind, counts): (&u64, &Counts)| counts.tells(share).then(|| (*kind, counts.side()));
        self.kinds.iter().filter_map(tells).collect()
    }
}

/// Whether no refusal stands near a line, also beyond the ends of its window.
fn is_apart(line: u64, refusals: &[u64]) -> bool {
    let next = refusals.partition_point(|refused| *refused < line);
    let near = |refused: &u64| refused.abs_diff(line) < ELSEWHERE as u64;
    !refusals[next.saturating_sub(1)..].iter().take(2).any(near)
}

/// Whether an event is the line of a refused request that says no reason.
pub fn is_refusal(event: &Event) -> bool {
    event.kind == EventKind::AuthFailure
        && event.reason.is_none_or(|reason| reason == Reason::Other)
        && (event.path.is_some() || matches!(event.status, Some(401 | 403)))
}

/// The lines around which is looked: those of refusals, evenly chosen, and as many others.
fn centers(refusals: &[u64], block: Block<'_>, windows: usize) -> Vec<u64> {
    let even = |count: usize, of: usize| (0..count.min(of)).map(move |n| n * of / count.min(of));
    let lines = usize::try_from(newlines(block.bytes)).unwrap_or_default();
    let others = even(windows, lines).map(|line| block.lines_before + 1 + line as u64);
    let mut centers: Vec<u64> = even(windows, refusals.len()).map(|index| refusals[index]).chain(others).collect();
    centers.sort_unstable();
    centers.dedup();
    centers
}

/// Finds lines of a block by their number, in order, and the records around them.
#[derive(Debug)]
pub struct Walk<'b> {
    block: Block<'b>,
    /// Where a line begins, and its number.
    at: usize,
    line: u64,
}

impl<'b> Walk<'b> {
    /// Stands at the beginning of a block.
    pub fn new(block: Block<'b>) -> Self {
        Self { block, at: 0, line: block.lines_before + 1 }
    }

    /// Goes on to a line; `None` behind the end of the block, and before where it stands.
    fn seek(&mut self, line: u64) -> Option<usize> {
        let skipped = usize::try_from(line.checked_sub(self.line)?).ok()?;
        if skipped > 0 {
            self.at += memchr::memchr_iter(b'\n', &self.block.bytes[self.at..]).nth(skipped - 1)? + 1;
            self.line = line;
        }
        (self.at < self.block.bytes.len()).then_some(self.at)
    }

    /// The record of a line and so many to both sides of it, in order. Lines must be asked for in order.
    pub fn window(&mut self, line: u64, radius: usize) -> Option<Vec<Seen<'b>>> {
        let at = self.seek(line)?;
        let record = self.block.style.record_around(self.block.bytes, at, 0);
        let first = line - newlines(&self.block.bytes[record.start..at]);
        let mut window = self.before(record.start, first, radius);
        window.reverse();
        window.push(Seen { record: &self.block.bytes[record.clone()], start: record.start, line: first });
        window.extend(self.after(record.start, first, radius));
        Some(window)
    }

    /// So many records before one, the nearest first.
    fn before(&self, mut start: usize, mut line: u64, most: usize) -> Vec<Seen<'b>> {
        let mut found = Vec::with_capacity(most);
        while start > 0 && found.len() < most {
            let range = self.block.style.record_around(self.block.bytes, start - 1, 0);
            let record = &self.block.bytes[range.clone()];
            (start, line) = (range.start, line - newlines(record));
            found.push(Seen { record, start, line });
        }
        found
    }

    /// So many records after the one that begins somewhere, the nearest first.
    fn after(&self, start: usize, mut line: u64, most: usize) -> Vec<Seen<'b>> {
        let mut found = Vec::with_capacity(most);
        let mut range = self.block.style.record_around(self.block.bytes, start, 0);
        while range.end < self.block.bytes.len() && found.len() < most {
            line += newlines(&self.block.bytes[range.clone()]);
            range = self.block.style.record_around(self.block.bytes, range.end, range.end);
            found.push(Seen { record: &self.block.bytes[range.clone()], start: range.start, line });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vicinity(beside: u64, elsewhere: u64, kinds: &[(u64, u32, u32, u32)]) -> Vicinity {
        let counts = |before, after, elsewhere| Counts { before, after, elsewhere, ..Counts::default() };
        let kinds = kinds.iter().map(|(kind, before, after, elsewhere)| (*kind, counts(*before, *after, *elsewhere))).collect();
        Vicinity { kinds, beside, elsewhere }
    }

    #[test]
    fn what_stands_beside_refusals_alone_tells_of_them() {
        let seen = vicinity(
            300,
            600,
            &[(1, 50, 0, 0), (2, 0, 50, 2), (3, 20, 30, 0), (4, 50, 0, 100), (5, 50, 0, 31), (6, 2, 0, 0), (7, 0, 0, 90)],
        );
        let telling: Vec<(u64, Side)> = seen.telling().into_iter().collect();
        assert_eq!(telling, [(1, Side::Before), (2, Side::After), (3, Side::Either)]);
    }

    #[test]
    fn where_nothing_else_was_seen_nothing_is_known() {
        assert!(vicinity(300, 10, &[(1, 50, 0, 0)]).telling().is_empty());
        assert!(Vicinity::default().telling().is_empty());
    }

    #[test]
    fn where_much_is_refused_what_adjoins_refusals_tells_of_them() {
        let counts = |before, adjoins, inner| Counts { before, adjoins, inner, ..Counts::default() };
        let kinds = [(1, counts(50, [50, 10], 50)), (2, counts(50, [30, 30], 50)), (3, counts(4, [4, 0], 4))];
        let seen = Vicinity { kinds: kinds.into_iter().collect(), beside: 100, elsewhere: 0 };
        assert_eq!(seen.telling().into_keys().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn parts_add_up() {
        let mut parts = vicinity(100, 200, &[(1, 3, 0, 0)]);
        parts.append(&vicinity(200, 400, &[(1, 1, 0, 0), (2, 0, 9, 1)]));
        assert_eq!(parts.telling(), vicinity(300, 600, &[(1, 4, 0, 0), (2, 0, 9, 1)]).telling());
        assert_eq!(parts.telling().len(), 2);
    }

    #[test]
    fn much_is_sampled_and_little_is_read_whole() {
        let [little, much, more] = [1 << 16, 1 << 30, 1 << 34].map(Sampling::of);
        assert_eq!((little.windows, little.every), (64, 1));
        assert_eq!((much.windows, much.every), (3, 24));
        assert_eq!((more.windows, more.every), (3, 384));
    }
}
