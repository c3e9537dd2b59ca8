//! What is told of news: the document that a webhook gets, with no more of people than it was set up for.

use jiff::Timestamp;
use rapport_store::news::{News, NewsKind};
use rapport_store::webhook::Personal;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

/// The version of the documents: a field may be added to one, none changes or goes without another number.
pub const VERSION: u32 = 1;

/// What a webhook is sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookMessage<'a> {
    /// What happened, such as `ticket.opened`.
    #[serde(rename = "type")]
    kind: &'a str,
    /// When it happened (RFC 3339, UTC); `webhook-timestamp` says when it was sent.
    timestamp: String,
    /// The version of this document: 1.
    version: u32,
    /// Public key of the site.
    site: &'a str,
    /// What is told of it.
    data: WebhookData<'a>,
}

/// What is told of something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookData<'a> {
    /// It in a line, without anybody's words.
    title: &'a str,
    /// The page of the site's visitors that it is about; empty for none.
    page: &'a str,
    /// Where people see more of it.
    url: String,
    /// What anybody may hear: ids, scores, states. Which fields there are depends on the type.
    #[schema(value_type = Object)]
    facts: &'a Map<String, Json>,
    /// What people wrote; absent unless the webhook is told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    words: Option<&'a Map<String, Json>>,
    /// Who they are; absent unless the webhook is told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    person: Option<&'a Map<String, Json>>,
}

/// An instant as documents have it.
pub fn instant(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms).unwrap_or_default().to_string()
}

/// Where people see more of news.
pub fn address(base_url: &str, site_key: &str, path: &str) -> String {
    if path.is_empty() { format!("{base_url}/sites/{site_key}") } else { format!("{base_url}/sites/{site_key}/{path}") }
}

/// The document of news.
pub fn body(news: &News, (base_url, site_key): (&str, &str), personal: Personal) -> String {
    let some = |map| Some(map).filter(|map: &&Map<String, Json>| !map.is_empty());
    let message = WebhookMessage {
        kind: news.kind.as_str(),
        timestamp: instant(news.occurred_at_ms),
        version: VERSION,
        site: site_key,
        data: WebhookData {
            title: &news.title,
            page: &news.page,
            url: address(base_url, site_key, &news.path),
            facts: &news.facts,
            words: some(&news.words).filter(|_| personal >= Personal::Words),
            person: some(&news.person).filter(|_| personal >= Personal::All),
        },
    };
    serde_json::to_string(&message).unwrap_or_default()
}

/// What is sent to try a webhook.
pub fn test(site_id: rapport_shared::id::Id, about: &str, now_ms: i64) -> News {
    let news = News::new(site_id, (NewsKind::Test, about), "A test of this webhook", now_ms);
    News { path: "webhooks".to_owned(), ..news }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_shared::id::Id;
    use serde_json::json;

    #[test]
    fn a_webhook_was_told_more_of_people_than_it_was_set_up_for() {
        let map = |value: Json| value.as_object().cloned().unwrap_or_default();
        let news = News {
            page: "/checkout".into(),
            path: "responses/7".into(),
            facts: map(json!({ "score": 2 })),
            words: map(json!({ "reason": "It broke" })),
            person: map(json!({ "customer": "C-1" })),
            ..News::new(Id([1; 16]), (NewsKind::ResponseCreated, "7"), "An answer on /checkout", 1_772_000_000_000)
        };
        let told = |personal| -> Json {
            serde_json::from_str(&body(&news, ("https://f.example.com", "shop"), personal)).unwrap()
        };
        let nothing = told(Personal::Nothing);
        assert_eq!(
            nothing,
            json!({
                "type": "response.created", "timestamp": "2026-02-25T06:13:20Z", "version": 1, "site": "shop",
                "data": {
                    "title": "An answer on /checkout", "page": "/checkout", "facts": { "score": 2 },
                    "url": "https://f.example.com/sites/shop/responses/7",
                },
            })
        );
        let words = told(Personal::Words);
        assert_eq!((&words["data"]["words"]["reason"], &words["data"]["person"]), (&json!("It broke"), &Json::Null));
        assert_eq!(told(Personal::All)["data"]["person"]["customer"], "C-1");
    }
}
