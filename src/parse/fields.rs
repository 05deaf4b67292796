//! What a record names: fields by name, and where each layout usually keeps what an event needs.
//!
//! A [`Fields`] is a flat list of name and text: JSON paths joined by dots (`req.id`, `events.0.action`),
//! keys of `key=value` text, or the names a text layout's parser gives. [`Role`] says which names mean the
//! same thing all over the field, so that no format has to know events.

use std::borrow::Cow;

/// The fields of one record, in the order they stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields<'r>(Vec<(Cow<'r, str>, Cow<'r, str>)>);

impl<'r> Fields<'r> {
    /// Adds a field; empty values and a lone dash say nothing and are left out.
    pub fn push(&mut self, name: impl Into<Cow<'r, str>>, value: impl Into<Cow<'r, str>>) {
        let value = value.into();
        if !value.is_empty() && value != "-" {
            self.0.push((name.into(), value));
        }
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
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

    /// The names of the fields, prepared for looking up roles.
    pub fn roles(&self) -> Roles<'_> {
        Roles(
            self.iter()
                .map(|(name, value)| {
                    let parts: Vec<&str> = name.split('.').filter(|part| !part.bytes().all(|b| b.is_ascii_digit())).collect();
                    let tail = |count: usize| fold(&parts[parts.len().saturating_sub(count)..]);
                    Folded { whole: fold(&parts), last_two: tail(2), last: tail(1), value }
                })
                .collect(),
        )
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the record names nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Names without case and punctuation, run together.
fn fold(parts: &[&str]) -> String {
    parts
        .iter()
        .flat_map(|part| part.chars())
        .filter(|c| !matches!(c, '_' | '-' | '@' | '$' | ' '))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

struct Folded<'f> {
    whole: String,
    last_two: String,
    last: String,
    value: &'f str,
}

/// The fields of a record by what they mean.
pub struct Roles<'f>(Vec<Folded<'f>>);

impl<'f> Roles<'f> {
    /// The value that plays `role`, by the first of the role's names that the record has: as a whole path, else as
    /// the end of one (`context.user_id`, `jsonPayload.sub`).
    ///
    /// Names are compared without regard to case, dashes, underscores and dots, as layouts differ in nothing else:
    /// `X-Request-Id`, `x_request_id`, `xRequestId`.
    pub fn get(&self, role: Role) -> Option<&'f str> {
        self.find(role, false, |field| &field.whole)
            .or_else(|| self.find(role, true, |field| &field.last_two))
            .or_else(|| self.find(role, true, |field| &field.last))
    }

    fn find(&self, role: Role, nested: bool, name_of: for<'x> fn(&'x Folded<'f>) -> &'x str) -> Option<&'f str> {
        role.names().iter().filter(|name| !nested || !NEEDS_ITS_PATH.contains(name)).find_map(|wanted| {
            self.0.iter().find(|field| name_of(field) == *wanted && role.accepts(field.value)).map(|field| field.value)
        })
    }
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
