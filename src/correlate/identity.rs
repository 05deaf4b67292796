//! What a failure and its pattern are called, in every run and wherever their lines stand.

use crate::correlate::fingerprint::{fingerprint, hash};
use crate::hash::{HashMap, HashSet};
use crate::model::diagnosis::Failure;
use crate::model::id::Id;
use crate::model::name::{Name, Text};
use crate::parallel;

/// The id of the pattern of a failure: made of what it is about. `object` is the user, key or service that the event to
/// blame happened to.
///
/// Deletions and the like happen to one user each and make one pattern together; a deploy or a rotation makes a pattern of
/// its own, known by what it was and when, not by its file and line: logs are rotated.
pub fn pattern_id(failure: &Failure, object: Option<Name>) -> Name {
    let blamed = failure.cause.as_ref().filter(|cause| !cause.kind.is_of_one_user()).map(|cause| {
        let time = || cause.time.map(|time| time.timestamp().to_string()).unwrap_or_default();
        let event_id = cause.event_id.as_ref().map(ToString::to_string);
        event_id.unwrap_or_else(|| format!("{} {} {}", cause.kind, object.unwrap_or_default(), time()))
    });
    let (service, words) = (failure.service.unwrap_or_default().text(), failure.words.map(Name::text));
    let mut parts = vec![
        failure.root_cause.as_str(),
        failure.variant.map_or("", |variant| variant.as_str()),
        failure.rule.as_str(),
        failure.reason.as_str(),
        &service,
        blamed.as_deref().unwrap_or(""),
    ];
    parts.extend(words.as_deref());
    Name::of(&fingerprint("p1", &parts))
}

/// Gives each failure its id: made of its request's id where it has one that no earlier one has, else of when it was and
/// what is known of it, and of its rank among those alike.
pub fn name_failures(failures: &mut [Failure]) {
    let mut named: HashSet<Id> = HashSet::default();
    let mut alike: HashMap<u64, u32> = HashMap::default();
    // Which of several comes first must not depend on the files they were read from.
    let mut order: Vec<usize> = (0..failures.len()).collect();
    let what = |f: &Failure| (f.time, f.reason, f.service, f.path, f.sub);
    parallel::sort_by_cached_key(&mut order, |index| what(&failures[*index]));
    for index in order {
        let failure = &mut failures[index];
        let id = failure.request_id.or(failure.trace_id);
        if let Some(id) = id.filter(|id| named.insert(*id)) {
            failure.failure_id = id.with_text(|id| fingerprint("r1", &[id]));
            continue;
        }
        let text = |name: Option<Name>| name.unwrap_or_default().text();
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        let time = failure.time.map(|time| time.to_rfc3339()).unwrap_or_default();
        let known = [failure.service, failure.path, failure.sub, failure.client_ip].map(text);
        let known = known.each_ref().map(Text::as_str);
        let words = [&[id.as_str(), time.as_str(), failure.reason.as_str()][..], &known].concat();
        let count = alike.entry(hash(&words)).or_default();
        *count += 1;
        failure.failure_id = fingerprint("r1", &[&words[..], &[&count.to_string()]].concat());
    }
}
