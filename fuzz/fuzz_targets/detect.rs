//! Any block through the whole way to events, with the built-in catalog: no panic, the books balance, no token out.
#![no_main]

use std::sync::LazyLock;

use jwtriage::extract::context::Context;
use jwtriage::extract::detector::Detector;
use jwtriage::extract::found::Found;
use jwtriage::model::event::StreamId;
use jwtriage::ingest::frame::each_block;
use jwtriage::redact::jwt;
use jwtriage::extract::signature::Catalog;
use libfuzzer_sys::fuzz_target;

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::keeping_unknown(Catalog::builtin().expect("the catalog holds")));

fuzz_target!(|bytes: &[u8]| {
    let mut found = Found::default();
    each_block(bytes, None, &mut Vec::new(), &mut |block| {
        DETECTOR.detect(block, StreamId(0), &Context::none(), &mut found)
    });
    assert!(found.books.balance(), "{:?}", found.books);
    for event in &found.events {
        let ids = [event.request_id, event.trace_id].into_iter().flatten().map(|id| id.to_string());
        let names = [event.sub, event.kid, event.path].into_iter().flatten().map(|name| name.to_string());
        for value in ids.chain(names) {
            assert!(!jwt::stands_in(&value), "{value}");
        }
    }
});
