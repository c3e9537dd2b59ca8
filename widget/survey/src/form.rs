//! The form without script: the questions of one page, drawn as the panel draws them, with a button that posts them.

use crate::draw::{self, Drawing};
use crate::tree::Tree;
use crate::words::{self, Words};
use rapport_shared::flow::{Given, Problem, Script};
use rapport_shared::survey::{Input, Part, Subject, Survey};
use rapport_words::Language;
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::{Html, Properties, ServerRenderer, function_component};

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
    let script = script(&page.survey, page.seed, &page.facts);
    let words = page.words();
    let mut tree = Tree::new(&words, true);
    tree.open("form.survey method=post accept-charset=utf-8 novalidate");
    if !page.action.is_empty() {
        tree.set("action", &page.action);
    }
    let is_picture = |part: Part<'_>| matches!(part.input, Input::Picture { .. });
    if page.asked.iter().any(|at| script.questions[*at].parts().into_iter().any(is_picture)) {
        tree.set("enctype", "multipart/form-data");
    }
    for (name, value) in &page.hidden {
        tree.open("input type=hidden");
        tree.set("name", name);
        tree.set("value", value);
        tree.close();
    }
    tree.open("p.trap aria-hidden=true");
    tree.open("label");
    tree.text("Leave this empty ");
    tree.open("input type=text tabindex=-1 autocomplete=off");
    tree.set("name", TRAP);
    tree.close();
    tree.close();
    tree.close();
    for at in &page.asked {
        question(&mut tree, page, &script, *at);
    }
    tree.open("div.buttons");
    if !page.before.is_empty() && page.survey.back {
        tree.say("button.back type=submit name=back value=1", &words::BACK);
    }
    tree.leaf("span.space", "");
    tree.say("button.next type=submit", if page.last { &words::SEND } else { &words::NEXT });
    tree.close();
    tree.close();
    tree.finish().0
}

fn question(tree: &mut Tree<'_>, page: &Page, script: &Script, at: usize) {
    let question = &script.questions[at];
    let prefix = ["question-", &question.id, "-"].concat();
    let problem = page.problems.iter().find(|(place, _)| *place == at).map(|(_, problem)| problem);
    let answers: Vec<Option<Given>> = page.given.iter().cloned().map(Some).collect();
    let id = |name: &str| [&*prefix, name].concat();
    tree.open("fieldset");
    draw::group(tree, question);
    if problem.is_some() {
        tree.set("aria-describedby", &id("problem"));
    }
    tree.named("legend", &id("question"), &script.fill(&question.text, &page.before, &answers));
    if let Some(problem) = problem {
        tree.named("p.problem", &id("problem"), &draw::problem_text(tree.words, question, problem));
    }
    if let Some(hint) = draw::hint(&question.kind) {
        tree.say("p.hint", hint);
    }
    Drawing { script, at, given: &page.given[at], problem, prefix: &prefix }.parts(tree);
    for (place, part) in question.parts().into_iter().enumerate() {
        let Input::Picture { of_page } = part.input else { continue };
        let name = ["q.", &question.id, ".", part.id].concat();
        let fault = page.picture_faults.iter().find(|(field, _)| *field == name).map(|(_, reason)| reason);
        let described = id(&["fault-", part.id].concat());
        tree.open("div.part");
        // What was sent with an earlier page is there, unless the visitor takes it back.
        if page.given[at].entries[place].score.is_some() {
            tree.open("label.option");
            tree.mark("data-on", true);
            tree.open("input type=checkbox value=1");
            tree.set("name", &name);
            tree.check(true);
            tree.close();
            tree.say("span.label", &words::USE);
            tree.close();
        }
        tree.open("label.field");
        tree.say("span", if of_page { &words::SCREENSHOT } else { &words::PHOTO });
        tree.open("input type=file");
        tree.set("name", &name);
        tree.set("accept", ACCEPTED);
        if fault.is_some() {
            tree.set("aria-describedby", &described);
            tree.set("aria-invalid", "true");
        }
        tree.close();
        tree.close();
        if let Some(reason) = fault {
            let said = [&tree.words.get(&words::NO_PICTURE), " (", reason, ")"].concat();
            tree.named("p.problem", &described, &said);
        }
        tree.close();
    }
    tree.close();
}
