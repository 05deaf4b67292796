//! Which facts a rule reads: what a part of the facts must hold for a rule to judge a case by that part alone.

use serde::{Deserialize, Serialize};

/// Some of the facts, chosen by a case. What the operator gave to check against is in every scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Nothing beside the case.
    OwnCase,
    /// What is known of the case's subject: its lifecycle, its requests that got through, its rows and names.
    Subject,
    /// What the case's client address did.
    Client,
    /// What is known of the case's key: its lifecycle, and what each verifier made of its tokens.
    Key,
    /// All: also what services, stores and crowds did.
    All,
}
