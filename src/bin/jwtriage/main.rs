//! The command line: arguments in, exit code out. All else is the library's.

mod apart;
mod args;
mod catalog;
mod correlate;
mod exit;
mod messages;
mod outputs;
mod rules;
mod scan;
mod token;

use std::io;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Args, Command};
use exit::Exit;

/// Events are made by one thread and dropped by another, which costs other allocators a lock each time.
#[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => error.exit(),
        Err(error) => {
            messages::usage(&error);
            return Exit::CouldNotRun.into();
        }
    };
    let done = match args.command {
        Command::Scan(scan) => scan::run(&scan),
        Command::Correlate(correlate) => correlate::run(&correlate),
        Command::Token(token) => token::run(&token),
        Command::Catalog(catalog) => catalog::run(catalog),
        Command::Rules(args) => rules::list(&args),
        Command::Explain(args) => rules::explain(&args),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            messages::error(&error);
            Exit::CouldNotRun.into()
        }
    }
}

/// Whether the reader of our output went away, which is a good end.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}
