//! What a run writes: files, all of them or none, and the summary for people.

use std::ffi::OsStr;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use jwtriage::atomic_file::{self, Staged, is_stdout};
use jwtriage::model::event::Severity;
use jwtriage::model::report::Report;
use jwtriage::parallel::Pool;
use jwtriage::report::results::Results;
use jwtriage::report::rows::{self, RowFormat};
use jwtriage::report::{csv, html, json, markdown, summary};

use crate::apart;
use crate::args::{FailOn, Format, Outputs as Args, When};
use crate::exit::Exit;
use crate::messages;

/// Set while files are being renamed to their paths: an interrupt waits for that.
static WRITING: AtomicBool = AtomicBool::new(false);
/// Set by an interrupt that had to wait.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// What a shell expects of a program that was interrupted.
const INTERRUPT_CODE: i32 = 130;

/// The files to write, known to be writable in kind before anything is read.
pub(crate) struct Outputs<'a> {
    reports: Vec<(&'a Path, Format)>,
    failures: Vec<(&'a Path, RowFormat)>,
    events: Vec<(&'a Path, RowFormat)>,
    unknown: Vec<(&'a Path, RowFormat)>,
}

impl<'a> Outputs<'a> {
    /// Finds out what is to be written, and whether it can be.
    pub(crate) fn of(args: &'a Args, events: &'a [PathBuf], unknown: &'a [PathBuf]) -> Result<Self> {
        let rows = |paths: &'a [PathBuf]| -> Result<Vec<(&'a Path, RowFormat)>> {
            paths
                .iter()
                .map(|path| match RowFormat::from_path(path) {
                    None if is_stdout(path) => Ok((path.as_path(), RowFormat::Jsonl)),
                    Some(format) => {
                        format.check().with_context(|| format!("cannot write `{}`", path.display()))?;
                        Ok((path.as_path(), format))
                    }
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
        // A format without a file means the report on standard output.
        if let Some(format) = args.format.filter(|_| !args.output.iter().any(|path| is_stdout(path))) {
            reports.push((Path::new("-"), format));
        }
        let outputs = Self { reports, failures: rows(&args.failures)?, events: rows(events)?, unknown: rows(unknown)? };
        apart::from_each_other(&outputs.paths())?;
        for path in outputs.paths() {
            check_target(path)?;
        }
        if outputs.paths().into_iter().filter(|path| is_stdout(path)).count() > 1 {
            bail!("only one output can go to standard output: give files for the others");
        }
        Ok(outputs)
    }

    /// Where it is written.
    pub(crate) fn paths(&self) -> Vec<&'a Path> {
        let reports = self.reports.iter().map(|(path, _)| *path);
        reports.chain(self.failures.iter().chain(&self.events).chain(&self.unknown).map(|(path, _)| *path)).collect()
    }

    fn has_stdout(&self) -> bool {
        self.paths().into_iter().any(is_stdout)
    }

    fn is_empty(&self) -> bool {
        self.reports.is_empty() && self.failures.is_empty() && self.events.is_empty() && self.unknown.is_empty()
    }

    /// Writes all outputs, reports what could not be read, and gives how the run ended.
    pub(crate) fn finish(&self, results: Results, args: &Args, pool: &Pool) -> Result<Exit> {
        pool.install(|| self.write(&results))?;
        if self.is_empty() || args.summary {
            summarize(&results.report, args.color, self.has_stdout())?;
        } else {
            for problem in &results.report.run.problems {
                messages::line(&format!("{}: {}", problem.file, problem.what));
            }
        }
        let patterns = &results.report.patterns;
        let failing = args.fail_on.is_some_and(|least| patterns.iter().any(|pattern| pattern.severity >= severity(least)));
        let exit = match (failing, results.report.run.problems.is_empty()) {
            (true, _) => Exit::Findings,
            (false, false) => Exit::Incomplete,
            (false, true) => Exit::Done,
        };
        // The process ends: millions of small pieces need not be given back one by one.
        std::mem::forget(results);
        Ok(exit)
    }

    /// Writes all files beside their paths, then renames them: a full disk leaves none of them.
    fn write(&self, results: &Results) -> Result<()> {
        WRITING.store(true, Ordering::SeqCst);
        let mut staged: Vec<(&Path, Staged)> = Vec::new();
        let mut stage = |path: &'a Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>| -> Result<()> {
            match atomic_file::stage(path, write) {
                Ok(done) => staged.push((path, done)),
                // The files are wanted even if the reader of standard output went away.
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

/// Reports a file that cannot be written at the start, and not after an hour of reading.
fn check_target(path: &Path) -> Result<()> {
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
    let width = width();
    let out: Box<dyn Write> = if beside_data { Box::new(io::stderr().lock()) } else { Box::new(io::stdout().lock()) };
    let mut out = BufWriter::new(out);
    summary::write(report, summary::Style { color, width }, &mut out)?;
    out.flush()?;
    Ok(())
}

/// Lets an interrupt wait while files are renamed.
pub(crate) fn handle_interrupts() -> Result<()> {
    ctrlc::set_handler(|| {
        if WRITING.load(Ordering::SeqCst) {
            INTERRUPTED.store(true, Ordering::SeqCst);
        } else {
            std::process::exit(INTERRUPT_CODE);
        }
    })
    .context("cannot handle interrupts")
}

fn severity(least: FailOn) -> Severity {
    match least {
        FailOn::Low => Severity::Low,
        FailOn::Medium => Severity::Medium,
        FailOn::High => Severity::High,
        FailOn::Critical => Severity::Critical,
    }
}

/// How many columns text for people has.
pub(crate) fn width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100)
}
