//! Everything that is stored of one customer, as one JSON document, sent while it is read.

use super::raw::told;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use rapport_shared::id::Id;
use rapport_store::visitor::place::is_told;
use rapport_store::visitor::receipt::Taking;
use rapport_store::{Row, StoreError};
use serde_json::json;

/// What stands before the rows.
pub(crate) struct Head<'a> {
    /// What the company's systems call the customer.
    pub customer: &'a str,
    /// When, in epoch milliseconds.
    pub at_ms: i64,
    /// What is stored elsewhere, in words.
    pub elsewhere: &'a [&'a str],
}

/// A document as an answer.
pub(crate) fn answer(document: impl Stream<Item = Result<String, StoreError>> + Send + 'static) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"customer.json\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(document)).into_response()
}

/// The rows of a customer: an object of arrays, by the tables in which they are kept.
pub(crate) fn document(
    site_id: Id,
    head: &Head<'_>,
    rows: Taking,
) -> impl Stream<Item = Result<String, StoreError>> + Send + use<> {
    let begin = format!(
        "{{\"customer\":{},\"taken_at_ms\":{},\"elsewhere\":{},\"tables\":{{",
        json!(head.customer),
        head.at_ms,
        json!(head.elsewhere)
    );
    let pieces = stream::try_unfold(Some((rows, None)), move |reading| async move {
        let Some((mut rows, table)) = reading else { return Ok(None) };
        match rows.next().await {
            Some(piece) => {
                let (of, some) = piece?;
                Ok(Some((piece_of(site_id, table, of, &some), Some((rows, Some(of))))))
            }
            None => Ok(Some((if table.is_some() { "]}}" } else { "}}" }.to_owned(), None))),
        }
    });
    // What follows an error is not asked for: a document that breaks off is none.
    stream::once(async move { Ok(begin) }).chain(pieces)
}

/// Rows of a table, after those of `before`.
fn piece_of(site_id: Id, before: Option<&str>, table: &str, rows: &[Row]) -> String {
    let opening = match before {
        Some(before) if before == table => ",".to_owned(),
        Some(_) => format!("],\"{table}\":["),
        None => format!("\"{table}\":["),
    };
    let rows: Vec<_> = rows.iter().map(|row| told(site_id, row, is_told).to_string()).collect();
    opening + &rows.join(",")
}
