//! Joins: for each failure, the last event before it and the first after it of the same subject.

use std::ops::Range;

use chrono::{DateTime, Utc};

use crate::hash::HashMap;
use crate::model::name::Name;
use crate::parallel;

/// On which side of the failure to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The last one at or before it.
    Before,
    /// The first one at or after it.
    After,
}

/// One row: whose, when, and which it is.
pub type Row = (Name, DateTime<Utc>, u32);

/// Rows by key and time, to be joined with failures as of their times.
#[derive(Debug, Clone, Default)]
pub struct Timed {
    rows: Vec<Row>,
    /// For each key its part of the rows.
    spans: HashMap<Name, Range<usize>>,
}

impl Timed {
    /// Sorts and indexes rows.
    pub fn of(mut rows: Vec<Row>) -> Self {
        // Only equal keys must stand together: their numbers are compared faster than their texts.
        parallel::sort_by_key(&mut rows, |(key, time, index)| (key.number(), *time, *index));
        let mut spans = HashMap::default();
        let mut start = 0;
        for same in rows.chunk_by(|a, b| a.0 == b.0) {
            spans.insert(same[0].0, start..start + same.len());
            start += same.len();
        }
        Self { rows, spans }
    }

    /// The rows of one key, or of none.
    #[must_use]
    pub fn only_of(&self, key: Option<Name>) -> Self {
        let rows = key.and_then(|key| self.spans.get(&key)).map_or_else(Vec::new, |span| self.rows[span.clone()].to_vec());
        Self::of(rows)
    }

    /// Which row of a key is nearest to `time` on one side. Of rows of one time the greater is taken before, the
    /// lesser after.
    pub fn asof(&self, key: Name, time: DateTime<Utc>, side: Side) -> Option<usize> {
        let rows = &self.rows[self.spans.get(&key)?.clone()];
        let at = match side {
            Side::Before => rows.partition_point(|(_, other, _)| *other <= time).checked_sub(1)?,
            Side::After => rows.partition_point(|(_, other, _)| *other < time),
        };
        rows.get(at).map(|(.., index)| *index as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, by looking at every row.
    fn naive(rows: &[Row], key: Name, time: DateTime<Utc>, side: Side) -> Option<usize> {
        let same = rows.iter().filter(|row| row.0 == key);
        match side {
            Side::Before => same.filter(|row| row.1 <= time).max_by_key(|row| (row.1, row.2)),
            Side::After => same.filter(|row| row.1 >= time).min_by_key(|row| (row.1, row.2)),
        }
        .map(|row| row.2 as usize)
    }

    #[test]
    fn joins_as_looking_at_every_row_does() {
        let time = |second: u32| DateTime::from_timestamp(i64::from(second), 0).unwrap();
        let key = |n: u32| Name::of(["a", "b", "c", "d"][n as usize % 4]);
        let rows: Vec<Row> = (0..40).map(|n| (key(n % 3), time(n * 23 % 45), n)).collect();
        let timed = Timed::of(rows.clone());
        for n in 0..200 {
            for side in [Side::Before, Side::After] {
                let (key, time) = (key(n), time(n / 4));
                assert_eq!(timed.asof(key, time, side), naive(&rows, key, time, side), "{key} {time} {side:?}");
            }
        }
    }
}
