//! What words can mean: things, states, deeds and the small words between them.

/// A thing that a text speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noun {
    /// Somebody with an account, by whatever name.
    User,
    /// The subject: the user, or the claim that names the user.
    Subject,
    /// The `sub` claim by its own name.
    Sub,
    /// A token of any kind.
    Token,
    /// A token that is exchanged for others, and so is known to its issuer.
    Refresh,
    /// What a request presents, without saying what.
    Credential,
    /// The header or cookie that carries a token.
    Carrier,
    /// A key, or the id of one.
    Key,
    /// Keys as published.
    KeySet,
    /// The issuer.
    Issuer,
    /// The audience.
    Audience,
    /// A login that lasts.
    Session,
    /// The signature.
    Signature,
    /// How a token is signed.
    Algorithm,
    /// A claim, without saying which.
    Claim,
    /// The end of a token's life.
    Expiry,
    /// The start of a token's life.
    Start,
    /// A claim that has no reason of its own.
    OtherClaim,
    /// A part of the token's outer form.
    Shape,
    /// Where users are kept.
    Store,
    /// What one may do.
    Scope,
    /// An address that is asked for something.
    Endpoint,
    /// A kind: of token, of grant.
    Type,
    /// The client application.
    Client,
    /// A record of something, without saying of what.
    Record,
    /// Something that is no business of this reader.
    Foreign,
    /// Something that settles that the text speaks of passwords, forms or connections.
    Veto,
}

/// What is wrong with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Looked for and not found.
    Missing,
    /// Not sent, not contained, empty.
    Absent,
    /// Deleted.
    Gone,
    /// Blocked or disabled.
    Off,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYet,
    /// Withdrawn.
    Revoked,
    /// Cannot be read.
    Malformed,
    /// Is read, and is not as it must be.
    Mismatch,
    /// Could not be verified: a mismatch, and of a token most likely that of its signature.
    Unverified,
    /// Is known, and not accepted.
    NotAllowed,
    /// Cannot be reached.
    Unreachable,
    /// Does not suffice.
    Insufficient,
}

/// What somebody did to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Made.
    Create,
    /// Removed for good.
    Delete,
    /// Switched off.
    Disable,
    /// Brought back.
    Restore,
    /// Replaced by a new one.
    Rotate,
    /// Published or taken in.
    Add,
    /// Taken out of use.
    Retire,
    /// Withdrawn.
    Revoke,
    /// Fetched anew.
    Refresh,
    /// Logged out.
    Leave,
    /// Given out.
    Issue,
    /// Changed, without saying how.
    Update,
}

/// What a word or an idiom does in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concept {
    /// A word that the lexicon does not have, or that only idioms need.
    Nothing,
    /// A number, an id, a name in quotes: stands for a thing and is none.
    Value,
    /// A thing.
    Noun(Noun),
    /// Something is wrong.
    Bad(State),
    /// Something is right; denied, it is the state.
    Good(State),
    /// An idiom that names the thing and what is wrong with it.
    Whole(Noun, State),
    /// Denies the verb or state that follows.
    Not,
    /// Denies the thing that follows.
    No,
    /// Something did not come off.
    Fail,
    /// What follows is demanded.
    Must,
    /// Is, was, has been.
    Be,
    /// Joins two things into one phrase.
    Preposition,
    /// Says where: in the token, from the store. Joins two things as well.
    Inside,
    /// Only: what follows is right, and so what was there is not.
    Only,
    /// Joins two things of which either may be meant.
    Or,
    /// Goes on about the thing right before it.
    Relative,
    /// Begins the cause of what stands before.
    Because,
    /// Begins advice or a condition, which tells nothing.
    Advice,
    /// A plan or a request for a deed, which is no deed.
    Planned,
    /// Something was refused.
    Refused,
    /// It came off.
    Done,
    /// Yes, true.
    True,
    /// No, false.
    False,
}

impl Concept {
    /// Whether it joins two things into one phrase.
    pub(super) fn joins(self) -> bool {
        matches!(self, Self::Preposition | Self::Inside)
    }
}

/// How a word stands to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Stands before its object, or after it with "is": unknown user, user is unknown.
    Adjective,
    /// Follows its object, or stands before it: user deleted, deleted user.
    Past,
    /// Has its object behind it: cannot find the user, failed to parse the token.
    Active,
    /// Has its object before it: user does not exist.
    Intransitive,
    /// Finding, verification: its object stands on either side.
    Nominal,
}

/// A word or idiom of the lexicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lexeme {
    /// What it does in a refusal.
    pub(super) concept: Concept,
    /// What it tells was done, where the text tells of a deed.
    pub(super) deed: Option<Deed>,
    /// How it stands to its object.
    pub(super) form: Form,
    /// Its mere mention shows that a text speaks of tokens.
    pub(super) strong: bool,
}

impl Lexeme {
    /// A word that means nothing here.
    pub(super) const NOTHING: Self = Self { concept: Concept::Nothing, deed: None, form: Form::Adjective, strong: false };
    /// A number, an id, a name.
    pub(super) const VALUE: Self = Self { concept: Concept::Value, deed: None, form: Form::Adjective, strong: false };

    /// Whether it says that something is wrong or was done: no reading comes of other words alone.
    pub(super) fn tells(self) -> bool {
        let denies = matches!(self.concept, Concept::Not | Concept::No | Concept::False | Concept::Must | Concept::Only);
        let is_wrong = matches!(self.concept, Concept::Bad(_) | Concept::Whole(..) | Concept::Fail | Concept::Refused);
        denies || is_wrong || self.deed.is_some()
    }

    /// The thing it names.
    pub(super) fn noun(self) -> Option<Noun> {
        match self.concept {
            Concept::Noun(noun) => Some(noun),
            _ => None,
        }
    }
}
