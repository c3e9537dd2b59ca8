//! Whether a response can be trusted to count.

use super::{Enrichment, When};
use crate::suspicion::Seen;
use rapport_figures::spam::{self, Evidence, Reason};
use rapport_shared::survey::AnswerKind;
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
        let seen = self.seen(response, when);
        let (likeness, marks) = self.recent.note(&seen, words);
        for (earlier, reason) in marks {
            also.extend(suspicion::add_reason(seen.site_id, earlier, reason, response.id));
        }
        let reasons = spam::reasons(&Evidence {
            trapped: self.trapped || response.trapped,
            duration_ms: response.duration_ms,
            // A page or a link hands facts over; nobody reads them.
            answers: answers.iter().filter(|answer| answer.kind != AnswerKind::Fact).count(),
            repeats: likeness.repeats,
            burst: likeness.burst,
            network_repeats: likeness.network_repeats,
            network_burst: likeness.network_burst,
            premises_burst: likeness.premises_burst,
            organization_burst: likeness.organization_burst,
            without_config: self.without_config,
            bot: self.client.bot,
        });
        let names: Vec<_> = reasons.into_iter().map(Reason::as_str).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// The statement that keeps a finished response from filling a quota, if its network has given its share.
    /// The quota is that of the survey as it is now, whichever version the sender names.
    pub(super) fn beyond_share(&self, response: &Response<'_>, when: &When) -> Option<Statement> {
        let survey = self.site.versions(&response.survey).last().filter(|_| response.finished)?;
        let most = spam::share_of_quota(survey.quota?);
        let seen = self.seen(response, when);
        let is_beyond = self.recent.is_beyond_share(&seen, &survey.id, most);
        is_beyond.then(|| suspicion::fill_no_quota(seen.site_id, response.id))
    }

    fn seen(&self, response: &Response<'_>, when: &When) -> Seen {
        Seen {
            site_id: self.site.site.site_id,
            response_id: response.id,
            client: self.client_key,
            networks: if self.customer.is_none() { self.network_keys.clone() } else { Vec::new() },
            occurred_at_ms: when.occurred_at_ms,
            received_at_ms: self.received_at_ms,
        }
    }
}
