//! A Block in, its Events out: prefilter, parse, match. The hot loop.
//!
//! Most records hold no literal of the catalog and are only counted. Those that do are read by the first layout
//! that claims them and matched against the signatures whose literals they hold. An access line with 401 or 403 that no
//! signature matches becomes a failure with the reason `other`.

use crate::extract::context::Context;
use crate::extract::fold;
use crate::extract::found::{BlockStats, DeferredRecord, Found};
use crate::extract::phrase::Phrase;
use crate::extract::prefilter::{Candidate, Prefilter};
use crate::extract::record_view::{RecordView, each_entry};
use crate::extract::search_text::as_text;
use crate::extract::signature::{Captured, Catalog, Signature};
use crate::extract::unlisted::{self, Said};
use crate::extract::{topics, unknown};
use crate::ingest::frame::{Block, Cursor};
use crate::layout::token;
use crate::model::event::{Event, EventKind, Place, Reason, StreamId};

/// How much of a record is asked whether its words may tell something, in bytes: below a message stands its trace.
const ASKED: usize = 384;
/// Of records that only report issued tokens one of so many is read in any case: enough to know keys, issuers and
/// services, and how often a source writes.
const READ_OF_ROUTINE: usize = 16;
/// A longer record at the beginning of a block is not read to learn when the block was written.
const MAX_OPENING: usize = 64 << 10;

/// The place of a record that is of no stream.
const ALONE: Place = Place { stream: StreamId(0), line: 1 };

/// What to extract from a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Its events.
    Events,
    /// Its events, for the second pass, which looked for it: what is no event becomes an [`EventKind::Request`].
    LookedUp,
    /// The same, for a record in which the first pass found no literal of a signature.
    LookedUpSilent,
    /// The same, for a record that stands beside a refused request: what it says is kept even if nobody knows what it means.
    Beside,
}

/// The catalog, made ready to be searched for.
#[derive(Debug)]
pub struct Detector {
    catalog: Catalog,
    prefilter: Prefilter,
    keeps_unknown: bool,
}

impl Detector {
    /// Makes a catalog ready.
    pub fn new(catalog: Catalog) -> Self {
        Self::tuned(catalog, false, &[])
    }

    /// Makes a catalog ready to find what it misses as well: looks at every record with a word of authentication.
    pub fn keeping_unknown(catalog: Catalog) -> Self {
        Self::tuned(catalog, true, &[])
    }

    /// The same, to be fast on logs that look like `sample`.
    pub fn tuned(catalog: Catalog, keeps_unknown: bool, sample: &[u8]) -> Self {
        let unknown: &[&str] = if keeps_unknown { &unknown::TOPICS } else { &[] };
        let prefilter = Prefilter::new(&catalog, &[&topics::TOPICS, unknown].concat(), sample);
        Self { catalog, prefilter, keeps_unknown }
    }

    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Finds the events of a block and counts its line feeds. `stream` and the block's line count become the
    /// events' places.
    pub fn detect(&self, block: Block<'_>, stream: StreamId, context: &Context, found: &mut Found) -> u64 {
        let (records, lines) = block.style.count(block.bytes);
        let (mut examined, mut routine) = (0, 0_usize);
        let deferred_before = found.deferred.len();
        let mut in_record = Vec::new();
        let mut cursor = Cursor::new(block);
        if context.is_read_twice {
            found.block_stats.push(stats(block, cursor.next_record(), context));
        }
        while let Some(hit) = self.prefilter.next_hit(block.bytes, cursor.at) {
            let Some((record, line)) = cursor.record(hit.last) else { break };
            in_record.clear();
            // What stands before the hit was searched already.
            let from = hit.window.saturating_sub(cursor.at - record.len());
            let refuses = self.prefilter.candidates_from(record, from, &mut in_record);
            let place = Place { stream, line };
            if context.is_read_twice && !refuses && self.is_routine(record, &in_record) {
                routine += 1;
                if let (Ok(length), false) = (u32::try_from(record.len()), routine % READ_OF_ROUTINE == 1) {
                    found.deferred.push(DeferredRecord { at: block.at + (cursor.at - record.len()) as u64, length });
                    if context.rows {
                        self.read(&as_text(record), &in_record, place, context, Mode::Events, &mut found.unasked);
                    }
                    continue;
                }
            }
            // What holds a topic alone is read only if its words may tell something.
            if !refuses && in_record.is_empty() && !self.keeps_unknown && !Phrase::of(as_text(beginning(record))).speaks() {
                continue;
            }
            examined += 1;
            let before = found.events.len();
            self.examine(record, &in_record, place, context, found);
            if let [.., event] = &mut found.events[before..]
                && event.time.is_none()
                && event.kind == EventKind::AuthFailure
            {
                self.complete(event, cursor.next_record(), context);
            }
        }
        let books = &mut found.books;
        books.bytes += block.bytes.len() as u64;
        books.lines += lines;
        books.records += records;
        let deferred = (found.deferred.len() - deferred_before) as u64;
        books.postponed += deferred;
        books.skipped += records.saturating_sub(examined + deferred);
        // The last line may lack its end.
        lines - u64::from(block.bytes.last().is_some_and(|last| *last != b'\n'))
    }

    /// Whether a record can report issued tokens and nothing else, and names users, clients and keys without escapes.
    fn is_routine(&self, record: &[u8], in_record: &[Candidate]) -> bool {
        let issues = |candidate: &Candidate| self.catalog.signatures[candidate.signature as usize].kind == EventKind::TokenIssued;
        !self.keeps_unknown
            && !in_record.is_empty()
            && in_record.iter().all(issues)
            && memchr::memchr(b'\\', record).is_none()
            && !token::stands_in(record)
    }

    /// Adds to a failure without a time what the access line that follows it says: consoles print the exception above it.
    /// Refusals by 401 and 403 are events of their own.
    fn complete(&self, event: &mut Event, next: &[u8], context: &Context) {
        let mut following = Vec::new();
        self.extract(next, Mode::LookedUp, event.place, context, &mut following);
        let [access] = following.as_slice() else { return };
        let answered =
            access.method.is_some() && access.status.is_some_and(|status| status >= 400 && !matches!(status, 401 | 403));
        if access.kind == EventKind::Request && answered && access.time.is_some() {
            fold::complete(event, access);
        }
    }

    /// Reads one record and books what became of it. `in_record` are the signatures that it calls for.
    fn examine(&self, record: &[u8], in_record: &[Candidate], place: Place, context: &Context, found: &mut Found) {
        let text = as_text(record);
        let before = found.events.len();
        let format = self.read(&text, in_record, place, context, Mode::Events, &mut found.events);
        let events = found.events[before..].iter().filter(|event| !event.is_doubtful()).count() as u64;
        if events == 0 && self.keeps_unknown {
            each_entry(&text, place, context, &mut |view| {
                found.unknown.note(view.entry(), &view.text_to_show(), view.status(), view.place(), context.redactor);
            });
        }
        found.books.count_read(format, events);
    }

    /// Pushes the events of a record, and gives the name of its layout.
    pub fn extract(&self, record: &[u8], mode: Mode, place: Place, context: &Context, events: &mut Vec<Event>) -> &'static str {
        let mut in_record = Vec::new();
        if !matches!(mode, Mode::LookedUpSilent | Mode::Beside) {
            self.prefilter.candidates(record, &mut in_record);
        }
        self.read(&as_text(record), &in_record, place, context, mode, events)
    }

    /// The events of a record on its own.
    pub fn events_of(&self, record: &str) -> Vec<Event> {
        let mut events = Vec::new();
        self.extract(record.as_bytes(), Mode::Events, ALONE, &Context::none(), &mut events);
        events
    }

    /// What is read from a record on its own, whether or not any signature matches.
    pub fn reading_of(&self, record: &str) -> Event {
        let mut events = Vec::new();
        self.extract(record.as_bytes(), Mode::LookedUp, ALONE, &Context::none(), &mut events);
        events.into_iter().next().unwrap_or_else(|| Event::bare(EventKind::Request, ALONE))
    }

    /// Pushes the events of `record` and gives the name of its layout. `in_record` are the signatures that the record as
    /// written calls for: JSON spells some texts otherwise than they read.
    fn read(
        &self,
        record: &str,
        in_record: &[Candidate],
        place: Place,
        context: &Context,
        mode: Mode,
        events: &mut Vec<Event>,
    ) -> &'static str {
        each_entry(record, place, context, &mut |view| self.read_entry(view, record, in_record, mode, events))
    }

    /// Pushes the event of one entry, if it is one. `in_record` are the signatures that the record as written calls for.
    fn read_entry(&self, view: &RecordView<'_>, record: &str, in_record: &[Candidate], mode: Mode, events: &mut Vec<Event>) {
        let mut candidates = in_record.to_vec();
        let said = Said::of(view);
        if let Some(text) = view.unwritten(record) {
            self.prefilter.candidates(text.as_bytes(), &mut candidates);
        }
        if let Some((signature, candidate, captures)) = self.best(&candidates, view) {
            let before = events.len();
            view.push_events(signature, candidate, captures, events);
            if let [.., event] = &mut events[before..] {
                unlisted::explain(view, event, Some(signature));
                unlisted::complete(view, event);
            }
        } else if view.names_request() && matches!(view.status(), Some(401 | 403)) {
            let mut event = view.event(EventKind::AuthFailure);
            event.reason = Some(Reason::Other);
            view.add_prose(&mut event);
            unlisted::explain(view, &mut event, None);
            unlisted::complete(view, &mut event);
            events.push(event);
        } else if let Some(mut event) = unlisted::event(&said, mode != Mode::Events) {
            unlisted::complete(view, &mut event);
            if let Some(doubtful) = unlisted::done_to_nobody(&said, &event) {
                // Of a record that was looked for it is known that it is of a refused request.
                let kind = if mode == Mode::Events { doubtful.kind } else { EventKind::AuthFailure };
                event = Event { kind, ..doubtful };
            }
            events.push(if mode == Mode::Beside { of_refused(event) } else { event });
        } else if mode == Mode::Events {
            events.extend(unlisted::doubtful(&said));
        } else if mode == Mode::Beside {
            events.push(words_beside(view));
        } else {
            events.push(view.event(EventKind::Request));
        }
    }

    /// The signature that says most about an entry, and what it captured.
    fn best<'t>(&self, candidates: &[Candidate], view: &'t RecordView<'_>) -> Option<(&Signature, Candidate, Captured<'t>)> {
        let mut ranked: Vec<(&Candidate, &Signature)> =
            candidates.iter().map(|candidate| (candidate, &self.catalog.signatures[candidate.signature as usize])).collect();
        ranked.sort_by_key(|(candidate, signature)| {
            std::cmp::Reverse((
                !signature.generic,
                signature.kind == EventKind::Unrelated,
                !matches!(signature.kind, EventKind::UserStoreError | EventKind::ServiceError | EventKind::ConfigChanged),
                candidate.weight,
                std::cmp::Reverse(candidate.signature),
            ))
        });
        ranked.into_iter().find_map(|(candidate, signature)| {
            let captures = view.matches(signature)?;
            Some((signature, *candidate, captures))
        })
    }
}

/// What failed beside a refused request is why it was refused.
fn of_refused(event: Event) -> Event {
    let reason = match event.kind {
        EventKind::UserStoreError => Reason::UserStoreUnavailable,
        EventKind::ServiceError => Reason::JwksUnavailable,
        _ => return event,
    };
    Event { kind: EventKind::AuthFailure, reason: Some(reason), ..event }
}

/// What a record says beside a refused request, quoted.
fn words_beside(view: &RecordView<'_>) -> Event {
    let mut event = view.event(EventKind::AuthFailure);
    view.add_prose(&mut event);
    unlisted::complete(view, &mut event);
    Event { kind: EventKind::Request, message_hash: 0, reuse: false, ..event }
}

/// The beginning of a record.
fn beginning(record: &[u8]) -> &[u8] {
    record.get(..ASKED).unwrap_or(record)
}

/// What the first record of a block says of the block.
fn stats(block: Block<'_>, first: &[u8], context: &Context) -> BlockStats {
    let mut stats =
        BlockStats { at: block.at, lines_before: block.lines_before, opens: None, answers: false, style: block.style };
    if first.len() <= MAX_OPENING {
        let mut stamp = None;
        each_entry(&as_text(first), Place { stream: StreamId(0), line: 1 }, context, &mut |view| {
            stamp.get_or_insert_with(|| view.stamp());
            stats.answers |= view.status().is_some();
        });
        stats.opens = stamp.and_then(|(time, zoneless)| time.filter(|_| !zoneless));
    }
    stats
}
