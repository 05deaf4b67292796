//! The vocabulary: what a log can tell of tokens, users and keys, as plain data.
//!
//! Every other stage speaks in these words; nothing here reads or writes anything.

use std::hash::BuildHasher;
use std::num::NonZeroU32;
use std::sync::LazyLock;

use chrono::{DateTime, SecondsFormat, Utc};
use regex::bytes::Regex;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize, Serializer};

use crate::model::id::Id;
use crate::model::name::Name;

/// A time as every output has it: RFC 3339 in UTC, to the microsecond, which is as fine as most logs are.
pub fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Writes a time as [`rfc3339`] has it, for `#[serde(serialize_with)]`.
///
/// # Errors
/// Gives the error of the serializer.
pub fn serialize_time<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(rfc3339).serialize(serializer)
}

/// Defines a closed set of words once: the enum, its spelling, and the way back from text.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vmeta])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word of the set, in the order of the vocabulary.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word as it stands in catalogs, reports and rows.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The variant a word names, or `None` for a word outside the set.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// How a refusal says that a token for one use, or its like, came a second time.
static REUSE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i-u)already[ _](?:used|been[ _]refreshed)|replay|reuse[ _]detected|token[ _]reuse")
        .expect("a constant pattern compiles")
});

words! {
    /// What happened.
    ///
    /// The last two never leave the program: they are what the engine reads to understand a failed
    /// request, not events of their own (see [`EventKind::is_event`]).
    EventKind {
        /// A token, or a request that had to carry one, was refused; always with a reason.
        AuthFailure = "auth_failure",
        /// A token was accepted.
        AuthSuccess = "auth_success",
        /// Login, refresh or grant.
        TokenIssued = "token_issued",
        /// Logout, revocation, end of a session.
        TokenRevoked = "token_revoked_event",
        /// An account came to be.
        UserCreated = "user_created",
        /// An account is gone.
        UserDeleted = "user_deleted",
        /// An account was banned, locked or deactivated.
        UserDisabled = "user_disabled",
        /// A disabled or deleted account came back.
        UserRestored = "user_restored",
        /// A key was published.
        KeyAdded = "key_added",
        /// The active signing key changed.
        KeyRotated = "key_rotated",
        /// A key was removed or revoked.
        KeyRetired = "key_retired",
        /// A verifier fetched the key set.
        JwksRefreshed = "jwks_refreshed",
        /// Configuration edit, deploy or restart.
        ConfigChanged = "config_changed",
        /// Database or directory failing.
        UserStoreError = "user_store_error",
        /// A part of the token path failed and no token was judged.
        ServiceError = "service_error",
        /// A request as an access log saw it: joins the failure of the same request, is no event itself.
        Request = "request",
        /// A refusal that has nothing to do with a token (CSRF, password, webhook): explains a bare 401.
        Unrelated = "unrelated",
    }
}

impl EventKind {
    /// Whether this is a word of the public vocabulary, written to `--events`.
    pub const fn is_event(self) -> bool {
        !matches!(self, Self::Request | Self::Unrelated)
    }

    /// Whether a diagnosis asks what the record said; else only rows show it.
    pub const fn needs_message(self) -> bool {
        matches!(self, Self::AuthFailure | Self::TokenRevoked)
    }

    /// Whether what its record says is shown as evidence. Of requests, accepted and issued tokens there are as many as there
    /// is traffic, and their fields say all.
    pub const fn is_quoted(self) -> bool {
        !matches!(self, Self::Request | Self::Unrelated | Self::AuthSuccess | Self::TokenIssued)
    }

    /// Whether it befalls one user, and many of its like make one pattern.
    pub const fn is_of_one_user(self) -> bool {
        matches!(
            self,
            Self::UserCreated
                | Self::UserDeleted
                | Self::UserDisabled
                | Self::UserRestored
                | Self::TokenIssued
                | Self::TokenRevoked
        )
    }
}

words! {
    /// Why a token was refused, ordered from the most specific telling to the least.
    Reason {
        /// The token is fine; the user its `sub` names is not in the user store.
        SubNotFound = "sub_not_found",
        /// No usable subject or identity claim in the token.
        SubMissing = "sub_missing",
        /// The token's `exp` has passed.
        TokenExpired = "token_expired",
        /// `nbf` or `iat` lies in the future.
        TokenNotYetValid = "token_not_yet_valid",
        /// A key was chosen and did not verify.
        SignatureInvalid = "signature_invalid",
        /// `kid` unknown, or no matching key in the set.
        KeyNotFound = "key_not_found",
        /// The issuer is not the expected one.
        IssuerInvalid = "issuer_invalid",
        /// The audience is not the expected one.
        AudienceInvalid = "audience_invalid",
        /// The header names an algorithm that is not allowed.
        AlgorithmNotAllowed = "algorithm_not_allowed",
        /// The token cannot be parsed.
        TokenMalformed = "token_malformed",
        /// No token was sent.
        TokenMissing = "token_missing",
        /// Revoked, logged out, session gone.
        TokenRevoked = "token_revoked",
        /// Banned or inactive.
        UserDisabled = "user_disabled",
        /// Roles, scopes or access rules.
        ScopeInsufficient = "scope_insufficient",
        /// The key set was unreachable while a request was judged.
        JwksUnavailable = "jwks_unavailable",
        /// The user store was unreachable while a request was judged.
        UserStoreUnavailable = "user_store_unavailable",
        /// Another claim is not as it must be.
        ClaimInvalid = "claim_invalid",
        /// Refused, and the text names no reason, or one outside this list.
        Other = "other",
    }
}

words! {
    /// The root cause of a failure.
    Cause {
        /// The user was deleted while the token lived on.
        UserDeleted = "user_deleted",
        /// The user never existed here: wrong id, other environment or tenant.
        UserNeverExisted = "user_never_existed",
        /// The account is disabled.
        UserDisabled = "user_disabled",
        /// Signed by a key that was retired or replaced.
        KeyRotated = "key_rotated",
        /// The verifier has not picked up the new key, or cannot fetch it.
        StaleJwksCache = "stale_jwks_cache",
        /// The user store was failing.
        UserStoreOutage = "user_store_outage",
        /// Just created, read side behind; heals by itself.
        ReplicationLag = "replication_lag",
        /// Issuer, audience, claim mapping, wrong kind of token, bad deploy.
        Misconfiguration = "misconfiguration",
        /// Expiry or clock skew.
        TokenLifetime = "token_lifetime",
        /// The token or its session was revoked.
        TokenRevoked = "token_revoked",
        /// Somebody is trying tokens.
        Probing = "probing",
        /// No rule reaches the threshold.
        Unexplained = "unexplained",
    }
}

words! {
    /// How sure a diagnosis is.
    Band {
        /// 0.90 and above.
        Confirmed = "confirmed",
        /// 0.70 to 0.89.
        Likely = "likely",
        /// 0.40 to 0.69.
        Possible = "possible",
        /// Below 0.40.
        Unexplained = "unexplained",
    }
}

impl Reason {
    /// Whether a diagnosis asks who the bearer is: whether the subject, key or client was ever issued a token. Else the
    /// token alone says what is wrong with it.
    pub const fn asks_who(self) -> bool {
        matches!(
            self,
            Self::SubNotFound
                | Self::SubMissing
                | Self::UserDisabled
                | Self::TokenRevoked
                | Self::SignatureInvalid
                | Self::KeyNotFound
                | Self::AlgorithmNotAllowed
                | Self::TokenMalformed
                | Self::JwksUnavailable
                | Self::UserStoreUnavailable
                | Self::Other
        )
    }
}

impl Cause {
    /// Whether it befell the user, and so shows at every service that asks.
    pub fn is_of_the_user(self) -> bool {
        matches!(self, Self::UserDeleted | Self::UserDisabled | Self::TokenRevoked)
    }
}

impl Band {
    /// The band a confidence in `[0, 1]` falls into.
    pub fn of(confidence: f64) -> Self {
        match confidence {
            c if c >= 0.90 => Self::Confirmed,
            c if c >= 0.70 => Self::Likely,
            c if c >= 0.40 => Self::Possible,
            _ => Self::Unexplained,
        }
    }
}

words! {
    /// How much a pattern matters.
    Severity {
        /// Worth knowing.
        Low = "low",
        /// Users are refused.
        Medium = "medium",
        /// Many users are refused, or a security boundary is thin.
        High = "high",
        /// Act now.
        Critical = "critical",
    }
}

/// Text kept beyond its record that hardly recurs: a counted reference as thin as a pointer.
pub type Text = arcstr::ArcStr;

/// One opened input (a file, or a member of an archive), by its place in the run's list of streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId(pub u32);

/// Where a record stands: its stream and the number of its first line, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The stream.
    pub stream: StreamId,
    /// The first line of the record, from 1.
    pub line: u64,
}

/// The catalog entry that told of an event, by its place in the loaded catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SignatureId(NonZeroU32);

impl SignatureId {
    /// The id of the signature at a place.
    pub fn at(place: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(place))
    }

    /// The place.
    pub fn place(self) -> u32 {
        self.0.get() - 1
    }
}

/// Something a record told.
///
/// Holds claims, never a token: [`crate::layout::token`] is where raw tokens end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "marks of a record, each asked for by itself")]
pub struct Event {
    /// When, in UTC; `None` where the record bears no time.
    pub time: Option<DateTime<Utc>>,
    /// The stamp named no zone: `time` follows the run's default zone until other sources prove another.
    pub zoneless: bool,
    /// The record bears a stamp that no clock should show: it has no `time`, and is a record of its own all the same.
    pub misdated: bool,
    /// It was looked for: the second pass found it.
    pub looked_up: bool,
    /// Whether its record holds nothing else.
    pub sole_in_record: bool,
    /// What happened.
    pub kind: EventKind,
    /// Why, for an [`EventKind::AuthFailure`].
    pub reason: Option<Reason>,
    /// Subject: the user a token or an account event names.
    pub sub: Option<Name>,
    /// Key id.
    pub kid: Option<Name>,
    /// Address of the client as the line knows it.
    pub client_ip: Option<Name>,
    /// Request id.
    pub request_id: Option<Id>,
    /// Trace id, lower-case hex for W3C and B3.
    pub trace_id: Option<Id>,
    /// The service that speaks, or the one a gateway routed to.
    pub service: Option<Name>,
    /// Host, pod or container the record was written on.
    pub host: Option<Name>,
    /// HTTP method.
    pub method: Option<Name>,
    /// Path without its query.
    pub path: Option<Name>,
    /// User agent.
    pub user_agent: Option<Name>,
    /// HTTP status.
    pub status: Option<u16>,
    /// Size of the answer's body, in bytes, as an access log has it.
    pub response_bytes: Option<NonZeroU32>,
    /// How long the request took, in milliseconds; what took less than one is taken for one.
    pub duration_ms: Option<NonZeroU32>,
    /// A hash of the record's text, for what may be told twice: a refusal.
    pub message_hash: u32,
    /// The text speaks of a refresh token that was used twice.
    pub reuse: bool,
    /// The beginning of what the record says, without secrets: what evidence shows beside file and line.
    pub quote: Option<Name>,
    /// What else is known of the token.
    pub claims: Option<Box<Claims>>,
    /// What else a record told that only some rules ask for.
    pub extra: Option<Box<Extra>>,
    /// What only rows show, where they are asked for.
    pub shown: Option<Box<Shown>>,
    /// The catalog entry; `None` for what the engine reads by itself.
    pub signature: Option<SignatureId>,
    /// Where it stands.
    pub place: Place,
}

/// What few records tell of a token, kept aside so that ordinary events stay small.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: Option<Name>,
    /// Audience; several are joined by a comma.
    pub aud: Option<Name>,
    /// Issued at, seconds since the epoch.
    pub iat: Option<i64>,
    /// Expires at, seconds since the epoch.
    pub exp: Option<i64>,
}

/// Seldom present facts of an event, kept aside so that ordinary events stay small.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Extra {
    /// The id the log itself gave the event (an audit id).
    pub event_id: Option<Text>,
    /// Tenant, realm or project.
    pub tenant: Option<Name>,
    /// E-mail or user name of the subject.
    pub username: Option<Name>,
    /// OAuth client (`azp`, `client_id`).
    pub client_id: Option<Name>,
    /// Role claim (`anon`, `service_role`, ...).
    pub role: Option<Name>,
    /// The key that the event replaces.
    pub previous_kid: Option<Name>,
}

/// What no diagnosis reads.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Level as written.
    pub level: Option<Name>,
    /// Redacted, bounded text of the record.
    pub message: Text,
    /// Algorithm of the token.
    pub alg: Option<Name>,
    /// Token id.
    pub jti: Option<Text>,
    /// Session id.
    pub session_id: Option<Text>,
    /// What changed, in the log's words, for a configuration event.
    pub change: Option<Text>,
    /// Name of the layout the record was read by.
    pub format: Name,
}

impl Event {
    /// An event that knows only what it is and where it stands.
    pub fn bare(kind: EventKind, place: Place) -> Self {
        Self {
            time: None,
            zoneless: false,
            misdated: false,
            looked_up: false,
            sole_in_record: false,
            kind,
            reason: None,
            sub: None,
            kid: None,
            client_ip: None,
            request_id: None,
            trace_id: None,
            service: None,
            host: None,
            method: None,
            path: None,
            user_agent: None,
            status: None,
            response_bytes: None,
            duration_ms: None,
            message_hash: 0,
            reuse: false,
            quote: None,
            claims: None,
            extra: None,
            shown: None,
            signature: None,
            place,
        }
    }

    /// Notes what a diagnosis asks of a record's text.
    pub fn analyse_message(&mut self, text: &str) {
        self.message_hash = FxBuildHasher.hash_one(text).to_le_bytes().first_chunk().copied().map_or(0, u32::from_le_bytes);
        self.reuse = REUSE.is_match(text.as_bytes());
    }

    /// What evidence shows of its record: what it says, else the request it tells of.
    pub fn quoted(&self) -> Option<Name> {
        self.quote.or_else(|| {
            let (method, path) = (self.method?, self.path?);
            Some(Name::from(match self.status {
                Some(status) => format!("{method} {path} {status}"),
                None => format!("{method} {path}"),
            }))
        })
    }

    /// A claim of the token, as far as the record tells it.
    pub fn claim<T>(&self, get: impl FnOnce(&Claims) -> Option<T>) -> Option<T> {
        self.claims.as_deref().and_then(get)
    }

    /// The claims, made on first use.
    pub fn claims_mut(&mut self) -> &mut Claims {
        self.claims.get_or_insert_default()
    }

    /// The seldom present facts, made on first use.
    pub fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stays_small() {
        assert!(size_of::<Event>() <= 152, "{}", size_of::<Event>());
    }
}
