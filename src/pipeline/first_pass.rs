//! The first pass: every record is counted, and those that hold a literal of the catalog are read.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::extract::detector::Detector;
use crate::extract::extracted::Extracted;
use crate::extract::found::{BlockStats, DeferredRecord, Found};
use crate::extract::vicinity::Vicinity;
use crate::ingest::decode::SourceError;
use crate::ingest::discover::Source;
use crate::ingest::hole::Passed;
use crate::model::books::{Books, PassedOver, Problem, StreamBooks};
use crate::model::event::{Event, Place, StreamId};
use crate::parallel;
use crate::pipeline::settings::Settings;
use crate::pipeline::tasks::{Done, Task, each_stream};
use crate::redact::Redactor;

/// The events of all workers, in one list, so that they are not held by each part and then again.
#[derive(Default)]
pub struct Gathered {
    /// Until all lines are counted, the stream of an event of the first pass is the number of its part.
    events: Mutex<Vec<Event>>,
    unasked: Mutex<Vec<Event>>,
    parts: AtomicU32,
}

impl Gathered {
    /// Goes on from the events of the first pass.
    pub fn after(events: Vec<Event>) -> Self {
        Self { events: Mutex::new(events), ..Self::default() }
    }

    /// The number of a part.
    pub fn part(&self) -> StreamId {
        StreamId(self.parts.fetch_add(1, Ordering::Relaxed))
    }

    /// Takes the events of a block.
    pub fn take(&self, events: &mut Vec<Event>) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).append(events);
    }

    /// Takes the events of deferred records.
    fn take_unasked(&self, events: &mut Vec<Event>) {
        self.unasked.lock().unwrap_or_else(PoisonError::into_inner).append(events);
    }

    /// The events, and those of deferred records.
    pub fn into_events(self) -> (Vec<Event>, Vec<Event>) {
        let all = |events: Mutex<Vec<Event>>| events.into_inner().unwrap_or_else(PoisonError::into_inner);
        (all(self.events), all(self.unasked))
    }
}

/// What one task read, but the events: one part a stream.
pub struct Part {
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

/// Reads the streams of a task. Their events go to `gathered`, all else is given back: a part a stream.
pub fn first_pass(task: &Task<'_>, detector: &Detector, settings: &Settings, gathered: &Gathered) -> Vec<Part> {
    let mut parts = Vec::new();
    each_stream(
        task,
        settings,
        &mut || gathered.part(),
        &|block, stream, context| {
            let mut found = Found::default();
            let line_feeds = detector.detect(block, stream, context, &mut found);
            if context.is_read_twice {
                found.vicinity.note(block, &found.events, task.sampling);
            }
            gathered.take(&mut found.events);
            gathered.take_unasked(&mut found.unasked);
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

/// An input of which nothing was read: a problem, unless it is no log and nobody named it.
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
pub fn ended_early(name: &str, line: Option<u64>, error: &str) -> Problem {
    Problem { file: name.to_owned(), line, what: format!("damaged or cut short, what stands before is kept: {error}") }
}

fn finished(name: String, done: Done<Found>) -> Part {
    let Passed { coverage, nul_bytes } = done.passed;
    let mut found = Found::default();
    for block in done.blocks {
        found.books.add(&block.books);
        found.unknown.append(block.unknown, |place| place);
        found.deferred.extend(block.deferred);
        found.block_stats.extend(block.block_stats);
        found.vicinity.append(&block.vicinity);
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

/// Where a task's streams begin in the scan, and what the second pass needs to know of them.
pub struct Begin {
    /// The number of the task's first stream, and the lines of it before the task's own.
    pub place: Place,
    /// What is known of each of the task's streams.
    pub streams: Vec<Noted>,
}

/// What the second pass needs to know of a stream or of a span of one.
pub struct Noted {
    /// Its deferred records.
    pub deferred: Vec<DeferredRecord>,
    /// Its blocks.
    pub block_stats: Vec<BlockStats>,
    /// What stands beside its refusals, and what elsewhere.
    pub vicinity: Vicinity,
}

/// Puts the parts together: spans of a file become one stream, lines are counted on. Also gives where each task
/// begins, and which sources met with trouble.
pub fn joined(
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
            // Trouble with a file that is read in spans is reported once.
            let is_reported = part.trouble.is_some() && !troubled.insert(task.order) && task.span.is_some();
            for mut problem in part.problems.into_iter().chain(part.trouble.filter(|_| !is_reported)) {
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
            let Found { deferred, block_stats, vicinity, .. } = part.found;
            streams.push(Noted { deferred, block_stats, vicinity });
            scan.unknown.append(part.found.unknown, |place| Place { stream, line: place.line + before });
            if let Some(number) = part.number {
                moves[number.0 as usize] = Some((stream, before));
            }
            count.add(task, part.lines);
        }
        begins.push(Begin { place, streams });
    }
    (scan.events, scan.unasked) = gathered.into_events();
    for events in [&mut scan.events, &mut scan.unasked] {
        events.retain_mut(|event| {
            let Some((stream, before)) = moves[event.place.stream.0 as usize] else { return false };
            event.place = Place { stream, line: event.place.line + before };
            true
        });
        parallel::sort_by_plain_key(events, |event| event.place);
        events.shrink_to_fit();
    }
    (scan, begins, troubled)
}

fn stream_id(index: usize) -> StreamId {
    StreamId(u32::try_from(index).unwrap_or(u32::MAX))
}
