//! Parts a text into words and clauses.
//!
//! Identifiers of every style become words (`JWTExpiredError`, `MEMBER_NOT_FOUND`), ids and numbers become values, paths,
//! addresses and stack frames are passed over. Field names are marked, as they name a thing without telling anything of it.

use crate::extract::phrase::concept::{Concept, Lexeme, Noun};
use crate::extract::phrase::lexicon::{LEXICON, LONGEST, Lexicon, PASSED_OVER, VALUE, WordId};

/// How many bytes of a text are read.
const MOST_BYTES: usize = 8192;
/// How many words are read.
const MOST_WORDS: usize = 1200;

/// What stands between a clause and the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// A comma, a brace, a line.
    Other,
    /// A colon or a dash: what follows tells more of what stands before.
    Colon,
    /// An equals sign or a JSON colon: a value of the field before.
    Field,
    /// A bracket.
    Bracket,
    /// The bar between the fields of an audit record.
    Pipe,
}

/// A clause: where it begins in the order of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clause {
    /// What it follows.
    pub(super) after: Break,
    /// How many colons lie before it: how deep it stands in a chain of causes.
    pub(super) depth: u8,
}

/// A word, or an idiom of several.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    /// What it means.
    pub(super) lexeme: Lexeme,
    /// The number of its clause.
    pub(super) clause: u16,
    /// Whether it is part of a field's name.
    pub(super) key: bool,
    /// Whether it is part of the name of a field that says what a deed was done to.
    pub(super) object_key: bool,
}

/// A text in words.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// The words, clause after clause.
    pub(super) all: Vec<Word>,
    /// The clauses by their number.
    pub(super) clauses: Vec<Clause>,
    /// Whether one of them belongs to logins with a password.
    pub(super) logins: bool,
}

impl Words {
    /// Parts a text.
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut reader = Reader::new(bytes.get(..MOST_BYTES).unwrap_or(bytes));
        reader.read();
        reader.finish()
    }

    /// Whether one of them says that something is wrong, or was done: nothing is told without.
    pub(super) fn tell(&self) -> bool {
        self.all.iter().any(|word| word.lexeme.tells())
    }

    /// The words of each clause, in order.
    pub(super) fn by_clause(&self) -> impl Iterator<Item = (Clause, &[Word])> {
        self.all
            .chunk_by(|a, b| a.clause == b.clause)
            .filter_map(|words| Some((*self.clauses.get(usize::from(words.first()?.clause))?, words)))
    }
}

/// A word before idioms are known.
#[derive(Clone, Copy)]
struct Raw {
    id: WordId,
    clause: u16,
    key: bool,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    raw: Vec<Raw>,
    clauses: Vec<Clause>,
    clause: u16,
    depth: u8,
    /// The clauses that brackets interrupted, each with the first word inside and the bracket.
    open: Vec<(u16, usize, u8)>,
    /// The first word since the last blank.
    token: usize,
    /// Where that word begins.
    token_at: usize,
    /// Whether it has dots inside.
    dotted: bool,
    /// The first word since the last quote.
    quote: usize,
    /// Where that quote stands.
    quote_at: usize,
    lexicon: &'static Lexicon,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let words = bytes.len() / 5 + 4;
        let mut clauses = Vec::with_capacity(words / 3 + 2);
        clauses.push(Clause { after: Break::Other, depth: 0 });
        Self {
            bytes,
            at: 0,
            raw: Vec::with_capacity(words),
            clauses,
            clause: 0,
            depth: 0,
            open: Vec::new(),
            token: 0,
            token_at: 0,
            dotted: false,
            quote: 0,
            quote_at: 0,
            lexicon: &LEXICON,
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    fn before(&self) -> u8 {
        self.at.checked_sub(1).map_or(b' ', |at| self.byte(at))
    }

    fn read(&mut self) {
        self.pass_frame();
        while self.at < self.bytes.len() && self.raw.len() < MOST_WORDS {
            let byte = self.byte(self.at);
            let next = self.byte(self.at + 1);
            if is_letter(byte) {
                self.run();
                continue;
            }
            match byte {
                // The name of a field may stand apart from its equals sign.
                b' ' | b'\t' if matches!(next, b'=' | b' ') => {}
                b'/' if next.is_ascii_alphanumeric() && !is_letter(self.before()) => {
                    self.pass_until_blank();
                    continue;
                }
                // The folder of a path is a word of its own, whatever id stands in it.
                b' ' | b'\t' | b'/' => self.begin_token(),
                0x1b => self.pass_colour(),
                b'\n' => {
                    self.line();
                    continue;
                }
                b'\\' if matches!(next, b'n' | b'r' | b't') => {
                    self.at += 1;
                    self.line();
                    continue;
                }
                b':' => {
                    self.colon(next);
                    continue;
                }
                b'=' => self.equals(next),
                b'"' | b'\'' => {
                    if next == b':' && self.names_field() {
                        self.at += 2;
                        self.field(self.quote);
                        continue;
                    }
                    self.quote = self.raw.len();
                    self.quote_at = self.at;
                    self.begin_token();
                }
                b'{' if self.before() == b' ' && is_letter(next) => self.open(),
                b'}' if self.open.last().is_some_and(|(_, _, opener)| *opener == b'{') => self.close(),
                b',' | b';' | b'{' | b'}' | b'!' | b'?' => self.divide(Break::Other),
                b'|' => self.divide(Break::Pipe),
                b'(' | b'[' => self.open(),
                b')' | b']' => self.close(),
                b'.' => self.dot(next),
                b'-' => self.dash(next),
                b'@' => {
                    if let Some(last) = self.raw.last_mut().filter(|_| self.at > 0 && is_letter(self.bytes[self.at - 1])) {
                        last.id = VALUE;
                        self.pass_until_blank();
                        continue;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Whether what the open quote begins is the name of a field: it stands behind a brace or a comma.
    fn names_field(&self) -> bool {
        let before = self.bytes.get(..self.quote_at).unwrap_or_default();
        let last = before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\n' | b'\t' | b'\\' | b'n'));
        matches!(last, None | Some(b'{' | b','))
    }

    /// Begins a new clause.
    fn divide(&mut self, after: Break) {
        self.begin_token();
        if after == Break::Colon {
            self.depth = self.depth.saturating_add(1);
        }
        let fresh = self.raw.last().is_none_or(|raw| raw.clause != self.clause);
        if fresh && let Some(clause) = self.clauses.get_mut(usize::from(self.clause)) {
            // The clause has no word yet: it only changes what it follows.
            if matches!(clause.after, Break::Other | Break::Bracket) {
                clause.after = after;
            }
            clause.depth = self.depth;
            return;
        }
        self.clauses.push(Clause { after, depth: self.depth });
        self.clause = u16::try_from(self.clauses.len() - 1).unwrap_or(u16::MAX);
    }

    fn open(&mut self) {
        if self.open.len() < 8 {
            self.open.push((self.clause, self.raw.len(), self.byte(self.at)));
        }
        self.begin_token();
        self.clauses.push(Clause { after: Break::Bracket, depth: self.depth });
        self.clause = u16::try_from(self.clauses.len() - 1).unwrap_or(u16::MAX);
    }

    /// Goes on with the clause that the bracket interrupted. A single thing in brackets belongs to that clause.
    fn close(&mut self) {
        let Some((clause, first, _)) = self.open.pop() else { return };
        self.begin_token();
        if let Some([word]) = self.raw.get_mut(first..)
            && self.lexicon.single(word.id).noun().is_some()
        {
            word.clause = clause;
        }
        self.clause = clause;
    }

    fn line(&mut self) {
        self.at += 1;
        self.open.clear();
        self.divide(Break::Other);
        self.pass_frame();
    }

    /// Passes over the rest of a line that is a frame of a stack trace.
    fn pass_frame(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let rest = rest.trim_ascii_start();
        let rest = rest.strip_prefix(b"\\t").unwrap_or(rest);
        if rest.starts_with(b"at ") || rest.starts_with(b"File \"") || rest.starts_with(b"File \\\"") || rest.starts_with(b"... ")
        {
            while self.at < self.bytes.len() {
                let byte = self.byte(self.at);
                if byte == b'\n'
                    || (byte == b'\\' && self.byte(self.at + 1) == b'n')
                    || byte == b'"' && self.byte(self.at - 1) != b'\\'
                {
                    break;
                }
                self.at += 1;
            }
        }
    }

    fn pass_until_blank(&mut self) {
        while self.at < self.bytes.len()
            && !matches!(
                self.byte(self.at),
                b' ' | b'\t' | b'\n' | b'"' | b'\'' | b',' | b')' | b'(' | b']' | b'}' | b'>' | b';' | b'|' | b'\\'
            )
        {
            self.at += 1;
        }
    }

    /// Passes over an address. That of a key set stands for the key set.
    fn pass_address(&mut self) {
        let start = self.at;
        self.pass_until_blank();
        let address = self.bytes.get(start..self.at).unwrap_or_default();
        let holds = |part: &[u8]| address.windows(part.len()).any(|window| window == part);
        let keys = holds(b"jwks") || holds(b"openid-config") || address.ends_with(b"/certs") || address.ends_with(b"/keys");
        self.push(if keys { self.lexicon.id(b"jwks") } else { VALUE });
    }

    fn colon(&mut self, next: u8) {
        self.at += 1;
        self.end_name();
        match next {
            b':' => self.at += 1,
            b'/' if self.byte(self.at + 1) == b'/' => {
                self.raw.truncate(self.token.max(self.raw.len().saturating_sub(1)));
                self.pass_address();
            }
            b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'\\' | b'{' | b'[' => self.divide(Break::Colon),
            b if b.is_ascii_digit() && self.byte(self.at.wrapping_sub(2)).is_ascii_digit() => {}
            _ if is_letter(next) => {
                // `orders:read` is a name, `kid:abc` a field with its value.
                let lexicon = self.lexicon;
                let known = |raw: &Raw| raw.id > VALUE && lexicon.single(raw.id).concept != Concept::Noun(Noun::Foreign);
                match self.raw.get_mut(self.token..) {
                    Some([only]) if !known(only) => only.id = VALUE,
                    _ => self.divide(Break::Field),
                }
            }
            _ => {}
        }
    }

    fn equals(&mut self, next: u8) {
        if matches!(next, b'=' | b'>') || matches!(self.before(), b'!' | b'=' | b'<' | b'>') {
            return;
        }
        self.at += 1;
        self.field(self.token);
        self.at -= 1;
    }

    /// Makes the words since a place the name of a field, and begins the clause of its value.
    fn field(&mut self, first: usize) {
        let first = first.min(self.raw.len());
        let mut place = false;
        let resource = self.lexicon.id(b"resource");
        let mut of_resource = false;
        let clause = self.clause;
        if first < self.raw.len() && self.raw.get(first.wrapping_sub(1)).is_some_and(|raw| raw.clause == clause) {
            self.clauses.push(Clause { after: Break::Other, depth: self.depth });
        }
        let own = u16::try_from(self.clauses.len() - 1).unwrap_or(u16::MAX);
        for raw in self.raw.get_mut(first..).unwrap_or_default() {
            raw.key = true;
            if raw.clause == clause {
                raw.clause = own;
            }
            place |= self.lexicon.is_place(raw.id);
            of_resource |= raw.id == resource;
        }
        place &= !of_resource;
        self.clauses.push(Clause { after: Break::Field, depth: self.depth });
        self.clause = u16::try_from(self.clauses.len() - 1).unwrap_or(u16::MAX);
        self.begin_token();
        if place {
            self.pass_value();
        }
    }

    fn pass_value(&mut self) {
        while self.byte(self.at) == b' ' {
            self.at += 1;
        }
        if self.byte(self.at) == b'\\' {
            self.at += 1;
        }
        if matches!(self.byte(self.at), b'"' | b'\'') {
            let quote = self.byte(self.at);
            self.at += 1;
            while self.at < self.bytes.len() && self.byte(self.at) != quote {
                self.at += 1;
            }
        } else {
            self.pass_until_blank();
        }
    }

    fn dot(&mut self, next: u8) {
        if !is_letter(next) || !is_letter(self.before()) {
            self.divide(Break::Other);
        } else {
            self.dotted = true;
        }
    }

    fn begin_token(&mut self) {
        self.end_name();
        self.token = self.raw.len();
    }

    /// A dotted name that tells of no state and no deed (`app.auth.tokens`) is only a name.
    fn end_name(&mut self) {
        if !std::mem::take(&mut self.dotted) {
            return;
        }
        let lexicon = self.lexicon;
        let name = self.raw.get_mut(self.token..).unwrap_or_default();
        let telling = name.iter().any(|raw| {
            let lexeme = lexicon.single(raw.id);
            lexeme.deed.is_some() || !matches!(lexeme.concept, Concept::Nothing | Concept::Noun(_) | Concept::Value)
        });
        if !telling {
            for raw in name {
                raw.id = VALUE;
            }
        }
    }

    /// Passes over the code of a terminal colour.
    fn pass_colour(&mut self) {
        while self.at < self.bytes.len() && !self.byte(self.at).is_ascii_alphabetic() {
            self.at += 1;
        }
    }

    fn dash(&mut self, next: u8) {
        let apart = self.before() == b' ' && next == b' ';
        if apart || next == b'>' || (next == b'-' && self.before() == b' ') {
            self.divide(Break::Colon);
        }
    }

    /// Reads a run of letters and digits.
    fn run(&mut self) {
        let start = self.at;
        if self.raw.len() == self.token {
            self.token_at = start;
        }
        let mut digits = 0;
        while self.at < self.bytes.len() && is_letter(self.bytes[self.at]) {
            digits += usize::from(self.bytes[self.at].is_ascii_digit());
            self.at += 1;
        }
        let run = self.bytes.get(start..self.at).unwrap_or_default();
        let after_dot = start > 0 && self.bytes[start - 1] == b'.' && self.raw.len() > self.token;
        let first_word = self.raw.len();
        if run.len() > 64 || (digits > 0 && run.len() > 44) {
            self.push(VALUE);
        } else if digits == run.len() {
            let id = if digits == 3 || digits == 1 { self.lexicon.id(run) } else { VALUE };
            self.push(if id == 0 { VALUE } else { id });
        } else if digits > 0 {
            match self.look_up(run) {
                0 if digits <= 2 && run.iter().any(u8::is_ascii_uppercase) && run.iter().any(u8::is_ascii_lowercase) => {
                    self.split(run);
                }
                0 => self.push(VALUE),
                id => self.push(id),
            }
        } else {
            self.split(run);
        }
        let before = start.checked_sub(1).map_or(b' ', |at| self.byte(at));
        let is_code = before == b'_' && digits > 0 && run.len() > 3;
        if (before == b'-' || is_code) && first_word > self.token {
            self.join_id(first_word);
        }
        // Of a dotted name with a class at its end, only the class counts.
        if after_dot && self.raw.len() > first_word && run.first().is_some_and(u8::is_ascii_uppercase) {
            let packaged = self.bytes.get(self.token_at).is_some_and(u8::is_ascii_lowercase);
            if packaged || run.ends_with(b"Exception") || run.ends_with(b"Error") {
                self.raw.drain(self.token..first_word);
            }
        }
    }

    /// A hyphenated name with a number in it is an id, and so is `cus_1N401`: none of its words counts.
    fn join_id(&mut self, first: usize) {
        let numbered = |raw: &Raw| raw.id == VALUE;
        let token = self.raw.get_mut(self.token..).unwrap_or_default();
        let (left, right) = token.split_at_mut(first - self.token);
        if left.iter().any(numbered) || right.iter().any(numbered) {
            for raw in left.iter_mut().chain(right) {
                raw.id = VALUE;
            }
        }
    }

    fn look_up(&self, word: &[u8]) -> WordId {
        let mut lower = [0; LONGEST];
        let Some(lower) = lower.get_mut(..word.len()) else { return 0 };
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        self.lexicon.id(lower)
    }

    fn push(&mut self, id: WordId) {
        if id != PASSED_OVER {
            self.raw.push(Raw { id, clause: self.clause, key: false });
        }
    }

    /// Splits an identifier at its humps. The name of a class that only does the work counts as one unknown word.
    fn split(&mut self, run: &[u8]) {
        let first = self.raw.len();
        let mut from = 0;
        let mut pieces = 0;
        let mut last = 0;
        while from < run.len() {
            let to = hump(run, from);
            last = self.look_up(run.get(from..to).unwrap_or_default());
            self.push(last);
            pieces += 1;
            from = to;
        }
        if pieces > 1 && self.lexicon.is_worker(last) {
            self.raw.truncate(first);
            self.push(0);
        }
    }

    fn finish(mut self) -> Words {
        // Brackets leave words of an interrupted clause apart: they belong together.
        self.raw.sort_by_key(|raw| raw.clause);
        let mut words = Vec::with_capacity(self.raw.len());
        let mut at = 0;
        while let Some(&Raw { clause, key, .. }) = self.raw.get(at) {
            let same = self.raw.get(at..).unwrap_or_default().iter().take_while(|raw| raw.clause == clause && raw.key == key);
            let (lexeme, count) = self.lexicon.read(same.map(|raw| raw.id));
            let count = count.max(1);
            let object_key = key && self.raw.iter().skip(at).take(count).any(|raw| self.lexicon.is_object_field(raw.id));
            words.push(Word { lexeme, clause, key, object_key });
            at += count;
        }
        let logins = self.raw.iter().any(|raw| raw.id > VALUE && self.lexicon.is_of_login(raw.id));
        Words { all: words, clauses: self.clauses, logins }
    }
}

/// Where the piece of an identifier that begins at a place ends.
fn hump(run: &[u8], from: usize) -> usize {
    let upper = |at: usize| run.get(at).is_some_and(u8::is_ascii_uppercase);
    let lower = |at: usize| run.get(at).is_some_and(|byte| !byte.is_ascii_uppercase());
    let mut at = from + 1;
    if upper(from) && upper(at) {
        while upper(at) {
            at += 1;
        }
        // The plural of an acronym ends with it: JWTs, JWKsError.
        if run.get(at) == Some(&b's') && !lower(at + 1) {
            return at + 1;
        }
        return if at < run.len() && run.get(at).is_some_and(u8::is_ascii_lowercase) { at - 1 } else { at };
    }
    while lower(at) {
        at += 1;
    }
    at
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}
