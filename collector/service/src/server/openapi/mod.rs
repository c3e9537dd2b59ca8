//! The description of the HTTP interface: `/api/openapi.json`, and a page to browse it at `/api/docs`.

mod example;
mod webhook;

use crate::app::App;
use crate::http::protection;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as OpenApiDocument, Ref, RefOr, ResponseBuilder, Server};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::SwaggerUi;

/// Where the document is.
pub const DOCUMENT: &str = "/api/openapi.json";
/// Where the page is.
const PAGE: &str = "/api/docs";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rapport",
        description = "What pages send to a Rapport collector, and what servers read from it. Every error is a \
                       problem document (RFC 9457) that names the field and the limit.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(crate::http::problem::ProblemDocument, crate::http::problem::FieldError, crate::webhook::payload::WebhookMessage)),
    tags(
        (name = "public", description = "For pages: the site key is public and can only write."),
        (name = "reports", description = "For servers: a key with a scope, made by `rapport key add`."),
        (name = "segments", description = "For servers: filters by a name."),
        (name = "courses", description = "For servers: tasks and funnels, which are followed in what is stored."),
        (name = "routes", description = "For servers: which pages are one."),
        (name = "shares", description = "For servers: links under which a report is read without an account."),
        (name = "personas", description = "For servers: kinds of people, who is of them, and what they feel and meet."),
        (name = "mail", description = "For servers: reports that are sent by mail."),
        (name = "customers", description = "For servers: who customers are, every contact with them, and customers from files, merged, taken along and erased."),
        (name = "surveys", description = "For servers: what visitors are asked, kept as code."),
        (name = "hours", description = "For servers: business hours, and what is promised by them."),
        (name = "follow-ups", description = "For servers: what customers are asked some time after something happened."),
        (name = "webhooks", description = "For servers: who is told what happens, and what each was told."),
        (name = "annotations", description = "For servers: releases and notes, which are marked on every chart."),
        (name = "responses", description = "For servers: send answers that were given elsewhere."),
        (name = "reviews", description = "For servers: bring in reviews, read them, and describe what is reviewed."),
        (name = "pages", description = "Pages that everybody may open, without script: forms and reviews."),
        (name = "operation", description = "For load balancers and monitors."),
    ),
    modifiers(&BearerKey),
)]
struct Frame;

/// The key of servers.
struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, document: &mut OpenApiDocument) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A key of the site, made by `rapport key add SITE --name NAME --scope SCOPE`"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// The whole description: what the routers say of their routes, in its frame. `base_url` is where people and pages reach the
/// collector.
pub fn document(base_url: &str, of_routes: impl IntoIterator<Item = OpenApiDocument>) -> OpenApiDocument {
    let mut document = Frame::openapi();
    document.servers = Some(vec![Server::new(base_url)]);
    for routes in of_routes {
        document.merge(routes);
    }
    show_batch(&mut document);
    document.webhooks = Some(webhook::sent());
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.put, &mut path.delete, &mut path.patch];
        for operation in operations.into_iter().flatten() {
            describe_security(operation);
            describe_success(operation);
            describe_errors(operation);
        }
    }
    document
}

/// Shows a batch, as JSON and as the text that browsers send.
fn show_batch(document: &mut OpenApiDocument) {
    let operation = document.paths.paths.get_mut("/v1/batch").and_then(|path| path.post.as_mut());
    let body = operation.and_then(|operation| operation.request_body.as_mut());
    let Some(RefOr::T(body)) = body else { return };
    for (media_type, content) in &mut body.content {
        let RefOr::T(content) = content else { continue };
        let batch = example::batch();
        content.example = Some(if media_type == "text/plain" { batch.to_string().into() } else { batch });
    }
}

/// A response that has no description of its own is what the operation says it does.
fn describe_success(operation: &mut Operation) {
    let summary = operation.summary.clone().unwrap_or_default();
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        if response.description.is_empty() {
            response.description.clone_from(&summary);
        }
    }
}

/// Every route for servers refuses keys alike, so that no handler has to say it.
fn describe_security(operation: &mut Operation) {
    if operation.security.get_or_insert_default().is_empty() {
        // Said to be open, which is more than to say nothing.
        return;
    }
    for (status, description) in [("401", "No key of this site"), ("403", "The key lacks the scope")] {
        let response = RefOr::T(ResponseBuilder::new().description(description).build());
        operation.responses.responses.entry(status.to_owned()).or_insert(response);
    }
}

/// Every error is a problem document, so that no handler has to say it; to people it is a page, where they are said to be told.
fn describe_errors(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if status.starts_with('4') || status.starts_with('5') {
            let problem = || RefOr::T(Content::new(Some(Ref::from_schema_name("Problem"))));
            response.content.entry("application/problem+json".into()).or_insert_with(problem);
        }
    }
}

/// Routes of the document and its page.
pub fn routes(document: OpenApiDocument) -> Router<App> {
    let pages: Router<App> = SwaggerUi::new(PAGE).url(DOCUMENT, document).into();
    pages.layer(from_fn(with_policy))
}

async fn with_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(protection::API_PAGE_POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_app::TestApp;
    use axum::body::Body;
    use serde_json::Value;
    use std::collections::BTreeSet;

    /// The document of a collector, and the collector.
    async fn described() -> (TestApp, Value) {
        let test = TestApp::new().await;
        test.site().await;
        let reply = test.get(DOCUMENT, &[]).await;
        assert_eq!(reply.status, 200);
        let document = reply.json();
        (test, document)
    }

    /// Every operation, with its path and its method.
    fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
        let paths = document["paths"].as_object().unwrap();
        let methods = ["get", "post", "put", "delete", "patch"];
        paths
            .iter()
            .flat_map(|(path, item)| methods.iter().map(move |method| (path.as_str(), *method, &item[*method])))
            .filter(|(_, _, operation)| operation.is_object())
            .collect()
    }

    #[tokio::test]
    async fn every_route_for_programs_is_in_the_document_with_each_of_its_methods() {
        let (test, document) = described().await;
        let routed = crate::router::paths_for_programs(&test.app);
        assert!(routed.len() > 30 && routed.contains("/v1/batch") && routed.contains("/readyz"), "{routed:?}");
        let described: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(routed, described, "what is routed, and what is described");
        for path in &described {
            let address = path.replace("{site}", "shop").replace(['{', '}'], "");
            for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
                let request = Request::builder().method(method).uri(&address).header("sec-fetch-site", "same-origin");
                let status = test.send(request.body(Body::empty()).unwrap()).await.status.as_u16();
                let is_described = document["paths"][path][method.to_ascii_lowercase()].is_object();
                assert_eq!(status != 405, is_described, "{method} {path} is answered with {status}");
            }
        }
    }

    /// The names of the schemas in the sources below a folder.
    fn schemas_in(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                schemas_in(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for derived in text.split("#[derive(").skip(1).filter(|text| {
                text.split_once(')')
                    .is_some_and(|(traits, _)| traits.split(", ").any(|name| name.ends_with("ToSchema")))
            }) {
                let head = derived.split_once(" {").map_or(derived, |(head, _)| head);
                let alias = head.split_once("schema(as = ").and_then(|(_, rest)| rest.split(')').next());
                let name = head.rsplit(' ').next().unwrap_or_default().split('<').next().unwrap_or_default();
                found.push(alias.unwrap_or(name).to_owned());
            }
        }
    }

    #[test]
    fn a_schema_took_the_place_of_another_of_the_same_name() {
        let mut names = Vec::new();
        schemas_in(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut names);
        names.sort_unstable();
        assert!(names.len() > 40 && names.iter().any(|name| name == "Problem"), "{names:?}");
        let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[tokio::test]
    async fn the_document_is_one_that_generators_take() {
        let (_, document) = described().await;
        assert_eq!(document["openapi"].as_str().map(|version| &version[..2]), Some("3."));
        assert_eq!(document["servers"][0]["url"], "http://127.0.0.1:8080");
        let operations = operations(&document);
        let mut ids: Vec<_> = operations.iter().map(|(.., operation)| operation["operationId"].as_str()).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]) && ids[0].is_some(), "an id stands twice: {ids:?}");
        for (path, method, operation) in operations {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let description = response["description"].as_str().unwrap_or_default();
                assert!(!description.is_empty(), "{method} {path} {status} has no description");
            }
        }
        for (path, method, status) in [("/v1/config/{site}", "get", "304"), ("/v1/batch", "post", "429")] {
            assert!(document["paths"][path][method]["responses"][status].is_object(), "{path} {method} {status}");
        }
        assert_eq!(document["components"]["securitySchemes"]["api_key"]["scheme"], "bearer");
        let fields = &document["components"]["schemas"]["Problem"]["properties"];
        for field in ["type", "title", "status", "detail", "errors"] {
            assert!(fields[field].is_object(), "{field}");
        }
    }

    #[tokio::test]
    async fn every_route_for_servers_asks_for_a_key_and_every_error_is_described() {
        let (test, document) = described().await;
        let of_servers: Vec<_> =
            operations(&document).into_iter().filter(|(path, ..)| path.starts_with("/api/v1/")).collect();
        assert!(of_servers.len() >= 7, "{of_servers:?}");
        for (path, method, operation) in of_servers {
            assert!(operation["security"][0]["api_key"].is_array(), "{path}");
            let address = path.replace("{site}", "shop").replace(['{', '}'], "");
            let request = Request::builder().method(method.to_ascii_uppercase().as_str()).uri(&address);
            let refused = test.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!((refused.status.as_u16(), refused.header("cache-control")), (401, "no-store"), "{address}");
        }
        for (path, method, operation) in operations(&document) {
            let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            let mut named: Vec<_> = parameters.iter().map(|parameter| parameter["name"].as_str()).collect();
            named.sort_unstable();
            assert!(named.windows(2).all(|pair| pair[0] != pair[1]), "{path} names one twice: {named:?}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
                let is_error = status.starts_with(['4', '5']);
                assert_eq!(is_error, problem == "#/components/schemas/Problem", "{method} {path} {status}: {response}");
            }
        }
        // Every schema that is referred to is there.
        let text = document.to_string();
        for reference in text.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(document["components"]["schemas"][name].is_object(), "{name} is missing");
        }
    }

    #[tokio::test]
    async fn a_field_that_narrows_reports_is_not_described() {
        let (_, document) = described().await;
        for report in [
            "overview",
            "feedback",
            "feedback/{survey}",
            "feedback/{survey}/responses.csv",
            "experience",
            "page",
            "errors",
            "error",
            "events",
            "words",
            "themes",
            "drivers",
        ] {
            let operation = &document["paths"][format!("/api/v1/sites/{{site}}/reports/{report}")]["get"];
            let named: BTreeSet<_> =
                operation["parameters"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
            for dimension in rapport_report::slice::Dimension::EACH {
                assert!(named.contains(dimension.name()), "{report} {}", dimension.name());
            }
        }
    }

    #[tokio::test]
    async fn a_form_that_another_site_sent_was_refused_with_a_status_that_was_not_described() {
        let (test, document) = described().await;
        let mut refused = 0;
        for (path, method, operation) in operations(&document) {
            let address = path.replace("{site}", "shop").replace("{survey}", "feedback").replace(['{', '}'], "");
            let request = Request::builder().method(method.to_ascii_uppercase().as_str()).uri(&address);
            let request = request.header("sec-fetch-site", "cross-site").header("origin", "https://evil.example");
            let status = test.send(request.body(Body::empty()).unwrap()).await.status.as_u16();
            refused += u32::from(status == 403);
            let is_described = operation["responses"][status.to_string()].is_object() || status == 404;
            assert!(is_described, "{method} {path} is answered with {status}");
        }
        assert!(refused >= 2, "{refused}");
    }

    #[tokio::test]
    async fn a_body_that_a_server_sends_has_no_example() {
        let (_, document) = described().await;
        for (path, method, operation) in
            operations(&document).into_iter().filter(|(path, ..)| path.starts_with("/api/v1/"))
        {
            let content = operation["requestBody"]["content"].as_object();
            for (media_type, content) in content.into_iter().flatten() {
                let is_shown = content["example"].is_object() || !media_type.ends_with("json");
                assert!(is_shown, "{method} {path}: {content}");
            }
        }
    }

    #[tokio::test]
    async fn the_page_loads_nothing_from_elsewhere() {
        let test = TestApp::new().await;
        assert_eq!(test.get(PAGE, &[]).await.header("location"), "/api/docs/");
        let page = test.get("/api/docs/", &[]).await;
        assert_eq!(page.status, 200);
        assert!(!page.text().contains("http://") && !page.text().contains("https://"), "{}", page.text());
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        for file in ["swagger-ui-bundle.js", "swagger-ui.css", "swagger-initializer.js"] {
            assert!(page.text().contains(file), "{file}");
            assert_eq!(test.get(&format!("/api/docs/{file}"), &[]).await.status, 200, "{file}");
        }
    }
}
