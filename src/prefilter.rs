//! Which records of a block can matter: every literal of the catalog in one pass over its bytes, never line by line.

use aho_corasick::{AhoCorasick, MatchKind};

use crate::signature::Catalog;

/// How access logs of every format write a refusal: what makes a 401 or 403 line worth a look without any text.
const REFUSALS: [&str; 12] = [
    "\" 401 ",
    "\" 403 ",
    "\":401",
    "\":403",
    "\": 401",
    "\": 403",
    "\":\"401\"",
    "\":\"403\"",
    "=401",
    "=403",
    " 401 ",
    " 403 ",
];

/// The search for everything the catalog's records must contain.
#[derive(Debug)]
pub struct Prefilter {
    literals: AhoCorasick,
    /// For each literal, the signatures that need it; empty for the refusals.
    owners: Vec<Vec<u32>>,
}

/// A signature whose literal stands in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in the catalog.
    pub signature: u32,
    /// The length of the longest literal of it that was found.
    pub weight: usize,
}

impl Prefilter {
    /// Builds the search for a catalog, and for further texts that make a record worth a look.
    ///
    /// # Panics
    /// With more literals than an automaton can hold, which is in the billions.
    pub fn new(catalog: &Catalog, also: &[&str]) -> Self {
        let mut literals: Vec<&str> = Vec::new();
        let mut owners: Vec<Vec<u32>> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for (index, signature) in catalog.signatures.iter().enumerate() {
            let index = u32::try_from(index).expect("a catalog has fewer than four billion signatures");
            for literal in &signature.literals {
                let place = *places.entry(literal.as_str()).or_insert_with(|| {
                    literals.push(literal);
                    owners.push(Vec::new());
                    literals.len() - 1
                });
                owners[place].push(index);
            }
        }
        for text in REFUSALS.iter().chain(also) {
            literals.push(text);
            owners.push(Vec::new());
        }
        let literals = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&literals)
            .expect("literals are bounded in number and length");
        Self { literals, owners }
    }

    /// Where the first literal at or after `from` ends, less one: a byte inside it.
    pub fn next_hit(&self, block: &[u8], from: usize) -> Option<usize> {
        self.literals.find(aho_corasick::Input::new(block).range(from..)).map(|found| found.end() - 1)
    }

    /// The signatures whose literals stand in `record`, in catalog order.
    pub fn candidates(&self, record: &[u8], into: &mut Vec<Candidate>) {
        for found in self.literals.find_overlapping_iter(record) {
            let weight = found.end() - found.start();
            for &signature in &self.owners[found.pattern().as_usize()] {
                match into.iter_mut().find(|candidate| candidate.signature == signature) {
                    Some(candidate) => candidate.weight = candidate.weight.max(weight),
                    None => into.push(Candidate { signature, weight }),
                }
            }
        }
        into.sort_by_key(|candidate| candidate.signature);
    }
}
