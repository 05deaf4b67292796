//! Root causes: one file a cause, each with the rules that speak for it.

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

use crate::causes::verdict::CauseRules;

/// Every cause. Of verdicts that are equally strong the one that stands first here is chosen: direct state before
/// outages, identity before keys, keys before configuration, and nothing before what is known.
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
