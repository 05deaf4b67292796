//! Access lines by what their paths begin with: a gateway's lines to one service.

use crate::group::source::SourceId;
use crate::hash::HashMap;
use crate::model::name::Name;

/// The access lines of a source: all of them, or those whose paths begin alike.
pub type Route = (SourceId, Option<Name>);

/// Of a segment that so many of a hundred paths begin with the next is looked at as well.
const NEARLY_ALL: usize = 90;
/// From this length on a segment with a digit is a value, not the name of a version.
const VALUE: usize = 4;
/// How many segments of a path may be passed over.
const DEEPEST: usize = 4;

/// How the paths of each source begin.
#[derive(Debug, Default)]
pub struct Routes {
    /// For each source after how many segments paths begin to differ.
    depths: HashMap<SourceId, usize>,
}

impl Routes {
    /// Learns it from the access lines of some requests.
    pub fn of(lines: impl Iterator<Item = (SourceId, Option<Name>)>) -> Self {
        let mut paths: HashMap<SourceId, Vec<Name>> = HashMap::default();
        for (source, path) in lines {
            paths.entry(source).or_default().extend(path);
        }
        Self { depths: paths.into_iter().map(|(source, paths)| (source, depth(&paths))).collect() }
    }

    /// The route of all lines of a source, and the one that a line is of by the beginning of its path.
    pub fn of_line(&self, source: SourceId, path: Option<Name>) -> (Route, Route) {
        let depth = self.depths.get(&source).copied().unwrap_or_default();
        ((source, None), (source, path.and_then(|path| (0..=depth).rev().find_map(|depth| beginning(path, depth)))))
    }
}

/// After how many segments paths begin to differ.
fn depth(paths: &[Name]) -> usize {
    let is_common = |depth: &usize| {
        let mut counts: HashMap<Name, usize> = HashMap::default();
        for beginning in paths.iter().filter_map(|path| beginning(*path, *depth)) {
            *counts.entry(beginning).or_default() += 1;
        }
        counts.values().any(|count| count * 100 >= NEARLY_ALL * paths.len())
    };
    (0..DEEPEST).find(|depth| !is_common(depth)).unwrap_or_default()
}

/// The first segments of a path, one more than a number of them; `None` where it has no more, or one of them is a value.
fn beginning(path: Name, depth: usize) -> Option<Name> {
    let text = path.text();
    let mut segments = text.trim_start_matches('/').match_indices('/').map(|(at, _)| at);
    let trimmed = text.trim_start_matches('/');
    let end = segments.nth(depth).or_else(|| (trimmed.matches('/').count() == depth).then_some(trimmed.len()))?;
    let beginning = trimmed.get(..end).filter(|beginning| !beginning.is_empty())?;
    let last = beginning.rsplit('/').next().unwrap_or(beginning);
    let is_value = last.len() >= VALUE && last.bytes().any(|b| b.is_ascii_digit()) || last.bytes().all(|b| b.is_ascii_digit());
    (!is_value).then(|| Name::of(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(paths: &[&str]) -> Vec<Option<String>> {
        let lines = || paths.iter().map(|path| (0, Some(Name::of(path))));
        let routes = Routes::of(lines());
        lines().map(|(source, path)| routes.of_line(source, path).1.1.map(|name| name.to_string())).collect()
    }

    #[test]
    fn a_gateway_has_a_route_to_each_service() {
        assert_eq!(
            routes(&["/orders/1", "/orders", "/users/7"]),
            ["orders", "orders", "users"].map(|name| Some(name.to_owned()))
        );
        let found = routes(&["/api/v1/orders/1", "/api/v1/orders", "/api/v1/users/7"]);
        assert_eq!(
            routes(&["/stock/items/71", "/stock/items/72"]),
            ["stock/items", "stock/items"].map(|name| Some(name.to_owned()))
        );
        assert_eq!(found, ["api/v1/orders", "api/v1/orders", "api/v1/users"].map(|name| Some(name.to_owned())));
    }
}
