//! Joins reasons that name neither client nor path to the access lines of their requests, by time alone.
//!
//! Which access lines a source tells the reasons of is learned: those of another log that stand at one distance from its
//! lines far more often than chance explains, taken by the beginnings of their paths. Each reason then gets one of them.

use crate::group::fragment::{FragmentId, Fragments, TOLERANCE};
use crate::group::one_to_one::{self, Range};
use crate::group::route::{Route, Routes};
use crate::group::source::SourceId;
use crate::group::window::{Window, densest};
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, Reason};
use crate::model::name::Name;

/// How far apart a reason and an access line may be, in milliseconds.
const REACH: i64 = TOLERANCE.num_milliseconds();
/// The widths of windows that are tried, in milliseconds.
const WIDTHS: [i64; 8] = [2, 5, 10, 25, 50, 100, 200, 500];
/// The same in seconds, where stamps are of whole seconds.
const SECONDS: [i64; 2] = [0, 1];
/// How much further than learned a partner may be, in milliseconds.
const SLACK: i64 = 5;
/// How many reasons of a source are asked for their distances to access lines.
const ASKED: usize = 1000;
/// Where more access lines than this are near a reason, the moment tells nothing.
const CROWD: usize = 24;
/// Fewer reasons than this with an access line at the distance learned prove nothing.
const ENOUGH: f64 = 6.0;
/// So many times what chance alone varies by.
const BEYOND_CHANCE: f64 = 2.5;
/// At least this share of the reasons, or of the access lines, must have a partner.
const SHARE: f64 = 0.25;
/// Of more sources and routes than this the rarest are left out.
const MOST: usize = 48;

/// A fragment at its moment.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// In milliseconds.
    time: i64,
    /// The first of its lines.
    line: usize,
    fragment: FragmentId,
}

/// A source's reasons, or the access lines of a route.
#[derive(Debug)]
struct List {
    entries: Vec<Entry>,
    /// Whether all its stamps are of whole seconds.
    coarse: bool,
}

impl List {
    fn of(mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable_by_key(|entry| (entry.time, entry.line));
        Self { coarse: entries.iter().all(|entry| entry.time % 1000 == 0), entries }
    }

    /// Leaves out what has got a partner.
    fn retain_open(&mut self, joined: &HashSet<FragmentId>) {
        self.entries.retain(|entry| !joined.contains(&entry.fragment));
    }
}

/// How the times of two lists are held against each other.
#[derive(Debug, Clone, Copy)]
struct Clock {
    unit: i64,
    widths: &'static [i64],
}

impl Clock {
    fn of(one: &List, other: &List) -> Self {
        if one.coarse || other.coarse { Self { unit: 1000, widths: &SECONDS } } else { Self { unit: 1, widths: &WIDTHS } }
    }

    fn reach(self) -> i64 {
        REACH / self.unit
    }

    fn times(self, entries: &[Entry]) -> Vec<i64> {
        entries.iter().map(|entry| entry.time.div_euclid(self.unit)).collect()
    }
}

/// What is learned of a source's reasons and the access lines of a route.
#[derive(Debug, Clone, Copy)]
struct Rule {
    range: Range,
    /// How sure it is: the shares of both that have a partner.
    shares: f64,
}

/// Joins reasons to access lines.
pub fn join(fragments: &mut Fragments<'_>) {
    let mut reasons = reasons(fragments);
    let mut routes = requests(fragments);
    if reasons.is_empty() || routes.is_empty() {
        return;
    }
    let acquainted = Acquainted::of(fragments.events);
    let mut learned: Vec<(f64, usize, usize)> = Vec::new();
    for (source, (_, list)) in reasons.iter().enumerate() {
        for (route, (_, requests)) in routes.iter().enumerate() {
            learned.extend(rule(fragments, &acquainted, list, requests).map(|rule| (rule.shares, source, route)));
        }
    }
    learned.sort_by(|one, other| other.0.total_cmp(&one.0).then((one.1, one.2).cmp(&(other.1, other.2))));
    for (_, source, route) in learned {
        // What surer rules have joined is no longer in the way, and proves nothing any more.
        let (list, requests) = (&reasons[source].1, &routes[route].1);
        if let Some(rule) = rule(fragments, &acquainted, list, requests) {
            let joined = join_lists(fragments, &acquainted, list, requests, rule);
            reasons[source].1.retain_open(&joined);
            for (_, requests) in &mut routes {
                requests.retain_open(&joined);
            }
        }
    }
}

/// Joins the reasons of a source to the access lines of a route; gives the fragments that were joined.
fn join_lists(
    fragments: &mut Fragments<'_>,
    acquainted: &Acquainted,
    list: &List,
    requests: &List,
    rule: Rule,
) -> HashSet<FragmentId> {
    let clock = Clock::of(list, requests);
    let (one, other) = (clock.times(&list.entries), clock.times(&requests.entries));
    let mut joined = HashSet::default();
    // Users who are known to be of an address come first.
    for known in [true, false] {
        let open = |fragment| !joined.contains(&fragment);
        let pairs = one_to_one::pairs(&one, &other, rule.range, |a, b| {
            let (a, b) = (list.entries[a].fragment, requests.entries[b].fragment);
            open(a) && open(b) && (!known || acquainted.know(fragments, a, b)) && fit(fragments, acquainted, a, b)
        });
        for (a, b) in pairs {
            let (a, b) = (list.entries[a].fragment, requests.entries[b].fragment);
            fragments.join(a, b);
            joined.extend([a, b]);
        }
    }
    joined
}

/// Where the access lines of reasons are, if they are at one distance.
#[expect(clippy::cast_precision_loss, reason = "counts of lines")]
fn rule(fragments: &Fragments<'_>, acquainted: &Acquainted, list: &List, requests: &List) -> Option<Rule> {
    let clock = Clock::of(list, requests);
    let (one, other) = (clock.times(&list.entries), clock.times(&requests.entries));
    let step = one.len().div_ceil(ASKED).max(1);
    let (mut distances, mut asked) = (Vec::new(), 0.0);
    for (index, time) in one.iter().enumerate().step_by(step) {
        let from = other.partition_point(|next| next - time < -clock.reach());
        let near = other[from..].iter().take(CROWD + 1).take_while(|next| *next - time <= clock.reach());
        let found: Vec<(usize, i64)> = (from..).zip(near.map(|next| next - time)).collect();
        if found.len() > CROWD {
            continue;
        }
        asked += 1.0;
        let fits = |(next, _): &&(usize, i64)| {
            fit(fragments, acquainted, list.entries[index].fragment, requests.entries[*next].fragment)
        };
        distances.extend(found.iter().filter(fits).map(|(_, distance)| *distance));
    }
    let pairs = distances.len() as f64;
    let Window { from, to, expected, excess } = densest(&mut distances, clock.reach(), clock.widths)?;
    let share = excess / asked;
    let of_requests = share * one.len() as f64 / other.len() as f64;
    let stands = excess >= ENOUGH && excess >= BEYOND_CHANCE * pairs.sqrt() && share.max(of_requests) >= SHARE;
    let slack = if clock.unit == 1 { SLACK.max((to - from) / 4) } else { 0 };
    let range = Range { from: from - slack, expected, to: to + slack };
    stands.then_some(Rule { range, shares: share.min(1.0) + of_requests.min(1.0) })
}

/// Whether a reason and an access line can be of one request.
fn fit(fragments: &Fragments<'_>, acquainted: &Acquainted, reason: FragmentId, request: FragmentId) -> bool {
    let of = |fragment| fragments.lines(fragment).iter().map(|line| &fragments.events[*line]);
    let failed = of(request).any(|event| event.status.is_some_and(|status| status >= 500));
    let of_outage = |event: &Event| matches!(event.reason, Some(Reason::UserStoreUnavailable | Reason::JwksUnavailable));
    (!failed || of(reason).any(of_outage))
        && !acquainted.are_strangers(fragments, reason, request)
        && fragments.agree(reason, request)
}

/// The reasons that name neither client nor request, of each source.
fn reasons(fragments: &Fragments<'_>) -> Vec<(SourceId, List)> {
    let mut lists: HashMap<SourceId, Vec<Entry>> = HashMap::default();
    for fragment in fragments.whole() {
        let lines = fragments.lines(fragment);
        let events = || lines.iter().map(|line| &fragments.events[*line]);
        let loose = |event: &Event| event.client_ip.is_none() && event.path.is_none() && event.status.is_none();
        let says = |event: &Event| {
            event.kind == EventKind::AuthFailure && (event.reason != Some(Reason::Other) || event.quote.is_some())
        };
        if events().all(loose)
            && events().any(says)
            && let Some(entry) = entry(fragments, fragment)
        {
            lists.entry(fragments.sources.source(lines[0])).or_default().push(entry);
        }
    }
    most(lists)
}

/// The access lines of refused requests whose reason no line gives, of each route.
fn requests(fragments: &Fragments<'_>) -> Vec<(Route, List)> {
    let open: Vec<FragmentId> = fragments.whole().filter(|fragment| asks(fragments, *fragment)).collect();
    let access = |fragment: &FragmentId| {
        let lines = fragments.lines(*fragment).iter().copied();
        lines
            .filter(|line| fragments.kind(*line).access)
            .map(|line| (fragments.sources.source(line), fragments.events[line].path))
    };
    let routes = Routes::of(open.iter().flat_map(access));
    let mut lists: HashMap<Route, Vec<Entry>> = HashMap::default();
    for fragment in &open {
        for line in fragments.lines(*fragment).iter().filter(|line| fragments.kind(**line).access) {
            let event = &fragments.events[*line];
            let Some(time) = event.time else { continue };
            let entry = Entry { time: time.timestamp_millis(), line: *line, fragment: *fragment };
            for route in routes.all(fragments.sources.source(*line), event.path) {
                lists.entry(route).or_default().push(entry);
            }
        }
    }
    most(lists)
}

/// Whether a fragment is of a refused request of which access lines alone tell.
fn asks(fragments: &Fragments<'_>, fragment: FragmentId) -> bool {
    let lines = fragments.lines(fragment);
    let events = || lines.iter().map(|line| &fragments.events[*line]);
    let vague = |event: &Event| {
        matches!(event.kind, EventKind::AuthFailure | EventKind::Request) && matches!(event.reason, None | Some(Reason::Other))
    };
    lines.iter().any(|line| fragments.kind(*line).access)
        && events().all(vague)
        && events().any(|event| event.status.is_some_and(|status| status >= 400))
}

fn entry(fragments: &Fragments<'_>, fragment: FragmentId) -> Option<Entry> {
    let lines = fragments.lines(fragment);
    let time = lines.iter().find_map(|line| fragments.events[*line].time)?.timestamp_millis();
    Some(Entry { time, line: lines[0], fragment })
}

/// The longest lists, in an order that is always the same.
fn most<K: Copy + Ord>(lists: HashMap<K, Vec<Entry>>) -> Vec<(K, List)> {
    let mut lists: Vec<(K, List)> = lists.into_iter().map(|(key, entries)| (key, List::of(entries))).collect();
    lists.sort_unstable_by_key(|(key, list)| (std::cmp::Reverse(list.entries.len()), *key));
    lists.truncate(MOST);
    lists
}

/// Which users are known to be of which addresses.
struct Acquainted {
    pairs: HashSet<(Name, Name)>,
    users: HashSet<Name>,
    clients: HashSet<Name>,
}

impl Acquainted {
    fn of(events: &[Event]) -> Self {
        let pairs: HashSet<(Name, Name)> = events.iter().filter_map(|event| event.client_ip.zip(event.sub)).collect();
        let (clients, users) = pairs.iter().copied().unzip();
        Self { pairs, users, clients }
    }

    /// The address of a request, and the user of a reason.
    fn both(fragments: &Fragments<'_>, reason: FragmentId, request: FragmentId) -> Option<(Name, Name)> {
        let events = |fragment| fragments.lines(fragment).iter().map(|line| &fragments.events[*line]);
        let client = events(request).find_map(|event: &Event| event.client_ip);
        client.zip(events(reason).find_map(|event: &Event| event.sub))
    }

    /// Whether the user is known to be of the address.
    fn know(&self, fragments: &Fragments<'_>, reason: FragmentId, request: FragmentId) -> bool {
        Self::both(fragments, reason, request).is_some_and(|pair| self.pairs.contains(&pair))
    }

    /// Whether both are known, and not of each other.
    fn are_strangers(&self, fragments: &Fragments<'_>, reason: FragmentId, request: FragmentId) -> bool {
        let strangers =
            |pair: (Name, Name)| self.clients.contains(&pair.0) && self.users.contains(&pair.1) && !self.pairs.contains(&pair);
        Self::both(fragments, reason, request).is_some_and(strangers)
    }
}
