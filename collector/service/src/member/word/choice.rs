//! What members decide of themes that a machine found: their names, which are not shown, and which are one.

use crate::app::feature_state;
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Fields, carried};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::word::choice::{CHOICES, Kept, ThemeChoice};
use serde::Deserialize;

feature_state! {
    /// What decisions need.
    pub(crate) struct Needs {
        clock: Clock,
        store: Store,
    }
}

/// What becomes of a theme.
#[derive(Deserialize)]
pub(crate) struct Form {
    key: String,
    #[serde(default)]
    name: String,
    /// How it is written.
    #[serde(default)]
    label: String,
    /// `yes` where it is not to be shown.
    #[serde(default)]
    hidden: String,
    /// The theme that it is a part of.
    #[serde(default)]
    into: String,
}

pub(crate) async fn choose(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Form>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let refused = |fault| PageError::from(Problem::of_faults([fault]));
    let Form { key, name, label, hidden, into } = form;
    // A name that is the machine's own is none.
    let name = if name.trim() == label { String::new() } else { name };
    let choice = ThemeChoice { key, name, label, hidden: hidden == "yes", into }.checked().map_err(refused)?;
    let site = &access.site.site;
    let entry = access.note(&needs.clock, "words_theme.change", format!("words_theme {}", choice.key));
    match needs.store.choose_theme(site.site_id, &choice, &entry).await? {
        Kept::Done => {
            Ok(Redirect::to(&format!("/sites/{}/words{}", site.key, carried(&fields).suffix())).into_response())
        }
        Kept::Circular => Err(refused(Fault::new("into", "must be a theme that is no part of this one"))),
        Kept::TooMany => Err(refused(Fault::new("key", format!("cannot be decided of: a site has at most {CHOICES}")))),
    }
}
