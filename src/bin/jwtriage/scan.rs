//! `jwtriage scan`: reads, explains, writes.

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use chrono_tz::Tz;
use globset::{Glob, GlobSetBuilder};
use jwtriage::check::inventory::Inventory;
use jwtriage::extract::signature::Catalog;
use jwtriage::extract::without::without_products;
use jwtriage::ingest::discover::{DiscoverError, Selection, discover};
use jwtriage::parallel::Pool;
use jwtriage::pipeline::run::Run;
use jwtriage::report::results::Asked;

use crate::apart;
use crate::args::{Known, Scan};
use crate::exit::{Exit, Hint};
use crate::messages;
use crate::outputs::{Outputs, handle_interrupts};

/// Runs a scan to its end.
pub(crate) fn run(args: &Scan) -> Result<Exit> {
    let outputs = Outputs::of(&args.outputs, &args.events, &args.unknown)?;
    handle_interrupts()?;
    let pool = pool(args.threads)?;
    let mut found = discover(&args.paths, &selection(args)?).map_err(with_hint)?;
    apart::from_inputs(&outputs.paths(), &other_inputs(args), &mut found)?;
    let run = Run {
        asked: asked(args),
        catalog: catalog(args)?,
        inventory: inventory(&args.known, args.timezone)?,
        zone: args.timezone,
        now: now(),
        pool: pool.clone(),
        second_pass: !args.no_chase,
        strict: args.strict,
        wants_events: !args.events.is_empty(),
        wants_unknown: !args.unknown.is_empty(),
        salt: chance(),
    };
    outputs.finish(run.over(found), &args.outputs, &pool)
}

/// The threads of a run.
pub(crate) fn pool(threads: Option<u16>) -> Result<Pool> {
    Pool::new(threads.and_then(|threads| NonZeroUsize::new(threads.into()))).context("cannot start the threads")
}

/// What of the paths is to be read.
fn selection(args: &Scan) -> Result<Selection> {
    let mut exclude = GlobSetBuilder::new();
    for glob in &args.exclude {
        exclude.add(glob.clone());
    }
    Ok(Selection { exclude: exclude.build().context("cannot use what --exclude names")?, strict: args.strict })
}

/// What is read besides the logs.
fn other_inputs(args: &Scan) -> Vec<&Path> {
    let stdin = args.paths.iter().any(|path| path.as_os_str() == "-").then_some(Path::new("/dev/stdin"));
    let known = args.known.users.iter().chain(&args.known.jwks).chain(&args.catalog);
    known.map(PathBuf::as_path).chain(stdin).collect()
}

/// What the operator gave to check against.
pub(crate) fn inventory(known: &Known, zone: Tz) -> Result<Inventory> {
    let mut inventory = Inventory::expecting(&known.expect_issuer, &known.expect_audience);
    if let Some(path) = &known.users {
        inventory = inventory.with_users(path, zone)?;
    }
    if let Some(path) = &known.jwks {
        inventory = inventory.with_jwks(path)?;
    }
    for note in inventory.notes() {
        messages::line(&format!("note: {note}"));
    }
    Ok(inventory)
}

/// The catalog of a scan.
fn catalog(args: &Scan) -> Result<Catalog> {
    let mut catalog = with_files(Catalog::builtin_bare()?, &args.catalog)?;
    without_products(&mut catalog, &args.without_product).map_err(|id| {
        let hint = "`jwtriage catalog list` shows all: a product's id stands before the dot of its signatures'";
        anyhow!("no product of the catalog has the id `{id}`").context(Hint(hint.to_owned()))
    })?;
    Ok(catalog)
}

/// The built-in catalog with the user's files.
pub(crate) fn with_files(mut catalog: Catalog, paths: &[PathBuf]) -> Result<Catalog> {
    for path in paths {
        catalog.add(path)?;
    }
    Ok(catalog)
}

fn with_hint(error: DiscoverError) -> anyhow::Error {
    let hint = match &error {
        DiscoverError::Missing(_) => "give files or directories that exist; `-` reads standard input",
        DiscoverError::Nothing(_) => "the directories are empty; check the path, or that logs have not been rotated away",
    };
    anyhow!(error).context(Hint(hint.to_owned()))
}

/// The options, for the report: nothing that differs between runs over the same inputs.
fn asked(args: &Scan) -> Asked {
    let mut parameters = vec![
        ("timezone".to_owned(), args.timezone.name().to_owned()),
        ("chase".to_owned(), (!args.no_chase).to_string()),
        ("strict".to_owned(), args.strict.to_string()),
        ("exclude".to_owned(), args.exclude.iter().map(Glob::glob).collect::<Vec<_>>().join(",")),
        ("catalog".to_owned(), args.catalog.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(",")),
    ];
    if !args.without_product.is_empty() {
        parameters.push(("without_product".to_owned(), args.without_product.join(",")));
    }
    Asked {
        inputs: args.paths.iter().map(|path| path.display().to_string()).collect(),
        parameters,
        zone: args.timezone.name().to_owned(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the run's time comes in")]
pub(crate) fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

/// What marks of secrets are salted with where the logs come from standard input and cannot be looked at beforehand.
fn chance() -> [u8; 16] {
    let chance = || RandomState::new().hash_one(());
    (u128::from(chance()) << 64 | u128::from(chance())).to_ne_bytes()
}
