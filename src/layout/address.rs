//! Addresses of clients, as sockets and headers write them.

use std::net::{IpAddr, SocketAddr};

/// An address without what dual-stack sockets put before it.
pub(super) fn plain_ip(address: &str) -> &str {
    address.strip_prefix("::ffff:").filter(|v4| v4.contains('.')).unwrap_or(address)
}

/// The address of `address:port`.
pub(super) fn without_port(peer: &str) -> &str {
    let address = peer
        .rsplit_once(':')
        .filter(|(address, port)| !address.is_empty() && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(peer, |(address, _)| address);
    plain_ip(address.trim_start_matches('[').trim_end_matches(']'))
}

/// The address that a word is or begins with, if it is one.
pub(super) fn of_word(word: &str) -> Option<&str> {
    let word = word.trim_matches(['[', ']', '(', ')', ',', ';']);
    if !word.starts_with(|c: char| c.is_ascii_hexdigit() || c == ':') || !word.contains(['.', ':']) {
        return None;
    }
    if word.parse::<IpAddr>().is_ok_and(|ip| !ip.is_unspecified()) {
        return Some(plain_ip(word));
    }
    word.parse::<SocketAddr>().is_ok().then(|| without_port(word))
}
