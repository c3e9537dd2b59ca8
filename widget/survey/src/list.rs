//! Several elements, one after the other.

use yew::Html;

/// What `items` give, in their order: one function for every kind of iterator, each of which would weigh 200 bytes.
pub fn list(items: &mut dyn Iterator<Item = Html>) -> Html {
    items.collect()
}
