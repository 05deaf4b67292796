//! What is left of the facts when all cases are judged.

use crate::facts::lifecycle::LifecycleEvents;

/// What a report tells of the facts.
#[derive(Debug, Clone)]
pub struct Outline {
    /// What happened to users, keys and services: failures are blamed on it.
    pub lifecycle: LifecycleEvents,
    /// Whether any line tells of users being created, deleted or disabled: what an audit source would.
    pub audited: bool,
    /// Whether any line tells of keys being added, rotated or retired.
    pub announces_keys: bool,
}
