//! The part of a request's path that every source writes alike.

use crate::model::name::Name;

/// The end of a path: gateways strip beginnings, never ends.
pub fn last_segment(path: Name) -> Name {
    let text = path.text();
    let path = text.trim_end_matches('/');
    Name::of(path.rsplit('/').next().unwrap_or(path))
}
