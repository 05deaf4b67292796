//! What the columns of a stream's access lines mean, learnt from a few of them: which of two numbers is the status, which
//! of two addresses the client, and where an id of the request stands.
//!
//! Columns are counted from the request, or from the end of the line, as user names and browsers may hold blanks.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::layout::cells::Cell;
use crate::layout::entry::Entry;
use crate::layout::fields::Role;
use crate::layout::lines::split_line;
use crate::layout::reading::{Reading, client_of, status_of};
use crate::layout::shape::Shape;
use crate::layout::{self, any_access};

/// Fewer lines teach nothing.
const ENOUGH: usize = 16;
/// Columns before and after the request, and before the end of the line, that are looked at.
const BEFORE: usize = 10;
const AFTER: usize = 16;
const LAST: usize = 6;
/// Of a hundred lines in which a column stands, so many must hold what it is taken for.
const MOST: usize = 95;

/// Where the columns of a stream's access lines stand, as far as a single line does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Columns {
    is_learnt: bool,
    status: Option<Slot>,
    client: Option<Slot>,
    /// Whether the layouts of the lines read the client from there already.
    client_is_read: bool,
    request_id: Option<Slot>,
    trace_id: Option<Slot>,
}

/// The index of a column: counted from [`BEFORE`] columns before the request, or after all of these from the line's end.
type Slot = u8;

impl Columns {
    /// How many lines of a stream teach as much as more would.
    pub const LESSON: usize = 24;

    /// Learns from the lines of a stream, without what is wrapped around them.
    pub fn learn<'l>(lines: impl Iterator<Item = &'l str>) -> Self {
        let readings = lines.filter_map(|line| Some((line, Reading::of(line)?)));
        let (lines, readings): (Vec<&str>, Vec<Reading<'_>>) =
            readings.filter(|(_, reading)| reading.says_nothing_else()).unzip();
        if readings.len() < ENOUGH {
            return Self::default();
        }
        let seen: Vec<Seen> = (0..BEFORE + AFTER + LAST).map(|slot| Seen::of(slot, &readings)).collect();
        let [request_id, trace_id] = ids(&seen);
        let client = client(&seen);
        let client_is_read =
            client.is_some() && lines.iter().zip(&readings).all(|(line, reading)| reads_client(line, client, reading));
        Self { is_learnt: true, status: status(&seen), client, client_is_read, request_id, trace_id }
    }

    /// Whether a line may teach something: it names a verb of HTTP and is no JSON.
    pub fn may_teach(line: &str) -> bool {
        !line.starts_with('{') && any_access::names_method(line)
    }

    /// Completes what a layout read from an access line by what the stream's columns mean.
    pub fn complete<'r>(&self, record: &'r str, entry: &mut Entry<'r>) {
        const OTHERS: [&str; 7] = ["combined", "haproxy", "envoy", "uvicorn", "gin", "morgan", "iis"];
        let of_other = OTHERS.contains(&entry.format);
        if !self.is_learnt || !(entry.format == "access" || of_other && self.tell_more_than(entry)) {
            return;
        }
        let (line, following) = split_line(record.trim_start());
        let Some(mut reading) = Reading::of(line) else { return };
        if entry.format == "access" {
            self.correct(&mut reading);
            *entry = any_access::entry(&reading, following);
        } else if let Some(client) = cell(self.client, &reading).filter(|cell| cell.shape == Shape::Address) {
            entry.fields.set("client_ip", client_of(client));
        }
        for (slot, name, role) in [(self.request_id, "request_id", Role::RequestId), (self.trace_id, "trace_id", Role::TraceId)] {
            let id = cell(slot, &reading).filter(|cell| is_id(cell));
            if let Some(id) = id.filter(|_| entry.fields.roles().get(role).is_none()) {
                entry.fields.push(name, id.text);
            }
        }
    }

    /// Whether they may tell what the layout did not read.
    fn tell_more_than(&self, entry: &Entry<'_>) -> bool {
        let roles = entry.fields.roles();
        let lacks = |slot: Option<Slot>, role| slot.is_some() && roles.get(role).is_none();
        self.client.is_some() && !self.client_is_read
            || lacks(self.request_id, Role::RequestId)
            || lacks(self.trace_id, Role::TraceId)
    }

    /// Moves what a line alone was read to mean to where the stream has it.
    fn correct(&self, reading: &mut Reading<'_>) {
        let keyed = |at: Option<usize>| at.is_some_and(|at| reading.cells[at].key.is_some());
        let (status_is_named, client_is_named, id_is_named) = (keyed(reading.status), keyed(reading.client), keyed(reading.id));
        let place = |slot: Option<Slot>| slot.and_then(|slot| index(slot.into(), reading));
        let status = place(self.status).filter(|at| status_of(&reading.cells[*at]).is_some());
        let client = place(self.client).filter(|at| reading.cells[*at].shape == Shape::Address);
        let id = place(self.request_id).filter(|at| is_id(&reading.cells[*at]));
        if !status_is_named {
            reading.status = status.or(reading.status);
        }
        if !client_is_named {
            reading.client = client.or(reading.client);
        }
        // What comes again in other lines is the id of something else.
        if !id_is_named {
            reading.id = id;
        }
    }
}

/// Whether the layout of a line reads the client from a slot.
fn reads_client(line: &str, slot: Option<Slot>, reading: &Reading<'_>) -> bool {
    let entry = layout::parse(line);
    let read = entry.as_ref().and_then(|entry| entry.fields.roles().get(Role::ClientIp));
    read == cell(slot, reading).filter(|cell| cell.shape == Shape::Address).map(client_of)
}

/// Which cell of a line stands in a slot.
fn index(slot: usize, reading: &Reading<'_>) -> Option<usize> {
    let index = if slot < BEFORE + AFTER {
        (reading.anchor + slot).checked_sub(BEFORE)?
    } else {
        reading.cells.len().checked_sub(slot - BEFORE - AFTER + 1)?
    };
    (index < reading.cells.len()).then_some(index)
}

/// The cell of a line that stands in a slot.
fn cell<'c, 'r>(slot: Option<Slot>, reading: &'c Reading<'r>) -> Option<&'c Cell<'r>> {
    reading.cells.get(index(slot?.into(), reading)?)
}

/// Whether a cell may be an id.
fn is_id(cell: &Cell<'_>) -> bool {
    matches!(cell.shape, Shape::Id | Shape::LikeId) && !cell.plays(Role::SessionId)
}

/// What stands in a slot, over all lines.
#[derive(Default)]
struct Seen {
    slot: usize,
    lines: usize,
    /// In how many lines it holds anything.
    filled: usize,
    statuses: usize,
    addresses: usize,
    ids: usize,
    /// How many different texts it holds.
    distinct: usize,
    /// Whether all its addresses have the same port, as servers have.
    is_server: bool,
}

impl Seen {
    fn of(slot: usize, readings: &[Reading<'_>]) -> Self {
        let mut seen = Self { slot, lines: readings.len(), is_server: true, ..Self::default() };
        let mut texts = Vec::with_capacity(readings.len());
        let mut port = None;
        for reading in readings {
            let Some(cell) = index(slot, reading).map(|at| &reading.cells[at]).filter(|cell| cell.shape != Shape::Nothing) else {
                continue;
            };
            seen.filled += 1;
            seen.statuses += usize::from(status_of(cell).is_some());
            seen.ids += usize::from(is_id(cell));
            let is_address = cell.shape == Shape::Address;
            seen.addresses += usize::from(is_address);
            let text = if is_address { client_of(cell) } else { cell.text };
            texts.push(FxBuildHasher.hash_one(text));
            let own = cell.text.rsplit_once(':').filter(|_| is_address && cell.text.len() > text.len()).map(|(_, port)| port);
            seen.is_server &= own.is_some() && *port.get_or_insert(own) == own;
        }
        texts.sort_unstable();
        texts.dedup();
        seen.distinct = texts.len();
        seen
    }

    /// Whether nearly all that it holds is of a kind.
    fn is_mostly(&self, of_kind: usize, filled: usize) -> bool {
        100 * of_kind >= MOST * self.filled && 100 * self.filled >= filled * self.lines
    }
}

/// The status: the first column after the request that holds nothing else, else the first before it; one that changes goes
/// before one that never does.
fn status(seen: &[Seen]) -> Option<Slot> {
    let holds = |seen: &&Seen| seen.is_mostly(seen.statuses, 90);
    let rank = |seen: &&Seen| (seen.distinct < 2, seen.slot < BEFORE, seen.slot);
    seen.iter().filter(holds).min_by_key(rank).map(slot)
}

/// The client, where several columns hold addresses: the one with most of them, but no server's.
fn client(seen: &[Seen]) -> Option<Slot> {
    let (from_request, _) = seen.split_at_checked(BEFORE + AFTER)?;
    let holds = |seen: &&Seen| seen.is_mostly(seen.addresses, 50);
    if from_request.iter().filter(holds).count() < 2 {
        return None;
    }
    let rank = |seen: &&Seen| (seen.is_server, std::cmp::Reverse(seen.distinct), seen.slot);
    from_request.iter().filter(holds).min_by_key(rank).filter(|seen| seen.distinct > 1).map(slot)
}

/// The ids: columns that hold another one in every line.
fn ids(seen: &[Seen]) -> [Option<Slot>; 2] {
    let differs = |seen: &&Seen| seen.is_mostly(seen.ids, 90) && 100 * seen.distinct >= MOST * seen.filled;
    let (from_request, from_end) = seen.split_at_checked(BEFORE + AFTER).unwrap_or((seen, &[]));
    let mut found = from_request.iter().filter(differs).map(slot);
    let first = found.next().or_else(|| from_end.iter().find(differs).map(slot));
    [first, found.next()]
}

fn slot(seen: &Seen) -> Slot {
    u8::try_from(seen.slot).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::parse;

    /// What is read from the first of some lines, once all have taught.
    fn read(lines: &[String]) -> (Option<String>, Option<String>, Option<String>) {
        let columns = Columns::learn(lines.iter().map(String::as_str));
        let mut entry = parse(&lines[0]).unwrap();
        columns.complete(&lines[0], &mut entry);
        let roles = entry.fields.roles();
        let text = |role| roles.get(role).map(str::to_owned);
        (text(Role::Status), text(Role::ClientIp), text(Role::RequestId))
    }

    #[test]
    fn the_status_is_the_column_that_holds_nothing_else() {
        let line = |n: usize| {
            format!("2026-08-22T12:00:{n:02}Z GET /x {} {} 203.0.113.{n}", 200 + n, if n.is_multiple_of(3) { 401 } else { 200 })
        };
        let lines: Vec<String> = (0..40).map(line).collect();
        assert_eq!(read(&lines).0.as_deref(), Some("401"));
        assert_eq!(read(&lines[..3]).0.as_deref(), Some("200"), "three lines teach nothing");
    }

    #[test]
    fn the_client_is_the_address_that_changes_most_and_no_server() {
        for (first, second) in [("10.0.0.2", "203.0.113.N"), ("10.0.0.N:8080", "203.0.113.N"), ("203.0.113.N:5N", "10.0.0.2")] {
            let line =
                |n: usize| format!("2026-08-22T12:00:{n:02}Z {first} -> {second} \"GET /x\" 401").replace('N', &n.to_string());
            let lines: Vec<String> = (1..40).map(line).collect();
            assert_eq!(read(&lines).1.as_deref(), Some("203.0.113.1"), "{first} {second}");
        }
    }

    #[test]
    fn an_id_is_what_comes_only_once() {
        let line = |n: usize, id: usize| {
            format!(
                r#"203.0.113.{n} - - [22/Aug/2026:12:00:{n:02} +0000] "GET /x HTTP/1.1" 401 9 "-" "a/1 (b; c)" 0.1 W{id:03}aAbBcCdD"#
            )
        };
        let each: Vec<String> = (1..40).map(|n| line(n, n)).collect();
        assert_eq!(read(&each).2.as_deref(), Some("W001aAbBcCdD"));
        let few: Vec<String> = (1..40).map(|n| line(n, n % 5)).collect();
        assert_eq!(read(&few).2, None);
    }
}
