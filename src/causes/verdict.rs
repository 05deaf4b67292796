//! Verdicts: what a rule says of a case, with its grounds; and how a case's verdict is chosen.

use chrono::TimeDelta;
use std::borrow::Cow;

use crate::causes::rule::Rule;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::diagnosis::Counter;
use crate::model::event::{Cause, Place, Reason};
use crate::model::words::{Presence, Variant};

/// Stamps cut to the second, and clocks of two sources, may put a cause this much after its effect.
pub const ORDER_TOLERANCE: TimeDelta = TimeDelta::milliseconds(1500);

/// The most a sum of grounds can reach: logs never prove all.
const MOST: f64 = 0.98;

/// The events that surround a case, as indices in [`Facts::lifecycle`] or [`Facts::successes`].
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// The last deletion of its subject before it.
    pub deleted: Option<usize>,
    /// The last disabling.
    pub disabled: Option<usize>,
    /// The last restoration.
    pub restored: Option<usize>,
    /// The last creation.
    pub created: Option<usize>,
    /// The last revocation.
    pub revoked: Option<usize>,
    /// The last token issued to it.
    pub issued: Option<usize>,
    /// The last request of its subject that went through before it.
    pub success_before: Option<usize>,
    /// The first that went through after it.
    pub success_after: Option<usize>,
}

/// What one rule says of one case.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// A finer label.
    pub variant: Option<Variant>,
    /// The rule.
    pub rule: &'static Rule,
    /// The sum of its grounds.
    pub score: f64,
    /// The lifecycle event to blame, as an index in [`Facts::lifecycle`].
    pub blame: Option<usize>,
    /// Lines that show it.
    pub evidence: Vec<(Place, Cow<'static, str>)>,
    /// What was looked for against it.
    pub counter: Vec<Counter>,
    /// What it lacks.
    pub lacks: &'static str,
}

impl Verdict {
    /// A verdict with the base of its strongest ground.
    pub fn new(rule: &'static Rule, base: f64) -> Self {
        Self { variant: None, rule, score: base, blame: None, evidence: Vec::new(), counter: Vec::new(), lacks: "" }
    }

    /// The root cause.
    pub fn cause(&self) -> Cause {
        self.rule.cause
    }

    /// Names the finer label.
    #[must_use]
    pub fn variant(mut self, variant: Variant) -> Self {
        self.variant = Some(variant);
        self
    }

    /// Adds `weight` where a ground holds.
    #[must_use]
    pub fn ground(mut self, holds: bool, weight: f64) -> Self {
        if holds {
            self.score += weight;
        }
        self
    }

    /// Holds the score to at most `cap` where `holds`, and says what is missing.
    #[must_use]
    pub fn cap(mut self, holds: bool, cap: f64, lacks: &'static str) -> Self {
        if holds && self.score > cap {
            self.score = cap;
            self.lacks = lacks;
        }
        self
    }

    /// Names the event to blame and shows its lines.
    #[must_use]
    pub fn blame(mut self, facts: &Facts<'_>, event: usize, says: &'static str) -> Self {
        self.blame = Some(event);
        for line in facts.lifecycle.lines_of(event).iter().take(3) {
            self.evidence.push((line.line, says.into()));
        }
        self
    }

    /// Shows a line.
    #[must_use]
    pub fn shows(mut self, place: Option<Place>, says: impl Into<Cow<'static, str>>) -> Self {
        if let Some(place) = place {
            self.evidence.push((place, says.into()));
        }
        self
    }

    /// Says what was looked for against it; what is present costs `weight`, and `None` is what could not be looked for.
    #[must_use]
    pub fn against(mut self, says: &'static str, present: impl Into<Option<bool>>, weight: f64) -> Self {
        let present = present.into();
        let result = match present {
            Some(true) => Presence::Present,
            Some(false) => Presence::Absent,
            None => Presence::NotCheckable,
        };
        self.counter.push(Counter { says: says.into(), result });
        self.ground(present == Some(true), -weight)
    }

    /// The confidence: the score within its bounds, to two digits.
    pub fn confidence(&self) -> f64 {
        (self.score.clamp(0.0, MOST) * 100.0).round() / 100.0
    }
}

/// A root cause: its rules, and what to tell of it.
pub struct CauseRules {
    /// The cause.
    pub cause: Cause,
    /// The reasons of refusals that it can explain; of others it is not asked.
    pub reasons: &'static [Reason],
    /// Adds what its rules say of a case.
    pub judge: fn(&Case, &Links, &Facts<'_>, &mut Vec<Verdict>),
    /// What it says where no rule says it more finely.
    pub says: &'static str,
    /// What to do then.
    pub fix: &'static str,
    /// How one sees that it worked.
    pub verify: &'static str,
    /// Whether and when it ends by itself; empty where nobody knows.
    pub ends: &'static str,
    /// Its rules.
    pub rules: &'static [&'static Rule],
}
