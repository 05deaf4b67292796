//! What a band promises it holds: over many made-up days whose truth is known, diagnoses of a band are right at least as
//! often as its lower edge says. `cargo test calibration -- --nocapture` prints the table.
#![expect(clippy::print_stdout, reason = "the table is what one runs this for")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jwtriage::model::event::{Band, Cause};
use jwtriage::model::words::RuleId;

use crate::scenarios::played;

/// A small generator of numbers, so that every run plays the same days.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

/// A day's timeline and the true cause of each of its failures, by request id.
#[derive(Default)]
struct Day {
    timeline: String,
    truth: BTreeMap<String, Cause>,
}

impl Day {
    fn tell(&mut self, second: u64, text: &str) {
        let _ = writeln!(self.timeline, "{:02}:{:02}:{:02} {text}", second / 3600, second / 60 % 60, second % 60);
    }

    fn fail(&mut self, second: u64, cause: Cause, text: &str) {
        let id = format!("q-{}", self.truth.len());
        self.tell(second, &format!("auth_failure request_id={id} method=GET path=/v1/me status=401 {text}"));
        self.truth.insert(id, cause);
    }
}

const USERS: u64 = 40;
const HOUR: u64 = 3600;

/// The timelines of some days.
pub(crate) fn days(count: usize) -> Vec<String> {
    let mut dice = Dice(7);
    (0..count).map(|_| day(&mut dice).timeline).collect()
}

fn day(dice: &mut Dice) -> Day {
    let mut day = Day::default();
    for user in 0..USERS {
        day.tell(6 * HOUR + user, &format!("user_created sub=u-{user}"));
        for n in 0..4 {
            day.tell(7 * HOUR + 900 * n + user, &format!("request sub=u-{user} service=orders status=200 kid=k1"));
        }
    }
    lives(&mut day, dice);
    keys(&mut day, dice);
    store(&mut day, dice);
    strangers(&mut day, dice);
    for _ in 0..dice.below(3) {
        let at = 8 * HOUR + dice.below(10 * HOUR);
        day.tell(at, &format!("config_changed service={}", ["orders", "cart"][usize::try_from(dice.below(2)).unwrap()]));
    }
    day
}

/// Deletions, told or not; disabled accounts; users just created; expiry; rights.
fn lives(day: &mut Day, dice: &mut Dice) {
    for user in 0..8 {
        let end = 8 * HOUR + dice.below(8 * HOUR);
        let told = user < 5;
        if told {
            day.tell(end, &format!("user_deleted sub=u-{user} event_id=d-{user}"));
        }
        for n in 0..=dice.below(4) {
            let at = end + 5 + 300 * n + dice.below(200);
            let times = if dice.one_in(2) {
                format!("iat={:02}:{:02}", (end - 600) / HOUR, (end - 600) / 60 % 60)
            } else {
                String::new()
            };
            day.fail(at, Cause::UserDeleted, &format!("reason=sub_not_found sub=u-{user} service=orders {times}"));
        }
    }
    for user in 8..11 {
        let end = 8 * HOUR + dice.below(8 * HOUR);
        day.tell(end, &format!("user_disabled sub=u-{user} event_id=b-{user}"));
        let reason = if dice.one_in(3) { "sub_not_found" } else { "user_disabled" };
        day.fail(end + 20 + dice.below(900), Cause::UserDisabled, &format!("reason={reason} sub=u-{user} service=orders"));
    }
    for new in 0..3 {
        let born = 9 * HOUR + dice.below(6 * HOUR);
        day.tell(born, &format!("user_created sub=new-{new}"));
        day.fail(born + 1 + dice.below(10), Cause::ReplicationLag, &format!("reason=sub_not_found sub=new-{new} service=orders"));
        day.tell(born + 20 + dice.below(30), &format!("request sub=new-{new} service=orders status=200"));
    }
    for user in 12..18 {
        let at = 8 * HOUR + dice.below(9 * HOUR);
        day.fail(
            at,
            Cause::TokenLifetime,
            &format!("reason=token_expired sub=u-{user} exp={:02}:{:02} service=orders", (at - 300) / HOUR, (at - 300) / 60 % 60),
        );
    }
    for user in 18..20 {
        day.fail(
            8 * HOUR + dice.below(9 * HOUR),
            Cause::Misconfiguration,
            &format!("reason=scope_insufficient sub=u-{user} service=orders"),
        );
    }
}

/// A rotation that one verifier learns late, and the retirement of the old key.
fn keys(day: &mut Day, dice: &mut Dice) {
    let turn = 10 * HOUR + dice.below(2 * HOUR);
    day.tell(turn, "key_added kid=k2 event_id=a-1");
    day.tell(turn, "key_rotated kid=k2 previous_kid=k1 event_id=r-1");
    for n in 0..3 + dice.below(8) {
        day.fail(
            turn + 30 + 60 * n,
            Cause::StaleJwksCache,
            &format!("reason=key_not_found kid=k2 sub=u-{} service=cart", 20 + n),
        );
        day.tell(turn + 40 + 60 * n, &format!("request sub=u-{} service=orders status=200 kid=k2", 20 + n));
    }
    let end = turn + HOUR;
    day.tell(end, "key_retired kid=k1 event_id=x-1");
    for n in 0..3 + dice.below(6) {
        day.fail(end + 20 + 120 * n, Cause::KeyRotated, &format!("reason=key_not_found kid=k1 sub=u-{} service=orders", 30 + n));
    }
}

/// The user store fails for a while: live users are not found and come back.
fn store(day: &mut Day, dice: &mut Dice) {
    let start = 14 * HOUR + dice.below(2 * HOUR);
    let length = 60 + dice.below(120);
    for n in 0..length / 10 {
        day.tell(start + 10 * n, "user_store_error service=orders");
    }
    for user in 20..32 {
        let honest = dice.one_in(3);
        let reason = if honest { "user_store_unavailable" } else { "sub_not_found" };
        day.fail(start + dice.below(length), Cause::UserStoreOutage, &format!("reason={reason} sub=u-{user} service=orders"));
        day.tell(start + length + 60 + dice.below(600), &format!("request sub=u-{user} service=orders status=200"));
    }
}

/// Those who were never here, those who try, and those of whom nothing is known.
fn strangers(day: &mut Day, dice: &mut Dice) {
    for n in 0..3 {
        let at = 8 * HOUR + dice.below(9 * HOUR);
        day.fail(at, Cause::UserNeverExisted, &format!("reason=sub_not_found sub=zz-{n} client=192.0.2.{n} service=orders"));
    }
    let at = 9 * HOUR + dice.below(8 * HOUR);
    for n in 0..4 + dice.below(6) {
        day.fail(at + n, Cause::Probing, "reason=algorithm_not_allowed alg=none client=203.0.113.66 service=orders");
        day.fail(at + n, Cause::Probing, &format!("reason=signature_invalid sub=x-{n} client=203.0.113.66 service=orders"));
    }
    traps(day, dice);
    for n in 0..4 {
        day.fail(
            8 * HOUR + dice.below(9 * HOUR),
            Cause::Unexplained,
            &format!("reason=other client=198.51.100.{n} service=billing"),
        );
    }
}

/// What looks like something else: a foreign key, a deletion that an outage hides, a restored user, a deletion in
/// another tenant, users who were gone before the logs begin.
fn traps(day: &mut Day, dice: &mut Dice) {
    let at = 11 * HOUR + dice.below(5 * HOUR);
    day.fail(at, Cause::UserNeverExisted, "reason=key_not_found kid=staging-1 sub=zz-9 service=orders");
    let at = 14 * HOUR + dice.below(2 * HOUR);
    day.fail(at, Cause::UserDeleted, "reason=sub_not_found sub=u-36 service=orders");
    day.fail(at + 1800, Cause::UserDeleted, "reason=sub_not_found sub=u-36 service=orders");
    day.tell(8 * HOUR, "user_deleted sub=u-37 event_id=d-37");
    day.tell(8 * HOUR + 600, "user_restored sub=u-37");
    day.fail(16 * HOUR + dice.below(HOUR), Cause::TokenRevoked, "reason=token_revoked sub=u-37 service=orders");
    day.tell(8 * HOUR, "user_deleted sub=u-38 tenant=b event_id=d-38");
    day.tell(8 * HOUR + 1, "user_created sub=u-38 tenant=a");
    day.fail(17 * HOUR, Cause::UserNeverExisted, "reason=sub_not_found sub=u-38 tenant=c service=orders");
    for n in 0..3 {
        let at = 8 * HOUR + dice.below(8 * HOUR);
        day.fail(at, Cause::UserDeleted, &format!("reason=sub_not_found sub=old-{n} client=198.51.100.9{n} service=orders"));
    }
}

#[test]
fn calibration_holds_what_the_bands_promise() {
    let mut dice = Dice(42);
    let mut tally: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut wrong: BTreeMap<(Cause, Cause, RuleId), u32> = BTreeMap::new();
    for _ in 0..40 {
        let day = day(&mut dice);
        for failure in played(&day.timeline).failures {
            let truth = day.truth[&*failure.request_id.unwrap().to_string()];
            let (right, all) = tally.entry(failure.band.as_str()).or_default();
            *all += 1;
            if failure.root_cause == truth {
                *right += 1;
            } else {
                *wrong.entry((truth, failure.root_cause, failure.rule)).or_default() += 1;
            }
        }
    }
    println!("band          right    all  share");
    for (band, edge) in [(Band::Confirmed, 0.97), (Band::Likely, 0.85), (Band::Possible, 0.50)] {
        let (right, all) = tally.get(band.as_str()).copied().unwrap_or_default();
        let share = f64::from(right) / f64::from(all.max(1));
        println!("{:12} {right:6} {all:6}  {share:.3}", band.as_str());
        assert!(all >= 50, "{band} was hardly met: {all}");
        assert!(share >= edge, "{band}: {share:.3} of {all}; wrong: {wrong:?}");
    }
    println!("taken for others: {wrong:?}");
}
