//! The options of the command line. Each says its default and why one would change it.

use std::path::PathBuf;

use chrono_tz::{TZ_VARIANTS, Tz};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use globset::Glob;

/// Finds out from gateway and application logs why JWTs were refused.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read logs and report why tokens were refused
    Scan(Box<Scan>),
    /// Explain what events files tell of, without the logs they were read from
    Correlate(Box<Correlate>),
    /// Read one token from standard input and say what is wrong with it
    ///
    /// The token is decoded, not verified, and never shown. Exits with 1 where something is wrong.
    Token(Token),
    /// Look at the signatures that say what log texts mean
    #[command(subcommand)]
    Catalog(Catalog),
    /// List the diagnosis rules: number, cause, variants, what each finds
    Rules(Rules),
    /// Tell what the number of a rule in a report means: what it looks for, how sure it is, what to do
    Explain(Explain),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rules {
    /// All that is known of each rule, as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Explain {
    /// The number as reports have it: DR-23, dr-23 or 23
    #[arg(value_name = "RULE")]
    pub(crate) id: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Scan {
    /// Files and directories to read; `-` is standard input
    ///
    /// Directories are read whole, rotated and compressed files included. Compression (gzip, zstd, bzip2, xz) and
    /// archives (tar, zip) are told by content.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) outputs: Outputs,

    /// Write one row an event, as extracted: .jsonl, .csv, .parquet
    ///
    /// Beside the events stand the other requests that correlation reads, and last a row about the scan itself:
    /// `jwtriage correlate` makes of a .jsonl or .parquet file the report of this scan.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) events: Vec<PathBuf>,

    /// Write templates of records that look like authentication trouble and match no signature: .jsonl, .csv, .parquet
    ///
    /// Grouped, counted and redacted, so that one sees what the catalog misses. Reads more closely, and so slower.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) unknown: Vec<PathBuf>,

    /// The zone of time stamps that name none, such as Europe/Berlin; of the user table's as well
    ///
    /// Where other sources of the same requests prove another zone, that one is used and the report says so.
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone, help_heading = "Reading")]
    pub(crate) timezone: Tz,

    /// Leave out files and directories whose path, as shown, or name matches; may be given several times
    ///
    /// `*` and `?` stand for anything, `/` included: --exclude '*.gz' --exclude 'logs/old/*'.
    #[arg(long, value_name = "GLOB", help_heading = "Reading")]
    pub(crate) exclude: Vec<Glob>,

    /// Exit with 3 for binary files within directories too, and name them [default: they are passed over and counted]
    #[arg(long, help_heading = "Reading")]
    pub(crate) strict: bool,

    /// Add signatures from a file or directory; the same id replaces a built-in one
    #[arg(long, value_name = "PATH", help_heading = "Reading")]
    pub(crate) catalog: Vec<PathBuf>,

    /// Leave a product's signatures out of the catalog; may be given several times
    ///
    /// Shows how much of a product's logs is understood without its entries, as with a product nobody listed.
    #[arg(long, value_name = "ID", help_heading = "Reading")]
    pub(crate) without_product: Vec<String>,

    /// Do not read the inputs a second time for other lines of failed requests
    ///
    /// Faster, but failures whose own line names no subject stay without one.
    #[arg(long, help_heading = "Reading")]
    pub(crate) no_chase: bool,

    #[command(flatten)]
    pub(crate) known: Known,

    /// Number of threads, up to 256 [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "Reading")]
    pub(crate) threads: Option<u16>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Correlate {
    /// Events files of one or several scans: .jsonl or .parquet, in any order
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) outputs: Outputs,

    #[command(flatten)]
    pub(crate) known: Known,

    /// Number of threads, up to 256 [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "Reading")]
    pub(crate) threads: Option<u16>,
}

/// What is written.
#[derive(Debug, ClapArgs)]
pub(crate) struct Outputs {
    /// Write the pattern report; the ending tells the format: .json, .csv, .html, .md
    ///
    /// May be given several times: one pass serves all. Without any output file a summary for people is printed. `-` is
    /// standard output, which one output may have.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Vec<PathBuf>,

    /// The format of a report on standard output [default: json]
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: Option<Format>,

    /// Print the summary for people beside the files; to standard error where an output has standard output
    #[arg(long, help_heading = "Output")]
    pub(crate) summary: bool,

    /// Write one row a failed request, with its diagnosis: .jsonl, .csv, .parquet; `-` is JSON lines on standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) failures: Vec<PathBuf>,

    /// Colour the summary [default: on a terminal, unless `NO_COLOR` is set]
    #[arg(long, value_enum, default_value_t = When::Auto, hide_default_value = true, help_heading = "Output")]
    pub(crate) color: When,

    /// Exit with 1 if a pattern of this severity or above is found [default: off]
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Output")]
    pub(crate) fail_on: Option<FailOn>,
}

/// What can be checked against.
#[derive(Debug, ClapArgs)]
pub(crate) struct Known {
    /// An export of the user table: .csv, .jsonl, .parquet, with `id` and, where kept, `created`, `deleted`, `disabled`
    ///
    /// Answers whether a subject exists and did at the time; rows in question become evidence. Columns named like
    /// `deleted_at`, `is_deleted`, `enabled`, `active`, `banned_until` or `status` are understood, with times, dates,
    /// seconds or milliseconds since the epoch, true and false, or words as their values. Times and dates without a zone
    /// are those of --timezone, or UTC.
    #[arg(long, value_name = "FILE", help_heading = "Checking")]
    pub(crate) users: Option<PathBuf>,

    /// The key set that the issuer publishes, as JSON
    #[arg(long, value_name = "FILE", help_heading = "Checking")]
    pub(crate) jwks: Option<PathBuf>,

    /// An issuer that tokens are expected to name; may be given several times
    #[arg(long, value_name = "ISSUER", help_heading = "Checking")]
    pub(crate) expect_issuer: Vec<String>,

    /// An audience that tokens are expected to name; may be given several times
    #[arg(long, value_name = "AUDIENCE", help_heading = "Checking")]
    pub(crate) expect_audience: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Token {
    #[command(flatten)]
    pub(crate) known: Known,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Catalog {
    /// List every signature: id, kind, reason, summary
    List(Extra),
    /// Tell what one signature means and where it was seen
    Explain {
        /// The signature's id, as events name it; a retired one leads to the one that says it now
        id: String,
        #[command(flatten)]
        extra: Extra,
    },
    /// Draft an entry from a log record on standard input, as a catalog file to complete
    Draft(Extra),
    /// Check a catalog file or directory: its fields, patterns and examples
    ///
    /// Notes, counted first: entries whose examples others take, guards named twice, literals that another makes needless or
    /// that no example holds, and expressions too long to be read.
    Check {
        /// The file or directory [default: the built-in catalog]
        path: Option<PathBuf>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Extra {
    /// Add signatures from a file or directory
    #[arg(long, value_name = "PATH")]
    pub(crate) catalog: Vec<PathBuf>,
}

/// A format of the pattern report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Json,
    Csv,
    Html,
    #[value(name = "md", alias = "markdown")]
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Low,
    Medium,
    High,
    Critical,
}

/// How unlike the names of zones may be for one to be proposed.
const MAX_EDITS: usize = 3;

/// The zone of a name, whatever its case and with blanks for underscores.
fn zone(text: &str) -> Result<Tz, String> {
    let folded = folded(text);
    if let Some(zone) = TZ_VARIANTS.iter().find(|zone| self::folded(zone.name()) == folded) {
        return Ok(*zone);
    }
    // A city alone is meant more often than it is mistyped.
    let city = |zone: &Tz| self::folded(zone.name().rsplit('/').next().unwrap_or_default());
    let like = TZ_VARIANTS.iter().map(|zone| {
        let whole = edits(&folded, &self::folded(zone.name()));
        (whole.min(edits(&folded, &city(zone))), zone.name())
    });
    match like.min().filter(|(edits, _)| *edits <= MAX_EDITS.min(folded.len() / 3)) {
        Some((_, name)) => Err(format!("no such zone; did you mean {name}?")),
        None => Err("no such zone; expected a name such as UTC, Europe/Berlin or America/New_York".to_owned()),
    }
}

fn folded(name: &str) -> String {
    name.trim().chars().take(64).map(|c| if c == ' ' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// How many characters have to be put in, taken out or changed to make one text of another.
pub(crate) fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, a) in (1..).zip(from.chars()) {
        let mut corner = std::mem::replace(&mut row[0], line);
        for (column, b) in (1..).zip(to.chars()) {
            let changed = corner + usize::from(a != b);
            corner = row[column];
            row[column] = changed.min(corner + 1).min(row[column - 1] + 1);
        }
    }
    row[to.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_understood_as_people_write_it() {
        for (text, name) in [
            ("Europe/Berlin", "Europe/Berlin"),
            ("europe/berlin", "Europe/Berlin"),
            ("america/new york", "America/New_York"),
            (" AMERICA/NEW_YORK ", "America/New_York"),
            ("utc", "UTC"),
        ] {
            assert_eq!(zone(text).map(Tz::name), Ok(name), "{text}");
        }
    }

    #[test]
    fn a_zone_that_is_none_is_reported_with_what_was_meant() {
        for (text, says) in [
            ("Europe/Berlni", "did you mean Europe/Berlin?"),
            ("berlin", "did you mean Europe/Berlin?"),
            ("Nowhere/Atall", "expected a name such as"),
            ("", "expected a name such as"),
        ] {
            let error = zone(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
