//! `jwtriage rules` and `jwtriage explain`: what the numbers of rules in a report mean.

use std::io::{self, BufWriter, Write};

use anyhow::{Result, anyhow};
use jwtriage::causes;
use jwtriage::causes::rule::Rule;
use jwtriage::model::words::{RuleId, Variant};
use jwtriage::report::rules;

use crate::args::{Explain, Rules, edits};
use crate::exit::{Exit, Hint};

/// How many rules are proposed for one that is not known.
const MAX_PROPOSED: usize = 5;
/// How many characters of a number may be wrong.
const MAX_EDITS: usize = 1;

/// Lists the rules.
pub(crate) fn list(args: &Rules) -> Result<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    let all = causes::rules();
    if args.json {
        rules::list_json(&all, &mut out)?;
    } else {
        rules::list(&all, &mut out)?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Prints all that is known of the rules with one number.
pub(crate) fn explain(args: &Explain) -> Result<Exit> {
    let id = RuleId::from_text(&args.id).ok_or_else(|| unknown(&args.id))?;
    let mut out = BufWriter::new(io::stdout().lock());
    for (index, rule) in causes::rules().into_iter().filter(|rule| rule.id == id).enumerate() {
        if index > 0 {
            writeln!(out, "\n")?;
        }
        rules::explain(rule, crate::outputs::width(), &mut out)?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Says that no rule has a number, and which ones may be meant.
fn unknown(text: &str) -> anyhow::Error {
    let all = causes::rules();
    let mut near: Vec<&str> = all.iter().filter(|rule| is_like(rule, text)).map(|rule| rule.id.as_str()).collect();
    near.dedup();
    near.truncate(MAX_PROPOSED);
    let proposed = if near.is_empty() { String::new() } else { format!("did you mean {}? ", near.join(", ")) };
    anyhow!("no rule has the number `{text}`").context(Hint(format!("{proposed}`jwtriage rules` lists all")))
}

/// Whether somebody may have meant a rule: by its number, its cause or a variant.
fn is_like(rule: &Rule, text: &str) -> bool {
    let upper = text.trim().to_ascii_uppercase();
    let lower = text.trim().to_ascii_lowercase();
    let words = rule.outcomes.iter().filter_map(|outcome| outcome.variant).map(Variant::as_str);
    let number = rule.id.as_str();
    words.chain([rule.cause.as_str()]).any(|word| word == lower)
        || upper.len() <= number.len() + MAX_EDITS
            && (edits(number, &upper) <= MAX_EDITS || edits(number.trim_start_matches("DR-"), &upper) <= MAX_EDITS)
}
