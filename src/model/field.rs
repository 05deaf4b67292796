//! The fields of an event, in one table: what each is called, what type it has, whether a catalog entry may name it, and
//! whether a further line of the same occurrence may fill it.
//!
//! Everything that goes through the fields of events one by one asks this table: what is read from a record, what a
//! catalog entry may name, the columns of events files, the folding of lines, the timelines of tests. A new field is a
//! slot in [`Event`] and a line here.

use std::borrow::Cow;
use std::num::{NonZeroI16, NonZeroU32};

use chrono::{DateTime, Utc};

use crate::model::event::{Event, EventKind, Reason, Text};
use crate::model::id::Id;
use crate::model::name::Name;

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'v> {
    /// Text.
    Text(Cow<'v, str>),
    /// A whole number.
    Whole(i64),
    /// A time in UTC.
    Time(DateTime<Utc>),
    /// Yes; a flag that is not set has no value.
    Flag,
}

impl<'v> Value<'v> {
    /// A text.
    pub fn text(text: &'v str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

/// What type the values of a field have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// [`Value::Text`].
    Text,
    /// [`Value::Whole`].
    Whole,
    /// [`Value::Time`].
    Time,
    /// [`Value::Flag`].
    Flag,
}

/// Gives a value of an event.
type Get<T> = fn(&Event) -> Option<T>;
/// Gives the slot that holds a value; `None` where the event does not keep it.
type GetMut<T> = fn(&mut Event) -> Option<&mut Option<T>>;

/// Where an event keeps a field, and in what form.
enum Slot {
    /// Text that recurs.
    Name(Get<Name>, GetMut<Name>),
    /// Text that hardly recurs.
    Text(fn(&Event) -> Option<&Text>, GetMut<Text>),
    Id(Get<Id>, GetMut<Id>),
    Seconds(Get<i64>, GetMut<i64>),
    Status(Get<u16>, GetMut<u16>),
    /// A size or a duration: what is smaller than one is one.
    Size(Get<NonZeroU32>, GetMut<NonZeroU32>),
    Time(Get<DateTime<Utc>>, GetMut<DateTime<Utc>>),
    Flag(fn(&Event) -> bool, fn(&mut Event) -> &mut bool),
    /// Kept otherwise: asked and set by functions of its own.
    Own(Type, for<'e> fn(&'e Event) -> Option<Value<'e>>, fn(&mut Event, &Value<'_>)),
}

/// One line of the table.
struct Spec {
    name: &'static str,
    slot: Slot,
    named: bool,
    fills: bool,
}

impl Spec {
    const fn new(name: &'static str, slot: Slot) -> Self {
        Self { name, slot, named: false, fills: false }
    }

    /// Where the log says it, a catalog entry may name it, and a further line of the same occurrence may fill it.
    const fn logged(name: &'static str, slot: Slot) -> Self {
        Self { name, slot, named: true, fills: true }
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident = $spec:expr;)+) => {
        /// A field of an event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $($(#[$doc])* $field,)+ }

        static TABLE: &[Spec] = &[$($spec,)+];

        impl Field {
            /// Every field, in the order of the columns of an events file.
            pub const ALL: &'static [Self] = &[$(Self::$field,)+];
        }
    };
}

use Slot::{Flag, Name as Named, Own, Seconds, Size, Status, Time};

fields! {
    /// When, in UTC.
    Time = Spec::new("time", Time(|event| event.time, |event| Some(&mut event.time)));
    /// What happened.
    Kind = Spec::new("kind", Own(
        Type::Text,
        |event| Some(Value::text(event.kind.as_str())),
        |event, value| if let Value::Text(word) = value { event.kind = EventKind::from_word(word).unwrap_or(event.kind) },
    ));
    /// Why a token was refused.
    Reason = Spec::new("reason", Own(
        Type::Text,
        |event| event.reason.map(|reason| Value::text(reason.as_str())),
        |event, value| if let Value::Text(word) = value { event.reason = Reason::from_word(word) },
    ));
    /// Subject.
    Sub = Spec::logged("sub", Named(|event| event.sub, |event| Some(&mut event.sub)));
    /// Key id.
    Kid = Spec::logged("kid", Named(|event| event.kid, |event| Some(&mut event.kid)));
    /// Issuer.
    Iss = Spec::logged("iss", Named(|event| event.claims.as_deref()?.iss, |event| Some(&mut event.claims_mut().iss)));
    /// Audience.
    Aud = Spec::logged("aud", Named(|event| event.claims.as_deref()?.aud, |event| Some(&mut event.claims_mut().aud)));
    /// Algorithm.
    Alg = Spec::logged("alg", Named(|event| event.shown.as_deref()?.alg, |event| Some(&mut event.shown.as_deref_mut()?.alg)));
    /// Token id.
    Jti = Spec::logged("jti", Slot::Text(
        |event| event.shown.as_deref()?.jti.as_ref(),
        |event| Some(&mut event.shown.as_deref_mut()?.jti),
    ));
    /// Issued at, seconds since the epoch.
    Iat = Spec::logged("iat", Seconds(|event| event.claims.as_deref()?.iat, |event| Some(&mut event.claims_mut().iat)));
    /// Expires at, seconds since the epoch.
    Exp = Spec::logged("exp", Seconds(|event| event.claims.as_deref()?.exp, |event| Some(&mut event.claims_mut().exp)));
    /// Address of the client.
    ClientIp = Spec::logged("client_ip", Named(|event| event.client_ip, |event| Some(&mut event.client_ip)));
    /// Request id.
    RequestId = Spec::logged("request_id", Slot::Id(|event| event.request_id, |event| Some(&mut event.request_id)));
    /// Trace id.
    TraceId = Spec::logged("trace_id", Slot::Id(|event| event.trace_id, |event| Some(&mut event.trace_id)));
    /// The service that wrote the record.
    Service = Spec::logged("service", Named(|event| event.service, |event| Some(&mut event.service)));
    /// Host, pod or container.
    Host = Spec { fills: false, ..Spec::logged("host", Named(|event| event.host, |event| Some(&mut event.host))) };
    /// HTTP method.
    Method = Spec::logged("method", Named(|event| event.method, |event| Some(&mut event.method)));
    /// Path without its query.
    Path = Spec::logged("path", Named(|event| event.path, |event| Some(&mut event.path)));
    /// HTTP status.
    Status = Spec::logged("status", Status(|event| event.status, |event| Some(&mut event.status)));
    /// Level as written.
    Level = Spec::logged("level", Named(
        |event| event.shown.as_deref()?.level,
        |event| Some(&mut event.shown.as_deref_mut()?.level),
    ));
    /// Text of the record, redacted and bounded.
    Message = Spec::new("message", Own(
        Type::Text,
        |event| event.shown.as_deref().map(|shown| &*shown.message).filter(|text| !text.is_empty()).map(Value::text),
        |event, value| if let (Value::Text(text), Some(shown)) = (value, &mut event.shown) { shown.message = (&**text).into() },
    ));
    /// Name of the layout that read the record.
    Format = Spec::new("format", Own(
        Type::Text,
        |event| event.shown.as_deref().map(|shown| Value::Text(Cow::Owned(shown.format.text().to_string()))),
        |event, value| if let (Value::Text(text), Some(shown)) = (value, &mut event.shown) { shown.format = Name::of(text) },
    ));
    /// E-mail or user name of the subject.
    Username = Spec::logged("username", Named(
        |event| event.extra.as_deref()?.username,
        |event| Some(&mut event.extra_mut().username),
    ));
    /// Tenant, realm or project.
    Tenant = Spec::logged("tenant", Named(|event| event.extra.as_deref()?.tenant, |event| Some(&mut event.extra_mut().tenant)));
    /// OAuth client.
    ClientId = Spec::logged("client_id", Named(
        |event| event.extra.as_deref()?.client_id,
        |event| Some(&mut event.extra_mut().client_id),
    ));
    /// Role claim.
    Role = Spec::logged("role", Named(|event| event.extra.as_deref()?.role, |event| Some(&mut event.extra_mut().role)));
    /// User agent.
    UserAgent = Spec::logged("user_agent", Named(|event| event.user_agent, |event| Some(&mut event.user_agent)));
    /// Session id, hashed.
    SessionId = Spec::logged("session_id", Slot::Text(
        |event| event.shown.as_deref()?.session_id.as_ref(),
        |event| Some(&mut event.shown.as_deref_mut()?.session_id),
    ));
    /// The id that the log itself gave the event.
    EventId = Spec::logged("event_id", Slot::Text(
        |event| event.extra.as_deref()?.event_id.as_ref(),
        |event| Some(&mut event.extra_mut().event_id),
    ));
    /// The key that the event replaces.
    PreviousKid = Spec::logged("previous_kid", Named(
        |event| event.extra.as_deref()?.previous_kid,
        |event| Some(&mut event.extra_mut().previous_kid),
    ));
    /// What changed, in the log's words.
    Change = Spec::logged("change", Slot::Text(
        |event| event.extra.as_deref()?.change.as_ref(),
        |event| Some(&mut event.extra_mut().change),
    ));
    /// Size of the answer's body, in bytes.
    ResponseBytes = Spec::logged("response_bytes", Size(
        |event| event.response_bytes,
        |event| Some(&mut event.response_bytes),
    ));
    /// How long the request took, in milliseconds.
    DurationMs = Spec::logged("duration_ms", Size(|event| event.duration_ms, |event| Some(&mut event.duration_ms)));
    /// What evidence shows of the record.
    Quote = Spec::new("quote", Named(|event| event.quote, |event| Some(&mut event.quote)));
    /// A hash of the record's text; 0 where none is needed.
    MessageHash = Spec::new("message_hash", Own(
        Type::Whole,
        |event| (event.message_hash != 0).then(|| Value::Whole(event.message_hash.into())),
        |event, value| if let Value::Whole(hash) = value { event.message_hash = u32::try_from(*hash).unwrap_or_default() },
    ));
    /// The text says that a refresh token was used twice.
    Reuse = Spec::new("reuse", Flag(|event| event.reuse, |event| &mut event.reuse));
    /// Read from words that no catalog entry lists.
    ByPhrase = Spec::new("by_phrase", Flag(|event| event.by_phrase, |event| &mut event.by_phrase));
    /// So many lines further on stands the refused request that it is taken for a line of.
    Beside = Spec::new("beside", Own(
        Type::Whole,
        |event| event.beside.map(|lines| Value::Whole(lines.get().into())),
        |event, value| if let Value::Whole(lines) = value {
            event.beside = i16::try_from(*lines).ok().and_then(NonZeroI16::new);
        },
    ));
    /// The stamp named no zone.
    Zoneless = Spec::new("zoneless", Flag(|event| event.zoneless, |event| &mut event.zoneless));
    /// The record has a stamp that no clock should show.
    Misdated = Spec::new("misdated", Flag(|event| event.misdated, |event| &mut event.misdated));
    /// The second pass found it.
    LookedUp = Spec::new("looked_up", Flag(|event| event.looked_up, |event| &mut event.looked_up));
    /// Its record holds nothing else.
    SoleInRecord = Spec::new("sole_in_record", Flag(|event| event.sole_in_record, |event| &mut event.sole_in_record));
}

impl Field {
    fn spec(self) -> &'static Spec {
        &TABLE[self as usize]
    }

    /// Its name in catalogs and its column in events files.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// The field of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// Whether a catalog entry may name it.
    pub fn is_for_catalogs(self) -> bool {
        self.spec().named
    }

    /// What type its values have.
    pub fn kind(self) -> Type {
        match self.spec().slot {
            Slot::Name(..) | Slot::Text(..) | Slot::Id(..) => Type::Text,
            Slot::Seconds(..) | Slot::Status(..) | Slot::Size(..) => Type::Whole,
            Slot::Time(..) => Type::Time,
            Slot::Flag(..) => Type::Flag,
            Slot::Own(kind, ..) => kind,
        }
    }

    /// Whether an event keeps it: some have a slot only where rows are wanted.
    pub fn is_kept_by(self, event: &Event) -> bool {
        let is_shown = matches!(self, Self::Alg | Self::Jti | Self::Level | Self::SessionId);
        !is_shown || event.shown.is_some()
    }

    /// What an event holds of it.
    pub fn of(self, event: &Event) -> Option<Value<'_>> {
        match self.spec().slot {
            Slot::Name(get, _) => get(event).map(|name| Value::Text(Cow::Owned(name.text().to_string()))),
            Slot::Text(get, _) => get(event).map(|text| Value::text(text)),
            Slot::Id(get, _) => get(event).map(|id| Value::Text(Cow::Owned(id.to_string()))),
            Slot::Seconds(get, _) => get(event).map(Value::Whole),
            Slot::Status(get, _) => get(event).map(|status| Value::Whole(status.into())),
            Slot::Size(get, _) => get(event).map(|size| Value::Whole(size.get().into())),
            Slot::Time(get, _) => get(event).map(Value::Time),
            Slot::Flag(get, _) => get(event).then_some(Value::Flag),
            Slot::Own(_, get, _) => get(event),
        }
    }

    /// Puts a value into an event. A value of another type, and one that the event does not keep, is not taken.
    pub fn set(self, event: &mut Event, value: &Value<'_>) {
        match (&self.spec().slot, value) {
            (Slot::Name(_, get_mut), Value::Text(text)) => put(get_mut(event), Some(Name::of(text))),
            (Slot::Text(_, get_mut), Value::Text(text)) => put(get_mut(event), Some((&**text).into())),
            (Slot::Id(_, get_mut), Value::Text(text)) => put(get_mut(event), Some(Id::of(text))),
            (Slot::Seconds(_, get_mut), Value::Whole(number)) => put(get_mut(event), Some(*number)),
            (Slot::Status(_, get_mut), Value::Whole(number)) => put(get_mut(event), u16::try_from(*number).ok()),
            (Slot::Size(_, get_mut), Value::Whole(number)) => put(get_mut(event), size(*number)),
            (Slot::Time(_, get_mut), Value::Time(time)) => put(get_mut(event), Some(*time)),
            (Slot::Flag(_, get_mut), Value::Flag) => *get_mut(event) = true,
            (Slot::Own(_, _, set), value) => set(event, value),
            _ => {}
        }
    }

    /// Fills it from a further line of the same occurrence, where the first says nothing of it.
    pub fn fill(self, first: &mut Event, next: &Event) {
        if !self.spec().fills {
            return;
        }
        match &self.spec().slot {
            Slot::Name(get, get_mut) => fill(first, get(first).is_some(), get(next), *get_mut),
            Slot::Text(get, get_mut) => fill(first, get(first).is_some(), get(next).cloned(), *get_mut),
            Slot::Id(get, get_mut) => fill(first, get(first).is_some(), get(next), *get_mut),
            Slot::Seconds(get, get_mut) => fill(first, get(first).is_some(), get(next), *get_mut),
            Slot::Status(get, get_mut) => fill(first, get(first).is_some(), get(next), *get_mut),
            Slot::Size(get, get_mut) => fill(first, get(first).is_some(), get(next), *get_mut),
            Slot::Time(get, get_mut) => fill(first, get(first).is_some(), get(next), *get_mut),
            Slot::Flag(..) | Slot::Own(..) => {}
        }
    }
}

fn put<T>(slot: Option<&mut Option<T>>, value: Option<T>) {
    if let (Some(slot), Some(value)) = (slot, value) {
        *slot = Some(value);
    }
}

fn fill<T>(first: &mut Event, is_known: bool, more: Option<T>, get_mut: GetMut<T>) {
    if !is_known && more.is_some() {
        put(get_mut(first), more);
    }
}

/// A size or duration: what is less than one is one, and what is more than the most is the most.
fn size(number: i64) -> Option<NonZeroU32> {
    NonZeroU32::new(u32::try_from(number.max(1)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Place, StreamId};

    fn bare(line: u64) -> Event {
        let mut event = Event::bare(EventKind::AuthFailure, Place { stream: StreamId(0), line });
        event.shown = Some(Box::default());
        event
    }

    /// A value that fits a field.
    fn sample(field: Field) -> Value<'static> {
        match (field, field.kind()) {
            (Field::Kind, _) => Value::text("user_deleted"),
            (Field::Reason, _) => Value::text("token_expired"),
            (Field::RequestId | Field::TraceId, _) => Value::text("0af7651916cd43dd8448eb211c80319c"),
            (_, Type::Text) => Value::text("some text"),
            (_, Type::Whole) => Value::Whole(401),
            (_, Type::Time) => Value::Time(DateTime::UNIX_EPOCH),
            (_, Type::Flag) => Value::Flag,
        }
    }

    #[test]
    fn every_field_is_found_by_its_name_and_holds_what_is_put_into_it() {
        for field in Field::ALL.iter().copied() {
            assert_eq!(Field::named(field.name()), Some(field));
            let mut event = bare(1);
            field.set(&mut event, &sample(field));
            assert_eq!(field.of(&event), Some(sample(field)), "{}", field.name());
            let others = Field::ALL.iter().filter(|other| **other != field && !matches!(other, Field::Kind | Field::Format));
            for other in others {
                assert_eq!(other.of(&event), None, "{} beside {}", other.name(), field.name());
            }
        }
    }

    #[test]
    fn a_further_line_fills_what_the_first_does_not_say() {
        for field in Field::ALL.iter().copied().filter(|field| field.is_for_catalogs()) {
            let (mut first, mut next) = (bare(1), bare(2));
            field.set(&mut next, &sample(field));
            field.fill(&mut first, &next);
            assert_eq!(field.of(&first).is_some(), field != Field::Host, "{}", field.name());
        }
        let (mut first, mut next) = (bare(1), bare(2));
        Field::Sub.set(&mut first, &Value::text("u-1"));
        Field::Sub.set(&mut next, &Value::text("u-2"));
        Field::Sub.fill(&mut first, &next);
        assert_eq!(Field::Sub.of(&first), Some(Value::text("u-1")));
    }

    #[test]
    fn what_only_rows_show_is_kept_only_where_rows_are_asked_for() {
        let mut event = bare(1);
        event.shown = None;
        Field::Alg.set(&mut event, &Value::text("RS256"));
        assert_eq!(Field::Alg.of(&event), None);
        assert!(event.shown.is_none());
    }
}
