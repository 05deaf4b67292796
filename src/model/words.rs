//! The closed sets of words that catalogs, reports and rows are written in: one enum a set, each word spelled once.

use serde::{Deserialize, Serialize};

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
