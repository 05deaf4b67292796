//! How fast the stages are, in bytes a second, over input made from a seed with refusals at 0 %, 0.1 % and 5 %.

mod archive;
mod events;

use std::hint::black_box;
use std::io::Write;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jwtriage::check::inventory::Inventory;
use jwtriage::extract::context::Context;
use jwtriage::extract::detector::Detector;
use jwtriage::extract::found::Found;
use jwtriage::extract::prefilter::Prefilter;
use jwtriage::extract::signature::Catalog;
use jwtriage::ingest::discover::{Selection, discover};
use jwtriage::ingest::frame::{Style, each_block};
use jwtriage::layout::columns::Columns;
use jwtriage::model::event::StreamId;
use jwtriage::parallel::Pool;
use jwtriage::pipeline::settings::{SPAN, Settings};
use jwtriage::pipeline::{sample, scan};
use jwtriage::redact::Redactor;

/// As the program's own.
#[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How much each input holds.
const SIZE: usize = 8 << 20;
/// How much of it a prefilter may see beforehand.
const SAMPLE: usize = 16 << 10;

fn hits(prefilter: &Prefilter, text: &[u8]) -> u64 {
    let (mut at, mut hits) = (0, 0);
    while let Some(hit) = prefilter.next_hit(text, at) {
        at = hit.last + 1;
        hits += 1;
    }
    hits
}

fn stages(criterion: &mut Criterion) {
    let catalog = || Catalog::builtin().expect("the built-in catalog holds");
    let prefilter = Prefilter::new(&catalog(), &[], &[]);
    let detector = Detector::new(catalog());
    let context = Context {
        zone: Tz::UTC,
        latest: DateTime::<Utc>::UNIX_EPOCH,
        service: None,
        host: None,
        rows: true,
        is_read_twice: false,
        columns: Columns::default(),
        redactor: Redactor::BARE,
    };
    for (name, every) in [("none", 0), ("one in 1000", 1000), ("one in 20", 20)] {
        let text = archive::access_log(SIZE, every);
        let mut group = criterion.benchmark_group(format!("refusals: {name}"));
        group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
        group.bench_function("frame: count records", |bencher| {
            let style = Style::learn(&text);
            bencher.iter(|| black_box(style.count(&text)));
        });
        group.bench_function("prefilter: first pass over the literals", |bencher| {
            bencher.iter(|| black_box(hits(&prefilter, &text)));
        });
        group.bench_function("detect: blocks to events", |bencher| {
            bencher.iter(|| {
                let mut found = Found::default();
                each_block(&text[..], None, &mut Vec::new(), &mut |block| {
                    detector.detect(block, StreamId(0), &context, &mut found)
                });
                black_box(found.events.len())
            });
        });
        group.finish();
    }
}

/// Whether a larger catalog makes ordinary traffic slower.
fn catalogs(criterion: &mut Criterion) {
    let text = archive::access_log(SIZE, 0);
    let mut group = criterion.benchmark_group("prefilter by catalog");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
    for count in [500, 1000, 2500] {
        let mut catalog = Catalog::builtin().expect("the built-in catalog holds");
        assert!(catalog.signatures.len() >= count);
        // Every product's share, not the first products of the alphabet.
        let all = catalog.signatures.len();
        let mut index = 0;
        catalog.signatures.retain(|_| {
            index += 1;
            index * count / all > (index - 1) * count / all
        });
        // A scan shows its detector the first lines as well.
        let prefilter = Prefilter::new(&catalog, &[], &text[..SAMPLE]);
        group.bench_function(format!("{count} signatures"), |bencher| {
            bencher.iter(|| black_box(hits(&prefilter, &text)));
        });
    }
    group.finish();
}

/// Whether explaining failures takes time in proportion to the events. `JWTRIAGE_BENCH_MOST=10000000` adds the largest.
fn correlate(criterion: &mut Criterion) {
    let most = std::env::var("JWTRIAGE_BENCH_MOST").ok().and_then(|most| most.parse().ok()).unwrap_or(1_000_000);
    let inventory = Inventory::default();
    let mut group = criterion.benchmark_group("correlate");
    for count in [10_000, 100_000, 1_000_000, 10_000_000].into_iter().filter(|count| *count <= most) {
        let mut scan = events::scan(count);
        group.throughput(Throughput::Elements(scan.events.len() as u64)).sample_size(10);
        group.bench_function(format!("{count} events"), |bencher| {
            bencher.iter(|| black_box(jwtriage::correlate::correlate(&mut scan, &inventory).failures.len()));
        });
    }
    group.finish();
}

/// All that a run does between its arguments and its reports: both passes over a file, and correlation.
fn whole(criterion: &mut Criterion) {
    let inventory = Inventory::default();
    let settings = Settings {
        zone: Tz::UTC,
        now: DateTime::<Utc>::UNIX_EPOCH,
        second_pass: true,
        span: SPAN,
        rows: false,
        redactor: Redactor::BARE,
        is_own: |_| false,
        pool: Pool::CALLERS,
        strict: false,
    };
    let mut group = criterion.benchmark_group("whole");
    group.throughput(Throughput::Bytes(SIZE as u64)).sample_size(10);
    for (name, every) in [("no refusals", 0), ("one in 1000 refused", 1000), ("one in 20 refused", 20)] {
        let mut log = tempfile::NamedTempFile::new().expect("a log can be made");
        log.write_all(&archive::access_log(SIZE, every)).expect("there is room for a log");
        let path = log.path().to_owned();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let found = discover(std::slice::from_ref(&path), &Selection::default()).expect("the log is there");
                let catalog = Catalog::builtin_bare().expect("the built-in catalog holds");
                let detector = Detector::tuned(catalog, false, &sample::sample(&found.sources));
                let mut scan = scan::scan(&found.sources, &detector, &settings);
                black_box(jwtriage::correlate::correlate(&mut scan, &inventory).failures.len())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, stages, catalogs, correlate, whole);
criterion_main!(benches);
