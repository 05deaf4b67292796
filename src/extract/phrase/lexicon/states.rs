//! The words for states, and for what is denied to tell of one.

use crate::extract::phrase::concept::{Form, Noun, State};
use Form::{Active, Adjective, Intransitive, Nominal, Past};

/// States that are told outright.
pub(super) const BAD: &[(State, Form, &str)] = &[
    (
        State::Missing,
        Adjective,
        "unknown, nonexistent, non existent, nonexisting, inexistent, unregistered, unrecognised, unrecognized, no such, unresolvable, unresolved, \
         undefined, untraceable, unfindable, notfound, not on file, unlisted, unmatched, unenrolled, nosuch, \
         not one of, not a member of, no rows, no match, no record of, no trace of, \
         no record, no entry for, no row, no match for, no result, came back empty, came up empty, yielded nothing, yields nothing, drew a blank, came back with nothing, yielded no, returned nothing, returned none, returned nil, returned null, \
         returned no rows, returned empty, not a known, not a registered, no matching, no applicable, no suitable, \
         no corresponding, strange, unfamiliar, \
         resolved to nothing, resolves to nothing, no rows found, no document, no longer with us, no rows returned, \
         notexist, does not correspond to a known, empty result",
    ),
    (State::Mismatch, Intransitive, "says no, said no"),
    (State::Missing, Intransitive, "vanished, disappeared, does not ring a bell, cannot be placed"),
    (
        State::Absent,
        Adjective,
        "missing, unspecified, absent, empty, blank, null, none, nil, omitted, unset, required, is required, lacking, not set, anonymous, \
         nobody, unauthenticated, left out, not given, not there, not named, not supplied, not specified, required but, \
         mandatory, not included, not sent, was required, needed, expected but, is needed, undefined or null, null or empty, \
         expected but missing, no longer sent",
    ),
    (
        State::Absent,
        Active,
        "has not got, have not got, hasn t got, requires, lacks, lack, misses, omits, names no, carries no, bears no, has no, have no, had no, contains no, contained no, sent no, \
         without, came without, holds no, without any, with no, provides no, provided no, has empty, has an empty, includes no, \
         did not get, presented no, gave no, supplied no, got no, names nothing, says nothing of, missing required, missing the",
    ),
    (
        State::Gone,
        Past,
        "retired, deleted, removed, purged, erased, wiped, scrubbed, destroyed, obliterated, offboarded, off boarded, deprovisioned, \
         tombstoned, deregistered, unenrolled, expunged, terminated account, soft deleted, closed for good, anonymized, anonymised, \
         left the company, left the shop, decommissioned, nuked, dropped, no longer part of, dismissed",
    ),
    (
        State::Off,
        Intransitive,
        "may not use, may not enter, may no longer, may not sign in, may not log in, not permitted to log in, not permitted to sign in, \
         not allowed to sign in, not allowed to log in, not allowed to login, cannot sign in, cannot log in, cannot login, must not sign in, \
         forbidden to sign in, forbidden to log in, barred from, not eligible, no longer allowed in, shown the door, has no access any more",
    ),
    (State::Gone, Adjective, "gone, no longer there, no longer around, no more"),
    (
        State::Off,
        Past,
        "blocked, banned, disabled, suspended, locked, deactivated, barred, frozen, blacklisted user, shut out, locked out, \
         switched off, turned off, put on hold, on hold, quarantined, shut off, restricted account, kicked out, put to sleep, \
         cut off, paused, sidelined, denied service, archived, excluded, halted, iced, blocklisted, stopped",
    ),
    (
        State::Off,
        Adjective,
        "on denylist, on blacklist, on blocklist, on deny list, on block list, on black list, in denylist, in blacklist, \
         in deny list, in blocklist, in block list, on ban list, on banned list, in ban list, inactive, non active, dormant, ineligible, out of service, unconfirmed, unverified, not confirmed, not approved, pending approval, \
         awaiting approval, not activated, closed, in bad standing, not in good standing, on leave, parked, \
         excluded from",
    ),
    (
        State::Expired,
        Past,
        "expired, died, older than, exceeded, exceeds, lapsed, elapsed, outlived, timed out token, past its, ran out, run out, too old, outdated, aged out, \
         stale, out of date, past end, past the end, past expiry, overdue, too late, is over, was over, \
         no longer valid, no longer current, exceeded its lifetime, outlived its, use by, already over, past due, has passed, \
         expires in the past, in the past, is past, was in the past, too far in the past, reached end of life, end of life, \
         expired at, expired on, expired since, end of validity, time is up, lifetime exceeded, \
         exceeds maximum age, age exceeded, max age exceeded, seconds ago, out of time, not fresh, has run out, used up",
    ),
    (
        State::Expired,
        Adjective,
        "tokenexpired, expiredtoken, expires before, issued too long ago, too long ago, not recent enough",
    ),
    (
        State::NotYet,
        Adjective,
        "starts at, starts on, starts in, starts only, starts tomorrow, not started, begins tomorrow, not begun, may be used from, nbf prior, iat prior, issued after, newer than, not arrived, not come, later than current, lies ahead, ahead of now, will be valid, future, before use, not yet, used yet, be used yet, before nbf, before iat, before issued at, before not before, valid yet, active yet, usable yet, accepted yet, used before, be used before, be accepted before, immature, premature, prematurely, too early, in the future, in future, ahead of, early by, early, \
         not be accepted before, used before, valid from, only valid from, \
         not before time, from the future, cannot be used before, has not begun, has not started, starts later, begins later, \
         not valid before, not be used before, future dated, postdated, before issued, before it was issued, before its time, \
         presented before, to come, not be valid before, will be active, not yet active, not yet valid, used too early, \
         valid only after, be valid after, only be valid after, valid after, not valid until, valid until, active after, be active, becomes active, becomes valid, not until, future time, a clock ahead, clock ahead of ours, too soon, not yet begun, \
         not been reached, only later, before its start, before start, valid later, yet to start, in the future date, yet to come, later than now, after now",
    ),
    (
        State::Revoked,
        Past,
        "on revocation list, in revocation list, on revoked list, in revoked list, claimed twice, used twice, redeemed twice, \
         presented twice, revoked, replaced, ended, invalidated, withdrawn, cancelled, canceled, blacklisted, denylisted, logged out, signed out, signed off, logged off, \
         ended early, blocklist, denylist, blacklist, deny list, block list, revocation list, revocation, revoked list, superseded, \
         already used, used already, replayed, replay, reused, reuse, reuse detected, consumed, rotated out, retracted, voided, \
         called back, recalled, pulled, been replaced, repudiated, annulled, rescinded, nullified, burned, redeemed, already redeemed, \
         terminated, ended by, closed earlier, killed, been rotated, already been used, already exchanged, invalidated by, struck off",
    ),
    (
        State::Malformed,
        Adjective,
        "not positive, not numeric, not valid number, not number, not valid integer, not valid string, not integer, not text, not epoch, \
         not timestamp, not list, invalid type expected, of wrong type, required and must be, required and must be string, \
         parts instead of, segments instead of, not enough parts, too many parts, \
         too short, too long, too large, malformed, garbage, undecodable, unparsable, unparseable, unreadable, corrupt, corrupted, truncated, garbled, broken, ill formed, \
         badly formed, bad format, not well formed, nonsense, gibberish, incomplete, mangled, \
         damaged, illegal base64, invalid base64, not enough segments, too many segments, wrong number of, \
         invalid number of, invalid format, wrong format, invalid compact, illegible, \
         cannot be read, not base64, must be a string, must be string, must be an object, not a string, not a number, not an object, \
         must be a number, not json, illegal character, invalid character, not enough or too many, \
         number of segments, number of parts, is not a compact, not a json object, not a valid json, badly encoded, wrongly encoded, incorrectly encoded, improperly encoded, \
         wrong number of dots, not a valid jwt, not a valid jws, unexpected end of, invalid json, not valid json, wrong number of parts, \
         wrong number of segments, cut off in, cut short, bad encoding, invalid encoding, \
         must be an array, not an array, must be an integer, must be integer, not an integer, must be numeric, must be boolean, invalid serialization, not a valid base64, \
         not a valid base64url, invalid token format, scrambled, not well formatted, improperly formatted, incorrectly formatted, \
         badly formatted, incorrect format, unrecognizable, unrecognisable, unintelligible, misshapen, not utf8, invalid utf8, \
         not a compact, invalid padding, incorrect padding, illegal base64 data, \
         unexpected end of json, does not look like, wrong shape, wrong length, invalid length, unexpected number of",
    ),
    (
        State::Mismatch,
        Adjective,
        "wrong, invalid, unexpected, expected, expects, mismatched, incorrect, bad, inconsistent, different, bogus, forged, tampered, counterfeit, fake, \
         not ours, manipulated, illegal, foreign, meant \
         intended incompatible, improper, spoofed, unsecured, untrue, \
         modified, false signature, not genuine, fabricated, inadequate, not the one, other than, \
         doctored",
    ),
    (
        State::Mismatch,
        Nominal,
        "requirement, constraint, mismatch, discrepancy, differs, differ, differed, deviates, conflict, validation failure, mismatches, ",
    ),
    (
        State::NotAllowed,
        Adjective,
        "disallowed, forbidden, unsupported, untrusted, prohibited, unacceptable, unauthorised, not on our list, not on the list, not configured, \
         not whitelisted, not in allowlist, not in whitelist, not on the allowlist, deprecated, insecure, weak, unapproved, \
         impermissible, unconfigured, not implemented, out of bounds, do not take, do not accept, not welcome, \
         none of our, not one we, not one of ours, distrusted, not taken, off the list, off limits, outlawed",
    ),
    (
        State::Unreachable,
        Adjective,
        "returned unexpected, temporarily unavailable, \
         silent, mute, dead, lost, unreachable, unavailable, timed out, timeout, timedout, connection refused, econnrefused, econnreset, etimedout, enotfound, \
         refused connection, refused the connection, no route to host, connection reset, connection closed, deadline exceeded, \
         not reachable, not responding, down, no response, not answering, unresponsive, overloaded, bad gateway, service unavailable, \
         gateway timeout, connect error, name resolution, lookup failed, network error, connection error, not accepting connections, \
         connection failure, connection failed, refused to connect, broken pipe, out of service, could not connect, cannot connect, \
         failed to connect, unable to connect, circuit open, circuit breaker, circuit breaker is open, too many clients, too many connections, \
         pool exhausted, pool is empty, starting up, shutting down, recovery mode, went away, gone away, connection timed out, \
         connection timeout, i o timeout, io error, no such host, unexpected eof, \
         outage, deadlock detected, exhausted, dial tcp, cannot assign requested address, network is unreachable, internal server error, \
         answered 500, answered 502, answered 503, answered 504, replied 500, replied 503, replied with 503, http 5xx, returned 500, returned 502, returned 503, returned 504, status 500, status 502, status 503, status 404, status code 503, \
         status code 500, status code 404, responded with, non 200, http 503, http 500, http 502, http 504, socket hang up, hung up, \
         did not answer, does not answer, did not respond, does not respond, gave no answer, no answer, out of reach, unhealthy, \
         too many requests, budget is used up, throttled, rate limited, back off, backoff, getaddrinfo, eai again, not ready, \
         lost connection, connection lost, connection aborted, waited, not online, fell over, stopped answering, read only mode, \
         could not obtain connection, no connection, gave up, gave up waiting, too often, throttling, throttles, over quota, \
         quota exceeded, nobody home",
    ),
    (
        State::Insufficient,
        Adjective,
        "insufficient, not sufficient, not enough, not privileged, underprivileged, too low, \
         \
         not a member of group, \
         \
         missing permission, not granted",
    ),
];

/// What is right, and tells of the state when it is denied: the user was not *found*.
pub(super) const GOOD: &[(State, Form, &str)] = &[
    (State::Unverified, Active, "verify, prove, authenticate, confirm"),
    (State::Unverified, Past, "verified, authenticated, proven, verifiable"),
    (State::Unverified, Intransitive, "verifies"),
    (State::Unverified, Nominal, "verification, verifying, "),
    (
        State::Missing,
        Active,
        "find, locate, resolve, look up, lookup, identify, recognise, recognize, know, discover, determine, pick, choose, select, \
         trace, map, derive, associate, infer, ",
    ),
    (
        State::Missing,
        Past,
        "found, seen, heard of, located, resolved, known, recognised, recognized, registered, enrolled, identified, on file, stored, listed, on record, \
         loaded, cached, mapped, provisioned, linked, associated, published, in our books, on the books, looked up, traced, \
         onboarded, signed up, on our key ring",
    ),
    (State::Missing, Intransitive, "exist, exists, existing, existed, correspond, corresponds"),
    (State::Missing, Nominal, "finding, locating, resolving, identifying, selecting, mapping, determining"),
    (
        State::Absent,
        Past,
        "provided, present, supplied, given, sent, included, specified, presented, contained, attached, set, filled, populated, named, \
         passed, received, submitted, available, part of, stated, extracted, defined, declared, offered, carried",
    ),
    (
        State::Absent,
        Active,
        "return, returns, yield, contain, contains, include, includes, carry, carries, bear, bears, have, has, had, provide, hold, holds, name, names, specify, specifies, \
         set, extract, say, says, state, states, possess, send, mention, mentions, supply, give, extract the, bring, brings",
    ),
    (
        State::Malformed,
        Active,
        "parse, decode, deserialize, deserialise, unmarshal, split, read, decrypt, unpack, interpret, understand, unserialize, \
         deconstruct, process the jwt, unwrap, make sense of, convert",
    ),
    (
        State::Malformed,
        Past,
        "properly encoded, correctly encoded, properly formatted, correctly formed, properly formed, proper jwt, 3 parts, 3 segments, 3 sections, two parts, three parts, three segments, three sections, exactly 3 parts, exactly three, consist of, contain exactly, in the form, exactly 2 period, exactly two, \
         two dots, exactly 3, have three parts, taken apart, parsed, decoded, deserialized, read as, well formed, readable, decodable, parsable, parseable, decrypted, understood, \
         split into, valid json, valid base64, unmarshalled, interpreted, convertible, deserialised",
    ),
    (
        State::Malformed,
        Nominal,
        "parsing, decoding, deserialization, deserializing, unmarshalling, unmarshaling, \
         decryption, decrypting, reading, unpacking, deserialisation, splitting, ",
    ),
    (
        State::Mismatch,
        Active,
        "validate, check, fulfil, fulfill, \
         vouch for, attest",
    ),
    (
        State::Mismatch,
        Intransitive,
        "match, matches, satisfy, satisfies, equal, equals, meet, correspond to, agree with, tally with, belong to, add up, hold up, check out, \
         fit, fits, agree, agrees, hold, tally, tallies, pass, passes, matching",
    ),
    (
        State::Mismatch,
        Past,
        "valid, matched, validated, correct, authentic, genuine, confirmed, satisfied, met, ok, legitimate, \
         passed check, fulfilled, right, consistent, intact, checked, \
         meant for us, trustworthy",
    ),
    (
        State::Mismatch,
        Nominal,
        "validation, validating, check, comparison, authentication of, matching against, timestamp check, \
         validity check, checking, asserting, confirmation of",
    ),
    (
        State::NotAllowed,
        Active,
        "allow, accept, permit, support, trust, honour, honor, take, tolerate, approve, authorize, authorise, whitelist",
    ),
    (
        State::NotAllowed,
        Past,
        "allowed, accepted, permitted, supported, trusted, acceptable, authorized, authorised, whitelisted, allowlisted, configured, approved, \
         allow list, allowlist, whitelist, our list, honoured, honored, tolerated, enabled for, one of ours, welcome, granted, \
         sanctioned",
    ),
    (
        State::Unreachable,
        Active,
        "reach, initialise, initialize, connect, connect to, fetch, download, load, get, retrieve, refresh, contact, obtain, query, acquire, open, request, \
         call, talk to, ask, ping, communicate with, update keys, establish, execute, poll, pull down",
    ),
    (
        State::Unreachable,
        Past,
        "reached, fetched, downloaded, retrieved, refreshed, contacted, obtained, queried, acquired, reachable, connected, responding",
    ),
    (
        State::Unreachable,
        Nominal,
        "fetching, downloading, loading, retrieving, refreshing, connecting, connecting to, querying, getting, obtaining, retrieval, download, \
         communication, fetch, connection attempt, reaching, acquiring, calling, contacting, http request",
    ),
    (State::Off, Past, "enabled, activated, eligible, active, alive, allowed in, in good standing, unlocked, live"),
    (State::Revoked, Past, "in session, still open"),
    (State::Insufficient, Past, "sufficient, enough, privileged, entitled"),
];

/// Idioms that tell all at once: which thing, and what is wrong with it.
pub(super) const WHOLE: &[(Noun, State, &str)] = &[
    (
        Noun::Audience,
        State::Mismatch,
        "token meant for, token was meant for, token is meant for, token intended for, token is intended for, token was intended for, \
         jwt meant for, jwt was meant for, jwt is meant for, issued for another, for another service, for another audience, for another application, meant for another, intended for another, \
         intended for different, for different service, for different audience, not meant for, not intended for, for somebody else, \
         not issued for, minted for another, for wrong service, not for us, addressed to another, not addressed to us, issued to another, \
         for wrong audience, for another client, for another api, for another system, not issued to, issued for different, \
         destined for another, made for another, for other service, issued for other, not destined for, made out to another",
    ),
    (
        Noun::Shape,
        State::Malformed,
        "invalid json, invalid base64, invalid base64url, illegal base64, illegal base64 data, base64 error, base64 decode error, \
         compact encoding error, unsupported header, unhandled critical header, expected 3 parts, expected 3 segments, \
         expected three parts, expected three segments, 2 parts instead, 1 part instead, 4 parts instead, 5 parts instead, \
         2 segments instead, 1 segment instead, invalid jwt string, invalid jwt form, invalid jwt format, unrecognizable token",
    ),
    (
        Noun::Start,
        State::NotYet,
        "before nbf, before iat, current time is before, current time before, now is before, present time is before",
    ),
    (
        Noun::Key,
        State::Missing,
        "none of my keys, none of our keys, missing verifier, no verifier, unknown verifier, verifier missing, no usable keys, no usable key, keyring does not hold",
    ),
    (
        Noun::Issuer,
        State::Mismatch,
        "we only trust, only trust, trust only, issued by another, minted by another, foreign realm, another realm, not issued by, not minted by, issued by unknown, \
         unknown realm, foreign authority, issued by someone else, made by someone else, made by another, made elsewhere, issued by different, not from our, comes from another, \
         issued by untrusted, from untrusted, minted elsewhere, issued elsewhere, from foreign, came from another, \
         different realm, wrong realm, other realm, stranger signed",
    ),
    (
        Noun::Sub,
        State::Absent,
        "names nobody, names nobody, names no one, belongs to nobody, identifies nobody, identifies no one, nobody named, no one named, \
         says nobody, carries nobody, tells not whom, not say which user, not say who, not say whom, say whom, not say whose, not say which customer",
    ),
    (
        Noun::Signature,
        State::Absent,
        "unsigned, not signed, without signature, signature stripped, non signed, lacks signature, no signature, unsigned jwt, unsigned token",
    ),
    (
        Noun::OtherClaim,
        State::Mismatch,
        "used as access token, presented as access token, as access token, as id token, sent as access token, wrong token type, wrong kind of token, expected access token, not access token, not id token, \
         id token used, expected refresh token, not refresh token, wrong type of token, token of wrong type, token of wrong kind, \
         not an access token, used as id token, expected id token, instead of access token",
    ),
    (
        Noun::Signature,
        State::Mismatch,
        "error in cryptographic primitive, cryptographic primitive, altered, forged, tampered, tampered with, tampering, forgery, \
         counterfeit, signed with another key, signed by another key, signed with different key, signed by different key, \
         signed with wrong key, signed with unknown key, signed by wrong key, not signed by us, not signed by our, manipulated, doctored",
    ),
    (
        Noun::Algorithm,
        State::NotAllowed,
        "unsecured jws token, unsecured jwt, signed with unexpected, alg none, none algorithm, unsecured token, \
         algorithm confusion, none not allowed, none is not allowed, not signed with expected",
    ),
    (
        Noun::Token,
        State::Malformed,
        "not valid base, not jwt, not jws, not token, not compact jws, not json web token, not valid jwt, not valid jws, not compact jwt, \
         neither jwt, not real token, not proper jwt, not jwt token",
    ),
    (
        Noun::Carrier,
        State::Absent,
        "not authenticated, need to sign in, need to log in, need to login, must sign in, must log in, please sign in, please login, sign in first, \
         log in first, need to be logged in, need to authenticate, must authenticate, not present token, not send token, not send credentials, sent no credentials, sent no token, token expected, bearer expected, credentials expected, bearer token expected, nothing sent, login required, \
         authentication required, authentication is required, authorization required, sign in required, must be authenticated, auth required, \
         needs authentication, requires authentication, requires valid token, please log in, no authentication, bearer token required, \
         requires token, requires bearer token, not logged in, must be logged in, not signed in",
    ),
    (
        Noun::Expiry,
        State::Expired,
        "too old token, old token, outlived its end, past exp, after exp, after expiry, later than exp, exp in past, \
         exp passed, exp is past, no longer valid, no longer fresh",
    ),
    (
        Noun::Token,
        State::Revoked,
        "before password change, before password was changed, before password reset, password changed since, \
         has been used before, on logout list",
    ),
    (Noun::User, State::Missing, "nil user, null user, user is null, user is none, no rows in result set"),
    (
        Noun::Scope,
        State::Insufficient,
        "access denied for, permission denied, lacks permission, not authorized to, not authorised to, not permitted to, not allowed to, not entitled, not a member of group, lacks privilege, need higher, requires role, requires scope, needs scope, needs role, needs permission, \
         one of following roles, one of following scopes, one of following permissions, any of following roles, any of following scopes, requires permission, not have permission, not have access, must have role, admins only, admin only, rbac access denied",
    ),
    (
        Noun::Store,
        State::Unreachable,
        "too many clients, remaining connection slots, connection slots are reserved, terminating connection, server closed connection, \
         pool exhausted, pool timeout, pooltimeout, mysql server has gone away, lost connection to mysql, deadlock detected, not master, \
         database system is starting up, database system is shutting down, database system is in recovery, \
         connection pool exhausted, pool timed out, db unreachable, database is locked, read only replica, \
         no primary server, topology is destroyed, ldap bind failed, could not obtain connection, connection is not available",
    ),
    (
        Noun::KeySet,
        State::Unreachable,
        "no jwks, no keys available, no keys in jwks, jwks empty, jwks is empty, jwks unavailable, no keys loaded, \
         keys not loaded, no public keys available, keys could not be loaded",
    ),
];
