//! What the fields of an access record mean where their names tell nothing: by the shapes of their values.
//!
//! `verb=GET target=/orders outcome=401 peer=10.0.0.7`: a method and a path make it a request, the only number that may be a
//! status is the status, the only address is the client's.

use std::net::IpAddr;

use crate::layout::role::{METHODS, Role};

/// Parts of names whose numbers count or measure, and whose addresses are not the client's.
const MEASURES: [&str; 22] = [
    "byte", "size", "len", "dur", "time", "took", "elapsed", "latency", "ms", "ns", "count", "port", "pid", "line", "id", "rows",
    "limit", "page", "attempt", "worker", "thread", "total",
];
const SERVERS: [&str; 10] = ["server", "upstream", "backend", "local", "dest", "dst", "listen", "bind", "target", "origin"];

/// Parts of names that mean an answer.
const ANSWERS: [&str; 9] = ["status", "code", "answer", "outcome", "result", "response", "resp", "http", "ret"];

/// The roles of fields that no name gave, each with the index of its field. `is_known` tells which roles are played already,
/// `is_taken` which fields play one.
pub(super) fn roles<'f>(
    fields: &(impl Iterator<Item = (&'f str, &'f str)> + Clone),
    is_known: impl Fn(Role) -> bool,
    is_taken: impl Fn(usize) -> bool,
) -> Vec<(Role, usize)> {
    if is_known(Role::Status) {
        return Vec::new();
    }
    let open = || fields.clone().enumerate().filter(|(index, _)| !is_taken(*index));
    let only = |fits: &dyn Fn(&str, &str) -> bool| {
        let mut found = open().filter(|(_, (name, value))| fits(name, value)).map(|(index, _)| index);
        found.next().filter(|_| found.next().is_none())
    };
    let mut roles = Vec::new();
    let mut find = |role: Role, index: Option<usize>| {
        roles.extend(index.map(|index| (role, index)));
        is_known(role) || index.is_some()
    };
    let is_request = find(Role::Method, only(&|_, value| METHODS.contains(&value)).filter(|_| !is_known(Role::Method)))
        && find(Role::Path, only(&|_, value| is_path(value)).filter(|_| !is_known(Role::Path)));
    if !is_request {
        return Vec::new();
    }
    let answers = |name: &str, value: &str| is_status(value) && says(name, &ANSWERS);
    let may_answer = |name: &str, value: &str| is_status(value) && !says(name, &MEASURES);
    if !find(Role::Status, only(&answers).or_else(|| only(&may_answer))) {
        return Vec::new();
    }
    find(Role::ClientIp, only(&|name, value| is_address(value) && !says(name, &SERVERS)).filter(|_| !is_known(Role::ClientIp)));
    roles
}

fn says(name: &str, parts: &[&str]) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
    parts.iter().any(|part| last.contains(part))
}

fn is_path(value: &str) -> bool {
    value.starts_with('/') && !value.starts_with("//") && !value.contains(' ')
}

fn is_status(value: &str) -> bool {
    matches!(value.as_bytes(), [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'])
}

/// Whether a value is an address, with a port or without.
fn is_address(value: &str) -> bool {
    let host = value.rsplit_once(':').map_or(value, |(host, _)| host).trim_matches(['[', ']']);
    value.parse::<IpAddr>().is_ok() || host.parse::<IpAddr>().is_ok()
}
