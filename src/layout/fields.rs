//! What a record names: fields by name, and where each layout usually keeps what an event needs.
//!
//! A [`Fields`] is a flat list of name and text: JSON paths joined by dots (`req.id`, `events.0.action`),
//! keys of `key=value` text, or the names a text layout's parser gives. [`Role`] says which names of different products
//! mean the same, so that no layout has to know events.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt::{Display, Write};
use std::ops::Range;
use std::rc::Rc;

use crate::layout::by_shape;
use crate::layout::meaning::Meaning;
use crate::layout::paths::{Path, Paths};
use crate::layout::role::Rank;

pub use crate::layout::role::Role;

/// The fields of one record, in their order.
#[derive(Debug, Clone, Default)]
pub struct Fields<'r> {
    named: Vec<(Part<'r>, Part<'r>)>,
    /// Numbers written out while reading, one after the other: one allocation for all of them.
    spelt: String,
    /// Which field plays which role, once that was asked.
    assignment: OnceCell<RoleAssignment>,
}

/// A name or a value.
#[derive(Debug, Clone)]
enum Part<'r> {
    /// Text of the record, or text that was made.
    Text(Cow<'r, str>),
    /// A path that was met before.
    Path(Rc<Path>),
    /// Its range in what was written out.
    Spelt(Range<usize>),
}

impl<'r> Fields<'r> {
    /// No fields yet, with room for those of a record of so many bytes.
    pub(super) fn with_room(bytes: usize) -> Self {
        // An access log's field takes some thirty bytes.
        let (room, spelt) = ((bytes / 32).clamp(8, 64), (bytes / 16).min(256));
        Self { named: Vec::with_capacity(room), spelt: String::with_capacity(spelt), assignment: OnceCell::new() }
    }

    /// Adds a field; empty values and a lone dash say nothing and are left out.
    pub fn push(&mut self, name: impl Into<Cow<'r, str>>, value: impl Into<Cow<'r, str>>) {
        let value = value.into();
        if !value.is_empty() && value != "-" {
            // Few records have less, and one allocation is enough for most.
            if self.named.is_empty() {
                self.named.reserve(16);
            }
            self.add(Part::Text(name.into()), Part::Text(value));
        }
    }

    /// Sets a field that may be there already.
    pub(super) fn set(&mut self, name: &'r str, value: &'r str) {
        let mut named = std::mem::take(&mut self.named);
        named.retain(|(known, _)| self.text(known) != name);
        self.named = named;
        self.push(name, value);
    }

    /// Adds a field at a path.
    pub(super) fn push_at(&mut self, path: Rc<Path>, value: Cow<'r, str>) {
        if !value.is_empty() && value != "-" {
            self.add(Part::Path(path), Part::Text(value));
        }
    }

    /// Adds a field whose value has to be written out.
    pub(super) fn push_number(&mut self, path: Rc<Path>, number: impl Display) {
        let start = self.spelt.len();
        // Memory takes what is written.
        write!(self.spelt, "{number}").ok();
        self.add(Part::Path(path), Part::Spelt(start..self.spelt.len()));
    }

    fn add(&mut self, name: Part<'r>, value: Part<'r>) {
        self.named.push((name, value));
        self.assignment.take();
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.named.iter().map(|(name, value)| (self.text(name), self.text(value)))
    }

    /// The fields that neither play a role nor hold the time: what they say is not known yet.
    pub fn unexplained(&self) -> impl Iterator<Item = (&str, &str)> {
        let assignment = self.assigned();
        let played = assignment.iter().filter(|index| **index < 128).fold(0_u128, |played, index| played | 1 << index);
        let is_time =
            |name: &Part<'_>| matches!(name, Part::Path(path) if path.meaning.as_ref().is_some_and(|known| known.time.is_some()));
        let plays = move |index: usize| index < 128 && played >> index & 1 == 1;
        let open = self.named.iter().enumerate().filter(move |(index, (name, _))| !plays(*index) && !is_time(name));
        open.map(|(_, (name, value))| (self.text(name), self.text(value)))
    }

    /// The values that are not in the record byte for byte.
    pub fn rewritten(&self) -> impl Iterator<Item = &str> {
        self.named.iter().filter_map(|(_, value)| if let Part::Text(Cow::Owned(text)) = value { Some(&**text) } else { None })
    }

    fn text<'f>(&'f self, part: &'f Part<'r>) -> &'f str {
        match part {
            Part::Text(text) => text,
            Part::Path(path) => &path.text,
            Part::Spelt(span) => self.spelt.get(span.clone()).unwrap_or_default(),
        }
    }

    /// The value of the field `path`, or of the first field that ends with `.path` (a wrapper around it).
    pub fn get(&self, path: &str) -> Option<&str> {
        self.exact(path).or_else(|| {
            self.iter().find(|(name, _)| name.strip_suffix(path).is_some_and(|head| head.ends_with('.'))).map(|(_, value)| value)
        })
    }

    /// The value of the field that has exactly this name.
    pub fn exact(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// What the fields mean, as far as their names say.
    pub fn roles(&self) -> Roles<'_> {
        let assignment = self.assigned();
        Roles(assignment.map(|field| (field != UNASSIGNED).then(|| self.value(field.into()))))
    }

    fn assigned(&self) -> &RoleAssignment {
        self.assignment.get_or_init(|| self.meanings(|_, _| {}))
    }

    /// Works the roles out for later, and hands on the meaning of each name that has one, and the index of the field, in
    /// order.
    pub(super) fn assignment(&mut self, each: impl FnMut(&Meaning, usize)) {
        self.assignment = OnceCell::from(self.meanings(each));
    }

    /// Which field plays which role; hands on the meanings.
    fn meanings(&self, mut each: impl FnMut(&Meaning, usize)) -> RoleAssignment {
        let mut best: [Option<(Rank, usize)>; Role::ALL.len()] = [None; Role::ALL.len()];
        let mut take = |meaning: &Meaning, index: usize, value: &str| {
            for (role, rank) in &meaning.roles {
                let field = &mut best[*role as usize];
                if field.is_none_or(|(best, _)| *rank < best) && role.accepts(value) {
                    *field = Some((*rank, index));
                }
            }
            each(meaning, index);
        };
        Paths::with(|paths| {
            for (index, (name, value)) in self.named.iter().enumerate() {
                let path = match name {
                    Part::Path(path) => Rc::clone(path),
                    name => paths.named(self.text(name)),
                };
                if let Some(meaning) = &path.meaning {
                    take(meaning, index, self.text(value));
                }
            }
        });
        let mut assignment = best.map(|field| field.and_then(|(_, index)| u16::try_from(index).ok()).unwrap_or(UNASSIGNED));
        let is_known = |role: Role| assignment[role as usize] != UNASSIGNED;
        let is_taken = |index: usize| assignment.iter().any(|assigned| usize::from(*assigned) == index);
        for (role, index) in by_shape::roles(&self.iter(), is_known, is_taken) {
            assignment[role as usize] = u16::try_from(index).unwrap_or(UNASSIGNED);
        }
        assignment
    }

    /// The value of the field at an index.
    pub(super) fn value(&self, index: usize) -> &str {
        self.text(&self.named[index].1)
    }

    /// Takes back all fields but the first `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        self.named.truncate(length);
        self.assignment.take();
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.named.len()
    }

    /// Whether the record names nothing.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}

/// The fields of a record by what they mean: the value that plays each role, by the first of the role's names that
/// the record has: as a whole path, else as the end of one (`context.user_id`, `jsonPayload.sub`).
///
/// Names are compared without regard to case, dashes, underscores and dots, as layouts differ in nothing else:
/// `X-Request-Id`, `x_request_id`, `xRequestId`.
pub struct Roles<'f>([Option<&'f str>; Role::ALL.len()]);

impl<'f> Roles<'f> {
    /// The value that plays `role`.
    pub fn get(&self, role: Role) -> Option<&'f str> {
        self.0[role as usize]
    }
}

/// For each role the index of the field that plays it. Small, as entries are moved around.
type RoleAssignment = [u16; Role::ALL.len()];

/// The index in a [`RoleAssignment`] where no field plays the role.
const UNASSIGNED: u16 = u16::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_whatever_the_spelling() {
        for name in ["X-Request-Id", "x_request_id", "xRequestId", "request_X-Request-Id", "mdc.requestId"] {
            let mut fields = Fields::default();
            fields.push(name, "9f2c0001");
            assert_eq!(fields.roles().get(Role::RequestId), Some("9f2c0001"), "{name}");
        }
    }

    #[test]
    fn a_whole_path_goes_before_the_end_of_one_and_then_the_more_telling_name() {
        assert!(Role::ALL.iter().enumerate().all(|(index, role)| *role as usize == index));
        let mut fields = Fields::default();
        fields.push("deep.down.sub", "by its end");
        fields.push("context.sub", "whole");
        assert_eq!(fields.roles().get(Role::Sub), Some("whole"));
        let mut fields = Fields::default();
        fields.push("a.sub", "by its end");
        fields.push("uid", "plain");
        fields.push("user_id", "more telling");
        fields.push("userId", "twice");
        assert_eq!(fields.roles().get(Role::Sub), Some("more telling"));
    }

    #[test]
    fn a_path_is_found_through_a_wrapper() {
        let mut fields = Fields::default();
        fields.push("metadata.0.auth_event.action", "user_deleted");
        assert_eq!(fields.get("auth_event.action"), Some("user_deleted"));
        assert_eq!(fields.get("event.action"), None);
    }

    #[test]
    fn names_that_tell_nothing_are_understood_by_their_values() {
        let mut fields = Fields::default();
        for (name, value) in [
            ("in", "web"),
            ("peer", "203.0.113.124"),
            ("act", "GET"),
            ("target", "/a"),
            ("outcome", "401"),
            ("ns", "403"),
            ("via", "10.0.0.9:80"),
        ] {
            fields.push(name, value);
        }
        assert_eq!(fields.roles().get(Role::Status), Some("401"));
        assert_eq!(fields.roles().get(Role::Path), Some("/a"));
        // Which of two addresses is the client's is not told.
        assert_eq!(fields.roles().get(Role::ClientIp), None);
        fields.push("more", "/b");
        assert_eq!(fields.roles().get(Role::Status), None);
    }

    #[test]
    fn a_value_that_cannot_play_the_role_is_passed_over() {
        let mut fields = Fields::default();
        fields.push("status", "completed");
        fields.push("res.statusCode", "401");
        assert_eq!(fields.roles().get(Role::Status), Some("401"));
    }
}
