//! A sample of the logs, before they are read.

use std::fs::File;
use std::io::Read;

use crate::ingest::decode;
use crate::ingest::discover::Source;

/// How many pieces a sample is made of, and how large each is.
const SAMPLED: usize = 48;
/// See [`SAMPLED`].
const SAMPLE: u64 = 16 << 10;

/// Lines of the largest sources: what the logs that a detector is tuned to look like. Of few sources each gives more, a
/// plain one at many offsets.
pub fn sample(sources: &[Source]) -> Vec<u8> {
    let mut largest: Vec<&Source> = sources.iter().filter(|source| source.rereadable).collect();
    largest.sort_by_key(|source| std::cmp::Reverse(source.size));
    largest.truncate(SAMPLED);
    let each = (SAMPLED / largest.len().max(1)) as u64;
    let mut sample = Vec::new();
    for source in largest {
        if each > 1 && source.size > each * SAMPLE && decode::may_be_bare(source) {
            for piece in 0..each {
                // What cannot be read is reported by the first pass.
                let read = |file: File| file.take(SAMPLE).read_to_end(&mut sample).ok();
                decode::open_at(source, source.size / each * piece).ok().and_then(read);
            }
        } else {
            sample.extend(decode::head(source, each * SAMPLE));
        }
    }
    sample
}
