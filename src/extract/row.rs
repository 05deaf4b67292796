//! Which row a statement of a database names.

/// How the columns end that name one row: `id`, `person_id`, `uuid`, `sub`.
const ENDINGS: [&str; 4] = ["id", "uuid", "sub", "subject"];

/// The id by which a statement picks its row: of `DELETE FROM people WHERE id = $1` that which the database logs as `$1`.
pub fn named(text: &str) -> Option<&str> {
    let at = text.as_bytes().windows(7).position(|window| window.eq_ignore_ascii_case(b" where "))?;
    let (column, rest) = text.get(at + 7..)?.split_once('=')?;
    let column = column.trim().trim_matches(['"', '`', '\\', '(']);
    let column = column.rsplit('.').next()?.trim_matches(['"', '`', '\\']);
    let last = column.rsplit('_').next()?;
    if column.contains(' ') || !ENDINGS.iter().any(|ending| last.eq_ignore_ascii_case(ending)) {
        return None;
    }
    let value = rest.trim_start();
    match value.strip_prefix('$') {
        Some(bound) => {
            let number = bound.split(|letter: char| !letter.is_ascii_digit()).next()?;
            let sign = ["$", number, " = '"].concat();
            text.get(text.find(&sign)? + sign.len()..).and_then(quoted)
        }
        None => match value.strip_prefix('\'') {
            Some(value) => quoted(value),
            None => value.split(|letter: char| !letter.is_ascii_alphanumeric()).next().filter(|value| is_number(value)),
        },
    }
}

/// What stands up to the closing quote.
fn quoted(text: &str) -> Option<&str> {
    text.split('\'').next().filter(|value| !value.is_empty() && value.len() <= 128)
}

fn is_number(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_is_told_by_its_id_alone() {
        for (text, row) in [
            ("DELETE FROM people WHERE id = '5b94'", Some("5b94")),
            ("delete from app.members where members.person_id=4711;", Some("4711")),
            ("execute a: DELETE FROM people WHERE id = $1 RETURNING id\",\"detail\":\"parameters: $1 = 'fa08'", Some("fa08")),
            ("UPDATE people SET off = $1 WHERE id = $2 DETAIL: parameters: $1 = 't', $2 = 'u7'", Some("u7")),
            ("DELETE FROM people WHERE \"id\" = 'x1'", Some("x1")),
            ("DELETE FROM people WHERE age = 7", None),
            ("DELETE FROM people WHERE id = ?", None),
            ("DELETE FROM people WHERE id IN (1, 2)", None),
            ("DELETE FROM people", None),
        ] {
            assert_eq!(named(text), row, "{text}");
        }
    }
}
