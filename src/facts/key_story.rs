//! The life of each key, from every place that shows one: announced, signing, verified, followed by another, refused by all.
//!
//! Where no line tells of rotations, a key begins with its first sign of life, and ends when verifiers refuse it for good
//! while a younger one is at work. A key that never verified anything and that nobody announced has no life here: it is of
//! another environment, or made up.

use chrono::{DateTime, TimeDelta, Utc};

use crate::facts::key::Key;
use crate::facts::lifecycle::LifecycleEvents;
use crate::facts::times::Span;
use crate::facts::verifier::KnownVerifiers;
use crate::hash::{HashMap, HashSet};
use crate::model::name::Name;

/// Verifiers learn of the end of a key no further apart than this.
const CACHES: TimeDelta = TimeDelta::minutes(10);
/// What seems to come this much before its cause may still follow it: stamps are cut, clocks differ.
const TOLERANCE: TimeDelta = TimeDelta::seconds(2);

/// The life of a key.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyStory {
    /// The key.
    pub kid: Name,
    /// When it became the signing key, or else its first sign of life.
    pub born: DateTime<Utc>,
    /// When it was retired, or verifiers began to refuse it for good.
    pub gone: Option<DateTime<Utc>>,
    /// Whether a line tells of the end.
    pub is_told: bool,
    /// When its signatures held.
    pub verified: Option<Span>,
}

/// The lives of all keys.
#[derive(Debug, Clone, Default)]
pub struct KeyStories {
    /// The oldest first.
    by_birth: Vec<KeyStory>,
    index: HashMap<Name, usize>,
    /// Those that ended, by when they did.
    by_end: Vec<(DateTime<Utc>, usize)>,
}

impl KeyStories {
    /// Joins what is known of keys. `signed` is when each signed tokens, as far as the issuer tells.
    pub fn of(
        keys: &HashMap<Name, Key>,
        signed: &HashMap<Name, Span>,
        lifecycle: &LifecycleEvents,
        verifiers: &KnownVerifiers,
    ) -> Self {
        let mut kids: HashSet<Name> = keys.keys().chain(signed.keys()).copied().collect();
        kids.extend(verifiers.keys().filter(|kid| verifiers.verified(*kid).is_some()));
        let mut stories: Vec<KeyStory> = kids
            .into_iter()
            .filter_map(|kid| begun(kid, keys.get(&kid), signed.get(&kid).copied(), lifecycle, verifiers))
            .collect();
        stories.sort_unstable_by_key(|story| (story.born, story.kid));
        let births: Vec<DateTime<Utc>> = stories.iter().map(|story| story.born).collect();
        for (story, next) in stories.iter_mut().zip(births.into_iter().skip(1)) {
            if story.gone.is_none() {
                story.gone = ended(story, next, verifiers);
            }
        }
        let index = stories.iter().enumerate().map(|(index, story)| (story.kid, index)).collect();
        let ends = stories.iter().enumerate();
        let mut by_end: Vec<(DateTime<Utc>, usize)> = ends.filter_map(|(index, story)| Some((story.gone?, index))).collect();
        by_end.sort_unstable();
        Self { by_birth: stories, index, by_end }
    }

    /// The life of a key.
    pub fn get(&self, kid: Name) -> Option<&KeyStory> {
        self.by_birth.get(*self.index.get(&kid)?)
    }

    /// The key that followed one, if it had begun by `time`, as far as that shows: its first token may be seen late.
    pub fn heir(&self, kid: Name, time: DateTime<Utc>) -> Option<&KeyStory> {
        self.by_birth.get(*self.index.get(&kid)? + 1).filter(|heir| heir.born <= time + CACHES)
    }

    /// Whether a key is the first of those known: when it began is not known.
    pub fn is_first(&self, kid: Name) -> bool {
        self.index.get(&kid) == Some(&0)
    }

    /// The youngest key at `time`, which signs tokens, where more than one is known.
    pub fn signing_at(&self, time: DateTime<Utc>) -> Option<&KeyStory> {
        let born = self.by_birth.partition_point(|story| story.born <= time);
        self.by_birth[..born].last().filter(|_| self.by_birth.len() > 1)
    }

    /// The last key that ended by `time`, and the last that began by then, but for the first of all.
    pub fn last_turns(&self, time: DateTime<Utc>) -> (Option<&KeyStory>, Option<&KeyStory>) {
        let by = time + TOLERANCE;
        let ended = self.by_end.partition_point(|(end, _)| *end <= by);
        let ended = self.by_end[..ended].last().map(|(_, index)| &self.by_birth[*index]);
        (ended, self.signing_at(by).filter(|story| !self.is_first(story.kid)))
    }
}

impl KeyStory {
    /// Whether it had ended by `time`.
    pub fn is_gone(&self, time: DateTime<Utc>) -> bool {
        self.gone.is_some_and(|gone| gone <= time + TOLERANCE)
    }
}

/// A key with its first sign of life; `None` without any but refusals.
fn begun(
    kid: Name,
    key: Option<&Key>,
    signed: Option<Span>,
    lifecycle: &LifecycleEvents,
    verifiers: &KnownVerifiers,
) -> Option<KeyStory> {
    let at = |index: Option<usize>| index.map(|index| lifecycle[index].time);
    let (added, rotated, retired) = key.map_or((None, None, None), |key| (at(key.added), at(key.rotated), at(key.retired)));
    let verified = verifiers.verified(kid);
    let unknown = verifiers.unknown(kid).map(|span| span.first);
    let signs = [added, signed.map(|span| span.first), verified.map(|span| span.first)];
    let alive = signs.into_iter().flatten().min();
    // A key is refused as unknown before anybody verifies it where caches are slow.
    let first = alive.map(|alive| unknown.map_or(alive, |unknown| unknown.min(alive)));
    let born = rotated.or(signed.map(|span| span.first)).or(first).or(retired)?;
    Some(KeyStory { kid, born, gone: retired, is_told: retired.is_some(), verified })
}

/// When verifiers began to refuse a key for good, if no line tells of the end: `next` is the birth of the one after it.
fn ended(story: &KeyStory, next: DateTime<Utc>, verifiers: &KnownVerifiers) -> Option<DateTime<Utc>> {
    let refused = verifiers.unknown(story.kid)?;
    // While it was the youngest, refusals are those of slow caches.
    let alive = verifiers.key(story.kid).filter_map(|(_, judged)| judged.verified().before(next)).max();
    let overlap = story.verified.map(|verified| verified.last - CACHES);
    let from = alive.unwrap_or(next).max(overlap.unwrap_or(DateTime::<Utc>::MIN_UTC));
    let is_last = story.verified.is_none_or(|verified| verified.last < refused.last);
    let turn = verifiers.key(story.kid).filter_map(|(_, judged)| judged.unknown().from(from)).min();
    turn.filter(|_| is_last)
}
