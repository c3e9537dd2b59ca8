//! Card numbers in free text, taken out before anything is kept.
//!
//! What goes: digits that begin like a payment card of a known range ([`card`]), have one of its lengths and pass the Luhn
//! check (ISO/IEC 7812-1 annex B), however they are grouped. What stays: digits whose groups no card has (a date, a phone
//! number, an order of 3, 7 and 7 digits), that begin otherwise (instants in milliseconds with 1, phone numbers with a plus) or
//! that the check refuses. A number without groups that passes all three cannot be told from a card, and goes.
//!
//! Digits may be of any script, in circles, written as in an address (`%34`), in HTML (`&#52;`) or in JSON (`\u0034`), and stand
//! apart by a few characters that are no letters, by tags, entities and escapes, and by characters that nobody sees. As `%30`
//! may be a digit and may be 30 after a percent sign, a text is read both ways. A number begins and ends where a group does, so
//! that an expiry date behind it hides nothing; one that is stuck to it is known by its month.

mod card;
mod token;

use card::is_card;
use std::borrow::Cow;
use token::{Token, token, token_of};

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
/// Digits that may stick to a number as its expiry (MMYY, MMYYYY), the former also with a check value (MMYYCCC).
const EXPIRY_DIGITS: [usize; 3] = [4, 6, 7];

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

#[cfg(test)]
mod tests {
    use super::card::{CARDS, is_article, passes_luhn};
    use super::token::digit;
    use super::*;
    use proptest::prelude::*;
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

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
