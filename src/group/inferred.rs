//! What no line of a request says, and follows from others.

use crate::model::event::{Place, Reason};
use crate::model::words::How;

/// A reason that no line gives: it follows from the size of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InferredReason {
    /// The reason.
    pub reason: Reason,
    /// How many others show it.
    pub count: usize,
    /// Whether they show it elsewhere: others with an answer as long were refused for it by other services at that moment.
    pub elsewhere: bool,
    /// A line of one of them.
    pub from: Place,
}

/// Where a subject or a key is taken from that no line of the request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Whose line it is.
    pub how: How,
    /// The line.
    pub place: Place,
}

/// Two lines that were brought together though they share no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The lines, as indices of the run's events.
    pub lines: [usize; 2],
    /// What they have in common.
    pub how: How,
    /// Another line fits as well.
    pub ambiguous: bool,
}
