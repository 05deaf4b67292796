//! Groups of lines that wait for a line without an id: those near a time, found without looking at all of them.

use chrono::{DateTime, TimeDelta, Utc};

use crate::hash::HashMap;
use crate::model::event::StreamId;

/// A stream, and whether its line only says that a request was refused: each tells of a request once.
pub type SourceRole = (StreamId, bool);

/// Groups that lines without an id may fit, by time.
///
/// In a storm, thousands are within the tolerance of a line, and most of them have been told of by its stream already. So
/// they are looked through from the line's time outwards, and those that have nothing left to be told are passed over.
#[derive(Debug, Default)]
pub struct TimeIndex(HashMap<i64, Bucket>);

/// How long a moment is, in milliseconds.
const MOMENT: i64 = 250;

/// The groups of one [`MOMENT`].
#[derive(Debug, Default)]
struct Bucket {
    /// In order.
    groups: Vec<(DateTime<Utc>, usize)>,
    /// How many of them, from the first on, each teller is known to have told of.
    told: HashMap<SourceRole, usize>,
}

impl TimeIndex {
    /// Adds a group, known by its index in the list of groups.
    pub fn add(&mut self, time: DateTime<Utc>, group: usize) {
        let Bucket { groups, told } = self.0.entry(time.timestamp_millis().div_euclid(MOMENT)).or_default();
        let at = groups.partition_point(|known| *known < (time, group));
        groups.insert(at, (time, group));
        #[expect(clippy::iter_over_hash_type, reason = "each is set on its own")]
        for told in told.values_mut() {
            *told = at.min(*told);
        }
    }

    /// Of the groups that the teller has not told of and that fit, the one nearest to a time, of equally near ones the
    /// first, if it is no further away than `most`.
    pub fn nearest(
        &mut self,
        time: DateTime<Utc>,
        most: TimeDelta,
        teller: SourceRole,
        has_told: impl Fn(usize) -> bool,
        fits: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let here = time.timestamp_millis().div_euclid(MOMENT);
        let (mut most, mut best) = (most, None);
        for step in 0.. {
            // What is so many moments away is at least as far as all but one of them are long.
            if TimeDelta::milliseconds((step - 1).max(0) * MOMENT) > most {
                break;
            }
            let sides = [here - step, here + step];
            for side in if step == 0 { &sides[..1] } else { &sides[..] } {
                let Some(moment) = self.0.get_mut(side) else { continue };
                best = best.into_iter().chain(moment.nearest(time, most, teller, &has_told, &fits)).min();
                most = best.map_or(most, |(distance, _)| distance);
            }
        }
        best.map(|(_, group)| group)
    }
}

impl Bucket {
    /// The same for the groups of a moment that are not further away than `most`.
    fn nearest(
        &mut self,
        time: DateTime<Utc>,
        most: TimeDelta,
        teller: SourceRole,
        has_told: &impl Fn(usize) -> bool,
        fits: &impl Fn(usize) -> bool,
    ) -> Option<(TimeDelta, usize)> {
        let told = self.told.entry(teller).or_default();
        *told += self.groups[*told..].iter().take_while(|(_, group)| has_told(*group)).count();
        let open = &self.groups[*told..];
        let (before, after) = open.split_at(open.partition_point(|(other, _)| *other < time));
        let fits = |group: usize| !has_told(group) && fits(group);
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

    /// When each group was, and who has told of it.
    type Groups = Vec<(DateTime<Utc>, Vec<SourceRole>)>;

    /// The same, by the obvious search.
    fn naive(groups: &Groups, time: DateTime<Utc>, teller: SourceRole, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let open = groups.iter().enumerate().filter(|(group, (_, told))| !told.contains(&teller) && fits(*group));
        let near = open.map(|(group, (other, _))| ((*other - time).abs(), group));
        near.filter(|(distance, _)| *distance <= MOST).min().map(|(_, group)| group)
    }

    proptest! {
        #[test]
        fn finds_what_the_obvious_search_finds(
            // When a line was written, in steps that are no moments, by whom, and what it takes to fit it.
            lines in prop::collection::vec((0_i64..60, 0_u32..3, any::<bool>(), 1_usize..4), 1..80),
            step in prop::sample::select(vec![1_i64, 90, 125, 1000]),
        ) {
            let (mut waiting, mut groups) = (TimeIndex::default(), Groups::new());
            for (at, stream, bare, modulus) in lines {
                let time = DateTime::UNIX_EPOCH + TimeDelta::milliseconds((at - 30) * step);
                let teller = (StreamId(stream), bare);
                let has_told = |group: usize| groups[group].1.contains(&teller);
                let fits = |group: usize| group.is_multiple_of(modulus);
                let found = waiting.nearest(time, MOST, teller, has_told, fits);
                prop_assert_eq!(found, naive(&groups, time, teller, fits));
                if let Some(group) = found {
                    groups[group].1.push(teller);
                } else {
                    waiting.add(time, groups.len());
                    groups.push((time, vec![teller]));
                }
            }
        }
    }
}
