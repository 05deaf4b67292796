//! What this folder hands back for each of the fields that it can fill.

use std::ops::Range;

use crate::model::field::Field;

/// The fields that a value may fill, in the order of [`Values`].
const FIELDS: [Field; 8] =
    [Field::Sub, Field::Kid, Field::Iss, Field::Aud, Field::ClientIp, Field::RequestId, Field::TraceId, Field::Username];

/// Where a value stands in the text, and whether there is any doubt about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The bytes of the value. Of an audience of several, from the first to the last with all between.
    pub range: Range<usize>,
    /// A plain field name names it, or its shape leaves no doubt beside its noun.
    pub sure: bool,
}

/// What one text tells, field by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// The user: an id where there is one, else a name, else an e-mail address.
    pub sub: Option<Found>,
    /// The key id of the token.
    pub kid: Option<Found>,
    /// The issuer of the token, never the one that was expected.
    pub iss: Option<Found>,
    /// The audience of the token, never the one that was expected.
    pub aud: Option<Found>,
    /// The address of the client, without its port.
    pub client_ip: Option<Found>,
    /// The id of the request.
    pub request_id: Option<Found>,
    /// The id of the trace; of a `traceparent` only the trace.
    pub trace_id: Option<Found>,
    /// The name or e-mail address of the user.
    pub username: Option<Found>,
}

impl Values {
    /// What was found, each with its field.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Found)> {
        let found =
            [&self.sub, &self.kid, &self.iss, &self.aud, &self.client_ip, &self.request_id, &self.trace_id, &self.username];
        FIELDS.into_iter().zip(found).filter_map(|(field, found)| Some((field, found.as_ref()?)))
    }
}

/// Keeps the best value of each field while a text is read: the higher rank wins, and of equals the first.
#[derive(Debug, Default)]
pub(super) struct Best {
    kept: [Option<(u8, Found)>; FIELDS.len()],
}

impl Best {
    /// Offers a value.
    pub(super) fn offer(&mut self, field: Field, range: Range<usize>, rank: u8, sure: bool) {
        let Some(slot) = slot(field).and_then(|slot| self.kept.get_mut(slot)) else { return };
        if slot.as_ref().is_none_or(|(kept, _)| *kept < rank) {
            *slot = Some((rank, Found { range, sure }));
        }
    }

    /// Whether a field has a value.
    pub(super) fn has(&self, field: Field) -> bool {
        slot(field).is_some_and(|slot| self.kept[slot].is_some())
    }

    /// Whether the bytes belong to a value that is kept.
    pub(super) fn claims(&self, range: &Range<usize>) -> bool {
        self.kept.iter().flatten().any(|(_, found)| found.range.start < range.end && range.start < found.range.end)
    }

    /// Hands over all that is kept.
    pub(super) fn into_values(self) -> Values {
        let [sub, kid, iss, aud, client_ip, request_id, trace_id, username] = self.kept.map(|slot| slot.map(|(_, found)| found));
        Values { sub, kid, iss, aud, client_ip, request_id, trace_id, username }
    }
}

/// Where the value of a field is kept.
fn slot(field: Field) -> Option<usize> {
    FIELDS.iter().position(|known| *known == field)
}
