//! Events -> Diagnoses -> Patterns: why each failed request failed.
//!
//! In order: zone-less clocks are settled ([`clock`]), clocks that are off are put right ([`offset`]), lines become
//! cases ([`merge`]), refusals without a reason get that of others with an answer as long ([`response_size`]), subjects are filled in
//! ([`subject`]), facts are gathered ([`Facts`]), every cause judges each case ([`causes`](crate::causes)), the
//! strongest verdict is chosen here, and equal diagnoses become patterns ([`pattern`]). Facts do not depend on the order
//! in which they were gathered, nor verdicts on that of cases; only refusals without a reason use the verdicts of other cases.

mod choose;
mod explain;
pub mod finding;
pub mod fingerprint;
mod gaps;
pub mod identity;
mod inference;
pub mod lines;
pub mod pattern;
pub mod tally;

use std::sync::Arc;

use crate::causes::verdict::{Links, ORDER_TOLERANCE};
use crate::check::inventory::Inventory;
use crate::correlate::choose::{by_session, judge};
use crate::correlate::explain::failure;
use crate::correlate::gaps::gaps;
use crate::correlate::identity::name_failures;
use crate::correlate::lines::Lines;
use crate::correlate::pattern::PatternParts;
use crate::extract::extracted::Extracted;
use crate::facts::gathered::Gathered;
use crate::facts::table::Side;
use crate::facts::timeline;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::group::{merge, response_size, subject, token_key};
use crate::model::diagnosis::Failure;
use crate::model::event::{Event, EventKind, Text};
use crate::model::finding::Finding;
use crate::model::pattern::Pattern;
use crate::model::report::KeyLife;
use crate::normalise::offset::Offset;
use crate::normalise::shift::Shifts;
use crate::normalise::{clock, offset};
use crate::parallel;

/// What correlation makes of a scan.
#[derive(Debug, Default)]
pub struct Correlated {
    /// One for each failed request, in the order of time and line.
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

/// The refused requests of a scan whose clocks are put right: what is to be explained, and what was wrong with the clocks.
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
    // They are among the facts now.
    scan.observations = Vec::new();
    explain(grouped, gathered.settle(&files, inventory), &scan.events)
}

/// Puts the clocks of a scan right and brings the lines of each refused request together.
pub fn group(scan: &mut Extracted, inventory: &Inventory) -> Grouped {
    inventory.add_events(scan);
    let files = scan.files();
    let zones = clock::settle(&mut scan.events, &files).into_iter().collect();
    let offsets = offset::settle(&mut scan.events, &mut scan.observations, &files);
    let merge::Merged { mut cases, unrelated } = merge::merge(&scan.events, &files);
    response_size::infer_reasons(&scan.events, &files, &mut cases);
    subject::infer(&scan.events, &scan.observations, &mut cases);
    token_key::infer(&scan.events, &mut cases);
    Grouped { cases, unrelated, zones, offsets }
}

/// Explains refused requests by the facts; `events` are those that the requests were made of.
pub fn explain(grouped: Grouped, facts: Facts<'_>, events: &[Event]) -> Correlated {
    let Grouped { cases, unrelated, zones, offsets } = grouped;
    let sources = Arc::clone(&facts.sources);
    let lines = Lines { events, sources: &sources };
    let mut judged = parallel::map(cases.len(), |index| judge(&cases[index], &links(&cases[index], &facts), &facts));
    by_session(&cases, &mut judged, &facts);
    let keys = timeline::keys(&facts);
    let got_through = finding::got_through(&facts, lines);
    let outline = facts.into_outline();
    let shifts = shifts(&zones, &offsets, &sources.files);
    let mut failures =
        parallel::map_pairs(cases, judged, |case, judgement| failure(&case, judgement, &outline, lines, shifts.as_ref()));
    // The sort is stable: failures of one time stay in the order of their first lines.
    parallel::sort_by_plain_key(&mut failures, |failure| failure.time);
    name_failures(&mut failures);
    let patterns = failures.iter().collect::<PatternParts>().finish();
    let findings = finding::findings(got_through, &failures);
    let gaps = gaps(&failures, &outline, lines);
    Correlated { failures, patterns, findings, unrelated_refusals: unrelated, zones, keys, offsets, gaps }
}

/// How far times were moved, where any was.
fn shifts(zones: &[(String, Option<clock::Proof>)], offsets: &[Offset], files: &[Text]) -> Option<Shifts> {
    let is_moved = !offsets.is_empty() || zones.iter().any(|(_, proof)| proof.as_ref().is_some_and(|proof| proof.shift != 0));
    is_moved.then(|| Shifts::of(zones, offsets, files))
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
