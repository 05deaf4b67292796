//! What the address of a client says by itself: whether it is a proxy's, whether it can be reached from the internet.

use crate::model::name::Name;

/// Whether an address is a proxy's, not a client's.
pub fn is_local(client: Name) -> bool {
    client.with(|client| client.starts_with("127.") || client == "::1" || client == "localhost")
}

/// Whether an address is of a private network, which cannot be reached from the internet.
pub fn is_private(client: Name) -> bool {
    match client.with(str::parse) {
        Ok(std::net::IpAddr::V4(client)) => client.is_private() || client.is_link_local(),
        Ok(std::net::IpAddr::V6(client)) => client.is_unique_local() || client.is_unicast_link_local(),
        Err(_) => false,
    }
}
