//! What in a catalog nothing shows to be needed: literals that no example holds, entries whose examples others take,
//! guards named twice. Remarks, not breaches: an entry may know more than its examples show.

use crate::extract::detector::Detector;
use crate::extract::signature::{Pattern, Signature};

/// What is remarkable about one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// None of its examples holds this literal.
    Unreached(String),
    /// Each of its examples becomes an event of other signatures: these.
    Shadowed(Vec<String>),
    /// A guard is named twice, or says what `unless` says.
    DoubleGuard(String),
}

impl std::fmt::Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreached(literal) => write!(f, "no example holds the literal `{literal}`"),
            Self::Shadowed(others) => write!(f, "its examples are taken by {}", others.join(", ")),
            Self::DoubleGuard(source) => write!(f, "a guard stands there twice: `{source}`"),
        }
    }
}

/// The remarks on every signature from the one at `from` on, with its id.
pub fn remarks(detector: &Detector, from: usize) -> Vec<(String, Remark)> {
    let mut remarks = Vec::new();
    for signature in detector.catalog().signatures.iter().skip(from) {
        let own = unreached(signature).chain(shadowed(detector, signature)).chain(double_guards(signature));
        remarks.extend(own.map(|remark| (signature.id.clone(), remark)));
    }
    remarks
}

fn unreached(signature: &Signature) -> impl Iterator<Item = Remark> {
    let holds = |literal: &String| signature.examples.iter().any(|example| example.record.contains(literal.as_str()));
    signature.literals.iter().filter(move |literal| !holds(literal)).map(|literal| Remark::Unreached(literal.clone()))
}

fn shadowed(detector: &Detector, signature: &Signature) -> Option<Remark> {
    let mut others = Vec::new();
    for example in &signature.examples {
        for event in detector.events_of(&example.record) {
            let id = &detector.catalog().signatures[event.signature?.index() as usize].id;
            if *id == signature.id {
                return None;
            }
            if !others.contains(id) {
                others.push(id.clone());
            }
        }
    }
    (!others.is_empty()).then_some(Remark::Shadowed(others))
}

fn double_guards(signature: &Signature) -> impl Iterator<Item = Remark> {
    let unless = signature.variants.iter().filter_map(|variant| variant.unless.as_ref());
    let sources: Vec<&str> = unless.chain(signature.guards.iter().copied()).map(Pattern::source).collect();
    let doubles: Vec<Remark> = (1..sources.len())
        .filter(|index| sources[..*index].contains(&sources[*index]))
        .map(|index| Remark::DoubleGuard(sources[index].to_owned()))
        .collect();
    doubles.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::signature::Catalog;

    #[test]
    fn what_no_example_needs_is_remarked() {
        let entry = |id: &str, literals: &str, record: &str| {
            format!(
                "[[signature]]\nid = \"x.{id}\"\nsummary = \"S.\"\nkind = \"auth_failure\"\nreason = \"sub_not_found\"\n\
                 literals = [{literals}]\n[[signature.example]]\nrecord = \"{record}\"\n"
            )
        };
        let text = format!(
            "format = 1\n[product]\nid = \"x\"\nname = \"X\"\n{}{}",
            entry("gone", "\"subject is gone\", \"subject went away\"", "subject is gone: 7"),
            entry("again", "\"subject is\"", "subject is gone: 8")
        );
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.toml");
        #[expect(clippy::disallowed_methods, reason = "tests lay out their inputs")]
        std::fs::write(&path, text).unwrap();
        let mut catalog = Catalog::default();
        catalog.add(&path).unwrap();
        let found = remarks(&Detector::new(catalog), 0);
        let expected = [
            ("x.gone", Remark::Unreached("subject went away".to_owned())),
            ("x.again", Remark::Shadowed(vec!["x.gone".to_owned()])),
        ];
        assert_eq!(found, expected.map(|(id, remark)| (id.to_owned(), remark)));
    }
}
