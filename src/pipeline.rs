//! The local run: the only place that shares work out over threads.

pub mod first_pass;
pub mod sample;
pub mod scan;
pub mod second_pass;
pub mod settings;
pub mod stream_context;
pub mod tasks;
