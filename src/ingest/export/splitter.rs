//! What takes an export apart, given piece by piece.

/// How many bytes of a stream decide whether it is an export.
pub const HEAD: usize = 16 << 10;

/// Lets each record of an export begin a line.
pub(super) trait Splitter {
    /// Writes what can be made of `bytes`, and gives how many of them were used up. `last` says that nothing follows.
    fn split(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) -> usize;
}
