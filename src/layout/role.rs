//! Names that mean the same in different products: those of the user that a token is about, of the request, of the status.

use crate::model::field::Field;

/// How well a name fits: how much of the path it leaves out, and its index among the names that would do. The least is
/// best.
pub(super) type Rank = (u8, usize);

/// The roles a name may play.
pub(super) fn roles_of(name: &str) -> Vec<(Role, Rank)> {
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
            if let Some(index) = role.names().iter().position(|known| *known == name) {
                roles.push((role, (depth, index)));
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

/// The verbs a request can begin with.
pub(super) const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Something that events keep and that layouts name in many ways.
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
    PreviousKid,
}

impl Role {
    /// Every role, in the order of the enum.
    pub const ALL: [Self; 28] = [
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
        Self::PreviousKid,
    ];

    /// The field of an event that a value of this role fills as it is; `None` where it takes more than the value.
    pub fn field(self) -> Option<Field> {
        Some(match self {
            Self::Sub => Field::Sub,
            Self::Kid => Field::Kid,
            Self::Iss => Field::Iss,
            Self::Aud => Field::Aud,
            Self::Alg => Field::Alg,
            Self::Jti => Field::Jti,
            Self::Exp => Field::Exp,
            Self::Iat => Field::Iat,
            Self::ClientIp => Field::ClientIp,
            Self::RequestId => Field::RequestId,
            Self::TraceId => Field::TraceId,
            Self::Host => Field::Host,
            Self::Method => Field::Method,
            Self::Path => Field::Path,
            Self::Status => Field::Status,
            Self::EventId => Field::EventId,
            Self::Tenant => Field::Tenant,
            Self::Username => Field::Username,
            Self::OauthClient => Field::ClientId,
            Self::SessionId => Field::SessionId,
            Self::UserAgent => Field::UserAgent,
            Self::TokenRole => Field::Role,
            Self::ResponseBytes => Field::ResponseBytes,
            Self::PreviousKid => Field::PreviousKid,
            Self::Service | Self::Milliseconds | Self::Duration | Self::Referrer => return None,
        })
    }

    /// The names of the role, folded, the preferred ones first.
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
            Self::PreviousKid => &["previouskid", "oldkid", "prevkid", "replacedkid", "previouskeyid", "oldkeyid"],
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
    pub(super) fn accepts(self, value: &str) -> bool {
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
            Self::Kid | Self::PreviousKid | Self::Alg | Self::Service | Self::Host => value.len() <= 128 && !value.contains('{'),
            _ => !value.is_empty(),
        }
    }
}
