//! What is left of the facts when all cases are judged.

use crate::facts::lifecycle::LifecycleEvents;

/// What a report needs of the facts.
#[derive(Debug, Clone)]
pub struct Outline {
    /// What happened to users, keys and services: failures are blamed on it.
    pub lifecycle: LifecycleEvents,
    /// Whether any line reports that a user was created, deleted or disabled, as an audit log would.
    pub audited: bool,
    /// Whether any line reports that a key was added, rotated or retired.
    pub announces_keys: bool,
}
