//! What of a failure was not read from its lines but inferred: as its row names it, and as evidence that a person can check.

use std::borrow::Cow;

use chrono::TimeDelta;

use crate::correlate::lines::Lines;
use crate::group::inferred::{InferredReason, Link, Origin};
use crate::group::merge::Case;
use crate::model::diagnosis::{Inference, Line};
use crate::model::event::{Event, Place};
use crate::model::id::Id;
use crate::model::words::{How, InferredField};
use crate::normalise::shift::Shifts;

/// A line that something is inferred from, and what it shows of that.
type Shown = (Place, Cow<'static, str>);

/// Something that was inferred of a case.
pub(super) struct Inferred {
    pub(super) row: Inference,
    /// Absent where other evidence shows it.
    pub(super) shown: Option<Shown>,
}

/// All that was inferred of a case: how its lines were brought together, its reason, subject, key and time. `shifts` are
/// the moves of clocks, if any was moved.
pub(super) fn inferred(case: &Case, lines: Lines<'_>, shifts: Option<&Shifts>) -> Vec<Inferred> {
    let joined = case.links.iter().map(|link| linked(case, *link, lines));
    let beside = case.events.iter().filter_map(|index| beside(case, *index, lines));
    let origin = |field, origin: Origin| inference(field, origin.how, origin.place, Some(source(field, origin.how)), lines);
    let mut all: Vec<Inferred> = joined.chain(beside).chain(reason(case, lines)).collect();
    all.extend(case.sub_from.map(|from| origin(InferredField::Sub, from)));
    all.extend(case.kid_from.map(|from| origin(InferredField::Kid, from)));
    all.extend(shifts.and_then(|shifts| case.events.iter().find_map(|index| moved(&lines.events[*index], shifts, lines))));
    all
}

/// That the root cause is that of another refusal, which the verdict shows.
pub(super) fn borrowed(from: Place, lines: Lines<'_>) -> Inferred {
    inference(InferredField::RootCause, How::OtherRefusal, from, None, lines)
}

fn inference(field: InferredField, how: How, from: Place, says: Option<Cow<'static, str>>, lines: Lines<'_>) -> Inferred {
    let row = Inference { field, how, from: Some(lines.named(from)), ambiguous: false };
    Inferred { row, shown: says.map(|says| (from, says)) }
}

/// Two lines that were joined: the one that decides less, and which other it was joined with.
fn linked(case: &Case, link: Link, lines: Lines<'_>) -> Inferred {
    let [one, other] = link.lines;
    let (with, from) = if other == case.deciding { (other, one) } else { (one, other) };
    let (with, from) = (&lines.events[with], &lines.events[from]);
    let Line { file, line: number } = lines.named(with.place);
    let apart = with.time.zip(from.time).map(|(time, other)| format!(", {} apart", span((time - other).abs())));
    let rival = if link.ambiguous { "; another line fits as well" } else { "" };
    let says = format!("joined with {file}:{number} by {}{}{rival}", common(link.how), apart.unwrap_or_default());
    let mut found = inference(InferredField::SeenIn, link.how, from.place, Some(says.into()), lines);
    found.row.ambiguous = link.ambiguous;
    found
}

/// What lines have in common that were joined.
fn common(how: How) -> &'static str {
    match how {
        How::ClientAndPath => "client, path and time",
        How::Path => "path and time",
        How::Client => "client and time",
        How::Subject => "subject and time",
        How::Sequence => "their order in the log",
        _ => "time alone",
    }
}

/// A line that adjoins a refusal in its log, and is taken for one of the same request though it has no id to show it.
fn beside(case: &Case, index: usize, lines: Lines<'_>) -> Option<Inferred> {
    let event = &lines.events[index];
    let apart = event.beside?;
    let target = Place { line: event.place.line.checked_add_signed(apart.get().into())?, ..event.place };
    let refusal = case.events.iter().map(|index| &lines.events[*index]).find(|event| event.place == target)?;
    let shares = |id: fn(&Event) -> Option<Id>| id(event).is_some() && id(event) == id(refusal);
    if shares(|event| event.request_id) || shares(|event| event.trace_id) {
        return None;
    }
    let count = apart.unsigned_abs().get();
    let lines_apart = if count == 1 { "line" } else { "lines" };
    let side = if apart.get() > 0 { "before" } else { "after" };
    let says = format!("stands {count} {lines_apart} {side} the refusal in its log");
    Some(inference(InferredField::SeenIn, How::Beside, event.place, Some(says.into()), lines))
}

/// A reason that was not read, or read from words that no entry of the catalog lists.
fn reason(case: &Case, lines: Lines<'_>) -> Option<Inferred> {
    let deciding = &lines.events[case.deciding];
    let (how, from, says) = match case.inferred {
        Some(InferredReason { elsewhere: true, from, .. }) => {
            (How::RefusedElsewhere, from, Some("the client of a refusal with an answer as long was refused here then".to_owned()))
        }
        Some(InferredReason { reason, from, .. }) => {
            (How::AnswerSize, from, Some(format!("refused for {reason}, with an answer as long")))
        }
        None if deciding.by_phrase && deciding.reason.is_some() => (How::Phrase, deciding.place, None),
        None => return None,
    };
    Some(inference(InferredField::Reason, how, from, says.map(Cow::from), lines))
}

/// Where a subject or key is taken from, in words.
fn source(field: InferredField, how: How) -> Cow<'static, str> {
    match (field, how) {
        (_, How::EndedUser) => "the subject is inferred: of this client's users the only one to whom something had happened",
        (InferredField::Sub, _) => "the subject is inferred: the only one of this client within ten minutes",
        (_, How::TokenOfUser) => "the key is inferred: that of another token of the same user around then",
        _ => "the key is inferred: that of another token of the same client around then",
    }
    .into()
}

/// That the time of a line was moved, if it was.
fn moved(event: &Event, shifts: &Shifts, lines: Lines<'_>) -> Option<Inferred> {
    let (zone, ahead) = shifts.parts(event);
    let found = |how, says: String| inference(InferredField::Time, how, event.place, Some(says.into()), lines);
    if !ahead.is_zero() {
        let side = if ahead > TimeDelta::zero() { "ahead" } else { "behind" };
        return Some(found(
            How::MovedClock,
            format!("the clock of this log was {} {side}, and was put right", span(ahead.abs())),
        ));
    }
    let side = if zone > TimeDelta::zero() { "later" } else { "earlier" };
    let says = || format!("this stamp names no zone; other sources prove that it is {} {side} than it reads", span(zone.abs()));
    (!zone.is_zero()).then(|| found(How::ProvedZone, says()))
}

/// A span of time: milliseconds up to a second, seconds up to two minutes, minutes beyond.
fn span(span: TimeDelta) -> String {
    match span.num_milliseconds() {
        ms @ 0..1000 => format!("{ms} ms"),
        ms @ 1000..120_000 if ms % 1000 == 0 => format!("{} s", ms / 1000),
        ms @ 1000..120_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        ms => format!("{} min", ms / 60_000),
    }
}
