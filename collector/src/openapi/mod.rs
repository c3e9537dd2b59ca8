//! The description of the HTTP interface: `/api/openapi.json`, and a page to browse it at `/api/docs`.

mod example;

use crate::app::App;
use crate::operation::protection;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};
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
    paths(
        crate::asset::loader,
        crate::client_config::config,
        crate::client_config::theme::asked,
        crate::client_config::unserved::unserved,
        crate::ingest::http::batch,
        crate::review::public::list,
        crate::review::public::ranking,
        crate::review::public::helpful,
        crate::review::public::unhelpful,
        crate::attachment::serve::public_photo,
        crate::attachment::upload::upload,
        crate::visitor_data::see,
        crate::visitor_data::erase,
        crate::visitor_data::asked::asked,
        crate::operation::health::health,
        crate::operation::health::readiness,
    ),
    components(schemas(crate::problem::ProblemDocument, crate::problem::FieldError)),
    tags(
        (name = "public", description = "For pages: the site key is public and can only write."),
        (name = "reports", description = "For servers: a key with a scope, made by `rapport key add`."),
        (name = "reviews", description = "For servers: bring in reviews, read them, and describe what is reviewed."),
        (name = "operation", description = "For load balancers and monitors."),
    ),
    modifiers(&BearerKey, &BatchExample),
)]
struct Public;

/// The key of servers.
struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A key of the site, made by `rapport key add SITE --name NAME --scope SCOPE`"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// The example of a batch.
struct BatchExample;

impl Modify for BatchExample {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let operation = document.paths.paths.get_mut("/v1/batch").and_then(|path| path.post.as_mut());
        let body = operation.and_then(|operation| operation.request_body.as_mut());
        if let Some(RefOr::T(body)) = body
            && let Some(RefOr::T(content)) = body.content.get_mut("text/plain")
        {
            content.example = Some(example::batch());
        }
    }
}

/// The whole description.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Public::openapi();
    document.merge(crate::api::document());
    document.merge(crate::review::server_document());
    document.merge(crate::attachment::api_document());
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.put, &mut path.delete, &mut path.patch];
        for operation in operations.into_iter().flatten() {
            describe_refused_keys(operation);
            describe_errors(operation);
        }
    }
    document
}

/// Every route for servers refuses keys alike, so that no handler has to say it.
fn describe_refused_keys(operation: &mut Operation) {
    if operation.security.is_none() {
        return;
    }
    for (status, description) in [("401", "No key of this site"), ("403", "The key lacks the scope")] {
        let response = RefOr::T(ResponseBuilder::new().description(description).build());
        operation.responses.responses.entry(status.to_owned()).or_insert(response);
    }
}

/// Every error is a problem document, so that no handler has to say it.
fn describe_errors(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if (status.starts_with('4') || status.starts_with('5')) && response.content.is_empty() {
            let problem = Content::new(Some(Ref::from_schema_name("Problem")));
            response.content.insert("application/problem+json".into(), RefOr::T(problem));
        }
    }
}

/// Routes of the document and its page.
pub fn routes() -> Router<App> {
    let pages: Router<App> = SwaggerUi::new(PAGE).url(DOCUMENT, document()).into();
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

    #[tokio::test]
    async fn the_document_names_every_public_route_and_its_errors() {
        let test = TestApp::new().await;
        let reply = test.get(DOCUMENT, &[]).await;
        assert_eq!(reply.status, 200);
        let document = reply.json();
        assert_eq!(document["openapi"].as_str().map(|version| &version[..2]), Some("3."));
        for (path, method, status) in [
            ("/rapport.js", "get", "200"),
            ("/v1/config/{site}", "get", "304"),
            ("/v1/batch", "post", "202"),
            ("/v1/batch", "post", "429"),
            ("/v1/batch", "post", "503"),
            ("/readyz", "get", "503"),
        ] {
            assert!(document["paths"][path][method]["responses"][status].is_object(), "{path} {method} {status}");
        }
        assert_eq!(document["components"]["securitySchemes"]["api_key"]["scheme"], "bearer");
        let fields = &document["components"]["schemas"]["Problem"]["properties"];
        for field in ["type", "title", "status", "detail", "errors"] {
            assert!(fields[field].is_object(), "{field}");
        }
    }

    #[tokio::test]
    async fn every_report_asks_for_a_key_and_every_error_is_described() {
        let test = TestApp::new().await;
        test.site().await;
        let document = test.get(DOCUMENT, &[]).await.json();
        let paths = document["paths"].as_object().unwrap();
        let reports: Vec<_> = paths.keys().filter(|path| path.starts_with("/api/v1/")).collect();
        assert!(reports.len() >= 7, "{reports:?}");
        for path in reports {
            assert!(document["paths"][path]["get"]["security"][0]["api_key"].is_array(), "{path}");
            let address = path.replace("{site}", "shop").replace(['{', '}'], "");
            let refused = test.get(&address, &[]).await;
            assert_eq!((refused.status.as_u16(), refused.header("cache-control")), (401, "no-store"), "{address}");
        }
        for (path, operations) in paths {
            for operation in operations.as_object().unwrap().values().filter(|value| value.is_object()) {
                let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
                let mut named: Vec<_> = parameters.iter().map(|parameter| parameter["name"].as_str()).collect();
                named.sort_unstable();
                assert!(named.windows(2).all(|pair| pair[0] != pair[1]), "{path} names one twice: {named:?}");
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
                    let is_error = status.starts_with(['4', '5']);
                    assert_eq!(is_error, problem == "#/components/schemas/Problem", "{path} {status}: {response}");
                }
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
