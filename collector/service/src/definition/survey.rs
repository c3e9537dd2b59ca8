//! The shape of a survey's definition, with the limits that its types cannot say.

use super::shape::{Field, Shape};
use rapport_shared::limit::{ANSWER_CHARACTERS, QUOTA_RESPONSES};
use rapport_shared::survey::{COOLDOWN_DAYS, LINE_CHARACTERS};

/// A survey.
pub static SURVEY: Shape = Shape::Object(&[
    Field::required("id", Shape::Text),
    Field::optional("version", Shape::Whole(0, u32::MAX as i64)),
    Field::required("name", Shape::Text),
    Field::required("title", Shape::Text),
    Field::required("questions", Shape::List(&QUESTION)),
    Field::optional("random_groups", Shape::List(&Shape::List(&Shape::Text))),
    Field::optional("placement", Shape::OneOf(&["launcher", "popover", "banner", "modal", "inline", "hosted"])),
    Field::optional("trigger", TRIGGER),
    Field::optional("target", Shape::Object(TARGET)),
    Field::optional("thanks", Shape::Object(&[TITLE, TEXT])),
    Field::optional("ends", Shape::List(&END)),
    Field::optional("cooldown_days", Shape::Whole(0, COOLDOWN_DAYS as i64)),
    Field::optional("facts", Shape::List(&Shape::Text)),
    Field::nullable("quota", Shape::Whole(1, QUOTA_RESPONSES as i64)),
    Field::optional("one_tap", Shape::Flag),
    Field::optional("progress", Shape::Flag),
    Field::optional("back", Shape::Flag),
    Field::optional("language", Shape::Text),
    Field::optional("translations", Shape::Map(&Shape::Map(&Shape::Text))),
]);

const TITLE: Field = Field::optional("title", Shape::Text);
const TEXT: Field = Field::optional("text", Shape::Text);

static END: Shape = Shape::Object(&[
    Field::optional("id", Shape::Text),
    Field::optional("when", Shape::List(&CONDITION)),
    TITLE,
    TEXT,
    Field::nullable(
        "button",
        Shape::Object(&[
            Field::optional("label", Shape::Text),
            Field::optional("survey", Shape::Text),
            Field::optional("url", Shape::Text),
        ]),
    ),
]);

static CONDITION: Shape = Shape::Object(&[
    Field::optional("answer", Shape::Text),
    Field::optional("trait", Shape::Text),
    Field::optional("fact", Shape::Text),
    Field::optional("any", Shape::List(&CONDITION)),
    Field::optional("all", Shape::List(&CONDITION)),
    Field::nullable("not", Shape::Nested(&CONDITION)),
    Field::nullable("is", Shape::Text),
    Field::nullable("includes", Shape::Text),
    Field::nullable("at_least", Shape::Whole(i32::MIN as i64, i32::MAX as i64)),
    Field::nullable("at_most", Shape::Whole(i32::MIN as i64, i32::MAX as i64)),
    Field::nullable("given", Shape::Flag),
]);

const LOW: Field = Field::optional("low_label", Shape::Text);
const HIGH: Field = Field::optional("high_label", Shape::Text);
const RANDOMIZE: Field = Field::optional("randomize", Shape::Flag);
const CHOICES: Field = Field::required("choices", Shape::List(&CHOICE));
const PLACEHOLDER: Field = Field::optional("placeholder", Shape::Text);

static CHOICE: Shape = Shape::Object(&[
    Field::required("id", Shape::Text),
    Field::required("label", Shape::Text),
    Field::optional("other", Shape::Flag),
    Field::optional("last", Shape::Flag),
]);

/// A question.
pub static QUESTION: Shape = Shape::Tagged {
    tag: "kind",
    shared: &[
        Field::required("id", Shape::Text),
        Field::required("text", Shape::Text),
        Field::optional("required", Shape::Flag),
        Field::optional("when", Shape::List(&CONDITION)),
        Field::optional(
            "branches",
            Shape::List(&Shape::Object(&[
                Field::optional("when", Shape::List(&CONDITION)),
                Field::optional("skip_to", Shape::Text),
                Field::optional("end", Shape::Flag),
            ])),
        ),
    ],
    variants: &[
        ("nps", &[LOW, HIGH]),
        ("csat", &[Field::optional("display", Shape::OneOf(&["stars", "smileys", "numbers", "thumbs"])), LOW, HIGH]),
        ("ces", &[LOW, HIGH]),
        (
            "matrix",
            &[
                Field::required("rows", Shape::List(&CHOICE)),
                Field::optional("points", Shape::Whole(2, 11)),
                LOW,
                HIGH,
                RANDOMIZE,
            ],
        ),
        ("ladder", &[Field::optional("statements", Shape::List(&CHOICE)), LOW, HIGH]),
        ("expectation-gap", &[LOW, HIGH]),
        ("multiple-choice-single", &[CHOICES, RANDOMIZE]),
        ("multiple-choice-multi", &[CHOICES, RANDOMIZE]),
        ("ranking", &[CHOICES, RANDOMIZE]),
        (
            "yes-no",
            &[
                Field::optional("reason_label", Shape::Text),
                Field::optional("reason_after", Shape::OneOf(&["any", "yes", "no"])),
            ],
        ),
        ("short-text", &[PLACEHOLDER, Field::optional("max_characters", Shape::Whole(1, LINE_CHARACTERS as i64))]),
        ("open-text", &[PLACEHOLDER, Field::optional("max_characters", Shape::Whole(1, ANSWER_CHARACTERS as i64))]),
        ("contact", &[Field::optional("ask_name", Shape::Flag), Field::optional("consent_text", Shape::Text)]),
        ("idea", &[PLACEHOLDER]),
        ("problem-report", &[PLACEHOLDER, Field::optional("screenshot", Shape::Flag)]),
        ("review", &[Field::optional("thing", Shape::Text), Field::optional("photo", Shape::Flag)]),
    ],
};

static PROPERTY: Shape = Shape::Object(&[
    Field::required("name", Shape::Text),
    Field::optional("operator", Shape::OneOf(&["is", "is_not", "contains", "at_least", "at_most", "exists"])),
    Field::optional("value", Shape::Text),
]);

/// Longest delay, in milliseconds.
const DELAY_MS: Shape = Shape::Whole(0, 3_600_000);

const TRIGGER: Shape = Shape::Tagged {
    tag: "on",
    shared: &[],
    variants: &[
        ("manual", &[]),
        ("delay", &[Field::required("delay_ms", DELAY_MS)]),
        (
            "signal",
            &[Field::required(
                "signal",
                Shape::OneOf(&["rage_click", "dead_click", "slow_click", "failed_click", "error"]),
            )],
        ),
        ("scroll", &[Field::required("percent", Shape::Whole(1, 100))]),
        ("exit_intent", &[]),
        ("seen", &[Field::required("selector", Shape::Text)]),
        (
            "event",
            &[
                Field::required("name", Shape::Text),
                Field::optional("properties", Shape::List(&PROPERTY)),
                Field::optional("delay_ms", DELAY_MS),
                Field::optional("cancelled_by", Shape::List(&Shape::Text)),
            ],
        ),
        (
            "task",
            &[
                Field::optional("task", Shape::Text),
                Field::required("end", Shape::OneOf(&["success", "fail", "abandon"])),
            ],
        ),
        ("slow_page", &[Field::required("over_ms", Shape::Whole(1, 60_000))]),
        ("form_refilled", &[]),
    ],
};

static PAGE: Shape = Shape::Either(&[Field::optional("glob", Shape::Text), Field::optional("regex", Shape::Text)]);

const TARGET: &[Field] = &[
    Field::optional("pages", Shape::List(&PAGE)),
    Field::optional("except_pages", Shape::List(&PAGE)),
    Field::optional("devices", Shape::List(&Shape::OneOf(&["desktop", "mobile", "tablet"]))),
    Field::optional("languages", Shape::List(&Shape::Text)),
    Field::optional("sources", Shape::List(&Shape::Text)),
    Field::optional("traits", Shape::List(&PROPERTY)),
    Field::optional("segments", Shape::List(&Shape::Text)),
    Field::optional("visitors", Shape::OneOf(&["all", "new", "returning"])),
    Field::optional("sample_percent", Shape::Whole(1, 100)),
    Field::optional(
        "schedule",
        Shape::Object(&[
            Field::optional("from", Shape::Text),
            Field::optional("until", Shape::Text),
            Field::optional("weekdays", Shape::List(&Shape::Whole(1, 7))),
            Field::nullable("from_hour", Shape::Whole(0, 23)),
            Field::nullable("until_hour", Shape::Whole(1, 24)),
        ]),
    ),
    Field::optional("after_views", Shape::Whole(0, 1_000)),
    Field::optional("repeat", Shape::OneOf(&["after_cooldown", "until_answered", "once"])),
];
