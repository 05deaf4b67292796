//! Events -> Diagnoses -> Patterns: why each failed request failed.
//!
//! In order: zone-less clocks are settled ([`clock`]), clocks that are off are put right ([`offset`]), lines become
//! cases ([`merge`]), silent refusals are told by the size of their answer ([`response_size`]), subjects are filled in
//! ([`subject`]), facts are gathered ([`Facts`]), every cause says what it finds ([`causes`](crate::causes)), the
//! strongest verdict is chosen here, and equal diagnoses become patterns ([`pattern`]). Facts are few and the same for
//! all cases; cases can be judged in any order and in parts.

pub mod finding;
pub mod lines;
pub mod pattern;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};

use crate::causes::CAUSES;
use crate::causes::verdict::ORDER_TOLERANCE;
use crate::causes::verdict::{Links, Verdict};
use crate::check::inventory::Inventory;
use crate::correlate::lines::Lines;
use crate::extract::extracted::Extracted;
use crate::facts::gathered::Gathered;
use crate::facts::outline::Outline;
use crate::facts::table::Side;
use crate::facts::timeline;
use crate::facts::timeline::KeyLife;
use crate::facts::world::Facts;
use crate::group::merge::Case;
use crate::group::subject::{SESSION, SESSION_MOST};
use crate::group::{merge, response_size, subject};
use crate::hash::{HashMap, HashSet};
use crate::model::diagnosis::Alternative;
use crate::model::diagnosis::CauseEvent;
use crate::model::diagnosis::Evidence;
use crate::model::diagnosis::Failure;
use crate::model::diagnosis::Line;
use crate::model::event::{Band, Cause, Event, EventKind, Reason, StreamId};
use crate::model::finding::Finding;
use crate::model::id::Id;
use crate::model::name::Name;
use crate::model::pattern::Pattern;
use crate::normalise::offset::Offset;
use crate::normalise::{clock, offset};
use crate::parallel;

/// Below this a verdict is a hint, not a diagnosis.
const THRESHOLD: f64 = 0.40;
/// Verdicts no further apart are equally strong.
const TIE: f64 = 0.05;
/// What a verdict loses where the reason or the subject it rests on is inferred.
const INFERRED: f64 = 0.10;
/// How many others a failure tells of.
const ALTERNATIVES: usize = 2;
/// A source of fewer lines has no rhythm to miss.
const SPEAKS: usize = 20;
/// A pause shorter than this is no silence.
const SILENT: TimeDelta = TimeDelta::minutes(10);

/// What correlation makes of a scan.
#[derive(Debug, Default)]
pub struct Correlated {
    /// One for each failed request, in the order of time and place.
    pub failures: Vec<Failure>,
    /// What happened, the most failures first.
    pub patterns: Vec<Pattern>,
    /// What matters to security besides, the gravest first.
    pub findings: Vec<Finding>,
    /// Refused requests that had nothing to do with a token.
    pub unrelated_refusals: u64,
    /// Families of zone-less streams and the zone that was proved for them.
    pub zones: Vec<(String, Option<clock::Proof>)>,
    /// The life of each key.
    pub keys: Vec<KeyLife>,
    /// Sources whose clock was off, and moved.
    pub offsets: Vec<Offset>,
    /// Sources that would have helped to decide.
    pub gaps: Vec<String>,
}

/// The refused requests of a scan whose clocks are put right: what is to be explained, and how the clocks were.
#[derive(Debug, Default)]
pub struct Grouped {
    /// The refused requests.
    pub cases: Vec<Case>,
    /// Refused requests that had nothing to do with a token.
    unrelated: u64,
    zones: Vec<(String, Option<clock::Proof>)>,
    offsets: Vec<Offset>,
}

/// Explains every failure of a scan. Moves the scan's zone-less events to the zone that was proved for them, and takes its
/// observations.
pub fn correlate(scan: &mut Extracted, inventory: &Inventory) -> Correlated {
    let grouped = group(scan, inventory);
    let files = scan.files();
    let mut gathered = Gathered::new(&files).asking_for_those_of(&grouped.cases);
    gathered.update_all(&scan.events, &scan.observations, &grouped.cases);
    // What they tell is among the facts now.
    scan.observations = Vec::new();
    explain(grouped, gathered.settle(&files, inventory), Lines { events: &scan.events, files: &files })
}

/// Puts the clocks of a scan right and brings the lines of each refused request together.
pub fn group(scan: &mut Extracted, inventory: &Inventory) -> Grouped {
    inventory.tell(scan);
    let files = scan.files();
    let zones = clock::settle(&mut scan.events, &files).into_iter().collect();
    let offsets = offset::settle(&mut scan.events, &mut scan.observations, &files);
    let merge::Merged { mut cases, unrelated } = merge::merge(&scan.events);
    response_size::infer_reasons(&scan.events, &files, &mut cases);
    subject::infer(&scan.events, &scan.observations, &mut cases);
    Grouped { cases, unrelated, zones, offsets }
}

/// Explains refused requests by the facts.
pub fn explain(grouped: Grouped, facts: Facts<'_>, lines: Lines<'_>) -> Correlated {
    let Grouped { cases, unrelated, zones, offsets } = grouped;
    let mut judged = parallel::map(cases.len(), |index| judge(&cases[index], &links(&cases[index], &facts), &facts));
    by_session(&cases, &mut judged, &facts);
    let keys = timeline::keys(&facts);
    let got_through = finding::got_through(&facts, lines);
    let outline = facts.into_outline();
    let mut failures = parallel::map_pairs(cases, judged, |case, judgement| failure(&case, judgement, &outline, lines));
    // A sort keeps the order of their first lines among those of one time.
    parallel::sort_by_cached_key(&mut failures, |failure| failure.time);
    name_failures(&mut failures);
    let patterns = pattern::patterns(&mut failures);
    let findings = finding::findings(got_through, &failures);
    let gaps = gaps(&failures, &outline, lines);
    Correlated { failures, patterns, findings, unrelated_refusals: unrelated, zones, keys, offsets, gaps }
}

/// What happened to a case's subject before and after it.
pub fn links(case: &Case, facts: &Facts<'_>) -> Links {
    let (Some(sub), Some(time)) = (case.sub, case.time.map(|time| time + ORDER_TOLERANCE)) else { return Links::default() };
    let last = |kind| facts.last_before(kind, sub, time);
    let success = |side| facts.successes_of.asof(sub, time, side);
    Links {
        deleted: last(EventKind::UserDeleted),
        disabled: last(EventKind::UserDisabled),
        restored: last(EventKind::UserRestored),
        created: last(EventKind::UserCreated),
        revoked: last(EventKind::TokenRevoked),
        issued: last(EventKind::TokenIssued),
        success_before: success(Side::Before),
        success_after: success(Side::After),
    }
}

/// What is made of all that the causes say of a case.
struct Judgement {
    chosen: Verdict,
    /// The best of the others.
    others: Vec<Alternative>,
}

/// What every cause says of a case, and which of it is the strongest.
fn judge(case: &Case, links: &Links, facts: &Facts<'_>) -> Judgement {
    let mut verdicts = Vec::new();
    for rules in CAUSES.iter().filter(|rules| rules.reasons.contains(&case.reason)) {
        (rules.judge)(case, links, facts, &mut verdicts);
    }
    if case.inferred.is_some() || case.sub_from.is_some() {
        for verdict in &mut verdicts {
            verdict.evidence.extend(
                case.sub_from
                    .map(|place| (place, "the subject is inferred: the only one of this client here within ten minutes".into())),
            );
            // No further than the threshold: what would be possible stays possible.
            verdict.score = (verdict.score - INFERRED).max(verdict.score.min(THRESHOLD));
        }
    }
    strongest_first(&mut verdicts);
    let mut verdicts = verdicts.into_iter();
    let chosen = verdicts.next().unwrap_or_else(|| Verdict::new(Cause::Unexplained, "DR-42", 0.0));
    Judgement { others: alternatives(&chosen, verdicts.as_slice()), chosen }
}

/// Sorts verdicts; a sort keeps the order of [`CAUSES`] among the equally strong, and what is within a tie of the
/// strongest yields to what stands before it there.
fn strongest_first(verdicts: &mut [Verdict]) {
    let precedence = |cause: Cause| CAUSES.iter().position(|rules| rules.cause == cause);
    verdicts.sort_by(|a, b| b.confidence().total_cmp(&a.confidence()));
    let Some(best) = verdicts.first().map(Verdict::confidence) else { return };
    let tied = verdicts.iter().take_while(|verdict| best - verdict.confidence() <= TIE).count();
    verdicts[..tied].sort_by_key(|verdict| precedence(verdict.cause));
    // A hint is no diagnosis: below the threshold the honest answer comes first.
    if best < THRESHOLD {
        verdicts.sort_by_key(|verdict| verdict.cause != Cause::Unexplained);
    }
}

/// A refusal that gives no reason borrows that of the same client's next refusal that gives one.
fn by_session(cases: &[Case], judged: &mut [Judgement], facts: &Facts<'_>) {
    let mut told: HashMap<Name, Vec<(DateTime<Utc>, usize)>> = HashMap::default();
    for (place, case) in cases.iter().enumerate() {
        let explained = judged[place].chosen.cause != Cause::Unexplained;
        if let (Some(client), Some(time), true) = (&case.client_ip, case.time, explained && case.reason != Reason::Other) {
            told.entry(*client).or_default().push((time, place));
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each is sorted on its own")]
    for told in told.values_mut() {
        told.sort();
    }
    let borrowed: Vec<(usize, Verdict)> = cases
        .iter()
        .enumerate()
        .filter(|(place, case)| case.reason == Reason::Other && judged[*place].chosen.cause == Cause::Unexplained)
        .filter_map(|(place, case)| {
            let time = case.time?;
            let told = told.get(&case.client_ip?)?;
            let from = told.partition_point(|(other, _)| *other < time - SESSION);
            let to = told.partition_point(|(other, _)| *other <= time + SESSION);
            // With more than that it is no single client's session.
            let (_, neighbour) = told[from..to.min(from + SESSION_MOST)]
                .iter()
                .filter(|(_, neighbour)| !response_size::differ(case, &cases[*neighbour]))
                .filter(|(_, neighbour)| {
                    // What befell the user shows everywhere; keys, claims and clocks are each service's own.
                    !foreign(case, &cases[*neighbour]) || judged[*neighbour].chosen.cause.is_of_the_user()
                })
                .min_by_key(|(other, neighbour)| (foreign(case, &cases[*neighbour]), (*other - time).abs(), *neighbour))?;
            let mut verdict = judged[*neighbour].chosen.clone();
            if verdict.cause == Cause::UserStoreOutage && facts.outage_at(case.time).is_none() {
                return None;
            }
            verdict.score = (verdict.confidence() - 0.25).clamp(THRESHOLD, 0.65);
            verdict.evidence.insert(0, (cases[*neighbour].line, "another refusal of the same client says why".into()));
            verdict.lacks = "no line of this request says why; told by the same client's other requests";
            Some((place, verdict))
        })
        .collect();
    for (place, verdict) in borrowed {
        judged[place].chosen = verdict;
    }
}

/// Whether two requests went to different services.
fn foreign(a: &Case, b: &Case) -> bool {
    a.service != b.service
}

fn failure(case: &Case, judgement: Judgement, outline: &Outline, lines: Lines<'_>) -> Failure {
    let Judgement { chosen, others: mut alternatives } = judgement;
    // It may be another's.
    alternatives.retain(|other| (other.root_cause, other.rule) != (chosen.cause, chosen.rule));
    alternatives.truncate(ALTERNATIVES);
    let confidence = chosen.confidence();
    let seen_in: Vec<Line> = case.events.iter().map(|event| lines.named(lines.events[*event].place)).collect();
    let evidence = std::iter::once((case.line, said(case, &lines.events[case.deciding])))
        .chain(chosen.evidence)
        .map(|(place, says)| {
            let Line { file, line } = lines.named(place);
            let event = lines.event_at(place);
            Evidence { file, line, time: event.and_then(|event| event.time), says, text: event.and_then(Event::quoted) }
        })
        .collect();
    Failure {
        failure_id: String::new(),
        pattern_id: Name::default(),
        time: case.time,
        reason: case.reason,
        sub: case.sub,
        kid: case.kid,
        iss: case.iss,
        aud: case.aud,
        client_ip: case.client_ip,
        request_id: case.request_id,
        trace_id: case.trace_id,
        service: case.service,
        method: case.method,
        path: case.path,
        status: case.status,
        root_cause: chosen.cause,
        variant: chosen.variant,
        rule: chosen.rule,
        confidence,
        band: Band::of(confidence),
        cause: chosen.blame.map(|place| blamed(place, outline, lines)),
        evidence,
        counter: chosen.counter,
        alternatives,
        seen_in,
    }
}

/// What a failure's own line shows.
fn said(case: &Case, event: &Event) -> Cow<'static, str> {
    if let (Some((reason, count)), Some(status)) = (case.inferred, case.status) {
        return format!("refused with {status} and an answer as long as that of {count} others refused for {reason}").into();
    }
    match (event.reason, event.status) {
        (Some(Reason::Other), Some(401)) => "the request was refused with 401".into(),
        (Some(Reason::Other), Some(status)) => format!("the request was refused with {status}").into(),
        (Some(reason), _) => VERIFIER_SAYS[reason as usize].as_str().into(),
        (None, _) => "the request was refused".into(),
    }
}

/// What a verifier says, by reason.
static VERIFIER_SAYS: LazyLock<Vec<String>> =
    LazyLock::new(|| Reason::ALL.iter().map(|reason| format!("the verifier says {reason}")).collect());

fn blamed(place: usize, outline: &Outline, lines: Lines<'_>) -> CauseEvent {
    let (happening, best) = (&outline.lifecycle[place], outline.lifecycle.best(place));
    let Line { file, line } = lines.named(best.line);
    CauseEvent {
        kind: happening.kind,
        time: Some(happening.time),
        about: happening.key,
        event_id: best.event_id.clone(),
        file,
        line,
        text: best.quote,
    }
}

/// The best of the others: one more than are told, as what is chosen may change yet.
fn alternatives(chosen: &Verdict, verdicts: &[Verdict]) -> Vec<Alternative> {
    let mut seen = vec![(chosen.cause, chosen.rule)];
    let mut others = Vec::new();
    for verdict in verdicts {
        if !seen.contains(&(verdict.cause, verdict.rule)) && verdict.cause != Cause::Unexplained && others.len() <= ALTERNATIVES {
            seen.push((verdict.cause, verdict.rule));
            let why_not = if verdict.lacks.is_empty() { "its grounds are weaker" } else { verdict.lacks };
            others.push(Alternative { root_cause: verdict.cause, rule: verdict.rule, score: verdict.confidence(), why_not });
        }
    }
    others.shrink_to_fit();
    others
}

/// Gives each failure a name that it bears in every run, wherever its lines stand: made of its request's id where it has
/// one that no earlier one has, else of when it was and what is known of it, and of its place among those alike.
fn name_failures(failures: &mut [Failure]) {
    let mut named: HashSet<Id> = HashSet::default();
    let mut alike: HashMap<u64, u32> = HashMap::default();
    // Which of several comes first must not depend on the files that tell of them.
    let mut order: Vec<usize> = (0..failures.len()).collect();
    let what = |f: &Failure| (f.time, f.reason, f.service, f.path, f.sub);
    parallel::sort_by_cached_key(&mut order, |place| what(&failures[*place]));
    for place in order {
        let failure = &mut failures[place];
        let id = failure.request_id.or(failure.trace_id);
        if let Some(id) = id.filter(|id| named.insert(*id)) {
            failure.failure_id = id.with_text(|id| pattern::fingerprint("r1", &[id]));
            continue;
        }
        let text = |name: Option<Name>| name.map_or("", Name::as_str);
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        let time = failure.time.map(|time| time.to_rfc3339()).unwrap_or_default();
        let known = [failure.service, failure.path, failure.sub, failure.client_ip].map(text);
        let words = [&[id.as_str(), time.as_str(), failure.reason.as_str()][..], &known].concat();
        let count = alike.entry(pattern::hash(&words)).or_default();
        *count += 1;
        failure.failure_id = pattern::fingerprint("r1", &[&words[..], &[&count.to_string()]].concat());
    }
}

/// Silence of an audit source where failures ask for it (DR-43).
fn silences(failures: &[Failure], lines: Lines<'_>) -> Vec<String> {
    let mut by_stream: BTreeMap<StreamId, Vec<DateTime<Utc>>> = BTreeMap::new();
    // What the second pass found was looked for, and says nothing of how often a source speaks.
    for event in lines.events.iter().filter(|event| event.sub.is_some() && !event.looked_up) {
        let of_a_user = matches!(
            event.kind,
            EventKind::UserCreated
                | EventKind::UserDeleted
                | EventKind::UserDisabled
                | EventKind::UserRestored
                | EventKind::TokenIssued
        );
        if let Some(time) = event.time.filter(|_| of_a_user) {
            by_stream.entry(event.place.stream).or_default().push(time);
        }
    }
    let mut told: BTreeMap<String, Vec<DateTime<Utc>>> = BTreeMap::new();
    for (stream, mut times) in by_stream {
        told.entry(clock::family(lines.files, stream)).or_default().append(&mut times);
    }
    let mut asking: Vec<DateTime<Utc>> = failures
        .iter()
        .filter(|failure| failure.reason == Reason::SubNotFound && failure.cause.is_none())
        .filter_map(|failure| failure.time)
        .collect();
    asking.sort();
    let mut silences = Vec::new();
    for (source, mut times) in told.into_iter().filter(|(_, times)| times.len() >= SPEAKS) {
        times.sort();
        let mut pauses: Vec<TimeDelta> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        pauses.sort();
        let least = (pauses[pauses.len() / 2] * 5).max(SILENT);
        for pair in times.windows(2).filter(|pair| pair[1] - pair[0] > least) {
            let count = asking.partition_point(|time| *time < pair[1]) - asking.partition_point(|time| *time <= pair[0]);
            if count > 0 {
                silences.push(format!(
                    "DR-43: `{}` is silent from {} to {}, where {count} refusals ask what became of the user",
                    source.trim_start_matches('/'),
                    pair[0].format("%Y-%m-%d %H:%M:%S"),
                    pair[1].format("%Y-%m-%d %H:%M:%S"),
                ));
            }
        }
    }
    silences
}

/// What is missing from the inputs, as far as failures ask for it.
fn gaps(failures: &[Failure], outline: &Outline, lines: Lines<'_>) -> Vec<String> {
    let count = |test: &dyn Fn(&Failure) -> bool| failures.iter().filter(|failure| test(failure)).count();
    let mut gaps = Vec::new();
    let nameless = count(&|f| f.reason == Reason::SubNotFound && f.sub.is_none());
    if nameless > 0 {
        gaps.push(format!(
            "{nameless} refusals for a missing user name no subject: a gateway log with the token's `sub` would tell which users"
        ));
    }
    if !outline.audited && count(&|f| f.reason == Reason::SubNotFound) > 0 {
        gaps.push(
            "no line tells of users being created or deleted: add the identity provider's audit log or the database log"
                .to_owned(),
        );
    }
    if !outline.announces_keys && count(&|f| matches!(f.reason, Reason::KeyNotFound | Reason::SignatureInvalid)) > 0 {
        gaps.push("no line tells of keys being added, rotated or retired: add the issuer's log".to_owned());
    }
    let silent = count(&|f| f.reason == Reason::Other && f.root_cause == Cause::Unexplained);
    if silent > 0 {
        gaps.push(format!("{silent} refusals give no reason: add the log of the service that refused"));
    }
    gaps.extend(silences(failures, lines));
    gaps
}
