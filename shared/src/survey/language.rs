//! Whether a text is a language tag (BCP 47) of a language that there is.

use crate::limit;

/// What a tag must be, in words.
pub const LANGUAGE_TAG: &str = "must be a BCP 47 language tag of a known language, such as de or pt-BR";

/// Every language of two letters in the registry of BCP 47, those with newer names included.
const TWO_LETTERS: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy \
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik \
    in io is it iu iw ja ji jv jw ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml \
    mn mo mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh \
    si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo \
    za zh zu";

/// Whether `tag` has the form of a language tag (RFC 5646, 2.1), and its language is known: of two letters it is one of
/// the registry, of three it may be any of some 8,000, and longer ones are registered for none.
pub fn is_language(tag: &str) -> bool {
    let all = |subtag: &str, is: fn(&u8) -> bool| subtag.bytes().all(|byte| is(&byte));
    let is_letters = |subtag: &str| all(subtag, u8::is_ascii_alphabetic);
    let is_digits = |subtag: &str| all(subtag, u8::is_ascii_digit);
    let well_formed = |subtag: &&str| (1..=8).contains(&subtag.len()) && all(subtag, u8::is_ascii_alphanumeric);
    let subtags: Vec<&str> = tag.split('-').collect();
    let [language, rest @ ..] = subtags.as_slice() else { return false };
    let known = match language.len() {
        2 => TWO_LETTERS.split(' ').any(|known| known.eq_ignore_ascii_case(language)),
        3 => is_letters(language),
        _ => false,
    };
    if !known || tag.len() > limit::LANGUAGE_CHARACTERS || !rest.iter().all(well_formed) {
        return false;
    }
    let mut rest = rest.iter().copied().peekable();
    // In this order: up to three extended languages, script, region, variants, extensions, private use.
    for _ in 0..3 {
        rest.next_if(|subtag| subtag.len() == 3 && is_letters(subtag));
    }
    rest.next_if(|subtag| subtag.len() == 4 && is_letters(subtag));
    rest.next_if(|subtag| (subtag.len() == 2 && is_letters(subtag)) || (subtag.len() == 3 && is_digits(subtag)));
    let is_variant = |subtag: &str| subtag.len() >= 5 || (subtag.len() == 4 && subtag.as_bytes()[0].is_ascii_digit());
    while rest.next_if(|subtag| is_variant(subtag)).is_some() {}
    while let Some(mark) = rest.next_if(|subtag| subtag.len() == 1) {
        let least = if mark.eq_ignore_ascii_case("x") { 1 } else { 2 };
        let mut length = 0;
        while rest.next_if(|subtag| subtag.len() >= least).is_some() {
            length += 1;
        }
        if length == 0 {
            return false;
        }
    }
    rest.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_no_language_are_told_from_those_of_one() {
        for tag in
            ["de", "pt-BR", "zh-Hant-TW", "zh-yue-HK", "es-419", "sl-rozaj-1994", "de-u-co-phonebk", "gsw", "EN-x-a"]
        {
            assert!(is_language(tag), "{tag}");
        }
        for tag in [
            "",
            "d",
            "klingon",
            "xx",
            "xx-nonsense-foo",
            "german",
            "de-",
            "-de",
            "de_DE",
            "de-DE-Latn",
            "de-u",
            "d3",
            "de-x",
            "de-abcdefghi",
            "deutsch!",
        ] {
            assert!(!is_language(tag), "{tag}");
        }
    }
}
