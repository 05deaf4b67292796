//! The facts a diagnosis may rest on.

pub mod address;
pub mod blindness;
pub mod change;
pub mod client;
pub mod cohort;
pub mod gathered;
pub mod history;
pub mod key;
pub mod key_story;
pub mod lifecycle;
mod maps;
pub mod outage;
pub mod outline;
pub mod scope;
pub mod service;
pub mod sources;
pub mod subject;
pub mod success;
pub mod table;
pub mod table_row;
pub mod timeline;
pub mod times;
pub mod vanishing;
pub mod verifier;
pub mod view;
mod written;
