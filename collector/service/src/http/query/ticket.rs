//! Which tickets an address asks for.

use super::{Pairs, value};
use rapport_report::ticket::Asked;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::account::Member;
use rapport_store::ticket::list::{Owner, Show};
use rapport_store::ticket::{Priority, State, TicketKind, change};

/// The last part of a list that can be asked for.
const MOST_PARTS: usize = 1_000_000;
/// The fields of an address that say which tickets are listed, beside those of a slice.
pub const FIELDS: [&str; 11] =
    ["show", "owner", "mentions", "tag", "kind", "priority", "cause", "customer_id", "score", "with", "due"];

/// Reads which tickets are asked for by a member, or by a server where `me` is `None`.
///
/// # Errors
/// Every field at fault, with what it may be.
pub fn asked(pairs: &Pairs, members: &[Member], me: Option<Id>) -> Result<Asked, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut asked = Asked { part: 1, ..Asked::default() };
    if let Some(name) = value(pairs, "show") {
        match Show::parse(name) {
            Some(show) => asked.show = show,
            None => faults.push(Fault::new("show", format!("must be open, all or one of {}", State::names()))),
        }
    }
    match (value(pairs, "owner"), me) {
        (None, _) => {}
        (Some("nobody"), _) => asked.owner = Owner::Nobody,
        (Some("me"), Some(me)) => asked.owner = Owner::Member(me),
        (Some(email), _) => match members.iter().find(|member| member.email == email.to_lowercase()) {
            Some(member) => asked.owner = Owner::Member(member.account_id),
            None => faults.push(Fault::new("owner", "must be me, nobody or the mail address of a member of the site")),
        },
    }
    match (value(pairs, "mentions"), me) {
        (None, _) => {}
        (Some("me"), Some(me)) => asked.mentions = Some(me),
        _ => faults.push(Fault::new("mentions", "must be me, for whoever is signed in")),
    }
    if let Some(text) = value(pairs, "tag") {
        match change::tag(text) {
            Ok(tag) => asked.tag = tag,
            Err(fault) => faults.push(Fault::new("tag", fault.reason)),
        }
    }
    if let Some(name) = value(pairs, "kind") {
        asked.kind = TicketKind::parse(name);
        if asked.kind.is_none() {
            faults.push(Fault::new("kind", format!("must be one of {}", TicketKind::names())));
        }
    }
    if let Some(name) = value(pairs, "priority") {
        asked.priority = Priority::parse(name);
        if asked.priority.is_none() {
            faults.push(Fault::new("priority", format!("must be one of {}", Priority::names())));
        }
    }
    for (name, id) in [("cause", &mut asked.cause_id), ("customer_id", &mut asked.customer_id)] {
        if let Some(text) = value(pairs, name) {
            *id = Id::parse(text);
            if id.is_none() {
                faults.push(Fault::new(name, "must be an id, a UUID"));
            }
        }
    }
    match value(pairs, "score") {
        None => {}
        Some("low") => asked.low = true,
        Some(_) => faults.push(Fault::new("score", "must be low")),
    }
    match value(pairs, "with") {
        None => {}
        Some("words") => asked.words = true,
        Some(_) => faults.push(Fault::new("with", "must be words")),
    }
    match value(pairs, "due") {
        None => {}
        Some("overdue") => asked.overdue = true,
        Some(_) => faults.push(Fault::new("due", "must be overdue")),
    }
    match value(pairs, "part").map(str::parse) {
        None => {}
        Some(Ok(part)) if (1..=MOST_PARTS).contains(&part) => asked.part = part,
        Some(_) => faults.push(Fault::new("part", format!("must be a number from 1 to {MOST_PARTS}"))),
    }
    if faults.is_empty() { Ok(asked) } else { Err(faults) }
}

/// The fields of an address that say so, as they stand in it.
pub fn fields(pairs: &Pairs) -> Vec<(&'static str, String)> {
    FIELDS.into_iter().filter_map(|name| Some((name, value(pairs, name)?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_tickets_are_asked_for_is_read_and_each_fault_is_named() {
        let read = |query: &str, me| {
            asked(&form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>(), &[], me)
        };
        let me = Some(Id([1; 16]));
        let found = read("show=waiting&owner=me&score=low&with=words&tag=%23Cart&due=overdue&part=2", me)
            .expect("it can be read");
        assert_eq!((found.show, found.owner), (Show::Only(State::Waiting), Owner::Member(Id([1; 16]))));
        assert!(found.low && found.words && found.overdue && found.tag == "cart" && found.part == 2);
        for (query, me) in [
            ("show=closed", me),
            ("owner=eve@example.com", me),
            ("owner=me", None),
            ("mentions=me", None),
            ("kind=x", me),
            ("priority=x", me),
            ("cause=x", me),
            ("customer_id=x", me),
            ("score=high", me),
            ("with=pictures", me),
            ("due=today", me),
            ("part=0", me),
        ] {
            let faults = read(query, me).expect_err(query);
            assert_eq!(faults.len(), 1);
            assert!(query.starts_with(&faults[0].field), "{query}: {faults:?}");
        }
    }
}
