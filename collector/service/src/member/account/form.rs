//! Forms of our own pages; one that cannot be read is answered by a problem document.

use crate::http::problem::Problem;
use crate::router::FORM_BYTES;
use axum::Form;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

/// A submitted form.
pub(crate) struct Submitted<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Submitted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Form::<T>::from_request(request, state).await {
            Ok(Form(form)) => Ok(Self(form)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::too_large(FORM_BYTES))
            }
            Err(rejection) => {
                Err(Problem::bad_request(format!("not the form of this page: {}", rejection.body_text())))
            }
        }
    }
}
