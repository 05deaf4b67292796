//! jwtriage
#![allow(missing_docs)]
pub mod correlate;
pub mod atomic_file;
pub mod decode;
pub mod detect;
pub mod discover;
pub mod event;
pub mod frame;
pub mod needles;
pub mod parse;
pub mod prefilter;
pub mod report;
pub mod scan;
pub mod signature;
