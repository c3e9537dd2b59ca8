//! What the form of a definition says: labels and hints of fields, the words of what can be chosen, and what a flag is when nobody says.

use serde_json::Value;

/// What a flag is that a definition does not mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// On.
    On,
    /// Off.
    Off,
    /// Neither: it is asked of an answer whether it was given, or nothing is asked.
    Unsaid,
}

/// See [`Usual`].
pub fn usual(name: &str) -> Usual {
    match name {
        "progress" | "back" | "ask_name" | "screenshot" => Usual::On,
        "given" => Usual::Unsaid,
        _ => Usual::Off,
    }
}

/// Whether a text may be long.
pub fn is_long(name: &str) -> bool {
    matches!(name, "text" | "consent_text")
}

/// Fields: their name, what people read, and what may stand in them.
const FIELDS: &[(&str, &str, &str)] = &[
    ("id", "Id", "a-z, 0-9, - and _; answers are bound to it"),
    ("name", "Name", ""),
    ("title", "Heading", ""),
    ("questions", "Questions", ""),
    (
        "random_groups",
        "Asked in any order",
        "A line for each group: ids of questions that follow each other, with commas",
    ),
    ("placement", "Where it appears", ""),
    ("trigger", "When it appears", ""),
    ("on", "Moment", "Another has other fields: save to see them"),
    ("target", "Whom it asks", ""),
    ("thanks", "Thanks", "Said where no end of its own fits"),
    ("ends", "Ends for some", "The first whose conditions hold is shown"),
    ("cooldown_days", "Days until the same device is asked again", "0 to 3650; usually 30"),
    ("facts", "Facts that the page may hand over", "One name a line"),
    ("quota", "Enough answers", "So many finished ones, and it is asked no more; empty: no end"),
    ("one_tap", "One tap on a score is enough", ""),
    ("progress", "Shows how far along one is", ""),
    ("back", "One may go back", ""),
    ("language", "Language of these texts", "As de or pt-BR; empty: that of the page"),
    ("kind", "Kind", "Another has other fields: save to see them"),
    ("text", "Text", ""),
    ("required", "Has to be answered", ""),
    ("when", "Only when", "All of these hold; none: always"),
    ("branches", "Where it leads", "The first whose conditions hold; none: to the next question"),
    ("skip_to", "To the question", "Id of a later one"),
    ("end", "Ends here", ""),
    ("low_label", "Label of the lowest score", ""),
    ("high_label", "Label of the highest score", ""),
    ("display", "Drawn as", ""),
    ("rows", "Rows", ""),
    ("points", "Highest score", "2 to 11"),
    ("randomize", "In an order of its own for each visitor", ""),
    ("statements", "Other words for a level", "Id: price_availability, service, expertise or values"),
    ("choices", "Choices", ""),
    ("other", "Asks for words", ""),
    ("last", "Stays last", ""),
    ("label", "Label", ""),
    ("reason_label", "Label of the field for the reason", "Empty: no reason is asked for"),
    ("reason_after", "Reason is asked after", ""),
    ("placeholder", "Shown while empty", ""),
    ("max_characters", "Most characters", ""),
    ("ask_name", "Asks for a name", ""),
    ("consent_text", "What has to be agreed to", "Empty: no consent is asked for"),
    ("screenshot", "A picture of the page may be taken", ""),
    ("thing", "What is reviewed", "Where the page does not say it"),
    ("photo", "A photo may be added", ""),
    ("answer", "The answer to", "Id of an earlier question, or question.part"),
    ("trait", "The trait", ""),
    ("fact", "The fact", ""),
    ("any", "Any of these", ""),
    ("all", "All of these", ""),
    ("not", "Not this", ""),
    ("is", "Is", ""),
    ("includes", "Includes", ""),
    ("at_least", "Is at least", ""),
    ("at_most", "Is at most", ""),
    ("given", "Was given", ""),
    ("delay_ms", "Milliseconds later", "0 to 3600000"),
    ("signal", "Signal", ""),
    ("percent", "Per cent of the page", "1 to 100"),
    ("selector", "CSS selector", ""),
    ("properties", "Properties", "All of these"),
    ("cancelled_by", "Called off by", "Names of events, one a line"),
    ("task", "Task", "Empty: any"),
    ("over_ms", "Slower than, in milliseconds", "1 to 60000"),
    ("operator", "Compared", ""),
    ("value", "With", ""),
    ("pages", "Pages", "Any of these; none: all"),
    ("except_pages", "But not pages", ""),
    ("glob", "Path with * and **", "As /shop/*"),
    ("regex", "Or regular expression", ""),
    ("devices", "Devices", "None: all"),
    ("languages", "Languages", "One a line; empty: all"),
    ("sources", "Sources", "One a line; empty: all"),
    ("traits", "Traits", "All of these"),
    ("segments", "Segments", "Ids that the page hands over, one a line"),
    ("visitors", "Visitors", ""),
    ("sample_percent", "Per cent that are asked", "1 to 100"),
    ("schedule", "Schedule", ""),
    ("from", "From", "As 2026-12-01T09:00, in the site's time zone"),
    ("until", "Until", "As 2026-12-24T18:00"),
    ("weekdays", "Weekdays", "None: all"),
    ("from_hour", "From the hour", "0 to 23"),
    ("until_hour", "Until the hour", "1 to 24"),
    ("after_views", "After so many pages", "0 to 1000"),
    ("repeat", "Asked again", ""),
    ("button", "Button", "Empty: none"),
    ("survey", "Opens the survey", "Its id"),
    ("url", "Or follows the link", ""),
];

/// What people read of a field.
pub fn label(name: &str) -> &str {
    FIELDS.iter().find(|(known, ..)| *known == name).map_or(name, |(_, label, _)| label)
}

/// What may stand in a field.
pub fn hint(path: &str, name: &str) -> &'static str {
    match path {
        "id" => "a-z, 0-9, - and _; another id is another survey",
        "name" => "In the dashboard; visitors never see it",
        "title" => "Of the panel, and on the launcher",
        _ => FIELDS.iter().find(|(known, ..)| *known == name).map_or("", |(.., hint)| hint),
    }
}

/// What a thing is called of which there is no list.
pub const NO_ITEM: &str = "entry";

/// What one thing of a list is called.
pub fn item(name: &str) -> &'static str {
    match name {
        "questions" => "question",
        "choices" => "choice",
        "rows" => "row",
        "statements" => "statement",
        "ends" => "end",
        "when" | "any" | "all" => "condition",
        "branches" => "branch",
        "pages" | "except_pages" => "page",
        "traits" => "trait",
        "properties" => "property",
        _ => NO_ITEM,
    }
}

/// Most characters of a question that its heading says.
const HEADING_CHARACTERS: usize = 60;

/// The heading of one thing of a list.
pub fn heading(name: &str, at: usize, value: &Value) -> String {
    let item = item(name);
    let (first, rest) = item.split_at(1);
    let heading = format!("{}{rest} {}", first.to_uppercase(), at + 1);
    match value["text"].as_str().filter(|text| name == "questions" && !text.is_empty()) {
        Some(text) => format!("{heading}: {}", rapport_store::text::beginning(text.to_owned(), HEADING_CHARACTERS)),
        None => heading,
    }
}

/// What can be chosen: the field, the word, and what people read; other words are read as they are.
const OPTIONS: &[(&str, &str, &str)] = &[
    ("placement", "", "Launcher, as usual"),
    ("placement", "launcher", "Launcher: a button in the corner opens it"),
    ("placement", "popover", "Popover: opens in the corner by itself"),
    ("placement", "banner", "Banner: a strip at the lower edge"),
    ("placement", "modal", "Dialog: keeps the focus, only on demand"),
    ("placement", "inline", "In a place of the page"),
    ("placement", "hosted", "On a page of its own only"),
    ("trigger", "", "Never by itself"),
    ("on", "manual", "When a button or a call opens it"),
    ("on", "delay", "After some time on a page"),
    ("on", "signal", "After a bad click or an error"),
    ("on", "scroll", "When so much of the page was seen"),
    ("on", "exit_intent", "When the pointer leaves the page above"),
    ("on", "seen", "When an element comes into view"),
    ("on", "event", "When the page tells of an event"),
    ("on", "task", "When a task ends"),
    ("on", "slow_page", "When the page was slow"),
    ("on", "form_refilled", "When a form is filled in again"),
    ("kind", "nps", "Recommendation (NPS), 0 to 10"),
    ("kind", "csat", "Satisfaction (CSAT), 1 to 5"),
    ("kind", "ces", "Effort (CES), 1 to 7"),
    ("kind", "matrix", "Matrix: several things on one scale"),
    ("kind", "ladder", "Loyalty ladder: four statements"),
    ("kind", "expectation-gap", "Compared with what was expected"),
    ("kind", "multiple-choice-single", "Pick one"),
    ("kind", "multiple-choice-multi", "Pick any"),
    ("kind", "ranking", "Put in order"),
    ("kind", "yes-no", "Yes or no"),
    ("kind", "short-text", "One line of words"),
    ("kind", "open-text", "Words"),
    ("kind", "contact", "E-mail address and name"),
    ("kind", "idea", "Idea"),
    ("kind", "problem-report", "Problem report, with a picture"),
    ("kind", "review", "Review: stars, title and words"),
    ("display", "", "Stars, as usual"),
    ("reason_after", "", "Either answer, as usual"),
    ("visitors", "", "All, as usual"),
    ("repeat", "", "After the days above, as usual"),
    ("repeat", "after_cooldown", "After the days above"),
    ("repeat", "until_answered", "Until it was answered"),
    ("repeat", "once", "Never: once is enough"),
    ("operator", "", "Is, as usual"),
    ("operator", "is_not", "is not"),
    ("operator", "at_least", "is at least"),
    ("operator", "at_most", "is at most"),
    ("given", "", "Does not matter"),
    ("given", "on", "Yes"),
    ("given", "off", "No"),
    ("weekdays", "1", "Monday"),
    ("weekdays", "2", "Tuesday"),
    ("weekdays", "3", "Wednesday"),
    ("weekdays", "4", "Thursday"),
    ("weekdays", "5", "Friday"),
    ("weekdays", "6", "Saturday"),
    ("weekdays", "7", "Sunday"),
];

/// What people read of something that can be chosen.
pub fn option(name: &str, word: &str) -> String {
    let known = OPTIONS.iter().find(|(of, known, _)| (*of, *known) == (name, word));
    match (known, word) {
        (Some((.., said)), _) => (*said).to_owned(),
        (None, "") => "As usual".to_owned(),
        (None, word) => word.replace('_', " "),
    }
}
