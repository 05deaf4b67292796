//! Joins reasons that name neither client nor path to the access lines of their requests, by time alone.
//!
//! Which access lines a source tells the reasons of is learned: those of another log that stand at one distance from its
//! lines far more often than chance explains, taken by the beginnings of their paths. Each reason then gets one of them.

use crate::group::fragment::{FragmentId, Fragments, TOLERANCE};
use crate::group::inferred::Link;
use crate::group::one_to_one::{self, Match, Range};
use crate::group::outage::{is_error, is_failed_answer, outage};
use crate::group::route::{Route, Routes};
use crate::group::service_name::plain_name;
use crate::group::source::SourceId;
use crate::group::subject_shape::{Shape, shape};
use crate::group::window::{Window, densest};
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, Reason};
use crate::model::name::Name;
use crate::model::words::How;

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
/// The same where stamps are of whole seconds, and less is due to chance alone.
const COARSE_SHARE: f64 = 0.5;
/// The same of a route that is named like the source of the reasons.
const OWN_SHARE: f64 = 0.5;
/// Fewer failed answers than this are no burst.
const BURST: usize = 6;
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

/// A source, and the outage that it puts refusals down to.
type Telling = (SourceId, Option<Reason>);

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
    /// Whether only failed answers are partners.
    failed: bool,
    /// How sure it is: the shares of both that have a partner.
    shares: f64,
}

/// Joins reasons to access lines.
pub fn join(fragments: &mut Fragments<'_>) {
    let mut reasons = reasons(fragments);
    if reasons.is_empty() {
        return;
    }
    let acquainted = Acquainted::of(fragments.events);
    let owners = Owners::of(fragments, &reasons);
    let mut routes = requests(fragments, &owners);
    let mut learned: Vec<(bool, f64, usize, usize)> = Vec::new();
    for (source, ((_, outage), list)) in reasons.iter().enumerate() {
        for (route, (_, requests)) in routes.iter().enumerate() {
            let Some(own) = owners.may_own(fragments, list, routes[route].0, requests) else { continue };
            // Outages come in bursts everywhere at once, which whole seconds do not tell apart.
            if outage.is_some() && !own && (list.coarse || requests.coarse) {
                continue;
            }
            let rule = learn(fragments, &acquainted, (list, *outage), requests, own);
            learned.extend(rule.map(|rule| (own, rule.shares, source, route)));
        }
    }
    learned
        .sort_by(|one, other| other.0.cmp(&one.0).then(other.1.total_cmp(&one.1)).then((one.2, one.3).cmp(&(other.2, other.3))));
    for (own, _, source, route) in learned {
        // What surer rules have joined is no longer in the way, and proves nothing any more.
        let ((_, outage), list) = &reasons[source];
        let requests = &routes[route].1;
        if let Some(rule) = learn(fragments, &acquainted, (list, *outage), requests, own) {
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
    let names_users =
        list.entries.iter().any(|entry| fragments.lines(entry.fragment).iter().any(|line| fragments.events[*line].sub.is_some()));
    for known in [true, false].into_iter().skip(usize::from(!names_users)) {
        let open = |fragment| !joined.contains(&fragment);
        let pairs = one_to_one::pairs(&one, &other, rule.range, |a, b| {
            let (a, b) = (list.entries[a].fragment, requests.entries[b].fragment);
            open(a)
                && open(b)
                && (!rule.failed || is_failed(fragments, b))
                && (!known || acquainted.know(fragments, a, b))
                && fit(fragments, acquainted, a, b)
        });
        for Match { one, other, ambiguous } in pairs {
            let (a, b) = (list.entries[one], requests.entries[other]);
            fragments.join(a.fragment, b.fragment, Link { lines: [a.line, b.line], how: How::Moment, ambiguous });
            joined.extend([a.fragment, b.fragment]);
        }
    }
    joined
}

/// Where the access lines of reasons are, if they are at one distance. `own` says that a route is named like the source.
#[expect(clippy::cast_precision_loss, reason = "counts of lines")]
fn rule(fragments: &Fragments<'_>, acquainted: &Acquainted, list: &List, requests: &List, own: bool) -> Option<Rule> {
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
    let coarse = clock.unit > 1;
    let (least, most) = if coarse && !own { (COARSE_SHARE, 1) } else { (SHARE, clock.reach()) };
    let proven = excess >= ENOUGH && excess >= BEYOND_CHANCE * pairs.sqrt() && share.max(of_requests) >= least;
    let near = from >= -most && to <= most;
    let stands = near && (proven || own && share.max(of_requests) >= OWN_SHARE);
    let slack = if clock.unit == 1 { SLACK.max((to - from) / 4) } else { 0 };
    let range = Range { from: from - slack, expected, to: to + slack };
    stands.then_some(Rule { range, failed: false, shares: share.min(1.0) + of_requests.min(1.0) })
}

/// What is learned of reasons and the access lines of a route. `own` says that the route is named like their source.
fn learn(
    fragments: &Fragments<'_>,
    acquainted: &Acquainted,
    (list, outage): (&List, Option<Reason>),
    requests: &List,
    own: bool,
) -> Option<Rule> {
    let rule = rule(fragments, acquainted, list, requests, own);
    rule.or_else(|| if own && outage.is_some() { burst(fragments, list, requests) } else { None })
}

/// Where errors and failed answers of one service come in bursts, no distance stands out in whole seconds; about as many of
/// both at one time are of each other.
fn burst(fragments: &Fragments<'_>, list: &List, requests: &List) -> Option<Rule> {
    let clock = Clock::of(list, requests);
    let (one, other) = (clock.times(&list.entries), clock.times(&requests.entries));
    let near = |time: i64| one.get(one.partition_point(|error| *error < time - 1)).is_some_and(|error| *error <= time + 1);
    let entries = requests.entries.iter().zip(other);
    let failed = entries.filter(|(entry, time)| is_failed(fragments, entry.fragment) && near(*time)).count();
    let alike = failed >= BURST && failed <= 2 * one.len() && one.len() <= 2 * failed;
    let range = Range { from: -1, expected: 0, to: 1 };
    (clock.unit > 1 && alike).then_some(Rule { range, failed: true, shares: 0.0 })
}

/// Whether a request ended in a failure of the server.
fn is_failed(fragments: &Fragments<'_>, request: FragmentId) -> bool {
    fragments.lines(request).iter().any(|line| is_failed_answer(&fragments.events[*line]))
}

/// Whether a reason and an access line can be of one request.
fn fit(fragments: &Fragments<'_>, acquainted: &Acquainted, reason: FragmentId, request: FragmentId) -> bool {
    let of = |fragment| fragments.lines(fragment).iter().map(|line| &fragments.events[*line]);
    (!is_failed(fragments, request) || of(reason).any(|event| outage(event).is_some()))
        && !acquainted.are_strangers(fragments, reason, request)
        && fragments.agree(reason, request)
}

/// The reasons that name neither client nor request, of each source, those of each kind of outage by themselves: requests
/// that end in an outage are often answered with other statuses, and those of two outages at different speed.
fn reasons(fragments: &Fragments<'_>) -> Vec<(Telling, List)> {
    let mut lists: HashMap<Telling, Vec<Entry>> = HashMap::default();
    for fragment in fragments.whole() {
        let lines = fragments.lines(fragment);
        let events = || lines.iter().map(|line| &fragments.events[*line]);
        let loose = |event: &Event| event.client_ip.is_none() && event.path.is_none() && event.status.is_none();
        let says = |event: &Event| {
            is_error(event)
                || event.is_doubtful()
                || event.kind == EventKind::AuthFailure && (event.reason != Some(Reason::Other) || event.quote.is_some())
        };
        if events().all(loose)
            && events().any(says)
            && let Some(entry) = entry(fragments, fragment)
        {
            let outage = events().find_map(outage);
            lists.entry((fragments.sources.source(lines[0]), outage)).or_default().push(entry);
        }
    }
    most(lists)
}

/// The access lines of refused requests whose reason no line gives, of each route.
fn requests(fragments: &Fragments<'_>, services: &Owners) -> Vec<(Route, List)> {
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
            let (all, beginning) = routes.of_line(fragments.sources.source(*line), event.path);
            lists.entry(beginning).or_default().push(entry);
            // What goes to a service that is known by name is that service's alone.
            if all != beginning && !services.are_named(beginning, event.service.map(plain_name)) {
                lists.entry(all).or_default().push(entry);
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

/// Whose access lines a route is likely to have, by its name.
struct Owners {
    /// The names of all services.
    services: HashSet<Name>,
    /// The names of those that give reasons.
    reasoning: HashSet<Name>,
}

impl Owners {
    fn of(fragments: &Fragments<'_>, reasons: &[(Telling, List)]) -> Self {
        let services: HashSet<Name> = fragments.events.iter().filter_map(|event| event.service).collect();
        let reasoning = reasons.iter().filter_map(|(_, list)| service(fragments, list)).collect();
        Self { services: services.into_iter().map(plain_name).collect(), reasoning }
    }

    /// Whether a source's reasons can be those of a route's requests, and whether its name says that they are.
    fn may_own(&self, fragments: &Fragments<'_>, list: &List, route: Route, requests: &List) -> Option<bool> {
        let own = service(fragments, list);
        let writer = service(fragments, requests);
        if own.is_some() && own == writer || are_beside(fragments, list, requests) {
            return Some(true);
        }
        if own.is_some_and(|own| segments(route).contains(&own)) {
            return Some(true);
        }
        let of_another = writer.is_some_and(|writer| self.reasoning.contains(&writer)) || self.are_named(route, writer);
        (!of_another).then_some(false)
    }

    /// Whether the paths of a route name a service, besides the one that writes its lines.
    fn are_named(&self, route: Route, writer: Option<Name>) -> bool {
        segments(route).iter().any(|segment| self.services.contains(segment) && writer != Some(*segment))
    }
}

/// The segments that the paths of a route begin with.
fn segments(route: Route) -> Vec<Name> {
    route.1.map(|route| route.text().split('/').map(Name::of).collect()).unwrap_or_default()
}

/// Whether two lists stand in logs of one folder.
fn are_beside(fragments: &Fragments<'_>, list: &List, requests: &List) -> bool {
    let source = |list: &List| list.entries.first().map(|entry| fragments.sources.source(entry.line));
    source(list).zip(source(requests)).is_some_and(|(one, other)| fragments.sources.are_beside(one, other))
}

/// The plain name of the service that wrote a list.
fn service(fragments: &Fragments<'_>, list: &List) -> Option<Name> {
    list.entries.first().and_then(|entry| fragments.events[entry.line].service).map(plain_name)
}

/// Which users are known to be of which addresses.
struct Acquainted {
    pairs: HashSet<(Name, Name)>,
    users: HashSet<Name>,
    /// Addresses, with the shapes of the users known to be of them.
    clients: HashSet<(Name, Shape)>,
}

impl Acquainted {
    fn of(events: &[Event]) -> Self {
        let pairs: HashSet<(Name, Name)> = events.iter().filter_map(|event| event.client_ip.zip(event.sub)).collect();
        let clients = pairs.iter().map(|(client, user)| (*client, shape(*user))).collect();
        let users = pairs.iter().map(|(_, user)| *user).collect();
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
        let strangers = |(client, user): (Name, Name)| {
            let both_known = self.clients.contains(&(client, shape(user))) && self.users.contains(&user);
            both_known && !self.pairs.contains(&(client, user))
        };
        Self::both(fragments, reason, request).is_some_and(strangers)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::group::source::Sources;
    use crate::model::event::{Place, StreamId};

    fn event(stream: u32, service: &str, ms: i64) -> Event {
        let line = u64::try_from(ms).unwrap();
        let mut event = Event::bare(EventKind::AuthFailure, Place { stream: StreamId(stream), line });
        event.time = DateTime::from_timestamp_millis(1_772_445_600_000 + ms);
        event.service = Some(service.into());
        event
    }

    fn access(path: &str, client: &str, ms: i64) -> Event {
        let (path, client_ip) = (Some(path.into()), Some(client.into()));
        Event {
            path,
            client_ip,
            method: Some("GET".into()),
            status: Some(401),
            reason: Some(Reason::Other),
            ..event(0, "gw", ms)
        }
    }

    fn reason(service: &str, ms: i64) -> Event {
        Event { reason: Some(Reason::SubNotFound), quote: Some("who is that".into()), ..event(1, service, ms) }
    }

    /// How many requests some lines are of.
    fn requests(events: &[Event]) -> usize {
        let sources = Sources::of(events, &["gw/access.log".into(), "app/app.log".into()]);
        let mut fragments = Fragments::of(events, &sources, (0..events.len()).map(|index| vec![index]).collect());
        join(&mut fragments);
        fragments.into_groups().len()
    }

    #[test]
    fn reasons_meet_the_access_lines_of_the_route_that_they_are_near() {
        let at = |n: i64| n * n * 331;
        let reasons = (0..20).map(|n| reason("guard", at(n) + 3));
        let near = (0..20).map(|n| access("/reports/1", "192.0.2.1", at(n) + 5));
        let elsewhere = (0..20).map(|n| access("/stock/1", "192.0.2.2", at(n) + n * 97 % 2000));
        assert_eq!(requests(&reasons.clone().chain(near).chain(elsewhere.clone()).collect::<Vec<_>>()), 40);
        assert_eq!(requests(&reasons.chain(elsewhere).collect::<Vec<_>>()), 40, "at no one distance");
    }

    #[test]
    fn a_route_named_like_the_service_needs_few_lines_and_one_named_like_another_has_none() {
        assert_eq!(
            requests(&[access("/orders/1", "192.0.2.1", 5), reason("orders", 3), access("/users/1", "192.0.2.1", 900)]),
            2
        );
        let lines = (0..20).flat_map(|n| [reason("guard", n * 5000 + 3), access("/users/1", "192.0.2.1", n * 5000 + 5)]);
        let known = [event(1, "users", 200_000), access("/orders/1", "192.0.2.1", 201_000)];
        assert_eq!(requests(&lines.chain(known).collect::<Vec<_>>()), 42, "the users' own");
    }

    #[test]
    fn bursts_of_errors_meet_as_many_failed_answers_of_their_service() {
        let second = |n: i64| n / 30 * 1000;
        let answer = |n, status| Event { status: Some(status), reason: None, ..access("/orders/1", "192.0.2.1", second(n)) };
        let error = |n| Event { reason: Some(Reason::UserStoreUnavailable), ..reason("orders", second(n) + 400) };
        let burst = |errors, answers, status| -> Vec<Event> {
            (0..errors).map(error).chain((0..answers).map(|n| answer(n, status))).collect()
        };
        assert_eq!(requests(&burst(300, 300, 503)), 300);
        assert_eq!(requests(&burst(300, 60, 503)), 360, "there are far fewer answers than errors");
        assert_eq!(requests(&burst(300, 300, 401)), 600, "they are answers to others");
    }

    #[test]
    fn users_of_other_addresses_stay_apart() {
        let of = |sub: &str, event: Event| Event { sub: Some(sub.into()), ..event };
        let known = |sub: &str, client: &str, ms| of(sub, Event { path: None, method: None, ..access("/", client, ms) });
        let mut events = vec![known("17", "192.0.2.1", 0), known("18", "192.0.2.2", 10_000)];
        events.extend([of("17", reason("orders", 50_003)), access("/orders/1", "192.0.2.2", 50_005)]);
        assert_eq!(requests(&events), 4);
        events[3] = access("/orders/1", "192.0.2.1", 50_005);
        assert_eq!(requests(&events), 3);
    }
}
