//! Checks a catalog against its examples.

use crate::extract::detector::Detector;
use crate::extract::field_value;
use crate::extract::signature::{Example, Signature};
use crate::model::event::{Event, Reason};
use crate::model::field::Field;
use crate::redact::Redactor;

/// Extracts events from the examples of every signature from the one at `from` on, and lists what is not as promised.
///
/// Each example becomes an event of its signature, or of a more specific one that means the same, with the values it
/// promises; no counterexample becomes an event of that signature.
pub fn check(detector: &Detector, from: usize) -> Vec<String> {
    let signatures = &detector.catalog().signatures;
    let mut breaches = Vec::new();
    for signature in signatures.iter().skip(from) {
        for (number, example) in (1..).zip(&signature.examples) {
            if let Some(breach) = check_example(detector, signature, example) {
                breaches.push(format!("`{}`: example {number}: {breach}", signature.id));
            }
        }
        for (number, counter) in (1..).zip(&signature.counterexamples) {
            let own = |event: &Event| event.signature.is_some_and(|id| signatures[id.index() as usize].id == signature.id);
            if detector.events_of(&counter.record).iter().any(own) {
                breaches.push(format!("`{}`: counterexample {number} matches, but {}", signature.id, counter.because));
            }
        }
    }
    breaches
}

fn check_example(detector: &Detector, signature: &Signature, example: &Example) -> Option<String> {
    let events = detector.events_of(&example.record);
    // Where an entry gives no reason, an error beside its text may.
    let is_told = |event: &Event| event.by_phrase && event.signature.is_some() && signature.reason == Some(Reason::Other);
    let means = |event: &&Event| event.kind == signature.kind && (event.reason == signature.reason || is_told(event));
    let alike: Vec<&Event> = events.iter().filter(means).collect();
    if alike.is_empty() {
        let others: Vec<&str> = events
            .iter()
            .map(|event| event.signature.map_or("a bare refusal", |id| &detector.catalog().signatures[id.index() as usize].id))
            .collect();
        return Some(if others.is_empty() { "no event".to_owned() } else { format!("taken by {}", others.join(", ")) });
    }
    example.reads.iter().find_map(|(field, wanted)| {
        let Some(known) = Field::named(field) else { return Some(format!("`{field}` is no field of an event")) };
        // Times and addresses of events are normalised, so the promised values are too.
        let mut promised = alike[0].clone();
        field_value::set(&mut promised, known, wanted, Redactor::BARE);
        let kept = alike.iter().any(|event| known.of(event) == known.of(&promised));
        (!kept).then(|| format!("{field} is {:?}, not {:?}", known.of(alike[0]), known.of(&promised)))
    })
}
