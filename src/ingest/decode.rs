//! Source -> streams of text: decompression and archives, recognised by the first bytes and never by the name.
//!
//! A file is one stream, an archive one a member (`outer.tar.gz!inner.log`). Damage ends a stream early: what
//! stands before it has been read by then, and the damage is reported as an error at the end.
#![expect(clippy::disallowed_types, reason = "the one home of decompressors")]

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};

use chrono::{DateTime, Utc};
use memchr::memmem;

use crate::ingest::discover::{FileId, Source};
use crate::ingest::export;
use crate::ingest::hole::leading_nuls;

/// How deep archives and compressions may be nested.
const MAX_DEPTH: usize = 4;
/// An archive inside an archive that must be held in memory (zip) may be this large.
const MAX_INNER_ARCHIVE: u64 = 256 << 20;
/// How many bytes decide what a stream is.
const SNIFF: usize = 16 << 10;
/// How far into a file that begins with NULs text is looked for, before its end is looked at instead.
const LOOK: u64 = 256 << 20;
/// What holds NULs counts as text if a line of at least so many bytes reads as text.
const LINE: usize = 32;
/// How much of the end of a Parquet file is looked at: it names the program that wrote the file.
const FOOTER: usize = 64 << 10;

/// Decides by the first bytes of a stream (by the last of a Parquet file) whether it is an output of jwtriage.
pub type IsOwn = fn(&[u8]) -> bool;

/// One run of text: what a reader gives until its end.
pub struct Stream<'s> {
    /// The name reports show.
    pub name: String,
    /// When it was last written, if its container says so.
    pub modified: Option<DateTime<Utc>>,
    /// UTF-8 text, a byte order mark taken off; invalid bytes are left to the reader.
    pub reader: Box<dyn Read + 's>,
}

/// Trouble with a source or a part of it.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It cannot be opened.
    #[error("cannot be opened: {0}")]
    Open(#[source] io::Error),
    /// It holds no text.
    #[error("skipped: binary data")]
    Binary,
    /// A report or rows of an earlier run.
    #[error("skipped: an output of jwtriage")]
    Own,
    /// It was there when the run began.
    #[error("deleted while it was read")]
    Deleted,
    /// Another file has its name now.
    #[error("replaced while it was read: what has its name now was not read")]
    Replaced,
    /// An archive is damaged; members before the damage were read.
    #[error("damaged archive: {0}")]
    Archive(String),
    /// Archives within archives, too deep.
    #[error("skipped: nested deeper than {MAX_DEPTH} archives")]
    TooDeep,
}

impl SourceError {
    /// Whether it is trouble with the file itself, which may have been sound when it was read before.
    pub fn is_of_the_file(&self) -> bool {
        matches!(self, Self::Open(_) | Self::Deleted | Self::Replaced)
    }
}

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text in UTF-8, or bytes taken for it.
    Plain,
    /// Text in UTF-16, with a byte order mark.
    Utf16,
    /// gzip, of one member or several.
    Gzip,
    /// zstd, of one frame or several.
    Zstd,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// A tar archive.
    Tar,
    /// A zip archive.
    Zip,
    /// A Parquet file.
    Parquet,
    /// Neither text nor anything known.
    Binary,
}

/// The first bytes of binary files that hold some lines of text and are no logs.
const BINARY: [&[u8]; 15] = [
    b"LPKSHHRH", // journald
    b"\x7fELF",
    b"SQLite format 3\0",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"RIFF",
    b"II*\0",
    b"MM\0*",
    b"%PDF-",
    b"\xca\xfe\xba\xbe",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x04\x22\x4d\x18", // lz4
];

impl Kind {
    /// The format of what begins with `head`.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'P', b'K', 3, 4, ..] => Self::Zip,
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Self::Utf16,
            _ if head.get(257..262) == Some(b"ustar") => Self::Tar,
            [b'P', b'A', b'R', b'1', ..] => Self::Parquet,
            _ if BINARY.iter().any(|magic| head.starts_with(magic)) => Self::Binary,
            _ if head.contains(&0) && !reads_as_text(head) => Self::Binary,
            _ => Self::Plain,
        }
    }
}

/// Whether some lines read as text, or most of what is there does, in bytes that hold NULs too.
fn reads_as_text(head: &[u8]) -> bool {
    let (mut text, mut other) = (0, 0);
    for line in head.split(|b| *b == b'\n').flat_map(between_holes).map(without_nuls_around) {
        let odd = odd_bytes(line);
        if odd * 16 > line.len() {
            other += line.len();
        } else if line.len() >= LINE {
            return true;
        } else {
            text += line.len();
        }
    }
    text > other
}

/// What stands before, between and after long runs of NULs.
fn between_holes(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    const RUN: [u8; 512] = [0; 512];
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let end = memmem::find(line, &RUN);
        rest = end.map(|end| &line[end + leading_nuls(&line[end..])..]);
        Some(&line[..end.unwrap_or(line.len())])
    })
}

fn without_nuls_around(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    &line[leading_nuls(&line[..end])..end]
}

/// How many bytes are not text: control characters, and invalid UTF-8.
fn odd_bytes(line: &[u8]) -> usize {
    let control = |b: &u8| b.is_ascii_control() && !matches!(b, b'\t' | b'\r' | 0x0c | 0x1b);
    line.utf8_chunks().map(|chunk| chunk.valid().bytes().filter(control).count() + chunk.invalid().len()).sum()
}

/// What a file is, as far as its first bytes show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    kind: Kind,
    is_own: bool,
    /// Whether the text is the file byte for byte, so that it can be read from the middle on.
    pub is_bare: bool,
    /// An offset at which a sample of its text can be read: past the hole that it may begin with.
    pub text_at: u64,
}

/// Looks at a file, past a hole at its beginning; where that is very long, at the file's end.
pub fn look(source: &Source, is_own: IsOwn) -> Result<Look, SourceError> {
    looked(source, is_own).map_err(SourceError::Open)
}

fn looked(source: &Source, is_own: IsOwn) -> io::Result<Look> {
    let mut file = File::open(&source.path)?;
    let mut head = sniffed(&mut file)?;
    let mut text_at = leading_nuls(&head) as u64;
    if text_at > 0 && text_at == head.len() as u64 {
        text_at += nuls((&mut file).take(LOOK))?.0;
        if text_at >= LOOK {
            text_at = source.size.saturating_sub(SNIFF as u64);
        }
        file.seek(io::SeekFrom::Start(text_at))?;
        head = sniffed(&mut file)?;
    }
    let kind = if text_at > 0 { of_hole_and(&head) } else { Kind::of(&head) };
    let is_own = text_at == 0 && kind == Kind::Plain && is_own(&head);
    Ok(Look {
        kind,
        is_own,
        is_bare: kind == Kind::Plain && !is_own && !head.starts_with(BOM) && !export::is_export(&head),
        text_at,
    })
}

/// The format of a file that begins with a hole and goes on with `text`.
fn of_hole_and(text: &[u8]) -> Kind {
    let text = &text[leading_nuls(text)..];
    let is_text = !text.is_empty() && (!text.contains(&0) || reads_as_text(text));
    if is_text { Kind::Plain } else { Kind::Binary }
}

/// How many NULs come next, and what follows them of the bytes that were read.
fn nuls(mut reader: impl Read) -> io::Result<(u64, Vec<u8>)> {
    let mut chunk = vec![0; FOOTER];
    let mut count = 0;
    loop {
        let read = match reader.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let nuls = leading_nuls(&chunk[..read]);
        count += nuls as u64;
        if nuls < read || read == 0 {
            return Ok((count, chunk[nuls..read].to_vec()));
        }
    }
}

fn sniffed(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(SNIFF);
    reader.take(SNIFF as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Whether a file may be read from the middle on: a guess from its first bytes, for a sample.
pub fn may_be_bare(source: &Source) -> bool {
    let head = File::open(&source.path).and_then(|mut file| sniffed(&mut file));
    head.is_ok_and(|head| head.starts_with(&[0]) || (Kind::of(&head) == Kind::Plain && !head.starts_with(BOM)))
}

/// The first `most` bytes of the text of a source, as far as the first `most` bytes of its file give them.
pub fn head(source: &Source, most: u64) -> Vec<u8> {
    let mut text = Vec::new();
    if let Ok(file) = File::open(&source.path) {
        let opened = Opened { name: source.shown(), modified: None, reader: Box::new(file.take(most)), depth: 0 };
        let mut each = |stream: Stream<'_>| {
            // What is cut here is whole for the first pass, which reads on and reports damage.
            stream.reader.take(most.saturating_sub(text.len() as u64)).read_to_end(&mut text).ok();
        };
        open(opened, |_| false, &mut each, &mut |_, _| {});
    }
    text
}

/// Opens a plain file at `offset`, for the ranges of a large one.
pub fn open_at(source: &Source, offset: u64) -> Result<File, SourceError> {
    let mut file = reopened(source)?;
    file.seek(io::SeekFrom::Start(offset)).map_err(SourceError::Open)?;
    Ok(file)
}

/// Opens the file that was found, and no other that has its name now.
fn reopened(source: &Source) -> Result<File, SourceError> {
    let file = File::open(&source.path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SourceError::Deleted,
        _ => SourceError::Open(error),
    })?;
    let metadata = file.metadata().map_err(SourceError::Open)?;
    if source.file.is_some() && FileId::of(&metadata) != source.file {
        return Err(SourceError::Replaced);
    }
    Ok(file)
}

/// What `file` gives from `at` on, where it stands; its end comes as an error if it is not as long as it was found.
pub fn whole(source: &Source, file: File, at: u64) -> impl Read + use<> {
    Whole { file, at, size: if source.rereadable { source.size } else { 0 } }
}

/// See [`whole`].
struct Whole {
    file: File,
    at: u64,
    size: u64,
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.at += read as u64;
        if read == 0 && !buffer.is_empty() && self.at < self.size {
            return Err(io::Error::other("the file was cut while it was read"));
        }
        Ok(read)
    }
}

/// Whether any part of a source would be read as a log.
pub fn is_log(source: &Source, is_own: IsOwn) -> bool {
    let mut is_log = false;
    streams(source, is_own, &mut |mut stream| is_log |= stream.reader.read(&mut [0]).is_ok_and(|read| read > 0), &mut |_, _| {});
    is_log
}

/// Hands each stream of `source` to `each`, in order, and each part that cannot be read to `trouble`.
pub fn streams(source: &Source, is_own: IsOwn, each: &mut dyn FnMut(Stream<'_>), trouble: &mut dyn FnMut(String, SourceError)) {
    let name = source.shown();
    let modified = source.modified;
    if source.is_stdin() {
        open(Opened { name, modified, reader: Box::new(io::stdin().lock()), depth: 0 }, is_own, each, trouble);
        return;
    }
    let file = match reopened(source) {
        Ok(file) => file,
        Err(error) => return trouble(name, error),
    };
    // Why it cannot be looked at is reported when it is read.
    let look = source.rereadable.then(|| look(source, is_own).ok()).flatten();
    match look.map(|look| look.kind) {
        Some(Kind::Zip) => unzip(&name, file, 0, is_own, each, trouble),
        Some(Kind::Binary) => trouble(name, SourceError::Binary),
        _ => open(Opened { name, modified, reader: Box::new(whole(source, file, 0)), depth: 0 }, is_own, each, trouble),
    }
}

/// A reader of bytes of an unknown format.
struct Opened<'s> {
    name: String,
    modified: Option<DateTime<Utc>>,
    reader: Box<dyn Read + 's>,
    depth: usize,
}

/// Decompresses, layer by layer, until there is text or an archive, or the layers are too many.
fn open<'s>(
    mut opened: Opened<'s>,
    is_own: IsOwn,
    each: &mut dyn FnMut(Stream<'_>),
    trouble: &mut dyn FnMut(String, SourceError),
) {
    let mut head = Vec::with_capacity(SNIFF);
    // Damage in the first bytes shows again when the reader is read: the error is reported then.
    let mut early = (&mut opened.reader).take(SNIFF as u64).read_to_end(&mut head).err();
    let mut kind = Kind::of(&head);
    let mut hole = 0;
    if early.is_none() && !head.is_empty() && leading_nuls(&head) == head.len() {
        hole = head.len() as u64;
        head.clear();
        match nuls(&mut opened.reader) {
            Ok((more, after)) => {
                hole += more;
                head = after;
                early = (&mut opened.reader).take(SNIFF as u64).read_to_end(&mut head).err();
            }
            Err(error) => early = Some(error),
        }
        kind = of_hole_and(&head);
    }
    let Opened { name, modified, reader, depth } = opened;
    if hole == 0 && kind == Kind::Plain && is_own(&head) {
        return trouble(name, SourceError::Own);
    }
    let hole = io::repeat(0).take(hole);
    let whole: Box<dyn Read + 's> = match early {
        Some(error) => Box::new(hole.chain(Cursor::new(head)).chain(Failing(Some(error)))),
        None => Box::new(hole.chain(Cursor::new(head)).chain(reader)),
    };
    if depth > MAX_DEPTH && !matches!(kind, Kind::Plain | Kind::Utf16) {
        trouble(name, if kind == Kind::Binary { SourceError::Binary } else { SourceError::TooDeep });
        return;
    }
    let deeper = |reader: Box<dyn Read + 's>| Opened { name: name.clone(), modified, reader, depth: depth + 1 };
    match kind {
        Kind::Plain => {
            each(Stream { name, modified, reader: export::records(Box::new(WithoutBom { inner: whole, at_start: true })) });
        }
        Kind::Utf16 => {
            each(Stream { name, modified, reader: export::records(Box::new(encoding_rs_io::DecodeReaderBytes::new(whole))) });
        }
        Kind::Gzip => open(deeper(Box::new(flate2::read::MultiGzDecoder::new(whole))), is_own, each, trouble),
        Kind::Zstd => match zstd::stream::read::Decoder::new(whole) {
            Ok(decoder) => open(deeper(Box::new(decoder)), is_own, each, trouble),
            Err(error) => trouble(name, SourceError::Open(error)),
        },
        Kind::Bzip2 => open(deeper(Box::new(bzip2::read::MultiBzDecoder::new(whole))), is_own, each, trouble),
        Kind::Xz => open(deeper(Box::new(liblzma::read::XzDecoder::new_multi_decoder(whole))), is_own, each, trouble),
        Kind::Tar => untar(&name, whole, depth, is_own, each, trouble),
        Kind::Zip => {
            let mut bytes = Vec::new();
            match whole.take(MAX_INNER_ARCHIVE).read_to_end(&mut bytes) {
                Ok(_) => unzip(&name, Cursor::new(bytes), depth, is_own, each, trouble),
                Err(error) => trouble(name, SourceError::Archive(error.to_string())),
            }
        }
        Kind::Parquet => trouble(name, if is_own(&footer(whole)) { SourceError::Own } else { SourceError::Binary }),
        Kind::Binary => trouble(name, SourceError::Binary),
    }
}

/// The end of a Parquet file, as far as one that can be read ends.
fn footer(reader: impl Read) -> Vec<u8> {
    let mut end = Vec::new();
    let mut reader = reader.take(MAX_INNER_ARCHIVE);
    loop {
        let kept = end.len();
        if !matches!((&mut reader).take(FOOTER as u64).read_to_end(&mut end), Ok(1..)) {
            return end;
        }
        if kept > FOOTER {
            end.drain(..kept - FOOTER);
        }
    }
}

fn untar(
    name: &str,
    reader: Box<dyn Read + '_>,
    depth: usize,
    is_own: IsOwn,
    each: &mut dyn FnMut(Stream<'_>),
    trouble: &mut dyn FnMut(String, SourceError),
) {
    let mut archive = tar::Archive::new(reader);
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return trouble(name.to_owned(), SourceError::Archive(error.to_string())),
    };
    for entry in entries {
        match entry {
            Ok(entry) if entry.header().entry_type().is_file() => {
                let member = format!("{name}!{}", String::from_utf8_lossy(&entry.path_bytes()));
                let modified =
                    entry.header().mtime().ok().and_then(|seconds| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0));
                open(Opened { name: member, modified, reader: Box::new(entry), depth: depth + 1 }, is_own, each, trouble);
            }
            Ok(_) => {}
            Err(error) => return trouble(name.to_owned(), SourceError::Archive(error.to_string())),
        }
    }
}

fn unzip<R: Read + Seek>(
    name: &str,
    reader: R,
    depth: usize,
    is_own: IsOwn,
    each: &mut dyn FnMut(Stream<'_>),
    trouble: &mut dyn FnMut(String, SourceError),
) {
    let mut archive = match zip::ZipArchive::new(reader) {
        Ok(archive) => archive,
        Err(error) => return trouble(name.to_owned(), SourceError::Archive(error.to_string())),
    };
    for index in 0..archive.len() {
        match archive.by_index(index) {
            Ok(member) if member.is_file() => {
                let shown = match member.name() {
                    Ok(inner) => format!("{name}!{inner}"),
                    Err(_) => format!("{name}!#{index}"),
                };
                open(Opened { name: shown, modified: None, reader: Box::new(member), depth: depth + 1 }, is_own, each, trouble);
            }
            Ok(_) => {}
            Err(error) => trouble(format!("{name}!#{index}"), SourceError::Archive(error.to_string())),
        }
    }
}

/// Gives an error once, then the end.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// The byte order mark of UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Takes the byte order mark off UTF-8.
struct WithoutBom<R> {
    inner: R,
    at_start: bool,
}

impl<R: Read> Read for WithoutBom<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if std::mem::take(&mut self.at_start) && buffer[..read].starts_with(BOM) {
            buffer.copy_within(BOM.len()..read, 0);
            if read > BOM.len() {
                return Ok(read - BOM.len());
            }
            return self.inner.read(buffer);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests lay out their inputs")]

    use std::io::Write;
    use std::path::Path;

    use super::*;

    fn source(path: &Path) -> Source {
        Source::at(path, &std::fs::metadata(path).unwrap(), true)
    }

    /// Every stream of a file as (name after the last slash, text), and every trouble.
    fn read(path: &Path) -> (Vec<(String, String)>, Vec<String>) {
        let mut streams_read = Vec::new();
        let mut troubles = Vec::new();
        streams(
            &source(path),
            |head| head.starts_with(b"made by us"),
            &mut |mut stream| {
                let mut bytes = Vec::new();
                let end = stream.reader.read_to_end(&mut bytes);
                let mut text = String::from_utf8_lossy(&bytes).into_owned();
                if let Err(error) = end {
                    text = format!("{text}<{:?}>", error.kind());
                }
                streams_read.push((stream.name.rsplit('/').next().unwrap().to_owned(), text));
            },
            &mut |name, error| troubles.push(format!("{}: {error}", name.rsplit('/').next().unwrap())),
        );
        (streams_read, troubles)
    }

    fn gz(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_compression_is_recognised_by_content() {
        let dir = tempfile::tempdir().unwrap();
        let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bz.write_all(b"one\ntwo\n").unwrap();
        let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
        xz.write_all(b"one\ntwo\n").unwrap();
        let zstd_frame = |text: &[u8]| zstd::stream::encode_all(text, 1).unwrap();
        for (name, bytes) in [
            ("plain.gz", b"one\ntwo\n".to_vec()),
            ("bom", b"\xef\xbb\xbfone\ntwo\n".to_vec()),
            ("utf16", "\u{feff}one\ntwo\n".encode_utf16().flat_map(u16::to_le_bytes).collect()),
            ("gz.log", gz("one\ntwo\n")),
            ("members.log", [gz("one\n"), gz("two\n")].concat()),
            ("frames.log", [zstd_frame(b"one\n"), zstd_frame(b"two\n")].concat()),
            ("bz.log", bz.finish().unwrap()),
            ("xz.log", xz.finish().unwrap()),
            ("twice.log", zstd_frame(&gz("one\ntwo\n"))),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path), (vec![(name.to_owned(), "one\ntwo\n".to_owned())], vec![]), "{name}");
        }
    }

    #[test]
    fn what_stands_before_a_cut_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cut.gz");
        let text: String = (0..20_000)
            .flat_map(|n| ["line ".to_owned(), n.to_string(), " ".to_owned(), (n * 7919).to_string(), "\n".to_owned()])
            .collect();
        let mut bytes = gz(&text);
        bytes.truncate(bytes.len() / 2);
        std::fs::write(&path, bytes).unwrap();
        let (streams_read, troubles) = read(&path);
        assert!(troubles.is_empty());
        assert!(streams_read[0].1.starts_with("line 0 0\n"));
        assert!(streams_read[0].1.ends_with("<UnexpectedEof>"), "the cut is reported");
    }

    #[test]
    fn a_compressed_file_that_is_cut_between_its_members_is_reported_too() {
        let dir = tempfile::tempdir().unwrap();
        let zstd_frame = |text: &str| zstd::stream::encode_all(text.as_bytes(), 1).unwrap();
        let (one, more) = ("one\n", "more\n".repeat(10_000));
        for (name, first, second) in [
            ("a.gz", gz(one), gz(&more)),
            ("a.zst", zstd_frame(one), zstd_frame(&more)),
            ("a.log", one.into(), more.clone().into()),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, [&first[..], &second].concat()).unwrap();
            let source = source(&path);
            File::options().write(true).open(&path).unwrap().set_len(first.len() as u64).unwrap();
            let mut ends = Vec::new();
            let mut each = |mut stream: Stream<'_>| {
                let mut text = String::new();
                let end = stream.reader.read_to_string(&mut text).map_err(|error| error.to_string());
                ends.push((text, end));
            };
            streams(&source, |_| false, &mut each, &mut |_, error| panic!("{error}"));
            assert_eq!(ends, [(one.to_owned(), Err("the file was cut while it was read".to_owned()))], "{name}");
        }
    }

    #[test]
    fn what_has_lines_is_text_whatever_nuls_are_in_it() {
        let line = "2026-03-02T09:00:00Z error: jwt expired\n";
        let holes = "\0".repeat(5000);
        for text in [
            format!("{holes}{line}"),
            format!("{}{line}", holes.repeat(20)),
            format!("a \0 byte\n{line}"),
            format!("{line}{holes}"),
            format!("cut li{holes}{line}"),
            format!("cut li{}{line}", holes.repeat(20)),
            format!("short\n\0\0{line}"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("app.log");
            std::fs::write(&path, &text).unwrap();
            assert_eq!(read(&path), (vec![("app.log".to_owned(), text.clone())], vec![]), "{}", text.replace('\0', "0"));
            let look = look(&source(&path), |_| false).unwrap();
            assert!(look.is_bare && text.as_bytes()[usize::try_from(look.text_at).unwrap()] != 0);
        }
        for bytes in [&b"\x00\x01\x02"[..], b"\x07\0\0\0pts/0\0\0\0\0\0\0\0\0root\0\0\0\0\n\0\0x", b"a\0b\0c\0\n\0d\0e\0f\0g\0"] {
            assert_eq!(Kind::of(bytes), Kind::Binary, "{bytes:?}");
        }
    }

    #[test]
    fn own_outputs_are_known_within_archives_and_compressions() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.csv.1.gz");
        std::fs::write(&path, gz("made by us\n")).unwrap();
        assert_eq!(read(&path), (vec![], vec!["out.csv.1.gz: skipped: an output of jwtriage".to_owned()]));
    }

    #[test]
    fn archives_are_read_member_by_member() {
        let dir = tempfile::tempdir().unwrap();
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in [("in/a.log", b"a\n".to_vec()), ("b.log.gz", gz("b\n")), ("c.bin", vec![0, 1, 2])] {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            tar.append_data(&mut header, name, &bytes[..]).unwrap();
        }
        let path = dir.path().join("outer.tar.gz");
        let tar = tar.into_inner().unwrap();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&tar).unwrap();
        std::fs::write(&path, encoder.finish().unwrap()).unwrap();
        let (streams_read, troubles) = read(&path);
        assert_eq!(
            streams_read,
            [("a.log".to_owned(), "a\n".to_owned()), ("outer.tar.gz!b.log.gz".to_owned(), "b\n".to_owned())]
        );
        assert_eq!(troubles, ["outer.tar.gz!c.bin: skipped: binary data"]);

        let path = dir.path().join("outer.zip");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        zip.start_file("d.log", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"d\n").unwrap();
        zip.finish().unwrap();
        assert_eq!(read(&path).0, [("outer.zip!d.log".to_owned(), "d\n".to_owned())]);
    }

    #[test]
    fn zeros_are_binary() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("zeros");
        std::fs::write(&path, [0_u8; 5000]).unwrap();
        assert_eq!(read(&path).1, ["zeros: skipped: binary data"]);
    }
}
