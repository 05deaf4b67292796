//! What an address of a client tells by itself: whether it is a proxy's, whether the internet reaches it.

use crate::model::name::Name;

/// Addresses that are a proxy's, not a client's.
pub fn is_local(client: Name) -> bool {
    client.with(|client| client.starts_with("127.") || client == "::1" || client == "localhost")
}

/// Whether an address is of a network that the internet does not reach.
pub fn is_private(client: Name) -> bool {
    match client.with(str::parse) {
        Ok(std::net::IpAddr::V4(client)) => client.is_private() || client.is_link_local(),
        Ok(std::net::IpAddr::V6(client)) => client.is_unique_local() || client.is_unicast_link_local(),
        Err(_) => false,
    }
}
