//! What a record names: fields by name, and where each layout usually keeps what an event needs.
//!
//! A [`Fields`] is a flat list of name and text: JSON paths joined by dots (`req.id`, `events.0.action`),
//! keys of `key=value` text, or the names a text layout's parser gives. [`Role`] says which names mean the
//! same thing all over the field, so that no format has to know events.

use std::borrow::Cow;
use std::fmt::{Display, Write};
use std::ops::Range;
use std::rc::Rc;

use crate::layout::json;
use crate::layout::paths::{Path, Paths};

/// The fields of one record, in the order they stand.
#[derive(Debug, Clone, Default)]
pub struct Fields<'r> {
    named: Vec<(Part<'r>, Part<'r>)>,
    /// Numbers written out while reading, one after the other: one allocation for all of them.
    spelt: String,
    /// Who plays which role, if that is known already.
    assignment: Option<RoleAssignment>,
}

/// A name or a value.
#[derive(Debug, Clone)]
enum Part<'r> {
    /// That of the record, or one of its own.
    Text(Cow<'r, str>),
    /// A path that was met before.
    Path(Rc<Path>),
    /// Where it stands in what was written out.
    Spelt(Range<usize>),
}

impl<'r> Fields<'r> {
    /// No fields yet, with room for those of a record of so many bytes.
    pub(super) fn with_room(bytes: usize) -> Self {
        // An access log's field takes some thirty bytes.
        let (room, spelt) = ((bytes / 32).clamp(8, 64), (bytes / 16).min(256));
        Self { named: Vec::with_capacity(room), spelt: String::with_capacity(spelt), assignment: None }
    }

    /// Adds a field; empty values and a lone dash say nothing and are left out.
    pub fn push(&mut self, name: impl Into<Cow<'r, str>>, value: impl Into<Cow<'r, str>>) {
        let value = value.into();
        if !value.is_empty() && value != "-" {
            // Few records have less, and one allocation is enough for most.
            if self.named.is_empty() {
                self.named.reserve(16);
            }
            self.add(Part::Text(name.into()), Part::Text(value));
        }
    }

    /// Adds a field at a path.
    pub(super) fn push_at(&mut self, path: Rc<Path>, value: Cow<'r, str>) {
        if !value.is_empty() && value != "-" {
            self.add(Part::Path(path), Part::Text(value));
        }
    }

    /// Adds a field whose value has to be written out.
    pub(super) fn push_number(&mut self, path: Rc<Path>, number: impl Display) {
        let start = self.spelt.len();
        // Memory takes what is written.
        write!(self.spelt, "{number}").ok();
        self.add(Part::Path(path), Part::Spelt(start..self.spelt.len()));
    }

    fn add(&mut self, name: Part<'r>, value: Part<'r>) {
        self.named.push((name, value));
        self.assignment = None;
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.named.iter().map(|(name, value)| (self.text(name), self.text(value)))
    }

    /// The values that do not stand in the record as they are.
    pub fn rewritten(&self) -> impl Iterator<Item = &str> {
        self.named.iter().filter_map(|(_, value)| if let Part::Text(Cow::Owned(text)) = value { Some(&**text) } else { None })
    }

    fn text<'f>(&'f self, part: &'f Part<'r>) -> &'f str {
        match part {
            Part::Text(text) => text,
            Part::Path(path) => &path.text,
            Part::Spelt(span) => self.spelt.get(span.clone()).unwrap_or_default(),
        }
    }

    /// The value of the field `path`, or of the first field that ends with `.path` (a wrapper around it).
    pub fn get(&self, path: &str) -> Option<&str> {
        self.exact(path).or_else(|| {
            self.iter().find(|(name, _)| name.strip_suffix(path).is_some_and(|head| head.ends_with('.'))).map(|(_, value)| value)
        })
    }

    /// The value of the field that has exactly this name.
    pub fn exact(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// What the fields mean, as far as their names tell.
    pub fn roles(&self) -> Roles<'_> {
        let assignment = self.assignment.unwrap_or_else(|| self.meanings(|_, _| {}));
        Roles(assignment.map(|field| (field != UNASSIGNED).then(|| self.value(field.into()))))
    }

    /// Works that out for later, and hands on the meaning of each name that says something of its value, and the place
    /// of the field, in order.
    pub(super) fn assignment(&mut self, each: impl FnMut(&Meaning, usize)) {
        self.assignment = Some(self.meanings(each));
    }

    /// Who plays which role; hands on the meanings.
    fn meanings(&self, mut each: impl FnMut(&Meaning, usize)) -> RoleAssignment {
        let mut best: [Option<(Rank, usize)>; Role::ALL.len()] = [None; Role::ALL.len()];
        let mut tell = |meaning: &Meaning, place: usize, value: &str| {
            for (role, rank) in &meaning.roles {
                let field = &mut best[*role as usize];
                if field.is_none_or(|(best, _)| *rank < best) && role.accepts(value) {
                    *field = Some((*rank, place));
                }
            }
            each(meaning, place);
        };
        Paths::with(|paths| {
            for (place, (name, value)) in self.named.iter().enumerate() {
                let path = match name {
                    Part::Path(path) => Rc::clone(path),
                    name => paths.named(self.text(name)),
                };
                if let Some(meaning) = &path.meaning {
                    tell(meaning, place, self.text(value));
                }
            }
        });
        best.map(|field| field.and_then(|(_, place)| u16::try_from(place).ok()).unwrap_or(UNASSIGNED))
    }

    /// The value of the field at a place.
    pub(super) fn value(&self, place: usize) -> &str {
        self.text(&self.named[place].1)
    }

    /// Takes back all fields but the first `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        self.named.truncate(length);
        self.assignment = None;
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.named.len()
    }

    /// Whether the record names nothing.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}

/// The fields of a record by what they mean: the value that plays each role, by the first of the role's names that
/// the record has: as a whole path, else as the end of one (`context.user_id`, `jsonPayload.sub`).
///
/// Names are compared without regard to case, dashes, underscores and dots, as layouts differ in nothing else:
/// `X-Request-Id`, `x_request_id`, `xRequestId`.
pub struct Roles<'f>([Option<&'f str>; Role::ALL.len()]);

impl<'f> Roles<'f> {
    /// The value that plays `role`.
    pub fn get(&self, role: Role) -> Option<&'f str> {
        self.0[role as usize]
    }
}

/// How well a name fits: how much of the path it leaves out, and its place among the names that would do. The least is
/// best.
type Rank = (u8, usize);

/// For each role the place of the field that plays it. Small, as entries are moved around.
type RoleAssignment = [u16; Role::ALL.len()];

/// What stands in a [`RoleAssignment`] where no field plays the role.
const UNASSIGNED: u16 = u16::MAX;

/// What the name of a field says of its value.
#[derive(Debug)]
pub(super) struct Meaning {
    /// What an event wants to know.
    roles: Vec<(Role, Rank)>,
    /// The text a person reads: a place in [`crate::layout::json::MESSAGES`], and how much of the path that leaves out.
    pub(super) message: Option<(usize, u8)>,
    /// The level, likewise in [`crate::layout::json::LEVELS`].
    pub(super) level: Option<(usize, u8)>,
    /// The time: how much of the path is left out, and the place in [`crate::layout::json::TIMES`].
    pub(super) time: Option<Rank>,
}

impl Meaning {
    /// That of a name; `None` if it has none.
    pub(super) fn of(name: &str) -> Option<Self> {
        let fits = |known: &[&str]| {
            let fit = |place: usize| {
                let head = name.strip_suffix(known[place])?;
                (head.is_empty() || head.ends_with('.')).then_some((place, u8::from(!head.is_empty())))
            };
            (0..known.len()).filter_map(fit).collect::<Vec<_>>()
        };
        let meaning = Self {
            roles: roles_of(name),
            message: fits(&json::MESSAGES).into_iter().min(),
            level: fits(&json::LEVELS).into_iter().min(),
            time: fits(&json::TIMES).into_iter().map(|(place, depth)| (depth, place)).min(),
        };
        let says = !meaning.roles.is_empty() || meaning.message.is_some() || meaning.level.is_some() || meaning.time.is_some();
        says.then_some(meaning)
    }
}

/// The roles a name may play.
fn roles_of(name: &str) -> Vec<(Role, Rank)> {
    let mut folded = String::new();
    let (mut last_two, mut last) = (0, 0);
    for part in name.split('.').filter(|part| !part.bytes().all(|b| b.is_ascii_digit())) {
        (last_two, last) = (last, folded.len());
        folded.extend(part.chars().filter(|c| !matches!(c, '_' | '-' | '@' | '$' | ' ')).map(|c| c.to_ascii_lowercase()));
    }
    let mut roles = Vec::new();
    for (depth, start) in [(0, 0), (1, last_two), (2, last)] {
        let name = &folded[start..];
        if depth > 0 && NEEDS_ITS_PATH.contains(&name) {
            continue;
        }
        for role in Role::ALL {
            if let Some(place) = role.names().iter().position(|known| *known == name) {
                roles.push((role, (depth, place)));
            }
        }
    }
    roles
}

/// Names that mean too much to be believed at the end of any path.
const NEEDS_ITS_PATH: [&str; 29] = [
    "bytes",
    "size",
    "id",
    "name",
    "status",
    "code",
    "user",
    "client",
    "host",
    "node",
    "path",
    "url",
    "request",
    "session",
    "agent",
    "component",
    "role",
    "app",
    "service",
    "trace",
    "ip",
    "login",
    "org",
    "project",
    "t",
    "tr",
    "ua",
    "rt",
    "uuid",
];

/// Something an event wants to know and layouts name in many ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the fields of an event")]
pub enum Role {
    Sub,
    Kid,
    Iss,
    Aud,
    Alg,
    Jti,
    Exp,
    Iat,
    ClientIp,
    RequestId,
    TraceId,
    Service,
    Host,
    Method,
    Path,
    Status,
    EventId,
    Tenant,
    Username,
    OauthClient,
    SessionId,
    UserAgent,
    TokenRole,
    Milliseconds,
    Duration,
    Referrer,
    ResponseBytes,
}

impl Role {
    /// Every role, in the order of the enum.
    const ALL: [Self; 27] = [
        Self::Sub,
        Self::Kid,
        Self::Iss,
        Self::Aud,
        Self::Alg,
        Self::Jti,
        Self::Exp,
        Self::Iat,
        Self::ClientIp,
        Self::RequestId,
        Self::TraceId,
        Self::Service,
        Self::Host,
        Self::Method,
        Self::Path,
        Self::Status,
        Self::EventId,
        Self::Tenant,
        Self::Username,
        Self::OauthClient,
        Self::SessionId,
        Self::UserAgent,
        Self::TokenRole,
        Self::Milliseconds,
        Self::Duration,
        Self::Referrer,
        Self::ResponseBytes,
    ];

    /// The names of the role, folded, most telling first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Sub => &[
                "sub",
                "jwtsub",
                "authsub",
                "claimssub",
                "jwtclaimssub",
                "tokensub",
                "jwtpayloadsub",
                "jwtauthsub",
                "requestauthclaimssub",
                "authcontextsub",
                "usersub",
                "subject",
                "authuserid",
                "jwtuserid",
                "userid",
                "uid",
                "useruid",
                "usrid",
                "authorizerprincipalid",
                "requestcontextauthorizerclaimssub",
                "authenticatedentityid",
                "contextsub",
                "datasub",
                "user",
            ],
            Self::Kid => &["kid", "jwtkid", "authkid", "jwtheaderkid", "tokenkid", "keyid", "newkid", "targetkid"],
            Self::Iss => &["iss", "jwtiss", "issuer", "claimsiss", "jwtclaimsiss", "tokenissuer", "authiss"],
            Self::Aud => &["aud", "jwtaud", "audience", "claimsaud", "jwtclaimsaud", "authaud"],
            Self::Alg => &["alg", "jwtalg", "jwtheaderalg", "algorithm", "authalg"],
            Self::Jti => &["jti", "jwtjti", "claimsjti", "tokenid", "tokenjti"],
            Self::Exp => &["exp", "jwtexp", "claimsexp", "jwtclaimsexp"],
            Self::Iat => &["iat", "jwtiat", "claimsiat", "jwtclaimsiat"],
            Self::ClientIp => &[
                "clientip",
                "xff",
                "xforwardedfor",
                "requestheadersxforwardedfor",
                "requestxforwardedfor",
                "forwardedfor",
                "realip",
                "xrealip",
                "httpxrealip",
                "clientaddress",
                "sourceip",
                "sourceipaddress",
                "clienthost",
                "calleripaddress",
                "remoteip",
                "remoteaddr",
                "remoteaddress",
                "reqremoteaddress",
                "reqip",
                "ip",
                "ipaddress",
                "ipaddr",
                "requestip",
                "requestremoteip",
                "networkclientip",
                "httprequestremoteip",
                "peeraddress",
                "downstreamremoteaddress",
                "clientaddr",
                "remotehost",
                "client",
                "actorip",
                "peername",
                "origin",
            ],
            Self::RequestId => &[
                "requestid",
                "xrequestid",
                "reqid",
                "rid",
                "requestxrequestid",
                "requestheadersxrequestid",
                "httprequestid",
                "httprequestheadersxrequestid",
                "reqheadersxrequestid",
                "requestuuid",
                "correlationid",
                "xcorrelationid",
                "corrid",
                "requestrequestid",
                "contextrequestid",
                "mdcrequestid",
                "spanrequestid",
                "awsrequestid",
                "req",
                "xamznrequestid",
            ],
            Self::TraceId => &[
                "traceid",
                "trace",
                "traceparent",
                "requesttraceparent",
                "reqtraceparent",
                "reqheaderstraceparent",
                "requestheaderstraceparent",
                "xb3traceid",
                "b3",
                "ddtraceid",
                "xamzntraceid",
                "oteltraceid",
                "tr",
                "mdctraceid",
                "loggingtrace",
                "otraceid",
            ],
            Self::Service => &[
                "service",
                "servicename",
                "servicenm",
                "targetname",
                "resourceservicename",
                "app",
                "appname",
                "application",
                "routename",
                "kubernetescontainername",
                "syslogidentifier",
                "containername",
                "labelsapp",
                "labelsservice",
                "labelscontainer",
            ],
            Self::Host => &[
                "hostname",
                "host",
                "hosthostname",
                "hostnm",
                "podname",
                "kubernetespodname",
                "pod",
                "instance",
                "node",
                "containerid",
            ],
            Self::Method => &["method", "httpmethod", "requestmethod", "reqmethod", "httprequestmethod", "verb", "rmethod"],
            Self::Path => &[
                "path",
                "uri",
                "url",
                "requesturi",
                "requestpath",
                "requesturl",
                "requrl",
                "requri",
                "reqpath",
                "httpurl",
                "urlpath",
                "httptarget",
                "httproute",
                "httprequestrequesturl",
                "requestedpath",
                "uripath",
                "request",
            ],
            Self::Status => &[
                "status",
                "statuscode",
                "resstatuscode",
                "responsestatus",
                "responsestatuscode",
                "responsecode",
                "downstreamstatus",
                "httpstatus",
                "httpstatuscode",
                "httpresponsestatuscode",
                "resstatus",
                "code",
                "httprequeststatus",
                "elbstatuscode",
                "originstatus",
                "httpcode",
            ],
            Self::EventId => &["eventid", "auditeventid", "insertid", "eventuid", "logid", "auditid"],
            Self::Tenant => &["tenant", "tenantid", "realm", "realmname", "realmid", "project", "projectref", "org", "orgid"],
            Self::Username => {
                &["username", "email", "useremail", "actorusername", "login", "preferredusername", "traitsuseremail"]
            }
            Self::OauthClient => &["clientid", "azp", "oauthclientid", "oauthclient", "jwtazp", "claimsazp"],
            Self::SessionId => &["sessionid", "sid", "session", "jwtsid", "claimssid"],
            Self::UserAgent => &[
                "useragent",
                "ua",
                "httpuseragent",
                "requestuseragent",
                "requestheadersuseragent",
                "requseragent",
                "reqheadersuseragent",
                "useragentoriginal",
                "agent",
            ],
            Self::TokenRole => &["role", "jwtrole", "claimsrole", "jwtclaimsrole"],
            Self::Milliseconds => &["durationms", "responsetime", "latenciesrequest", "elapsedms", "tookms", "latencyms"],
            Self::Duration => &["duration", "rt", "requesttime", "elapsed", "took", "latency"],
            Self::ResponseBytes => &[
                "bytes",
                "bodybytessent",
                "bytessent",
                "responsebytes",
                "responsesize",
                "responselength",
                "rescontentlength",
                "resheaderscontentlength",
                "responsebodysize",
                "httpresponsebodybytes",
                "downstreamcontentsize",
                "contentlength",
                "size",
                "bytesout",
            ],
            Self::Referrer => &["referer", "referrer", "httpreferrer"],
        }
    }

    /// Whether a value can play the role: a name alone is weak evidence.
    fn accepts(self, value: &str) -> bool {
        match self {
            Self::ClientIp => {
                value.bytes().next().is_some_and(|b| b.is_ascii_hexdigit() || b == b':' || b == b'[' || b == b'x' || b == b'X')
            }
            Self::RequestId | Self::TraceId => value.len() >= 4 && value.len() <= 128 && !value.contains(char::is_whitespace),
            Self::Sub => value.len() <= 256 && !value.contains('{') && value != "null",
            Self::ResponseBytes => value.len() <= 9 && value.bytes().all(|b| b.is_ascii_digit()),
            Self::Status => value.len() == 3 && value.bytes().all(|b| b.is_ascii_digit()),
            Self::Path => value.starts_with('/') || value.contains("://"),
            Self::Method => value.len() <= 10 && value.bytes().all(|b| b.is_ascii_uppercase()),
            Self::Kid | Self::Alg | Self::Service | Self::Host => value.len() <= 128 && !value.contains('{'),
            _ => !value.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_whatever_the_spelling() {
        for name in ["X-Request-Id", "x_request_id", "xRequestId", "request_X-Request-Id", "mdc.requestId"] {
            let mut fields = Fields::default();
            fields.push(name, "9f2c0001");
            assert_eq!(fields.roles().get(Role::RequestId), Some("9f2c0001"), "{name}");
        }
    }

    #[test]
    fn a_whole_path_goes_before_the_end_of_one_and_then_the_more_telling_name() {
        assert!(Role::ALL.iter().enumerate().all(|(place, role)| *role as usize == place));
        let mut fields = Fields::default();
        fields.push("deep.down.sub", "by its end");
        fields.push("context.sub", "whole");
        assert_eq!(fields.roles().get(Role::Sub), Some("whole"));
        let mut fields = Fields::default();
        fields.push("a.sub", "by its end");
        fields.push("uid", "plain");
        fields.push("user_id", "more telling");
        fields.push("userId", "twice");
        assert_eq!(fields.roles().get(Role::Sub), Some("more telling"));
    }

    #[test]
    fn a_path_is_found_through_a_wrapper() {
        let mut fields = Fields::default();
        fields.push("metadata.0.auth_event.action", "user_deleted");
        assert_eq!(fields.get("auth_event.action"), Some("user_deleted"));
        assert_eq!(fields.get("event.action"), None);
    }

    #[test]
    fn a_value_that_cannot_play_the_role_is_passed_over() {
        let mut fields = Fields::default();
        fields.push("status", "completed");
        fields.push("res.statusCode", "401");
        assert_eq!(fields.roles().get(Role::Status), Some("401"));
    }
}
