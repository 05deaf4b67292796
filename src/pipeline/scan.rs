//! Both passes over the sources, in parallel; events and problems come out in order.
//!
//! The first pass finds events. The second reads the sources again for what only failures make worth reading: records
//! that share a request id with one, other requests of the subjects in question, and, among the records that the first
//! pass deferred, tokens issued to the users, clients and keys of failures.

use crate::extract::detector::Detector;
use crate::extract::extracted::Extracted;
use crate::extract::fold::fold;
use crate::group::outage;
use crate::ingest::discover::Source;
use crate::model::event::Place;
use crate::pipeline::first_pass::{Gathered, first_pass, joined};
use crate::pipeline::second_pass::second_pass;
use crate::pipeline::settings::Settings;
use crate::pipeline::tasks::{each_task, tasks};

/// Reads every source, twice where it helps.
pub fn scan(sources: &[Source], detector: &Detector, settings: &Settings) -> Extracted {
    settings.pool.install(|| both_passes(sources, detector, settings))
}

fn both_passes(sources: &[Source], detector: &Detector, settings: &Settings) -> Extracted {
    let tasks = tasks(sources, settings);
    let gathered = Gathered::default();
    let parts = each_task(&tasks, |task| task, |task| first_pass(task, detector, settings, &gathered));
    let (mut scan, begins, mut troubled) = joined(&tasks, parts, gathered, settings.redactor);
    // Doubtful reasons are read again where a request was looked for; those of failed answers say all already.
    let known = scan.events.iter().filter(|event| !event.is_doubtful() || event.status.is_some());
    let known: Vec<(Place, bool)> = known.map(|event| (event.place, event.sole_in_record)).collect();
    fold(&mut scan.events);
    let files = scan.files();
    outage::promote(&mut scan.events, &files);
    if settings.second_pass {
        second_pass(&tasks, begins, detector, settings, &known, &mut troubled, &mut scan);
    }
    outage::settle_doubts(&mut scan.events);
    scan
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests lay out their inputs")]

    use std::fmt::Write as _;
    use std::fs::File;
    use std::num::NonZeroUsize;
    use std::path::Path;

    use chrono::DateTime;
    use chrono_tz::Tz;

    use super::*;
    use crate::extract::signature::Catalog;
    use crate::ingest::frame::newlines;
    use crate::model::books::Problem;
    use crate::parallel::{self, Pool};
    use crate::redact::Redactor;

    /// Small enough that the logs of these tests are read in many parts.
    const SPAN: u64 = 1 << 20;

    const SETTINGS: Settings = Settings {
        zone: Tz::UTC,
        now: DateTime::UNIX_EPOCH,
        second_pass: true,
        pool: Pool::CALLERS,
        span: SPAN,
        rows: false,
        redactor: Redactor::BARE,
        is_own: |_| false,
        strict: false,
    };

    /// A log of some size, with a refusal at its beginning.
    fn log(size: usize) -> String {
        let mut text = String::from(
            "{\"time\":\"2026-03-02T09:00:00Z\",\"msg\":\"jwt expired\",\"request_id\":\"5d0c0000000000000000000000000017\"}\n",
        );
        while text.len() < size {
            let path = "/x".repeat(2000);
            let _ = writeln!(text, "{{\"time\":\"2026-03-02T09:00:01Z\",\"msg\":\"done\",\"status\":200,\"path\":\"{path}\"}}");
        }
        text
    }

    fn source(path: &Path) -> Source {
        Source::at(path, &std::fs::metadata(path).unwrap(), true)
    }

    fn whats(problems: &[Problem]) -> Vec<&str> {
        problems.iter().map(|problem| problem.what.rsplit(": ").next().unwrap_or_default()).collect()
    }

    #[test]
    fn a_file_that_is_cut_replaced_or_deleted_before_it_is_read_is_named_once() {
        let detector = Detector::new(Catalog::builtin_bare().unwrap());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        let other = dir.path().join("other.log");
        let cut = |path: &Path| File::options().write(true).open(path).unwrap().set_len(5000).unwrap();
        for size in [1 << 20, usize::try_from(4 * SPAN).unwrap()] {
            let text = log(size);
            let after = |change: &dyn Fn()| {
                std::fs::write(&path, &text).unwrap();
                let source = source(&path);
                change();
                scan(&[source], &detector, &SETTINGS)
            };
            let found = after(&|| cut(&path));
            assert_eq!(whats(&found.problems), ["the file was cut while it was read"], "{size}");
            assert!(found.events.len() == 1 && found.books().balance(), "what stands before is kept");
            let found = after(&|| {
                std::fs::write(&other, &text).unwrap();
                std::fs::rename(&other, &path).unwrap();
            });
            assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
            assert!(found.problems[0].what.starts_with("replaced while it was read"), "{:?}", found.problems);
            let found = after(&|| std::fs::remove_file(&path).unwrap());
            assert_eq!(whats(&found.problems), ["deleted while it was read"], "{size}");
            let found = after(&|| std::fs::write(&path, log(size + (1 << 20))).unwrap());
            assert!(found.problems.is_empty(), "a log grows: {:?}", found.problems);
        }
    }

    #[test]
    fn a_file_that_is_cut_or_deleted_between_the_passes_is_named_once_and_what_was_found_stays() {
        let detector = Detector::new(Catalog::builtin_bare().unwrap());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        let cut = || File::options().write(true).open(&path).unwrap().set_len(300).unwrap();
        let delete = || std::fs::remove_file(&path).unwrap();
        for size in [1 << 20, usize::try_from(4 * SPAN).unwrap()] {
            for (change, what) in
                [(&cut as &dyn Fn(), "the file was cut while it was read"), (&delete, "deleted while it was read")]
            {
                std::fs::write(&path, log(size)).unwrap();
                let sources = [source(&path)];
                let tasks = tasks(&sources, &SETTINGS);
                let gathered = Gathered::default();
                let parts = each_task(&tasks, |task| task, |task| first_pass(task, &detector, &SETTINGS, &gathered));
                let (mut scan, begins, mut troubled) = joined(&tasks, parts, gathered, Redactor::BARE);
                let known: Vec<(Place, bool)> = scan.events.iter().map(|event| (event.place, event.sole_in_record)).collect();
                assert!(scan.problems.is_empty());
                change();
                second_pass(&tasks, begins, &detector, &SETTINGS, &known, &mut troubled, &mut scan);
                assert!(scan.ids_looked_up > 0, "the second pass has something to look for");
                assert_eq!(whats(&scan.problems), [what], "{size}");
                assert!(scan.events.iter().any(|event| event.place.line == 1));
            }
        }
    }

    #[test]
    fn a_large_log_with_holes_is_read_by_spans_in_both_passes() {
        use std::io::{Seek, SeekFrom, Write};
        let detector = Detector::new(Catalog::builtin_bare().unwrap());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        let mut file = File::create(&path).unwrap();
        let line = |second: u32, msg: &str| {
            format!(
                "{{\"time\":\"2026-03-02T09:00:{second:02}Z\",\"msg\":\"{msg}\",\"request_id\":\"5d0c0000000000000000000000000017\",\"path\":\"/x\",\"sub\":\"u1\"}}\n"
            )
        };
        // A hole of several spans, a span's worth of lines, and a hole up to the last line.
        file.seek(SeekFrom::Start(5 * SPAN + 17)).unwrap();
        file.write_all(line(1, "jwt expired").as_bytes()).unwrap();
        let filler = log(usize::try_from(SPAN).unwrap()).split_once('\n').unwrap().1.to_owned();
        file.write_all(filler.as_bytes()).unwrap();
        file.seek(SeekFrom::Current(i64::try_from(3 * SPAN).unwrap())).unwrap();
        file.write_all(line(2, "request refused").as_bytes()).unwrap();
        let source = source(&path);
        assert!(tasks(std::slice::from_ref(&source), &SETTINGS).len() > 5);
        let size = source.size;
        let found = scan(&[source], &detector, &SETTINGS);
        let lines: Vec<u64> = found.events.iter().map(|event| event.place.line).collect();
        let last = newlines(filler.as_bytes()) + 2;
        assert_eq!(lines, [1, last], "the second is found by the request's id");
        let books = found.books();
        assert!(books.balance() && found.problems.is_empty(), "{:?}", found.problems);
        let text = filler.len() + line(1, "jwt expired").len() + line(2, "request refused").len();
        assert_eq!((books.bytes, books.nul_bytes), (size, size - text as u64));
    }

    #[test]
    fn two_scans_in_one_process_have_each_their_number_of_threads_and_find_the_same() {
        let detector = Detector::new(Catalog::builtin_bare().unwrap());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        std::fs::write(&path, log(usize::try_from(4 * SPAN).unwrap())).unwrap();
        let found = [1, 3].map(|threads| {
            let pool = Pool::new(NonZeroUsize::new(threads)).unwrap();
            let settings = Settings { pool: pool.clone(), ..SETTINGS };
            let found = scan(&[source(&path)], &detector, &settings);
            assert_eq!(pool.install(parallel::threads), threads);
            (found.books(), found.events.iter().map(|event| (event.place, event.kind)).collect::<Vec<_>>())
        });
        assert_eq!(found[0].1.len(), 1);
        assert_eq!(found[0], found[1]);
    }
}
