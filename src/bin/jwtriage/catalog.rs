//! `jwtriage catalog`: what the signatures say.

use std::io::{self, BufWriter, Write};

use anyhow::{Result, bail};
use jwtriage::detect::{Detector, check};
use jwtriage::signature::Signature;

use crate::args::Catalog;
use crate::exit::Exit;
use crate::scan::catalog;

/// Runs a catalog command.
pub(crate) fn run(command: Catalog) -> Result<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    match command {
        Catalog::List(extra) => {
            for signature in &catalog(&extra.catalog)?.signatures {
                writeln!(out, "{}\t{}\t{}\t{}", signature.id, signature.kind, reason(signature), signature.summary)?;
            }
        }
        Catalog::Explain { id, extra } => {
            let catalog = catalog(&extra.catalog)?;
            let Some(signature) = catalog.get(&id) else {
                bail!("no signature has the id `{id}`; `jwtriage catalog list` shows all")
            };
            explain(signature, &catalog, &mut out)?;
        }
        Catalog::Check { path } => {
            let mut whole = catalog(&[])?;
            let own = whole.add(&path)?;
            let from = whole.signatures.len() - own;
            let breaches = check(&Detector::new(whole), from);
            if !breaches.is_empty() {
                for breach in &breaches {
                    writeln!(out, "{breach}")?;
                }
                out.flush()?;
                bail!("{} examples of `{}` do not hold", breaches.len(), path.display());
            }
            writeln!(out, "ok: {own} signatures")?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn reason(signature: &Signature) -> &'static str {
    signature.reason.map_or("-", jwtriage::event::Reason::as_str)
}

fn explain(signature: &Signature, catalog: &jwtriage::signature::Catalog, out: &mut dyn Write) -> Result<()> {
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
    writeln!(out, "literals  {}", signature.literals.join(" | "))?;
    if let Some(pattern) = &signature.pattern {
        writeln!(out, "pattern   {}", pattern.source())?;
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
