//! An index by time of groups that a line without an id may join: finds the nearest without looking at all of them.

use chrono::{DateTime, TimeDelta, Utc};

use crate::hash::HashMap;
use crate::model::event::StreamId;

/// A stream, and whether its line only says that a request was refused. A request has one line of each.
pub type SourceRole = (StreamId, bool);

/// Groups that lines without an id may join, by time.
///
/// When many requests fail at once, thousands of groups are within the tolerance of a line, and most of them have a line
/// of its stream already. So they are searched from the line's time outwards, and those that are complete are skipped.
#[derive(Debug, Default)]
pub struct TimeIndex(HashMap<i64, Bucket>);

/// How long a bucket is, in milliseconds.
const BUCKET: i64 = 250;

/// The groups of a quarter of a second.
#[derive(Debug, Default)]
struct Bucket {
    /// In order.
    groups: Vec<(DateTime<Utc>, usize)>,
    /// For each role how many of them, from the first on, are known to have a line of it.
    complete: HashMap<SourceRole, usize>,
}

impl TimeIndex {
    /// Adds a group, known by its index in the list of groups.
    pub fn add(&mut self, time: DateTime<Utc>, group: usize) {
        let Bucket { groups, complete } = self.0.entry(time.timestamp_millis().div_euclid(BUCKET)).or_default();
        let at = groups.partition_point(|known| *known < (time, group));
        groups.insert(at, (time, group));
        #[expect(clippy::iter_over_hash_type, reason = "each is set on its own")]
        for count in complete.values_mut() {
            *count = at.min(*count);
        }
    }

    /// Of the groups that have no line of the role yet and that fit, the one nearest to a time, of equally near ones the
    /// first, if it is no further away than `most`.
    pub fn nearest(
        &mut self,
        time: DateTime<Utc>,
        most: TimeDelta,
        role: SourceRole,
        has_line: impl Fn(usize) -> bool,
        fits: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let here = time.timestamp_millis().div_euclid(BUCKET);
        let (mut most, mut best) = (most, None);
        for step in 0.. {
            // Groups so many buckets away are at least as far as all but one of these buckets are long.
            if TimeDelta::milliseconds((step - 1).max(0) * BUCKET) > most {
                break;
            }
            let sides = [here - step, here + step];
            for side in if step == 0 { &sides[..1] } else { &sides[..] } {
                let Some(bucket) = self.0.get_mut(side) else { continue };
                best = best.into_iter().chain(bucket.nearest(time, most, role, &has_line, &fits)).min();
                most = best.map_or(most, |(distance, _)| distance);
            }
        }
        best.map(|(_, group)| group)
    }
}

impl Bucket {
    /// The same for the groups of one bucket that are not further away than `most`.
    fn nearest(
        &mut self,
        time: DateTime<Utc>,
        most: TimeDelta,
        role: SourceRole,
        has_line: &impl Fn(usize) -> bool,
        fits: &impl Fn(usize) -> bool,
    ) -> Option<(TimeDelta, usize)> {
        let complete = self.complete.entry(role).or_default();
        *complete += self.groups[*complete..].iter().take_while(|(_, group)| has_line(*group)).count();
        let open = &self.groups[*complete..];
        let (before, after) = open.split_at(open.partition_point(|(other, _)| *other < time));
        let fits = |group: usize| !has_line(group) && fits(group);
        let after = after.iter().map(|(other, group)| (*other - time, *group));
        let later = after.take_while(|(distance, _)| *distance <= most).find(|(_, group)| fits(*group));
        let most = later.map_or(most, |(distance, _)| distance);
        // Backwards from one time to the one before it, but among those of one time from the first.
        let times = before.chunk_by(|a, b| a.0 == b.0).rev().map(|groups| (time - groups[0].0, groups));
        let earlier = times.take_while(|(distance, _)| *distance <= most).find_map(|(distance, groups)| {
            let (_, group) = groups.iter().find(|(_, group)| fits(*group))?;
            Some((distance, *group))
        });
        later.into_iter().chain(earlier).min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: TimeDelta = TimeDelta::milliseconds(2500);

    /// When each group was, and which roles have a line in it.
    type Groups = Vec<(DateTime<Utc>, Vec<SourceRole>)>;

    /// The same, by the obvious search.
    fn naive(groups: &Groups, time: DateTime<Utc>, role: SourceRole, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let open = groups.iter().enumerate().filter(|(group, (_, roles))| !roles.contains(&role) && fits(*group));
        let near = open.map(|(group, (other, _))| ((*other - time).abs(), group));
        near.filter(|(distance, _)| *distance <= MOST).min().map(|(_, group)| group)
    }

    proptest! {
        #[test]
        fn finds_what_the_obvious_search_finds(
            // When a line was written, in steps that are no buckets, its role, and what it takes to fit it.
            lines in prop::collection::vec((0_i64..60, 0_u32..3, any::<bool>(), 1_usize..4), 1..80),
            step in prop::sample::select(vec![1_i64, 90, 125, 1000]),
        ) {
            let (mut index, mut groups) = (TimeIndex::default(), Groups::new());
            for (at, stream, bare, modulus) in lines {
                let time = DateTime::UNIX_EPOCH + TimeDelta::milliseconds((at - 30) * step);
                let role = (StreamId(stream), bare);
                let has_line = |group: usize| groups[group].1.contains(&role);
                let fits = |group: usize| group.is_multiple_of(modulus);
                let found = index.nearest(time, MOST, role, has_line, fits);
                prop_assert_eq!(found, naive(&groups, time, role, fits));
                if let Some(group) = found {
                    groups[group].1.push(role);
                } else {
                    index.add(time, groups.len());
                    groups.push((time, vec![role]));
                }
            }
        }
    }
}
