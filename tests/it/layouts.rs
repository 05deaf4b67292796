//! Every layout of the field is recognised, and its time stamp read right.

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;
use jwtriage::extract::context::Context;
use jwtriage::extract::detector::{Detector, Mode};
use jwtriage::extract::signature::Catalog;
use jwtriage::model::event::{Place, StreamId};
use jwtriage::redact::Redactor;

#[test]
fn each_layout_is_recognised_with_its_time() {
    let detector = Detector::new(Catalog::default());
    let latest = Utc.with_ymd_and_hms(2026, 8, 22, 18, 0, 0).unwrap();
    let context =
        Context { zone: Tz::UTC, latest, service: None, host: None, rows: true, is_read_twice: false, redactor: Redactor::BARE };
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
                event.shown.as_deref().map_or("none", |shown| shown.format.as_str())
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
