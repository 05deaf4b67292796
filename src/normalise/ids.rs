//! Events by the ids they share: sorted by hash, so that millions of ids cost sixteen bytes each and no map.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::model::event::Event;
use crate::model::id::Id;
use crate::parallel;

/// Whoever asks chooses the id: one that more lines bear than this is no witness of anything.
pub const WITNESS_MOST: usize = 32;

/// An event that bears an id.
#[derive(Debug, Clone, Copy)]
pub struct IdRef {
    hash: u64,
    /// In which role it bears it: among bearers of one id, lower ranks come first.
    pub rank: u8,
    event: u32,
}

impl IdRef {
    /// The event at an index of the list of events.
    pub fn new(id: Id, rank: u8, event: usize) -> Self {
        Self { hash: FxBuildHasher.hash_one(id), rank, event: u32::try_from(event).unwrap_or(u32::MAX) }
    }

    /// The index of the event in the list of events.
    pub fn event(&self) -> usize {
        self.event as usize
    }
}

/// The bearers that `bear` makes of events and their indices: those of request ids and those of trace ids.
pub fn bearers(events: &[Event], bear: impl Fn(usize, &Event) -> [Option<IdRef>; 2] + Sync) -> Vec<IdRef> {
    let parts = parallel::map_ranges(events.len(), |range| {
        range.flat_map(|index| bear(index, &events[index])).flatten().collect::<Vec<_>>()
    });
    parts.concat()
}

/// The bearers of each id, by rank and index; `id` gives the id again that a bearer was made of.
pub fn shared(bearers: &mut [IdRef], id: impl Fn(&IdRef) -> Option<Id> + Copy) -> impl Iterator<Item = &[IdRef]> {
    parallel::sort_by_key(bearers, |bearer| (bearer.hash, bearer.rank, bearer.event));
    // Should two ids have one hash, theirs are put in order by the ids.
    for same in bearers.chunk_by_mut(|a, b| a.hash == b.hash) {
        if same.iter().skip(1).any(|bearer| id(bearer) != id(&same[0])) {
            same.sort_by_key(|bearer| id(bearer));
        }
    }
    bearers.chunk_by(move |a, b| a.hash == b.hash && id(a) == id(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearers_of_one_id_stand_together_by_rank_and_place() {
        let ids = ["b", "a", "b", "c", "b"].map(Id::of);
        let mut bearers: Vec<IdRef> =
            ids.iter().enumerate().rev().map(|(index, id)| IdRef::new(*id, u8::from(index == 0), index)).collect();
        let mut groups: Vec<Vec<usize>> = shared(&mut bearers, |bearer| ids.get(bearer.event()).copied())
            .map(|group| group.iter().map(IdRef::event).collect())
            .collect();
        groups.sort();
        assert_eq!(groups, [vec![1], vec![2, 4, 0], vec![3]]);
    }
}
