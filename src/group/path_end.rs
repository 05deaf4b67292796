//! The part of a request's path that every source writes alike.

/// The end of a path: gateways strip beginnings, never ends.
pub fn last_segment(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}
