//! `/r/{site}` and `/r/{site}/{thing}`: published reviews as plain pages, without script. Search engines may read them, and
//! are told about things (never about the company itself) in JSON-LD.

use super::moderation::sort_title;
use super::public::site;
use crate::app::App;
use crate::client_address;
use crate::client_config::theme::{self, PageTheme};
use crate::dashboard::format::in_script;
use crate::dashboard::frame::Choice;
use crate::ingest::sites::SiteContext;
use crate::problem::Problem;
use crate::report::filter::query_of;
use crate::report::reviews::{self, RankedThing, Reader, ReviewList, ReviewQuery};
use crate::store::reviews::Sort;
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_shared::id::Id;

/// A published list is the same for everybody.
const CACHE: &str = "public, max-age=60";
/// Address of the style sheet.
const STYLE: &str = "/reviews.css";

/// The pages.
pub(super) fn routes() -> Router<App> {
    let style = || async {
        let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
        (headers, include_str!("../../static/reviews.css"))
    };
    Router::new()
        .route("/r/{site}", get(of_site))
        .route("/r/{site}/{thing}", get(of_thing))
        .route("/r/{site}/{review}/helpful", post(vote))
        .route(STYLE, get(style))
}

#[derive(Template)]
#[template(path = "hosted_reviews.html")]
struct ReviewsPage<'a> {
    style: &'static str,
    theme: &'a PageTheme,
    site_name: &'a str,
    site_path: String,
    list: ReviewList,
    things: Vec<RankedThing>,
    stars: Vec<Choice>,
    sorts: Vec<Choice>,
    filtered: bool,
    verified: Option<Choice>,
    without_filter: String,
    newer: Option<String>,
    older: Option<String>,
    /// Where to come back to after a vote: path and query of this page.
    here: String,
    structured_data: Option<String>,
}

async fn of_site(
    State(app): State<App>,
    Path(key): Path<String>,
    Query(fields): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let site = site(&app, &key).await?;
    show(&app, &site, "", &fields).await
}

async fn of_thing(
    State(app): State<App>,
    Path((key, thing)): Path<(String, String)>,
    Query(fields): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let site = site(&app, &key).await?;
    show(&app, &site, &thing, &fields).await
}

async fn show(app: &App, site: &SiteContext, thing: &str, fields: &[(String, String)]) -> Result<Response, Problem> {
    let read = ReviewQuery::parse(fields, Sort::Top).map_err(Problem::of_faults)?;
    let query = ReviewQuery { thing: thing.to_owned(), per_page: reviews::PER_PAGE, ..read };
    let mut list = reviews::list(&app.store, site, &query, Reader::Public).await?;
    if list.summary.reviews == 0 && !thing.is_empty() && app.store.thing(site.site.site_id, thing).await?.is_none() {
        return Err(Problem::not_found("nothing of this name is reviewed here"));
    }
    let things = if thing.is_empty() { reviews::ranking(&app.store, site).await? } else { Vec::new() };
    let site_path = format!("/r/{}", site.site.key);
    let path = match &list.thing {
        Some(thing) => format!("{site_path}/{}", thing.path()),
        None => site_path.clone(),
    };
    let address = |query: ReviewQuery| {
        let fields = query_of(&ReviewQuery { thing: String::new(), ..query }.fields(Sort::Top));
        if fields.is_empty() { path.clone() } else { format!("{path}?{fields}") }
    };
    let first = ReviewQuery { page: 1, ..query.clone() };
    let page_of = |page: u32| address(ReviewQuery { page, ..query.clone() });
    let theme = theme::page(app, &site.site).await?;
    let page = ReviewsPage {
        style: STYLE,
        theme: &theme,
        site_name: &site.site.name,
        site_path,
        things,
        stars: (1..=5)
            .rev()
            .map(|stars| Choice {
                label: stars.to_string(),
                href: address(ReviewQuery { stars: Some(stars), ..first.clone() }),
                current: query.stars == Some(stars),
            })
            .collect(),
        sorts: Sort::EACH
            .map(|sort| Choice {
                label: sort_title(sort).to_owned(),
                href: address(ReviewQuery { sort, ..first.clone() }),
                current: query.sort == sort,
            })
            .to_vec(),
        filtered: query.stars.is_some() || !query.language.is_empty() || query.verified,
        without_filter: address(ReviewQuery { stars: None, language: String::new(), verified: false, ..first.clone() }),
        verified: (list.summary.verified > 0).then(|| Choice {
            label: "Verified purchases only".to_owned(),
            href: address(ReviewQuery { verified: true, ..first.clone() }),
            current: query.verified,
        }),
        newer: (query.page > 1).then(|| page_of(query.page - 1)),
        older: (query.page < list.pages).then(|| page_of(query.page + 1)),
        here: page_of(query.page),
        structured_data: list.structured_data.take().map(|document| in_script(&document)),
        list,
    };
    match page.render() {
        Ok(text) => {
            let headers = [(header::CACHE_CONTROL, CACHE), (header::CONTENT_SECURITY_POLICY, &theme.policy)];
            Ok((headers, Html(text)).into_response())
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Err(Problem::internal())
        }
    }
}

async fn vote(
    State(app): State<App>,
    Path((key, review)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let address = client_address::of_request(&request, &app.config.trusted_proxies);
    let (parts, body) = request.into_parts();
    let body = http_body_util::BodyExt::collect(http_body_util::Limited::new(body, crate::router::FORM_BYTES));
    let body = body.await.map_err(|_| Problem::too_large(crate::router::FORM_BYTES))?.to_bytes();
    let site = site(&app, &key).await?;
    let review = Id::parse(&review).ok_or_else(|| Problem::not_found("there is no such review"))?;
    let field = |wanted: &str| {
        form_urlencoded::parse(&body).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let helpful = field("helpful").is_none_or(|helpful| helpful != "0");
    super::public::count_vote(&app, &site, review, helpful, address, &parts.headers).await?;
    let back = field("back");
    let of_site = format!("/r/{}", site.site.key);
    // Only to a list of this site: nothing else has a reason to be there.
    let back = back.filter(|back| {
        let rest = back.strip_prefix(&of_site);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])) && !back.contains(char::is_control)
    });
    Ok(Redirect::to(&format!("{}#review-{review}", back.unwrap_or(of_site))).into_response())
}
