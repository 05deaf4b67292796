//! Text from logs, made harmless for where it is shown: a terminal, HTML, Markdown, a script element, a
//! cell of a spreadsheet.
//!
//! Each but the last is a wrapper to be formatted: `write!(out, "{}", Html(text))`. All of those make control and bidirectional
//! characters visible as `\u{..}`, so that what is read is what is there.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter, Write};

/// Text for a terminal: one line, no escape sequences, no reordering.
#[derive(Debug, Clone, Copy)]
pub struct Terminal<'t>(pub &'t str);

impl Display for Terminal<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| visible(c, f))
    }
}

/// Text for HTML, between tags as well as in a quoted attribute.
#[derive(Debug, Clone, Copy)]
pub struct Html<'t>(pub &'t str);

impl Display for Html<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| html(c, f))
    }
}

/// A sentence for HTML: what stands between backticks becomes code.
#[derive(Debug, Clone, Copy)]
pub struct Prose<'t>(pub &'t str);

impl Display for Prose<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((before, code, after)) =
            rest.split_once('`').and_then(|(before, rest)| rest.split_once('`').map(|(code, after)| (before, code, after)))
        {
            write!(f, "{}<code>{}</code>", Html(before), Html(code))?;
            rest = after;
        }
        write!(f, "{}", Html(rest))
    }
}

fn html(c: char, f: &mut Formatter<'_>) -> fmt::Result {
    match c {
        '&' => f.write_str("&amp;"),
        '<' => f.write_str("&lt;"),
        '>' => f.write_str("&gt;"),
        '"' => f.write_str("&quot;"),
        '\'' => f.write_str("&#39;"),
        c => visible(c, f),
    }
}

/// Prose for Markdown, in a paragraph or a cell of a table, but not at the beginning of a line: there, `1.` and `-`
/// would make a list.
#[derive(Debug, Clone, Copy)]
pub struct Markdown<'t>(pub &'t str);

impl Display for Markdown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.chars();
        let mut before = ' ';
        while let Some(c) = rest.next() {
            // `http://` and `www.` become links without any mark.
            let link = (c == ':' && rest.as_str().starts_with("//")) || (c == '.' && before.eq_ignore_ascii_case(&'w'));
            if is_hidden(c) {
                // Its backslash is a character, not an escape.
                write!(f, "\\{}", c.escape_unicode())?;
            } else {
                if link || matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '$' | '#' | '@' | '!') {
                    f.write_char('\\')?;
                }
                f.write_char(c)?;
            }
            before = c;
        }
        Ok(())
    }
}

/// An id, or file and line, for Markdown, in type of one width, in a paragraph or a cell of a table; nothing for empty text.
#[derive(Debug, Clone, Copy)]
pub struct Code<'t>(pub &'t str);

impl Display for Code<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        let plain = !self.0.contains(|c| matches!(c, '`' | '|' | '\\') || is_hidden(c)) && self.0.trim() == self.0;
        if plain {
            return write!(f, "`{}`", self.0);
        }
        // A code span cannot hold these everywhere: backticks end it, and tables split at pipes before they look
        // for spans and read a backslash before them.
        f.write_str("<code>")?;
        for c in Terminal(self.0).to_string().chars() {
            if c.is_ascii_punctuation() || c == ' ' { write!(f, "&#{};", u32::from(c))? } else { f.write_char(c)? }
        }
        f.write_str("</code>")
    }
}

/// JSON text for a script element: what could end the element or break older scripts is written as `\u003c`.
///
/// The characters in question stand only within strings of JSON, so the value stays the same.
#[derive(Debug, Clone, Copy)]
pub struct Script<'t>(pub &'t str);

impl Display for Script<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => write!(f, "\\u{:04x}", u32::from(c)),
            c => f.write_char(c),
        })
    }
}

/// Makes text safe as a cell: a leading `'` where a spreadsheet would see a formula (`=`, `+`, `-`, `@`, their
/// full-width forms, tab, CR or LF at the beginning or after blanks), U+FFFD for other control characters.
///
/// Only for text: a number needs none, and would lose its sign.
pub(super) fn cell(text: &str) -> Cow<'_, str> {
    // Nearly every cell. All bytes are looked at, as many at once as the processor can.
    let odd = text.bytes().fold(false, |odd, b| odd | !matches!(b, b' '..=b'~'));
    if !odd && !text.trim_ascii_start().starts_with(['=', '+', '-', '@']) {
        return Cow::Borrowed(text);
    }
    let hidden = |c: char| c.is_control() && !is_line_or_tab(c);
    let begins = text.trim_start_matches(|c: char| is_blank(c) || hidden(c));
    let formula = begins.starts_with(|c| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') || is_line_or_tab(c));
    if !formula && !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let prefix = if formula { "'" } else { "" };
    Cow::Owned(prefix.chars().chain(text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c })).collect())
}

fn is_line_or_tab(c: char) -> bool {
    matches!(c, '\t' | '\r' | '\n')
}

/// What looks like nothing before a formula.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}') || (c.is_whitespace() && !is_line_or_tab(c))
}

fn visible(c: char, f: &mut Formatter<'_>) -> fmt::Result {
    if is_hidden(c) { write!(f, "{}", c.escape_unicode()) } else { f.write_char(c) }
}

/// Whether a character does something instead of showing something: C0, DEL, C1, line separators, and what reorders
/// or hides text.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::HOSTILE;

    #[test]
    fn a_terminal_shows_what_it_would_have_obeyed() {
        let shown = Terminal("a\u{1b}[31m\tb\u{7f}\u{9b}\u{202e}\u{2066}é\n").to_string();
        assert_eq!(shown, r"a\u{1b}[31m\u{9}b\u{7f}\u{9b}\u{202e}\u{2066}é\u{a}");
    }

    #[test]
    fn html_has_neither_tags_nor_attributes_of_the_text() {
        assert_eq!(Html("<a href=\"x\" id='y'>&\u{1b}").to_string(), r"&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;\u{1b}");
    }

    #[test]
    fn backticks_of_a_sentence_become_code_and_nothing_else() {
        assert_eq!(Prose("set `sub` or `a<b>`.").to_string(), "set <code>sub</code> or <code>a&lt;b&gt;</code>.");
        assert_eq!(Prose("one ` alone & `` none").to_string(), "one <code> alone &amp; </code>` none");
        assert_eq!(Prose("plain").to_string(), "plain");
    }

    #[test]
    fn markdown_prose_is_only_prose() {
        assert_eq!(Markdown("*a* _b_ `c` [d](e) <f> |").to_string(), r"\*a\* \_b\_ \`c\` \[d\](e) \<f\> \|");
        assert_eq!(Markdown("see http://x and www.y.z").to_string(), r"see http\://x and www\.y.z");
        assert_eq!(Markdown("a\nb").to_string(), r"a\\u{a}b");
    }

    #[test]
    fn code_is_a_span_or_where_a_span_cannot_hold_it_an_element() {
        assert_eq!(Code("logs/<a>*_.log:7").to_string(), "`logs/<a>*_.log:7`");
        assert_eq!(Code("a|b").to_string(), "<code>a&#124;b</code>");
        assert_eq!(Code("`a`").to_string(), "<code>&#96;a&#96;</code>");
        assert_eq!(Code("").to_string(), "");
        let hostile = Code(HOSTILE).to_string();
        assert!(!hostile.contains(['|', '`', '\n', '*', '\u{1b}']) && hostile.matches('<').count() == 2, "{hostile}");
    }

    #[test]
    fn a_script_element_holds_the_same_value() {
        let json = serde_json::to_string("</script><!-- & \u{2028}").unwrap();
        let safe = Script(&json).to_string();
        assert!(!safe.contains(['<', '>', '&', '\u{2028}']), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), "</script><!-- & \u{2028}");
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_disarmed() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\nx", " =1", "\u{a0}=1", "\u{feff}@x", "\u{1}=1", "＝1"] {
            assert!(cell(text).starts_with('\''), "{text:?}");
        }
        for text in ["", "plain", "a=b", "a -1", "user@host", "[1]", "'quoted", "two\nlines"] {
            assert_eq!(cell(text), text);
        }
        assert_eq!(cell("a\u{1b}[31m\u{9b}b\u{7f}"), "a\u{fffd}[31m\u{fffd}b\u{fffd}");
    }
}
