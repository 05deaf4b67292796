//! Paths -> Sources, in an order that never changes: directories are walked by name, a file given twice is read once.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use walkdir::WalkDir;

use crate::event::Problem;

/// Something to read: a file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is; `-` is standard input.
    pub path: PathBuf,
    /// Its size on disk in bytes; 0 where there is none.
    pub size: u64,
    /// When it was last written: what year-less time stamps are read against.
    pub modified: Option<DateTime<Utc>>,
    /// Whether it can be opened again for a second pass.
    pub rereadable: bool,
}

impl Source {
    /// The path as reports show it.
    pub fn shown(&self) -> String {
        if self.is_stdin() { "-".to_owned() } else { self.path.display().to_string() }
    }

    /// Whether this is standard input.
    pub fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// A path that was named does not exist.
    #[error("no such file or directory: `{}`", .0.display())]
    Missing(PathBuf),
    /// The paths hold no file.
    #[error("no files to read under {0}")]
    Nothing(String),
}

/// What the paths hold.
#[derive(Debug, Default)]
pub struct Discovered {
    /// The sources, in the order of the paths and, within a directory, of names.
    pub sources: Vec<Source>,
    /// What could not be looked into.
    pub problems: Vec<Problem>,
}

/// Finds every file under `paths`. A directory is walked whole; links to directories are not followed.
pub fn discover(paths: &[PathBuf]) -> Result<Discovered, DiscoverError> {
    let mut found = Discovered::default();
    let mut seen = BTreeSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            if seen.insert(path.clone()) {
                found.sources.push(Source { path: path.clone(), size: 0, modified: None, rereadable: false });
            }
            continue;
        }
        let Ok(metadata) = fs::metadata(path) else {
            if fs::symlink_metadata(path).is_ok() || permission_denied(path) {
                found.problems.push(problem(path, "cannot be read: dangling link or no permission"));
                continue;
            }
            return Err(DiscoverError::Missing(path.clone()));
        };
        if metadata.is_dir() {
            walk(path, &mut seen, &mut found);
        } else {
            add(path, &metadata, true, &mut seen, &mut found);
        }
    }
    if found.sources.is_empty() && found.problems.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(DiscoverError::Nothing(shown.join(", ")));
    }
    Ok(found)
}

fn walk(root: &Path, seen: &mut BTreeSet<PathBuf>, found: &mut Discovered) {
    for entry in WalkDir::new(root).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => match fs::metadata(entry.path()) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(metadata) => add(entry.path(), &metadata, false, seen, found),
                Err(error) => found.problems.push(problem(entry.path(), &format!("cannot be read: {error}"))),
            },
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                found.problems.push(problem(&path, &format!("cannot be listed: {why}")));
            }
        }
    }
}

/// Adds a file once. Devices, pipes and sockets are read only where somebody named them.
fn add(path: &Path, metadata: &fs::Metadata, named: bool, seen: &mut BTreeSet<PathBuf>, found: &mut Discovered) {
    if !metadata.is_file() && !named {
        found.problems.push(problem(path, "skipped: neither a file nor a directory"));
        return;
    }
    if !seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
        return;
    }
    found.sources.push(Source {
        path: path.to_owned(),
        size: metadata.len(),
        modified: metadata.modified().ok().map(DateTime::from),
        rereadable: metadata.is_file(),
    });
}

fn permission_denied(path: &Path) -> bool {
    fs::metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

fn problem(path: &Path, what: &str) -> Problem {
    Problem { file: path.display().to_string(), line: None, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests lay out their inputs")]

    use super::*;

    #[test]
    fn a_directory_is_walked_by_name_and_a_file_is_read_once() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        for name in ["b/app.log", "b/app.log.1", "a.log"] {
            fs::write(dir.path().join(name), "x\n").unwrap();
        }
        let found = discover(&[dir.path().to_owned(), dir.path().join("a.log")]).unwrap();
        let names: Vec<_> = found.sources.iter().map(|s| s.path.strip_prefix(dir.path()).unwrap().to_owned()).collect();
        assert_eq!(names, [PathBuf::from("a.log"), "b/app.log".into(), "b/app.log.1".into()]);
        assert!(found.problems.is_empty());
    }

    #[test]
    fn a_missing_path_and_an_empty_directory_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(discover(&[dir.path().join("nope")]), Err(DiscoverError::Missing(_))));
        assert!(matches!(discover(&[dir.path().to_owned()]), Err(DiscoverError::Nothing(_))));
    }
}
