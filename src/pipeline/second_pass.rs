//! The second pass: reads the sources again for what the first pass has shown to be worth looking for.

use std::collections::BTreeSet;

use crate::extract::detector::Detector;
use crate::extract::extracted::Extracted;
use crate::extract::found::DeferredRecord;
use crate::extract::vicinity::Vicinity;
use crate::hash::HashMap;
use crate::ingest::decode;
use crate::ingest::discover::Source;
use crate::ingest::frame::{Block, Span};
use crate::lookup::beside::Beside;
use crate::lookup::block_filter::BlockFilter;
use crate::lookup::second_pass::SecondPass;
use crate::model::books::Problem;
use crate::model::event::{Event, Place, StreamId};
use crate::model::name::Name;
use crate::parallel;
use crate::pipeline::first_pass::{Begin, Gathered, Noted, ended_early};
use crate::pipeline::settings::Settings;
use crate::pipeline::tasks::{Task, each_stream, each_task};

/// How many requests of one subject or address are kept.
const MAX_OBSERVATIONS: usize = 500;

/// A task as the second pass takes it on.
struct Again<'s> {
    task: Task<'s>,
    /// The task's first stream, and how many lines of it stand before what is read.
    place: Place,
    /// For each of the task's streams the blocks that are searched, and the deferred records.
    streams: Vec<(BlockFilter, Vec<DeferredRecord>)>,
}

/// What of a task the second pass must read, if anything. `events` are in order.
fn again<'s>(task: &Task<'s>, begin: Begin, lookup: &SecondPass<'_>, events: &[Event]) -> Option<Again<'s>> {
    let mut place = begin.place;
    let mut bounds = Vec::with_capacity(begin.streams.len());
    let mut streams = Vec::with_capacity(begin.streams.len());
    for Noted { deferred, block_stats, .. } in begin.streams {
        let from = events.partition_point(|event| event.place <= place);
        let to = events.partition_point(|event| event.place.stream <= place.stream);
        let filter = lookup.filter(block_stats, place, &events[from..to.max(from)]);
        let offsets = deferred.iter().filter(|_| lookup.asks_deferred()).map(|record| record.at);
        bounds.extend(filter.bounds(offsets));
        streams.push((filter, deferred));
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

/// What stands beside the refusals of each stream, and what elsewhere.
fn vicinities(begins: &[Begin]) -> impl Iterator<Item = (StreamId, &Vicinity)> {
    begins.iter().flat_map(|begin| (begin.place.stream.0..).map(StreamId).zip(begin.streams.iter().map(|noted| &noted.vicinity)))
}

/// Whether the text of a source is its file byte for byte, neither compressed nor converted.
fn is_bare(source: &Source) -> bool {
    decode::look(source, |_| false).is_ok_and(|look| look.is_bare)
}

/// The second pass: finds the ids worth looking for, looks, and adds what it finds.
pub fn second_pass(
    tasks: &[Task<'_>],
    begins: Vec<Begin>,
    detector: &Detector,
    settings: &Settings,
    known: &[(Place, bool)],
    troubled: &mut BTreeSet<usize>,
    scan: &mut Extracted,
) {
    let files = scan.files();
    let lookup = SecondPass::after(&scan.events, &files, known, Beside::of(&scan.events, &files, vicinities(&begins)));
    scan.ids_looked_up = lookup.ids();
    if lookup.is_over() {
        return;
    }
    let rereadable = tasks.iter().zip(begins).filter(|(task, _)| task.source.rereadable);
    let agains: Vec<Again<'_>> = rereadable.filter_map(|(task, begin)| again(task, begin, &lookup, &scan.events)).collect();
    let gathered = Gathered::after(std::mem::take(&mut scan.events));
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
                    // A stream that the first pass did not see.
                    let Some((filter, deferred)) = again.streams.get((stream.0 - first.0) as usize) else { return (None, 0) };
                    let (mut looked_up, line_feeds) = lookup.look_into(block, stream, filter, deferred, detector, context);
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
    scan.events = gathered.into_events().0;
    let mut seen: HashMap<Option<Name>, usize> = HashMap::default();
    let mut looked_up = Vec::new();
    for (again, (part, trouble)) in agains.iter().zip(parts) {
        looked_up.extend(part);
        // Trouble that the first pass met too is reported once.
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
    parallel::sort_by_plain_key(&mut scan.events, |event| event.place);
    scan.drop_asked();
}
