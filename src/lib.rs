//! Finds out from gateway and application logs why JWTs were refused.
//!
//! # ARCHITECTURE
//!
//! Data goes one way, through stages that each have one file; what a stage makes is a noun that stands in that file:
//!
//! ```text
//! paths -> Source -> Stream -> Block of records -> Entry -> Event -> Case -> Verdict -> Failure, Pattern -> Report
//!     discover   decode     frame    prefilter, parse  detect   merge   causes        pattern          report
//! ```
//!
//! | stage | does |
//! | --- | --- |
//! | [`event`] | the vocabulary: kinds, reasons, causes, [`event::Event`]; plain data |
//! | [`atomic_file`] | writes beside, syncs, renames |
//! | [`discover`] | paths -> sources, in an order that never changes |
//! | [`decode`] | a source -> streams of text: compression and archives, told by content |
//! | [`hole`] | NUL bytes taken out, with lines and places as they are in the file |
//! | [`export`] | exports of log stores -> a stream in which each record begins a line |
//! | [`frame`] | bytes -> blocks of whole records; [`frame::wrapper`] takes docker, CRI, syslog, journald off, `frame/mend.rs` joins what they cut |
//! | [`redact`] | secrets out of every text that is kept, told by shape or by name |
//! | [`parse`] | a record -> an entry: time, level, message, fields; one file a family of layouts |
//! | [`signature`] | the catalog: what texts mean, as data that carries its own examples |
//! | [`prefilter`] | which records can matter: all literals of the catalog in one pass |
//! | [`detect`] | a block in, its events and counts out: the hot loop |
//! | [`template`], [`unknown`] | what looks like trouble and matches nothing, grouped by what stays the same |
//! | [`draft`] | a pasted record -> a catalog entry to start from |
//! | [`fold`] | one occurrence on several records of a stream is one event |
//! | [`inventory`] | what the operator can check: user table, key set, expected issuer and audience |
//! | [`inspect`] | one token held against all that |
//! | [`needles`] | the search for thousands of ids that the second pass needs |
//! | [`chase`] | what the second pass looks for, and what it makes of what it finds |
//! | [`narrow`] | which blocks it looks into: by time where clocks are known, and by what a stream's lines bear |
//! | [`hash`] | maps and sets by hash, as all of correlation uses them |
//! | [`name`], [`id`] | texts that recur, as numbers; ids of requests, as sixteen bytes |
//! | [`literal`] | a text that every record is asked for |
//! | [`parallel`] | work shared out over the threads; the only file that says rayon |
//! | [`scan`] | sources in parallel, twice where it helps |
//! | [`correlate`] | events -> cases -> verdicts -> patterns; one file a cause |
//! | [`report`] | one value, rendered as JSON, CSV, HTML, Markdown and for a terminal; rows as JSONL, CSV, Parquet |
//!
//! The command line is a crate of its own under `src/bin/jwtriage`, so that the compiler keeps it at the end.
//!
//! # What always holds
//!
//! - **Same input, same bytes out**, whatever the number of threads and the order of files in a directory. The run's
//!   time and the salt of redaction come in as values.
//! - **The books balance**: every record is skipped, postponed, unparsed, unknown or tells of something; every part that
//!   could not be read is a [`event::Problem`].
//! - **A raw token ends in [`parse::token`]**: events and reports hold claims, never the token, and every text that is
//!   kept has gone through [`redact`].
//! - **Where a record begins is decided from its first line alone**, and where docker or CRI may have cut that line from
//!   the few before it, so that a stream can be cut anywhere.
//! - **A diagnosis shows its evidence**, and `unexplained` is an honest cause.
//! - **Stages are quiet**: no printing, no clock, no environment.
//!
//! # Where things go
//!
//! - A new **layout**: a [`parse::Format`] in a file under `parse/`, and a line in [`parse::FORMATS`].
//! - A new **signature**: an entry in `signature/catalog/<product>.toml`, and no code. A new file is built in by lying
//!   there.
//! - A new **cause**: a file under `correlate/` with its rules, and a line in [`correlate::CAUSES`].
//! - A new **field name** of some product for what events know: a name in [`parse::fields::Role`], or `reads` in the
//!   product's catalog file where its meaning differs.
//!
//! Facts (what happened to users and keys, outages, changes, addresses) are few and separate from cases in
//! [`correlate::world`]; a case is judged from them and from its own subject's history alone, so that cases can be
//! partitioned by subject and patterns merged.

pub mod atomic_file;
pub mod chase;
pub mod correlate;
pub mod decode;
pub mod detect;
pub mod discover;
pub mod draft;
pub mod event;
pub mod export;
pub mod fold;
pub mod frame;
pub mod hash;
pub mod hole;
pub mod id;
pub mod inspect;
pub mod inventory;
pub mod literal;
pub mod name;
pub mod narrow;
pub mod needles;
pub mod parallel;
pub mod parse;
pub mod prefilter;
pub mod redact;
pub mod report;
pub mod scan;
pub mod signature;
pub mod template;
pub mod unknown;
