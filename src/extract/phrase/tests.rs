//! What each mechanism of the reader does, on texts made up for it.

use super::*;

use Asked::{Audit, Either, Refusal as Refused};

/// What is read in a text: the reason, or what happened.
fn read(text: &str, asked: Asked) -> &'static str {
    read_for(text, asked).map_or("-", |reading| reading.reason.map_or(reading.kind.as_str(), Reason::as_str))
}

fn check(asked: Asked, cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, truth)| read(text, asked) != *truth)
        .map(|(text, truth)| format!("{text}: {} is not {truth}", read(text, asked)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_words_for_the_same_say_the_same() {
    check(
        Refused,
        &[
            ("member not found", "sub_not_found"),
            ("no such employee", "sub_not_found"),
            ("customer 42 vanished from the database", "sub_not_found"),
            ("holder 42 is not on file", "sub_not_found"),
            ("principal barred", "user_disabled"),
            ("account 42 is frozen", "user_disabled"),
            ("token is past its end", "token_expired"),
            ("credentials lapsed", "token_expired"),
            ("token lies in the future", "token_not_yet_valid"),
            ("digest does not match", "signature_invalid"),
            ("token minted by a foreign realm", "issuer_invalid"),
            ("token is meant for another service", "audience_invalid"),
            ("signing method is not on our list", "algorithm_not_allowed"),
            ("bearer token is garbage", "token_malformed"),
            ("could not ask the people table: connection refused", "user_store_unavailable"),
            ("gave up waiting for a database connection", "user_store_unavailable"),
            ("asked for the keys too often, the issuer throttles us", "jwks_unavailable"),
            ("token was made by someone else", "issuer_invalid"),
            ("token not usable before its start", "token_not_yet_valid"),
            ("signature check says no", "signature_invalid"),
            ("none of our keys fits this token", "key_not_found"),
            ("request came without credentials", "token_missing"),
            ("session was closed earlier", "token_revoked"),
            ("member lacks the permission", "scope_insufficient"),
            ("key set could not be downloaded", "jwks_unavailable"),
            ("user directory does not answer", "user_store_unavailable"),
        ],
    );
}

#[test]
fn a_denied_good_state_is_a_bad_one_and_a_denied_bad_one_is_none() {
    check(
        Refused,
        &[
            ("user does not exist", "sub_not_found"),
            ("user exists", "-"),
            ("token is not expired", "-"),
            ("user is not blocked", "-"),
            ("key was never revoked", "-"),
            ("signature is valid", "-"),
            ("no error while validating the token", "-"),
            ("token is no longer valid", "token_expired"),
            ("jwt must not be empty", "token_missing"),
            ("iat should be in the past", "-"),
        ],
    );
}

#[test]
fn the_state_belongs_to_the_thing_that_grammar_gives_it() {
    check(
        Refused,
        &[
            ("no key for user 42", "key_not_found"),
            ("no user for key k1", "sub_not_found"),
            ("session of user 42 not found", "token_revoked"),
            ("user of session 42 not found", "sub_not_found"),
            ("invalid token signature", "signature_invalid"),
            ("invalid signature algorithm", "algorithm_not_allowed"),
            ("token has no subject", "sub_missing"),
            ("subject of token is unknown", "sub_not_found"),
            ("token is missing the sub claim", "sub_missing"),
            ("user not found in token", "sub_missing"),
            ("user not found in database", "sub_not_found"),
            ("token signed with an algorithm which is not supported", "algorithm_not_allowed"),
            ("kid k1 not in JWKS", "key_not_found"),
            ("only RS256 is accepted", "algorithm_not_allowed"),
            ("audience must be orders", "audience_invalid"),
        ],
    );
}

#[test]
fn identifiers_of_every_style_are_words() {
    check(
        Refused,
        &[
            ("MEMBER_NOT_FOUND", "sub_not_found"),
            ("memberNotFound", "sub_not_found"),
            ("member-not-found", "sub_not_found"),
            ("JWTExpiredError", "token_expired"),
            ("JWKSNoMatchingKey", "key_not_found"),
            ("SignatureVerificationException", "signature_invalid"),
            ("steps.jwt.AlgorithmMismatch", "algorithm_not_allowed"),
            ("org.acme.security.tokens.ExpiredTokenException", "token_expired"),
            ("error=user_disabled", "user_disabled"),
        ],
    );
}

#[test]
fn names_of_workers_places_and_ids_tell_nothing() {
    check(
        Refused,
        &[
            ("TokenExpiredFilter started", "-"),
            ("logger=auth.UserNotFoundHandler msg=\"request took 3 ms\"", "-"),
            ("GET /errors/token-expired", "-"),
            ("see https://docs.example.com/token-expired", "-"),
            ("{\"user\":\"bob\",\"msg\":\"hello\"}", "-"),
            ("at com.acme.TokenExpired.check(TokenExpired.java:1)", "-"),
            ("key k-sig-2026 not found", "key_not_found"),
        ],
    );
}

#[test]
fn the_most_specific_clause_of_a_chain_wins() {
    check(
        Refused,
        &[
            ("could not validate credentials: token has no 'sub' claim", "sub_missing"),
            ("invalid token: failed to fetch keys: connection refused", "jwks_unavailable"),
            ("token has invalid claims: token is expired", "token_expired"),
            ("failed to verify token: signature verification failed: no key for kid k2", "key_not_found"),
            ("Unauthorized - user is suspended", "user_disabled"),
            ("access denied because the token was revoked", "token_revoked"),
            ("Missing a required claim: aud", "audience_invalid"),
            ("user lookup failed: connection timed out", "user_store_unavailable"),
            ("Invalid token. Please make sure the token has not expired", "other"),
        ],
    );
}

#[test]
fn json_and_fields_are_read() {
    check(
        Refused,
        &[
            ("{\"error\":\"invalid_token\",\"error_description\":\"The token expired at 12:00\"}", "token_expired"),
            (
                "{\"level\":40,\"err\":{\"type\":\"JsonWebTokenError\",\"message\":\"jwt audience invalid. expected: a\"}}",
                "audience_invalid",
            ),
            ("{\"msg\":\"denied\",\"cause\":\"{\\\"code\\\":\\\"MEMBER_SUSPENDED\\\"}\"}", "user_disabled"),
            ("level=warn msg=\"token rejected\" err=\"issuer mismatch\"", "issuer_invalid"),
            ("{'detail': 'Signature has expired'}", "token_expired"),
        ],
    );
}

#[test]
fn stack_traces_are_read_by_what_their_exceptions_say() {
    let trace = "java.lang.IllegalStateException: request failed\n\tat com.acme.UserNotFound.get(UserNotFound.java:7)\n\
                 Caused by: com.acme.KeyException: no key for kid k2\n\tat com.acme.TokenExpired.x(Y.java:1)\n\t... 12 more";
    check(
        Refused,
        &[
            (trace, "key_not_found"),
            ("Error: jwt expired\\n    at verify (/app/node_modules/user-not-found/a.js:1)", "token_expired"),
        ],
    );
}

#[test]
fn comparisons_say_which_claim_is_not_as_it_must_be() {
    check(
        Refused,
        &[
            ("iss is https://a.example, should be https://b.example", "issuer_invalid"),
            ("aud claim has value web, must be mobile", "audience_invalid"),
            ("token minted by https://a.example but we only trust https://b.example", "issuer_invalid"),
            ("this token was meant for invoices", "audience_invalid"),
            ("denied by exp claim requirement: \"5\" is not \"gt\" \"7\"", "token_expired"),
            ("issuer constraint violated", "issuer_invalid"),
            ("audience must contain invoices, yet it is: [web]", "audience_invalid"),
            ("clock says 12:00, current time 2026-01-01 is before the nbf", "token_not_yet_valid"),
            ("the call needs scope mail:read", "scope_insufficient"),
            ("user is here, should be fine", "-"),
        ],
    );
}

#[test]
fn claims_of_the_wrong_type_and_tokens_of_the_wrong_shape_are_told_apart() {
    check(
        Refused,
        &[
            ("exp field is not a positive integer", "claim_invalid"),
            ("nbf must be a number", "claim_invalid"),
            ("jwt header kid must be a string", "token_malformed"),
            ("audience has the wrong type", "audience_invalid"),
            ("token has 2 parts instead of 3", "token_malformed"),
            ("expected 3 parts in token; got 1", "token_malformed"),
            ("could not parse the bearer token: invalid base64 at byte 4", "token_malformed"),
        ],
    );
}

#[test]
fn names_of_errors_are_read_like_sentences() {
    check(
        Refused,
        &[
            ("TokenNotInIssuer", "issuer_invalid"),
            ("token not in audience", "audience_invalid"),
            ("NoUsableKeys", "key_not_found"),
            ("MissingVerifierException", "key_not_found"),
            ("NoneNotAllowed", "algorithm_not_allowed"),
            ("auth/session-cookie-revoked", "token_revoked"),
            ("Errors.Member.NotFound", "sub_not_found"),
            ("refresh handle presented twice", "token_revoked"),
        ],
    );
}

#[test]
fn what_hangs_on_a_thing_may_be_what_is_wrong() {
    check(
        Refused,
        &[
            ("wrong key for this algorithm", "algorithm_not_allowed"),
            ("no key set with kid k2", "key_not_found"),
            ("no claims for the user id", "sub_missing"),
            ("subject in revocation list", "token_revoked"),
            ("signed with key k2, which could not be found", "key_not_found"),
            ("user 42 may not sign in: account locked", "user_disabled"),
        ],
    );
    check(Audit, &[("user 42 may not sign in: account locked", "-")]);
}

#[test]
fn deeds_are_told_in_prose() {
    check(
        Audit,
        &[
            ("account 4711 removed by admin", "user_deleted"),
            ("purged 3 customers", "user_deleted"),
            ("User bob (id 42) has been permanently deleted", "user_deleted"),
            ("created user 4711", "user_created"),
            ("user 4711 was suspended", "user_disabled"),
            ("member 42 was let back in", "user_restored"),
            ("rotated signing key", "key_rotated"),
            ("key k1 retired", "key_retired"),
            ("added key k2 to jwks", "key_added"),
            ("JWKS refreshed: 3 keys", "jwks_refreshed"),
            ("token revoked jti=42", "token_revoked_event"),
            ("user bob logged out", "token_revoked_event"),
            ("database unreachable", "user_store_error"),
        ],
    );
}

#[test]
fn what_was_not_done_or_done_to_something_else_is_no_deed() {
    check(
        Audit,
        &[
            ("failed to delete user 4711", "-"),
            ("failed to rotate keys: keys already rotated", "-"),
            ("user 4711 could not be deleted", "-"),
            ("deletion of user 4711 requested", "-"),
            ("user will be deleted in 30 days", "-"),
            ("user 4711 deleted file report.pdf", "-"),
            ("role admin removed from user 4711", "-"),
            ("added user 4711 to group admins", "-"),
            ("cache entry for user 42 removed", "-"),
            ("op=delete-user acct=bob res=failed", "-"),
        ],
    );
}

#[test]
fn deeds_are_told_by_fields() {
    check(
        Audit,
        &[
            ("operationType=DELETE resourceType=USER resourcePath=users/4711", "user_deleted"),
            ("type=REMOVE_USER actor=admin", "user_deleted"),
            ("operationType=DELETE resourceType=COMPONENT resourcePath=keys/k1", "key_retired"),
            ("operationType=CREATE resourceType=COMPONENT resourcePath=keys/k2 activeKid=k2 previousKid=k1", "key_added"),
            (
                "event=\"admin event\" operationType=DELETE resourceType=PROVIDER resourcePath=keys/shop-k1 adminUser=jo",
                "key_retired",
            ),
            ("{\"action\":\"user.block\",\"target\":\"4711\"}", "user_disabled"),
            ("operationType=UPDATE resourceType=USER representation=\"{\\\"enabled\\\": false}\"", "user_disabled"),
            ("{\"type\":\"user_updated\",\"enabled\":true}", "user_restored"),
            ("CEF:0|Acme|IAM|1.0|100|User deleted|5|suser=admin duser=bob", "user_deleted"),
            ("2026-01-01T00:00:00Z|admin|DELETE|USER|4711|OK", "user_deleted"),
            ("eventName=AdminDeleteUser", "user_deleted"),
            ("{\"event\":\"logout\",\"user\":\"bob\"}", "token_revoked_event"),
        ],
    );
}

#[test]
fn deeds_are_told_by_fields_that_name_the_thing_and_the_deed() {
    let told = |fields: &[(&str, &str)]| read_fields(fields.iter().copied()).map_or("-", |reading| reading.kind.as_str());
    for (fields, truth) in [
        (&[("action", "member.lifecycle.delete")][..], "user_deleted"),
        (&[("eventType", "user.machine.added")], "user_created"),
        (&[("eventType", "web_key.activated")], "key_rotated"),
        (&[("operation", "add-cert")], "key_added"),
        (&[("operation", "delete"), ("object", "member")], "user_deleted"),
        (&[("action", "model_deleted"), ("ctx.model.model_name", "user")], "user_deleted"),
        (&[("verb", "delete"), ("requestURI", "/api/v2/members/17")], "user_deleted"),
        (&[("verb", "create"), ("path", "teams/a/users/jane")], "user_created"),
        (&[("action", "delete"), ("object", "order")], "-"),
        (&[("action", "delete"), ("object", "role"), ("path", "/users/17")], "-"),
        (&[("verb", "delete"), ("path", "/users/17/roles")], "-"),
        (&[("action", "user.mfa.factor.deactivate")], "-"),
        (&[("eventName", "DeleteUserPolicy")], "-"),
        (&[("eventName", "DeleteLoginProfile")], "-"),
        (&[("action", "delete"), ("object", "user"), ("result", "denied")], "-"),
        (&[("action", "user.delete.requested")], "-"),
        (&[("event", "user logged something about deleting")], "-"),
        (&[("type", "delete"), ("path", "/users/17")], "-"),
    ] {
        assert_eq!(told(fields), truth, "{fields:?}");
    }
    check(Audit, &[("account 42 is active again", "user_restored"), ("welcome, new user 42 signed up", "user_created")]);
}

#[test]
fn deeds_are_told_by_statements_and_requests() {
    check(
        Audit,
        &[
            ("DELETE FROM users WHERE id = 4711", "user_deleted"),
            ("delete from \"app\".\"auth_user\" where id = $1", "user_deleted"),
            ("DELETE FROM user_sessions WHERE user_id = 1", "-"),
            ("UPDATE users SET deleted_at=now() WHERE id=4711", "user_deleted"),
            ("UPDATE users SET deleted_at=NULL WHERE id=4711", "user_restored"),
            ("UPDATE members SET active = false WHERE id = 1", "user_disabled"),
            ("UPDATE users SET status='suspended' WHERE id=1", "user_disabled"),
            ("UPDATE users SET last_login = now() WHERE id = 1", "-"),
            ("INSERT INTO signing_keys(kid) VALUES ('k2')", "key_added"),
            ("\"DELETE /admin/users/4711 HTTP/1.1\" 204 0", "user_deleted"),
            ("\"DELETE /admin/users/4711 HTTP/1.1\" 403 0", "-"),
            ("\"DELETE /orders/4711 HTTP/1.1\" 204 0", "-"),
            ("POST /admin/users/4711/disable 200", "user_disabled"),
        ],
    );
}

#[test]
fn without_knowledge_only_what_is_plain_counts() {
    check(
        Either,
        &[
            ("MEMBER_NOT_FOUND", "sub_not_found"),
            ("User is blocked", "user_disabled"),
            ("could not validate credentials: token has no 'sub' claim", "sub_missing"),
            ("cannot reach JWKS endpoint", "service_error"),
            ("user directory unavailable", "user_store_error"),
            ("account 4711 removed by admin", "user_deleted"),
            ("Failed login attempt for username bob (User not found)", "-"),
            ("retry limit exceeded, giving up after 3 attempts of worker seven", "-"),
        ],
    );
}

#[test]
fn what_is_not_ours_is_left() {
    let texts = [
        "wrong password for user bob",
        "Invalid CSRF token",
        "rate limit exceeded for user 42",
        "captcha token invalid",
        "TLS handshake failed: certificate has expired",
        "open /etc/app.conf: no such file or directory",
        "No route matches [GET] /users",
        "API key quota exceeded",
        "pam_unix(sshd:session): session opened for user root by (uid=0)",
        "session opened for user root by (uid=0)",
        "(root) CMD (run-parts /etc/cron.hourly)",
        "installed libjwt0:amd64",
        "automatic vacuum of table \"app.public.users\": index scans: 1",
        "cache miss for key user:42",
        "order must be paid, should be shipped",
        "this button is meant for admins",
        "constraint violated on table orders",
        "field total is not a number",
        "expected 3 parts in archive; got 2",
        "coupon presented twice",
    ];
    for text in texts {
        for asked in [Either, Audit] {
            assert_eq!(read(text, asked), "-", "{text}");
        }
    }
}

#[test]
fn certainty_falls_where_the_thing_is_understood_or_readings_compete() {
    let certainty = |text| read_for(text, Refused).map(|reading| reading.certainty);
    assert_eq!(certainty("user 42 not found"), Some(Certainty::Sure));
    assert_eq!(certainty("expired"), Some(Certainty::Likely));
    assert_eq!(certainty("token expired, user suspended"), Some(Certainty::Likely));
}

#[test]
fn no_text_is_too_strange() {
    let parts = [
        "token", " not", "found", "{", "}", "(", ")", "[", "]", "\"", "'", ":", "=", "://", "/", "\\n", "\n", ".", "-", "@", "é",
        "9", "|", "a.B", "\u{1b}[",
    ];
    let mut state = 7_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..24 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(parts[usize::try_from(state >> 33).unwrap() % parts.len()]);
        }
        for asked in [Refused, Audit, Either] {
            let _ = read_for(&text, asked);
        }
    }
}
