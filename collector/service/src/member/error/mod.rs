//! Why there is no page, said within the frame of the site, so that there is always a way on.

use super::frame::{Frame, Frames, Page, carried};
use super::last_site;
use crate::app::feature_state;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_page;
use crate::http::protection::PAGE_POLICY;
use crate::http::query::Pairs;
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Members, SignedIn};
use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use rapport_report::ReportError;
use rapport_report::slice::{Dimension, Slice};
use rapport_shared::survey::Fault;
use rapport_store::StoreError;

/// Why there is no page, or why a form of one was not taken: what every handler for people fails with.
#[derive(Debug)]
pub enum PageError {
    /// Fields of the URL are at fault.
    Faults(Vec<Fault>),
    /// There is no such thing.
    NotFound(&'static str),
    /// The report could not be made.
    Report(ReportError),
    /// The template could not be rendered.
    Template(askama::Error),
    /// What programs are told in the same words: not theirs to do, too large, too often, not valid.
    Problem(Problem),
    /// Nobody is signed in: the address of the page where one does, with the way back.
    SignIn(String),
}

impl From<ReportError> for PageError {
    fn from(error: ReportError) -> Self {
        Self::Report(error)
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self::Report(error.into())
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::Template(error)
    }
}

impl From<Problem> for PageError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Vec<Fault>> for PageError {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Faults(faults)
    }
}

impl From<Fault> for PageError {
    fn from(fault: Fault) -> Self {
        Self::Faults(vec![fault])
    }
}

/// What a page says where another was asked for. It travels with the answer, for [`in_frame`].
#[derive(Clone, Debug)]
pub(super) struct Failure {
    status: StatusCode,
    /// What it is called.
    pub title: &'static str,
    /// What happened, in sentences.
    pub detail: String,
    /// The fields at fault.
    pub faults: Vec<Fault>,
    retry_after_s: Option<u32>,
}

impl From<Vec<Fault>> for Failure {
    fn from(faults: Vec<Fault>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            title: "This address cannot be read",
            detail: "These fields of it are at fault:".to_owned(),
            faults,
            retry_after_s: None,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let detail = match error {
            StoreError::Busy => "As much is read and written as may be at a time; try again in a moment.",
            StoreError::Unavailable(_) => "The database did not answer. Nothing is lost; try again in a moment.",
            _ => WENT_WRONG,
        };
        Self { detail: detail.to_owned(), ..Problem::from(error).into() }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let (title, advice) = problem_page::words(problem.status);
        Self {
            status: problem.status,
            title,
            detail: format!("{} {advice}", problem_page::sentence(&problem.detail)),
            faults: problem.errors.into_iter().map(|error| Fault::new(error.field, error.reason)).collect(),
            retry_after_s: problem.retry_after_s,
        }
    }
}

impl Failure {
    /// What a response says instead of a page, if it does.
    pub(super) fn of(response: &mut Response) -> Option<Self> {
        let failure = response.extensions_mut().remove::<Self>();
        failure.or_else(|| response.extensions_mut().remove::<Problem>().map(Self::from))
    }

    /// The same for programs.
    fn document(self) -> Response {
        let errors = self.faults.into_iter().map(|fault| FieldError { field: fault.field, reason: fault.reason });
        let problem = Problem::new(self.status, self.detail);
        Problem { errors: errors.collect(), retry_after_s: self.retry_after_s, ..problem }.into_response()
    }

    fn untold(faults: Vec<Fault>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            title: "This cannot be told apart",
            detail: "This report has no figures for what its address asks for:".to_owned(),
            ..Self::from(faults)
        }
    }

    fn not_found(detail: &str) -> Self {
        Self { detail: detail.to_owned(), ..Problem::not_found("").into() }
    }

    /// The answer, with this page.
    pub(super) fn answer(&self, page: impl IntoResponse) -> Response {
        let mut response = (self.status, page).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

const WENT_WRONG: &str = "Something went wrong here; the operator's log says what.";

/// For whoever has no site whose frame it could stand in.
#[derive(Template)]
#[template(path = "member/frame/error.html")]
struct ErrorPage<'a> {
    failure: &'a Failure,
}

#[derive(Template)]
#[template(path = "member/error/framed_error.html")]
struct FramedErrorPage<'a> {
    frame: Frame,
    failure: &'a Failure,
    /// The same page without what its address asks for; absent where that changes nothing.
    plain: Option<String>,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let failure = match self {
            Self::Faults(faults) => Failure::from(faults),
            Self::NotFound(detail) => Failure::not_found(detail),
            Self::Report(ReportError::Store(error)) => Failure::from(error),
            Self::Report(ReportError::Untold(faults)) => Failure::untold(faults),
            Self::Template(error) => Failure { detail: WENT_WRONG.to_owned(), ..Problem::from(error).into() },
            Self::Problem(problem) => return problem.into_response(),
            Self::SignIn(address) => return Redirect::to(&address).into_response(),
        };
        let page = ErrorPage { failure: &failure }.render().unwrap_or_else(|_| failure.detail.clone());
        let mut response = failure.answer(Html(page));
        response.extensions_mut().insert(failure);
        response
    }
}

feature_state! {
    /// What saying it within the frame of a site needs.
    pub struct Framing {
        members: Members,
        frames: Frames,
    }
}

/// Puts what went wrong into the frame of the site, for people who are signed in: the navigation stays.
pub async fn in_frame(State(framing): State<Framing>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let failure = match response.extensions_mut().remove::<Failure>() {
        Some(failure) if problem_page::is_for_program(&asked.headers) => return failure.document(),
        Some(failure) => failure,
        // A problem is a document for programs; for whoever reads pages it is said like every other failure.
        None => match response.extensions().get::<Problem>() {
            Some(problem) if problem_page::is_for_person(&asked.headers) => Failure::from(problem.clone()),
            _ => return response,
        },
    };
    framed(&framing, asked, &failure).await.unwrap_or(response)
}

/// The page for an address that no route takes, within the frame of the site last looked at; none for strangers.
pub async fn lost(framing: &Framing, headers: &HeaderMap) -> Option<Response> {
    if !problem_page::is_for_person(headers) {
        return None;
    }
    let (mut asked, ()) = axum::http::Request::new(()).into_parts();
    asked.headers = headers.clone();
    let failure = Failure::not_found("No page has this address.");
    let mut response = framed(framing, asked, &failure).await?;
    for (name, value) in [(header::CONTENT_SECURITY_POLICY, PAGE_POLICY), (header::CACHE_CONTROL, "no-store")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Some(response)
}

/// None where nobody is signed in who could see a site, or where that cannot be told.
async fn framed(framing: &Framing, mut asked: Parts, failure: &Failure) -> Option<Response> {
    let Framing { members, frames } = framing;
    let access = match Access::from_request_parts(&mut asked, members).await {
        Ok(access) => access,
        Err(_) => {
            let member = SignedIn::from_request_parts(&mut asked, members).await.ok()?;
            let site = last_site(members, &member).await.ok()??;
            let role = members.store.role(site.site.site_id, member.account_id).await.ok()??;
            Access { site, role, member, guest: None }
        }
    };
    let path = asked.uri.path();
    let below = path.strip_prefix(&format!("/sites/{}/", access.site.site.key)).unwrap_or_default();
    let part = below.split('/').next().unwrap_or_default();
    let page =
        Page { title: failure.title, part: part_of(part), path: "", back: None, compares: false, dimensions: &[] };
    let fields: Vec<_> =
        form_urlencoded::parse(asked.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let mut frame = Frame::plain(frames, &access, &page, &carried(&fields)).await.ok()?;
    frame.scope.clear();
    let is_of_fields = !failure.faults.is_empty() && asked.method == Method::GET;
    let plain = (is_of_fields && !below.is_empty()).then(|| format!("{path}{}", told(&fields, failure).suffix()));
    Some(failure.answer(Html(FramedErrorPage { frame, failure, plain }.render().ok()?)))
}

/// What of a slice can be told: nothing of an address that cannot be read.
fn told(fields: &Pairs, failure: &Failure) -> Slice {
    if failure.status != StatusCode::UNPROCESSABLE_ENTITY {
        return Slice::default();
    }
    let is_at_fault = |dimension: &Dimension| {
        // Too many rows were to be read, because of any that rollups do not tell.
        let is_read = failure.faults.iter().any(|fault| fault.field == "range") && !dimension.is_in_rollups();
        is_read || failure.faults.iter().any(|fault| fault.field == dimension.name())
    };
    let at_fault = Dimension::EACH.into_iter().filter(is_at_fault);
    at_fault.fold(carried(fields), |slice, dimension| match (dimension, slice.page()) {
        (Dimension::PageGroup, Some(_)) => slice,
        _ => slice.without(dimension),
    })
}

/// The part of the navigation that an address below a site belongs to.
fn part_of(first: &str) -> &'static str {
    match first {
        "feedback" | "responses" => "feedback",
        "reviews" => "reviews",
        "experience" => "experience",
        "drivers" => "drivers",
        "tasks" | "funnels" | "journeys" | "retention" | "visit" => "tasks",
        "delivery" => "delivery",
        "theme" => "theme",
        "audit" => "audit",
        "install" => "install",
        "overview" => "overview",
        _ => "",
    }
}
