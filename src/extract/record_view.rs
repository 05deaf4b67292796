//! An entry of a record and all that stands around it: what signatures match, and the event that is made of it.

use std::borrow::Cow;
use std::cell::OnceCell;

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use memchr::memmem::Finder;

use crate::extract::context::Context;
use crate::extract::prefilter::Candidate;
use crate::extract::search_text::{BOUND, search_text};
use crate::extract::signature::shared::is_tokenless;
use crate::extract::signature::{Captured, Signature, Variant};
use crate::extract::{field_value, nested, prose, values};
use crate::ingest::frame::wrapper;
use crate::layout::fields::{Role, Roles};
use crate::layout::{Entry, Stamp, timestamp, token};
use crate::model::event::{Event, EventKind, Place, Shown, SignatureId, Text};
use crate::model::field::{Field, Value};
use crate::model::name::Name;
use crate::redact::{self, Redactor};

/// Times are kept to the microsecond: so many digits behind the second.
const MICROSECONDS: u16 = 6;
/// How much of a record's text an event keeps, in characters.
const MAX_MESSAGE: usize = 400;
/// How much of the text of what is only quoted is gone through, in bytes.
const SHORT: usize = 1 << 10;
/// How much of it evidence shows, in characters.
const MAX_QUOTE: usize = 160;
/// One record gives events of at most this many users (an SQL `IN` list).
const MAX_SUBJECTS: usize = 1000;

/// Hands on the entries of a record, and gives the name of its layout.
pub fn each_entry(record: &str, place: Place, context: &Context, take: &mut dyn FnMut(&RecordView<'_>)) -> &'static str {
    let unwrapped = wrapper::unwrap(record);
    let mut format = "plain";
    let entries = nested::entries(&unwrapped.text, context.columns);
    let alone = entries.len() == 1;
    let signs = Signs::of(&unwrapped.text, alone);
    for (entry, lines_before) in entries {
        format = entry.format;
        take(&RecordView {
            entry: &entry,
            roles: entry.fields.roles(),
            unexplained: OnceCell::new(),
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
pub struct RecordView<'t> {
    entry: &'t Entry<'t>,
    roles: Roles<'t>,
    unexplained: OnceCell<Vec<(&'t str, &'t str)>>,
    /// What signatures are matched against, once it is needed.
    text: OnceCell<Cow<'t, str>>,
    unwrapped: &'t wrapper::Unwrapped<'t>,
    signs: Signs,
    place: Place,
    alone: bool,
    context: &'t Context,
}

impl<'t> RecordView<'t> {
    /// The fields that neither play a role nor hold the time.
    pub fn unexplained(&self) -> &[(&'t str, &'t str)] {
        self.unexplained.get_or_init(|| self.entry.fields.unexplained().collect())
    }
}

impl RecordView<'_> {
    /// The text that signatures are matched against.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| search_text(self.entry, &self.unwrapped.text, self.signs.binds))
    }

    /// The record as it was written, without what was wrapped around it; of several entries the text of this one.
    pub fn written(&self) -> &str {
        if self.alone { &self.unwrapped.text } else { self.text() }
    }

    /// Whether the record holds nothing else.
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// What takes secrets out of what is kept.
    pub fn redactor(&self) -> Redactor {
        self.context.redactor
    }

    /// Whether a program wrote it that knows people by other means than tokens.
    pub fn is_of_tokenless(&self) -> bool {
        self.written_by().is_some_and(is_tokenless)
    }

    /// Whether the record is JSON that nothing was wrapped around.
    fn is_json_as_written(&self) -> bool {
        self.entry.format == "json" && matches!(self.unwrapped.text, Cow::Borrowed(_))
    }

    /// The entry itself.
    pub fn entry(&self) -> &Entry<'_> {
        self.entry
    }

    /// Its place.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether it says what was asked for.
    pub fn names_request(&self) -> bool {
        self.roles.get(Role::Method).is_some() || self.roles.get(Role::Path).is_some()
    }

    /// What was asked for, and how it was answered: method, path and status.
    pub fn request(&self) -> Option<(&str, &str, &str)> {
        Some((self.roles.get(Role::Method)?, self.roles.get(Role::Path)?, self.roles.get(Role::Status)?))
    }

    /// Whether it tells of a request that changes nothing, as far as methods tell.
    pub fn only_reads(&self) -> bool {
        self.roles.get(Role::Method).is_some_and(|method| ["GET", "HEAD", "OPTIONS"].contains(&method))
    }

    /// Whether users or a login are what was asked for, as far as the path tells: who is unknown there held no token.
    pub fn asks_for_users(&self) -> bool {
        let logs_in = |segment: &str| {
            let segment = segment.to_ascii_lowercase();
            ["login", "logon", "signin", "sign-in", "signup", "firstfactor", "password", "register"]
                .iter()
                .any(|known| segment.contains(known))
        };
        let mut segments = self.roles.get(Role::Path).unwrap_or_default().split(['/', '?']);
        segments.any(|segment| values::is_collection(segment) || logs_in(segment))
    }

    /// Whether its level says that something is wrong.
    pub fn warns(&self) -> bool {
        self.entry.level.as_deref().is_some_and(|level| matches!(level.as_bytes().first(), Some(b'w' | b'W' | b'e' | b'E')))
    }

    /// Whether it bears the id of a request.
    pub fn names_id(&self) -> bool {
        self.roles.get(Role::RequestId).is_some() || self.roles.get(Role::TraceId).is_some()
    }

    /// What of the text may hold literals that do not stand in the record: of JSON the values that it spells otherwise.
    pub fn unwritten(&self, record: &str) -> Option<Cow<'_, str>> {
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
    pub fn matches(&self, signature: &Signature) -> Option<Captured<'_>> {
        if signature.kind.is_deed() && self.status().is_some_and(|status| status >= 400) {
            return None;
        }
        if signature.generic && signature.kind.is_of_account() && self.only_reads() && self.warns() {
            return None;
        }
        let captured = signature.variants.iter().find_map(|variant| self.matches_variant(signature, variant))?;
        if signature.generic && self.is_of_tokenless() {
            return None;
        }
        Some(captured)
    }

    /// What one way of writing a signature reads from the entry.
    fn matches_variant(&self, signature: &Signature, variant: &Variant) -> Option<Captured<'_>> {
        for (paths, pattern) in &variant.conditions {
            if !paths.split('|').filter_map(|path| self.at(path)).any(|value| pattern.stands_in(value) == Some(true)) {
                return None;
            }
        }
        let haystack = match &variant.field {
            Some(path) => self.lookup(path)?,
            None => self.text(),
        };
        let mut captured = Captured::new();
        if let Some(pattern) = &variant.pattern {
            captured = pattern.captures(haystack)?;
        } else if variant.conditions.is_empty() && !variant.literals.iter().any(|literal| haystack.contains(literal.as_str())) {
            return None;
        }
        // What must not match comes last: it is searched for in the whole text.
        for unless in variant.unless.iter().chain(signature.guards.iter().copied()) {
            if unless.stands_in(self.text())? {
                return None;
            }
        }
        for (field, path) in &variant.reads {
            if !captured.iter().any(|(known, _)| known == field)
                && let Some(value) = self.read(path)
            {
                captured.push((*field, value));
            }
        }
        Some(captured)
    }

    /// What a signature reads from a path, or puts together from several: `system:{namespace}:{name}`.
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
    pub fn written_by(&self) -> Option<&str> {
        self.roles.get(Role::Service).or(self.unwrapped.service.as_deref())
    }

    /// The value of the first of some paths, `a|b`, that the entry has.
    fn lookup(&self, paths: &str) -> Option<&str> {
        paths.split('|').find_map(|path| self.at(path))
    }

    /// The value at a path. `@method` is the event's method, whatever the layout calls it.
    fn at(&self, path: &str) -> Option<&str> {
        if let Some(name) = path.strip_prefix('@') {
            let field = Field::named(name)?;
            return Role::ALL.into_iter().find(|role| role.field() == Some(field)).and_then(|role| self.roles.get(role));
        }
        self.entry.fields.get(path).or(match path {
            "message" | "msg" => Some(&*self.entry.message),
            "level" => self.entry.level.as_deref(),
            _ => None,
        })
    }

    /// The HTTP status that it names.
    pub fn status(&self) -> Option<u16> {
        self.roles.get(Role::Status).and_then(|status| status.parse().ok())
    }

    /// Pushes the events of a signature that applies: one, or one for each user of a list.
    pub fn push_events(&self, signature: &Signature, candidate: Candidate, captured: Captured<'_>, events: &mut Vec<Event>) {
        let mut event = self.event(signature.kind);
        event.reason = signature.reason;
        event.signature = Some(SignatureId::at(candidate.signature));
        if signature.kind.is_quoted() {
            self.quote_what_tells(signature, candidate, &mut event);
        }
        let mut subjects: Vec<Name> = Vec::new();
        for (field, value) in captured {
            // A distinguished name has commas as well.
            if field == Field::Sub && value.contains(',') && !value.contains('=') && signature.kind.is_deed() {
                subjects = value.split(',').take(MAX_SUBJECTS).filter_map(|element| self.subject(element)).collect();
                continue;
            }
            field_value::set(&mut event, field, &value, self.context.redactor);
        }
        self.add_prose(&mut event);
        if subjects.is_empty() {
            events.push(event);
        } else {
            events.extend(subjects.into_iter().map(|sub| Event { sub: Some(sub), ..event.clone() }));
        }
    }

    /// Quotes what the signature matched, where the beginning of the message does not hold it: an error beside it, a
    /// cause below it.
    fn quote_what_tells(&self, signature: &Signature, candidate: Candidate, event: &mut Event) {
        let said = event.quote.unwrap_or_default().text();
        let said = said.as_str();
        let of_weight = signature.literals.iter().filter(|literal| literal.len() == candidate.weight);
        let searches: Vec<Finder<'_>> = of_weight.map(Finder::new).collect();
        let found = |text: &str| searches.iter().any(|search| search.find(text.as_bytes()).is_some());
        if found(said) {
            return;
        }
        let in_field = signature.variants.iter().find_map(|variant| self.lookup(variant.field.as_ref()?));
        let part = in_field.or_else(|| self.text().lines().find(|line| found(line)));
        let Some(part) = part.map(str::trim).filter(|part| *part != said) else { return };
        let part = self.context.redactor.redact(part);
        let both = if said.is_empty() { part } else { Cow::Owned(format!("{}: {part}", field_value::cut(said, MAX_QUOTE / 2))) };
        event.quote = Some(Name::of(&field_value::cut(&both, MAX_QUOTE)));
    }

    /// What the entry says of itself, whatever it means.
    pub fn event(&self, kind: EventKind) -> Event {
        let mut event = Event::bare(kind, self.place);
        event.sole_in_record = self.alone;
        event.shown = self.context.rows.then(|| Box::new(Shown { format: self.entry.format.into(), ..Shown::default() }));
        let (stamp, zoneless) = self.stamp();
        event.time = stamp;
        event.zoneless = zoneless;
        event.misdated = event.time.is_none() && (self.entry.stamp.is_some() || self.unwrapped.stamp.is_some());
        for role in Role::ALL {
            if let (Some(field), Some(value)) = (role.field(), self.roles.get(role)) {
                field_value::set(&mut event, field, value, self.context.redactor);
            }
        }
        event.service = self.service();
        if event.host.is_none() {
            event.host = self.unwrapped.host.as_deref().or(self.context.host.as_deref()).map(|host| self.name(host));
        }
        let asks_all = self.context.rows || kind.needs_message();
        if asks_all || kind.is_quoted() {
            let shown = self.shown(&event, if asks_all { redact::MOST } else { SHORT });
            let message = field_value::cut(&shown, MAX_MESSAGE);
            if kind.needs_message() {
                event.analyse_message(&message);
            }
            // What a request's own fields say is put together where it is shown.
            let is_silent = self.entry.message.trim().is_empty();
            if kind.is_quoted() && !(is_silent && event.method.is_some() && event.path.is_some()) {
                event.quote = Some(Name::of(&quote(&message, is_silent)));
            }
            if let Some(to_show) = &mut event.shown {
                to_show.level = self.entry.level.as_deref().map(|level| self.name(level));
                to_show.message = message.into();
            }
        }
        let named = self.roles.get(Role::Milliseconds).and_then(|text| text.split('.').next()?.parse().ok());
        if let Some(duration) = named.or_else(|| self.roles.get(Role::Duration).and_then(field_value::milliseconds)) {
            Field::DurationMs.set(&mut event, &Value::Whole(duration));
        }
        self.add_claims(&mut event);
        event
    }

    /// Adds what running text says of the request, where no field does.
    pub fn add_prose(&self, event: &mut Event) {
        if event.request_id.is_none()
            && let Some(found) = prose::request_id(self.text())
        {
            field_value::set(event, Field::RequestId, found, self.context.redactor);
        }
        if event.client_ip.is_none() {
            event.client_ip = prose::client(self.text()).map(field_value::bounded);
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
                *slot = value.map(|value| self.name(&value));
            }
        };
        fill(&mut event.sub, claims.sub);
        fill(&mut event.kid, claims.kid);
        fill(&mut event.claims_mut().iss, claims.iss);
        fill(&mut event.claims_mut().aud, claims.aud);
        if let Some(shown) = &mut event.shown {
            fill(&mut shown.alg, claims.alg);
            shown.jti = shown.jti.take().or(claims.jti.map(|jti| self.unique(&jti)));
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
    pub fn stamp(&self) -> (Option<DateTime<Utc>>, bool) {
        let whole = |stamp: &Stamp| stamp.offset.is_some() && stamp.has_year;
        let own = self.entry.stamp;
        let chosen = own.filter(whole).or(self.unwrapped.stamp.filter(whole)).or(own).or(self.unwrapped.stamp);
        let zone = |local: NaiveDateTime| timestamp::offset_at(&self.context.zone, local);
        let time =
            chosen.and_then(|stamp| stamp.resolve(zone, self.context.latest)).filter(|time| timestamp::is_plausible(*time));
        // Finer is no clock.
        let time = time.map(|time| time.trunc_subsecs(MICROSECONDS));
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
            field_value::bounded(service.split('@').next().unwrap_or(&service))
        })
    }

    /// A value that other events have as well, fit to be kept.
    fn name(&self, value: &str) -> Name {
        field_value::name(value, self.context.redactor)
    }

    /// A value that hardly another event has, fit to be kept.
    fn unique(&self, value: &str) -> Text {
        self.name(value).text()
    }

    /// One element of a list of users.
    fn subject(&self, element: &str) -> Option<Name> {
        let element = element.trim().trim_matches(['\'', '"', '(', ')', ' ']);
        (!element.is_empty()).then(|| self.name(element))
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
    pub fn text_to_show(&self) -> Cow<'_, str> {
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

/// What evidence shows of a text: of a message its first line, as a trace may stand below; of values one a line all.
fn quote(text: &str, is_values: bool) -> Cow<'_, str> {
    if is_values {
        return Cow::Owned(field_value::cut(&text.replace('\n', "; "), MAX_QUOTE).into_owned());
    }
    field_value::cut(text.lines().next().unwrap_or(text), MAX_QUOTE)
}
