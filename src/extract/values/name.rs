//! What a field holds, told by the words of its name.

use crate::extract::values::words::Part;
use crate::model::field::Field;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Role {
    /// The field it fills.
    pub(super) field: Field,
    /// How good a name it is: of two values of one text, the one with the better name counts.
    pub(super) rank: u8,
}

/// From this rank on, a name leaves no doubt.
pub(super) const PLAIN: u8 = 70;

/// The rank of an actor: the user, unless the text names one that something was done to.
pub(super) const ACTOR: u8 = 45;

/// The rank of what something is done to.
pub(super) const TARGET: u8 = 84;

/// The rank of a user's name where nothing better names the user.
pub(super) const NAME_AS_SUB: u8 = 34;

/// The rank of an e-mail address as the user.
pub(super) const MAIL_AS_SUB: u8 = 30;

/// A role, in short.
const fn role(field: Field, rank: u8) -> Role {
    Role { field, rank }
}

/// How well a noun names a user, or `None` for other nouns.
fn user_rank(noun: Part) -> Option<u8> {
    match noun {
        Part::User => Some(78),
        Part::Holder => Some(55),
        Part::Actor => Some(ACTOR),
        _ => None,
    }
}

/// What a name of these words holds, by the last of them and what stands before it.
pub(super) fn role_of(parts: &[Part]) -> Option<Role> {
    let (&last, before) = parts.split_last()?;
    if parts.iter().any(|part| matches!(part, Part::Wanted | Part::Server)) {
        return None;
    }
    let found = by_last(last, before)?;
    let user = matches!(found.field, Field::Sub | Field::Username);
    Some(match found.field {
        _ if user && before.contains(&Part::Actor) => Role { rank: found.rank.min(ACTOR), ..found },
        Field::Sub if before.contains(&Part::Target) => Role { rank: TARGET, ..found },
        _ => found,
    })
}

/// What the last word of a name says, with those before it.
fn by_last(last: Part, before: &[Part]) -> Option<Role> {
    let previous = before.last().copied();
    let of_user = |noun: Part| user_rank(noun).is_some();
    match last {
        Part::Sub => match previous {
            Some(Part::Mail | Part::Key | Part::Keys | Part::Stop) => None,
            _ => Some(role(Field::Sub, 90)),
        },
        Part::Uid => match previous {
            None => Some(role(Field::Sub, 65)),
            Some(noun) => (matches!(noun, Part::Sub | Part::Target) || of_user(noun)).then_some(role(Field::Sub, 78)),
        },
        Part::Actor if previous == Some(Part::Rival) => None,
        Part::User | Part::Holder | Part::Actor => match previous {
            Some(Part::Stop | Part::Id) => None,
            _ => user_rank(last).map(|rank| role(Field::Sub, rank.min(70))),
        },
        Part::Id | Part::Number => id_of(previous?, &before[..before.len() - 1]),
        Part::Name => match previous? {
            Part::Sub | Part::Login => Some(role(Field::Username, 70)),
            noun => user_rank(noun).map(|rank| role(Field::Username, rank)),
        },
        Part::Login => previous.is_none_or(of_user).then_some(role(Field::Username, 65)),
        Part::Mail => match previous {
            Some(Part::From | Part::Stop | Part::Rival) => None,
            _ => Some(role(Field::Username, 50)),
        },
        Part::Kid => Some(role(Field::Kid, 90)),
        Part::Key => (previous == Some(Part::Signing)).then_some(role(Field::Kid, 60)),
        Part::Iss => Some(role(Field::Iss, 90)),
        Part::Aud => Some(role(Field::Aud, 90)),
        Part::Address if previous == Some(Part::Mail) => Some(role(Field::Username, 50)),
        Part::Request => (previous != Some(Part::Rival)).then_some(role(Field::RequestId, 40)),
        Part::Correlation => Some(role(Field::RequestId, 75)),
        Part::Trace => Some(role(Field::TraceId, 65)),
        Part::Wrap => (previous == Some(Part::Trace)).then_some(role(Field::TraceId, 75)),
        _ => client_rank(last, before).map(|rank| role(Field::ClientIp, rank)),
    }
}

/// What an id of this noun is.
fn id_of(noun: Part, before: &[Part]) -> Option<Role> {
    Some(match noun {
        Part::Sub => role(Field::Sub, 88),
        Part::Kid | Part::Signing => role(Field::Kid, 80),
        // Keys of other things have ids as well: `accessKeyId`.
        Part::Key => match before.last() {
            None | Some(Part::Signing | Part::Rival | Part::Keys | Part::Iss | Part::Link) => role(Field::Kid, 80),
            Some(Part::Other) => role(Field::Kid, 60),
            Some(_) => return None,
        },
        Part::Iss => role(Field::Iss, 70),
        Part::Aud => role(Field::Aud, 70),
        Part::Request => role(Field::RequestId, 85),
        Part::Correlation => role(Field::RequestId, 75),
        Part::Trace => role(Field::TraceId, 85),
        noun => role(Field::Sub, user_rank(noun)?),
    })
}

/// Whether an address is the client's, and how surely: by whose it is said to be.
fn client_rank(last: Part, before: &[Part]) -> Option<u8> {
    let previous = before.last().copied();
    let forwarded = before.contains(&Part::Forwarded);
    match last {
        Part::Link => (previous == Some(Part::Forwarded)).then_some(85),
        Part::Ip | Part::Address if forwarded => Some(85),
        Part::Address if previous == Some(Part::Ip) => client_rank(Part::Ip, &before[..before.len() - 1]),
        Part::Ip | Part::Address => match previous {
            Some(Part::Client) => Some(80),
            Some(Part::Remote) => Some(75),
            Some(Part::User | Part::Actor | Part::Holder) => Some(72),
            Some(Part::Request) => Some(70),
            None | Some(Part::Other) => (last == Part::Ip).then_some(70),
            Some(_) => None,
        },
        Part::Host => matches!(previous, Some(Part::Client | Part::Remote)).then_some(70),
        Part::Client | Part::Remote => matches!(previous, None | Some(Part::Other)).then_some(70),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::values::words::parts_of;

    fn field(name: &str) -> Option<Field> {
        role_of(parts_of(name.as_bytes()).as_slice()).map(|role| role.field)
    }

    #[test]
    fn names_nobody_listed_tell_what_they_hold() {
        for (name, want) in [
            ("principal_id", Field::Sub),
            ("callerId", Field::Sub),
            ("actor.sub", Field::Sub),
            ("jwt.claims.sub", Field::Sub),
            ("crmMemberNo", Field::Sub),
            ("acct_ref", Field::Sub),
            ("userid", Field::Sub),
            ("x-correlation-id", Field::RequestId),
            ("X-Request-ID", Field::RequestId),
            ("http.request.id", Field::RequestId),
            ("rid", Field::RequestId),
            ("RayID", Field::RequestId),
            ("remoteAddress", Field::ClientIp),
            ("http.request.remoteaddr", Field::ClientIp),
            ("x-forwarded-for", Field::ClientIp),
            ("cf-connecting-ip", Field::ClientIp),
            ("remote_ip", Field::ClientIp),
            ("callerIpAddress", Field::ClientIp),
            ("sourceIPs", Field::ClientIp),
            ("keyId", Field::Kid),
            ("signing_key_id", Field::Kid),
            ("x-b3-traceid", Field::TraceId),
            ("dd.trace_id", Field::TraceId),
            ("traceparent", Field::TraceId),
            ("x-cloud-trace-context", Field::TraceId),
            ("preferred_username", Field::Username),
            ("user_email", Field::Username),
            ("token_issuer", Field::Iss),
            ("token.aud", Field::Aud),
        ] {
            assert_eq!(field(name), Some(want), "{name}");
        }
    }

    #[test]
    fn names_of_other_things_hold_nothing() {
        for name in [
            "user_agent",
            "userRole",
            "user_count",
            "session_id",
            "user_session_id",
            "client_id",
            "server_ip",
            "upstream_addr",
            "db_user",
            "expected_issuer",
            "allowed_audiences",
            "ValidIssuer",
            "known_kids",
            "id",
            "name",
            "hostname",
            "key",
            "accessKeyId",
            "ssh_key_id",
            "imap-login",
            "api_key",
            "cache_key",
            "span_id",
            "token_type",
            "subject_type",
            "pod_ip",
            "user_deleted",
            "message",
        ] {
            assert_eq!(field(name), None, "{name}");
        }
    }

    #[test]
    fn whom_it_was_done_to_counts_more_than_who_did_it() {
        let rank = |name: &str| role_of(parts_of(name.as_bytes()).as_slice()).map_or(0, |role| role.rank);
        assert!(rank("target_user_id") > rank("user_id"));
        assert!(rank("user_id") > rank("actor_id"));
        assert!(rank("sub") > rank("user_id"));
    }
}
