//! Whether a response can be trusted to count.

use super::Enrichment;
use crate::store::record::AnswerRow;
use rapport_shared::spam::{self, Evidence, Reason};
use rapport_shared::wire::Response;

impl Enrichment<'_> {
    /// The reasons to suspect a response, as they are stored; `None` for most.
    pub(super) fn suspicion(
        &self,
        response: &Response<'_>,
        occurred_at_ms: i64,
        answers: &[AnswerRow],
    ) -> Option<String> {
        let words = answers.iter().map(|answer| answer.text.as_str());
        let site_id = self.site.site.site_id;
        let likeness = self.recent.note(site_id, response.id, self.client_key, words, occurred_at_ms);
        let reasons = spam::reasons(&Evidence {
            trapped: self.trapped || response.trapped,
            duration_ms: response.duration_ms,
            answers: answers.len(),
            repeats: likeness.repeats,
            burst: likeness.burst,
            without_config: self.without_config,
            bot: self.client.bot,
        });
        let names: Vec<_> = reasons.into_iter().map(Reason::as_str).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }
}
