//! What the second pass looks for, and what it makes of what it finds.
//!
//! A [`SecondPass`] is made of the events of the first pass: the ids and statuses that could explain their failures,
//! prepared to be searched for in blocks.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::extract::context::Context;
use crate::extract::detector::{Detector, Mode};
use crate::extract::found::BlockStats;
use crate::extract::found::DeferredRecord;
use crate::group::client_address::is_local;
use crate::group::outage::{self, outage};
use crate::group::path_end::PathEnd;
use crate::hash::{HashMap, HashSet};
use crate::ingest::frame::{Block, Cursor};
use crate::lookup::beside::Beside;
use crate::lookup::block_filter::{BlockFilter, Clocks, TimeFilter, is_near};
use crate::lookup::id_search::{self, IdSearch};
use crate::lookup::status_search::StatusSearch;
use crate::model::books::Books;
use crate::model::event::{Event, EventKind, Place, Reason, StreamId, Text};
use crate::model::id::Id;
use crate::model::name::Name;
use crate::model::observation::RequestObservation;
use crate::normalise::ids;
use crate::parallel;

/// How many requests of a stream the second pass looks for to compare its clock with others, if that is not known already.
const CLOCK_SAMPLES: usize = 20;
/// How many addresses the second pass looks for at most.
const MAX_CLIENTS: usize = 2000;
/// If so many users are not found, the requests of users that were created later are looked for.
const MANY_MISSING: usize = 20;
/// How many of those created later the second pass looks for at most.
const MAX_NEWCOMERS: usize = 20;

/// What the second pass looks for.
#[derive(Debug, Default)]
struct LookupTargets {
    /// Request and trace ids of failures.
    requests: HashSet<Id>,
    /// Subjects whose other requests show whether they still exist, and newcomers whose requests show whether others get
    /// through.
    subjects: HashSet<Name>,
    /// Addresses of refusals for a missing user that name none: their other requests show whether they ever had one.
    clients: HashSet<Name>,
    /// Statuses that failures without an id were answered with: the access lines with them name client and path.
    statuses: BTreeSet<u16>,
    /// When failures without an id happened, by the last segment of their path.
    loose: HashMap<PathEnd, Vec<DateTime<Utc>>>,
    /// When a verifier told of an outage and named no request.
    outages: Vec<DateTime<Utc>>,
    /// When a request was refused for another reason by a line that does not name it.
    reasons: Vec<DateTime<Utc>>,
    /// Whether a failure without an id has a time without a zone, which may be off by hours.
    zoneless: bool,
    /// When all this can have been written.
    time_filter: TimeFilter,
}

/// The addresses of refusals for a missing user that name none: of the line itself, or of an access line that fits it.
///
/// `is_named` says whether another line of a request names the user.
fn nameless_clients(events: &[Event], is_named: impl Fn(Id) -> bool) -> HashSet<Name> {
    let nameless = |event: &Event| event.sub.is_none() && !event.request_id.is_some_and(&is_named);
    let refused = |reason: Reason| failures(events).filter(move |event| event.reason == Some(reason) && nameless(event));
    let mut times: HashMap<PathEnd, Vec<(DateTime<Utc>, bool)>> = HashMap::default();
    for event in refused(Reason::SubNotFound).filter(|event| event.client_ip.is_none()) {
        if let (Some(time), Some(path)) = (event.time, event.path) {
            times.entry(PathEnd::of(path)).or_default().push((time, event.zoneless));
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each is sorted on its own")]
    for times in times.values_mut() {
        times.sort();
    }
    let fits = |event: &&Event| {
        let (Some(time), Some(path), false) = (event.time, event.path, times.is_empty()) else { return false };
        times.get(&PathEnd::of(path)).is_some_and(|times| {
            let from = times.partition_point(|(other, _)| *other < time - LOOSE);
            times.get(from).is_some_and(|(other, _)| *other <= time + LOOSE) || times.iter().any(|(_, zoneless)| *zoneless)
        })
    };
    let clients = |event: &Event| event.client_ip.filter(|client| !is_local(*client));
    refused(Reason::SubNotFound).filter_map(clients).chain(refused(Reason::Other).filter(fits).filter_map(clients)).collect()
}

/// The first users that were created after many others began to be not found: where they get through, the user store was
/// emptied; where they do not, it fails.
fn newcomers(events: &[Event]) -> Vec<Name> {
    let not_found = || failures(events).filter(|event| event.reason == Some(Reason::SubNotFound));
    let missing: HashSet<Name> = not_found().filter_map(|event| event.sub).collect();
    let Some(start) = not_found().filter_map(|event| event.time).min().filter(|_| missing.len() >= MANY_MISSING) else {
        return Vec::new();
    };
    let created = |event: &Event| event.time.zip(event.sub).filter(|_| event.kind == EventKind::UserCreated);
    let mut later: Vec<(DateTime<Utc>, Name)> =
        events.iter().filter_map(created).filter(|(time, sub)| *time > start && !missing.contains(sub)).collect();
    later.sort_unstable();
    later.into_iter().take(MAX_NEWCOMERS).map(|(_, sub)| sub).collect()
}

/// The subjects, clients and keys of refusals whose diagnosis depends on who sent the token ([`Reason::asks_who`]);
/// deferred records are read if they name one. Keys that some accepted or issued token names are left out.
fn concerns(events: &[Event], repeated: &HashSet<Id>) -> HashSet<Name> {
    let used = |event: &&Event| matches!(event.kind, EventKind::AuthSuccess | EventKind::TokenIssued);
    let used: HashSet<Name> = events.iter().filter(used).filter_map(|event| event.kid).collect();
    let reasoned = |event: &Event| event.reason.filter(|reason| *reason != Reason::Other);
    // Whether another line of the same request gives such a reason.
    let mut asks: HashMap<Id, bool> = HashMap::default();
    for event in failures(events) {
        if let (Some(id), Some(reason)) = (event.request_id.filter(|id| !repeated.contains(id)), reasoned(event)) {
            *asks.entry(id).or_default() |= reason.asks_who();
        }
    }
    let mut concerns = HashSet::default();
    for event in failures(events) {
        let elsewhere = || asks.get(&event.request_id?).copied();
        let asks_who = reasoned(event).map(Reason::asks_who).or_else(elsewhere);
        if asks_who.unwrap_or(true) {
            let kid = event.kid.filter(|kid| !used.contains(kid));
            // A short name that was read from running text is not worth reading all deferred records for.
            let is_worth = |name: &Name| !event.by_phrase || name.with(str::len) >= id_search::SHORTEST_OF_ALL;
            concerns.extend(event.sub.into_iter().chain(kid).filter(is_worth));
        }
        // Not for refusals without a reason: most of these are requests without a password.
        if asks_who == Some(true) {
            concerns.extend(event.client_ip);
        }
    }
    concerns
}

/// Ids that more failures have than one request has lines: they do not identify a request.
fn repeated(events: &[Event]) -> HashSet<Id> {
    let mut counts: HashMap<Id, usize> = HashMap::default();
    for id in failures(events).flat_map(|event| [event.request_id, event.trace_id]).flatten() {
        *counts.entry(id).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > ids::MAX_LINES_OF_REQUEST).map(|(id, _)| id).collect()
}

fn failures(events: &[Event]) -> impl Iterator<Item = &Event> {
    events.iter().filter(|event| event.kind == EventKind::AuthFailure)
}

/// An access line this far from a failure of the same path may be its own.
const LOOSE: TimeDelta = TimeDelta::seconds(5);

impl LookupTargets {
    fn of(events: &[Event], files: &[Text], clocks: &Clocks, repeated: &HashSet<Id>) -> Self {
        let mut targets = Self::default();
        let id = |event: &Event| event.request_id.or(event.trace_id).filter(|id| !repeated.contains(id));
        // A request whose user, path and reason are known need not be looked for.
        let mut answered: HashMap<Id, [bool; 3]> = HashMap::default();
        for event in failures(events) {
            if let Some(id) = id(event) {
                let [who, what, why] = answered.entry(id).or_default();
                *who |= event.sub.is_some();
                *what |= event.path.is_some();
                *why |= event.reason.is_some_and(|reason| reason != Reason::Other);
            }
        }
        let open = answered.iter().filter(|(_, answers)| answers.contains(&false));
        targets.requests = open.map(|(id, _)| *id).collect();
        for event in failures(events) {
            if id(event).is_some_and(|id| targets.requests.contains(&id)) {
                targets.time_filter.add(event, clocks);
            }
        }
        // The other lines of a few requests of a stream show how far clocks are apart.
        let mut sampled: HashMap<StreamId, usize> = HashMap::default();
        for event in events.iter().filter(|event| !clocks.knows(event.place.stream) && !event.is_doubtful()) {
            let count = sampled.entry(event.place.stream).or_default();
            if let Some(id) = event.request_id.filter(|id| *count < CLOCK_SAMPLES && !repeated.contains(id)) {
                *count += 1;
                targets.requests.insert(id);
                targets.time_filter.add(event, clocks);
            }
        }
        for event in failures(events).filter(|event| id(event).is_none()) {
            targets.add_loose(event, clocks);
        }
        targets.add_moments(events, files);
        targets.clients = nameless_clients(events, |id| answered.get(&id).is_some_and(|[who, ..]| *who));
        // So many are not a matter of single clients.
        if targets.clients.len() > MAX_CLIENTS {
            targets.clients.clear();
        }
        #[expect(clippy::iter_over_hash_type, reason = "each is sorted on its own")]
        for times in targets.loose.values_mut() {
            times.sort();
        }
        let refused: HashSet<Name> = failures(events).filter_map(|event| event.sub).collect();
        for event in events {
            let asked = match event.kind {
                EventKind::AuthFailure => matches!(event.reason, Some(Reason::SubNotFound | Reason::UserStoreUnavailable)),
                EventKind::UserDeleted | EventKind::UserDisabled => event.sub.is_some_and(|sub| refused.contains(&sub)),
                _ => false,
            };
            if let Some(sub) = event.sub.filter(|_| asked) {
                targets.subjects.insert(sub);
            }
        }
        targets.subjects.extend(newcomers(events));
        targets.time_filter.answers = !targets.subjects.is_empty() || !targets.clients.is_empty();
        targets.time_filter.settle();
        targets
    }

    /// Adds a failure that has no id, and finds its access line by path, status and time. Access lines with 401 or 403 were
    /// found by the first pass.
    fn add_loose(&mut self, event: &Event, clocks: &Clocks) {
        let (Some(time), Some(path)) = (event.time, event.path) else { return };
        match event.status {
            Some(401 | 403) => return,
            Some(status) => {
                self.statuses.insert(status);
            }
            None if event.reason == Some(Reason::UserStoreUnavailable) => self.statuses.extend([500, 503]),
            None => return,
        }
        self.zoneless |= event.zoneless;
        self.time_filter.add(event, clocks);
        self.loose.entry(PathEnd::of(path)).or_default().push(time);
    }

    /// Adds when verifiers told of outages and other reasons without naming a request: access lines of that time, with statuses
    /// that the first pass does not look for, show which it was.
    fn add_moments(&mut self, events: &[Event], files: &[Text]) {
        let loose = |event: &&Event| outage(event).is_some() && outage::is_loose(event);
        for event in failures(events).filter(loose).chain(outage::errors(events, files).into_iter().map(|index| &events[index])) {
            if let Some(time) = event.time {
                self.statuses.extend([500, 502, 503]);
                self.time_filter.add_moment(time);
                self.outages.push(time);
            }
        }
        self.outages.sort();
        let told = |event: &&Event| outage(event).is_none() && event.reason != Some(Reason::Other) && outage::is_loose(event);
        for event in failures(events).filter(told) {
            if let Some(time) = event.time {
                self.statuses.extend([400, 422]);
                self.time_filter.add_moment(time);
                self.reasons.push(time);
            }
        }
        self.reasons.sort();
    }

    /// Whether an access line may be that of a failure without an id.
    fn is_loose(&self, event: &Event) -> bool {
        let (Some(status), Some(path), Some(time)) = (event.status, event.path, event.time) else { return false };
        if !self.statuses.contains(&status) {
            return false;
        }
        let is_near = |times: &Vec<DateTime<Utc>>| is_near(times, LOOSE, &(time..time));
        let moments = if status >= 500 { &self.outages } else { &self.reasons };
        let anywhere = self.zoneless || event.zoneless;
        is_near(moments) || self.loose.get(&PathEnd::of(path)).is_some_and(|times| anywhere || is_near(times))
    }

    /// Keeps an event of a failing request as it is, and of a subject's other requests an observation.
    fn sort_out(&self, event: Event, looked_up: &mut LookedUp) {
        let of_failure = [event.request_id, event.trace_id].iter().flatten().any(|id| self.requests.contains(id));
        if of_failure || (event.kind != EventKind::Request && event.kind != EventKind::AuthSuccess) || self.is_loose(&event) {
            looked_up.events.push(event);
            return;
        }
        let of_subject = event.sub.is_some_and(|sub| self.subjects.contains(&sub));
        let of_client = event.client_ip.is_some_and(|client| self.clients.contains(&client));
        if let Some(time) = event.time
            && (of_subject || of_client)
            && (event.status.is_some() || event.kind == EventKind::AuthSuccess)
        {
            looked_up.observations.push(RequestObservation {
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
}

/// What one block of the second pass adds.
#[derive(Debug)]
pub struct LookedUp {
    /// Its stream.
    pub stream: StreamId,
    /// What became of the deferred records that were read.
    pub read: Books,
    /// Lines of failing requests, and events of subjects in question.
    pub events: Vec<Event>,
    /// Other requests of subjects in question.
    pub observations: Vec<RequestObservation>,
}

/// What the second pass looks for, made ready to be searched for.
#[derive(Debug)]
pub struct SecondPass<'k> {
    requests: IdSearch,
    /// The subjects, clients and keys that deferred records are searched for.
    concerns: IdSearch,
    /// Whether one of them is too short to be searched for.
    reads_all_deferred: bool,
    statuses: Option<StatusSearch>,
    targets: LookupTargets,
    clocks: Clocks,
    beside: Beside,
    /// The places of the events of the first pass, in order, and whether their records hold nothing else.
    known: &'k [(Place, bool)],
}

impl<'k> SecondPass<'k> {
    /// Finds out what to look for after the first pass. `files` are the names of the streams, `known` the places of the
    /// events before they were folded, in order, and whether their records hold nothing else, `beside` what is read beside
    /// refusals.
    pub fn after(events: &[Event], files: &[Text], known: &'k [(Place, bool)], beside: Beside) -> Self {
        let clocks = Clocks::of(events, files);
        let repeated = repeated(events);
        let ((targets, requests), (concerns, reads_all_deferred)) = parallel::both(
            || {
                let targets = LookupTargets::of(events, files, &clocks, &repeated);
                let requests: Vec<String> = targets.requests.iter().map(Id::to_string).collect();
                let names: Vec<Text> = targets.subjects.iter().chain(&targets.clients).map(|name| name.text()).collect();
                let names = names.iter().map(Text::as_str);
                let search = IdSearch::new(requests.iter().map(String::as_str), names, id_search::SHORTEST);
                (targets, search)
            },
            || {
                let concerns: Vec<Text> = concerns(events, &repeated).into_iter().map(Name::text).collect();
                let unsearchable = concerns.iter().any(|id| id.len() < id_search::SHORTEST_OF_ALL);
                (IdSearch::new(concerns.iter().map(Text::as_str), [], 0), unsearchable)
            },
        );
        Self {
            requests,
            concerns,
            reads_all_deferred,
            statuses: StatusSearch::new(&targets.statuses),
            targets,
            clocks,
            beside,
            known,
        }
    }

    /// How many ids are looked for.
    pub fn ids(&self) -> usize {
        self.requests.len() + self.concerns.len()
    }

    /// Whether there is nothing to look for.
    pub fn is_over(&self) -> bool {
        self.ids() == 0 && self.statuses.is_none() && !self.reads_all_deferred && self.beside.is_empty()
    }

    /// Which blocks of a stream are searched. `events` are those of the stream, in order, and `begin` is where its blocks
    /// count their lines from.
    pub fn filter(&self, block_stats: Vec<BlockStats>, begin: Place, events: &[Event]) -> BlockFilter {
        let filter = BlockFilter::of(block_stats, begin, events, &self.targets.time_filter, &self.clocks);
        filter.and_lines(begin, |first, last| self.beside.stands_in(begin.stream, first, last))
    }

    /// Whether deferred records are searched for names.
    pub fn asks_deferred(&self) -> bool {
        self.reads_all_deferred || !self.concerns.is_empty()
    }

    /// Reads the records of a block that hold what is looked for, and counts the line feeds of the block. `deferred` are
    /// the deferred records of its stream.
    pub fn look_into(
        &self,
        block: Block<'_>,
        stream: StreamId,
        filter: &BlockFilter,
        deferred: &[DeferredRecord],
        detector: &Detector,
        context: &Context,
    ) -> (LookedUp, u64) {
        let mut looked_up = LookedUp { stream, read: Books::default(), events: Vec::new(), observations: Vec::new() };
        let beside = self.beside.look_into(block, stream, detector, context, |place| self.knows(place).is_some());
        looked_up.events = beside.events;
        let mut cursor = Cursor::new(block);
        for hit in self.hits(block, filter, deferred) {
            let Some((record, line)) = cursor.record(hit) else { continue };
            if beside.starts.contains(&(cursor.at - record.len())) {
                continue;
            }
            let place = Place { stream, line };
            // The first pass read it whole: the event is all its record holds, or the record is one line.
            if let Some(sole_in_record) = self.knows(place)
                && (sole_in_record || memchr::memchr(b'\n', record.trim_ascii_end()).is_none())
            {
                continue;
            }
            let mut events = Vec::new();
            let start = block.at + (cursor.at - record.len()) as u64;
            if deferred.binary_search_by_key(&start, |deferred| deferred.at).is_err() {
                detector.extract(record, Mode::LookedUpSilent, place, context, &mut events);
            } else {
                let format = detector.extract(record, Mode::LookedUp, place, context, &mut events);
                let count = events.iter().filter(|event| event.kind != EventKind::Request).count();
                looked_up.read.count_read(format, count as u64);
            }
            events.retain(|event| self.knows(event.place).is_none());
            for event in &mut events {
                event.looked_up = true;
            }
            for event in events {
                self.targets.sort_out(event, &mut looked_up);
            }
        }
        (looked_up, cursor.line_feeds())
    }

    /// Whether the first pass found an event at a place, and if so, whether its record holds nothing else.
    fn knows(&self, place: Place) -> Option<bool> {
        let found = self.known.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        Some(self.known[found].1)
    }

    /// The offsets in a block of what is looked for, in order.
    fn hits(&self, block: Block<'_>, filter: &BlockFilter, deferred: &[DeferredRecord]) -> Vec<usize> {
        let span = block.at..block.at + block.bytes.len() as u64;
        let requests = filter.may_hold_requests(&span);
        let mut hits = match (requests, filter.may_hold_users()) {
            (_, true) => self.requests.find(block.bytes),
            (true, false) => self.requests.find_common(block.bytes),
            (false, false) => Vec::new(),
        };
        let answers = requests && !self.targets.loose.is_empty() || filter.may_hold_moments(&span);
        if let Some(statuses) = self.statuses.as_ref().filter(|_| answers) {
            hits.extend(statuses.find(block.bytes));
        }
        let from = deferred.partition_point(|record| record.at < block.at);
        for record in &deferred[from..] {
            let start = usize::try_from(record.at - block.at).unwrap_or(usize::MAX);
            let Some(bytes) = block.bytes.get(start..).and_then(|rest| rest.get(..record.length as usize)) else { break };
            if self.reads_all_deferred || !self.concerns.find(bytes).is_empty() {
                hits.push(start);
            }
        }
        hits.sort_unstable();
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_many_are_not_found_it_is_asked_whether_newcomers_get_through() {
        let event = |kind, second: i64, sub: &str| {
            let mut event = Event::bare(kind, Place { stream: StreamId(0), line: 1 });
            event.reason = (kind == EventKind::AuthFailure).then_some(Reason::SubNotFound);
            event.time = DateTime::from_timestamp(second, 0);
            event.sub = Some(sub.into());
            event
        };
        let refused = |count: i64| (0..count).map(|n| event(EventKind::AuthFailure, 100 + n, &format!("old-{n}")));
        let created = [(99, "older"), (300, "new-2"), (200, "new-1"), (300, "old-0")];
        let created = || created.map(|(second, sub)| event(EventKind::UserCreated, second, sub));
        let asked = |count| newcomers(&refused(count).chain(created()).collect::<Vec<_>>());
        assert_eq!(asked(20), [Name::of("new-1"), Name::of("new-2")]);
        assert!(asked(19).is_empty());
    }

    #[test]
    fn an_id_that_many_refusals_bear_is_not_looked_for() {
        let refused = |line: u64, id: &str| {
            let mut event = Event::bare(EventKind::AuthFailure, Place { stream: StreamId(0), line });
            event.reason = Some(Reason::TokenExpired);
            event.request_id = Some(Id::of(id));
            event
        };
        let mut events: Vec<Event> = (1..=40).map(|line| refused(line, "request-of-everybody")).collect();
        let files = ["app.log".into()];
        assert_eq!(SecondPass::after(&events, &files, &[], Beside::default()).ids(), 0);
        events.push(refused(41, "request-of-one"));
        assert_eq!(SecondPass::after(&events, &files, &[], Beside::default()).ids(), 1);
    }
}
