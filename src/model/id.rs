//! Ids of requests and traces, which hardly two requests share: sixteen bytes and no allocation.

use std::fmt;
use std::num::NonZeroU8;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::name::Name;

/// An id as the log writes it. Equal texts are equal ids; their order is none.
///
/// Up to sixteen bytes of text are held as they are, longer rows of lower-case hexadecimal digits and UUIDs in half as
/// many; any other text is a [`Name`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    /// How the bytes are to be read: up to [`SHORT`] the length of a text, up to [`HEX`] the number of digits, [`UUID`],
    /// or [`NAME`], whose number they are.
    form: NonZeroU8,
    bytes: [u8; SHORT],
}

/// The longest text that is held as it is.
const SHORT: usize = 16;
/// The shortest row of hexadecimal digits, and the longest.
const LONGER: usize = SHORT + 1;
/// See [`LONGER`].
const HEX: usize = 32;
/// The form of a UUID, and the length of its text.
const UUID: usize = 36;
/// The form of a name.
const NAME: usize = 255;

impl Id {
    /// The id that a text is.
    pub fn of(text: &str) -> Self {
        let packed = match text.len() {
            1..=SHORT => {
                let mut bytes = [0; SHORT];
                bytes[..text.len()].copy_from_slice(text.as_bytes());
                Some(bytes)
            }
            length @ (LONGER..=HEX | UUID) => packed(text.as_bytes(), length == UUID),
            _ => None,
        };
        if let Some(bytes) = packed {
            Self::formed(text.len(), bytes)
        } else {
            let mut bytes = [0; SHORT];
            bytes[..4].copy_from_slice(&Name::of(text).number().to_ne_bytes());
            Self::formed(NAME, bytes)
        }
    }

    fn formed(form: usize, bytes: [u8; SHORT]) -> Self {
        Self { form: u8::try_from(form).ok().and_then(NonZeroU8::new).unwrap_or(NonZeroU8::MAX), bytes }
    }

    /// The same id without what programs change when they write one that they were given: dashes, and the case of letters.
    /// Ids that are not long rows of hexadecimal digits are as they are.
    #[must_use]
    pub fn folded(self) -> Self {
        match usize::from(self.form.get()) {
            UUID => Self::formed(HEX, self.bytes),
            NAME => self.with_text(|text| {
                let mut bare = [0; HEX];
                let digits = text.bytes().filter(|byte| *byte != b'-');
                let count = digits.clone().count();
                if count != HEX || !digits.clone().all(|digit| digit.is_ascii_hexdigit()) {
                    return self;
                }
                for (slot, digit) in bare.iter_mut().zip(digits) {
                    *slot = digit.to_ascii_lowercase();
                }
                packed(&bare, false).map_or(self, |bytes| Self::formed(HEX, bytes))
            }),
            _ => self,
        }
    }

    /// Whether it only fills the field of an id, as `-` does: it identifies no request.
    pub fn is_placeholder(&self) -> bool {
        match usize::from(self.form.get()) {
            LONGER..=HEX | UUID => self.bytes == [0; SHORT],
            _ => self.with_text(is_placeholder),
        }
    }

    /// Gives `read` the text.
    pub fn with_text<T>(&self, read: impl FnOnce(&str) -> T) -> T {
        let mut room = [0; UUID];
        let text = match usize::from(self.form.get()) {
            length @ 1..=SHORT => &self.bytes[..length],
            form @ (LONGER..=HEX | UUID) => unpacked(&self.bytes, form, &mut room),
            _ => {
                let [a, b, c, d, ..] = self.bytes;
                return read(&Name::numbered(u32::from_ne_bytes([a, b, c, d])).text());
            }
        };
        read(std::str::from_utf8(text).unwrap_or_default())
    }
}

/// What programs write where they have no id, in lower case.
const PLACEHOLDERS: [&str; 17] = [
    "undefined",
    "undef",
    "unknown",
    "none",
    "null",
    "nil",
    "nan",
    "n/a",
    "na",
    "unset",
    "not set",
    "not-set",
    "empty",
    "missing",
    "anonymous",
    "object object",
    "no-request-id",
];

/// Whether a text is no id: a word for nothing, a template that nobody filled in, or zeros in any form.
fn is_placeholder(text: &str) -> bool {
    let bare = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '[' | ']' | '"' | '\''));
    // W3C traces and those of X-Ray begin with a version.
    let value = bare.strip_prefix("1-").unwrap_or(bare);
    let blank = !value.bytes().any(|b| b.is_ascii_alphanumeric() && b != b'0') && value.is_ascii();
    let unfilled = ["$", "%{", "{{"].iter().any(|mark| bare.starts_with(mark));
    blank || unfilled || PLACEHOLDERS.iter().any(|word| bare.eq_ignore_ascii_case(word))
}

/// Where the dashes of a UUID are.
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// What no lower-case hexadecimal digit is worth.
const NO_DIGIT: u8 = 255;

/// What each byte is worth as a digit.
static DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

/// Whether a text is a UUID, in digits of either case: the shape that most ids of requests have.
pub fn is_uuid(text: &str) -> bool {
    let fits = |(at, b): (usize, u8)| if matches!(at, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// Two hexadecimal digits a byte, the first in the upper half; nothing where there is any other character.
fn packed(text: &[u8], is_uuid: bool) -> Option<[u8; SHORT]> {
    let mut bare = [b'0'; HEX];
    if is_uuid {
        let mut from = 0;
        for (index, dash) in DASHES.into_iter().chain([UUID]).enumerate() {
            if dash < UUID && text[dash] != b'-' {
                return None;
            }
            bare[from - index..dash - index].copy_from_slice(&text[from..dash]);
            from = dash + 1;
        }
    } else {
        bare[..text.len()].copy_from_slice(text);
    }
    let mut bytes = [0; SHORT];
    let mut worth = 0;
    for (byte, pair) in bytes.iter_mut().zip(bare.chunks_exact(2)) {
        let (upper, lower) = (DIGITS[usize::from(pair[0])], DIGITS[usize::from(pair[1])]);
        worth |= upper | lower;
        *byte = upper << 4 | (lower & 15);
    }
    (worth < NO_DIGIT).then_some(bytes)
}

fn unpacked<'r>(bytes: &[u8; SHORT], length: usize, room: &'r mut [u8; UUID]) -> &'r [u8] {
    let mut digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    for (at, slot) in room[..length].iter_mut().enumerate() {
        *slot = if length == UUID && DASHES.contains(&at) {
            b'-'
        } else {
            b"0123456789abcdef"[usize::from(digits.next().unwrap_or_default())]
        };
    }
    &room[..length]
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::of(text)
    }
}

impl From<String> for Id {
    fn from(text: String) -> Self {
        Self::of(&text)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| fmt::Debug::fmt(text, f))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.pad(text))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(deserializer).map(|text| Self::of(&text))
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_takes_no_more_than_it_must() {
        assert_eq!(size_of::<Option<Id>>(), 17);
    }

    #[test]
    fn ids_of_every_form_are_what_was_written() {
        for text in [
            "",
            "r",
            "POST-9557",
            "0123456789abcdef",
            "0123456789abcdef0",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "4bf92f3577b34da6a3ce929d0e0e4736a",
            "4BF92F3577B34DA6A3CE929D0E0E4736",
            "0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10",
            "0C1F6A52-8A5E-4C4E-9A44-6A1F0B9D2E10",
            "0c1f6a52_8a5e_4c4e_9a44_6a1f0b9d2e10",
            "0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d-e10",
            "1-67891233-abcdef012345678912345678",
            "größer als sechzehn Byte",
        ] {
            assert_eq!(Id::of(text).to_string(), text);
        }
    }

    #[test]
    fn an_id_is_the_same_with_and_without_dashes_and_in_capitals() {
        let id = Id::of("0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10");
        for text in
            ["0C1F6A52-8A5E-4C4E-9A44-6A1F0B9D2E10", "0c1f6a528a5e4c4e9a446a1f0b9d2e10", "0C1F6A528A5E4C4E9A446A1F0B9D2E10"]
        {
            assert_eq!(Id::of(text).folded(), id.folded(), "{text}");
        }
        for text in ["0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e11", "POST-9557", "an id of thirty-two letters, not of digits"] {
            assert_ne!(Id::of(text).folded(), id.folded(), "{text}");
            assert_eq!(Id::of(text).folded(), Id::of(text).folded().folded());
        }
    }

    #[test]
    fn what_only_stands_for_an_id_is_a_placeholder() {
        let nothing = "undefined|Unknown|NONE|null|(null)|<nil>|N/A|-|--|0|000|00000000-0000-0000-0000-000000000000|\
                       00000000000000000000000000000000|1-00000000-000000000000000000000000|$request_id|%{request_id}|[object Object]|";
        for text in nothing.split('|') {
            assert!(Id::of(text).is_placeholder(), "{text}");
        }
        for text in
            ["1", "r", "req-0", "none-7f", "0a", "nullable", "00000000-0000-0000-0000-000000000001", "1-67891233-00", "größer"]
        {
            assert!(!Id::of(text).is_placeholder(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn equal_texts_and_no_others_are_equal_ids(a in "[0-9a-f-]{0,40}|.{0,40}", b in "[0-9a-f-]{0,40}") {
            prop_assert_eq!(Id::of(&a).to_string(), a.clone());
            prop_assert_eq!(Id::of(&a) == Id::of(&b), a == b);
            prop_assert_eq!(Id::of(&b), Id::of(&b.clone()));
        }
    }
}
