//! Services as different sources name them.

use crate::model::name::Name;

/// A service's name without what gateways and clusters add to it.
pub fn plain_name(service: Name) -> Name {
    let whole = service.text();
    let mut name = whole.split(['@', '.', ':']).next().unwrap_or(&whole);
    for ending in ["-svc", "-service", "_service", "-api"] {
        name = name.strip_suffix(ending).unwrap_or(name);
    }
    match name.rsplit_once('-') {
        Some((head, number)) if !head.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => Name::of(head),
        _ if name.len() == whole.len() => service,
        _ => Name::of(name),
    }
}
