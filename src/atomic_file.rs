//! Writes a file so that nobody ever sees half of it: under another name beside its path, synced, then renamed to it.
//!
//! For reports and state. What cannot be renamed over (a pipe, a device, standard output) is written straight through.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes `path` with what `write` puts out, wholly or not at all.
///
/// # Errors
/// As [`stage`] and [`Staged::commit`].
pub fn write(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    stage(path, write)?.commit()
}

/// A file that is on the disk, but not yet under its own name. Removed when it is dropped.
#[must_use = "what is not committed is thrown away"]
pub struct Staged(Option<(Temporary, PathBuf)>);

/// Writes what belongs at `path` beside it: several files are staged first and committed together, so that a full disk
/// leaves none of them.
///
/// Takes effect in one rename, after the bytes are on the disk; a file that stands there keeps its permissions, and
/// a symbolic link keeps pointing where it does. `-` and `/dev/stdout` are standard output; those, FIFOs, devices and
/// `/dev/fd/*` are written straight through, with neither temporary file nor rename.
///
/// # Errors
/// Gives the error of `write`, or of creating or syncing the file. The temporary file is then gone and what stood at
/// `path` is as it was.
pub fn stage(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Staged> {
    if is_stdout(path) {
        fill(io::stdout().lock(), write)?;
        return Ok(Staged(None));
    }
    if is_written_through(path) {
        fill(OpenOptions::new().write(true).open(path)?, write)?;
        return Ok(Staged(None));
    }
    // A link is followed, so that the file it leads to is replaced and not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (file, temporary) = Temporary::beside(&target)?;
    if let Ok(old) = fs::metadata(&target) {
        file.set_permissions(old.permissions())?;
    }
    fill(&file, write)?;
    file.sync_all()?;
    Ok(Staged(Some((temporary, target))))
}

impl Staged {
    /// Renames the file to its path.
    ///
    /// # Errors
    /// Gives the error of the rename; the temporary file is then gone.
    pub fn commit(self) -> io::Result<()> {
        let Some((temporary, target)) = self.0 else { return Ok(()) };
        temporary.rename(&target)?;
        // The data is safe; that the directory cannot be synced (some file systems) must not undo the run.
        File::open(directory(&target)).and_then(|directory| directory.sync_all()).ok();
        Ok(())
    }
}

/// Runs `write` over a buffer and flushes it.
fn fill(out: impl Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, out);
    write(&mut out)?;
    out.flush()
}

/// Whether `path` is standard output.
pub fn is_stdout(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdout")
}

/// Whether `path` is written straight through: `-`, or where something stands that a rename would destroy instead of fill.
pub fn is_written_through(path: &Path) -> bool {
    let descriptor =
        is_stdout(path) || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd") || path == Path::new("/dev/stderr");
    descriptor || fs::metadata(path).is_ok_and(|found| !found.is_file())
}

fn directory(target: &Path) -> &Path {
    target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What the names of files that are being written end with, after the number of the process.
const TEMPORARY: &str = ".tmp";
/// The same, of files that only show that a directory can be written to.
const PROBE: &str = ".probe";

fn probe_name() -> String {
    format!(".jwtriage.{}{PROBE}", std::process::id())
}

/// Whether a file of this name was left by a run that was killed, or is being written by one. Of files that are to have
/// the endings of our outputs only.
pub fn is_temporary(name: &OsStr) -> bool {
    const OUTPUTS: [&str; 6] = ["json", "jsonl", "csv", "parquet", "html", "md"];
    let Some(name) = name.to_str().and_then(|name| name.strip_prefix('.')) else { return false };
    let numbered = |name: &'_ str| {
        let (target, number) = name.rsplit_once('.')?;
        (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then(|| target.to_owned())
    };
    let written = name.strip_suffix(TEMPORARY).and_then(numbered);
    written.is_some_and(|target| {
        target.rsplit_once('.').is_some_and(|(_, ending)| OUTPUTS.contains(&ending.to_ascii_lowercase().as_str()))
    }) || name.strip_suffix(PROBE).and_then(numbered).as_deref() == Some("jwtriage")
}

/// Checks early whether a file can be made beside `path`.
///
/// # Errors
/// Gives the error of making it.
pub fn probe(path: &Path) -> io::Result<()> {
    let probe = directory(path).join(probe_name());
    made(&probe).and_then(|_| fs::remove_file(&probe))
}

/// Makes a file of a name that is ours. `create_new` follows no link that somebody laid there.
fn made(path: &Path) -> io::Result<File> {
    let open = || OpenOptions::new().write(true).create_new(true).open(path);
    match open() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Left by a run that was killed and had our process id.
            fs::remove_file(path)?;
            open()
        }
        opened => opened,
    }
}

/// A file that is removed unless it is renamed.
struct Temporary {
    path: Option<PathBuf>,
}

impl Temporary {
    fn beside(target: &Path) -> io::Result<(File, Self)> {
        let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "the path names no file");
        let mut name = OsString::from(".");
        name.push(target.file_name().ok_or_else(no_name)?);
        name.push(format!(".{}{TEMPORARY}", std::process::id()));
        let path = directory(target).join(name);
        let file = made(&path)?;
        Ok((file, Self { path: Some(path) }))
    }

    fn rename(mut self, target: &Path) -> io::Result<()> {
        if let Some(path) = &self.path {
            fs::rename(path, target)?;
        }
        self.path = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            fs::remove_file(path).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<OsString> {
        let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_made_and_replaced_and_nothing_else_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        write(&path, |out| out.write_all(b"one")).unwrap();
        write(&path, |out| out.write_all(b"two")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(directory.path()), ["report.json"]);
    }

    #[test]
    fn an_error_in_the_middle_leaves_no_file_and_the_old_one_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        let broken = |out: &mut dyn Write| {
            out.write_all(&vec![b'x'; 100_000])?;
            Err(io::Error::other("in the middle"))
        };
        assert_eq!(write(&path, broken).unwrap_err().to_string(), "in the middle");
        assert!(names(directory.path()).is_empty());
        write(&path, |out| out.write_all(b"old")).unwrap();
        write(&path, broken).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(directory.path()), ["report.json"]);
    }

    #[test]
    fn files_being_written_are_known_by_their_names() {
        let directory = tempfile::tempdir().unwrap();
        let staged = stage(&directory.path().join("report.json"), |_| Ok(())).unwrap();
        assert!(names(directory.path()).iter().all(|name| is_temporary(name)), "{:?}", names(directory.path()));
        drop(staged);
        assert!(is_temporary(OsStr::new(&probe_name())));
        for name in ["report.json", ".app.log.17.tmp", ".report.json.tmp", ".report.json.x.tmp", "x.json.1.tmp", ".x.1.probe"] {
            assert!(!is_temporary(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_temporary_file_of_a_killed_run_is_no_obstacle() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        File::create(directory.path().join(format!(".report.json.{}.tmp", std::process::id()))).unwrap();
        write(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(names(directory.path()), ["report.json"]);
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let error = write(&directory.path().join("none/report.json"), |_| Ok(())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(write(directory.path(), |_| Ok(())).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real.json"), directory.path().join("link.json"));
        write(&real, |out| out.write_all(b"old")).unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real.json", &link).unwrap();
        write(&link, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_are_written_through() {
        use std::os::unix::fs::FileTypeExt;
        write(Path::new("/dev/null"), |out| out.write_all(b"gone")).unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        let full = write(Path::new("/dev/full"), |out| out.write_all(b"never"));
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
