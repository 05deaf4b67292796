//! Verdicts: what a rule says of a case, with its grounds.

use chrono::TimeDelta;
use std::borrow::Cow;

use crate::causes::rule::Rule;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::diagnosis::Counter;
use crate::model::event::{Cause, Place, Reason};
use crate::model::words::{Presence, Variant};

/// A cause may seem to come this much after its effect: stamps are cut to the second, and clocks differ.
pub const ORDER_TOLERANCE: TimeDelta = TimeDelta::milliseconds(1500);

/// The highest score: logs never prove everything.
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
    /// What is missing to make it more confident.
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

    /// Limits the score to `cap` where `holds`, and says what is missing.
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
    pub fn blame(mut self, facts: &Facts<'_>, event: usize, says: impl Into<Cow<'static, str>>) -> Self {
        self.blame = Some(event);
        let says = says.into();
        for line in facts.lifecycle.lines_of(event).iter().take(3) {
            self.evidence.push((line.line, says.clone()));
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

    /// Adds what was looked for against it: if present it costs `weight`; `None` is what could not be looked for.
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

/// A root cause: its rules, and the texts that explain it.
pub struct CauseRules {
    /// The cause.
    pub cause: Cause,
    /// The reasons of refusals that it can explain; other cases are not shown to it.
    pub reasons: &'static [Reason],
    /// Adds the verdicts of its rules on a case.
    pub judge: fn(&Case, &Links, &Facts<'_>, &mut Vec<Verdict>),
    /// What it says where no rule has a text of its own.
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
