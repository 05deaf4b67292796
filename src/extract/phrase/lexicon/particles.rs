//! The small words that hold a sentence together, and the lists of words that are treated apart.

use crate::extract::phrase::concept::Concept;

/// The small words and what they do.
pub(super) const PARTICLES: &[(Concept, &str)] = &[
    (
        Concept::Not,
        "not, never, cannot, can t, isn t, doesn t, don t, didn t, couldn t, wasn t, aren t, won t, hasn t, haven t, wouldn t, weren t, unable to, \
         unable, failed to, fail to, fails to, failure to, \
         no longer, refused to, refuses to, couldnt, doesnt, cant, isnt, wont, didnt, dont, impossible to, \
         shouldn t, neither, hadn t, nor, \
         error while, error when, exception while, trouble, problem, problem while, \
         error in, error on, failing to, unable to be, difficulty, declined to, incapable of, \
         were unable to, unsuccessful in, fails at, isn, doesn, mustn t, error occurred while, error during, \
         failed when, failed while, gave up, problems, nothing could",
    ),
    (Concept::No, "no, none of, any of the, zero, neither of, not one, nobody with, there is no, there are no, there was no"),
    (
        Concept::Fail,
        "failed, raised, threw, failure, fail, fails, error, unsuccessful, unsuccessfully, aborted, exception, could not be completed, did not succeed, \
         errored, was rejected, negative, failing, rejected because",
    ),
    (
        Concept::Must,
        "must, should, must be, should be, has to, has to be, need to be, needs to be, must have, must match, should have, should match, \
         shall, shall be, must be a, expected to be, expected to have, supposed to be, supposed to have, expected to contain",
    ),
    (
        Concept::Be,
        "is, was, are, were, be, been, being, gets, got, became, becomes, seems, appears, remains, \
         turned out",
    ),
    (
        Concept::Preposition,
        "of, for, on, with, at, by, to, named, called, behind, under, against, using, \
         having, via, through, where, through, per, regarding, about, among, \
         and",
    ),
    (Concept::Inside, "from, in, into, inside, within"),
    (Concept::Only, "only, just, solely, exclusively"),
    (Concept::Or, "or, nor"),
    (Concept::Relative, "we, which, that, who, whose"),
    (
        Concept::Because,
        "because, because of, due to, caused by, reason, cause, since, as a result of, root cause, on account of, but, however, owing to, \
         while, during, as",
    ),
    (
        Concept::Advice,
        "please, make sure, ensure, try, if, consider, hint, note, check that, check whether, verify that, \
         you can, perhaps, maybe, see, whether, unless, to fix, e g, for example, try again, if the, allowed values, \
         supported values, allowed clock skew, tip, learn more, or use, in case, when using, \
         might be, may have, may be, ",
    ),
    (
        Concept::Planned,
        "will, going to, requested, scheduled, schedule, pending, attempt, attempted, attempting, try to, trying to, about to, \
         starting, planned, would, asks, asked, queued, prepare, preparing, initiated, dry run, want, wants, \
         could, button, click, invited, invitation, notification, reminder, started, skip, skipped, skipping",
    ),
    (
        Concept::Refused,
        "invalid grant, denied, refused, rejected, unauthorized, 401, 403, turned away, declined, refusing, rejecting, denying, \
         authentication failed, auth failed, authn failed, not authorized, authentication failure, authentication error, \
         authorization failed, authorization failure, authorization error, unauthenticated request, deny, reject, refuse, denial, rejection, \
         authentication exception, could not authenticate, authentication, authenticate, auth error, autherror, unauthorized error, \
         refusal, www authenticate, access denied, ",
    ),
    (Concept::Done, "complete, completed, succeeded, success, successful, done, finished, ok"),
    (Concept::True, "true, yes, on, 1, t"),
    (Concept::False, "false, off, 0, f"),
];

/// Words that are passed over as if they did not stand there.
pub(super) const PASSED_OVER: &str =
    "the, a, an, this, these, those, its, our, their, his, her, my, your, very, same, itself, successfully, you, com, org";

/// Fields whose value tells where a line comes from, and nothing of what happened.
pub(super) const PLACE_FIELDS: &str = "logger, caller, url, uri, path, referer, referrer, agent, useragent, hostname, host, thread, \
     href, cookie, query, location, pathname, filename, lineno, func, funcname";

/// Fields whose value says what a deed was done to.
pub(super) const OBJECT_FIELDS: &str =
    "resource, object, target, entity, type, table, kind, model, category, aggregate, obj, subject, collection";

/// Words of logins with a password: a user who is not found there held no token.
pub(super) const LOGINS: &str = "login, logon, signin, attempt, attempts, rhost, tty, firstfactor, basic, rcpt, relay, sender, mailbox, sip, \
     registration, htpasswd, mechanism, peer, extension, tried, root, ldap, radius, username, workstation, terminal, shell, invite";

/// Endings of class names that only do the work: a `TokenExpiredFilter` is no expired token.
pub(super) const WORKERS: &str = "filter, controller, service, handler, provider, manager, middleware, interceptor, strategy, guard, \
     plugin, module, factory, repository, validator, verifier, decoder, parser, resolver, client, server, config, util, utils, impl, \
     helper, listener, processor, adapter, converter, builder, resource, job, worker, task, scheduler, bean, component, dao, mapper, \
     cleaner, consumer, producer, actor, extractor, checker, configuration, properties, template, context, holder, bearer, endpoint, \
     loader, fetcher, source, authenticator, interface, entity, dto, response, application, test, spec, command, query, gateway";
