//! How gathered facts are written: maps and sets in order, so that writing the same once more gives the same bytes.

/// Maps as lists of pairs in the order of their keys; keys need not be texts.
pub(super) mod pairs {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes a map.
    pub(in crate::facts) fn serialize<'m, M, K, V, S>(map: &'m M, serializer: S) -> Result<S::Ok, S::Error>
    where
        &'m M: IntoIterator<Item = (&'m K, &'m V)>,
        K: Serialize + Ord + 'm,
        V: Serialize + 'm,
        S: Serializer,
    {
        let mut pairs: Vec<(&K, &V)> = map.into_iter().collect();
        pairs.sort_unstable_by_key(|(key, _)| *key);
        serializer.collect_seq(pairs)
    }

    /// Reads one back.
    pub(in crate::facts) fn deserialize<'de, M, K, V, D>(deserializer: D) -> Result<M, D::Error>
    where
        M: FromIterator<(K, V)> + IntoIterator<Item = (K, V)>,
        K: Deserialize<'de>,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// Sets as lists in order.
pub(super) mod items {
    use serde::{Serialize, Serializer};

    /// Writes a set; any set reads a list.
    pub(in crate::facts) fn serialize<'m, M, K, S>(set: &'m M, serializer: S) -> Result<S::Ok, S::Error>
    where
        &'m M: IntoIterator<Item = &'m K>,
        K: Serialize + Ord + 'm,
        S: Serializer,
    {
        let mut items: Vec<&K> = set.into_iter().collect();
        items.sort_unstable();
        serializer.collect_seq(items)
    }
}
