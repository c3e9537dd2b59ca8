//! Raw rows as CSV and as JSON, sent while they are read: a column of the table each, numbers as numbers.

use super::csv::Csv;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::{Stream, StreamExt, stream};
use rapport_report::csv::line;
use rapport_shared::id::Id;
use rapport_store::engine::stream::RowStream;
use rapport_store::engine::value::Value;
use rapport_store::{Row, StoreError, shown_id};
use serde_json::{Map, Value as Json};

/// How raw rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As a table.
    Csv(Csv),
    /// As an array of objects.
    Json,
}

impl From<Csv> for Format {
    fn from(csv: Csv) -> Self {
        if csv.json { Self::Json } else { Self::Csv(csv) }
    }
}

/// The rows of a site as an answer; `name` is that of the file, `columns` the names of the columns, in order. The ids that a browser
/// made are shown as [`shown_id::of_stored`] says.
pub fn answer(
    site_id: Id,
    format: Format,
    name: &str,
    columns: impl Iterator<Item = &'static str>,
    rows: RowStream,
) -> Response {
    match format {
        Format::Csv(csv) => {
            let pieces = pieces(rows)
                .map(move |piece| piece.map(|rows| rows.iter().map(|row| csv_line(site_id, row)).collect::<String>()));
            csv.lines(name, line(columns), pieces)
        }
        Format::Json => {
            ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(json(site_id, rows))).into_response()
        }
    }
}

/// The rows, some at a time.
fn pieces(rows: RowStream) -> impl Stream<Item = Result<Vec<Row>, StoreError>> + Send {
    stream::try_unfold(rows, |mut rows| async move {
        match rows.next().await {
            Some(piece) => Ok(Some((piece?.rows, rows))),
            None => Ok(None),
        }
    })
}

/// The column of the bytes of a file, which are told as Base64.
const CONTENT: &str = "content";
/// The columns whose ids a browser made, and may be asked by.
const SECRET: [&str; 3] = ["item_id", "session_id", "view_id"];

/// An id as people write it; what else is no text as its digits.
fn of_blob(site_id: Id, column: &str, bytes: &[u8]) -> String {
    match bytes.try_into() {
        Ok(bytes) if SECRET.contains(&column) => shown_id::of_stored(site_id, Id(bytes)).to_text(),
        Ok(bytes) => Id(bytes).to_text(),
        Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn csv_line(site_id: Id, row: &Row) -> String {
    line(row.columns().map(|(name, value)| match value {
        Value::Null(_) => String::new(),
        Value::Int(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => of_blob(site_id, name, bytes),
    }))
}

fn object(site_id: Id, row: &Row) -> Json {
    told(site_id, row, |_| true)
}

/// A row as an object, with the columns that are told.
pub(super) fn told(site_id: Id, row: &Row, is_told: impl Fn(&str) -> bool) -> Json {
    let pairs = row.columns().filter(|(name, _)| is_told(name)).map(|(name, value)| {
        let value = match value {
            Value::Null(_) => Json::Null,
            Value::Int(number) => (*number).into(),
            Value::Real(number) => (*number).into(),
            Value::Text(text) => text.clone().into(),
            Value::Blob(bytes) if name == CONTENT => BASE64_STANDARD.encode(bytes).into(),
            Value::Blob(bytes) => of_blob(site_id, name, bytes).into(),
        };
        (name.to_owned(), value)
    });
    Json::Object(pairs.collect::<Map<_, _>>())
}

/// An array, which has no end where it breaks off.
fn json(site_id: Id, rows: RowStream) -> impl Stream<Item = Result<String, StoreError>> + Send {
    let items = pieces(rows).enumerate().map(move |(place, piece)| {
        piece.map(|rows| {
            let items: Vec<_> = rows.iter().map(|row| object(site_id, row).to_string()).collect();
            format!("{}{}", if place == 0 { "" } else { "," }, items.join(","))
        })
    });
    let begin = stream::once(async { Ok("[".to_owned()) });
    // What follows an error is not asked for: a body ends with it.
    begin.chain(items).chain(stream::once(async { Ok("]".to_owned()) }))
}
