//! Lines known to be of one request, before it is known which of them are of the same one.
//!
//! Fragments grow by being joined. Two of them can be of one request unless a line of one contradicts a line of the other.

use std::hash::BuildHasher;

use chrono::TimeDelta;
use rustc_hash::FxBuildHasher;

use crate::extract::fold::differ;
use crate::group::client_address::{is_local, is_private};
use crate::group::inferred::Link;
use crate::group::outage::{is_error, is_failed_answer, is_loose};
use crate::group::source::{SourceId, Sources};
use crate::group::subject_shape::shape;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, Reason, SignatureId};
use crate::model::id::Id;
use crate::model::name::Name;

/// How far apart two lines of one request may be when nothing but their content joins them, besides what it took.
pub const TOLERANCE: TimeDelta = TimeDelta::milliseconds(2500);
/// How many lines of a fragment are compared with those of another.
const COMPARED: usize = 8;

/// The index of a fragment.
pub type FragmentId = u32;

/// What a line of a source is: a request has one of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// It tells of the request as access logs do.
    pub access: bool,
    /// What it says: the number of a signature or of a wording among those of the run.
    says: u32,
}

/// What tells two kinds of lines from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Says {
    Signature(SignatureId),
    Wording(u32),
}

/// The kinds of some lines, by the indices of their events.
fn kinds<'m>(events: &[Event], lines: impl Iterator<Item = &'m usize>) -> Vec<Kind> {
    let mut known: HashMap<Says, u32> = HashMap::default();
    let mut kinds = vec![Kind::default(); events.len()];
    for line in lines {
        let event = &events[*line];
        let access = event.method.is_some() && event.status.is_some();
        let says = match event.signature {
            Some(signature) => Says::Signature(signature),
            None if access => Says::Wording(0),
            None => Says::Wording(event.quote.map_or(0, |quote| quote.with(wording))),
        };
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        kinds[*line] = Kind { access, says: *known.entry(says).or_insert(next) };
    }
    kinds
}

/// How many words of a text show its wording.
const WORDS: usize = 8;

/// A hash of the first words of a text that are no values.
fn wording(text: &str) -> u32 {
    let is_word = |word: &&str| word.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'\'' | b':' | b',' | b'.'));
    let words: Vec<&str> = text.split_ascii_whitespace().filter(is_word).take(WORDS).collect();
    let hash = FxBuildHasher.hash_one(words).to_le_bytes();
    hash.first_chunk().copied().map_or(0, u32::from_le_bytes)
}

/// The lines of one request.
#[derive(Debug)]
pub struct Group {
    /// The lines, as indices of events.
    pub lines: Vec<usize>,
    /// Those of them that were joined without an id.
    pub links: Box<[Link]>,
}

/// All fragments of a run.
#[derive(Debug)]
pub struct Fragments<'e> {
    /// The run's events.
    pub events: &'e [Event],
    /// Who wrote them.
    pub sources: &'e Sources,
    /// For each fragment the one it was joined to, or itself.
    leaders: Vec<FragmentId>,
    /// The lines of each fragment that was not joined to another, as indices of events.
    members: Vec<Vec<usize>>,
    /// What joined fragments, each with one of the two.
    links: Vec<(FragmentId, Link)>,
    /// For each event of a fragment the kind of its line.
    kinds: Vec<Kind>,
    /// Sources whose lines name the same client by the same address.
    same_clients: HashSet<(SourceId, SourceId)>,
}

impl<'e> Fragments<'e> {
    /// Fragments of groups of events.
    pub fn of(events: &'e [Event], sources: &'e Sources, members: Vec<Vec<usize>>) -> Self {
        let leaders = (0..members.len()).map(|index| u32::try_from(index).unwrap_or(u32::MAX)).collect();
        let same_clients = same_clients(events, sources, &members);
        let kinds = kinds(events, members.iter().flatten());
        Self { events, sources, leaders, members, links: Vec::new(), kinds, same_clients }
    }

    /// The fragments that were not joined to others.
    pub fn into_groups(mut self) -> Vec<Group> {
        let mut links = std::mem::take(&mut self.links);
        for (fragment, _) in &mut links {
            *fragment = self.leader(*fragment);
        }
        links.sort_by_key(|(fragment, _)| *fragment);
        let mut links = links.into_iter().peekable();
        let group = |(fragment, lines): (FragmentId, Vec<usize>)| {
            let own = std::iter::from_fn(|| links.next_if(|(of, _)| *of == fragment));
            Group { lines, links: own.map(|(_, link)| link).collect() }
        };
        (0..).zip(self.members).filter(|(_, lines)| !lines.is_empty()).map(group).collect()
    }

    /// The fragment that one is part of.
    pub fn leader(&mut self, mut fragment: FragmentId) -> FragmentId {
        while self.leaders[fragment as usize] != fragment {
            let next = self.leaders[fragment as usize];
            self.leaders[fragment as usize] = self.leaders[next as usize];
            fragment = next;
        }
        fragment
    }

    /// The fragments that are not part of others.
    pub fn whole(&self) -> impl Iterator<Item = FragmentId> {
        let all = (0..).zip(&self.members);
        all.filter(|(_, members)| !members.is_empty()).map(|(fragment, _)| fragment)
    }

    /// The events of a fragment that is not part of another.
    pub fn lines(&self, fragment: FragmentId) -> &[usize] {
        &self.members[fragment as usize]
    }

    /// The kind of the line of an event.
    pub fn kind(&self, line: usize) -> Kind {
        self.kinds[line]
    }

    /// Makes one fragment of two that are not part of others, for what two of their lines have in common.
    pub fn join(&mut self, one: FragmentId, other: FragmentId, link: Link) {
        self.links.push((one, link));
        let (first, second) = (one.min(other), one.max(other));
        let members = std::mem::take(&mut self.members[second as usize]);
        self.members[first as usize].extend(members);
        self.leaders[second as usize] = first;
    }

    /// Whether two fragments can be of one request.
    pub fn agree(&self, one: FragmentId, other: FragmentId) -> bool {
        let lines = |fragment| self.lines(fragment).iter().take(COMPARED);
        lines(one).all(|line| lines(other).all(|next| !self.contradict(*line, *next)))
    }

    /// Whether two sources name the same client by the same address.
    pub fn know_same_clients(&self, one: SourceId, other: SourceId) -> bool {
        one == other || self.same_clients.contains(&(one.min(other), one.max(other)))
    }

    /// Whether two lines cannot be of one request.
    fn contradict(&self, one: usize, other: usize) -> bool {
        let (a, b) = (&self.events[one], &self.events[other]);
        let (source, next) = (self.sources.source(one), self.sources.source(other));
        cannot_end(a, b)
            || cannot_end(b, a)
            || (if source == next { are_of_two(self.kind(one), self.kind(other)) } else { give_two_reasons(a, b) })
            || differ(a.request_id.map(Id::folded), b.request_id.map(Id::folded))
            || differ(a.trace_id.map(Id::folded), b.trace_id.map(Id::folded))
            || differ(a.method, b.method)
            || differ(a.status, b.status)
            || differ(a.kid, b.kid)
            || differ(a.user_agent, b.user_agent)
            || a.path.zip(b.path).is_some_and(|(path, other)| !end_alike(path, other))
            || a.sub.zip(b.sub).is_some_and(|(sub, other)| sub != other && (source == next || shape(sub) == shape(other)))
            || a.client_ip.zip(b.client_ip).is_some_and(|(client, peer)| {
                client != peer && (self.know_same_clients(source, next) || are_two_clients(client, peer))
            })
            || are_apart(a, b)
    }
}

/// Whether an error cannot be why a request was answered as another line says.
fn cannot_end(error: &Event, answer: &Event) -> bool {
    is_error(error) && is_loose(error) && answer.status.is_some() && !is_failed_answer(answer)
}

/// Whether two lines of one source are of two requests: a request has one line of each kind.
fn are_of_two(one: Kind, other: Kind) -> bool {
    one.access && other.access || one == other
}

/// Whether two lines give reasons of which not both can be why one request was refused.
fn give_two_reasons(a: &Event, b: &Event) -> bool {
    // What was read from words that no entry lists may be another way to put the same.
    let clear = |event: &Event| {
        let is_vague = |reason: &Reason| matches!(reason, Reason::Other | Reason::ClaimInvalid | Reason::TokenMissing);
        event.reason.filter(|reason| !event.by_phrase && !is_vague(reason))
    };
    differ(clear(a), clear(b))
}

fn are_apart(a: &Event, b: &Event) -> bool {
    let took = a.duration_ms.max(b.duration_ms).map_or(0, |took| i64::from(took.get()));
    a.time.zip(b.time).is_some_and(|(one, other)| (one - other).abs() > TOLERANCE + TimeDelta::milliseconds(took))
}

/// Whether two paths can be one: gateways strip beginnings, never ends.
fn end_alike(path: Name, other: Name) -> bool {
    path == other
        || path.with(|path| {
            other.with(|other| {
                let (path, other) = (path.trim_end_matches('/'), other.trim_end_matches('/'));
                path.ends_with(other) || other.ends_with(path)
            })
        })
}

/// Whether two addresses are those of two clients: not where one of them is a proxy's.
fn are_two_clients(one: Name, other: Name) -> bool {
    one != other && !is_local(one) && !is_local(other) && is_private(one) == is_private(other)
}

/// How many sources of one address are held against each other.
const MOST_SOURCES: usize = 16;
/// How many addresses two sources must share to be sure that they mean clients by them.
const SHARED: usize = 2;

/// Sources that name the same clients by the same addresses: at least half of the addresses that the one of them with
/// fewer knows, the other knows too.
fn same_clients(events: &[Event], sources: &Sources, members: &[Vec<usize>]) -> HashSet<(SourceId, SourceId)> {
    let mut clients: HashMap<Name, Vec<SourceId>> = HashMap::default();
    for index in members.iter().flatten() {
        if let Some(client) = events[*index].client_ip {
            let (known, source) = (clients.entry(client).or_default(), sources.source(*index));
            if known.len() < MOST_SOURCES && !known.contains(&source) {
                known.push(source);
            }
        }
    }
    let mut counts: HashMap<SourceId, usize> = HashMap::default();
    let mut shared: HashMap<(SourceId, SourceId), usize> = HashMap::default();
    #[expect(clippy::iter_over_hash_type, reason = "counts are sums")]
    for known in clients.values() {
        for (index, one) in known.iter().enumerate() {
            *counts.entry(*one).or_default() += 1;
            for other in &known[..index] {
                *shared.entry((*one.min(other), *one.max(other))).or_default() += 1;
            }
        }
    }
    let count = |source: &SourceId| counts.get(source).copied().unwrap_or_default();
    let is_same = |(one, other): &(SourceId, SourceId), both: usize| both >= SHARED && 2 * both >= count(one).min(count(other));
    shared.into_iter().filter(|(pair, both)| is_same(pair, *both)).map(|(pair, _)| pair).collect()
}

/// Whether a line can be joined to others by its content.
pub fn can_be_joined(event: &Event) -> bool {
    matches!(event.kind, EventKind::AuthFailure | EventKind::Unrelated | EventKind::Request)
}
