//! `jwtriage token`: what is wrong with one token.

use std::io::{self, BufWriter, Read, Write};

use anyhow::{Context, Result};
use chrono_tz::Tz;
use jwtriage::check::inspect::inspect;
use jwtriage::report::escape::Terminal;

use crate::args::Token;
use crate::exit::Exit;
use crate::scan;

/// How much of standard input is read, in bytes: servers refuse headers that are much shorter.
const MAX_TOKEN: u64 = 1 << 20;

/// Reads a token and prints why a verifier would refuse it.
pub(crate) fn run(args: &Token) -> Result<Exit> {
    let inventory = scan::inventory(&args.known, Tz::UTC)?;
    let mut text = Vec::new();
    io::stdin().lock().take(MAX_TOKEN).read_to_end(&mut text).context("cannot read standard input")?;
    let found = inspect(&String::from_utf8_lossy(&text), &inventory, scan::now());
    let mut out = BufWriter::new(io::stdout().lock());
    for (name, value) in &found.claims {
        writeln!(out, "{name:6} {}", Terminal(value))?;
    }
    if !found.claims.is_empty() {
        writeln!(out)?;
    }
    for wrong in &found.wrong {
        writeln!(out, "wrong  {}", Terminal(wrong))?;
    }
    for note in &found.notes {
        writeln!(out, "note   {}", Terminal(note))?;
    }
    if found.wrong.is_empty() {
        writeln!(out, "ok     nothing is wrong with it, as far as can be told without its key: the signature was not verified")?;
    }
    out.flush()?;
    Ok(if found.wrong.is_empty() { Exit::Done } else { Exit::Findings })
}
