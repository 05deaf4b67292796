//! How often each name was seen: what counts distinct names and names the most frequent ones, and can be merged.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::hash::BuildHasher;

use serde::{Deserialize, Serialize, Serializer};

use crate::hash::HashMap;
use crate::model::name::{Name, Text};

/// So many names are shown.
const TOP: usize = 5;

/// Names and how often each was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tally {
    #[serde(serialize_with = "in_order")]
    counts: HashMap<Name, u64>,
}

impl Tally {
    /// Counts a name once more.
    pub fn add(&mut self, name: Name) {
        *self.counts.entry(name).or_default() += 1;
    }

    /// Adds the counts of another tally.
    pub fn merge(&mut self, other: Self) {
        #[expect(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
        for (name, count) in other.counts {
            *self.counts.entry(name).or_default() += count;
        }
    }

    /// How many names there are.
    pub fn distinct(&self) -> u64 {
        self.counts.len() as u64
    }

    /// The names seen most often, a few; of equals the first in order.
    pub fn top(&self) -> Vec<Text> {
        let mut counts: Vec<(Reverse<u64>, Name)> = self.counts.iter().map(|(name, count)| (Reverse(*count), *name)).collect();
        counts.sort_unstable();
        counts.into_iter().map(|(_, name)| name.text()).take(TOP).collect()
    }

    /// All names in order.
    pub fn names(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.counts.keys().copied().collect();
        names.sort_unstable();
        names
    }
}

impl Extend<Name> for Tally {
    fn extend<I: IntoIterator<Item = Name>>(&mut self, names: I) {
        names.into_iter().for_each(|name| self.add(name));
    }
}

impl FromIterator<Name> for Tally {
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Self {
        let mut tally = Self::default();
        tally.extend(names);
        tally
    }
}

/// Writes a map in the order of its keys, so that equal maps are equal bytes.
///
/// # Errors
/// Gives the error of the serializer.
pub fn in_order<K: Ord + Serialize, V: Serialize, H: BuildHasher, S: Serializer>(
    map: &std::collections::HashMap<K, V, H>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(map.iter().collect::<BTreeMap<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_stand_first_and_equals_in_order() {
        let names = ["b", "a", "c", "b", "d", "e", "f"].map(Name::of);
        let mut tally: Tally = names[..3].iter().copied().collect();
        tally.merge(names[3..].iter().copied().collect());
        assert_eq!(tally.distinct(), 6);
        assert_eq!(tally.top(), ["b", "a", "c", "d", "e"].map(Text::from));
        let written = serde_json::to_string(&tally).unwrap();
        assert_eq!(written, r#"{"a":1,"b":2,"c":1,"d":1,"e":1,"f":1}"#);
        assert_eq!(serde_json::from_str::<Tally>(&written).unwrap(), tally);
    }
}
