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
pub(crate) struct Scenario {
    /// One sentence.
    says: String,
    pub(crate) timeline: String,
    /// `cause`, `cause rule`, `cause rule variant`; one a failure in the order of time, or one for all; `xN` repeats.
    causes: Vec<String>,
    /// The bands, likewise.
    #[serde(default)]
    bands: Vec<String>,
    /// The `event_id` of what each failure is blamed on, `-` for nothing.
    #[serde(default)]
    pub(crate) blames: Vec<String>,
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

pub(crate) fn time(text: &str, day: i64) -> DateTime<Utc> {
    let layouts = ["%H:%M:%S%.f", "%H:%M"];
    let time = layouts.iter().find_map(|layout| NaiveTime::parse_from_str(text, layout).ok());
    let time = time.unwrap_or_else(|| panic!("no time: `{text}`"));
    let midnight = Utc.with_ymd_and_hms(2026, 3, 2, 0, 0, 0).unwrap() + Duration::days(day);
    midnight + time.signed_duration_since(NaiveTime::MIN)
}

pub(crate) fn span(text: &str) -> Duration {
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
        _ if field.kind() == Type::Flag => Value::Flag,
        _ if field.kind() == Type::Whole => Value::Whole(text.parse().unwrap()),
        _ => Value::text(text),
    };
    field.set(event, &value);
}

/// What one line of a timeline tells of, once for each time that it is repeated.
pub(crate) struct Occurrence<'t> {
    pub(crate) time: DateTime<Utc>,
    /// Times of day in the values are of this one, counted from 0.
    pub(crate) day: i64,
    /// The file that tells of it.
    pub(crate) file: String,
    pub(crate) kind: &'t str,
    pub(crate) values: Vec<(&'t str, String)>,
}

impl Occurrence<'_> {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// What the lines of a timeline tell of, in their order.
pub(crate) fn occurrences(timeline: &str) -> Vec<Occurrence<'_>> {
    timeline
        .lines()
        .map(|line| line.split('#').next().unwrap().trim())
        .filter(|line| !line.is_empty())
        .flat_map(repeated)
        .collect()
}

/// What a line tells of.
fn repeated(line: &str) -> Vec<Occurrence<'_>> {
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
    let occurrence = |n: i32| {
        let values: Vec<(&str, String)> =
            values.iter().map(|(name, value)| (*name, value.replace("{n}", &n.to_string()))).collect();
        let value = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        let file = value("in").or_else(|| Some(format!("{}.log", value("service")?))).unwrap_or("idp.log".to_owned());
        Occurrence { time: at + every * n, day, file, kind, values }
    };
    (0..count).map(occurrence).collect()
}

/// Puts what a timeline tells of on the stage.
fn tell(told: &Occurrence<'_>, stage: &mut Stage) {
    let place = stage.place(&told.file);
    let name = |name: &str| told.get(name).map(Into::into);
    if told.kind == "request" && (told.get("sub").is_some() || told.get("client").is_some()) && told.get("request_id").is_none() {
        stage.scan.observations.push(RequestObservation {
            time: told.time,
            sub: name("sub"),
            client: name("client"),
            status: told.get("status").map(|status| status.parse().unwrap()),
            kid: name("kid"),
            service: name("service"),
            place,
        });
        return;
    }
    let word = EventKind::ALL.iter().find(|known| known.as_str() == told.kind);
    let mut event = Event::bare(*word.unwrap_or_else(|| panic!("no kind: `{}`", told.kind)), place);
    event.time = Some(told.time);
    for (name, value) in &told.values {
        put(&mut event, name, value, told.day);
    }
    assert!(event.kind != EventKind::AuthFailure || event.reason.is_some(), "a failure has a reason: {:?}", told.values);
    stage.scan.events.push(event);
}

/// What a scan of the logs of a timeline finds.
pub(crate) fn scanned(timeline: &str) -> Extracted {
    let mut stage = Stage { scan: Extracted::default(), files: BTreeMap::new(), lines: BTreeMap::new() };
    for told in occurrences(timeline) {
        tell(&told, &mut stage);
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

/// What was promised and is not told.
pub(crate) fn breach(scenario: &Scenario, told: &Correlated) -> Option<String> {
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

/// Every scenario, with its file's path below `scenarios/`.
pub(crate) fn all() -> Vec<(String, Scenario)> {
    let root = crate::project("tests/it/scenarios");
    let mut files = Vec::new();
    scenarios(&root, &mut files);
    files.sort();
    let read = |file: &Path| {
        let text = std::fs::read_to_string(file).unwrap();
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    files.iter().map(|file| (file.strip_prefix(&root).unwrap().display().to_string(), read(file))).collect()
}

/// Every failure of every scenario, with the file it is of.
#[cfg(feature = "cli")]
pub(crate) fn every_failure() -> Vec<(String, Failure)> {
    let failures = |(file, scenario): (String, Scenario)| {
        let failures = played(&scenario.timeline).failures;
        failures.into_iter().map(move |failure| (file.clone(), failure)).collect::<Vec<_>>()
    };
    all().into_iter().flat_map(failures).collect()
}

/// The timeline of every scenario.
pub(crate) fn timelines() -> Vec<String> {
    all().into_iter().map(|(_, scenario)| scenario.timeline).collect()
}

#[test]
fn every_timeline_is_explained() {
    let scenarios = all();
    assert!(scenarios.len() > 20);
    let mut breaches = Vec::new();
    for (file, scenario) in &scenarios {
        if let Some(breach) = breach(scenario, &played(&scenario.timeline)) {
            breaches.push(format!("{file}\n  {}\n    {breach}", scenario.says));
        }
    }
    assert!(breaches.is_empty(), "{} of {} scenarios:\n{}", breaches.len(), scenarios.len(), breaches.join("\n"));
}
