//! Texts in words that no catalog entry lists: phrases made up in the ways of many developers, and what records in such
//! words become.

use jwtriage::extract::detector::Detector;
use jwtriage::extract::phrase::{Asked, read_for};
use jwtriage::extract::signature::Catalog;
use jwtriage::model::event::Event;
use jwtriage::model::field::{Field, Value};

/// What must be right at least, of a hundred.
const LEAST: usize = 96;

/// What a text is read as: the reason of a refusal, or what happened.
fn reading(text: &str, asked: Asked) -> &'static str {
    read_for(text, asked).map_or("-", |reading| reading.reason.map_or(reading.kind.as_str(), |reason| reason.as_str()))
}

/// The table holds, line by line, what is asked and the truth (`a:` for an audit source, `e:` where nothing is known, else a
/// refusal) and the text.
#[test]
fn phrasings_are_read() {
    let mut all = 0;
    let mut wrong = Vec::new();
    for line in include_str!("phrases/phrasings.tsv").lines() {
        let Some((truth, text)) = line.split_once('\t') else { continue };
        let (asked, truth) = match truth.split_once(':') {
            Some(("a", truth)) => (Asked::Audit, truth),
            Some(("e", truth)) => (Asked::Either, truth),
            _ => (Asked::Refusal, truth),
        };
        let found = reading(text, asked);
        all += 1;
        if found != truth {
            wrong.push(format!("{truth} <- {found}: {text}"));
        }
    }
    assert!((all - wrong.len()) * 100 >= LEAST * all, "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What records on their own become: of each event what happened, why, and the subject.
fn told(detector: &Detector, record: &str) -> Vec<String> {
    let shown = |event: &Event| {
        let text = |field: Field| match field.of(event) {
            Some(Value::Text(text)) => text.into_owned(),
            _ => "-".to_owned(),
        };
        format!("{} {} {}", text(Field::Kind), text(Field::Reason), text(Field::Sub))
    };
    detector.events_of(record).iter().filter(|event| event.by_phrase).map(shown).collect()
}

#[test]
fn records_in_words_that_nobody_listed_become_events() {
    let detector = Detector::new(Catalog::builtin().unwrap());
    for (record, event) in [
        (
            r#"{"level":30,"time":1795436255733,"reqId":"r-17","res":{"statusCode":403},"msg":"Member P5550726 is shut out"}"#,
            "auth_failure user_disabled P5550726",
        ),
        (
            "2026-03-01T10:00:00Z WARN ledger.auth: principal 77ab12 has no row request_id=r-1",
            "auth_failure sub_not_found 77ab12",
        ),
        (
            "2026-03-01T10:00:00Z WARN request{method=GET uri=/rates}: stock: caller barred id=2ce079cd-5e62-4a9a-8e46-87fe5daa1867",
            "auth_failure user_disabled 2ce079cd-5e62-4a9a-8e46-87fe5daa1867",
        ),
        (
            "ts=2026-03-01T10:00:00Z level=info logger=house.admin operationType=REMOVE resourceType=MEMBER memberId=m-17",
            "user_deleted - m-17",
        ),
        // What a database deletes is the row that the statement names, not who is signed in there.
        (
            r#"{"timestamp":"2026-03-01 10:00:00.0 UTC","user":"root","dbname":"club","pid":7,"error_severity":"LOG","message":"execute <unnamed>: DELETE FROM patrons WHERE id = $1 RETURNING id","detail":"parameters: $1 = '056ad038-f770-4ec2-90d8-bc363471d565'"}"#,
            "user_deleted - 056ad038-f770-4ec2-90d8-bc363471d565",
        ),
        // A key set that cannot be fetched refuses the token that was to be verified.
        (
            "2026-03-01T10:00:00Z WARN gate: cannot check token: fetching keys from https://id.example/keys timed out",
            "auth_failure jwks_unavailable -",
        ),
        ("2026-03-01T10:00:00Z INFO house.admin: user 47175 was locked out by root", "user_disabled - 47175"),
    ] {
        assert_eq!(told(&detector, record), [event], "{record}");
    }
}

#[test]
fn records_of_other_trades_become_none() {
    let detector = Detector::new(Catalog::builtin().unwrap());
    for record in [
        "Mar  1 10:00:00 web-1 sshd[12]: Failed password for invalid user bob from 192.0.2.7 port 22",
        "error: /etc/logrotate.d/nginx:10 unknown user 'nginx'",
        "2026-03-01T10:00:00Z WARN shop.mirror: user not found in the mirror, invoice kept",
        "2026-03-01T10:00:00Z WARN shop.pay: payment token expired for order 17",
        r#"{"level":"warn","method":"GET","path":"/customers/17","msg":"customer 17 not found"}"#,
        r#"{"level":"warn","method":"POST","path":"/login","msg":"user bob is blocked"}"#,
        "2026-03-01T10:00:00Z WARN sync: session 126302903 removed",
        "2026-03-01T10:00:00Z WARN auth_token: empty tokens allowed",
        "[Wed Mar 01 10:00:00 2026] [error] [client 192.0.2.7] user bob not found: /",
        "2026-03-01T10:00:00Z WARN [req=r-17] shop.views: tax profile does not exist for user, fallback used",
        "2026-03-01T10:00:00Z WARN [req=r-17] shop.crm: customer record does not exist in the mirror, creating",
        "2026-03-01T10:00:00Z ERROR [req=r-17] shop.api: NullPointerException: cannot invoke getName() because user is null",
        "2026-03-01T10:00:00Z WARN [req=r-17] shop.plans: subscription sub_1N401 does not exist at the provider",
        r#"{"level":30,"topic":"user_deleted_emails","offset":40178,"msg":"consumer caught up"}"#,
        r#"{"level":40,"reqId":"r-17","ticket":{"subject":"Getting 'user from token does not exist' again"},"msg":"ticket linked"}"#,
        r#"{"time":"2026-03-01T10:00:00Z","method":"GET","path":"/x","response_code":401,"jwt_sub":null,"jwt_kid":null}"#,
        r#"{"time":"2026-03-01T10:00:00Z","action":"DescribeBuckets","errorCode":"AccessDenied","what":"User x is not authorized"}"#,
    ] {
        // What may be why something was refused is no event yet.
        let told = told(&detector, record).into_iter().filter(|event| !event.starts_with("request "));
        assert_eq!(told.collect::<Vec<_>>(), [""; 0], "{record}");
    }
}

#[test]
fn a_database_refuses_no_token_whatever_its_tables_are_called() {
    let detector = Detector::new(Catalog::builtin().unwrap());
    for record in [
        r#"2026-11-23 11:58:57.433 UTC [20] LOG:  statement: CREATE TABLE "token_blacklist_revokedtoken" ("jti" uuid NOT NULL UNIQUE)"#,
        r#"2026-11-23 11:58:56.687 UTC [21] FATAL:  role "token_reader" does not exist"#,
        r#"{"level":"warn","msg":"select * from revoked_tokens where jti = 'j-1' and token_revoked = true","time":"2026-11-23T11:58:57Z"}"#,
    ] {
        assert_eq!(told(&detector, record), Vec::<String>::new(), "{record}");
    }
}

#[test]
fn what_needs_no_entry_is_read_by_its_words() {
    let detector = Detector::new(Catalog::builtin().unwrap());
    for (record, reason) in [
        ("authentication failure: token uses the unknown key 17", "key_not_found"),
        ("io.jsonwebtoken.SignatureException: Unknown signing key ID", "key_not_found"),
        ("2026-05-04 10:00:01 WARN auth no matching signing key found in JWKS (kid=k-8)", "key_not_found"),
        (r#"no valid key found in issuer's jwks_uri for key parameters {"kid":"k_2025-a","alg":"RS256"}"#, "key_not_found"),
        (
            "BadRequestError: unexpected iss value, expected https://login.example.com/, got: https://other.example/",
            "issuer_invalid",
        ),
        (
            r#"{"error":"jwt_invalid","error_description":"Invalid issuer (iss) provided, got 'https://other.example/'"}"#,
            "issuer_invalid",
        ),
        (
            r#"Audience (aud) claim mismatch in the ID token; expected "IsuLUyWa" but found "https://example.com/""#,
            "audience_invalid",
        ),
        (r#"Invalid token: jwtsvid: expected audience in ["spiffe://a/a"] (audience=["spiffe://a/b"])"#, "audience_invalid"),
        (r#"{"success":false,"message":"The user belonging to this token does no longer exist."}"#, "sub_not_found"),
        ("[auth] ERROR user with id 42 from JWT not found in database", "sub_not_found"),
        (r#"[2026-05-04 10:00:01] app.WARNING: JWT login refused: User "ann" not found."#, "sub_not_found"),
        ("2026-05-04 10:00:01,120 WARNING shop.auth Signature has expired", "token_expired"),
        (r#"{"level":"warn","msg":"authentication failed","error":"signature is invalid"}"#, "signature_invalid"),
        ("2026-05-04 10:00:01 ERROR api JWT signature verification failed", "signature_invalid"),
    ] {
        let events = detector.events_of(record);
        assert!(events.iter().any(|event| event.reason.is_some_and(|read| read.as_str() == reason)), "{record}: {events:?}");
    }
}
