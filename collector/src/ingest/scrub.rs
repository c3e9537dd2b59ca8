//! Card numbers that people type into free text, taken out before anything is kept.

/// What stands in place of a card number.
const REMOVED: &str = "[card number removed]";

/// Replaces every run of 13 to 19 digits (single spaces or hyphens between them allowed) that passes the Luhn check
/// (ISO/IEC 7812-1 annex B) and begins like a payment card (3 to 6, ISO/IEC 7812-1 major industries).
pub fn card_numbers(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut result = String::with_capacity(text.len());
    let mut kept = 0;
    let mut start = 0;
    while start < bytes.len() {
        let begins = bytes[start].is_ascii_digit() && (start == 0 || !bytes[start - 1].is_ascii_digit());
        if let Some(end) = begins.then(|| digit_run_end(bytes, start)).flatten() {
            result.push_str(&text[kept..start]);
            result.push_str(REMOVED);
            kept = end;
            start = end;
        } else {
            start += 1;
        }
    }
    result.push_str(&text[kept..]);
    result
}

/// End of the card number that begins at `start`, if there is one.
fn digit_run_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut digits = Vec::with_capacity(19);
    let mut position = start;
    let mut end = start;
    while position < bytes.len() && digits.len() <= 19 {
        match bytes[position] {
            digit @ b'0'..=b'9' => {
                digits.push(digit - b'0');
                end = position + 1;
            }
            b' ' | b'-' if bytes.get(position + 1).is_some_and(u8::is_ascii_digit) => {}
            _ => break,
        }
        position += 1;
    }
    ((13..=19).contains(&digits.len()) && matches!(digits[0], 3..=6) && passes_luhn(&digits)).then_some(end)
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, &digit)| match (index % 2, u32::from(digit) * 2) {
            (0, _) => u32::from(digit),
            (_, doubled) => doubled / 10 + doubled % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_go_and_other_numbers_stay() {
        // The card networks' published test numbers.
        for number in ["4111111111111111", "4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005"] {
            assert_eq!(card_numbers(&format!("ä{number}, please")), format!("ä{REMOVED}, please"));
        }
        for kept in ["order 4111111111111112", "call +41 44 668 18 00", "2026-11-22 10:15", "1234567890123456789012345"]
        {
            assert_eq!(card_numbers(kept), kept);
        }
    }
}
