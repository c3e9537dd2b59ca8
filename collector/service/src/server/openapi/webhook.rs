//! What webhooks are sent, as the document describes it: an operation for each thing that can happen.

use rapport_store::news::NewsKind;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem, Paths, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, Ref, RefOr, Required, ResponseBuilder};

/// The headers of the Standard Webhooks scheme, and what each says.
const HEADERS: [(&str, &str); 3] = [
    ("webhook-id", "The same however often the message is sent: by it a receiver knows that it has it"),
    ("webhook-timestamp", "When it was sent, in seconds since 1970"),
    (
        "webhook-signature",
        "`v1,` and base64 of HMAC-SHA-256 over `id.timestamp.body` with the secret; several with a space between \
      while a secret is replaced",
    ),
];

fn item(kind: NewsKind) -> PathItem {
    let message = Content::new(Some(Ref::from_schema_name("WebhookMessage")));
    let body = RequestBodyBuilder::new().content("application/json", message).required(Some(Required::True)).build();
    let text = || RefOr::T(ObjectBuilder::new().schema_type(Type::String).build().into());
    let header = |(name, says): (&str, &str)| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .description(Some(says))
            .schema(Some(text()))
            .build()
    };
    let taken = ResponseBuilder::new()
        .description("Any 2xx: it was taken. 410: nothing is ever sent there again. All else is tried again");
    let mut operation = OperationBuilder::new()
        .operation_id(Some(format!("told_{}", kind.as_str().replace('.', "_"))))
        .summary(Some(kind.label()))
        .tag("webhooks")
        .request_body(Some(body))
        // Signed in its headers: it carries no key of ours.
        .security(SecurityRequirement::default())
        .response("2XX", taken.build());
    for one in HEADERS {
        operation = operation.parameter(header(one));
    }
    PathItem::new(HttpMethod::Post, operation.build())
}

/// What can be sent, by its name.
pub fn sent() -> Paths {
    let kinds = NewsKind::for_webhooks().chain([NewsKind::Test]);
    kinds.fold(PathsBuilder::new(), |paths, kind| paths.path(kind.as_str(), item(kind))).build()
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;

    #[tokio::test]
    async fn something_that_webhooks_are_sent_is_not_described() {
        let test = TestApp::new().await;
        let document = test.get(super::super::DOCUMENT, &[]).await.json();
        let described = document["webhooks"].as_object().expect("they are described");
        for kind in rapport_store::news::NewsKind::for_webhooks() {
            let operation = &described[kind.as_str()]["post"];
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/WebhookMessage", "{operation}");
            assert_eq!(operation["parameters"].as_array().map(Vec::len), Some(3));
        }
        assert!(document["components"]["schemas"]["WebhookData"]["properties"]["facts"].is_object());
    }
}
