//! How far the lines of one request are apart in two sources, learned from how far all their lines are apart.
//!
//! Lines of one request lie at one distance, by the offset of the clocks and by what is written first; lines of different
//! requests lie at any. So the narrowest stretch of distances that holds far more pairs than its length explains is
//! where the pairs of one request are.

/// Distances between lines of one request, and how sure it is that there are such lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// The least distance.
    pub from: i64,
    /// The greatest distance.
    pub to: i64,
    /// The median of the distances.
    pub expected: i64,
    /// How many of the pairs in the window are more than chance explains.
    pub excess: f64,
}

/// A window that holds so much of what the best one holds is as good, if it is narrower.
const NEARLY: f64 = 0.9;

/// The window of a list of distances that lie between `-reach` and `reach`, or `None` of an empty list. Widths are those
/// tried, the narrowest first.
#[expect(clippy::cast_precision_loss, reason = "distances of seconds and counts")]
pub fn densest(distances: &mut [i64], reach: i64, widths: &[i64]) -> Option<Window> {
    distances.sort_unstable();
    let (first, last) = (*distances.first()?, *distances.last()?);
    let spread = (last - first).max(reach) as f64;
    let windows = widths.iter().map(|width| {
        let (first, count) = fullest(distances, *width);
        let (from, expected) = (distances[first], distances[first + count / 2]);
        // What is not in the window is chance, and lies as densely within it.
        let outside = (distances.len() - count) as f64;
        let free = (spread - *width as f64).max(1.0);
        Window { from, to: from + width, expected, excess: count as f64 - outside * (*width as f64 + 1.0) / free }
    });
    let windows: Vec<Window> = windows.collect();
    let best = windows.iter().map(|window| window.excess).fold(0.0, f64::max);
    windows.into_iter().find(|window| window.excess >= NEARLY * best && window.excess > 0.0)
}

/// The first of the sorted distances in the window of a width that holds the most of them, by its index, and how many.
fn fullest(distances: &[i64], width: i64) -> (usize, usize) {
    let (mut best, mut first) = ((0, 0), 0);
    for (index, distance) in distances.iter().enumerate() {
        while distances[first] < distance - width {
            first += 1;
        }
        if index + 1 - first > best.1 {
            best = (first, index + 1 - first);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_one_request_stand_out_of_chance() {
        // Thirty milliseconds after, among distances of all sizes.
        let mut distances: Vec<i64> = (-100..100).map(|n| n * 25).chain((0..60).map(|n| 28 + n % 5)).collect();
        let window = densest(&mut distances, 2500, &[0, 5, 50, 500]).unwrap();
        assert!(window.from >= 25 && window.to <= 35 && window.expected == 30, "{window:?}");
        assert!(window.excess > 50.0 && window.excess < 62.0, "{window:?}");
    }

    #[test]
    fn chance_alone_has_no_excess_to_speak_of() {
        let mut distances: Vec<i64> = (-100..100).map(|n| n * 25).collect();
        assert!(densest(&mut distances, 2500, &[5, 50, 500]).is_none_or(|window| window.excess < 5.0));
        assert_eq!(densest(&mut [], 2500, &[5]), None);
    }
}
