//! Security findings: requests that were let through and should not have been, and attacks. They are reported beside the
//! failures, not instead of them. DR-10, DR-12, DR-23, DR-35, DR-39 to DR-41.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::causes::verdict::ORDER_TOLERANCE;
use crate::correlate::fingerprint::fingerprint;
use crate::correlate::lines::Lines;
use crate::correlate::pattern::Samples;
use crate::correlate::tally::Tally;
use crate::facts::success::Success;
use crate::facts::view::Facts;
use crate::group::service_name::plain_name;
use crate::hash::HashSet;
use crate::model::diagnosis::Failure;
use crate::model::diagnosis::Line;
use crate::model::event::{Cause, EventKind, Place, Severity};
use crate::model::finding::Finding;
use crate::model::name::Name;
use crate::model::pattern::Sample;
use crate::model::words::{RuleId, Variant};

/// How long a cache may keep a retired key.
const KEY_GRACE: TimeDelta = TimeDelta::minutes(10);
/// Requests that get through later than this after a deletion or the like, in seconds, are not due to a cache alone.
const LONG: i64 = 300;
/// How many lines a finding shows.
const SHOWN: usize = 3;
/// A token counts as older than its user from this difference on, in seconds.
const SKEW: i64 = 60;

/// Requests that got through although something forbade it.
#[derive(Default)]
struct Through {
    subjects: BTreeSet<Name>,
    seen: Vec<(Name, Option<Name>)>,
    times: Vec<DateTime<Utc>>,
    longest: i64,
    places: Vec<Place>,
}

impl Through {
    fn add(&mut self, success: &Success, forbidden_by: Place, since: DateTime<Utc>) {
        self.subjects.insert(success.sub);
        self.seen.push((success.sub, success.client));
        self.times.push(success.time);
        self.longest = self.longest.max((success.time - since).num_seconds());
        if self.places.len() < SHOWN {
            self.places.extend([forbidden_by, success.place]);
        }
    }
}

/// Everything that matters to security, the gravest first: requests that [`got_through`], and attacks among failures.
pub fn findings(mut findings: Vec<Finding>, failures: &[Failure]) -> Vec<Finding> {
    findings.extend(attacks(failures));
    findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| a.rule.cmp(&b.rule)).then_with(|| a.finding_id.cmp(&b.finding_id))
    });
    findings
}

/// Requests that were let through and should not have been, by rule and service.
pub fn got_through(facts: &Facts<'_>, lines: Lines<'_>) -> Vec<Finding> {
    let mut through: BTreeMap<(RuleId, Name), Through> = BTreeMap::new();
    let changed: HashSet<Name> = facts
        .lifecycle
        .iter()
        .filter(|event| matches!(event.kind, EventKind::UserCreated | EventKind::UserDeleted | EventKind::UserDisabled))
        .map(|event| event.key)
        .collect();
    for success in facts.successes.iter() {
        let of_the_user = changed
            .contains(&success.sub)
            .then(|| [gone(facts, success), older_than_its_user(facts, success)])
            .into_iter()
            .flatten();
        for (rule, index) in of_the_user.chain([retired(facts, success)]).flatten() {
            let service = success.service.map(plain_name).unwrap_or_default();
            let forbidden_by = facts.lifecycle.best(index).line;
            through.entry((rule, service)).or_default().add(success, forbidden_by, facts.lifecycle[index].time);
        }
    }
    through
        .into_iter()
        .map(|((rule, service), through)| {
            let stateful = facts.history.is_stateful(Some(service));
            Finding {
                finding_id: fingerprint("s1", &[rule.as_str(), &service.text()]),
                rule,
                severity: severity(rule, stateful, through.longest),
                says: says(rule, &service.text(), stateful, &through),
                fix: fix(rule).into(),
                service: Some(service.text()).filter(|service| !service.is_empty()),
                subjects: through.subjects.len() as u64,
                requests: through.times.len() as u64,
                exposure_seconds: Some(through.longest),
                first: through.times.iter().min().copied(),
                last: through.times.iter().max().copied(),
                top_clients: through.seen.iter().filter_map(|(_, client)| *client).collect::<Tally>().top(),
                top_subjects: through.seen.iter().map(|(sub, _)| *sub).filter(|sub| !sub.is_empty()).collect::<Tally>().top(),
                samples: through.places.iter().map(|place| sample(*place, lines)).collect(),
            }
        })
        .collect()
}

fn sample(place: Place, lines: Lines<'_>) -> Sample {
    let Line { file, line } = lines.named(place);
    Sample { file, line, text: lines.shown(place).1.map(Name::text) }
}

/// A deletion or disabling of the subject before a request that got through, and nothing that undid it.
fn gone(facts: &Facts<'_>, success: &Success) -> Option<(RuleId, usize)> {
    let last = |kind| facts.last_before(kind, success.sub, success.time);
    let undone = [EventKind::UserRestored, EventKind::UserCreated]
        .into_iter()
        .filter_map(last)
        .max_by_key(|index| facts.lifecycle[*index].time);
    [(EventKind::UserDeleted, RuleId::Dr12), (EventKind::UserDisabled, RuleId::Dr35)].into_iter().find_map(|(kind, rule)| {
        let index = last(kind)?;
        let time = facts.lifecycle[index].time;
        let stands = undone.is_none_or(|undone| facts.lifecycle[undone].time < time);
        (stands && success.time > time + ORDER_TOLERANCE).then_some((rule, index))
    })
}

/// A token of a key that was retired long before.
fn retired(facts: &Facts<'_>, success: &Success) -> Option<(RuleId, usize)> {
    let index = facts.keys.get(&success.kid?)?.retired?;
    (success.time > facts.lifecycle[index].time + KEY_GRACE).then_some((RuleId::Dr23, index))
}

/// A token that was issued before its user was created.
fn older_than_its_user(facts: &Facts<'_>, success: &Success) -> Option<(RuleId, usize)> {
    let index = facts.last_before(EventKind::UserCreated, success.sub, success.time)?;
    (success.iat? + SKEW < facts.lifecycle[index].time.timestamp()).then_some((RuleId::Dr10, index))
}

fn severity(rule: RuleId, stateful: bool, longest: i64) -> Severity {
    match rule {
        RuleId::Dr10 | RuleId::Dr23 => Severity::High,
        _ if stateful && longest > LONG => Severity::High,
        _ if stateful => Severity::Medium,
        _ => Severity::Low,
    }
}

fn says(rule: RuleId, service: &str, stateful: bool, through: &Through) -> String {
    let who = match through.subjects.len() {
        1 => "A user".to_owned(),
        count => format!("{count} users"),
    };
    let where_ = if service.is_empty() { String::new() } else { format!(" by `{service}`") };
    let longest = through.longest;
    let bound = if stateful { "" } else { "; it asks nobody, so until the token ends" };
    match rule {
        RuleId::Dr10 => {
            format!("{who} got through{where_} with a token older than the user it names: one person may act as another")
        }
        RuleId::Dr23 => format!("Tokens of a retired key are still let through{where_}, up to {longest} s after it was retired"),
        RuleId::Dr35 => format!("{who} got through{where_} after being disabled, for up to {longest} s{bound}"),
        _ => format!("{who} got through{where_} after being deleted, for up to {longest} s{bound}"),
    }
}

fn fix(rule: RuleId) -> &'static str {
    match rule {
        RuleId::Dr10 => "Change the key to end all tokens at once, never reuse ids, and refuse tokens older than the account",
        RuleId::Dr23 => "Make this verifier fetch the key set; lower its cache lifetime",
        RuleId::Dr39 => "Allow-list algorithms, choose keys only from configuration, and block the addresses at the edge",
        RuleId::Dr40 => "Cache unknown kids negatively and limit refetches per address; block the addresses at the edge",
        RuleId::Dr41 => "Rotate the signing key now and revoke its tokens; search for uses of the same key without a login",
        _ => "Invalidate caches when a user is deleted or disabled, shorten them, and ask the issuer on sensitive routes",
    }
}

/// What to do about guessed subjects, while nothing shows that the signing key has leaked.
const WHOSE: &str =
    "Find out whose address it is; if nobody knows it, limit refusals per address and look for tokens that were never issued";

/// Attacks: findings made of the failures with the cause `probing`.
fn attacks(failures: &[Failure]) -> Vec<Finding> {
    let mut by_rule: BTreeMap<RuleId, Vec<&Failure>> = BTreeMap::new();
    for failure in failures.iter().filter(|failure| failure.root_cause == Cause::Probing) {
        by_rule.entry(failure.rule).or_default().push(failure);
    }
    by_rule
        .into_iter()
        .map(|(rule, members)| {
            let clients: Tally = members.iter().filter_map(|failure| failure.client_ip).collect();
            let tried: Tally = members.iter().filter_map(|failure| failure.sub).collect();
            let subjects = tried.distinct();
            let mut samples = Samples::default();
            for failure in &members {
                samples.add(failure);
            }
            let from = match clients.distinct() {
                1 => "one address".to_owned(),
                count => format!("{count} addresses"),
            };
            let can_sign = members.iter().any(|failure| failure.variant == Some(Variant::SubjectEnumeration));
            let (severity, says) = match rule {
                RuleId::Dr41 if can_sign => (
                    Severity::Critical,
                    format!("Signatures verify for {subjects} subjects that nobody ever saw, from {from}: the signing key may have leaked"),
                ),
                RuleId::Dr41 => (Severity::Medium, format!("Subjects that nobody ever saw are being tried from {from}")),
                RuleId::Dr40 => (Severity::Medium, format!("A flood of unknown key ids from {from}")),
                _ => (Severity::Medium, format!("Forged or mutated tokens from {from}")),
            };
            Finding {
                finding_id: fingerprint("s1", &[rule.as_str()]),
                rule,
                severity,
                says,
                fix: if rule == RuleId::Dr41 && !can_sign { WHOSE } else { fix(rule) }.into(),
                service: None,
                subjects,
                requests: members.len() as u64,
                exposure_seconds: None,
                first: members.iter().filter_map(|failure| failure.time).min(),
                last: members.iter().filter_map(|failure| failure.time).max(),
                top_clients: clients.top(),
                top_subjects: tried.top(),
                samples: samples.finish(),
            }
        })
        .collect()
}
