//! The built-in catalog holds what it promises.

use jwtriage::extract::check::check;
use jwtriage::extract::context::Context;
use jwtriage::extract::detector::Detector;
use jwtriage::extract::found::Found;
use jwtriage::extract::signature::Catalog;
use jwtriage::ingest::frame::each_block;
use jwtriage::model::event::StreamId;

#[test]
fn every_signature_and_every_example_holds() {
    let catalog = Catalog::builtin().unwrap();
    catalog.check(0, "built in").unwrap();
    assert!(catalog.signatures.len() > 60);
    let breaches = check(&Detector::new(catalog), 0);
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn ids_are_unique_and_products_named_as_their_files() {
    let catalog = Catalog::builtin().unwrap();
    let mut ids: Vec<&str> = catalog.signatures.iter().map(|signature| signature.id.as_str()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for file in std::fs::read_dir(crate::project("src/extract/signature/catalog")).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(catalog.products.iter().any(|product| product.id == name), "{name} is not the id of its product");
    }
}

#[test]
fn a_retired_id_is_given_to_no_other_and_leads_to_a_living_one() {
    let catalog = Catalog::builtin().unwrap();
    let retired: Vec<&str> = catalog.retired().collect();
    for id in retired {
        assert!(catalog.get(id).is_none(), "{id} is given again");
        assert!(catalog.living(id).is_some_and(|heir| heir.id != id), "{id} leads nowhere");
    }
}

#[test]
fn ordinary_lines_are_not_even_looked_at() {
    let lines = [
        r#"203.0.113.9 - - [02/Mar/2026:09:00:00 +0000] "GET /api/orders/17?page=2 HTTP/1.1" 200 512 "-" "curl/8.5.0""#,
        r#"203.0.113.9 - - [02/Mar/2026:09:00:00 +0000] "POST /login HTTP/2.0" 302 0 "https://shop.example/" "Mozilla/5.0 (X11)""#,
        r#"{"time":"2026-03-02T09:00:00Z","method":"GET","path":"/api/users/me","status":200,"request_id":"r-1","user_id":"u-1"}"#,
        r#"{"start_time":"2026-03-02T09:00:00.000Z","method":"GET","path":"/cart","response_code":200,"response_flags":"-"}"#,
        r#"[2026-03-02T09:00:00.000Z] "GET /cart HTTP/1.1" 200 - via_upstream - "-" 0 15 3 2 "-" "okhttp" "r-1" "cart" "10.0.0.1:80""#,
        "2026-03-02 09:00:00.123  INFO 1 --- [nio-8080-exec-3] c.e.orders.OrderService : order 17 placed by customer u-1",
        "2026-03-02T09:00:00.123Z INFO orders: cart of user u-1 saved",
        r#"time="2026-03-02T09:00:00Z" level=info msg="cache refreshed" user_id=u-1 duration=12ms"#,
        "I0302 09:00:00.123456       1 controller.go:73] synced 12 endpoints",
        r#"level=info ts=2026-03-02T09:00:00Z caller=main.go:12 msg="job done" took=12ms"#,
        "2026-03-02 09:00:00 UTC [123] app@shop LOG:  duration: 1.2 ms  statement: SELECT * FROM orders WHERE user_id = 17",
        "[02/Mar/2026 09:00:00] \"GET /static/app.js HTTP/1.1\" 304 0",
    ];
    let detector = Detector::new(Catalog::builtin().unwrap());
    for line in lines {
        let mut found = Found::default();
        each_block(line.as_bytes(), None, &mut Vec::new(), &mut |block| {
            detector.detect(block, StreamId(0), &Context::none(), &mut found)
        });
        assert_eq!((found.books.records, found.books.skipped), (1, 1), "{line}");
    }
}
