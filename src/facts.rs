//! The facts a diagnosis may rest on.

pub mod address;
pub mod history;
pub mod table;
pub mod timeline;
pub mod verifier;
pub mod world;
