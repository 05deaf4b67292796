//! How fast the stages are, in bytes a second, over input made from a seed with refusals at 0 %, 0.1 % and 5 %.

mod archive;

use std::hint::black_box;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jwtriage::detect::{Context, Detector, Found};
use jwtriage::event::StreamId;
use jwtriage::frame::{Style, each_block};
use jwtriage::prefilter::Prefilter;
use jwtriage::signature::Catalog;

/// How much each input holds.
const SIZE: usize = 8 << 20;

fn stages(criterion: &mut Criterion) {
    let catalog = || Catalog::builtin().expect("the built-in catalog holds");
    let prefilter = Prefilter::new(&catalog(), &[]);
    let detector = Detector::new(catalog());
    let context = Context { zone: Tz::UTC, latest: DateTime::<Utc>::UNIX_EPOCH, service: None, host: None };
    for (name, every) in [("none", 0), ("one in 1000", 1000), ("one in 20", 20)] {
        let text = archive::access_log(SIZE, every);
        let mut group = criterion.benchmark_group(format!("refusals: {name}"));
        group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
        group.bench_function("frame: count records", |bencher| {
            let style = Style::learn(&text);
            bencher.iter(|| black_box(style.count(&text)));
        });
        group.bench_function("prefilter: first pass over the literals", |bencher| {
            bencher.iter(|| {
                let (mut at, mut hits) = (0, 0_u64);
                while let Some(hit) = prefilter.next_hit(&text, at) {
                    at = hit + 1;
                    hits += 1;
                }
                black_box(hits)
            });
        });
        group.bench_function("detect: blocks to events", |bencher| {
            bencher.iter(|| {
                let mut found = Found::default();
                each_block(&text[..], None, &mut Vec::new(), &mut |block| {
                    detector.detect(block, StreamId(0), &context, &mut found);
                });
                black_box(found.events.len())
            });
        });
        group.finish();
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
