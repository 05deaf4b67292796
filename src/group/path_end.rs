//! The part of a request's path that every source writes alike.

use std::hash::BuildHasher;
use std::num::NonZeroU32;

use rustc_hash::FxBuildHasher;

use crate::model::event::Event;
use crate::model::name::Name;

/// The last part of a path, by its hash: gateways strip beginnings, never ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PathEnd(NonZeroU32);

impl PathEnd {
    /// The end of a path.
    pub fn of(path: Name) -> Self {
        path.with(|path| {
            let path = path.trim_end_matches('/');
            let hash = FxBuildHasher.hash_one(path.rsplit('/').next().unwrap_or(path));
            let half = (hash >> 32) as u32;
            Self(NonZeroU32::new(half).unwrap_or(NonZeroU32::MIN))
        })
    }

    /// The end of the path of an event.
    pub fn of_event(event: &Event) -> Option<Self> {
        event.path.map(Self::of)
    }
}
