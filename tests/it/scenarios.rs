//! Diagnosis as timelines that anyone can read: what the logs tell, line by line, and what must be made of it.
//!
//! A scenario is a TOML file under `tests/it/scenarios/`. A line of its timeline is
//! `TIME KIND key=value ...`; the kind is a word of the vocabulary, or `request` for an access line of a subject.
//! `TIME` is `10:00`, `10:00:05.2` or `2d 10:00` for the day after; `x5 every=2s` repeats a line, `{n}` in a value
//! counts; `in=FILE` names the file (the service's log by default); `iat` and `exp` are times of day too.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Duration, NaiveTime, TimeZone, Utc};
use jwtriage::correlate::{Correlated, correlate};
use jwtriage::extract::extracted::Extracted;
use jwtriage::model::books::Books;
use jwtriage::model::books::StreamBooks;
use jwtriage::model::diagnosis::Failure;
use jwtriage::model::event::{Event, EventKind, Place, StreamId};
use jwtriage::model::field::{Field, Type, Value};
use jwtriage::model::observation::RequestObservation;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// One sentence.
    says: String,
    timeline: String,
    /// `cause`, `cause rule`, `cause rule variant`; one a failure in the order of time, or one for all; `xN` repeats.
    causes: Vec<String>,
    /// The bands, likewise.
    #[serde(default)]
    bands: Vec<String>,
    /// The `event_id` of what each failure is blamed on, `-` for nothing.
    #[serde(default)]
    blames: Vec<String>,
    /// Texts that must stand in what the diagnosis says of gaps, findings, alternatives or evidence.
    #[serde(default)]
    tells: Vec<String>,
    /// Texts that must not.
    #[serde(default)]
    keeps_quiet_of: Vec<String>,
}

struct Stage {
    scan: Extracted,
    files: BTreeMap<String, u32>,
    lines: BTreeMap<u32, u64>,
}

impl Stage {
    fn place(&mut self, file: &str) -> Place {
        let next = u32::try_from(self.files.len()).unwrap();
        let stream = *self.files.entry(file.to_owned()).or_insert(next);
        if stream == next {
            self.scan.streams.push(StreamBooks { file: file.into(), books: Books::default() });
        }
        let line = self.lines.entry(stream).or_default();
        *line += 1;
        Place { stream: StreamId(stream), line: *line }
    }
}

fn time(text: &str, day: i64) -> DateTime<Utc> {
    let layouts = ["%H:%M:%S%.f", "%H:%M"];
    let time = layouts.iter().find_map(|layout| NaiveTime::parse_from_str(text, layout).ok());
    let time = time.unwrap_or_else(|| panic!("no time: `{text}`"));
    let midnight = Utc.with_ymd_and_hms(2026, 3, 2, 0, 0, 0).unwrap() + Duration::days(day);
    midnight + time.signed_duration_since(NaiveTime::MIN)
}

fn span(text: &str) -> Duration {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let number: i64 = digits.parse().unwrap();
    match &text[digits.len()..] {
        "ms" => Duration::milliseconds(number),
        "s" => Duration::seconds(number),
        "m" => Duration::minutes(number),
        "h" => Duration::hours(number),
        unit => panic!("no unit of time: `{unit}`"),
    }
}

/// Puts what a timeline says of a field into an event.
fn put(event: &mut Event, name: &str, text: &str, day: i64) {
    let field = match name {
        "every" | "in" => return,
        "message" => return event.analyse_message(&text.replace('_', " ")),
        "client" => Field::ClientIp,
        "agent" => Field::UserAgent,
        "duration" => Field::DurationMs,
        _ => Field::named(name).unwrap_or_else(|| panic!("no field of an event: `{name}`")),
    };
    let value = match field {
        Field::Iat | Field::Exp => Value::Whole(time(text, day).timestamp()),
        Field::DurationMs => Value::Whole(span(text).num_milliseconds()),
        _ if field.kind() == Type::Whole => Value::Whole(text.parse().unwrap()),
        _ => Value::text(text),
    };
    field.set(event, &value);
}

/// Puts one line of a timeline on the stage.
fn tell(line: &str, stage: &mut Stage) {
    let mut words = line.split_whitespace().peekable();
    let first = words.next().unwrap();
    let (day, clock) = match first.strip_suffix('d') {
        Some(day) => (day.parse::<i64>().unwrap() - 1, words.next().unwrap()),
        None => (0, first),
    };
    let at = time(clock, day);
    let kind = words.next().unwrap();
    let mut values: Vec<(&str, &str)> = Vec::new();
    let mut count = 1;
    for word in words {
        match word.split_once('=') {
            Some(pair) => values.push(pair),
            None => count = word.strip_prefix('x').and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("what is `{word}`?")),
        }
    }
    let get = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let every = get("every").map_or(Duration::seconds(1), span);
    for n in 0..count {
        let value = |name: &str| get(name).map(|value| value.replace("{n}", &n.to_string()));
        let file =
            value("in").or_else(|| value("service").map(|service| format!("{service}.log"))).unwrap_or("idp.log".to_owned());
        let place = stage.place(&file);
        let at = at + every * n;
        let status = value("status").map(|status| status.parse().unwrap());
        if kind == "request" && (value("sub").is_some() || value("client").is_some()) && value("request_id").is_none() {
            stage.scan.observations.push(RequestObservation {
                time: at,
                sub: value("sub").map(Into::into),
                client: value("client").map(Into::into),
                status,
                kid: value("kid").map(Into::into),
                service: value("service").map(Into::into),
                place,
            });
            continue;
        }
        let word = EventKind::ALL.iter().find(|known| known.as_str() == kind);
        let mut event = Event::bare(*word.unwrap_or_else(|| panic!("no kind: `{kind}`")), place);
        event.time = Some(at);
        for (name, _) in &values {
            put(&mut event, name, &value(name).unwrap(), day);
        }
        assert!(event.kind != EventKind::AuthFailure || event.reason.is_some(), "a failure has a reason: `{line}`");
        stage.scan.events.push(event);
    }
}

/// What a scan of the logs of a timeline finds.
pub(crate) fn scanned(timeline: &str) -> Extracted {
    let mut stage = Stage { scan: Extracted::default(), files: BTreeMap::new(), lines: BTreeMap::new() };
    let lines: Vec<&str> =
        timeline.lines().map(|line| line.split('#').next().unwrap().trim()).filter(|l| !l.is_empty()).collect();
    for line in lines {
        tell(line, &mut stage);
    }
    stage.scan.events.sort_by_key(|event| event.place);
    stage.scan
}

pub(crate) fn played(timeline: &str) -> Correlated {
    correlate(&mut scanned(timeline), &jwtriage::check::inventory::Inventory::default())
}

/// Writes `xN` out; one alone stands for all.
fn spread(texts: &[String], count: usize) -> Vec<String> {
    let mut spread = Vec::new();
    for text in texts {
        match text.rsplit_once(" x") {
            Some((text, times)) => spread.extend(std::iter::repeat_n(text.to_owned(), times.parse().unwrap())),
            None => spread.push(text.clone()),
        }
    }
    if spread.len() == 1 { vec![spread[0].clone(); count] } else { spread }
}

/// Neighbours that are alike, once, with their number.
fn gathered(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut gathered: Vec<(String, usize)> = Vec::new();
    for text in texts {
        match gathered.last_mut() {
            Some((last, count)) if *last == text => *count += 1,
            _ => gathered.push((text, 1)),
        }
    }
    gathered.into_iter().map(|(text, count)| if count == 1 { text } else { format!("{text} x{count}") }).collect()
}

fn breach(scenario: &Scenario) -> Option<String> {
    let told = played(&scenario.timeline);
    let count = told.failures.len();
    let shown = |failure: &Failure| {
        format!(
            "{} {} {} {} {} blames {:?}: {:?} / {:?}",
            failure.root_cause,
            failure.rule,
            failure.variant.map_or("-", |variant| variant.as_str()),
            failure.band,
            failure.confidence,
            failure.cause.as_ref().map(|cause| (cause.kind, cause.event_id.clone(), cause.line)),
            failure.counter,
            failure.alternatives
        )
    };
    let all = || gathered(told.failures.iter().map(shown)).join("\n    ");
    let compare = |expected: &[String], got: &dyn Fn(&Failure, usize) -> String| {
        if expected.is_empty() {
            return None;
        }
        let expected = spread(expected, count);
        let got: Vec<String> = told
            .failures
            .iter()
            .zip(expected.iter().chain(std::iter::repeat(&String::new())))
            .map(|(f, e)| got(f, e.split(' ').count()))
            .collect();
        (got != expected).then(|| format!("expected {:?}\n    got      {:?}\n    {}", gathered(expected), gathered(got), all()))
    };
    let cause = |failure: &Failure, words: usize| {
        let whole = [failure.root_cause.as_str(), failure.rule.as_str(), failure.variant.map_or("-", |variant| variant.as_str())];
        whole[..words.min(3)].join(" ")
    };
    let blame = |failure: &Failure, _: usize| {
        failure.cause.as_ref().and_then(|cause| cause.event_id.as_deref()).unwrap_or("-").to_owned()
    };
    let everything = format!("{:?} {:?} {:?} {:?}", (&told.gaps, &told.findings), told.patterns, told.failures, told.zones);
    compare(&scenario.causes, &cause)
        .or_else(|| compare(&scenario.bands, &|failure, _| failure.band.to_string()))
        .or_else(|| compare(&scenario.blames, &blame))
        .or_else(|| {
            scenario
                .tells
                .iter()
                .find(|text| !everything.contains(*text))
                .map(|text| format!("`{text}` is not told\n    {:?}\n    {}", told.gaps, all()))
        })
        .or_else(|| {
            scenario
                .keeps_quiet_of
                .iter()
                .find(|text| everything.contains(*text))
                .map(|text| format!("`{text}` is told\n    {}", all()))
        })
}

fn scenarios(directory: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scenarios(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// The timeline of every scenario.
pub(crate) fn timelines() -> Vec<String> {
    let read = |file: &std::path::PathBuf| toml::from_str::<Scenario>(&std::fs::read_to_string(file).unwrap()).unwrap();
    files().iter().map(|file| read(file).timeline).collect()
}

/// The files of all scenarios.
pub(crate) fn files() -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    scenarios(&crate::project("tests/it/scenarios"), &mut files);
    files.sort();
    files
}

/// Every failure of every scenario, with the file it is of.
pub(crate) fn every_failure() -> Vec<(String, Failure)> {
    let mut all = Vec::new();
    for file in files() {
        let scenario: Scenario = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        all.extend(played(&scenario.timeline).failures.into_iter().map(|failure| (file.display().to_string(), failure)));
    }
    all
}

#[test]
fn every_timeline_is_explained() {
    let root = crate::project("tests/it/scenarios");
    let files = files();
    assert!(files.len() > 20);
    let mut breaches = Vec::new();
    for file in &files {
        let scenario: Scenario =
            toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        if let Some(breach) = breach(&scenario) {
            breaches.push(format!("{}\n  {}\n    {breach}", file.strip_prefix(&root).unwrap().display(), scenario.says));
        }
    }
    assert!(breaches.is_empty(), "{} of {} scenarios:\n{}", breaches.len(), files.len(), breaches.join("\n"));
}
