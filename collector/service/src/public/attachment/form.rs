//! A `multipart/form-data` body: its texts, and its files as far as they are not too large. One that is too large is read
//! to its end and dropped, so that the sender hears why and nothing else of the form is lost.

use super::picture;
use crate::http::problem::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use rapport_shared::limit;
use rapport_shared::survey::Fault;
use rapport_store::text::line_breaks;

/// Longest body that is read to its end, in bytes.
const BODY_BYTES: u64 = 32_000_000;
/// Most fields.
const FIELDS: usize = 2_000;

/// A file of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Name of its field.
    pub field: String,
    /// Its content; the fault of one that is too large.
    pub content: Result<Bytes, Fault>,
}

/// What was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Name and value of every text.
    pub texts: Vec<(String, String)>,
    /// The files, without those that nobody chose.
    pub files: Vec<File>,
}

impl Form {
    /// Whether the request says that it is such a form.
    pub fn is_multipart(content_type: Option<&str>) -> bool {
        content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data"))
    }

    /// Reads a body with at most `text_bytes` of texts and `files` files.
    ///
    /// # Errors
    /// 400 for what is no such form or breaks off, 413 for too much text, too many files or far too many bytes.
    pub async fn read(request: Request, text_bytes: usize, files: usize) -> Result<Self, Problem> {
        let length = request.headers().get(axum::http::header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > BODY_BYTES) {
            return Err(far_too_large());
        }
        let refused = |status: StatusCode, detail: String| {
            if status == StatusCode::PAYLOAD_TOO_LARGE { far_too_large() } else { Problem::bad_request(detail) }
        };
        let body = Multipart::from_request(request, &()).await;
        let mut body = body.map_err(|_| Problem::bad_request("the body must be multipart/form-data"))?;
        let mut form = Self::default();
        let (mut text_left, mut total, mut fields) = (text_bytes, 0_u64, 0);
        loop {
            let broken = |error: axum::extract::multipart::MultipartError| refused(error.status(), error.body_text());
            let Some(mut field) = body.next_field().await.map_err(broken)? else { return Ok(form) };
            fields += 1;
            if fields > FIELDS {
                return Err(Problem::bad_request(format!("the form must have at most {FIELDS} fields")));
            }
            let name = field.name().unwrap_or_default().to_owned();
            let is_file = field.file_name().is_some();
            let most = if is_file { limit::PICTURE_BYTES } else { text_left };
            let (mut content, mut length) = (Vec::new(), 0_usize);
            while let Some(chunk) = field.chunk().await.map_err(broken)? {
                length += chunk.len();
                total += chunk.len() as u64;
                if total > BODY_BYTES {
                    return Err(far_too_large());
                }
                if length <= most {
                    content.extend_from_slice(&chunk);
                } else {
                    content = Vec::new();
                }
            }
            if !is_file {
                text_left = text_left.checked_sub(length).ok_or_else(|| Problem::too_large(text_bytes))?;
                form.texts.push((name, line_breaks(&String::from_utf8_lossy(&content)).into_owned()));
            } else if length > 0 {
                if form.files.len() == files {
                    let detail = format!("the form must have at most {files} files");
                    return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
                }
                let fits = length <= most;
                let content = if fits { Ok(content.into()) } else { Err(picture::too_large(Some(length))) };
                form.files.push(File { field: name, content });
            }
        }
    }

    /// The first text of that name; empty when there is none.
    pub fn text(&self, name: &str) -> &str {
        self.texts.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

fn far_too_large() -> Problem {
    Problem { status: StatusCode::PAYLOAD_TOO_LARGE, ..Problem::of_faults([picture::too_large(None)]) }
}
