//! What is held of events in memory: equal texts once, and not at all what nobody will read.
//!
//! Services, subjects, addresses and paths repeat from record to record, ids of requests hardly do. [`shared`] gives
//! equal texts one allocation, as far as a thread remembers them: it has a slot for each hash, so it costs the same
//! whatever the logs hold.

use std::cell::RefCell;
use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::event::{Claims, Event, EventKind, Extra, Text};

/// How many texts a thread remembers, a power of two.
const SLOTS: usize = 1 << 15;

thread_local! {
    /// For each hash the last text that had it, and the rest of the hash: most others are told apart without a look at
    /// the text, which lies in memory that no cache holds.
    static TEXTS: RefCell<Box<[(u32, Text)]>> = RefCell::new(vec![(0, Text::new()); SLOTS].into());
}

/// The text, as one that was made before if that is remembered.
pub fn shared(text: &str) -> Text {
    let hash = FxBuildHasher.hash_one(text.as_bytes());
    TEXTS.with_borrow_mut(|texts| {
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose a slot")]
        let (slot, rest) = (hash as usize % SLOTS, (hash >> 32) as u32);
        let (known, remembered) = &mut texts[slot];
        if *known != rest || remembered != text {
            (*known, *remembered) = (rest, text.into());
        }
        remembered.clone()
    })
}

/// Drops what only rows show. A refusal stays whole: by its text it is told whether the next one is the same.
pub fn forget(events: &mut [Event]) {
    events.iter_mut().filter(|event| event.kind != EventKind::AuthFailure).for_each(forget_rows);
}

/// Drops what no diagnosis reads of refusals, when it is known which of them are the same.
pub fn forget_folded(events: &mut [Event]) {
    for event in events.iter_mut().filter(|event| event.kind == EventKind::AuthFailure) {
        forget_rows(event);
        if !event.says_reuse() {
            event.message = Text::new();
        }
    }
}

/// Drops what no diagnosis reads.
fn forget_rows(event: &mut Event) {
    event.level = None;
    if let Some(claims) = event.claims.as_deref_mut() {
        (claims.alg, claims.jti) = (None, None);
    }
    event.claims.take_if(|claims| **claims == Claims::default());
    if let Some(extra) = event.extra.as_deref_mut() {
        (extra.session_id, extra.change) = (None, None);
    }
    event.extra.take_if(|extra| **extra == Extra::default());
    if !event.kind.speaks() {
        event.message = Text::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Place, StreamId};

    fn event(kind: EventKind) -> Event {
        let mut event = Event::bare(kind, Place { stream: StreamId(0), line: 1 }, "json");
        event.sub = Some("u-1".into());
        event.level = Some("INFO".into());
        event.message = "jwt accepted".into();
        event.claims_mut().jti = Some("t-1".into());
        event.extra_mut().session_id = Some("s-1".into());
        event
    }

    #[test]
    fn equal_texts_are_held_once() {
        let (one, other) = (shared("u-1"), shared("u-1"));
        assert!(Text::ptr_eq(&one, &other));
        assert_eq!([&*one, &*shared("u-2"), &*shared("")], ["u-1", "u-2", ""]);
    }

    #[test]
    fn without_rows_only_what_a_diagnosis_reads_is_held() {
        let mut events = [event(EventKind::AuthSuccess), event(EventKind::AuthFailure)];
        forget(&mut events);
        let mut least = Event::bare(EventKind::AuthSuccess, events[0].place, "json");
        least.sub = Some("u-1".into());
        assert_eq!(events, [least.clone(), event(EventKind::AuthFailure)]);
        forget_folded(&mut events);
        let refusal = Event { kind: EventKind::AuthFailure, ..least };
        assert_eq!(events[1], refusal);
    }

    #[test]
    fn a_refusal_that_speaks_of_reuse_keeps_its_text() {
        let mut events = [event(EventKind::AuthFailure)];
        events[0].message = "refresh_token_already_used".into();
        forget_folded(&mut events);
        assert!(events[0].says_reuse());
    }
}
