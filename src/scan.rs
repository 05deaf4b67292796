//! Sources in parallel, Events and Problems out in order. The only file that says rayon.
//!
//! The first pass finds events. The second, the chase, reads the sources again for what only the first can tell:
//! records that share a request id with a failure, other requests of the subjects in question, and tokens issued to
//! whom failures concern, which the first pass postponed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use aho_corasick::AhoCorasick;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::correlate::merge;
use crate::decode::{self, Kind, SourceError};
use crate::detect::{Books, Context, Detector, Found, Postponed};
use crate::discover::Source;
use crate::event::{Event, EventKind, Place, Problem, Reason, StreamId, Text};
use crate::fold::fold;
use crate::frame::{Block, Coverage, Cursor, Span, Style, each_block};
use crate::keep::Keeper;
use crate::needles::{self, Needles};
use crate::unknown::Unknown;

/// A plain file larger than this is read by several workers.
const SPAN: u64 = 16 << 20;
/// How much of a plain file teaches its style before it is split.
const HEAD: u64 = 64 << 10;
/// How many sources a sample is taken of, and how much of each.
const SAMPLED: usize = 48;
/// See [`SAMPLED`].
const SAMPLE: u64 = 16 << 10;
/// How many requests of a stream the chase looks for to hold its clock against others'.
const CLOCK_SAMPLES: usize = 20;
/// How many addresses the chase asks after.
const MAX_CLIENTS: usize = 2000;
/// How many requests of one subject or address the chase keeps.
const MAX_SIGHTINGS: usize = 500;

/// What a scan needs to know besides its sources.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The zone of time stamps that name none.
    pub zone: Tz,
    /// When the run began: what year-less stamps of streams without a date are read against.
    pub now: DateTime<Utc>,
    /// Whether to read rereadable sources a second time.
    pub chase: bool,
    /// Whether events will be written as rows: else what only rows show of them is not kept.
    pub rows: bool,
}

/// One opened input and what became of its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamBooks {
    /// The name as evidence shows it.
    pub file: Text,
    /// The counts.
    #[serde(flatten)]
    pub books: Books,
}

/// One request of a subject in question, as an access line or log line tells of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// When.
    pub time: DateTime<Utc>,
    /// Who, as far as the line says.
    pub sub: Option<Text>,
    /// From where.
    pub client: Option<Text>,
    /// HTTP status, where the line has one.
    pub status: Option<u16>,
    /// The key of its token.
    pub kid: Option<Text>,
    /// Which service.
    pub service: Option<Text>,
    /// Where it stands.
    pub place: Place,
}

/// What a scan found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The streams, in order; a [`StreamId`] is a place in this list.
    pub streams: Vec<StreamBooks>,
    /// Every event, in the order of streams and lines.
    pub events: Vec<Event>,
    /// Other requests of subjects in question.
    pub sightings: Vec<Sighting>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// How many ids the second pass looked for.
    pub chased: usize,
    /// What looked like trouble and matched nothing, if it was asked for.
    pub unknown: Unknown,
}

impl Scan {
    /// The names of the streams.
    pub fn files(&self) -> Vec<Text> {
        self.streams.iter().map(|stream| stream.file.clone()).collect()
    }

    /// The counts of all streams together.
    pub fn books(&self) -> Books {
        let mut total = Books::default();
        for stream in &self.streams {
            total.add(&stream.books);
        }
        total
    }
}

/// The first lines of the largest sources: what the logs that a detector is tuned to look like.
pub fn sample(sources: &[Source]) -> Vec<u8> {
    let mut largest: Vec<&Source> = sources.iter().filter(|source| source.rereadable).collect();
    largest.sort_by_key(|source| std::cmp::Reverse(source.size));
    let mut sample = Vec::new();
    for source in largest.into_iter().take(SAMPLED) {
        sample.extend(decode::head(source, SAMPLE));
    }
    sample
}

/// Reads every source, twice where it helps.
pub fn scan(sources: &[Source], detector: &Detector, settings: &Settings) -> Scan {
    let tasks = tasks(sources);
    let gathered = Gathered::default();
    let keepers = Keepers::new(settings);
    let parts = in_parallel(&tasks, |_, task| first_pass(task, detector, settings, &keepers, &gathered));
    let (mut scan, begins) = joined(&tasks, parts, gathered);
    let known: Vec<Place> = scan.events.iter().map(|event| event.place).collect();
    fold(&mut scan.events);
    let files = scan.files();
    merge::promote(&mut scan.events, &files);
    if settings.chase {
        chase(&tasks, &begins, detector, settings, &keepers, &known, &mut scan);
    }
    scan
}

/// A source, or a span of a large plain one.
struct Task<'s> {
    source: &'s Source,
    /// The source's place in the list.
    order: usize,
    span: Option<Span>,
    bytes: u64,
    /// Whether it would take longer than its share of the workers' time.
    is_long: bool,
}

/// The events of all workers: held once, not by each part and then again.
#[derive(Default)]
struct Gathered {
    /// Until all lines are counted, the stream of an event is the number of its part.
    events: Mutex<Vec<Event>>,
    parts: AtomicU32,
}

impl Gathered {
    fn part(&self) -> StreamId {
        StreamId(self.parts.fetch_add(1, Ordering::Relaxed))
    }

    fn take_from(&self, found: &mut Found) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).append(&mut found.events);
    }
}

/// What one task read, but the events: one part a stream.
struct Part {
    name: String,
    /// Its number, if it has any text.
    number: Option<StreamId>,
    found: Found,
    problems: Vec<Problem>,
    /// Lines read, to number those of the next span.
    lines: u64,
    /// A part that is no stream: a source that could not be opened.
    empty: bool,
}

fn tasks(sources: &[Source]) -> Vec<Task<'_>> {
    let mut tasks = Vec::new();
    let share = sources.iter().map(|source| source.size).sum::<u64>() / rayon::current_num_threads() as u64;
    for (order, source) in sources.iter().enumerate() {
        let split = source.rereadable && source.size > 2 * SPAN && matches!(decode::sniff(source), Ok(Kind::Plain));
        let style = split.then(|| head_style(source)).flatten();
        match style {
            Some(style) => {
                let mut start = 0;
                while start < source.size {
                    // What is appended while we read belongs to the last span.
                    let end = if start + 2 * SPAN > source.size { u64::MAX } else { start + SPAN };
                    tasks.push(Task { source, order, span: Some(Span { start, end, style }), bytes: SPAN, is_long: false });
                    start = end;
                }
            }
            None => tasks.push(Task { source, order, span: None, bytes: source.size, is_long: source.size > share }),
        }
    }
    tasks
}

fn head_style(source: &Source) -> Option<Style> {
    let mut head = Vec::new();
    decode::open_at(source, 0).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    Some(Style::learn(&head))
}

/// Runs `work` over the tasks, the largest first, and gives the results in the order of the tasks.
fn in_parallel<T: Send>(tasks: &[Task<'_>], work: impl Fn(usize, &Task<'_>) -> T + Sync) -> Vec<T> {
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(tasks[*index].bytes));
    let next = AtomicUsize::new(0);
    let mut results: Vec<(usize, T)> = rayon::broadcast(|_| {
        let mut mine = Vec::new();
        while let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            mine.push((*index, work(*index, &tasks[*index])));
        }
        mine
    })
    .into_iter()
    .flatten()
    .collect();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// A keeper for each worker.
struct Keepers(Vec<Mutex<Keeper>>);

impl Keepers {
    fn new(settings: &Settings) -> Self {
        Self((0..rayon::current_num_threads()).map(|_| Mutex::new(Keeper::new(settings.rows))).collect())
    }

    fn keep(&self, events: &mut [Event]) {
        let mine = &self.0[rayon::current_thread_index().unwrap_or(0)];
        mine.lock().unwrap_or_else(PoisonError::into_inner).keep(events);
    }
}

/// What is to be made of the blocks of a stream.
type Work<'w, T> = dyn Fn(Block<'_>, StreamId, &Context) -> T + Sync + 'w;

/// A stream that was read: what was made of its blocks, in order.
struct Done<T> {
    stream: StreamId,
    blocks: Vec<T>,
    coverage: Coverage,
}

/// Reads one task's streams block by block. `number` gives each stream its id; `end` is told how each went.
fn each_stream<T: Send>(
    task: &Task<'_>,
    settings: &Settings,
    number: &mut dyn FnMut() -> StreamId,
    work: &Work<'_, T>,
    end: &mut dyn FnMut(String, Result<Done<T>, SourceError>),
) {
    let mut buffer = Vec::new();
    if let Some(span) = task.span {
        let name = task.source.shown();
        let context = context(&name, task.source.modified, settings, task.source.rereadable);
        let read = |file| {
            let stream = number();
            let mut blocks = Vec::new();
            let coverage = each_block(file, Some(span), &mut buffer, &mut |block| blocks.push(work(block, stream, &context)));
            Done { stream, blocks, coverage }
        };
        end(name, decode::open_at(task.source, span.start.saturating_sub(1)).map(read));
        return;
    }
    // Both callbacks end streams; only one runs at a time.
    let end = std::cell::RefCell::new(end);
    decode::streams(
        task.source,
        &mut |opened| {
            let context = context(&opened.name, opened.modified, settings, task.source.rereadable);
            let stream = number();
            let mut blocks = Vec::new();
            let coverage = if task.is_long {
                share_blocks(opened.reader, &mut buffer, &|block| work(block, stream, &context), &mut blocks)
            } else {
                each_block(opened.reader, None, &mut buffer, &mut |block| blocks.push(work(block, stream, &context)))
            };
            (end.borrow_mut())(opened.name, Ok(Done { stream, blocks, coverage }));
        },
        &mut |name, error| (end.borrow_mut())(name, Err(error)),
    );
}

/// Reads a stream that keeps one worker busy when the others are done: hands them its blocks while it decodes the next.
fn share_blocks<T: Send>(
    reader: impl Read,
    buffer: &mut Vec<u8>,
    work: &(impl Fn(Block<'_>) -> T + Sync),
    made: &mut Vec<T>,
) -> Coverage {
    let done = Mutex::new(Vec::new());
    let put = |number: usize, made: T| done.lock().unwrap_or_else(PoisonError::into_inner).push((number, made));
    // Blocks nobody has taken are held in memory: more than a few would be too many.
    let (away, most) = (AtomicUsize::new(0), rayon::current_num_threads());
    let (put, away) = (&put, &away);
    let mut number = 0;
    let coverage = rayon::in_place_scope(|scope| {
        each_block(reader, None, buffer, &mut |block| {
            number += 1;
            let here = number;
            if away.fetch_add(1, Ordering::Relaxed) >= most {
                away.fetch_sub(1, Ordering::Relaxed);
                put(here, work(block));
                return;
            }
            let (bytes, at, lines_before, style) = (block.bytes.to_vec(), block.at, block.lines_before, block.style);
            scope.spawn(move |_| {
                put(here, work(Block { bytes: &bytes, at, lines_before, style }));
                away.fetch_sub(1, Ordering::Relaxed);
            });
        })
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    made.extend(done.into_iter().map(|(_, made)| made));
    coverage
}

fn first_pass(task: &Task<'_>, detector: &Detector, settings: &Settings, keepers: &Keepers, gathered: &Gathered) -> Vec<Part> {
    let mut parts = Vec::new();
    each_stream(
        task,
        settings,
        &mut || gathered.part(),
        &|block, stream, context| {
            let mut found = Found::default();
            detector.detect(block, stream, context, &mut found);
            keepers.keep(&mut found.events);
            gathered.take_from(&mut found);
            found
        },
        &mut |name, outcome| {
            parts.push(match outcome {
                Ok(done) => finished(name, done),
                Err(error) => Part {
                    problems: vec![Problem { file: name.clone(), line: None, what: error.to_string() }],
                    name,
                    number: None,
                    found: Found::default(),
                    lines: 0,
                    empty: true,
                },
            });
        },
    );
    parts
}

fn finished(name: String, done: Done<Found>) -> Part {
    let coverage = done.coverage;
    let mut found = Found::default();
    for block in done.blocks {
        found.books.add(&block.books);
        found.unknown.append(block.unknown, |place| place);
        found.postponed.extend(block.postponed);
    }
    let mut problems: Vec<Problem> = coverage
        .cut
        .iter()
        .map(|line| Problem {
            file: name.clone(),
            line: Some(*line),
            what: "record too long: only its beginning was read".to_owned(),
        })
        .collect();
    if let Some(error) = coverage.error {
        let line = found.books.lines;
        problems.push(Problem {
            file: name.clone(),
            line: Some(line),
            what: format!("damaged or cut short, what stands before is kept: {error}"),
        });
    }
    found.books.bytes = coverage.bytes;
    Part { name, number: Some(done.stream), found, problems, lines: coverage.lines, empty: false }
}

/// Counts lines on over the spans of one file.
#[derive(Default)]
struct LineCount {
    /// The file that is open, and how many of its lines were read.
    open: Option<(usize, u64)>,
}

impl LineCount {
    /// Whether a part goes on with the stream of the part before it, and how many lines stand before it there.
    fn before(&self, task: &Task<'_>) -> (bool, u64) {
        match self.open {
            Some((order, lines)) if task.span.is_some() && order == task.order => (true, lines),
            _ => (false, 0),
        }
    }

    fn add(&mut self, task: &Task<'_>, lines: u64) {
        self.open = Some((task.order, self.before(task).1 + lines));
    }
}

/// Where a task's streams are in the scan, and what waits in them.
struct Begin {
    /// The number of the task's first stream, and the lines of it before the task's own.
    place: Place,
    /// For each of the task's streams the records that wait.
    postponed: Vec<Vec<Postponed>>,
}

/// Puts the parts together: spans of a file become one stream, lines are counted on. Tells besides where each task
/// begins.
fn joined(tasks: &[Task<'_>], parts: Vec<Vec<Part>>, gathered: Gathered) -> (Scan, Vec<Begin>) {
    let mut scan = Scan::default();
    let mut count = LineCount::default();
    let mut begins = Vec::with_capacity(tasks.len());
    // For each part its stream and the lines before it there; nothing of one that could not be read.
    let mut moves: Vec<Option<(StreamId, u64)>> = vec![None; gathered.parts.into_inner() as usize];
    for (task, parts) in tasks.iter().zip(parts) {
        let (continues, line) = count.before(task);
        let place = Place { stream: stream_id(scan.streams.len() - usize::from(continues)), line };
        let mut postponed = Vec::new();
        for part in parts {
            let (continues, before) = count.before(task);
            for mut problem in part.problems {
                problem.line = problem.line.map(|line| line + before);
                scan.problems.push(problem);
            }
            if part.empty {
                continue;
            }
            if !continues {
                scan.streams.push(StreamBooks { file: part.name.into(), books: Books::default() });
            }
            let stream = stream_id(scan.streams.len() - 1);
            if let Some(last) = scan.streams.last_mut() {
                last.books.add(&part.found.books);
            }
            postponed.push(part.found.postponed);
            scan.unknown.append(part.found.unknown, |place| Place { stream, line: place.line + before });
            if let Some(number) = part.number {
                moves[number.0 as usize] = Some((stream, before));
            }
            count.add(task, part.lines);
        }
        begins.push(Begin { place, postponed });
    }
    scan.events = gathered.events.into_inner().unwrap_or_else(PoisonError::into_inner);
    scan.events.retain_mut(|event| {
        let Some((stream, before)) = moves[event.place.stream.0 as usize] else { return false };
        event.place = Place { stream, line: event.place.line + before };
        true
    });
    scan.events.sort_by_cached_key(|event| event.place);
    (scan, begins)
}

fn stream_id(index: usize) -> StreamId {
    StreamId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// The second pass: finds the ids worth looking for, looks, and adds what it finds.
fn chase(
    tasks: &[Task<'_>],
    begins: &[Begin],
    detector: &Detector,
    settings: &Settings,
    keepers: &Keepers,
    known: &[Place],
    scan: &mut Scan,
) {
    let wanted = Wanted::of(&scan.events);
    let ids = wanted.requests.iter().chain(&wanted.subjects).chain(&wanted.clients);
    let needles = Needles::new(ids.map(|id| &**id), needles::SHORTEST);
    let concerns = Needles::new(wanted.concerns.iter().map(|id| &**id), 0);
    scan.chased = needles.len() + concerns.len();
    if needles.is_empty() && concerns.is_empty() && wanted.statuses.is_empty() {
        return;
    }
    let reads_all_postponed = wanted.concerns.iter().any(|id| id.len() < needles::SHORTEST_OF_ALL);
    let hunt = Hunt { statuses: wanted.status_search(), needles, concerns, reads_all_postponed, wanted, known };
    let parts = in_parallel(tasks, |index, task| {
        let mut pursued = Vec::new();
        if task.source.rereadable {
            let Begin { place: Place { stream: first, line }, postponed } = &begins[index];
            let mut next = first.0..;
            each_stream(
                task,
                settings,
                &mut || StreamId(next.next().unwrap_or(u32::MAX)),
                &|block, stream, context| {
                    let block = Block { lines_before: block.lines_before + line, ..block };
                    let postponed = postponed.get((stream.0 - first.0) as usize).map_or(&[][..], Vec::as_slice);
                    pursuit(block, stream, postponed, &hunt, detector, context, keepers)
                },
                &mut |_, outcome| pursued.extend(outcome.into_iter().flat_map(|done| done.blocks)),
            );
        }
        pursued
    });
    let mut seen: BTreeMap<Text, usize> = BTreeMap::new();
    for part in parts.into_iter().flatten() {
        scan.events.extend(part.events);
        for sighting in part.sightings {
            let sightings = seen.entry(sighting.sub.clone().or_else(|| sighting.client.clone()).unwrap_or_default()).or_default();
            *sightings += 1;
            if *sightings <= MAX_SIGHTINGS {
                scan.sightings.push(sighting);
            }
        }
    }
    scan.events.sort_by_cached_key(|event| event.place);
}

/// What the first pass leaves to be asked.
struct Wanted {
    /// Request and trace ids of failures.
    requests: BTreeSet<Text>,
    /// Subjects whose other requests tell whether they still exist.
    subjects: BTreeSet<Text>,
    /// Addresses of refusals for a missing user that name none: their other requests tell whether they ever had one.
    clients: BTreeSet<Text>,
    /// Subjects, clients and keys that failures concern: postponed records that name one are read.
    concerns: BTreeSet<Text>,
    /// Statuses that failures without an id were answered with: their access lines know client and request.
    statuses: BTreeSet<u16>,
    /// When failures without an id happened, by the end of their path.
    loose: BTreeMap<Text, Vec<DateTime<Utc>>>,
    /// Whether a failure without an id bears a time without a zone, which may be off by hours.
    zoneless: bool,
}

/// The addresses of refusals for a missing user that name none: of the line itself, or of an access line that fits it.
fn nameless_clients(events: &[Event]) -> BTreeSet<Text> {
    let refused = |reason: Reason| {
        events
            .iter()
            .filter(move |event| event.kind == EventKind::AuthFailure && event.reason == Some(reason) && event.sub.is_none())
    };
    let mut times: BTreeMap<&str, Vec<(DateTime<Utc>, bool)>> = BTreeMap::new();
    for event in refused(Reason::SubNotFound).filter(|event| event.client_ip.is_none()) {
        if let (Some(time), Some(path)) = (event.time, event.path.as_deref()) {
            times.entry(merge::last_segment(path)).or_default().push((time, event.zoneless));
        }
    }
    for times in times.values_mut() {
        times.sort();
    }
    let fits = |event: &&Event| {
        let (Some(time), Some(path)) = (event.time, event.path.as_deref()) else { return false };
        times.get(merge::last_segment(path)).is_some_and(|times| {
            let from = times.partition_point(|(other, _)| *other < time - LOOSE);
            times.get(from).is_some_and(|(other, _)| *other <= time + LOOSE) || times.iter().any(|(_, zoneless)| *zoneless)
        })
    };
    let clients = |event: &Event| event.client_ip.clone().filter(|client| !merge::is_local(client));
    refused(Reason::SubNotFound).filter_map(clients).chain(refused(Reason::Other).filter(fits).filter_map(clients)).collect()
}

/// Whom refusals concern whose diagnosis asks who the bearer is: subjects and clients, and keys that no token was seen
/// to bear.
fn concerns(events: &[Event]) -> BTreeSet<Text> {
    let used = |event: &&Event| matches!(event.kind, EventKind::AuthSuccess | EventKind::TokenIssued);
    let used: BTreeSet<&Text> = events.iter().filter(used).filter_map(|event| event.kid.as_ref()).collect();
    let refusals = || events.iter().filter(|event| event.kind == EventKind::AuthFailure);
    let reasoned = |event: &Event| event.reason.filter(|reason| *reason != Reason::Other);
    // What another line says of the same request.
    let mut asks: BTreeMap<&Text, bool> = BTreeMap::new();
    for event in refusals() {
        if let (Some(id), Some(reason)) = (&event.request_id, reasoned(event)) {
            *asks.entry(id).or_default() |= reason.asks_who();
        }
    }
    let mut concerns = BTreeSet::new();
    for event in refusals() {
        let elsewhere = || asks.get(event.request_id.as_ref()?).copied();
        let asks_who = reasoned(event).map(Reason::asks_who).or_else(elsewhere);
        if asks_who.unwrap_or(true) {
            let kid = event.kid.as_ref().filter(|kid| !used.contains(kid));
            concerns.extend(event.sub.iter().chain(kid).cloned());
        }
        // Many clients are refused without a reason, for want of a password.
        if asks_who == Some(true) {
            concerns.extend(event.client_ip.clone());
        }
    }
    concerns
}

/// An access line this far from a failure of the same path may be its own.
const LOOSE: TimeDelta = TimeDelta::seconds(5);

impl Wanted {
    fn of(events: &[Event]) -> Self {
        let mut wanted = Self {
            requests: BTreeSet::new(),
            subjects: BTreeSet::new(),
            clients: BTreeSet::new(),
            concerns: concerns(events),
            statuses: BTreeSet::new(),
            loose: BTreeMap::new(),
            zoneless: false,
        };
        // A request of which every question is answered need not be looked for.
        let mut answered: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
        let failures = || events.iter().filter(|event| event.kind == EventKind::AuthFailure);
        for event in failures() {
            if let Some(id) = event.request_id.as_deref().or(event.trace_id.as_deref()) {
                let (named, reasoned) = answered.entry(id).or_default();
                *named |= event.sub.is_some();
                *reasoned |= event.reason.is_some_and(|reason| reason != Reason::Other);
            }
        }
        for (id, (named, reasoned)) in answered {
            if !(named && reasoned) {
                wanted.requests.insert(id.into());
            }
        }
        // A few requests of every stream, wherever else they are told of, show how far clocks lie apart.
        let mut sampled: BTreeMap<StreamId, usize> = BTreeMap::new();
        for event in events {
            let count = sampled.entry(event.place.stream).or_default();
            if let Some(id) = event.request_id.clone().filter(|_| *count < CLOCK_SAMPLES) {
                *count += 1;
                wanted.requests.insert(id);
            }
        }
        for event in failures().filter(|event| event.request_id.is_none() && event.trace_id.is_none()) {
            wanted.add_loose(event);
        }
        wanted.clients = nameless_clients(events);
        // With so many of them it is no longer a question of single clients.
        if wanted.clients.len() > MAX_CLIENTS {
            wanted.clients.clear();
        }
        for times in wanted.loose.values_mut() {
            times.sort();
        }
        for event in events {
            let asked = match event.kind {
                EventKind::AuthFailure => matches!(event.reason, Some(Reason::SubNotFound | Reason::UserStoreUnavailable)),
                EventKind::UserDeleted | EventKind::UserDisabled => true,
                _ => false,
            };
            if let Some(sub) = event.sub.as_ref().filter(|_| asked) {
                wanted.subjects.insert(sub.clone());
            }
        }
        wanted
    }

    /// Notes a failure that only its content can join with an access line. Refusals by 401 and 403 were found already.
    fn add_loose(&mut self, event: &Event) {
        let (Some(time), Some(path)) = (event.time, event.path.as_deref()) else { return };
        match event.status {
            Some(401 | 403) => return,
            Some(status) => {
                self.statuses.insert(status);
            }
            None if event.reason == Some(Reason::UserStoreUnavailable) => self.statuses.extend([500, 503]),
            None => return,
        }
        self.zoneless |= event.zoneless;
        self.loose.entry(merge::last_segment(path).into()).or_default().push(time);
    }

    /// Whether an access line may be that of a failure without an id.
    fn is_loose(&self, event: &Event) -> bool {
        let (Some(status), Some(path), Some(time)) = (event.status, event.path.as_deref(), event.time) else { return false };
        if !self.statuses.contains(&status) {
            return false;
        }
        self.loose.get(merge::last_segment(path)).is_some_and(|times| {
            let from = times.partition_point(|other| *other < time - LOOSE);
            self.zoneless || event.zoneless || times.get(from).is_some_and(|other| *other <= time + LOOSE)
        })
    }

    /// The search for access lines of the wanted statuses.
    fn status_search(&self) -> Option<AhoCorasick> {
        let literals: Vec<String> = self
            .statuses
            .iter()
            .flat_map(|status| {
                [
                    format!(" {status} "),
                    format!("\":{status}"),
                    format!("\": {status}"),
                    format!("\":\"{status}\""),
                    format!("={status}"),
                ]
            })
            .collect();
        if literals.is_empty() { None } else { AhoCorasick::new(literals).ok() }
    }
}

/// What one block of the second pass adds.
#[derive(Default)]
struct Pursued {
    events: Vec<Event>,
    sightings: Vec<Sighting>,
}

/// What the second pass looks for.
struct Hunt<'k> {
    needles: Needles,
    /// Those that postponed records are searched for.
    concerns: Needles,
    /// Whether failures concern somebody of too short a name to be searched for.
    reads_all_postponed: bool,
    statuses: Option<AhoCorasick>,
    wanted: Wanted,
    /// Where events of the first pass stand, in order.
    known: &'k [Place],
}

impl Hunt<'_> {
    fn knows(&self, place: Place) -> bool {
        self.known.binary_search(&place).is_ok()
    }

    /// Every place in a block that may matter, in order.
    fn hits(&self, block: Block<'_>, postponed: &[Postponed]) -> Vec<usize> {
        let mut hits = self.needles.find(block.bytes);
        if let Some(statuses) = &self.statuses {
            hits.extend(statuses.find_iter(block.bytes).map(|found| found.end() - 1));
        }
        let from = postponed.partition_point(|record| record.at < block.at);
        for record in &postponed[from..] {
            let start = usize::try_from(record.at - block.at).unwrap_or(usize::MAX);
            let Some(bytes) = block.bytes.get(start..).and_then(|rest| rest.get(..record.length as usize)) else { break };
            if self.reads_all_postponed || !self.concerns.find(bytes).is_empty() {
                hits.push(start);
            }
        }
        hits.sort_unstable();
        hits
    }
}

fn pursuit(
    block: Block<'_>,
    stream: StreamId,
    postponed: &[Postponed],
    hunt: &Hunt<'_>,
    detector: &Detector,
    context: &Context,
    keepers: &Keepers,
) -> Pursued {
    let mut pursued = Pursued::default();
    let mut cursor = Cursor::new(block);
    for hit in hunt.hits(block, postponed) {
        let Some((record, line)) = cursor.record(hit) else { continue };
        let place = Place { stream, line };
        // What stands on one line was told whole.
        if hunt.knows(place) && memchr::memchr(b'\n', record.trim_ascii_end()).is_none() {
            continue;
        }
        let mut told = Vec::new();
        detector.pursue(record, place, context, &mut told);
        told.retain(|event| !hunt.knows(event.place));
        for event in &mut told {
            event.pursued = true;
        }
        keepers.keep(&mut told);
        for event in told {
            sort_out(event, &hunt.wanted, &mut pursued);
        }
    }
    pursued
}

/// Keeps an event of a failing request whole, and of a subject's other requests what tells how it went.
fn sort_out(event: Event, wanted: &Wanted, pursued: &mut Pursued) {
    let of_failure = [&event.request_id, &event.trace_id].into_iter().flatten().any(|id| wanted.requests.contains(id));
    if of_failure || (event.kind != EventKind::Request && event.kind != EventKind::AuthSuccess) || wanted.is_loose(&event) {
        pursued.events.push(event);
        return;
    }
    let of_subject = event.sub.as_ref().is_some_and(|sub| wanted.subjects.contains(sub));
    let of_client = event.client_ip.as_ref().is_some_and(|client| wanted.clients.contains(client));
    if let Some(time) = event.time
        && (of_subject || of_client)
        && (event.status.is_some() || event.kind == EventKind::AuthSuccess)
    {
        pursued.sightings.push(Sighting {
            time,
            sub: event.sub,
            client: event.client_ip,
            status: event.status,
            kid: event.kid,
            service: event.service,
            place: event.place,
        });
    }
}

/// What a stream's path and date tell of its records.
fn context(name: &str, modified: Option<DateTime<Utc>>, settings: &Settings, rereadable: bool) -> Context {
    let (service, host) = named_by_path(name);
    Context {
        zone: settings.zone,
        latest: modified.unwrap_or(settings.now),
        service,
        host,
        rows: settings.rows,
        // What will be read a second time may wait for it, unless every event is a row.
        postpones: settings.chase && rereadable && !settings.rows,
    }
}

/// The service and the instance that a log's path names: `orders/orders.log.1` is of `orders`,
/// `apps/cart-2/cart.log` of `cart` on `cart-2`.
fn named_by_path(name: &str) -> (Option<String>, Option<String>) {
    let mut parts = name.rsplit(['/', '!', '\\']);
    let file = parts.next().unwrap_or(name);
    let stem: String = file
        .split('.')
        .take_while(|part| {
            !part.starts_with("log-")
                && !matches!(*part, "log" | "json" | "jsonl" | "txt" | "gz" | "zst" | "bz2" | "xz" | "out" | "err")
        })
        .collect::<Vec<_>>()
        .join(".");
    let parent = parts.next().unwrap_or("");
    let service = [stem.as_str(), parent].into_iter().map(|part| instance(part).0).find(|part| says_something(part));
    let host = [parent, stem.as_str()].into_iter().find(|part| instance(part).1 && says_something(instance(part).0));
    (service.map(str::to_owned), host.map(str::to_owned))
}

/// A name without the number of its instance, and whether it had one.
fn instance(name: &str) -> (&str, bool) {
    match name.rsplit_once(['-', '_']) {
        Some((head, number)) if !head.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            (head, true)
        }
        _ => (name, false),
    }
}

/// Whether a file or directory name says what wrote the log.
fn says_something(name: &str) -> bool {
    const GENERIC: [&str; 24] = [
        "",
        "log",
        "logs",
        "var",
        "tmp",
        "access",
        "error",
        "app",
        "application",
        "server",
        "current",
        "stdout",
        "stderr",
        "out",
        "output",
        "main",
        "messages",
        "syslog",
        "audit",
        "api",
        "debug",
        "data",
        "archive",
        "console",
    ];
    !GENERIC.contains(&name) && name.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_service_and_instance() {
        for (path, service, host) in [
            ("logs/orders/orders.log.1", Some("orders"), None),
            ("logs/accounts/app.log.3.gz", Some("accounts"), None),
            ("c/apps/cart-2/cart.log-20260302.zst", Some("cart"), Some("cart-2")),
            ("c/apps/orders-1/application.log", Some("orders"), Some("orders-1")),
            ("/var/log/nginx/access.log", Some("nginx"), None),
            ("edge/nginx-2/access.log-20260308", Some("nginx"), Some("nginx-2")),
            ("logs.tar.gz!prod/billing/access.log", Some("billing"), None),
            ("app.log", None, None),
        ] {
            let (found, instance) = named_by_path(path);
            assert_eq!((found.as_deref(), instance.as_deref()), (service, host), "{path}");
        }
    }
}
