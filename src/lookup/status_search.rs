//! Finds statuses in the access lines of a block, however these are written.
//!
//! Two digits are searched for at once, and what stands around them is looked at where they stand: a search for all ways to
//! write a status stops at every blank.

use std::collections::BTreeSet;

use memchr::memmem::Finder;

/// A search for some statuses.
#[derive(Debug)]
pub struct StatusSearch {
    statuses: BTreeSet<[u8; 3]>,
    /// What they begin with.
    beginnings: Vec<Finder<'static>>,
}

impl StatusSearch {
    /// A search for statuses, or `None` if there are none.
    pub fn new(statuses: &BTreeSet<u16>) -> Option<Self> {
        let digits = |status: &u16| <[u8; 3]>::try_from(status.to_string().as_bytes()).ok();
        let statuses: BTreeSet<[u8; 3]> = statuses.iter().filter_map(digits).collect();
        let beginnings: BTreeSet<[u8; 2]> = statuses.iter().map(|[first, second, _]| [*first, *second]).collect();
        let beginnings: Vec<Finder<'static>> = beginnings.iter().map(|two| Finder::new(two).into_owned()).collect();
        (!beginnings.is_empty()).then_some(Self { statuses, beginnings })
    }

    /// Where statuses end in a block: the offsets of their last digits.
    pub fn find<'b>(&'b self, block: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
        let starts = self.beginnings.iter().flat_map(|beginning| beginning.find_iter(block));
        starts.filter(|start| self.stands_at(block, *start)).map(|start| start + 2)
    }

    fn stands_at(&self, block: &[u8], start: usize) -> bool {
        let (before, rest) = block.split_at(start);
        let Some((digits, after)) = rest.split_first_chunk::<3>() else { return false };
        let next = after.first().copied().unwrap_or(b'\n');
        if next.is_ascii_digit() || !self.statuses.contains(digits) {
            return false;
        }
        match before {
            [.., b'"', b':'] | [.., b'"', b':', b' '] | [.., b'='] => true,
            [.., b'"', b':', b'"'] => next == b'"',
            [.., b' '] => matches!(next, b' ' | b'\n'),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_in_every_spelling_and_other_numbers_are_not() {
        let search = StatusSearch::new(&BTreeSet::from([500, 503, 422])).unwrap();
        let found = |line: &str| search.find(line.as_bytes()).collect::<Vec<_>>();
        for (before, after) in [
            ("GET /x ", " 12"),
            ("GET /x ", "\n"),
            ("{\"status\":", "}"),
            ("{\"status\": ", ","),
            ("\"status\":\"", "\""),
            ("s=", " b"),
        ] {
            for status in ["500", "503", "422"] {
                assert_eq!(found(&format!("{before}{status}{after}")), [before.len() + 2], "{before}{status}{after}");
            }
            assert!(found(&format!("{before}501{after}")).is_empty());
        }
        for other in ["took 500ms", "12:00:03.503Z", "{\"size\":5003}", "v1.500 ", "id 1500 x", "50"] {
            assert!(found(other).is_empty(), "{other}");
        }
        assert!(StatusSearch::new(&BTreeSet::new()).is_none());
    }
}
