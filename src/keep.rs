//! What is held of events in memory: equal texts once, and not at all what nobody will read.
//!
//! Services, subjects, addresses and paths repeat from record to record, ids of requests hardly do. A [`Keeper`] gives
//! equal texts one allocation, as far as it remembers them: it has a slot for each hash, so it costs the same whatever
//! the logs hold.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::event::{Claims, Event, EventKind, Extra, Text};

/// How many texts a keeper remembers, a power of two.
const SLOTS: usize = 1 << 16;

/// Makes events small before they are kept.
#[derive(Debug)]
pub struct Keeper {
    texts: Box<[Text]>,
    for_rows: bool,
}

impl Keeper {
    /// One that has seen nothing yet. Whether events are written as rows decides whether it keeps what only rows show.
    pub fn new(for_rows: bool) -> Self {
        Self { texts: vec![Text::new(); SLOTS].into(), for_rows }
    }

    /// Makes events small.
    pub fn keep(&mut self, events: &mut [Event]) {
        for event in events {
            // A refusal stays whole: by its text it is told whether the next one is the same.
            if !self.for_rows && event.kind != EventKind::AuthFailure {
                forget_rows(event);
            }
            let texts = [
                &mut event.sub,
                &mut event.kid,
                &mut event.client_ip,
                &mut event.service,
                &mut event.host,
                &mut event.method,
                &mut event.path,
                &mut event.level,
            ];
            for text in texts.into_iter().flatten() {
                self.share(text);
            }
            if let Some(claims) = event.claims.as_deref_mut() {
                for text in [&mut claims.iss, &mut claims.aud, &mut claims.alg, &mut claims.jti].into_iter().flatten() {
                    self.share(text);
                }
            }
            if let Some(extra) = event.extra.as_deref_mut() {
                let texts =
                    [&mut extra.tenant, &mut extra.username, &mut extra.client_id, &mut extra.user_agent, &mut extra.role];
                for text in texts.into_iter().flatten() {
                    self.share(text);
                }
            }
        }
    }

    /// Puts the remembered text in the place of an equal one, or remembers this one.
    fn share(&mut self, text: &mut Text) {
        let hash = FxBuildHasher.hash_one(text.as_bytes());
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose a slot")]
        let slot = &mut self.texts[hash as usize % SLOTS];
        if slot == text {
            text.clone_from(slot);
        } else {
            slot.clone_from(text);
        }
    }
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
        let mut events = [event(EventKind::AuthSuccess), event(EventKind::AuthFailure)];
        Keeper::new(true).keep(&mut events);
        let [Some(one), Some(other)] = events.each_ref().map(|event| event.sub.as_ref()) else { panic!("both have one") };
        assert!(Text::ptr_eq(one, other));
        assert_eq!(events[0], event(EventKind::AuthSuccess));
    }

    #[test]
    fn without_rows_only_what_a_diagnosis_reads_is_held() {
        let mut events = [event(EventKind::AuthSuccess), event(EventKind::AuthFailure)];
        Keeper::new(false).keep(&mut events);
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
