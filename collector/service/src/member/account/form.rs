//! Forms of our own pages.

use crate::http::form_body::with_plain_line_breaks;
use crate::http::problem::Problem;
use crate::member::PageError;
use crate::router::FORM_BYTES;
use axum::Form;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

/// A submitted form.
pub(crate) struct Submitted<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Submitted<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let (parts, body) = request.into_parts();
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
        let body = body.map_err(|rejection| refused(rejection.status(), &rejection.body_text()))?;
        let plain = with_plain_line_breaks(&body).into_owned();
        match Form::<T>::from_request(Request::from_parts(parts, plain.into()), state).await {
            Ok(Form(form)) => Ok(Self(form)),
            Err(rejection) => Err(refused(rejection.status(), &rejection.body_text()).into()),
        }
    }
}

fn refused(status: StatusCode, reason: &str) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(FORM_BYTES),
        _ => Problem::bad_request(format!("not the form of this page: {reason}")),
    }
}
