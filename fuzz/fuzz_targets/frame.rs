//! Any stream, read in pieces of any size: the same records as in one piece, and every byte in one of them.
#![no_main]

use std::io::Read;

use jwtriage::ingest::frame::{Cursor, each_block};
use libfuzzer_sys::fuzz_target;

struct Pieces<'b> {
    rest: &'b [u8],
    size: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.size.min(into.len()).min(self.rest.len());
        into[..count].copy_from_slice(&self.rest[..count]);
        self.rest = &self.rest[count..];
        Ok(count)
    }
}

fn records(bytes: &[u8], size: usize) -> (Vec<(Vec<u8>, u64)>, u64) {
    let mut records = Vec::new();
    let mut total = 0;
    let coverage = each_block(Pieces { rest: bytes, size }, None, &mut Vec::new(), &mut |block| {
        total += block.bytes.len() as u64;
        let mut cursor = Cursor::new(block);
        while cursor.at < block.bytes.len() {
            let Some((record, line)) = cursor.record(cursor.at) else { break };
            records.push((record.to_vec(), line));
        }
        cursor.line_feeds()
    });
    assert_eq!((coverage.bytes, total), (bytes.len() as u64, bytes.len() as u64));
    (records, total)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    assert_eq!(records(bytes, usize::from(size) + 1), records(bytes, bytes.len() + 1));
});
