//! Exports: the answers and downloads of log stores, whose elements or rows are the records.
//!
//! [`records`] stands between decoding and framing and lets each record begin a line, whatever holds it: then an export
//! may be of any size, and each record in it is read as if it had been written alone.
//!
//! - JSON (`envelope.rs`): elements stay as they are written, line feeds included; what stands around them goes.
//! - CSV (`table.rs`) with a header that names a time and a message. Each row becomes a JSON object of one line.
//!
//! So evidence points to the line on which a record begins in its file. Where several share a line each counts as one: in
//! an export without line feeds, the record on line seven is the seventh.

mod envelope;
mod splitter;
mod table;

use std::io::{self, Cursor, Read};

use envelope::Envelope;
use splitter::Splitter;
use table::Table;

pub use splitter::HEAD;

/// How much is read at once.
const CHUNK: usize = 64 << 10;

/// Whether what begins with `head` is an export: its bytes are not those that [`records`] gives.
pub fn is_export(head: &[u8]) -> bool {
    splitter(head).is_some()
}

/// The text of a stream; of an export with each record on lines of its own.
pub fn records<'r>(mut reader: Box<dyn Read + 'r>) -> Box<dyn Read + 'r> {
    let mut head = Vec::new();
    let early = (&mut reader).take(HEAD as u64).read_to_end(&mut head).err();
    let splitter = splitter(&head);
    let whole: Box<dyn Read + 'r> = match early {
        Some(error) => Box::new(Cursor::new(head).chain(Failing(Some(error)))),
        None => Box::new(Cursor::new(head).chain(reader)),
    };
    match splitter {
        Some(splitter) => {
            Box::new(Split { inner: whole, splitter, given: Given::default(), held: Vec::new(), error: None, ended: false })
        }
        None => whole,
    }
}

fn splitter(head: &[u8]) -> Option<Box<dyn Splitter>> {
    match head.trim_ascii_start().first()? {
        b'{' | b'[' => Envelope::begins(head).then(|| Box::new(Envelope::default()) as Box<dyn Splitter>),
        _ => Table::begins(head).map(|table| Box::new(table) as Box<dyn Splitter>),
    }
}

/// Text to be given, and how much of it was.
#[derive(Default)]
struct Given {
    text: Vec<u8>,
    at: usize,
}

/// Reads an export.
struct Split<'r> {
    inner: Box<dyn Read + 'r>,
    splitter: Box<dyn Splitter>,
    given: Given,
    /// What was read and is incomplete without more.
    held: Vec<u8>,
    /// Damage, reported after what stands before it.
    error: Option<io::Error>,
    ended: bool,
}

impl Split<'_> {
    fn refill(&mut self) -> io::Result<()> {
        self.given.text.clear();
        self.given.at = 0;
        while self.given.text.is_empty() && !self.ended {
            let before = self.held.len();
            self.held.resize(before + CHUNK, 0);
            let read = self.inner.read(&mut self.held[before..]);
            self.held.truncate(before + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => {
                    self.error = Some(error);
                    self.ended = true;
                }
            }
            let done = self.splitter.split(&self.held, self.ended, &mut self.given.text);
            self.held.drain(..done);
        }
        Ok(())
    }
}

impl Read for Split<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given.at == self.given.text.len() {
            self.refill()?;
        }
        let rest = &self.given.text[self.given.at..];
        if rest.is_empty() {
            return self.error.take().map_or(Ok(0), Err);
        }
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.given.at += length;
        Ok(length)
    }
}

/// Gives an error once, then the end.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Dripping<'t>(&'t [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            let (now, later) = self.0.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    fn text(export: &str) -> String {
        let mut text = String::new();
        records(Box::new(export.as_bytes())).read_to_string(&mut text).unwrap();
        for size in [1, 7] {
            let mut dripped = String::new();
            records(Box::new(Dripping(export.as_bytes(), size))).read_to_string(&mut dripped).unwrap();
            assert_eq!(dripped, text, "{size} bytes at a time");
        }
        text
    }

    /// Every record that begins a line, with the line's number.
    fn lines(export: &str) -> Vec<(usize, String)> {
        (1..).zip(text(export).lines().map(str::to_owned)).filter(|(_, line)| !line.is_empty()).collect()
    }

    #[test]
    fn elements_of_one_line_count_as_a_line_each() {
        for export in [
            r#"{"events":[{"message":"a","timestamp":1},{"message":"b","timestamp":2}],"searchedLogStreams":[{"x":1}]}"#,
            r#"{"took":1,"hits":{"total":{"value":2},"hits":[{"_source":{"a":"}]"}},{"_source":{"a":"\"["}}]}}"#,
            r#"{"results":[[{"field":"a","value":"1"}],[{"field":"a","value":"2"}]],"status":"Complete"}"#,
            r#"[{"a":1},{"a":2}]"#,
        ] {
            let found = lines(export);
            assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2], "{found:?}");
            assert!(found.iter().all(|(_, text)| serde_json::from_str::<serde_json::Value>(text).is_ok()), "{found:?}");
        }
    }

    #[test]
    fn elements_of_pretty_printed_exports_stay_on_their_lines() {
        let export = "{\n  \"events\": [\n    {\n      \"message\": \"a\",\n      \"timestamp\": 1\n    },\n    {\n      \"message\": \"b\",\n      \"timestamp\": 2\n    }\n  ],\n  \"nextToken\": \"x\"\n}\n";
        let text = text(export);
        assert_eq!(text.lines().count(), export.lines().count());
        let begins: Vec<usize> =
            (1..).zip(text.lines()).filter(|(_, line)| line.starts_with('{')).map(|(line, _)| line).collect();
        assert_eq!(begins, [3, 7]);
        assert!(!text.contains("nextToken"));
        // Without indentation nothing inside an element begins a line either.
        let flat: Vec<&str> = export.lines().map(str::trim).collect();
        let flat = super::tests::text(&flat.join("\n"));
        assert_eq!(flat.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).count(), 2, "{flat}");
    }

    #[test]
    fn what_follows_an_export_is_read_too() {
        let page = r#"{"events":[{"message":"a","timestamp":1}]}"#;
        assert_eq!(lines(&format!("{page}\n{page}{page}\n  jwt [{{\n{page}")).len(), 5);
        // A line feed in a text ends what was broken.
        let broken =
            "{\"events\":[{\"message\":\"a\",\"timestamp\":1},\n{\"message\":\"b\n{\"message\":\"c\",\"timestamp\":3}]}\n";
        assert_eq!(lines(broken).last().unwrap(), &(3, "{\"message\":\"c\",\"timestamp\":3}]}".to_owned()));
    }

    #[test]
    fn what_is_no_export_stays() {
        for log in [
            "{\"msg\":\"batch\",\"events\":[{\"type\":\"x\"}]}\n{\"message\":\"b\",\"timestamp\":1}\n",
            "{\"hits\":3,\"results\":[1,2]}\n",
            "[{\"msg\":\"a\"},\n{\"msg\":\"b\"}]\n",
            "[\n{\"msg\":\"a\"},\n{\"msg\":\"b\"}]\n",
            "[{main}] x\n",
            "{\"events\":",
            "2026-03-02 09:00:00, message, x\n",
            "name,message\na,b\n",
            "time,message",
            "",
        ] {
            assert!(!is_export(log.as_bytes()), "{log}");
            assert_eq!(text(log), log);
        }
    }

    #[test]
    fn rows_become_objects_on_the_line_they_begin_on() {
        let export = "\u{feff}Date,Host,\"Service\",Message,@http.status_code\r\n2026-03-02T09:00:00Z,h1,orders,\"{\"\"msg\"\":\"\"a, b\"\"}\nat x\",401\r\n2026-03-02T09:00:01Z,h1,,plain,-\r\n\"";
        let found = lines(export);
        assert_eq!(found.len(), 2, "{found:?}");
        let row = |index: usize| serde_json::from_str::<serde_json::Value>(&found[index].1).unwrap();
        assert_eq!(found[0].0, 2);
        assert_eq!(row(0)["message"], "{\"msg\":\"a, b\"}\nat x");
        assert_eq!((&row(0)["service"], &row(0)["@http.status_code"]), (&"orders".into(), &"401".into()));
        assert_eq!((found[1].0, row(1).get("service"), &row(1)["time"]), (4, None, &"2026-03-02T09:00:01Z".into()));
    }

    #[test]
    fn headers_of_log_explorers_name_a_time_and_a_message() {
        for header in [
            "Date,Host,Service,Content",
            "@timestamp,@message,@logStream,@log",
            "\"@timestamp\",\"host.name\",message",
            "_time,_raw,host,source,sourcetype",
            "\"_raw\",\"_time\",\"host\"",
            "TimeGenerated [UTC],Computer,LogMessage",
            "timestamp [UTC];message;cloud_RoleName",
            "insertId,textPayload,timestamp,severity",
            "Time,Line,labels,tsNs",
        ] {
            assert!(is_export(format!("{header}\n").as_bytes()), "{header}");
        }
    }
}
