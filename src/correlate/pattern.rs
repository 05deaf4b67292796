//! Diagnoses -> Patterns: failures that share rule, service and what is to blame become one finding.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::hash::Hasher;

use fnv::FnvHasher;

use crate::facts::table;
use crate::hash::HashMap;
use crate::model::diagnosis::Failure;
use crate::model::event::{Band, Cause, Severity};
use crate::model::name::Name;
use crate::model::pattern::Pattern;
use crate::model::pattern::Sample;

/// The first evidence of the first of some failures: a few lines to look at.
pub(super) fn samples(members: &[&Failure]) -> Vec<Sample> {
    members
        .iter()
        .filter_map(|failure| failure.evidence.first())
        .take(SAMPLES)
        .map(|evidence| Sample { file: evidence.file.clone(), line: evidence.line, text: evidence.text })
        .collect()
}

/// More keys than this are only counted.
const NAMED: usize = 3;
/// A few lines are enough to look at.
const SAMPLES: usize = 3;
/// So many clients, subjects and keys are named.
const TOP: usize = 5;

/// Groups failures that share rule, service, reason and what is to blame, the most failures first, and notes with each
/// failure which pattern it is of.
pub fn patterns(failures: &mut [Failure]) -> Vec<Pattern> {
    let ids: Vec<String> = failures.iter().map(pattern_id).collect();
    let mut patterns = Vec::new();
    for members in table::groups(&ids) {
        let id = &ids[members[0]];
        let pattern_id = Name::of(id);
        for place in &members {
            failures[*place].pattern_id = pattern_id;
        }
        patterns.push(pattern(id, &members.iter().map(|place| &failures[*place]).collect::<Vec<_>>()));
    }
    patterns.sort_by(|a, b| {
        b.failures.cmp(&a.failures).then_with(|| a.first.cmp(&b.first)).then_with(|| a.pattern_id.cmp(&b.pattern_id))
    });
    patterns
}

/// What a pattern is about. Deletions and the like befall one user each and are told together; a deploy or a
/// rotation is a finding of its own, known by what it was and when, not by where it stands: logs are rotated.
fn pattern_id(failure: &Failure) -> String {
    let object = failure.cause.as_ref().filter(|cause| !cause.kind.is_of_one_user()).map(|cause| {
        let time = || cause.time.map(|time| time.timestamp().to_string()).unwrap_or_default();
        cause.event_id.clone().unwrap_or_else(|| format!("{} {} {}", cause.kind, cause.about, time()).into())
    });
    fingerprint(
        "p1",
        &[
            failure.root_cause.as_str(),
            failure.variant.unwrap_or(""),
            failure.rule,
            failure.reason.as_str(),
            failure.service.as_deref().unwrap_or(""),
            object.as_deref().unwrap_or(""),
        ],
    )
}

/// A short stable name for a list of words.
pub fn fingerprint(version: &str, words: &[&str]) -> String {
    format!("{version}:{:016x}", hash(words))
}

/// A stable number for a list of words.
pub fn hash(words: &[&str]) -> u64 {
    let mut hasher = FnvHasher::default();
    for word in words {
        hasher.write(word.as_bytes());
        hasher.write(&[0]);
    }
    hasher.finish()
}

fn pattern(id: &str, members: &[&Failure]) -> Pattern {
    let first = members[0];
    #[expect(clippy::cast_precision_loss, reason = "a mean to two digits")]
    let mean = members.iter().map(|failure| failure.confidence).sum::<f64>() / members.len() as f64;
    let confidence = (mean * 100.0).round() / 100.0;
    let distinct = |get: fn(&Failure) -> &Option<Name>| {
        members.iter().filter_map(|failure| get(failure).as_deref()).collect::<BTreeSet<_>>().len() as u64
    };
    let shared = first.cause.clone().filter(|cause| members.iter().all(|failure| failure.cause.as_ref() == Some(cause)));
    let rules = crate::correlate::CAUSES.iter().find(|rules| rules.cause == first.root_cause);
    Pattern {
        pattern_id: id.to_owned(),
        root_cause: first.root_cause,
        variant: first.variant,
        reason: first.reason,
        service: first.service,
        rule: first.rule,
        band: Band::of(confidence),
        confidence,
        severity: severity(first, members.len()),
        failures: members.len() as u64,
        subjects: distinct(|failure| &failure.sub),
        clients: distinct(|failure| &failure.client_ip),
        first: members.iter().filter_map(|failure| failure.time).min(),
        last: members.iter().filter_map(|failure| failure.time).max(),
        top_clients: top(members.iter().filter_map(|failure| failure.client_ip)),
        top_subjects: top(members.iter().filter_map(|failure| failure.sub)),
        top_kids: top(members.iter().filter_map(|failure| failure.kid)),
        cause: shared,
        says: rules.map_or_else(String::new, |rules| (rules.says)(first.variant).to_owned()),
        fix: rules.map_or_else(String::new, |rules| format!("{}{}", (rules.fix)(first.variant), concerns(members))),
        verify: rules.map_or("", |rules| rules.verify),
        ends: rules.map_or("", |rules| rules.ends),
        samples: samples(members),
    }
}

/// Which service, route and keys a fix is about, as a sentence.
fn concerns(members: &[&Failure]) -> String {
    let service = members[0].service.as_deref().map(|service| format!("service `{service}`"));
    let path = top(members.iter().filter_map(|failure| failure.path)).first().map(|path| format!("mostly `{path}`"));
    let kids: BTreeSet<&str> = members.iter().filter_map(|failure| failure.kid.as_deref()).collect();
    let keys = match kids.len() {
        0 => None,
        1..=NAMED => Some(format!("keys {}", kids.iter().map(|kid| format!("`{kid}`")).collect::<Vec<_>>().join(", "))),
        count => Some(format!("{count} keys")),
    };
    let parts: Vec<String> = [service, path, keys].into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!(". Concerns {}", parts.join(", ")) }
}

/// The names that stand most often, the most frequent first; of equals the first in order.
pub(super) fn top(names: impl Iterator<Item = Name>) -> Vec<Name> {
    let mut counts: HashMap<Name, usize> = HashMap::default();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<(Reverse<usize>, Name)> = counts.into_iter().map(|(name, count)| (Reverse(count), name)).collect();
    counts.sort_unstable();
    counts.into_iter().map(|(_, name)| name).take(TOP).collect()
}

/// How much a finding matters: by what it is, then by how many requests it hit.
fn severity(failure: &Failure, count: usize) -> Severity {
    let by_count = match count {
        0..10 => Severity::Low,
        10..200 => Severity::Medium,
        _ => Severity::High,
    };
    match (failure.root_cause, failure.variant) {
        (Cause::Probing, Some("subject_enumeration")) => Severity::Critical,
        (Cause::Probing, _) => by_count.max(Severity::Medium),
        (Cause::TokenLifetime | Cause::UserDisabled | Cause::TokenRevoked | Cause::ReplicationLag, _)
        | (_, Some("self_service" | "no_token")) => Severity::Low,
        _ => by_count,
    }
}
