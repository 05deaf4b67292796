//! How much of what a product says is understood without its entries: each product of the catalog is left out in turn,
//! and its own examples are read by what remains.
//!
//! `cargo bench --bench left_out` prints a line for each product and the shares of all at the end; with `-- NAME` only
//! products whose id holds NAME are left out.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::unwrap_used, reason = "a bench may panic")]

use jwtriage::Catalog;
use jwtriage::extract::detector::Detector;
use jwtriage::extract::signature::Signature;
use jwtriage::extract::without::without_products;
use jwtriage::model::event::EventKind;

/// How many examples there are, how many give an event of their kind, and of how many the reason is right too.
#[derive(Default)]
struct Count {
    all: u32,
    kind: u32,
    reason: u32,
}

impl Count {
    fn take(&mut self, detector: &Detector, signature: &Signature) {
        for example in &signature.examples {
            let events = detector.events_of(&example.record);
            let alike = || events.iter().filter(|event| event.kind == signature.kind);
            self.all += 1;
            self.kind += u32::from(alike().next().is_some());
            self.reason += u32::from(alike().any(|event| event.reason == signature.reason));
        }
    }

    fn add(&mut self, other: &Self) {
        self.all += other.all;
        self.kind += other.kind;
        self.reason += other.reason;
    }

    fn shown(&self) -> String {
        let share = |count: u32| f64::from(count) / f64::from(self.all.max(1));
        format!("{:5} examples, kind {:.3}, kind and reason {:.3}", self.all, share(self.kind), share(self.reason))
    }
}

fn main() {
    let name = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    let products = Catalog::builtin_bare().unwrap().products;
    let (mut refusals, mut deeds) = (Count::default(), Count::default());
    for product in products.iter().filter(|product| !product.generic && product.id.contains(&name)) {
        let mut rest = Catalog::builtin().unwrap();
        let own: Vec<Signature> = rest.signatures.extract_if(.., |signature| signature.product == product.id).collect();
        without_products(&mut rest, std::slice::from_ref(&product.id)).unwrap();
        let detector = Detector::new(rest);
        let (mut refused, mut done) = (Count::default(), Count::default());
        for signature in &own {
            match signature.kind {
                EventKind::AuthFailure => refused.take(&detector, signature),
                EventKind::Unrelated => {}
                _ => done.take(&detector, signature),
            }
        }
        println!("{:32} refusals {}; others {}", product.id, refused.shown(), done.shown());
        refusals.add(&refused);
        deeds.add(&done);
    }
    println!("refusals: {}", refusals.shown());
    println!("others:   {}", deeds.shown());
}
