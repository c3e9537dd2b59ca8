//! The words of each part of the widget, cut out of `shared/words`, and a table of which language stands for which.

use crate::emit::File;
use rapport_shared::language::{names, nearest_language};
use rapport_words::{LANGUAGES, Language, Texts, tags};
use serde_json::{Map, Value};

/// Texts as an object.
pub fn words(texts: Texts) -> Value {
    Value::Object(texts.0.iter().map(|(key, text)| ((*key).to_owned(), (*text).into())).collect())
}

/// The words of one part in a language, with the tag of the language and its direction.
pub fn spoken(language: &Language, texts: Texts) -> Value {
    let mut words = words(texts);
    words["tag"] = language.tag.into();
    words["direction"] = language.direction().into();
    words
}

/// Every language but English, which is built in.
pub fn others() -> impl Iterator<Item = &'static Language> {
    LANGUAGES.iter().filter(|language| language.tag != "en")
}

/// The words of a part, a script for each language: it is brought like every other part of the widget, by `import()`,
/// which no content policy for data has to allow.
pub fn files(stem: &'static str, words: fn(&Language) -> Value) -> impl Iterator<Item = File> {
    others().map(move |language| {
        let words = words(language);
        let script = format!("export default()=>Promise.resolve();export const words={words};\n");
        File::words(stem, language.tag, script.into_bytes())
    })
}

/// Names in small letters with the language that stands for each, as far as cutting a tag does not lead there.
pub fn table() -> Value {
    let mut table = Map::new();
    // No name is that of a method of every object.
    table.insert("__proto__".to_owned(), Value::Null);
    for name in names() {
        let (small, found) = (name.to_ascii_lowercase(), nearest_language(tags(), name));
        if let Some(tag) = found.filter(|tag| cut(&small) != Some(*tag)) {
            table.insert(small, tag.into());
        }
    }
    Value::Object(table)
}

/// The language that cutting a tag leads to.
fn cut(tag: &str) -> Option<&'static str> {
    let shorter = tag.rfind('-').map_or("", |end| &tag[..end]);
    let known = tags().find(|known| known.eq_ignore_ascii_case(tag));
    known.or_else(|| if shorter.is_empty() { None } else { cut(shorter) })
}
