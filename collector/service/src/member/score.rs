//! Cards of scores: one for each question, however many parts of it are scored.

use super::chart::{self, Chart, Edges};
use rapport_report::overview::SurveyScore;

/// The scores of one question.
pub struct ScoreCard {
    /// Address of the survey's report.
    pub href: String,
    /// Its scores: one, or one for each row.
    pub scores: Vec<SurveyScore>,
    /// The one score over time, where that is known.
    pub trend: Option<Chart>,
}

impl ScoreCard {
    /// What all its scores have in common.
    pub fn first(&self) -> &SurveyScore {
        // A card is made of at least one score.
        &self.scores[0]
    }

    /// Whether it is the score of a question that has no others.
    pub fn is_single(&self) -> bool {
        self.scores.len() == 1 && self.first().part.is_empty()
    }
}

/// Scores as cards, those of active surveys first and single ones before lists; `query` is what the reports that they lead to are asked for, with its `?`.
pub fn cards(site_key: &str, query: &str, scores: &[SurveyScore], edges: Edges<'_>) -> Vec<ScoreCard> {
    let of_one =
        |one: &SurveyScore, other: &SurveyScore| (&one.survey, &one.question_id) == (&other.survey, &other.question_id);
    let questions = scores.chunk_by(of_one);
    let href = |survey: &str| format!("/sites/{site_key}/feedback/{survey}{query}");
    let card = |scores: &[SurveyScore]| {
        let mut card = ScoreCard { href: href(&scores[0].survey), scores: scores.to_vec(), trend: None };
        if card.is_single() {
            card.trend = chart::card_trend(&card.first().trend, edges, &card.first().figure.label);
        }
        card
    };
    let mut cards: Vec<_> = questions.map(card).collect();
    cards.sort_by_key(|card| (!card.first().active, !card.is_single()));
    cards
}
