//! Joins and groups: for each failure, the last event before it and the first after it of the same subject; and what is
//! equal.
#![expect(clippy::disallowed_types, reason = "the one home of polars' tables")]

use chrono::{DateTime, Utc};
use polars::prelude::*;

use crate::parallel;

/// Which side of the failure is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The last one at or before it.
    Before,
    /// The first one at or after it.
    After,
}

/// One row of either table: whose, and when.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r> {
    /// Subject, key or service.
    pub key: &'r str,
    /// When.
    pub time: DateTime<Utc>,
}

/// For each left row, the place of the right row of the same key that is nearest on `side`.
///
/// Both tables may come in any order; of right rows of one time the later in the list is taken before, the earlier
/// after.
pub fn asof(left: &[Option<Row<'_>>], right: &[Row<'_>], side: Side) -> Vec<Option<usize>> {
    let mut rows: Vec<(&str, DateTime<Utc>, usize)> =
        right.iter().enumerate().map(|(place, row)| (row.key, row.time, place)).collect();
    parallel::sort_by_key(&mut rows, |row| *row);
    let nearest = |row: &Row<'_>| {
        let (key, time) = (row.key, row.time);
        let at = match side {
            Side::Before => rows.partition_point(|(k, t, _)| (*k, *t) <= (key, time)).checked_sub(1)?,
            Side::After => rows.partition_point(|(k, t, _)| (*k, *t) < (key, time)),
        };
        rows.get(at).filter(|(other, ..)| *other == key).map(|(.., place)| *place)
    };
    left.iter().map(|row| nearest(row.as_ref()?)).collect()
}

/// The places of equal keys, each group in order, the groups by their first place.
///
/// # Errors
/// What polars says, which is a mistake of ours.
pub fn groups(keys: &[String]) -> PolarsResult<Vec<Vec<usize>>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let frame = DataFrame::new_infer_height(vec![Column::new("key".into(), keys)])?;
    let grouped = frame.group_by_stable(["key"])?;
    let mut groups: Vec<Vec<usize>> = grouped
        .get_groups()
        .iter()
        .map(|group| match group {
            GroupsIndicator::Idx((_, places)) => places.iter().map(|place| *place as usize).collect(),
            GroupsIndicator::Slice([start, length]) => (start as usize..(start + length) as usize).collect(),
        })
        .collect();
    groups.sort_by_key(|group: &Vec<usize>| group.first().copied());
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, second: i64) -> Row<'_> {
        Row { key, time: DateTime::from_timestamp(second, 0).unwrap() }
    }

    /// The same, by looking at every pair.
    fn naive(left: &[Option<Row<'_>>], right: &[Row<'_>], side: Side) -> Vec<Option<usize>> {
        left.iter()
            .map(|row| {
                let row = (*row)?;
                let same = right.iter().enumerate().filter(|(_, other)| other.key == row.key);
                match side {
                    Side::Before => {
                        same.filter(|(_, other)| other.time <= row.time).max_by_key(|(place, other)| (other.time, *place))
                    }
                    Side::After => {
                        same.filter(|(_, other)| other.time >= row.time).min_by_key(|(place, other)| (other.time, *place))
                    }
                }
                .map(|(place, _)| place)
            })
            .collect()
    }

    #[test]
    fn joins_as_looking_at_every_pair_does() {
        let left: Vec<Option<Row<'_>>> =
            (0..60_u32).map(|n| (n % 7 != 0).then(|| row(["a", "b", "c"][n as usize % 3], i64::from(n) * 37 % 50))).collect();
        let right: Vec<Row<'_>> = (0..40_u32).map(|n| row(["a", "b", "d"][n as usize % 3], i64::from(n) * 23 % 45)).collect();
        for side in [Side::Before, Side::After] {
            assert_eq!(asof(&left, &right, side), naive(&left, &right, side), "{side:?}");
        }
    }
}
