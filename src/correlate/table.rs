//! As-of joins over polars: for each failure, the last event before it and the first after it of the same subject or key.
#![expect(clippy::disallowed_types, reason = "the one home of polars' tables")]

use chrono::{DateTime, Utc};
use polars::prelude::*;

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
///
/// # Errors
/// What polars says, which is a mistake of ours.
pub fn asof(left: &[Option<Row<'_>>], right: &[Row<'_>], side: Side) -> PolarsResult<Vec<Option<usize>>> {
    let mut found = vec![None; left.len()];
    if right.is_empty() || left.iter().all(Option::is_none) {
        return Ok(found);
    }
    let mut asked: Vec<(usize, Row<'_>)> = left.iter().enumerate().filter_map(|(place, row)| Some((place, (*row)?))).collect();
    asked.sort_by_key(|(place, row)| (row.time, *place));
    let mut given: Vec<(usize, Row<'_>)> = right.iter().copied().enumerate().collect();
    given.sort_by_key(|(place, row)| (row.time, *place));
    let left = frame(&asked)?;
    let right = frame(&given)?;
    let strategy = match side {
        Side::Before => AsofStrategy::Backward,
        Side::After => AsofStrategy::Forward,
    };
    let joined = left.join_asof_by(&right, "time", "time", ["key"], ["key"], strategy, None, true, false)?;
    let places = joined.column("place_right")?.u64()?;
    let mine = joined.column("place")?.u64()?;
    for (mine, place) in mine.iter().zip(places.iter()) {
        if let (Some(mine), Some(place)) = (mine, place) {
            found[usize::try_from(mine).unwrap_or(0)] = usize::try_from(place).ok();
        }
    }
    Ok(found)
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

fn frame(rows: &[(usize, Row<'_>)]) -> PolarsResult<DataFrame> {
    let keys: Vec<&str> = rows.iter().map(|(_, row)| row.key).collect();
    let times: Vec<i64> = rows.iter().map(|(_, row)| row.time.timestamp_nanos_opt().unwrap_or(i64::MAX)).collect();
    let places: Vec<u64> = rows.iter().map(|(place, _)| *place as u64).collect();
    DataFrame::new_infer_height(vec![
        Column::new("key".into(), keys),
        Column::new("time".into(), times),
        Column::new("place".into(), places),
    ])
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
            assert_eq!(asof(&left, &right, side).unwrap(), naive(&left, &right, side), "{side:?}");
        }
    }
}
