//! Paths -> Blocks of whole records.

pub mod decode;
pub mod discover;
pub mod export;
pub mod frame;
pub mod hole;
