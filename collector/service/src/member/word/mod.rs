//! The Words page: a search over everything that people wrote, themes, what is said alike, languages, and what a machine can tell of sentiment.

pub(super) mod choice;

use super::format::counted;
use super::frame::{Choice, EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::{PageError, render};
use crate::app::Reports;
use crate::http::export::csv;
use crate::http::query::{query_of, word};
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_figures::standing::Standing;
use rapport_report::slice::Slice;
use rapport_report::word::list::{Asked, WordList};
use rapport_report::word::theme::ThemesReport;
use rapport_report::word::{READ, Written};
use rapport_shared::survey::Fault;
use rapport_store::account::role::Role;

/// What is asked for on one page: some texts, or what all are about.
enum Shown {
    Texts(WordList),
    Themes(Box<ThemesReport>),
}

#[derive(Template)]
#[template(path = "member/word/page.html")]
struct WordsPage {
    frame: Frame,
    asked: Asked,
    shown: Shown,
    /// Fields that a new search keeps.
    beside_search: Vec<(&'static str, String)>,
    scores: Vec<Choice>,
    /// What the theme is called, where one is asked for.
    theme: String,
    surveys: Vec<(String, String)>,
    /// Whether themes can be named, hidden and merged.
    may_choose: bool,
    /// The same without what was asked for.
    everything: String,
    first: Option<String>,
    older: Option<String>,
}

/// An address of this page.
fn href(site_key: &str, slice: &Slice, asked: &Asked, after: Option<&str>) -> String {
    let mut fields = slice.fields();
    fields.extend(word::fields_of(asked));
    fields.extend(after.map(|place| ("after", place.to_owned())));
    let query = query_of(&fields);
    format!("/sites/{site_key}/words{}{query}", if query.is_empty() { "" } else { "?" })
}

impl WordsPage {
    /// The texts of a theme, or those with a score that stands there.
    fn theme_href(&self, key: &str) -> String {
        let asked = Asked { theme: key.to_owned(), survey: self.asked.survey.clone(), ..Asked::default() };
        href(&self.frame.site_key, &self.frame.slice, &asked, None)
    }

    /// Where a text came from.
    fn source_of(&self, text: &Written) -> &'static str {
        match text.source {
            "ticket" => "ticket",
            "interaction" => "contact",
            _ => "answer",
        }
    }

    fn language(&self, tag: &str) -> String {
        if tag.is_empty() {
            "not known".to_owned()
        } else {
            super::format::of_dimension(rapport_report::slice::Dimension::Language, tag)
        }
    }

    /// How many texts there are, in words.
    fn total(&self, list: &WordList) -> String {
        let texts = counted(list.total, "texts");
        if list.more { format!("more than {texts}") } else { texts }
    }

    fn most(&self) -> String {
        super::format::count(READ as u64)
    }

    fn plain(&self, value: &f64) -> String {
        super::format::plain(*value, 0)
    }
}

/// Whether what was searched for stands only where the beginning of a long text does not show it.
pub(crate) fn is_hit_later(text: &Written) -> bool {
    let (shown, mut end) = (super::format::start(text.text()).len(), 0);
    text.pieces.iter().any(|piece| {
        end += piece.text.len();
        piece.hit && end > shown
    })
}

/// The row of a text in a table.
fn row(text: &Written) -> Vec<String> {
    let score = text.score.map_or_else(String::new, |score| score.to_string());
    let of = [
        text.id.as_str(),
        text.source,
        &text.at.local,
        &text.survey,
        &text.asked,
        &text.path,
        &text.language,
        &score,
        text.standing,
    ];
    of.into_iter().map(str::to_owned).chain([text.text()]).collect()
}

/// The row of a theme in a table.
fn theme_row(theme: &rapport_report::word::theme::ThemeLine) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
    let (share, score) = (&theme.share, &theme.score);
    vec![
        theme.label.clone(),
        theme.texts.to_string(),
        number(share.value),
        number(share.low),
        number(share.high),
        share.n.to_string(),
        number(share.change.as_ref().map(|change| change.before)),
        number(score.value),
        number(score.low),
        number(score.high),
        score.n.to_string(),
    ]
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let asked = word::asked(&fields)?;
    let source = reports.of(&access.site);
    if let Some(csv) = csv::wanted(&fields)? {
        return match field(&fields, "table") {
            "" | "texts" => {
                let header = ["id", "source", "at", "survey", "question", "path", "language", "score", "level", "text"];
                Ok(csv.table("texts", &header, source.all_words(&slice, &asked).await?.iter().map(row)))
            }
            "themes" => {
                let report = source.themes(&slice, &asked.survey).await?;
                let header = [
                    "name",
                    "texts",
                    "share",
                    "share_low",
                    "share_high",
                    "share_n",
                    "share_before",
                    "score",
                    "score_low",
                    "score_high",
                    "score_n",
                ];
                Ok(csv.table("themes", &header, report.themes.iter().map(theme_row)))
            }
            _ => Err(Fault::new("table", "must be texts or themes").into()),
        };
    }
    let is_asked = !asked.search.trim().is_empty()
        || !asked.theme.is_empty()
        || asked.standing.is_some()
        || asked.source.is_some();
    let shown = match is_asked {
        true => Shown::Texts(source.words(&slice, &asked).await?),
        false => Shown::Themes(Box::new(source.themes(&slice, &asked.survey).await?)),
    };
    let place =
        Page { title: "Words", part: "words", path: "words", back: None, compares: true, dimensions: EVERY_DIMENSION };
    let own = word::fields_of(&asked);
    let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let frame = Frame::filtered(&frames, &access, &place, &slice, &own).await?;
    let key = &access.site.site.key;
    let of = |asked: &Asked, after: Option<&str>| href(key, &slice, asked, after);
    let standings = [None].into_iter().chain(Standing::EACH.map(Some));
    let scores = standings
        .map(|standing| Choice {
            label: standing
                .map_or("Any score", |standing| match standing {
                    Standing::Low => "Low",
                    Standing::Middle => "Middle",
                    Standing::High => "High",
                })
                .to_owned(),
            href: of(&Asked { standing, after: None, ..asked.clone() }, None),
            current: asked.standing == standing,
        })
        .collect();
    let mut beside_search = slice.fields();
    beside_search.extend(word::fields_of(&Asked {
        search: String::new(),
        theme: String::new(),
        survey: String::new(),
        ..asked.clone()
    }));
    let named = source.name_of_theme(&asked.theme).await?;
    let theme = match &shown {
        Shown::Texts(_) if !named.is_empty() => named,
        Shown::Texts(list) if !asked.theme.is_empty() => list
            .texts
            .iter()
            .find_map(|text| rapport_language::theme::label(&text.text(), &text.language, &asked.theme))
            .unwrap_or_else(|| asked.theme.clone()),
        _ => String::new(),
    };
    let (first, older) = match &shown {
        Shown::Texts(list) => {
            (asked.after.map(|_| of(&asked, None)), list.next.as_ref().map(|place| of(&asked, Some(place))))
        }
        Shown::Themes(_) => (None, None),
    };
    let surveys = source.surveys().await?.into_iter().map(|(survey, _)| (survey.id, survey.name)).collect();
    let everything = of(&Asked::default(), None);
    let may_choose = access.role >= Role::Editor;
    render(&WordsPage {
        frame,
        asked,
        shown,
        beside_search,
        scores,
        theme,
        surveys,
        may_choose,
        everything,
        first,
        older,
    })
}

#[cfg(test)]
mod page_test;
