//! Brings the lines of two lists together, each with at most one of the other.
//!
//! Where two lines are nearest to each other, they are a pair. What remains is paired in sequence, as far as it fits:
//! of lines that are alike in all but their time, as many as can find a partner find one. Takes time in proportion to
//! the number of lines, however many of them are alike.

/// How many lines that do not fit are looked at before the search for a partner ends.
const LOOKED_AT: usize = 64;

/// How many lines are looked at to see whether another fits as well.
const RIVALS: usize = 8;

/// Two lines that belong together, by their indices in the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// The index in the first list.
    pub one: usize,
    /// The index in the second list.
    pub other: usize,
    /// Whether another line fits one of them as well: it is no more than twice as far from where a partner is expected.
    pub ambiguous: bool,
}

/// Distances from a line of the first list to its partner in the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The least distance.
    pub from: i64,
    /// The distance that is the likeliest.
    pub expected: i64,
    /// The greatest distance.
    pub to: i64,
}

impl Range {
    /// Distances up to one, before and after, the nearer to one expected the likelier.
    pub fn around(expected: i64, reach: i64) -> Self {
        Self { from: expected.min(0) - reach, expected, to: expected.max(0) + reach }
    }

    fn holds(self, distance: i64) -> bool {
        (self.from..=self.to).contains(&distance)
    }
}

/// Pairs of two lists of times that are in order. Partners are `range` apart, second less first, and fit.
pub fn pairs(one: &[i64], other: &[i64], range: Range, fits: impl Fn(usize, usize) -> bool) -> Vec<Match> {
    let mut lists = Lists { times: [one, other], free: [Free::new(one.len()), Free::new(other.len())], range, fits };
    let mut pairs = Vec::new();
    for nearest in [true, false] {
        let mut index = lists.free[0].from(0);
        while index < one.len() {
            let partner = if nearest { lists.mutual(index) } else { lists.first(index) };
            if let Some(partner) = partner {
                lists.free[0].take(index);
                lists.free[1].take(partner);
                let ambiguous = lists.has_rival(0, index, partner) || lists.has_rival(1, partner, index);
                pairs.push(Match { one: index, other: partner, ambiguous });
            }
            index = lists.free[0].from(index + 1);
        }
    }
    pairs
}

/// Two lists of times, and which of them have no partner yet.
struct Lists<'t, F> {
    times: [&'t [i64]; 2],
    free: [Free; 2],
    range: Range,
    fits: F,
}

impl<F: Fn(usize, usize) -> bool> Lists<'_, F> {
    /// The partner of a line of the first list that is nearest to it and has none nearer.
    fn mutual(&mut self, index: usize) -> Option<usize> {
        let partner = self.nearest(0, index)?;
        (self.nearest(1, partner)? == index).then_some(partner)
    }

    /// The earliest partner of a line of the first list.
    fn first(&mut self, index: usize) -> Option<usize> {
        let time = self.times[0][index];
        let mut partner = self.free[1].from(self.times[1].partition_point(|other| other - time < self.range.from));
        for _ in 0..LOOKED_AT {
            if self.times[1].get(partner)? - time > self.range.to {
                return None;
            }
            if (self.fits)(index, partner) {
                return Some(partner);
            }
            partner = self.free[1].from(partner + 1);
        }
        None
    }

    /// Of the lines without a partner that fit one, the one nearest to where it is expected, of equally near ones the first.
    fn nearest(&mut self, list: usize, index: usize) -> Option<usize> {
        let Range { from, expected, to } = self.range;
        let most = (to - expected).max(expected - from);
        let expected = self.expected(list, index);
        let mut best: Option<(i64, usize)> = None;
        let start = self.times[1 - list].partition_point(|time| *time < expected);
        let mut later = self.free[1 - list].from(start);
        for _ in 0..LOOKED_AT {
            let Some(apart) = self.times[1 - list].get(later).map(|time| time - expected).filter(|apart| *apart <= most) else {
                break;
            };
            if self.fit(list, index, later) {
                best = Some((apart, later));
                break;
            }
            later = self.free[1 - list].from(later + 1);
        }
        let mut before = self.free[1 - list].until(start);
        for _ in 0..LOOKED_AT {
            let Some(earlier) = before else { break };
            let apart = expected - self.times[1 - list][earlier];
            if apart > most || best.is_some_and(|(nearest, _)| apart > nearest) {
                break;
            }
            if self.fit(list, index, earlier) {
                // Of one time the first is taken.
                best = Some((apart, self.first_of_time(list, index, earlier)));
                break;
            }
            before = self.free[1 - list].until(earlier);
        }
        best.map(|(_, partner)| partner)
    }

    /// Where the partner of a line is expected.
    fn expected(&self, list: usize, index: usize) -> i64 {
        let Range { expected, .. } = self.range;
        self.times[list][index] + if list == 0 { expected } else { -expected }
    }

    /// Whether another line than its partner fits a line as well, also one that has a partner of its own.
    fn has_rival(&self, list: usize, index: usize, partner: usize) -> bool {
        let (times, expected) = (self.times[1 - list], self.expected(list, index));
        let most = 2 * (times[partner] - expected).abs();
        let first = times.partition_point(|time| *time < expected - most);
        let mut near = (first..times.len()).take(RIVALS).take_while(|other| times[*other] <= expected + most);
        near.any(|other| other != partner && self.fit(list, index, other))
    }

    /// The first line of the time of `found` that fits as `found` does.
    fn first_of_time(&mut self, list: usize, index: usize, found: usize) -> usize {
        let times = self.times[1 - list];
        let mut first = self.free[1 - list].from(times.partition_point(|time| *time < times[found]));
        for _ in 0..LOOKED_AT {
            if first >= found || self.fit(list, index, first) {
                break;
            }
            first = self.free[1 - list].from(first + 1);
        }
        first.min(found)
    }

    fn fit(&self, list: usize, index: usize, other: usize) -> bool {
        let (one, two) = if list == 0 { (index, other) } else { (other, index) };
        self.range.holds(self.times[1][two] - self.times[0][one]) && (self.fits)(one, two)
    }
}

/// Which lines of a list have no partner yet; finds the next one in almost constant time, however many have one.
struct Free {
    next: Vec<u32>,
    previous: Vec<u32>,
}

impl Free {
    fn new(count: usize) -> Self {
        let all: Vec<u32> = (0..=u32::try_from(count).unwrap_or(u32::MAX)).collect();
        Self { previous: all.clone(), next: all }
    }

    /// The first one from an index on; the number of all, if there is none.
    fn from(&mut self, index: usize) -> usize {
        root(&mut self.next, index.min(self.previous.len() - 1))
    }

    /// The last one before an index.
    fn until(&mut self, index: usize) -> Option<usize> {
        root(&mut self.previous, index).checked_sub(1)
    }

    fn take(&mut self, index: usize) {
        self.next[index] = u32::try_from(index + 1).unwrap_or(u32::MAX);
        self.previous[index + 1] = u32::try_from(index).unwrap_or(u32::MAX);
    }
}

/// The end of a chain of links; shortens the chain on the way.
fn root(links: &mut [u32], mut index: usize) -> usize {
    while links[index] as usize != index {
        links[index] = links[links[index] as usize];
        index = links[index] as usize;
    }
    index
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEAR: Range = Range { from: -3, expected: 0, to: 5 };

    fn all(_: usize, _: usize) -> bool {
        true
    }

    fn indices(pairs: &[Match]) -> Vec<(usize, usize)> {
        pairs.iter().map(|pair| (pair.one, pair.other)).collect()
    }

    #[test]
    fn the_nearest_to_each_other_are_pairs_and_the_rest_follows_in_sequence() {
        let mut found = indices(&pairs(&[0, 1000], &[30, 1030, 5000], Range { from: 0, expected: 30, to: 60 }, all));
        found.sort_unstable();
        assert_eq!(found, [(0, 0), (1, 1)]);
        // Of two as near, the one at the likelier distance.
        assert_eq!(indices(&pairs(&[1000], &[1000, 2000], Range { from: 0, expected: 900, to: 1000 }, all)), [(0, 1)]);
        // The first has lost its partner: the second keeps its own.
        assert_eq!(indices(&pairs(&[0, 900], &[1000], Range::around(0, 1500), all)), [(1, 0)]);
    }

    #[test]
    fn where_another_line_fits_as_well_the_pair_says_so() {
        let is_ambiguous = |one: &[i64], other: &[i64]| {
            pairs(one, other, Range::around(0, 1500), all).iter().map(|pair| pair.ambiguous).collect::<Vec<_>>()
        };
        assert_eq!(is_ambiguous(&[0, 1000], &[4, 1003]), [false, false]);
        assert_eq!(is_ambiguous(&[0], &[4, 7]), [true], "which of two");
        assert_eq!(is_ambiguous(&[0], &[4, 9]), [false], "one is much nearer");
        assert_eq!(is_ambiguous(&[0, 0], &[1, 1]), [true, true], "both, though each has got one");
    }

    #[test]
    fn a_million_alike_in_one_second_find_their_partners() {
        let times = vec![0; 1_000_000];
        assert_eq!(pairs(&times, &times, Range::around(0, 1000), all).len(), times.len());
    }

    proptest! {
        #[test]
        fn nobody_has_two_partners_and_nobody_misses_one_who_fits(
            mut one in prop::collection::vec(0_i64..50, 0..30),
            mut other in prop::collection::vec(0_i64..50, 0..30),
            modulus in 1_usize..3,
        ) {
            one.sort_unstable();
            other.sort_unstable();
            let fits = |a: usize, b: usize| (a + b).is_multiple_of(modulus);
            let found = pairs(&one, &other, NEAR, fits);
            let mut taken = [vec![false; one.len()], vec![false; other.len()]];
            for (a, b) in indices(&found) {
                prop_assert!(NEAR.holds(other[b] - one[a]) && fits(a, b));
                prop_assert!(!taken[0][a] && !taken[1][b]);
                (taken[0][a], taken[1][b]) = (true, true);
            }
            for (a, time) in one.iter().enumerate().filter(|(a, _)| !taken[0][*a]) {
                let alone = other.iter().enumerate().any(|(b, late)| !taken[1][b] && NEAR.holds(late - time) && fits(a, b));
                prop_assert!(!alone, "{a} could have a partner");
            }
        }
    }
}
