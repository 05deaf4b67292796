//! Makes events from a seed: requests as a gateway, services and an issuer log them, and what happens to users meanwhile.

use chrono::{DateTime, Utc};
use jwtriage::extract::extracted::Extracted;
use jwtriage::model::books::StreamBooks;
use jwtriage::model::event::{Event, EventKind, Place, Reason, StreamId};
use jwtriage::model::name::Name;

/// Events a second: more events are a longer time, not a busier one.
const RATE: i64 = 100;
const SERVICES: usize = 8;

struct Seed(u64);

impl Seed {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// A scan of `count` events: six in ten are logins, three requests that went through, one is of a refusal, logged by
/// the service and mostly by the gateway too.
pub(crate) fn scan(count: usize) -> Extracted {
    let mut seed = Seed(42);
    let names = |prefix: &str, count: usize| (0..count).map(|n| format!("{prefix}{n}").into()).collect::<Vec<Name>>();
    let users: Vec<Name> = (0..(count / 8).max(8)).map(|n| format!("{n:08x}-8e7d-40c8-ab4f-492f1a5a92bc").into()).collect();
    let clients: Vec<Name> =
        (0..users.len()).map(|n| format!("10.{}.{}.{}", n >> 16 & 255, n >> 8 & 255, n & 255).into()).collect();
    let (services, paths, keys) = (names("service-", SERVICES), names("/v1/items/", 2000), names("key-", 4));
    let reasons = [Reason::SubNotFound, Reason::TokenExpired, Reason::KeyNotFound, Reason::SignatureInvalid, Reason::SubMissing];
    let mut scan = Extracted::default();
    let files =
        services.iter().map(|name| format!("apps/{name}.log").into()).chain(["edge/access.log".into(), "idp/idp.log".into()]);
    scan.streams = files.map(|file| StreamBooks { file, books: jwtriage::model::books::Books::default() }).collect();
    let (gateway, issuer) = (SERVICES, SERVICES + 1);
    let mut number = 0;
    while scan.events.len() < count {
        number += 1;
        let time =
            DateTime::from_timestamp(1_772_445_600 + number / RATE, u32::try_from(number % RATE * 10_000_000).unwrap_or(0));
        let (user, service) = (seed.below(users.len()), seed.below(SERVICES));
        let mut tell = |stream: usize, kind: EventKind, fill: &dyn Fn(&mut Event)| {
            let place = Place { stream: StreamId(u32::try_from(stream).unwrap_or(0)), line: number.unsigned_abs() };
            scan.events.push(told(kind, place, time, users[user], clients[user], fill));
        };
        let id = |event: &mut Event| event.request_id = Some(format!("{number:032x}").into());
        let request = |event: &mut Event| {
            event.service = Some(services[service]);
            event.method = Some("GET".into());
            event.path = Some(paths[user % paths.len()]);
        };
        match seed.below(1000) {
            0..600 => tell(issuer, EventKind::TokenIssued, &|event| {
                event.service = Some("idp".into());
                event.trace_id = Some(format!("{number:032x}").into());
                event.kid = Some(keys[user % keys.len()]);
            }),
            600..900 => tell(service, EventKind::AuthSuccess, &|event| {
                id(event);
                request(event);
                event.kid = Some(keys[user % keys.len()]);
            }),
            900..992 => {
                let reason = reasons[seed.below(reasons.len())];
                // Some services pass no id on: such lines are joined by what they say.
                let loose = service < 2;
                tell(service, EventKind::AuthFailure, &|event| {
                    request(event);
                    event.reason = Some(reason);
                    event.kid = Some(keys[user % keys.len()]);
                    if !loose {
                        id(event);
                    }
                });
                tell(gateway, EventKind::AuthFailure, &|event| {
                    request(event);
                    event.reason = Some(Reason::Other);
                    event.status = Some(401);
                    event.sub = None;
                    if !loose {
                        id(event);
                    }
                });
            }
            992..996 => tell(issuer, EventKind::UserCreated, &|_| {}),
            996..999 => tell(issuer, EventKind::UserDeleted, &|_| {}),
            _ => tell(service, [EventKind::ConfigChanged, EventKind::UserStoreError][user % 2], &|event| {
                event.service = Some(services[service]);
            }),
        }
    }
    scan.events.sort_by_cached_key(|event| event.place);
    scan
}

fn told(
    kind: EventKind,
    place: Place,
    time: Option<DateTime<Utc>>,
    user: Name,
    client: Name,
    fill: &dyn Fn(&mut Event),
) -> Event {
    let mut event = Event::bare(kind, place);
    event.time = time;
    event.sub = Some(user);
    event.client_ip = Some(client);
    fill(&mut event);
    event
}
