//! Where lines begin and end in a block.

use memchr::{memchr, memchr_iter, memrchr};

/// The line that begins at `start`, without its line feed.
pub(super) fn line_at(block: &[u8], start: usize) -> &[u8] {
    let rest = block.get(start..).unwrap_or_default();
    &rest[..memchr(b'\n', rest).unwrap_or(rest.len())]
}

/// Where the line that holds the byte at `at` begins, not before `floor`.
pub(super) fn line_start(block: &[u8], at: usize, floor: usize) -> usize {
    memrchr(b'\n', &block[floor..at]).map_or(floor, |newline| floor + newline + 1)
}

/// Where the line after the one that holds the byte at `at` begins.
pub(super) fn next_line(block: &[u8], at: usize) -> usize {
    memchr(b'\n', &block[at..]).map_or(block.len(), |newline| at + newline + 1)
}

/// Counts line feeds.
pub fn newlines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}
