//! A diagnosis rule as data: what it looks for, what it concludes, and what to do about it.
//!
//! The code of a rule stands in the file of its cause, and refers to the rule by its static. Reports, `jwtriage rules`,
//! `jwtriage explain` and the README read the same statics.

use std::fmt;

use serde::Serialize;

use crate::facts::scope::Scope;
use crate::model::words::{Cause, RuleId, Variant};

/// A diagnosis rule of one cause. A number that two causes share has a rule in the file of each.
#[derive(Serialize)]
pub struct Rule {
    /// The number.
    pub id: RuleId,
    /// The cause that it concludes.
    pub cause: Cause,
    /// Where its conclusion stands in a report.
    pub kind: RuleKind,
    /// What it finds, as one line.
    pub name: &'static str,
    /// What one sees in the logs.
    pub symptom: &'static str,
    /// What must hold for it to conclude anything.
    pub requires: &'static [&'static str],
    /// What makes it more confident.
    pub supports: &'static [&'static str],
    /// What makes it less confident, or rules it out.
    pub counters: &'static [&'static str],
    /// How confident it is, and what the confidence depends on.
    pub confidence: &'static str,
    /// What it can conclude.
    pub outcomes: &'static [Outcome],
    /// How one sees that the fix worked.
    pub verify: &'static str,
    /// Whether and when the failures end by themselves; empty where nobody knows.
    pub ends: &'static str,
    /// Which facts it reads.
    pub reads: &'static [Scope],
    /// A timeline that shows it: a file under `tests/it/scenarios`, without its ending.
    pub scenario: &'static str,
}

/// One conclusion of a rule.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The finer label; `None` where the rule says all.
    pub variant: Option<Variant>,
    /// What happened, as one sentence for people.
    pub says: &'static str,
    /// What to do about it.
    pub fix: &'static str,
}

/// Where the conclusion of a rule stands in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// It explains failures.
    Diagnosis,
    /// It explains failures, and is a security finding as well.
    DiagnosisAndFinding,
    /// It is a security finding; no failure has its number.
    Finding,
    /// It stands in the text of other diagnoses or among what is missing; no failure has its number.
    Remark,
}

impl RuleKind {
    /// As a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Diagnosis => "a diagnosis of failures",
            Self::DiagnosisAndFinding => "a diagnosis of failures and a security finding",
            Self::Finding => "a security finding beside the failures",
            Self::Remark => "a remark on other diagnoses",
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.id, self.cause)
    }
}

impl Rule {
    /// The conclusion with a finer label.
    pub fn outcome(&self, variant: Option<Variant>) -> Option<&'static Outcome> {
        self.outcomes.iter().find(|outcome| outcome.variant == variant)
    }
}
