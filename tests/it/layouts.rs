//! Every layout of the field is recognised, its time stamp read right, and its records parted from each other.

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;
use jwtriage::extract::context::Context;
use jwtriage::extract::detector::{Detector, Mode};
use jwtriage::extract::signature::Catalog;
use jwtriage::ingest::frame::{Cursor, each_block};
use jwtriage::layout::LAYOUTS;
use jwtriage::layout::columns::Columns;
use jwtriage::model::event::{Place, StreamId};
use jwtriage::redact::Redactor;

#[test]
fn each_layout_is_recognised_with_its_time() {
    let detector = Detector::new(Catalog::default());
    let latest = Utc.with_ymd_and_hms(2026, 8, 22, 18, 0, 0).unwrap();
    let context = Context {
        zone: Tz::UTC,
        latest,
        service: None,
        host: None,
        rows: true,
        is_read_twice: false,
        columns: Columns::default(),
        redactor: Redactor::BARE,
    };
    let samples = std::fs::read_to_string(crate::project("samples/layouts.jsonl")).unwrap();
    let mut wrong = Vec::new();
    for line in samples.lines() {
        let sample: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| sample[name].as_str().map(str::to_owned);
        let (layout, record) = (text("layout").unwrap(), text("record").unwrap());
        let mut events = Vec::new();
        detector.extract(record.as_bytes(), Mode::LookedUp, Place { stream: StreamId(0), line: 1 }, &context, &mut events);
        let event = &events[0];
        // To the second: layouts differ in what they show of a fraction.
        let time = event.time.map(|time: DateTime<Utc>| time.format("%Y-%m-%dT%H:%M:%S").to_string());
        if time != text("time") {
            wrong.push(format!(
                "{layout}: {time:?} by {} of {record}",
                event.shown.as_deref().map_or("none".into(), |shown| shown.format.text())
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The records that a stream is cut into.
fn records(text: &str) -> Vec<String> {
    let mut records = Vec::new();
    each_block(text.as_bytes(), None, &mut Vec::new(), &mut |block| {
        let mut cursor = Cursor::new(block);
        while cursor.at < block.bytes.len() {
            let (record, _) = cursor.record(cursor.at).unwrap();
            records.push(String::from_utf8_lossy(record).trim_end().to_owned());
        }
        cursor.line_feeds()
    });
    records
}

#[test]
fn two_records_of_a_layout_are_cut_into_two() {
    for layout in LAYOUTS {
        let samples = layout.samples();
        for (place, first) in samples.iter().enumerate() {
            for second in [first, &samples[(place + 1) % samples.len()]] {
                let expected = [first.record.trim_end(), second.record.trim_end()];
                assert_eq!(records(&expected.join("\n")), expected, "{}", layout.name());
            }
        }
    }
}
