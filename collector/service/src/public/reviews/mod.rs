//! Published reviews as JSON, for the pages of a site and for anybody else.

#[cfg(test)]
mod http_test;

use crate::app::{App, feature_state};
use crate::config::{Config, Names};
use crate::http::client_address;
use crate::http::page_request::{NoSite, SitePath, for_everybody, readable_by_all, site_of_page};
use crate::http::problem::Problem;
use crate::http::query::review::ReviewFields;
use crate::public::attachment::serve::EVERYBODY;
use crate::public::visitor_rate::VisitorRate;
use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rapport_ingest::Ingest;
use rapport_report::reviews::{self, RankedThing, ReviewList, ReviewQuery};
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::review as stored;
use rapport_store::review::Sort;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use utoipa::{IntoParams, IntoResponses, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What is published is the same for everybody; a page may show what it knows while it asks anew.
const CACHE: &str = "public, max-age=60, stale-while-revalidate=600";

/// The routes.
pub(crate) fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(ranking))
        .routes(routes!(helpful))
        .routes(routes!(unhelpful))
        .layer(CompressionLayer::new())
}

/// Which reviews, and in which order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields, which are read by http::query::review")]
pub(crate) struct ListFields {
    /// Key of a thing, at most 200 characters: only its reviews.
    thing: Option<String>,
    /// 1 to 5: only reviews with so many stars.
    stars: Option<u8>,
    /// A language tag such as `en` (with `en-gb` and its like): only reviews in it.
    language: Option<String>,
    /// `1`: only reviews of a verified purchase.
    verified: Option<u8>,
    /// `top`, `newest`, `highest`, `lowest` or `helpful`. The public list is `top` unless it says otherwise: by the lower
    /// bound of the 95 % Wilson interval of the share of voters who found a review helpful. The list for servers is `newest`.
    sort: Option<String>,
    /// From 1 (default) to 1,000.
    page: Option<u32>,
    /// From 1 to 50; 10 unless it says otherwise.
    per_page: Option<u32>,
}

/// What visitors think of a review, each network counted once a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Votes {
    /// How many found it helpful.
    helpful: u64,
    /// How many did not.
    unhelpful: u64,
}

/// Names a published review.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ReviewPath {
    /// Public site key
    pub(crate) site: String,
    /// Id of the review
    pub(crate) review: String,
}

/// Why a vote is not counted.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only documents the replies")]
enum VoteRefused {
    /// The page's origin is not one of the site's
    #[response(status = 403)]
    Foreign,
    /// No such site, or no such published review
    #[response(status = 404)]
    Nothing,
    /// Too often; see Retry-After
    #[response(status = 429)]
    TooOften,
}

fn cached(document: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, CACHE)], Json(document)).into_response()
}

/// Published reviews.
///
/// With their distribution and, for a thing that was described, JSON-LD of exactly this list.
#[utoipa::path(
    get,
    path = "/v1/reviews/{site}",
    tag = "public",
    operation_id = "list_published_reviews",
    params(SitePath, ListFields),
    responses(
        (status = 200, body = ReviewList, description = "One page of the list; may be kept for a minute"),
        NoSite,
        (status = 422, description = "Fields at fault, each named"),
    ),
)]
pub(crate) async fn list(
    State(sites): State<SiteDirectory>,
    State(published): State<Published>,
    Path(path): Path<SitePath>,
    Query(fields): Query<Vec<(String, String)>>,
) -> Response {
    for_everybody(&sites, &path.site, async |site| {
        let query = ReviewQuery::parse(&fields, Sort::Top).map_err(Problem::of_faults)?;
        Ok(cached(published.list(site, &query).await?))
    })
    .await
}

feature_state! {
    /// The reviews that everybody may read.
    pub(crate) struct Published {
        store: Store,
        names: Arc<Names>,
    }
}

impl Published {
    /// One page of the list, with addresses as pages know them.
    pub(crate) async fn list(&self, site: &SiteContext, query: &ReviewQuery) -> Result<ReviewList, Problem> {
        let mut list = reviews::list(&self.store, site, query, EVERYBODY).await?;
        for photo in list.reviews.iter_mut().filter_map(|review| review.photo.as_mut()) {
            photo.address = self.names.path(&photo.address).into_owned();
        }
        Ok(list)
    }
}

/// Things by rank.
///
/// Everything with published reviews, best first: by the lower bound of the 95 % Wilson interval of the share with 4 or 5
/// stars.
#[utoipa::path(
    get,
    path = "/v1/reviews/{site}/things",
    tag = "public",
    operation_id = "rank_things",
    params(SitePath),
    responses(
        (status = 200, body = [RankedThing], description = "The things; may be kept for a minute"),
        NoSite,
    ),
)]
pub(crate) async fn ranking(
    State(sites): State<SiteDirectory>,
    State(store): State<Store>,
    Path(path): Path<SitePath>,
) -> Response {
    for_everybody(&sites, &path.site, async |site| Ok(cached(reviews::ranking(&store, site).await?))).await
}

/// Find a review helpful.
///
/// Each network (an IPv4 address, an IPv6 /64) is counted once a day at most; a later vote takes the place of an earlier one. The body is empty.
#[utoipa::path(
    post,
    path = "/v1/reviews/{site}/{review}/helpful",
    tag = "public",
    operation_id = "find_helpful",
    params(ReviewPath),
    responses((status = 200, body = Votes, description = "Counted, now or before"), VoteRefused),
)]
pub(crate) async fn helpful(State(votes): State<Voting>, path: Path<ReviewPath>, request: Request) -> Response {
    vote(&votes, path, true, request).await
}

/// Find a review not helpful.
///
/// As with `helpful`: the top of the list is made of both.
#[utoipa::path(
    post,
    path = "/v1/reviews/{site}/{review}/unhelpful",
    tag = "public",
    operation_id = "find_unhelpful",
    params(ReviewPath),
    responses((status = 200, body = Votes, description = "Counted, now or before"), VoteRefused),
)]
pub(crate) async fn unhelpful(State(votes): State<Voting>, path: Path<ReviewPath>, request: Request) -> Response {
    vote(&votes, path, false, request).await
}

async fn vote(votes: &Voting, path: Path<ReviewPath>, helpful: bool, request: Request) -> Response {
    let Path(ReviewPath { site, review }) = path;
    let address = client_address::of_request(&request, &votes.config.trusted_proxies);
    let headers = request.headers().clone();
    let counted: Result<Response, Problem> = async {
        let site = site_of_page(&votes.sites, &site, &headers).await?;
        let review = Id::parse(&review).ok_or_else(|| Problem::not_found("there is no such review"))?;
        let stored::Votes { helpful, unhelpful } = votes.count(&site, review, helpful, address).await?;
        Ok(([(header::CACHE_CONTROL, "no-store")], Json(Votes { helpful, unhelpful })).into_response())
    }
    .await;
    readable_by_all(counted.unwrap_or_else(IntoResponse::into_response))
}

feature_state! {
    /// Where votes are counted.
    pub(crate) struct Voting {
        config: Arc<Config>,
        clock: Clock,
        store: Store,
        sites: SiteDirectory,
        ingest: Arc<Ingest>,
        rate: VisitorRate,
    }
}

impl Voting {
    /// Counts the vote of a client, and gives how many there are now. A vote is told apart by its network, since whoever votes
    /// says themselves which browser they have.
    pub(crate) async fn count(
        &self,
        site: &SiteContext,
        review: Id,
        helpful: bool,
        address: IpAddr,
    ) -> Result<stored::Votes, Problem> {
        self.rate.check(address)?;
        let site_id = site.site.site_id;
        let voter = self.ingest.network_key(site_id, address).await?;
        let votes = self.store.vote_for_review(site_id, review, voter, helpful, self.clock.now_ms()).await?;
        votes.ok_or_else(|| Problem::not_found("there is no such review"))
    }
}
