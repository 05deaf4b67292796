//! The lexicon: which words and idioms mean what.
//!
//! The tables in the folder are text. They are compiled once into one table of words and, for each word, the idioms that
//! begin with it.

mod deeds;
mod nouns;
mod particles;
mod states;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use crate::extract::phrase::concept::{Concept, Deed, Form, Lexeme, Noun};

/// The number of a word in the lexicon; 0 is any word that it does not have.
pub(super) type WordId = u16;

/// The number of every word that is passed over.
pub(super) const PASSED_OVER: WordId = 1;

/// The number of every number, id and name.
pub(super) const VALUE: WordId = 2;

/// The longest word that is looked up; longer ones are names or noise.
pub(super) const LONGEST: usize = 24;

/// The lexicon that everything reads.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::compile);

/// Hashes short words: FNV-1a.
pub(super) struct WordHasher(u64);

impl Default for WordHasher {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

/// An idiom: the words that follow its first, and what it means.
struct Idiom {
    rest: Vec<WordId>,
    lexeme: Lexeme,
}

/// All words with their numbers, and the idioms by their first word.
pub(super) struct Lexicon {
    words: HashMap<Vec<u8>, WordId, BuildHasherDefault<WordHasher>>,
    singles: Vec<Lexeme>,
    idioms: Vec<Vec<Idiom>>,
    places: Vec<WordId>,
    workers: Vec<WordId>,
    objects: Vec<WordId>,
    logins: Vec<WordId>,
}

impl Lexicon {
    /// The number of a word in lower case.
    pub(super) fn id(&self, word: &[u8]) -> WordId {
        self.words.get(word).copied().unwrap_or(0)
    }

    /// What the words at the start of a list mean, and how many of them belong together. The longest idiom wins.
    pub(super) fn read(&self, ids: impl Iterator<Item = WordId> + Clone) -> (Lexeme, usize) {
        let Some(first) = ids.clone().next() else { return (Lexeme::NOTHING, 0) };
        let rest = ids.skip(1);
        let idioms = self.idioms.get(usize::from(first)).map_or(&[][..], Vec::as_slice);
        for idiom in idioms {
            let mut words = rest.clone();
            if idiom.rest.iter().all(|&id| words.next() == Some(id)) {
                return (idiom.lexeme, idiom.rest.len() + 1);
            }
        }
        (self.singles.get(usize::from(first)).copied().unwrap_or(Lexeme::NOTHING), 1)
    }

    /// Whether a field of this name tells only where a line comes from.
    pub(super) fn is_place(&self, id: WordId) -> bool {
        self.places.binary_search(&id).is_ok()
    }

    /// Whether a field of this name says what a deed was done to.
    pub(super) fn is_object_field(&self, id: WordId) -> bool {
        self.objects.binary_search(&id).is_ok()
    }

    /// Whether a word belongs to logins with a password.
    pub(super) fn is_of_login(&self, id: WordId) -> bool {
        self.logins.binary_search(&id).is_ok()
    }

    /// Whether a class of this ending only does the work.
    pub(super) fn is_worker(&self, id: WordId) -> bool {
        self.workers.binary_search(&id).is_ok()
    }

    /// What a word means by itself.
    pub(super) fn single(&self, id: WordId) -> Lexeme {
        self.singles.get(usize::from(id)).copied().unwrap_or(Lexeme::NOTHING)
    }

    fn compile() -> Self {
        let mut lexicon = Self {
            words: HashMap::default(),
            singles: Vec::new(),
            idioms: Vec::new(),
            places: Vec::new(),
            workers: Vec::new(),
            objects: Vec::new(),
            logins: Vec::new(),
        };
        lexicon.singles = vec![Lexeme::NOTHING, Lexeme::NOTHING, Lexeme::VALUE];
        lexicon.idioms.resize_with(3, Vec::new);
        for word in entries(particles::PASSED_OVER) {
            lexicon.words.insert(word.as_bytes().to_vec(), PASSED_OVER);
        }
        // The first meaning that a word is given stays: small words before states before things.
        for &(concept, list) in particles::PARTICLES {
            for entry in entries(list) {
                lexicon.put(entry, Lexeme { concept, deed: None, form: Form::Adjective, strong: false });
            }
        }
        for &(noun, state, list) in states::WHOLE {
            for entry in entries(list) {
                let lexeme = Lexeme { concept: Concept::Whole(noun, state), deed: None, form: Form::Adjective, strong: false };
                lexicon.put(entry, lexeme);
                lexicon.put(&plural(entry), lexeme);
            }
        }
        for &(state, form, list) in states::BAD {
            for entry in entries(list) {
                lexicon.put(entry, Lexeme { concept: Concept::Bad(state), deed: None, form, strong: false });
            }
        }
        for &(state, form, list) in states::GOOD {
            for entry in entries(list) {
                lexicon.put(entry, Lexeme { concept: Concept::Good(state), deed: None, form, strong: false });
            }
        }
        for &(noun, list) in nouns::NOUNS {
            for entry in entries(list) {
                let (entry, strong) = entry.strip_prefix('!').map_or((entry, is_anchor(noun)), |entry| (entry, true));
                let lexeme = Lexeme { concept: Concept::Noun(noun), deed: None, form: Form::Adjective, strong };
                lexicon.put(entry, lexeme);
                lexicon.put(&plural(entry), lexeme);
            }
        }
        for &(deed, list) in deeds::VERBS {
            for entry in entries(list) {
                for (form, word) in inflections(entry) {
                    lexicon.put_deed(&word, deed, form);
                }
            }
        }
        for &(deed, list) in deeds::DEEDS {
            for entry in entries(list) {
                lexicon.put_deed(entry, deed, Form::Past);
            }
        }
        lexicon.places = entries(particles::PLACE_FIELDS).flat_map(|entry| lexicon.number(entry)).collect();
        lexicon.workers = entries(particles::WORKERS).flat_map(|entry| lexicon.number(entry)).collect();
        lexicon.objects = entries(particles::OBJECT_FIELDS).flat_map(|entry| lexicon.number(entry)).collect();
        lexicon.objects.sort_unstable();
        lexicon.logins = entries(particles::LOGINS).flat_map(|entry| lexicon.number(entry)).collect();
        lexicon.logins.sort_unstable();
        lexicon.places.sort_unstable();
        lexicon.workers.sort_unstable();
        for idioms in &mut lexicon.idioms {
            idioms.sort_by_key(|idiom| std::cmp::Reverse(idiom.rest.len()));
        }
        lexicon
    }

    /// The numbers of the words of an entry, made where they are new.
    fn number(&mut self, entry: &str) -> Vec<WordId> {
        let mut ids = Vec::new();
        for word in entry.split_whitespace() {
            let next = WordId::try_from(self.singles.len()).unwrap_or(WordId::MAX);
            let id = *self.words.entry(word.as_bytes().to_vec()).or_insert(next);
            if id == next {
                self.singles.push(Lexeme::NOTHING);
                self.idioms.push(Vec::new());
            }
            if id != PASSED_OVER {
                ids.push(id);
            }
        }
        ids
    }

    /// The lexeme of an entry, to be filled.
    fn slot(&mut self, entry: &str) -> Option<&mut Lexeme> {
        let ids = self.number(entry);
        let (&first, rest) = ids.split_first()?;
        if rest.is_empty() {
            return self.singles.get_mut(usize::from(first));
        }
        let idioms = self.idioms.get_mut(usize::from(first))?;
        let at = idioms.iter().position(|idiom| idiom.rest == rest).unwrap_or_else(|| {
            idioms.push(Idiom { rest: rest.to_vec(), lexeme: Lexeme::NOTHING });
            idioms.len() - 1
        });
        idioms.get_mut(at).map(|idiom| &mut idiom.lexeme)
    }

    /// Gives an entry a meaning if it has none yet.
    fn put(&mut self, entry: &str, lexeme: Lexeme) {
        if let Some(slot) = self.slot(entry)
            && slot.concept == Concept::Nothing
        {
            *slot = Lexeme { deed: slot.deed, ..lexeme };
        }
    }

    /// Gives an entry a deed beside what it may mean already.
    fn put_deed(&mut self, entry: &str, deed: Deed, form: Form) {
        if let Some(slot) = self.slot(entry)
            && slot.deed.is_none()
        {
            if slot.concept == Concept::Nothing {
                slot.form = form;
            }
            slot.deed = Some(deed);
        }
    }
}

/// The entries of a list.
fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

/// The plural of an entry, by rule.
fn plural(entry: &str) -> String {
    let vowel_before_y = ["ay", "ey", "oy"].iter().any(|end| entry.ends_with(end));
    if let Some(stem) = entry.strip_suffix('y')
        && !vowel_before_y
    {
        return format!("{stem}ies");
    }
    let hissing = ["s", "x", "ch", "sh"].iter().any(|end| entry.ends_with(end));
    format!("{entry}{}", if hissing { "es" } else { "s" })
}

/// The forms of a regular verb.
fn inflections(verb: &str) -> Vec<(Form, String)> {
    let doubled =
        matches!(verb, "ban" | "bar" | "unban" | "unbar" | "drop" | "cancel" | "expel" | "enrol" | "swap" | "set" | "patch");
    let stem = verb.strip_suffix('e').unwrap_or(verb);
    let last = if doubled && !verb.ends_with('h') { verb.get(verb.len() - 1..).unwrap_or("") } else { "" };
    vec![
        (Form::Active, verb.to_owned()),
        (Form::Active, plural(verb)),
        (Form::Past, format!("{stem}{last}ed")),
        (Form::Nominal, format!("{stem}{last}ing")),
    ]
}

/// Things whose mere mention shows that a text speaks of tokens, by whatever word. In the tables a `!` marks single words.
const fn is_anchor(noun: Noun) -> bool {
    matches!(noun, Noun::Token | Noun::Refresh | Noun::Sub | Noun::KeySet | Noun::Audience | Noun::Claim | Noun::Start)
}
