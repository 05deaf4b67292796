//! The rows of the user table that say that a user is deleted or disabled, whether or not they say since when.

use serde::{Deserialize, Serialize};

use crate::check::inventory;
use crate::facts::maps;
use crate::facts::written::pairs;
use crate::hash::HashMap;
use crate::model::event::{Event, EventKind, Place, StreamId};
use crate::model::name::Name;

/// The rows gathered so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TableRows(#[serde(with = "pairs")] HashMap<(EventKind, Name), Place>);

impl TableRows {
    /// Adds an event, if it is of a row.
    pub fn update(&mut self, event: &Event) {
        let in_table = matches!(event.kind, EventKind::UserDeleted | EventKind::UserDisabled)
            && event.shown.as_deref().is_some_and(|shown| shown.format == inventory::FORMAT);
        if let Some(sub) = event.sub.filter(|_| in_table) {
            let line = event.place;
            self.0.entry((event.kind, sub)).and_modify(|known| *known = line.max(*known)).or_insert(line);
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        maps::merge(&mut self.0, other.0, |known, line| *known = line.max(*known));
    }

    /// Renumbers the streams of its lines.
    pub fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        self.0.values_mut().for_each(|line| line.stream = number(line.stream));
    }

    /// The line of each row, by what it says and by subject.
    pub fn settle(self) -> HashMap<(EventKind, Name), Place> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Shown;

    #[test]
    fn only_rows_of_the_table_are_rows() {
        let mut event = Event::bare(EventKind::UserDeleted, Place { stream: StreamId(0), line: 7 });
        event.sub = Some("7f3a".into());
        let mut rows = TableRows::default();
        rows.update(&event);
        assert_eq!(rows, TableRows::default());
        event.shown = Some(Box::new(Shown { format: inventory::FORMAT.into(), ..Shown::default() }));
        rows.update(&event);
        assert_eq!(rows.settle()[&(EventKind::UserDeleted, "7f3a".into())].line, 7);
    }
}
