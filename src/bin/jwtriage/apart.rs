//! Refuses outputs that would destroy an input or another output.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use jwtriage::ingest::decode;
use jwtriage::ingest::discover::{Discovered, FileId, Source};
use jwtriage::report::own::is_own;

use crate::exit::Hint;

/// The file that an output will be, whatever the spelling of its path and the links that lead to it.
struct Target<'a> {
    shown: &'a Path,
    path: PathBuf,
    metadata: Option<Metadata>,
}

impl<'a> Target<'a> {
    /// `None` of what is written through: a pipe, a device, standard output.
    fn of(shown: &'a Path) -> Option<Self> {
        if jwtriage::atomic_file::is_written_through(shown) {
            return None;
        }
        Some(Self { shown, path: canonical(shown), metadata: fs::metadata(shown).ok() })
    }

    fn file(&self) -> Option<FileId> {
        self.metadata.as_ref().and_then(FileId::of)
    }

    fn is_at(&self, path: &Path, file: Option<FileId>) -> bool {
        match (file, self.file()) {
            (Some(file), Some(own)) => file == own,
            _ => self.path == canonical(path),
        }
    }

    fn is_of(&self, source: &Source) -> bool {
        !source.is_stdin() && self.is_at(&source.path, source.file)
    }
}

/// A path without links, `.` and `..`, of a file that need not be there.
fn canonical(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = || Some(parent.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

/// Refuses two outputs of one name.
pub(crate) fn from_each_other(outputs: &[&Path]) -> Result<()> {
    let mut targets: Vec<Target<'_>> = Vec::new();
    for target in outputs.iter().filter_map(|path| Target::of(path)) {
        if let Some(other) = targets.iter().find(|other| other.is_at(&target.path, target.file())) {
            let (one, two) = (other.shown.display(), target.shown.display());
            let what = if other.shown == target.shown {
                format!("`{one}` is given for two outputs")
            } else {
                format!("`{one}` and `{two}` are one file, given for two outputs")
            };
            return Err(refused(what, "give each output a name of its own"));
        }
        targets.push(target);
    }
    Ok(())
}

/// Refuses an output that is also read: as a log, or as one of `others`. What an earlier run wrote there is
/// not read, nor is the file that standard output goes to.
pub(crate) fn from_inputs(outputs: &[&Path], others: &[&Path], found: &mut Discovered) -> Result<()> {
    let targets: Vec<Target<'_>> =
        outputs.iter().filter_map(|path| Target::of(path)).filter(|target| target.metadata.is_some()).collect();
    for other in others {
        let file = fs::metadata(other).ok().as_ref().and_then(FileId::of);
        if let Some(target) = targets.iter().find(|target| target.is_at(other, file)) {
            return Err(overwrites(target.shown, other));
        }
    }
    let printed: Vec<FileId> = ["/dev/stdout", "/dev/stderr"].into_iter().filter_map(printed_to).collect();
    let mut kept = Vec::with_capacity(found.sources.len());
    for source in std::mem::take(&mut found.sources) {
        let target = targets.iter().find(|target| target.is_of(&source));
        if let Some(target) = target.filter(|_| decode::is_log(&source, is_own)) {
            return Err(overwrites(target.shown, &source.path));
        }
        if target.is_some() || source.file.is_some_and(|file| printed.contains(&file)) {
            found.passed_over.own_outputs += 1;
        } else {
            kept.push(source);
        }
    }
    found.sources = kept;
    Ok(())
}

/// The file that a stream of this process goes to, if it goes to one.
fn printed_to(stream: &str) -> Option<FileId> {
    fs::metadata(stream).ok().filter(Metadata::is_file).as_ref().and_then(FileId::of)
}

fn overwrites(output: &Path, input: &Path) -> anyhow::Error {
    let what = format!("cannot write `{}`: it is also read, as `{}`, and would be lost", output.display(), input.display());
    refused(what, "name another file for the output, or leave this one out of the inputs")
}

fn refused(what: String, hint: &str) -> anyhow::Error {
    anyhow!(what).context(Hint(hint.to_owned()))
}
