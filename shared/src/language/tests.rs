//! What is shown to whom, and that what is written here of CLDR is what CLDR says.

use super::*;

#[test]
fn the_nearest_language_was_missed() {
    for (tags, wanted, expected) in [
        ("de pt-BR zh-Hant en", "de", "de"),
        ("de pt-BR zh-Hant en", "DE-at", "de"),
        ("de pt-BR zh-Hant en", "pt_br", "pt-BR"),
        ("de pt-BR zh-Hant en", "pt", "pt-BR"),
        ("de pt-BR zh-Hant en", "pt-PT", "pt-BR"),
        ("de pt-BR zh-Hant en", "zh-Hant-TW", "zh-Hant"),
        ("de pt-BR zh-Hant en", "fr", ""),
        // What is no tag is near to nothing, and breaks nothing.
        ("de en", "", ""),
        ("de en", "d", ""),
        ("de en", "<script>", ""),
        ("de en", "en_US", "en"),
        ("de en", " EN-us ", "en"),
        ("de en", "-de", ""),
        ("de en", "den", ""),
        ("de en", "de-", "de"),
        ("de en", "é", ""),
        ("de en", "ende", ""),
        ("de en", "*", ""),
        ("de en", "x-de", ""),
        // Macro-languages, and names that were given up.
        ("nb en", "no", "nb"),
        ("nb en", "nn", "nb"),
        ("nb en", "nn-NO", "nb"),
        ("no en", "nb", "no"),
        ("no en", "nn", "no"),
        ("nn en", "nb-NO", "nn"),
        ("nb nn", "nn", "nn"),
        ("nn nb", "no", "nb"),
        ("he id yi jv ro fil", "iw", "he"),
        ("he id yi jv ro fil", "in-ID", "id"),
        ("he id yi jv ro fil", "ji", "yi"),
        ("he id yi jv ro fil", "mo", "ro"),
        ("he id yi jv ro fil", "tl", "fil"),
        ("iw tl", "he", "iw"),
        ("iw tl", "fil-PH", "tl"),
        ("ar zh", "arz", "ar"),
        ("ar zh", "arb", "ar"),
        ("ar zh", "cmn-Hans-CN", "zh"),
        ("ar zh", "yue", "zh"),
        ("zh-Hans zh-Hant", "zh-yue-HK", "zh-Hant"),
        ("zh-Hans zh-Hant", "yue-CN", "zh-Hans"),
        // Scripts, said or not.
        ("zh-Hans zh-Hant", "zh-TW", "zh-Hant"),
        ("zh-Hans zh-Hant", "zh-HK", "zh-Hant"),
        ("zh-Hans zh-Hant", "zh_MO", "zh-Hant"),
        ("zh-Hant zh-Hans", "zh-CN", "zh-Hans"),
        ("zh-Hant zh-Hans", "zh-SG", "zh-Hans"),
        ("zh-Hant zh-Hans", "zh", "zh-Hans"),
        ("zh-Hant zh", "zh-Hans-CN", "zh"),
        ("zh zh-TW", "zh-HK", "zh-TW"),
        ("zh zh-TW zh-HK", "zh-MO", "zh-HK"),
        ("zh-CN zh-TW", "zh-Hant", "zh-TW"),
        ("zh-CN zh-TW", "zh-Hans-SG", "zh-CN"),
        ("zh en", "zh-TW", "zh"),
        ("sr sr-Latn", "sr-Latn-RS", "sr-Latn"),
        ("sr-Latn sr-Cyrl", "sr", "sr-Cyrl"),
        ("sr-Cyrl sr-Latn", "sr-ME", "sr-Latn"),
        ("sr-Cyrl sr-Latn", "sh", "sr-Latn"),
        ("sr sh", "sr-Latn", "sh"),
        ("sr", "sh", "sr"),
        ("hr bs", "sh", ""),
        ("pa pa-Arab", "pa-PK", "pa-Arab"),
        ("uz-Cyrl uz", "uz-UZ", "uz"),
        // Regions.
        ("pt-BR pt-PT", "pt-PT", "pt-PT"),
        ("pt-BR pt-PT", "pt-AO", "pt-PT"),
        ("pt-PT pt-BR", "pt", "pt-BR"),
        ("pt pt-BR", "pt-BR-x-twain", "pt-BR"),
        ("pt-PT pt-BR", "pt-u-nu-latn", "pt-BR"),
        ("es es-419", "es-MX", "es-419"),
        ("es-419 es-ES", "es", "es-ES"),
        ("es-ES es-MX", "es-AR", "es-MX"),
        ("es es-MX", "es-AR", "es"),
        ("en-US en-GB", "en-AU", "en-GB"),
        ("en-GB en-US", "en", "en-US"),
        ("de-AT de-DE", "de", "de-DE"),
        ("de-AT de-CH", "de-LI", "de-AT"),
        ("de-CH de", "de-AT", "de"),
        ("de de-1996", "de-1996", "de-1996"),
        ("de de-1996", "de-DE", "de"),
    ] {
        let found = nearest_language(tags.split(' '), wanted);
        assert_eq!(found.unwrap_or_default(), expected, "{wanted} of {tags}");
    }
    let long = format!("de-{}", "x".repeat(300));
    assert_eq!(nearest_language(["de"].into_iter(), &long), Some("de"));
    assert_eq!(nearest_language(["de"].into_iter(), &"d".repeat(300)), None);
}

#[test]
fn text_ran_in_the_direction_of_another_language() {
    for (language, expected) in [
        ("ar", true),
        ("ar-EG", true),
        ("HE", true),
        ("iw", true),
        ("fa_IR", true),
        ("az-Arab", true),
        ("az-IR", true),
        ("pa-PK", true),
        ("und-Arab", true),
        ("ff-Adlm", true),
        ("ar-Latn", false),
        ("sd-IN", false),
        ("de", false),
        ("arn", false),
        ("", false),
        ("<ar>", false),
    ] {
        assert_eq!(is_right_to_left(language), expected, "{language}");
    }
}

#[test]
fn a_survey_said_to_be_in_the_language_of_the_page_was_not() {
    for (declared, sample, wanted, expected) in [
        ("en", "How was it?", "fa", "en"),
        ("en", "How was it?", "en-gb", "en-GB"),
        ("he", "איך היה?", "iw-IL", "he-IL"),
        ("nb", "Hvordan var det?", "no-NO", "nb-NO"),
        ("ar", "كيف كانت؟", "ar-Latn", "ar"),
        ("zh", "怎么样？", "zh-TW", "zh"),
        ("zh-Hant", "怎麼樣？", "zh-TW", "zh-Hant-TW"),
        ("pt-BR", "Como foi?", "pt-PT", "pt-BR"),
        ("de", "Wie war es?", "<script>", "de"),
        // Where nobody says what language it is, its letters say at least how it runs.
        ("", "چطور بود؟", "fa", "fa"),
        ("", "How was it?", "fa", "en"),
        ("", "1. «چطور بود؟»", "de", "und-Arab"),
        ("", "Wie war es?", "de_AT", "de-AT"),
        ("", "😀 10/10", "he", "he"),
        ("", "How was it?", "\" onload=\"", ""),
        ("", "How was it?", "", ""),
    ] {
        assert_eq!(shown(declared, sample, wanted), expected, "{declared} {sample} {wanted}");
    }
    assert_eq!((tidy(" EN_us "), tidy(&"a".repeat(300)), tidy("de;q=1")), ("EN-us".into(), "".into(), "".into()));
}

#[test]
fn a_rule_for_a_language_means_its_other_names_too() {
    for (language, wanted, expected) in [
        ("de-CH", "de", true),
        ("DE", "de", true),
        ("de_AT", "de", true),
        ("den", "de", false),
        ("de", "de-CH", false),
        ("no", "nb", true),
        ("nb-NO", "no", true),
        ("iw-IL", "he", true),
        ("zh-TW", "zh", true),
        ("zh-TW", "zh-Hant", true),
        ("zh-CN", "zh-Hant", false),
        ("zh-Hant-TW", "zh-TW", true),
        ("", "de", false),
        ("de", "", false),
    ] {
        assert_eq!(is_variety_of(language, wanted), expected, "{language} {wanted}");
    }
}

/// Tags as `icu_locale` understands them, with all of CLDR.
#[test]
fn names_scripts_and_directions_are_those_of_cldr() {
    use icu_locale::{Locale, LocaleCanonicalizer, LocaleDirectionality, LocaleExpander};
    let (canonicalizer, expander, direction) =
        (LocaleCanonicalizer::new_extended(), LocaleExpander::new_extended(), LocaleDirectionality::new_extended());
    let listed = [ALIASES, KIN].into_iter().chain(SCRIPTS.iter().map(|(_, languages)| *languages));
    let listed: Vec<&str> = listed.flat_map(|list| list.split(' ')).collect();
    let regions = "AF AU BN CA CM CN DE EG GB HK ID IN IQ IR KZ ME MN MO MY PA PK RO RS RU SG SY TH TR TW US UZ VN";
    let in_regions = listed
        .iter()
        .filter(|tag| !tag.contains('-'))
        .flat_map(|tag| regions.split(' ').map(move |region| format!("{tag}-{region}")));
    let others = "af am be bg bn ca cs cy da de el en es et eu fi fr ga gl gu hi hr hu hy is it ja ka km kn ko lo lt mk \
        ml mr my nl or pl pt ru si sk sl sq sv ta te th tr uk vi xh zu ff rhg ks ckb fil gsw";
    let tags = listed.iter().copied().chain(others.split(' ')).map(str::to_owned);
    for text in tags.chain(in_regions) {
        let mut known: Locale = text.parse().expect("a tag");
        canonicalizer.canonicalize(&mut known);
        // In CLDR `no` stands for itself; nb is what is written where it is meant.
        let language = Some(known.id.language.to_string()).filter(|name| name != "no").unwrap_or("nb".to_owned());
        expander.maximize(&mut known.id);
        let tag = Tag::read(&text);
        assert_eq!(str::from_utf8(tag.language).unwrap(), language, "{text}");
        assert_eq!(is_right_to_left(&text), direction.is_right_to_left(&known.id) || language == "arc", "{text}");
        let script = str::from_utf8(tag.script).unwrap();
        if !script.is_empty() && language != "arc" {
            assert_eq!(Some(script), known.id.script.map(|script| script.to_string()).as_deref(), "{text}");
        }
    }
}
