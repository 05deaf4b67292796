//! What is to be read, in parts that threads share; and how the streams of a part are read block by block.

use std::cell::Cell;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::extract::context::Context;
use crate::extract::vicinity::Sampling;
use crate::ingest::decode::{self, SourceError};
use crate::ingest::discover::Source;
use crate::ingest::frame::{Block, Span, Style, newlines};
use crate::ingest::hole::{self, Passed, each_block};
use crate::model::event::StreamId;
use crate::parallel;
use crate::pipeline::settings::Settings;
use crate::pipeline::stream_context::context;

/// How much of a plain file teaches its style before it is split.
const HEAD: u64 = 64 << 10;

/// A source, or a span of a large plain one.
#[derive(Clone, Copy)]
pub struct Task<'s> {
    /// The source.
    pub source: &'s Source,
    /// The source's index in the list.
    pub order: usize,
    /// Which part of it, unless all.
    pub span: Option<Span>,
    /// How much there is to read.
    pub bytes: u64,
    /// Whether it would take longer than its share of the workers' time.
    pub is_long: bool,
    /// How much of it is looked at to learn what stands beside refusals.
    pub sampling: Sampling,
}

/// What is to be read: a source each, a large plain one in parts.
pub fn tasks<'s>(sources: &'s [Source], settings: &Settings) -> Vec<Task<'s>> {
    let mut tasks = Vec::new();
    let total = sources.iter().map(|source| source.size).sum::<u64>();
    let (share, sampling) = (total / parallel::threads() as u64, Sampling::of(total));
    for (order, source) in sources.iter().enumerate() {
        let is_large = source.rereadable && source.size > 2 * settings.span;
        let style = is_large.then(|| bare_style(source, settings)).flatten();
        let Some(style) = style else {
            let is_long = source.size > share;
            tasks.push(Task { source, order, span: None, bytes: source.size, is_long, sampling });
            continue;
        };
        let mut start = 0;
        while start < source.size {
            // What is appended while we read belongs to the last span.
            let end = if start + 2 * settings.span > source.size { u64::MAX } else { start + settings.span };
            let span = Some(Span { start, end, style });
            tasks.push(Task { source, order, span, bytes: settings.span, is_long: false, sampling });
            start = end;
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
pub fn each_task<'s, I: Sync, T: Send>(items: &[I], task: impl Fn(&I) -> &Task<'s>, work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(task(&items[*index]).bytes));
    parallel::in_order_of(&order, |index| work(&items[index]))
}

/// What is to be made of the blocks of a stream, and how many line feeds each holds.
pub type Work<'w, T> = dyn Fn(Block<'_>, StreamId, &Context) -> (T, u64) + Sync + 'w;

/// A stream that was read: what was made of its blocks, in order.
pub struct Done<T> {
    /// Which stream.
    pub stream: StreamId,
    /// What was made of its blocks.
    pub blocks: Vec<T>,
    /// How far it was read.
    pub passed: Passed,
}

/// Reads one task's streams block by block. `number` gives each stream its id; `end` gets the outcome of each.
pub fn each_stream<T: Send>(
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
            let work = |block: Block<'_>| work(block, stream, &context.with(block.style.columns));
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
            let work = |block: Block<'_>| work(block, stream, &context.with(block.style.columns));
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
    // Blocks that no thread has taken yet are held in memory: more than a few would be too many.
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
                scope.spawn(move || {
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
