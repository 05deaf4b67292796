//! How much of the facts a diagnosis rule reads.

use serde::Serialize;

/// A part of the facts, as seen from one case.
///
/// A rule that declares no more than the facts of its subject gives the same verdicts when it is run on that subject's
/// facts alone: the cases can then be shared out by subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Nothing but the case itself.
    OwnCase,
    /// What happened to the case's subject: lifecycle events, requests that went through, the row in the user table.
    Subject,
    /// What the case's client address did.
    Client,
    /// What happened to the case's key, and which verifiers accepted or refused it.
    Key,
    /// Facts that are the same for all cases: deploys, outages, verifiers, the usual issuer, who is known at all.
    All,
}

impl Scope {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnCase => "the case itself",
            Self::Subject => "its subject",
            Self::Client => "its client",
            Self::Key => "its key",
            Self::All => "what is common to all cases",
        }
    }
}
