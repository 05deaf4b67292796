//! What the word at a place names, with the words before it, the bracket it stands in and what stands beside it.

use crate::extract::values::gap::Join;
use crate::extract::values::lex::Lexed;
use crate::extract::values::name::{ACTOR, Role, TARGET, role_of};
use crate::extract::values::words::{Part, Parts};
use crate::model::field::Field;

/// How deep brackets may nest; deeper ones have no parents.
const DEPTH: usize = 16;

/// The names before the brackets that are open: in `"user":{"id":5}` the parent of `id` is `user`.
#[derive(Debug)]
pub(super) struct Open {
    names: [Option<Parts>; DEPTH],
    depth: usize,
}

impl Open {
    /// No bracket is open.
    pub(super) const fn new() -> Self {
        Self { names: [None; DEPTH], depth: 0 }
    }

    /// Follows the brackets of the gap before atom `at`.
    pub(super) fn follow(&mut self, lexed: &Lexed<'_>, at: usize) {
        let from = at.checked_sub(1).map_or(0, |before| lexed.atoms[before].end);
        let gap = &lexed.text.as_bytes()[from..lexed.atoms[at].start];
        let mut attached = at > 0;
        let mut separated = false;
        for &byte in gap {
            match byte {
                b'{' | b'(' | b'[' => {
                    let name = (attached && (byte != b'(' || !separated)).then(|| lexed.atoms[at - 1].parts);
                    let inherited = if attached { name } else { None };
                    if self.depth < DEPTH {
                        self.names[self.depth] = inherited;
                    }
                    self.depth += 1;
                }
                b'}' | b')' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    attached = false;
                }
                b'=' | b':' | b'>' => separated = true,
                b' ' => attached &= separated,
                b'"' | b'\'' | b'\\' => {}
                _ => attached = false,
            }
        }
    }

    /// The name before the innermost open bracket.
    fn parent(&self) -> Option<Parts> {
        let innermost = self.depth.checked_sub(1)?;
        let parts = self.names.get(innermost).copied().flatten()?;
        let mut kept = parts.as_slice();
        while let Some((Part::Wrap, front)) = kept.split_last() {
            kept = front;
        }
        let mut stripped = Parts::NONE;
        for part in kept {
            stripped.push(*part);
        }
        Some(stripped)
    }
}

/// What the word at an atom names, with the words before it and the name of the bracket it stands in.
pub(super) fn role_at(lexed: &Lexed<'_>, at: usize, open: &Open) -> Option<Role> {
    let own = lexed.atoms[at].parts;
    let single = own.single();
    // A path of code, not a name: `Session::User`.
    if lexed.word(at).contains("::") {
        return None;
    }
    let mut parts = Parts::NONE;
    let generic =
        matches!(single, Part::Id | Part::Number | Part::Name | Part::Mail | Part::Ip | Part::Address | Part::Host | Part::Uid);
    if generic && let Some(parent) = open.parent().filter(|_| is_field(lexed, at)) {
        parent.as_slice().iter().for_each(|part| parts.push(*part));
    }
    let phrase = at > 0 && lexed.is_phrase(at - 1) && lexed.before(at - 1) != b'=';
    if phrase {
        if at > 1 && lexed.is_phrase(at - 2) && says_what(lexed.part(at - 1)) && says_what(lexed.part(at - 2)) {
            parts.push(lexed.part(at - 2));
        }
        if says_what(lexed.part(at - 1)) {
            parts.push(lexed.part(at - 1));
        }
    }
    own.as_slice().iter().for_each(|part| parts.push(*part));
    let role = role_of(parts.as_slice()).or_else(|| if phrase { None } else { role_of(own.as_slice()) });
    let role = role.or_else(|| typed(lexed, at)).or_else(|| in_sql(lexed, at)).or_else(|| after_sentence(lexed, at));
    let Some(parent) = open.parent() else { return role };
    let parent = parent.as_slice();
    // What stands under `expected` or `server` is not the token's or the client's.
    let role = role.filter(|_| !parent.iter().any(|part| matches!(part, Part::Wanted | Part::Server)));
    role.map(|role| match role.field {
        Field::Sub | Field::Username if parent.contains(&Part::Actor) => Role { rank: role.rank.min(ACTOR), ..role },
        _ => role,
    })
}

/// The role of an id whose type stands beside it: `"id":"5f","type":"User"`, `resourceType=USER resourceId=5f`.
fn typed(lexed: &Lexed<'_>, at: usize) -> Option<Role> {
    if lexed.last_part(at) != Part::Id || !is_field(lexed, at) {
        return None;
    }
    let is_type = |name: usize| lexed.word(name).to_ascii_lowercase().ends_with("type");
    let is_user = |value: usize| lexed.part(value) == Part::User;
    // Between the type and the kind another name may stand, as in `"type":{"type":"user"}`.
    let behind = is_type(at + 2) && (is_user(at + 3) || is_type(at + 3) && is_user(at + 4));
    let before = at >= 2 && is_type(at - 2) && is_user(at - 1);
    (behind || before).then_some(Role { field: Field::Sub, rank: TARGET - 2 })
}

/// The role of an `id=` behind a sentence about a user: "customer switched off id=5".
fn after_sentence(lexed: &Lexed<'_>, at: usize) -> Option<Role> {
    if lexed.part(at) != Part::Id || lexed.gap_after(at).join == Join::Apart {
        return None;
    }
    // "user 'alice' (id 77)": the id says more than the name before it.
    if lexed.before(at) == b'('
        && (at.saturating_sub(3)..at).any(|before| matches!(lexed.part(before), Part::User | Part::Holder))
    {
        return Some(Role { field: Field::Sub, rank: 76 });
    }
    for before in (at.saturating_sub(7)..at).rev() {
        if !lexed.is_phrase(before) {
            return None;
        }
        match lexed.last_part(before) {
            Part::User | Part::Holder | Part::Users => return Some(Role { field: Field::Sub, rank: 58 }),
            Part::Rival
            | Part::Request
            | Part::Correlation
            | Part::Trace
            | Part::Key
            | Part::Keys
            | Part::Kid
            | Part::Client
            | Part::Server
            | Part::Iss => return None,
            _ => {}
        }
    }
    None
}

/// The role of an `id` in SQL: `DELETE FROM users WHERE id = '5f'`.
fn in_sql(lexed: &Lexed<'_>, at: usize) -> Option<Role> {
    if lexed.part(at) != Part::Id {
        return None;
    }
    // `WHERE id =` behind the table, or `WHERE "table"."id" =`.
    let owned = lexed.atoms.get(at.checked_sub(1)?).zip(lexed.atoms.get(at));
    let dotted =
        owned.is_some_and(|(table, id)| lexed.slice(&(table.end..id.start)).trim_matches(['"', '`', '\\', '[', ']']) == ".");
    let (table, word) = if dotted { (at - 1, at.checked_sub(2)?) } else { (at.checked_sub(2)?, at - 1) };
    let table = lexed.word(table);
    let sql = lexed.word(word).eq_ignore_ascii_case("where");
    let users = is_collection(table.rsplit(['.', '_']).next().unwrap_or(table));
    (sql && users).then_some(Role { field: Field::Sub, rank: 60 })
}

/// Whether a field name stands here: with a separator behind it.
pub(super) fn is_field(lexed: &Lexed<'_>, at: usize) -> bool {
    lexed.gap_after(at).join == Join::Assign
}

/// Whether a word of a sentence says what the noun behind it is: `signing` key, `request` id.
fn says_what(part: Part) -> bool {
    !matches!(
        part,
        Part::Other
            | Part::Link
            | Part::State
            | Part::Wanted
            | Part::Got
            | Part::From
            | Part::By
            | Part::Null
            | Part::Stop
            | Part::Users
            | Part::Keys
    )
}

/// Whether a name is one that a sentence may use: a word or two, no logger and no function.
pub(super) fn is_noun(lexed: &Lexed<'_>, at: usize) -> bool {
    let parts = lexed.atoms[at].parts;
    parts.as_slice().len() == 1
        || (parts.as_slice().len() == 2 && parts.all_known() && !lexed.word(at).contains(['.', '/', ':', '(']))
}

/// Whether a `uid` is one of the operating system: a `gid` or `pid` stands beside it.
pub(super) fn is_of_system(lexed: &Lexed<'_>, at: usize) -> bool {
    (at.saturating_sub(3)..at + 4)
        .any(|near| ["gid", "pid", "euid", "auid", "egid"].iter().any(|known| lexed.word(near).eq_ignore_ascii_case(known)))
}

/// Whether a word names a collection of users, in a path or as a table.
pub(super) fn is_collection(word: &str) -> bool {
    const COLLECTIONS: [&str; 14] = [
        "users",
        "user",
        "members",
        "member",
        "accounts",
        "account",
        "customers",
        "customer",
        "principals",
        "people",
        "profiles",
        "employees",
        "subscribers",
        "identities",
    ];
    COLLECTIONS.iter().any(|known| word.eq_ignore_ascii_case(known))
}
