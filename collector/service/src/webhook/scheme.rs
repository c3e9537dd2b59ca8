//! The Standard Webhooks scheme (standardwebhooks.com, specification 1.0): what is signed, and how.

use axum::http::HeaderName;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rapport_ingest::signature;
use rapport_shared::id::Id;
use rapport_store::webhook::Webhook;

/// What secrets begin with, so that people and secret scanners recognise them.
const PREFIX: &str = "whsec_";

/// A fresh secret: 32 bytes, as it is shown once.
pub fn random_secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(rapport_store::random::fresh::<[u8; 32]>()))
}

/// The id of a message: the same however often the message is sent, by which a receiver knows that it has it.
pub fn message_id(news_id: Id) -> String {
    format!("msg_{}", news_id.to_text().replace('-', ""))
}

/// The signature of a message: `v1,` and base64 of HMAC-SHA-256 over `id.timestamp.body`. A secret that is none signs nothing.
fn signature(secret: &str, id: &str, at_s: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    Some(format!("v1,{}", STANDARD.encode(signature::bytes_of(&key, &format!("{id}.{at_s}.{body}")))))
}

/// The headers of a message that is sent at an instant.
pub fn headers(webhook: &Webhook, news_id: Id, body: &str, now_ms: i64) -> Vec<(HeaderName, String)> {
    let (id, at_s) = (message_id(news_id), now_ms.div_euclid(1_000));
    let signatures = webhook.secrets(now_ms).into_iter().filter_map(|secret| signature(secret, &id, at_s, body));
    let signatures = signatures.collect::<Vec<_>>().join(" ");
    vec![
        (HeaderName::from_static("webhook-id"), id),
        (HeaderName::from_static("webhook-timestamp"), at_s.to_string()),
        (HeaderName::from_static("webhook-signature"), signatures),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the scheme's own libraries are tested with.
    #[test]
    fn a_receiver_refused_the_signature() {
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        let signed = |secret| signature(secret, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body);
        let expected = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        assert_eq!(signed("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").as_deref(), Some(expected));
        assert_eq!((signed("C2FVsBQIhrscChlQIMV+b5sSYspob7oD"), signed("whsec_?")), (None, None));
    }

    #[test]
    fn a_secret_is_as_long_as_the_scheme_wants_it_and_another_each_time() {
        let (one, other) = (random_secret(), random_secret());
        assert_ne!(one, other);
        assert_eq!(STANDARD.decode(one.strip_prefix(PREFIX).unwrap()).unwrap().len(), 32);
        assert_eq!(message_id(Id([1; 16])), "msg_01010101010101010101010101010101");
    }
}
