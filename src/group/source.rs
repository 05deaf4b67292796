//! Who writes lines: a log with its rotated siblings, and of a log that several programs share each by itself.

use crate::hash::HashMap;
use crate::model::event::{Event, Text};
use crate::model::name::Name;

/// The number of a source among those of a run, in the order of their first lines.
pub type SourceId = u32;

/// The sources of a run's events.
#[derive(Debug, Default)]
pub struct Sources {
    of_event: Vec<SourceId>,
    /// For each source the number of its log.
    logs: Vec<u32>,
    /// For each log the number of its folder, where it has few others beside it.
    folders: Vec<Option<usize>>,
}

impl Sources {
    /// Finds the source of each event; `files` are the names of the streams.
    pub fn of(events: &[Event], files: &[Text]) -> Self {
        let (streams, folders) = logs(files, events);
        let mut known: HashMap<(u32, Option<Name>), SourceId> = HashMap::default();
        let mut named: HashMap<(u32, Option<String>), SourceId> = HashMap::default();
        let mut sources = Self { of_event: Vec::with_capacity(events.len()), logs: Vec::new(), folders };
        for event in events {
            let log = streams[event.place.stream.0 as usize];
            let source = *known.entry((log, event.service)).or_insert_with(|| {
                // A service that is named after its log has what rotation adds to it in its name.
                let service = event.service.map(|service| service.with(stem));
                *named.entry((log, service)).or_insert_with(|| {
                    sources.logs.push(log);
                    u32::try_from(sources.logs.len() - 1).unwrap_or(u32::MAX)
                })
            });
            sources.of_event.push(source);
        }
        sources
    }

    /// The source of the event at an index.
    pub fn source(&self, event: usize) -> SourceId {
        self.of_event[event]
    }

    /// Whether the logs of two sources stand in one folder with few others: they are mostly of one service.
    pub fn are_beside(&self, one: SourceId, other: SourceId) -> bool {
        let folder = |source| self.folders.get(self.log(source) as usize).copied().flatten();
        folder(one).is_some() && folder(one) == folder(other)
    }

    /// The log that a source writes, alone or with others.
    pub fn log(&self, source: SourceId) -> u32 {
        self.logs[source as usize]
    }
}

/// For each stream the number of its log, and for each log that of its folder; rotated siblings and instances are one log.
fn logs(files: &[Text], events: &[Event]) -> (Vec<u32>, Vec<Option<usize>>) {
    let streams = events.iter().map(|event| event.place.stream.0 as usize + 1).max().unwrap_or_default();
    let mut known: HashMap<String, u32> = HashMap::default();
    let named = |stream: usize| files.get(stream).map_or_else(|| stream.to_string(), |file| log_name(file));
    let of_stream = (0..streams.max(files.len()))
        .map(|stream| {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            *known.entry(named(stream)).or_insert(next)
        })
        .collect();
    (of_stream, folders(&known))
}

/// More logs than this in one folder are of several services.
const FEW: usize = 3;

/// For each log the number of its folder, where few logs stand in it.
fn folders(logs: &HashMap<String, u32>) -> Vec<Option<usize>> {
    let mut named: Vec<(&str, u32)> = logs
        .iter()
        .filter_map(|(name, log)| Some((name.rsplit_once('/')?.0, *log)))
        .filter(|(folder, _)| !folder.is_empty())
        .collect();
    named.sort_unstable();
    let mut folders = vec![None; logs.len()];
    for (number, same) in named.chunk_by(|a, b| a.0 == b.0).enumerate().filter(|(_, same)| (2..=FEW).contains(&same.len())) {
        for (_, log) in same {
            folders[*log as usize] = Some(number);
        }
    }
    folders
}

/// A log's name without what rotation adds to it, and without the marks of instances.
fn log_name(file: &str) -> String {
    let (directory, name) = file.rsplit_once('/').unwrap_or(("", file));
    format!("{directory}/{}", stem(name))
}

/// The part of a name before what rotation adds to it, and before the marks of instances.
fn stem(name: &str) -> String {
    let is_end = |part: &str| matches!(part, "log" | "gz" | "zst" | "bz2" | "xz") || is_date(part) || is_mark(part);
    let stem: Vec<&str> = name.split(['.', '-']).take_while(|part| !is_end(part)).collect();
    stem.join(".")
}

/// Whether a part of a name is a number or a time.
fn is_date(part: &str) -> bool {
    part.bytes().any(|b| b.is_ascii_digit()) && part.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'T' | b'Z' | b'_'))
}

/// Whether a part of a name is the mark of an instance, in the letters that Kubernetes makes them of.
fn is_mark(part: &str) -> bool {
    matches!(part.len(), 5 | 8..=10) && part.bytes().all(|b| b"bcdfghjklmnpqrstvwxz2456789".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_logs_and_instances_are_one_log() {
        for (file, log) in [
            ("gw/access.log", "gw/access"),
            ("gw/access.log.3.gz", "gw/access"),
            ("gw/access.log-20261123-1795436194.gz", "gw/access"),
            ("gw/access-2026-11-23T12-14-49.023-size.log.gz", "gw/access"),
            ("gw/error.log", "gw/error"),
            ("pods/orders-6d4cf56db6-x7k2p.log", "pods/orders"),
            ("pods/nginx-ingress.log", "pods/nginx.ingress"),
            ("idp-2.log", "/idp"),
        ] {
            assert_eq!(log_name(file), log, "{file}");
        }
    }

    #[test]
    fn few_logs_in_one_folder_are_beside_each_other() {
        let of = |files: &[&str]| {
            let files: Vec<Text> = files.iter().map(|file| Text::from(*file)).collect();
            let (_, folders) = logs(&files, &[]);
            folders
        };
        assert_eq!(of(&["gw/access.log", "app/app.log", "app/web.log", "app/web.log.1"]), [None, Some(0), Some(0)]);
        assert_eq!(of(&["a/1x.log", "a/2x.log", "a/3x.log", "a/4x.log"]), [None; 4]);
    }
}
