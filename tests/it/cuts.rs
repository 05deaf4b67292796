//! However logs are cut, read and kept, the same failures: spans of any size, any number of threads, any compression, and
//! any split into rotated files.
//!
//! The logs tell of the same requests in several layouts, many of whose records are several lines: traces, lines that
//! docker and CRI cut in pieces, statements of `PostgreSQL` with their DETAIL. Their spans end anywhere within.
//!
//! One thing may differ by a few records, and is not asked for: of records that only tell of issued tokens one of sixteen
//! is read, counted from the beginning of its block. So may the minute at which an issuer falls silent (DR-43).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use jwtriage::correlate::Correlated;
use jwtriage::parallel::Pool;
use jwtriage::pipeline::settings::Settings;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::engine::{explained, settings};

/// A log: its path below the directory of all, and its records, each of whole lines.
type Log = (String, Vec<String>);

/// Something that happens at a second of the logs.
#[derive(Debug, Clone, Copy)]
struct Deed {
    what: What,
    user: u8,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Served,
    Expired,
    Forged,
    NotFound,
    UnknownKey,
    Login,
    Created,
    Deleted,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let what = prop_oneof![
        6 => Just(What::Served),
        2 => Just(What::Expired),
        1 => Just(What::Forged),
        2 => Just(What::NotFound),
        1 => Just(What::UnknownKey),
        3 => Just(What::Login),
        1 => Just(What::Created),
        1 => Just(What::Deleted),
    ];
    prop::collection::vec((what, 0_u8..9).prop_map(|(what, user)| Deed { what, user }), 60..240)
}

/// The deeds, with the requests of users who are deleted refused for it.
fn consequent(deeds: &[Deed]) -> Vec<Deed> {
    let mut deleted = BTreeSet::new();
    let mut consequent = deeds.to_vec();
    for deed in &mut consequent {
        match deed.what {
            What::Deleted => drop(deleted.insert(deed.user)),
            What::Created => drop(deleted.remove(&deed.user)),
            What::Served if deleted.contains(&deed.user) => deed.what = What::NotFound,
            _ => {}
        }
    }
    consequent
}

/// A deed as the logs name it.
struct Told {
    what: What,
    time: DateTime<Utc>,
    sub: String,
    client: String,
    request: String,
    number: usize,
}

impl Told {
    fn of(number: usize, deed: Deed) -> Self {
        let Deed { what, user } = deed;
        Self {
            what,
            time: DateTime::from_timestamp(1_772_442_000, 0).unwrap()
                + TimeDelta::milliseconds(700) * i32::try_from(number).unwrap(),
            sub: format!("5a00000{user}-0000-4000-8000-00000000000{user}"),
            client: format!("198.51.100.{user}"),
            request: format!("7c{number:06}-aaaa-4bbb-8ccc-{number:012}"),
            number,
        }
    }

    fn iso(&self) -> String {
        self.time.to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// The key that signs at the time.
    fn key(&self) -> String {
        format!("key-2026-{}", self.number / 70)
    }

    fn refusal(&self) -> Option<&'static str> {
        match self.what {
            What::Expired => Some("jwt expired"),
            What::Forged => Some("invalid signature"),
            What::NotFound => Some("User from sub claim in JWT does not exist"),
            What::UnknownKey => Some("no matching key in key set"),
            _ => None,
        }
    }

    fn is_request(&self) -> bool {
        self.what == What::Served || self.refusal().is_some()
    }

    /// A gateway's line of the request.
    fn access(&self) -> Option<String> {
        let status = if self.refusal().is_some() { 401 } else { 200 };
        let Self { client, request, number, sub, .. } = self;
        let line = json!({
            "time": self.iso(), "remote_addr": client, "request_id": request, "method": "GET", "uri": format!("/orders/{number}"),
            "status": status, "jwt_sub": sub, "jwt_kid": self.key(),
        });
        self.is_request().then(|| format!("{line}\n"))
    }

    /// A service on the JVM, which prints traces.
    fn java(&self) -> Option<String> {
        let (stamp, request) = (self.iso(), &self.request);
        let head = format!("{stamp}  WARN 1 --- [orders] [nio-8080-exec-{}] c.e.s.JwtFilter : [req={request}]", self.number % 9);
        let trace = "\tat io.jsonwebtoken.impl.DefaultJwtParser.parse(DefaultJwtParser.java:682)\n\
                     \tat com.example.shop.JwtFilter.doFilterInternal(JwtFilter.java:41)\n\
                     Caused by: java.lang.IllegalStateException: refused\n\
                     \t... 12 common frames omitted\n";
        match self.what {
            What::Served => Some(format!("{head} served\n")),
            What::NotFound | What::UnknownKey => Some(format!("{head} {}\n", self.refusal().unwrap_or_default())),
            What::Expired => Some(format!(
                "{head} refused\nio.jsonwebtoken.ExpiredJwtException: JWT expired 1000 milliseconds ago at 2026-03-02T08:59:00.000Z\n{trace}"
            )),
            What::Forged => Some(format!(
                "{head} refused\nio.jsonwebtoken.security.SignatureException: JWT signature does not match locally computed signature\n{trace}"
            )),
            _ => None,
        }
    }

    /// What a service in Python or Node prints, line by line.
    fn printed(&self) -> Option<Vec<String>> {
        let (stamp, request, sub) = (self.iso(), &self.request, &self.sub);
        match self.what {
            What::Expired => Some(vec![
                format!("{stamp} ERROR cart request_id={request} sub={sub} request failed"),
                "Traceback (most recent call last):".to_owned(),
                "  File \"/app/auth.py\", line 41, in verify".to_owned(),
                "    raise ExpiredSignatureError(\"Signature has expired\")".to_owned(),
                "jwt.exceptions.ExpiredSignatureError: Signature has expired".to_owned(),
            ]),
            What::NotFound | What::UnknownKey | What::Forged => Some(vec![
                json!({
                    "time": stamp, "level": "warn", "reqId": request, "msg": "request refused", "error": self.refusal(), "sub": sub,
                    "headers": "x".repeat(self.number % 50 * 9),
                })
                .to_string(),
            ]),
            What::Served => Some(vec![format!("{stamp} INFO cart request_id={request} done")]),
            _ => None,
        }
    }

    /// The pieces in which a container's runtime writes a line: whether each is the last.
    fn pieces(&self, line: &str) -> Vec<(String, bool)> {
        let size = if self.number.is_multiple_of(3) { 40 + self.number % 70 } else { usize::MAX };
        let chars: Vec<char> = line.chars().collect();
        let pieces: Vec<String> = chars.chunks(size).map(|piece| piece.iter().collect()).collect();
        let last = pieces.len() - 1;
        pieces.into_iter().enumerate().map(|(index, piece)| (piece, index == last)).collect()
    }

    fn docker(&self) -> Option<String> {
        let mut text = String::new();
        for (piece, is_last) in self.printed()?.iter().flat_map(|line| self.pieces(line)) {
            let log = if is_last { format!("{piece}\n") } else { piece };
            writeln!(text, "{}", json!({"log": log, "stream": "stdout", "time": self.iso()})).unwrap();
        }
        Some(text)
    }

    fn cri(&self) -> Option<String> {
        let mut text = String::new();
        for (piece, is_last) in self.printed()?.iter().flat_map(|line| self.pieces(line)) {
            writeln!(text, "{} stdout {} {piece}", self.iso(), if is_last { 'F' } else { 'P' }).unwrap();
        }
        Some(text)
    }

    /// The user store's log.
    fn postgres(&self) -> Option<String> {
        let head = format!("{} [6834] postgres@idp", self.time.format("%Y-%m-%d %H:%M:%S%.3f UTC"));
        let (statement, sub) = (
            match self.what {
                What::Deleted => "DELETE FROM users WHERE id = $1",
                What::Created => "INSERT INTO users (id, email)\n\tVALUES ($1, $2)",
                What::Served => "SELECT 1 FROM users WHERE id = $1",
                _ => return None,
            },
            &self.sub,
        );
        Some(format!(
            "{head} LOG:  execute <unnamed>: {statement}\n{head} DETAIL:  parameters: $1 = '{sub}', $2 = 'a@example.com'\n"
        ))
    }

    /// The issuer's log.
    fn keycloak(&self) -> Option<String> {
        let Self { client, sub, .. } = self;
        (self.what == What::Login).then(|| {
            format!(
                "{} DEBUG [org.keycloak.events] (executor-thread-26) type=\"LOGIN\", realmId=\"r1\", realmName=\"shop\", \
                 clientId=\"web-app\", userId=\"{sub}\", ipAddress=\"{client}\", auth_method=\"openid-connect\"\n",
                self.time.format("%Y-%m-%d %H:%M:%S,%3f"),
            )
        })
    }

    /// The log of the service that signs tokens.
    fn issued(&self) -> Option<String> {
        let Self { client, sub, .. } = self;
        let line = json!({
            "time": self.iso(), "remoteAddress": client, "event": "refresh", "user_id": sub, "kid": self.key(), "msg": "token issued",
        });
        (self.what == What::Login).then(|| format!("{line}\n"))
    }
}

/// The logs that tell of some deeds.
fn generated(deeds: &[Deed]) -> Vec<Log> {
    let told: Vec<Told> = consequent(deeds).into_iter().enumerate().map(|(number, deed)| Told::of(number, deed)).collect();
    // One service each: of three requests each tells of another.
    let third = |rest: usize, write: fn(&Told) -> Option<String>| -> Vec<String> {
        told.iter().filter(|told| told.number % 3 == rest).filter_map(write).collect()
    };
    let all = |write: fn(&Told) -> Option<String>| -> Vec<String> { told.iter().filter_map(write).collect() };
    [
        ("gateway/access.log", all(Told::access)),
        ("orders/orders.log", third(0, Told::java)),
        ("cart/cart.log", third(1, Told::docker)),
        ("billing/billing.log", third(2, Told::cri)),
        ("db/postgresql.log", all(Told::postgres)),
        ("idp/keycloak.log", all(Told::keycloak)),
        ("tokens/tokens.log", all(Told::issued)),
    ]
    .map(|(name, records)| (name.to_owned(), records))
    .into_iter()
    .filter(|(_, records)| !records.is_empty())
    .collect()
}

/// The logs of the shop, a record a line; of a log that is rotated there the parts are put together.
fn shop() -> Vec<Log> {
    let shop = crate::project("samples/shop");
    [
        ("idp/idp.log", &["idp/idp.log"][..]),
        ("nginx/access.json.log", &["nginx/access.json.log.1", "nginx/access.json.log"]),
        ("orders/orders.log", &["orders/orders.log.2.gz", "orders/orders.log"]),
    ]
    .map(|(name, parts)| {
        let text: String = parts.iter().map(|part| unpacked(&std::fs::read(shop.join(part)).unwrap())).collect();
        (name.to_owned(), text.split_inclusive('\n').map(str::to_owned).collect())
    })
    .to_vec()
}

/// A text that may be compressed.
fn unpacked(bytes: &[u8]) -> String {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return String::from_utf8(bytes.to_vec()).unwrap();
    }
    let mut gz = flate2::write::GzDecoder::new(Vec::new());
    gz.write_all(bytes).unwrap();
    String::from_utf8(gz.finish().unwrap()).unwrap()
}

/// How a file is kept.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Plain,
    Gz,
    /// Two members, as some programs append.
    GzTwice,
    Zst,
    Bz2,
    Xz,
}

impl Kept {
    const ALL: [Self; 6] = [Self::Plain, Self::Gz, Self::GzTwice, Self::Zst, Self::Bz2, Self::Xz];

    fn bytes(self, text: &[u8]) -> Vec<u8> {
        let gz = |text: &[u8]| {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gz.write_all(text).unwrap();
            gz.finish().unwrap()
        };
        match self {
            Self::Plain => text.to_vec(),
            Self::Gz => gz(text),
            Self::GzTwice => [gz(&text[..text.len() / 3]), gz(&text[text.len() / 3..])].concat(),
            Self::Zst => zstd::stream::encode_all(text, 1).unwrap(),
            Self::Bz2 => {
                let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                bz2.write_all(text).unwrap();
                bz2.finish().unwrap()
            }
            Self::Xz => {
                let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
                xz.write_all(text).unwrap();
                xz.finish().unwrap()
            }
        }
    }
}

/// How one log is cut and kept: where it is rotated, and how the parts are kept in turn.
#[derive(Debug, Clone)]
struct Layout {
    rotated: Vec<Index>,
    kept: Vec<Kept>,
}

fn layout() -> impl Strategy<Value = Layout> {
    let kept = prop::collection::vec(prop::sample::select(Kept::ALL.to_vec()), 1..4);
    let rotated = prop_oneof![Just(Vec::new()), prop::collection::vec(any::<Index>(), 1..3)];
    (rotated, kept).prop_map(|(rotated, kept)| Layout { rotated, kept })
}

/// For each file of a directory of logs the log that it is of, and how many of its lines stand before.
type Origins = BTreeMap<String, (String, u64)>;

/// Writes logs as some layouts have them: the last part of a log bears its name, those before it are numbered.
fn write(logs: &[Log], layouts: &[Layout], directory: &Path) -> Origins {
    let mut origins = Origins::new();
    for (number, (name, records)) in logs.iter().enumerate() {
        let layout = &layouts[number % layouts.len()];
        let mut ends: Vec<usize> = layout.rotated.iter().map(|at| at.index(records.len())).filter(|end| *end > 0).collect();
        ends.push(records.len());
        ends.sort_unstable();
        ends.dedup();
        let (mut start, mut lines) = (0, 0);
        for (part, end) in ends.iter().enumerate() {
            let text = records[start..*end].concat();
            let path = match ends.len() - 1 - part {
                0 => directory.join(name),
                rotation => directory.join(format!("{name}.{rotation}")),
            };
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, layout.kept[part % layout.kept.len()].bytes(text.as_bytes())).unwrap();
            origins.insert(path.display().to_string(), (name.clone(), lines));
            lines += text.matches('\n').count() as u64;
            start = *end;
        }
    }
    origins
}

/// Puts the log and its line for the file and the line of every place that a failure names.
fn place_in_whole(value: &mut Value, origins: &Origins) {
    match value {
        Value::Object(fields) => {
            if let (Some(file), Some(line)) =
                (fields.get("file").and_then(Value::as_str), fields.get("line").and_then(Value::as_u64))
            {
                let (log, before) = &origins[file];
                let place = [("file", json!(log)), ("line", json!(before + line))];
                fields.extend(place.map(|(name, value)| (name.to_owned(), value)));
            }
            for value in fields.values_mut() {
                place_in_whole(value, origins);
            }
            // Files are told of in the order of their names, which rotation turns round.
            if let Some(Value::Array(lines)) = fields.get_mut("seen_in") {
                lines.sort_by_key(|line| (line["file"].to_string(), line["line"].as_u64()));
            }
        }
        Value::Array(items) => {
            for value in items {
                place_in_whole(value, origins);
            }
        }
        _ => {}
    }
}

/// What is made of some logs.
struct Story {
    failures: Vec<Value>,
    /// Patterns, findings, keys and gaps.
    rest: String,
}

/// What is made of some logs that are kept as layouts say, with the places of failures in the whole logs.
fn story(logs: &[Log], layouts: &[Layout], settings: &Settings) -> Story {
    let directory = tempfile::tempdir().unwrap();
    let origins = write(logs, layouts, directory.path());
    let found = explained(directory.path(), settings);
    let Value::Array(mut failures) = serde_json::to_value(&found.failures).unwrap() else { unreachable!("a list") };
    for failure in &mut failures {
        place_in_whole(failure, &origins);
    }
    // Of one moment, the first is whose file is first.
    failures.sort_by_key(|failure| (failure["time"].to_string(), failure["failure_id"].to_string()));
    let Correlated { patterns, findings, unrelated_refusals, zones, keys, offsets, gaps, .. } = found;
    let rest = format!("{:?}", (patterns, findings, unrelated_refusals, zones, keys, offsets, gaps));
    // Some texts name files without the slash they begin with.
    let directory = directory.path().display().to_string();
    Story { failures, rest: rest.replace(directory.trim_start_matches('/'), "") }
}

/// Says where two stories part. What stands beside failures is only compared where files have the same names.
fn difference(expected: &Story, found: &Story, layouts: &[Layout]) -> Option<String> {
    let is_rotated = layouts.iter().any(|layout| !layout.rotated.is_empty());
    let rest = (!is_rotated && expected.rest != found.rest).then(|| format!("{}\n  {}", expected.rest, found.rest));
    first_difference(&expected.failures, &found.failures).or(rest)
}

/// Says which of two lists of failures tells another story.
fn first_difference(expected: &[Value], found: &[Value]) -> Option<String> {
    let differs = (0..expected.len().max(found.len())).find(|index| expected.get(*index) != found.get(*index))?;
    let shown = |failures: &[Value]| failures.get(differs).map_or("nothing".to_owned(), Value::to_string);
    Some(format!("of {} and {}:\n  {}\n  {}", expected.len(), found.len(), shown(expected), shown(found)))
}

/// Every log whole and plain.
fn whole() -> [Layout; 1] {
    [Layout { rotated: Vec::new(), kept: vec![Kept::Plain] }]
}

/// Spans that end anywhere, in the order of magnitude of a record and of a whole log.
fn spans() -> impl Strategy<Value = u64> {
    prop_oneof![1_u64 << 10..4 << 10, 4_u64 << 10..64 << 10]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn logs_cut_and_kept_in_any_way_tell_of_the_same_failures(
        deeds in deeds(),
        span in spans(),
        threads in 1_usize..5,
        layouts in prop::collection::vec(layout(), 1..7),
    ) {
        let logs = generated(&deeds);
        let expected = story(&logs, &whole(), &settings());
        let pool = Pool::new(NonZeroUsize::new(threads)).unwrap();
        let settings = Settings { pool, span, ..settings() };
        for layouts in [&whole()[..], &layouts] {
            let difference = difference(&expected, &story(&logs, layouts, &settings), layouts);
            prop_assert!(difference.is_none(), "{}", difference.unwrap_or_default());
        }
    }

    #[test]
    fn the_shop_tells_of_the_same_failures_however_it_is_cut_and_kept(
        span in spans(),
        threads in 1_usize..5,
        layouts in prop::collection::vec(layout(), 1..7),
    ) {
        let logs = shop();
        let expected = story(&logs, &whole(), &settings());
        prop_assert!(expected.failures.len() > 20);
        let pool = Pool::new(NonZeroUsize::new(threads)).unwrap();
        let found = story(&logs, &layouts, &Settings { pool, span, ..settings() });
        let difference = difference(&expected, &found, &layouts);
        prop_assert!(difference.is_none(), "{}", difference.unwrap_or_default());
    }
}

/// So much of what a gateway served stands between two deeds that its log is read in several blocks.
fn padded(mut logs: Vec<Log>) -> Vec<Log> {
    let agent = "x".repeat(3000);
    for (number, record) in
        logs.iter_mut().filter(|(name, _)| name.starts_with("gateway/")).flat_map(|(_, records)| records).enumerate()
    {
        let line = json!({"time": "2026-03-02T09:00:00.000Z", "method": "GET", "uri": format!("/assets/{number}"), "status": 200, "agent": agent});
        writeln!(record, "{line}").unwrap();
    }
    logs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn long_logs_that_several_workers_read_tell_of_the_same_failures(
        deeds in prop::collection::vec(deeds(), 2..4),
        span in 16_u64 << 10..256 << 10,
        threads in 2_usize..5,
        kept in prop::sample::select(Kept::ALL.to_vec()),
    ) {
        let logs = padded(generated(&deeds.concat()));
        let expected = story(&logs, &whole(), &settings());
        let pool = Pool::new(NonZeroUsize::new(threads)).unwrap();
        let settings = Settings { pool, span, ..settings() };
        for layouts in [whole(), [Layout { rotated: Vec::new(), kept: vec![kept] }]] {
            let difference = difference(&expected, &story(&logs, &layouts, &settings), &layouts);
            prop_assert!(difference.is_none(), "{}", difference.unwrap_or_default());
        }
    }
}

#[test]
fn the_logs_tell_of_what_the_properties_are_about() {
    use What::{Created, Deleted, Expired, Forged, Login, NotFound, Served, UnknownKey};
    let of_user = |user: u8| {
        let user_of_none = |what| Deed { what, user: user + 1 };
        let whats = [Created, Login, Served, Served, Expired, Forged, UnknownKey, Deleted, Served, Served, Served];
        whats.map(|what| Deed { what, user }).into_iter().chain([user_of_none(NotFound)])
    };
    let deeds: Vec<Deed> = (0..8).flat_map(of_user).collect();
    let logs = generated(&deeds);
    assert_eq!(logs.len(), 7);
    let Story { failures: found, rest } = story(&logs, &whole(), &settings());
    // Each refused request is one failure, whoever tells of it.
    let of = |reason: &str| found.iter().filter(|failure| failure["reason"] == reason).count();
    let of_cause = |cause: &str| found.iter().filter(|failure| failure["root_cause"] == cause).count();
    assert_eq!(found.len(), 7 * 8, "{found:#?}");
    assert_eq!((of("token_expired"), of("signature_invalid"), of("key_not_found"), of("sub_not_found")), (8, 8, 8, 32));
    assert!(rest.contains("key-2026-1"), "the lives of keys are told: {rest}");
    assert_eq!((of_cause("user_deleted"), of_cause("token_lifetime")), (24, 8));
}
