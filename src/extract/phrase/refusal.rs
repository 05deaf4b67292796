//! From what is in which state to the reason of a refusal.

use crate::extract::phrase::clause::{self, Finding};
use crate::extract::phrase::concept::{Concept, Form, Noun, State};
use crate::extract::phrase::reason;
use crate::extract::phrase::signs::Signs;
use crate::extract::phrase::words::{Break, Word, Words};
use crate::model::words::Reason;

/// The reason that a text names, and what speaks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "marks of a reading, each asked for by itself")]
pub(super) struct Refusal {
    /// The reason.
    pub(super) reason: Reason,
    /// How specific the words are, from 1 to 8.
    pub(super) weight: u8,
    /// The thing was named beside its state.
    pub(super) named: bool,
    /// A reason that differs was named as clearly.
    pub(super) contested: bool,
    /// The thing that the reason was read from.
    pub(super) noun: Option<Noun>,
    /// Its state.
    pub(super) state: State,
    /// An idiom told all at once.
    pub(super) whole: bool,
    /// The state was told by a participle: "user deleted" may be a deed.
    pub(super) participle: bool,
}

/// The most specific reason that a text names.
pub(super) fn read(words: &Words, signs: Signs) -> Option<Refusal> {
    let mut best: Option<(u16, Refusal)> = None;
    let mut before: Option<Noun> = None;
    let mut open: Option<Finding> = None;
    let mut vetoed = false;
    for (clause, words) in words.by_clause() {
        if words.first().is_some_and(|word| word.key) {
            before = words.iter().rev().find_map(|word| word.lexeme.noun());
            continue;
        }
        // What explains a refusal of another kind is of that kind.
        vetoed &= clause.after == Break::Colon;
        if vetoed {
            continue;
        }
        let mut depth = u16::from(clause.depth.min(7));
        let topic = words.iter().find_map(|word| word.lexeme.noun());
        if topic != Some(Noun::KeySet) && words.iter().any(|word| word.lexeme.noun() == Some(Noun::Veto)) {
            before = Some(Noun::Foreign);
            vetoed = true;
            continue;
        }
        // "It is a, must be b", "signed with k1, which is unknown": the clause goes on about the thing of the one before.
        let led = words.first().is_some_and(|word| matches!(word.lexeme.concept, Concept::Must | Concept::Relative));
        let goes_on = matches!(clause.after, Break::Colon | Break::Field | Break::Bracket) || led;
        let mut context = before.filter(|_| goes_on);
        for part in words.split(|word| word.lexeme.concept == Concept::Because) {
            let mut told = clause::read(part, context);
            // "Missing a required claim: aud": the thing is named behind the colon.
            if told.findings.is_empty()
                && clause.after == Break::Colon
                && let (Some(finding), Some(noun)) = (open, part.first().and_then(|word| word.lexeme.noun()))
            {
                told.findings.push(Finding { noun: Some(noun), ..finding });
            }
            open = told.findings.last().copied().filter(|finding| finding.noun == Some(Noun::Claim));
            for finding in &told.findings {
                let finding = &in_context(*finding, context);
                let told = reason::of(finding, signs).map(|told| (told, finding.noun)).or_else(|| of_holder(finding, signs));
                let Some(((reason, weight), noun)) = told else { continue };
                // What a clause before named may be another thing than this one is about.
                let weight = weight.saturating_sub(u8::from(finding.inherited)).max(1);
                let score = u16::from(weight) * 4 + depth.min(3);
                let refusal = Refusal {
                    reason,
                    weight,
                    named: finding.noun.is_some() && !finding.inherited,
                    contested: false,
                    noun,
                    state: finding.state,
                    whole: finding.topic.is_none(),
                    participle: finding.form == Form::Past && !finding.denied,
                };
                best = Some(better(best, score, refusal));
            }
            context = told.last.or(context);
            depth += 1;
        }
        before = last_noun(words).or(before.filter(|_| clause.after == Break::Bracket));
    }
    best.map(|(_, refusal)| refusal)
}

/// "sub: claim is not present": the clause before says which claim.
fn in_context(finding: Finding, context: Option<Noun>) -> Finding {
    let particular = context.filter(|noun| {
        matches!(noun, Noun::Sub | Noun::Issuer | Noun::Audience | Noun::Expiry | Noun::Start | Noun::OtherClaim | Noun::Scope)
    });
    match (finding.noun, particular) {
        (Some(Noun::Claim), Some(noun)) => Finding { noun: Some(noun), ..finding },
        _ => finding,
    }
}

/// "The audience does not contain the client id": what lacks something is not as it must be.
fn of_holder(finding: &Finding, signs: Signs) -> Option<((Reason, u8), Option<Noun>)> {
    let holder = finding.holder.filter(|noun| matches!(noun, Noun::Audience | Noun::Scope | Noun::Issuer | Noun::Algorithm))?;
    let told = reason::of(&Finding { noun: Some(holder), state: State::Mismatch, ..*finding }, signs)?;
    Some((told, Some(holder)))
}

fn last_noun(words: &[Word]) -> Option<Noun> {
    words.iter().rev().find_map(|word| word.lexeme.noun())
}

fn better(best: Option<(u16, Refusal)>, score: u16, refusal: Refusal) -> (u16, Refusal) {
    match best {
        Some((old, kept)) if old >= score => {
            let contested = kept.contested || (old < score + 4 && kept.reason != refusal.reason);
            (old, Refusal { contested, ..kept })
        }
        Some((old, kept)) => {
            let same = kept.reason == refusal.reason;
            let contested = score < old + 4 && !same;
            (score, Refusal { contested, named: refusal.named || same && kept.named, ..refusal })
        }
        None => (score, refusal),
    }
}
