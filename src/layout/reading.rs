//! What the cells of an access line mean, as far as the line itself tells: the request, its status, the client, the time.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::layout::address::without_port;
use crate::layout::cells::{Cell, is_parted, split};
use crate::layout::fields::{Fields, Role};
use crate::layout::request::Request;
use crate::layout::role::METHODS;
use crate::layout::shape::{Shape, is_known_status};
use crate::layout::timestamp::Stamp;

/// A longer line is none of an access log.
const MAX_LINE: usize = 8 << 10;

/// The cells of a line about a request, and which of them mean what.
#[derive(Debug)]
pub(super) struct Reading<'r> {
    /// All cells.
    pub(super) cells: Vec<Cell<'r>>,
    /// The verb.
    pub(super) method: &'r str,
    /// The target.
    pub(super) path: &'r str,
    /// Where the request begins: columns are counted from there.
    pub(super) anchor: usize,
    /// The column of the path, or that of the whole request.
    target: usize,
    /// Whether another mark than blanks parts the columns: then no word belongs to a number beside it.
    is_parted: bool,
    /// The column of the status.
    pub(super) status: Option<usize>,
    /// The column of the client.
    pub(super) client: Option<usize>,
    /// The column of the request's id.
    pub(super) id: Option<usize>,
}

impl<'r> Reading<'r> {
    /// Reads a line that names a request.
    pub(super) fn of(line: &'r str) -> Option<Self> {
        if line.len() > MAX_LINE || !names_method(line) {
            return None;
        }
        let cells = split(line);
        let (request, anchor, target) = request(&cells)?;
        let mut reading = Self {
            cells,
            method: request.method,
            path: request.path,
            anchor,
            target,
            is_parted: is_parted(line),
            status: None,
            client: None,
            id: None,
        };
        reading.status = reading.find_status();
        reading.client = reading.find_client();
        reading.id = reading.find_id();
        Some(reading)
    }

    /// The text of the status.
    pub(super) fn status_text(&self) -> Option<&'r str> {
        self.status.and_then(|at| status_of(&self.cells[at]))
    }

    /// The time of the line: the first that names the day, else the first of all.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        let stamps = || self.cells.iter().filter_map(|cell| cell.stamp);
        stamps().find(|stamp| stamp.dated).or_else(|| stamps().next())
    }

    /// The level as written.
    pub(super) fn level(&self) -> Option<&'r str> {
        self.cells.iter().find(|cell| cell.shape == Shape::Level).map(|cell| cell.text)
    }

    /// Whether the line says nothing but what is said of every request: no sentence, no error.
    pub(super) fn says_nothing_else(&self) -> bool {
        let (mut before, mut after) = (0, 0);
        let is_said = |cell: &Cell<'_>| {
            cell.depth == 0
                && match cell.shape {
                    Shape::Word => true,
                    // Some levels are words of sentences as well.
                    Shape::Level => cell.text.eq_ignore_ascii_case("exception"),
                    _ => false,
                }
        };
        for (at, cell) in self.cells.iter().enumerate().filter(|(_, cell)| is_said(cell)) {
            let word = cell.text;
            if cell.key.is_some() || word.is_empty() || !word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'\'') {
                continue;
            }
            if TROUBLES.iter().any(|trouble| trouble.eq_ignore_ascii_case(word)) {
                return false;
            }
            if !USUAL.iter().any(|usual| usual.eq_ignore_ascii_case(word)) {
                *(if at < self.anchor { &mut before } else { &mut after }) += 1;
            }
        }
        before <= 3 && after <= 1
    }

    /// The status: where a key names it or a slash precedes it, else the first number after the request that servers
    /// answer with, else the first before it.
    fn find_status(&self) -> Option<usize> {
        let found = |is: &dyn Fn(usize, &Cell<'_>) -> bool| self.cells.iter().enumerate().position(|(at, cell)| is(at, cell));
        let numbers = |at: usize, cell: &Cell<'_>| cell.key.is_none() && status_of(cell).is_some() && !self.is_counted(at);
        found(&|_, cell| status_of(cell).is_some() && (cell.plays(Role::Status) || cell.key.is_some_and(names_status)))
            .or_else(|| found(&|_, cell| cell.shape == Shape::Answer))
            .or_else(|| found(&|at, cell| at > self.target && numbers(at, cell) && self.is_announced(at)))
            .or_else(|| found(&|at, cell| at > self.target && numbers(at, cell)))
            // In brackets before a request stand threads and processes.
            .or_else(|| found(&|at, cell| at < self.anchor && cell.depth == 0 && numbers(at, cell)))
    }

    /// Whether a number belongs to a word beside it: `401 rows`, `204 bytes`, `page 401`.
    fn is_counted(&self, at: usize) -> bool {
        const UNITS: [&str; 12] =
            ["ms", "msec", "msecs", "s", "sec", "secs", "seconds", "milliseconds", "us", "b", "bytes", "headers"];
        const OF_NUMBERS: [&str; 9] = ["user", "client", "size", "length", "in", "took", "duration", "latency", "time"];
        let is_in = |words: &[&str], word: &str| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        let word = |at: Option<usize>| {
            let cell = at.and_then(|at| self.cells.get(at)).filter(|cell| cell.shape == Shape::Word && cell.key.is_none())?;
            (!cell.text.is_empty() && cell.text.bytes().all(|b| b.is_ascii_lowercase())).then_some(cell.text)
        };
        let next = word(Some(at + 1)).is_some_and(|next| is_in(&UNITS, next) || !is_in(&USUAL, next));
        let before = word(at.checked_sub(1)).is_some_and(|before| is_in(&OF_NUMBERS, before) || !is_in(&USUAL, before));
        !self.is_parted && (next || before && !self.is_announced(at))
    }

    /// Whether what stands before a number says that it is the answer.
    fn is_announced(&self, at: usize) -> bool {
        const SIGNS: [&str; 15] = [
            "answered",
            "code",
            "completed",
            "ended",
            "gave",
            "got",
            "outcome",
            "replied",
            "responded",
            "result",
            "returned",
            "returns",
            "sent",
            "status",
            "with",
        ];
        at.checked_sub(1).map(|before| &self.cells[before]).is_some_and(|before| {
            before.shape == Shape::Protocol
                || before.shape == Shape::Word && SIGNS.iter().any(|sign| sign.eq_ignore_ascii_case(before.text))
        })
    }

    fn find_client(&self) -> Option<usize> {
        let is_address = |cell: &Cell<'_>| cell.shape == Shape::Address;
        let found = |is: &dyn Fn(&Cell<'_>) -> bool| self.cells.iter().position(|cell| is_address(cell) && is(cell));
        found(&|cell| cell.plays(Role::ClientIp))
            .or_else(|| found(&|cell| cell.key.is_none()))
            .or_else(|| found(&|cell| !cell.key.is_some_and(names_server)))
            // Labelled tab-separated values call the client so.
            .or_else(|| found(&|cell| cell.key == Some("host")))
    }

    /// The id of the request: only what looks like nothing else, unless a key names it.
    fn find_id(&self) -> Option<usize> {
        let named =
            |cell: &Cell<'_>| cell.plays(Role::RequestId) && matches!(cell.shape, Shape::Id | Shape::LikeId | Shape::Word);
        let found = |is: &dyn Fn(&Cell<'_>) -> bool| self.cells.iter().position(is);
        found(&named).or_else(|| found(&|cell| cell.key.is_none() && cell.shape == Shape::Id))
    }

    /// The request with its status.
    pub(super) fn request(&self) -> Request<'r> {
        Request { method: self.method, path: self.path, status: self.status_text() }
    }

    /// Adds all that the line names.
    pub(super) fn push(&self, fields: &mut Fields<'r>) {
        self.request().push(fields);
        if let Some(client) = self.client {
            fields.push("client_ip", client_of(&self.cells[client]));
        }
        if let Some(id) = self.id {
            fields.push("request_id", self.cells[id].text);
        }
        for cell in &self.cells {
            self.push_cell(cell, fields);
        }
        self.push_size(fields);
    }

    fn push_cell(&self, cell: &Cell<'r>, fields: &mut Fields<'r>) {
        match (cell.key, cell.shape) {
            (Some("host"), Shape::Address) => {}
            (Some(key), _) if cell.depth == 0 => fields.push(key, cell.text),
            (_, Shape::Duration) => fields.push("duration", cell.text),
            (_, Shape::Agent) => fields.push("user_agent", cell.text),
            (_, Shape::Url) if cell.text != self.path => fields.push("referrer", cell.text),
            (_, Shape::Quoted) if cell.depth == 0 && cell.text.contains('/') => fields.push("user_agent", cell.text),
            _ => {}
        }
    }

    /// The size of the answer: with its unit, or right after the status of a request with its protocol, as everywhere.
    fn push_size(&self, fields: &mut Fields<'r>) {
        let sized = self.cells.iter().find(|cell| cell.key.is_none() && cell.shape == Shape::Size);
        if let Some(cell) = sized {
            fields.push("bytes", cell.text.trim_end_matches(|c: char| c.is_ascii_alphabetic()));
            return;
        }
        let is_usual = self.anchor == self.target && self.cells[self.anchor].text.contains(" HTTP/");
        let next =
            self.status.filter(|status| is_usual && *status == self.target + 1).and_then(|status| self.cells.get(status + 1));
        if let Some(next) = next.filter(|next| next.key.is_none() && next.shape == Shape::Number) {
            fields.push("bytes", next.text);
        }
    }
}

/// The address of a cell: the first of a chain, without its port.
pub(super) fn client_of<'r>(cell: &Cell<'r>) -> &'r str {
    let first = cell.text.split(',').next().unwrap_or(cell.text).trim();
    without_port(first.trim_start_matches('/'))
}

/// The status in a cell.
pub(super) fn status_of<'r>(cell: &Cell<'r>) -> Option<&'r str> {
    let text = match cell.shape {
        Shape::Number => cell.text,
        Shape::Answer => cell.text.rsplit('/').next()?,
        _ => return None,
    };
    is_known_status(text).then_some(text)
}

/// Whether a verb may stand in a line: a search that costs less than to split it.
pub(super) fn names_method(line: &str) -> bool {
    static VERBS: LazyLock<Regex> = LazyLock::new(|| Regex::new(&METHODS.join("|")).expect("a constant pattern compiles"));
    VERBS.is_match(line.as_bytes())
}

/// The request of a line, the first of its cells, and the cell of its path.
fn request<'r>(cells: &[Cell<'r>]) -> Option<(Request<'r>, usize, usize)> {
    if let Some((at, request)) = cells.iter().enumerate().find_map(|(at, cell)| Some((at, cell.request()?))) {
        return Some((request, at, at));
    }
    let method = cells.iter().position(|cell| cell.shape == Shape::Method)?;
    let is_path = |at: &usize| {
        let cell = &cells[*at];
        let is_target = matches!(cell.shape, Shape::Path | Shape::Url);
        is_target && cell.key.is_none_or(|key| !key.to_ascii_lowercase().contains("refer"))
    };
    let behind = (method + 1..cells.len()).find(is_path);
    let near = behind.filter(|at| *at <= method + 2).or_else(|| method.checked_sub(1).filter(|at| is_path(at)));
    let path = near.or(behind).or_else(|| (0..method).rev().find(is_path))?;
    let request = Request { method: cells[method].text, path: cells[path].text, status: None };
    Some((request, method.min(path), method.max(path)))
}

/// Whether a key that plays no role may still name the status.
fn names_status(key: &str) -> bool {
    ["st", "sc", "resp", "response", "ret", "result"].iter().any(|name| name.eq_ignore_ascii_case(key))
}

/// Whether a key names the server's end of a connection.
fn names_server(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["upstream", "server", "backend", "local", "host", "dest", "dst", "listen", "bind"].iter().any(|name| key.contains(name))
}

/// What lines about a request say of it besides its columns.
const USUAL: [&str; 76] = [
    "a",
    "access",
    "after",
    "agent",
    "and",
    "anonymous",
    "answered",
    "api",
    "asked",
    "at",
    "bad",
    "by",
    "byte",
    "bytes",
    "client",
    "code",
    "completed",
    "done",
    "duration",
    "ended",
    "finished",
    "for",
    "forbidden",
    "found",
    "from",
    "gateway",
    "gave",
    "generated",
    "got",
    "handled",
    "host",
    "http",
    "https",
    "in",
    "incoming",
    "ip",
    "latency",
    "length",
    "method",
    "ms",
    "msec",
    "msecs",
    "not",
    "of",
    "ok",
    "on",
    "outcome",
    "path",
    "processed",
    "proto",
    "received",
    "replied",
    "reply",
    "request",
    "responded",
    "response",
    "result",
    "returned",
    "s",
    "sec",
    "seconds",
    "sent",
    "served",
    "server",
    "size",
    "status",
    "time",
    "to",
    "took",
    "unauthorized",
    "upstream",
    "uri",
    "url",
    "user",
    "web",
    "with",
];

/// What is said where a line is not about a request that came in, or says why it was refused.
const TROUBLES: [&str; 24] = [
    "because",
    "calling",
    "call",
    "called",
    "cannot",
    "denied",
    "error",
    "exception",
    "expired",
    "failed",
    "failure",
    "fetch",
    "fetching",
    "invalid",
    "missing",
    "outgoing",
    "proxying",
    "rejected",
    "retry",
    "retrying",
    "sending",
    "token",
    "unable",
    "upgrade",
];
