//! The part of a report that has room in a page, however many patterns, keys and files there are.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::finding::Finding;
use crate::model::pattern::Pattern;
use crate::model::report::{KeyLife, Report, Run, SchemaVersion};
use crate::report::summary;

/// How many verifiers of a key are shown.
const MAX_VERIFIERS: usize = 10;

/// A report without what stands beyond the first of each list; of the patterns the most severe are kept.
#[derive(Serialize)]
pub(super) struct Excerpt<'r> {
    schema_version: SchemaVersion,
    run: Run,
    patterns: Vec<&'r Pattern>,
    findings: &'r [Finding],
    /// How many of each list were left out; absent from a whole report.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    left_out: BTreeMap<&'static str, usize>,
}

impl<'r> Excerpt<'r> {
    /// Keeps at most `most` of each list.
    pub(super) fn of(report: &'r Report, most: usize) -> Self {
        let mut left_out = BTreeMap::new();
        let mut kept = |name, count: usize| {
            if count > most {
                left_out.insert(name, count - most);
            }
            count.min(most)
        };
        let run = &report.run;
        let run = Run {
            tool: run.tool.clone(),
            inputs: run.inputs[..kept("inputs", run.inputs.len())].to_vec(),
            parameters: run.parameters.clone(),
            events: run.events.clone(),
            books: run.books.clone(),
            streams: run.streams[..kept("streams", run.streams.len())].to_vec(),
            problems: run.problems[..kept("problems", run.problems.len())].to_vec(),
            gaps: run.gaps[..kept("gaps", run.gaps.len())].to_vec(),
            zones: run.zones[..kept("zones", run.zones.len())].to_vec(),
            keys: run.keys[..kept("keys", run.keys.len())].iter().map(brief).collect(),
            clocks: run.clocks[..kept("clocks", run.clocks.len())].to_vec(),
            ..*run
        };
        let findings = &report.findings[..kept("findings", report.findings.len())];
        let mut patterns: Vec<&Pattern> = report.patterns.iter().collect();
        if kept("patterns", patterns.len()) < patterns.len() {
            patterns = summary::ranked(report);
            patterns.truncate(most);
        }
        let verifiers = report.run.keys.iter().map(|key| key.verifiers.len().saturating_sub(MAX_VERIFIERS)).sum();
        if verifiers > 0 {
            left_out.insert("verifiers", verifiers);
        }
        Self { schema_version: report.schema_version, run, patterns, findings, left_out }
    }
}

fn brief(key: &KeyLife) -> KeyLife {
    let verifiers = key.verifiers.iter().take(MAX_VERIFIERS).cloned().collect();
    KeyLife { verifiers, kid: key.kid.clone(), ..*key }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::model::books::StreamBooks;
    use crate::model::report::KeyUse;
    use crate::report::{csv, html, markdown, sample, summary};

    const MANY: usize = 100_000;

    /// A report as after a flood of made-up services.
    fn flood() -> Report {
        let mut report = sample::report();
        let one = report.patterns[0].clone();
        let service = |number: usize| format!("{number:0>256}");
        report.patterns = (0..MANY)
            .map(|number| Pattern { service: Some(service(number).as_str().into()), says: service(number), ..one.clone() })
            .collect();
        let finding = report.findings[0].clone();
        report.findings = vec![finding; MANY];
        let verifiers = (0..1000).map(|number| KeyUse {
            service: service(number).as_str().into(),
            first_accepted: None,
            last_accepted: None,
            first_refused: None,
            last_refused: None,
        });
        let key = KeyLife {
            kid: "k".into(),
            added: None,
            rotated: None,
            retired: None,
            unannounced: false,
            verifiers: verifiers.collect(),
        };
        report.run.keys = vec![key; 200];
        let stream = StreamBooks { file: service(0).as_str().into(), books: report.run.books.clone() };
        report.run.streams = vec![stream; MANY];
        report.run.inputs = vec![service(0); MANY];
        report.run.gaps = vec![service(0); MANY];
        report
    }

    fn size(write: impl FnOnce(&mut dyn Write)) -> usize {
        let mut out = Vec::new();
        write(&mut out);
        out.len()
    }

    #[test]
    fn what_people_read_stays_small_however_many_patterns_there_are() {
        let report = flood();
        let page = size(|out| html::write(&report, out).unwrap());
        assert!(page < 4 << 20, "{page}");
        let text = size(|out| markdown::write(&report, out).unwrap());
        assert!(text < 1 << 20, "{text}");
        let style = summary::Style { color: false, width: 100 };
        let brief = size(|out| summary::write(&report, style, out).unwrap());
        assert!(brief < 64 << 10, "{brief}");
        let rows = size(|out| csv::write(&report, out).unwrap());
        assert!(rows < MANY * 2048, "{rows}");
    }

    #[test]
    fn what_was_left_out_is_counted() {
        let report = flood();
        let excerpt = serde_json::to_value(Excerpt::of(&report, 200)).unwrap();
        assert_eq!(excerpt["patterns"].as_array().unwrap().len(), 200);
        assert_eq!((&excerpt["left_out"]["patterns"], &excerpt["left_out"]["streams"]), (&99_800.into(), &99_800.into()));
        assert_eq!(excerpt["left_out"]["verifiers"], 200 * 990);
        let whole = serde_json::to_value(Excerpt::of(&sample::report(), 200)).unwrap();
        assert_eq!(whole, serde_json::to_value(sample::report()).unwrap());
        let mut page = Vec::new();
        html::write(&report, &mut page).unwrap();
        assert!(String::from_utf8(page).unwrap().contains("and 99,800 more patterns with"));
    }
}
