//! Where facts come from: the names of all streams, also those of other runs, and what lines of other runs said.

use chrono::{DateTime, Utc};

use crate::facts::lifecycle::LifecycleEvents;
use crate::facts::success::Success;
use crate::hash::HashMap;
use crate::model::event::{Place, Text};
use crate::model::name::Name;

/// The streams of a run and of the runs whose facts it was given.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The names of the streams, by number; those of the run itself come first.
    pub files: Vec<Text>,
    remembered: HashMap<Place, Remembered>,
}

/// What is still known of a line of another run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// When.
    pub time: DateTime<Utc>,
    /// What it said, without secrets and cut.
    pub quote: Option<Name>,
}

impl Sources {
    /// The streams of some names, of which the first `own` are the run's.
    pub(super) fn of(files: Vec<Text>, own: usize, successes: &[Success], lifecycle: &LifecycleEvents) -> Self {
        if files.len() <= own {
            return Self { files, remembered: HashMap::default() };
        }
        let successes = successes.iter().map(|success| (success.place, Remembered { time: success.time, quote: None }));
        let logged = lifecycle.lines().iter().map(|line| (line.line, Remembered { time: line.time, quote: line.quote }));
        let is_foreign = |(line, _): &(Place, Remembered)| line.stream.0 as usize >= own;
        Self { files, remembered: successes.chain(logged).filter(is_foreign).collect() }
    }

    /// What is still known of a line of another run.
    pub fn remembered(&self, line: Place) -> Option<Remembered> {
        self.remembered.get(&line).copied()
    }
}
