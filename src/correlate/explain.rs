//! A judged case -> a failure: the verdict with its lines, as reports and rows show it.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::correlate::choose::{ALTERNATIVES, Judgement};
use crate::correlate::identity::pattern_id;
use crate::correlate::inference::{self, Inferred};
use crate::correlate::lines::Lines;
use crate::extract::template;
use crate::facts::outline::Outline;
use crate::group::inferred::InferredReason;
use crate::group::merge::Case;
use crate::model::diagnosis::{CauseEvent, Evidence, Failure, Line};
use crate::model::event::{Event, EventKind};
use crate::model::name::Name;
use crate::model::words::{Band, Reason};
use crate::normalise::shift::Shifts;
use crate::redact::Redactor;

/// Makes the failure of a judged case.
pub(super) fn failure(
    case: &Case,
    judgement: Judgement,
    outline: &Outline,
    lines: Lines<'_>,
    shifts: Option<&Shifts>,
) -> Failure {
    let Judgement { chosen, others: mut alternatives, borrowed } = judgement;
    // The chosen verdict may be that of another case, and then stands among these as well.
    alternatives.retain(|other| (other.root_cause, other.rule) != (chosen.cause(), chosen.rule.id));
    alternatives.truncate(ALTERNATIVES);
    let confidence = chosen.confidence();
    let seen_in: Vec<Line> = case.events.iter().map(|event| lines.named(lines.events[*event].place)).collect();
    let beside = words_beside(case, lines.events);
    let mut inferred = inference::inferred(case, lines, shifts);
    inferred.extend(borrowed.map(|from| inference::borrowed(from, lines)));
    let (mut inferred, inferred_from): (Vec<_>, Vec<_>) =
        inferred.into_iter().map(|Inferred { row, shown }| (row, shown)).unzip();
    inferred.shrink_to_fit();
    let mut evidence: Vec<Evidence> = std::iter::once((case.line, said(case, &lines.events[case.deciding])))
        .chain(beside.map(|event| (event.place, "the service wrote this beside the refusal".into())))
        .chain(chosen.evidence)
        .chain(inferred_from.into_iter().flatten())
        .map(|(place, says)| {
            let Line { file, line } = lines.named(place);
            let (time, text) = lines.shown(place);
            Evidence { file, line, time, says, text }
        })
        .collect();
    // Of all failures together the room left is more than what is kept.
    evidence.shrink_to_fit();
    let object = chosen.blame.map(|index| outline.lifecycle[index].key);
    let failure = Failure {
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
        root_cause: chosen.rule.cause,
        variant: chosen.variant,
        rule: chosen.rule.id,
        confidence,
        band: Band::of(confidence),
        cause: chosen.blame.map(|index| blamed(index, outline, lines)),
        evidence,
        counter: chosen.counter,
        alternatives,
        seen_in,
        inferred,
        words: beside.and_then(|event| event.quote).map(without_values),
    };
    Failure { pattern_id: pattern_id(&failure, object), ..failure }
}

/// The line beside a refusal that says why in words whose meaning is not known, where no other line gives a reason: the
/// nearest.
fn words_beside<'e>(case: &Case, events: &'e [Event]) -> Option<&'e Event> {
    if case.reason != Reason::Other {
        return None;
    }
    let members = case.events.iter().map(|index| &events[*index]);
    let said = members.filter(|event| event.kind == EventKind::Request && event.quote.is_some());
    said.filter_map(|event| Some((event.beside?.unsigned_abs(), event))).min_by_key(|(apart, _)| *apart).map(|(_, event)| event)
}

/// What a line says without what varies from one to the next.
fn without_values(quote: Name) -> Name {
    Name::of(&template::masked(&Redactor::without_hashes(&quote.text())))
}

/// What a failure's deciding line shows.
fn said(case: &Case, event: &Event) -> Cow<'static, str> {
    if let (Some(InferredReason { reason, count, elsewhere, .. }), Some(status)) = (case.inferred, case.status) {
        return if elsewhere {
            format!("refused with {status} and an answer as long as that of {count} others, whose clients were refused elsewhere for {reason} at that moment")
        } else {
            format!("refused with {status} and an answer as long as that of {count} others refused for {reason}")
        }
        .into();
    }
    match (event.reason, event.status) {
        (Some(Reason::Other), Some(401)) => "the request was refused with 401".into(),
        (Some(Reason::Other), Some(status)) => format!("the request was refused with {status}").into(),
        (Some(reason), _) if event.by_phrase => {
            format!("the verifier says {reason}, in words that no catalog entry lists").into()
        }
        (Some(reason), _) => VERIFIER_SAYS[reason as usize].as_str().into(),
        (None, _) => "the request was refused".into(),
    }
}

/// What a verifier says, by reason.
static VERIFIER_SAYS: LazyLock<Vec<String>> =
    LazyLock::new(|| Reason::ALL.iter().map(|reason| format!("the verifier says {reason}")).collect());

fn blamed(index: usize, outline: &Outline, lines: Lines<'_>) -> CauseEvent {
    let (event, best) = (&outline.lifecycle[index], outline.lifecycle.best(index));
    let Line { file, line } = lines.named(best.line);
    CauseEvent {
        kind: event.kind,
        time: Some(event.time),
        event_id: best.event_id.clone(),
        file,
        line,
        text: best.quote.map(Name::text),
    }
}
