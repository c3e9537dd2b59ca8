//! The API of servers: the JSON twins of the pages, for a bearer key of the site with the right scope.
//!
//! `GET /api/v1/sites/{site}/reports/...` takes the same fields as the pages do, and gives the same structs;
//! `POST /api/v1/sites/{site}/surveys/{survey}/responses` takes answers that were given elsewhere.

mod annotations;
mod courses;
pub(crate) mod customers;
mod exports;
mod follow_ups;
mod hours;
mod imports;
mod issues;
pub mod key;
mod mail_reports;
mod merges;
mod messages;
mod notifications;
pub mod openapi;
mod personas;
pub(crate) mod pictures;
mod privacy;
mod reports;
mod responses;
pub(crate) mod reviews;
mod routes;
mod segments;
mod settings;
mod shares;
mod surveys;
mod tickets;
mod webhooks;
mod words;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes of the API; no cookie is read here.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(reports::overview))
        .routes(routes!(reports::feedback::feedback))
        .routes(routes!(reports::feedback::survey))
        .routes(routes!(reports::feedback::responses))
        .routes(routes!(reports::feedback::response))
        .routes(routes!(reports::pages::experience))
        .routes(routes!(reports::pages::pages_csv))
        .routes(routes!(reports::pages::pages_json))
        .routes(routes!(reports::pages::page))
        .routes(routes!(reports::pages::cause))
        .routes(routes!(reports::errors::errors))
        .routes(routes!(reports::errors::error))
        .routes(routes!(reports::behaviour::events))
        .routes(routes!(reports::drivers))
        .routes(routes!(reports::behaviour::forms))
        .routes(routes!(reports::behaviour::heat))
        .routes(routes!(reports::delivery))
        .routes(routes!(reports::install))
        .routes(routes!(exports::views))
        .routes(routes!(exports::signals))
        .routes(routes!(exports::answers))
        .routes(routes!(personas::list, personas::add))
        .routes(routes!(personas::one, personas::change, personas::remove))
        .routes(routes!(segments::list, segments::add))
        .routes(routes!(segments::rename, segments::remove))
        .routes(routes!(courses::tasks, courses::add_task))
        .routes(routes!(courses::change_task, courses::remove_task))
        .routes(routes!(courses::funnels, courses::add_funnel))
        .routes(routes!(courses::change_funnel, courses::remove_funnel))
        .routes(routes!(courses::task_report))
        .routes(routes!(courses::task))
        .routes(routes!(courses::funnel))
        .routes(routes!(courses::funnel_people))
        .routes(routes!(courses::journeys))
        .routes(routes!(courses::retention))
        .routes(routes!(self::routes::list, self::routes::add, self::routes::remove))
        .routes(routes!(self::routes::trial))
        .routes(routes!(shares::list, shares::add))
        .routes(routes!(shares::revoke))
        .routes(routes!(mail_reports::list, mail_reports::add))
        .routes(routes!(mail_reports::remove))
        .routes(routes!(mail_reports::send))
        .routes(routes!(mail_reports::log))
        .routes(routes!(hours::read, hours::set))
        .routes(routes!(settings::read, settings::change))
        .routes(routes!(surveys::list, surveys::apply))
        .routes(routes!(surveys::read))
        .routes(routes!(surveys::versions))
        .routes(routes!(surveys::set))
        .routes(routes!(hours::targets))
        .routes(routes!(follow_ups::plans, follow_ups::add))
        .routes(routes!(follow_ups::set, follow_ups::remove))
        .routes(routes!(follow_ups::list))
        .routes(routes!(annotations::marks))
        .routes(routes!(annotations::before_after))
        .routes(routes!(annotations::list, annotations::add))
        .routes(routes!(annotations::one, annotations::change, annotations::remove))
        .routes(routes!(issues::list))
        .routes(routes!(issues::one, issues::say))
        .routes(routes!(tickets::list, tickets::open))
        .routes(routes!(tickets::one, tickets::change))
        .routes(routes!(tickets::add_note))
        .routes(routes!(privacy::found))
        .routes(routes!(privacy::data))
        .routes(routes!(privacy::erase))
        .routes(routes!(privacy::receipts))
        .routes(routes!(privacy::receipt))
        .routes(routes!(imports::import))
        .routes(routes!(merges::list, merges::merge))
        .routes(routes!(merges::undo))
        .routes(routes!(merges::proposals, merges::answer))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::change, webhooks::remove))
        .routes(routes!(webhooks::set))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::delivery))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(webhooks::redeliver_since))
        .routes(routes!(notifications::list, notifications::add))
        .routes(routes!(notifications::remove))
        .routes(routes!(messages::list))
        .routes(routes!(messages::reply))
        .routes(routes!(words::list))
        .routes(routes!(words::themes))
        .routes(routes!(responses::add))
        .routes(routes!(pictures::of_response))
        .routes(routes!(pictures::of_review))
}
