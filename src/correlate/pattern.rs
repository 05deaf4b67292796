//! Failures -> Patterns: failures that share rule, service, reason and what is to blame become one pattern.
//!
//! What is summed up can be merged: failures may be added in any order and on several machines, and the patterns are the
//! same.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::causes;
use crate::correlate::tally::{Tally, in_order};
use crate::hash::HashMap;
use crate::model::diagnosis::{CauseEvent, Failure, Line};
use crate::model::name::Name;
use crate::model::pattern::{Pattern, Sample};
use crate::model::words::{Band, Cause, Reason, RuleId, Severity, Variant};

/// More keys than this are only counted.
const NAMED: usize = 3;
/// A few lines are enough to look at.
const SAMPLES: usize = 3;

/// The patterns of some failures, before they are finished.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PatternParts {
    #[serde(serialize_with = "in_order")]
    parts: HashMap<Name, Parts>,
}

impl PatternParts {
    /// Adds a failure to the pattern it is of.
    pub fn add(&mut self, failure: &Failure) {
        self.parts.entry(failure.pattern_id).or_insert_with(|| Parts::of(failure)).add(failure);
    }

    /// Adds the failures of another.
    pub fn merge(&mut self, other: Self) {
        #[expect(clippy::iter_over_hash_type, reason = "each pattern is merged by itself")]
        for (id, parts) in other.parts {
            match self.parts.get_mut(&id) {
                Some(mine) => mine.merge(parts),
                None => _ = self.parts.insert(id, parts),
            }
        }
    }

    /// The patterns, the most failures first.
    pub fn finish(self) -> Vec<Pattern> {
        let mut patterns: Vec<Pattern> = self.parts.into_iter().map(|(id, parts)| parts.finish(id)).collect();
        patterns.sort_by(|a, b| {
            b.failures.cmp(&a.failures).then_with(|| a.first.cmp(&b.first)).then_with(|| a.pattern_id.cmp(&b.pattern_id))
        });
        patterns
    }
}

impl<'f> FromIterator<&'f Failure> for PatternParts {
    fn from_iter<I: IntoIterator<Item = &'f Failure>>(failures: I) -> Self {
        let mut parts = Self::default();
        failures.into_iter().for_each(|failure| parts.add(failure));
        parts
    }
}

/// What is known of one pattern so far: sums, sets and bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Parts {
    root_cause: Cause,
    variant: Option<Variant>,
    reason: Reason,
    service: Option<Name>,
    rule: RuleId,
    failures: u64,
    inferred: u64,
    /// The sum of the confidences, in hundredths.
    confidence: u64,
    subjects: Tally,
    clients: Tally,
    kids: Tally,
    paths: Tally,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    blamed: Blamed,
    samples: Samples,
    words: Option<Name>,
}

impl Parts {
    /// The pattern of a failure, of which none is counted yet.
    fn of(failure: &Failure) -> Self {
        Self {
            root_cause: failure.root_cause,
            variant: failure.variant,
            reason: failure.reason,
            service: failure.service,
            rule: failure.rule,
            failures: 0,
            inferred: 0,
            confidence: 0,
            subjects: Tally::default(),
            clients: Tally::default(),
            kids: Tally::default(),
            paths: Tally::default(),
            first: None,
            last: None,
            blamed: Blamed::Nobody,
            samples: Samples::default(),
            words: failure.words,
        }
    }

    fn add(&mut self, failure: &Failure) {
        self.failures += 1;
        self.inferred += u64::from(!failure.inferred.is_empty());
        self.confidence += hundredths(failure.confidence);
        self.subjects.extend(failure.sub);
        self.clients.extend(failure.client_ip);
        self.kids.extend(failure.kid);
        self.paths.extend(failure.path);
        self.first = earlier(self.first, failure.time);
        self.last = self.last.max(failure.time);
        self.blamed.merge(Blamed::of(failure));
        self.samples.add(failure);
    }

    fn merge(&mut self, other: Self) {
        self.failures += other.failures;
        self.inferred += other.inferred;
        self.confidence += other.confidence;
        self.subjects.merge(other.subjects);
        self.clients.merge(other.clients);
        self.kids.merge(other.kids);
        self.paths.merge(other.paths);
        self.first = earlier(self.first, other.first);
        self.last = self.last.max(other.last);
        self.blamed.merge(other.blamed);
        self.samples.merge(other.samples);
    }

    fn finish(self, id: Name) -> Pattern {
        let confidence = self.mean_confidence();
        let rule = causes::rule(self.root_cause, self.rule);
        let outcome = rule.and_then(|rule| rule.outcome(self.variant));
        Pattern {
            pattern_id: id.to_string(),
            root_cause: self.root_cause,
            variant: self.variant,
            reason: self.reason,
            service: self.service.map(Name::text),
            rule: self.rule,
            band: Band::of(confidence),
            confidence,
            severity: severity(self.root_cause, self.variant, self.failures),
            failures: self.failures,
            subjects: self.subjects.distinct(),
            clients: self.clients.distinct(),
            inferred: self.inferred,
            first: self.first,
            last: self.last,
            top_clients: self.clients.top(),
            top_subjects: self.subjects.top(),
            top_kids: self.kids.top(),
            says: outcome.map_or_else(String::new, |outcome| format!("{}{}", outcome.says, self.said())),
            fix: outcome.map_or_else(String::new, |outcome| format!("{}{}", outcome.fix, self.concerns())),
            verify: rule.map_or("", |rule| rule.verify).into(),
            ends: rule.map_or("", |rule| rule.ends).into(),
            cause: self.blamed.finish(),
            samples: self.samples.finish(),
            words: self.words.map(Name::text),
        }
    }

    /// The mean of the confidences, to two digits.
    fn mean_confidence(&self) -> f64 {
        let hundredths = (2 * self.confidence + self.failures) / (2 * self.failures).max(1);
        #[expect(clippy::cast_precision_loss, reason = "a mean of numbers up to a hundred")]
        let mean = hundredths as f64 / 100.0;
        mean
    }

    /// What the service itself said, as a sentence.
    fn said(&self) -> String {
        let Some(words) = self.words else { return String::new() };
        let verb = if self.failures == 1 { "refusal says" } else { "refusals say" };
        format!(" {} {verb} `{}`", self.failures, words.text().replace('`', "'"))
    }

    /// Which service, route and keys a fix is about, as a sentence.
    fn concerns(&self) -> String {
        let service = self.service.map(|service| format!("service `{service}`"));
        let path = self.paths.top().first().map(|path| format!("mostly `{path}`"));
        let kids = self.kids.names();
        let keys = match kids.len() {
            0 => None,
            1..=NAMED => Some(format!("keys {}", kids.iter().map(|kid| format!("`{kid}`")).collect::<Vec<_>>().join(", "))),
            count => Some(format!("{count} keys")),
        };
        let parts: Vec<String> = [service, path, keys].into_iter().flatten().collect();
        if parts.is_empty() { String::new() } else { format!(". Concerns {}", parts.join(", ")) }
    }
}

/// The earlier of two times, as far as there are any.
fn earlier(a: Option<DateTime<Utc>>, b: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    a.into_iter().chain(b).min()
}

/// A confidence as a whole number, so that the order of a sum does not matter.
fn hundredths(confidence: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a confidence lies between 0 and 1")]
    let hundredths = (confidence * 100.0).round() as u64;
    hundredths
}

/// The event that all failures of a pattern are blamed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Blamed {
    /// No failure was counted yet.
    Nobody,
    /// All are blamed on this event, or all on none.
    One(Option<CauseEvent>),
    /// They are blamed on different ones.
    Several,
}

impl Blamed {
    fn of(failure: &Failure) -> Self {
        Self::One(failure.cause.clone())
    }

    fn merge(&mut self, other: Self) {
        match (&*self, other) {
            (_, Self::Nobody) => {}
            (Self::Nobody, other) => *self = other,
            (mine, other) => {
                if *mine != other {
                    *self = Self::Several;
                }
            }
        }
    }

    fn finish(self) -> Option<CauseEvent> {
        match self {
            Self::One(cause) => cause,
            Self::Nobody | Self::Several => None,
        }
    }
}

/// The first evidence of the first failures: a few lines to look at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Samples(Vec<(Rank, Sample)>);

impl Samples {
    pub(super) fn add(&mut self, failure: &Failure) {
        let Some(evidence) = failure.evidence.first() else { return };
        // Most failures come after those that are kept.
        if self.0.len() == SAMPLES && self.0.last().is_some_and(|(last, _)| last.is_before(failure)) {
            return;
        }
        let sample = Sample { file: evidence.file.clone(), line: evidence.line, text: evidence.text.map(Name::text) };
        self.merge(Self(vec![(Rank::of(failure), sample)]));
    }

    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.0.truncate(SAMPLES);
    }

    pub(super) fn finish(self) -> Vec<Sample> {
        self.0.into_iter().map(|(_, sample)| sample).collect()
    }
}

/// What failures are ordered by: their time, then their first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Rank {
    time: Option<DateTime<Utc>>,
    line: Option<Line>,
    failure_id: String,
}

impl Rank {
    fn of(failure: &Failure) -> Self {
        Self { time: failure.time, line: failure.seen_in.first().cloned(), failure_id: failure.failure_id.clone() }
    }

    fn is_before(&self, failure: &Failure) -> bool {
        by_time_and_line(self.time, self.line.as_ref(), failure.time, failure.seen_in.first())
            .then_with(|| self.failure_id.cmp(&failure.failure_id))
            .is_le()
    }

    fn cmp(&self, other: &Self) -> Ordering {
        by_time_and_line(self.time, self.line.as_ref(), other.time, other.line.as_ref())
            .then_with(|| self.failure_id.cmp(&other.failure_id))
    }
}

/// Orders by time, then by file as directories are walked, then by line.
fn by_time_and_line(
    time: Option<DateTime<Utc>>,
    line: Option<&Line>,
    other_time: Option<DateTime<Utc>>,
    other: Option<&Line>,
) -> Ordering {
    time.cmp(&other_time)
        .then_with(|| {
            let (file, other_file) = (line.map(|line| line.file.split('/')), other.map(|line| line.file.split('/')));
            file.into_iter().flatten().cmp(other_file.into_iter().flatten())
        })
        .then_with(|| line.map(|line| line.line).cmp(&other.map(|line| line.line)))
}

/// How much a pattern matters: by what it is, then by how many requests it hit.
fn severity(cause: Cause, variant: Option<Variant>, count: u64) -> Severity {
    let by_count = match count {
        0..10 => Severity::Low,
        10..200 => Severity::Medium,
        _ => Severity::High,
    };
    match (cause, variant) {
        (Cause::Probing, Some(Variant::SubjectEnumeration)) => Severity::Critical,
        (Cause::Probing, _) => by_count.max(Severity::Medium),
        (Cause::TokenLifetime | Cause::UserDisabled | Cause::TokenRevoked | Cause::ReplicationLag, _)
        | (_, Some(Variant::SelfService | Variant::NoToken)) => Severity::Low,
        _ => by_count,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::correlate::identity::{name_failures, pattern_id};
    use crate::model::diagnosis::{Evidence, Inference};
    use crate::model::words::{EventKind, How, InferredField};

    fn name(letter: char, number: u8) -> Option<Name> {
        (number > 0).then(|| Name::of(&format!("{letter}-{number}")))
    }

    /// A failure of one of a few patterns, at one of a few moments.
    fn failure((rule, second, line, sub, client, kid, confidence): (usize, i64, u64, u8, u8, u8, u8)) -> Failure {
        let rules = causes::rules();
        let rule = rules[rule % rules.len()];
        let time = DateTime::from_timestamp(second, 0).filter(|_| second > 0);
        let file = format!("logs/{}.log", ["a", "a-b", "a/c"][usize::from(line > 3) + usize::from(line > 6)]);
        let cause = (sub > 1).then(|| CauseEvent {
            kind: [EventKind::UserDeleted, EventKind::KeyRetired][usize::from(sub) % 2],
            time,
            event_id: None,
            file: "idp.log".into(),
            line: second.unsigned_abs(),
            text: None,
        });
        let failure = Failure {
            failure_id: String::new(),
            pattern_id: Name::default(),
            time,
            reason: Reason::SubNotFound,
            sub: name('u', sub),
            kid: name('k', kid),
            iss: None,
            aud: None,
            client_ip: name('c', client),
            request_id: None,
            trace_id: None,
            service: name('s', client % 2),
            method: None,
            path: name('p', kid % 3),
            status: None,
            root_cause: rule.cause,
            variant: rule.outcomes[0].variant,
            rule: rule.id,
            confidence: f64::from(confidence) / 100.0,
            band: Band::Likely,
            cause,
            evidence: vec![Evidence { file: file.as_str().into(), line, time, says: "refused".into(), text: name('t', kid) }],
            counter: vec![],
            alternatives: vec![],
            seen_in: vec![Line { file: file.as_str().into(), line }],
            inferred: inference(sub, &file).into_iter().collect(),
            words: None,
        };
        Failure { pattern_id: pattern_id(&failure, name('k', kid)), ..failure }
    }

    /// What was inferred of a failure of some users.
    fn inference(sub: u8, file: &str) -> Option<Inference> {
        let from = Some(Line { file: file.into(), line: 1 });
        (sub > 2).then_some(Inference { field: InferredField::Sub, how: How::Session, from, ambiguous: false })
    }

    fn failures() -> impl Strategy<Value = Vec<Failure>> {
        let one = (0..3_usize, 0..5_i64, 0..9_u64, 0..4_u8, 0..4_u8, 0..6_u8, 0..=98_u8).prop_map(failure);
        proptest::collection::vec(one, 0..40).prop_map(|mut failures| {
            name_failures(&mut failures);
            failures
        })
    }

    proptest! {
        #[test]
        fn any_split_in_any_order_gives_the_same_patterns(
            failures in failures(),
            parts in proptest::collection::vec(0..4_usize, 40),
            order in Just(vec![0, 1, 2, 3]).prop_shuffle(),
        ) {
            let whole: PatternParts = failures.iter().collect();
            let mut merged = PatternParts::default();
            for part in order {
                let mine = failures.iter().zip(&parts).filter(|(_, of)| **of == part).map(|(failure, _)| failure);
                // As from another machine.
                let written = serde_json::to_string(&mine.rev().collect::<PatternParts>()).unwrap();
                merged.merge(serde_json::from_str(&written).unwrap());
            }
            prop_assert_eq!(serde_json::to_string(&merged).unwrap(), serde_json::to_string(&whole).unwrap());
            prop_assert_eq!(merged.finish(), whole.finish());
        }

        #[test]
        fn the_sums_are_those_of_the_failures(failures in failures()) {
            let patterns = failures.iter().collect::<PatternParts>().finish();
            prop_assert_eq!(patterns.iter().map(|pattern| pattern.failures).sum::<u64>(), failures.len() as u64);
            for pattern in patterns {
                let mut members: Vec<&Failure> = failures.iter().filter(|f| f.pattern_id == *pattern.pattern_id).collect();
                members.sort_by(|a, b| Rank::of(a).cmp(&Rank::of(b)));
                let subjects: std::collections::BTreeSet<_> = members.iter().filter_map(|failure| failure.sub).collect();
                prop_assert_eq!(pattern.subjects, subjects.len() as u64);
                prop_assert_eq!(pattern.first, members.iter().filter_map(|failure| failure.time).min());
                prop_assert_eq!(pattern.last, members.iter().filter_map(|failure| failure.time).max());
                #[expect(clippy::cast_precision_loss, reason = "a few")]
                let mean = members.iter().map(|failure| failure.confidence).sum::<f64>() / members.len() as f64;
                prop_assert!((pattern.confidence - mean).abs() <= 0.005_001, "{} {mean}", pattern.confidence);
                let lines: Vec<u64> = members.iter().take(SAMPLES).map(|failure| failure.evidence[0].line).collect();
                prop_assert_eq!(pattern.samples.iter().map(|sample| sample.line).collect::<Vec<_>>(), lines);
                let one = members.iter().all(|failure| failure.cause == members[0].cause);
                prop_assert_eq!(pattern.cause, members[0].cause.clone().filter(|_| one));
            }
        }
    }
}
