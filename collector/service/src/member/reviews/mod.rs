//! The Reviews page of members: look at what came in, publish or reject it, and reply.

use crate::app::App;
use crate::config::Config;
use crate::http::export::csv;
use crate::http::problem::Problem;
use crate::http::public_address;
use crate::http::query::review::ReviewFields;
use crate::http::query::{Pairs, query_of};
use crate::member::account::{Access, Submitted};
use crate::member::frame::{CameFrom, Choice, Fields, Frame, Frames, Page, carried};
use crate::member::reading::*;
use crate::member::{PageError, render};
use crate::public::hosted_reviews;
use crate::server::pictures::COMPANY;
use crate::server::reviews::{state_fault, state_of};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::reviews::{self, ReviewList, ReviewQuery, ReviewView};
use rapport_report::slice::{Dimension, Slice};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::review::Sort;
use rapport_store::review::rule::{Moderation, REPLY_CHARACTERS, too_long};
use serde::Deserialize;
use std::sync::Arc;

/// The routes.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/reviews", get(list))
        .route("/sites/{site}/reviews/{review}", get(one).post(moderate))
        .route("/sites/{site}/reviews/{review}/reply", post(reply))
}

#[derive(Template)]
#[template(path = "member/reviews/page.html")]
struct ReviewsPage {
    frame: Frame,
    list: ReviewList,
    states: Vec<Choice>,
    stars: Vec<Choice>,
    sorts: Vec<Choice>,
    thing: Option<(String, String)>,
    language: Option<(String, String)>,
    /// Every review again; absent where none is left out.
    unfiltered: Option<String>,
    /// The page of a thing's reviews, up to the thing.
    of_thing: String,
    may_moderate: bool,
    newer: Option<String>,
    older: Option<String>,
    /// The query of this page, to come back to.
    back: String,
    hosted: String,
}

#[derive(Template)]
#[template(path = "member/reviews/review.html")]
struct ReviewPage {
    frame: Frame,
    review: ReviewView,
    /// The field that carries on where one came from, with its `?`.
    kept: String,
    may_moderate: bool,
    most: usize,
}

/// The field that says which page of the list it is: `page` is that of the site, which this one carries on.
const LIST_PAGE: &str = "list_page";

/// The fields of the page that shows such reviews, those that are pending unless it says otherwise; it carries on what
/// other pages are filtered by.
fn address(query: &ReviewQuery, slice: &Slice) -> String {
    let mut fields = vec![("state", query.state.map_or("all", Moderation::as_str).to_owned())];
    let own = query.fields(Sort::Newest).into_iter().filter(|(name, _)| *name != Dimension::Language.name());
    fields.extend(own.map(|(name, value)| (if name == "page" { LIST_PAGE } else { name }, value)));
    // A language is the same here and in other reports.
    let language = Some(query.language.to_ascii_lowercase()).filter(|language| !language.is_empty());
    fields.extend(Slice { language, ..slice.clone() }.fields());
    format!("?{}", query_of(&fields))
}

/// Which reviews the fields of the page ask for.
fn query_in(fields: &Pairs) -> Result<ReviewQuery, Vec<Fault>> {
    let state = match crate::http::query::value(fields, "state") {
        None => Some(Moderation::Pending),
        Some("all") => None,
        Some(_) => state_of(fields).map_err(|fault| vec![fault])?,
    };
    let own = fields.iter().filter(|(name, _)| name != "page");
    let own: Vec<_> =
        own.map(|(name, value)| (if name == LIST_PAGE { "page" } else { name }.to_owned(), value.clone())).collect();
    let named = |mut fault: Fault| {
        if fault.field == "page" {
            fault.field = LIST_PAGE.to_owned();
        }
        fault
    };
    match ReviewQuery::parse(&own, Sort::Newest) {
        Ok(query) => Ok(ReviewQuery { state, ..query }),
        Err(faults) => Err(faults.into_iter().map(named).collect()),
    }
}

async fn list(
    State(store): State<Store>,
    State(frames): State<Frames>,
    State(config): State<Arc<Config>>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let query = query_in(&fields)?;
    if let Some(csv) = csv::wanted(&fields)? {
        let table = reviews::ReviewTable::open(&store, &access.site, &query).await?;
        return Ok(csv.lines("reviews", table.header(), table.lines()));
    }
    let slice = carried(&fields);
    let address = |query: &ReviewQuery| address(query, &slice);
    let list = reviews::list(&store, &access.site, &query, COMPANY).await?;
    let counts = store.review_states(access.site.site.site_id).await?;
    let first = ReviewQuery { page: 1, ..query.clone() };
    let choice = |label: String, query: ReviewQuery, current: bool| Choice { label, href: address(&query), current };
    let mut states: Vec<_> = counts
        .iter()
        .map(|(state, n)| {
            let label = format!("{} {n}", state_title(*state));
            choice(label, ReviewQuery { state: Some(*state), ..first.clone() }, query.state == Some(*state))
        })
        .collect();
    states.push(choice("All".into(), ReviewQuery { state: None, ..first.clone() }, query.state.is_none()));
    let mut stars =
        vec![choice("All stars".into(), ReviewQuery { stars: None, ..first.clone() }, query.stars.is_none())];
    stars.extend((1..=5).rev().map(|stars| {
        choice(format!("{stars} ★"), ReviewQuery { stars: Some(stars), ..first.clone() }, query.stars == Some(stars))
    }));
    let sorts = Sort::EACH
        .map(|sort| choice(sort_title(sort).into(), ReviewQuery { sort, ..first.clone() }, query.sort == sort));
    let numbered = |page: u32| address(&ReviewQuery { page, ..query.clone() });
    let page =
        Page { title: "Reviews", part: "reviews", path: "reviews", back: None, compares: false, dimensions: &[] };
    let mut frame = Frame::plain(&frames, &access, &page, &slice).await?;
    frame.here = format!("reviews{}", address(&query));
    let everything = ReviewQuery { state: None, ..query_in(&[])? };
    let is_everything = ReviewQuery { sort: everything.sort, page: 1, ..query.clone() } == everything;
    render(&ReviewsPage {
        unfiltered: (!is_everything).then(|| address(&everything)),
        of_thing: format!("{}&thing=", address(&everything)),
        frame,
        states,
        stars,
        sorts: sorts.to_vec(),
        thing: list
            .thing
            .as_ref()
            .map(|thing| (thing.name.clone(), address(&ReviewQuery { thing: String::new(), ..first.clone() }))),
        language: Some(&query.language)
            .filter(|language| !language.is_empty())
            .map(|language| (language.clone(), address(&ReviewQuery { language: String::new(), ..first.clone() }))),
        may_moderate: access.role >= Role::Support,
        newer: (query.page > 1).then(|| numbered(query.page - 1)),
        older: (query.page < list.pages).then(|| numbered(query.page + 1)),
        back: address(&query),
        hosted: public_address::of(&config, &hosted_reviews::path_of(&access.site.site.key, None)),
        list,
    })
}

/// What people call an order.
pub(crate) fn sort_title(sort: Sort) -> &'static str {
    match sort {
        Sort::Top => "Top reviews",
        Sort::Newest => "Newest",
        Sort::Highest => "Highest rating",
        Sort::Lowest => "Lowest rating",
        Sort::Helpful => "Most helpful",
    }
}

fn state_title(state: Moderation) -> &'static str {
    match state {
        Moderation::Pending => "Pending",
        Moderation::Published => "Published",
        Moderation::Rejected => "Rejected",
    }
}

const NONE: PageError = PageError::NotFound("This site has no such review.");

async fn one(
    State(store): State<Store>,
    State(frames): State<Frames>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let review = reviews::one(&store, &access.site, Id::parse(&id).ok_or(NONE)?, COMPANY).await?.ok_or(NONE)?;
    let page = Page {
        title: "One review",
        part: "reviews",
        path: "reviews/one",
        back: None,
        compares: false,
        dimensions: &[],
    };
    let from = CameFrom::of(&fields);
    let slice = from.as_ref().map_or_else(|| carried(&fields), |from| from.slice.clone());
    let mut frame = Frame::plain(&frames, &access, &page, &slice).await?;
    let site = &access.site.site.key;
    let kept = from.as_ref().map(CameFrom::suffix).unwrap_or_default();
    frame.here = format!("reviews/{}{kept}", review.id);
    frame.back = Some(from.map_or_else(
        || Choice {
            label: "Reviews".to_owned(),
            href: format!("/sites/{site}/reviews{}", slice.suffix()),
            current: false,
        },
        |from| from.choice(site),
    ));
    render(&ReviewPage { frame, kept, review, may_moderate: access.role >= Role::Support, most: REPLY_CHARACTERS })
}

#[derive(Deserialize)]
struct Decision {
    state: String,
    #[serde(default)]
    back: String,
}

#[derive(Deserialize)]
struct Words {
    reply: String,
}

async fn moderate(
    State(store): State<Store>,
    State(clock): State<Clock>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(decision): Submitted<Decision>,
) -> Result<Response, PageError> {
    access.require(Role::Support)?;
    let id = Id::parse(&id).ok_or(NONE)?;
    let state = Moderation::parse(&decision.state).ok_or_else(|| Problem::of_faults([state_fault()]))?;
    let action = match state {
        Moderation::Pending => "review.reopen",
        Moderation::Published => "review.publish",
        Moderation::Rejected => "review.reject",
    };
    let entry = access.note(&clock, action, format!("review {id}"));
    if !store.moderate_review(access.site.site.site_id, id, state, &entry).await? {
        return Err(NONE);
    }
    // Back to the list it was decided on; a query cannot lead to another host.
    let query = if decision.back.starts_with('?') && !decision.back.contains(char::is_control) {
        decision.back
    } else {
        format!("/{id}{}", CameFrom::of(&fields).map(|from| from.suffix()).unwrap_or_default())
    };
    Ok(Redirect::to(&format!("/sites/{}/reviews{query}", access.site.site.key)).into_response())
}

async fn reply(
    State(store): State<Store>,
    State(clock): State<Clock>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(words): Submitted<Words>,
) -> Result<Response, PageError> {
    access.require(Role::Support)?;
    let id = Id::parse(&id).ok_or(NONE)?;
    if let Some(fault) = too_long("reply", &words.reply, REPLY_CHARACTERS) {
        return Err(Problem::of_faults([fault]).into());
    }
    let text = rapport_store::text::words(&words.reply);
    let action = if text.is_empty() { "review.unreply" } else { "review.reply" };
    let entry = access.note(&clock, action, format!("review {id}"));
    if !store.reply_to_review(access.site.site.site_id, id, &text, &entry).await? {
        return Err(NONE);
    }
    let kept = CameFrom::of(&fields).map(|from| from.suffix()).unwrap_or_default();
    Ok(Redirect::to(&format!("/sites/{}/reviews/{id}{kept}", access.site.site.key)).into_response())
}
