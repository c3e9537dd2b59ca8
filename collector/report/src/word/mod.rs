//! What people wrote: found by words, told as themes, and what is said alike once.
//!
//! Language, themes and sentiment are a machine's: each says so, and how sure it is.

pub mod list;
pub mod theme;

use rapport_language::detect::Language;
use rapport_store::word::{Found, Source};
use serde::Serialize;
use utoipa::ToSchema;

use crate::response::Time;
use jiff::tz::TimeZone;
use rapport_shared::survey::Survey;

/// Most texts that themes are made of and that a theme is looked for in, the newest of the days.
pub const READ: usize = 10_000;
/// Hits are counted up to here.
pub const COUNTED: u64 = 10_000;
/// Texts on one page of a list.
pub const LISTED: usize = 20;
/// Longest search, in characters.
pub const SEARCH_CHARACTERS: usize = 200;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Piece {
    /// The piece.
    pub text: String,
    /// Whether it is what was searched for.
    pub hit: bool,
}

/// A text that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Written {
    /// `answer` (also a review), `ticket` or `interaction`.
    pub source: &'static str,
    /// The id of the response, the ticket or the interaction.
    pub id: String,
    /// The survey that it answers; empty for other sources.
    pub survey: String,
    /// The question as it is asked now, or its id.
    pub asked: String,
    /// When it was written.
    pub at: Time,
    /// The page on which it was answered; empty for other sources.
    pub path: String,
    /// The language it is thought to be in, a guess; empty when nothing is known.
    pub language: String,
    /// Where the score that was given with it stands on its scale, from 0 to 100.
    pub score: Option<i64>,
    /// `low`, `middle` or `high`; empty without a score.
    pub standing: &'static str,
    /// The whole text, in pieces.
    pub pieces: Vec<Piece>,
}

impl Written {
    /// The whole text.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// A found text, with what of it was searched for.
    pub fn new(
        found: &Found,
        terms: &[rapport_language::token::Term],
        surveys: &[(Survey, bool)],
        zone: &TimeZone,
    ) -> Self {
        let text = &found.text;
        let question = text.part.split('.').next().unwrap_or_default();
        let asked = surveys
            .iter()
            .filter(|(survey, _)| survey.id == text.survey_id)
            .flat_map(|(survey, _)| &survey.questions)
            .find(|asked| asked.id == question);
        Self {
            source: text.source.as_str(),
            id: text.item_id.to_text(),
            survey: text.survey_id.clone(),
            asked: match text.source {
                Source::Answer => asked.map_or_else(|| question.to_owned(), |asked| asked.text.clone()),
                Source::Ticket | Source::Interaction => String::new(),
            },
            at: Time::new(text.occurred_at_ms, zone),
            path: found.path.clone(),
            language: text.language.clone(),
            score: text.score,
            standing: text.standing.map_or("", |standing| standing.as_str()),
            pieces: pieces(&text.said, Language::of(&text.language), terms),
        }
    }
}

/// A text in pieces: what was searched for, and what stands between.
fn pieces(text: &str, language: Language, terms: &[rapport_language::token::Term]) -> Vec<Piece> {
    let (mut pieces, mut before) = (Vec::new(), 0);
    let hits = if terms.is_empty() { Vec::new() } else { rapport_language::token::hits(text, language, terms) };
    let mut add = |from: usize, to: usize, hit| {
        if to > from {
            pieces.push(Piece { text: text[from..to].to_owned(), hit });
        }
    };
    for bytes in hits {
        add(before, bytes.start, false);
        add(bytes.start, bytes.end, true);
        before = bytes.end;
    }
    add(before, text.len(), false);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_pieces_is_the_whole_text() {
        let terms = rapport_language::token::terms("slow 退款");
        let text = "Too <b>slow</b>, 退款慢";
        let pieces = pieces(text, Language::of("en"), &terms);
        assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), text);
        let hits: Vec<_> = pieces.iter().filter(|piece| piece.hit).map(|piece| piece.text.as_str()).collect();
        assert_eq!(hits, ["slow", "退款"]);
    }
}
