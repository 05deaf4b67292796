//! Text fitted into the columns of a terminal: cut, or broken over lines.

/// The beginning of a text, ended by three dots where it was longer.
pub(super) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(3);
    let kept: String = text.chars().take_while(|c| take_columns(&mut room, *c)).collect();
    kept + "..."
}

/// The end of a text, begun by three dots where it was longer.
pub(super) fn cut_front(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(3);
    let kept: Vec<char> = text.chars().rev().take_while(|c| take_columns(&mut room, *c)).collect();
    "...".chars().chain(kept.into_iter().rev()).collect()
}

/// The lines of a text that is broken at blanks, and within words that are longer than a line.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![];
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split_whitespace() {
        let long = columns(word);
        if used > 0 && used + 1 + long > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            let wide = columns_of(c);
            if used > 0 && used + wide > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += wide;
        }
    }
    lines.push(line);
    lines
}

/// Takes the columns of a character from `room`; false, and no room, where it has too few.
fn take_columns(room: &mut usize, c: char) -> bool {
    let enough = room.checked_sub(columns_of(c));
    *room = enough.unwrap_or(0);
    enough.is_some()
}

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// How many columns a character takes: 2 for East Asian wide characters and emoji. Close enough to cut a line.
fn columns_of(c: char) -> usize {
    let wide = matches!(c,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}');
    if wide { 2 } else { 1 }
}
