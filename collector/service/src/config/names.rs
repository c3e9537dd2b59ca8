//! What pages call us, where the settings name another script: every path that pages ask for, every file and the element get
//! a name that follows from the script's address. No list of a blocker can know them, and each deployment has its own.
//!
//! The names are made of consonants, so that none is a word. Where one stands in a compiled module, it has the length of what it
//! stands for, which is why a file can be renamed as it is served: nothing in it moves, and nothing is loaded for it.

use super::Script;
use rapport_ingest::signature;
use std::borrow::Cow;

/// Paths below which pages are answered, each before those that it begins with. `/f` and `/r` are the forms and reviews
/// that need no script.
const PATHS: [&str; 14] = [
    "/v1/me/erase",
    "/v1/attachment",
    "/v1/unserved",
    "/v1/heatmap",
    "/v1/reviews",
    "/reviews.css",
    "/v1/config",
    "/v1/batch",
    "/v1/asked",
    "/v1/theme",
    "/form.css",
    "/v1/me",
    "/assets",
    "/f",
];
/// Path of the reviews that need no script.
const REVIEWS: &str = "/r";
/// The widget's element.
const ELEMENT: &str = "rapport-widget";
/// The field of an address that names the steps of a form after the first.
const STEP: &str = "rapport-step";
/// Fewest letters of a name: enough that no two are alike.
const FEWEST: usize = 6;
/// Letters of a file's name.
const FILE_LETTERS: usize = 16;
/// Most letters that the element takes from the script's name.
const ELEMENT_LETTERS: usize = 6;
/// 16 letters: one for each hexadecimal digit.
const LETTERS: &[u8; 16] = b"bcdfghjkmnpqrtwz";

/// What pages call us. Cheap to make, and the same for every collector with the same settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    folder: String,
    /// Each path of ours with its name; empty where everything has its usual one.
    paths: Vec<(&'static str, String)>,
    element: String,
    step: String,
    key: String,
}

impl Names {
    /// Those that everything has by itself.
    fn usual(script: &Script) -> Self {
        Self {
            folder: script.folder.clone(),
            paths: Vec::new(),
            element: ELEMENT.into(),
            step: STEP.into(),
            key: String::new(),
        }
    }

    /// Those that follow from a script's address; `is_usual` where the settings name none.
    pub(super) fn of(script: &Script, is_usual: bool) -> Self {
        if is_usual {
            return Self::usual(script);
        }
        let key = script.url();
        let path = |path: &str| format!("/{}", letters(&key, path, (path.len() - 1).max(FEWEST)));
        let stem = script.name.trim_end_matches(".js").chars().filter(char::is_ascii_alphanumeric);
        let stem: String = stem.take(ELEMENT_LETTERS).collect();
        let stem = stem.to_ascii_lowercase();
        let stem = if stem.starts_with(|first: char| first.is_ascii_lowercase()) { &stem } else { "x" };
        Self {
            folder: script.folder.clone(),
            paths: PATHS.into_iter().chain([REVIEWS]).map(|ours| (ours, path(ours))).collect(),
            element: format!("{stem}-{}", letters(&key, ELEMENT, ELEMENT.len() - stem.len() - 1)),
            step: letters(&key, STEP, STEP.len()),
            key,
        }
    }

    /// Whether everything has its usual name.
    pub fn are_usual(&self) -> bool {
        self.paths.is_empty()
    }

    /// What pages call a path of ours, with its query.
    pub fn path<'a>(&self, ours: &'a str) -> Cow<'a, str> {
        let named = self.paths.iter().find_map(|(known, name)| Some((name, below(ours, known)?)));
        named.map_or(Cow::Borrowed(ours), |(name, rest)| Cow::Owned(format!("{name}{rest}")))
    }

    /// The path of ours that pages call so; `None` where it has no other name.
    pub fn ours(&self, asked: &str) -> Option<String> {
        let (folder, asked) = match asked.strip_prefix(self.folder.as_str()) {
            Some(rest) if rest.starts_with('/') => (self.folder.as_str(), rest),
            _ => ("", asked),
        };
        let (ours, rest) = self.paths.iter().find_map(|(ours, name)| Some((ours, below(asked, name)?)))?;
        Some(format!("{folder}{ours}{rest}"))
    }

    /// What pages call a file of ours: `assets/agent-….js` and the contents that they get.
    pub fn file(&self, ours: &str, contents: &[u8]) -> String {
        if self.are_usual() {
            return ours.to_owned();
        }
        let extension = ours.rsplit_once('.').map_or("", |(_, extension)| extension);
        let contents = signature::sign(contents, ours);
        let folder = self.path("/assets").into_owned();
        format!("{}/{}.{extension}", &folder[1..], letters(&self.key, &contents, FILE_LETTERS))
    }

    /// A file of ours with the names that pages know.
    pub fn within(&self, file: &[u8]) -> Vec<u8> {
        let mut named = file.to_vec();
        for (ours, name) in &self.paths {
            match *ours {
                // As a script writes it; a letter alone is not worth looking for.
                "/f" => named = replace(&named, b"}/f/${", format!("}}{name}/${{").as_bytes()),
                REVIEWS => {}
                _ => named = replace(&named, ours.as_bytes(), name.as_bytes()),
            }
        }
        replace(&named, ELEMENT.as_bytes(), self.element.as_bytes())
    }

    /// The widget's element.
    pub fn element(&self) -> &str {
        &self.element
    }

    /// The field of an address that names the steps of a form after the first.
    pub fn step(&self) -> &str {
        &self.step
    }
}

/// What follows in a path below `above`; `None` for a path that is elsewhere.
fn below<'a>(path: &'a str, above: &str) -> Option<&'a str> {
    path.strip_prefix(above).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// So many letters that follow from both, at most 64.
fn letters(key: &str, of: &str, count: usize) -> String {
    let digits = signature::sign(key.as_bytes(), of);
    let letter = |digit: char| digit.to_digit(16).map(|digit| char::from(LETTERS[digit as usize]));
    digits.chars().filter_map(letter).take(count).collect()
}

/// Replaces every occurrence of some bytes.
pub(crate) fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOICE: &str = "https://www.example.com/hello/voice.js";

    fn renamed(address: &str) -> Names {
        Names::of(&Script::parse(address).unwrap(), false)
    }

    #[test]
    fn no_name_is_that_of_another_deployment_and_none_is_a_word() {
        let (one, other) = (renamed(VOICE), renamed("https://www.example.com/hello/word.js"));
        assert_eq!(one, renamed(VOICE), "the same settings give the same names");
        let mut seen = Vec::new();
        for ours in PATHS.into_iter().chain([REVIEWS]) {
            let [name, elsewhere] = [&one, &other].map(|names| names.path(ours).into_owned());
            assert_ne!(name, elsewhere, "{ours}");
            assert!(name.len() > FEWEST && name[1..].bytes().all(|letter| LETTERS.contains(&letter)), "{ours} {name}");
            assert!(!seen.contains(&name), "{ours} {name}");
            seen.push(name);
        }
        assert!(one.element().starts_with("voice-") && one.element() != other.element(), "{}", one.element());
    }

    #[test]
    fn what_a_module_holds_keeps_its_length() {
        for address in [VOICE, "https://www.example.com/1.js", "https://www.example.com/A-very-long_name.js"] {
            let names = renamed(address);
            for ours in ["/v1/batch", "/assets"] {
                assert_eq!(names.path(ours).len(), ours.len(), "{ours}");
            }
            assert_eq!(names.element().len(), ELEMENT.len(), "{}", names.element());
            // https://html.spec.whatwg.org/multipage/custom-elements.html#valid-custom-element-name
            assert!(names.element().starts_with(|first: char| first.is_ascii_lowercase()), "{}", names.element());
        }
    }

    #[test]
    fn a_name_leads_back_to_what_it_stands_for() {
        let names = renamed(VOICE);
        for ours in [
            "/v1/config/shop",
            "/v1/config/shop?language=en",
            "/v1/me",
            "/v1/me/erase",
            "/v1/reviews/shop/things",
            "/f/shop/page-rating?likely=9",
            "/r/shop/a%2Fb",
            "/form.css",
        ] {
            let name = names.path(ours);
            assert!(!name.contains("v1") && !name.contains("/f/") && !name.contains("/r/"), "{name}");
            assert_eq!(names.ours(&name).as_deref(), Some(ours));
            assert_eq!(names.ours(&format!("/hello{name}")), Some(format!("/hello{ours}")));
        }
        for other in ["/", "/hello", "/v1/config/shop", "/hello/v1/batch", "/forms", "/rapport.js"] {
            assert_eq!(names.ours(other), None, "{other}");
        }
        let none = Names::of(&Script::parse("https://www.example.com/rapport.js").unwrap(), true);
        assert!(none.are_usual() && none.element() == ELEMENT && none.path("/v1/batch") == "/v1/batch");
        assert_eq!(none.ours("/v1/batch"), None);
    }
}
