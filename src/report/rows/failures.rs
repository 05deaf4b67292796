//! The columns of failures: one row a failed request.

use super::row::Get::{Real, Text, Time, Whole};
use super::row::{Column, id, name, text, whole, word};
use crate::model::diagnosis::{CauseEvent, Failure};
use crate::model::words::Variant;
use crate::report::json::text_of;

/// The columns, in order. What is to blame is several of them, and lists are JSON text.
pub(in crate::report) const FAILURE: &[Column<Failure>] = &[
    Column("failure_id", Text(|failure, _| word(&failure.failure_id))),
    Column("pattern_id", Text(|failure, _| name(Some(failure.pattern_id)))),
    Column("time", Time(|failure| failure.time)),
    Column("reason", Text(|failure, _| word(failure.reason.as_str()))),
    Column("sub", Text(|failure, _| name(failure.sub))),
    Column("kid", Text(|failure, _| name(failure.kid))),
    Column("iss", Text(|failure, _| name(failure.iss))),
    Column("aud", Text(|failure, _| name(failure.aud))),
    Column("client_ip", Text(|failure, _| name(failure.client_ip))),
    Column("request_id", Text(|failure, _| id(failure.request_id))),
    Column("trace_id", Text(|failure, _| id(failure.trace_id))),
    Column("service", Text(|failure, _| name(failure.service))),
    Column("method", Text(|failure, _| name(failure.method))),
    Column("path", Text(|failure, _| name(failure.path))),
    Column("status", Whole(|failure| failure.status.map(i64::from))),
    Column("root_cause", Text(|failure, _| word(failure.root_cause.as_str()))),
    Column("variant", Text(|failure, _| text(failure.variant.map(Variant::as_str)))),
    Column("rule", Text(|failure, _| word(failure.rule.as_str()))),
    Column("confidence", Real(|failure| Some(failure.confidence))),
    Column("band", Text(|failure, _| word(failure.band.as_str()))),
    Column("cause_kind", Text(|failure, _| text(blamed(failure).map(|cause| cause.kind.as_str())))),
    Column("cause_time", Time(|failure| blamed(failure)?.time)),
    Column("cause_event_id", Text(|failure, _| text(blamed(failure)?.event_id.as_deref()))),
    Column("cause_file", Text(|failure, _| word(&blamed(failure)?.file))),
    Column("cause_line", Whole(|failure| whole(blamed(failure)?.line))),
    Column("evidence", Text(|failure, _| Some(text_of(&failure.evidence).into()))),
    Column("counter", Text(|failure, _| Some(text_of(&failure.counter).into()))),
    Column("alternatives", Text(|failure, _| Some(text_of(&failure.alternatives).into()))),
    Column("seen_in", Text(|failure, _| Some(text_of(&failure.seen_in).into()))),
    Column("inferred", Text(|failure, _| Some(text_of(&failure.inferred).into()))),
];

fn blamed(failure: &Failure) -> Option<&CauseEvent> {
    failure.cause.as_ref()
}
