//! Joins lines of one request by what they share, whoever wrote them: client and path, a subject, a path or a client alone.
//!
//! Lines that share it are held against each other source by source. How far the lines of two sources are apart is
//! learned from all of them; then each line gets at most one of the other source, the nearest to where it is expected.

use std::cmp::Ordering;
use std::num::NonZeroU32;

use crate::group::fragment::{FragmentId, Fragments, TOLERANCE, can_be_joined};
use crate::group::inferred::Link;
use crate::group::one_to_one::{self, Match, Range};
use crate::group::path_end::PathEnd;
use crate::group::source::SourceId;
use crate::group::window::densest;
use crate::hash::HashMap;
use crate::model::event::EventKind;
use crate::model::name::Name;
use crate::model::words::How;
use crate::parallel;

/// What lines must share to be held against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// The client and the end of the path.
    ClientAndPath,
    /// The end of the path.
    Path,
    /// The client.
    Client,
    /// The subject.
    Subject,
}

impl Shared {
    fn how(self) -> How {
        match self {
            Self::ClientAndPath => How::ClientAndPath,
            Self::Path => How::Path,
            Self::Client => How::Client,
            Self::Subject => How::Subject,
        }
    }
}

/// How far apart lines of two sources may be, in milliseconds.
const REACH: i64 = TOLERANCE.num_milliseconds();
/// The widths of windows that are tried, in milliseconds.
const WIDTHS: [i64; 7] = [2, 10, 50, 200, 500, 1000, 2000];
/// How much further than learned a partner may be, in milliseconds, and as a part of the window.
const SLACK: i64 = 10;
const SLACK_PART: i64 = 4;
/// How many lines of a source are asked for their distances to those of another.
const ASKED: usize = 2000;
/// How many lines on each side are looked at for that.
const LOOKED_AT: usize = 4;
/// From so many lines on it is asked whether those of two sources lie at one distance.
const ENOUGH: usize = 8;
/// How many of them must, where it is not known yet that two sources tell of the same requests.
const CONCENTRATED: f64 = 0.4;
/// Of more sources than this the lines that share something are not held against each other.
const MOST_SOURCES: usize = 24;

/// How many fragments a thread goes through at once: small parts are given back one by one as they are put together.
const AT_ONCE: usize = 4096;

/// A fragment as one of its sources tells of it.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: u32,
    source: SourceId,
    time: i64,
    /// The first of its lines that the source wrote.
    line: u32,
    fragment: FragmentId,
    /// How long its request took, by the longest of its lines, in milliseconds.
    took: u32,
    /// Whether the source tells of it as an access log does.
    access: bool,
}

/// Two sources.
type Pair = (SourceId, SourceId);

/// What is known of the lines of two sources.
#[derive(Debug, Default)]
struct Distances {
    asked: usize,
    /// How many of those asked have a line of the other source near.
    answered: usize,
    all: Vec<i64>,
}

/// How lines of two sources are joined.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// How sure it is: the share of lines with a partner.
    share: f64,
    /// Where partners are expected.
    learned: Option<Range>,
}

impl Rule {
    /// How far apart lines may be at most.
    fn reach(self, one: &[Entry], other: &[Entry]) -> i64 {
        let learned = self.learned.map_or(0, |range| range.from.abs().max(range.to.abs()));
        learned + unlearned_reach(one, other)
    }

    /// Sources whose lines lie at one distance come before others.
    fn surer_than(self, other: Self) -> Ordering {
        let width = |rule: Self| rule.learned.map_or(i64::MAX, |range| range.to - range.from);
        width(self).cmp(&width(other)).then(other.share.total_cmp(&self.share))
    }
}

/// Joins fragments that share something.
pub fn join(fragments: &mut Fragments<'_>, shared: Shared) {
    let entries = entries(fragments, shared);
    let rules = rules(fragments, &entries, shared);
    for bucket in shared_by_several(&entries) {
        let mut pairs = source_pairs(bucket, shared);
        pairs.retain(|(pair, one, other)| rules.get(pair).is_some_and(|rule| can_meet(one, other, rule.reach(one, other))));
        pairs.sort_by(|(one, ..), (other, ..)| rules[one].surer_than(rules[other]).then(one.cmp(other)));
        for (pair, one, other) in pairs {
            join_two(fragments, rules[&pair], one, other, shared.how());
        }
    }
}

/// The entries of each key that is of more than one fragment.
fn shared_by_several(entries: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    let buckets = entries.chunk_by(|a, b| a.key == b.key);
    buckets.filter(|bucket| bucket.iter().any(|entry| entry.fragment != bucket[0].fragment))
}

/// Joins fragments of two sources that share something.
fn join_two(fragments: &mut Fragments<'_>, rule: Rule, one: &[Entry], other: &[Entry], how: How) {
    let same_source = one[0].source == other[0].source;
    let far = unlearned_reach(one, other);
    let expected = rule.learned.map_or(0, |range| range.expected);
    let wider = [REACH, far].map(|reach| Range::around(expected, reach));
    for range in rule.learned.into_iter().chain(wider) {
        let mut lists = [one, other].map(|entries| open(fragments, entries));
        if same_source {
            lists[0].retain(|entry| !entry.access);
            lists[1].retain(|entry| entry.access);
        }
        let times = [0, 1].map(|list: usize| lists[list].iter().map(|entry| entry.time).collect::<Vec<i64>>());
        let found = one_to_one::pairs(&times[0], &times[1], range, |a, b| {
            let (a, b) = (lists[0][a].fragment, lists[1][b].fragment);
            a != b && fragments.agree(a, b)
        });
        for Match { one, other, ambiguous } in found {
            let (one, other) = (lists[0][one], lists[1][other]);
            let (a, b) = (fragments.leader(one.fragment), fragments.leader(other.fragment));
            if a != b && fragments.agree(a, b) {
                fragments.join(a, b, Link { lines: [one.line as usize, other.line as usize], how, ambiguous });
            }
        }
        if range == wider[1] {
            break;
        }
    }
}

/// The entries with the fragments that they are part of by now, each fragment once.
fn open(fragments: &mut Fragments<'_>, entries: &[Entry]) -> Vec<Entry> {
    entries.iter().map(|entry| Entry { fragment: fragments.leader(entry.fragment), ..*entry }).collect()
}

/// How far apart lines of two lists may be where no distance is learned: also as long as the longest of their requests took.
fn unlearned_reach(one: &[Entry], other: &[Entry]) -> i64 {
    let longest = one.iter().chain(other).map(|entry| entry.took).max().unwrap_or_default();
    REACH + i64::from(longest)
}

/// Whether lines of two lists, each in the order of time, are near each other and not of one fragment.
fn can_meet(one: &[Entry], other: &[Entry], reach: i64) -> bool {
    let mut from = 0;
    one.iter().any(|entry| {
        from += other[from..].iter().take_while(|next| next.time < entry.time - reach).count();
        let mut near = other[from..].iter().take_while(|next| next.time <= entry.time + reach);
        near.any(|next| next.fragment != entry.fragment)
    })
}

/// What is learned of each two sources whose lines share something; those not joined by it are left out.
fn rules(fragments: &Fragments<'_>, entries: &[Entry], shared: Shared) -> HashMap<Pair, Rule> {
    let mut counts: HashMap<SourceId, usize> = HashMap::default();
    for entry in entries {
        *counts.entry(entry.source).or_default() += 1;
    }
    let mut known: HashMap<Pair, Distances> = HashMap::default();
    for bucket in shared_by_several(entries) {
        for (pair, one, other) in source_pairs(bucket, shared) {
            let distances = known.entry(pair).or_default();
            if !can_meet(one, other, REACH) {
                distances.asked = ASKED.min(distances.asked + one.len());
                continue;
            }
            measure(fragments, distances, one, other, pair.0 == pair.1);
        }
    }
    let rule = |(pair, mut distances): (Pair, Distances)| {
        let least = counts[&pair.0].min(counts[&pair.1]);
        rule(fragments, pair, &mut distances, least).map(|rule| (pair, rule))
    };
    known.into_iter().filter_map(rule).collect()
}

/// Adds the distances of lines of one source to those of another that share something with them.
fn measure(fragments: &Fragments<'_>, distances: &mut Distances, one: &[Entry], other: &[Entry], same_source: bool) {
    for entry in one.iter().filter(|entry| !same_source || !entry.access) {
        if distances.asked == ASKED {
            return;
        }
        distances.asked += 1;
        let here = other.partition_point(|next| next.time < entry.time);
        let near = here.saturating_sub(LOOKED_AT)..(here + LOOKED_AT).min(other.len());
        let fit = |next: &&Entry| {
            let fits = next.fragment != entry.fragment && (!same_source || next.access);
            fits && (next.time - entry.time).abs() <= REACH && fragments.agree(entry.fragment, next.fragment)
        };
        let before = distances.all.len();
        distances.all.extend(other[near].iter().filter(fit).map(|next| next.time - entry.time));
        distances.answered += usize::from(distances.all.len() > before);
    }
}

/// What follows from the distances of two sources' lines; `least` is how many lines the source with fewer has.
#[expect(clippy::cast_precision_loss, reason = "shares of counts")]
fn rule(fragments: &Fragments<'_>, pair: Pair, distances: &mut Distances, least: usize) -> Option<Rule> {
    let answered = distances.answered as f64;
    let share = answered / least.clamp(1, ASKED) as f64;
    let window = densest(&mut distances.all, REACH, &WIDTHS);
    let is_concentrated = window.is_some_and(|window| window.excess >= CONCENTRATED * answered);
    let enough = distances.answered >= ENOUGH;
    let of_one_log = pair.0 != pair.1 && fragments.sources.log(pair.0) == fragments.sources.log(pair.1);
    // Several programs that write one log are known by their lines coming together; one program by nothing else.
    let stands = if of_one_log { enough && is_concentrated && share > 0.5 } else { !enough || is_concentrated };
    let learned = window.filter(|_| enough).map(|window| {
        let slack = SLACK.max((window.to - window.from) / SLACK_PART);
        Range { from: window.from - slack, expected: window.expected, to: window.to + slack }
    });
    stands.then_some(Rule { share, learned })
}

/// Each two sources that have entries in a bucket, with these entries, in the order of time.
fn source_pairs(bucket: &[Entry], shared: Shared) -> Vec<(Pair, &[Entry], &[Entry])> {
    let mut pairs = Vec::new();
    let sources: Vec<&[Entry]> = bucket.chunk_by(|a, b| a.source == b.source).take(MOST_SOURCES).collect();
    for (index, one) in sources.iter().enumerate() {
        if shared == Shared::ClientAndPath {
            pairs.push(((one[0].source, one[0].source), *one, *one));
        }
        for other in &sources[index + 1..] {
            pairs.push(((one[0].source, other[0].source), *one, *other));
        }
    }
    pairs
}

/// What fragments share, as far as they know it.
type Key = (Option<Name>, Option<PathEnd>);

/// Each fragment as each of its sources tells of it, by what is shared, source and time.
fn entries(fragments: &Fragments<'_>, shared: Shared) -> Vec<Entry> {
    let whole: Vec<FragmentId> = fragments.whole().collect();
    let parts = parallel::map_each(whole.chunks(AT_ONCE).collect(), |part: &[FragmentId]| {
        let mut entries = Vec::new();
        for fragment in part {
            push_entries(fragments, *fragment, shared, &mut entries);
        }
        entries.shrink_to_fit();
        entries
    });
    let mut keys: HashMap<Key, u32> = HashMap::default();
    let number = |(key, entry): (Key, Entry)| {
        let next = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        Entry { key: *keys.entry(key).or_insert(next), ..entry }
    };
    let mut entries: Vec<Entry> = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    entries.extend(parts.into_iter().flatten().map(number));
    parallel::sort_by_key(&mut entries, |entry| (entry.key, entry.source, entry.time, entry.line));
    entries
}

/// Adds a fragment as each of its sources tells of it, with what is shared; keys have no numbers yet.
fn push_entries(fragments: &Fragments<'_>, fragment: FragmentId, shared: Shared, entries: &mut Vec<(Key, Entry)>) {
    let lines = fragments.lines(fragment);
    if !can_fail(fragments, lines) {
        return;
    }
    let mut sources: Vec<(SourceId, usize)> = lines.iter().map(|line| (fragments.sources.source(*line), *line)).collect();
    sources.sort_unstable();
    sources.dedup_by_key(|(source, _)| *source);
    for (source, line) in sources {
        if let (Some(key), Some(time)) = (key(fragments, lines, source, shared), time(fragments, lines, source)) {
            let (took, access) = (took(fragments, lines), is_access(fragments, lines, source));
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            entries.push((key, Entry { key: 0, source, time, line, fragment, took, access }));
        }
    }
}

/// Whether lines can be of a refused request, and be joined to others.
fn can_fail(fragments: &Fragments<'_>, lines: &[usize]) -> bool {
    let events = || lines.iter().map(|line| &fragments.events[*line]);
    let refused = || events().any(|event| event.kind == EventKind::AuthFailure);
    events().any(can_be_joined) && (refused() || !events().any(|event| event.status.is_some_and(|status| status < 400)))
}

fn of<'f, T>(fragments: &'f Fragments<'_>, lines: &'f [usize], source: SourceId, get: impl Fn(usize) -> Option<T>) -> Option<T> {
    let own = lines.iter().filter(|line| fragments.sources.source(**line) == source).find_map(|line| get(*line));
    own.or_else(|| lines.iter().find_map(|line| get(*line)))
}

fn time(fragments: &Fragments<'_>, lines: &[usize], source: SourceId) -> Option<i64> {
    of(fragments, lines, source, |line| fragments.events[line].time).map(|time| time.timestamp_millis())
}

fn took(fragments: &Fragments<'_>, lines: &[usize]) -> u32 {
    let took = lines.iter().filter_map(|line| fragments.events[*line].duration_ms).max();
    took.map_or(0, NonZeroU32::get)
}

fn is_access(fragments: &Fragments<'_>, lines: &[usize], source: SourceId) -> bool {
    let own = |line: &&usize| fragments.sources.source(**line) == source;
    lines.iter().filter(own).any(|line| fragments.kind(*line).access)
}

/// What a fragment shares with others, or `None` where it does not know it.
fn key(fragments: &Fragments<'_>, lines: &[usize], source: SourceId, shared: Shared) -> Option<Key> {
    let client = || of(fragments, lines, source, |line| fragments.events[line].client_ip);
    let path = || of(fragments, lines, source, |line| PathEnd::of_event(&fragments.events[line]));
    let sub = || of(fragments, lines, source, |line| fragments.events[line].sub);
    match shared {
        Shared::ClientAndPath => Some((Some(client()?), Some(path()?))),
        Shared::Path => Some((None, Some(path()?))),
        Shared::Client => Some((Some(client()?), None)),
        Shared::Subject => Some((Some(sub()?), None)),
    }
}
