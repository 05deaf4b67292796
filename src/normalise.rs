//! Clocks and zones: one time line for all sources.

pub mod clock;
pub mod ids;
pub mod offset;
pub mod shift;
