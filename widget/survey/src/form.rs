//! The form without script: the questions of one page, drawn as the panel draws them, with a button that posts them.

use crate::draw::{self, Drawing};
use crate::words::{self, Words};
use rapport_shared::flow::{Given, Problem, Script};
use rapport_shared::survey::{Input, Subject, Survey, nearest_language};
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::{Callback, Html, Properties, ServerRenderer, function_component, html};

/// The words of every language but English: tag and JSON.
const LANGUAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// Files that may be chosen as a picture.
const ACCEPTED: &str = "image/jpeg,image/png,image/webp";

/// Name of a field that people do not see, and that programs like to fill in.
pub const TRAP: &str = "website";

/// One page of a form.
#[derive(Clone, Debug)]
pub struct Page {
    /// The survey, in the language of the visitor.
    pub survey: Survey,
    /// The visitor's language (BCP 47).
    pub language: String,
    /// Draws the random orders; the same for all pages of a run.
    pub seed: u32,
    /// What the page was told of itself.
    pub facts: BTreeMap<String, String>,
    /// Places of the questions before this page.
    pub before: Vec<usize>,
    /// Places of the questions on this page.
    pub asked: Vec<usize>,
    /// What has been given, by the place of its question.
    pub given: Vec<Given>,
    /// What is wrong with it, by the place of the question.
    pub problems: Vec<(usize, Problem)>,
    /// Pictures that were not taken: name of the field, and why.
    pub picture_faults: Vec<(String, String)>,
    /// Further fields that are sent along: name and value.
    pub hidden: Vec<(String, String)>,
    /// Whether this is the last page.
    pub last: bool,
}

impl Page {
    /// The words of its language.
    pub fn words(&self) -> Words {
        words(&self.language)
    }

    /// `left-to-right` or `right-to-left`, as the attribute `dir` says it.
    pub fn direction(&self) -> &'static str {
        if words::is_right_to_left(&self.language) { "rtl" } else { "ltr" }
    }
}

/// The interface's words in the nearest language there is.
pub fn words(language: &str) -> Words {
    let tags = LANGUAGES.iter().map(|(tag, _)| *tag).chain(["en"]);
    let tag = nearest_language(tags, language);
    let file = LANGUAGES.iter().find(|(known, _)| Some(*known) == tag);
    let words: BTreeMap<String, String> =
        file.and_then(|(_, text)| serde_json::from_str(text).ok()).unwrap_or_default();
    Words(Box::new(move |key| words.get(key).cloned()))
}

/// The script of a survey for a visitor of whom only the page's facts are known.
pub fn script(survey: &Survey, seed: u32, facts: &BTreeMap<String, String>) -> Script {
    let facts = facts.clone();
    let outside = move |subject: Subject<'_>| match subject {
        Subject::Fact(name) => facts.get(name).cloned(),
        _ => None,
    };
    Script::of(survey, seed, Box::new(outside))
}

/// The page as HTML: a `form` element that posts to its own address.
pub async fn render(page: Page) -> String {
    ServerRenderer::<Form>::with_props(move || FormProperties { page: Rc::new(page) }).hydratable(false).render().await
}

#[derive(Clone, Properties)]
struct FormProperties {
    page: Rc<Page>,
}

impl PartialEq for FormProperties {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.page, &other.page)
    }
}

#[function_component]
fn Form(properties: &FormProperties) -> Html {
    let page = &properties.page;
    let script = script(&page.survey, page.seed, &page.facts);
    let words = page.words();
    let hidden = page.hidden.iter().map(|(name, value)| {
        html! { <input type="hidden" name={name.clone()} value={value.clone()} /> }
    });
    let button = if page.last { words::SEND } else { words::NEXT };
    let has_files = page
        .asked
        .iter()
        .any(|at| script.questions[*at].parts().iter().any(|part| matches!(part.input, Input::Picture { .. })));
    html! {
        <form method="post" accept-charset="utf-8" class="survey" novalidate=true
            enctype={has_files.then_some("multipart/form-data")}>
            { for hidden }
            <p class="trap" aria-hidden="true">
                <label>{ "Leave this empty " }<input type="text" name={TRAP} tabindex="-1" autocomplete="off" /></label>
            </p>
            { for page.asked.iter().map(|at| question(page, &script, &words, *at)) }
            <div class="buttons">
                if !page.before.is_empty() && page.survey.back {
                    <button type="submit" name="back" value="1" class="back">{ words.get(words::BACK) }</button>
                }
                <span class="space" />
                <button type="submit" class="next">{ words.get(button) }</button>
            </div>
        </form>
    }
}

fn question(page: &Page, script: &Script, words: &Words, at: usize) -> Html {
    let question = &script.questions[at];
    let prefix = ["question-", &question.id, "-"].concat();
    let problem = page.problems.iter().find(|(place, _)| *place == at).map(|(_, problem)| problem);
    let answers: Vec<Option<Given>> = page.given.iter().cloned().map(Some).collect();
    let text = script.fill(&question.text, &page.before, &answers);
    let id = |name: &str| [&*prefix, name].concat();
    let drawing = Drawing {
        script,
        at,
        given: &page.given[at],
        problem,
        words,
        prefix: &prefix,
        take: &Callback::noop(),
        still: true,
    };
    let pictures = question.parts().into_iter().enumerate().filter_map(|(place, part)| {
        let Input::Picture { of_page } = part.input else { return None };
        let name = ["q.", &question.id, ".", part.id].concat();
        let label = if of_page { words::SCREENSHOT } else { words::PHOTO };
        let fault = page.picture_faults.iter().find(|(field, _)| *field == name).map(|(_, reason)| reason);
        let described = fault.map(|_| id(&["fault-", part.id].concat()));
        // What was sent with an earlier page is there, unless the visitor takes it back.
        let added = page.given[at].entries[place].score.is_some();
        Some(html! {
            <div key={place} class="part">
                if added {
                    <label class="option" data-on="">
                        <input type="checkbox" name={name.clone()} value="1" checked=true />
                        <span class="label">{ words.get(words::USE) }</span>
                    </label>
                }
                <label class="field"><span>{ words.get(label) }</span>
                    <input type="file" name={name} accept={ACCEPTED} aria-describedby={described.clone()}
                        aria-invalid={fault.map(|_| "true")} />
                </label>
                if let Some(reason) = fault {
                    <p id={described} class="problem">{ words.get(words::NO_PICTURE) }{ " (" }{ reason }{ ")" }</p>
                }
            </div>
        })
    });
    html! {
        <fieldset aria-describedby={problem.map(|_| id("problem"))}>
            <legend id={id("question")}>{ text }</legend>
            if let Some(problem) = problem {
                <p id={id("problem")} class="problem">{ draw::problem_text(words, question, problem) }</p>
            }
            if let Some(hint) = draw::hint(&question.kind) { <p class="hint">{ words.get(hint) }</p> }
            { drawing.parts() }
            { for pictures }
        </fieldset>
    }
}
