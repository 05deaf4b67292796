//! What the rows of an events file are: the fields of events, and what says where each stands and what it is for.
//!
//! Events come first of all. Beside them stand the other requests that the second pass saw, the events that no diagnosis
//! needs, and one row that describes the scan itself.

use crate::model::field::{Field, Type};

/// What a row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An event that correlation reads.
    Event,
    /// An event of a deferred record that the second pass did not find: shown, and not read again.
    Unasked,
    /// Another request of a subject or client in question.
    Observation,
    /// The scan itself; its message says all that is no event, as JSON.
    Scan,
}

impl Purpose {
    /// The word in the column `purpose`; that of events is empty.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Event => None,
            Self::Unasked => Some("unasked"),
            Self::Observation => Some("observation"),
            Self::Scan => Some("scan"),
        }
    }

    /// The purpose of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Unasked, Self::Observation, Self::Scan].into_iter().find(|purpose| purpose.word() == Some(word))
    }
}

/// A column of an events file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A field of the event.
    Field(Field),
    /// The id of the catalog entry that matched.
    Signature,
    /// The name of its stream.
    File,
    /// The first line of its record, from 1.
    Line,
    /// The number of the event among those of its line, from 0, where it is not the first.
    Entry,
    /// Its time as the record has it, where the run moved it: a zone was proved, or a clock was off.
    TimeRead,
    /// See [`Purpose`].
    Purpose,
}

impl Column {
    /// Every column, in order: those that people read first.
    pub fn all() -> Vec<Self> {
        let fields = Field::ALL.iter().copied().map(Self::Field);
        let (mut columns, mut rest) = (Vec::with_capacity(Field::ALL.len() + 6), Vec::new());
        for column in fields {
            let is_of_all = matches!(column, Self::Field(field) if field <= Field::Message);
            if is_of_all { columns.push(column) } else { rest.push(column) }
        }
        columns.push(Self::Signature);
        let (format, rest): (Vec<Self>, Vec<Self>) = rest.into_iter().partition(|column| *column == Self::Field(Field::Format));
        columns.extend(format);
        columns.extend([Self::File, Self::Line]);
        columns.extend(rest);
        columns.extend([Self::Entry, Self::TimeRead, Self::Purpose]);
        columns
    }

    /// The column of a name.
    pub fn named(name: &str) -> Option<Self> {
        let others = [Self::Signature, Self::File, Self::Line, Self::Entry, Self::TimeRead, Self::Purpose];
        Field::named(name).map(Self::Field).or_else(|| others.into_iter().find(|column| column.name() == name))
    }

    /// Its name in the head of the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name(),
            Self::Signature => "signature",
            Self::File => "file",
            Self::Line => "line",
            Self::Entry => "entry",
            Self::TimeRead => "time_read",
            Self::Purpose => "purpose",
        }
    }

    /// What type its values have.
    pub fn kind(self) -> Type {
        match self {
            Self::Field(field) => field.kind(),
            Self::Signature | Self::File | Self::Purpose => Type::Text,
            Self::Line | Self::Entry => Type::Whole,
            Self::TimeRead => Type::Time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_that_people_read_come_first() {
        let names: Vec<&str> = Column::all().into_iter().map(Column::name).collect();
        let first = "time kind reason sub kid iss aud alg jti iat exp client_ip request_id trace_id service host method path \
                     status level message signature format file line username";
        assert_eq!(names[..26], first.split_whitespace().collect::<Vec<_>>());
        assert_eq!(names.len(), Field::ALL.len() + 6);
    }
}
