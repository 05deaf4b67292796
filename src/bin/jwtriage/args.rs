//! What can be asked for. Each option tells its default and why one would change it.

use std::path::PathBuf;

use chrono_tz::Tz;
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
    /// Read one token from standard input and say what is wrong with it
    ///
    /// The token is decoded, not verified, and never shown. Exits with 1 where something is wrong.
    Token(Token),
    /// Look at the signatures that say what log texts mean
    #[command(subcommand)]
    Catalog(Catalog),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Scan {
    /// Files and directories to read; `-` is standard input
    ///
    /// Directories are read whole, rotated and compressed files included. Compression (gzip, zstd, bzip2, xz) and
    /// archives (tar, zip) are told by content.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Write the pattern report; the ending tells the format: .json, .csv, .html, .md
    ///
    /// May be given several times: one pass serves all. Without any output file a summary for people is printed.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Vec<PathBuf>,

    /// Write one row a failed request, with its diagnosis: .jsonl, .csv, .parquet
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) failures: Vec<PathBuf>,

    /// Write one row an event, as extracted: .jsonl, .csv, .parquet
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) events: Vec<PathBuf>,

    /// Write templates of records that look like authentication trouble and match no signature: .jsonl, .csv, .parquet
    ///
    /// Grouped, counted and redacted, so that one sees what the catalog misses. Reads more closely, and so slower.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) unknown: Vec<PathBuf>,

    /// Colour the summary [default: on a terminal, unless `NO_COLOR` is set]
    #[arg(long, value_enum, default_value_t = When::Auto, hide_default_value = true, help_heading = "Output")]
    pub(crate) color: When,

    /// Exit with 1 if a pattern of this severity or above is found [default: off]
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Output")]
    pub(crate) fail_on: Option<FailOn>,

    /// The zone of time stamps that name none, such as Europe/Berlin
    ///
    /// Where other sources of the same requests prove another zone, that one is used and the report says so.
    #[arg(long, value_name = "ZONE", default_value = "UTC", help_heading = "Reading")]
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

    /// Do not read the inputs a second time for other lines of failed requests
    ///
    /// Faster, but failures whose own line names no subject stay without one.
    #[arg(long, help_heading = "Reading")]
    pub(crate) no_chase: bool,

    #[command(flatten)]
    pub(crate) known: Known,

    /// Number of threads [default: one a core]
    #[arg(long, value_name = "N", help_heading = "Reading")]
    pub(crate) threads: Option<usize>,
}

/// What can be checked against.
#[derive(Debug, ClapArgs)]
pub(crate) struct Known {
    /// An export of the user table: .csv, .jsonl, .parquet, with `id` and, where kept, `created`, `deleted`, `disabled`
    ///
    /// Answers whether a subject exists and did at the time; rows in question become evidence.
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
        /// The signature's id, as events name it
        id: String,
        #[command(flatten)]
        extra: Extra,
    },
    /// Draft an entry from a log record on standard input, as a catalog file to complete
    Draft(Extra),
    /// Check a catalog file or directory: its fields, patterns and examples
    Check {
        /// The file or directory
        path: PathBuf,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Extra {
    /// Add signatures from a file or directory
    #[arg(long, value_name = "PATH")]
    pub(crate) catalog: Vec<PathBuf>,
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
