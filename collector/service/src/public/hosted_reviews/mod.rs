//! `/r/{site}` and `/r/{site}/{thing}`: published reviews as plain pages, without script, in the visitor's language. Search
//! engines may read them, and are told about things (never about the company itself) in JSON-LD.

mod words;

use crate::app::{App, feature_state};
use crate::config::{Config, Names};
use crate::http::client_address;
use crate::http::page_request::{self, SitePath};
use crate::http::problem::Problem;
use crate::http::public_address::{self, to_top};
use crate::http::query::review::ReviewFields;
use crate::http::query::{encode, query_of, value};
use crate::member::format::in_script;
use crate::member::frame::Choice;
use crate::public::config::theme::{self, PageTheme};
use crate::public::hosted_reviews::words::{Words, name_of};
use crate::public::reviews::{Published, ReviewPath, Voting};
use askama::Template;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use rapport_report::reviews::{self, RankedThing, ReviewList, ReviewQuery, ThingView};
use rapport_shared::id::Id;
use rapport_shared::survey::QuestionKind;
use rapport_store::Store;
use rapport_store::review::Sort;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use std::borrow::Cow;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A published list is the same for everybody who reads the same language.
const CACHE: &str = "public, max-age=60";
/// What was just voted for is told once.
const NO_CACHE: &str = "no-store";
/// Path of the style sheet.
const STYLE: &str = "/reviews.css";
/// Path of a vote.
const VOTE: &str = "/r/{site}/{review}/helpful";
/// Five stars in a row, 100 wide and 20 high, as the path of a drawing.
const STARS: &str = "M10 1.8L12.1 7.5L18.2 7.7L13.4 11.5L15.1 17.4L10 14.0L4.9 17.4L6.6 11.5L1.8 7.7L7.9 7.5Z\
     M30 1.8L32.1 7.5L38.2 7.7L33.4 11.5L35.1 17.4L30 14.0L24.9 17.4L26.6 11.5L21.8 7.7L27.9 7.5Z\
     M50 1.8L52.1 7.5L58.2 7.7L53.4 11.5L55.1 17.4L50 14.0L44.9 17.4L46.6 11.5L41.8 7.7L47.9 7.5Z\
     M70 1.8L72.1 7.5L78.2 7.7L73.4 11.5L75.1 17.4L70 14.0L64.9 17.4L66.6 11.5L61.8 7.7L67.9 7.5Z\
     M90 1.8L92.1 7.5L98.2 7.7L93.4 11.5L95.1 17.4L90 14.0L84.9 17.4L86.6 11.5L81.8 7.7L87.9 7.5Z";
/// Fields of an address that say what became of a vote: the review's id. Each is the key of the words that tell it, too.
const OUTCOMES: [&str; 2] = ["counted", "not_counted"];

feature_state! {
    /// What the pages need.
    struct Needs {
        config: Arc<Config>,
        names: Arc<Names>,
        store: Store,
        sites: SiteDirectory,
        published: Published,
        votes: Voting,
    }
}

/// The pages.
pub(crate) fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(of_site)).routes(routes!(of_thing)).routes(routes!(vote)).routes(routes!(style))
}

/// The style sheet of reviews.
#[utoipa::path(
    get, path = "/reviews.css", tag = "pages", operation_id = "read_reviews_style",
    responses((status = 200, body = String, content_type = "text/css")),
)]
async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("page.css"))
}

/// Path of the reviews of a site, or of one of its things.
pub(crate) fn path_of(site_key: &str, thing: Option<&ThingView>) -> String {
    match thing {
        Some(thing) => format!("/r/{site_key}/{}", encode(&thing.thing)),
        None => format!("/r/{site_key}"),
    }
}

#[derive(Template)]
#[template(path = "public/hosted_reviews/page.html")]
struct ReviewsPage<'a> {
    words: &'a Words,
    /// The way to the top of what everybody may open.
    top: &'a str,
    style: Cow<'a, str>,
    theme: &'a PageTheme,
    /// What search engines take for the address of this page, whatever its filter.
    canonical: String,
    site_name: &'a str,
    /// Where all reviews of the site are.
    of_site: String,
    list: ReviewList,
    /// Whether nothing of this name is reviewed.
    unknown: bool,
    things: Vec<RankedThing>,
    stars: Vec<Choice>,
    sorts: Vec<Choice>,
    /// With the tag of each language.
    languages: Vec<(String, Choice)>,
    filtered: bool,
    verified: Option<Choice>,
    without_filter: String,
    newer: Option<String>,
    older: Option<String>,
    /// Where a review of the thing is written; empty where no survey asks for one.
    write: String,
    /// Number of the first review on this page, from 1.
    first: u64,
    /// Where to come back to after a vote: path, from the top, and query of this page.
    here: String,
    /// The review that was just voted for, and the key of what became of it.
    voted: Option<(String, &'static str)>,
    structured_data: Option<String>,
}

impl ReviewsPage<'_> {
    /// What became of a vote for this review.
    fn outcome(&self, review: &str) -> Option<&str> {
        let (_, outcome) = self.voted.as_ref().filter(|(voted, _)| voted == review)?;
        Some(self.words.get(outcome))
    }

    /// The review that was just voted for and what became of it, where the vote has moved it to another page.
    fn moved(&self) -> Option<(&str, &str)> {
        let (voted, outcome) = self.voted.as_ref()?;
        let is_here = self.list.reviews.iter().any(|review| review.id == *voted);
        (!is_here).then(|| (voted.as_str(), self.words.get(outcome)))
    }

    /// Number of the last review on this page.
    fn last(&self) -> u64 {
        (self.first + self.list.reviews.len() as u64).saturating_sub(1)
    }
}

/// The published reviews of a site as a page, in the visitor's language.
#[utoipa::path(
    get, path = "/r/{site}", tag = "pages", operation_id = "open_reviews",
    params(SitePath, crate::public::reviews::ListFields),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The page"),
        (status = 404, body = String, content_type = "text/html", description = "No site has this key"),
        (status = 422, body = String, content_type = "text/html", description = "Fields at fault, each named"),
    ),
)]
async fn of_site(
    State(needs): State<Needs>,
    Path(path): Path<SitePath>,
    Query(fields): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = page_request::site(&needs.sites, &path.site).await?;
    show(&needs, &site, "", &fields, &headers).await
}

/// The published reviews of a thing as a page, in the visitor's language.
#[utoipa::path(
    get, path = "/r/{site}/{thing}", tag = "pages", operation_id = "open_reviews_of_thing",
    params(
        ("site" = String, Path, description = "Public site key"),
        ("thing" = String, Path, description = "Key of the thing"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The page"),
        (status = 404, body = String, content_type = "text/html", description = "Nothing of this name is reviewed"),
        (status = 422, body = String, content_type = "text/html", description = "Fields at fault, each named"),
    ),
)]
async fn of_thing(
    State(needs): State<Needs>,
    path: Path<(String, String)>,
    Query(fields): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path((key, thing)) = path;
    let site = page_request::site(&needs.sites, &key).await?;
    show(&needs, &site, &thing, &fields, &headers).await
}

async fn show(
    needs: &Needs,
    site: &SiteContext,
    thing: &str,
    fields: &[(String, String)],
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let read = ReviewQuery::parse(fields, Sort::Top).map_err(Problem::of_faults)?;
    let query = ReviewQuery { thing: thing.to_owned(), per_page: reviews::PER_PAGE, ..read };
    let mut list = needs.published.list(site, &query).await?;
    let unknown =
        !thing.is_empty() && list.summary.reviews == 0 && needs.store.thing(site.site.site_id, thing).await?.is_none();
    let things = if thing.is_empty() { reviews::ranking(&needs.store, site).await? } else { Vec::new() };
    let path = path_of(&site.site.key, list.thing.as_ref());
    if unknown {
        // Not to say whatever an address says.
        list.thing = None;
    }
    let addresses = Addresses { top: to_top(&path), path, names: &needs.names };
    let first = ReviewQuery { page: 1, ..query.clone() };
    let all = ReviewQuery { stars: None, language: String::new(), verified: false, ..first.clone() };
    let page_of = |page: u32| addresses.of(ReviewQuery { page, ..query.clone() });
    let filtered = query.stars.is_some() || !query.language.is_empty() || query.verified;
    // Filters and orders show the same reviews again; only pages show others.
    let is_usual = !filtered && query.sort == Sort::Top;
    let usual = ReviewQuery { sort: Sort::Top, page: if is_usual { query.page } else { 1 }, ..all.clone() };
    let theme = theme::page(&needs.store, &needs.names, &site.site).await?;
    let write = write(needs, site, &addresses.top, list.thing.as_ref()).await?;
    // Held over no wait: what writes numbers and days stays on its thread.
    let words = Words::of(headers);
    let voted = OUTCOMES.iter().find_map(|outcome| Some((Id::parse(value(fields, outcome)?)?.to_text(), *outcome)));
    let cache = if voted.is_some() { NO_CACHE } else { CACHE };
    let page = ReviewsPage {
        words: &words,
        style: needs.names.path(STYLE),
        theme: &theme,
        canonical: public_address::of(&needs.config, &addresses.own_address(usual)),
        site_name: &site.site.name,
        of_site: format!("{}{}", addresses.top, needs.names.path(&path_of(&site.site.key, None))),
        unknown,
        things,
        stars: stars(&words, &query, &addresses),
        sorts: sorts(&words, &query, &addresses),
        languages: languages(&list, &words, &first, &addresses),
        filtered,
        without_filter: addresses.of(all),
        verified: verified(&list, &words, &query, &addresses),
        newer: (query.page > 1).then(|| page_of(query.page - 1)),
        older: (query.page < list.pages).then(|| page_of(query.page + 1)),
        write,
        first: u64::from(query.page - 1) * u64::from(query.per_page) + 1,
        here: needs.names.path(&addresses.own_address(query.clone())).into_owned(),
        voted,
        structured_data: list.structured_data.take().map(|document| in_script(&document)),
        list,
        top: &addresses.top,
    };
    let status = if unknown { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let headers = [
        (header::CACHE_CONTROL, cache),
        (header::VARY, "accept-language"),
        (header::CONTENT_SECURITY_POLICY, &theme.policy),
        (header::CONTENT_LANGUAGE, &words.language),
    ];
    Ok((status, headers, Html(page.render()?)).into_response())
}

/// The addresses of the page for what it can show.
struct Addresses<'a> {
    /// The way to the top of what everybody may open.
    top: String,
    /// The page itself, from there.
    path: String,
    names: &'a Names,
}

impl Addresses<'_> {
    /// From the top, by our own names.
    fn own_address(&self, query: ReviewQuery) -> String {
        let fields = query_of(&ReviewQuery { thing: String::new(), ..query }.fields(Sort::Top));
        if fields.is_empty() { self.path.clone() } else { format!("{}?{fields}", self.path) }
    }

    /// From the page, by the names that pages know.
    fn of(&self, query: ReviewQuery) -> String {
        format!("{}{}", self.top, self.names.path(&self.own_address(query)))
    }
}

/// The stars to choose from.
fn stars(words: &Words, query: &ReviewQuery, addresses: &Addresses<'_>) -> Vec<Choice> {
    let choice = |stars: u8| Choice {
        label: words.number(stars),
        href: addresses.of(ReviewQuery { stars: Some(stars), page: 1, ..query.clone() }),
        current: query.stars == Some(stars),
    };
    (1..=5).rev().map(choice).collect()
}

/// The orders to choose from.
fn sorts(words: &Words, query: &ReviewQuery, addresses: &Addresses<'_>) -> Vec<Choice> {
    let choice = |sort: Sort| Choice {
        label: words.sort(sort).to_owned(),
        href: addresses.of(ReviewQuery { sort, page: 1, ..query.clone() }),
        current: query.sort == sort,
    };
    Sort::EACH.map(choice).to_vec()
}

/// Only verified purchases, where that makes a difference.
fn verified(list: &ReviewList, words: &Words, query: &ReviewQuery, addresses: &Addresses<'_>) -> Option<Choice> {
    let summary = &list.summary;
    let differs = summary.verified > 0 && (query.verified || summary.verified < summary.reviews);
    differs.then(|| Choice {
        label: words.get("verified_only").to_owned(),
        href: addresses.of(ReviewQuery { verified: true, page: 1, ..query.clone() }),
        current: query.verified,
    })
}

/// The languages to choose from, all of them first; none where there is no choice.
fn languages(
    list: &ReviewList,
    words: &Words,
    first: &ReviewQuery,
    addresses: &Addresses<'_>,
) -> Vec<(String, Choice)> {
    if list.languages.len() < 2 {
        return Vec::new();
    }
    let choice = |tag: &str, label: &str| Choice {
        label: label.to_owned(),
        href: addresses.of(ReviewQuery { language: tag.to_owned(), ..first.clone() }),
        current: first.language == tag,
    };
    let each = list.languages.iter().map(|count| {
        let tag = count.language.as_str();
        (tag.to_owned(), choice(tag, name_of(tag)))
    });
    std::iter::once((words.language.clone(), choice("", words.get("all")))).chain(each).collect()
}

/// Where a review of a thing is written: the form of the first survey that asks for one, as the list in the widget has it.
async fn write(needs: &Needs, site: &SiteContext, top: &str, thing: Option<&ThingView>) -> Result<String, Problem> {
    let Some(thing) = thing else { return Ok(String::new()) };
    let surveys = needs.store.active_surveys(site.site.site_id).await?;
    let asks = surveys
        .iter()
        .find(|survey| survey.questions.iter().any(|question| matches!(question.kind, QuestionKind::Review { .. })));
    Ok(asks.map_or_else(String::new, |survey| {
        let form = format!("/f/{}/{}?thing={}", site.site.key, survey.id, encode(&thing.thing));
        format!("{top}{}", needs.names.path(&form))
    }))
}

/// A vote from the page, which leads back there.
#[utoipa::path(
    post, path = "/r/{site}/{review}/helpful", tag = "pages", operation_id = "vote_on_page",
    params(ReviewPath),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded", description = "`helpful`: 1 or 0"),
    responses(
        (status = 303, description = "Back to the page, which says what became of it"),
        (status = 403, body = String, content_type = "text/html", description = "The form was not sent from this site"),
        (status = 404, body = String, content_type = "text/html", description = "No such site, or no such review"),
    ),
)]
async fn vote(State(needs): State<Needs>, path: Path<ReviewPath>, request: Request) -> Result<Response, Problem> {
    let address = client_address::of_request(&request, &needs.config.trusted_proxies);
    let Path(ReviewPath { site: key, review }) = path;
    let body = page_request::body(request.into_body(), crate::router::FORM_BYTES).await?;
    let site = page_request::site(&needs.sites, &key).await?;
    let review = Id::parse(&review).ok_or_else(|| Problem::not_found("there is no such review"))?;
    let field = |wanted: &str| {
        form_urlencoded::parse(&body).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let helpful = field("helpful").is_none_or(|helpful| helpful != "0");
    let outcome = match needs.votes.count(&site, review, helpful, address).await {
        Ok(_) => OUTCOMES[0],
        // A person sent this: they read what became of it where they were.
        Err(problem) if problem.status.is_client_error() => OUTCOMES[1],
        Err(problem) => return Err(problem),
    };
    let back = field("back").map(|back| needs.names.ours(&back).unwrap_or(back));
    let of_site = path_of(&site.site.key, None);
    // Only to a list of this site: nothing else has a reason to be there.
    let back = back.filter(|back| {
        let rest = back.strip_prefix(&of_site);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])) && !back.contains(char::is_control)
    });
    let back = back.unwrap_or(of_site);
    let back = needs.names.path(&back);
    let mark = if back.contains('?') { '&' } else { '?' };
    Ok(Redirect::to(&format!("{}{back}{mark}{outcome}={review}#review-{review}", to_top(VOTE))).into_response())
}
