//! What pages really send, read by the names that the collector knows: it passes over a name that nobody reads, so a field
//! that only one side knows is lost without a word. Here it is not.

use rapport_shared::wire::{Batch, Delivery, ItemType, PageView, Response, Signal};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What a batch says that [`rapport_shared::wire`] does not know: the paths of the fields, or why it cannot be read.
pub fn unknown(body: &[u8]) -> Vec<String> {
    let mut unknown = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(body);
    let batch: Batch<'_, &RawValue> =
        match serde_ignored::deserialize(&mut reader, |path| unknown.push(path.to_string())) {
            Ok(batch) => batch,
            Err(error) => return vec![format!("no batch: {error}")],
        };
    for (index, item) in batch.items.iter().enumerate() {
        unknown.extend(of_item(item.get()).into_iter().map(|field| format!("items[{index}]: {field}")));
    }
    unknown
}

/// The same of an item.
fn of_item(item: &str) -> Vec<String> {
    let read: Value = serde_json::from_str(item).unwrap_or_default();
    let unknown = match serde_json::from_value::<ItemType>(read["type"].clone()) {
        Ok(ItemType::PageView) => of::<PageView<'_>>(item),
        Ok(ItemType::Signal) => of::<Signal<'_>>(item),
        Ok(ItemType::Response) => of::<Response<'_>>(item),
        Ok(ItemType::Delivery) => of::<Delivery<'_>>(item),
        Err(error) => return vec![format!("type: {error}")],
    };
    match unknown {
        // The type itself is none of the type's fields.
        Ok(unknown) => unknown.into_iter().filter(|field| field != "type").collect(),
        Err(error) => vec![error],
    }
}

fn of<'a, T: Deserialize<'a>>(item: &'a str) -> Result<Vec<String>, String> {
    let mut unknown = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(item);
    let read: Result<T, _> = serde_ignored::deserialize(&mut reader, |path| unknown.push(path.to_string()));
    read.map(|_| unknown).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_nobody_reads_is_named_with_its_path() {
        let id = "01890000-0000-7000-8000-000000000001";
        let body = |batch: &str, view: &str, answer: &str| {
            format!(
                r#"{{"site":"shop","session":"{id}"{batch},"items":[{{"type":"page_view","id":"{id}","age_ms":1{view}}},
                {{"type":"response","id":"{id}","survey":"s","survey_version":1,"answers":[{{"question":"q"{answer}}}]}}]}}"#
            )
        };
        for (body, expected) in [
            (body("", "", ""), vec![]),
            (body(r#","session_age_ms":3"#, "", ""), vec!["session_age_ms"]),
            (body("", r#","depth":3"#, ""), vec!["items[0]: depth"]),
            (body("", "", r#","words":"x""#), vec!["items[1]: answers.0.words"]),
        ] {
            assert_eq!(unknown(body.as_bytes()), expected, "{body}");
        }
        let of_no_type = unknown(br#"{"site":"shop","items":[{"type":"view"}]}"#);
        assert!(of_no_type[0].starts_with("items[0]: type: unknown variant"), "{of_no_type:?}");
        assert!(unknown(b"[1]")[0].starts_with("no batch"));
    }
}
