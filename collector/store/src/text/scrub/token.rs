//! What a text is made of where a number may stand: digits of any script, what may stand between them, and escapes of both.

use super::Reading;
use unicode_normalization::char::decompose_compatible;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Longest tag and longest name of an entity that may stand between digits, in bytes.
const TAG_BYTES: usize = 64;
const ENTITY_BYTES: usize = 24;

/// What something of a text is in a number.
pub(super) enum Token {
    Digit(u8),
    /// May stand between the groups of a number.
    Between,
    /// May stand anywhere in a number: nobody sees it.
    Unseen,
    Other,
}

/// What a text begins with, which stands behind `before`, and how many bytes of it that is.
pub(super) fn token(text: &str, character: char, before: Option<char>, reading: Reading) -> (Token, usize) {
    let escape = escaped(text).filter(|_| reading == Reading::Escaped).map(|(meant, length)| (token_of(meant), length));
    // What stands for a letter stands for itself: `50%41...` is half of something, and no A.
    if let Some((token, length)) = escape.filter(|(token, _)| !matches!(token, Token::Other)) {
        return (token, length);
    }
    let length = character.len_utf8();
    let is_letter = |beside: Option<char>| beside.is_some_and(char::is_alphabetic);
    if matches!(character, 'x' | 'X') && !is_letter(before) && !is_letter(text[length..].chars().next()) {
        return (Token::Between, length);
    }
    (token_of(character), length)
}

/// What a character is in a number.
pub(super) fn token_of(character: char) -> Token {
    if let Some(value) = digit(character) {
        return Token::Digit(value);
    }
    match character {
        // Fillers that look like nothing, though they are letters.
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => return Token::Unseen,
        // The long vowels of Japanese, typed for dashes.
        '\u{30fc}' | '\u{ff70}' => return Token::Between,
        white if white.is_whitespace() => return Token::Between,
        _ => {}
    }
    match character.general_category() {
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::NonspacingMark
        | GeneralCategory::EnclosingMark => Token::Unseen,
        _ if character.is_alphanumeric() => Token::Other,
        _ => Token::Between,
    }
}

/// What the escape stands for that a text begins with, and how many bytes it has. A tag or a named entity is a space.
fn escaped(text: &str) -> Option<(char, usize)> {
    match text.as_bytes().first()? {
        b'%' => percent(text),
        b'&' => entity(text),
        b'\\' => backslash(text),
        b'<' => tag(text),
        _ => None,
    }
}

/// The value of the first digits, all of them hexadecimal.
fn hexadecimal(text: &str, digits: usize) -> Option<u32> {
    let digits = text.get(..digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// A character of an address (RFC 3986 §2.1), whose percent signs may be written so themselves, or of the older `%u2011`.
fn percent(text: &str) -> Option<(char, usize)> {
    if let Some(code) = text.get(2..).filter(|_| text.starts_with("%u")).and_then(|code| hexadecimal(code, 4)) {
        return Some((char::from_u32(code)?, 6));
    }
    let (mut bytes, mut length) = (Vec::new(), 0);
    while bytes.len() < 4 {
        let mut code = text[length..].strip_prefix('%')?;
        while let Some(inner) = code.strip_prefix("25").filter(|inner| hexadecimal(inner, 2).is_some()) {
            code = inner;
        }
        bytes.push(hexadecimal(code, 2)? as u8);
        length = text.len() - code.len() + 2;
        if let Ok(read) = str::from_utf8(&bytes) {
            return Some((read.chars().next()?, length));
        }
    }
    None
}

/// A character reference of HTML, whose ampersand may be written so itself.
fn entity(text: &str) -> Option<(char, usize)> {
    let mut name = text.strip_prefix('&')?;
    while let Some(inner) = name.strip_prefix("amp;").filter(|inner| entity_name(inner).is_some()) {
        name = inner;
    }
    let (meant, length) = entity_name(name)?;
    Some((meant, text.len() - name.len() + length))
}

fn entity_name(name: &str) -> Option<(char, usize)> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'#';
    let length = name.bytes().take(ENTITY_BYTES).take_while(|byte| is_part(*byte)).count();
    if !name[length..].starts_with(';') {
        return name.starts_with("nbsp").then_some((' ', 4));
    }
    let meant = match name[..length].strip_prefix('#') {
        Some(code) => {
            let hex = code.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(|| code.parse(), |hex| u32::from_str_radix(hex, 16));
            char::from_u32(code.ok()?)?
        }
        None if length > 1 => ' ',
        None => return None,
    };
    Some((meant, length + 1))
}

/// A character in a text of JSON or of a program.
fn backslash(text: &str) -> Option<(char, usize)> {
    let code = text.get(2..)?;
    match text.as_bytes()[1] {
        b'n' | b'r' | b't' | b'f' | b'v' => Some((' ', 2)),
        b'x' => Some((char::from_u32(hexadecimal(code, 2)?)?, 4)),
        b'u' if code.starts_with('{') => {
            let end = code.bytes().take(8).position(|byte| byte == b'}')?;
            Some((char::from_u32(hexadecimal(&code[1..], end - 1)?)?, end + 3))
        }
        b'u' => Some((char::from_u32(hexadecimal(code, 4)?)?, 6)),
        _ => None,
    }
}

/// A tag of HTML: a space.
fn tag(text: &str) -> Option<(char, usize)> {
    let begins = text.as_bytes().get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!'));
    let end = text.bytes().take(TAG_BYTES).position(|byte| byte == b'>').filter(|_| begins)?;
    (!text[1..end].contains('<')).then_some((' ', end + 1))
}

/// The value of a decimal digit of any script (Unicode general category Nd, whose tens stand in order), or of one that is raised,
/// lowered or in a circle.
pub(super) fn digit(character: char) -> Option<u8> {
    /// The zero of each script.
    const ZEROS: [u32; 77] = [
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
        0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
        0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136,
        0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0,
        0x11c50, 0x11d50, 0x11da0, 0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce,
        0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
    ];
    /// The ones of digits in circles that are no variants of others.
    const ONES: [u32; 4] = [0x24f5, 0x2776, 0x2780, 0x278a];
    if character.is_ascii() {
        return character.to_digit(10).map(|value| value as u8);
    }
    let code = u32::from(character);
    let of_ten = |zero: u32| u8::try_from(code - zero).ok().filter(|value| *value < 10);
    let in_order = ZEROS.iter().rev().find(|zero| **zero <= code).and_then(|zero| of_ten(*zero));
    let in_circle = || ONES.iter().rev().find(|one| **one <= code).and_then(|one| of_ten(*one - 1));
    in_order.or_else(in_circle).or_else(|| variant(character))
}

/// The one digit that a character is a variant of (its compatibility decomposition): `¹`, `①`, `⒈`.
fn variant(character: char) -> Option<u8> {
    let (mut digits, mut last, mut is_letter) = (0, 0, false);
    decompose_compatible(character, |part| match part.to_digit(10) {
        Some(value) => (digits, last) = (digits + 1, value as u8),
        None => is_letter |= part.is_alphabetic(),
    });
    (digits == 1 && !is_letter && character.general_category() != GeneralCategory::OtherLetter).then_some(last)
}
