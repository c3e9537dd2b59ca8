//! Unsigned LEB128: 7 bits a byte, low ones first, the top bit says that more follow.

use super::SketchError;

/// Appends `value`.
pub(super) fn write(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Takes a value off the front of `bytes`.
#[inline]
pub(super) fn read(bytes: &mut &[u8]) -> Result<u64, SketchError> {
    if let [first @ 0..0x80, rest @ ..] = *bytes {
        *bytes = rest;
        return Ok(u64::from(*first));
    }
    let mut value = 0u64;
    for (index, &byte) in bytes.iter().enumerate().take(10) {
        let part = u64::from(byte & 0x7f);
        if index == 9 && part > 1 {
            return Err(SketchError::Range);
        }
        value |= part << (7 * index);
        if byte < 0x80 {
            *bytes = &bytes[index + 1..];
            return Ok(value);
        }
    }
    Err(if bytes.len() >= 10 { SketchError::Range } else { SketchError::Truncated })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_come_back_one_after_the_other(values: Vec<u64>) {
            let mut bytes = Vec::new();
            values.iter().for_each(|&value| write(&mut bytes, value));
            let mut rest = &bytes[..];
            for value in values {
                prop_assert_eq!(read(&mut rest), Ok(value));
            }
            prop_assert_eq!(read(&mut rest), Err(SketchError::Truncated));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(read(&mut &[0xff; 9][..]), Err(SketchError::Truncated));
        assert_eq!(read(&mut &[0xff; 10][..]), Err(SketchError::Range));
        assert_eq!(read(&mut &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2][..]), Err(SketchError::Range));
        assert_eq!(read(&mut &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1][..]), Ok(u64::MAX));
    }
}
