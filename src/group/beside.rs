//! Joins what is said beside a refused request to the request: the line names the line of the refusal.

use crate::hash::HashMap;
use crate::model::event::{Event, EventKind, Place};

/// Moves lines that stand beside a refusal into the group of the refusal. `groups` are lists of events.
pub fn join(events: &[Event], groups: &mut [Vec<usize>]) {
    let beside: Vec<(usize, Place)> = (0..).zip(events).filter_map(|(index, event)| Some((index, target(event)?))).collect();
    if beside.is_empty() {
        return;
    }
    let mut refusals: HashMap<Place, Option<usize>> = beside.iter().map(|(_, place)| (*place, None)).collect();
    let mut own: HashMap<usize, usize> = HashMap::default();
    for (group, members) in groups.iter().enumerate() {
        for index in members {
            let event = &events[*index];
            if event.beside.is_some() {
                own.insert(*index, group);
            } else if event.kind == EventKind::AuthFailure
                && let Some(known) = refusals.get_mut(&event.place)
            {
                *known = Some(group);
            }
        }
    }
    for (index, place) in beside {
        let Some(group) = refusals.get(&place).copied().flatten() else { continue };
        match own.get(&index) {
            Some(own) if *own == group => {}
            // A line with an id of its own stays with the others of that.
            Some(own) if groups[*own].len() > 1 => {}
            Some(own) => {
                groups[*own].clear();
                groups[group].push(index);
            }
            None => groups[group].push(index),
        }
    }
}

/// The place of the refusal that an event stands beside.
fn target(event: &Event) -> Option<Place> {
    let line = event.place.line.checked_add_signed(event.beside?.get().into())?;
    Some(Place { stream: event.place.stream, line })
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroI16;

    use super::*;
    use crate::model::event::StreamId;

    fn event(kind: EventKind, line: u64, beside: i16) -> Event {
        let mut event = Event::bare(kind, Place { stream: StreamId(0), line });
        event.beside = NonZeroI16::new(beside);
        event
    }

    #[test]
    fn a_line_joins_the_refusal_that_it_stands_beside() {
        let events = [
            event(EventKind::Request, 1, 1),
            event(EventKind::AuthFailure, 2, 0),
            event(EventKind::AuthFailure, 4, 0),
            event(EventKind::AuthFailure, 5, -1),
            event(EventKind::Request, 9, 3),
        ];
        let mut groups = vec![vec![1], vec![2], vec![3]];
        join(&events, &mut groups);
        assert_eq!(groups, [vec![1, 0], vec![2, 3], vec![]]);
    }

    #[test]
    fn a_line_that_is_with_others_stays() {
        let events =
            [event(EventKind::AuthFailure, 1, 1), event(EventKind::AuthFailure, 2, 0), event(EventKind::AuthFailure, 9, 0)];
        let mut groups = vec![vec![0, 2], vec![1]];
        join(&events, &mut groups);
        assert_eq!(groups, [vec![0, 2], vec![1]]);
    }
}
