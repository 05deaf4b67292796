//! The local run, and what it stores: the only stage that shares sources out over threads.

pub mod error;
pub mod events_file;
pub mod first_pass;
pub mod run;
pub mod sample;
pub mod scan;
pub mod second_pass;
pub mod settings;
pub mod stream_context;
pub mod tasks;
