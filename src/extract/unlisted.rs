//! What records tell in words that no catalog entry lists: why a request was refused, what was done to a user or key, and
//! the values beside it.
//!
//! Every entry of the catalog goes before: here is read only what none matches, what the one that matches leaves open, and
//! what it did not capture.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::LazyLock;

use regex::Regex;

use crate::extract::phrase::{Asked, Certainty, Phrase, Reading, is_silent, read_fields, read_for};
use crate::extract::record_view::RecordView;
use crate::extract::signature::Signature;
use crate::extract::signature::shared::guard;
use crate::extract::{field_value, prose, row, values};
use crate::model::event::{Event, EventKind, Reason};
use crate::model::field::Field;
use crate::redact;

/// Names of fields that say what was done, as far as they stand for themselves; of a path the last part counts.
const DEED_FIELDS: [&str; 14] = [
    "action",
    "activity",
    "activitytype",
    "change",
    "event",
    "eventname",
    "eventtype",
    "op",
    "operation",
    "operationname",
    "operationtype",
    "oper",
    "type",
    "verb",
];

/// Names of fields that say what something was done to.
const OBJECT_FIELDS: [&str; 9] =
    ["entity", "entitytype", "object", "objecttype", "resource", "resourcetype", "target", "targettype", "subjecttype"];

/// Names of fields in which somebody asks or tells of something.
const TALK_FIELDS: [&str; 10] =
    ["comment", "excerpt", "headline", "q", "query", "question", "search", "snippet", "subject", "title"];

/// Names of fields that hold an error beside the message.
const ERROR_FIELDS: [&str; 5] = ["error", "err", "exception", "err.message", "error.message"];

/// Those of them that only audit trails have.
const TRAIL_FIELDS: [&str; 5] = ["action", "eventname", "operation", "operationname", "verb"];

/// No name that is asked for is longer.
const LONGEST_NAME: usize = 16;

/// A value of more bytes is no word or two.
const MOST_OF_WORDS: usize = 40;

/// How much of a text is read for reasons, deeds and values, in bytes: below a message stands its trace.
const READ_OF_TEXT: usize = 1 << 10;

/// A shorter value that is not surely one may be any number or word.
const LIKELY_ID: usize = 4;

/// The fields that are looked for in running text.
const FILLED: [Field; 8] =
    [Field::Sub, Field::Kid, Field::Iss, Field::Aud, Field::ClientIp, Field::RequestId, Field::TraceId, Field::Username];

/// Guards of the catalog: what only talks of failures and deeds, and what was not done, or not to an account.
const GUARDS: [&str; 1] = ["talk"];
const GUARDS_OF_DEEDS: [&str; 5] = ["not-done", "aside", "elsewhere", "refused", "membership"];

/// Signs that a record is written where tokens are judged.
static AT_HAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)jwt|jwks|bearer|oauth|oidc|openid|(?:id|access|refresh)[_ -]?token|\btokens?\b",
        r"|(?:^|[^a-z])(?:auth|authn|authz|authenticat(?:e|ed|ing|ion)|authorization)(?:[^a-z]|$)",
        r"|access denied|rejected|unauthori[sz]ed|unauthenticated|\bsub=|\(sub\b|sub claim|auth(?:error|exception|failure|failed|guard|filter|handler|middleware|interceptor|strategy|provider|service|enticator|orizer)",
    ))
    .expect("a constant pattern compiles")
});

/// Signs that people are known by something else than tokens, that the token is one of another trade, or that a program failed.
static OTHER_TRADE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)passw(?:or)?d|\bpam\b|pam_|rhost=|auth_(?:ldap|unix|digest)|auth[_ -]?basic|basic[_ -]?auth|\bcsrf|xsrf|captcha|webhook|scram-?sha|\bmechanism\b",
        r"|(?:^|[^a-z])(?:[a-z]*(?:pop3|imap|smtp|ftp|ssh|telnet)d?|sasl|radius|kerberos|sip)(?:[^a-z]|$)",
        r"|\b(?:payment|card|licen[cs]e|gift|coupon|invit\w+|reset|verification|confirmation|activation|device|push|fcm|apns|download|upload|share|sync|lock|lease|page|cursor|continuation|resume|build|deploy|registry|unsubscribe|shipment|order|cart|checkout|booking|delivery|tracking|transfer|promo|voucher|redemption|export|import|game|nft)[ _-]?token",
        // A program that stumbles judges nothing.
        r"|nullpointer|nullreference|nonetype|nil pointer|null pointer|undefined method|cannot (?:invoke|read propert)",
    ))
    .expect("a constant pattern compiles")
});

/// What is let pass, and what is done without, is refused nothing.
static SETTING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:empty|missing|anonymous|expired|unsigned|no) (?:\w+ )?(?:tokens?|jwts?|credentials?|access) (?:is |are )?(?:allowed|accepted|permitted|ok|ignored|enabled)\b|\b(?:(?:as|using|use|used|with) (?:a |the )?fallback|fallback (?:\w+ )?(?:used|to|applied)|falling back|skipped|skipping|kept|continuing|creating|using (?:the )?defaults?)\b")
        .expect("a constant pattern compiles")
});

/// A token by any of its names.
static OF_TOKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)jw[ts]|\btokens?\b|bearer").expect("a constant pattern compiles"));

/// The layouts of databases.
const DATABASES: [&str; 3] = ["cockroachdb", "mysql-slow", "postgresql"];

/// How a statement begins, and what is logged before it.
static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?i:(?:(?:statement|query|sql|execute [^:]{0,60}|duration: [^:]{0,60}(?:statement|execute [^:]{0,60}))\s*[:=]\s*)?",
        r"(?:select\s.{0,200}\sfrom|insert into|update [^\s]+ set|delete from|create (?:unique )?(?:table|index)|alter table|drop table)\b)",
    ))
    .expect("a constant pattern compiles")
});

/// Signs that a key is one that tokens are signed with.
static SIGNING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)signing|signer|signature key|jwk|jwt|\bkid\b|(?-i:[a-z]Kid\b)|_kid\b|verification key|resourcepath"?[=:] ?"?(?:\S*/)?keys/"#,
        r"|oidc|openid|public key|^keys? rotat|^rotated (?:the )?keys?\b",
    ))
    .expect("a constant pattern compiles")
});

/// Signs that a token was to be judged, and was not let pass.
static REFUSES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i-u)\b(?:unable to|failed to|could not|couldn't|cannot|can't|can not|not|error) (?:be )?(?:verif|validat|authenticat|check)\w*",
        r"|\b(?:jwt|token|signature|bearer|authentication|auth|authorization|request) (?:was |is )?(?:\w+ )?(?:failed|rejected|refused|denied|invalid)\b",
        r"|unauthori[sz]ed|unauthenticated|\b401\b",
    ))
    .expect("a constant pattern compiles")
});

/// Signs of a database or a directory: drivers and ports.
static STORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:pg|psycopg|asyncpg|npgsql|postgres\w*|mysql\w*|mariadb|mongo\w*|redis|ldap|jdbc|hikari\w*|sqlalchemy|database|sequelize|prisma|knex)\b",
        r"|:(?:5432|3306|27017|6379|1433|1521|389|636)\b",
    ))
    .expect("a constant pattern compiles")
});

/// What somebody or something is, and not what was done to it.
static STATE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:is|are) (?:still |currently )?[a-z]+(?:ed|en)\b").expect("a constant pattern compiles"));

/// Two reasons in one breath are none: "missing or invalid token".
static EITHER_OR: LazyLock<Regex> = LazyLock::new(|| {
    let word = "(?:missing|invalid|expired|malformed|revoked|unknown|absent|bad|wrong|not found|inactive)";
    Regex::new(&format!(r"(?i)\b{word}(?:,| or|/)+ ?(?:is |an? )?{word}\b")).expect("a constant pattern compiles")
});

/// Gives a refusal whose reason nobody told the one that its text names.
pub fn explain(view: &RecordView<'_>, event: &mut Event, signature: Option<&Signature>) {
    if event.kind != EventKind::AuthFailure {
        return;
    }
    if event.reason != Some(Reason::Other) {
        refine(view, event, signature);
        return;
    }
    let told = match signature {
        None => Said::of(view).read(Asked::Refusal),
        Some(signature) if signature.generic => {
            let reading = if EITHER_OR.is_match(view.text()) { None } else { Said::of(view).read(Asked::Refusal) };
            let sure = reading.filter(|reading| reading.certainty == Certainty::Sure);
            sure.or_else(|| errors(view, signature).find_map(|error| read_for(error, Asked::Refusal)))
        }
        // What a product's own entry is told by says no more than it does; an error beside it may.
        Some(signature) => errors(view, signature).find_map(|error| read_for(error, Asked::Refusal)),
    };
    if let Some(reason) = told.and_then(|reading| reading.reason).filter(|reason| *reason != Reason::Other) {
        event.reason = Some(reason);
        event.by_phrase = true;
    }
}

/// Gives a refusal the reason that its text names plainly, where an entry of no product read only that some claim was wrong,
/// that something was missing or that a token could not be decoded: "`DecodeError`: no public key for kid k1".
fn refine(view: &RecordView<'_>, event: &mut Event, signature: Option<&Signature>) {
    let is_open = matches!(event.reason, Some(Reason::ClaimInvalid | Reason::TokenMalformed | Reason::TokenMissing));
    if !is_open || signature.is_none_or(|signature| !signature.generic) || EITHER_OR.is_match(view.text()) {
        return;
    }
    let sure = Said::of(view).read(Asked::Refusal).filter(|reading| reading.certainty == Certainty::Sure);
    let missing = event.reason == Some(Reason::TokenMissing);
    let particular = sure.and_then(|reading| reading.reason).filter(|reason| match reason {
        Reason::SubMissing | Reason::KeyNotFound | Reason::AudienceInvalid | Reason::IssuerInvalid => true,
        Reason::ClaimInvalid => missing,
        Reason::TokenMissing | Reason::JwksUnavailable => !missing,
        _ => false,
    });
    if let Some(reason) = particular {
        event.reason = Some(reason);
        event.by_phrase = true;
    }
}

/// The errors in fields of their own that a signature was not told by.
fn errors<'v>(view: &'v RecordView<'_>, signature: &'v Signature) -> impl Iterator<Item = &'v str> {
    let is_error = |name: &str| ERROR_FIELDS.iter().any(|known| name.eq_ignore_ascii_case(known));
    let told_by = |value: &str| signature.literals.iter().any(|literal| value.contains(literal.as_str()));
    // Who may not log in held no token.
    let message = &view.entry().message;
    let logs_in = message.to_ascii_lowercase().contains("login");
    let of_token = move |error: &str| !logs_in && (OF_TOKEN.is_match(message) || OF_TOKEN.is_match(error));
    let fields = view.entry().fields.iter();
    fields.filter(move |(name, value)| is_error(name) && !told_by(value) && of_token(value)).map(|(_, value)| value)
}

/// The event that an entry tells of outright, though no signature matches it. `in_question`: it was looked for, as the
/// line of a refused request or of its client.
pub fn event(said: &Said<'_, '_>, in_question: bool) -> Option<Event> {
    let view = said.view;
    let reading = told(said, in_question)?;
    if is_vetoed(view, reading.kind)
        || is_of_key(reading.kind) && !SIGNING.is_match(&heart(view))
        || reading.kind == EventKind::TokenRevoked && !tells_of_deeds(view) && !AT_HAND.is_match(view.written())
    {
        return None;
    }
    let mut event = view.event(kind(reading, view));
    event.reason = reading.reason.filter(|_| event.kind == EventKind::AuthFailure);
    event.by_phrase = true;
    if event.kind.is_of_account() && is_of_database(view) {
        name_row(view, &mut event);
    }
    view.add_prose(&mut event);
    Some(event)
}

/// Whether a record is of another trade, or only talks of what was read in it.
fn is_vetoed(view: &RecordView<'_>, kind: EventKind) -> bool {
    // With the names of fields: `topic=user_deleted` names a topic.
    let said = if view.is_alone() { view.written() } else { view.text() };
    let stands = |name: &str| guard(name).and_then(|guard| guard.stands_in(said)) != Some(false);
    view.is_of_tokenless()
        || SETTING.is_match(view.text())
        || view.written_by().is_some_and(|program| OTHER_TRADE.is_match(program))
        || OTHER_TRADE.is_match(view.written())
        || GUARDS.iter().copied().any(stands)
        || kind.is_deed() && GUARDS_OF_DEEDS.iter().copied().any(stands)
}

/// What a warning that names no request may say of one: the reason for which it was refused, if anything else shows that one
/// was refused then.
pub fn doubtful(said: &Said<'_, '_>) -> Option<Event> {
    let view = said.view;
    let failed = view.status().is_some_and(|status| status >= 500);
    let is_silent = !view.warns() || view.status().is_some() && !failed;
    if is_silent || !view.is_alone() || is_of_database(view) || tells_of_deeds(view) || view.names_id() && !failed {
        return None;
    }
    let reading = said.read(Asked::Refusal)?;
    let is_told = match reading.reason? {
        Reason::Other => false,
        // A request that ended in a failure says so itself, and must name what failed.
        Reason::UserStoreUnavailable => !failed || STORE.is_match(view.written()),
        Reason::JwksUnavailable => true,
        _ => !failed && reading.certainty == Certainty::Sure,
    };
    if !is_told || is_vetoed(view, EventKind::AuthFailure) {
        return None;
    }
    let mut event = view.event(EventKind::AuthFailure);
    event.reason = reading.reason;
    event.by_phrase = true;
    view.add_prose(&mut event);
    // What is named where a part could not be reached is that part.
    if !matches!(event.reason, Some(Reason::UserStoreUnavailable | Reason::JwksUnavailable)) {
        complete(view, &mut event);
    }
    event.kind = EventKind::Request;
    Some(event)
}

/// The reason that a warning gives where it was read as a deed and names nobody that it was done to, or tells of a state:
/// "access token was withdrawn", "account 17 is frozen".
pub fn done_to_nobody(said: &Said<'_, '_>, event: &Event) -> Option<Event> {
    let view = said.view;
    let ends_access = matches!(event.kind, EventKind::UserDeleted | EventKind::UserDisabled | EventKind::TokenRevoked);
    let names_nobody = [Field::Sub, Field::Username, Field::Jti, Field::SessionId].iter().all(|field| field.of(event).is_none());
    if ends_access && view.warns() && (names_nobody || STATE.is_match(message(view))) { doubtful(said) } else { None }
}

/// What an entry that no signature matches is read as.
fn told(said: &Said<'_, '_>, in_question: bool) -> Option<Reading> {
    let view = said.view;
    let status = view.status();
    // An access line says all by its fields.
    if in_question && status.is_some() && view.names_request() && message(view).is_empty() {
        return None;
    }
    // Nor is anything done where nothing says so.
    let does_nothing = || status.is_some_and(|status| status >= 400) || view.only_reads() || !tells_of_deeds(view);
    if said.is_silent() && does_nothing() {
        return None;
    }
    let refusal = |asked| said.read(asked).filter(|reading| reading.reason.is_some_and(|reason| reason != Reason::Other));
    if matches!(status, Some(401 | 403)) {
        return refusal(Asked::Refusal);
    }
    let sure = |reading: &Reading| reading.certainty == Certainty::Sure;
    let deed = |asked| said.read(asked).filter(|reading| reading.kind.is_deed() && reading.kind != EventKind::TokenIssued);
    // A warning in the course of a request tells why it failed.
    let fails = view.only_reads() || view.warns() && view.names_request();
    if status.is_none_or(|status| status < 400) && !fails && !tells_of_error(view) {
        let asked = if tells_of_deeds(view) { Asked::Audit } else { Asked::Either };
        let by_fields = if asked == Asked::Audit { read_fields(view.entry().fields.iter()) } else { None };
        if let Some(deed) = by_fields.filter(|deed| deed.kind != EventKind::TokenIssued) {
            return Some(deed);
        }
        // Where deed and object stand in fields of their own, no clause joins them.
        let in_fields = asked == Asked::Audit && has_field(view, &OBJECT_FIELDS);
        if let Some(deed) = deed(asked).filter(|deed| in_fields || sure(deed)) {
            return Some(deed);
        }
    }
    if status.is_some_and(|status| status < 400) || is_of_database(view) {
        return None;
    }
    // Of an audit trail only the message counts: what is denied there is mostly something else.
    let is_trail = !view.is_alone() || view.entry().format == "json" && has_field(view, &TRAIL_FIELDS);
    let is_judged = AT_HAND.is_match(if is_trail { &view.entry().message } else { view.written() });
    let at_hand = is_judged || !is_trail && in_question;
    let of_user = |reason| matches!(reason, Some(Reason::SubNotFound | Reason::UserDisabled));
    let plain =
        said.read(Asked::Either).filter(|reading| !reading.kind.is_deed() && (at_hand || !is_trail && !of_user(reading.reason)));
    if plain.is_some() || at_hand {
        return plain.or_else(|| refusal(Asked::Refusal).filter(sure));
    }
    let of_thing = |reading: &Reading| of_user(reading.reason) || reading.reason == Some(Reason::KeyNotFound);
    if !is_trail && warns_of_request(view) { refusal(Asked::Refusal).filter(sure).filter(of_thing) } else { None }
}

/// Makes the row that a statement names the user of an event: the user of the record is that of the database.
fn name_row(view: &RecordView<'_>, event: &mut Event) {
    event.sub = None;
    if let Some(extra) = &mut event.extra {
        extra.username = None;
    }
    if let Some(id) = row::named(view.written()) {
        field_value::set(event, Field::Sub, id, view.redactor());
    }
}

/// Whether a record is a database's own, or a statement that somebody logs: it refuses no token, whatever tables are called.
fn is_of_database(view: &RecordView<'_>) -> bool {
    DATABASES.contains(&view.entry().format) || STATEMENT.is_match(view.entry().message.trim_start())
}

/// Whether a record warns in the course of a request that is not itself about users, and says not how that ended.
fn warns_of_request(view: &RecordView<'_>) -> bool {
    view.status().is_none()
        && view.warns()
        && !view.asks_for_users()
        && (view.names_request() || view.names_id() || prose::request_id(view.written()).is_some())
}

/// Whether a key is what it was done to.
fn is_of_key(kind: EventKind) -> bool {
    matches!(kind, EventKind::KeyAdded | EventKind::KeyRotated | EventKind::KeyRetired)
}

/// What happened: where no request is named, a part that fails judges no token.
fn kind(reading: Reading, view: &RecordView<'_>) -> EventKind {
    let said = if view.is_alone() { view.written() } else { &view.entry().message };
    let is_of_request = view.names_request() || view.status().is_some() || view.names_id() || REFUSES.is_match(said);
    match reading.reason {
        Some(Reason::JwksUnavailable) if !is_of_request => EventKind::ServiceError,
        Some(Reason::UserStoreUnavailable) if !is_of_request => EventKind::UserStoreError,
        _ => reading.kind,
    }
}

/// What an entry says, made words once for all that is asked: its message, and beside it the whole of a record that it is
/// alone in, or its short fields.
#[expect(missing_debug_implementations, reason = "it lives as long as its record is read")]
pub struct Said<'v, 't> {
    view: &'v RecordView<'t>,
    message: OnceCell<Option<Phrase<'v>>>,
    rest: OnceCell<Phrase<'v>>,
    /// Whether the fields beside the message tell nothing.
    rest_is_silent: OnceCell<bool>,
}

impl<'v, 't> Said<'v, 't> {
    /// What an entry says, still to be read.
    pub fn of(view: &'v RecordView<'t>) -> Self {
        Self { view, message: OnceCell::new(), rest: OnceCell::new(), rest_is_silent: OnceCell::new() }
    }

    /// Whether an entry that is alone in its record has no message and no field that tells anything.
    fn is_silent(&self) -> bool {
        self.view.is_alone() && message(self.view).is_empty() && self.rest_is_silent()
    }

    fn rest_is_silent(&self) -> bool {
        let is_silent = |(name, value): &(&str, &str)| is_nothing(value) || is_silent(name, value);
        *self.rest_is_silent.get_or_init(|| self.view.unexplained().iter().all(is_silent))
    }

    /// What the message says, else the rest.
    fn read(&self, asked: Asked) -> Option<Reading> {
        let message = self.message.get_or_init(|| {
            let message = redact::beginning(message(self.view), READ_OF_TEXT);
            (!message.is_empty()).then(|| Phrase::of(message))
        });
        let of_message = message.as_ref().and_then(|message| message.read(asked));
        if of_message.is_some_and(|reading| reading.reason != Some(Reason::Other)) {
            return of_message;
        }
        let asks_rest = self.view.is_alone() || asked == Asked::Audit;
        let rest = if asks_rest { self.rest.get_or_init(|| self.rest()).read(asked) } else { None };
        rest.or(of_message)
    }

    fn rest(&self) -> Phrase<'v> {
        if !self.view.is_alone() {
            return Phrase::of(short_fields(self.view));
        }
        if self.rest_is_silent() {
            return Phrase::of("");
        }
        Phrase::of(redact::beginning(&said_beside(self.view), READ_OF_TEXT).to_owned())
    }
}

/// What an entry says beside its message and beyond what the names of its fields tell already, but for the fields in which
/// somebody talks and those that hold nothing, as `"kid":null` does not say that a key was missing.
fn said_beside(view: &RecordView<'_>) -> String {
    let is_talk = |name: &str, value: &str| {
        let last = name.rsplit('.').next().unwrap_or(name);
        value.contains(' ') && TALK_FIELDS.iter().any(|known| last.eq_ignore_ascii_case(known))
    };
    let mut text = String::new();
    for (name, value) in view.unexplained() {
        let is_word = value.bytes().any(|byte| byte.is_ascii_alphabetic()) && !is_nothing(value);
        if is_word && *value != view.entry().message && !is_talk(name, value) {
            text.extend(["\n", name, "=\"", value, "\""]);
        }
    }
    text
}

/// Whether a value is a word for none.
fn is_nothing(value: &str) -> bool {
    ["null", "none", "nil"].iter().any(|none| value.eq_ignore_ascii_case(none))
}

/// What an entry says: its text, or of one among others its message and short fields.
fn heart<'v>(view: &'v RecordView<'_>) -> Cow<'v, str> {
    if view.is_alone() {
        Cow::Borrowed(view.written())
    } else {
        Cow::Owned([&*view.entry().message, &short_fields(view)].concat())
    }
}

/// The fields of an entry that hold a word or two, as text.
fn short_fields(view: &RecordView<'_>) -> String {
    let mut text = String::new();
    for (name, value) in view.entry().fields.iter() {
        if value.len() <= MOST_OF_WORDS && name.matches('.').count() < 2 {
            text.extend([name, "=\"", value, "\" "]);
        }
    }
    text
}

/// Whether a field says that something went wrong.
fn tells_of_error(view: &RecordView<'_>) -> bool {
    view.entry().fields.iter().any(|(name, value)| {
        let last = name.rsplit('.').next().unwrap_or(name);
        last.get(..5).is_some_and(|beginning| beginning.eq_ignore_ascii_case("error"))
            && !["false", "0", "null", "none", "", "log", "info", "debug", "notice"]
                .iter()
                .any(|none| value.eq_ignore_ascii_case(none))
    })
}

/// Whether an entry has a field that says what was done.
fn tells_of_deeds(view: &RecordView<'_>) -> bool {
    has_field(view, &DEED_FIELDS)
}

/// Whether an entry has a field of one of some names, written in any style.
fn has_field(view: &RecordView<'_>, names: &[&str]) -> bool {
    view.entry().fields.iter().any(|(name, _)| {
        let last = name.rsplit('.').next().unwrap_or(name);
        let mut bare = [0; LONGEST_NAME];
        let mut length = 0;
        for byte in last.bytes().filter(u8::is_ascii_alphanumeric) {
            let Some(next) = bare.get_mut(length) else { return false };
            *next = byte.to_ascii_lowercase();
            length += 1;
        }
        names.iter().any(|known| known.as_bytes() == &bare[..length])
    })
}

/// Whether a refusal names its user, its client and its request, and asks for no key.
fn names_all(event: &Event) -> bool {
    event.kind == EventKind::AuthFailure
        && event.sub.is_some()
        && event.client_ip.is_some()
        && (event.request_id.is_some() || event.trace_id.is_some())
        && (event.kid.is_some() || !event.reason.is_some_and(Reason::is_of_key))
}

/// Fills what an event lacks with the values that stand in running text, and under names that nobody listed.
pub fn complete(view: &RecordView<'_>, event: &mut Event) {
    // Of accepted and issued tokens there are as many as there is traffic, and their fields say all.
    let asked = event.kind == EventKind::AuthFailure || event.kind == EventKind::TokenRevoked || event.kind.is_of_account();
    if !asked || FILLED.iter().all(|field| field.of(event).is_some()) || names_all(event) {
        return;
    }
    let text = unread(view, event.kind != EventKind::AuthFailure);
    let found = if may_name_more(event, &text) { values::read(&text) } else { values::Values::default() };
    // What is redacted of the text is no value. Most texts hold none, and need no look for secrets.
    let redacted = OnceCell::new();
    let is_secret = |value: &str| !redacted.get_or_init(|| view.redactor().redact(&text)).contains(value);
    for (field, found) in found.iter() {
        let value = text.get(found.range.clone()).unwrap_or_default();
        if is_open(event, field) && (found.sure || is_likely(event.kind, field, value)) {
            let value = Some(value).filter(|value| is_some_value(value) && !is_secret(value));
            let Some(value) = value else { continue };
            let joined = (field == Field::Aud).then(|| values::audiences(value).collect::<Vec<_>>().join(","));
            field_value::set(event, field, joined.as_deref().unwrap_or(value), view.redactor());
        }
    }
    for (name, value) in view.unexplained() {
        if let Some(field) = values::role_of_name(name)
            && is_open(event, field)
            && is_some_value(value)
            && values::fits(field, value)
        {
            field_value::set(event, field, &view.redactor().value(name, value), view.redactor());
        }
    }
}

/// Whether a text may name what an event lacks. Where the user is known that is an id, an address or an audience: none stands
/// in a text without digits, marks and words for it; where request and key are known too, only the last two are left.
fn may_name_more(event: &Event, text: &str) -> bool {
    static SIGNS: LazyLock<[Regex; 2]> = LazyLock::new(|| {
        let signs = [r#"(?i-u)[0-9"'=:@]|iss|aud|key|kid"#, r"(?i-u)[0-9]\.[0-9]|::|iss|aud"];
        signs.map(|signs| Regex::new(signs).expect("a constant pattern compiles"))
    });
    let [of_any, of_address] = &*SIGNS;
    let is_named = event.kid.is_some() && (event.request_id.is_some() || event.trace_id.is_some());
    event.sub.is_none() || if is_named { of_address } else { of_any }.is_match(text)
}

/// Whether a value that is not surely a field's may stand for it: of a refusal a longer one, else an id; of keys also a
/// short one, as few other things are called `k7`. Where one key takes over from another it cannot be told which is meant.
fn is_likely(kind: EventKind, field: Field, value: &str) -> bool {
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let is_mixed = has_digit && value.bytes().any(|byte| byte.is_ascii_alphabetic());
    match field {
        Field::Kid if is_mixed => matches!(kind, EventKind::AuthFailure | EventKind::KeyAdded | EventKind::KeyRetired),
        Field::Sub => value.len() >= LIKELY_ID && (kind == EventKind::AuthFailure || has_digit && !value.contains('@')),
        _ => value.len() >= LIKELY_ID && kind == EventKind::AuthFailure,
    }
}

/// Whether a value is one: the `?` and `$` of a statement only stand for one.
fn is_some_value(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

/// Whether an event lacks a field that running text may fill: who is named where a key was changed is who changed it.
fn is_open(event: &Event, field: Field) -> bool {
    field.of(event).is_none() && !(is_of_key(event.kind) && matches!(field, Field::Sub | Field::Username))
}

/// A text without the stack trace below it.
fn without_trace(text: &str) -> &str {
    let is_frame = |line: &str| line.trim_start().starts_with("at ") || line.trim_start().starts_with("File \"");
    let mut ends = memchr::memchr_iter(b'\n', text.as_bytes());
    let end = ends.find(|end| text.get(end + 1..).is_some_and(is_frame));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// What an entry says beyond what the names of its fields tell already; secrets still stand in its message. Of what was done
/// to somebody the fields tell together: the kind in one, the id in the next.
fn unread<'v>(view: &'v RecordView<'_>, tells_together: bool) -> Cow<'v, str> {
    let mut text = Cow::Borrowed(without_trace(redact::beginning(message(view), READ_OF_TEXT)));
    for (name, value) in view.unexplained() {
        if text.len() > READ_OF_TEXT {
            break;
        }
        let may_hold = tells_together || value.contains([' ', '=']) || value.contains(':') && !value.contains("://");
        if may_hold && *value != view.entry().message {
            text.to_mut().extend(["\n", name, "=\"", &view.redactor().value(name, without_trace(value)), "\""]);
        }
    }
    text
}

/// The message of an entry, if it is one: that of an access line only names the request once more.
fn message<'v>(view: &'v RecordView<'_>) -> &'v str {
    let message = view.entry().message.trim();
    let is_request = view.request().is_some_and(|(method, path, status)| {
        message.strip_prefix(method).and_then(|rest| rest.strip_suffix(status)).is_some_and(|rest| rest.trim() == path)
    });
    if is_request { "" } else { message }
}
