//! Finds out from gateway and application logs why JWTs were refused.
//!
//! ```
//! let report = jwtriage::Scan::of(["samples/shop"]).run()?;
//! let worst = &report.patterns[0];
//! println!("{} requests were refused: {}", worst.failures, worst.root_cause);
//! assert_eq!(worst.root_cause.as_str(), "key_rotated");
//! # Ok::<(), jwtriage::ScanError>(())
//! ```
//!
//! The library is [`Scan`], what it gives ([`Report`]), and what it reads texts by ([`Catalog`]). The modules below are
//! public for the program and the tests alone, and change without notice.
//!
//! # ARCHITECTURE
//!
//! Data goes one way, through stages that each have one folder; what a stage makes is a noun:
//!
//! ```text
//! paths -> Source -> Stream -> Block of records -> Entry -> Event -> Case -> Verdict -> Failure, Pattern -> Report
//!     ingest                                  layout  extract  group  causes    correlate         report
//! ```
//!
//! Each folder imports only from those above it in this table; a test reads every path in every file and holds it.
//!
//! | folder | does |
//! | --- | --- |
//! | [`atomic_file`], [`hash`], [`literal`], [`parquet`] | writes beside and renames; maps by hash; one text looked for; Parquet files |
//! | [`model`] | what the stages exchange: kinds, reasons, causes, events; plain data |
//! | [`parallel`] | work shared out over the threads of a run |
//! | [`redact`] | secrets out of every text that is kept, recognised by shape or by name |
//! | [`layout`] | a record -> an entry: time, level, message, fields |
//! | [`ingest`] | paths -> sources -> streams of text -> blocks of whole records |
//! | [`extract`] | blocks -> events and counts: the catalog, the prefilter, the hot loop |
//! | [`normalise`] | clocks and zones of the sources brought to one time line |
//! | [`group`] | lines -> one case a refused request |
//! | [`lookup`] | the second pass: what it looks for, in which blocks, and what it makes of what it finds |
//! | [`check`] | what the operator can check: user table, key set, expected issuer and audience, one token |
//! | [`facts`] | what happened to users and keys, outages, changes, what addresses did; gathered in parts that merge |
//! | [`causes`] | one file a root cause, with the rules that speak for it |
//! | [`correlate`] | cases and facts -> the strongest verdict -> failures and patterns |
//! | [`report`] | one value, rendered as JSON, CSV, HTML, Markdown and for a terminal; rows as JSONL, CSV, Parquet |
//! | [`pipeline`] | the local run: sources in parallel, twice where it helps |
//!
//! The command line is a crate of its own under `src/bin/jwtriage`, so that the compiler keeps it at the end.
//!
//! # What always holds
//!
//! - **Same input, same bytes out**, whatever the number of threads and the order of files in a directory. The run's
//!   time and the salt of redaction come in as values.
//! - **The books balance**: every record is skipped, postponed, unparsed, unknown or gives events; every part that
//!   could not be read is a [`model::books::Problem`].
//! - **A raw token ends in [`layout::token`]**: events and reports hold claims, never the token, and every text that is
//!   kept has gone through [`redact`].
//! - **Where a record begins is decided from its first line alone**, and where docker or CRI may have cut that line from
//!   the few before it, so that a stream can be cut anywhere.
//! - **A diagnosis shows its evidence**, and `unexplained` is an honest cause.
//! - **Stages are quiet**: no printing, no clock, no environment.
//!
//! # What can be done in parts
//!
//! - **Facts** are gathered from any parts of events, requests and cases ([`facts::gathered`]), written down, read back and
//!   merged in any order: they are the same as those of one whole. A test splits every scenario at random.
//! - **Cases** are judged in any order. Each rule says which facts it reads ([`facts::scope`]): those of the case's
//!   subject, client or key, and those common to all cases. To judge the cases of some subjects takes the facts of these
//!   subjects, of their clients and keys, and the common ones; a test gives each rule no more than it says.
//! - **Patterns** are summed up from failures in any order, and sums merge ([`correlate::pattern::PatternParts`]).
//! - **Not in parts**: the lines of one request must be together for a case to be made of them; a reason that
//!   follows from the size of an answer, and a subject that follows from the session of a client, are learnt from all cases
//!   before facts are gathered ([`group`]); a refusal without a reason borrows the diagnosis of another of the same client; and findings are made
//!   of all facts and failures together.
//!
//! # Where things go
//!
//! - A new **layout**: a [`layout::Layout`] in a file under `layout/` with a few samples, and a line in
//!   [`layout::LAYOUTS`]; see [`layout`].
//! - A new **signature**: an entry in `extract/signature/catalog/<product>.toml`, and no code. A new file is built in by
//!   lying there.
//! - A new **cause**: a file under `causes/` with its rules, and a line in [`causes::CAUSES`].
//! - A new **rule**: a number in [`model::words::RuleId`], a static [`causes::rule::Rule`] in the file of its cause, a timeline
//!   under `tests/it/scenarios/` that shows it, and its row in the README's table.
//! - A new **field name** of some product for what events know: a name in [`layout::role::Role`], or `reads` in the
//!   product's catalog file where its meaning differs.
//! - A new **event field**: a slot in [`model::event::Event`] and a line in [`model::field::Field`]'s table.
//! - A new **output**: a file under `report/`, and a line where the program chooses by the ending of a name.
//!
//! # Words
//!
//! One meaning a word, in code, comments and documents:
//!
//! | word | means |
//! | --- | --- |
//! | source, stream | what a path leads to; one text in it: a file, a member of an archive |
//! | block, record, line | a piece of a stream that is worked on at once; what one occasion wrote, of one line or several |
//! | layout, entry | a way of writing a record; what a record says, taken apart by it |
//! | signature | an entry of the catalog: what a text means |
//! | event | something that happened to tokens, users or keys, as a record says |
//! | observation | another request of a subject or client in question, found by the second pass |
//! | deferred | not read by the first pass; read by the second if it names a user, client or key of a failure |
//! | place | a stream and a line number; a position in a list is an index, one in bytes an offset, one in an order a rank |
//! | case | one refused request, with all lines that report it |
//! | reason, root cause | why the verifier says that it refused; why that came to be |
//! | facts | what happened to users, keys and services, as far as logs show |
//! | verdict, diagnosis | what one rule says of a case; the strongest of them, which stands |
//! | failure, pattern | a case with its diagnosis; failures of one diagnosis |
//! | books | how many bytes, lines and records were read, and what became of each |

#[doc(hidden)]
pub mod atomic_file;
#[doc(hidden)]
pub mod causes;
#[doc(hidden)]
pub mod check;
#[doc(hidden)]
pub mod correlate;
#[doc(hidden)]
pub mod extract;
#[doc(hidden)]
pub mod facts;
#[doc(hidden)]
pub mod group;
#[doc(hidden)]
pub mod hash;
#[doc(hidden)]
pub mod ingest;
#[doc(hidden)]
pub mod layout;
#[doc(hidden)]
pub mod literal;
#[doc(hidden)]
pub mod lookup;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod normalise;
#[doc(hidden)]
pub mod parallel;
#[doc(hidden)]
pub mod parquet;
#[doc(hidden)]
pub mod pipeline;
#[doc(hidden)]
pub mod redact;
#[doc(hidden)]
pub mod report;

pub use extract::signature::Catalog;
pub use model::report::Report;
pub use pipeline::error::ScanError;
pub use pipeline::run::Scan;
