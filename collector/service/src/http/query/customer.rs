//! Which customers an address asks for, and what of one's timeline.

use super::{Pairs, value};
use rapport_report::customer::{Asked, Shown, TimelinePlace};
use rapport_shared::survey::Fault;
use rapport_store::customer::list::{CustomerFilter, Order, Place, TRAITS};
use rapport_store::interaction::Channel;

/// Most characters of a search.
const SEARCH_CHARACTERS: usize = 200;

/// Reads which customers are asked for. Traits stand as `trait=NAME=VALUE`, and may be several.
///
/// # Errors
/// Every field at fault, with what it may be.
pub fn asked(pairs: &Pairs) -> Result<Asked, Vec<Fault>> {
    let mut faults = Vec::new();
    let search = value(pairs, "q").unwrap_or_default().to_owned();
    if search.chars().count() > SEARCH_CHARACTERS {
        faults.push(Fault::new("q", format!("must be at most {SEARCH_CHARACTERS} characters")));
    }
    let mut traits = Vec::new();
    for (_, text) in pairs.iter().filter(|(name, text)| name == "trait" && !text.is_empty()) {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                traits.push((name.to_owned(), value.to_owned()))
            }
            _ => faults.push(Fault::new("trait", "must be a name and a whole value, as plan=gold")),
        }
    }
    if traits.len() > TRAITS {
        faults.push(Fault::new("trait", format!("must stand at most {TRAITS} times")));
    }
    let open_ticket = match value(pairs, "tickets") {
        None => false,
        Some("open") => true,
        Some(_) => {
            faults.push(Fault::new("tickets", "must be open"));
            false
        }
    };
    let channel = value(pairs, "channel").map(|name| {
        let channel = Channel::parse(name);
        if channel.is_none() {
            faults.push(Fault::new("channel", format!("must be one of {}", Channel::names())));
        }
        channel
    });
    let order = value(pairs, "sort").map_or(Some(Order::default()), Order::parse);
    let order = order.unwrap_or_else(|| {
        let names: Vec<_> = Order::EACH.iter().map(|order| order.as_str()).collect();
        faults.push(Fault::new("sort", format!("must be one of {}", names.join(", "))));
        Order::default()
    });
    let after = value(pairs, "after").map(|text| Place::parse(text, order));
    if after == Some(None) {
        faults.push(Fault::new("after", "must be what the part before gave as next, in the same order"));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let filter = CustomerFilter { search, traits, open_ticket, channel: channel.flatten() };
    Ok(Asked { filter, order, after: after.flatten() })
}

/// The fields of an address that ask for these customers, but for the place.
pub fn fields_of(asked: &Asked) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if !asked.filter.search.is_empty() {
        fields.push(("q", asked.filter.search.clone()));
    }
    fields.extend(asked.filter.traits.iter().map(|(name, value)| ("trait", format!("{name}={value}"))));
    fields.extend(asked.filter.open_ticket.then(|| ("tickets", "open".to_owned())));
    fields.extend(asked.filter.channel.map(|channel| ("channel", channel.as_str().to_owned())));
    if asked.order != Order::default() {
        fields.push(("sort", asked.order.as_str().to_owned()));
    }
    fields
}

/// Reads what of a timeline is asked for, and from where on.
///
/// # Errors
/// Every field at fault, with what it may be.
pub fn timeline(pairs: &Pairs) -> Result<(Shown, Option<TimelinePlace>), Vec<Fault>> {
    let mut faults = Vec::new();
    let shown = value(pairs, "show").map_or(Some(Shown::All), Shown::parse);
    if shown.is_none() {
        let names: Vec<_> = Shown::each().map(Shown::as_str).collect();
        faults.push(Fault::new("show", format!("must be one of {}", names.join(", "))));
    }
    let after = value(pairs, "after").map(TimelinePlace::parse);
    if after == Some(None) {
        faults.push(Fault::new("after", "must be what the part before gave as next"));
    }
    if faults.is_empty() { Ok((shown.unwrap_or_default(), after.flatten())) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    #[test]
    fn which_customers_are_asked_for_is_read_written_again_and_each_fault_is_named() {
        let query = "q=ada&trait=plan%3Dgold&trait=note%3Da%3Db&tickets=open&channel=call&sort=name";
        let asked_for = asked(&pairs(query)).expect("it can be read");
        assert_eq!(asked_for.filter.traits[1], ("note".into(), "a=b".into()));
        let again = asked(&pairs(&super::super::query_of(&fields_of(&asked_for))));
        assert_eq!(again, Ok(asked_for));
        for (query, field) in [
            ("trait=plan", "trait"),
            ("trait=a%3D1&trait=b%3D1&trait=c%3D1&trait=d%3D1&trait=e%3D1", "trait"),
            ("tickets=new", "tickets"),
            ("channel=fax", "channel"),
            ("sort=age", "sort"),
            ("after=x", "after"),
        ] {
            let faults = asked(&pairs(query)).expect_err(query);
            assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), [field], "{query}");
        }
        assert_eq!(asked(&pairs(&format!("q={}", "x".repeat(201)))).unwrap_err()[0].field, "q");
        assert_eq!(timeline(&pairs("show=call&after=5.2")).unwrap().0, Shown::Channel(Channel::Call));
        assert_eq!(timeline(&pairs("show=x&after=x")).unwrap_err().len(), 2);
    }
}
