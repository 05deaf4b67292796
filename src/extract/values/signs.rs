//! Values that their own signs tell, without a name: an e-mail address, the id in `/users/4711`, a tag in brackets.

use std::ops::Range;

use crate::extract::values::address::in_captures;
use crate::extract::values::field::Best;
use crate::extract::values::gap::Join;
use crate::extract::values::lex::Lexed;
use crate::extract::values::name::{ACTOR, MAIL_AS_SUB, TARGET};
use crate::extract::values::naming::{is_collection, is_field};
use crate::extract::values::shape::{Shape, fits, shape_of};
use crate::extract::values::words::Part;
use crate::model::field::Field;

/// The rank of an id in a path.
const PATH: u8 = 20;

/// Looks at an atom that is no name for what its signs tell: an e-mail address, a user's id in a path.
pub(super) fn look_at_signs(lexed: &Lexed<'_>, at: usize, best: &mut Best) {
    let atom = lexed.atoms[at];
    let word = lexed.word(at);
    let (mut mail, mut path) = (false, false);
    for byte in word.bytes() {
        mail |= byte == b'@';
        path |= byte == b'/';
    }
    if mail {
        let range = atom.start..atom.end;
        if word.starts_with('@') && shape_of(word) == Shape::Prefixed && !best.claims(&range) {
            best.offer(Field::Sub, range, MAIL_AS_SUB - 10, false);
        } else if shape_of(word) == Shape::Email
            && word.rsplit('@').next().is_some_and(|place| place.contains('.'))
            && !best.claims(&range)
        {
            best.offer(Field::Sub, range.clone(), MAIL_AS_SUB - 10, false);
            best.offer(Field::Username, range, 20, false);
        }
    } else if is_request_tag(lexed, at) {
        best.offer(Field::RequestId, atom.start..atom.end, 26, false);
    } else if !path && word.len() < 16 {
        // Too short for the id of a request or a trace.
    } else if let Some(range) = trace_in_tag(lexed, at) {
        best.offer(Field::TraceId, range, 25, false);
    } else if is_tag(lexed, at) || (in_captures(lexed, at) && shape_of(word) == Shape::Uuid) {
        best.offer(Field::RequestId, atom.start..atom.end, 25, false);
    } else if path && let Some(range) = user_in_path(word) {
        let range = atom.start + range.start..atom.start + range.end;
        let aimed = is_aimed(lexed, at);
        // Who goes by `/admin/users/5` acts on user 5.
        let rank = if aimed {
            TARGET
        } else if word.contains("admin") {
            ACTOR + 2
        } else {
            PATH
        };
        best.offer(Field::Sub, range, rank, aimed);
    } else if path
        && is_aimed(lexed, at)
        && let Some(range) = key_in_path(word)
    {
        best.offer(Field::Kid, atom.start + range.start..atom.start + range.end, TARGET, true);
    }
}

/// Whether a field that says what was acted on holds a path: `resourcePath=users/5`.
fn is_aimed(lexed: &Lexed<'_>, at: usize) -> bool {
    at > 0 && is_field(lexed, at - 1) && lexed.word(at - 1).to_ascii_lowercase().ends_with("resourcepath")
}

/// The id of a key in the path of what was acted on: `keys/k2`, `realms/shop/keys/k2`.
fn key_in_path(path: &str) -> Option<Range<usize>> {
    let (before, id) = path.rsplit_once('/')?;
    let is_of_keys = before.rsplit('/').next().is_some_and(|folder| matches!(folder, "keys" | "signing-keys" | "jwks"));
    (is_of_keys && fits(Field::Kid, id)).then(|| path.len() - id.len()..path.len())
}

/// Whether a tag in brackets says by its beginning that it is of a request: `[req-5512]`.
fn is_request_tag(lexed: &Lexed<'_>, at: usize) -> bool {
    let word = lexed.word(at);
    let after = lexed.atoms.get(at).and_then(|atom| lexed.text.as_bytes().get(atom.end)).copied();
    ["req-", "req_", "request-"].iter().any(|beginning| word.starts_with(beginning))
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && matches!((lexed.before(at), after), (b'[', Some(b']')) | (b'(', Some(b')')))
}

/// Whether a UUID stands alone in brackets, as log formats put the id of the request: `ERROR [0b1c..] ..`.
fn is_tag(lexed: &Lexed<'_>, at: usize) -> bool {
    let word = lexed.word(at);
    let atom = lexed.atoms[at];
    let bytes = lexed.text.as_bytes();
    matches!(word.len(), 32 | 36)
        && lexed.before(at) == b'['
        && bytes.get(atom.end) == Some(&b']')
        && (word.len() == 36 || word.bytes().all(|byte| byte.is_ascii_hexdigit()))
        && shape_of(word).is_strong()
        && !atom.start.checked_sub(2).is_some_and(|before| matches!(bytes[before], b'=' | b':' | b'"'))
        && !(at > 0 && lexed.is_phrase(at - 1))
        && (at == 0
            || lexed.gap_after(at - 1).join == Join::Apart
            || !matches!(lexed.last_part(at - 1), Part::Link | Part::Wanted | Part::Got))
}

/// The trace in the brackets that tracing puts into a log line: `[orders,4bf9..,00f0..]`, `[4bf9..-00f0..]`.
fn trace_in_tag(lexed: &Lexed<'_>, at: usize) -> Option<Range<usize>> {
    let word = lexed.word(at);
    let atom = lexed.atoms[at];
    let hex = |text: &str| matches!(text.len(), 16 | 32) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let after = lexed.text.as_bytes().get(atom.end).copied()?;
    if lexed.before(at) == b'[' && after == b']' {
        let (trace, span) = word.split_once('-')?;
        return (hex(trace) && span.len() == 16 && hex(span)).then_some(atom.start..atom.start + trace.len());
    }
    (lexed.before(at) == b',' && after == b',' && hex(word) && hex(lexed.word(at + 1)) && lexed.word(at + 1).len() == 16)
        .then_some(atom.start..atom.end)
}

/// The id behind a collection of users in a path: `/api/users/4711/orders`.
fn user_in_path(path: &str) -> Option<Range<usize>> {
    let mut start = 0;
    let mut behind = false;
    for segment in path.split('/') {
        let end = start + segment.len();
        if behind {
            let shape = shape_of(segment);
            let digits = segment.bytes().filter(u8::is_ascii_digit).count();
            let id = shape.is_strong()
                || matches!(shape, Shape::Number | Shape::Prefixed)
                || matches!(shape, Shape::Slug | Shape::Code) && digits >= 4;
            if id && fits(Field::Sub, segment) {
                return Some(start..end);
            }
        }
        behind = is_collection(segment);
        start = end + 1;
    }
    None
}
