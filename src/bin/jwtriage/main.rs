//! The command line: arguments in, exit code out. All else is the library's.

mod apart;
mod args;
mod catalog;
mod exit;
mod scan;
mod token;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use exit::Exit;

/// Events are made by one thread and dropped by another, which costs other allocators a lock each time.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.command {
        Command::Scan(scan) => scan::run(&scan),
        Command::Token(token) => token::run(&token),
        Command::Catalog(catalog) => catalog::run(catalog),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            let hint = error.downcast_ref::<exit::Hint>().map(|hint| hint.0.clone());
            // A hint is not a part of what went wrong.
            let line = if hint.is_some() { error.root_cause().to_string() } else { format!("{error:#}") };
            writeln!(io::stderr(), "jwtriage: {line}").ok();
            if let Some(hint) = hint {
                writeln!(io::stderr(), "hint: {hint}").ok();
            }
            Exit::CouldNotRun.into()
        }
    }
}

/// Whether the reader of our output went away, which is a good end.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}
