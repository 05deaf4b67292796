use proptest::prelude::*;

use crate::redact::*;

const SALT: Redactor = Redactor::salted([7; 16]);

/// A token: `{"alg":"RS256","kid":"k1"}.{"sub":"u1"}`, and a signature that must not be shown.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJ1MSJ9.HIDE4Q0c2ln2lnYXR1cmU";
/// The same with a header over several lines.
const PRETTY: &str = "ewogICJhbGciOiAiUlMyNTYiCn0.ewogICJzdWIiOiAidTEiCn0.HIDE4Q0c2lnYXR1cmU";

/// Texts, each with a secret that begins with `HIDE4Q`, and the kind it must be recognised as.
fn secrets() -> Vec<(String, &'static str)> {
    let mut texts: Vec<(String, &'static str)> = [
        ("GET /a?access_token={token}&x=1", "jwt"),
        ("Authorization: Bearer {token}", "jwt"),
        ("Authorization: {token}", "jwt"),
        ("r=%2Fcb%3Fid_token%3D{percent}", "jwt"),
        ("r=%2Fcb%3Fid_token%3D{twice}", "jwt"),
        (r#"{\"access_token\":\"{token}\"}"#, "jwt"),
        ("token was {pretty}", "jwt"),
        ("token was\\n{token}", "jwt"),
        ("cut eyJhbGciOiJIUzI1NiJ9.HIDE4QAAAAAAAAAA...", "jwt"),
        ("GET /x?%22client_secret%22:%22HIDE4Qx%22 401", "secret"),
        ("GET /x?r=%252Fa%253F%2522password%2522%253A%2522HIDE4Qx%2522 401", "password"),
        ("Authorization: Bearer HIDE4Qabcdef0123456789", "bearer"),
        ("authorization: 'bearer HIDE4QTokenValue_1234567890'", "bearer"),
        ("Authorization:%20Bearer%20HIDE4Qabcdef0123456789", "bearer"),
        ("authorization: Basic HIDE4QDpwYXNzd29yZA==", "basic"),
        ("Authorization: Token HIDE4Q0123456789", "token"),
        ("Cookie: sid=HIDE4Q; JSESSIONID=HIDE4Q2", "cookie"),
        ("Set-Cookie: auth=HIDE4Q0123; HttpOnly", "cookie"),
        ("cookies: {'sid': 'HIDE4Q', 'b': 'HIDE4Q2'}", "cookie"),
        ("Cookie: appauth=\"HIDE4Qx\"", "cookie"),
        ("Cookie: prefs=\"x\"; appauth=HIDE4Qx", "cookie"),
        ("Cookie: a=b[1]; appauth=HIDE4Qx", "cookie"),
        ("https://user:HIDE4Qpw@host/x", "password"),
        ("https://user:HIDE4Qp@HIDE4Qss@host/x", "password"),
        ("https://user:HIDE4Q[x@host/x", "password"),
        ("PGPASSWORD=HIDE4Qx psql", "password"),
        ("dbpassword=HIDE4Qx", "password"),
        ("clientsecret=HIDE4Qx", "secret"),
        ("secret_key_base=HIDE4Qx", "api-key"),
        ("encryption_key=HIDE4Qabcdef0123456789", "api-key"),
        ("expired_token=HIDE4Qabcdef0123456789", "token"),
        ("X-Api-Key:[HIDE4Qx1]", "api-key"),
        ("x-api-key: [\"HIDE4Qx1\"]", "api-key"),
        (r#""tokens":["HIDE4Qabcdef0123456789"]"#, "token"),
        (r#""secret":{"value":"HIDE4Qx"}"#, "secret"),
        ("{'access_token': u'HIDE4Qabcdef0123456789'}", "token"),
        ("('x-api-key', 'HIDE4Qabc1')", "api-key"),
        (r#"{"name":"X-Api-Key","value":"HIDE4Qx"}"#, "api-key"),
        (r#"token: Some("HIDE4Qabcdef0123456789")"#, "token"),
        ("secret: !!str HIDE4Qx", "secret"),
        (r#"password="a\"bHIDE4Q""#, "password"),
        ("password='it''s HIDE4Q'", "password"),
        ("password=\"unclosed HIDE4Q", "password"),
        (r"{\x22password\x22:\x22HIDE4Qx\x22}", "password"),
        (r"{\u0022password\u0022:\u0022HIDE4Qx\u0022}", "password"),
        ("Authorization: Foo HIDE4Qabcdef0123456789", "authorization"),
        ("Authorization: Digest username=\"bob\", response=\"HIDE4Qabcdef01\"", "digest"),
        ("x-functions-key: HIDE4Qabcd1", "api-key"),
        ("Invalid token HIDE4Qabcd12", "token"),
        (r"eyJhbGciOiJIUzI1NiJ9\u002eeyJzdWIiOiJ1MSJ9\u002eHIDE4Q0abcdefghij", "jwt"),
        ("Set-Cookie: a=b; Path=/, rt=HIDE4Qx", "cookie"),
        ("set-cookie: [\"sid=a; Path=/\",\"rt=HIDE4Qx\"]", "cookie"),
        ("encryptionKey=HIDE4Qabcdef0123456789", "api-key"),
        ("Passwort: HIDE4Qx", "password"),
        ("/login?user=bob&pass=HIDE4Q HTTP/1.1", "password"),
        ("<password>HIDE4Qx</password>", "password"),
        ("<wsse:Password Type=\"x\">HIDE4Qx</wsse:Password>", "password"),
        ("curl -s -u bob:HIDE4Qx https://h", "password"),
        ("mysql -h db -pHIDE4Qx shop", "password"),
        ("ALTER USER app IDENTIFIED BY 'HIDE4Qx'", "password"),
        ("token [HIDE4Qabcdef0123456789] is expired", "token"),
        ("token was HIDE4Qabcdef0123456789", "token"),
        ("password is HIDE4Q1x", "password"),
        ("session id HIDE4Qabcdef0123456789 not in store", "session"),
        ("password == HIDE4Qx", "password"),
        ("GET /reset-password/HIDE4Qabcdef0123456789 HTTP/1.1", "link"),
        ("https://discord.com/api/webhooks/1/HIDE4Qabcdef0123456789", "link"),
        ("https://api.telegram.org/bot123456789:HIDE4Qabcdef0123456789/x", "link"),
        ("postgres://app:HIDE4Qx/y@db:5432/x", "password"),
        ("dsn app:HIDE4Qx@tcp(db:3306)/shop", "password"),
        ("POST /login?username=bob&password=HIDE4Q&x=1", "password"),
        (r#"{"password":"HIDE4Q with blanks","user":"bob"}"#, "password"),
        (r#"{\"new_password\":\"HIDE4Qx\"}"#, "password"),
        ("passwd=HIDE4Qx,y user=bob", "password"),
        ("password: HIDE4Qx", "password"),
        ("tried with password HIDE4Qx today", "password"),
        ("client_secret=HIDE4Qx", "secret"),
        ("JWT_SECRET=HIDE4Qx", "secret"),
        (r#""mfa_secret":"HIDE4Q""#, "secret"),
        ("otp=HIDE4Q", "otp"),
        ("api_key=HIDE4Qx", "api-key"),
        ("X-API-Key: HIDE4Qx", "api-key"),
        ("GET /a?apikey=HIDE4Qx HTTP/1.1", "api-key"),
        ("GET /a?key=HIDE4Qabcdef0123456789 HTTP/1.1", "api-key"),
        ("AWS_SECRET_ACCESS_KEY=HIDE4Qabcdefgh0123", "api-key"),
        (r#""private_key":"HIDE4Qx""#, "private-key"),
        ("X-Amz-Signature=HIDE4Q0123456789abcdef", "signature"),
        ("X-Amz-Security-Token=HIDE4Qabcdef0123456789", "token"),
        ("?sv=2022&sig=HIDE4Qabcdef%3D", "signature"),
        ("refresh_token=HIDE4Qabcdef0123456789", "token"),
        (r#""refreshToken":"HIDE4Qabcdef0123456789""#, "token"),
        ("X-Auth-Token: HIDE4Qabcdef0123456789", "token"),
        ("token=HIDE4Qabcdef0123456789", "token"),
        (r#"invalid token "HIDE4Qabcdef0123456789abcdef""#, "token"),
        ("csrf_token=HIDE4Qabcdef", "token"),
        ("session_id=HIDE4Qabcdef0123456789", "session"),
        ("JSESSIONID=HIDE4Qabcdef0123456789", "session"),
        ("GET /cb?code=HIDE4Qabcdef0123456789&state=s", "code"),
        ("code_verifier=HIDE4Qabcdef0123456789", "code"),
        ("SAMLResponse=HIDE4QPHNhbWw+abcdefgh0123456789", "saml"),
        ("<ds:SignatureValue>HIDE4QabcdefGHI</ds:SignatureValue>", "saml"),
        ("ticket=ST-1-HIDE4Qabcdef", "ticket"),
        (r#""kty":"RSA","d":"HIDE4Qabcdefghijkl""#, "jwk"),
        (r#"{\"kty\":\"oct\",\"k\":\"HIDE4Qabcdefghijkl\"}"#, "jwk"),
        ("-----BEGIN RSA PRIVATE KEY----- HIDE4QMIIEvQIBADANBgkq -----END RSA PRIVATE KEY-----", "private-key"),
        ("-----BEGIN PRIVATE KEY-----\\nHIDE4QMIIEvQIBADANBgkq", "private-key"),
        ("hash $2b$10$HIDE4QabcdefghijklmnopqrstuvwxyzABCDEFG for bob", "password-hash"),
    ]
    .into_iter()
    .map(|(text, kind)| {
        let text = text
            .replace("{token}", TOKEN)
            .replace("{pretty}", PRETTY)
            .replace("{percent}", &TOKEN.replace('.', "%2E"))
            .replace("{twice}", &TOKEN.replace('.', "%252E"));
        (text, kind)
    })
    .collect();
    // Put together here, so that no scanner of secrets takes them for real ones.
    for beginning in ["ghp_", "xoxb-123-", "sk_live_", "AIza", "glpat-", "npm_", "shpat_"] {
        let rest = if beginning == "shpat_" { "0123456789abcdef0123" } else { "HIDE4Qabcdefghijklmnopqrstuvwxyz" };
        texts.push((format!("used {beginning}{rest} here"), "api-key"));
    }
    texts
}

#[test]
fn secrets_of_every_kind_are_taken_out_and_marked_with_their_kind() {
    for (text, kind) in secrets() {
        for text in [text.clone(), format!("x {text} y"), format!("msg=\"{text}\"")] {
            let shown = SALT.redact(&text);
            assert!(!shown.contains("HIDE4Q"), "{text}\n{shown}");
            assert!(shown.contains(&format!("[redacted {kind} ")), "{text}\n{shown}");
            assert_eq!(SALT.redact(&shown), shown, "redacted again");
        }
    }
}

#[test]
fn a_row_of_beginnings_is_no_token_and_costs_little() {
    for row in ["eyJ", "eyJ_", "ewog", "eyJhbGciOiJ"] {
        let text = row.repeat(400_000 / row.len());
        assert!(jwt::tokens(&text).count() < 2, "{row}");
    }
}

#[test]
fn a_token_wrapped_over_lines_is_taken_out_whole() {
    let (a, rest) = TOKEN.split_at(20);
    let (b, c) = rest.split_at(28);
    let shown = SALT.redact(&format!("refused {a}\n{b}\r\n{c}\n  at x.y(Z.java:1)")).into_owned();
    assert!(!shown.contains("HIDE4Q") && shown.ends_with("]\n  at x.y(Z.java:1)"), "{shown}");
}

#[test]
fn a_field_is_recognised_by_its_name() {
    for (name, value, kind) in [
        ("password", "x", Some("password")),
        ("req.headers.x-api-key", "abc", Some("api-key")),
        ("data.refreshToken", "1/abcdef0123456789", Some("token")),
        ("session_id", "9f2c1a77-0000-4000-8000-000000000001", Some("session")),
        ("jwk.d", "aGVsbG8gaGVsbG8gMTIz", Some("jwk")),
        ("headers.cookie", "theme=dark; appauth=HIDE4Q", Some("cookie")),
        ("token", "expired", None),
        ("token_type", "Bearer", None),
        ("token", "the token 7 of user 4711 is expired", None),
        ("password", "***", None),
        ("kid", "4f1cbb0a9e-2026", None),
        ("request_id", "4f1cbb0a9e-2026", None),
    ] {
        let shown = SALT.value(name, value);
        let marked = shown.strip_prefix("[redacted ").and_then(|rest| rest.split(' ').next());
        assert_eq!(marked, kind, "{name}: {shown}");
    }
}

#[test]
fn a_header_by_its_name_shows_its_scheme_alone() {
    for (value, shown) in [
        ("Token HIDE3x9x", "Token [redacted token]"),
        ("Basic dXNlcjpwYXNz", "Basic [redacted basic]"),
        ("Bearer 4f1c", "Bearer [redacted bearer]"),
        ("Bearer realm", "Bearer [redacted bearer]"),
        ("Bearer missing", "Bearer missing"),
        ("none given by client", "none given by client"),
    ] {
        assert_eq!(Redactor::BARE.value("req.headers.authorization", value), shown);
    }
}

#[test]
fn a_key_of_sorted_members_shows_none_of_them() {
    let member = "HIDE4Q".to_owned() + &"aB3-".repeat(170);
    let key = format!(r#"jwt expired: key {{"alg":"RS256","d":"{member}","dp":"{member}","kty":"RSA","n":"x"}}"#);
    assert!(!SALT.redact(&key).contains("HIDE4Q"), "{}", SALT.redact(&key));
}

#[test]
fn marks_lose_their_hashes_where_templates_are_made() {
    let shown = SALT.redact("a token=HIDE4Qabcdef0123456789 b").into_owned();
    assert_eq!(Redactor::without_hashes(&shown), "a token=[redacted token] b");
    assert_eq!(Redactor::without_hashes("[redacted by us]"), "[redacted by us]");
}

#[test]
fn the_same_secret_has_the_same_mark_in_one_run_alone() {
    let (a, b) = ("token=HIDE4Qabcdef0123456789", "x-auth-token: HIDE4Qabcdef0123456789");
    let mark = |redactor: Redactor, text: &str| redactor.redact(text).rsplit(' ').next().unwrap().to_owned();
    assert_eq!(mark(SALT, a), mark(SALT, b));
    assert_ne!(mark(SALT, a), mark(SALT, "token=HIDE4Qabcdef0123456780"));
    assert_ne!(mark(SALT, a), mark(Redactor::salted([8; 16]), a));
    assert_eq!(Redactor::BARE.redact(a), "token=[redacted token]");
}

#[test]
fn ordinary_text_is_left_alone() {
    for text in [
        "WARN shop.auth: caller 2ce079cd-5e62-4a9a-8e46-87fe5daa1867 is unknown",
        "User from sub claim in JWT does not exist (keyboard, eyes)",
        "apiKeyInvalid: keyAlreadyExists, keyIdentifierNotFound",
        "Bearer authentication failed: Bearer token is missing",
        "WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"The access token expired\"",
        "invalid token: signature is invalid; token: expired",
        "error=invalid_token: AADSTS50013: Assertion failed signature validation",
        "IDX10223: Lifetime validation failed. The token is expired.",
        "token_type=Bearer expires_in=3600 token_expired=true",
        "status_code=401 code=ERR_JWT_EXPIRED exit code: 12345678",
        "password: incorrect for user bob; password authentication failed for user \"bob\"",
        "session opened for user root by (uid=0)",
        "signing_key=shop-2026-11-01 key=k1 kid=4f1cbb0a9e",
        "no key for kid kid=key1 known=[key2 key3]",
        "request_id=9f2c1a77-0000-4000-8000-000000000001 sub=u-4711",
        "http://localhost:8080/a@b and mail to ann@corp.example",
        "Token 17 of 20 was issued at 2026-03-02T10:00:00Z",
        "cookie not found; cookies are disabled",
        "auth.go:42] oauth2: token expired and refresh token is not set",
        "INSERT INTO users (\"password\", \"username\", \"is_active\") VALUES",
        "pwd=/var/lib/app PWD=/home/app ticket=OPS-1234 otp=disabled apiKey=disabled",
        "token expired_at=2026-03-02T10:00:00Z; token: alg=HS256 kid=k9 rejected",
        "session closed for user root; session not found; token [expired] (invalid)",
        "<error><code>401</code><token>expired</token></error>",
        "/verify/email /confirm/order-1234 POST /reset-password/",
        "author=4711bob9 authority=https://id.example/realms/x1234567",
    ] {
        assert_eq!(SALT.redact(text), text);
    }
}

#[test]
fn no_more_than_its_share_of_a_text_is_gone_through() {
    let text = format!("{}password=HIDE4Qx", "ü".repeat(MOST));
    assert!(SALT.redact(&text).len() <= MOST);
}

proptest! {
    #[test]
    fn any_text_is_redacted_without_panic_and_once_is_enough(
        pieces in prop::collection::vec(prop_oneof![
            prop::sample::select(secrets()).prop_map(|(text, _)| text),
            prop::sample::select(vec!["\"", "'", "\\", "=", ": ", "&", "\n", "%3D", "cookie: ", "-----BEGIN PRIVATE KEY-----", "ü", "[", "{"])
                .prop_map(str::to_owned),
            ".{0,12}",
        ], 0..8),
    ) {
        let text = pieces.concat();
        let once = SALT.redact(&text).into_owned();
        prop_assert!(jwt::tokens(&once).next().is_none(), "{once}");
    }

    #[test]
    fn a_secret_between_other_texts_is_taken_out(
        before in "[a-z ]{0,20}", (secret, _) in prop::sample::select(secrets()), after in "[a-z ]{0,20}",
    ) {
        let text = format!("{before} {secret} {after}");
        prop_assert!(!SALT.redact(&text).contains("HIDE4Q"), "{}", SALT.redact(&text));
    }
}
