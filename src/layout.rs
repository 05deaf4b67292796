//! Record -> Entry: understands the layout of one record, whatever it says.
//!
//! A [`Layout`] is one way of writing log records; [`LAYOUTS`] lists them, strictest first. Parsing never fails: a layout
//! gives an [`Entry`] or `None`, and what no layout claims is counted as unparsed.
//!
//! # A new layout in a minute
//!
//! 1. A file `src/layout/<name>.rs` with a unit struct that implements [`Layout`]: `name`, `parse` and `samples`. Short
//!    ones to copy: `gunicorn.rs` (text), `gin.rs` (an access log with lines that follow).
//! 2. Here its `mod` line, and its line in [`LAYOUTS`], before the first layout that would claim its records too.
//! 3. `samples` lists two or three records as the product writes them, with the time, the level, the message and the fields
//!    that must be read. Tests read each of them back, and check that no earlier layout claims it, that it may be cut
//!    anywhere without a panic, and that two records after each other are cut into two.
//! 4. Only if the last test says so: `is_head`, where records begin with neither a usual time nor a level, and
//!    `continues`, where lines that belong to the record before look like a beginning. Nothing else has to be touched.
//!
//! What layouts share lies in files of its own, each of which knows only those before it:
//!
//! | file | knows |
//! | --- | --- |
//! | [`timestamp`], `level`, `lines`, `address` | times, levels, lines and columns, addresses |
//! | [`role`], `meaning`, `paths`, [`fields`] | what the names of fields say, and the fields of a record |
//! | [`entry`] | what a record becomes, and what a layout is |
//! | `parsers` | words, brackets, quotes: what a layout's `parse` is put together from |
//! | `request` | the request that a text names |
//! | `flatten`, `key_values` | JSON and `key=value` as fields |
//! | `message` | what a sentence holds; makes the entry of a text layout |
//! | `logger`, `head` | time, level, thread and logger before a message, in any order |
//! | `access` | makes the entry of an access log |
//! | `shape`, `cells`, `reading` | the columns of any access line, what each looks like, and what it means |
//! | [`columns`] | what the columns of a stream mean, learnt from its lines |

pub mod columns;
pub mod entry;
pub mod fields;
pub mod role;
pub mod timestamp;
pub mod token;

mod access;
mod address;
mod by_shape;
mod cells;
mod flatten;
mod head;
mod key_values;
mod level;
mod lines;
mod logger;
mod meaning;
mod message;
mod parsers;
mod paths;
mod reading;
mod request;
mod shape;

mod any_access;
mod apache_error;
mod bare;
mod cef;
mod cockroach;
mod combined;
mod django;
mod envoy;
mod generic;
mod gin;
mod gunicorn;
mod haproxy;
mod iis;
mod java_util;
mod json;
mod keycloak;
mod klog;
mod logfmt;
mod morgan;
mod mysql_slow;
mod nginx_error;
mod postgres;
mod rails;
mod spring_boot;
mod uvicorn;
mod winston;

pub use entry::{Entry, Layout, Sample};
pub use fields::Fields;
pub use timestamp::Stamp;

/// Makes [`LAYOUTS`], and of the layouts' tests of a line one function each, without a call through a table: these are
/// asked of every line. The last layouts are asked first, as those know most lines and look at the fewest bytes.
macro_rules! layouts {
    ($($layout:expr),* $(,)?) => {
        /// Every layout, in the order they are asked to read a record: the first that claims it reads it.
        ///
        /// Strict layouts stand before lenient ones; the generic "time stamp, level, text" comes last.
        pub static LAYOUTS: &[&dyn Layout] = &[$(&$layout),*];

        fn is_head_of_one(line: &[u8]) -> bool {
            any_from_the_last!(line, is_head, $($layout,)*)
        }

        /// Whether a line begins no record in any layout; see [`Layout::continues`].
        pub fn continues(line: &[u8]) -> bool {
            any_from_the_last!(line, continues, $($layout,)*)
        }
    };
}

macro_rules! any_from_the_last {
    ($line:ident, $test:ident,) => { false };
    ($line:ident, $test:ident, $first:expr, $($rest:expr,)*) => {
        any_from_the_last!($line, $test, $($rest,)*) || $first.$test($line)
    };
}

layouts![
    json::Json,
    cef::Cef,
    envoy::Envoy,
    haproxy::Haproxy,
    combined::Combined,
    iis::Iis,
    uvicorn::Uvicorn,
    gin::Gin,
    morgan::Morgan,
    nginx_error::NginxError,
    apache_error::ApacheError,
    postgres::Postgres,
    mysql_slow::MysqlSlow,
    any_access::AnyAccess,
    java_util::JavaUtil,
    keycloak::Keycloak,
    spring_boot::SpringBoot,
    cockroach::Cockroach,
    klog::Klog,
    gunicorn::Gunicorn,
    rails::Rails,
    django::Django,
    winston::Winston,
    logfmt::Logfmt,
    generic::Generic,
    bare::Bare,
];

/// Whether a line looks like the first of a record in any layout. What most records begin with is recognised
/// without going through the list.
#[inline]
pub fn is_head(line: &[u8]) -> bool {
    line.first() == Some(&b'{') || generic::begins_with_time(line) || is_head_of_one(line)
}

/// Whether a line that blanks begin is a framework's about one request, and no rest of the line before it.
pub fn is_indented_request(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    matches!(text.first(), Some(b'G' | b'P' | b'D' | b'H' | b'O')) && any_access::begins_with_request(text)
}

/// Whether a line is the first of an event as `tracing` prints it for people: two blanks, a time, a level.
pub fn begins_pretty_event(line: &[u8]) -> bool {
    let Some([b'2', _, _, _, b'-', _, _, b'-', _, _, b'T', rest @ ..]) = line.strip_prefix(b"  ") else { return false };
    let level = rest.iter().position(|b| *b == b' ').map_or(&rest[..0], |end| rest[end..].trim_ascii_start());
    [&b"ERROR "[..], b"WARN ", b"INFO ", b"DEBUG ", b"TRACE "].iter().any(|known| level.starts_with(known))
}

/// Reads a record by the first layout that claims it.
pub fn parse(record: &str) -> Option<Entry<'_>> {
    LAYOUTS.iter().find_map(|layout| layout.parse(record))
}

/// The layouts seen in a stream that have a rule for lines which look like a record's first and are none: a bit for each
/// of [`LAYOUTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen(u64);

const _: () = assert!(LAYOUTS.len() <= 64, "a bit for each layout");

impl Seen {
    /// The layouts that the beginning of a stream shows.
    pub fn in_stream(beginning: &[u8]) -> Self {
        let seen = |(index, layout): (usize, &&dyn Layout)| u64::from(layout.is_seen_in(beginning)) << index;
        Self(LAYOUTS.iter().enumerate().map(seen).sum())
    }

    /// Whether one of them says that a line belongs to the record before it.
    pub fn continue_with(self, line: &[u8]) -> bool {
        self.0 != 0 && self.one_continues_with(line)
    }

    fn one_continues_with(self, line: &[u8]) -> bool {
        let mut left = self.0;
        while left != 0 {
            if LAYOUTS[left.trailing_zeros() as usize].continues_despite_head(line) {
                return true;
            }
            left &= left - 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> impl Iterator<Item = (&'static dyn Layout, &'static Sample)> {
        LAYOUTS.iter().flat_map(|layout| layout.samples().iter().map(|sample| (*layout, sample)))
    }

    #[test]
    fn each_layout_reads_its_samples() {
        let latest = "2026-11-24T00:00:00Z".parse().unwrap();
        let mut wrong = Vec::new();
        for (layout, sample) in samples() {
            let record = sample.record;
            let claims = LAYOUTS.iter().find(|other| other.parse(record).is_some()).map(|other| other.name());
            let Some(entry) = layout.parse(record).filter(|_| claims == Some(layout.name())) else {
                wrong.push(format!("{}: {claims:?} claims {record}", layout.name()));
                continue;
            };
            let time =
                entry.stamp.and_then(|stamp| stamp.resolve(|_| 0, latest)).map(|time| time.format("%FT%T%.fZ").to_string());
            let read = (time.as_deref(), entry.level.as_deref(), &*entry.message);
            if read != (sample.time, sample.level, sample.message) {
                wrong.push(format!("{}: {record}\n  {read:?}", layout.name()));
            }
            for field in sample.fields {
                if !entry.fields.iter().any(|read| read == *field) {
                    wrong.push(format!("{}: {record}\n  {field:?} in {:?}", layout.name(), entry.fields));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn each_layout_has_a_name_of_its_own_and_samples() {
        for (index, layout) in LAYOUTS.iter().enumerate() {
            assert!(!layout.samples().is_empty(), "{}", layout.name());
            assert!(LAYOUTS[..index].iter().all(|other| other.name() != layout.name()), "{}", layout.name());
        }
    }

    #[test]
    fn a_record_cut_anywhere_does_not_panic() {
        for (_, sample) in samples() {
            for at in 0..=sample.record.len() {
                if let Some((head, tail)) = sample.record.split_at_checked(at) {
                    for layout in LAYOUTS {
                        let _ = (layout.parse(head), layout.parse(tail));
                    }
                    for part in [head, tail].map(str::as_bytes) {
                        let _ = (is_head(part), continues(part), Seen(u64::MAX >> (64 - LAYOUTS.len())).continue_with(part));
                    }
                }
            }
        }
    }

    #[test]
    fn hostile_text_is_read_in_linear_time() {
        for unit in [
            "GET /",
            "[",
            "(",
            "{\"",
            "a: ",
            " - ",
            "INFO:a:",
            "[a] ",
            "x=",
            "\n",
            "2026-08-22 ",
            ", client: ",
            ", server: \"",
            "GET ",
            "::",
            "\\",
        ] {
            for head in ["", "2026-08-22 12:00:00 ", "2026-08-22 12:00:00,123 INFO  [a] ("] {
                let text = format!("{head}{}", unit.repeat(200_000 / unit.len()));
                let started = std::time::Instant::now();
                for layout in LAYOUTS {
                    let _ = layout.parse(&text);
                }
                assert!(started.elapsed().as_secs() < 5, "{head}{unit}");
            }
        }
    }
}
