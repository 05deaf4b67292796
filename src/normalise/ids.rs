//! Events by the ids they share: sorted by hash, so that millions of ids cost sixteen bytes each and no map.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::model::event::Event;
use crate::model::id::Id;
use crate::parallel;

/// Clients choose ids: one that is on more lines than this does not identify a request.
pub const MAX_LINES_OF_REQUEST: usize = 32;

/// An event that has an id.
#[derive(Debug, Clone, Copy)]
pub struct IdRef {
    hash: u64,
    /// What kind of id it is to the event: among events of one id, lower ranks come first.
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

/// The references that `refer` makes of each event and its index: one by request id and one by trace id, say.
pub fn id_refs(events: &[Event], refer: impl Fn(usize, &Event) -> [Option<IdRef>; 2] + Sync) -> Vec<IdRef> {
    let parts = parallel::map_ranges(events.len(), |range| {
        range.flat_map(|index| refer(index, &events[index])).flatten().collect::<Vec<_>>()
    });
    parts.concat()
}

/// The references of each id, by rank and index; `id` gives the id that a reference was made of.
pub fn shared(id_refs: &mut [IdRef], id: impl Fn(&IdRef) -> Option<Id> + Copy) -> impl Iterator<Item = &[IdRef]> {
    parallel::sort_by_key(id_refs, |id_ref| (id_ref.hash, id_ref.rank, id_ref.event));
    // Should two ids have one hash, their references are sorted by the ids themselves.
    for same in id_refs.chunk_by_mut(|a, b| a.hash == b.hash) {
        if same.iter().skip(1).any(|id_ref| id(id_ref) != id(&same[0])) {
            same.sort_by_key(|id_ref| id(id_ref));
        }
    }
    id_refs.chunk_by(move |a, b| a.hash == b.hash && id(a) == id(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_one_id_stand_together_by_rank_and_index() {
        let ids = ["b", "a", "b", "c", "b"].map(Id::of);
        let mut id_refs: Vec<IdRef> =
            ids.iter().enumerate().rev().map(|(index, id)| IdRef::new(*id, u8::from(index == 0), index)).collect();
        let mut groups: Vec<Vec<usize>> = shared(&mut id_refs, |id_ref| ids.get(id_ref.event()).copied())
            .map(|group| group.iter().map(IdRef::event).collect())
            .collect();
        groups.sort();
        assert_eq!(groups, [vec![1], vec![2, 4, 0], vec![3]]);
    }
}
