//! What a stream's path and date say of its records.

use chrono::{DateTime, Utc};

use crate::extract::context::Context;
use crate::layout::columns::Columns;
use crate::normalise::clock::undated;
use crate::pipeline::settings::Settings;

/// What a stream's path and date say of its records.
pub fn context(name: &str, modified: Option<DateTime<Utc>>, settings: &Settings, rereadable: bool) -> Context {
    let (service, host) = named_by_path(name);
    Context {
        zone: settings.zone,
        latest: modified.unwrap_or(settings.now),
        service,
        host,
        rows: settings.rows,
        is_read_twice: settings.second_pass && rereadable,
        columns: Columns::default(),
        redactor: settings.redactor,
    }
}

/// The service and the instance that a log's path names: `orders/orders.log.1` is of `orders`,
/// `apps/cart-2/cart.log` of `cart` on `cart-2`.
fn named_by_path(name: &str) -> (Option<String>, Option<String>) {
    let mut parts = name.rsplit(['/', '!', '\\']);
    let file = parts.next().unwrap_or(name);
    let stem: String = file
        .split('.')
        .take_while(|part| {
            !part.starts_with("log-")
                && !matches!(*part, "log" | "json" | "jsonl" | "txt" | "gz" | "zst" | "bz2" | "xz" | "out" | "err")
        })
        .collect::<Vec<_>>()
        .join(".");
    let stem = undated(&stem);
    let parent = parts.next().unwrap_or("");
    let service = [stem, parent].into_iter().map(|part| instance(part).0).find(|part| says_something(part));
    let host = [parent, stem].into_iter().find(|part| instance(part).1 && says_something(instance(part).0));
    (service.map(str::to_owned), host.map(str::to_owned))
}

/// A name without the number of its instance, and whether it had one.
fn instance(name: &str) -> (&str, bool) {
    match name.rsplit_once(['-', '_']) {
        Some((head, number)) if !head.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            (head, true)
        }
        _ => (name, false),
    }
}

/// Whether a file or directory name says what wrote the log.
fn says_something(name: &str) -> bool {
    const GENERIC: [&str; 34] = [
        "",
        "log",
        "logs",
        "var",
        "tmp",
        "access",
        "error",
        "app",
        "application",
        "server",
        "current",
        "stdout",
        "stderr",
        "out",
        "output",
        "main",
        "messages",
        "syslog",
        "audit",
        "api",
        "debug",
        "data",
        "archive",
        "console",
        "errors",
        "http",
        "in",
        "info",
        "node",
        "requests",
        "service",
        "svc",
        "warn",
        "web",
    ];
    !GENERIC.contains(&name) && name.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_service_and_instance() {
        for (path, service, host) in [
            ("logs/orders/orders.log.1", Some("orders"), None),
            ("logs/accounts/app.log.3.gz", Some("accounts"), None),
            ("c/apps/cart-2/cart.log-20260302.zst", Some("cart"), Some("cart-2")),
            ("c/apps/orders-1/application.log", Some("orders"), Some("orders-1")),
            ("/var/log/nginx/access.log", Some("nginx"), None),
            ("edge/nginx-2/access.log-20260308", Some("nginx"), Some("nginx-2")),
            ("logs.tar.gz!prod/billing/access.log", Some("billing"), None),
            ("caddy/access-2026-11-23T12-14-49.023-size.log.gz", Some("caddy"), None),
            ("app.log", None, None),
        ] {
            let (found, instance) = named_by_path(path);
            assert_eq!((found.as_deref(), instance.as_deref()), (service, host), "{path}");
        }
    }
}
