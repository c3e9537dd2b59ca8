//! Reviews of things: how they come in (with a response, or from a server), how they are moderated, and how the public
//! reads them (`/v1/reviews/{site}` as JSON, `/r/{site}` as a page without script).

mod hosted;
mod incoming;
mod moderation;
pub mod public;
mod server;
mod words;

#[cfg(test)]
mod http_test;

pub use incoming::{Incoming, derived};

use crate::app::App;
use axum::Router;
use utoipa_axum::router::OpenApiRouter;

/// Routes of the public, with the public key of a site; no cookie is read here.
pub fn public_documented() -> OpenApiRouter<App> {
    public::documented()
}

/// Pages of the public; no cookie is read here, and their forms are our own.
pub fn hosted_documented() -> OpenApiRouter<App> {
    hosted::documented()
}

/// Pages of members; they belong among those of people with a cookie.
pub fn page_routes() -> Router<App> {
    moderation::routes()
}

/// Routes of servers with a key.
pub fn server_documented() -> OpenApiRouter<App> {
    server::documented()
}
