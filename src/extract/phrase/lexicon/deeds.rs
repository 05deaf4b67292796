//! The words for what was done to users, keys, tokens and sessions.

use crate::extract::phrase::concept::Deed;

/// Verbs by what they do. Forms are made by rule: delete, deletes, deleted, deleting.
pub(super) const VERBS: &[(Deed, &str)] = &[
    (Deed::Create, "create, enroll, enrol, onboard, provision, insert, join, signup, invite"),
    (
        Deed::Delete,
        "delete, remove, purge, erase, wipe, scrub, destroy, deprovision, offboard, deregister, unregister, unenroll, expunge, \
         anonymize, anonymise, obliterate, drop, tombstone",
    ),
    (Deed::Disable, "disable, block, ban, suspend, lock, deactivate, bar, freeze, quarantine, inactivate, archive"),
    (
        Deed::Restore,
        "restore, enable, reactivate, reinstate, unblock, unban, unlock, unfreeze, unsuspend, undelete, activate, recover, reenable, unbar, \
         unarchive",
    ),
    (Deed::Rotate, "rotate, switch, replace, roll, renew, regenerate, reroll, swap"),
    (Deed::Add, "add, publish, import, install, generate, upload, introduce, promote"),
    (Deed::Retire, "retire, withdraw, decommission, unpublish"),
    (Deed::Revoke, "revoke, invalidate, terminate, cancel, kill, void, blacklist, denylist"),
    (Deed::Refresh, "refresh, reload, fetch, download, load, refetch, retrieve"),
    (Deed::Issue, "issue, grant, mint"),
    (Deed::Update, "update, change, modify, alter, edit, patch, set"),
];

/// Other words and idioms for the same deeds.
pub(super) const DEEDS: &[(Deed, &str)] = &[
    (
        Deed::Create,
        "creation, signed up, sign up, signedup, user signup, new user, taken in, joined, provisioning, registered, register, \
         registration, selfregistered, self registered, opened, inserted, was born, came to be, onboarding, enrolment, enrollment, set up, insertion",
    ),
    (
        Deed::Delete,
        "struck from, struck off, stricken from, taken off books, deletion, removal, erasure, closed for good, deprovisioning, offboarding, soft delete, soft deleted, del, hard delete, \
         hard deleted, termination, truncate, truncate table, drop table, drop table if exists, drop user, closed, gdpr erase, erased, \
         closure, destroyed, destruction, deleted forever",
    ),
    (
        Deed::Disable,
        "suspension, deactivation, ban, lockout, locked out, frozen, froze, switched off, switch off, put on hold, put to sleep, \
         turned off, soft lock, user lock, shut out, disablement",
    ),
    (
        Deed::Restore,
        "active again, enabled again, allowed again, unlocked again, lifted, restoration, reinstatement, reactivation, switched on, switched on again, turned on, turned on again, brought back, \
         let back in, unfrozen, unfroze, re enabled, re enable, re activated, activation, undeletion, unlocking, taken off hold, revived, recovered, block released, block removed, block lifted, ban lifted, ban removed, \
         suspension lifted, suspension removed, lock removed, lock lifted, hold lifted, hold removed",
    ),
    (
        Deed::Rotate,
        "rotation, rollover, rolled over, roll over, rolled, changeover, new active, became active, is now active, now active, \
         now using, is now primary, set active, made active, key change, new current, switched to, newly active, cut over, took over, \
         promoted to active, promoted, replacement, in place of, ",
    ),
    (Deed::Add, "added to, addition, pre published, new key, generated new, staged"),
    (
        Deed::Retire,
        "threw away, thrown away, discarded, scrapped, withdrew, withdrawn, retirement, taken out of use, phased out, taken out of service, pulled, out of rotation, sunset",
    ),
    (
        Deed::Revoke,
        "revocation, invalidation, \
         session end, session ended, ended, end session, , withdrawn grant, cancelled, canceled",
    ),
    (
        Deed::Leave,
        "logout, log out, log off, logoff, sign out, signout, sign off, logged out, signed out, signed off, logged off, \
         signoff, ",
    ),
    (Deed::Refresh, "reloading, reread, re read, refetched, reloaded, repopulated, refreshing"),
    (
        Deed::Issue,
        "issuance, login success, login succeeded, logged in, sign in succeeded, signed in, token exchange, minting, login successful, \
         successful login, issued at login",
    ),
    (Deed::Update, "modification, updation, changeset, amended, put, updating"),
];
