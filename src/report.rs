//! The report: the patterns and how they were found, as one value from which every format is rendered.

pub mod csv;
pub mod escape;
mod excerpt;
pub mod html;
pub mod json;
pub mod markdown;
pub mod own;
pub mod results;
pub mod rows;
pub mod rules;
#[cfg(test)]
mod sample;
pub mod stored;
pub mod summary;
mod wrap;
