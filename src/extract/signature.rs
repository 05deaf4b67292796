//! The catalog: what the texts of products mean, as data. One TOML file a product under `signature/catalog/`.
//!
//! A [`Signature`] is one meaning of one product's text, and carries the records it was learnt from as examples.
//! [`Catalog::builtin`] has those of this crate; [`Catalog::add`] takes users' own, which win over built-in ones of
//! the same id. Every file meets the same checks; [`crate::extract::check`] runs the examples.

pub mod pattern;
pub mod shared;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use regex::bytes::Regex;
use serde::Deserialize;

use crate::extract::signature::pattern::{catalog_field, compile, whole};
use crate::extract::signature::shared::Shared;
use crate::model::event::{EventKind, Reason};
use crate::model::field::Field;

pub use crate::extract::signature::pattern::{Captured, Pattern};

/// The files of `signature/catalog/` without their examples, as `build.rs` has put them together.
static BUILTIN: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.json"));
/// The examples, by signature.
static EXAMPLES: &str = include_str!(concat!(env!("OUT_DIR"), "/examples.json"));

/// The catalog file's own version.
const FORMAT: u32 = 1;
/// A literal shorter than this would hit in ordinary traffic.
const SHORTEST_LITERAL: usize = 4;

/// Why a catalog file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It cannot be read.
    #[error("cannot read catalog `{}`", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is no catalog file: bad TOML, an unknown field, a missing one.
    #[error("catalog `{file}`: {what}")]
    Syntax {
        /// The file.
        file: String,
        /// What is wrong and where, as the TOML parser says it.
        what: String,
    },
    /// One of its signatures is wrong.
    #[error("catalog `{file}`: signature `{id}`: {what}")]
    Signature {
        /// The file.
        file: String,
        /// The signature.
        id: String,
        /// What is wrong.
        what: String,
    },
}

/// One meaning of one product's text.
#[derive(Debug)]
pub struct Signature {
    /// Stable name: the product's id, a dot, and what it says.
    pub id: String,
    /// One sentence: what the record means.
    pub summary: String,
    /// What happened.
    pub kind: EventKind,
    /// Why, for failures.
    pub reason: Option<Reason>,
    /// One of these stands, byte for byte, in every record this can match: those of all variants.
    pub literals: Vec<String>,
    /// The ways in which it is written, as text and as JSON: the first that matches counts.
    pub variants: Vec<Variant>,
    /// The shared guards: expressions that must not match the text.
    pub guards: Vec<&'static Pattern>,
    /// Weaker than a product's own.
    pub generic: bool,
    /// Which product.
    pub product: String,
    /// Whole records it matches, and what is read from them.
    pub examples: Vec<Example>,
    /// Whole records it must not match, and why.
    pub counterexamples: Vec<Counterexample>,
}

/// One way in which the text of a signature is written.
#[derive(Debug)]
pub struct Variant {
    /// One of these stands in every record this can match.
    pub literals: Vec<String>,
    /// The field whose value is matched; the whole search text if `None`.
    pub field: Option<String>,
    /// What the text must look like; the literals themselves if `None`.
    pub pattern: Option<Pattern>,
    /// Fields that must have values like these, wholly.
    pub conditions: Vec<(String, Pattern)>,
    /// What must not stand in the text.
    pub unless: Option<Pattern>,
    /// Event fields by the paths they are read from, where the engine's own guess is wrong.
    pub reads: Vec<(Field, String)>,
}

/// A record that the signature matches.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The record as the product writes it.
    pub record: String,
    /// Event fields that must be read from it.
    #[serde(default)]
    pub reads: BTreeMap<String, String>,
}

/// The closest thing that means something else.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterexample {
    /// The record.
    pub record: String,
    /// What it means instead.
    pub because: String,
}

/// The product that writes the texts of a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The file's name without its ending.
    pub id: String,
    /// The product's own name.
    pub name: String,
    /// Versions whose source or logs were read.
    #[serde(default)]
    pub seen_in: Vec<String>,
    /// Where its texts are written.
    #[serde(default)]
    pub references: Vec<String>,
    /// Event fields by the product's own field paths.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Whether its signatures are of no single product, and yield to any that are.
    #[serde(default)]
    pub generic: bool,
    /// The shared guards of its signatures that name none of their own.
    #[serde(default)]
    pub guards: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    format: u32,
    product: Product,
    #[serde(default)]
    signature: Vec<RawSignature>,
}

/// An entry as it stands in its file. Of one that is retired only its id and its heir are known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSignature {
    id: String,
    #[serde(rename = "since", default)]
    _since: Option<String>,
    status: Option<Status>,
    #[serde(rename = "use")]
    heir: Option<String>,
    #[serde(default)]
    summary: String,
    kind: Option<EventKind>,
    reason: Option<Reason>,
    #[serde(default)]
    literals: Vec<String>,
    field: Option<String>,
    pattern: Option<String>,
    #[serde(rename = "where", default)]
    conditions: BTreeMap<String, String>,
    unless: Option<String>,
    guards: Option<Vec<String>>,
    #[serde(default)]
    reads: BTreeMap<String, String>,
    #[serde(default)]
    variant: Vec<RawVariant>,
    #[serde(default)]
    example: Vec<Example>,
    #[serde(default)]
    counterexample: Vec<Counterexample>,
}

/// What an entry that no longer matches says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Retired,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVariant {
    #[serde(default)]
    literals: Vec<String>,
    field: Option<String>,
    pattern: Option<String>,
    #[serde(rename = "where", default)]
    conditions: BTreeMap<String, String>,
    unless: Option<String>,
    #[serde(default)]
    reads: BTreeMap<String, String>,
}

/// The examples of a built-in signature.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExamples {
    #[serde(default)]
    example: Vec<Example>,
    #[serde(default)]
    counterexample: Vec<Counterexample>,
}

/// Every signature of a run.
#[derive(Debug, Default)]
pub struct Catalog {
    /// The products, by file.
    pub products: Vec<Product>,
    /// The signatures, in the order of files and, within one, of the file.
    pub signatures: Vec<Signature>,
    /// Ids that are no longer given, and the one that says it now.
    retired: BTreeMap<String, String>,
}

impl Catalog {
    /// The ids of the signatures, by [`crate::model::event::SignatureId`].
    pub fn ids(&self) -> Vec<String> {
        self.signatures.iter().map(|signature| signature.id.clone()).collect()
    }

    /// The catalog this crate was built with.
    ///
    /// # Errors
    /// If a built-in file does not hold, which the tests rule out.
    pub fn builtin() -> Result<Self, CatalogError> {
        let mut catalog = Self::builtin_bare()?;
        let mut examples: HashMap<String, RawExamples> = built_in(EXAMPLES)?;
        for signature in &mut catalog.signatures {
            if let Some(own) = examples.remove(&signature.id) {
                (signature.examples, signature.counterexamples) = (own.example, own.counterexample);
            }
        }
        Ok(catalog)
    }

    /// The same without the examples: all that a scan needs.
    ///
    /// # Errors
    /// As [`Catalog::builtin`].
    pub fn builtin_bare() -> Result<Self, CatalogError> {
        let mut catalog = Self::default();
        let files: BTreeMap<String, RawFile> = built_in(BUILTIN)?;
        catalog.signatures.reserve_exact(files.values().map(|file| file.signature.len()).sum());
        for (name, file) in files {
            catalog.take(&name, file)?;
        }
        Ok(catalog)
    }

    /// Adds a user's file, or every `.toml` file of a directory, and gives how many signatures came: they stand at the
    /// end. A signature replaces the one of its id.
    pub fn add(&mut self, path: &Path) -> Result<usize, CatalogError> {
        let read = |source| CatalogError::Read { path: path.to_owned(), source };
        let mut files = Vec::new();
        if path.is_dir() {
            for entry in std::fs::read_dir(path).map_err(read)? {
                let file = entry.map_err(read)?.path();
                if file.extension().is_some_and(|ending| ending == "toml") {
                    files.push(file);
                }
            }
            files.sort();
        } else {
            files.push(path.to_owned());
        }
        let mut added = 0;
        for file in files {
            let text = std::fs::read_to_string(&file).map_err(|source| CatalogError::Read { path: file.clone(), source })?;
            let name = file.display().to_string();
            let count = self.read(&name, &text)?;
            self.check(self.signatures.len() - count, &name)?;
            added += count;
        }
        Ok(added)
    }

    /// Reads one file's text and gives how many signatures it holds. One replaces the one of its id.
    fn read(&mut self, file: &str, text: &str) -> Result<usize, CatalogError> {
        self.take(file, toml::from_str(text).map_err(|error| syntax(file, error.to_string().trim_end()))?)
    }

    fn take(&mut self, file: &str, raw: RawFile) -> Result<usize, CatalogError> {
        if raw.format != FORMAT {
            return Err(syntax(file, &format!("format {} is not known, expected {FORMAT}", raw.format)));
        }
        let mut ids = BTreeSet::new();
        let mut signatures = Vec::with_capacity(raw.signature.len());
        let mut retired = BTreeMap::new();
        for signature in raw.signature {
            let id = signature.id.clone();
            if !ids.insert(id.clone()) {
                return Err(bad(file, &id, "stands twice in the file"));
            }
            match (signature.status, &signature.heir) {
                (None, None) => signatures.push(finish(signature, &raw.product).map_err(|what| bad(file, &id, &what))?),
                (Some(Status::Retired), Some(heir)) => {
                    retired.insert(id, heir.clone());
                }
                _ => return Err(bad(file, &id, "`status = \"retired\"` and `use` go together")),
            }
        }
        // The later one wins and stays at its own index, so that ids stay unique. Ids begin with their product's: those of
        // a new product cannot be known.
        if self.products.iter().any(|known| known.id == raw.product.id) {
            self.signatures.retain(|known| !ids.contains(&known.id));
        }
        self.retired.retain(|known, _| !ids.contains(known));
        self.retired.append(&mut retired);
        let count = signatures.len();
        self.signatures.extend(signatures);
        self.products.retain(|known| known.id != raw.product.id);
        self.products.push(raw.product);
        Ok(count)
    }

    /// Checks the signatures from the one at `from` on.
    pub fn check(&self, from: usize, file: &str) -> Result<(), CatalogError> {
        for signature in &self.signatures[from.min(self.signatures.len())..] {
            check(signature).map_err(|what| bad(file, &signature.id, &what))?;
        }
        for (id, heir) in &self.retired {
            self.living(id).ok_or_else(|| bad(file, id, &format!("`{heir}`, which it is retired for, is no signature")))?;
        }
        Ok(())
    }

    /// The signature of this id.
    pub fn get(&self, id: &str) -> Option<&Signature> {
        self.signatures.iter().find(|signature| signature.id == id)
    }

    /// The ids that are no longer given.
    pub fn retired(&self) -> impl Iterator<Item = &str> {
        self.retired.keys().map(String::as_str)
    }

    /// The signature that says today what the one of this id said: itself, unless it is retired.
    pub fn living(&self, id: &str) -> Option<&Signature> {
        let mut id = id;
        for _ in 0..self.retired.len() {
            let Some(heir) = self.retired.get(id) else { break };
            id = heir;
        }
        self.get(id)
    }
}

fn built_in<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, CatalogError> {
    serde_json::from_str(text).map_err(|error| syntax("built in", &error.to_string()))
}

fn syntax(file: &str, what: &str) -> CatalogError {
    CatalogError::Syntax { file: file.to_owned(), what: what.to_owned() }
}

fn bad(file: &str, id: &str, what: &str) -> CatalogError {
    CatalogError::Signature { file: file.to_owned(), id: id.to_owned(), what: what.to_owned() }
}

fn finish(raw: RawSignature, product: &Product) -> Result<Signature, String> {
    let shared = Shared::get()?;
    let guards = raw.guards.as_ref().unwrap_or(&product.guards).iter();
    let guards: Result<_, String> =
        guards.map(|name| shared.guard.get(name).ok_or_else(|| format!("`{name}` is no guard"))).collect();
    let own = RawVariant {
        literals: raw.literals,
        field: raw.field,
        pattern: raw.pattern,
        conditions: raw.conditions,
        unless: raw.unless,
        reads: raw.reads,
    };
    let mut literals = own.literals.clone();
    let mut variants = vec![finish_variant(own, product, shared)?];
    for mut variant in raw.variant {
        if variant.literals.is_empty() {
            variant.literals.clone_from(&variants[0].literals);
        }
        let further: Vec<String> = variant.literals.iter().filter(|literal| !literals.contains(literal)).cloned().collect();
        literals.extend(further);
        variants.push(finish_variant(variant, product, shared)?);
    }
    Ok(Signature {
        id: raw.id,
        summary: raw.summary,
        kind: raw.kind.ok_or("needs a kind")?,
        reason: raw.reason,
        literals,
        variants,
        guards: guards?,
        generic: product.generic,
        product: product.id.clone(),
        examples: raw.example,
        counterexamples: raw.counterexample,
    })
}

fn finish_variant(raw: RawVariant, product: &Product, shared: &Shared) -> Result<Variant, String> {
    let pattern = |written: String| Ok::<_, String>(Pattern::expanded(shared.expand(&written)?, &written));
    // The signature's own paths come first, then those its product always uses.
    let mut reads = Vec::with_capacity(raw.reads.len());
    for (field, path) in raw.reads {
        reads.push((catalog_field(&field)?, path));
    }
    for (field, path) in &product.fields {
        let field = catalog_field(field)?;
        if !reads.iter().any(|(known, _)| *known == field) {
            reads.push((field, path.clone()));
        }
    }
    let condition = |(path, value): (&String, &String)| Ok((path.clone(), Pattern::new(whole(&shared.expand(value)?))));
    let conditions = raw.conditions.iter().map(condition);
    Ok(Variant {
        literals: raw.literals,
        field: raw.field,
        pattern: raw.pattern.map(pattern).transpose()?,
        conditions: conditions.collect::<Result<_, String>>()?,
        unless: raw.unless.map(pattern).transpose()?,
        reads,
    })
}

/// What a signature must keep, however it came; the first breach as a sentence.
fn check(signature: &Signature) -> Result<(), String> {
    if !signature.id.strip_prefix(&signature.product).is_some_and(|rest| rest.starts_with('.')) {
        return Err(format!("its id must begin with `{}.`", signature.product));
    }
    if (signature.kind == EventKind::AuthFailure) != signature.reason.is_some() {
        return Err("an auth_failure has a reason, and nothing else has".to_owned());
    }
    if signature.summary.is_empty() {
        return Err("needs a summary".to_owned());
    }
    if signature.variants.iter().any(|variant| variant.literals.is_empty()) {
        return Err("needs a literal that stands in every record it matches".to_owned());
    }
    if let Some(short) = signature.literals.iter().find(|literal| literal.len() < SHORTEST_LITERAL) {
        return Err(format!("literal `{short}` is too short to search for"));
    }
    for variant in &signature.variants {
        let conditions = variant.conditions.iter().map(|(_, pattern)| pattern);
        for pattern in variant.pattern.iter().chain(&variant.unless).chain(conditions) {
            compile(pattern.source()).map_err(|error| format!("bad pattern: {error}"))?;
        }
        let captures = variant.pattern.iter().filter_map(Pattern::regex).flat_map(Regex::capture_names).flatten();
        for name in captures {
            catalog_field(name)?;
        }
    }
    if signature.examples.is_empty() {
        return Err("has no example".to_owned());
    }
    for example in &signature.examples {
        if !signature.literals.iter().any(|literal| example.record.contains(literal.as_str())) {
            return Err("none of its literals stands in its example".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        format = 1
        [product]
        id = "x"
        name = "X"
        [[signature]]
        id = "x.gone"
        summary = "Gone."
        kind = "auth_failure"
        reason = "sub_not_found"
        literals = ["subject is gone"]
        pattern = '''subject is gone: (?P<sub>\S+)'''
        [[signature.example]]
        record = "subject is gone: 7"
        reads = { sub = "7" }
    "#;

    fn read(text: &str) -> Result<Catalog, CatalogError> {
        let mut catalog = Catalog::default();
        catalog.read("x.toml", text)?;
        catalog.check(0, "x.toml")?;
        Ok(catalog)
    }

    #[test]
    fn a_good_file_is_read() {
        assert_eq!(read(GOOD).unwrap().get("x.gone").unwrap().reason, Some(Reason::SubNotFound));
    }

    #[test]
    fn every_breach_names_file_and_id() {
        for (good, wrong, says) in [
            ("reason = \"sub_not_found\"", "", "an auth_failure has a reason"),
            ("literals = [\"subject is gone\"]", "literals = []", "needs a literal"),
            ("literals = [\"subject is gone\"]", "literals = [\"sub\"]", "too short"),
            ("literals = [\"subject is gone\"]", "literals = [\"object\"]", "stands in its example"),
            ("(?P<sub>", "(?P<subject>", "`subject` is no field"),
            (r"(?P<sub>\S+)", "(?P<sub>", "bad pattern"),
            ("id = \"x.gone\"", "id = \"y.gone\"", "must begin with `x.`"),
            ("summary =", "sumary =", "unknown field"),
            ("summary = \"Gone.\"", "", "needs a summary"),
            ("kind = \"auth_failure\"", "", "needs a kind"),
            ("summary =", "status = \"retired\"\nsummary =", "go together"),
            ("kind = \"auth_failure\"", "kind = \"auth_fail\"", "unknown variant"),
            ("format = 1", "format = 2", "format 2 is not known"),
        ] {
            let error = read(&GOOD.replace(good, wrong)).unwrap_err().to_string();
            assert!(error.contains("x.toml") && error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_retired_id_leads_to_the_one_that_says_it_now() {
        let retired = |id: &str, heir: &str| format!("[[signature]]\nid = \"{id}\"\nstatus = \"retired\"\nuse = \"{heir}\"\n");
        let catalog = read(&[GOOD, &retired("x.went", "x.away"), &retired("x.away", "x.gone")].concat()).unwrap();
        assert_eq!(catalog.signatures.len(), 1);
        assert_eq!(catalog.living("x.went").unwrap().id, "x.gone");
        assert_eq!(catalog.living("x.gone").unwrap().id, "x.gone");
        assert!(catalog.get("x.went").is_none() && catalog.living("x.other").is_none());
        for (files, says) in [
            ([GOOD, &retired("x.went", "x.nowhere")], "is no signature"),
            ([GOOD, &retired("x.went", "x.went")], "is no signature"),
            ([GOOD, &retired("x.gone", "x.gone")], "stands twice"),
        ] {
            let error = read(&files.concat()).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn an_entry_may_be_written_in_more_than_one_way() {
        let variant =
            "[[signature.variant]]\nliterals = [\"\\\"gone\\\"\"]\nwhere = { what = \"gone\" }\nreads = { sub = \"who\" }\n";
        let catalog = read(&[GOOD, variant].concat()).unwrap();
        let gone = catalog.get("x.gone").unwrap();
        assert_eq!(gone.literals, ["subject is gone", "\"gone\""]);
        let detector = crate::extract::detector::Detector::new(catalog);
        for record in ["subject is gone: 7", r#"{"what":"gone","who":"7"}"#] {
            let events = detector.events_of(record);
            assert_eq!(events.len(), 1, "{record}");
            assert!(events[0].sub.is_some_and(|sub| sub.text().as_str() == "7"), "{record}");
        }
        assert!(detector.events_of(r#"{"what":"\"gone\" girl","who":"7"}"#).is_empty());
    }

    #[test]
    fn blanks_remarks_and_pieces_stand_in_all_expressions() {
        let good = "pattern = \'\'\'subject is gone: (?P<sub>\\S+)\'\'\'";
        let spaced = "pattern = \'\'\'(?x) subject\\ is\\ gone:\\ (?P<sub> \\S+ ) # who\'\'\'\n\
                      where = { message = \'\'\'(?x) subject .* # all of it\'\'\' }\n\
                      unless = \'\'\'(?x) gone:\\ {{user-id}} # a user\'\'\'";
        assert!(GOOD.contains(good));
        let detector = crate::extract::detector::Detector::new(read(&GOOD.replace(good, spaced)).unwrap());
        let events = detector.events_of("subject is gone: x");
        assert!(events[0].signature.is_some() && events[0].sub.is_some_and(|sub| sub.text().as_str() == "x"));
        for other in ["subject is gone: 7", "the subject is gone: x"] {
            assert!(detector.events_of(other).iter().all(|event| event.signature.is_none()), "{other}");
        }
    }

    #[test]
    fn the_same_id_takes_the_place() {
        let mut catalog = read(GOOD).unwrap();
        catalog.read("mine.toml", &GOOD.replace("Gone.", "Mine.")).unwrap();
        assert_eq!(catalog.signatures.len(), 1);
        assert_eq!(catalog.signatures[0].summary, "Mine.");
    }
}
