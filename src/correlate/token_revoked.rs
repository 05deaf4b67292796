//! `token_revoked`: the token or its session was revoked. DR-36, DR-38.
//!
//! # What it says
//! Signature, time and user were fine; the session or the token was ended before.
//!
//! # Evidence
//! The reason itself; a logout or revocation of the same subject before the failure.
//!
//! # Not to be confused with
//! A soft deletion, which ends sessions as well (DR-03).

use super::merge::Case;
use super::verdict::{CauseRules, Links, Verdict};
use super::world::World;
use crate::event::{Cause, Reason};

/// The rules of this cause.
pub(super) const RULES: CauseRules =
    CauseRules { cause: Cause::TokenRevoked, reasons: &[Reason::TokenRevoked], judge, says, fix };

fn judge(case: &Case, links: &Links, world: &World<'_>, verdicts: &mut Vec<Verdict>) {
    if case.reason != Reason::TokenRevoked {
        return;
    }
    let deleted = links.deleted.is_some_and(|deleted| {
        links.revoked.is_none_or(|revoked| world.happenings[deleted].time >= world.happenings[revoked].time)
    });
    let verdict =
        Verdict::new(Cause::TokenRevoked, "DR-36", 0.80).against("a deletion of the user after the last logout", deleted, 0.15);
    verdicts.push(match links.revoked {
        Some(place) => {
            verdict.ground(true, 0.12).variant("logout").blame(world, place, "the session ended or the token was revoked")
        }
        None => verdict,
    });
}

fn says(_: Option<&str>) -> &'static str {
    "The token or its session was revoked before the request"
}

fn fix(_: Option<&str>) -> &'static str {
    "None if it is intended; log out with local scope where other devices should stay signed in, and make clients ask for a login on this answer"
}
