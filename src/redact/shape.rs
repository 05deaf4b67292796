//! Secrets recognised by their own shape: key files, cookies, addresses with passwords, keys of well-known vendors.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::Regex;

use super::named::{self, kind_of_scheme};
use super::secret::{Finder, Secret, ending, looks_made};

/// `-----BEGIN RSA PRIVATE KEY-----`, to its end or to that of the text.
pub(super) static PRIVATE_KEY: Finder = Finder {
    anchors: &["private key"],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> =
            pattern!(r"(?s)-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?P<secret>.+?)(?:-----END|$)");
        first(&PATTERN, "private-key", text, from)
    },
};

/// A header of cookies: each may be a session. Pairs to the end of what is quoted, or an object of them.
pub(super) static COOKIE: Finder = Finder {
    anchors: &["cookie"],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(concat!(
            r#"(?i)\b(?:set-?)?cookies?\\*["']?(?:\s*(?:=>|[:=])\s*|%20|\s+)\\*["'\[]*"#,
            r#"(?P<secret>\{[^}\r\n]*\}?|[^=\s;,"'\\{}\[\]]+="#,
            r#"(?:\\*"[^"\s;]*"|[^;,\s"'\\]*)(?:(?:;|,|",\s?")(?:\s|%20)*[^=\s;"'\\]+(?:=(?:\\*"[^"\s;]*"|[^;,\s"'\\]*))?)*)"#,
        ));
        first(&PATTERN, "cookie", text, from)
    },
};

/// `https://user:password@host`, and Go's `user:password@tcp(host)`.
pub(super) static USER_INFO: Finder = Finder {
    anchors: &["://", "@tcp(", "@unix("],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(concat!(
            r#"://[^\s:/@"'<>?\#]*:(?P<secret>[^\s"'<>?\#]+)@"#,
            r#"|[\w.-]+:(?P<socket>[^\s/"']+)@(?:tcp|unix)\("#,
        ));
        let mut at = from;
        memchr::memchr(b'@', text.as_bytes().get(at..)?)?;
        loop {
            let found = PATTERN.captures_at(text.as_bytes(), at)?;
            let secret = found.name("secret").or_else(|| found.name("socket"))?;
            // A port and a path that holds an @.
            let digits = secret.as_bytes().iter().take_while(|b| b.is_ascii_digit()).count();
            let is_port = secret.as_bytes().get(digits) == Some(&b'/');
            if !is_port {
                return Some(Secret { range: secret.range(), kind: "password" });
            }
            at = secret.end();
        }
    },
};

/// What signs or encrypts a SAML assertion.
pub(super) static SAML: Finder = Finder {
    anchors: &["signaturevalue", "ciphervalue"],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(r"(?i)<(?:\w+:)?(?:Signature|Cipher)Value[^>]*>(?P<secret>[^<\[]+)");
        first(&PATTERN, "saml", text, from)
    },
};

/// The private members of a JSON Web Key, by RFC 7518, 6.2.2, 6.3.2 and 6.4.1.
pub(super) static JWK: Finder = Finder {
    anchors: &["kty", "\"dp\\\"", "\"dp\"", "\"dq", "\"qi", "\"d\"", "\"d\\\""],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(r#"\\*"(?:d|k|p|q|dp|dq|qi)\\*"\s*:\s*\\*"(?P<secret>[A-Za-z0-9_+/=-]{8,})"#);
        // Some writers of logs leave the quotes out.
        static BARE: LazyLock<Regex> = pattern!(r"\b(?:d|k|p|q|dp|dq|qi)\s*[:=]\s*(?P<secret>[A-Za-z0-9_+/=-]{16,})");
        if memchr::memmem::find(text.as_bytes(), b"kty:").is_some() {
            return first(&BARE, "jwk", text, from);
        }
        // One letter in quotes may be anything: beside a key's type, or others of its kind, it is not.
        let is_key =
            memchr::memmem::find(text.as_bytes(), b"\"kty").is_some() || PATTERN.find_iter(text.as_bytes()).nth(1).is_some();
        is_key.then(|| first(&PATTERN, "jwk", text, from)).flatten()
    },
};

/// Hashes of passwords: bcrypt, Argon2, scrypt, SHA-crypt, Django's PBKDF2.
pub(super) static PASSWORD_HASH: Finder = Finder {
    anchors: &["$2", "$argon2", "$scrypt$", "$5$", "$6$", "$y$", "pbkdf2"],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(concat!(
            r"(?P<secret>\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{20,}|\$(?:argon2(?:id?|d)|scrypt)\$[^\s\x22']{20,}",
            r"|\$(?:5|6|y)\$[^\s\x22']{20,}|pbkdf2[-_:](?:sha\d+|hmac)[^\s\x22']{20,})",
        ));
        first(&PATTERN, "password-hash", text, from)
    },
};

/// How keys begin as their vendors make them, and how much must follow. The beginnings are those that the vendors'
/// documents name and the rules of gitleaks (MIT) list.
const KEYS: [(&str, usize); 65] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("ABIA", 16),
    ("ACCA", 16),
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("gldt-", 16),
    ("glrt-", 16),
    ("glptt-", 16),
    ("glsoat-", 16),
    ("xoxa-", 8),
    ("xoxb-", 8),
    ("xoxe-", 8),
    ("xoxo-", 8),
    ("xoxp-", 8),
    ("xoxr-", 8),
    ("xoxs-", 8),
    ("xapp-", 8),
    ("sk_live_", 8),
    ("sk_test_", 8),
    ("rk_live_", 8),
    ("rk_test_", 8),
    ("whsec_", 16),
    ("sk-", 20),
    ("AIza", 20),
    ("ya29.", 16),
    ("GOCSPX-", 16),
    ("SG.", 16),
    ("hvs.", 16),
    ("hvb.", 16),
    ("npm_", 20),
    ("pypi-", 16),
    ("dop_v1_", 20),
    ("doo_v1_", 20),
    ("dor_v1_", 20),
    ("shpat_", 16),
    ("shpss_", 16),
    ("shpca_", 16),
    ("shppa_", 16),
    ("sq0atp-", 16),
    ("sq0csp-", 16),
    ("glc_", 20),
    ("glsa_", 20),
    ("dapi", 20),
    ("ATATT3", 20),
    ("hf_", 20),
    ("key-", 32),
    ("AGE-SECRET-KEY-1", 20),
    ("LTAI", 12),
    ("AKCp", 20),
    ("rubygems_", 20),
    ("PMAK-", 20),
    ("sntrys_", 20),
    ("dckr_pat_", 16),
    ("tskey-", 8),
    ("lin_api_", 20),
    ("NRAK-", 20),
    ("pul-", 20),
    ("dp.pt.", 20),
    ("EAA", 40),
];

/// The beginnings alone.
const BEGINNINGS: [&str; KEYS.len()] = {
    let mut beginnings = [""; KEYS.len()];
    let mut at = 0;
    while at < KEYS.len() {
        beginnings[at] = KEYS[at].0;
        at += 1;
    }
    beginnings
};

/// Keys that begin as their vendor makes them.
pub(super) static VENDOR: Finder = Finder {
    anchors: &BEGINNINGS,
    find: |text, from| {
        static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
            let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(BEGINNINGS);
            builder.expect("constant beginnings make a search")
        });
        let bytes = text.as_bytes();
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || b"-_".contains(b);
        SEARCH.find_iter(bytes.get(from..)?).find_map(|found| {
            let (start, end) = (from + found.start(), from + found.end());
            let begins_word = start.checked_sub(1).is_none_or(|before| !is_part(&bytes[before]));
            let rest = bytes[end..].iter().take_while(|b| is_part(b) || b".+/=".contains(b));
            let length = rest.clone().take_while(|b| is_part(b)).count();
            let least = KEYS[found.pattern().as_usize()].1;
            let key = &bytes[end..end + length];
            let has = |test: fn(&u8) -> bool| key.iter().any(test);
            // `sk-payment-service-blue` is a name.
            let is_made = || has(u8::is_ascii_digit) || (has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase));
            (begins_word && length >= least && is_made())
                .then(|| Secret { range: start..end + ending(&bytes[end..end + rest.count()]), kind: "api-key" })
        })
    },
};

/// What follows a scheme of HTTP authentication: `Bearer 4f1c…`, `Basic dXNl…`.
pub(super) static SCHEME: Finder = Finder {
    anchors: &["bearer", "basic", "digest", "dpop", "negotiate", "ntlm", "apikey", "authorization"],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(concat!(
            r#"(?i)(?:authorization\\*["']?(?:\s*(?:=>|[:=])\s*|%3A(?:%20)*)\\*["'\[]*)?"#,
            r#"(?:bearer|basic|digest|dpop|negotiate|ntlm|apikey|token)(?:\s+|%20|\+)\\*["']?"#,
        ));
        let mut at = from;
        loop {
            let head = PATTERN.find_at(text.as_bytes(), at)?;
            at = head.end();
            let head = text.get(head.range())?;
            let rest = text.get(at..)?;
            let signs = |rest: &str, test: fn(u8) -> bool| rest.bytes().take_while(|b| test(*b)).count();
            let bare = signs(rest, |b| b.is_ascii_alphanumeric() || b"+/_.~:-".contains(&b));
            let padding = signs(rest.get(bare..)?, |b| b == b'=');
            let value = rest.get(..bare + padding)?;
            // `Bearer expires_in=3600`, `Digest username="bob"`.
            let goes_on = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'"' | b'\'');
            let is_word = value.bytes().take(bare).all(|b| b.is_ascii_lowercase() || b == b'_');
            let is_name = padding == 1 && is_word && rest.as_bytes().get(value.len()).is_some_and(goes_on);
            let is_header = head.get(..HEADER.len()).is_some_and(|name| name.eq_ignore_ascii_case(HEADER));
            let kind = kind_of_scheme(head);
            // `Bearer authentication` is prose, and so is `token expired`.
            let is_spoken = || kind != "token" && is_credential(value);
            if value.len() >= SHORTEST && !is_name && (is_header || is_spoken()) {
                return Some(Secret { range: at..at + value.len(), kind });
            }
        }
    },
};

/// The header of HTTP that schemes stand in.
const HEADER: &str = "authorization";
/// What follows a scheme is no shorter.
const SHORTEST: usize = 6;

/// Whether it may follow a scheme outside a header: made, or so long that it is no word.
fn is_credential(value: &str) -> bool {
    const NO_WORD: usize = 16;
    looks_made(value)
        || (value.len() >= NO_WORD && value.bytes().all(|b| b.is_ascii_alphanumeric()))
        || (value.ends_with('=') && value.len() >= NO_WORD / 2)
}

/// `<password>…</password>`, `<wsse:Password Type="x">…`: recognised by the element's name.
pub(super) static XML: Finder = Finder {
    anchors: &["</"],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> =
            pattern!(r"<(?:[\w-]+:)?(?P<name>[\w.-]+)(?:\s[^<>]*)?>\s*(?P<secret>[^<>\[\s][^<>\[]*)</");
        let mut at = from;
        loop {
            let found = PATTERN.captures_at(text.as_bytes(), at)?;
            let (name, secret) = (text.get(found.name("name")?.range())?, found.name("secret")?);
            if let Some(named::Value::Whole(kind)) = named::kind_of(name, text.get(secret.range())?.trim()) {
                return Some(Secret { range: secret.range(), kind });
            }
            at = secret.end();
        }
    },
};

/// Passwords given to commands and databases: `curl -u bob:…`, `mysql -p…`, `IDENTIFIED BY '…'`.
pub(super) static COMMAND: Finder = Finder {
    anchors: &["curl", "wget", "mysql", "redis-cli", "identified by"],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(concat!(
            r#"(?i)(?:\b(?:curl|wget)\b[^\n|]{0,200}?\s(?:-u|--user)[ =]\\*["']?[^\s:"'\[]+:|\bmysql\w*\b[^\n|]{0,200}?\s-p"#,
            r#"|\bredis-cli\b[^\n|]{0,200}?\s-a\s+|\bidentified\s+by\s+\\*')(?P<secret>[^\s"'\\\[]+)"#,
        ));
        first(&PATTERN, "password", text, from)
    },
};

/// Links that let in whoever has them: to reset a password, to a webhook, to a bot.
pub(super) static LINK: Finder = Finder {
    anchors: &["/reset", "/verif", "/confirm", "/activat", "/magic", "/invit", "hooks.slack.com", "webhooks/", "/bot"],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(concat!(
            r"(?i)(?:/(?:reset|verify|verification|confirm|activat|magic|invit)[a-z_-]{0,20}/|hooks\.slack\.com/services/",
            r"|discord(?:app)?\.com/api/webhooks/\d+/|/bot\d{6,}:)(?P<secret>[A-Za-z0-9._~:/-]{16,})",
        ));
        let mut at = from;
        loop {
            let secret = PATTERN.captures_at(text.as_bytes(), at)?.name("secret")?;
            if text.get(secret.range()).is_some_and(looks_made) {
                return Some(Secret { range: secret.range(), kind: "link" });
            }
            at = secret.end();
        }
    },
};

/// The first secret that a pattern finds at or after an offset.
fn first(pattern: &Regex, kind: &'static str, text: &str, from: usize) -> Option<Secret> {
    Some(Secret { range: pattern.captures_at(text.as_bytes(), from)?.name("secret")?.range(), kind })
}

/// A pattern that is compiled when it is first needed.
macro_rules! pattern {
    ($text:expr) => {
        LazyLock::new(|| crate::redact::secret::compiled($text))
    };
}
use pattern;
