//! A Block in, its Events out: prefilter, parse, match. The hot loop.
//!
//! Most records hold no literal of the catalog and are only counted. Those that do are read by the first layout
//! that claims them and held against the signatures whose literals they hold. What a refusal says of itself by its
//! status alone becomes a failure with the reason `other`.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::num::NonZeroU32;

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use memchr::memmem::Finder;

use crate::extract::fold;
use crate::extract::prefilter::{Candidate, Prefilter};
use crate::extract::signature::{self, Captured, Catalog, EVENT_FIELDS, Example, Signature};
use crate::extract::unknown::{self, Unknown};
use crate::extract::{nested, prose};
use crate::ingest::frame::{Block, Cursor, Style, wrapper};
use crate::layout::fields::{Role, Roles};
use crate::layout::{Entry, Stamp, timestamp, token};
use crate::literal::Literal;
use crate::model::books::Books;
use crate::model::event::{Event, EventKind, Place, Reason, Shown, SignatureId, StreamId, Text};
use crate::model::id::Id;
use crate::model::name::Name;
use crate::redact::{self, Redactor, jwt};

/// How much of a record's text an event keeps, in characters.
const MAX_MESSAGE: usize = 400;
/// How much of the text of what is only quoted is gone through, in bytes.
const SHORT: usize = 1 << 10;
/// How much of it evidence shows, in characters.
const MAX_QUOTE: usize = 160;
/// How much any other value of an event may hold, in characters.
const MAX_VALUE: usize = 256;
/// Of records that only tell of issued tokens one of so many is read in any case: enough to know keys, issuers and
/// services, and whether a source speaks.
const READ_OF_ROUTINE: usize = 16;
/// A longer record at the beginning of a block is not asked when it was written.
const MAX_OPENING: usize = 64 << 10;
/// One record tells of at most this many users (an SQL `IN` list).
const MAX_SUBJECTS: usize = 1000;

/// What is known of a stream before its records are read.
#[derive(Debug, Clone)]
pub struct Context {
    /// The zone of time stamps that name none.
    pub zone: Tz,
    /// No record is much younger than this: supplies missing years and days.
    pub latest: DateTime<Utc>,
    /// The service its path tells of.
    pub service: Option<String>,
    /// The host or instance its path tells of.
    pub host: Option<String>,
    /// Whether events become rows: else only those speak whose text a diagnosis may read.
    pub rows: bool,
    /// Whether it will be read a second time.
    pub chased: bool,
    /// What takes secrets out of texts that are kept.
    pub redactor: Redactor,
}

impl Context {
    /// That of a record without a stream.
    pub fn none() -> Self {
        Self {
            zone: Tz::UTC,
            latest: DateTime::UNIX_EPOCH,
            service: None,
            host: None,
            rows: true,
            chased: false,
            redactor: Redactor::BARE,
        }
    }

    /// A value that other events have as well, fit to be kept.
    fn name(&self, value: &str) -> Name {
        bounded(&self.redactor.redact(value))
    }

    /// A value that hardly another event has, fit to be kept.
    fn unique(&self, value: &str) -> Text {
        unique(&self.redactor.redact(value))
    }
}

/// What a run over some blocks found.
#[derive(Debug, Default)]
pub struct Found {
    /// The events, in the order they stand.
    pub events: Vec<Event>,
    /// Records that wait to be read, in the order they stand.
    pub postponed: Vec<DeferredRecord>,
    /// The blocks, if they will be read again.
    pub block_stats: Vec<BlockStats>,
    /// What became of the records.
    pub books: Books,
    /// What looked like trouble and matched nothing, if the detector keeps it.
    pub unknown: Unknown,
}

/// A record that is read only if it names what failures ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeferredRecord {
    /// Where its first byte stands in the stream, after decoding.
    pub at: u64,
    /// Its bytes.
    pub length: u32,
}

/// A block of the first pass, and what its first record tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockStats {
    /// Where its first byte stands in the stream, after decoding.
    pub at: u64,
    /// How many lines stand before it, in the stream or span.
    pub lines_before: u64,
    /// When its first record was written, if that names its zone.
    pub opens: Option<DateTime<Utc>>,
    /// Whether its first record bears the status of an answer.
    pub answers: bool,
    /// How its records begin.
    pub style: Style,
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

    /// Makes a catalog ready to tell what it misses as well: looks at every record that speaks of authentication.
    pub fn keeping_unknown(catalog: Catalog) -> Self {
        Self::tuned(catalog, true, &[])
    }

    /// The same, to be fast on logs that look like `sample`.
    pub fn tuned(catalog: Catalog, keeps_unknown: bool, sample: &[u8]) -> Self {
        let topics: &[&str] = if keeps_unknown { &unknown::TOPICS } else { &[] };
        let prefilter = Prefilter::new(&catalog, topics, sample);
        Self { catalog, prefilter, keeps_unknown }
    }

    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Finds the events of a block and tells how many line feeds it holds. `stream` and the block's line count become the
    /// events' places.
    pub fn detect(&self, block: Block<'_>, stream: StreamId, context: &Context, found: &mut Found) -> u64 {
        let (records, lines) = block.style.count(block.bytes);
        let (mut examined, mut routine) = (0, 0_usize);
        let postponed_before = found.postponed.len();
        let mut in_record = Vec::new();
        let mut cursor = Cursor::new(block);
        if context.chased {
            found.block_stats.push(stats(block, cursor.next_record(), context));
        }
        // Unless every event is a row.
        let may_wait = context.chased && !context.rows;
        while let Some(hit) = self.prefilter.next_hit(block.bytes, cursor.at) {
            let Some((record, line)) = cursor.record(hit.last) else { break };
            in_record.clear();
            // What stands before the hit was searched already.
            let from = hit.window.saturating_sub(cursor.at - record.len());
            let refuses = self.prefilter.candidates_from(record, from, &mut in_record);
            if may_wait && !refuses && self.is_routine(record, &in_record) {
                routine += 1;
                if let (Ok(length), false) = (u32::try_from(record.len()), routine % READ_OF_ROUTINE == 1) {
                    found.postponed.push(DeferredRecord { at: block.at + (cursor.at - record.len()) as u64, length });
                    continue;
                }
            }
            examined += 1;
            let before = found.events.len();
            self.examine(record, &in_record, Place { stream, line }, context, found);
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
        let postponed = (found.postponed.len() - postponed_before) as u64;
        books.postponed += postponed;
        books.skipped += records.saturating_sub(examined + postponed);
        // The last line may lack its end.
        lines - u64::from(block.bytes.last().is_some_and(|last| *last != b'\n'))
    }

    /// Whether a record can tell of issued tokens and of nothing else, and spells as written what it names.
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
        self.pursue(next, event.place, context, &mut following);
        let [access] = following.as_slice() else { return };
        let answered =
            access.method.is_some() && access.status.is_some_and(|status| status >= 400 && !matches!(status, 401 | 403));
        if access.kind == EventKind::Request && answered && access.time.is_some() {
            fold::complete(event, &mut access.clone());
        }
    }

    /// Reads one record and books what became of it. `in_record` are the signatures that it calls for.
    fn examine(&self, record: &[u8], in_record: &[Candidate], place: Place, context: &Context, found: &mut Found) {
        let text = as_text(record);
        let before = found.events.len();
        let format = self.read(&text, in_record, place, context, false, &mut found.events);
        let events = (found.events.len() - before) as u64;
        if events == 0 && self.keeps_unknown {
            read(&text, place, context, &mut |told| {
                found.unknown.note(told.entry, &told.text_to_show(), told.status(), told.place, context.redactor);
            });
        }
        found.books.count_read(format, events);
    }

    /// Reads one record of which the second pass knows that it matters: what is no event becomes an
    /// [`EventKind::Request`]. Gives the name of its layout.
    pub fn pursue(&self, record: &[u8], place: Place, context: &Context, events: &mut Vec<Event>) -> &'static str {
        self.read_alone(&as_text(record), place, context, true, events)
    }

    /// The same for a record of which the first pass knew that as it is written it tells nothing.
    pub fn pursue_silent(&self, record: &[u8], place: Place, context: &Context, events: &mut Vec<Event>) -> &'static str {
        self.read(&as_text(record), &[], place, context, true, events)
    }

    /// The events of a record on its own.
    pub fn told_by(&self, record: &str) -> Vec<Event> {
        let mut events = Vec::new();
        self.read_alone(record, Place { stream: StreamId(0), line: 1 }, &Context::none(), false, &mut events);
        events
    }

    /// What is read from a record on its own, whether or not it tells of anything.
    pub fn looked_up(&self, record: &str) -> Event {
        let mut events = Vec::new();
        let place = Place { stream: StreamId(0), line: 1 };
        self.pursue(record.as_bytes(), place, &Context::none(), &mut events);
        events.into_iter().next().unwrap_or_else(|| Event::bare(EventKind::Request, place))
    }

    fn read_alone(
        &self,
        record: &str,
        place: Place,
        context: &Context,
        looked_up: bool,
        events: &mut Vec<Event>,
    ) -> &'static str {
        let mut in_record = Vec::new();
        self.prefilter.candidates(record.as_bytes(), &mut in_record);
        self.read(record, &in_record, place, context, looked_up, events)
    }

    /// Pushes what `record` tells and gives the name of its layout. `in_record` are the signatures that the record as
    /// written calls for: JSON spells some texts otherwise than they read.
    fn read(
        &self,
        record: &str,
        in_record: &[Candidate],
        place: Place,
        context: &Context,
        looked_up: bool,
        events: &mut Vec<Event>,
    ) -> &'static str {
        read(record, place, context, &mut |told| self.tell(told, record, in_record, looked_up, events))
    }

    /// Pushes the event of one entry, if it is one. `in_record` are the signatures that the record as written calls for.
    fn tell(&self, told: &RecordView<'_>, record: &str, in_record: &[Candidate], looked_up: bool, events: &mut Vec<Event>) {
        let mut candidates = in_record.to_vec();
        if let Some(text) = told.unwritten(record) {
            self.prefilter.candidates(text.as_bytes(), &mut candidates);
        }
        if let Some((signature, candidate, captures)) = self.best(&candidates, told) {
            told.push_events(signature, candidate, captures, events);
            return;
        }
        let names_request = told.roles.get(Role::Method).is_some() || told.roles.get(Role::Path).is_some();
        if names_request && matches!(told.status(), Some(401 | 403)) {
            let mut event = told.event(EventKind::AuthFailure);
            event.reason = Some(Reason::Other);
            told.add_prose(&mut event);
            events.push(event);
        } else if looked_up {
            events.push(told.event(EventKind::Request));
        }
    }

    /// The signature that says most about an entry, and what it captured.
    fn best<'t>(&self, candidates: &[Candidate], told: &'t RecordView<'_>) -> Option<(&Signature, Candidate, Captured<'t>)> {
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
            let captures = told.matches(signature)?;
            Some((signature, *candidate, captures))
        })
    }
}

/// What the first record of a block tells of the block.
fn stats(block: Block<'_>, first: &[u8], context: &Context) -> BlockStats {
    let mut stats =
        BlockStats { at: block.at, lines_before: block.lines_before, opens: None, answers: false, style: block.style };
    if first.len() <= MAX_OPENING {
        let mut stamp = None;
        read(&as_text(first), Place { stream: StreamId(0), line: 1 }, context, &mut |told| {
            stamp.get_or_insert_with(|| told.stamp());
            stats.answers |= told.status().is_some();
        });
        stats.opens = stamp.and_then(|(time, zoneless)| time.filter(|_| !zoneless));
    }
    stats
}

/// Hands on the entries of a record, and gives the name of its layout.
fn read(record: &str, place: Place, context: &Context, tell: &mut dyn FnMut(&RecordView<'_>)) -> &'static str {
    let unwrapped = wrapper::unwrap(record);
    let mut format = "plain";
    let entries = nested::entries(&unwrapped.text);
    let alone = entries.len() == 1;
    let signs = Signs::of(&unwrapped.text, alone);
    for (entry, lines_before) in entries {
        format = entry.format;
        tell(&RecordView {
            entry: &entry,
            roles: entry.fields.roles(),
            text: OnceCell::new(),
            unwrapped: &unwrapped,
            signs,
            place: Place { line: place.line + lines_before, ..place },
            alone,
            context,
        });
    }
    format
}

/// What is looked for in a record once, however many entries it holds.
#[derive(Debug, Clone, Copy)]
struct Signs {
    escapes: Escapes,
    /// Whether it is one entry with the values of an SQL statement.
    binds: bool,
    holds_token: bool,
}

/// What backslashes stand before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Nothing,
    /// As some encoders write every path.
    Slashes,
    More,
}

impl Signs {
    fn of(record: &str, alone: bool) -> Self {
        let bytes = record.as_bytes();
        let is_slash = |at: usize| bytes.get(at + 1) == Some(&b'/');
        let mut escapes = memchr::memchr_iter(b'\\', bytes);
        let escapes = match escapes.next() {
            None => Escapes::Nothing,
            Some(first) if is_slash(first) && escapes.all(is_slash) => Escapes::Slashes,
            Some(_) => Escapes::More,
        };
        Self { escapes, binds: alone && BOUND.is_in(record), holds_token: token::stands_in(bytes) }
    }
}

/// An entry and all that stands around it.
struct RecordView<'t> {
    entry: &'t Entry<'t>,
    roles: Roles<'t>,
    /// What signatures are held against, once something is.
    text: OnceCell<Cow<'t, str>>,
    unwrapped: &'t wrapper::Unwrapped<'t>,
    signs: Signs,
    place: Place,
    alone: bool,
    context: &'t Context,
}

impl RecordView<'_> {
    fn text(&self) -> &str {
        self.text.get_or_init(|| search_text(self.entry, &self.unwrapped.text, self.signs.binds))
    }

    /// Whether the record is JSON that nothing was wrapped around.
    fn is_json_as_written(&self) -> bool {
        self.entry.format == "json" && matches!(self.unwrapped.text, Cow::Borrowed(_))
    }

    /// What of the text may hold literals that do not stand in the record: of JSON the values that it spells otherwise.
    fn unwritten(&self, record: &str) -> Option<Cow<'_, str>> {
        if !self.is_json_as_written() || self.signs.binds {
            let text = self.text();
            return (!record.trim_end_matches(['\n', '\r']).ends_with(text)).then_some(Cow::Borrowed(text));
        }
        if self.signs.escapes == Escapes::Nothing {
            return None;
        }
        let mut joined = String::new();
        for value in self.entry.fields.rewritten() {
            joined.push('\n');
            joined.push_str(value);
        }
        Some(Cow::Owned(joined))
    }

    /// What `signature` reads from the entry, or `None` where it does not apply.
    fn matches(&self, signature: &Signature) -> Option<Captured<'_>> {
        if lifecycle(signature.kind) && self.status().is_some_and(|status| status >= 400) {
            return None;
        }
        for (paths, pattern) in &signature.conditions {
            if !paths.split('|').filter_map(|path| self.at(path)).any(|value| pattern.stands_in(value) == Some(true)) {
                return None;
            }
        }
        let haystack = match &signature.field {
            Some(path) => self.lookup(path)?,
            None => self.text(),
        };
        let mut captured = Captured::new();
        if let Some(pattern) = &signature.pattern {
            captured = pattern.captures(haystack)?;
        } else if signature.conditions.is_empty() && !signature.literals.iter().any(|literal| haystack.contains(literal.as_str()))
        {
            return None;
        }
        // What speaks against it comes last: it is looked for in the whole text.
        for unless in signature.unless.iter().chain(signature.guards.iter().copied()) {
            if unless.stands_in(self.text())? {
                return None;
            }
        }
        if signature.generic && self.written_by().is_some_and(signature::is_tokenless) {
            return None;
        }
        for (field, path) in &signature.reads {
            let field = EVENT_FIELDS.iter().find(|known| *known == field)?;
            if !captured.iter().any(|(known, _)| known == field)
                && let Some(value) = self.read(path)
            {
                captured.push((field, value));
            }
        }
        Some(captured)
    }

    /// What a signature reads from a place, or puts together from several: `system:{namespace}:{name}`.
    fn read(&self, place: &str) -> Option<Cow<'_, str>> {
        if !place.contains('{') {
            return self.lookup(place).map(Cow::Borrowed);
        }
        let mut joined = String::new();
        let mut rest = place;
        while let Some((before, after)) = rest.split_once('{') {
            let (path, tail) = after.split_once('}')?;
            joined.push_str(before);
            joined.push_str(self.lookup(path)?);
            rest = tail;
        }
        joined.push_str(rest);
        Some(Cow::Owned(joined))
    }

    /// The program that wrote the record, as it or its wrapper says.
    fn written_by(&self) -> Option<&str> {
        self.roles.get(Role::Service).or(self.unwrapped.service.as_deref())
    }

    /// The value of the first of some paths, `a|b`, that the entry has.
    fn lookup(&self, paths: &str) -> Option<&str> {
        paths.split('|').find_map(|path| self.at(path))
    }

    /// The value at a path. `@method` is the event's method, whatever the layout calls it.
    fn at(&self, path: &str) -> Option<&str> {
        if let Some(name) = path.strip_prefix('@') {
            let (role, _) = PLAIN_ROLES.iter().find(|(_, field)| *field == name)?;
            return self.roles.get(*role);
        }
        self.entry.fields.get(path).or(match path {
            "message" | "msg" => Some(&*self.entry.message),
            "level" => self.entry.level.as_deref(),
            _ => None,
        })
    }

    fn status(&self) -> Option<u16> {
        self.roles.get(Role::Status).and_then(|status| status.parse().ok())
    }

    /// Pushes the events of a signature that applies: one, or one for each user of a list.
    fn push_events(&self, signature: &Signature, candidate: Candidate, captured: Captured<'_>, events: &mut Vec<Event>) {
        let mut event = self.event(signature.kind);
        event.reason = signature.reason;
        event.signature = Some(SignatureId::at(candidate.signature));
        if signature.kind.is_quoted() {
            self.quote_what_tells(signature, candidate, &mut event);
        }
        let mut subjects: Vec<Name> = Vec::new();
        for (field, value) in captured {
            // A distinguished name has commas as well.
            if field == "sub" && value.contains(',') && !value.contains('=') && lifecycle(signature.kind) {
                subjects = value.split(',').take(MAX_SUBJECTS).filter_map(|element| self.subject(element)).collect();
                continue;
            }
            set(&mut event, field, &value, self.context.redactor);
        }
        self.add_prose(&mut event);
        if subjects.is_empty() {
            events.push(event);
        } else {
            events.extend(subjects.into_iter().map(|sub| Event { sub: Some(sub), ..event.clone() }));
        }
    }

    /// Quotes what the signature is told by, where the beginning of the message does not hold it: an error beside it, a
    /// cause below it.
    fn quote_what_tells(&self, signature: &Signature, candidate: Candidate, event: &mut Event) {
        let said = event.quote.map_or("", Name::as_str);
        let of_weight = signature.literals.iter().filter(|literal| literal.len() == candidate.weight);
        let searches: Vec<Finder<'_>> = of_weight.map(Finder::new).collect();
        let found = |text: &str| searches.iter().any(|search| search.find(text.as_bytes()).is_some());
        if found(said) {
            return;
        }
        let part = match &signature.field {
            Some(path) => self.lookup(path),
            None => self.text().lines().find(|line| found(line)),
        };
        let Some(part) = part.map(str::trim).filter(|part| *part != said) else { return };
        let part = self.context.redactor.redact(part);
        let both = if said.is_empty() { part } else { Cow::Owned(format!("{}: {part}", cut(said, MAX_QUOTE / 2))) };
        event.quote = Some(Name::of(&cut(&both, MAX_QUOTE)));
    }

    /// What the entry says of itself, whatever it means.
    fn event(&self, kind: EventKind) -> Event {
        let mut event = Event::bare(kind, self.place);
        event.sole_in_record = self.alone;
        event.shown = self.context.rows.then(|| Box::new(Shown { format: self.entry.format, ..Shown::default() }));
        let (stamp, zoneless) = self.stamp();
        event.time = stamp;
        event.zoneless = zoneless;
        event.misdated = event.time.is_none() && (self.entry.stamp.is_some() || self.unwrapped.stamp.is_some());
        for (role, field) in PLAIN_ROLES {
            if let Some(value) = self.roles.get(role) {
                set(&mut event, field, value, self.context.redactor);
            }
        }
        event.response_bytes = self.roles.get(Role::ResponseBytes).and_then(|bytes| bytes.parse().ok());
        event.service = self.service();
        if event.host.is_none() {
            event.host = self.unwrapped.host.as_deref().or(self.context.host.as_deref()).map(|host| self.context.name(host));
        }
        let asks_all = self.context.rows || kind.needs_message();
        if asks_all || kind.is_quoted() {
            let shown = self.shown(&event, if asks_all { redact::MOST } else { SHORT });
            let message = cut(&shown, MAX_MESSAGE);
            if kind.needs_message() {
                event.analyse_message(&message);
            }
            // What a request's own fields say is put together where it is shown.
            let is_silent = self.entry.message.trim().is_empty();
            if kind.is_quoted() && !(is_silent && event.method.is_some() && event.path.is_some()) {
                event.quote = Some(Name::of(&quote(&message, is_silent)));
            }
            if let Some(to_show) = &mut event.shown {
                to_show.level = self.entry.level.as_deref().map(|level| self.context.name(level));
                to_show.message = message.into();
            }
        }
        let named = self.roles.get(Role::Milliseconds).and_then(|text| text.split('.').next()?.parse().ok());
        if let Some(duration) = named.or_else(|| self.roles.get(Role::Duration).and_then(milliseconds)) {
            event.duration_ms = NonZeroU32::new(u32::try_from(duration).unwrap_or(u32::MAX).max(1));
        }
        self.add_claims(&mut event);
        event
    }

    /// Adds what running text says of the request, where no field does.
    fn add_prose(&self, event: &mut Event) {
        if event.request_id.is_none() {
            let found = prose::request_id(self.text()).map(|found| id(&self.context.redactor.redact(found)));
            event.request_id = found.filter(|id| !id.is_placeholder());
        }
        if event.client_ip.is_none() {
            event.client_ip = prose::client(self.text()).map(bounded);
        }
    }

    /// Adds the claims of a token that stands in the record, where the record itself does not say.
    fn add_claims(&self, event: &mut Event) {
        // Claims are printed with quotes, which JSON escapes.
        if self.is_json_as_written() && self.signs.escapes != Escapes::More && !self.signs.holds_token {
            return;
        }
        let Some(claims) = token::claims_in(self.text()) else { return };
        let fill = |slot: &mut Option<Name>, value: Option<String>| {
            if slot.is_none() {
                *slot = value.map(|value| self.context.name(&value));
            }
        };
        fill(&mut event.sub, claims.sub);
        fill(&mut event.kid, claims.kid);
        fill(&mut event.claims_mut().iss, claims.iss);
        fill(&mut event.claims_mut().aud, claims.aud);
        if let Some(shown) = &mut event.shown {
            fill(&mut shown.alg, claims.alg);
            shown.jti = shown.jti.take().or(claims.jti.map(|jti| self.context.unique(&jti)));
        }
        event.claims_mut().iat = event.claim(|known| known.iat).or(claims.iat);
        event.claims_mut().exp = event.claim(|known| known.exp).or(claims.exp);
        if claims.azp.is_some() || claims.role.is_some() {
            let extra = event.extra_mut();
            fill(&mut extra.client_id, claims.azp);
            fill(&mut extra.role, claims.role);
        }
    }

    /// The record's time: its own where it names day and zone, else its wrapper's, else its own in the given zone.
    fn stamp(&self) -> (Option<DateTime<Utc>>, bool) {
        let whole = |stamp: &Stamp| stamp.offset.is_some() && stamp.has_year;
        let own = self.entry.stamp;
        let chosen = own.filter(whole).or(self.unwrapped.stamp.filter(whole)).or(own).or(self.unwrapped.stamp);
        let zone = |local: NaiveDateTime| timestamp::offset_at(&self.context.zone, local);
        let time =
            chosen.and_then(|stamp| stamp.resolve(zone, self.context.latest)).filter(|time| timestamp::is_plausible(*time));
        (time, chosen.is_some_and(|stamp| stamp.offset.is_none()))
    }

    fn service(&self) -> Option<Name> {
        let fields = &self.entry.fields;
        // `name` is the service only beside what else a logger puts there.
        let logger = || fields.exact("pid").is_some() || fields.exact("hostname").is_some();
        let named = self.roles.get(Role::Service).or_else(|| fields.exact("name").filter(|_| logger()));
        named.or(self.unwrapped.service.as_deref()).or(self.context.service.as_deref()).map(|service| {
            // An address may hold a password before its `@`.
            let service = self.context.redactor.redact(service);
            bounded(service.split('@').next().unwrap_or(&service))
        })
    }

    /// One element of a list of users.
    fn subject(&self, element: &str) -> Option<Name> {
        let element = element.trim().trim_matches(['\'', '"', '(', ')', ' ']);
        (!element.is_empty()).then(|| self.context.name(element))
    }

    /// The text to show, without secrets: `most` bytes of the message, else the request line of an access log, else the whole
    /// record.
    fn shown(&self, event: &Event, most: usize) -> Cow<'_, str> {
        let message = self.entry.message.trim();
        if !message.is_empty() {
            return self.context.redactor.redact(redact::beginning(message, most));
        }
        match (&event.method, &event.path, event.status) {
            (Some(method), Some(path), Some(status)) => Cow::Owned(format!("{method} {path} {status}")),
            _ => self.text_to_show(),
        }
    }

    /// The whole of the entry without secrets. Of JSON the values, each redacted by its name.
    fn text_to_show(&self) -> Cow<'_, str> {
        let redactor = self.context.redactor;
        if self.entry.format != "json" {
            return redactor.redact(self.text().trim());
        }
        let mut joined = redactor.redact(&self.entry.message).into_owned();
        for (name, value) in self.entry.fields.iter() {
            if joined.len() > redact::MOST {
                break;
            }
            if value != self.entry.message && value.bytes().any(|b| b.is_ascii_alphabetic()) {
                joined.push('\n');
                joined.push_str(&redactor.value(name, value));
            }
        }
        Cow::Owned(joined.trim_start().to_owned())
    }
}

/// Event fields that are filled by what a field is called, in any layout.
const PLAIN_ROLES: [(Role, &str); 21] = [
    (Role::Sub, "sub"),
    (Role::Kid, "kid"),
    (Role::Iss, "iss"),
    (Role::Aud, "aud"),
    (Role::Alg, "alg"),
    (Role::Jti, "jti"),
    (Role::Iat, "iat"),
    (Role::Exp, "exp"),
    (Role::ClientIp, "client_ip"),
    (Role::RequestId, "request_id"),
    (Role::TraceId, "trace_id"),
    (Role::Host, "host"),
    (Role::Method, "method"),
    (Role::Path, "path"),
    (Role::Status, "status"),
    (Role::Username, "username"),
    (Role::Tenant, "tenant"),
    (Role::OauthClient, "client_id"),
    (Role::SessionId, "session_id"),
    (Role::UserAgent, "user_agent"),
    (Role::EventId, "event_id"),
];

/// Whether an event of this kind says that something was done, which a refusal did not do.
fn lifecycle(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::UserCreated
            | EventKind::UserDeleted
            | EventKind::UserDisabled
            | EventKind::UserRestored
            | EventKind::KeyAdded
            | EventKind::KeyRotated
            | EventKind::KeyRetired
            | EventKind::TokenIssued
            | EventKind::TokenRevoked
            | EventKind::AuthSuccess
    )
}

/// Fields that only rows show.
const ONLY_SHOWN: [&str; 5] = ["level", "alg", "jti", "session_id", "change"];

/// Sets the field of an event that `name` (a word of [`EVENT_FIELDS`]) stands for. A secret is never kept, and what holds a
/// token names nobody.
fn set(event: &mut Event, name: &str, value: &str, redactor: Redactor) {
    let value = value.trim();
    if value.is_empty() || value == "-" || value == "null" || (event.shown.is_none() && ONLY_SHOWN.contains(&name)) {
        return;
    }
    let redacted = if name == "session_id" { redactor.value(name, value) } else { redactor.redact(value) };
    if matches!(redacted, Cow::Owned(_)) && jwt::tokens(value).next().is_some() {
        return;
    }
    let value = &*redacted;
    let text = || Some(bounded(value));
    match name {
        "sub" => event.sub = text(),
        "kid" => event.kid = text(),
        "iss" => event.claims_mut().iss = text(),
        "aud" => event.claims_mut().aud = Some(bounded(&audiences(value))),
        "iat" => event.claims_mut().iat = seconds(value).or(event.claim(|claims| claims.iat)),
        "exp" => event.claims_mut().exp = seconds(value).or(event.claim(|claims| claims.exp)),
        "client_ip" => event.client_ip = Some(bounded(client_address(value))),
        "request_id" => event.request_id = Some(id(value)).filter(|id| !id.is_placeholder()),
        "trace_id" => event.trace_id = Some(trace_id(value)).filter(|id| !id.is_placeholder()),
        "service" => event.service = text(),
        "host" => event.host = text(),
        "method" => event.method = text(),
        "path" => event.path = Some(bounded(path(value))),
        "status" => event.status = value.parse().ok(),
        "username" => event.extra_mut().username = text(),
        "tenant" => event.extra_mut().tenant = text(),
        "client_id" => event.extra_mut().client_id = text(),
        "event_id" => event.extra_mut().event_id = Some(unique(value)),
        "previous_kid" => event.extra_mut().previous_kid = text(),
        "user_agent" => event.user_agent = text(),
        _ => {
            if let Some(shown) = &mut event.shown {
                match name {
                    "level" => shown.level = text(),
                    "alg" => shown.alg = text(),
                    "jti" => shown.jti = Some(unique(value)),
                    "session_id" => shown.session_id = Some(unique(value)),
                    "change" => shown.change = Some(unique(value)),
                    _ => {}
                }
            }
        }
    }
}

/// How long a request took, where no unit is named: Envoy writes milliseconds, nginx seconds with a point, Go programs
/// nanoseconds, of which every request takes ten thousand.
fn milliseconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic() || c == 'µ').unwrap_or(text.len()));
    let number: f64 = number.trim().parse().ok()?;
    let milliseconds = match unit {
        "s" => number * 1000.0,
        "us" | "µs" => number / 1000.0,
        "ns" => number / 1_000_000.0,
        "" if number.fract() != 0.0 && number < 100.0 => number * 1000.0,
        "" if number >= 10_000.0 => number / 1_000_000.0,
        _ => number,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds, clamped at zero")]
    let whole = milliseconds.max(0.0) as u64;
    Some(whole)
}

/// An audience, or the elements of a printed list of them, joined by commas.
fn audiences(value: &str) -> Cow<'_, str> {
    let bare = |part: &str| part.trim().trim_matches(['"', '\'', '\\']).to_owned();
    match value.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
        Some(list) => Cow::Owned(list.split(',').map(bare).collect::<Vec<_>>().join(",")),
        None => Cow::Borrowed(value.trim_matches(['"', '\\'])),
    }
}

/// A claim's time: seconds since the epoch, or a date as libraries print it.
fn seconds(value: &str) -> Option<i64> {
    let written = || timestamp::whole(value)?.resolve(|_| 0, DateTime::UNIX_EPOCH).map(|time| time.timestamp());
    value.parse().ok().or_else(written)
}

/// The first address of a forwarding chain, without port and brackets.
fn client_address(value: &str) -> &str {
    let first = value.split(',').next().unwrap_or(value).trim();
    let first = first.strip_prefix("for=").unwrap_or(first).trim_matches('"');
    if let Some(inner) = first.strip_prefix('[') {
        return inner.split(']').next().unwrap_or(inner);
    }
    match first.split_once(':') {
        Some((address, port)) if !port.contains(':') && address.contains('.') => address,
        _ => first,
    }
}

/// The trace id of a W3C `traceparent`, an X-Ray header or a B3 value; other ids as they are.
fn trace_id(value: &str) -> Id {
    let mut parts = value.split('-');
    if let (Some("00"), Some(id)) = (parts.next(), parts.next())
        && id.len() == 32
    {
        return Id::of(&id.to_ascii_lowercase());
    }
    if let Some(root) = value.split(';').find_map(|part| part.trim().strip_prefix("Root=")) {
        return id(root);
    }
    id(value)
}

/// The path of a request target, without query and origin.
fn path(value: &str) -> &str {
    let target =
        value.split_once("://").map_or(value, |(_, rest)| rest.find('/').map_or("/", |slash| rest.get(slash..).unwrap_or("/")));
    let target = target.split(['?', '#', ' ']).next().unwrap_or(target);
    if target.is_empty() { "/" } else { target }
}

/// A value that other events have as well.
fn bounded(value: &str) -> Name {
    Name::of(&cut(value, MAX_VALUE))
}

/// A value that hardly another event has.
fn unique(value: &str) -> Text {
    cut(value, MAX_VALUE).into()
}

fn id(value: &str) -> Id {
    Id::of(&cut(value, MAX_VALUE))
}

/// What evidence shows of a text: of a message its first line, as a trace may stand below; of values one a line all.
fn quote(text: &str, is_values: bool) -> Cow<'_, str> {
    if is_values {
        return Cow::Owned(cut(&text.replace('\n', "; "), MAX_QUOTE).into_owned());
    }
    cut(text.lines().next().unwrap_or(text), MAX_QUOTE)
}

/// The first `limit` characters of a text, with a mark where there are more.
fn cut(value: &str, limit: usize) -> Cow<'_, str> {
    if value.len() <= limit {
        return Cow::Borrowed(value);
    }
    match value.char_indices().nth(limit) {
        Some((end, _)) => Cow::Owned(format!("{}…", value.get(..end).unwrap_or(value))),
        None => Cow::Borrowed(value),
    }
}

/// A record as text. Whether it is all UTF-8, as nearly always, is told faster than what is not is replaced.
fn as_text(record: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(record).map_or_else(|_| String::from_utf8_lossy(record), Cow::Borrowed)
}

/// What signatures are held against: the text as written, or the values of a JSON record, one a line.
///
/// SQL with bind parameters is written twice in `PostgreSQL`'s log, without the values and with nothing but them: a
/// line that joins the two is put in front.
fn search_text<'t>(entry: &'t Entry<'_>, text: &'t str, binds: bool) -> Cow<'t, str> {
    if let Some(bound) = binds.then(|| bound_statement(text)).flatten() {
        return Cow::Owned(format!("{bound}\n{text}"));
    }
    // What carries records as JSON may carry several: only an entry's own values are its text.
    let carried = text.trim_start_matches(['[', ' ', '\n', '\r', '\t']).starts_with('{');
    if entry.format != "json" && !carried {
        return Cow::Borrowed(text);
    }
    let mut joined = String::with_capacity(text.len());
    joined.push_str(&entry.message);
    for (_, value) in entry.fields.iter() {
        if value != entry.message && value.bytes().any(|b| b.is_ascii_alphabetic()) {
            joined.push('\n');
            joined.push_str(value);
        }
    }
    Cow::Owned(joined)
}

/// What `PostgreSQL` writes before the values of a statement.
static BOUND: Literal = Literal::new("arameters: $1 = ");

/// The first line of `text` with `$1`, `$2` replaced by the values of its `parameters:` line.
fn bound_statement(text: &str) -> Option<String> {
    let (_, parameters) = BOUND.split_once(text)?;
    let statement = text.lines().next()?;
    let mut values = Vec::new();
    let mut rest = parameters.lines().next()?;
    loop {
        let number = format!(", ${} = ", values.len() + 2);
        if let Some((value, after)) = rest.split_once(number.as_str()) {
            values.push(value);
            rest = after;
        } else {
            values.push(rest);
            break;
        }
    }
    let mut bound = String::with_capacity(statement.len() + parameters.len());
    let mut rest = statement;
    while let Some((before, after)) = rest.split_once('$') {
        bound.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = after.split_at_checked(digits)?;
        if let Some(value) = number.parse::<usize>().ok().and_then(|number| values.get(number.checked_sub(1)?)) {
            bound.push_str(value);
        } else {
            bound.push('$');
            bound.push_str(number);
        }
        rest = tail;
    }
    bound.push_str(rest);
    Some(bound)
}

/// Runs the examples of every signature from the one at `from` on through the whole way, and says what does not hold.
///
/// Each example becomes an event of its signature, or of a more specific one that means the same, with the values it
/// promises; no counterexample becomes an event of that signature.
pub fn check(detector: &Detector, from: usize) -> Vec<String> {
    let signatures = &detector.catalog.signatures;
    let mut breaches = Vec::new();
    for signature in signatures.iter().skip(from) {
        for (number, example) in (1..).zip(&signature.examples) {
            if let Some(breach) = check_example(detector, signature, example) {
                breaches.push(format!("`{}`: example {number}: {breach}", signature.id));
            }
        }
        for (number, counter) in (1..).zip(&signature.counterexamples) {
            let own = |event: &Event| event.signature.is_some_and(|id| signatures[id.place() as usize].id == signature.id);
            if detector.told_by(&counter.record).iter().any(own) {
                breaches.push(format!("`{}`: counterexample {number} matches, but {}", signature.id, counter.because));
            }
        }
    }
    breaches
}

fn check_example(detector: &Detector, signature: &Signature, example: &Example) -> Option<String> {
    let events = detector.told_by(&example.record);
    let means = |event: &&Event| event.kind == signature.kind && event.reason == signature.reason;
    let alike: Vec<&Event> = events.iter().filter(means).collect();
    if alike.is_empty() {
        let others: Vec<&str> = events
            .iter()
            .map(|event| event.signature.map_or("a bare refusal", |id| &detector.catalog.signatures[id.place() as usize].id))
            .collect();
        return Some(if others.is_empty() { "no event".to_owned() } else { format!("taken by {}", others.join(", ")) });
    }
    example.reads.iter().find_map(|(field, wanted)| {
        // Times and addresses are normalised: so is what is promised.
        let mut promised = alike[0].clone();
        set(&mut promised, field, wanted, Redactor::BARE);
        let wanted = value_of(&promised, field);
        let kept = alike.iter().any(|event| value_of(event, field) == wanted);
        (!kept).then(|| format!("{field} is {:?}, not {wanted:?}", value_of(alike[0], field)))
    })
}

fn value_of(event: &Event, field: &str) -> Option<String> {
    let (extra, shown) = (event.extra.as_deref(), event.shown.as_deref());
    let text = |value: &Option<Name>| value.as_deref().map(str::to_owned);
    let own = |value: &Option<Text>| value.as_deref().map(str::to_owned);
    match field {
        "sub" => text(&event.sub),
        "kid" => text(&event.kid),
        "iss" => event.claim(|claims| claims.iss.as_deref().map(str::to_owned)),
        "aud" => event.claim(|claims| claims.aud.as_deref().map(str::to_owned)),
        "alg" => text(&shown?.alg),
        "jti" => own(&shown?.jti),
        "iat" => event.claim(|claims| claims.iat).map(|n| n.to_string()),
        "exp" => event.claim(|claims| claims.exp).map(|n| n.to_string()),
        "client_ip" => text(&event.client_ip),
        "request_id" => event.request_id.map(|id| id.to_string()),
        "trace_id" => event.trace_id.map(|id| id.to_string()),
        "service" => text(&event.service),
        "host" => text(&event.host),
        "method" => text(&event.method),
        "path" => text(&event.path),
        "status" => event.status.map(|n| n.to_string()),
        "level" => text(&shown?.level),
        "username" => text(&extra?.username),
        "tenant" => text(&extra?.tenant),
        "client_id" => text(&extra?.client_id),
        "session_id" => own(&shown?.session_id),
        "event_id" => own(&extra?.event_id),
        "previous_kid" => text(&extra?.previous_kid),
        "change" => own(&shown?.change),
        _ => None,
    }
}
