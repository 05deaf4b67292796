//! `jwtriage scan`: reads, explains, writes.

use std::ffi::OsStr;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, anyhow, bail};
use chrono_tz::Tz;
use globset::{Glob, GlobSetBuilder};
use jwtriage::atomic_file::{self, Staged, is_stdout};
use jwtriage::check::inventory::Inventory;
use jwtriage::correlate::correlate;
use jwtriage::extract::detector::Detector;
use jwtriage::extract::signature::Catalog;
use jwtriage::ingest::discover::{DiscoverError, Selection, discover};
use jwtriage::model::event::Severity;
use jwtriage::parallel;
use jwtriage::pipeline::settings::{SPAN, Settings};
use jwtriage::pipeline::{sample, scan};
use jwtriage::redact::Redactor;
use jwtriage::report::rows::{self, RowFormat};
use jwtriage::report::{Asked, Report, Results, csv, html, json, markdown, own, summary};

use crate::apart;
use crate::args::{FailOn, Format, Known, Scan, When};
use crate::exit::{Exit, Hint};
use crate::told;

/// Set while files are being put in their place: an interrupt waits for that.
static WRITING: AtomicBool = AtomicBool::new(false);
/// Set by an interrupt that had to wait.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// What a shell expects of a program that was interrupted.
const INTERRUPT_CODE: i32 = 130;

/// Runs a scan to its end.
pub(crate) fn run(args: &Scan) -> Result<Exit> {
    let outputs = Outputs::of(args)?;
    handle_interrupts()?;
    if let Some(threads) = args.threads {
        parallel::start(threads.into()).context("cannot start the threads")?;
    }
    let mut found = discover(&args.paths, &selection(args)?).map_err(with_hint)?;
    apart::from_inputs(&outputs.paths(), &other_inputs(args), &mut found)?;
    let catalog = with_files(Catalog::builtin_bare()?, &args.catalog)?;
    let sample = sample::sample(&found.sources);
    let redactor = redactor(&sample);
    let detector = Detector::tuned(catalog, !args.unknown.is_empty(), &sample);
    let inventory = inventory(&args.known, args.timezone)?;
    let settings = Settings {
        zone: args.timezone,
        now: now(),
        second_pass: !args.no_chase,
        span: SPAN,
        rows: !args.events.is_empty(),
        redactor,
        is_own: own::is_own,
        strict: args.strict,
    };
    let mut scan = scan::scan(&found.sources, &detector, &settings);
    scan.problems.extend(found.problems);
    for problem in &mut scan.problems {
        // A download may be named after the link it came from.
        problem.file = redactor.redact(&problem.file).into_owned();
    }
    scan.passed_over.add(found.passed_over);
    let signatures = detector.catalog().ids();
    // The detector's patterns have grown automata: room that correlation can use.
    let (correlated, ()) = parallel::both(|| correlate(&mut scan, &inventory), || drop(detector));
    let correlated = correlated.context("cannot correlate the events")?;
    let results = Results::of(asked(args, redactor), scan, correlated, signatures);
    outputs.write(&results)?;
    if outputs.is_empty() || args.summary {
        summarize(&results.report, args.color, outputs.has_stdout())?;
    } else {
        for problem in &results.report.run.problems {
            told::line(&format!("{}: {}", problem.file, problem.what));
        }
    }
    let failing =
        args.fail_on.is_some_and(|least| results.report.patterns.iter().any(|pattern| pattern.severity >= severity(least)));
    let exit = match (failing, results.report.run.problems.is_empty()) {
        (true, _) => Exit::Findings,
        (false, false) => Exit::Incomplete,
        (false, true) => Exit::Done,
    };
    // The process ends: millions of small pieces need not be given back one by one.
    std::mem::forget(results);
    Ok(exit)
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
        told::line(&format!("note: {note}"));
    }
    Ok(inventory)
}

/// The built-in catalog with the user's files.
pub(crate) fn with_files(mut catalog: Catalog, paths: &[PathBuf]) -> Result<Catalog> {
    for path in paths {
        catalog.add(path)?;
    }
    Ok(catalog)
}

/// The files to write, known to be writable in kind before anything is read.
struct Outputs<'a> {
    reports: Vec<(&'a Path, Format)>,
    failures: Vec<(&'a Path, RowFormat)>,
    events: Vec<(&'a Path, RowFormat)>,
    unknown: Vec<(&'a Path, RowFormat)>,
}

impl<'a> Outputs<'a> {
    fn of(args: &'a Scan) -> Result<Self> {
        let rows = |paths: &'a [PathBuf]| -> Result<Vec<(&'a Path, RowFormat)>> {
            paths
                .iter()
                .map(|path| match RowFormat::from_path(path) {
                    None if is_stdout(path) => Ok((path.as_path(), RowFormat::Jsonl)),
                    Some(format) => Ok((path.as_path(), format)),
                    None => {
                        bail!("cannot tell the format of `{}` by its ending: expected .jsonl, .csv or .parquet", path.display())
                    }
                })
                .collect()
        };
        let mut reports = args
            .output
            .iter()
            .map(|path| match path.extension().and_then(OsStr::to_str) {
                Some("json") => Ok((path.as_path(), Format::Json)),
                Some("csv") => Ok((path.as_path(), Format::Csv)),
                Some("html") => Ok((path.as_path(), Format::Html)),
                Some("md") => Ok((path.as_path(), Format::Markdown)),
                _ if is_stdout(path) => Ok((path.as_path(), args.format.unwrap_or(Format::Json))),
                _ => bail!("cannot tell the format of `{}` by its ending: expected .json, .csv, .html or .md", path.display()),
            })
            .collect::<Result<Vec<_>>>()?;
        // A format alone asks for the report on standard output.
        if let Some(format) = args.format.filter(|_| !args.output.iter().any(|path| is_stdout(path))) {
            reports.push((Path::new("-"), format));
        }
        let outputs =
            Self { reports, failures: rows(&args.failures)?, events: rows(&args.events)?, unknown: rows(&args.unknown)? };
        apart::from_each_other(&outputs.paths())?;
        for path in outputs.paths() {
            check_place(path)?;
        }
        if outputs.paths().into_iter().filter(|path| is_stdout(path)).count() > 1 {
            bail!("only one output can go to standard output: give files for the others");
        }
        Ok(outputs)
    }

    fn paths(&self) -> Vec<&'a Path> {
        let reports = self.reports.iter().map(|(path, _)| *path);
        reports.chain(self.failures.iter().chain(&self.events).chain(&self.unknown).map(|(path, _)| *path)).collect()
    }

    fn has_stdout(&self) -> bool {
        self.paths().into_iter().any(is_stdout)
    }

    fn is_empty(&self) -> bool {
        self.reports.is_empty() && self.failures.is_empty() && self.events.is_empty() && self.unknown.is_empty()
    }

    /// Writes all files beside their places, then puts them there: a full disk leaves none of them.
    fn write(&self, results: &Results) -> Result<()> {
        WRITING.store(true, Ordering::SeqCst);
        let mut staged: Vec<(&Path, Staged)> = Vec::new();
        let mut stage = |path: &'a Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>| -> Result<()> {
            match atomic_file::stage(path, write) {
                Ok(done) => staged.push((path, done)),
                // Who reads no further does not want the files to be missing.
                Err(error) if is_stdout(path) && error.kind() == io::ErrorKind::BrokenPipe => {}
                Err(error) => return Err(error).with_context(|| format!("cannot write `{}`", path.display())),
            }
            Ok(())
        };
        for (path, format) in &self.reports {
            stage(path, &mut |out| report(&results.report, *format, out))?;
        }
        let files = [
            (&self.failures, rows::write_failures as RowWriter),
            (&self.events, rows::write_events),
            (&self.unknown, rows::write_unknown),
        ];
        for (rows, write) in files {
            for (path, format) in rows {
                stage(path, &mut |out| write(results, *format, out).map_err(io::Error::from))?;
            }
        }
        for (path, staged) in staged {
            staged.commit().with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        WRITING.store(false, Ordering::SeqCst);
        if INTERRUPTED.load(Ordering::SeqCst) {
            std::process::exit(INTERRUPT_CODE);
        }
        Ok(())
    }
}

type RowWriter = fn(&Results, RowFormat, &mut dyn Write) -> Result<(), rows::RowError>;

fn report(report: &Report, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json => json::write(report, out),
        Format::Csv => csv::write(report, out).map_err(csv::io_error),
        Format::Html => html::write(report, out),
        Format::Markdown => markdown::write(report, out),
    }
}

/// Says early that a file cannot be written, not after an hour of reading.
fn check_place(path: &Path) -> Result<()> {
    if path.is_dir() {
        bail!("cannot write `{}`: it is a directory", path.display());
    }
    if atomic_file::is_written_through(path) {
        return Ok(());
    }
    atomic_file::probe(path).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Prints the summary, to standard error where data has standard output.
fn summarize(report: &Report, color: When, beside_data: bool) -> Result<()> {
    let is_terminal = if beside_data { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
    let color = match color {
        When::Always => true,
        When::Never => false,
        When::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100);
    let out: Box<dyn Write> = if beside_data { Box::new(io::stderr().lock()) } else { Box::new(io::stdout().lock()) };
    let mut out = BufWriter::new(out);
    summary::write(report, summary::Style { color, width }, &mut out)?;
    out.flush()?;
    Ok(())
}

fn with_hint(error: DiscoverError) -> anyhow::Error {
    let hint = match &error {
        DiscoverError::Missing(_) => "give files or directories that exist; `-` reads standard input",
        DiscoverError::Nothing(_) => "the directories are empty; check the path, or that logs have not been rotated away",
    };
    anyhow!(error).context(Hint(hint.to_owned()))
}

fn handle_interrupts() -> Result<()> {
    ctrlc::set_handler(|| {
        if WRITING.load(Ordering::SeqCst) {
            INTERRUPTED.store(true, Ordering::SeqCst);
        } else {
            std::process::exit(INTERRUPT_CODE);
        }
    })
    .context("cannot handle interrupts")
}

/// What was asked for, for the report: nothing that differs between runs over the same inputs.
fn asked(args: &Scan, redactor: Redactor) -> Asked {
    Asked {
        inputs: args.paths.iter().map(|path| redactor.redact(&path.display().to_string()).into_owned()).collect(),
        parameters: vec![
            ("timezone".to_owned(), args.timezone.name().to_owned()),
            ("chase".to_owned(), (!args.no_chase).to_string()),
            ("strict".to_owned(), args.strict.to_string()),
            ("exclude".to_owned(), args.exclude.iter().map(Glob::glob).collect::<Vec<_>>().join(",")),
            ("catalog".to_owned(), args.catalog.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(",")),
        ],
        zone: args.timezone.name().to_owned(),
    }
}

/// Redacts by the logs' own salt; what comes from standard input cannot be looked at beforehand, and gets one of chance.
fn redactor(sample: &[u8]) -> Redactor {
    if !sample.is_empty() {
        return Redactor::of_logs(sample);
    }
    let chance = || RandomState::new().hash_one(());
    Redactor::salted((u128::from(chance()) << 64 | u128::from(chance())).to_ne_bytes())
}

#[expect(clippy::disallowed_methods, reason = "the one place where the run's time comes in")]
pub(crate) fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

fn severity(least: FailOn) -> Severity {
    match least {
        FailOn::Low => Severity::Low,
        FailOn::Medium => Severity::Medium,
        FailOn::High => Severity::High,
        FailOn::Critical => Severity::Critical,
    }
}
