//! Every layout, and what looks through nested ones, over any text: no panic, and every field has a name and a value.
#![no_main]

use jwtriage::extract::{nested, prose};
use jwtriage::layout::{LAYOUTS, token};
use jwtriage::redact::{Redactor, jwt};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|record: &str| {
    for layout in LAYOUTS {
        if let Some(entry) = layout.parse(record) {
            assert!(entry.fields.iter().all(|(name, value)| !name.is_empty() && !value.is_empty()), "{entry:?}");
        }
    }
    for (_, lines_before) in nested::entries(record, jwtriage::layout::columns::Columns::default()) {
        assert!(lines_before <= record.lines().count() as u64);
    }
    let _ = (prose::request_id(record), prose::client(record), token::claims_in(record));
    assert!(!jwt::stands_in(&Redactor::BARE.redact(record)));
});
