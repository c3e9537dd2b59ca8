//! A guess at the language of a text: by its script, by letters that few languages have, and by the small words of each language,
//! with what the page said of itself as a tie-breaker.
//!
//! It is a guess and called one wherever it is shown. Models of letter sequences guess single words better, and would make the
//! collector some hundred megabytes larger; feedback has sentences, and nearly always the language in which it was asked.

use crate::stop::languages_with;
use crate::token::words;
use std::collections::HashMap;

/// A language by its primary subtag (BCP 47); empty when nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(pub &'static str);

/// What can be told apart.
pub const LANGUAGES: [&str; 27] = [
    "ar", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hu", "it", "ja", "ko", "nb", "nl", "pl", "pt",
    "ro", "ru", "sv", "th", "tr", "uk", "ur", "zh",
];

impl Language {
    /// The language that a tag such as `de-CH` names; `no` and `nn` are Norwegian like `nb`, `iw` is Hebrew.
    pub fn of(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let primary = match primary.as_str() {
            "no" | "nn" => "nb",
            "iw" => "he",
            other => other,
        };
        Self(LANGUAGES.iter().copied().find(|known| *known == primary).unwrap_or_default())
    }
}

/// Letters that only these languages have, of those that share a script.
const LETTERS: &[(&str, &[&str])] = &[
    ("řěů", &["cs"]),
    ("łąęśźż", &["pl"]),
    ("őű", &["hu"]),
    ("ățșţ", &["ro"]),
    ("ğış", &["tr"]),
    ("ãõ", &["pt"]),
    ("ñ¿¡", &["es"]),
    ("ß", &["de"]),
    ("ä", &["de", "sv", "fi"]),
    ("ö", &["de", "sv", "fi", "hu", "tr"]),
    ("ü", &["de", "tr", "hu"]),
    ("å", &["sv", "da", "nb"]),
    ("æø", &["da", "nb"]),
    ("ç", &["fr", "pt", "tr"]),
    ("èêùœ", &["fr", "it"]),
    ("ìò", &["it"]),
    ("іїєґ", &["uk"]),
    ("ыэъё", &["ru"]),
    ("پچگژ", &["fa", "ur"]),
    ("ٹڈڑےں", &["ur"]),
];

/// Languages of a script that is theirs alone, and those that share one.
fn by_script(text: &str) -> &'static [&'static str] {
    let (mut han, mut kana, mut counts) = (0, 0, HashMap::<&'static str, usize>::new());
    for character in text.chars() {
        let script = match character {
            '\u{3041}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9f}' => {
                kana += 1;
                "ja"
            }
            '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' => {
                han += 1;
                "zh"
            }
            '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}' => "ko",
            '\u{0e00}'..='\u{0e7f}' => "th",
            '\u{0590}'..='\u{05ff}' => "he",
            '\u{0600}'..='\u{06ff}' | '\u{0750}'..='\u{077f}' => "arabic",
            '\u{0370}'..='\u{03ff}' => "el",
            '\u{0400}'..='\u{04ff}' => "cyrillic",
            letter if letter.is_alphabetic() => "latin",
            _ => continue,
        };
        *counts.entry(script).or_default() += 1;
    }
    // A Japanese sentence has kana between its characters.
    if kana > 0 && han > 0 && kana * 10 >= han {
        return &["ja"];
    }
    let most = counts.into_iter().max_by_key(|(script, count)| (*count, *script)).map_or("", |(script, _)| script);
    match most {
        "ja" => &["ja"],
        "zh" => &["zh", "ja"],
        "ko" => &["ko"],
        "th" => &["th"],
        "he" => &["he"],
        "el" => &["el"],
        "arabic" => &["ar", "fa", "ur"],
        "cyrillic" => &["ru", "uk"],
        "latin" => &["cs", "da", "de", "en", "es", "fi", "fr", "hu", "it", "nb", "nl", "pl", "pt", "ro", "sv", "tr"],
        _ => &[],
    }
}

/// The language that a text is thought to be in. `declared` is the tag in which it was asked for, and decides where the text does not say.
pub fn guess(text: &str, declared: &str) -> Language {
    let (among, declared) = (by_script(text), Language::of(declared));
    if let [alone] = among {
        return Language(alone);
    }
    if among.is_empty() {
        return declared;
    }
    let mut votes: HashMap<&'static str, f64> = HashMap::new();
    let mut vote = |languages: &[&'static str], weight: f64| {
        for language in languages.iter().filter(|language| among.contains(language)) {
            *votes.entry(language).or_default() += weight / languages.len() as f64;
        }
    };
    for character in text.to_lowercase().chars() {
        for (_, languages) in LETTERS.iter().filter(|(letters, _)| letters.contains(character)) {
            vote(languages, 1.0);
        }
    }
    for word in words(text) {
        vote(&languages_with(&word.text), 1.5);
    }
    // Less than a small word that no other language has, and more than one that many have.
    if among.contains(&declared.0) {
        *votes.entry(declared.0).or_default() += 1.2;
    } else if let Some(first) = among.first().filter(|_| among.len() <= 3) {
        *votes.entry(first).or_default() += 0.1;
    }
    let best = votes.into_iter().max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(one.0)));
    let best = best.map_or("", |(language, _)| language);
    // Danish and Norwegian share most of their small words: between them, the page decides.
    const SHARED: [&str; 2] = ["da", "nb"];
    if SHARED.contains(&best) && SHARED.contains(&declared.0) { declared } else { Language(best) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCES: &[(&str, &str)] = &[
        ("ar", "لم أتمكن من الدفع والصفحة بطيئة جدا"),
        ("cs", "Nemohl jsem zaplatit a stránka je příliš pomalá"),
        ("da", "Jeg kunne ikke betale, og siden er meget langsom"),
        ("de", "Ich konnte nicht bezahlen und die Seite ist sehr langsam"),
        ("el", "Δεν μπόρεσα να πληρώσω και η σελίδα είναι πολύ αργή"),
        ("en", "I could not pay and the page is very slow"),
        ("es", "No pude pagar y la página es muy lenta"),
        ("fi", "En voinut maksaa ja sivu on hyvin hidas"),
        ("fr", "Je n'ai pas pu payer et la page est très lente"),
        ("he", "לא הצלחתי לשלם והדף איטי מאוד"),
        ("hu", "Nem tudtam fizetni, és az oldal nagyon lassú"),
        ("it", "Non sono riuscito a pagare e la pagina è molto lenta"),
        ("ja", "支払いができず、ページがとても遅いです"),
        ("ko", "결제할 수 없었고 페이지가 매우 느립니다"),
        ("nb", "Jeg kunne ikke betale, og siden er veldig treg"),
        ("nl", "Ik kon niet betalen en de pagina is erg traag"),
        ("pl", "Nie mogłem zapłacić, a strona jest bardzo wolna"),
        ("pt", "Não consegui pagar e a página é muito lenta"),
        ("ro", "Nu am putut plăti și pagina este foarte lentă"),
        ("ru", "Я не смог оплатить, и страница очень медленная"),
        ("sv", "Jag kunde inte betala och sidan är mycket långsam"),
        ("th", "ฉันไม่สามารถชำระเงินได้และหน้าเว็บช้ามาก"),
        ("tr", "Ödeme yapamadım ve sayfa çok yavaş"),
        ("uk", "Я не зміг оплатити, і сторінка дуже повільна"),
        ("zh", "我无法付款，而且页面非常慢"),
    ];

    #[test]
    fn a_sentence_was_taken_for_another_language() {
        let wrong: Vec<_> = SENTENCES
            .iter()
            .filter(|(language, text)| {
                // Danish and Norwegian are told apart by how the page was asked for, where a sentence is right in both.
                let declared = if ["da", "nb"].contains(language) { language } else { "en" };
                guess(text, declared).0 != *language
            })
            .map(|(language, text)| (language, guess(text, "en").0))
            .collect();
        assert_eq!(wrong, []);
    }

    #[test]
    fn what_says_nothing_of_its_language_is_in_the_one_asked_in() {
        assert_eq!(guess("Checkout", "de-CH"), Language("de"));
        assert_eq!(guess("👍 100", "fr"), Language("fr"));
        assert_eq!(guess("", ""), Language(""));
        assert_eq!(guess("hello", "xx"), Language(guess("hello", "").0));
    }
}
