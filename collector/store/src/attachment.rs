//! Pictures of responses: stored once for each answer, found by the response, never read by a list.

use super::{Row, Statement, Store, StoreError, Value};
use crate::engine::value::placeholders;
use crate::params;
use crate::response::AnswerRecord;
use crate::visitor::erasure::{item_hash, not_erased};
use rapport_shared::id::Id;
use std::collections::HashMap;

/// The answer that a picture belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AnswerKey {
    /// The public id of the response, which may not have arrived yet.
    pub response_id: Id,
    /// Id of the question.
    pub question_id: String,
    /// Id of its part.
    pub part_id: String,
}

impl AnswerKey {
    /// Whether the answer is the one that speaks of it.
    pub fn is_of(&self, answer: &AnswerRecord) -> bool {
        self.response_id == answer.item_id
            && answer.question_id.split_once('.') == Some((&self.question_id, &self.part_id))
    }
}

/// A picture on its way into the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttachment {
    /// The site.
    pub site_id: Id,
    /// Its id: of two of the same answer the higher one stays.
    pub attachment_id: Id,
    /// The answer that it belongs to.
    pub answer: AnswerKey,
    /// Media type of the content.
    pub content_type: &'static str,
    /// Width, in pixels.
    pub width_px: u32,
    /// Height, in pixels.
    pub height_px: u32,
    /// When it was received, in epoch milliseconds.
    pub received_at_ms: i64,
    /// The file.
    pub content: Vec<u8>,
}

/// What is known of a stored picture without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The answer that it belongs to.
    pub answer: AnswerKey,
    /// Media type of the content.
    pub content_type: String,
    /// Width, in pixels.
    pub width_px: i64,
    /// Height, in pixels.
    pub height_px: i64,
    /// Length of the content, in bytes.
    pub size_bytes: i64,
}

/// What is there already when a picture comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Whether the response is there.
    pub has_response: bool,
    /// Pictures of the response: question, part, id.
    pub pictures: Vec<(String, String, Id)>,
}

const COLUMNS: &str = "p.response_id, p.question_id, p.part_id, p.content_type, p.width_px, p.height_px, p.size_bytes";

/// The condition that an answer says that the picture `p` is there: one that was taken back is not shown.
const WANTED: &str = "EXISTS (SELECT 1 FROM answer a WHERE a.site_id = p.site_id AND a.item_id = p.response_id
    AND a.question_id = p.question_id || '.' || p.part_id AND a.kind = 'picture')";

/// The part of a question that a review's photo is.
pub const PHOTO: &str = "photo";

fn attachment(row: &Row) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        answer: AnswerKey {
            response_id: row.id("response_id")?,
            question_id: row.text("question_id")?.to_owned(),
            part_id: row.text("part_id")?.to_owned(),
        },
        content_type: row.text("content_type")?.to_owned(),
        width_px: row.int("width_px")?,
        height_px: row.int("height_px")?,
        size_bytes: row.int("size_bytes")?,
    })
}

fn with_content(rows: Vec<Row>) -> Result<Option<(Attachment, Vec<u8>)>, StoreError> {
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    Ok(Some((attachment(&row)?, row.take_blob("content")?)))
}

impl Store {
    /// Stores a picture; false when it, or a later one of the same answer, is there already. A published review that it
    /// belongs to waits for moderation again: nobody has looked at this picture.
    pub async fn add_attachment(&self, new: &NewAttachment) -> Result<bool, StoreError> {
        let answer = &new.answer;
        let not_erased = not_erased("$12");
        let insert = format!(
            "INSERT INTO attachment (site_id, response_id, question_id, part_id, attachment_id, content_type,
                width_px, height_px, size_bytes, received_at_ms, content)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 WHERE {not_erased}
             ON CONFLICT (site_id, response_id, question_id, part_id) DO UPDATE SET
                attachment_id = excluded.attachment_id, content_type = excluded.content_type,
                width_px = excluded.width_px, height_px = excluded.height_px, size_bytes = excluded.size_bytes,
                received_at_ms = excluded.received_at_ms, content = excluded.content
             WHERE attachment.attachment_id < excluded.attachment_id
             RETURNING part_id"
        );
        let params = params![
            new.site_id,
            answer.response_id,
            &answer.question_id,
            &answer.part_id,
            new.attachment_id,
            new.content_type,
            new.width_px,
            new.height_px,
            new.content.len() as i64,
            new.received_at_ms,
            new.content.clone(),
            item_hash(new.site_id, answer.response_id),
        ];
        let mut statements = vec![Statement::new(insert, params)];
        if answer.part_id == PHOTO {
            let reopen = "UPDATE review SET state = 'pending'
                 WHERE site_id = $1 AND response_id = $2 AND question_id = $3 AND state = 'published'
                   AND EXISTS (SELECT 1 FROM attachment p WHERE p.site_id = review.site_id
                     AND p.response_id = review.response_id AND p.question_id = review.question_id
                     AND p.part_id = 'photo' AND p.attachment_id = $4 AND p.received_at_ms = $5)";
            let params =
                params![new.site_id, answer.response_id, &answer.question_id, new.attachment_id, new.received_at_ms];
            statements.push(Statement::new(reopen, params));
        }
        Ok(!self.write(statements).await?[0].is_empty())
    }

    /// What is there of a response when a picture of it comes.
    pub async fn waiting_for_pictures(&self, site_id: Id, response_id: Id) -> Result<Waiting, StoreError> {
        let response = "SELECT item_id FROM response WHERE site_id = $1 AND item_id = $2";
        let pictures = "SELECT question_id, part_id, attachment_id FROM attachment
             WHERE site_id = $1 AND response_id = $2";
        let has_response = !self.read(response, params![site_id, response_id]).await?.is_empty();
        let rows = self.read(pictures, params![site_id, response_id]).await?;
        let pictures = rows.iter().map(|row| {
            Ok((row.text("question_id")?.to_owned(), row.text("part_id")?.to_owned(), row.id("attachment_id")?))
        });
        Ok(Waiting { has_response, pictures: pictures.collect::<Result<_, StoreError>>()? })
    }

    /// How many pictures that came since `since_ms` wait for their response.
    pub async fn unclaimed_attachments(&self, site_id: Id, since_ms: i64) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) AS pictures FROM attachment p WHERE p.site_id = $1 AND p.received_at_ms >= $2
             AND NOT EXISTS (SELECT 1 FROM response r WHERE r.site_id = p.site_id AND r.item_id = p.response_id)";
        self.read(sql, params![site_id, since_ms]).await?.first().map_or(Ok(0), |row| row.count("pictures"))
    }

    /// The pictures that the answers of some responses speak of.
    pub async fn attachments_of(&self, site_id: Id, response_ids: &[Id]) -> Result<Vec<Attachment>, StoreError> {
        if response_ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM attachment p WHERE p.site_id = $1 AND p.response_id IN ({}) AND {WANTED}
             ORDER BY p.response_id, p.question_id, p.part_id",
            placeholders(2, response_ids.len())
        );
        let mut params = params![site_id];
        params.extend(response_ids.iter().map(|id| Value::from(*id)));
        self.read(sql, params).await?.iter().map(attachment).collect()
    }

    /// One picture with its content; `None` unless an answer speaks of it.
    pub async fn attachment(
        &self,
        site_id: Id,
        answer: &AnswerKey,
    ) -> Result<Option<(Attachment, Vec<u8>)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, p.content FROM attachment p
             WHERE p.site_id = $1 AND p.response_id = $2 AND p.question_id = $3 AND p.part_id = $4 AND {WANTED}"
        );
        let params = params![site_id, answer.response_id, &answer.question_id, &answer.part_id];
        with_content(self.read(sql, params).await?)
    }

    /// The photos of some reviews, by the review.
    pub async fn review_photos(&self, site_id: Id, review_ids: &[Id]) -> Result<HashMap<Id, Attachment>, StoreError> {
        if review_ids.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = format!(
            "SELECT {COLUMNS}, v.review_id FROM review v
             JOIN attachment p ON p.site_id = v.site_id AND p.response_id = v.response_id
               AND p.question_id = v.question_id AND p.part_id = 'photo'
             WHERE v.site_id = $1 AND v.review_id IN ({}) AND {WANTED}",
            placeholders(2, review_ids.len())
        );
        let mut params = params![site_id];
        params.extend(review_ids.iter().map(|id| Value::from(*id)));
        self.read(sql, params).await?.iter().map(|row| Ok((row.id("review_id")?, attachment(row)?))).collect()
    }

    /// The photo of a review with its content; with `published`, only while the review is.
    pub async fn review_photo(
        &self,
        site_id: Id,
        review_id: Id,
        published: bool,
    ) -> Result<Option<(Attachment, Vec<u8>)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, p.content FROM review v
             JOIN attachment p ON p.site_id = v.site_id AND p.response_id = v.response_id
               AND p.question_id = v.question_id AND p.part_id = 'photo'
             WHERE v.site_id = $1 AND v.review_id = $2 AND ($3 = 0 OR v.state = 'published') AND {WANTED}"
        );
        with_content(self.read(sql, params![site_id, review_id, published]).await?)
    }

    /// Removes pictures of these sites that came before `before_ms` and that no answer speaks of; how many there were.
    pub async fn remove_unwanted_attachments(&self, site_ids: &[Id], before_ms: i64) -> Result<usize, StoreError> {
        let sql = format!(
            "DELETE FROM attachment AS p WHERE p.site_id IN ({}) AND p.received_at_ms < $1 AND NOT {WANTED}
             RETURNING part_id",
            placeholders(2, site_ids.len())
        );
        let mut params = params![before_ms];
        params.extend(site_ids.iter().map(|site_id| Value::from(*site_id)));
        Ok(self.write(vec![Statement::new(sql, params)]).await?[0].len())
    }
}
