//! What all access logs give: the same names (`client_ip`, `method`, `path`, `status`, ...), and as message the request
//! line with its status: `GET /orders 401`.

use std::borrow::Cow;

use crate::layout::entry::Entry;
use crate::layout::fields::Fields;
use crate::layout::request::Request;
use crate::layout::timestamp::Stamp;

/// The entry of a request line: fields and message are the same in every access log.
pub(super) fn entry<'r>(
    format: &'static str,
    stamp: Option<Stamp>,
    line: &'r str,
    status: &'r str,
    mut fields: Fields<'r>,
) -> Entry<'r> {
    let message = if let Some(request) = Request::of_line(line, status) {
        request.push(&mut fields);
        request.summary()
    } else {
        fields.push("status", status);
        format!("{line} {status}")
    };
    Entry { format, stamp, level: None, message: Cow::Owned(message), fields }
}
