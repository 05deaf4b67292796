//! Sources in parallel, Events and Problems out in order.
//!
//! The first pass finds events. The second, the chase, reads the sources again for what only the first can tell:
//! records that share a request id with a failure, other requests of the subjects in question, and tokens issued to
//! whom failures concern, which the first pass postponed.

use crate::extract::extracted::Extracted;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::extract::detect::{BlockStats, Context, DeferredRecord, Detector, Found};
use crate::extract::fold::fold;
use crate::group::merge;
use crate::hash::HashMap;
use crate::ingest::decode::{self, IsOwn, SourceError};
use crate::ingest::discover::Source;
use crate::ingest::frame::{Block, Span, Style, newlines};
use crate::ingest::hole::{self, Passed, each_block};
use crate::lookup::block_filter::BlockFilter;
use crate::lookup::second_pass::SecondPass;
use crate::model::books::Books;
use crate::model::books::PassedOver;
use crate::model::books::Problem;
use crate::model::books::StreamBooks;
use crate::model::event::{Event, Place, StreamId};
use crate::model::name::Name;
use crate::parallel;
use crate::redact::Redactor;

/// A plain file larger than this is read by several workers.
const SPAN: u64 = 16 << 20;
/// How much of a plain file teaches its style before it is split.
const HEAD: u64 = 64 << 10;
/// How many pieces a sample is made of, and how large each is.
const SAMPLED: usize = 48;
/// See [`SAMPLED`].
const SAMPLE: u64 = 16 << 10;
/// How many requests of one subject or address the chase keeps.
const MAX_OBSERVATIONS: usize = 500;

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
    /// Tells which inputs are outputs of ours: they are passed over.
    pub is_own: IsOwn,
    /// Whether binary files are problems even where nobody named them.
    pub strict: bool,
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
        if each > 1 && source.size > each * SAMPLE && decode::may_be_bare(source) {
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
pub fn scan(sources: &[Source], detector: &Detector, settings: &Settings) -> Extracted {
    let tasks = tasks(sources, settings);
    let gathered = Gathered::default();
    let parts = each_task(&tasks, |task| task, |task| first_pass(task, detector, settings, &gathered));
    let (mut scan, begins, mut troubled) = joined(&tasks, parts, gathered, settings.redactor);
    let known: Vec<(Place, bool)> = scan.events.iter().map(|event| (event.place, event.sole_in_record)).collect();
    fold(&mut scan.events);
    let files = scan.files();
    merge::promote(&mut scan.events, &files);
    if settings.chase {
        chase(&tasks, begins, detector, settings, &known, &mut troubled, &mut scan);
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
    /// What ended it early, or kept it from being read.
    trouble: Option<Problem>,
    passed_over: PassedOver,
    /// Lines read, to number those of the next span.
    lines: u64,
    /// A part that is no stream: a source that could not be opened.
    empty: bool,
}

fn tasks<'s>(sources: &'s [Source], settings: &Settings) -> Vec<Task<'s>> {
    let mut tasks = Vec::new();
    let share = sources.iter().map(|source| source.size).sum::<u64>() / parallel::threads() as u64;
    for (order, source) in sources.iter().enumerate() {
        let is_large = source.rereadable && source.size > 2 * SPAN;
        let style = is_large.then(|| bare_style(source, settings)).flatten();
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

/// The style of a source that can be read from the middle on.
fn bare_style(source: &Source, settings: &Settings) -> Option<Style> {
    let look = decode::look(source, settings.is_own).ok().filter(|look| look.is_bare)?;
    let mut head = Vec::new();
    decode::open_at(source, look.text_at).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    head.retain(|b| *b != 0);
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
    passed: Passed,
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
        let read = |(file, before)| {
            let stream = number();
            let mut blocks = Vec::new();
            let work = |block: Block<'_>| work(block, stream, &context);
            let passed = take_blocks(file, before, Some(span), &work, &mut blocks);
            Done { stream, blocks, passed }
        };
        end(name, from_the_middle(task.source, span.reads_from()).map(read));
        return;
    }
    // Both callbacks end streams; only one runs at a time.
    let end = std::cell::RefCell::new(end);
    decode::streams(
        task.source,
        settings.is_own,
        &mut |opened| {
            let context = context(&opened.name, opened.modified, settings, task.source.rereadable);
            let stream = number();
            let mut blocks = Vec::new();
            let work = |block: Block<'_>| work(block, stream, &context);
            let passed = if task.is_long {
                share_blocks(opened.reader, &work, &mut blocks)
            } else {
                take_blocks(opened.reader, 0, None, &work, &mut blocks)
            };
            (end.borrow_mut())(opened.name, Ok(Done { stream, blocks, passed }));
        },
        &mut |name, error| (end.borrow_mut())(name, Err(error)),
    );
}

/// A plain file from a byte on, and how many NULs stand right before that.
fn from_the_middle(source: &Source, at: u64) -> Result<(impl Read + use<>, u64), SourceError> {
    let mut file = decode::open_at(source, at)?;
    let before = hole::run_before(&mut file, at).map_err(SourceError::Open)?;
    Ok((decode::whole(source, file, at), before))
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
fn take_blocks<T>(
    reader: impl Read,
    before: u64,
    span: Option<Span>,
    work: &impl Fn(Block<'_>) -> (T, u64),
    made: &mut Vec<T>,
) -> Passed {
    with_buffer(|buffer| {
        each_block(reader, before, span, buffer, &mut |block| {
            let (of_block, line_feeds) = work(block);
            made.push(of_block);
            line_feeds
        })
    })
}

/// Reads a stream that keeps one worker busy when the others are done: hands them its blocks while it decodes the next.
fn share_blocks<T: Send>(reader: impl Read, work: &(impl Fn(Block<'_>) -> (T, u64) + Sync), made: &mut Vec<T>) -> Passed {
    let done = Mutex::new(Vec::new());
    let put = |number: usize, made: T| done.lock().unwrap_or_else(PoisonError::into_inner).push((number, made));
    // Blocks nobody has taken are held in memory: more than a few would be too many.
    let (away, most) = (AtomicUsize::new(0), parallel::threads());
    let (put, away) = (&put, &away);
    let mut number = 0;
    let passed = parallel::scope(|scope| {
        with_buffer(|buffer| {
            each_block(reader, 0, None, buffer, &mut |block| {
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
    passed
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
                Err(error) => unread(name, &error, task.source, settings),
            });
        },
    );
    parts
}

/// What nothing was read of: trouble, or what is no log and that nobody asked for by its name.
fn unread(name: String, error: &SourceError, source: &Source, settings: &Settings) -> Part {
    let mut passed_over = PassedOver::default();
    let asked_for = settings.strict || (source.is_named && name == source.shown());
    match error {
        SourceError::Own => passed_over.own_outputs += 1,
        SourceError::Binary if !asked_for => passed_over.binary += 1,
        _ => {}
    }
    let is_trouble = passed_over == PassedOver::default();
    let trouble = is_trouble.then(|| Problem { file: name.clone(), line: None, what: error.to_string() });
    Part { name, number: None, found: Found::default(), problems: Vec::new(), trouble, passed_over, lines: 0, empty: true }
}

/// What ended a stream early.
fn ended_early(name: &str, line: Option<u64>, error: &str) -> Problem {
    Problem { file: name.to_owned(), line, what: format!("damaged or cut short, what stands before is kept: {error}") }
}

fn finished(name: String, done: Done<Found>) -> Part {
    let Passed { coverage, nul_bytes } = done.passed;
    let mut found = Found::default();
    for block in done.blocks {
        found.books.add(&block.books);
        found.unknown.append(block.unknown, |place| place);
        found.postponed.extend(block.postponed);
        found.block_stats.extend(block.block_stats);
    }
    let problems: Vec<Problem> = coverage
        .cut
        .iter()
        .map(|line| Problem {
            file: name.clone(),
            line: Some(*line),
            what: "record too long: only its beginning was read".to_owned(),
        })
        .collect();
    let trouble = coverage.error.map(|error| ended_early(&name, Some(found.books.lines), &error));
    found.books.bytes = coverage.bytes;
    found.books.nul_bytes = nul_bytes;
    let number = Some(done.stream);
    Part { name, number, found, problems, trouble, passed_over: PassedOver::default(), lines: coverage.lines, empty: false }
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
    streams: Vec<(Vec<DeferredRecord>, Vec<BlockStats>)>,
}

/// Puts the parts together: spans of a file become one stream, lines are counted on. Tells besides where each task
/// begins, and which sources met with trouble.
fn joined(
    tasks: &[Task<'_>],
    parts: Vec<Vec<Part>>,
    gathered: Gathered,
    redactor: Redactor,
) -> (Extracted, Vec<Begin>, BTreeSet<usize>) {
    let mut scan = Extracted::default();
    let mut troubled = BTreeSet::new();
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
            // What befalls a file that is read in spans is told once.
            let is_told = part.trouble.is_some() && !troubled.insert(task.order) && task.span.is_some();
            for mut problem in part.problems.into_iter().chain(part.trouble.filter(|_| !is_told)) {
                problem.line = problem.line.map(|line| line + before);
                scan.problems.push(problem);
            }
            scan.passed_over.add(part.passed_over);
            if part.empty {
                continue;
            }
            if !continues {
                scan.streams.push(StreamBooks { file: (&*redactor.redact(&part.name)).into(), books: Books::default() });
            }
            let stream = stream_id(scan.streams.len() - 1);
            if let Some(last) = scan.streams.last_mut() {
                last.books.add(&part.found.books);
            }
            streams.push((part.found.postponed, part.found.block_stats));
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
    (scan, begins, troubled)
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
    streams: Vec<(BlockFilter, Vec<DeferredRecord>)>,
}

/// What of a task the second pass must read, if anything. `events` are in order.
fn again<'s>(task: &Task<'s>, begin: Begin, hunt: &SecondPass<'_>, events: &[Event]) -> Option<Again<'s>> {
    let mut place = begin.place;
    let mut bounds = Vec::with_capacity(begin.streams.len());
    let mut streams = Vec::with_capacity(begin.streams.len());
    for (postponed, block_stats) in begin.streams {
        let from = events.partition_point(|event| event.place <= place);
        let to = events.partition_point(|event| event.place.stream <= place.stream);
        let reach = hunt.reach(block_stats, place, &events[from..to.max(from)]);
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
        if (narrow.start > span.start || narrow.end < span.end) && (task.span.is_some() || is_bare(task.source)) {
            again.place.line += first.lines_before;
            again.task.span = Some(narrow);
            again.task.bytes = narrow.end.min(task.source.size).saturating_sub(narrow.start);
        }
    }
    (!bounds.is_empty()).then_some(again)
}

/// Whether what was read of a source stands in its file byte for byte.
fn is_bare(source: &Source) -> bool {
    decode::look(source, |_| false).is_ok_and(|look| look.is_bare)
}

/// The second pass: finds the ids worth looking for, looks, and adds what it finds.
fn chase(
    tasks: &[Task<'_>],
    begins: Vec<Begin>,
    detector: &Detector,
    settings: &Settings,
    known: &[(Place, bool)],
    troubled: &mut BTreeSet<usize>,
    scan: &mut Extracted,
) {
    let files = scan.files();
    let hunt = SecondPass::after(&scan.events, &files, known);
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
            let mut looked_up = Vec::new();
            let mut trouble = None;
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
                    let (mut looked_up, line_feeds) = hunt.pursue(block, stream, reach, postponed, detector, context);
                    gathered.take(&mut looked_up.events);
                    (Some(looked_up), line_feeds)
                },
                &mut |name, outcome| match outcome {
                    Ok(done) => {
                        looked_up.extend(done.blocks.into_iter().flatten());
                        let error = done.passed.coverage.error;
                        trouble = trouble.take().or(error.map(|error| ended_early(&name, None, &error)));
                    }
                    Err(error) if error.is_of_the_file() => {
                        trouble.get_or_insert(Problem { file: name, line: None, what: error.to_string() });
                    }
                    Err(_) => {}
                },
            );
            (looked_up, trouble)
        },
    );
    scan.events = gathered.into_events();
    let mut seen: HashMap<Option<Name>, usize> = HashMap::default();
    let mut looked_up = Vec::new();
    for (again, (part, trouble)) in agains.iter().zip(parts) {
        looked_up.extend(part);
        // What the first pass met with is told.
        scan.problems.extend(trouble.filter(|_| troubled.insert(again.task.order)));
    }
    for part in looked_up {
        if let Some(stream) = scan.streams.get_mut(part.stream.0 as usize) {
            let read = part.read.told + part.read.unknown + part.read.unparsed;
            stream.books.postponed = stream.books.postponed.saturating_sub(read);
            stream.books.add(&part.read);
        }
        for observation in part.observations {
            let observations = seen.entry(observation.sub.or(observation.client)).or_default();
            *observations += 1;
            if *observations <= MAX_OBSERVATIONS {
                scan.observations.push(observation);
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
    #![expect(clippy::disallowed_methods, reason = "tests lay out their inputs")]

    use std::fmt::Write as _;
    use std::path::Path;

    use super::*;
    use crate::extract::signature::Catalog;

    const SETTINGS: Settings = Settings {
        zone: Tz::UTC,
        now: DateTime::UNIX_EPOCH,
        chase: true,
        rows: false,
        redactor: Redactor::BARE,
        is_own: |_| false,
        strict: false,
    };

    /// A log of some size, with a refusal at its beginning.
    fn log(size: usize) -> String {
        let mut text = String::from(
            "{\"time\":\"2026-03-02T09:00:00Z\",\"msg\":\"jwt expired\",\"request_id\":\"5d0c0000000000000000000000000017\"}\n",
        );
        while text.len() < size {
            let path = "/x".repeat(2000);
            let _ = writeln!(text, "{{\"time\":\"2026-03-02T09:00:01Z\",\"msg\":\"done\",\"status\":200,\"path\":\"{path}\"}}");
        }
        text
    }

    fn source(path: &Path) -> Source {
        Source::at(path, &std::fs::metadata(path).unwrap(), true)
    }

    fn told(problems: &[Problem]) -> Vec<&str> {
        problems.iter().map(|problem| problem.what.rsplit(": ").next().unwrap_or_default()).collect()
    }

    #[test]
    fn a_file_that_is_cut_replaced_or_deleted_before_it_is_read_is_named_once() {
        let detector = Detector::new(Catalog::builtin_bare().unwrap());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        let other = dir.path().join("other.log");
        let cut = |path: &Path| File::options().write(true).open(path).unwrap().set_len(5000).unwrap();
        for size in [1 << 20, usize::try_from(4 * SPAN).unwrap()] {
            let text = log(size);
            let after = |change: &dyn Fn()| {
                std::fs::write(&path, &text).unwrap();
                let source = source(&path);
                change();
                scan(&[source], &detector, &SETTINGS)
            };
            let found = after(&|| cut(&path));
            assert_eq!(told(&found.problems), ["the file was cut while it was read"], "{size}");
            assert!(found.events.len() == 1 && found.books().balance(), "what stands before is kept");
            let found = after(&|| {
                std::fs::write(&other, &text).unwrap();
                std::fs::rename(&other, &path).unwrap();
            });
            assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
            assert!(found.problems[0].what.starts_with("replaced while it was read"), "{:?}", found.problems);
            let found = after(&|| std::fs::remove_file(&path).unwrap());
            assert_eq!(told(&found.problems), ["deleted while it was read"], "{size}");
            let found = after(&|| std::fs::write(&path, log(size + (1 << 20))).unwrap());
            assert!(found.problems.is_empty(), "a log grows: {:?}", found.problems);
        }
    }

    #[test]
    fn a_file_that_is_cut_or_deleted_between_the_passes_is_named_once_and_what_was_found_stays() {
        let detector = Detector::new(Catalog::builtin_bare().unwrap());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        let cut = || File::options().write(true).open(&path).unwrap().set_len(300).unwrap();
        let delete = || std::fs::remove_file(&path).unwrap();
        for size in [1 << 20, usize::try_from(4 * SPAN).unwrap()] {
            for (change, what) in
                [(&cut as &dyn Fn(), "the file was cut while it was read"), (&delete, "deleted while it was read")]
            {
                std::fs::write(&path, log(size)).unwrap();
                let sources = [source(&path)];
                let tasks = tasks(&sources, &SETTINGS);
                let gathered = Gathered::default();
                let parts = each_task(&tasks, |task| task, |task| first_pass(task, &detector, &SETTINGS, &gathered));
                let (mut scan, begins, mut troubled) = joined(&tasks, parts, gathered, Redactor::BARE);
                let known: Vec<(Place, bool)> = scan.events.iter().map(|event| (event.place, event.sole_in_record)).collect();
                assert!(scan.problems.is_empty());
                change();
                chase(&tasks, begins, &detector, &SETTINGS, &known, &mut troubled, &mut scan);
                assert!(scan.chased > 0, "the second pass has something to look for");
                assert_eq!(told(&scan.problems), [what], "{size}");
                assert!(scan.events.iter().any(|event| event.place.line == 1));
            }
        }
    }

    #[test]
    fn a_large_log_with_holes_is_read_by_spans_in_both_passes() {
        use std::io::{Seek, SeekFrom, Write};
        let detector = Detector::new(Catalog::builtin_bare().unwrap());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        let mut file = File::create(&path).unwrap();
        let line = |second: u32, msg: &str| {
            format!(
                "{{\"time\":\"2026-03-02T09:00:{second:02}Z\",\"msg\":\"{msg}\",\"request_id\":\"5d0c0000000000000000000000000017\",\"path\":\"/x\",\"sub\":\"u1\"}}\n"
            )
        };
        // A hole of several spans, a span's worth of lines, and a hole up to the last line.
        file.seek(SeekFrom::Start(5 * SPAN + 17)).unwrap();
        file.write_all(line(1, "jwt expired").as_bytes()).unwrap();
        let filler = log(usize::try_from(SPAN).unwrap()).split_once('\n').unwrap().1.to_owned();
        file.write_all(filler.as_bytes()).unwrap();
        file.seek(SeekFrom::Current(i64::try_from(3 * SPAN).unwrap())).unwrap();
        file.write_all(line(2, "request refused").as_bytes()).unwrap();
        let source = source(&path);
        assert!(tasks(std::slice::from_ref(&source), &SETTINGS).len() > 5);
        let size = source.size;
        let found = scan(&[source], &detector, &SETTINGS);
        let lines: Vec<u64> = found.events.iter().map(|event| event.place.line).collect();
        let last = newlines(filler.as_bytes()) + 2;
        assert_eq!(lines, [1, last], "the second is found by the request's id");
        let books = found.books();
        assert!(books.balance() && found.problems.is_empty(), "{:?}", found.problems);
        let text = filler.len() + line(1, "jwt expired").len() + line(2, "request refused").len();
        assert_eq!((books.bytes, books.nul_bytes), (size, size - text as u64));
    }

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
