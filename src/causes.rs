//! Root causes: one file a cause, each with the rules that can conclude it.

pub mod rule;
pub mod verdict;

pub mod key_rotated;
pub mod misconfiguration;
pub mod probing;
pub mod replication_lag;
pub mod stale_jwks_cache;
pub mod token_lifetime;
pub mod token_revoked;
pub mod unexplained;
pub mod user_deleted;
pub mod user_disabled;
pub mod user_never_existed;
pub mod user_store_outage;

use crate::causes::rule::Rule;
use crate::causes::verdict::CauseRules;
use crate::model::words::{Cause, RuleId};

/// Every cause. Of equally strong verdicts that of the first cause here is chosen: the state of the account before
/// outages, identity before keys, keys before configuration, and `unexplained` last.
pub const CAUSES: [&CauseRules; 12] = [
    &user_disabled::RULES,
    &token_revoked::RULES,
    &probing::RULES,
    &user_deleted::RULES,
    &replication_lag::RULES,
    &user_store_outage::RULES,
    &key_rotated::RULES,
    &stale_jwks_cache::RULES,
    &token_lifetime::RULES,
    &misconfiguration::RULES,
    &user_never_existed::RULES,
    &unexplained::RULES,
];

/// Every rule, in the order of its number; of one number in the order of [`CAUSES`].
pub fn rules() -> Vec<&'static Rule> {
    let mut rules: Vec<&Rule> = CAUSES.iter().flat_map(|cause| cause.rules).copied().collect();
    rules.sort_by_key(|rule| rule.id);
    rules
}

/// The rule of a cause with a number.
pub fn rule(cause: Cause, id: RuleId) -> Option<&'static Rule> {
    let of_cause = CAUSES.iter().filter(|rules| rules.cause == cause);
    of_cause.flat_map(|cause| cause.rules).copied().find(|rule| rule.id == id)
}
