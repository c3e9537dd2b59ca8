//! Whether a response can be trusted to count.

use super::{Enrichment, When};
use crate::suspicion::Seen;
use rapport_figures::spam::{self, Evidence, Reason};
use rapport_shared::wire::Response;
use rapport_store::Statement;
use rapport_store::record::AnswerRow;
use rapport_store::response::suspicion;

impl Enrichment<'_> {
    /// The reasons to suspect a response, as they are stored; `None` for most. What it shows of earlier ones goes to `also`.
    pub(super) fn suspicion(
        &self,
        response: &Response<'_>,
        when: &When,
        answers: &[AnswerRow],
        also: &mut Vec<Statement>,
    ) -> Option<String> {
        let words = answers.iter().map(|answer| answer.text.as_str());
        let seen = Seen {
            site_id: self.site.site.site_id,
            response_id: response.id,
            client: self.client_key,
            network: self.customer.is_none().then_some(self.network_key),
            occurred_at_ms: when.occurred_at_ms,
            received_at_ms: self.received_at_ms,
        };
        let (likeness, marks) = self.recent.note(&seen, words);
        for (earlier, reason) in marks {
            also.extend(suspicion::mark(seen.site_id, earlier, reason, response.id));
        }
        let reasons = spam::reasons(&Evidence {
            trapped: self.trapped || response.trapped,
            duration_ms: response.duration_ms,
            answers: answers.len(),
            repeats: likeness.repeats,
            burst: likeness.burst,
            network_repeats: likeness.network_repeats,
            network_burst: likeness.network_burst,
            without_config: self.without_config,
            bot: self.client.bot,
        });
        let names: Vec<_> = reasons.into_iter().map(Reason::as_str).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }
}
