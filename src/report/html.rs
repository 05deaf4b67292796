//! The report as one static page: no script, nothing fetched, and the JSON report inside for programs.
//!
//! `page.html` is the frame; what it names in double braces is written here. Whatever comes from logs goes through
//! [`Html`].

use std::io::{self, Write};

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::name::Text;
use crate::model::pattern::Pattern;
use crate::model::report::{Report, SCHEMA_VERSION};
use crate::report::escape::{Html, Prose, Script};
use crate::report::excerpt::Excerpt;
use crate::report::{json, summary};

const PAGE: &str = include_str!("page.html");
/// How many patterns, problems, gaps, zones and streams are listed, here and in the page's JSON; the JSON report has them
/// all.
const MAX_LINES: usize = 200;
/// How many inputs are named.
const MAX_INPUTS: usize = 20;
/// How many patterns the timeline draws.
const MAX_BARS: usize = 40;

/// Writes the page.
///
/// # Errors
/// Gives the error of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut rest = PAGE;
    while let Some((before, name, after)) = next_name(rest) {
        out.write_all(before.as_bytes())?;
        fill(name, report, out)?;
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

/// The next `{{name}}` of the frame, with what stands before and after it.
fn next_name(frame: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = frame.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name, after))
}

fn fill(name: &str, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    match name {
        "headline" => write!(out, "{}", Html(&summary::headline(report))),
        "facts" => write!(out, "{}", Html(&summary::facts(report))),
        "made" => made(report, out),
        "patterns" => patterns(report, out),
        "run" => run(report, out),
        "json" => write!(out, "{}", Script(&json::text_of(&Excerpt::of(report, MAX_LINES)))),
        // The frame is ours: a name without a meaning is caught by a test.
        _ => Ok(()),
    }
}

fn made(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{}, report schema {}; inputs:", Html(&report.run.tool), Html(SCHEMA_VERSION))?;
    for input in report.run.inputs.iter().take(MAX_INPUTS) {
        write!(out, " <code>{}</code>", Html(input))?;
    }
    match report.run.inputs.len().saturating_sub(MAX_INPUTS) {
        0 => Ok(()),
        more => write!(out, " and {}", summary::count(more as u64, "more input")),
    }
}

fn patterns(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let patterns = summary::ranked(report);
    if patterns.is_empty() {
        return writeln!(out, "<p>Nothing that was read tells of a refused token.</p>");
    }
    let more = summary::beyond(&patterns, MAX_LINES);
    let patterns = &patterns[..patterns.len().min(MAX_LINES)];
    table(patterns, out)?;
    if let Some(more) = &more {
        writeln!(out, "<p class=\"faint\">and {more}: the JSON report has them all</p>")?;
    }
    if let Some(axis) = Axis::of(patterns.iter().take(MAX_BARS)) {
        timeline(patterns, &axis, out)?;
    }
    writeln!(out, "<h2>Patterns</h2>")?;
    for (number, pattern) in (1..).zip(patterns) {
        card(number, pattern, out)?;
    }
    Ok(())
}

fn table(patterns: &[&Pattern], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<div class=\"wide\"><table>\n<thead><tr><th>severity</th><th>root cause</th><th>service</th><th>reason</th>")?;
    writeln!(out, "<th class=\"number\">failures</th><th class=\"number\">subjects</th><th class=\"number\">clients</th>")?;
    writeln!(out, "<th>first</th><th>last</th><th>confidence</th></tr></thead>\n<tbody>")?;
    for (number, pattern) in (1..).zip(patterns) {
        let severity = pattern.severity;
        write!(out, "<tr><td class=\"severity {severity}\">{severity}</td>")?;
        write!(out, "<td><a href=\"#p{number}\">{}</a></td>", Html(&summary::cause(pattern)))?;
        write!(out, "<td>{}</td><td>{}</td>", Html(pattern.service.as_deref().unwrap_or("")), pattern.reason)?;
        for count in [pattern.failures, pattern.subjects, pattern.clients] {
            write!(out, "<td class=\"number\">{}</td>", summary::grouped(count))?;
        }
        for time in [pattern.first, pattern.last] {
            write!(out, "<td class=\"time\">{}</td>", time.map_or_else(String::new, summary::moment))?;
        }
        writeln!(out, "<td>{}</td></tr>", Html(&summary::confidence(pattern)))?;
    }
    writeln!(out, "</tbody></table></div>")
}

fn card(number: usize, pattern: &Pattern, out: &mut dyn Write) -> io::Result<()> {
    let severity = pattern.severity;
    writeln!(out, "<article id=\"p{number}\" class=\"{severity}\">")?;
    write!(out, "<h3><span class=\"severity {severity}\">{severity}</span>{}: ", Html(&summary::cause(pattern)))?;
    writeln!(out, "{}</h3>\n<p>{}</p>\n<dl>", summary::counts(pattern), Prose(&pattern.says))?;
    entry("fix", &Prose(&pattern.fix).to_string(), out)?;
    for (label, text) in [("it worked if", &*pattern.verify), ("ends", &*pattern.ends)] {
        if !text.is_empty() {
            entry(label, &Prose(text).to_string(), out)?;
        }
    }
    entry("seen", &summary::span(pattern.first, pattern.last), out)?;
    if let Some(service) = &pattern.service {
        entry("service", &Html(service).to_string(), out)?;
    }
    entry("reason", pattern.reason.as_str(), out)?;
    if let Some(cause) = &pattern.cause {
        let place = quoted(&summary::cause_place(cause), cause.text.as_ref());
        entry("cause", &format!("{}<br>{place}", Html(&summary::blamed(cause))), out)?;
    }
    for (_, label, names) in summary::tops(pattern, usize::MAX, code) {
        entry(&label.to_lowercase(), &names, out)?;
    }
    let samples = pattern.samples.iter().map(|sample| quoted(&summary::place(sample), sample.text.as_ref()));
    let samples: Vec<String> = samples.collect();
    if !samples.is_empty() {
        entry("evidence", &samples.join("<br>"), out)?;
    }
    entry("confidence", &format!("{}, rule {}", Html(&summary::confidence(pattern)), pattern.rule), out)?;
    entry("pattern", &code(&pattern.pattern_id), out)?;
    writeln!(out, "</dl>\n</article>")
}

/// A line of a definition list; `value` is HTML.
fn entry(name: &str, value: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<dt>{name}</dt><dd>{value}</dd>")
}

/// File and line, and below it what the line says.
fn quoted(place: &str, text: Option<&Text>) -> String {
    match text {
        Some(text) => format!("{}<br><q>{}</q>", code(place), Html(text)),
        None => code(place),
    }
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", Html(text))
}

/// The time axis of the drawing, in units of the drawing.
struct Axis {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

/// Where the axis begins and how long it is; left of it stand the names.
const LEFT: i64 = 250;
const LENGTH: i64 = 740;
const ROW: i64 = 20;
const TICKS: i32 = 5;

impl Axis {
    /// From the first failure to the last, and back to the causes where they are not too long ago: a deletion of last
    /// month would leave no room for the hour that matters. `None` if nothing has a time.
    fn of<'p>(patterns: impl Iterator<Item = &'p &'p Pattern>) -> Option<Self> {
        let (mut failures, mut causes) = (vec![], vec![]);
        for pattern in patterns {
            failures.extend(pattern.first.into_iter().chain(pattern.last));
            causes.extend(pattern.cause.as_ref().and_then(|cause| cause.time));
        }
        let (first, last) = (*failures.iter().min()?, *failures.iter().max()?);
        let reach = (last - first).max(TimeDelta::minutes(20)) * 3;
        let near = causes.into_iter().filter(|time| first - *time <= reach && *time - last <= reach);
        let (start, end) = near.fold((first, last), |(start, end), time| (start.min(time), end.max(time)));
        Some(Self { start, end: end.max(start + TimeDelta::seconds(1)) })
    }

    /// The horizontal position of a time, at an edge for what lies outside.
    fn x(&self, time: DateTime<Utc>) -> i64 {
        let passed = i128::from((time.clamp(self.start, self.end) - self.start).num_milliseconds());
        let whole = i128::from((self.end - self.start).num_milliseconds().max(1));
        LEFT + i64::try_from(passed * i128::from(LENGTH) / whole).unwrap_or(0)
    }

    fn label(&self, time: DateTime<Utc>) -> String {
        let length = self.end - self.start;
        let form = match length {
            length if length < TimeDelta::minutes(10) => "%H:%M:%S",
            length if length < TimeDelta::days(1) => "%H:%M",
            _ => "%m-%d %H:%M",
        };
        time.format(form).to_string()
    }
}

/// Draws a bar for each pattern and a diamond for each cause; an arrow at the edge for a cause that lies further off.
fn timeline(patterns: &[&Pattern], axis: &Axis, out: &mut dyn Write) -> io::Result<()> {
    let shown = &patterns[..patterns.len().min(MAX_BARS)];
    let bottom = ROW * i64::try_from(shown.len()).unwrap_or(0) + 4;
    writeln!(out, "<h2>Timeline <span class=\"faint\">(UTC; bars from first to last failure, diamonds are causes)</span></h2>")?;
    writeln!(
        out,
        "<div class=\"wide\"><svg viewBox=\"0 0 1000 {}\" role=\"img\" aria-label=\"When each pattern was seen\">",
        bottom + 20
    )?;
    for tick in 0..=TICKS {
        let time = axis.start + (axis.end - axis.start) * tick / TICKS;
        let (x, anchor) = (axis.x(time), if tick == TICKS { "end" } else { "middle" });
        writeln!(out, "<line x1=\"{x}\" y1=\"0\" x2=\"{x}\" y2=\"{bottom}\"/>")?;
        writeln!(
            out,
            "<text class=\"axis\" x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            bottom + 14,
            axis.label(time)
        )?;
    }
    for (row, pattern) in (0..).zip(shown) {
        bar(row, pattern, axis, out)?;
    }
    writeln!(out, "</svg></div>")?;
    let more = patterns.len() - shown.len();
    if more > 0 {
        writeln!(out, "<p class=\"faint\">and {} not drawn</p>", summary::count(more as u64, "more pattern"))?;
    }
    Ok(())
}

fn bar(row: i64, pattern: &Pattern, axis: &Axis, out: &mut dyn Write) -> io::Result<()> {
    let (top, name) = (row * ROW, summary::cause(pattern));
    let service: String = pattern.service.as_deref().unwrap_or("").chars().take(14).collect();
    writeln!(out, "<text x=\"0\" y=\"{}\">{}. {} {}</text>", top + 14, row + 1, Html(&name), Html(&service))?;
    if let Some((first, last)) = pattern.first.zip(pattern.last) {
        let (x, width) = (axis.x(first), (axis.x(last) - axis.x(first)).max(3));
        write!(out, "<rect class=\"{}\" x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"12\">", pattern.severity, top + 4)?;
        let when = summary::span(Some(first), Some(last));
        writeln!(out, "<title>{}: {}, {when}</title></rect>", Html(&name), summary::counts(pattern))?;
    }
    if let Some((cause, time)) = pattern.cause.as_ref().and_then(|cause| cause.time.map(|time| (cause, time))) {
        let (x, middle) = (axis.x(time), top + 10);
        let shape = if time < axis.start {
            "m 5 -5 l -8 5 l 8 5 z"
        } else if time > axis.end {
            "m -5 -5 l 8 5 l -8 5 z"
        } else {
            "m 0 -6 l 5 6 l -5 6 l -5 -6 z"
        };
        let blamed = summary::blamed(cause);
        writeln!(out, "<path class=\"cause\" d=\"M {x} {middle} {shape}\"><title>{}</title></path>", Html(&blamed))?;
    }
    Ok(())
}

fn run(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let run = &report.run;
    list("Security", summary::findings(report).into_iter(), out)?;
    writeln!(out, "<dl>")?;
    entry("events", &Html(&summary::events(report)).to_string(), out)?;
    entry("books", &summary::books(report), out)?;
    entry("second pass", &format!("{} looked for", summary::count(run.chased_ids, "id")), out)?;
    for (name, value) in &run.parameters {
        entry(&Html(name).to_string(), &code(value), out)?;
    }
    writeln!(out, "</dl>")?;
    list("Problems", run.problems.iter().map(summary::problem), out)?;
    list("What is missing", run.gaps.iter().cloned(), out)?;
    list("Time zones", summary::zones(report).into_iter(), out)?;
    list("Clocks", summary::clocks(report).into_iter(), out)?;
    streams(report, out)
}

fn list(heading: &str, mut items: impl ExactSizeIterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    if items.len() == 0 {
        return Ok(());
    }
    writeln!(out, "<h2>{heading}</h2>\n<ul>")?;
    for item in items.by_ref().take(MAX_LINES) {
        writeln!(out, "<li>{}</li>", Prose(&item))?;
    }
    if items.len() > 0 {
        writeln!(out, "<li>and {} more</li>", summary::grouped(items.len() as u64))?;
    }
    writeln!(out, "</ul>")
}

fn streams(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let streams = &report.run.streams;
    write!(
        out,
        "<details><summary>{}</summary><div class=\"wide\"><table><thead><tr><th>file</th>",
        summary::count(streams.len() as u64, "file")
    )?;
    for name in ["bytes", "lines", "records", "skipped", "postponed", "unparsed", "unknown", "told", "events"] {
        write!(out, "<th class=\"number\">{name}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for stream in streams.iter().take(MAX_LINES) {
        let books = &stream.books;
        write!(out, "<tr><td>{}</td>", code(&stream.file))?;
        for count in [
            books.bytes,
            books.lines,
            books.records,
            books.skipped,
            books.postponed,
            books.unparsed,
            books.unknown,
            books.told,
            books.events,
        ] {
            write!(out, "<td class=\"number\">{}</td>", summary::grouped(count))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")?;
    let more = streams.len().saturating_sub(MAX_LINES);
    if more > 0 {
        writeln!(out, "<p class=\"faint\">and {}</p>", summary::count(more as u64, "more file"))?;
    }
    writeln!(out, "</details>")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    fn shown(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_name_in_the_frame_is_filled() {
        let mut rest = PAGE;
        while let Some((_, name, after)) = next_name(rest) {
            let mut out = Vec::new();
            fill(name, &sample::report(), &mut out).unwrap();
            assert!(!out.is_empty(), "{name}");
            rest = after;
        }
    }

    #[test]
    fn the_page_has_the_report_inside() {
        let text = shown(&sample::report());
        let (_, json) = text.split_once("<script type=\"application/json\" id=\"report\">").unwrap();
        let (json, _) = json.split_once("</script>").unwrap();
        let mut expected = Vec::new();
        crate::report::json::write(&sample::report(), &mut expected).unwrap();
        assert_eq!(serde_json::from_str::<Value>(json).unwrap(), serde_json::from_slice::<Value>(&expected).unwrap());
    }

    #[test]
    fn log_text_makes_no_tag_and_nothing_is_fetched() {
        let text = shown(&sample::report());
        assert_eq!(text.matches("<script").count(), 1, "{text}");
        assert!(text.contains("&lt;script&gt;alert(&#39;x&#39;)"), "{text}");
        assert!(!text.contains(|c: char| (c.is_control() && c != '\n' && c != '\u{9b}') || c == '\u{2028}'), "{text}");
        for fetched in ["src=", "url(", "@import", "<link", "http://", "https://", "javascript:"] {
            assert!(!text.contains(fetched), "{fetched}");
        }
    }

    #[test]
    fn a_sentence_shows_no_backticks() {
        let mut report = sample::report();
        report.patterns.remove(0);
        report.patterns[0].says = "Map `sub` to `oid`".to_owned();
        report.patterns[0].verify = "No refusal names `a<b`".into();
        report.findings[0].says = "A user got through by `orders`".to_owned();
        report.run.problems.clear();
        report.run.streams.clear();
        let text = shown(&report);
        let (page, _) = text.split_once("<script").unwrap();
        assert!(!page.contains('`'), "{page}");
        for part in ["Map <code>sub</code> to <code>oid</code>", "names <code>a&lt;b</code>", "through by <code>orders</code>"] {
            assert!(page.contains(part), "{page}");
        }
    }

    #[test]
    fn a_card_tells_cause_evidence_and_fix() {
        let text = shown(&sample::report());
        for part in [
            "<article id=\"p1\" class=\"high\">",
            "<dt>cause</dt><dd>user_deleted at 2026-03-01 09:58:00 UTC, id -17<br><code>logs/auth.log:12</code><br><q>account removed</q></dd>",
            "<dt>evidence</dt><dd><code>logs/orders.log:44</code><br><q>user is gone</q><br><code>logs/orders.log:50</code></dd>",
            "<dt>fix</dt><dd>Revoke the sessions of a user when it is deleted.</dd>",
            "<rect class=\"high\"",
            "<path class=\"cause\"",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn the_axis_reaches_back_to_near_causes_only() {
        let mut pattern = sample::report().patterns.remove(1);
        let near = Axis::of([&pattern].iter()).unwrap();
        assert_eq!(Some(near.start), pattern.cause.as_ref().and_then(|cause| cause.time));
        if let Some(cause) = &mut pattern.cause {
            cause.time = cause.time.map(|time| time - TimeDelta::days(30));
        }
        let far = Axis::of([&pattern].iter()).unwrap();
        assert_eq!(Some(far.start), pattern.first);
        assert_eq!((far.x(far.start - TimeDelta::days(1)), far.x(far.end)), (LEFT, LEFT + LENGTH));
        pattern.first = None;
        pattern.last = None;
        assert!(Axis::of([&pattern].iter()).is_none());
    }

    #[test]
    fn a_quiet_run_is_a_page_without_patterns() {
        let text = shown(&sample::quiet());
        assert!(text.contains("<h1>No failed requests</h1>") && !text.contains("<svg"), "{text}");
    }
}
