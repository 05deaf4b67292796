//! Source -> streams of text: decompression and archives, told by the first bytes and never by the name.
//!
//! A file is one stream, an archive one a member (`outer.tar.gz!inner.log`). Damage ends a stream early: what
//! stands before it has been read by then, and the damage is told as an error at the end.
#![expect(clippy::disallowed_types, reason = "the one home of decompressors")]

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};

use chrono::{DateTime, Utc};

use crate::discover::Source;

/// How deep archives and compressions may be nested.
const MAX_DEPTH: usize = 4;
/// An archive inside an archive that must be held in memory (zip) may be this large.
const MAX_INNER_ARCHIVE: u64 = 256 << 20;
/// How many bytes are looked at to tell what a stream is.
const SNIFF: usize = 4096;

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
    /// An archive is damaged; members before the damage were read.
    #[error("damaged archive: {0}")]
    Archive(String),
    /// Archives within archives, too deep.
    #[error("skipped: nested deeper than {MAX_DEPTH} archives")]
    TooDeep,
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
    /// Neither text nor anything known.
    Binary,
}

impl Kind {
    /// Tells what begins with `head`.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'P', b'K', 3, 4, ..] => Self::Zip,
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Self::Utf16,
            _ if head.get(257..262) == Some(b"ustar") => Self::Tar,
            _ if head.contains(&0) => Self::Binary,
            _ => Self::Plain,
        }
    }
}

/// Tells what a file is without reading on.
fn sniff(source: &Source) -> Result<Kind, SourceError> {
    Ok(Kind::of(&sniffed(source)?))
}

/// Whether the text of a source stands in its file byte for byte: what can be read from the middle on.
pub fn is_bare(source: &Source) -> bool {
    sniffed(source).is_ok_and(|head| matches!(Kind::of(&head), Kind::Plain) && !head.starts_with(BOM))
}

fn sniffed(source: &Source) -> Result<Vec<u8>, SourceError> {
    let mut head = Vec::new();
    File::open(&source.path).and_then(|file| file.take(SNIFF as u64).read_to_end(&mut head)).map_err(SourceError::Open)?;
    Ok(head)
}

/// The first `most` bytes of the text of a source, as far as the first `most` bytes of its file give them.
pub fn head(source: &Source, most: u64) -> Vec<u8> {
    let mut text = Vec::new();
    if let Ok(file) = File::open(&source.path) {
        let opened = Opened { name: source.shown(), modified: None, reader: Box::new(file.take(most)), depth: 0 };
        let mut each = |stream: Stream<'_>| {
            // What is cut here is whole for the pass that reads on, and damage is told there.
            stream.reader.take(most.saturating_sub(text.len() as u64)).read_to_end(&mut text).ok();
        };
        open(opened, &mut each, &mut |_, _| {});
    }
    text
}

/// Opens a plain file at `offset`, for the ranges of a large one.
pub fn open_at(source: &Source, offset: u64) -> Result<File, SourceError> {
    let mut file = File::open(&source.path).map_err(SourceError::Open)?;
    file.seek(io::SeekFrom::Start(offset)).map_err(SourceError::Open)?;
    Ok(file)
}

/// Hands each stream of `source` to `each`, in order, and each part that cannot be read to `trouble`.
pub fn streams(source: &Source, each: &mut dyn FnMut(Stream<'_>), trouble: &mut dyn FnMut(String, SourceError)) {
    let name = source.shown();
    let modified = source.modified;
    if source.is_stdin() {
        open(Opened { name, modified, reader: Box::new(io::stdin().lock()), depth: 0 }, each, trouble);
        return;
    }
    match File::open(&source.path) {
        Ok(file) if source.rereadable && matches!(sniff(source), Ok(Kind::Zip)) => {
            unzip(&name, file, 0, each, trouble);
        }
        Ok(file) => open(Opened { name, modified, reader: Box::new(file), depth: 0 }, each, trouble),
        Err(error) => trouble(name, SourceError::Open(error)),
    }
}

/// Bytes of which nothing is known yet.
struct Opened<'s> {
    name: String,
    modified: Option<DateTime<Utc>>,
    reader: Box<dyn Read + 's>,
    depth: usize,
}

/// Peels compressions off until text, an archive or the end of patience is reached.
fn open<'s>(mut opened: Opened<'s>, each: &mut dyn FnMut(Stream<'_>), trouble: &mut dyn FnMut(String, SourceError)) {
    let mut head = Vec::with_capacity(SNIFF);
    // Damage in the first bytes shows again when the reader is read: the error is told there.
    let early = (&mut opened.reader).take(SNIFF as u64).read_to_end(&mut head).err();
    let kind = Kind::of(&head);
    let Opened { name, modified, reader, depth } = opened;
    let whole: Box<dyn Read + 's> = match early {
        Some(error) => Box::new(Cursor::new(head).chain(Failing(Some(error)))),
        None => Box::new(Cursor::new(head).chain(reader)),
    };
    if depth > MAX_DEPTH && !matches!(kind, Kind::Plain | Kind::Utf16) {
        trouble(name, SourceError::TooDeep);
        return;
    }
    let deeper = |reader: Box<dyn Read + 's>| Opened { name: name.clone(), modified, reader, depth: depth + 1 };
    match kind {
        Kind::Plain => each(Stream { name, modified, reader: Box::new(WithoutBom { inner: whole, at_start: true }) }),
        Kind::Utf16 => {
            each(Stream { name, modified, reader: Box::new(encoding_rs_io::DecodeReaderBytes::new(whole)) });
        }
        Kind::Gzip => open(deeper(Box::new(flate2::read::MultiGzDecoder::new(whole))), each, trouble),
        Kind::Zstd => match zstd::stream::read::Decoder::new(whole) {
            Ok(decoder) => open(deeper(Box::new(decoder)), each, trouble),
            Err(error) => trouble(name, SourceError::Open(error)),
        },
        Kind::Bzip2 => open(deeper(Box::new(bzip2::read::MultiBzDecoder::new(whole))), each, trouble),
        Kind::Xz => open(deeper(Box::new(liblzma::read::XzDecoder::new_multi_decoder(whole))), each, trouble),
        Kind::Tar => untar(&name, whole, depth, each, trouble),
        Kind::Zip => {
            let mut bytes = Vec::new();
            match whole.take(MAX_INNER_ARCHIVE).read_to_end(&mut bytes) {
                Ok(_) => unzip(&name, Cursor::new(bytes), depth, each, trouble),
                Err(error) => trouble(name, SourceError::Archive(error.to_string())),
            }
        }
        Kind::Binary => trouble(name, SourceError::Binary),
    }
}

fn untar(
    name: &str,
    reader: Box<dyn Read + '_>,
    depth: usize,
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
                open(Opened { name: member, modified, reader: Box::new(entry), depth: depth + 1 }, each, trouble);
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
                open(Opened { name: shown, modified: None, reader: Box::new(member), depth: depth + 1 }, each, trouble);
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
        Source { path: path.to_owned(), size: 0, modified: None, rereadable: true }
    }

    /// Every stream of a file as (name after the last slash, text), and every trouble.
    fn read(path: &Path) -> (Vec<(String, String)>, Vec<String>) {
        let mut streams_read = Vec::new();
        let mut troubles = Vec::new();
        streams(
            &source(path),
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
    fn every_compression_is_told_by_content() {
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
        assert!(streams_read[0].1.ends_with("<UnexpectedEof>"), "the cut is told");
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
