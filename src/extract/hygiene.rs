//! What in a catalog nothing shows to be needed: literals that no example holds or that another makes superfluous, entries
//! whose examples others take, guards named twice, expressions too long to be read.
//!
//! Remarks, not breaches: an entry may know more than its examples show.

use crate::extract::detector::Detector;
use crate::extract::signature::{Pattern, Signature};

/// An expression of more characters than this says too many things at once.
const LONG: usize = 600;

/// What is remarkable about one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// None of its examples holds this literal.
    Unreached(String),
    /// Wherever the literal stands, another of the signature's stands too.
    Covered(String, String),
    /// Each of its examples becomes an event of other signatures: these.
    Shadowed(Vec<String>),
    /// A guard is named twice, or says what `unless` says.
    DoubleGuard(String),
    /// An expression has this many characters.
    Long(usize),
}

/// What kind of remark it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// [`Remark::Unreached`]
    Unreached,
    /// [`Remark::Covered`]
    Covered,
    /// [`Remark::Shadowed`]
    Shadowed,
    /// [`Remark::DoubleGuard`]
    DoubleGuard,
    /// [`Remark::Long`]
    Long,
}

impl Class {
    /// All of them, the gravest first.
    pub const ALL: [Self; 5] = [Self::Shadowed, Self::DoubleGuard, Self::Covered, Self::Long, Self::Unreached];
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unreached => "literals that no example holds",
            Self::Covered => "literals that hold another of their entry",
            Self::Shadowed => "entries whose examples others take",
            Self::DoubleGuard => "guards named twice",
            Self::Long => "expressions of too many characters",
        })
    }
}

impl Remark {
    /// What kind of remark it is.
    pub fn class(&self) -> Class {
        match self {
            Self::Unreached(_) => Class::Unreached,
            Self::Covered(..) => Class::Covered,
            Self::Shadowed(_) => Class::Shadowed,
            Self::DoubleGuard(_) => Class::DoubleGuard,
            Self::Long(_) => Class::Long,
        }
    }
}

impl std::fmt::Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreached(literal) => write!(f, "no example holds the literal `{literal}`"),
            Self::Covered(literal, part) => write!(f, "the literal `{literal}` holds another: `{part}`"),
            Self::Shadowed(others) => write!(f, "its examples are taken by {}", others.join(", ")),
            Self::DoubleGuard(source) => write!(f, "a guard stands there twice: `{source}`"),
            Self::Long(characters) => write!(f, "an expression of {characters} characters: split it by what it says"),
        }
    }
}

/// The remarks on every signature from the one at `from` on, with its id.
pub fn remarks(detector: &Detector, from: usize) -> Vec<(String, Remark)> {
    let mut remarks = Vec::new();
    for signature in detector.catalog().signatures.iter().skip(from) {
        let of_literals = signature.literals.iter().filter_map(|literal| needless(signature, literal));
        let own = of_literals.chain(shadowed(detector, signature)).chain(double_guards(signature)).chain(long(signature));
        remarks.extend(own.map(|remark| (signature.id.clone(), remark)));
    }
    remarks
}

fn needless(signature: &Signature, literal: &String) -> Option<Remark> {
    let reached = signature.examples.iter().any(|example| example.record.contains(literal.as_str()));
    let part = signature.literals.iter().find(|part| *part != literal && literal.contains(part.as_str()));
    match part {
        _ if reached => None,
        Some(part) => Some(Remark::Covered(literal.clone(), part.clone())),
        None => Some(Remark::Unreached(literal.clone())),
    }
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
    let guards: Vec<&str> = signature.guards.iter().map(|guard| guard.source()).collect();
    let named_twice = (1..guards.len()).filter(|index| guards[..*index].contains(&guards[*index])).map(|index| guards[index]);
    let said_twice = unless.map(Pattern::source).filter(|source| guards.contains(source));
    let doubles: Vec<Remark> = named_twice.chain(said_twice).map(|source| Remark::DoubleGuard(source.to_owned())).collect();
    doubles.into_iter()
}

fn long(signature: &Signature) -> impl Iterator<Item = Remark> {
    let expressions = signature.variants.iter().flat_map(|variant| variant.pattern.iter().chain(&variant.unless));
    expressions.map(Pattern::written).filter(|length| *length > LONG).map(Remark::Long)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::signature::Catalog;

    #[test]
    fn what_no_example_needs_is_remarked() {
        let entry = |id: &str, says: &str, record: &str| {
            format!(
                "[[signature]]\nid = \"x.{id}\"\nsummary = \"S.\"\nkind = \"auth_failure\"\nreason = \"sub_not_found\"\n\
                 {says}\n[[signature.example]]\nrecord = \"{record}\"\n"
            )
        };
        let long = "x".repeat(LONG + 1);
        let text = format!(
            "format = 1\n[product]\nid = \"x\"\nname = \"X\"\n{}{}",
            entry("gone", r#"literals = ["subject is gone", "subject went away", "the subject is gone"]"#, "subject is gone: 7"),
            entry("again", &format!("literals = [\"subject is\"]\nunless = \"{long}\""), "subject is gone: 8")
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
            ("x.gone", Remark::Covered("the subject is gone".to_owned(), "subject is gone".to_owned())),
            ("x.again", Remark::Shadowed(vec!["x.gone".to_owned()])),
            ("x.again", Remark::Long(LONG + 1)),
        ];
        assert_eq!(found, expected.map(|(id, remark)| (id.to_owned(), remark)));
        assert!(found.iter().all(|(_, remark)| Class::ALL.contains(&remark.class())));
    }
}
