//! Every response of a survey with its answers, however many there are, as of one instant.

use super::{AnswerRecord, ResponseFilter, ResponseRecord, Suspicious};
use crate::engine::stream::RowStream;
use crate::response::{RESPONSE, response};
use crate::rollup::narrow::Narrow;
use crate::{Row, Statement, Store, StoreError};
use rapport_shared::id::Id;

/// Most names of answers that are told apart. A page can send facts under any names; those of a survey are far fewer.
pub const ANSWER_NAMES: usize = 500;

/// Under which name and kind answers are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerName {
    /// Id of the question, with that of its part after a dot; `fact.` and a name for what the page knew.
    pub question_id: String,
    /// Kind of the value.
    pub kind: String,
}

/// A response with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeResponse {
    /// The response.
    pub record: ResponseRecord,
    /// What the company's own systems call the customer who gave it.
    pub customer: Option<String>,
    /// Its answers, in the order they were given.
    pub answers: Vec<AnswerRecord>,
}

/// Responses, newest first, as they are read. Dropping it ends the reader.
pub struct ResponseStream {
    /// The names that answers of the same days have, whatever else was asked for, the most frequent ones first; at most
    /// [`ANSWER_NAMES`].
    pub names: Vec<AnswerName>,
    rows: RowStream,
    /// Rows that were read while the names were.
    ahead: Vec<Row>,
    /// The response whose answers may not all have been read.
    open: Option<WholeResponse>,
}

impl ResponseStream {
    async fn of(mut rows: RowStream) -> Result<Self, StoreError> {
        let (mut names, mut ahead) = (Vec::new(), Vec::new());
        while ahead.is_empty()
            && let Some(piece) = rows.next().await
        {
            let piece = piece?;
            if piece.statement > 0 {
                ahead = piece.rows;
                continue;
            }
            for row in piece.rows {
                names.push(AnswerName {
                    question_id: row.text("question_id")?.to_owned(),
                    kind: row.text("kind")?.to_owned(),
                });
            }
        }
        Ok(Self { names, rows, ahead, open: None })
    }

    /// The next responses, each whole; none but at the end.
    ///
    /// # Errors
    /// When the database fails on the way: what was given is then not all there is.
    pub async fn next(&mut self) -> Result<Vec<WholeResponse>, StoreError> {
        let mut whole = Vec::new();
        while whole.is_empty() {
            let rows = match std::mem::take(&mut self.ahead) {
                rows if !rows.is_empty() => rows,
                _ => match self.rows.next().await {
                    Some(piece) => piece?.rows,
                    None => {
                        whole.extend(self.open.take());
                        break;
                    }
                },
            };
            for row in rows {
                whole.extend(self.add(&row)?);
            }
        }
        Ok(whole)
    }

    /// Adds a row; the response before, once its last row is known to have been read.
    fn add(&mut self, row: &Row) -> Result<Option<WholeResponse>, StoreError> {
        let item_id = row.id("item_id")?;
        let mut before = None;
        let open = match &mut self.open {
            Some(open) if open.record.item_id == item_id => open,
            _ => {
                let customer = row.text_or_null("external_id")?.map(str::to_owned);
                let new = WholeResponse { record: response(row)?, customer, answers: Vec::new() };
                before = self.open.replace(new);
                match &mut self.open {
                    Some(open) => open,
                    None => return Ok(before),
                }
            }
        };
        if let Some(question_id) = row.text_or_null("question_id")? {
            open.answers.push(AnswerRecord {
                item_id,
                question_id: question_id.to_owned(),
                kind: row.text("kind")?.to_owned(),
                score: row.int_or_null("score")?,
                choices: row.text("choices")?.to_owned(),
                text: row.text("text")?.to_owned(),
            });
        }
        Ok(before)
    }
}

impl Store {
    /// Every response that passes the filter, whatever its place and limit, newest first, with its answers.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when as many long results are being read as may be.
    pub async fn stream_responses(
        &self,
        site_id: Id,
        filter: &ResponseFilter<'_>,
    ) -> Result<ResponseStream, StoreError> {
        let (condition, params) = filter.condition(site_id);
        // Of all responses of the days, so that the names do not change with what of them is asked for.
        let of_days = ResponseFilter {
            path: "",
            device: None,
            narrow: &Narrow::default(),
            standing: None,
            words: false,
            suspicious: Suspicious::Included,
            ..filter.clone()
        };
        let (of_days, params_of_days) = of_days.condition(site_id);
        let names = format!(
            "SELECT b.question_id, b.kind FROM response r JOIN answer b ON b.site_id = r.site_id AND b.item_id = r.item_id
             WHERE {of_days} GROUP BY b.question_id, b.kind ORDER BY COUNT(*) DESC, b.question_id, b.kind
             LIMIT {ANSWER_NAMES}"
        );
        let all = format!(
            "SELECT {RESPONSE}, c.external_id, b.question_id, b.kind, b.score, b.choices, b.text
             FROM response r
             LEFT JOIN customer c ON c.site_id = r.site_id AND c.customer_id = r.customer_id
             LEFT JOIN answer b ON b.site_id = r.site_id AND b.item_id = r.item_id
             WHERE {condition} ORDER BY r.occurred_at_ms DESC, r.item_id DESC, b.position, b.question_id"
        );
        let statements = vec![Statement::new(names, params_of_days), Statement::new(all, params)];
        ResponseStream::of(self.stream(statements).await?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::site::directory::SiteDirectory;
    use crate::story_test::{NOW_MS, RESPONSE, tell};
    use crate::test_store::{a_site, each_engine};
    use rapport_figures::standing::Standing;

    #[tokio::test(flavor = "multi_thread")]
    async fn every_response_comes_with_its_answers_and_their_names() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            tell(&store, &SiteDirectory::new(store.clone(), Clock::System), &site).await;
            let filter = ResponseFilter {
                survey_id: "feedback",
                from_ms: 0,
                to_ms: NOW_MS,
                path: "",
                device: crate::device::Device::Desktop.into(),
                narrow: &Narrow::default(),
                standing: Some(Standing::Low),
                words: true,
                suspicious: Suspicious::LeftOut,
                after: None,
                limit: 1,
            };
            let mut stream = store.stream_responses(site.site_id, &filter).await.unwrap();
            let names: Vec<_> = stream.names.iter().map(|name| (&*name.question_id, &*name.kind)).collect();
            assert_eq!(names, [("rating", "csat"), ("reason", "open-text")]);
            let whole = stream.next().await.unwrap();
            assert_eq!(whole.len(), 1);
            assert_eq!((whole[0].record.item_id, whole[0].customer.as_deref()), (RESPONSE, None));
            assert_eq!(whole[0].answers.iter().map(|one| one.score).collect::<Vec<_>>(), [Some(1), None]);
            assert_eq!(stream.next().await.unwrap(), []);
            let none = ResponseFilter { standing: Some(Standing::High), ..filter };
            let mut stream = store.stream_responses(site.site_id, &none).await.unwrap();
            assert_eq!((stream.names.len(), stream.next().await.unwrap().len()), (2, 0), "the names stay");
        })
        .await;
    }
}
