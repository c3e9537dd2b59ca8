//! The envelope of a batch: who sends it, and its items as they came.

use super::{BatchRefusal, fault};
use rapport_shared::id::Id;
use rapport_shared::limit;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A batch whose items are not yet looked at.
#[derive(Deserialize)]
pub struct Envelope<'a> {
    /// Public site key.
    #[serde(borrow, default)]
    pub site: Cow<'a, str>,
    /// The tab's session; absent when telemetry is withheld.
    #[serde(default)]
    pub session: Option<Id>,
    /// Persistent visitor id; only after consent or identification.
    #[serde(default)]
    pub visitor: Option<Id>,
    /// What the visitor said about being measured: `unknown`, `refused` or `granted`. Anything else is unknown.
    #[serde(borrow, default)]
    pub consent: Cow<'a, str>,
    /// What the company's own systems call the visitor; only with its server's signature.
    #[serde(borrow, default)]
    pub customer: Cow<'a, str>,
    /// The signature of `customer`.
    #[serde(borrow, default)]
    pub customer_signature: Cow<'a, str>,
    /// The `proof` of the config that the page loaded.
    #[serde(borrow, default)]
    pub proof: Cow<'a, str>,
    /// The items, unparsed.
    #[serde(borrow, default)]
    pub items: Vec<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    /// The consent as it is stored.
    pub fn consent(&self) -> &'static str {
        ["refused", "granted"].into_iter().find(|known| *known == self.consent).unwrap_or("unknown")
    }

    /// Parses the envelope.
    pub fn parse(body: &'a [u8]) -> Result<Self, BatchRefusal> {
        let malformed = |field: &str, reason: String| BatchRefusal::Malformed { field: field.into(), reason };
        let text = std::str::from_utf8(body)
            .map_err(|error| malformed("", format!("must be UTF-8; byte {} is not", error.valid_up_to())))?;
        let shape = |detail: &str| malformed("", format!("must be a JSON object with site and items{detail}"));
        if !is_object(text) {
            return Err(shape(""));
        }
        let envelope: Self = serde_json::from_str(text).map_err(|error| match fault::explained::<Self>(text) {
            Err(fault) if error.is_data() => malformed(&fault.field, fault.reason),
            _ => shape(&format!(": {error}")),
        })?;
        if envelope.site.is_empty() {
            return Err(BatchRefusal::NoSiteKey);
        }
        match envelope.items.len() {
            0 => Err(malformed("items", "must have at least 1 item".into())),
            items if items > limit::BATCH_ITEMS => {
                Err(malformed("items", format!("must have at most {} items, has {items}", limit::BATCH_ITEMS)))
            }
            _ => Ok(envelope),
        }
    }
}

/// Whether the JSON begins an object: serde would take a list of the fields' values just as well.
pub fn is_object(json: &str) -> bool {
    json.trim_ascii_start().starts_with('{')
}
