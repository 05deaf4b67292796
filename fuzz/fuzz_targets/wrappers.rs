//! Wrappers off any text: no panic, and framing never sees more inside than stands there.
#![no_main]

use jwtriage::ingest::frame::wrapper;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (inner, _) = wrapper::peel(bytes);
    assert!(inner.len() <= bytes.len());
    let text = String::from_utf8_lossy(bytes);
    let _ = wrapper::unwrap(&text);
});
