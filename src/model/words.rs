//! The closed sets of words that catalogs, reports and rows are written in: one enum a set, each word spelled once.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Defines a closed set of words once: the enum, its spelling, and the way back from text.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    #[derive(Debug)]
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

    /// Whether it says that something was done, which a refusal did not do.
    pub const fn is_deed(self) -> bool {
        matches!(
            self,
            Self::UserCreated
                | Self::UserDeleted
                | Self::UserDisabled
                | Self::UserRestored
                | Self::KeyAdded
                | Self::KeyRotated
                | Self::KeyRetired
                | Self::TokenIssued
                | Self::TokenRevoked
                | Self::AuthSuccess
        )
    }

    /// Whether an account or a key is changed by it, which no request that only reads does.
    pub const fn is_of_account(self) -> bool {
        self.is_deed() && !matches!(self, Self::TokenIssued | Self::TokenRevoked | Self::AuthSuccess)
    }

    /// Whether it happens to one user, and many of its like make one pattern.
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
    /// Why a token was refused, ordered from the most specific to the least.
    #[derive(Debug)]
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
    #[derive(Debug)]
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
    #[derive(Debug)]
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
    /// Whether its diagnosis depends on who sent the token: on whether the subject, key or client was ever issued one.
    /// For other reasons the token itself says what is wrong with it.
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

    /// Whether the verifier did not have the token's key, or could not get it.
    pub const fn is_of_key(self) -> bool {
        matches!(self, Self::KeyNotFound | Self::JwksUnavailable)
    }
}

impl Cause {
    /// Whether it happened to the user, and so shows at every service that checks the user.
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
    /// A column of a failure that may hold what no line of its request says.
    #[derive(Debug)]
    InferredField {
        /// Which lines are of one request, where they share no id.
        SeenIn = "seen_in",
        /// The reason.
        Reason = "reason",
        /// The subject.
        Sub = "sub",
        /// The key.
        Kid = "kid",
        /// The time.
        Time = "time",
        /// The root cause.
        RootCause = "root_cause",
    }
}

words! {
    /// How something was inferred that no line of a request says.
    #[derive(Debug)]
    How {
        /// Lines of the same client and path, near in time.
        ClientAndPath = "client_and_path",
        /// Lines of the same path, near in time.
        Path = "path",
        /// Lines of the same client, near in time.
        Client = "client",
        /// Lines of the same subject, near in time.
        Subject = "subject",
        /// Lines that one source writes one after another.
        Sequence = "sequence",
        /// Lines that have nothing in common but their time.
        Moment = "moment",
        /// A line that adjoins the refusal in its log.
        Beside = "beside",
        /// Words that no entry of the catalog lists.
        Phrase = "phrase",
        /// Other refusals with an answer as long have the reason.
        AnswerSize = "answer_size",
        /// The clients of refusals with an answer as long were refused for it elsewhere.
        RefusedElsewhere = "refused_elsewhere",
        /// Other requests of the same client at the service around that time.
        Session = "session",
        /// Of the users of the same client the one whose account or token had ended.
        EndedUser = "ended_user",
        /// Another token of the same user around that time.
        TokenOfUser = "token_of_user",
        /// Another token of the same client around that time.
        TokenOfClient = "token_of_client",
        /// Another refusal of the same client.
        OtherRefusal = "other_refusal",
        /// The clock of a source was off and was put right.
        MovedClock = "moved_clock",
        /// A stamp names no zone, and other sources prove which one it is of.
        ProvedZone = "proved_zone",
    }
}

words! {
    /// How much a pattern matters.
    #[derive(Debug)]
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

words! {
    /// A finer label below a root cause.
    #[derive(Debug)]
    Variant {
        /// The key was retired while its tokens lived.
        EarlyRetirement = "early_retirement",
        /// The key stopped verifying and no line reports its retirement.
        UnannouncedRetirement = "unannounced_retirement",
        /// Another key stands behind a known key id.
        KidReused = "kid_reused",
        /// A shared secret was made anew.
        SecretRegenerated = "secret_regenerated",
        /// A key begins to sign that no line announced.
        UnannouncedKey = "unannounced_key",
        /// One instance of a verifier has an old key set.
        SingleInstance = "single_instance",
        /// The key set was out of reach for a while.
        Transient = "transient",
        /// The key set was never reached.
        Permanent = "permanent",
        /// An API key was sent as a user's token.
        ApiKeyAsUserToken = "api_key_as_user_token",
        /// The application server asks without the user's session.
        SessionNotForwarded = "session_not_forwarded",
        /// The verifier requires a claim that tokens do not carry.
        VerifierClaimConfig = "verifier_claim_config",
        /// The service looks into another database.
        WrongDatabase = "wrong_database",
        /// The verifier uses one key of several.
        SingleKeyVerifier = "single_key_verifier",
        /// Signer and verifier disagree on the key.
        SecretMismatch = "secret_mismatch",
        /// The token is a placeholder, or was cut.
        BrokenToken = "broken_token",
        /// A machine's token on a user's route.
        MachineToken = "machine_token",
        /// The tokens carry no usable subject.
        ClaimMapping = "claim_mapping",
        /// Token and verifier name different issuers.
        IssuerMismatch = "issuer_mismatch",
        /// The token is meant for another audience.
        WrongAudience = "wrong_audience",
        /// The token is of the wrong kind.
        WrongTokenType = "wrong_token_type",
        /// Scopes or roles do not suffice.
        ScopeOrRole = "scope_or_role",
        /// One request slipped in while the client refreshed its token.
        RefreshRace = "refresh_race",
        /// A clock is off.
        ClockSkew = "clock_skew",
        /// The session ended by a sign-out.
        Logout = "logout",
        /// A sign-out elsewhere ended all sessions.
        GlobalLogout = "global_logout",
        /// Everybody's tokens were ended at once.
        Mass = "mass",
        /// A refresh token that was used twice ended the session.
        ReuseDetection = "reuse_detection",
        /// The account was deleted softly.
        Soft = "soft",
        /// The account deleted itself.
        SelfService = "self_service",
        /// Many users vanished at once.
        BulkReset = "bulk_reset",
        /// The same person has a new id.
        Recreated = "recreated",
        /// A cached or replicated verifier noticed the deletion late.
        ReadSideLagged = "read_side_lagged",
        /// No line reports the deletion.
        Unlogged = "unlogged",
        /// The user belongs to another tenant.
        TenantMixup = "tenant_mixup",
        /// The id was given to another person.
        IdReused = "id_reused",
        /// The tokens carry another kind of id than the user store uses.
        WrongIdentifier = "wrong_identifier",
        /// The token comes from another environment.
        OtherEnvironment = "other_environment",
        /// The refusal took as long as a time-out.
        SlowRejection = "slow_rejection",
        /// The verifier answered an outage as if the user did not exist.
        Disguised = "disguised",
        /// Many unseen users, with tokens that verify.
        SubjectEnumeration = "subject_enumeration",
        /// Many unseen users.
        UnknownSubjects = "unknown_subjects",
        /// Many unseen keys.
        UnknownKidFlood = "unknown_kid_flood",
        /// Forged or changed tokens.
        Forged = "forged",
        /// No token was sent.
        NoToken = "no_token",
        /// The token could not be parsed.
        MalformedToken = "malformed_token",
        /// The refusal gave no reason.
        NoReasonGiven = "no_reason_given",
    }
}

words! {
    /// What came of looking for something that would speak against a diagnosis.
    #[derive(Debug)]
    Presence {
        /// It was looked for and is not there.
        Absent = "absent",
        /// It is there.
        Present = "present",
        /// The inputs do not allow to look for it.
        NotCheckable = "not checkable",
    }
}

words! {
    /// The number of a diagnosis rule. A number is never given to another rule.
    RuleId {
        /// The user was deleted, and a line says so.
        Dr01 = "DR-01",
        /// The account deleted itself and signed out after it.
        Dr02 = "DR-02",
        /// The account was deleted softly: its sessions are gone.
        Dr03 = "DR-03",
        /// The user is gone, and no line reports the deletion.
        Dr04 = "DR-04",
        /// Many users vanished at once.
        Dr05 = "DR-05",
        /// The same person was created again under another id.
        Dr06 = "DR-06",
        /// The token is of another environment.
        Dr07 = "DR-07",
        /// The user belongs to another tenant.
        Dr08 = "DR-08",
        /// The token carries another kind of id.
        Dr09 = "DR-09",
        /// The token is older than the user it names.
        Dr10 = "DR-10",
        /// The user was created a moment ago.
        Dr11 = "DR-11",
        /// The user was deleted, and a cache or replica noticed late.
        Dr12 = "DR-12",
        /// The user store failed.
        Dr13 = "DR-13",
        /// The refusal took as long as a time-out.
        Dr14 = "DR-14",
        /// An API key was sent as a user's token.
        Dr15 = "DR-15",
        /// The application server asks without the user's session.
        Dr16 = "DR-16",
        /// A request slipped in while the client refreshed its token.
        Dr17 = "DR-17",
        /// The issuer stopped emitting the subject.
        Dr18 = "DR-18",
        /// A machine's token on a user's route.
        Dr19 = "DR-19",
        /// The verifier requires another claim.
        Dr20 = "DR-20",
        /// The verifier does not know the new key.
        Dr21 = "DR-21",
        /// One instance of a verifier does not know the new key.
        Dr22 = "DR-22",
        /// The key went while its tokens lived.
        Dr23 = "DR-23",
        /// A shared secret changed.
        Dr24 = "DR-24",
        /// Signer and verifier disagree on the key.
        Dr25 = "DR-25",
        /// The key behind a key id changed.
        Dr26 = "DR-26",
        /// The verifier uses one key of several.
        Dr27 = "DR-27",
        /// The key set is out of reach.
        Dr28 = "DR-28",
        /// The token expired.
        Dr29 = "DR-29",
        /// A clock is off.
        Dr30 = "DR-30",
        /// The issuer is not the expected one.
        Dr31 = "DR-31",
        /// The audience or the kind of the token is wrong.
        Dr32 = "DR-32",
        /// The token is broken.
        Dr33 = "DR-33",
        /// The account is disabled.
        Dr34 = "DR-34",
        /// A disabled account still got through.
        Dr35 = "DR-35",
        /// The session was ended.
        Dr36 = "DR-36",
        /// A refresh token that was used twice ended the session.
        Dr37 = "DR-37",
        /// Everybody's tokens were ended at once.
        Dr38 = "DR-38",
        /// Forged or changed tokens are tried.
        Dr39 = "DR-39",
        /// A flood of unknown key ids.
        Dr40 = "DR-40",
        /// Unknown users are tried.
        Dr41 = "DR-41",
        /// Nothing says why.
        Dr42 = "DR-42",
        /// A source is silent where it should explain failures.
        Dr43 = "DR-43",
        /// A change that looked to blame is refuted.
        Dr44 = "DR-44",
        /// Scopes or roles do not suffice.
        Dr45 = "DR-45",
    }
}

impl RuleId {
    /// The rule that people mean by `DR-23`, `dr-23` or `23`.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.get(..3).filter(|begin| begin.eq_ignore_ascii_case("dr-")).map_or(text, |_| &text[3..]);
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let number: u8 = digits.parse().ok().filter(|_| is_number)?;
        Self::from_word(&format!("DR-{number:02}"))
    }
}

impl fmt::Debug for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_found_however_its_number_is_written() {
        for text in ["DR-07", "dr-07", "dr-7", "7", "07", " DR-7 "] {
            assert_eq!(RuleId::from_text(text), Some(RuleId::Dr07), "{text}");
        }
        for text in ["", "DR-", "DR-00", "0", "46", "+7", "DR-7a", "DR07", "größer"] {
            assert_eq!(RuleId::from_text(text), None, "{text}");
        }
    }
}
