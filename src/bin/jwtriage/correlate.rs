//! `jwtriage correlate`: explains the failures in events files.

use std::path::Path;

use anyhow::Result;
use chrono_tz::Tz;
use jwtriage::ingest::discover::Discovered;
use jwtriage::pipeline::events_file;

use crate::apart;
use crate::args::Correlate;
use crate::exit::Exit;
use crate::outputs::{Outputs, handle_interrupts};
use crate::scan::{inventory, pool};

/// Runs it to its end.
pub(crate) fn run(args: &Correlate) -> Result<Exit> {
    let outputs = Outputs::of(&args.outputs, &[], &[])?;
    handle_interrupts()?;
    let pool = pool(args.threads)?;
    let inputs: Vec<&Path> = args.files.iter().chain(&args.known.users).chain(&args.known.jwks).map(AsRef::as_ref).collect();
    apart::from_inputs(&outputs.paths(), &inputs, &mut Discovered::default())?;
    let stored = events_file::read(&args.files)?;
    let zone = stored.zone().parse().unwrap_or(Tz::UTC);
    let inventory = inventory(&args.known, zone)?;
    outputs.finish(pool.install(|| stored.explain(&inventory)), &args.outputs, &pool)
}
