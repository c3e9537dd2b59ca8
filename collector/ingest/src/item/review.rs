//! The reviews that come with a response: stored with it, in the same transaction.

use super::{Enrichment, When};
use crate::derived::derived;
use crate::review::Incoming;
use rapport_shared::survey::{QuestionKind, Subject, Survey, fill};
use rapport_shared::wire::Response;
use rapport_store::record::{AnswerRow, Refusal};
use rapport_store::review::WrittenReview;
use rapport_store::review::rule::{AUTHOR, AUTHOR_CHARACTERS, Draft};
use rapport_store::site::outcome::ItemKind;
use rapport_store::site::secrets::Purpose;
use rapport_store::text;

/// The fact of the page that names what is reviewed.
const THING: &str = "thing";
/// Facts of the page with which a purchase is proven.
const ORDER: &str = "order";
/// Checked, and not stored.
pub(super) const ORDER_SIGNATURE: &str = "order_signature";

impl Enrichment<'_> {
    /// One review for every review question that was answered. The thing is the one that the page named or, of several
    /// reviews, the question's; without either it is the page it was given on. An order that cannot prove a purchase takes
    /// nothing from the review: it is counted among the refusals.
    pub(super) fn reviews(
        &self,
        response: &Response<'_>,
        survey: &Survey,
        answers: &[AnswerRow],
        when: &When,
        refusals: &mut Vec<Refusal>,
    ) -> Vec<WrittenReview> {
        let fact = |name: &str| response.facts.get(name).map(AsRef::as_ref).unwrap_or_default();
        let answer = |id: &str| answers.iter().find(|answer| answer.question_id == id);
        let site_id = self.site.site.site_id;
        let questions = survey.questions.iter().filter(|question| matches!(question.kind, QuestionKind::Review { .. }));
        let said = if questions.count() == 1 { fact(THING) } else { "" };
        let author = answer(AUTHOR).map_or("", |answer| answer.text.as_str());
        let author = text::bounded(author, AUTHOR_CHARACTERS);
        let mut reviews = Vec::new();
        for question in &survey.questions {
            let QuestionKind::Review { thing, .. } = &question.kind else { continue };
            let Some(stars) = answer(&question.id).and_then(|answer| answer.score) else { continue };
            let part =
                |name: &str| answer(&format!("{}.{name}", question.id)).map_or("", |answer| answer.text.as_str());
            let named = fill(thing, &mut |subject| match subject {
                Subject::Fact(name) => Some(fact(name).to_owned()),
                Subject::Answer(id) => answer(id).map(|answer| answer.text.clone()),
                Subject::Trait(_) => None,
            });
            let thing =
                [said.trim(), named.trim(), &response.path, &survey.id].into_iter().find(|thing| !thing.is_empty());
            let incoming = Incoming {
                site_id,
                id: derived(&[&site_id.0, &response.id.0, question.id.as_bytes()]),
                revision: response.revision.into(),
                response_id: Some(response.id),
                question_id: Some(&question.id),
                draft: Draft {
                    thing: thing.unwrap_or_default(),
                    stars: u8::try_from(stars).unwrap_or(0),
                    title: part("title"),
                    text: part("text"),
                    author: &author,
                    order: fact(ORDER),
                },
                signature: fact(ORDER_SIGNATURE),
                language: &response.language,
                created_at_ms: when.occurred_at_ms,
            };
            let refused = incoming.purchase_faults().into_iter().map(|fault| Refusal {
                item_kind: ItemKind::Review,
                field: format!("facts.{}", fault.field),
                reason: fault.reason,
            });
            refusals.extend(refused);
            let believed: Vec<_> = self.site.secrets.believed(Purpose::Order).collect();
            // The answers themselves are checked and kept: a thing or an order that nobody can mean makes no review of them.
            match incoming.into_row(&believed) {
                Ok(review) => reviews.push(review),
                Err(faults) => tracing::warn!(?faults, survey = survey.id, "a response came with no usable review"),
            }
        }
        reviews
    }
}
