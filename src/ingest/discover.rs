//! Paths -> Sources, in an order that never changes: directories are walked by name, a file given twice is read once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use globset::GlobSet;
use walkdir::WalkDir;

use crate::atomic_file;
use crate::model::books::PassedOver;
use crate::model::books::Problem;

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
    /// Whether this very file was named, and not only its directory.
    pub is_named: bool,
    /// Which file it is: another may have its name later.
    pub file: Option<FileId>,
}

/// Which file of this machine it is, whatever paths lead to it; known on Unix alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// The identity of the file at a path.
    #[cfg(unix)]
    pub fn of(metadata: &fs::Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        // Some network file systems have no file numbers.
        (metadata.ino() != 0).then(|| Self { device: metadata.dev(), inode: metadata.ino() })
    }

    /// The identity of the file at a path.
    #[cfg(not(unix))]
    pub fn of(_: &fs::Metadata) -> Option<Self> {
        None
    }
}

/// What of the paths is to be read.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// What is left out: matched against paths as they are shown, and against names of files and directories.
    pub exclude: GlobSet,
    /// Whether devices, pipes and sockets within directories are problems.
    pub strict: bool,
}

impl Selection {
    fn excludes(&self, path: &Path) -> bool {
        let shown = path.strip_prefix(".").unwrap_or(path);
        let name = path.file_name().map(Path::new);
        self.exclude.is_match(path) || self.exclude.is_match(shown) || name.is_some_and(|name| self.exclude.is_match(name))
    }
}

impl Source {
    /// The file at `path`.
    pub fn at(path: &Path, metadata: &fs::Metadata, is_named: bool) -> Self {
        Self {
            path: path.to_owned(),
            size: metadata.len(),
            modified: metadata.modified().ok().map(DateTime::from),
            rereadable: metadata.is_file(),
            is_named,
            file: FileId::of(metadata),
        }
    }

    fn stdin() -> Self {
        Self { path: "-".into(), size: 0, modified: None, rereadable: false, is_named: true, file: None }
    }

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
    /// The directories that could not be read.
    pub problems: Vec<Problem>,
    /// What was passed over.
    pub passed_over: PassedOver,
}

/// Finds every file under `paths`. A directory is walked whole; links to directories are not followed.
pub fn discover(paths: &[PathBuf], selection: &Selection) -> Result<Discovered, DiscoverError> {
    let mut found = Discovered::default();
    let mut seen = BTreeMap::new();
    for path in paths {
        if path.as_os_str() == "-" {
            if seen.insert(path.clone(), found.sources.len()).is_none() {
                found.sources.push(Source::stdin());
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
            walk(path, selection, &mut seen, &mut found);
        } else if selection.excludes(path) {
            found.passed_over.excluded += 1;
        } else {
            add(Source::at(path, &metadata, true), &mut seen, &mut found);
        }
    }
    if found.sources.is_empty() && found.problems.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(DiscoverError::Nothing(shown.join(", ")));
    }
    Ok(found)
}

fn walk(root: &Path, selection: &Selection, seen: &mut BTreeMap<PathBuf, usize>, found: &mut Discovered) {
    let mut excluded = 0;
    let walk = WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(|entry| {
        let leaves_out = entry.depth() > 0 && selection.excludes(entry.path());
        excluded += u64::from(leaves_out);
        !leaves_out
    });
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) if atomic_file::is_temporary(entry.file_name()) => found.passed_over.own_outputs += 1,
            Ok(entry) => match fs::metadata(entry.path()) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(metadata) if metadata.is_file() => add(Source::at(entry.path(), &metadata, false), seen, found),
                Ok(_) if selection.strict => {
                    found.problems.push(problem(entry.path(), "skipped: neither a file nor a directory"));
                }
                Ok(_) => found.passed_over.special += 1,
                Err(error) => found.problems.push(problem(entry.path(), &format!("cannot be read: {error}"))),
            },
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                found.problems.push(problem(&path, &format!("cannot be listed: {why}")));
            }
        }
    }
    found.passed_over.excluded += excluded;
}

/// Adds a file once. `seen` holds the index of each file that was added, by its path.
fn add(source: Source, seen: &mut BTreeMap<PathBuf, usize>, found: &mut Discovered) {
    let path = source.path.canonicalize().unwrap_or_else(|_| source.path.clone());
    match seen.entry(path) {
        Entry::Vacant(unseen) => {
            unseen.insert(found.sources.len());
            found.sources.push(source);
        }
        // Its directory may have been named before it.
        Entry::Occupied(seen) => found.sources[*seen.get()].is_named |= source.is_named,
    }
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
        let found = discover(&[dir.path().to_owned(), dir.path().join("a.log")], &Selection::default()).unwrap();
        let names: Vec<_> = found.sources.iter().map(|s| s.path.strip_prefix(dir.path()).unwrap().to_owned()).collect();
        assert_eq!(names, [PathBuf::from("a.log"), "b/app.log".into(), "b/app.log.1".into()]);
        assert!(found.problems.is_empty());
    }

    #[test]
    fn a_file_that_is_named_besides_its_directory_is_a_named_one() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.log"), "x\n").unwrap();
        fs::write(dir.path().join("b.log"), "x\n").unwrap();
        let found = discover(&[dir.path().to_owned(), dir.path().join("b.log")], &Selection::default()).unwrap();
        assert_eq!(found.sources.iter().map(|source| source.is_named).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_missing_path_and_an_empty_directory_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let discover = |path: PathBuf| discover(&[path], &Selection::default());
        assert!(matches!(discover(dir.path().join("nope")), Err(DiscoverError::Missing(_))));
        assert!(matches!(discover(dir.path().to_owned()), Err(DiscoverError::Nothing(_))));
    }
}
