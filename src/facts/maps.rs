//! Maps that are merged: what both know of a key is joined.

use std::collections::hash_map::Entry;
use std::hash::Hash;

use crate::hash::HashMap;

/// Merges a map into another; `join` makes one of two values, in whichever order.
#[expect(clippy::iter_over_hash_type, reason = "what is joined is the same in any order")]
pub(super) fn merge<K: Hash + Eq, V>(into: &mut HashMap<K, V>, mut from: HashMap<K, V>, join: impl Fn(&mut V, V)) {
    // The smaller into the larger.
    if from.len() > into.len() {
        std::mem::swap(into, &mut from);
    }
    for (key, value) in from {
        match into.entry(key) {
            Entry::Occupied(mut known) => join(known.get_mut(), value),
            Entry::Vacant(free) => {
                free.insert(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_know_is_joined() {
        let map = |pairs: &[(&'static str, u32)]| pairs.iter().copied().collect::<HashMap<_, _>>();
        let mut one = map(&[("a", 1), ("b", 2)]);
        merge(&mut one, map(&[("b", 3), ("c", 4)]), |known, other| *known += other);
        assert_eq!(one, map(&[("a", 1), ("b", 5), ("c", 4)]));
        let mut none = HashMap::default();
        merge(&mut none, one.clone(), |known, other| *known += other);
        assert_eq!(none, one);
    }
}
