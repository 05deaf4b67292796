//! The built-in catalog holds what it promises.

use jwtriage::detect::{Detector, check};
use jwtriage::signature::Catalog;

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
    for file in std::fs::read_dir(crate::project("src/signature/catalog")).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(catalog.products.iter().any(|product| product.id == name), "{name} is not the id of its product");
    }
}
