//! Any bytes, no panic; times and wrapped texts read back; compressed or not, the same events.

use std::io::Write;

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta, Utc};
use jwtriage::check::inspect::inspect;
use jwtriage::check::inventory::Inventory;
use jwtriage::extract::detector::Detector;
use jwtriage::extract::extracted::Extracted;
use jwtriage::extract::nested;
use jwtriage::extract::signature::Catalog;
use jwtriage::ingest::frame::wrapper;
use jwtriage::layout::columns::Columns;
use jwtriage::layout::{LAYOUTS, timestamp};
use jwtriage::model::event::Event;
use jwtriage::pipeline::scan::scan;
use jwtriage::pipeline::settings::Settings;
use jwtriage::redact::{Redactor, jwt};
use proptest::prelude::*;

use crate::engine::{settings, source};

fn read(path: &std::path::Path, detector: &Detector) -> Extracted {
    scan(&[source(path)], detector, &Settings { rows: true, strict: false, ..settings() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_pasted_as_a_token_is_judged_without_panic_and_not_shown(
        pieces in prop::collection::vec(prop_oneof![
            ".{0,12}",
            "[ \n\r>|\\\\]{1,3}",
            "(ey[JAI]|ew)[A-Za-z0-9_=-]{0,24}[.]?",
            Just("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSIsImV4cCI6Ii0xIn0.c2VjcmV0c2lnbmF0dXJl".to_owned()),
            Just("{\"access_token\":\"".to_owned()),
            Just("\"}".to_owned()),
        ], 0..12),
    ) {
        let found = inspect(&pieces.concat(), &Inventory::default(), DateTime::UNIX_EPOCH);
        prop_assert!(!format!("{found:?}").contains("c2VjcmV0c2ln"), "{found:?}");
    }

    #[test]
    fn any_bytes_are_read_without_panic_and_the_books_balance(
        pieces in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            Just(b"\n".to_vec()),
            Just(b"{\"msg\":\"jwt expired\",\"status\":401,\"path\":\"/x\"}\n".to_vec()),
            Just(b"192.0.2.1 - - [02/Mar/2026:09:00:00 +0000] \"GET /x HTTP/1.1\" 401 5\n".to_vec()),
            Just(b"2026-03-02 09:00:00 ERROR token is expired\n\tat x\n".to_vec()),
        ], 0..30),
    ) {
        let detector = Detector::new(Catalog::default());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("any.log");
        std::fs::write(&path, pieces.concat()).unwrap();
        let found = read(&path, &detector);
        prop_assert!(found.books().balance(), "{:?}", found.books());
    }
}

/// Records of every layout, as the samples have them.
fn layouts() -> Vec<String> {
    crate::rows(&crate::project("samples/layouts.jsonl")).iter().map(|row| row["record"].as_str().unwrap().to_owned()).collect()
}

/// A record of some layout, cut, joined with another or with noise put into it.
fn damaged() -> impl Strategy<Value = String> {
    let layouts = layouts();
    let one = prop::sample::select(layouts);
    (one.clone(), one, any::<prop::sample::Index>(), any::<prop::sample::Index>(), ".{0,12}").prop_map(
        |(a, b, at, from, noise)| {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            let head: String = a[..at.index(a.len() + 1)].iter().collect();
            let tail: String = b[from.index(b.len() + 1)..].iter().collect();
            format!("{head}{noise}{tail}")
        },
    )
}

/// An hour of this century, to the microsecond.
fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (946_684_800_000_000_i64..4_102_444_800_000_000).prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

proptest! {
    #[test]
    fn each_layout_reads_or_declines_any_record(record in prop_oneof![damaged(), ".{0,200}"]) {
        for layout in LAYOUTS {
            if let Some(entry) = layout.parse(&record) {
                prop_assert!(entry.fields.iter().all(|(name, value)| !name.is_empty() && !value.is_empty()), "{:?}", entry);
            }
        }
        for (_, lines_before) in nested::entries(&record, Columns::default()) {
            prop_assert!(lines_before <= record.lines().count() as u64);
        }
        prop_assert!(jwt::tokens(&Redactor::BARE.redact(&record)).next().is_none());
    }

    #[test]
    fn each_wrapper_comes_off_any_text_and_keeps_its_time(text in "[a-z][a-z ]{0,40}[a-z]", time in time()) {
        let iso = time.to_rfc3339_opts(SecondsFormat::Micros, true);
        let day = time.format("%b %e %H:%M:%S");
        let json = serde_json::to_string(&text).unwrap();
        let micros = time.timestamp_micros();
        let (seconds, nanos) = (time.timestamp(), time.timestamp_subsec_nanos());
        for (record, exact) in [
            (format!(r#"{{"log":{json},"stream":"stdout","time":"{iso}"}}"#), true),
            (format!("{iso} stdout F {text}"), true),
            (format!("<36>1 {iso} web01 api 1234 - - {text}"), true),
            (format!(r#"{{"MESSAGE":{json},"__REALTIME_TIMESTAMP":"{micros}"}}"#), micros > 1_000_000_000_000_000),
            (format!("__REALTIME_TIMESTAMP={micros}\nMESSAGE={text}"), micros > 1_000_000_000_000_000),
            (format!(r#"app: [{seconds}.{nanos:09}, {{"log":{json}}}]"#), true),
            (format!("{day} web01 api[1]: {text}"), false),
            (format!("<36>{day} web01 api[1]: {text}"), false),
        ] {
            let unwrapped = wrapper::unwrap(&record);
            prop_assert_eq!(&*unwrapped.text, text.as_str(), "{}", record);
            let stamp = unwrapped.stamp.and_then(|stamp| stamp.resolve(|_| 0, time));
            if exact {
                prop_assert_eq!(stamp, Some(time), "{}", record);
            } else {
                prop_assert!(stamp.is_some(), "{}", record);
            }
        }
    }

    #[test]
    fn each_layout_of_a_time_reads_back(time in time(), hours in -12_i32..=14) {
        let offset = FixedOffset::east_opt(hours * 3600).unwrap();
        let local = time.with_timezone(&offset);
        let to_millis = |digits: u32| time - TimeDelta::microseconds(i64::from(time.timestamp_subsec_micros()) % i64::from(10_u32.pow(6 - digits)));
        for (layout, digits) in [
            ("%Y-%m-%dT%H:%M:%S%.6f%:z", 6),
            ("%Y-%m-%dT%H:%M:%S%.3f%z", 3),
            ("%Y-%m-%d %H:%M:%S%.6f %z", 6),
            ("%Y-%m-%d %H:%M:%S,%3f %:z", 3),
            ("%d/%b/%Y:%H:%M:%S %z", 0),
            ("%Y/%m/%d %H:%M:%S %z", 0),
        ] {
            let text = local.format(layout).to_string();
            let read = timestamp::whole(&text).and_then(|stamp| stamp.resolve(|_| 0, time));
            prop_assert_eq!(read, Some(to_millis(digits)), "{}", text);
        }
        let zoneless = local.format("%Y-%m-%d %H:%M:%S").to_string();
        let read = timestamp::whole(&zoneless).and_then(|stamp| stamp.resolve(|_| hours * 3600, time));
        prop_assert_eq!(read, Some(to_millis(0)), "{}", zoneless);
    }
}

#[test]
fn compressed_or_not_the_same_events() {
    let detector = Detector::new(Catalog::builtin().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let text = std::fs::read(crate::project("samples/shop/orders/orders.log")).unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&text).unwrap();
    let mut found: Vec<Vec<Event>> = Vec::new();
    for (name, bytes) in
        [("a.log", text.clone()), ("b.log", gz.finish().unwrap()), ("c.log", zstd::stream::encode_all(&text[..], 1).unwrap())]
    {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut events = read(&path, &detector).events;
        for event in &mut events {
            event.service = None;
        }
        found.push(events);
    }
    assert!(found[0].len() > 20);
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}
