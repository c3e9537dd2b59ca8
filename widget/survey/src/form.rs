//! The form without script: the questions of one page, by the panel's own components, with a button that posts them.

use crate::asked::Asked;
use crate::question::Question;
use crate::words::{self, Words};
use rapport_shared::flow::{Given, Problem, Script};
use rapport_shared::survey::{Input, Part, Subject, Survey};
use rapport_words::Language;
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::{Callback, Html, Properties, ServerRenderer, function_component, html};

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
    /// Where it is posted to; empty for its own address.
    pub action: String,
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
    let panel = Language::spoken(language).panel;
    Words::with_plain_numbers(Box::new(move |key| panel.get(key).map(str::to_owned)))
}

/// The script of a survey for a visitor of whom only the page's facts are known.
pub fn script(survey: &Survey, seed: u32, facts: &BTreeMap<String, String>) -> Script {
    let facts = facts.clone();
    let outside = move |subject: Subject<'_>, _| match subject {
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
    let script = Rc::new(script(&page.survey, page.seed, &page.facts));
    let words = Rc::new(page.words());
    let is_picture = |part: Part<'_>| matches!(part.input, Input::Picture { .. });
    let takes_pictures = page.asked.iter().any(|at| script.questions[*at].parts().into_iter().any(is_picture));
    let question = |at: &usize| view_question(page, &script, &words, *at);
    let hidden = |(name, value): &(String, String)| {
        html! { <input type="hidden" name={name.clone()} value={value.clone()} /> }
    };
    html! {
        <form
            class="survey"
            method="post"
            action={(!page.action.is_empty()).then(|| page.action.clone())}
            accept-charset="utf-8"
            enctype={takes_pictures.then_some("multipart/form-data")}
            novalidate=true
        >
            { for page.hidden.iter().map(hidden) }
            <p class="trap" aria-hidden="true">
                <label>{ "Leave this empty " }<input type="text" name={TRAP} tabindex="-1" autocomplete="off" /></label>
            </p>
            { for page.asked.iter().map(question) }
            <div class="buttons">
                if !page.before.is_empty() && page.survey.back {
                    <button class="back" type="submit" name="back" value="1">{ words.get(&words::BACK) }</button>
                }
                <span class="space" />
                <button class="next" type="submit">{ words.get(if page.last { &words::SEND } else { &words::NEXT }) }</button>
            </div>
        </form>
    }
}

fn view_question(page: &Page, script: &Rc<Script>, words: &Rc<Words>, at: usize) -> Html {
    let question = &script.questions[at];
    let problem = page.problems.iter().find(|(place, _)| *place == at).map(|(_, problem)| problem.clone());
    let answers: Vec<Option<Given>> = page.given.iter().cloned().map(Some).collect();
    let prefix = ["question-", &question.id, "-"].concat().into();
    let asked = Asked { script: script.clone(), at, words: words.clone(), prefix, still: true };
    let picture = |(place, part): (usize, Part<'_>)| match part.input {
        Input::Picture { of_page } => Some(view_picture(page, &asked, place, &part, of_page)),
        _ => None,
    };
    html! {
        <Question
            asked={asked.clone()}
            text={script.fill(&question.text, &page.before, &answers)}
            given={page.given[at].clone()}
            {problem}
            on_step={Callback::noop()}
        >
            { for question.parts().into_iter().enumerate().filter_map(picture) }
        </Question>
    }
}

/// A field for a picture. What was sent with an earlier page is there, unless the visitor takes it back.
fn view_picture(page: &Page, asked: &Asked, place: usize, part: &Part<'_>, of_page: bool) -> Html {
    let name = asked.name(part, "");
    let fault = page.picture_faults.iter().find(|(field, _)| *field == *name).map(|(_, reason)| reason);
    let described = asked.id(&["fault-", part.id].concat());
    let words = &asked.words;
    html! {
        <div class="part">
            if page.given[asked.at].entries[place].score.is_some() {
                <label class="option" data-on="">
                    <input type="checkbox" name={name.clone()} value="1" checked=true />
                    <span class="label">{ words.get(&words::USE) }</span>
                </label>
            }
            <label class="field">
                <span>{ words.get(if of_page { &words::SCREENSHOT } else { &words::PHOTO }) }</span>
                <input
                    type="file"
                    {name}
                    accept={ACCEPTED}
                    aria-describedby={fault.map(|_| described.clone())}
                    aria-invalid={fault.map(|_| "true")}
                />
            </label>
            if let Some(reason) = fault {
                <p class="problem" id={described}>{ [&words.get(&words::NO_PICTURE), " (", reason, ")"].concat() }</p>
            }
        </div>
    }
}
