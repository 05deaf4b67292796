//! Facts are the same whatever the parts they were gathered in; and a rule judges alike by no more than the facts that
//! it says it reads.

use std::path::PathBuf;

use chrono::DateTime;
use jwtriage::causes::CAUSES;
use jwtriage::causes::rule::Rule;
use jwtriage::causes::verdict::CauseRules;
use jwtriage::check::inventory::Inventory;
use jwtriage::correlate::{Correlated, correlate, explain, group, links};
use jwtriage::extract::detector::Detector;
use jwtriage::extract::extracted::Extracted;
use jwtriage::extract::signature::Catalog;
use jwtriage::facts::gathered::Gathered;
use jwtriage::facts::scope::Scope;
use jwtriage::facts::view::Facts;
use jwtriage::group::merge::Case;
use jwtriage::ingest::discover::Source;
use jwtriage::model::event::{Event, Place, StreamId};
use jwtriage::model::observation::RequestObservation;
use jwtriage::parallel::Pool;
use jwtriage::pipeline::scan::scan;
use jwtriage::pipeline::settings::{SPAN, Settings};
use jwtriage::redact::Redactor;
use proptest::prelude::*;

use crate::calibration::days;
use crate::scenarios::{scanned, timelines};

/// Which part each of some things goes to: made of a seed, and the same for the same seed.
fn part_of(seed: u64, index: usize, parts: usize) -> usize {
    let mixed = (seed ^ index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from((mixed >> 32) % parts as u64).unwrap()
}

/// What is made of a scan whose facts are gathered in parts, each written and read back, and merged in some order.
fn in_parts(scan: &mut Extracted, seed: u64, parts: usize) -> Correlated {
    let inventory = Inventory::default();
    let grouped = group(scan, &inventory);
    let files = scan.files();
    let empty = Gathered::new(&files);
    let mut gathered = vec![if seed.is_multiple_of(2) { empty } else { empty.asking_for_those_of(&grouped.cases) }; parts];
    for (index, event) in scan.events.iter().enumerate() {
        gathered[part_of(seed, index, parts)].update(event);
    }
    for (index, observation) in scan.observations.iter().enumerate() {
        gathered[part_of(seed + 1, index, parts)].observe(observation);
    }
    for (index, case) in grouped.cases.iter().enumerate() {
        gathered[part_of(seed + 2, index, parts)].refused(case);
    }
    let mut all: Vec<Gathered> = gathered
        .into_iter()
        .enumerate()
        .map(|(index, part)| {
            // Of every other split one stays as it is.
            if index == 0 && !seed.is_multiple_of(2) {
                return part;
            }
            let written = serde_json::to_string(&part).unwrap();
            let read: Gathered = serde_json::from_str(&written).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), written);
            read
        })
        .collect();
    while all.len() > 1 {
        let one = all.swap_remove(part_of(seed + 3, all.len(), all.len()));
        let with = part_of(seed + 4, all.len(), all.len());
        all[with].merge(one);
    }
    let facts = all.remove(0).settle(&files, &inventory);
    explain(grouped, facts, &scan.events)
}

/// The same from parts of one stream each, that know no other stream.
fn by_stream(scan: &mut Extracted, seed: u64) -> Correlated {
    let inventory = Inventory::default();
    let grouped = group(scan, &inventory);
    let files = scan.files();
    let alone = |line: Place| (line.stream.0 as usize, Place { stream: StreamId(0), ..line });
    let mut parts: Vec<Gathered> = files.iter().map(|file| Gathered::new(std::slice::from_ref(file))).collect();
    for event in &scan.events {
        let (stream, place) = alone(event.place);
        parts[stream].update(&Event { place, ..event.clone() });
    }
    for observation in &scan.observations {
        let (stream, place) = alone(observation.place);
        parts[stream].observe(&RequestObservation { place, ..observation.clone() });
    }
    for case in &grouped.cases {
        let (stream, line) = alone(case.line);
        parts[stream].refused(&Case { line, ..case.clone() });
    }
    let mut all = parts.remove(part_of(seed, 0, parts.len()));
    while !parts.is_empty() {
        all.merge(parts.remove(part_of(seed, 1, parts.len())));
    }
    let facts = all.settle(&files, &inventory);
    explain(grouped, facts, &scan.events)
}

fn at_once(scan: &mut Extracted) -> Correlated {
    correlate(scan, &Inventory::default())
}

/// All that was made of a scan, as one text; and its failures as they are written.
fn told(correlated: &Correlated) -> (String, String) {
    (format!("{correlated:?}"), serde_json::to_string(&correlated.failures).unwrap())
}

/// What a scan of a sample finds.
fn sample(name: &str) -> Extracted {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut open = vec![crate::project(name)];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let source = |path: &PathBuf| Source { modified: None, ..Source::at(path, &std::fs::metadata(path).unwrap(), true) };
    let settings = Settings {
        zone: chrono_tz::Tz::UTC,
        now: DateTime::UNIX_EPOCH,
        second_pass: true,
        span: SPAN,
        pool: Pool::CALLERS,
        rows: false,
        redactor: Redactor::BARE,
        is_own: |_| false,
        strict: true,
    };
    let sources: Vec<Source> = files.iter().map(source).collect();
    scan(&sources, &Detector::new(Catalog::builtin().unwrap()), &settings)
}

#[test]
fn every_scenario_and_some_made_up_days_are_explained_alike_from_parts() {
    for (number, timeline) in (0_u64..).zip(&[timelines(), days(8)].concat()) {
        let whole = told(&at_once(&mut scanned(timeline)));
        assert_eq!(told(&in_parts(&mut scanned(timeline), number, 3)), whole, "{timeline}");
        assert_eq!(told(&by_stream(&mut scanned(timeline), number)), whole, "{timeline}");
    }
}

#[test]
fn the_shop_is_explained_alike_from_parts() {
    let whole = at_once(&mut sample("samples/shop"));
    assert!(whole.failures.len() > 20);
    for parts in [1, 2, 7] {
        assert_eq!(told(&in_parts(&mut sample("samples/shop"), 5, parts)), told(&whole));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_split_gives_the_same_diagnoses(
        timeline in prop::sample::select(timelines()),
        seed in any::<u32>(),
        parts in 1_usize..6,
    ) {
        let whole = told(&at_once(&mut scanned(&timeline)));
        prop_assert_eq!(told(&in_parts(&mut scanned(&timeline), seed.into(), parts)), whole);
    }
}

#[test]
fn what_another_run_saw_explains_a_refusal() {
    let inventory = Inventory::default();
    let yesterday = scanned("10:00 user_deleted sub=7f3a event_id=d-1 in=idp.log.1");
    let mut remembered = Gathered::new(&yesterday.files());
    remembered.update_all(&yesterday.events, &[], &[]);
    let mut today = scanned("2d 10:00 auth_failure reason=sub_not_found sub=7f3a service=orders request_id=r-1");
    let grouped = group(&mut today, &inventory);
    let mut gathered = Gathered::new(&today.files()).asking_for_those_of(&grouped.cases);
    gathered.update_all(&today.events, &[], &grouped.cases);
    gathered.merge(serde_json::from_str(&serde_json::to_string(&remembered).unwrap()).unwrap());
    let explained = explain(grouped, gathered.settle(&today.files(), &inventory), &today.events);
    let cause = explained.failures[0].cause.as_ref().unwrap();
    assert_eq!((cause.event_id.as_deref(), cause.file.as_str(), cause.line), (Some("d-1"), "idp.log.1", 1));
    let evidence = explained.failures[0].evidence.last().unwrap();
    assert_eq!((evidence.file.as_str(), evidence.time), ("idp.log.1", cause.time));
}

#[test]
fn facts_of_another_version_are_not_read() {
    let written = serde_json::to_string(&Gathered::new(&[])).unwrap();
    let other = written.replacen("\"version\":3", "\"version\":1", 1);
    let error = serde_json::from_str::<Gathered>(&other).unwrap_err().to_string();
    assert!(error.contains("facts of version 1"), "{error}");
}

/// What a rule says of a case by some facts.
fn verdicts(rules: &CauseRules, rule: &Rule, case: &Case, facts: &Facts<'_>) -> String {
    let mut verdicts = Vec::new();
    (rules.judge)(case, &links(case, facts), facts, &mut verdicts);
    verdicts.retain(|verdict| verdict.rule.id == rule.id);
    format!("{verdicts:?}")
}

#[test]
fn rules_judge_alike_by_the_facts_that_they_read() {
    let inventory = Inventory::default();
    let mut breaches = Vec::new();
    let mut differ = 0;
    for timeline in [timelines(), days(2)].concat() {
        let mut scan = scanned(&timeline);
        let grouped = group(&mut scan, &inventory);
        let files = scan.files();
        let mut gathered = Gathered::new(&files);
        gathered.update_all(&scan.events, &scan.observations, &grouped.cases);
        let facts = gathered.settle(&files, &inventory);
        for case in &grouped.cases {
            for rules in CAUSES.iter().filter(|rules| rules.reasons.contains(&case.reason)) {
                for rule in rules.rules {
                    let by = |scopes: &[Scope]| verdicts(rules, rule, case, &facts.within(scopes, case));
                    let all = verdicts(rules, rule, case, &facts);
                    let own = by(rule.reads);
                    if own != all {
                        breaches.push(format!("{rule:?}: {own} where all facts say {all}\n{timeline}"));
                    }
                    differ += usize::from(by(&[Scope::OwnCase]) != all);
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
    assert!(differ > 100, "of {differ} the facts made a difference");
}
