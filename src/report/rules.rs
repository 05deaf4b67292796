//! The registry of rules for people and programs: a list, one rule in full, and the table of the README.

use std::io::{self, Write};

use crate::causes::CAUSES;
use crate::causes::rule::{Outcome, Rule};
use crate::facts::scope::Scope;
use crate::model::words::Variant;
use crate::report::wrap::wrapped;

/// The columns that labels take.
const LABEL: usize = 12;
/// Narrower than this nothing can be read.
const MIN_WIDTH: usize = 40;

/// Writes one line a rule: number, cause, variants and what it finds, separated by tabs.
///
/// # Errors
/// Gives the error of `out`.
pub fn list(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    for rule in rules {
        writeln!(out, "{}\t{}\t{}\t{}", rule.id, rule.cause, variants(rule, ",", "-"), rule.name)?;
    }
    Ok(())
}

/// Writes all that is known of the rules, as one indented JSON list.
///
/// # Errors
/// Gives the error of `out`.
pub fn list_json(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, rules)?;
    out.write_all(b"\n")
}

/// Writes all that is known of a rule, as text of at most `width` columns; 0 for no limit.
///
/// # Errors
/// Gives the error of `out`.
pub fn explain(rule: &Rule, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let width = if width == 0 { usize::MAX } else { width.max(MIN_WIDTH) };
    let mut page = Page { out, width };
    page.paragraph("", &format!("{} {}: {}", rule.id, rule.cause, rule.name))?;
    page.blank()?;
    page.entry("is", rule.kind.as_str())?;
    page.entry("symptom", rule.symptom)?;
    page.items("asks for", rule.requires)?;
    page.items("speaks for", rule.supports)?;
    page.items("against", rule.counters)?;
    page.entry("confidence", rule.confidence)?;
    page.entry("reads", &rule.reads.iter().map(|scope| Scope::as_str(*scope)).collect::<Vec<_>>().join(", "))?;
    page.entry("shown by", &format!("tests/it/scenarios/{}.toml", rule.scenario))?;
    for outcome in rule.outcomes {
        page.outcome(rule, outcome)?;
    }
    page.blank()?;
    page.entry("verify", rule.verify)?;
    page.entry("ends", rule.ends)
}

/// The rules as a Markdown table, by cause: what the README shows.
pub fn markdown_table() -> String {
    let mut table = "| cause | rule | variants | what it finds |\n| --- | --- | --- | --- |\n".to_owned();
    for rule in CAUSES.iter().flat_map(|cause| cause.rules) {
        let row = format!("| {} | {} | {} | {} |\n", rule.cause, rule.id, variants(rule, ", ", ""), rule.name);
        table.push_str(&row);
    }
    table
}

/// The finer labels of a rule, or `none`.
fn variants(rule: &Rule, between: &str, none: &str) -> String {
    let words: Vec<&str> = rule.outcomes.iter().filter_map(|outcome| outcome.variant).map(Variant::as_str).collect();
    if words.is_empty() { none.to_owned() } else { words.join(between) }
}

/// The output with its width.
struct Page<'w> {
    out: &'w mut dyn Write,
    width: usize,
}

impl Page<'_> {
    fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// Text that begins with `begin` and goes on below what follows it.
    fn paragraph(&mut self, begin: &str, text: &str) -> io::Result<()> {
        let indent = begin.chars().count();
        for (index, line) in wrapped(text, self.width.saturating_sub(indent)).iter().enumerate() {
            let begin = if index == 0 { begin } else { "" };
            writeln!(self.out, "{begin:indent$}{line}")?;
        }
        Ok(())
    }

    /// A label and its text; nothing where there is no text.
    fn entry(&mut self, label: &str, text: &str) -> io::Result<()> {
        if text.is_empty() { Ok(()) } else { self.paragraph(&format!("{label:<LABEL$}"), text) }
    }

    /// A label and a list beside it.
    fn items(&mut self, label: &str, items: &[&str]) -> io::Result<()> {
        for (index, item) in items.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            self.paragraph(&format!("{label:<LABEL$}- "), item)?;
        }
        Ok(())
    }

    fn outcome(&mut self, rule: &Rule, outcome: &Outcome) -> io::Result<()> {
        self.blank()?;
        let name = outcome.variant.map_or(rule.cause.as_str(), Variant::as_str);
        self.entry("concludes", name)?;
        self.entry("says", outcome.says)?;
        self.entry("fix", outcome.fix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes;
    use crate::report::wrap::columns;

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [40, 80] {
            for rule in causes::rules() {
                let mut out = Vec::new();
                explain(rule, width, &mut out).unwrap();
                let text = String::from_utf8(out).unwrap();
                assert!(text.starts_with(rule.id.as_str()), "{text}");
                assert!(text.lines().all(|line| columns(line) <= width && line.trim_end() == line), "{text}");
            }
        }
    }
}
