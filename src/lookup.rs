//! The second pass: what it looks for, where, and what it makes of what it finds.

pub mod beside;
pub mod block_filter;
pub mod id_search;
pub mod second_pass;
pub mod status_search;
