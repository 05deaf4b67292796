//! Reads one clause: which thing is in which state.
//!
//! A state belongs to one thing. Which one follows from the form of its word (an adjective stands before its thing or after
//! "is", a transitive verb before it, an intransitive one after it) and, among those that are possible, from nearness. Denials turn a
//! good state into the bad one ("not found") and take a bad one away ("not expired").

use crate::extract::phrase::concept::{Concept, Form, Noun, State};
use crate::extract::phrase::words::Word;

/// How many words a denial reaches.
const REACH: usize = 5;

/// A thing in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finding {
    /// The thing; `None` where the clause names none.
    pub(super) noun: Option<Noun>,
    /// What is wrong with it.
    pub(super) state: State,
    /// The state is told by denying a good one.
    pub(super) denied: bool,
    /// How the word of the state stands to its object.
    pub(super) form: Form,
    /// Where it was looked for: not found *in the token*.
    pub(super) place: Option<Noun>,
    /// What ought to have had it: *the token* has no subject.
    pub(super) holder: Option<Noun>,
    /// What hangs on the thing by a preposition: token *with this algorithm*.
    pub(super) tail: Option<Noun>,
    /// The thing that the clause begins with.
    pub(super) topic: Option<Noun>,
    /// The thing was named by the clause before.
    pub(super) inherited: bool,
}

/// A noun phrase: `signature of the token`, whose head is the signature.
#[derive(Debug, Clone, Copy)]
struct Phrase {
    head: Noun,
    /// The first noun of the compound.
    first_noun: Noun,
    first: usize,
    last: usize,
    /// The head of what follows its first preposition.
    tail: Option<Noun>,
    /// Whether that preposition says where.
    inside: bool,
}

impl Phrase {
    /// Where the thing is or is missing.
    fn place(self) -> Option<Noun> {
        self.tail.filter(|_| self.inside)
    }
}

/// What a clause tells.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The things in bad states, in order.
    pub(super) findings: Vec<Finding>,
    /// The last thing that is named.
    pub(super) last: Option<Noun>,
}

/// Reads a clause. `before` is the thing that the clause before it was about, if this one goes on with it.
pub(super) fn read(words: &[Word], before: Option<Noun>) -> Told {
    let end = words.iter().position(|word| word.lexeme.concept == Concept::Advice).unwrap_or(words.len());
    let words = words.get(..end).unwrap_or_default();
    let phrases = phrases(words);
    let mut clause = Reader { words, phrases: &phrases, before, findings: Vec::new() };
    clause.read();
    Told { findings: clause.findings, last: phrases.last().map(|phrase| phrase.head) }
}

struct Reader<'a> {
    words: &'a [Word],
    phrases: &'a [Phrase],
    before: Option<Noun>,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn concept(&self, at: usize) -> Concept {
        self.words.get(at).map_or(Concept::Nothing, |word| word.lexeme.concept)
    }

    fn read(&mut self) {
        let mut not: Option<usize> = None;
        let mut no: Option<usize> = None;
        let mut must: Option<usize> = None;
        let mut fail: Option<usize> = None;
        let mut only: Option<usize> = None;
        let mut refused: Option<usize> = None;
        let mut told = false;
        for at in 0..self.words.len() {
            let within = |mark: Option<usize>, reach: usize| mark.is_some_and(|mark| at - mark <= reach);
            let form = self.words.get(at).map_or(Form::Adjective, |word| word.lexeme.form);
            match self.concept(at) {
                // "No error while .."
                Concept::Not | Concept::Fail if within(no, 1) => return,
                Concept::Not => {
                    not = Some(at);
                    if self.concept(at + 1).joins()
                        && let Some(next) = self.phrase_after(at)
                        && (self.phrase_before(at).is_some() || next.head == Noun::Audience)
                        && next.first == at + 2
                    {
                        self.tell(at, State::Missing, Form::Intransitive, true);
                        not = None;
                        told = true;
                    }
                }
                Concept::No => no = Some(at),
                Concept::Must => must = Some(at),
                Concept::Fail => fail = Some(at),
                Concept::Only => only = Some(at),
                Concept::Refused | Concept::False => refused = Some(at),
                Concept::Whole(noun, state) => {
                    let of_keys = self.topic().filter(|topic| *topic == Noun::KeySet);
                    let holder = of_keys.or_else(|| self.phrase_before(at).map(|phrase| phrase.head));
                    let told_one = Finding {
                        noun: Some(noun),
                        state,
                        denied: false,
                        form,
                        place: None,
                        holder,
                        tail: None,
                        topic: None,
                        inherited: false,
                    };
                    self.findings.push(told_one);
                    told = true;
                    not = None;
                }
                Concept::Bad(state) => {
                    // "must not be empty" tells of an empty one, "not expired" of nothing.
                    let spared = within(must, 3)
                        && !within(not, 3)
                        && matches!(state, State::Expired | State::NotYet | State::Missing | State::Mismatch);
                    if !spared && (!within(not, 2) || matches!(state, State::Absent | State::NotYet)) {
                        self.tell(at, state, form, false);
                        told = true;
                    }
                    not = None;
                }
                Concept::Good(state) => {
                    if within(not, REACH) {
                        self.tell(at, state, form, true);
                        told = true;
                        not = None;
                    } else if within(no, 7) && !matches!(form, Form::Nominal | Form::Active) && self.tell_none(no, state, at) {
                        no = None;
                        told = true;
                    } else if within(only, 2) && form == Form::Active && state == State::NotAllowed {
                        self.tell(at, state, form, true);
                        told = true;
                    } else if within(only, 7) && form == Form::Past && self.tell_none(only, state, at) {
                        only = None;
                        told = true;
                    } else if within(must, 3) {
                        self.tell(at, state, form, true);
                        told = true;
                        must = None;
                    } else if (form == Form::Nominal && (within(fail, 4) || self.fails_after(at)))
                        || (form == Form::Active && self.fails_after(at))
                    {
                        self.tell(at, state, Form::Nominal, true);
                        told = true;
                    }
                }
                _ => {}
            }
        }
        if no.is_some() {
            told |= self.tell_none(no, State::Absent, self.words.len());
        }
        if let Some(fail) = fail.filter(|_| !told) {
            self.tell_failure(fail);
        } else if let Some(mark) = must.or(not).or(refused).filter(|_| !told) {
            self.tell_demand(mark);
        }
    }

    fn fails_after(&self, at: usize) -> bool {
        (at + 1..self.words.len().min(at + 6)).any(|at| self.concept(at) == Concept::Fail)
    }

    /// "No key for this id": the thing that is denied is the one right behind the denial.
    fn tell_none(&mut self, no: Option<usize>, state: State, verb: usize) -> bool {
        let Some(no) = no else { return false };
        let Some(next) = self.phrase_after(no).filter(|next| next.first - no <= 3 && next.first < verb) else { return false };
        let holder = self.phrase_before(no).map(|phrase| phrase.head);
        let later = self.phrase_after(verb);
        let either = self
            .phrase_after(next.last)
            .filter(|other| other.first == next.last + 2 && other.first < verb && self.concept(next.last + 1) == Concept::Or);
        for phrase in std::iter::once(next).chain(either) {
            // Of many none matches: that is as good as not found.
            let state = match (state, phrase.head) {
                (State::Mismatch | State::Unverified, Noun::User | Noun::Subject | Noun::Record | Noun::Key) => State::Missing,
                (state, _) => state,
            };
            self.findings.push(Finding {
                noun: Some(phrase.head),
                state,
                denied: true,
                form: Form::Active,
                place: phrase.place().or_else(|| self.phrase_inside(verb)),
                holder,
                tail: phrase.tail.or(later.map(|phrase| phrase.head)),
                topic: self.topic(),
                inherited: false,
            });
        }
        true
    }

    /// "The audience must be this one", "the type is not access", "claims rejected": it is not as it must be.
    fn tell_demand(&mut self, mark: usize) {
        let Some(before) = self.phrase_before(mark) else { return self.tell_demand_of_before(mark) };
        let adjacent = (before.last + 1..mark).all(|at| self.concept(at) == Concept::Be);
        let goes_on = mark + 1 < self.words.len() || !matches!(self.concept(mark), Concept::Must | Concept::Not);
        if adjacent && goes_on && is_demanded(before.head) {
            self.tell(mark, State::Mismatch, Form::Nominal, true);
        }
    }

    /// "The issuer is a, must be b": the demand begins the clause, and the one before names the thing.
    fn tell_demand_of_before(&mut self, mark: usize) {
        let Some(noun) = self.before.filter(|&noun| is_demanded(noun)) else { return };
        let goes_on = mark + 1 < self.words.len();
        let begins = (0..mark).all(|at| matches!(self.concept(at), Concept::Be | Concept::Because));
        if begins && goes_on && self.phrases.is_empty() {
            let noun = Some(noun);
            self.findings.push(Finding {
                noun,
                state: State::Mismatch,
                denied: true,
                form: Form::Nominal,
                place: None,
                holder: None,
                tail: None,
                topic: noun,
                inherited: false,
            });
        }
    }

    /// "Signature error", "JWKS endpoint failure": the thing right before it is in some bad state.
    fn tell_failure(&mut self, fail: usize) {
        let Some(phrase) = self.phrase_before(fail) else { return };
        let reach = if matches!(phrase.head, Noun::KeySet | Noun::Store) { 2 } else { 1 };
        if phrase.last + reach < fail {
            return;
        }
        let state = match phrase.head {
            Noun::KeySet | Noun::Store => State::Unreachable,
            Noun::Signature | Noun::Issuer | Noun::Audience | Noun::Algorithm | Noun::Claim | Noun::OtherClaim | Noun::Sub => {
                State::Mismatch
            }
            _ => return,
        };
        self.tell(fail, state, Form::Intransitive, false);
    }

    fn tell(&mut self, at: usize, state: State, form: Form, denied: bool) {
        let object = self.object(at, form, state, denied);
        let behind = self.phrase_behind(at);
        let (place, holder) = match object {
            Some(object) if object.first > at => (object.place(), self.phrase_before(at).map(|phrase| phrase.head)),
            Some(_) => (self.phrase_inside(at), None),
            None => (None, None),
        };
        let noun = object.map(|phrase| phrase.head);
        let inherited = noun.is_none() && self.before.is_some();
        let noun = noun.or(self.before);
        // "The client does not match the audience": what it is held against may be what counts.
        let against = self.phrase_after(at).filter(|phrase| phrase.first - at <= 3).map(|phrase| phrase.head);
        let against = against.filter(|_| form == Form::Intransitive && state == State::Mismatch);
        let tail = against.or(object.and_then(|phrase| phrase.tail)).or(behind);
        self.findings.push(Finding { noun, state, denied, form, place, holder, tail, topic: self.topic(), inherited });
    }

    fn topic(&self) -> Option<Noun> {
        self.phrases.first().map(|phrase| phrase.first_noun)
    }

    /// The thing that a state belongs to.
    fn object(&self, at: usize, form: Form, state: State, denied: bool) -> Option<Phrase> {
        let before = self.phrase_before(at);
        // What stands behind "in" is where it was looked for.
        let after = self.phrase_after(at).filter(|_| self.concept(at + 1) != Concept::Inside || form == Form::Nominal);
        let gap_after = after.map_or(usize::MAX, |phrase| phrase.first - at - 1);
        let gap_before = before.map_or(usize::MAX, |phrase| at - phrase.last - 1);
        let copula = at > 0 && matches!(self.concept(at - 1), Concept::Be | Concept::Not | Concept::Must);
        let joined = self.concept(at + 1).joins();
        match form {
            Form::Adjective => match after {
                // "The token is missing the claim": what is missing follows.
                Some(after) if state == State::Absent && gap_after == 0 => Some(after),
                Some(after) if gap_after <= 1 && !joined && !(copula && before.is_some()) => Some(after),
                _ => before.or(after.filter(|_| gap_after <= 3)),
            },
            Form::Past => match after {
                Some(after) if gap_after == 0 && gap_before > 0 && !(copula && before.is_some()) && !denied => Some(after),
                _ => before.or(after.filter(|_| gap_after <= 3)),
            },
            // "Could not be found" turns a transitive verb around; its word is the participle, which is Past.
            Form::Active => after.filter(|_| gap_after <= 4).or(before),
            Form::Intransitive => before.or(after.filter(|_| gap_after <= 2)),
            Form::Nominal => {
                let failed_between = (at + 1..=at + 1 + gap_after.min(4)).any(|at| self.concept(at) == Concept::Fail);
                let gerund = gap_before > 0;
                match after {
                    Some(after) if gap_after <= 3 && !failed_between && (gerund || before.is_none()) => Some(after),
                    _ => before.or(after.filter(|_| gap_after <= 4)),
                }
            }
        }
    }

    fn phrase_before(&self, at: usize) -> Option<Phrase> {
        let mut phrase = self.phrases.iter().rev().find(|phrase| phrase.last < at).copied()?;
        // "Signed with an algorithm which is not supported": the last thing counts, not the head.
        let related = (phrase.last + 1..at).take(2).any(|at| self.concept(at) == Concept::Relative);
        if let Some(tail) = phrase.tail.filter(|_| related) {
            phrase.head = tail;
        }
        Some(phrase)
    }

    fn phrase_after(&self, at: usize) -> Option<Phrase> {
        self.phrases.iter().find(|phrase| phrase.first > at).copied()
    }

    /// The thing behind a preposition that follows and says where.
    fn phrase_inside(&self, at: usize) -> Option<Noun> {
        let inside = (at + 1..at + 3).any(|at| self.concept(at) == Concept::Inside);
        self.phrase_behind(at).filter(|_| inside)
    }

    /// The thing behind a preposition that follows.
    fn phrase_behind(&self, at: usize) -> Option<Noun> {
        let preposition = (at + 1..=at + 2).find(|&at| self.concept(at).joins())?;
        self.phrase_after(preposition).filter(|phrase| phrase.first - preposition <= 3).map(|phrase| phrase.head)
    }
}

/// Whether a thing that is said to have to be this or that is wrong.
fn is_demanded(noun: Noun) -> bool {
    matches!(
        noun,
        Noun::Issuer
            | Noun::Audience
            | Noun::Algorithm
            | Noun::OtherClaim
            | Noun::Sub
            | Noun::Subject
            | Noun::Claim
            | Noun::Type
            | Noun::Carrier
            | Noun::Signature
    )
}

/// The noun phrases of a clause.
fn phrases(words: &[Word]) -> Vec<Phrase> {
    let noun = |at: usize| words.get(at).and_then(|word| word.lexeme.noun());
    let concept = |at: usize| words.get(at).map(|word| word.lexeme.concept);
    let mut phrases: Vec<Phrase> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let Some(mut head) = noun(at) else {
            at += 1;
            continue;
        };
        let first = at;
        let first_noun = head;
        let mut last = at;
        at += 1;
        loop {
            if let Some(next) = noun(at) {
                head = compound(head, next);
                last = at;
            } else if concept(at) == Some(Concept::Value) {
                last = at;
            } else {
                break;
            }
            at += 1;
        }
        // A phrase that hangs on the one before by a preposition only tells more of it.
        if let Some(before) = phrases.last_mut()
            && first > before.last
            && (before.last + 1..first).any(|at| concept(at).is_some_and(Concept::joins))
            && (before.last + 1..first).all(|at| {
                matches!(
                    concept(at),
                    Some(
                        Concept::Preposition
                            | Concept::Inside
                            | Concept::Nothing
                            | Concept::Value
                            | Concept::Be
                            | Concept::Good(_)
                    )
                )
            })
            && first - before.last <= 4
        {
            if before.tail.is_none() {
                before.tail = Some(head);
                before.inside = (before.last + 1..first).any(|at| concept(at) == Some(Concept::Inside));
            }
            before.last = last;
            continue;
        }
        phrases.push(Phrase { head, first_noun, first, last, tail: None, inside: false });
    }
    phrases
}

/// What two nouns in a row name: the second, unless it only says that the first is a claim or a header.
fn compound(first: Noun, second: Noun) -> Noun {
    let particular = matches!(
        first,
        Noun::Sub
            | Noun::Subject
            | Noun::Issuer
            | Noun::Audience
            | Noun::Expiry
            | Noun::Start
            | Noun::OtherClaim
            | Noun::Algorithm
            | Noun::Scope
            | Noun::Key
            | Noun::KeySet
            | Noun::Signature
    );
    let stays = match (first, second) {
        (_, Noun::Record)
        | (Noun::Carrier, Noun::Shape)
        | (Noun::Sub, Noun::Subject)
        | (Noun::KeySet | Noun::Store | Noun::Issuer, Noun::Endpoint)
        | (Noun::KeySet, Noun::Issuer)
        | (Noun::Session, Noun::Carrier)
        | (Noun::Audience | Noun::Sub, Noun::Client | Noun::User) => true,
        (Noun::Signature, Noun::Type) => false,
        (_, Noun::Claim | Noun::Shape | Noun::Type | Noun::Foreign) => particular,
        _ => false,
    };
    match (first, second) {
        _ if stays => first,
        (Noun::Signature, Noun::Type) => Noun::Algorithm,
        (Noun::Key, Noun::Endpoint) => Noun::KeySet,
        (Noun::Token | Noun::Refresh, Noun::Type) | (Noun::Session, Noun::Claim) => Noun::OtherClaim,
        _ => second,
    }
}
