use super::*;

use Field::{Aud, ClientIp, Iss, Kid, RequestId, Sub, TraceId, Username};

/// An id that nothing but an id looks like.
const ID: &str = "2364ad11-9a3c-4f0e-9a1b-0c2d3e4f5061";

fn found(text: &str, field: Field) -> Option<Found> {
    read(text).iter().find(|(known, _)| *known == field).map(|(_, found)| found.clone())
}

fn got(text: &str, field: Field) -> Option<&str> {
    found(text, field).map(|found| &text[found.range])
}

/// Holds that each text tells the value of the field.
fn tells(field: Field, cases: &[(&str, &str)]) {
    for (text, want) in cases {
        assert_eq!(got(text, field), Some(*want), "{field:?} of: {text}");
    }
}

/// Holds that no text tells a value of the field.
fn tells_nothing(field: Field, texts: &[&str]) {
    for text in texts {
        assert_eq!(got(text, field), None, "{field:?} of: {text}");
    }
}

#[test]
fn a_noun_names_the_id_that_follows() {
    tells(
        Sub,
        &[
            (&format!("user {ID} from token not found"), ID),
            ("User 4711 not found", "4711"),
            ("nothing on file for account 4711", "4711"),
            ("User with id 4711 not found", "4711"),
            ("User not found with id: 4711", "4711"),
            ("member 'alice' is gone", "alice"),
            ("member no. 4711 is gone", "4711"),
            ("customer number 123456 is barred", "123456"),
            ("token for customer #8812 refused", "8812"),
            ("account holder 99812 unknown", "99812"),
            ("card holder M3114996 is not enrolled", "M3114996"),
            (&format!("profile owner {ID} is not stored"), ID),
            ("user ID `u-123` has been blocked", "u-123"),
            ("could not find user \"alice\" in realm master", "alice"),
            ("user_id 5512 has no profile", "5512"),
            ("user auth0|65f0c1d2e3a4 is blocked", "auth0|65f0c1d2e3a4"),
            ("no such user: alice", "alice"),
            ("not authorized to user MAYER, responding with 401", "MAYER"),
            ("Invalid user alice from 10.0.0.7", "alice"),
            ("no row in members for id 7712", "7712"),
            ("User 'alice' (id: 77) not found", "77"),
            ("User a@b.com (id 77) is inactive", "77"),
        ],
    );
}

#[test]
fn names_assign_in_every_notation() {
    tells(
        Sub,
        &[
            ("denied principal=u-77 code=9", "u-77"),
            ("caller_id: 8812 rejected", "8812"),
            ("gone (sub: x)", "x"),
            (r#"{"message":"denied","principal":{"id":"u-8812"}}"#, "u-8812"),
            (r#"error {\"user_id\":\"u-5\"}"#, "u-5"),
            (r"property \u0022user\u0022 = \u0022u-5\u0022", "u-5"),
            ("<event userId=\"5512\"/>", "5512"),
            ("<sub>u99</sub>", "u99"),
            ("{:sub=>\"x9\"}", "x9"),
            ("{u'sub': u'x9'}", "x9"),
            (&format!("{{'sub': UUID('{ID}')}}"), ID),
            ("claims={Sub:abc-1 Aud:[shop]}", "abc-1"),
            ("User(id=5, email=a@b.com) is disabled", "5"),
            ("JwtUser[id=5, name=bob]", "5"),
            ("#<User id: 77, name: \"Bob\">", "77"),
            ("%{user_id: \"u-5\"}", "u-5"),
            ("{“user_id”:“u-5”}", "u-5"),
            ("sub=user:alice kid=k2", "user:alice"),
            ("SUB=alice|KID=k1|IP=10.0.0.1", "alice"),
            (r#"{"target":[{"id":"00u1","type":"User"}]}"#, "00u1"),
            ("customer switched off id=77 by=ops.lena", "77"),
            ("Some(user_id: Some(\"u-5\"))", "u-5"),
        ],
    );
}

#[test]
fn a_word_that_only_follows_a_noun_is_no_user() {
    tells_nothing(
        Sub,
        &[
            "user not found",
            "user id is null",
            "subject claim missing",
            "subject must be a string",
            "\"sub\" claim is required",
            "user session expired",
            "user role editor denied",
            "user lookup failed: 503 Service Unavailable",
            "user lookup failed: PoolTimeout",
            "user lookup failed: E1234",
            "user 5 of 10 processed",
            "user 3 days inactive",
            "Users: 5",
            "member count 12",
            "user quota 500 exceeded",
            "account type 3 not allowed",
            "user service at 10.0.0.5:8080 is down",
            "caller sent no credentials",
            "user authentication failed",
            "principal: unknown",
            "sub: null, kid: undefined",
            "user_id= kid= ip=",
            "user_id=\"\" kid=\"\"",
            "userId=\"null\"",
            "user=(null)",
            "user=- ip=-",
            "user=anonymous",
            "user=***",
            "User %s not found",
            "WHERE user_id = $1",
            "unknown user (SHA1 of given password: 21bd12)",
            "[01/Jan/2022:10:00:00 +0000] admin http-nio-8080-exec-1",
            "[io.sma.jwt.aut.principal] (vert.x-eventloop-thread-0)",
            "/etc/x.d/php_4th.user:10 is wrong",
            "session::User: pid: [1]",
            "imap-login: Disconnected (auth failed)",
            "unknown uid (1000) gid (1000)",
            "{\"OID\":26,\"TID\":27}",
            "user=app,db=shop,client=[local]",
            "user_agent=curl/8 user_count=7",
            "{\"caller\":{\"File\":\"x.go\",\"Line\":16}}",
        ],
    );
}

#[test]
fn whom_it_was_done_to_comes_before_who_did_it() {
    tells(
        Sub,
        &[
            ("actor=ops.lena target_user=77", "77"),
            ("{\"actor_id\":\"1\",\"traits\":{\"user_id\":\"2\"}}", "2"),
            ("user 9f2c deleted by admin 7", "9f2c"),
            ("userId=1, resourcePath=users/2", "2"),
            ("{\"editor\":{\"userId\":\"1\"},\"aggregate\":{\"id\":\"2\",\"type\":{\"type\":\"user\"}}}", "2"),
            ("DELETE /admin/users/4711 by actor=ops.lena", "4711"),
        ],
    );
}

#[test]
fn an_address_is_the_user_only_if_nothing_else_is() {
    tells(
        Sub,
        &[("User a@b.com is inactive", "a@b.com"), ("user=a@b.com user_id=7", "7"), ("login of a@b.com failed", "a@b.com")],
    );
    tells(Username, &[("user=a@b.com user_id=7", "a@b.com"), ("preferred_username=alice sub=7", "alice")]);
    tells(Sub, &[("username=alice", "alice"), ("{\"user\":{\"name\":\"alice\",\"id\":5}}", "5")]);
    assert!(!read("username=alice").sub.unwrap().sure);
}

#[test]
fn paths_tables_and_columns_tell_users() {
    tells(
        Sub,
        &[
            ("GET /api/users/4711/orders", "4711"),
            ("DELETE FROM users WHERE id = '4711'", "4711"),
            ("DELETE FROM \"shop_customer\" WHERE \"shop_customer\".\"id\" IN ('usr_03zh')", "usr_03zh"),
            ("10.0.0.7 - alice [23/Nov/2026:12:12:23 +0000] \"GET / HTTP/1.1\"", "alice"),
        ],
    );
    tells_nothing(Sub, &["GET /api/users/me", "GET /api/orders/4711", "DELETE FROM orders WHERE id = 5", "GET /users/v2/list"]);
}

#[test]
fn what_nothing_names_is_told_by_what_is_said_of_it() {
    tells(
        Sub,
        &[
            (&format!("{ID} is not a registered member"), ID),
            ("7712 is not a known user", "7712"),
            ("Rejecting token of u-48213: session closed", "u-48213"),
        ],
    );
    tells(Kid, &[("Tokens::UnknownSigner: acme-k2 is not on our key ring", "acme-k2")]);
    tells_nothing(Sub, &["403 is not a user", &format!("order {ID} of deleted user"), &format!("nothing on file for {ID}")]);
}

#[test]
fn a_key_id_is_read_and_a_known_one_is_not() {
    tells(
        Kid,
        &[
            ("no key for kid kid=key1 known=[a b]", "key1"),
            ("kid \"k2\" is stale", "k2"),
            ("no matching key for kid 'abc' in jwks", "abc"),
            ("kid abc123 not in jwks [k1 k2]", "abc123"),
            ("no JWK matches kid=2026-03-a (have: 2026-02-a)", "2026-03-a"),
            ("Failed for key ID (kid) \"3f1c9a52\", check your JWKS", "3f1c9a52"),
            ("Unable to match 'kid': 'QqRuq1qx'", "QqRuq1qx"),
            ("Unable to find a signing key that matches 'sig-2026-06'", "sig-2026-06"),
            ("RSA key with id k-2026-01 not found", "k-2026-01"),
            ("Key for key id: sig-2026-06 not found", "sig-2026-06"),
            ("no key in the key set for key id acme-k9", "acme-k9"),
            ("signing key k7 is unknown", "k7"),
            ("{\"keyId\":\"k7\"}", "k7"),
        ],
    );
    tells_nothing(
        Kid,
        &[
            "key is missing",
            "Unknown key id",
            "key id: unknown",
            "kid=null alg=HS256",
            "no key for kid kid= known=[\"k1\"]",
            "key rotated: old=k1 new=k2",
            "Loaded 2 keys: k1, k2",
            "api key 8f7e6d5c rejected for this token",
            "duplicate key value violates unique constraint \"users_pkey\" Key (id)=(5) in tokens",
            "certificate: x509: signed by unknown authority",
            "signing key found: 'json'",
            "RSA private key with fingerprint SHA256:6KbsMOucCY",
            "accessKeyId=ASIATFQR7NSCZPGZHCSR",
            "known_kids=k1 expected_kid=k2",
        ],
    );
}

#[test]
fn the_issuer_is_the_one_of_the_token() {
    let (a, b) = ("https://a.example/", "https://b.example/");
    for text in [
        format!("issuer {a} is not {b}"),
        format!("the issuer '{a}' is not trusted"),
        format!("invalid issuer, expected {b} but found {a}"),
        format!("issuer: expected {b}, got {a}"),
        format!("issuer does not match: Expected: {b}, got: {a}"),
        format!("Expected iss claim to be: {b}, but was: {a}"),
        format!("JWT iss claim has value {a}, must be {b}"),
        format!("Issuer (iss) claim value ({a}) doesn't match expected value of {b}"),
        format!("Issuer not allowed: {a} . Expected: {b}"),
        format!("Invalid 'iss' value. Expected '{b}' got '{a}'"),
        format!("incorrect \"iss\" (issuer) claim. Expected \"{b}\" but got \"{a}\". See https://c.example/"),
        format!("id token issued by a different provider, expected \"{b}\" got \"{a}\""),
        format!("issuer \"{a}\" in id_token is not equal to the issuer from the discovery document \"{b}\""),
        format!("Issuer: '{a}'. Did not match: validationParameters.ValidIssuer: '{b}'"),
        format!("issuer {a} does not match expected issuer: {b}"),
        format!("Configured issuer {b} does not match token issuer {a}"),
        format!("issuer claim {a} does not match expected issuer: {b}"),
        format!("issuer claim '{a}' differs from '{b}'"),
        format!("token was minted by {a} but we trust {b}"),
        format!("unexpected issuer {a}"),
        format!("iss={a} expected_issuer={b}"),
    ] {
        assert_eq!(got(&text, Iss), Some(a), "{text}");
    }
    tells(Iss, &[("Unknown issuer: \"accounts.example\"", "accounts.example")]);
    tells_nothing(
        Iss,
        &[
            "jwt issuer invalid. expected: https://a.example/",
            "issuer discovery failed: https://a.example/.well-known/openid-configuration",
            "iss is required",
            "Issuer is invalid",
            "expected_issuer=https://a.example/",
        ],
    );
}

#[test]
fn the_audience_is_the_one_of_the_token() {
    tells(
        Aud,
        &[
            ("aud [a b]", "a b"),
            ("aud=[\"x\"] is wrong", "x"),
            ("aud claim (mobile) does not include web", "mobile"),
            ("expected audience \"argo-cd\" got [\"argo-cd-cli\"]", "argo-cd-cli"),
            ("audience mismatch: got [mobile web] want [api]", "mobile web"),
            ("unable to match the audience: [a] , accepted: [b]", "a"),
            ("token audiences [\"vault\"] is invalid for the target audiences [\"x\"]", "vault"),
            ("Invalid 'aud' value. Expected 'orders-api' in 'legacy-api'", "legacy-api"),
            ("Missing expected 'orders-api' value in 'aud' claim [legacy-api].", "legacy-api"),
            ("Expected JWT audience claim to include 'orders-api', but audience list (legacy-api) did not.", "legacy-api"),
            ("Audience must contain orders-api, yet it is: [legacy-api]", "legacy-api"),
            ("Token has wrong audience legacy-api, expected one of ['orders-api']", "legacy-api"),
            ("Audience not allowed: abc. Expected: def", "abc"),
            ("invalid audience: expected api, got mobile", "mobile"),
            ("aud claim mismatch, token has \"x1\" but service wants \"y1\"", "x1"),
            ("Expected audience \"a\" but token was issued for \"b\"", "b"),
            ("Invalid aud: https://auth.example", "https://auth.example"),
            ("iss=https://a.example aud=account", "account"),
            ("audience claim api://old does not match expected audience: api://new", "api://old"),
            ("Token audience 'mobile' not in ['api','web']", "mobile"),
        ],
    );
    tells_nothing(
        Aud,
        &[
            "jwt audience invalid. expected: api",
            "audience claim is missing",
            "allowed_audiences=[a b]",
            "the audience was shop but orders is needed",
        ],
    );
}

#[test]
fn several_audiences_are_told_apart() {
    let text = r#"{\"aud\":[\"a\",\"b\"]}"#;
    assert_eq!(audiences(got(text, Aud).unwrap()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(audiences("a b").collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn the_client_is_where_a_request_comes_from() {
    tells(
        ClientIp,
        &[
            ("refused from 10.0.0.7:5123", "10.0.0.7"),
            ("new auth state from /10.0.4.50:41828", "10.0.4.50"),
            ("x, client: 1.2.3.4, server: _", "1.2.3.4"),
            ("[client 203.0.113.5:443] AH01", "203.0.113.5"),
            ("http.request.remoteaddr=203.0.113.113:57715", "203.0.113.113"),
            ("logged in. IP: x.x.x.x", "x.x.x.x"),
            ("client.address=2001:db8:xxx::1 path=/", "2001:db8:xxx::1"),
            ("X-Forwarded-For: 203.0.113.9, 10.0.0.1", "203.0.113.9"),
            ("{\"x-forwarded-for\":\"203.0.113.9\",\"remoteAddress\":\"10.0.0.1\"}", "203.0.113.9"),
            ("client_ip=\"[2001:db8::1]:443\"", "2001:db8::1"),
            ("\"sourceIPs\": [\n  \"10.0.55.137\",\n  \"10.130.0.1\"\n]", "10.0.55.137"),
            ("nginx_1 | 10.0.0.7 - - [25/Feb/2020:22:16:07 +0000] \"GET / HTTP/1.1\" 401", "10.0.0.7"),
            ("Failed authentication with edge/10.0.0.7 (invalid token)", "10.0.0.7"),
            ("INFO: 10.0.0.7:0 - \"GET / HTTP/1.1\" 401", "10.0.0.7"),
            ("[GIN] | 401 | 2ms | 10.0.0.7 | GET \"/x\"", "10.0.0.7"),
            ("upstream 10.0.0.9:80 client 203.0.113.9:555", "203.0.113.9"),
            ("Started GET \"/x\" for 10.0.0.7 at 2026-03-01", "10.0.0.7"),
        ],
    );
    tells_nothing(
        ClientIp,
        &[
            "response from 10.0.0.5:8080 took 5ms",
            "JWKS fetched from 10.0.0.5",
            "connection to 10.0.0.5:5432 refused",
            "dial tcp 10.0.0.9:5432: connect: connection refused",
            "server_ip=10.0.0.2 upstream_addr=10.0.0.3:80",
            "server: 10.0.0.2, host: 10.0.0.3",
            "lookup idp.example on 10.43.0.10:53: no such host",
            "client: web-1",
        ],
    );
}

#[test]
fn requests_and_traces_are_told_apart() {
    tells(
        RequestId,
        &[
            ("X-Request-Id: 5f-1", "5f-1"),
            ("[rid:5fa2] denied", "5fa2"),
            (&format!("ERRO [requestID: {ID}, context: HTTP] x.go:1"), ID),
            (&format!("ERROR [{ID}] {{org.x.Y}} - refused"), ID),
            (&format!("request {ID} failed"), ID),
            ("requestId 5f2c failed", "5f2c"),
            (
                "Trace ID: f11f36d5-f1bc-414f-8678-f10076083b00\r\nCorrelation ID: 20e9c473-7fc8-4b13-b706-06b17976b165",
                "20e9c473-7fc8-4b13-b706-06b17976b165",
            ),
            ("{\"req\":{\"id\":\"req-1\"}}", "req-1"),
            ("request_id=\"asdfasdf\"", "asdfasdf"),
            ("[req-5512] rejected", "req-5512"),
        ],
    );
    tells(
        TraceId,
        &[
            ("trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7", "4bf92f3577b34da6a3ce929d0e0e4736"),
            ("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"),
            ("INFO [4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7] c.e.Auth", "4bf92f3577b34da6a3ce929d0e0e4736"),
            ("[orders,4bf92f3577b34da6a3ce929d0e0e4736,00f067aa0ba902b7] denied", "4bf92f3577b34da6a3ce929d0e0e4736"),
            ("X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793", "1-5759e988-bd862e3fe1be46a994272793"),
            ("x-cloud-trace-context=105445aa7843bc8bf206b12000100000/1", "105445aa7843bc8bf206b12000100000"),
        ],
    );
    tells_nothing(RequestId, &["request completed", "request id is missing", "request 17 of 20", "req=GET", "known=[2364ad11]"]);
    tells_nothing(TraceId, &["stack trace: Error", "level=trace msg=x", "trace_id=0000000000000000"]);
}

#[test]
fn only_what_leaves_no_doubt_is_sure() {
    let sure = |text: &str, field: Field| found(text, field).is_some_and(|found| found.sure);
    for (text, field) in [
        ("sub=5512", Sub),
        ("{\"user_id\":\"u-5\"}", Sub),
        ("member 'alice' is gone", Sub),
        ("kid=k1", Kid),
        ("client: 1.2.3.4", ClientIp),
        ("issuer https://a/ is unknown", Iss),
    ] {
        assert!(sure(text, field), "{text}");
    }
    for (text, field) in [
        ("User 4711 not found", Sub),
        ("owner=77", Sub),
        ("GET /users/4711", Sub),
        ("no such user: alice", Sub),
        ("signing key k7 is unknown", Kid),
    ] {
        assert!(found(text, field).is_some() && !sure(text, field), "{text}");
    }
}

#[test]
fn any_text_is_read_without_a_panic() {
    let parts = [
        "user",
        "=",
        ": ",
        "\"",
        "\\\"",
        "\\",
        "\\u00",
        "\\u0022",
        "'",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "<",
        ">",
        "kid",
        "aud",
        "iss",
        "é",
        "“",
        "→",
        "10.0.0.1",
        ":",
        "-",
        "->",
        "|",
        "auth0|5f1",
        "\u{1b}[31m",
        "\u{1b}",
        "&quot;",
        "&",
        "#",
        "\n",
        " ",
        ",",
        "@",
        "/users/",
        "5",
        "x@y.z",
        "=>",
        "\u{a0}",
        "…",
        "expected",
        "got",
        "from",
        "id",
        "WHERE",
        "UUID(",
        "::",
        "https://a/",
    ];
    let mut state = 7_u64;
    for _ in 0..60_000 {
        let mut text = String::new();
        for _ in 0..=((state >> 40) % 12) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text += parts[usize::try_from(state >> 33).unwrap() % parts.len()];
        }
        for (_, found) in read(&text).iter() {
            assert!(!text[found.range.clone()].is_empty(), "{text}");
        }
    }
}

#[test]
fn time_grows_with_the_text_and_not_faster() {
    for unit in ["user ", "kid ", "issuer expected ", "[", "{\"user\":", "aud [", "\"", "key k5 ", "a@b.c ", "id "] {
        let text = unit.repeat(200_000 / unit.len());
        let start = std::time::Instant::now();
        read(&text);
        assert!(start.elapsed().as_secs() < 3, "{unit}");
    }
}
