//! The report as GitHub-flavoured Markdown, for a ticket or a wiki.
//!
//! Whatever comes from logs goes through [`escape`](crate::report::escape): ids, files and lines as code, sentences as prose.

use std::io::{self, Write};

use crate::model::name::Text;
use crate::model::pattern::Pattern;
use crate::model::report::Report;
use crate::report::escape::{Code, Markdown};
use crate::report::{own, summary};

/// How many problems, gaps and zones are listed.
const MAX_LINES: usize = 100;
/// How many patterns are shown; the JSON report has them all.
const MAX_PATTERNS: usize = 200;

/// Writes a table of the patterns, a section for each, and what was read.
///
/// # Errors
/// Gives the error of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let ranked = summary::ranked(report);
    let patterns = &ranked[..ranked.len().min(MAX_PATTERNS)];
    writeln!(out, "# {}\n{}\n\n{}", summary::headline(report), own::MARKDOWN, Markdown(&summary::facts(report)))?;
    if !patterns.is_empty() {
        table(patterns, out)?;
    }
    if let Some(more) = summary::beyond(&ranked, MAX_PATTERNS) {
        writeln!(out, "\nand {more}: the JSON report has them all")?;
    }
    for (number, pattern) in (1..).zip(patterns) {
        section(number, pattern, out)?;
    }
    run(report, out)
}

fn table(patterns: &[&Pattern], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n| # | severity | root cause | failures | subjects | clients | service | reason | when | confidence |")?;
    writeln!(out, "| ---: | --- | --- | ---: | ---: | ---: | --- | --- | --- | --- |")?;
    for (number, pattern) in (1..).zip(patterns) {
        writeln!(
            out,
            "| {number} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            pattern.severity,
            Markdown(&summary::cause(pattern)),
            summary::grouped(pattern.failures),
            summary::grouped(pattern.subjects),
            summary::grouped(pattern.clients),
            Code(pattern.service.as_deref().unwrap_or("")),
            Code(pattern.reason.as_str()),
            summary::span(pattern.first, pattern.last),
            summary::confidence(pattern),
        )?;
    }
    Ok(())
}

fn section(number: usize, pattern: &Pattern, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## {number}. {}: {}\n", Markdown(&summary::cause(pattern)), summary::count(pattern.failures, "failure"))?;
    writeln!(out, "**{}**: {}\n", pattern.severity, Markdown(&pattern.says))?;
    writeln!(out, "- Seen: {}, {}", summary::span(pattern.first, pattern.last), summary::counts(pattern))?;
    if let Some(service) = &pattern.service {
        writeln!(out, "- Service: {}, reason {}", Code(service), Code(pattern.reason.as_str()))?;
    }
    writeln!(
        out,
        "- Rule: {}, {}, pattern {}",
        Code(pattern.rule.as_str()),
        summary::confidence(pattern),
        Code(&pattern.pattern_id)
    )?;
    if let Some(cause) = &pattern.cause {
        let place = quoted(&summary::cause_place(cause), cause.text.as_ref());
        writeln!(out, "- Cause: {}, {place}", Markdown(&summary::blamed(cause)))?;
    }
    for (_, label, names) in summary::tops(pattern, usize::MAX, |name| Code(name).to_string()) {
        writeln!(out, "- {label}: {names}")?;
    }
    for sample in &pattern.samples {
        writeln!(out, "- See: {}", quoted(&summary::place(sample), sample.text.as_ref()))?;
    }
    writeln!(out, "- Fix: {}", Markdown(&pattern.fix))?;
    for (label, text) in [("It worked if", &*pattern.verify), ("Ends", &*pattern.ends)] {
        if !text.is_empty() {
            writeln!(out, "- {label}: {}", Markdown(text))?;
        }
    }
    Ok(())
}

/// File and line, and what the line says.
fn quoted(place: &str, text: Option<&Text>) -> String {
    match text {
        Some(text) => format!("{}: {}", Code(place), Markdown(text)),
        None => Code(place).to_string(),
    }
}

fn run(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let run = &report.run;
    list("Security", summary::findings(report).into_iter(), out)?;
    writeln!(out, "\n## The run\n")?;
    writeln!(out, "- Events: {}", Markdown(&summary::events(report)))?;
    writeln!(out, "- Books: {}", summary::books(report))?;
    let mut inputs: Vec<String> = run.inputs.iter().take(MAX_LINES).map(|input| Code(input).to_string()).collect();
    if let Some(more) = run.inputs.len().checked_sub(MAX_LINES).filter(|more| *more > 0) {
        inputs.push(format!("and {}", summary::count(more as u64, "more input")));
    }
    writeln!(out, "- Inputs: {}", inputs.join(", "))?;
    writeln!(out, "- Made by: {}", Markdown(&run.tool))?;
    list("Problems", run.problems.iter().map(summary::problem), out)?;
    list("What is missing", run.gaps.iter().cloned(), out)?;
    list("Time zones", summary::zones(report).into_iter(), out)?;
    list("Clocks", summary::clocks(report).into_iter(), out)
}

fn list(heading: &str, mut items: impl ExactSizeIterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    if items.len() > 0 {
        writeln!(out, "\n### {heading}\n")?;
    }
    for item in items.by_ref().take(MAX_LINES) {
        // The no-break space keeps what follows from being the beginning of a line, where `#` and `1.` mean something.
        writeln!(out, "- \u{a0}{}", Markdown(&item))?;
    }
    if items.len() > 0 {
        writeln!(out, "- and {} more", summary::grouped(items.len() as u64))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn shown(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_pattern_is_a_row_and_a_section() {
        let text = shown(&sample::report());
        assert!(text.starts_with("# 37 failed requests in 2 patterns, 12 explained (32 %)\n"), "{text}");
        for part in [
            "| 1 | high | user\\_deleted (self\\_service) | 12 | 1 | 2 | `orders` | `sub_not_found` | 2026-03-01 10:00:05 to 10:59:00 UTC | confirmed 0.97 |\n",
            "\n## 1. user\\_deleted (self\\_service): 12 failures\n",
            "- Cause: user\\_deleted at 2026-03-01 09:58:00 UTC, id -17, `logs/auth.log:12`: account removed\n",
            "- See: `logs/orders.log:44`: user is gone\n- See: `logs/orders.log:50`\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn log_text_makes_no_cell_tag_or_line() {
        let text = shown(&sample::report());
        assert!(!text.contains("<script") || text.matches("<script").count() == text.matches("\\<script").count(), "{text}");
        assert!(!text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text}");
        for row in text.lines().filter(|line| line.starts_with("| ")) {
            assert_eq!(row.matches('|').count(), 11, "{row}");
        }
    }

    #[test]
    fn a_quiet_run_has_no_table() {
        let text = shown(&sample::quiet());
        assert!(text.starts_with("# No failed requests\n") && !text.contains('|'), "{text}");
    }
}
