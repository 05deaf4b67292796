//! What the stages exchange, as values that can be written down.

pub mod books;
pub mod diagnosis;
pub mod event;
pub mod event_row;
pub mod field;
pub mod finding;
pub mod id;
pub mod name;
pub mod observation;
pub mod pattern;
pub mod report;
pub mod words;
