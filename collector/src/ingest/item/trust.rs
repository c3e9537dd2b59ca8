//! Whether a response can be trusted to count.

use super::Enrichment;
use crate::store::record::{AnswerRow, Submission};
use crate::store::reports::repeated;
use rapport_shared::spam::{self, Evidence, REPEATS, Reason};
use rapport_shared::wire::Response;

impl Enrichment<'_> {
    /// The reasons to suspect a response, as they are stored; `None` for most. When it repeats others often enough, they are
    /// suspicious as well: `submission` takes that along, and their hours.
    pub(super) fn suspicion(
        &self,
        response: &Response<'_>,
        occurred_at_ms: i64,
        answers: &[AnswerRow],
        submission: &mut Submission,
    ) -> Option<String> {
        let words = answers.iter().map(|answer| answer.text.as_str());
        let site_id = self.site.site.site_id;
        let likeness = self.recent.note(site_id, response.id, self.client_key, words, occurred_at_ms);
        let reasons = spam::reasons(&Evidence {
            trapped: self.trapped || response.trapped,
            duration_ms: response.duration_ms,
            answers: answers.len(),
            repeats: likeness.repeats.len(),
            burst: likeness.burst,
            without_config: self.without_config,
            bot: self.client.bot,
        });
        // Copies that came before there were enough of them are taken along; those after come with their own reason.
        if likeness.repeats.len() >= REPEATS {
            for (written_at_ms, copy) in likeness.repeats {
                submission.also.push(repeated(site_id, copy));
                submission.earlier_hours_ms.push(self.site.hour_start_ms(written_at_ms));
            }
        }
        let names: Vec<_> = reasons.into_iter().map(Reason::as_str).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }
}
