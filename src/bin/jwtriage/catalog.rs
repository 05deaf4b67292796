//! `jwtriage catalog`: what the signatures say.

use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use jwtriage::causes::CAUSES;
use jwtriage::extract::check::check;
use jwtriage::extract::detector::Detector;
use jwtriage::extract::draft::draft;
use jwtriage::extract::hygiene::{Class, remarks};
use jwtriage::extract::signature::{Catalog as Signatures, Signature};
use jwtriage::model::event::Reason;

use crate::args::Catalog;
use crate::exit::Exit;
use crate::scan::with_files;

/// How much of standard input makes a draft, in bytes.
const MAX_DRAFT: u64 = 64 << 10;

/// Runs a catalog command.
pub(crate) fn run(command: Catalog) -> Result<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    match command {
        Catalog::List(extra) => {
            for signature in &with_files(Signatures::builtin_bare()?, &extra.catalog)?.signatures {
                writeln!(out, "{}\t{}\t{}\t{}", signature.id, signature.kind, reason(signature), signature.summary)?;
            }
        }
        Catalog::Explain { id, extra } => {
            let catalog = with_files(Signatures::builtin()?, &extra.catalog)?;
            let Some(signature) = catalog.living(&id) else {
                bail!("no signature has the id `{id}`; `jwtriage catalog list` shows all")
            };
            if signature.id != id {
                writeln!(out, "`{id}` is retired: `{}` says it now\n", signature.id)?;
            }
            explain(signature, &catalog, &mut out)?;
        }
        Catalog::Draft(extra) => {
            let mut record = Vec::new();
            io::stdin().lock().take(MAX_DRAFT).read_to_end(&mut record).context("cannot read standard input")?;
            let record = String::from_utf8_lossy(&record);
            match draft(&Detector::new(with_files(Signatures::builtin_bare()?, &extra.catalog)?), &record) {
                Ok(text) => write!(out, "{text}")?,
                Err(what) => bail!("cannot draft an entry: {what}"),
            }
        }
        Catalog::Check { path } => check_file(path.as_deref(), &mut out)?,
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Checks a file or directory, or the built-in catalog.
fn check_file(path: Option<&Path>, out: &mut dyn Write) -> Result<()> {
    let mut whole = Signatures::builtin()?;
    let own = match path {
        Some(path) => whole.add(path)?,
        None => whole.signatures.len(),
    };
    let from = whole.signatures.len() - own;
    let detector = Detector::new(whole);
    let breaches = check(&detector, from);
    if !breaches.is_empty() {
        for breach in &breaches {
            writeln!(out, "{breach}")?;
        }
        out.flush()?;
        let name = path.map_or_else(|| "the built-in catalog".to_owned(), |path| format!("`{}`", path.display()));
        bail!("{} examples of {name} do not hold", breaches.len());
    }
    let remarks = remarks(&detector, from);
    writeln!(out, "ok: {own} signatures, {} notes", remarks.len())?;
    for class in Class::ALL {
        let count = remarks.iter().filter(|(_, remark)| remark.class() == class).count();
        if count > 0 {
            writeln!(out, "{count:6} {class}")?;
        }
    }
    for (id, remark) in &remarks {
        writeln!(out, "note: `{id}`: {remark}")?;
    }
    Ok(())
}

fn reason(signature: &Signature) -> &'static str {
    signature.reason.map_or("-", jwtriage::model::event::Reason::as_str)
}

/// What may lie behind a refusal, most direct first, and what to do about each.
fn causes(signature: &Signature, out: &mut dyn Write) -> Result<()> {
    let Some(reason) = signature.reason else { return Ok(()) };
    // The causes that any refusal may have do not follow from the reason, but from what else is refused.
    let mut own: Vec<_> =
        CAUSES.iter().filter(|rules| rules.reasons.contains(&reason) && rules.reasons.len() < Reason::ALL.len()).collect();
    own.sort_by_key(|rules| rules.reasons.iter().position(|known| *known == reason));
    for rules in own {
        writeln!(out, "\nmay be    {}: {}\n          fix: {}", rules.cause, rules.says, rules.fix)?;
    }
    writeln!(out)?;
    Ok(())
}

fn explain(signature: &Signature, catalog: &jwtriage::extract::signature::Catalog, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}\n\n{}\n", signature.id, signature.summary)?;
    writeln!(out, "kind      {}\nreason    {}", signature.kind, reason(signature))?;
    if let Some(product) = catalog.products.iter().find(|product| product.id == signature.product) {
        writeln!(out, "product   {}", product.name)?;
        if !product.seen_in.is_empty() {
            writeln!(out, "seen in   {}", product.seen_in.join(", "))?;
        }
        for reference in &product.references {
            writeln!(out, "source    {reference}")?;
        }
    }
    causes(signature, out)?;
    for variant in &signature.variants {
        writeln!(out, "literals  {}", variant.literals.join(" | "))?;
        if let Some(pattern) = &variant.pattern {
            writeln!(out, "pattern   {}", pattern.source())?;
        }
        for (path, pattern) in &variant.conditions {
            writeln!(out, "where     {path} = {}", pattern.source())?;
        }
    }
    for example in &signature.examples {
        writeln!(out, "\nexample\n  {}", example.record.replace('\n', "\n  "))?;
        for (field, value) in &example.reads {
            writeln!(out, "    reads {field} = {value}")?;
        }
    }
    for counter in &signature.counterexamples {
        writeln!(out, "\nnot this: {}\n  {}", counter.because, counter.record.replace('\n', "\n  "))?;
    }
    Ok(())
}
