//! The local run: the only place that shares work out over threads.

pub mod scan;
