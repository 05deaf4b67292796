//! Brings the lines together that share the id of a request or of a trace.

use crate::group::split;
use crate::model::event::{Event, EventKind};
use crate::model::id::Id;
use crate::normalise::ids::{self, IdRef};
use crate::parallel;

/// Whether an event can be a line of a request at all.
fn of_request(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::AuthFailure
            | EventKind::AuthSuccess
            | EventKind::TokenIssued
            | EventKind::Request
            | EventKind::Unrelated
            | EventKind::UserStoreError
            | EventKind::ServiceError
    )
}

/// Groups of events of one request, by the id they share: those that hold a failure, or that one without an id may join.
pub fn by_id(events: &[Event]) -> Vec<Vec<usize>> {
    let leaders = leaders(events);
    let leader = |index: usize| leaders[index] as usize;
    let mut matters = vec![false; events.len()];
    for (index, event) in events.iter().enumerate() {
        if leaders[index] != NO_LEADER && is_seed(event) {
            matters[leader(index)] = true;
        }
    }
    let nameless = |index: usize| events[index].request_id.is_none();
    // Requests come before mere traces, and in each those that name it before those of its trace.
    let mut members: Vec<(bool, u32, bool, usize)> = (0..events.len())
        .filter(|index| leaders[*index] != NO_LEADER && matters[leader(*index)])
        .map(|index| (nameless(leader(index)), leaders[index], nameless(index), index))
        .collect();
    parallel::sort_by_key(&mut members, |member| *member);
    let groups: Vec<Vec<usize>> =
        members.chunk_by(|a, b| a.1 == b.1).map(|group| group.iter().map(|(.., index)| *index).collect()).collect();
    let mut requests = Vec::with_capacity(groups.len());
    requests.extend(parallel::map_each(groups, |group| split::split(events, group)).into_iter().flatten());
    requests
}

/// The leader of an event without an id.
const NO_LEADER: u32 = u32::MAX;

/// For each event its leader, which is the same for all events of one request: the first event with its request id, or
/// with its trace id where it has no other. If some events of a trace have no request id, they could be of any of its
/// requests, so all of these get one leader.
fn leaders(events: &[Event]) -> Vec<u32> {
    const REQUEST: u8 = 0;
    const BOTH: u8 = 1;
    const TRACE: u8 = 2;
    let mut id_refs = ids::id_refs(events, |index, event| {
        if !of_request(event) {
            return [None, None];
        }
        let (request, trace) = (event.request_id.map(Id::folded), event.trace_id.map(Id::folded));
        let rank = if request.is_some() { BOTH } else { TRACE };
        [request.map(|id| IdRef::new(id, REQUEST, index)), trace.map(|id| IdRef::new(id, rank, index))]
    });
    let id = |id_ref: &IdRef| {
        let event = &events[id_ref.event()];
        if id_ref.rank == REQUEST { event.request_id } else { event.trace_id }.map(Id::folded)
    };
    let mut leaders = vec![NO_LEADER; events.len()];
    let number = |id_ref: &IdRef| u32::try_from(id_ref.event()).unwrap_or(NO_LEADER);
    // Events without a request id join those of their trace, once the leaders of these are known.
    let mut later: Vec<(u32, u32)> = Vec::new();
    for group in ids::shared(&mut id_refs, id) {
        let first = number(&group[0]);
        let nameless = group.last().is_some_and(|id_ref| id_ref.rank == TRACE);
        for id_ref in group {
            match id_ref.rank {
                REQUEST => leaders[id_ref.event()] = first,
                _ if nameless => later.push((number(id_ref), first)),
                _ => {}
            }
        }
    }
    for (index, first) in later {
        let other = if leaders[first as usize] == NO_LEADER { first } else { top(&mut leaders, first) };
        if leaders[index as usize] == NO_LEADER {
            leaders[index as usize] = other;
        } else {
            let own = top(&mut leaders, index);
            leaders[own.max(other) as usize] = own.min(other);
        }
    }
    for index in 0..leaders.len() {
        if leaders[index] != NO_LEADER {
            let leader = leaders[index];
            leaders[index] = top(&mut leaders, leader);
        }
    }
    leaders
}

/// The last in the chain of an event's leaders, the one that leads itself; shortens the chain on the way (union-find).
fn top(leaders: &mut [u32], mut event: u32) -> u32 {
    while leaders[event as usize] != event {
        let next = leaders[event as usize];
        leaders[event as usize] = leaders[next as usize];
        event = next;
    }
    event
}

/// Whether a line can be the first of a group that lines without an id join.
fn is_seed(event: &Event) -> bool {
    matches!(event.kind, EventKind::AuthFailure | EventKind::Request)
}
