//! What no line of a request says, and follows from others.

use crate::model::event::Reason;

/// A reason that no line gives: it follows from the size of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InferredReason {
    /// The reason.
    pub reason: Reason,
    /// How many others show it.
    pub count: usize,
    /// Whether they show it elsewhere: others with an answer as long were refused for it by other services at that moment.
    pub elsewhere: bool,
}
