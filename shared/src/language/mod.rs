//! Languages by their tags (BCP 47, RFC 5646): which of several stands for the wanted one, and which way it is written.
//!
//! A look-up of our own, since every widget carries it: `icu_locale`, which knows all of CLDR, weighs 27 kB compressed, and
//! smaller libraries know the form of tags but not what they stand for. What is here of CLDR are the names that pages still
//! use, and the languages that are written in more than one way; a test holds it against `icu_locale`.

#[cfg(test)]
mod tests;

use crate::limit;

/// Names that say what another says, each before that one: names given up, and the language that a macro-language is unless
/// its tag says otherwise (CLDR, `languageAlias`).
const ALIASES: &str = "arb ar azj az cmn zh ekk et fas fa in id iw he ji yi jw jv khk mn lvs lv mo ro mol ro no nb npi ne \
    pes fa plt mg pnb lah prs fa sh sr swh sw tl fil uzn uz zsm ms";

/// Languages, each before the one that its readers read when it is not there: of the same macro-language (ISO 639-3).
const KIN: &str =
    "acm ar aeb ar afb ar apc ar ars ar ary ar arz ar gan zh hak zh hsn zh nan zh nb nn nn nb wuu zh yue zh";

/// Scripts (ISO 15924) with the languages, and the languages in regions, that are written in them unless their tag says
/// otherwise (CLDR, `likelySubtags`): those from right to left, and those of languages that have several.
const SCRIPTS: [(&str, &str); 13] = [
    (
        "Arab",
        "acm aeb afb apc ar ars ary arz az-IQ az-IR azb bal ckb fa glk ha-CM hnd hno kk-AF kk-CN kk-IR kk-MN ks \
         ku-IQ ku-IR ky-CN lah lrc ms-CC mzn pa-PK ps sd skr tg-PK ug ur uz-AF",
    ),
    ("Hebr", "he yi"),
    ("Thaa", "dv"),
    ("Syrc", "arc syr"),
    ("Nkoo", "nqo"),
    ("Rohg", "rhg"),
    (
        "Hant",
        "hak-TW nan-MO nan-TW yue zh-AU zh-BN zh-GB zh-GF zh-HK zh-ID zh-MO zh-PA zh-PF zh-PH zh-SR zh-TH zh-TW zh-US zh-VN",
    ),
    ("Hans", "gan hak hsn nan wuu yue-CN zh"),
    ("Latn", "az bs ha ku ky-TR ms sh sr-ME sr-RO sr-TR tk uz"),
    ("Cyrl", "az-RU kk ky mn sr tg ug-KZ ug-MN uz-CN"),
    ("Mong", "mn-CN"),
    ("Guru", "pa"),
    ("Deva", "sd-IN"),
];

/// Scripts that are written from right to left.
const RIGHT_TO_LEFT: [&str; 8] = ["Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"];

/// What a tag says, as far as it matters here. By bytes: searching for characters brings a search machine along.
#[derive(Clone, Copy)]
struct Tag<'a> {
    /// The language, by its usual name.
    language: &'a [u8],
    /// The script, also where the tag leaves it out; empty where there is only one.
    script: &'a [u8],
    /// The region; empty for none.
    region: &'a [u8],
    /// The whole of it.
    text: &'a [u8],
}

impl<'a> Tag<'a> {
    /// Reads any text: what is no tag is a language that nothing is in.
    fn read(text: &'a str) -> Self {
        let text = text.trim_ascii().as_bytes();
        let mut subtags = text.split(is_mark);
        let mut named = subtags.next().unwrap_or_default();
        let mut tag = Self { language: named, script: b"", region: b"", text };
        for subtag in subtags {
            match subtag.len() {
                // Extensions say how numbers are written and the like.
                0 | 1 => break,
                2 if subtag.is_ascii() => tag.region = subtag,
                3 if subtag[0].is_ascii_digit() => tag.region = subtag,
                // `zh-yue` is `yue`.
                3 if after(ALIASES, subtag).or(after(KIN, subtag)).is_some() => named = subtag,
                4 if !subtag[0].is_ascii_digit() => tag.script = subtag,
                _ => {}
            }
        }
        tag.language = after(ALIASES, named).unwrap_or(named);
        if tag.script.is_empty() {
            let likely = |language, region| {
                let is_it = |known: &[u8]| is_language_in(known, language, region);
                let script = SCRIPTS.iter().find(|(_, languages)| languages.as_bytes().split(is_space).any(is_it));
                script.map(|(script, _)| script.as_bytes())
            };
            let in_region = if tag.region.is_empty() { None } else { likely(tag.language, tag.region) };
            let script = likely(named, b"").filter(|_| named != tag.language);
            tag.script = in_region.or(script).or_else(|| likely(tag.language, b"")).unwrap_or_default();
        }
        tag
    }

    /// How near another tag of the same language is; 0 for another language. One that is written otherwise is further away
    /// than any region, and the region's own nearer than the language, and that nearer than one of another region.
    fn likeness(&self, other: &Self) -> usize {
        if self.language.is_empty() || !same(self.language, other.language) {
            return 0;
        }
        let is_readable = self.script.is_empty() || other.script.is_empty() || same(self.script, other.script);
        let region = match () {
            () if same(self.region, other.region) => 6,
            () if same(self.neighbours(), other.region) => 5,
            () if other.region.is_empty() => 4,
            () if same(self.neighbours(), other.neighbours()) => 3,
            () if other.is_of_home() => 2,
            () => 1,
        };
        region + 8 * usize::from(is_readable) + 16 * usize::from(same(self.text, other.text))
    }

    /// A region that stands for those that write as it does (CLDR, `parentLocales`).
    fn neighbours(&self) -> &'a [u8] {
        let home = |home: &str| same(self.region, home.as_bytes());
        let is = |language: &str| same(self.language, language.as_bytes());
        match () {
            () if self.region.is_empty() => b"-",
            () if is("pt") && !home("BR") => b"PT",
            () if is("es") && !home("ES") => b"419",
            () if is("en") && !home("US") => b"GB",
            () if is("zh") && home("MO") => b"HK",
            () => self.region,
        }
    }

    /// Whether its region is the one that is meant where none is named.
    fn is_of_home(&self) -> bool {
        // Most are called like their country.
        let home: &[u8] = match () {
            () if same(self.language, b"en") => b"US",
            () if same(self.language, b"pt") => b"BR",
            () => self.language,
        };
        same(self.region, home)
    }
}

fn is_mark(byte: &u8) -> bool {
    matches!(byte, b'-' | b'_')
}

fn is_space(byte: &u8) -> bool {
    *byte == b' '
}

fn same(one: &[u8], other: &[u8]) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Whether `known` is this language, in this region where that is not empty.
fn is_language_in(known: &[u8], language: &[u8], region: &[u8]) -> bool {
    let mut subtags = known.split(is_mark);
    same(subtags.next().unwrap_or_default(), language) && same(subtags.next().unwrap_or_default(), region)
}

/// The word that stands after a name in a list of pairs.
fn after(pairs: &'static str, name: &[u8]) -> Option<&'static [u8]> {
    let mut words = pairs.as_bytes().split(is_space);
    while let (Some(known), Some(other)) = (words.next(), words.next()) {
        if same(known, name) {
            return Some(other);
        }
    }
    None
}

/// The one of `tags` that stands for the wanted language, in the sense of RFC 4647, 3.4: the same, else the nearest one of
/// that language, by script and then by region, else one of the same macro-language. `None` when there is none.
///
/// Any text may be wanted: case, `_` for `-` and space around it do not matter, and what is no tag has nothing near it.
pub fn nearest_language<'a>(tags: impl Iterator<Item = &'a str> + Clone, wanted: &str) -> Option<&'a str> {
    let mut wanted = Tag::read(wanted);
    for _ in 0..2 {
        let (mut nearest, mut most) = (None, 0);
        for tag in tags.clone() {
            let likeness = wanted.likeness(&Tag::read(tag));
            if likeness > most {
                (nearest, most) = (Some(tag), likeness);
            }
        }
        if nearest.is_some() {
            return nearest;
        }
        wanted.language = after(KIN, wanted.language)?;
    }
    None
}

/// Every name, and every language of a region, that is told apart here: of them a table can be made for those who cannot call
/// [`nearest_language`].
pub fn names() -> impl Iterator<Item = &'static str> {
    let lists = [ALIASES, KIN].into_iter().chain(SCRIPTS.iter().map(|(_, languages)| *languages));
    lists.flat_map(|list| list.split(' '))
}

/// Whether a language (BCP 47) is written from right to left.
pub fn is_right_to_left(language: &str) -> bool {
    let tag = Tag::read(language);
    RIGHT_TO_LEFT.iter().any(|script| same(script.as_bytes(), tag.script))
}

/// Whether `language` is `wanted` or a variety of it: `de-CH` is `de`, `no` is `nb` and `zh-TW` is `zh-Hant`; `den` is not
/// `de`.
pub fn is_variety_of(language: &str, wanted: &str) -> bool {
    let (tag, range) = (Tag::read(language), Tag::read(wanted));
    let says_script = wanted.trim_ascii().as_bytes().split(is_mark).any(|subtag| same(subtag, range.script));
    !range.language.is_empty()
        && same(tag.language, range.language)
        && (!says_script || same(tag.script, range.script))
        && (range.region.is_empty() || same(tag.region, range.region))
}

/// A text as it may stand as a tag in a page: with hyphens, without space around it; empty when it is none.
pub fn tidy(text: &str) -> String {
    let text = text.trim_ascii();
    if text.len() > limit::LANGUAGE_CHARACTERS {
        return String::new();
    }
    let mut tidy = String::new();
    for byte in text.bytes() {
        match byte {
            b'-' | b'_' => tidy.push('-'),
            _ if byte.is_ascii_alphanumeric() => tidy.push(byte.into()),
            _ => return String::new(),
        }
    }
    tidy
}

/// A language that is shown, in the region of whoever reads it: their numbers and days are written as there. It stays as it
/// is when it names a region itself, or when they wanted another language or another script.
pub fn in_region(shown: &str, wanted: &str) -> String {
    let (tag, reader) = (Tag::read(shown), Tag::read(wanted));
    let mut region = tidy(shown);
    if tag.region.is_empty() && same(tag.language, reader.language) && same(tag.script, reader.script) {
        if !reader.region.is_empty() {
            region.push('-');
        }
        region.extend(reader.region.iter().map(|byte| char::from(byte.to_ascii_uppercase())));
    }
    region
}

/// The language in which a survey is shown: the one that its texts say they are in. Where they say none it is the wanted
/// one, unless `sample`, a text of it, is written in the other direction.
pub fn shown(declared: &str, sample: &str, wanted: &str) -> String {
    if !declared.is_empty() {
        return in_region(declared, wanted);
    }
    match runs_right_to_left(sample) {
        Some(true) if !is_right_to_left(wanted) => "und-Arab".to_owned(),
        Some(false) if is_right_to_left(wanted) => "en".to_owned(),
        _ => tidy(wanted),
    }
}

/// Whether a text runs from right to left, by its first letter (Unicode's bidirectional algorithm, P2 and P3); `None`
/// without one.
fn runs_right_to_left(text: &str) -> Option<bool> {
    text.chars().find_map(|character| match character {
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{10800}'..='\u{10fff}' => {
            Some(true)
        }
        '\u{1e800}'..='\u{1efff}' => Some(true),
        // Signs and pictures have no direction.
        '\u{2000}'..='\u{2bff}' | '\u{3000}'..='\u{3020}' | '\u{1f000}'..='\u{1faff}' => None,
        'A'..='Z' | 'a'..='z' | '\u{c0}'.. => Some(false),
        _ => None,
    })
}
