//! Card numbers in free text, taken out before anything is kept.
//!
//! What goes: digits that begin like a payment card of a known range ([`CARDS`]), have one of its lengths and pass the Luhn
//! check (ISO/IEC 7812-1 annex B), however they are grouped. What stays: digits whose groups no card has (a date, a phone
//! number, an order of 3, 7 and 7 digits), that begin otherwise (instants in milliseconds with 1, phone numbers with a plus) or
//! that the check refuses. A number without groups that passes all three cannot be told from a card, and goes.
//!
//! Digits may be of any script, in circles, written as in an address (`%34`), in HTML (`&#52;`) or in JSON (`\u0034`), and stand
//! apart by a few characters that are no letters, by tags, entities and escapes, and by characters that nobody sees. As `%30`
//! may be a digit and may be 30 after a percent sign, a text is read both ways. A number begins and ends where a group does, so
//! that an expiry date behind it hides nothing; one that is stuck to it is known by its month.

use std::borrow::Cow;
use unicode_normalization::char::decompose_compatible;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// What stands in place of a card number.
const REMOVED: &str = "[card number removed]";
/// Fewest and most digits of a card number.
const DIGITS: std::ops::RangeInclusive<usize> = 12..=19;
/// Longest stretch between two digits of a number, in characters, of which an escape is one.
const APART: usize = 8;
/// Longest stretch in which people group digits, in characters: a hyphen with a space on each side.
const PLAIN_APART: usize = 3;
/// Fewest digits behind a plus that are a card and no phone number: the longest of these have 15 (ITU-T E.164), and hardly any
/// country more than 14.
const PLUS_DIGITS: usize = 15;
/// Longest tag and longest name of an entity that may stand between digits, in bytes.
const TAG_BYTES: usize = 64;
const ENTITY_BYTES: usize = 24;
/// Digits that may stick to a number as its expiry (MMYY, MMYYYY), the former also with a check value (MMYYCCC).
const EXPIRY_DIGITS: [usize; 3] = [4, 6, 7];

/// First and last number of a range, by their leading digits, and the lengths of its cards.
type Range = (u32, u32, &'static [usize]);

/// Ranges of payment cards (ISO/IEC 7812 issuer identification numbers, as the networks publish them).
const CARDS: [Range; 27] = [
    (4, 4, &[13, 16, 19]),           // Visa
    (51, 55, &[16]),                 // Mastercard
    (2221, 2720, &[16]),             // Mastercard since 2017
    (34, 34, &[15]),                 // American Express
    (37, 37, &[15]),                 // American Express
    (300, 305, &[14, 16, 19]),       // Diners Club
    (3095, 3095, &[14, 16, 19]),     // Diners Club
    (36, 36, &[14, 16, 19]),         // Diners Club
    (38, 39, &[14, 16, 19]),         // Diners Club
    (3528, 3589, &[16, 17, 18, 19]), // JCB, RuPay
    (60, 69, &[16, 17, 18, 19]),     // Discover, UnionPay, Maestro, RuPay, Troy, Elo, Hipercard
    (50, 50, &[16, 17, 18, 19]),     // Maestro, RuPay, Verve, Elo
    (56, 59, &[16, 17, 18, 19]),     // Maestro
    (5018, 5018, MAESTRO),
    (5020, 5020, MAESTRO),
    (5038, 5038, MAESTRO),
    (5893, 5893, MAESTRO),
    (6304, 6304, MAESTRO),
    (6390, 6390, MAESTRO),
    (6759, 6763, MAESTRO),
    (6767, 6767, MAESTRO),
    (2200, 2205, &[16, 17, 18, 19]), // Mir, BORICA
    (81, 82, &[16, 17, 18, 19]),     // UnionPay, RuPay
    (8600, 8600, &[16]),             // UzCard
    (9704, 9704, &[16, 19]),         // Napas
    (9792, 9792, &[16]),             // Troy
    (9860, 9860, &[16]),             // Humo
];
/// Lengths of Maestro cards.
const MAESTRO: &[usize] = &[12, 13, 14, 15, 16, 17, 18, 19];

/// A digit of a text.
struct Digit {
    value: u8,
    /// Where it stands, in bytes.
    from: usize,
    /// Where what follows it stands.
    to: usize,
    /// Whether a group begins with it.
    first: bool,
    /// Whether a plus stands before it, as before a phone number.
    after_plus: bool,
}

/// How escapes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// As what they stand for.
    Escaped,
    /// As the characters that they are.
    Literal,
}

/// The text without card numbers.
pub fn card_numbers(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && text.bytes().filter(u8::is_ascii_digit).count() < *DIGITS.start() {
        return Cow::Borrowed(text);
    }
    let readings = [Reading::Escaped, Reading::Literal];
    match readings.into_iter().find_map(|reading| removed(text, reading)) {
        Some(less) => Cow::Owned(card_numbers(&less).into_owned()),
        None => Cow::Borrowed(text),
    }
}

/// The text without the card numbers that one reading finds; `None` when it finds none.
fn removed(text: &str, reading: Reading) -> Option<String> {
    let mut result = String::new();
    let mut kept = 0;
    for run in runs(text, reading) {
        let mut start = 0;
        while start + DIGITS.start() <= run.len() {
            let Some(end) = run[start].first.then(|| end_of_card(text, &run, start)).flatten() else {
                start += 1;
                continue;
            };
            result.push_str(&text[kept..run[start].from]);
            result.push_str(REMOVED);
            kept = run[end - 1].to;
            start = end;
        }
    }
    (kept > 0).then(|| result + &text[kept..])
}

/// The stretches of at least as many digits as a card has, with nothing between them that keeps numbers apart.
fn runs(text: &str, reading: Reading) -> Vec<Vec<Digit>> {
    let mut runs = Vec::new();
    let mut run: Vec<Digit> = Vec::new();
    let (mut between, mut from) = (0, 0);
    // What the characters before were: in forms that are sent as addresses, a plus behind a letter is a space.
    let (mut before, mut after_plus) = (None, false);
    while let Some(character) = text[from..].chars().next() {
        let (token, length) = token(&text[from..], character, before, reading);
        match token {
            Token::Digit(value) => {
                let first = run.is_empty() || between > 0;
                run.push(Digit { value, from, to: from + length, first, after_plus: first && after_plus });
                between = 0;
            }
            Token::Unseen => {}
            Token::Between if !run.is_empty() && between < APART => between += 1,
            Token::Between | Token::Other => {
                if run.len() >= *DIGITS.start() {
                    runs.push(std::mem::take(&mut run));
                }
                run.clear();
                between = 0;
            }
        }
        after_plus = character == '+' && !before.is_some_and(char::is_alphanumeric);
        before = Some(character);
        from += length;
    }
    if run.len() >= *DIGITS.start() {
        runs.push(run);
    }
    runs
}

enum Token {
    Digit(u8),
    /// May stand between the groups of a number.
    Between,
    /// May stand anywhere in a number: nobody sees it.
    Unseen,
    Other,
}

/// What a text begins with, which stands behind `before`, and how many bytes of it that is.
fn token(text: &str, character: char, before: Option<char>, reading: Reading) -> (Token, usize) {
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
fn token_of(character: char) -> Token {
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
fn digit(character: char) -> Option<u8> {
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

/// Where the longest card number ends that begins at `start`, if there is one.
fn end_of_card(text: &str, run: &[Digit], start: usize) -> Option<usize> {
    let ends = (start + DIGITS.start()..=run.len().min(start + DIGITS.end())).rev();
    ends.into_iter().find(|end| {
        let number = &run[start..*end];
        let is_phone = number[0].after_plus && number.len() < PLUS_DIGITS;
        !is_phone && (ends_group(run, *end) || is_expiry(run, *end)) && is_card(number) && is_grouped(text, number)
    })
}

fn ends_group(run: &[Digit], end: usize) -> bool {
    run.get(end).is_none_or(|next| next.first)
}

/// Whether the rest of the group is an expiry date that sticks to the number before it.
fn is_expiry(run: &[Digit], start: usize) -> bool {
    let rest = &run[start..];
    let length = rest.iter().skip(1).position(|digit| digit.first).map_or(rest.len(), |at| at + 1);
    EXPIRY_DIGITS.contains(&length) && (1..=12).contains(&(rest[0].value * 10 + rest[1].value))
}

/// Whether people write card numbers in such groups: all of one length but the last, with what people put between groups, or with
/// the same between all; or four and more digits, then three and more, then any; or 16 digits in four groups at most, with the
/// same between all.
fn is_grouped(text: &str, number: &[Digit]) -> bool {
    let (mut groups, mut apart) = (vec![0], Vec::new());
    for (index, digit) in number.iter().enumerate() {
        if index > 0 && digit.first {
            apart.push(&text[number[index - 1].to..digit.from]);
            groups.push(0);
        }
        if let Some(length) = groups.last_mut() {
            *length += 1;
        }
    }
    let (last, first) = (groups.pop().unwrap_or(0), groups.first().copied());
    let Some(first) = first else { return true };
    let is_same = apart.iter().all(|between| *between == apart[0]);
    let is_even = groups.iter().all(|length| *length == first) && last <= first;
    is_even && (is_same || apart.iter().all(|between| is_plain(between)))
        || first >= 4 && groups.iter().all(|length| *length >= 3)
        || is_same && number.len() == 16 && groups.len() < 4
}

/// Whether people group digits with it.
fn is_plain(between: &str) -> bool {
    let is_usual = |character: char| {
        character.is_whitespace()
            || matches!(token_of(character), Token::Unseen)
            || matches!(character, '+' | '.' | ',' | '-' | '/' | '\\' | '_' | '*' | '\'' | '|' | '·' | '•')
            || matches!(character, '\u{2010}'..='\u{2015}' | '\u{2212}')
    };
    between.chars().all(is_usual) && between.chars().count() <= PLAIN_APART
}

/// Whether a card may have this number.
fn is_card(number: &[Digit]) -> bool {
    let begins = |(first, last, lengths): &Range| {
        let digits = first.ilog10() as usize + 1;
        let leading = number.iter().take(digits).fold(0, |sum, digit| sum * 10 + u32::from(digit.value));
        lengths.contains(&number.len()) && (*first..=*last).contains(&leading)
    };
    CARDS.iter().any(begins) && passes_luhn(number) && !is_article(number)
}

fn passes_luhn(digits: &[Digit]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match (index % 2, u32::from(digit.value) * 2) {
            (0, doubled) => doubled / 2,
            (_, doubled) => doubled / 10 + doubled % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether the number is that of an article (GTIN-13): those of several countries begin as Visa's do, whose cards of 13 digits
/// are no longer issued.
fn is_article(digits: &[Digit]) -> bool {
    let sum: u32 =
        digits.iter().enumerate().map(|(at, digit)| u32::from(digit.value) * (1 + 2 * (at as u32 % 2))).sum();
    digits.len() == 13 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The card networks' published test numbers, one of a range at least.
    const NUMBERS: [&str; 24] = [
        "4111111111111111",
        "4012888888881881",
        "4222222222222",
        "5555555555554444",
        "5105105105105100",
        "2221000000000009",
        "2720999999999996",
        "378282246310005",
        "371449635398431",
        "30569309025904",
        "38520000023237",
        "36227206271667",
        "3530111333300000",
        "3566002020360505",
        "6011111111111117",
        "6011000990139424",
        "6445644564456445",
        "6205500000000000004",
        "6759649826438453",
        "6304000000000000",
        "6521111111111110",
        "2200000000000004",
        "5018000000009",
        "9792030000000000",
    ];

    fn luhn_of(body: &str) -> String {
        let last = ('0'..='9').find(|last| {
            let text = format!("{body}{last}");
            let digits =
                text.bytes().map(|byte| Digit { value: byte - b'0', from: 0, to: 0, first: false, after_plus: false });
            passes_luhn(&digits.collect::<Vec<_>>())
        });
        format!("{body}{}", last.expect("one of ten digits fits"))
    }

    #[test]
    fn card_numbers_go_however_they_are_written() {
        for number in NUMBERS.iter().filter(|number| number.len() != 13) {
            assert_eq!(card_numbers(&format!("ä{number}, please")), format!("ä{REMOVED}, please"), "{number}");
        }
        for written in [
            "4222222222222",
            "4111 1111 1111 1111",
            "5555-5555-5555-4444",
            "3782 822463 10005",
            "3056 930902 5904",
            "4111.1111.1111.1111",
            "4111/1111/1111/1111",
            "4111_1111_1111_1111",
            "4111,1111,1111,1111",
            "4111\u{a0}1111\u{a0}1111\u{a0}1111",
            "4111\u{202f}1111\u{202f}1111\u{202f}1111",
            "4111\u{2009}1111\u{2009}1111\u{2009}1111",
            "4111 - 1111 - 1111 - 1111",
            "4111–1111–1111–1111",
            "4111\n1111\n1111\n1111",
            "4111 11111111 1111",
            "41 11 11 11 11 11 11 11",
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            "411 111 111 111 111 1",
            "4111\u{200b}1111\u{ad}1111\u{202e}1111",
            "４１１１ １１１１ １１１１ １１１１",
            "٤١١١ ١١١١ ١١١١ ١١١١",
            "۴۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱",
            "४१११११११११११११११",
            "4111%201111%201111%201111",
            "4111+1111+1111+1111",
            "4\u{fe0f}\u{20e3}111111111111111",
            "%34%31%31%31111111111111",
            "4111\u{1}111111111111",
        ] {
            assert_eq!(card_numbers(&format!("my card: {written}!")), format!("my card: {REMOVED}!"), "{written}");
        }
    }

    #[test]
    fn digits_beside_a_card_number_hide_nothing() {
        for (text, expected) in [
            ("4111 1111 1111 1111 12/27", format!("{REMOVED} 12/27")),
            ("4111 1111 1111 1111 12/27 123", format!("{REMOVED} 12/27 123")),
            ("4111111111111111 1227", format!("{REMOVED} 1227")),
            ("41111111111111111227", format!("{REMOVED}1227")),
            ("4111111111111111122027", format!("{REMOVED}122027")),
            ("12/27 4111 1111 1111 1111", format!("12/27 {REMOVED}")),
            ("17 4111111111111111 18", format!("17 {REMOVED} 18")),
            ("3782 822463 10005 0127", format!("{REMOVED} 0127")),
            ("4111111111111111/5555555555554444", format!("{REMOVED}/{REMOVED}")),
            ("card4111111111111111exp1227", format!("card{REMOVED}exp1227")),
            ("/pay/4111-1111-1111-1111/done", format!("/pay/{REMOVED}/done")),
            ("/pay/4111/1111/1111/1111/2", format!("/pay/{REMOVED}/2")),
        ] {
            assert_eq!(card_numbers(text), expected, "{text}");
        }
    }

    #[test]
    fn card_numbers_go_from_swipes_addresses_markup_and_any_script() {
        for (text, expected) in [
            ("%B4111111111111111^DOE/J^27121010000?", "%B#^DOE/J^27121010000?"),
            (";4111111111111111=27121010000?", ";#=27121010000?"),
            ("50%4111111111111111", "50%#"),
            ("100%a4111111111111111", "100%a#"),
            ("50%30569309025904", "50%#"),
            ("q=my+card+is+4111111111111111", "q=my+card+is+#"),
            ("pay+4111+1111+1111+1111", "pay+#"),
            ("pay+30569309025904", "pay+#"),
            ("+4111 1111 1111 1111", "+#"),
            ("+378282246310005", "+#"),
            ("41-11111111-111111", "#"),
            ("4111    1111    1111    1111", "#"),
            ("4111 -- 1111 -- 1111 -- 1111", "#"),
            ("4111 x 1111 x 1111 x 1111", "#"),
            ("41:11:11:11:11:11:11:11", "#"),
            ("4111&#8209;1111&nbsp;1111&#x2011;1111", "#"),
            ("4111&amp;nbsp;1111&amp;nbsp;1111&amp;nbsp;1111", "#"),
            ("&#52;111111111111111", "#"),
            ("4111<br>1111<br/>1111</span> <span class=\"n\">1111", "#"),
            ("4111\\n1111\\u00a01111\\xa01111", "#"),
            ("4111\\u{a0}1111\\u{a0}1111\\u{a0}1111", "#"),
            ("\\u0034111111111111111", "#"),
            ("4111%25201111%2525201111%C2%A01111", "#"),
            ("4111%u20111111%E2%80%931111%e2%80%931111", "#"),
            ("%D9%A4%D9%A1%D9%A1%D9%A1111111111111", "#"),
        ] {
            assert_eq!(card_numbers(text), expected.replace('#', REMOVED), "{text}");
        }
        for between in [
            ":", ";", " = ", "~", "(", ")", "\"", "…", "ー", "・", "\u{2043}", "\u{ff0d}", "\u{fe58}", "×", "→", "✂",
            "$", "\u{180e}", "\u{34f}", "\u{61c}", "\u{3164}", "\u{2800}",
        ] {
            let text = ["4111"; 1].into_iter().chain(["1111"; 3]).collect::<Vec<_>>().join(between);
            assert_eq!(card_numbers(&text), REMOVED, "{text}");
        }
        for (one, four) in ["①④", "¹⁴", "₁₄", "❶❹", "➀➃", "⒈⒋", "⑴⑷", "𞥑𞥔", "𑁧𑁪", "🯱🯴", "𝟏𝟒", "１４", "𑑑𑑔"]
            .map(|both| (both.chars().next().unwrap(), both.chars().nth(1).unwrap()))
        {
            let text = format!("{four}{}", String::from(one).repeat(15));
            assert_eq!(card_numbers(&text), REMOVED, "{text}");
        }
    }

    #[test]
    fn every_decimal_digit_of_unicode_is_known() {
        for character in '\0'..=char::MAX {
            if character.general_category() == GeneralCategory::DecimalNumber {
                assert!(digit(character).is_some(), "U+{:04X}", u32::from(character));
            }
        }
        assert_eq!(
            [digit('٤'), digit('④'), digit('⁴'), digit('⑩'), digit('½'), digit('四')],
            [Some(4), Some(4), Some(4), None, None, None]
        );
    }

    #[test]
    fn other_numbers_stay() {
        for kept in [
            "order 4111111111111112",
            "order 302-1234567-1234565",
            "call +41 44 668 18 00 or +41 44 668 18 01",
            "+4915112345678",
            "044 668 18 00, 044 668 18 01, 044 668 18 02",
            "2026-11-22 10:15",
            "2026-11-22 10.15.30 to 2026-11-23 10.15.30",
            "30.11.2026 12.05.2026",
            "20261130101530123",
            "1790000000123",
            "1790000000123456789",
            "1234567890123456789012345",
            "4006381333931",
            "4006381330060",
            "ISBN 978-3-16-148410-0",
            "IMEI 356938035643809",
            "8 out of 10, 7 of 10, 9 of 10",
            "192.168.100.101 10.0.0.1",
            "45:10:30 50:15:20 51:30:40, 52:15:30 (53:45:00)",
            "+41 44 668 18 00; +41 44 668 18 01; +41 44 668 18 02",
            "4111 of 1111 and 1111 or 1111",
            "<1111> 4 & 12; 100%",
            "",
            "%",
            "%4",
        ] {
            assert_eq!(card_numbers(kept), kept);
        }
    }

    proptest! {
        #[test]
        fn every_card_of_every_range_goes(
            range in 0..CARDS.len(),
            pick in any::<prop::sample::Index>(),
            offset in any::<u32>(),
            body in "[0-9]{19}",
            separator in prop::sample::select(vec!["", " ", "-", ".", "\u{a0}", "\u{202f}", "/"]),
            around in prop::sample::select(vec![("", ""), ("", " 12/27"), ("12/27 ", ""), ("no ", " yes"), ("№", ";")]),
        ) {
            let (first, last, lengths) = CARDS[range];
            let length = lengths[pick.index(lengths.len())];
            let begin = (first + offset % (last - first + 1)).to_string();
            let number = luhn_of(&format!("{begin}{}", &body[..length - 1 - begin.len()]));
            let digits: Vec<Digit> =
                number.bytes().map(|byte| Digit { value: byte - b'0', from: 0, to: 0, first: false, after_plus: false }).collect();
            prop_assume!(!is_article(&digits));
            let groups: Vec<_> = number.as_bytes().chunks(4).map(|group| str::from_utf8(group).unwrap()).collect();
            let text = format!("{}{}{}", around.0, groups.join(separator), around.1);
            let scrubbed = card_numbers(&text);
            prop_assert!(scrubbed.contains(REMOVED), "{text}: {scrubbed}");
            prop_assert!(!scrubbed.contains(&number[..12]), "{text}: {scrubbed}");
        }

        #[test]
        fn what_the_check_refuses_stays(number in "[0-9]{12,16}") {
            let digits: Vec<Digit> =
                number.bytes().map(|byte| Digit { value: byte - b'0', from: 0, to: 0, first: false, after_plus: false }).collect();
            prop_assume!(!passes_luhn(&digits));
            prop_assert_eq!(card_numbers(&number), number.as_str());
        }

        #[test]
        fn instants_dates_and_phone_numbers_stay(
            ms in 1_000_000_000_000_u64..2_000_000_000_000,
            (year, month, day) in (1970..2100, 1..=12, 1..=31),
            (hour, minute, second) in (0..24, 0..60, 0..60),
            (area, first, second_part, third) in (20..99, 100..999, 10..99, 10..99),
        ) {
            for text in [
                ms.to_string(),
                format!("{}", ms * 1_000),
                format!("{}", ms * 1_000_000),
                format!("{year}-{month:02}-{day:02} {hour:02}.{minute:02}.{second:02}"),
                format!("{day:02}.{month:02}.{year} {hour:02}.{minute:02}, {day:02}.{month:02}.{year}"),
                format!("{year}{month:02}{day:02}{hour:02}{minute:02}{second:02}"),
                format!("0{area} {first} {second_part} {third}, 0{area} {first} {third} {second_part}"),
                format!("+{area} {area} {first} {second_part} {third}"),
                format!("{hour:02}:{minute:02}:{second:02} {minute:02}:{second:02}:{hour:02}, {second:02}:{hour:02}"),
                format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{first}; {hour:02}:{minute:02}"),
                format!("(+{area}) {area}/{first} {second_part} {third}; (+{area}) {area}/{third} {second_part}"),
            ] {
                prop_assert_eq!(card_numbers(&text), text.as_str());
            }
        }

        #[test]
        fn any_text_is_read_without_harm(text in "\\PC*", more in "[0-9 %25&#;xu<>/.+-]{0,80}") {
            let text = format!("{text}{more}");
            let once = card_numbers(&text).into_owned();
            prop_assert_eq!(card_numbers(&once), once.as_str());
        }
    }
}
