//! Time stamps of every layout, read as they stand; zone and year are applied later, where the file is known.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};

/// A time stamp as a record has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The date and time that stand in the text. Without [`Stamp::dated`] the date is 1970-01-01, without
    /// [`Stamp::has_year`] the year is 1972 (a leap year).
    pub local: NaiveDateTime,
    /// Offset east of UTC in seconds; `None` where the text names no zone.
    pub offset: Option<i32>,
    /// Whether the text names the year.
    pub has_year: bool,
    /// Whether the text names the day.
    pub dated: bool,
}

impl Stamp {
    /// A stamp that knows all it needs.
    pub fn utc(time: DateTime<Utc>) -> Self {
        Self { local: time.naive_utc(), offset: Some(0), has_year: true, dated: true }
    }

    /// A stamp with date and time, in a zone if the text names one.
    pub fn full(local: NaiveDateTime, offset: Option<i32>) -> Self {
        Self { local, offset, has_year: true, dated: true }
    }

    /// The instant, given the zone of zone-less stamps and a time the record cannot be much later than.
    ///
    /// `latest` (a file's modification time) supplies a missing year or day: the last one that does not lie
    /// more than a day after it.
    pub fn resolve(&self, zone: impl Fn(NaiveDateTime) -> i32, latest: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut local = self.local;
        let bound = latest.naive_utc() + TimeDelta::days(1);
        if !self.dated {
            local = bound.date().pred_opt()?.and_time(local.time());
            if local > latest.naive_utc() + TimeDelta::hours(14) {
                local -= TimeDelta::days(1);
            }
        } else if !self.has_year {
            let year = bound.year();
            local = (0..5).filter_map(|back| local.with_year(year - back)).find(|candidate| *candidate <= bound)?;
        }
        let offset = self.offset.unwrap_or_else(|| zone(local));
        local.checked_sub_signed(TimeDelta::seconds(i64::from(offset))).map(|time| time.and_utc())
    }
}

/// The offset that a zone's clocks show at a local time, in seconds east of UTC.
///
/// A time that occurs twice is the earlier one. One that never occurs, because the clocks were put forward over it, is
/// read as if they had not been yet.
pub fn offset_at(zone: &impl TimeZone, local: NaiveDateTime) -> i32 {
    // The widest gap is the day that Samoa left out.
    [0, 3, 27]
        .into_iter()
        .filter_map(|hours| local.checked_sub_signed(TimeDelta::hours(hours)))
        .find_map(|local| zone.offset_from_local_datetime(&local).earliest())
        .map_or(0, |offset| offset.fix().local_minus_utc())
}

/// Whether a record can have been written at a time: the year 1, 9999 or 99999 is a default or a damage, no date.
pub fn is_plausible(time: DateTime<Utc>) -> bool {
    // A file without a time of its own (0, in an archive) dates stamps without a year in the sixties.
    (1900..2200).contains(&time.year())
}

/// Seconds, milliseconds, microseconds or nanoseconds since the epoch, distinguished by size; `None` outside
/// 1990 to 2100.
pub fn epoch(text: &str) -> Option<Stamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() < 9 || whole.len() > 19 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let (seconds, nanos) = match whole.len() {
        9..=11 => (number, fraction_nanos(fraction)),
        12..=14 => (number / 1000, (number % 1000) * 1_000_000),
        15..=16 => (number / 1_000_000, (number % 1_000_000) * 1000),
        _ => (number / 1_000_000_000, number % 1_000_000_000),
    };
    if !(631_152_000..4_102_444_800).contains(&seconds) {
        return None;
    }
    DateTime::from_timestamp(seconds, u32::try_from(nanos).ok()?).map(Stamp::utc)
}

/// Reads the time stamp that `text` begins with, in any layout known here, and gives what follows it.
///
/// Knows ISO 8601 and its cousins (`2026-11-23T12:00:00.123+01:00`, `2026-11-23 12:00:00,123`,
/// `2026/11/23 12:00:00`, `2026.11.23 ...`, with `UTC`, `Z` or an offset after it), Apache's
/// `23/Nov/2026:12:00:00 +0000`, `22-Aug-2026 12:00:00.123`, syslog's `Nov 23 12:00:00`, `Sat Aug 22 12:00:00 2026`,
/// `Aug 22, 2026 12:00:00 PM`, `08/22/2026, 12:00:03 PM`, klog's `E0822 12:00:00.123456`, bare `12:00:00.123`,
/// `22.08.2026 12:00:00`, `20260822T120000Z`, and epoch seconds or finer.
pub fn leading(text: &str) -> Option<(Stamp, &str)> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'0'..=b'9' => iso(text)
            .or_else(|| day_first(text))
            .or_else(|| numeric_date(text))
            .or_else(|| compact(text))
            .or_else(|| short_date(text))
            .or_else(|| time_first(text))
            .or_else(|| bare_time(text))
            .or_else(|| leading_epoch(text)),
        b'-' | b'+' => iso(text),
        b'@' => text.get(1..).and_then(leading_epoch),
        b'A'..=b'Z' => klog(text).or_else(|| month_first(text)).or_else(|| weekday_first(text)),
        _ => None,
    }
}

/// Reads a whole value as a time stamp; epoch numbers included.
pub fn whole(text: &str) -> Option<Stamp> {
    let text = text.trim();
    if let Some(stamp) = epoch(text) {
        return Some(stamp);
    }
    leading(text).filter(|(_, rest)| rest.trim().is_empty()).map(|(stamp, _)| stamp)
}

fn leading_epoch(text: &str) -> Option<(Stamp, &str)> {
    let end = text.bytes().position(|b| !b.is_ascii_digit() && b != b'.').unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    Some((epoch(number)?, rest))
}

fn iso(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    if b.len() < 16 {
        return None;
    }
    let (year, at) = match b[4] {
        b'-' | b'/' | b'.' => (i32::try_from(digits(b, 0, 4)?).ok()?, 4),
        _ => wide_year(b)?,
    };
    if b.get(at) != b.get(at + 3) {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year, digits(b, at + 1, 2)?, digits(b, at + 4, 2)?)?;
    let mut at = at + 6;
    if b.get(at..)?.starts_with(b" - ") {
        at += 3;
    } else if matches!(b.get(at)?, b'T' | b't' | b' ' | b'_' | b':') {
        at += 1;
    } else {
        return None;
    }
    let (time, at) = clock(b, at)?;
    let (offset, at) = zone(text, at);
    Some((Stamp::full(date.and_time(time), offset), text.get(at..)?))
}

/// A year of more than four digits or with a sign, and where it ends: clocks that are broken write such.
fn wide_year(b: &[u8]) -> Option<(i32, usize)> {
    let sign = usize::from(matches!(b.first()?, b'-' | b'+'));
    let count = b[sign..].iter().take(7).take_while(|b| b.is_ascii_digit()).count();
    let year = i32::try_from(digits(b, sign, count)?).ok()?;
    let wide = (4..=6).contains(&count) && b.get(sign + count) == Some(&b'-');
    wide.then_some((if b[0] == b'-' { -year } else { year }, sign + count))
}

/// `23/Nov/2026:12:00:00 +0000`, `22-Aug-2026 12:00:00.123`, `22 Aug 2026 12:00:00`.
fn day_first(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    let day_len = if b.get(1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
    let day = digits(b, 0, day_len)?;
    if !matches!(b.get(day_len)?, b'/' | b'-' | b' ') {
        return None;
    }
    let month = month(b.get(day_len + 1..day_len + 4)?)?;
    let year = digits(b, day_len + 5, 4)?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    if !matches!(b.get(day_len + 9)?, b':' | b' ') {
        return None;
    }
    let (time, at) = clock(b, day_len + 10)?;
    let (offset, at) = zone(text, at);
    Some((Stamp::full(date.and_time(time), offset), text.get(at..)?))
}

/// `08/22/2026, 12:00:03 PM`, `8/22/2026 1:00:03 PM`, `22.08.2026 12:00:03`. Between slashes the month stands first, unless
/// no month has such a number.
fn numeric_date(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    let (first, at) = short_number(b, 0)?;
    let mark = *b.get(at).filter(|mark| matches!(mark, b'/' | b'.'))?;
    let (second, at) = short_number(b, at + 1)?;
    if *b.get(at)? != mark || b.get(at + 5).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let year = i32::try_from(digits(b, at + 1, 4)?).ok()?;
    let (month, day) = if mark == b'.' || first > 12 { (second, first) } else { (first, second) };
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    let mut at = at + 5;
    while matches!(b.get(at), Some(b',' | b' ')) {
        at += 1;
    }
    let (time, at) = clock(b, at)?;
    let (offset, at) = zone(text, at);
    Some((Stamp::full(date.and_time(time), offset), text.get(at..)?))
}

/// A number of one digit or two, and where it ends.
fn short_number(b: &[u8], at: usize) -> Option<(u32, usize)> {
    let length = if b.get(at + 1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
    Some((digits(b, at, length)?, at + length))
}

/// `20260822T120003Z`, `20260822-120003.123`, `20260822120003`, `20260822 12:00:03.123`.
fn compact(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    let year = digits(b, 0, 4).filter(|year| (1990..2100).contains(year))?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, digits(b, 4, 2)?, digits(b, 6, 2)?)?;
    let at = if matches!(b.get(8)?, b'T' | b'-' | b'_' | b' ') { 9 } else { 8 };
    let (time, at) = if b.get(at + 2) == Some(&b':') { clock(b, at).filter(|_| at == 9)? } else { digits_of_day(b, at)? };
    let (offset, at) = zone(text, at);
    Some((Stamp::full(date.and_time(time), offset), text.get(at..)?))
}

/// `120003`, with a fraction or not, and where it ends.
fn digits_of_day(b: &[u8], at: usize) -> Option<(NaiveTime, usize)> {
    let (hour, minute, second) = (digits(b, at, 2)?, digits(b, at + 2, 2)?, digits(b, at + 4, 2)?);
    let mut end = at + 6;
    if b.get(end).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let mut nanos = 0;
    if matches!(b.get(end), Some(b'.' | b',')) {
        let fraction = b[end + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        nanos = fraction_nanos(std::str::from_utf8(&b[end + 1..=end + fraction]).ok()?);
        end += if fraction > 0 { fraction + 1 } else { 0 };
    }
    Some((NaiveTime::from_hms_nano_opt(hour, minute, second, u32::try_from(nanos).ok()?)?, end))
}

/// `Nov 23 12:00:00`, `Aug 22, 2026 12:00:00 PM`.
fn month_first(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    let month = month(b.get(..3)?)?;
    let name = b.iter().take(10).take_while(|b| b.is_ascii_alphabetic()).count();
    let name = if b.get(name) == Some(&b'.') { name + 1 } else { name };
    let mut at = name;
    while b.get(at) == Some(&b' ') {
        at += 1;
    }
    if at == name || (name > 4 && !is_month(b.get(..name)?)) {
        return None;
    }
    let day_len = if b.get(at + 1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
    let day = digits(b, at, day_len)?;
    at += day_len;
    let mut year = None;
    if b.get(at..at + 2) == Some(b", ") {
        year = Some(i32::try_from(digits(b, at + 2, 4)?).ok()?);
        at += 6;
    } else if *b.get(at)? == b' ' && digits(b, at + 1, 4).is_some() && b.get(at + 5) == Some(&b' ') {
        year = Some(i32::try_from(digits(b, at + 1, 4)?).ok()?);
        at += 5;
    }
    if *b.get(at)? != b' ' {
        return None;
    }
    let (time, mut at) = clock(b, at + 1)?;
    if year.is_none()
        && b.get(at) == Some(&b' ')
        && digits(b, at + 1, 4).is_some()
        && !b.get(at + 5).is_some_and(u8::is_ascii_alphanumeric)
    {
        year = i32::try_from(digits(b, at + 1, 4)?).ok();
        at += 5;
    }
    let has_year = year.is_some();
    let date = NaiveDate::from_ymd_opt(year.unwrap_or(1972), month, day)?;
    Some((Stamp { local: date.and_time(time), offset: None, has_year, dated: true }, text.get(at..)?))
}

/// `Sat Aug 22 12:00:00 2026`, `Sat 2026-08-22 12:00:00 UTC`, `Wed Feb  7 07:00:31 UTC 2024`.
fn weekday_first(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    if !["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].iter().any(|day| b.starts_with(day.as_bytes())) {
        return None;
    }
    let rest = text.get(3..)?.trim_start_matches([',', ' ']);
    if rest.len() + 3 == text.len() {
        return None;
    }
    iso(rest).or_else(|| day_first(rest)).or_else(|| month_first(rest))
}

/// `E0822 12:00:00.123456`; the level letter is left to the format.
fn klog(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    if !matches!(b[0], b'I' | b'W' | b'E' | b'F') {
        return None;
    }
    // CockroachDB names the year as well: `I260822 12:00:00.123456`, in UTC.
    if *b.get(7)? == b' ' {
        let year = 2000 + i32::try_from(digits(b, 1, 2)?).ok()?;
        let date = NaiveDate::from_ymd_opt(year, digits(b, 3, 2)?, digits(b, 5, 2)?)?;
        let (time, at) = clock(b, 8)?;
        return Some((Stamp { local: date.and_time(time), offset: Some(0), has_year: true, dated: true }, text.get(at..)?));
    }
    if *b.get(5)? != b' ' {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(1972, digits(b, 1, 2)?, digits(b, 3, 2)?)?;
    let (time, at) = clock(b, 6)?;
    Some((Stamp { local: date.and_time(time), offset: None, has_year: false, dated: true }, text.get(at..)?))
}

/// `260822 12:00:00` and `260822  9:00:00`, as old `MySQL` servers write it.
fn short_date(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    if *b.get(6)? != b' ' {
        return None;
    }
    let year = 2000 + i32::try_from(digits(b, 0, 2)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, digits(b, 2, 2)?, digits(b, 4, 2)?)?;
    let (time, at) = clock(b, if b.get(7) == Some(&b' ') { 8 } else { 7 })?;
    Some((Stamp { local: date.and_time(time), offset: None, has_year: true, dated: true }, text.get(at..)?))
}

/// `12:00:00 2026-08-22`, `12:00:00.123 22.08.2026`, `12:00:00 UTC 08/22/2026`: the date behind the time.
fn time_first(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    let (time, at) = clock(b, 0)?;
    let (offset, at) = zone(text, at);
    let date = b.get(at..).filter(|rest| rest.first() == Some(&b' ')).and_then(|rest| rest.get(1..11))?;
    let mark = |byte: u8| matches!(byte, b'-' | b'/' | b'.');
    let (year, one, two) = if mark(date[4]) && date[7] == date[4] {
        (digits(date, 0, 4)?, digits(date, 5, 2)?, digits(date, 8, 2)?)
    } else if mark(date[2]) && date[5] == date[2] {
        (digits(date, 6, 4)?, digits(date, 0, 2)?, digits(date, 3, 2)?)
    } else {
        return None;
    };
    // As where the date stands first: between slashes the month leads, unless no month has such a number.
    let (month, day) = if mark(date[4]) || date[2] == b'/' && one <= 12 { (one, two) } else { (two, one) };
    let rest = text.get(at + 11..).filter(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let (behind, end) = zone(rest, 0);
    Some((Stamp::full(date.and_time(time), offset.or(behind)), rest.get(end..)?))
}

fn bare_time(text: &str) -> Option<(Stamp, &str)> {
    let (time, at) = clock(text.as_bytes(), 0)?;
    let local = NaiveDate::from_ymd_opt(1970, 1, 1)?.and_time(time);
    Some((Stamp { local, offset: None, has_year: false, dated: false }, text.get(at..)?))
}

/// `12:00:00`, with a fraction after a point, comma or colon, and `AM` or `PM`.
fn clock(b: &[u8], at: usize) -> Option<(NaiveTime, usize)> {
    let hour_len = if b.get(at + 1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
    let mut hour = digits(b, at, hour_len)?;
    let mut at = at + hour_len;
    if *b.get(at)? != b':' {
        return None;
    }
    let minute = digits(b, at + 1, 2)?;
    at += 3;
    let mut second = 0;
    let mut nanos = 0;
    if b.get(at) == Some(&b':') {
        second = digits(b, at + 1, 2)?;
        at += 3;
        if matches!(b.get(at), Some(b'.' | b',' | b':')) {
            let start = at + 1;
            let end = b[start..].iter().position(|c| !c.is_ascii_digit()).map_or(b.len(), |n| start + n);
            if end > start {
                nanos = fraction_nanos(std::str::from_utf8(&b[start..end]).ok()?);
                at = end;
            }
        }
    }
    if let Some((afternoon, end)) = half_of_day(b, at) {
        hour = hour % 12 + if afternoon { 12 } else { 0 };
        at = end;
    }
    // A leap second is read as the one before it.
    let second = if second == 60 { 59 } else { second };
    let time = NaiveTime::from_hms_nano_opt(hour, minute, second, u32::try_from(nanos).ok()?)?;
    Some((time, at))
}

/// Whether ` PM`, `pm` or ` p.m.` stands after a time, or the same for the morning, and where it ends. Java's newer locales
/// put a narrow blank before it.
fn half_of_day(b: &[u8], at: usize) -> Option<(bool, usize)> {
    let rest = b.get(at..)?;
    let rest = rest.strip_prefix(b" ").or_else(|| rest.strip_prefix("\u{202f}".as_bytes())).unwrap_or(rest);
    let (afternoon, length) = match rest {
        [b'P' | b'p', b'M' | b'm', ..] => (true, 2),
        [b'A' | b'a', b'M' | b'm', ..] => (false, 2),
        [b'p' | b'P', b'.', b'm' | b'M', b'.', ..] => (true, 4),
        [b'a' | b'A', b'.', b'm' | b'M', b'.', ..] => (false, 4),
        _ => return None,
    };
    let ends = !rest.get(length).is_some_and(u8::is_ascii_alphanumeric);
    ends.then_some((afternoon, b.len() - rest.len() + length))
}

/// The zone after a time: `Z`, `+01:00`, `+0100`, ` +0000`, `[UTC]`, ` UTC`, ` GMT`, ` CET`, ` CEST` and the like.
fn zone(text: &str, at: usize) -> (Option<i32>, usize) {
    let b = text.as_bytes();
    if matches!(b.get(at), Some(b'Z' | b'z')) {
        return (Some(0), at + 1);
    }
    let start = if b.get(at) == Some(&b' ') { at + 1 } else { at };
    if let Some(sign @ (b'+' | b'-')) = b.get(start) {
        let hours = digits(b, start + 1, 2);
        let colon = usize::from(b.get(start + 3) == Some(&b':'));
        let minutes = digits(b, start + 3 + colon, 2);
        if let Some(hours) = hours.filter(|h| *h <= 14) {
            let (minutes, end) = match minutes {
                Some(minutes) if minutes < 60 => (minutes, start + 5 + colon),
                _ => (0, start + 3),
            };
            let next = b.get(end);
            if !next.is_some_and(u8::is_ascii_digit) && (minutes > 0 || end == start + 5 + colon || start == at) {
                let seconds = i32::try_from(hours * 3600 + minutes * 60).unwrap_or(0);
                return (Some(if *sign == b'-' { -seconds } else { seconds }), end);
            }
        }
    }
    if start > at {
        let name = b[start..].iter().take(5).take_while(|b| b.is_ascii_alphanumeric()).count();
        let hours = match &b[start..start + name] {
            b"UTC" | b"GMT" | b"Z" => 0,
            b"BST" | b"CET" => 1,
            b"CEST" => 2,
            b"EDT" => -4,
            b"EST" | b"CDT" => -5,
            b"CST" | b"MDT" => -6,
            b"MST" | b"PDT" => -7,
            b"PST" => -8,
            b"JST" => 9,
            _ => return (None, at),
        };
        return (Some(hours * 3600), start + name);
    }
    (None, at)
}

fn month(name: &[u8]) -> Option<u32> {
    const NAMES: [&[u8; 3]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    NAMES.iter().position(|month| name.eq_ignore_ascii_case(&month[..])).and_then(|n| u32::try_from(n + 1).ok())
}

/// Whether a word is a month's whole name.
fn is_month(name: &[u8]) -> bool {
    const NAMES: [&str; 10] =
        ["January", "February", "March", "April", "August", "September", "October", "November", "December", "Sept."];
    NAMES.iter().any(|month| month.as_bytes() == name)
}

fn digits(b: &[u8], at: usize, count: usize) -> Option<u32> {
    let mut number = 0;
    for digit in b.get(at..at + count)? {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u32::from(digit - b'0');
    }
    Some(number)
}

/// The digits after the point as nanoseconds; what is finer is cut.
fn fraction_nanos(fraction: &str) -> i64 {
    let mut nanos = 0;
    for position in 0..9 {
        nanos = nanos * 10 + fraction.as_bytes().get(position).map_or(0, |digit| i64::from(digit.wrapping_sub(b'0')));
    }
    nanos
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let latest = "2026-11-24T00:00:00Z".parse().unwrap();
        let stamp = whole(text).unwrap_or_else(|| panic!("{text} is no stamp"));
        stamp.resolve(|_| 3600, latest).unwrap().format("%FT%T%.fZ").to_string()
    }

    #[test]
    fn every_layout_becomes_utc() {
        for (text, utc) in [
            ("2026-08-22T12:00:00.123Z", "2026-08-22T12:00:00.123Z"),
            ("2026-08-22T12:00:00.123+02:00", "2026-08-22T10:00:00.123Z"),
            ("2026-08-22T12:00:00+0000", "2026-08-22T12:00:00Z"),
            ("2026-08-22 12:00:00,123", "2026-08-22T11:00:00.123Z"),
            ("2026-08-22 12:00:00.123 +00:00", "2026-08-22T12:00:00.123Z"),
            ("2026-08-22 12:00:00.123456+00:00", "2026-08-22T12:00:00.123456Z"),
            ("2026-11-23 12:09:49.229 UTC", "2026-11-23T12:09:49.229Z"),
            ("2026/08/22 12:00:00", "2026-08-22T11:00:00Z"),
            ("20260822T120003Z", "2026-08-22T12:00:03Z"),
            ("20260822T120003.5+0200", "2026-08-22T10:00:03.500Z"),
            ("20260822-120003.123", "2026-08-22T11:00:03.123Z"),
            ("20260822120003", "2026-08-22T11:00:03Z"),
            ("20260822 12:00:03.123", "2026-08-22T11:00:03.123Z"),
            ("22.08.2026 12:00:03", "2026-08-22T11:00:03Z"),
            ("22/08/2026 12:00:03", "2026-08-22T11:00:03Z"),
            ("8/2/2026 1:00:03 PM", "2026-08-02T12:00:03Z"),
            ("August 22, 2026 1:00:03 p.m.", "2026-08-22T12:00:03Z"),
            ("Aug 22, 2026 1:00:03\u{202f}PM", "2026-08-22T12:00:03Z"),
            ("2026-08-22 12:30:00 AM", "2026-08-21T23:30:00Z"),
            ("@1787400003.5", "2026-08-22T12:00:03.500Z"),
            ("2026.08.22 12:00:00.123", "2026-08-22T11:00:00.123Z"),
            ("22/Aug/2026:12:00:00 +0000", "2026-08-22T12:00:00Z"),
            ("23/Nov/2026:13:12:24 +0100", "2026-11-23T12:12:24Z"),
            ("22/Aug/2026 12:00:00", "2026-08-22T11:00:00Z"),
            ("22-Aug-2026 12:00:00.123", "2026-08-22T11:00:00.123Z"),
            ("22-Aug-2026 12:00:00 UTC", "2026-08-22T12:00:00Z"),
            ("08/22/2026, 12:00:03 PM", "2026-08-22T11:00:03Z"),
            ("Aug 22, 2026 12:00:00 PM", "2026-08-22T11:00:00Z"),
            ("Aug 22 12:00:00", "2026-08-22T11:00:00Z"),
            ("Dec  2 12:00:00", "2025-12-02T11:00:00Z"),
            ("Sat Aug 22 12:00:00 2026", "2026-08-22T11:00:00Z"),
            ("Sat 2026-08-22 12:00:00 UTC", "2026-08-22T12:00:00Z"),
            ("E0822 12:00:00.123456", "2026-08-22T11:00:00.123456Z"),
            ("1787400000", "2026-08-22T12:00:00Z"),
            ("1787400000.123456", "2026-08-22T12:00:00.123456Z"),
            ("1787400000123", "2026-08-22T12:00:00.123Z"),
            ("1787400000123456", "2026-08-22T12:00:00.123456Z"),
            ("1787400000123456789", "2026-08-22T12:00:00.123456789Z"),
            ("12:00:00.123", "2026-11-24T11:00:00.123Z"),
            ("12:00:00 2026-08-22", "2026-08-22T11:00:00Z"),
            ("12:00:00.123 22.08.2026", "2026-08-22T11:00:00.123Z"),
            ("12:00:00 UTC 08/22/2026", "2026-08-22T12:00:00Z"),
        ] {
            assert_eq!(read(text), utc, "{text}");
        }
    }

    #[test]
    fn what_is_no_stamp_is_none() {
        for text in ["", "hello", "2026", "2026-13-01T00:00:00Z", "192.0.2.1", "12:61:00", "Maybe 12 12:00:00", "99999"] {
            assert!(whole(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_leap_second_is_read_as_the_one_before_it() {
        for (text, utc) in [
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("2016-12-31 23:59:60.250 UTC", "2016-12-31T23:59:59.250Z"),
            ("31/Dec/2016:23:59:60 +0000", "2016-12-31T23:59:59Z"),
        ] {
            assert_eq!(read(text), utc, "{text}");
        }
        assert!(whole("2016-12-31T23:59:61Z").is_none());
    }

    #[test]
    fn a_time_that_the_clocks_left_out_is_read_as_before_they_were_put_forward() {
        let at = |zone: chrono_tz::Tz, text: &str| offset_at(&zone, text.parse().unwrap());
        let berlin = chrono_tz::Europe::Berlin;
        for (text, hours) in [
            ("2026-03-29T01:59:59", 1),
            ("2026-03-29T02:30:00", 1),
            ("2026-03-29T03:00:00", 2),
            ("2026-10-25T02:30:00", 2),
            ("2026-10-25T03:00:00", 1),
        ] {
            assert_eq!(at(berlin, text), hours * 3600, "{text}");
        }
        // Samoa left out a whole day.
        assert_eq!(at(chrono_tz::Pacific::Apia, "2011-12-30T12:00:00"), -10 * 3600);
        assert_eq!(offset_at(&berlin, NaiveDateTime::MIN), offset_at(&berlin, "1800-01-01T00:00:00".parse().unwrap()));
    }

    #[test]
    fn a_year_that_no_log_was_written_in_is_read_and_marked() {
        for (text, year) in [
            ("99999-01-01T00:00:00Z", 99_999),
            ("-0001-01-01T00:00:00Z", -1),
            ("+12026-01-01 00:00:00", 12_026),
            ("0001-01-01T00:00:00Z", 1),
            ("9999-12-31T23:59:59Z", 9999),
        ] {
            let (stamp, rest) = leading(text).unwrap();
            assert_eq!((stamp.local.year(), rest), (year, ""), "{text}");
            let time = stamp.resolve(|_| 0, DateTime::UNIX_EPOCH).unwrap();
            assert!(!is_plausible(time), "{text}");
        }
        for text in ["-", "+", "-1", "--", "1234567-01-01T00:00:00Z", "-2026", "999999999999999-01-01T00:00"] {
            assert!(whole(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_follows_is_given_back() {
        let (_, rest) = leading("2026-11-23 12:09:49.229 UTC [6834] LOG").unwrap();
        assert_eq!(rest, " [6834] LOG");
        let (_, rest) = leading("2026-08-22T12:00:00.123 +0000 x").unwrap();
        assert_eq!(rest, " x");
        let (stamp, rest) = leading("2026-08-22 12:00:00 -1 thing").unwrap();
        assert_eq!((stamp.offset, rest), (None, " -1 thing"));
    }
}
