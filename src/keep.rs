//! What is held of events in memory: not what nobody will read.

use crate::event::{Claims, Event, Extra, Text};

/// Drops what only rows show.
pub fn forget(events: &mut [Event]) {
    for event in events {
        event.level = None;
        event.message = Text::new();
        if let Some(claims) = event.claims.as_deref_mut() {
            (claims.alg, claims.jti) = (None, None);
        }
        event.claims.take_if(|claims| **claims == Claims::default());
        if let Some(extra) = event.extra.as_deref_mut() {
            (extra.session_id, extra.change) = (None, None);
        }
        event.extra.take_if(|extra| **extra == Extra::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventKind, Place, StreamId};

    #[test]
    fn without_rows_only_what_a_diagnosis_reads_is_held() {
        let least = Event::bare(EventKind::AuthFailure, Place { stream: StreamId(0), line: 1 }, "json");
        let least = Event { sub: Some("u-1".into()), gist: 7, reuse: true, ..least };
        let mut events = [least.clone()];
        events[0].level = Some("INFO".into());
        events[0].message = "refresh_token_already_used".into();
        events[0].claims_mut().jti = Some("t-1".into());
        events[0].extra_mut().session_id = Some("s-1".into());
        forget(&mut events);
        assert_eq!(events, [least]);
    }
}
