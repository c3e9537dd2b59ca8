//! A batch as the widget sends it, one item of each type: shown by the description, and sent by a test, so that the
//! description never shows what is not accepted.

use serde_json::{Value, json};

/// The example of `POST /v1/batch`.
pub fn batch() -> Value {
    json!({
        "site": "shop",
        "session": "019c8a5d-ac96-774b-bcce-b302099a8057",
        "items": [
            {
                "type": "page_view", "id": "019c8a5d-b1aa-7c11-8d2e-8f5ad02bbd07", "revision": 1, "age_ms": 31_000,
                "path": "/tableware/field-vase", "view_index": 2, "duration_ms": 31_000, "engaged_ms": 24_000,
                "scroll_percent": 80, "clicks": 6, "rage_clicks": 1, "errors": 1, "lcp_ms": 1_480, "inp_ms": 96,
                "cls_e4": 120, "fcp_ms": 900, "ttfb_ms": 180, "viewport_width_px": 1_280, "viewport_height_px": 720,
            },
            {
                "type": "signal", "id": "019c8a5d-c3f0-7a53-9b2c-1b9a5a0f2c11", "age_ms": 12_000,
                "view": "019c8a5d-b1aa-7c11-8d2e-8f5ad02bbd07", "kind": "rage_click",
                "path": "/tableware/field-vase", "element": "button#buy", "count": 5,
            },
            {
                "type": "response", "id": "019c8a5d-d410-7f0e-a9d1-20b6b8f0e7aa", "revision": 2, "age_ms": 8_000,
                "survey": "feedback", "survey_version": 1, "view": "019c8a5d-b1aa-7c11-8d2e-8f5ad02bbd07",
                "path": "/tableware/field-vase", "language": "en", "duration_ms": 8_000, "finished": true,
                "answers": [
                    { "question": "rating", "score": 1 },
                    { "question": "reason", "text": "The button does nothing." },
                ],
                "trail": [{ "before_ms": 4_000, "kind": "rage_click", "element": "button#buy", "count": 5 }],
            },
            {
                "type": "delivery", "id": "019c8a5d-e02b-7b0d-8f6e-5d0f9c4a1b22", "age_ms": 8_000,
                "survey": "feedback", "survey_version": 1, "event": "answered", "path": "/tableware/field-vase",
                "response": "019c8a5d-d410-7f0e-a9d1-20b6b8f0e7aa",
            },
        ],
    })
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;

    #[tokio::test]
    async fn the_batch_that_the_description_shows_is_accepted() {
        let test = TestApp::new().await;
        test.site().await;
        let document = test.get(super::super::DOCUMENT, &[]).await.json();
        let example = &document["paths"]["/v1/batch"]["post"]["requestBody"]["content"]["application/json"]["example"];
        let text = &document["paths"]["/v1/batch"]["post"]["requestBody"]["content"]["text/plain"]["example"];
        assert_eq!(text.as_str().map(str::to_owned), Some(example.to_string()), "as text it is the same");
        assert_eq!(example["items"].as_array().map(Vec::len), Some(4), "one of each type");
        let request = Request::post("/v1/batch")
            .header("origin", "https://shop.example.com")
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36");
        let reply = test.send(request.body(Body::from(example.to_string())).unwrap()).await;
        assert_eq!(reply.status, 202, "{}", reply.text());
        assert_eq!(reply.json(), serde_json::json!({ "accepted": 4, "duplicate": 0, "rejected": [] }));
    }
}
