//! An item read by its type.

use crate::batch::is_object;
use crate::fault::explained;
use rapport_shared::survey::Fault;
use rapport_shared::wire::{Delivery, PageView, Response, Signal};
use rapport_store::site::outcome::ItemKind;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use std::borrow::Cow;

/// One item, parsed and not yet checked.
#[allow(clippy::large_enum_variant, reason = "it lives for one call, on the stack")]
pub enum Typed<'a> {
    /// See [`PageView`].
    PageView(PageView<'a>),
    /// See [`Signal`].
    Signal(Signal<'a>),
    /// See [`Response`].
    Response(Response<'a>),
    /// See [`Delivery`].
    Delivery(Delivery<'a>),
}

impl<'a> Typed<'a> {
    /// Parses a raw item.
    ///
    /// # Errors
    /// What the item is counted as, and its fault, which names the field.
    pub fn parse(raw: &'a str) -> Result<Self, (ItemKind, Fault)> {
        // Our own widget says the type first: then one pass is enough. Whatever fails here is explained below.
        if let Ok(InOnePass(item)) = serde_json::from_str(raw) {
            return Ok(item);
        }
        let of_no_type = |fault| (ItemKind::Untyped, fault);
        if !is_object(raw) {
            return Err(of_no_type(Fault::new("", "must be a JSON object")));
        }
        let tag: Tag<'_> = explained(raw).map_err(of_no_type)?;
        let kind = ItemKind::parse(&tag.item_type).unwrap_or_default();
        let result = match kind {
            ItemKind::PageView => explained(raw).map(Self::PageView),
            ItemKind::Signal => explained(raw).map(Self::Signal),
            ItemKind::Response => explained(raw).map(Self::Response),
            ItemKind::Delivery => explained(raw).map(Self::Delivery),
            _ => return Err(of_no_type(Fault::new("type", "must be page_view, signal, response or delivery"))),
        };
        result.map_err(|fault| (kind, fault))
    }

    /// What it is counted as.
    pub fn kind(&self) -> ItemKind {
        match self {
            Self::PageView(_) => ItemKind::PageView,
            Self::Signal(_) => ItemKind::Signal,
            Self::Response(_) => ItemKind::Response,
            Self::Delivery(_) => ItemKind::Delivery,
        }
    }
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow, rename = "type")]
    item_type: Cow<'a, str>,
}

struct InOnePass<'a>(Typed<'a>);

impl<'de> Deserialize<'de> for InOnePass<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TypeFirst;
        impl<'de> Visitor<'de> for TypeFirst {
            type Value = Typed<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an item with its type first")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut fields: M) -> Result<Typed<'de>, M::Error> {
                if fields.next_key::<&str>()? != Some("type") {
                    return Err(M::Error::custom("the type is not first"));
                }
                let kind = ItemKind::parse(fields.next_value()?);
                let rest = MapAccessDeserializer::new(fields);
                match kind {
                    Some(ItemKind::PageView) => PageView::deserialize(rest).map(Typed::PageView),
                    Some(ItemKind::Signal) => Signal::deserialize(rest).map(Typed::Signal),
                    Some(ItemKind::Response) => Response::deserialize(rest).map(Typed::Response),
                    Some(ItemKind::Delivery) => Delivery::deserialize(rest).map(Typed::Delivery),
                    _ => Err(M::Error::custom("an unknown type")),
                }
            }
        }
        deserializer.deserialize_map(TypeFirst).map(Self)
    }
}
