//! What a sentence holds besides its words: pairs, a JSON object at its end, a request.

use std::borrow::Cow;

use crate::layout::entry::Entry;
use crate::layout::fields::Fields;
use crate::layout::key_values;
use crate::layout::level::is_level;
use crate::layout::lines::split_line;
use crate::layout::request::{phrase_and_path, request_in};
use crate::layout::timestamp::Stamp;

/// Reads what a message names: pairs, a JSON object at its end, a request. Gives the text before the JSON.
pub(super) fn read_message<'r>(message: &'r str, fields: &mut Fields<'r>) -> &'r str {
    let (line, following) = split_line(message);
    let mut said = key_values::trailing_json(line, fields);
    if said.len() == line.len() && !following.is_empty() {
        let all = key_values::trailing_json(message, fields);
        said = if all.len() < line.len() { all } else { line };
    }
    key_values::pairs(said, fields);
    if let Some(request) = request_in(said) {
        request.push(fields);
    } else if let Some((status, path)) = phrase_and_path(said) {
        fields.push("path", path);
        fields.push("status", status);
    }
    said
}

/// The level among the pairs of a text.
fn level_of<'r>(fields: &Fields<'_>) -> Option<Cow<'r, str>> {
    let level = ["level", "lvl", "severity"].into_iter().find_map(|name| fields.exact(name))?;
    is_level(level).then(|| Cow::Owned(level.to_owned()))
}

/// The entry of a text: its message is the text, without JSON that was read unless the sentence needs it.
pub(super) fn entry<'r>(
    format: &'static str,
    stamp: Option<Stamp>,
    level: Option<&'r str>,
    text: &'r str,
    mut fields: Fields<'r>,
) -> Entry<'r> {
    let text = text.trim();
    let said = read_message(text, &mut fields);
    let whole = said.is_empty() || said.ends_with(':') || text.contains('\n');
    let message = Cow::Borrowed(if whole { text } else { said });
    let level = level.map(Cow::Borrowed).or_else(|| level_of(&fields));
    Entry { format, stamp, level, message, fields }
}
