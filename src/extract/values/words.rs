//! The words this folder knows, and how a name falls into words.
//!
//! Every word has one [`Part`]. A word that has any is vocabulary, and so never a value by itself: in "user not found"
//! neither `not` nor `found` is a user.

/// What a word can mean within a name or a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Part {
    /// Not vocabulary: perhaps a value, perhaps a prefix of a name.
    Other,
    /// The claim `sub`.
    Sub,
    /// An id of a user in one word: `uid`, `oid`.
    Uid,
    /// Who has a token, beyond doubt: user, principal, member.
    User,
    /// Who may have a token: account, owner, identity.
    Holder,
    /// Who does something to somebody else: actor, operator.
    Actor,
    /// Says that what follows is done to: `target`.
    Target,
    /// `name`.
    Name,
    /// A name of a user in one word: login, upn.
    Login,
    /// `email`.
    Mail,
    /// `id`.
    Id,
    /// Weak words for an id, which need a noun before them: number, ref.
    Number,
    /// `key`.
    Key,
    /// `kid`.
    Kid,
    /// What a key of tokens is for: signing, verification, public.
    Signing,
    /// The claim `iss`.
    Iss,
    /// The claim `aud`.
    Aud,
    /// `client`.
    Client,
    /// The far end of a connection: remote, peer, source.
    Remote,
    /// `ip`.
    Ip,
    /// `address`.
    Address,
    /// `host`.
    Host,
    /// `forwarded`.
    Forwarded,
    /// `request`.
    Request,
    /// Names of request ids that need no `id`: correlation, rid.
    Correlation,
    /// `trace`.
    Trace,
    /// What is not the client: server, upstream, database.
    Server,
    /// Announces what should have been: expected, allowed, known.
    Wanted,
    /// Announces what was: got, received, actual.
    Got,
    /// Joins a noun and its value: with, of, named.
    Link,
    /// `from`.
    From,
    /// `by`.
    By,
    /// Many of those who may have a token: users, members.
    Users,
    /// Many keys: keys, jwks.
    Keys,
    /// Another thing that has ids: session, device, order.
    Rival,
    /// A state or a verb: not, found, expired.
    State,
    /// No value: null, none, anonymous.
    Null,
    /// Wraps the record of a noun: entity, details.
    Wrap,
    /// Vocabulary of no other use: agent, data, table.
    Stop,
}

use Part::{
    Actor, Address, Aud, By, Client, Correlation, Forwarded, From, Got, Holder, Host, Id, Ip, Iss, Key, Keys, Kid, Link, Login,
    Mail, Name, Null, Number, Other, Remote, Request, Rival, Server, Signing, State, Stop, Sub, Target, Trace, Uid, User, Users,
    Wanted, Wrap,
};

/// The vocabulary, by part.
const WORDS: &[(Part, &str)] = &[
    (Sub, "sub subject"),
    (Uid, "uid oid puid useruuid"),
    (
        User,
        "user usr member principal customer caller subscriber employee player patient student requester requestor \
         cardholder end-user enduser",
    ),
    (Holder, "account acct identity profile holder person contact consumer participant resident bearer signatory"),
    (Actor, "actor owner operator initiator editor performer impersonator admin administrator invoker"),
    (Target, "target affected"),
    (Name, "name"),
    (Login, "login uname nickname upn logonname samaccountname"),
    (Mail, "email mail"),
    (Id, "id uuid guid ids identifier ident"),
    (Number, "number no nr num ref pk reference"),
    (Key, "key jwk certificate signer"),
    (Kid, "kid"),
    (Signing, "signing verification verifying public rsa ec ecdsa jwt jws"),
    (Iss, "iss issuer"),
    (Aud, "aud audience audiences"),
    (Client, "client"),
    (Remote, "remote peer source src origin real connecting visitor ra"),
    (Ip, "ip ips ipaddr ipaddress ipv4 ipv6 xff"),
    (Address, "address addr addresses"),
    (Host, "host"),
    (Forwarded, "forwarded"),
    (Request, "request req rq"),
    (Correlation, "correlation corr rid reqid ray invocation cid correlationid"),
    (Trace, "trace traceparent"),
    (
        Server,
        "server upstream backend local dest destination dst listen bind db database pg postgres mysql redis smtp ldap gateway \
         proxy pod node cluster mongo kafka amqp dns resolver nameserver sql",
    ),
    (
        Wanted,
        "expected expecting expects expect want wanted wants must should shall required requires allowed accepted accepts \
         configured trusted supported valid known available match matches equal equals default previous old former \
         needed need needs ours permitted registered trust trusts candidate candidates loaded whitelist whitelisted allowlist allowlisted prev of_ than",
    ),
    (Got, "got received actual but found given yet presented provided instead actually contains contained carries has had have"),
    (
        Link,
        "with of the is was a an named called value values claim claims for that whose which matching as having to in on \
         are be been containing specified identified identifies it its this token's header field property attribute on \
         list set under against",
    ),
    (From, "from"),
    (By, "by"),
    (
        Rival,
        "session sid jti token device tenant realm org organization organisation project order job task event message \
         group role scope application app service file thread process transaction connection span batch item product \
         invoice payment article post comment ticket workspace bucket instance worker cart build run step hook webhook \
         subscription plan policy resource object document template channel room queue topic partition shard license \
         invitation invite code nonce state challenge",
    ),
    (
        State,
        "issued minted intended meant made addressed comes came belongs disconnected connected connecting_ closed started stopped completed opened finished terminated aborted reset sent \
         initialized initialised switched not found_ missing invalid expired unknown_ deleted disabled enabled inactive active locked blocked banned \
         suspended revoked removed gone created updated exists exist existed denied rejected refused failed fails fail \
         failure failing succeeded successful successfully success logged signed authenticated authorized unauthorized \
         unauthenticated forbidden could cannot can can't couldn't does doesn't did didn't do don't isn't wasn't aren't \
         were will would won't may might have hasn't haven't no_ longer already any none_ never only also still without \
         too many malformed empty_ incorrect wrong bad broken unsupported unrecognized unrecognised unexpected \
         untrusted mismatch mismatched unresolved unable error errors warn warning info debug fatal trace_ critical \
         notice exception timeout timed out unavailable unreachable ok okay done pending ready stale retired rotated \
         rotating changed restored registered_ unregistered confirmed unconfirmed verified unverified matched unmatched \
         present absent lookup lookups resolve resolved resolves retrieve retrieved fetch fetched loading load read \
         used using use attempted attempt attempts tried trying try retry retrying cached ignored skipped skipping \
         check checked checking access accessing when while if then else and or nor because since after before until \
         during via at into onto over about than_ there here where how why what who whom null_ more less most least please see check_ make sure",
    ),
    (
        Null,
        "null none nil undefined unknown anonymous anonymoususer empty na nan true false yes blank nobody unset nothing \
         masked redacted hidden unspecified unauthenticated_ notset absent_ guestuser",
    ),
    (Wrap, "entity details detail dto model record info_ context payload impl representation snapshot view bean row"),
    (Users, "users members accounts customers principals subjects people profiles employees subscribers identities callers"),
    (Keys, "keys kids jwks keyset keyring ring signers jwkset"),
    (
        Stop,
        "array string integer boolean bool private ssh kms encryption gpg pgp crypto x509 rs256 rs384 rs512 hs256 hs384 hs512 es256 es384 ps256 eddsa sha256 utf8 oauth2 http2 all each every some other another same different such agent data information input output table store storage repository repo rows records type types kind status \
         issuers clients requests traces names emails \
         roles groups scopes sessions tokens permission permissions privilege privileges right rights credentials \
         credential password passwords passphrase secret logout signin signup sign-in sign-up query queries endpoint api \
         cache pool directory provider federation manager mapper controller handler resolver_ guard filter middleware \
         management count total settings setting preferences preference consent space interface experience activity \
         events action actions flow registration sync import export update delete creation deletion validation parsing \
         authentication authorization auth time date timestamp path url uri port version class method size length hash \
         display given_ family first last full middle code_ msg reason description desc level logger format config \
         configuration parameter parameters param params argument arguments index column schema constraint system \
         unknown-user uri_ endpoints domain zone region location country city ttl exp iat nbf alg typ algorithm \
         signature bearer_ metadata discovery response reply answer body page link links \
         button form feature features operation operations work workflow story stories base side level_ id_token \
         access_token refresh_token refresh expiry expiration lifetime minutes seconds hours days ms",
    ),
];

/// How many places the table has: a power of two, and more than twice the number of words.
const PLACES: usize = 2048;

/// A word as one number, for comparing in one step. Longer words are no vocabulary.
const fn pack(word: &[u8], from: usize, to: usize) -> u128 {
    let mut packed = 0u128;
    let mut at = from;
    while at < to {
        packed = packed << 8 | word[at] as u128;
        at += 1;
    }
    packed
}

/// The first place to look for a word.
#[expect(clippy::cast_possible_truncation, reason = "any part of the bits will do")]
const fn place(packed: u128) -> usize {
    let folded = (packed ^ (packed >> 64)) as u64;
    (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 53) as usize % PLACES
}

/// The table: words and their parts at the places that [`place`] tells, or the next free ones.
static TABLE: ([u128; PLACES], [Part; PLACES]) = table();

/// Lays out [`WORDS`]. A word that ends in `_` is a note to the reader and stands for nothing: it is listed elsewhere.
#[expect(clippy::large_stack_arrays, reason = "only the compiler calls it")]
const fn table() -> ([u128; PLACES], [Part; PLACES]) {
    let mut keys = [0u128; PLACES];
    let mut parts = [Part::Other; PLACES];
    let mut row = 0;
    while row < WORDS.len() {
        let (part, words) = WORDS[row];
        let bytes = words.as_bytes();
        let mut start = 0;
        while start < bytes.len() {
            let mut end = start;
            while end < bytes.len() && bytes[end] != b' ' {
                end += 1;
            }
            if end > start && end - start <= 16 && bytes[end - 1] != b'_' {
                let packed = pack(bytes, start, end);
                let mut at = place(packed);
                while keys[at] != 0 && keys[at] != packed {
                    at = (at + 1) % PLACES;
                }
                if keys[at] == 0 {
                    keys[at] = packed;
                    parts[at] = part;
                }
            }
            start = end + 1;
        }
        row += 1;
    }
    (keys, parts)
}

/// The part of a word, whatever its case.
pub(super) fn part_of(word: &[u8]) -> Part {
    if word.is_empty() || word.len() > 16 {
        return Other;
    }
    let packed = word.iter().fold(0u128, |packed, byte| packed << 8 | u128::from(byte.to_ascii_lowercase()));
    let mut at = place(packed);
    while TABLE.0[at] != 0 {
        if TABLE.0[at] == packed {
            return TABLE.1[at];
        }
        at = (at + 1) % PLACES;
    }
    Other
}

/// The last parts of a name, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    list: [Part; Parts::MOST],
    len: u8,
}

impl Parts {
    /// How many parts are kept: those at the end, which decide.
    pub(super) const MOST: usize = 6;

    /// No parts at all: what has them is no name.
    pub(super) const NONE: Self = Self { list: [Other; Self::MOST], len: 0 };

    /// The parts as a slice.
    pub(super) fn as_slice(&self) -> &[Part] {
        &self.list[..usize::from(self.len)]
    }

    /// Adds a part; the first one goes when there is no room.
    pub(super) fn push(&mut self, part: Part) {
        if usize::from(self.len) == Self::MOST {
            self.list.rotate_left(1);
            self.list[Self::MOST - 1] = part;
        } else {
            self.list[usize::from(self.len)] = part;
            self.len += 1;
        }
    }

    /// The part of a plain word; `Other` for names of several words.
    pub(super) fn single(self) -> Part {
        if self.len == 1 { self.list[0] } else { Other }
    }

    /// Whether every word is vocabulary, as in `not_found`.
    pub(super) fn all_known(self) -> bool {
        self.len > 0 && self.as_slice().iter().all(|part| *part != Other)
    }
}

/// Ends of words that people write without a boundary: `userid`, `clientip`.
const JOINED: [(&[u8], Part); 6] =
    [(b"id", Id), (b"name", Name), (b"address", Address), (b"addr", Address), (b"ip", Ip), (b"uuid", Id)];

/// Adds the parts of one word: its own, or those of the two words it is joined of.
fn push_word(parts: &mut Parts, word: &[u8]) {
    let part = part_of(word);
    // All of them end in one of few letters.
    if part == Other && word.len() > 4 && word.last().is_some_and(|last| b"deprs".contains(&last.to_ascii_lowercase())) {
        for (end, end_part) in JOINED {
            let front = word.split_at(word.len() - end.len().min(word.len()));
            if front.1.eq_ignore_ascii_case(end) {
                let noun = part_of(front.0);
                if !matches!(noun, Other | Link | State | Null | From | By | Number) {
                    parts.push(noun);
                    parts.push(end_part);
                    return;
                }
            }
        }
    }
    parts.push(part);
}

/// Splits a name into words, at signs and where its case changes, and gives the part of each.
///
/// What is too long or starts with a digit is no name and has no parts.
pub(super) fn parts_of(name: &[u8]) -> Parts {
    let mut parts = Parts::NONE;
    if name.len() > 64 || name.iter().find(|byte| byte.is_ascii_alphanumeric()).is_none_or(u8::is_ascii_digit) {
        return parts;
    }
    let mut start = 0;
    for at in 0..name.len() {
        let byte = name[at];
        if !byte.is_ascii_alphanumeric() && byte != b'\'' && byte < 0x80 {
            if at > start {
                push_word(&mut parts, &name[start..at]);
            }
            start = at + 1;
        } else if byte.is_ascii_uppercase() && at > start {
            let before = name[at - 1];
            let after = name.get(at + 1).copied().unwrap_or(b' ');
            let plural = after == b's' && name.get(at + 2).is_none_or(|next| !next.is_ascii_lowercase());
            if before.is_ascii_lowercase() || (after.is_ascii_lowercase() && !plural) {
                push_word(&mut parts, &name[start..at]);
                start = at;
            }
        }
    }
    if name.len() > start {
        push_word(&mut parts, &name[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, want) in [
            ("principal_id", &[User, Id][..]),
            ("callerId", &[User, Id]),
            ("requestID", &[Request, Id]),
            ("remoteIPAddress", &[Remote, Ip, Address]),
            ("sourceIPs", &[Remote, Ip]),
            ("userid", &[User, Id]),
            ("X-Request-Id", &[Other, Request, Id]),
            ("valid", &[Wanted]),
            ("grid", &[Other]),
            ("4711", &[]),
            ("x01KARWJXYTW7GV6PK", &[Other]),
        ] {
            assert_eq!(parts_of(name.as_bytes()).as_slice(), want, "{name}");
        }
    }

    #[test]
    fn the_table_has_room() {
        let taken = TABLE.0.iter().filter(|key| **key != 0).count();
        assert!(taken < PLACES / 2, "{taken}");
    }

    #[test]
    fn case_does_not_matter() {
        assert_eq!(part_of(b"ISSUER"), Iss);
        assert_eq!(part_of(b"alice"), Other);
    }
}
