//! Which numbers payment cards have.

use super::Digit;

/// First and last number of a range, by their leading digits, and the lengths of its cards.
pub(super) type Range = (u32, u32, &'static [usize]);

/// Ranges of payment cards (ISO/IEC 7812 issuer identification numbers, as the networks publish them).
pub(super) const CARDS: [Range; 27] = [
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

/// Whether a card may have this number.
pub(super) fn is_card(number: &[Digit]) -> bool {
    let begins = |(first, last, lengths): &Range| {
        let digits = first.ilog10() as usize + 1;
        let leading = number.iter().take(digits).fold(0, |sum, digit| sum * 10 + u32::from(digit.value));
        lengths.contains(&number.len()) && (*first..=*last).contains(&leading)
    };
    CARDS.iter().any(begins) && passes_luhn(number) && !is_article(number)
}

pub(super) fn passes_luhn(digits: &[Digit]) -> bool {
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
pub(super) fn is_article(digits: &[Digit]) -> bool {
    let sum: u32 =
        digits.iter().enumerate().map(|(at, digit)| u32::from(digit.value) * (1 + 2 * (at as u32 % 2))).sum();
    digits.len() == 13 && sum.is_multiple_of(10)
}
