//! The envelope of a batch: site, sender, session and items.

use crate::json::Json;
use crate::{Js, milliseconds};

/// What a batch says of its sender, as the loader keeps it in `boot.sender`; each field is left out when it is empty.
const SENDER: [&str; 5] = ["consent", "visitor", "proof", "customer", "customer_signature"];

/// A batch from what the loader gave; `session` is the tab's id.
pub fn batch(boot: &Js, session: Option<&str>, items: &str) -> String {
    let mut json = Json::object();
    json.text("site", &boot.get_text("site"));
    let sender = boot.get("sender");
    for field in SENDER {
        json.text(field, &sender.get_text(field));
    }
    if let Some(id) = session {
        json.text("session", id);
    }
    json.raw("items", items);
    json.close()
}

/// An item with its type first, as the collector reads it, and its age in milliseconds.
pub fn item(item_type: &str, age_ms: f64) -> Json {
    let mut json = Json::object();
    json.text("type", item_type);
    json.number("age_ms", milliseconds(age_ms));
    json
}
