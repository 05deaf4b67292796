//! The first line of a text, and the marks that part its columns.

use crate::literal::LINE_FEED;

/// The first line of a text.
pub(super) fn first_line(text: &str) -> &str {
    split_line(text).0
}

/// The first line of a text and the lines after it.
pub(super) fn split_line(text: &str) -> (&str, &str) {
    let (line, following) = LINE_FEED.split_once(text).unwrap_or((text, ""));
    (line.trim_end_matches('\r'), following.trim_end())
}

/// The text without spaces and the marks that part columns.
pub(super) fn separated(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let next = [": ", "- ", "-- ", "> ", "|-", "|", ","].into_iter().find_map(|mark| rest.strip_prefix(mark));
        match next {
            Some(next) => rest = next.trim_start(),
            None => return rest.strip_prefix(':').map_or(rest, str::trim_start),
        }
    }
}
