//! Maps and sets by hash: seeded anew in each run, as logs are written by attackers too, and faster over short texts
//! than what is seeded for secrecy.

use foldhash::fast::RandomState;

/// A map by hash, in no order.
pub type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// A set by hash, in no order.
pub type HashSet<T> = std::collections::HashSet<T, RandomState>;
