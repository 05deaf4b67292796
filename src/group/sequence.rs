//! Joins lines of one request that one source writes one after another: a reason and then its access line, or the other
//! way round, or two lines that always come together.
//!
//! Which comes first, and how many others may stand between them, is learned from the source's own lines.

use chrono::TimeDelta;

use crate::group::fragment::{FragmentId, Fragments, Kind};
use crate::group::inferred::Link;
use crate::group::one_to_one::{self, Range};
use crate::group::outage::is_error;
use crate::group::source::SourceId;
use crate::group::window::{Window, densest};
use crate::hash::HashMap;
use crate::model::event::{EventKind, StreamId};
use crate::model::words::How;

/// How far apart in time lines may be that follow each other.
const WITHIN: TimeDelta = TimeDelta::milliseconds(1500);
/// How many lines away a partner may be.
const REACH: i64 = 12;
/// The widths of windows that are tried, in lines.
const WIDTHS: [i64; 4] = [0, 1, 3, 7];
/// The same for lines that always come together.
const TOGETHER: [i64; 2] = [0, 1];
/// At least this share of the lines of the rarer kind must have a partner.
const SHARE: f64 = 0.6;
/// Fewer partners than this prove nothing of two kinds that both tell a reason.
const ENOUGH: f64 = 4.0;
/// Of the ways to count how far lines are apart the second is taken if it explains so much of what the first does.
const NEARLY: f64 = 0.9;

/// How far lines are apart: in refusals of their source, or in lines of their log.
#[derive(Debug, Clone, Copy)]
enum Measure {
    Refusals,
    Lines,
}

/// Where partners are expected.
#[derive(Debug, Clone, Copy)]
struct Rule {
    measure: Measure,
    window: Window,
}

/// A fragment as it stands among those of its source.
#[derive(Debug, Clone, Copy)]
struct Entry {
    stream: StreamId,
    /// Its index among the fragments of the stream and source, and the number of its line.
    at: [i64; 2],
    /// The first of its lines that the source wrote.
    line: usize,
    fragment: FragmentId,
    /// The kind of its first line of the source.
    kind: Kind,
    /// Whether the source tells of it as access logs do.
    access: bool,
}

/// Joins what each source writes in sequence.
pub fn join(fragments: &mut Fragments<'_>) {
    for reasons in [true, false] {
        for entries in by_source(fragments) {
            if reasons { join_reasons(fragments, &entries) } else { join_access(fragments, &entries) }
        }
    }
}

/// Joins lines of different kinds that tell a reason and always come together.
fn join_reasons(fragments: &mut Fragments<'_>, entries: &[Entry]) {
    let mut distances: HashMap<(Kind, Kind), [Vec<i64>; 2]> = HashMap::default();
    let mut counts: HashMap<Kind, usize> = HashMap::default();
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.access) {
        *counts.entry(entry.kind).or_default() += 1;
        for next in ahead(entries, index).filter(|next| !next.access && next.kind != entry.kind) {
            if are_near(fragments, entry, next) {
                let (first, second) = if entry.kind < next.kind { (entry, next) } else { (next, entry) };
                note(distances.entry((first.kind, second.kind)).or_default(), first, second);
            }
        }
    }
    let mut rules: Vec<((Kind, Kind), Rule)> = Vec::new();
    #[expect(clippy::iter_over_hash_type, reason = "they are sorted below")]
    for (pair, distances) in distances {
        let least = size(counts[&pair.0].min(counts[&pair.1]));
        rules.extend(rule(distances, &TOGETHER, ENOUGH.max(SHARE * least)).map(|rule| (pair, rule)));
    }
    rules.sort_by(|(pair, rule), (other, next)| next.window.excess.total_cmp(&rule.window.excess).then(pair.cmp(other)));
    for ((one, other), rule) in rules {
        let of = |kind: Kind| -> Vec<Entry> {
            entries.iter().filter(move |entry| !entry.access && entry.kind == kind).copied().collect()
        };
        join_lists(fragments, &of(one), &of(other), rule);
    }
}

/// Joins lines that tell a reason to lines that tell of the request.
fn join_access(fragments: &mut Fragments<'_>, entries: &[Entry]) {
    let reasons: Vec<Entry> = entries.iter().filter(|entry| !entry.access).copied().collect();
    let access: Vec<Entry> = entries.iter().filter(|entry| entry.access).copied().collect();
    let mut distances = <[Vec<i64>; 2]>::default();
    for (index, entry) in entries.iter().enumerate() {
        for next in ahead(entries, index).filter(|next| next.access != entry.access && are_near(fragments, entry, next)) {
            let (reason, access) = if next.access { (entry, next) } else { (next, entry) };
            note(&mut distances, reason, access);
        }
    }
    if let Some(rule) = rule(distances, &WIDTHS, SHARE * size(reasons.len().min(access.len()))) {
        join_lists(fragments, &reasons, &access, rule);
    }
}

/// Notes how far two entries are apart, by each measure.
fn note(distances: &mut [Vec<i64>; 2], one: &Entry, other: &Entry) {
    for (distances, (from, to)) in distances.iter_mut().zip(one.at.iter().zip(other.at)) {
        let distance = to - from;
        // Further apart than any window is chance, and would make what is near look rarer than it is.
        if distance.abs() <= REACH {
            distances.push(distance);
        }
    }
}

/// Where the partners of lines are, if at least so many have one.
fn rule([mut refusals, mut lines]: [Vec<i64>; 2], widths: &[i64], least: f64) -> Option<Rule> {
    let by = |measure, distances: &mut Vec<i64>| {
        let window = densest(distances, REACH, widths)?;
        Some(Rule { measure, window }).filter(|rule| rule.window.excess >= least)
    };
    let (by_refusals, by_lines) = (by(Measure::Refusals, &mut refusals), by(Measure::Lines, &mut lines));
    match (by_refusals, by_lines) {
        (Some(one), Some(other)) if other.window.excess < NEARLY * one.window.excess => Some(one),
        (one, other) => other.or(one),
    }
}

/// Joins entries of two lists that are as far apart as a rule says.
fn join_lists(fragments: &mut Fragments<'_>, one: &[Entry], other: &[Entry], rule: Rule) {
    // Streams are so far apart that no window reaches from one into the next.
    let apart = i64::from(u32::MAX);
    let at = |entry: &Entry| i64::from(entry.stream.0) * apart + entry.at[rule.measure as usize];
    let places = [one, other].map(|list| list.iter().map(at).collect::<Vec<i64>>());
    let Window { from, to, expected, .. } = rule.window;
    let range = Range { from, expected, to };
    let found = one_to_one::pairs(&places[0], &places[1], range, |a, b| are_near(fragments, &one[a], &other[b]));
    for pair in found {
        let (one, other) = (one[pair.one], other[pair.other]);
        // Refusals that stand between them could be of the same request as well.
        let ambiguous = pair.ambiguous || one.at[0].abs_diff(other.at[0]) > 1;
        let (a, b) = (fragments.leader(one.fragment), fragments.leader(other.fragment));
        if a != b && fragments.agree(a, b) {
            fragments.join(a, b, Link { lines: [one.line, other.line], how: How::Sequence, ambiguous });
        }
    }
}

/// The entries of the same stream that follow one within reach.
fn ahead(entries: &[Entry], index: usize) -> impl Iterator<Item = &Entry> {
    let entry = entries[index];
    let within = move |next: &&Entry| next.stream == entry.stream && next.at[0] - entry.at[0] <= REACH;
    entries[index + 1..].iter().take_while(within)
}

fn are_near(fragments: &Fragments<'_>, one: &Entry, other: &Entry) -> bool {
    let time = |entry: &Entry| fragments.lines(entry.fragment).iter().find_map(|line| fragments.events[*line].time);
    let near = time(one).zip(time(other)).is_none_or(|(a, b)| (a - b).abs() <= WITHIN);
    near && one.fragment != other.fragment && fragments.agree(one.fragment, other.fragment)
}

#[expect(clippy::cast_precision_loss, reason = "counts of lines")]
fn size(count: usize) -> f64 {
    count as f64
}

/// For each source its fragments, in the order of their lines.
fn by_source(fragments: &Fragments<'_>) -> Vec<Vec<Entry>> {
    let mut lines: Vec<(SourceId, usize, FragmentId)> = Vec::new();
    for fragment in fragments.whole() {
        let mut sources: Vec<(SourceId, usize)> =
            fragments.lines(fragment).iter().map(|line| (fragments.sources.source(*line), *line)).collect();
        sources.sort_unstable();
        sources.dedup_by_key(|(source, _)| *source);
        lines.extend(sources.into_iter().map(|(source, line)| (source, line, fragment)));
    }
    lines.sort_unstable();
    let lists = lines.chunk_by(|a, b| a.0 == b.0).map(|lines| {
        let streams = lines.chunk_by(|a, b| fragments.events[a.1].place.stream == fragments.events[b.1].place.stream);
        streams.flat_map(|lines| (0..).zip(lines).map(|(rank, line)| entry(fragments, rank, line))).flatten().collect()
    });
    lists.collect()
}

fn entry(fragments: &Fragments<'_>, rank: i64, (source, line, fragment): &(SourceId, usize, FragmentId)) -> Option<Entry> {
    let event = &fragments.events[*line];
    let own = |line: &&usize| fragments.sources.source(**line) == *source;
    let lines = || fragments.lines(*fragment).iter().filter(own);
    let access = lines().any(|line| fragments.kind(*line).access);
    let mut events = lines().map(|line| &fragments.events[*line]);
    let refused = events.any(|event| {
        event.kind == EventKind::AuthFailure
            || is_error(event)
            || event.is_doubtful()
            || event.status.is_some_and(|status| status >= 400)
    });
    let at = [rank, i64::try_from(event.place.line).unwrap_or(i64::MAX)];
    refused.then_some(Entry {
        stream: event.place.stream,
        at,
        line: *line,
        fragment: *fragment,
        kind: fragments.kind(*line),
        access,
    })
}
