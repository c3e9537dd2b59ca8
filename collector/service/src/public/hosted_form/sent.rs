//! What a visitor sent: the fields of a form, and its pictures.

use super::Needs;
use crate::http::form_body::with_plain_line_breaks;
use crate::http::page_request;
use crate::http::problem::Problem;
use crate::public::attachment::{Form, Incoming};
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header;
use rapport_shared::limit;
use rapport_shared::survey::Fault;
use rapport_store::attachment::AnswerKey;
use rapport_store::site::directory::SiteContext;
use std::net::IpAddr;

/// Largest form that is read, in bytes: the limit of a batch, since every character may be written as three.
const BYTES: usize = limit::BATCH_BYTES;

/// The fields of a form; one with files is sent in parts.
pub(super) async fn read(request: Request) -> Result<Form, Problem> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if Form::is_multipart(content_type) {
        return Form::read(request, BYTES, limit::RESPONSE_PICTURES).await;
    }
    let body = page_request::body(request.into_body(), BYTES).await?;
    let texts = form_urlencoded::parse(&with_plain_line_breaks(&body)).into_owned().collect();
    Ok(Form { texts, files: Vec::new() })
}

/// Stores a picture before its response, which may be pages away; why it was not taken.
pub(super) async fn take_picture(
    needs: &Needs,
    site: &SiteContext,
    address: IpAddr,
    answer: AnswerKey,
    content: Result<Bytes, Fault>,
) -> Result<(), String> {
    let why = |problem: Problem| problem.errors.first().map_or(problem.detail, |error| error.reason.clone());
    let content = content.map_err(|fault| fault.reason)?;
    needs.uploads.admit(address).map_err(why)?;
    let incoming = Incoming { attachment_id: needs.clock.new_id(), answer, content };
    needs.uploads.take(site, incoming).await.map(|_| ()).map_err(why)
}
