//! Customers from a file that a member chooses: tried first, or taken at once.

use super::{Needs, frame};
use crate::http::problem::Problem;
use crate::import::{Options, Report, options_of};
use crate::member::account::Access;
use crate::member::frame::{Fields, Frame};
use crate::member::reading::*;
use crate::member::{PageError, render};
use askama::Template;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Multipart, State as Needed};
use axum::http::StatusCode;
use axum::response::Response;
use rapport_ingest::import::{FAULTS, Import};
use rapport_shared::survey::Fault;
use rapport_store::account::role::Role;

/// Largest file, in bytes (64 MiB).
pub(super) const FILE_BYTES: usize = 64 << 20;
/// Longest text of the form, in bytes.
const TEXT_BYTES: usize = 16_384;

#[derive(Template)]
#[template(path = "member/customer_data/import.html")]
struct ImportPage {
    frame: Frame,
    report: Report,
    is_trial: bool,
}

fn broken(error: &MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(FILE_BYTES),
        _ => Problem::bad_request(format!("not the form of this page: {}", error.body_text())),
    }
}

async fn text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        text.extend_from_slice(&chunk);
        if text.len() > TEXT_BYTES {
            return Err(Problem::too_large(TEXT_BYTES));
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The fields of the form stand before the file, which is read as it comes.
pub(super) async fn import(
    Needed(needs): Needed<Needs>,
    access: Access,
    fields: Fields,
    mut form: Multipart,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let mut told: Vec<(String, String)> = Vec::new();
    while let Some(mut field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            let text = text(field).await?;
            // The page has a line for each column whose name does not tell what it is.
            let is_column = name == "column";
            let lines = text.lines().filter(|line| !line.trim().is_empty() || !is_column);
            told.extend(lines.map(|line| (name.clone(), line.to_owned())));
            continue;
        }
        let options: Options = options_of(&told).map_err(Problem::of_faults)?;
        let is_trial = options.is_trial;
        let mut import = Import::new(&needs.store, &access.site, options, needs.clock.now_ms());
        while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
            import.push(&chunk).await.map_err(crate::import::problem)?;
        }
        let report = import.end().await.map_err(crate::import::problem)?;
        crate::import::note(&needs.store, &needs.clock, &access.site, &access.member.email, (&report, is_trial))
            .await?;
        let frame = frame(&needs, &access, ("Customers from a file", "customer-data/import"), &fields).await?;
        return render(&ImportPage { frame, report, is_trial });
    }
    Err(Fault::new("file", "is missing").into())
}
