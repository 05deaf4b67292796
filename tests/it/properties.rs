//! Any bytes, no panic; compressed or not, the same events.

use std::io::Write;

use jwtriage::detect::Detector;
use jwtriage::discover::Source;
use jwtriage::event::Event;
use jwtriage::scan::{Scan, Settings, scan};
use jwtriage::signature::Catalog;
use proptest::prelude::*;

fn read(path: &std::path::Path, detector: &Detector) -> Scan {
    let metadata = std::fs::metadata(path).unwrap();
    let source = Source { path: path.to_owned(), size: metadata.len(), modified: None, rereadable: true };
    let settings = Settings { zone: chrono_tz::Tz::UTC, now: chrono::DateTime::UNIX_EPOCH, chase: true };
    scan(&[source], detector, &settings)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

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
