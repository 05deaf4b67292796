//! Any text as a time: no panic, and what is read stands at the beginning of the text.
#![no_main]

use jwtriage::layout::timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some((stamp, rest)) = timestamp::leading(text) {
        assert!(text.ends_with(rest));
        let _ = stamp.resolve(|_| 3600, chrono::DateTime::UNIX_EPOCH);
    }
    let _ = timestamp::whole(text);
    let _ = timestamp::epoch(text);
});
