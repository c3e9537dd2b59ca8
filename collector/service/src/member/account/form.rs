//! Forms of our own pages.

use crate::http::problem::Problem;
use crate::member::PageError;
use crate::router::FORM_BYTES;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

/// A submitted form.
pub(crate) struct Submitted<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Submitted<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let form = Form::<T>::from_request(request, state).await;
        form.map(|Form(form)| Self(form)).map_err(|rejection| unreadable(&rejection, FORM_BYTES))
    }
}

/// Why a form of at most `limit_bytes` cannot be read.
pub(crate) fn unreadable(rejection: &FormRejection, limit_bytes: usize) -> PageError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(limit_bytes).into(),
        _ => Problem::bad_request(format!("not the form of this page: {}", rejection.body_text())).into(),
    }
}
