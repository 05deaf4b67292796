//! How ids of users look: two of one shape are of one kind.

use crate::model::name::Name;

/// The shape of an id: UUID, address, number or another.
pub type Shape = (bool, bool, bool);

/// The shape of an id.
pub fn shape(sub: Name) -> Shape {
    sub.with(|sub| {
        (
            sub.len() == 36 && sub.bytes().filter(|b| *b == b'-').count() == 4 && !sub.bytes().any(|b| b.is_ascii_uppercase()),
            sub.contains('@'),
            sub.bytes().all(|b| b.is_ascii_digit()),
        )
    })
}
