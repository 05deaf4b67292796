//! Verdicts of a case -> the strongest one.

use chrono::{DateTime, Utc};

use crate::causes::CAUSES;
use crate::causes::unexplained::DR_42;
use crate::causes::verdict::{Links, Verdict};
use crate::facts::view::Facts;
use crate::group::inferred::Link;
use crate::group::merge::Case;
use crate::group::response_size;
use crate::group::subject::{SESSION, SESSION_MOST};
use crate::hash::HashMap;
use crate::model::diagnosis::Alternative;
use crate::model::event::Place;
use crate::model::name::Name;
use crate::model::words::{Cause, How, Reason};

/// Below this a verdict is a hint, not a diagnosis.
const THRESHOLD: f64 = 0.40;
/// Verdicts no further apart are equally strong.
const TIE: f64 = 0.05;
/// What a verdict loses where the reason, the subject or the key that it rests on is inferred.
const INFERRED: f64 = 0.10;
/// What it loses besides where the key is that of another token of the user: tokens are renewed.
const KEY_OF_USER: f64 = 0.10;
/// What it loses where lines were joined by their path, and another line fits as well.
const AMBIGUOUS_PATH: f64 = 0.05;
/// The same where they were joined by their order in a log.
const AMBIGUOUS_SEQUENCE: f64 = 0.30;
/// How many others a failure shows.
pub(super) const ALTERNATIVES: usize = 2;

/// The verdicts of all causes on a case, weighed.
pub(super) struct Judgement {
    /// The strongest verdict.
    pub(super) chosen: Verdict,
    /// The best of the others.
    pub(super) others: Vec<Alternative>,
    /// The line of the other refusal whose verdict the chosen one is.
    pub(super) borrowed: Option<Place>,
}

/// Asks every cause for its verdicts on a case, and chooses the strongest.
pub(super) fn judge(case: &Case, links: &Links, facts: &Facts<'_>) -> Judgement {
    let mut verdicts = Vec::new();
    for rules in CAUSES.iter().filter(|rules| rules.reasons.contains(&case.reason)) {
        (rules.judge)(case, links, facts, &mut verdicts);
    }
    if case.inferred.is_some() || case.sub_from.is_some() || case.kid_from.is_some() {
        for verdict in &mut verdicts {
            lower(verdict, INFERRED);
        }
    }
    strongest_first(&mut verdicts);
    // What all of them rest on alike decides between none.
    let doubt = doubt(case);
    for verdict in &mut verdicts {
        lower(verdict, doubt);
    }
    let mut verdicts = verdicts.into_iter();
    let chosen = verdicts.next().unwrap_or_else(|| Verdict::new(&DR_42, 0.0));
    Judgement { others: alternatives(&chosen, verdicts.as_slice()), chosen, borrowed: None }
}

/// Lowers the score of a verdict, but not below the threshold: one that counts as possible still does.
fn lower(verdict: &mut Verdict, by: f64) {
    verdict.score = (verdict.score - by).max(verdict.score.min(THRESHOLD));
}

/// What the verdicts on a case lose for how its lines were joined and its key was found: as much as the least sure of it
/// costs. What costs nothing is right as often as what was read.
fn doubt(case: &Case) -> f64 {
    let of_user = case.kid_from.is_some_and(|from| from.how == How::TokenOfUser);
    let link = |link: &Link| match link.how {
        How::Path if link.ambiguous => AMBIGUOUS_PATH,
        How::Sequence if link.ambiguous => AMBIGUOUS_SEQUENCE,
        _ => 0.0,
    };
    case.links.iter().map(link).fold(if of_user { KEY_OF_USER } else { 0.0 }, f64::max)
}

/// Sorts verdicts, the strongest first; those within [`TIE`] of the strongest are sorted by the order of [`CAUSES`].
fn strongest_first(verdicts: &mut [Verdict]) {
    let precedence = |cause: Cause| CAUSES.iter().position(|rules| rules.cause == cause);
    verdicts.sort_by(|a, b| b.confidence().total_cmp(&a.confidence()));
    let Some(best) = verdicts.first().map(Verdict::confidence) else { return };
    let tied = verdicts.iter().take_while(|verdict| best - verdict.confidence() <= TIE).count();
    verdicts[..tied].sort_by_key(|verdict| precedence(verdict.cause()));
    // Below the threshold a verdict is only a hint, and `unexplained` comes first.
    if best < THRESHOLD {
        verdicts.sort_by_key(|verdict| verdict.cause() != Cause::Unexplained);
    }
}

/// Gives a refusal without a reason the verdict on the nearest refusal of the same client that has one.
pub(super) fn by_session(cases: &[Case], judged: &mut [Judgement], facts: &Facts<'_>) {
    let mut by_client: HashMap<Name, Vec<(DateTime<Utc>, usize)>> = HashMap::default();
    for (index, case) in cases.iter().enumerate() {
        let explained = judged[index].chosen.cause() != Cause::Unexplained;
        if let (Some(client), Some(time), true) = (&case.client_ip, case.time, explained && case.reason != Reason::Other) {
            by_client.entry(*client).or_default().push((time, index));
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each is sorted on its own")]
    for explained in by_client.values_mut() {
        explained.sort();
    }
    let borrowed: Vec<(usize, Verdict, Place)> = cases
        .iter()
        .enumerate()
        .filter(|(index, case)| case.reason == Reason::Other && judged[*index].chosen.cause() == Cause::Unexplained)
        .filter_map(|(index, case)| {
            let time = case.time?;
            let explained = by_client.get(&case.client_ip?)?;
            let from = explained.partition_point(|(other, _)| *other < time - SESSION);
            let to = explained.partition_point(|(other, _)| *other <= time + SESSION);
            // With more refusals it is not the session of a single client.
            let (_, neighbour) = explained[from..to.min(from + SESSION_MOST)]
                .iter()
                .filter(|(_, neighbour)| !response_size::differ(case, &cases[*neighbour]))
                .filter(|(_, neighbour)| {
                    // What happened to the user shows at every service that looks at accounts; keys, claims and clocks are each
                    // service's own.
                    if judged[*neighbour].chosen.cause().is_of_the_user() {
                        !facts.history.ignores_accounts(case)
                    } else {
                        !foreign(case, &cases[*neighbour])
                    }
                })
                .min_by_key(|(other, neighbour)| (foreign(case, &cases[*neighbour]), (*other - time).abs(), *neighbour))?;
            let mut verdict = judged[*neighbour].chosen.clone();
            if verdict.cause() == Cause::UserStoreOutage && facts.outage_at(case.time).is_none() {
                return None;
            }
            // Another service may well have refused for another reason: that is right less often than not.
            let most = if foreign(case, &cases[*neighbour]) { THRESHOLD } else { 0.65 };
            verdict.score = (verdict.confidence() - 0.25).clamp(THRESHOLD, most);
            verdict.evidence.insert(0, (cases[*neighbour].line, "another refusal of the same client says why".into()));
            verdict.lacks = "no line of this request says why; told by the same client's other requests";
            Some((index, verdict, cases[*neighbour].line))
        })
        .collect();
    for (index, verdict, line) in borrowed {
        judged[index].chosen = verdict;
        judged[index].borrowed = Some(line);
    }
}

/// Whether two requests went to different services.
fn foreign(a: &Case, b: &Case) -> bool {
    a.service != b.service
}

/// The best of the others: one more than a failure shows, as the chosen one may still be replaced.
fn alternatives(chosen: &Verdict, verdicts: &[Verdict]) -> Vec<Alternative> {
    let mut seen = vec![(chosen.cause(), chosen.rule.id)];
    let mut others = Vec::new();
    for verdict in verdicts {
        if !seen.contains(&(verdict.cause(), verdict.rule.id))
            && verdict.cause() != Cause::Unexplained
            && others.len() <= ALTERNATIVES
        {
            seen.push((verdict.cause(), verdict.rule.id));
            let why_not = if verdict.lacks.is_empty() { "its grounds are weaker" } else { verdict.lacks };
            others.push(Alternative {
                root_cause: verdict.cause(),
                rule: verdict.rule.id,
                score: verdict.confidence(),
                why_not: why_not.into(),
            });
        }
    }
    others.shrink_to_fit();
    others
}
