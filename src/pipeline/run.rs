//! A whole run: paths in, results out. What the library offers as [`Scan`].

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use globset::GlobSet;

use crate::check::inventory::Inventory;
use crate::correlate::correlate;
use crate::extract::detector::Detector;
use crate::extract::extracted::Extracted;
use crate::extract::signature::Catalog;
use crate::ingest::discover::{Discovered, Selection, discover};
use crate::model::event::Event;
use crate::model::name::Names;
use crate::model::observation::RequestObservation;
use crate::model::report::Report;
use crate::normalise::shift::Shifts;
use crate::parallel::{self, Pool};
use crate::pipeline::error::ScanError;
use crate::pipeline::events_file::header::{Header, fingerprint};
use crate::pipeline::sample::sample;
use crate::pipeline::scan::scan;
use crate::pipeline::settings::{SPAN, Settings};
use crate::redact::Redactor;
use crate::report::own;
use crate::report::results::{Asked, Results};
use crate::report::stored::StoredScan;

/// What is to be read, and how.
///
/// ```
/// use jwtriage::Scan;
///
/// let report = Scan::of(["samples/shop"]).run()?;
/// let first = &report.patterns[0];
/// println!("{}: {}", first.root_cause, first.says);
/// # Ok::<(), jwtriage::ScanError>(())
/// ```
#[derive(Debug)]
pub struct Scan {
    paths: Vec<PathBuf>,
    catalog: Option<Catalog>,
    inventory: Inventory,
    zone: Tz,
    now: Option<DateTime<Utc>>,
    threads: Option<usize>,
    second_pass: bool,
    salt: [u8; 16],
}

impl Scan {
    /// Reads files and directories, compressed and archived ones included.
    pub fn of<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Self {
        Self {
            paths: paths.into_iter().map(|path| path.as_ref().to_owned()).collect(),
            catalog: None,
            inventory: Inventory::default(),
            zone: Tz::UTC,
            now: None,
            threads: None,
            second_pass: true,
            salt: [0; 16],
        }
    }

    /// Reads log texts by another catalog than the built-in one.
    #[must_use]
    pub fn catalog(mut self, catalog: Catalog) -> Self {
        self.catalog = Some(catalog);
        self
    }

    /// Reads stamps that name no zone in this one instead of UTC.
    #[must_use]
    pub fn zone(mut self, zone: Tz) -> Self {
        self.zone = zone;
        self
    }

    /// Takes this for the time of the run: stamps without a year are completed by it where a source has no date.
    #[must_use]
    pub fn now(mut self, now: DateTime<Utc>) -> Self {
        self.now = Some(now);
        self
    }

    /// Works with so many threads instead of one a core.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Salts the marks of secrets with this where only standard input is read; else the logs themselves are the salt.
    #[must_use]
    pub fn salt(mut self, salt: [u8; 16]) -> Self {
        self.salt = salt;
        self
    }

    /// Whether sources are read a second time for other lines of failed requests, as they are by default.
    #[must_use]
    pub fn second_pass(mut self, second_pass: bool) -> Self {
        self.second_pass = second_pass;
        self
    }

    /// Reads, explains, and gives the report.
    ///
    /// # Errors
    /// Where nothing could be read at all. What of the input could not be read stands in the report.
    pub fn run(self) -> Result<Report, ScanError> {
        Names::new().enter(|| self.work())
    }

    fn work(self) -> Result<Report, ScanError> {
        let found = discover(&self.paths, &Selection { exclude: GlobSet::empty(), strict: false })?;
        let pool = Pool::new(self.threads.and_then(NonZeroUsize::new)).map_err(ScanError::Threads)?;
        let catalog = match self.catalog {
            Some(catalog) => catalog,
            None => Catalog::builtin_bare()?,
        };
        let run = Run {
            asked: Asked {
                inputs: self.paths.iter().map(|path| path.display().to_string()).collect(),
                parameters: Vec::new(),
                zone: self.zone.name().to_owned(),
            },
            catalog,
            inventory: self.inventory,
            zone: self.zone,
            now: self.now.unwrap_or(DateTime::UNIX_EPOCH),
            pool,
            second_pass: self.second_pass,
            strict: false,
            wants_events: false,
            wants_unknown: false,
            salt: self.salt,
        };
        Ok(run.over(found).report)
    }
}

/// A run with all its settings.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "settings, each given by itself")]
pub struct Run {
    /// What the run was asked to do, as the report repeats it.
    pub asked: Asked,
    /// What texts mean.
    pub catalog: Catalog,
    /// What can be checked against.
    pub inventory: Inventory,
    /// The zone of stamps that name none.
    pub zone: Tz,
    /// When the run began.
    pub now: DateTime<Utc>,
    /// The threads that share the work.
    pub pool: Pool,
    /// Whether sources are read a second time.
    pub second_pass: bool,
    /// Whether binary files are problems even where nobody named them.
    pub strict: bool,
    /// Whether the results hold the rows of an events file.
    pub wants_events: bool,
    /// Whether the results hold templates of what the catalog misses.
    pub wants_unknown: bool,
    /// What marks of secrets are salted with where the logs cannot be looked at beforehand.
    pub salt: [u8; 16],
}

impl Run {
    /// Reads sources, explains the failures in them, and gives everything that can be written.
    pub fn over(self, found: Discovered) -> Results {
        self.pool.clone().install(|| self.work(found))
    }

    fn work(self, found: Discovered) -> Results {
        let sample = sample(&found.sources);
        let redactor = if sample.is_empty() { Redactor::salted(self.salt) } else { Redactor::of_logs(&sample) };
        let catalog = if self.wants_events { fingerprint(&self.catalog) } else { String::new() };
        let detector = Detector::tuned(self.catalog, self.wants_unknown, &sample);
        let settings = Settings {
            zone: self.zone,
            now: self.now,
            second_pass: self.second_pass,
            rows: self.wants_events,
            redactor,
            pool: self.pool.clone(),
            is_own: own::is_own,
            span: SPAN,
            strict: self.strict,
        };
        let mut scan = scan(&found.sources, &detector, &settings);
        scan.problems.extend(found.problems);
        for problem in &mut scan.problems {
            // A download may be named after the link it came from.
            problem.file = redactor.redact(&problem.file).into_owned();
        }
        scan.passed_over.add(found.passed_over);
        let signatures = detector.catalog().ids();
        let mut asked = self.asked;
        for input in &mut asked.inputs {
            *input = redactor.redact(input).into_owned();
        }
        let stored = self.wants_events.then(|| Kept::of(&mut scan, &asked, catalog));
        // The detector's automata have grown while it searched: correlation can use the memory.
        let (correlated, ()) = parallel::both(|| correlate(&mut scan, &self.inventory), || drop(detector));
        let shifts = stored.is_some().then(|| Shifts::of(&correlated.zones, &correlated.offsets, &scan.files()));
        let mut results = Results::of(asked, scan, correlated, signatures);
        if let Some((kept, shifts)) = stored.zip(shifts) {
            results.stored = kept.stored(results.events.len(), shifts);
        }
        results
    }
}

/// What an events file needs of a scan, set aside before correlation takes or changes it.
struct Kept {
    header: Header,
    unasked: Vec<Event>,
    observations: Vec<RequestObservation>,
    streams: usize,
}

impl Kept {
    fn of(scan: &mut Extracted, asked: &Asked, catalog: String) -> Self {
        Self {
            header: Header::of(scan, asked, catalog),
            unasked: std::mem::take(&mut scan.unasked),
            observations: scan.observations.clone(),
            streams: scan.streams.len(),
        }
    }

    fn stored(mut self, events: usize, shifts: Shifts) -> StoredScan {
        self.header.rows = (events + self.unasked.len() + self.observations.len()) as u64;
        StoredScan {
            header: self.header.to_json(),
            unasked: self.unasked,
            observations: self.observations,
            shifts,
            streams: self.streams,
        }
    }
}
