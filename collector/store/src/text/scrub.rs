//! Card numbers in free text, taken out before anything is kept.
//!
//! What goes: digits that begin like a payment card of a known range ([`CARDS`]), have one of its lengths and pass the Luhn
//! check (ISO/IEC 7812-1 annex B), however they are grouped. What stays: digits whose groups no card has (a date, a phone
//! number, an order of 3, 7 and 7 digits), that begin otherwise (instants in milliseconds with 1, phone numbers with a plus) or
//! that the check refuses. A number without groups that passes all three cannot be told from a card, and goes.
//!
//! Digits may be of any script, written as in an address (`%34`), and stand apart by white space, punctuation or characters
//! that nobody sees. A number begins and ends where a group does, so that an expiry date behind it hides nothing; one that is
//! stuck to it is known by its month.

use std::borrow::Cow;

/// What stands in place of a card number.
const REMOVED: &str = "[card number removed]";
/// Fewest and most digits of a card number.
const DIGITS: std::ops::RangeInclusive<usize> = 12..=19;
/// Longest stretch between two digits of a number, in characters: a hyphen with a space on each side.
const APART: usize = 3;
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
}

/// The text without card numbers.
pub fn card_numbers(text: &str) -> Cow<'_, str> {
    if text.len() < *DIGITS.start() {
        return Cow::Borrowed(text);
    }
    let mut result = String::new();
    let mut kept = 0;
    for run in runs(text) {
        let mut start = 0;
        while start + DIGITS.start() <= run.len() {
            let Some(end) = run[start].first.then(|| end_of_card(&run, start)).flatten() else {
                start += 1;
                continue;
            };
            result.push_str(&text[kept..run[start].from]);
            result.push_str(REMOVED);
            kept = run[end - 1].to;
            start = end;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    result.push_str(&text[kept..]);
    Cow::Owned(result)
}

/// The stretches of at least as many digits as a card has, with nothing between them that keeps numbers apart.
fn runs(text: &str) -> Vec<Vec<Digit>> {
    let mut runs = Vec::new();
    let mut run: Vec<Digit> = Vec::new();
    let (mut between, mut after_plus) = (0, false);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let from = text.len() - rest.len();
        let (token, length) = token(rest, character);
        match token {
            Token::Digit(value) => {
                // A plus says that a phone number begins.
                let first = (run.is_empty() || between > 0) && !after_plus;
                run.push(Digit { value, from, to: from + length, first });
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
        after_plus = character == '+' && run.is_empty();
        rest = &rest[length..];
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

/// What a text begins with, and how many bytes of it that is.
fn token(text: &str, character: char) -> (Token, usize) {
    let length = character.len_utf8();
    if let Some(value) = digit(character) {
        return (Token::Digit(value), length);
    }
    if character == '%'
        && let Some(byte) = text.get(1..3).and_then(|code| u8::from_str_radix(code, 16).ok())
    {
        return match byte {
            b'0'..=b'9' => (Token::Digit(byte - b'0'), 3),
            _ => (Token::Between, 3),
        };
    }
    let token = match character {
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{20e3}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => Token::Unseen,
        '+'
        | '.'
        | ','
        | '-'
        | '/'
        | '\\'
        | '_'
        | '*'
        | '\''
        | '|'
        | '·'
        | '•'
        | '\u{2010}'..='\u{2015}'
        | '\u{2212}' => Token::Between,
        white if white.is_whitespace() => Token::Between,
        control if control.is_control() => Token::Unseen,
        _ => Token::Other,
    };
    (token, length)
}

/// The value of a decimal digit of any script (Unicode general category Nd, whose tens stand in order).
fn digit(character: char) -> Option<u8> {
    /// The zeros of the scripts that people type numbers in.
    const ZEROS: [u32; 27] = [
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
        0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0xff10, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6,
    ];
    let code = u32::from(character);
    let zero = ZEROS.iter().rev().find(|zero| **zero <= code)?;
    u8::try_from(code - zero).ok().filter(|value| *value < 10)
}

/// Where the longest card number ends that begins at `start`, if there is one.
fn end_of_card(run: &[Digit], start: usize) -> Option<usize> {
    let ends = (start + DIGITS.start()..=run.len().min(start + DIGITS.end())).rev();
    ends.into_iter().find(|end| {
        let number = &run[start..*end];
        (ends_group(run, *end) || is_expiry(run, *end)) && is_grouped(number) && is_card(number)
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

/// Whether people write card numbers in such groups: all of one length but the last; or four and more digits, then three and
/// more, then any.
fn is_grouped(number: &[Digit]) -> bool {
    let mut groups: Vec<usize> = Vec::new();
    for (index, digit) in number.iter().enumerate() {
        match groups.last_mut() {
            Some(length) if index > 0 && !digit.first => *length += 1,
            _ => groups.push(1),
        }
    }
    let last = groups.pop().unwrap_or(0);
    let Some(&first) = groups.first() else { return true };
    groups.iter().all(|length| *length == first) && last <= first
        || first >= 4 && groups.iter().all(|length| *length >= 3)
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
            let digits = text.bytes().map(|byte| Digit { value: byte - b'0', from: 0, to: 0, first: false });
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
                number.bytes().map(|byte| Digit { value: byte - b'0', from: 0, to: 0, first: false }).collect();
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
                number.bytes().map(|byte| Digit { value: byte - b'0', from: 0, to: 0, first: false }).collect();
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
            ] {
                prop_assert_eq!(card_numbers(&text), text.as_str());
            }
        }

        #[test]
        fn any_text_is_read_without_harm(text in "\\PC*", more in "[0-9 %/.-]{0,80}") {
            let text = format!("{text}{more}");
            let once = card_numbers(&text).into_owned();
            prop_assert_eq!(card_numbers(&once), once.as_str());
        }
    }
}
