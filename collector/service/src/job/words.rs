//! Makes what people wrote findable: each text of a response with its language, its tokens and the score beside it.

use super::arrival::Taker;
use futures_util::future::BoxFuture;
use rapport_figures::standing::{Ends, Standing};
use rapport_language::detect::guess;
use rapport_language::token::tokens;
use rapport_report::figure::scale::Scale;
use rapport_report::response::{AnswerRole, Pictures, answers};
use rapport_shared::id::Id;
use rapport_store::arrival::Arrival;
use rapport_store::response::AnswerRecord;
use rapport_store::site::directory::SiteContext;
use rapport_store::word::{Indexed, Source, Text};
use rapport_store::{Store, StoreError};
use std::sync::Arc;

/// See above.
pub struct IndexWords {
    /// Where they are kept.
    pub store: Store,
}

/// Something that was written elsewhere than in a response: a message of a ticket, a contact in another channel.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "for whoever keeps messages")]
pub struct Message {
    /// Of what it is a part.
    pub source: Source,
    /// The ticket, or the interaction.
    pub item_id: Id,
    /// Which message of it; empty where there is one.
    pub part: String,
    /// When it was written, in epoch milliseconds.
    pub occurred_at_ms: i64,
    /// The language it is likely to be in, as a tag; empty when nothing is known.
    pub language: String,
    /// The words.
    pub text: String,
}

/// Makes the messages of one ticket, or of one interaction, findable, in place of those that were told before; with none, it is forgotten.
#[allow(dead_code, reason = "for whoever keeps messages")]
pub async fn index_messages(
    store: &Store,
    site_id: Id,
    of: (Source, Id),
    messages: &[Message],
) -> Result<(), StoreError> {
    let indexed = |message: &Message| {
        indexed(Text {
            source: message.source,
            item_id: message.item_id,
            part: message.part.clone(),
            survey_id: String::new(),
            occurred_at_ms: message.occurred_at_ms,
            language: message.language.clone(),
            score: None,
            standing: None,
            said: message.text.clone(),
        })
    };
    let texts: Vec<_> = messages.iter().map(indexed).collect();
    store.keep_words(site_id, of.0, &[of.1], &texts).await
}

/// A text with its tokens; its language is what was declared until now, and what it is thought to be from here on.
fn indexed(text: Text) -> Indexed {
    let language = guess(&text.said, &text.language);
    Indexed { tokens: tokens(&text.said, language), text: Text { language: language.0.to_owned(), ..text } }
}

/// Where the first score of a response stands: on its scale from 0 to 100, and in three steps.
fn score_of(records: &[AnswerRecord]) -> Option<(i64, Standing)> {
    records.iter().find_map(|record| {
        let (score, ends) = (record.score?, Ends::of_kind(&record.kind)?);
        let standing = Scale::of_kind(&record.kind)?.standing(score);
        let place = (score - ends.first) as f64 / (ends.last - ends.first).max(1) as f64;
        Some(((place * 100.0).round().clamp(0.0, 100.0) as i64, standing))
    })
}

/// What was written in a response: no names, and no addresses.
fn texts_of(arrival: &Arrival) -> Vec<Indexed> {
    let score = score_of(&arrival.answers);
    answers(Pictures::NONE, None, &arrival.answers)
        .into_iter()
        .filter(|answer| {
            matches!(answer.role, AnswerRole::Answer | AnswerRole::Title) && !answer.words.trim().is_empty()
        })
        .map(|answer| {
            indexed(Text {
                source: Source::Answer,
                item_id: arrival.record.item_id,
                part: answer.question,
                survey_id: arrival.record.survey_id.clone(),
                occurred_at_ms: arrival.record.occurred_at_ms,
                language: arrival.record.language.clone(),
                score: score.map(|(score, _)| score),
                standing: score.map(|(_, standing)| standing),
                said: answer.words,
            })
        })
        .collect()
}

impl Taker for IndexWords {
    fn name(&self) -> &'static str {
        "words"
    }

    fn take<'a>(
        &'a self,
        site: &'a Arc<SiteContext>,
        arrivals: &'a [Arrival],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let items: Vec<Id> = arrivals.iter().map(|arrival| arrival.record.item_id).collect();
            let texts: Vec<Indexed> = arrivals.iter().flat_map(texts_of).collect();
            self.store.keep_words(site.site.site_id, Source::Answer, &items, &texts).await
        })
    }
}
