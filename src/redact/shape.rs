//! Secrets told by their own shape: key files, cookies, addresses with passwords, keys of well-known vendors.

use std::sync::LazyLock;

use regex::Regex;

use super::{Finder, Secret, looks_made};

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
            r#"(?P<secret>\{[^}\r\n]*\}?|[^=\s;,"'\\{}\[\]]+=[^;\s"'\\\[]*(?:;(?:\s|%20)*[^=\s;"'\\]+(?:=[^;\s"'\\]*)?)*)"#,
        ));
        first(&PATTERN, "cookie", text, from)
    },
};

/// `https://user:password@host`, and Go's `user:password@tcp(host)`.
pub(super) static USER_INFO: Finder = Finder {
    anchors: &["://", "@tcp(", "@unix("],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(concat!(
            r#"://[^\s:/@"'<>?\#]*:(?P<secret>[^\s@"'<>\[]{1,256})@"#,
            r#"|[\w.-]+:(?P<socket>[^\s@/"'\[]{1,256})@(?:tcp|unix)\("#,
        ));
        let mut at = from;
        loop {
            let found = PATTERN.captures_at(text, at)?;
            let secret = found.name("secret").or_else(|| found.name("socket"))?;
            // A port and a path that holds an @.
            let is_port = secret.as_str().split_once('/').is_some_and(|(port, _)| port.bytes().all(|b| b.is_ascii_digit()));
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
    anchors: &["\"kty"],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(r#"\\*"(?:d|k|p|q|dp|dq|qi)\\*"\s*:\s*\\*"(?P<secret>[A-Za-z0-9_+/=-]{8,})"#);
        first(&PATTERN, "jwk", text, from)
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

/// Keys that begin as their vendor makes them. The beginnings are those that the vendors' documents name and the rules
/// of gitleaks (MIT) list.
pub(super) static VENDOR: Finder = Finder {
    anchors: &[
        "akia",
        "asia",
        "abia",
        "acca",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "gldt-",
        "glrt-",
        "glptt-",
        "glsoat-",
        "xox",
        "xapp-",
        "sk_live_",
        "sk_test_",
        "rk_live_",
        "rk_test_",
        "whsec_",
        "sk-",
        "aiza",
        "ya29.",
        "gocspx-",
        "sg.",
        "hvs.",
        "hvb.",
        "npm_",
        "pypi-",
        "dop_v1_",
        "doo_v1_",
        "dor_v1_",
        "shpat_",
        "shpss_",
        "shpca_",
        "shppa_",
        "sq0atp-",
        "sq0csp-",
        "glc_",
        "glsa_",
        "dapi",
        "atatt3",
        "hf_",
        "key-",
        "age-secret-key-",
        "ltai",
        "akcp",
        "rubygems_",
        "pmak-",
        "sntrys_",
        "dckr_pat_",
        "tskey-",
        "lin_api_",
        "nrak-",
        "pul-",
        "dp.pt.",
        "q~",
        "eaa",
    ],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(concat!(
            r"\b(?P<secret>(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
            r"|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|gl(?:pat|dt|rt|ptt|soat)-[\w.-]{16,}",
            r"|xox[a-z]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{8,}",
            r"|[sr]k_(?:live|test)_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9+/=]{16,}|sk-[A-Za-z0-9_-]{20,}",
            r"|AIza[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_-]{16,}|GOCSPX-[A-Za-z0-9_-]{16,}|SG\.[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_-]+)?",
            r"|hv[sb]\.[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{20,}|pypi-[A-Za-z0-9_-]{16,}|do[opr]_v1_[a-f0-9]{20,}",
            r"|shp(?:at|ss|ca|pa)_[A-Fa-f0-9]{16,}|sq0(?:atp|csp)-[\w-]{16,}|gl(?:c|sa)_[A-Za-z0-9_+/=-]{20,}|dapi[a-f0-9]{20,}",
            r"|ATATT3[\w=-]{20,}|hf_[A-Za-z]{20,}|key-[a-f0-9]{32}\b|AGE-SECRET-KEY-1\w{20,}|LTAI[A-Za-z0-9]{12,}|AKCp[A-Za-z0-9]{20,}",
            r"|rubygems_[a-f0-9]{20,}|PMAK-[A-Fa-f0-9-]{20,}|sntrys_[\w=+/-]{20,}|dckr_pat_[\w-]{16,}|tskey-[a-z]+-\w{8,}",
            r"|lin_api_[A-Za-z0-9]{20,}|NRAK-[A-Z0-9]{20,}|pul-[a-f0-9]{20,}|dp\.pt\.[A-Za-z0-9]{20,}",
            r"|EAA[A-Za-z0-9]{40,}|[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{20,})",
        ));
        first(&PATTERN, "api-key", text, from)
    },
};

/// What follows a scheme of HTTP authentication: `Bearer 4f1c…`, `Basic dXNl…`.
pub(super) static SCHEME: Finder = Finder {
    anchors: &["bearer", "basic", "digest", "dpop", "negotiate", "ntlm", "apikey", "authorization"],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = pattern!(concat!(
            r#"(?i)(?P<header>authorization\\*["']?(?:\s*(?:=>|[:=])\s*|%3A(?:%20)*)\\*["'\[]*)?"#,
            r#"(?P<scheme>bearer|basic|digest|dpop|negotiate|ntlm|apikey|token)(?:\s+|%20|\+)\\*["']?(?P<secret>[A-Za-z0-9+/_.~:-]{6,}=*)"#,
        ));
        let mut at = from;
        loop {
            let found = PATTERN.captures_at(text, at)?;
            let (scheme, secret) = (found.name("scheme")?, found.name("secret")?);
            // `Bearer authentication` is prose, and so is `token expired`.
            let is_header = found.name("header").is_some();
            let is_spoken = || !scheme.as_str().eq_ignore_ascii_case("token") && is_credential(secret.as_str());
            // `Bearer expires_in=3600`.
            let is_name =
                secret.as_str().ends_with('=') && text.as_bytes().get(secret.end()).is_some_and(u8::is_ascii_alphanumeric);
            if !is_name && (is_header || is_spoken()) {
                return Some(Secret { range: secret.range(), kind: kind_of_scheme(scheme.as_str()) });
            }
            at = scheme.end();
        }
    },
};

/// Whether it may follow a scheme outside a header: made, or so long that it is no word.
fn is_credential(value: &str) -> bool {
    const NO_WORD: usize = 16;
    looks_made(value)
        || (value.len() >= NO_WORD && value.bytes().all(|b| b.is_ascii_alphanumeric()))
        || (value.ends_with('=') && value.len() >= NO_WORD / 2)
}

fn kind_of_scheme(scheme: &str) -> &'static str {
    const SCHEMES: [&str; 5] = ["bearer", "basic", "digest", "negotiate", "ntlm"];
    SCHEMES.into_iter().find(|known| scheme.eq_ignore_ascii_case(known)).unwrap_or("token")
}

/// The first secret that a pattern finds at or after a place.
fn first(pattern: &Regex, kind: &'static str, text: &str, from: usize) -> Option<Secret> {
    Some(Secret { range: pattern.captures_at(text, from)?.name("secret")?.range(), kind })
}

/// A pattern that is compiled when it is first needed.
macro_rules! pattern {
    ($text:expr) => {
        LazyLock::new(|| Regex::new($text).expect("a constant pattern compiles"))
    };
}
use pattern;
