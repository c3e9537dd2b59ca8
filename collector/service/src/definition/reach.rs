//! Who is asked of those whose language a survey lacks: all, in the survey's own language, or nobody.
//!
//! A definition says it by the languages of its target. Whoever builds a survey chooses it once, and the languages follow the
//! translations from then on.

use super::readable_survey;
use serde_json::{Value, json};

/// Who is asked of those whose language lacks texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them: what is missing is shown in the survey's own language.
    FallBack,
    /// None of them.
    Skip,
    /// Those whose languages are named by hand.
    Named,
}

impl Reach {
    /// Every choice.
    pub const EACH: [Self; 3] = [Self::FallBack, Self::Skip, Self::Named];

    /// The name in the form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FallBack => "fall-back",
            Self::Skip => "skip",
            Self::Named => "named",
        }
    }

    /// What people read.
    pub fn told(self) -> &'static str {
        match self {
            Self::FallBack => "asked, and reads what is missing in the survey’s own language",
            Self::Skip => "not asked",
            Self::Named => "asked if the language is named under “Whom it asks”",
        }
    }

    /// What a definition says.
    pub fn of(definition: &Value) -> Self {
        let named = named(definition);
        match covered(definition) {
            _ if named.is_empty() => Self::FallBack,
            Some(covered) if covered == named => Self::Skip,
            _ => Self::Named,
        }
    }

    /// Makes `after` say what was chosen in the form of `before`. Languages that were named by hand there and then win: nothing that
    /// was typed is lost.
    pub fn choose(chosen: &str, before: &Value, after: &mut Value) {
        if named(before) != named(after) {
            return;
        }
        match Self::EACH.into_iter().find(|reach| reach.as_str() == chosen) {
            Some(Self::Skip) => {
                let Some(covered) = covered(after) else { return };
                let Some(object) = after.as_object_mut() else { return };
                let target = object.entry("target").or_insert_with(|| json!({}));
                if let Some(target) = target.as_object_mut() {
                    target.insert("languages".to_owned(), covered.into());
                }
            }
            Some(Self::FallBack) => {
                let Some(target) = after.get_mut("target").and_then(Value::as_object_mut) else { return };
                target.remove("languages");
                if target.is_empty() {
                    after.as_object_mut().map(|object| object.remove("target"));
                }
            }
            Some(Self::Named) | None => {}
        }
    }
}

fn named(definition: &Value) -> Vec<String> {
    let named = definition["target"]["languages"].as_array().into_iter().flatten();
    named.filter_map(|tag| tag.as_str().map(str::to_owned)).collect()
}

/// The survey's own language and those that lack no text; `None` while nobody says which its own is.
pub fn covered(definition: &Value) -> Option<Vec<String>> {
    let own = definition["language"].as_str().filter(|tag| !tag.is_empty())?;
    let texts = readable_survey(definition)?.texts();
    let is_whole = |translated: &Value| {
        let mut seen = texts.iter().filter(|(_, text)| !text.is_empty());
        seen.all(|(path, _)| translated[path].as_str().is_some_and(|text| !text.is_empty()))
    };
    let translations = definition["translations"].as_object().into_iter().flatten();
    let whole = translations.filter(|(tag, texts)| *tag != own && is_whole(texts)).map(|(tag, _)| tag.clone());
    Some([own.to_owned()].into_iter().chain(whole).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(german: Value) -> Value {
        json!({
            "id": "s", "name": "S", "title": "Ask", "language": "en",
            "questions": [{ "id": "q", "kind": "open-text", "text": "Why?" }],
            "translations": { "de": german, "fr": { "title": "Demander" } },
        })
    }

    #[test]
    fn who_reads_a_language_that_lacks_texts_is_asked_or_passed_over_as_was_chosen() {
        let before = survey(json!({ "title": "Frage", "questions.q.text": "Warum?" }));
        assert_eq!(Reach::of(&before), Reach::FallBack);
        let mut skips = before.clone();
        Reach::choose("skip", &before, &mut skips);
        assert_eq!((&skips["target"]["languages"], Reach::of(&skips)), (&json!(["en", "de"]), Reach::Skip));
        // A language that is completed later is asked too.
        let mut completed = skips.clone();
        completed["translations"]["fr"]["questions.q.text"] = json!("Pourquoi ?");
        Reach::choose("skip", &skips, &mut completed);
        assert_eq!(completed["target"]["languages"], json!(["en", "de", "fr"]));
        let mut all = completed.clone();
        Reach::choose("fall-back", &completed, &mut all);
        assert_eq!(all.get("target"), None);
        assert_eq!(super::super::survey(&skips.to_string()).err(), None);
    }

    #[test]
    fn languages_that_were_named_by_hand_stay() {
        let before = survey(json!({}));
        let mut typed = before.clone();
        typed["target"] = json!({ "languages": ["de-CH"] });
        for chosen in ["fall-back", "skip", "named", "nonsense"] {
            let mut after = typed.clone();
            Reach::choose(chosen, &before, &mut after);
            assert_eq!((Reach::of(&after), &after), (Reach::Named, &typed), "{chosen}");
        }
        // Without a language of its own nobody knows whom to pass over.
        let mut unnamed = before.clone();
        unnamed.as_object_mut().unwrap().remove("language");
        let same = unnamed.clone();
        Reach::choose("skip", &same, &mut unnamed);
        assert_eq!(unnamed, same);
    }
}
