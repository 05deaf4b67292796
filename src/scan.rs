//! Sources in parallel, Events and Problems out in order.
//!
//! The first pass finds events. The second, the chase, reads the sources again for what only the first can tell:
//! records that share a request id with a failure, other requests of the subjects in question, and tokens issued to
//! whom failures concern, which the first pass postponed.

use std::cell::Cell;
use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::chase::{Hunt, Sighting};
use crate::correlate::merge;
use crate::decode::{self, SourceError};
use crate::detect::{Books, Context, Detector, Found, Postponed, Stretch};
use crate::discover::Source;
use crate::event::{Event, Place, Problem, StreamId, Text};
use crate::fold::fold;
use crate::frame::{Block, Coverage, Span, Style, each_block, newlines};
use crate::hash::HashMap;
use crate::name::Name;
use crate::narrow::Reach;
use crate::parallel;
use crate::redact::Redactor;
use crate::unknown::Unknown;

/// A plain file larger than this is read by several workers.
const SPAN: u64 = 16 << 20;
/// How much of a plain file teaches its style before it is split.
const HEAD: u64 = 64 << 10;
/// How many pieces a sample is made of, and how large each is.
const SAMPLED: usize = 48;
/// See [`SAMPLED`].
const SAMPLE: u64 = 16 << 10;
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
    /// What takes secrets out of texts that are kept.
    pub redactor: Redactor,
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

/// Lines of the largest sources: what the logs that a detector is tuned to look like. Of few sources each gives more, a
/// plain one from many places.
pub fn sample(sources: &[Source]) -> Vec<u8> {
    let mut largest: Vec<&Source> = sources.iter().filter(|source| source.rereadable).collect();
    largest.sort_by_key(|source| std::cmp::Reverse(source.size));
    largest.truncate(SAMPLED);
    let each = (SAMPLED / largest.len().max(1)) as u64;
    let mut sample = Vec::new();
    for source in largest {
        if each > 1 && source.size > each * SAMPLE && decode::is_bare(source) {
            for place in 0..each {
                // What cannot be read is told when it is read in earnest.
                let read = |file: File| file.take(SAMPLE).read_to_end(&mut sample).ok();
                decode::open_at(source, source.size / each * place).ok().and_then(read);
            }
        } else {
            sample.extend(decode::head(source, each * SAMPLE));
        }
    }
    sample
}

/// Reads every source, twice where it helps.
pub fn scan(sources: &[Source], detector: &Detector, settings: &Settings) -> Scan {
    let tasks = tasks(sources);
    let gathered = Gathered::default();
    let parts = each_task(&tasks, |task| task, |task| first_pass(task, detector, settings, &gathered));
    let (mut scan, begins) = joined(&tasks, parts, gathered);
    let known: Vec<(Place, bool)> = scan.events.iter().map(|event| (event.place, event.alone)).collect();
    fold(&mut scan.events);
    let files = scan.files();
    merge::promote(&mut scan.events, &files);
    if settings.chase {
        chase(&tasks, begins, detector, settings, &files, &known, &mut scan);
    }
    scan
}

/// A source, or a span of a large plain one.
#[derive(Clone, Copy)]
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
    /// Until all lines are counted, the stream of an event of the first pass is the number of its part.
    events: Mutex<Vec<Event>>,
    parts: AtomicU32,
}

impl Gathered {
    fn part(&self) -> StreamId {
        StreamId(self.parts.fetch_add(1, Ordering::Relaxed))
    }

    fn take(&self, events: &mut Vec<Event>) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).append(events);
    }

    fn into_events(self) -> Vec<Event> {
        self.events.into_inner().unwrap_or_else(PoisonError::into_inner)
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
    let share = sources.iter().map(|source| source.size).sum::<u64>() / parallel::threads() as u64;
    for (order, source) in sources.iter().enumerate() {
        let split = source.rereadable && source.size > 2 * SPAN && decode::is_bare(source);
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
fn each_task<'s, I: Sync, T: Send>(items: &[I], task: impl Fn(&I) -> &Task<'s>, work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(task(&items[*index]).bytes));
    parallel::in_order_of(&order, |index| work(&items[index]))
}

/// What is to be made of the blocks of a stream, and how many line feeds each holds.
type Work<'w, T> = dyn Fn(Block<'_>, StreamId, &Context) -> (T, u64) + Sync + 'w;

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
    if let Some(span) = task.span {
        let name = task.source.shown();
        let context = context(&name, task.source.modified, settings, task.source.rereadable);
        let read = |file| {
            let stream = number();
            let mut blocks = Vec::new();
            let work = |block: Block<'_>| work(block, stream, &context);
            let coverage = take_blocks(file, Some(span), &work, &mut blocks);
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
            let work = |block: Block<'_>| work(block, stream, &context);
            let coverage = if task.is_long {
                share_blocks(opened.reader, &work, &mut blocks)
            } else {
                take_blocks(opened.reader, None, &work, &mut blocks)
            };
            (end.borrow_mut())(opened.name, Ok(Done { stream, blocks, coverage }));
        },
        &mut |name, error| (end.borrow_mut())(name, Err(error)),
    );
}

thread_local! {
    /// What this thread reads blocks into.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lets `read` use the thread's buffer.
fn with_buffer<T>(read: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let mut buffer = BUFFER.take();
    let made = read(&mut buffer);
    BUFFER.set(buffer);
    made
}

/// Reads a stream, or a span of it, block by block.
fn take_blocks<T>(reader: impl Read, span: Option<Span>, work: &impl Fn(Block<'_>) -> (T, u64), made: &mut Vec<T>) -> Coverage {
    with_buffer(|buffer| {
        each_block(reader, span, buffer, &mut |block| {
            let (of_block, line_feeds) = work(block);
            made.push(of_block);
            line_feeds
        })
    })
}

/// Reads a stream that keeps one worker busy when the others are done: hands them its blocks while it decodes the next.
fn share_blocks<T: Send>(reader: impl Read, work: &(impl Fn(Block<'_>) -> (T, u64) + Sync), made: &mut Vec<T>) -> Coverage {
    let done = Mutex::new(Vec::new());
    let put = |number: usize, made: T| done.lock().unwrap_or_else(PoisonError::into_inner).push((number, made));
    // Blocks nobody has taken are held in memory: more than a few would be too many.
    let (away, most) = (AtomicUsize::new(0), parallel::threads());
    let (put, away) = (&put, &away);
    let mut number = 0;
    let coverage = parallel::scope(|scope| {
        with_buffer(|buffer| {
            each_block(reader, None, buffer, &mut |block| {
                number += 1;
                let here = number;
                // The next block must know before this one is done.
                let line_feeds = newlines(block.bytes);
                if away.fetch_add(1, Ordering::Relaxed) >= most {
                    away.fetch_sub(1, Ordering::Relaxed);
                    put(here, work(block).0);
                    return line_feeds;
                }
                let (bytes, at, lines_before, style) = (block.bytes.to_vec(), block.at, block.lines_before, block.style);
                scope.spawn(move |_| {
                    put(here, work(Block { bytes: &bytes, at, lines_before, style }).0);
                    away.fetch_sub(1, Ordering::Relaxed);
                });
                line_feeds
            })
        })
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    made.extend(done.into_iter().map(|(_, made)| made));
    coverage
}

fn first_pass(task: &Task<'_>, detector: &Detector, settings: &Settings, gathered: &Gathered) -> Vec<Part> {
    let mut parts = Vec::new();
    each_stream(
        task,
        settings,
        &mut || gathered.part(),
        &|block, stream, context| {
            let mut found = Found::default();
            let line_feeds = detector.detect(block, stream, context, &mut found);
            gathered.take(&mut found.events);
            (found, line_feeds)
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
        found.stretches.extend(block.stretches);
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
    /// For each of the task's streams the records that wait, and its blocks.
    streams: Vec<(Vec<Postponed>, Vec<Stretch>)>,
}

/// Puts the parts together: spans of a file become one stream, lines are counted on. Tells besides where each task
/// begins.
fn joined(tasks: &[Task<'_>], parts: Vec<Vec<Part>>, gathered: Gathered) -> (Scan, Vec<Begin>) {
    let mut scan = Scan::default();
    let mut count = LineCount::default();
    let mut begins = Vec::with_capacity(tasks.len());
    // For each part its stream and the lines before it there; nothing of one that could not be read.
    let mut moves: Vec<Option<(StreamId, u64)>> = vec![None; gathered.parts.load(Ordering::Relaxed) as usize];
    for (task, parts) in tasks.iter().zip(parts) {
        let (continues, line) = count.before(task);
        let place = Place { stream: stream_id(scan.streams.len() - usize::from(continues)), line };
        let mut streams = Vec::new();
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
            streams.push((part.found.postponed, part.found.stretches));
            scan.unknown.append(part.found.unknown, |place| Place { stream, line: place.line + before });
            if let Some(number) = part.number {
                moves[number.0 as usize] = Some((stream, before));
            }
            count.add(task, part.lines);
        }
        begins.push(Begin { place, streams });
    }
    scan.events = gathered.into_events();
    scan.events.retain_mut(|event| {
        let Some((stream, before)) = moves[event.place.stream.0 as usize] else { return false };
        event.place = Place { stream, line: event.place.line + before };
        true
    });
    parallel::sort_by_cached_key(&mut scan.events, |event| event.place);
    scan.events.shrink_to_fit();
    (scan, begins)
}

fn stream_id(index: usize) -> StreamId {
    StreamId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// A task as the second pass takes it on.
struct Again<'s> {
    task: Task<'s>,
    /// The task's first stream, and how many lines of it stand before what is read.
    place: Place,
    /// For each of the task's streams where ids are looked for, and the records that wait.
    streams: Vec<(Reach, Vec<Postponed>)>,
}

/// What of a task the second pass must read, if anything. `events` are in order.
fn again<'s>(task: &Task<'s>, begin: Begin, hunt: &Hunt<'_>, events: &[Event]) -> Option<Again<'s>> {
    let mut place = begin.place;
    let mut bounds = Vec::with_capacity(begin.streams.len());
    let mut streams = Vec::with_capacity(begin.streams.len());
    for (postponed, stretches) in begin.streams {
        let from = events.partition_point(|event| event.place <= place);
        let to = events.partition_point(|event| event.place.stream <= place.stream);
        let reach = hunt.reach(stretches, place, &events[from..to.max(from)]);
        let waiting = postponed.iter().filter(|_| hunt.asks_postponed()).map(|record| record.at);
        bounds.extend(reach.bounds(waiting));
        streams.push((reach, postponed));
        place = Place { stream: StreamId(place.stream.0 + 1), line: 0 };
    }
    let mut again = Again { task: *task, place: begin.place, streams };
    // Of one plain stream it is enough to read from the first to the last block.
    if let ([_], [(first, end)]) = (&again.streams[..], &bounds[..]) {
        let whole = Span { start: 0, end: u64::MAX, style: first.style };
        let span = task.span.unwrap_or(whole);
        let narrow = Span { start: first.at, end: end.unwrap_or(span.end), style: span.style };
        if (narrow.start > span.start || narrow.end < span.end) && (task.span.is_some() || decode::is_bare(task.source)) {
            again.place.line += first.lines_before;
            again.task.span = Some(narrow);
            again.task.bytes = narrow.end.min(task.source.size).saturating_sub(narrow.start);
        }
    }
    (!bounds.is_empty()).then_some(again)
}

/// The second pass: finds the ids worth looking for, looks, and adds what it finds.
fn chase(
    tasks: &[Task<'_>],
    begins: Vec<Begin>,
    detector: &Detector,
    settings: &Settings,
    files: &[Text],
    known: &[(Place, bool)],
    scan: &mut Scan,
) {
    let hunt = Hunt::after(&scan.events, files, known);
    scan.chased = hunt.ids();
    if hunt.is_over() {
        return;
    }
    let rereadable = tasks.iter().zip(begins).filter(|(task, _)| task.source.rereadable);
    let agains: Vec<Again<'_>> = rereadable.filter_map(|(task, begin)| again(task, begin, &hunt, &scan.events)).collect();
    let gathered = Gathered { events: Mutex::new(std::mem::take(&mut scan.events)), ..Gathered::default() };
    let parts = each_task(
        &agains,
        |again| &again.task,
        |again| {
            let mut pursued = Vec::new();
            let Place { stream: first, line } = again.place;
            let mut next = first.0..;
            each_stream(
                &again.task,
                settings,
                &mut || StreamId(next.next().unwrap_or(u32::MAX)),
                &|block, stream, context| {
                    let block = Block { lines_before: block.lines_before + line, ..block };
                    // What was not there in the first pass has no place.
                    let Some((reach, postponed)) = again.streams.get((stream.0 - first.0) as usize) else { return (None, 0) };
                    let (mut pursued, line_feeds) = hunt.pursue(block, stream, reach, postponed, detector, context);
                    gathered.take(&mut pursued.events);
                    (Some(pursued), line_feeds)
                },
                &mut |_, outcome| pursued.extend(outcome.into_iter().flat_map(|done| done.blocks).flatten()),
            );
            pursued
        },
    );
    scan.events = gathered.into_events();
    let mut seen: HashMap<Option<Name>, usize> = HashMap::default();
    for part in parts.into_iter().flatten() {
        if let Some(stream) = scan.streams.get_mut(part.stream.0 as usize) {
            let read = part.read.told + part.read.unknown + part.read.unparsed;
            stream.books.postponed = stream.books.postponed.saturating_sub(read);
            stream.books.add(&part.read);
        }
        for sighting in part.sightings {
            let sightings = seen.entry(sighting.sub.or(sighting.client)).or_default();
            *sightings += 1;
            if *sightings <= MAX_SIGHTINGS {
                scan.sightings.push(sighting);
            }
        }
    }
    parallel::sort_by_cached_key(&mut scan.events, |event| event.place);
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
        chased: settings.chase && rereadable,
        redactor: settings.redactor,
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
