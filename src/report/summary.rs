//! The summary for a person at a terminal: what failed, why, how sure, where to look, what to do.
//!
//! The sentences about a run that other formats for people need as well ([`crate::report::markdown`], [`crate::report::html`]) are
//! made here, so that all of them say the same.

use std::fmt::Write as _;
use std::io::{self, Write};

use chrono::{DateTime, Utc};

use crate::model::books::PassedOver;
use crate::model::books::Problem;
use crate::model::diagnosis::CauseEvent;
use crate::model::event::{Cause, Severity};
use crate::model::finding::Finding;
use crate::model::name::Text;
use crate::model::pattern::{Pattern, Sample};
use crate::model::report::{Clock, Report, Zone};
use crate::report::escape::Terminal;
use crate::report::wrap::{cut, cut_front, wrapped};

/// How many patterns are shown in full.
const MAX_PATTERNS: usize = 20;
/// How many problems, gaps and zones are shown.
const MAX_LINES: usize = 10;
/// How many lines of a pattern are shown.
const MAX_SAMPLES: usize = 2;
/// How many clients, subjects and keys of a pattern are named.
const MAX_NAMES: usize = 3;
/// Narrower than this nothing can be read.
const MIN_WIDTH: usize = 40;

/// How the summary is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether severities and headings are coloured by escape sequences.
    pub color: bool,
    /// The width of the terminal in columns; 0 for no limit, as for a file or a pipe.
    pub width: usize,
}

/// Writes the summary: a headline, the most severe patterns, then what was read and what was not.
///
/// # Errors
/// Gives the error of `out`.
pub fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let width = if style.width == 0 { usize::MAX } else { style.width.max(MIN_WIDTH) };
    let mut page = Page { out, color: style.color, width };
    page.heading(&headline(report))?;
    page.paragraph(0, &facts(report))?;
    let patterns = ranked(report);
    for (number, pattern) in (1..).zip(patterns.iter().take(MAX_PATTERNS)) {
        page.pattern(number, pattern)?;
    }
    if let Some(more) = beyond(&patterns, MAX_PATTERNS) {
        page.blank()?;
        page.paragraph(0, &format!("and {more}"))?;
    }
    page.run(report)
}

/// The patterns, the most severe and among those the most numerous first.
pub(super) fn ranked(report: &Report) -> Vec<&Pattern> {
    let mut patterns: Vec<&Pattern> = report.patterns.iter().collect();
    patterns.sort_by_key(|pattern| std::cmp::Reverse((pattern.severity, pattern.failures)));
    patterns
}

/// Whether text, its colours taken off, begins with what [`headline`] and [`facts`] say.
pub(super) fn begins(text: &str) -> bool {
    let mut lines = text.lines();
    let headline = lines.next().unwrap_or_default();
    let counts = || headline.contains(" failed request") && headline.ends_with(" %)");
    let facts = lines.next().unwrap_or_default();
    (headline == NO_FAILURES || counts())
        && ["Events from ", "Read ", "Nothing was read."].iter().any(|fact| facts.starts_with(fact))
}

/// The headline of a run that found none.
const NO_FAILURES: &str = "No failed requests";

/// How many patterns follow those that are shown, and of how many failures; `None` where none does.
pub(super) fn beyond(patterns: &[&Pattern], shown: usize) -> Option<String> {
    let rest = patterns.get(shown..).filter(|rest| !rest.is_empty())?;
    let failures: u64 = rest.iter().map(|pattern| pattern.failures).sum();
    Some(format!("{} with {}", count(rest.len() as u64, "more pattern"), count(failures, "failure")))
}

/// What happened, in one line.
pub(super) fn headline(report: &Report) -> String {
    let failures = report.run.failures;
    if failures == 0 {
        return NO_FAILURES.to_owned();
    }
    let unexplained: u64 =
        report.patterns.iter().filter(|pattern| pattern.root_cause == Cause::Unexplained).map(|pattern| pattern.failures).sum();
    let explained = failures.saturating_sub(unexplained);
    let patterns = count(report.patterns.len() as u64, "pattern");
    let percent = u128::from(explained) * 100 / u128::from(failures);
    format!("{} in {patterns}, {} explained ({percent} %)", count(failures, "failed request"), grouped(explained))
}

/// What was read and over which time, in one line.
pub(super) fn facts(report: &Report) -> String {
    let run = &report.run;
    let mut facts = String::new();
    if run.first.is_some() || run.last.is_some() {
        let _ = write!(facts, "Events from {}. ", span(run.first, run.last));
    }
    let read = format!(
        "{}, {}, {}",
        count(run.streams.len() as u64, "file"),
        bytes(run.books.bytes),
        count(run.books.records, "record")
    );
    let _ = if run.books.bytes == 0 { write!(facts, "Nothing was read.") } else { write!(facts, "Read {read}.") };
    if run.unrelated_refusals > 0 {
        let _ = write!(facts, " {} had nothing to do with a token.", count(run.unrelated_refusals, "more refusal"));
    }
    if !run.problems.is_empty() {
        let _ = write!(facts, " Not all of it could be read: {}.", count(run.problems.len() as u64, "problem"));
    }
    if run.books.nul_bytes > 0 {
        let _ = write!(facts, " Holes of {} in NULs were skipped.", bytes(run.books.nul_bytes));
    }
    if run.passed_over.total() > 0 {
        let _ = write!(facts, " {}.", passed_over(run.passed_over));
    }
    facts
}

/// What was passed over, by what it is: `12 files passed over: 8 binary, 4 own outputs`.
fn passed_over(passed: PassedOver) -> String {
    let kinds = [
        (passed.binary, "binary".to_owned()),
        (passed.own_outputs, format!("own output{}", if passed.own_outputs == 1 { "" } else { "s" })),
        (passed.special, "neither files nor directories".to_owned()),
        (passed.excluded, "excluded".to_owned()),
    ];
    let kinds: Vec<String> =
        kinds.iter().filter(|(number, _)| *number > 0).map(|(number, kind)| format!("{} {kind}", grouped(*number))).collect();
    format!("{} passed over: {}", count(passed.total(), "file"), kinds.join(", "))
}

/// The events seen, by kind, in one line.
pub(super) fn events(report: &Report) -> String {
    let seen: Vec<String> = report
        .run
        .events
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{kind} {}", grouped(*count)))
        .collect();
    if seen.is_empty() { "none".to_owned() } else { seen.join(", ") }
}

/// What became of every record, in one line.
pub(super) fn books(report: &Report) -> String {
    let books = &report.run.books;
    format!(
        "{}, {}: {} skipped, {} not asked for, {} unparsed, {} unknown, {} told {}",
        count(books.lines, "line"),
        count(books.records, "record"),
        grouped(books.skipped),
        grouped(books.postponed),
        grouped(books.unparsed),
        grouped(books.unknown),
        grouped(books.told),
        count(books.events, "event"),
    )
}

/// Clocks that were off, one sentence each.
pub(super) fn clocks(report: &Report) -> Vec<String> {
    let sentence = |clock: &Clock| {
        #[expect(clippy::cast_precision_loss, reason = "seconds to a tenth")]
        let seconds = |ms: i64| ms.unsigned_abs() as f64 / 1000.0;
        let side = if clock.ahead_ms > 0 { "ahead of" } else { "behind" };
        format!(
            "{} is {:.1} s {side} {}, by {} (spread {:.1} s, drift {:.1} s): put right",
            clock.file,
            seconds(clock.ahead_ms),
            clock.reference,
            count(clock.shared_requests, "shared request"),
            seconds(clock.spread_ms),
            seconds(clock.drift_ms),
        )
    };
    report.run.clocks.iter().map(sentence).collect()
}

/// What matters to security, one item each: how grave, what, where, and what to do.
pub(super) fn findings(report: &Report) -> Vec<String> {
    let item = |finding: &Finding| {
        let samples: Vec<String> = finding.samples.iter().take(MAX_SAMPLES).map(place).collect();
        let clients: Vec<&str> = finding.top_clients.iter().map(Text::as_str).collect();
        let from = if clients.is_empty() { String::new() } else { format!("From {}. ", clients.join(", ")) };
        format!(
            "{} {}: {} ({}, {}). {from}See {}. {}",
            finding.severity,
            finding.rule,
            finding.says,
            count(finding.requests, "request"),
            span(finding.first, finding.last),
            samples.join(", "),
            finding.fix
        )
    };
    report.findings.iter().map(item).collect()
}

/// The streams whose time stamps name no zone, one sentence each.
pub(super) fn zones(report: &Report) -> Vec<String> {
    let sentence = |zone: &Zone| match &zone.proof {
        Some(proof) => {
            format!("{} names no zone, read as {} moved by {} s ({proof})", zone.file, zone.default, zone.shift_seconds)
        }
        None => format!("{} names no zone, read as {} (the default, unproven)", zone.file, zone.default),
    };
    report.run.zones.iter().map(sentence).collect()
}

/// A problem and where it lies, in one line.
pub(super) fn problem(problem: &Problem) -> String {
    match problem.line {
        Some(line) => format!("{}:{line}: {}", problem.file, problem.what),
        None => format!("{}: {}", problem.file, problem.what),
    }
}

/// The root cause with its finer label.
pub(super) fn cause(pattern: &Pattern) -> String {
    match pattern.variant {
        Some(variant) => format!("{} ({variant})", pattern.root_cause),
        None => pattern.root_cause.to_string(),
    }
}

/// The confidence as a word and a number; the word alone where nothing is claimed.
pub(super) fn confidence(pattern: &Pattern) -> String {
    if pattern.root_cause == Cause::Unexplained {
        pattern.band.to_string()
    } else {
        format!("{} {:.2}", pattern.band, pattern.confidence)
    }
}

/// How many requests, subjects and clients, and of how many requests something was inferred.
pub(super) fn counts(pattern: &Pattern) -> String {
    let mut counts = count(pattern.failures, "failure");
    for (number, noun) in [(pattern.subjects, "subject"), (pattern.clients, "client")] {
        if number > 0 {
            let _ = write!(counts, ", {}", count(number, noun));
        }
    }
    if pattern.inferred > 0 {
        let _ = write!(counts, ", {} in part inferred", grouped(pattern.inferred));
    }
    counts
}

/// The first clients, subjects and keys of a pattern as `show` writes them, with a short and a full label; none where there
/// are none.
pub(super) fn tops(
    pattern: &Pattern,
    most: usize,
    show: impl Fn(&str) -> String,
) -> impl Iterator<Item = (&'static str, &'static str, String)> {
    let names = |names: &[Text]| names.iter().take(most).map(|name| show(name)).collect::<Vec<_>>();
    let more = |number: u64, mut names: Vec<String>| {
        let left = number.saturating_sub(names.len() as u64);
        names.extend((left > 0).then(|| format!("{} more", grouped(left))));
        names
    };
    [
        ("from", "Clients", more(pattern.clients, names(&pattern.top_clients))),
        ("of", "Subjects", more(pattern.subjects, names(&pattern.top_subjects))),
        ("keys", "Keys", names(&pattern.top_kids)),
    ]
    .into_iter()
    .filter(|(.., names)| !names.is_empty())
    .map(|(short, label, names)| (short, label, names.join(", ")))
}

/// What the event to blame was, without file and line.
pub(super) fn blamed(cause: &CauseEvent) -> String {
    let mut text = cause.kind.to_string();
    if let Some(time) = cause.time {
        let _ = write!(text, " at {} UTC", moment(time));
    }
    if let Some(id) = &cause.event_id {
        let _ = write!(text, ", id {id}");
    }
    text
}

/// A line of a file, as editors and `less` take it.
pub(super) fn place(sample: &Sample) -> String {
    format!("{}:{}", sample.file, sample.line)
}

/// See [`place`].
pub(super) fn cause_place(cause: &CauseEvent) -> String {
    format!("{}:{}", cause.file, cause.line)
}

/// A time to the second, without its zone, which is UTC.
pub(super) fn moment(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A span of time; the day only once where it is the same.
pub(super) fn span(first: Option<DateTime<Utc>>, last: Option<DateTime<Utc>>) -> String {
    match (first, last) {
        (Some(first), Some(last)) if moment(first) == moment(last) => format!("{} UTC", moment(first)),
        (Some(first), Some(last)) if first.date_naive() == last.date_naive() => {
            format!("{} to {} UTC", moment(first), last.format("%H:%M:%S"))
        }
        (Some(first), Some(last)) => format!("{} to {} UTC", moment(first), moment(last)),
        (Some(only), None) | (None, Some(only)) => format!("{} UTC", moment(only)),
        (None, None) => "an unknown time".to_owned(),
    }
}

/// A number and its noun: `1 file`, `1,200 files`.
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A number with commas between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes, in decimal units.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    let mut tenths = u128::from(number) * 10;
    let mut unit = "bytes";
    for next in UNITS {
        if tenths < 10_000 {
            break;
        }
        tenths /= 1000;
        unit = next;
    }
    if unit == "bytes" { count(number, "byte") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

/// The output with its width; everything that goes through it is escaped.
struct Page<'w> {
    out: &'w mut dyn Write,
    color: bool,
    width: usize,
}

impl Page<'_> {
    fn pattern(&mut self, number: usize, pattern: &Pattern) -> io::Result<()> {
        const INDENT: usize = 4;
        self.blank()?;
        let severity = self.painted(&format!("{:<8}", pattern.severity.as_str()), color_of(pattern.severity));
        let title = match pattern.root_cause {
            Cause::Unexplained => cause(pattern),
            _ => format!("{}, {}", cause(pattern), confidence(pattern)),
        };
        writeln!(self.out, "{number:>2}  {severity}  {}", cut(&title, self.width.saturating_sub(14)))?;
        let service = pattern.service.as_deref().unwrap_or("unknown service");
        self.line(INDENT, &format!("{}; {}; {}", counts(pattern), Terminal(service), pattern.reason))?;
        self.line(INDENT, &span(pattern.first, pattern.last))?;
        self.paragraph(INDENT, &pattern.says)?;
        if let Some(cause) = &pattern.cause {
            self.labelled("cause", &blamed(cause))?;
            self.quoted("", &cause_place(cause), cause.text.as_ref())?;
        }
        for (label, _, names) in tops(pattern, MAX_NAMES, str::to_owned) {
            self.labelled(label, &names)?;
        }
        for (number, sample) in pattern.samples.iter().take(MAX_SAMPLES).enumerate() {
            self.quoted(if number == 0 { "see" } else { "" }, &place(sample), sample.text.as_ref())?;
        }
        self.labelled("fix", &pattern.fix)?;
        if pattern.ends.is_empty() { Ok(()) } else { self.labelled("ends", &pattern.ends) }
    }

    fn run(&mut self, report: &Report) -> io::Result<()> {
        let run = &report.run;
        self.blank()?;
        self.list("Security", findings(report).into_iter())?;
        self.paragraph(0, &format!("Events: {}", events(report)))?;
        self.list("Problems", run.problems.iter().map(problem))?;
        self.list("Missing", run.gaps.iter().cloned())?;
        self.list("Time zones", zones(report).into_iter())?;
        self.list("Clocks", clocks(report).into_iter())?;
        self.paragraph(0, &format!("Books: {}", books(report)))
    }

    fn list(&mut self, heading: &str, mut items: impl ExactSizeIterator<Item = String>) -> io::Result<()> {
        if items.len() > 0 {
            self.heading(&format!("{heading}:"))?;
        }
        for item in items.by_ref().take(MAX_LINES) {
            for (index, line) in wrapped(&Terminal(&item).to_string(), self.width.saturating_sub(4)).iter().enumerate() {
                let indent = if index == 0 { 2 } else { 4 };
                writeln!(self.out, "{:indent$}{line}", "")?;
            }
        }
        if items.len() > 0 {
            self.line(2, &format!("and {} more", grouped(items.len() as u64)))?;
        }
        Ok(())
    }

    fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        let text = self.painted(&cut(text, self.width), "1");
        writeln!(self.out, "{text}")
    }

    /// One line, cut at the width. Its text is escaped already, where it has to be.
    fn line(&mut self, indent: usize, text: &str) -> io::Result<()> {
        writeln!(self.out, "{:indent$}{}", "", cut(text, self.width.saturating_sub(indent)))
    }

    fn paragraph(&mut self, indent: usize, text: &str) -> io::Result<()> {
        for line in wrapped(&Terminal(text).to_string(), self.width.saturating_sub(indent)) {
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }

    /// A label, and its text wrapped beside it.
    fn labelled(&mut self, label: &str, text: &str) -> io::Result<()> {
        let lines = wrapped(&Terminal(text).to_string(), self.width.saturating_sub(11));
        self.beside(label, &lines)
    }

    /// A label, and beside it file and line, and what the line says. A long path loses its beginning, as file name and line
    /// number stand at the end; a long text loses its end.
    fn quoted(&mut self, label: &str, place: &str, text: Option<&Text>) -> io::Result<()> {
        let room = self.width.saturating_sub(11);
        let mut lines = vec![cut_front(&Terminal(place).to_string(), room)];
        lines.extend(text.map(|text| format!("  {}", cut(&Terminal(text).to_string(), room.saturating_sub(2)))));
        self.beside(label, &lines)
    }

    fn beside(&mut self, label: &str, lines: &[String]) -> io::Result<()> {
        for (index, line) in lines.iter().enumerate() {
            let label = self.painted(&format!("{:<7}", if index == 0 { label } else { "" }), "2");
            writeln!(self.out, "    {label}{line}")?;
        }
        Ok(())
    }

    fn painted(&self, text: &str, color: &str) -> String {
        if self.color && !text.trim().is_empty() { format!("\u{1b}[{color}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn color_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "1;31",
        Severity::High => "31",
        Severity::Medium => "33",
        Severity::Low => "36",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::report::wrap::columns;

    fn shown(report: &Report, style: Style) -> String {
        let mut out = Vec::new();
        write(report, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    const PLAIN: Style = Style { color: false, width: 100 };

    #[test]
    fn the_most_severe_stands_first_and_says_what_to_do() {
        let text = shown(&sample::report(), PLAIN);
        assert!(text.starts_with("37 failed requests in 2 patterns, 12 explained (32 %)\n"), "{text}");
        let expected = "\
 1  high      user_deleted (self_service), confirmed 0.97
    12 failures, 1 subject, 2 clients, 5 in part inferred; orders; sub_not_found
    2026-03-01 10:00:05 to 10:59:00 UTC
    The user was deleted while its token lived on.
    cause  user_deleted at 2026-03-01 09:58:00 UTC, id -17
           logs/auth.log:12
             account removed
    from   192.0.2.7, 192.0.2.8
    of     =cmd()
    see    logs/orders.log:44
             user is gone
           logs/orders.log:50
    fix    Revoke the sessions of a user when it is deleted.
    ends   When the last token expires
";
        assert!(text.contains(expected), "{text}");
        for part in [
            "Events: auth_failure 37, user_deleted 1\n",
            "and 2 more\n",
            "4 own outputs",
            "Missing:\n  no user store log",
            "names no zone",
            "1 unparsed",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [40, 60, 80, 120] {
            let text = shown(&sample::report(), Style { color: false, width });
            assert!(text.lines().all(|line| columns(line) <= width), "{text}");
        }
    }

    #[test]
    fn log_text_cannot_speak_to_the_terminal() {
        let text = shown(&sample::report(), PLAIN);
        assert!(!text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text}");
        let coloured = shown(&sample::report(), Style { color: true, width: 100 });
        assert!(coloured.contains("\u{1b}[31mhigh    \u{1b}[0m") && !coloured.contains("a\u{1b}[31m"), "{coloured}");
    }

    #[test]
    fn a_quiet_run_says_so_and_what_was_read() {
        let text = shown(&sample::quiet(), PLAIN);
        assert!(
            text.starts_with(
                "No failed requests\nEvents from 2026-03-01 09:58:00 to 11:30:00 UTC. Read 1 file, 1.2 MB, 8,999 records.\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn patterns_beyond_the_twentieth_are_counted() {
        let mut report = sample::report();
        let one = report.patterns[1].clone();
        report.patterns = vec![one; 23];
        let text = shown(&report, PLAIN);
        assert!(text.contains("\nand 3 more patterns with 36 failures\n"), "{text}");
    }
}
