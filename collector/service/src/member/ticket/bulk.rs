//! One change of several tickets: each on its own, and what was not done is said with its reason.

use super::change::{Form, apply, in_words, not_merged, too_many_tags};
use super::{MAY_ACT, Needs, list};
use crate::http::query::value;
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use crate::member::frame::Fields;
use axum::extract::State as Part;
use axum::response::Response;
use rapport_shared::survey::Fault;
use rapport_store::ticket::change::Changed;

/// Most tickets that are changed at a time.
const MOST: usize = 200;

/// Changes the tickets that were chosen: `ticket` is the code of each with the version that was seen, as `CODE.3`; a field that is
/// left empty stays as it is.
pub(super) async fn change(
    Part(needs): Part<Needs>,
    access: Access,
    fields: Fields,
    Submitted(pairs): Submitted<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let chosen: Vec<_> = pairs.iter().filter(|(name, _)| name == "ticket").map(|(_, value)| value.as_str()).collect();
    if chosen.is_empty() || chosen.len() > MOST {
        let reason = format!("must be chosen: 1 to {MOST} of them, were {}", chosen.len());
        return Err(vec![Fault::new("ticket", reason)].into());
    }
    let text = |name: &str| value(&pairs, name).map(str::to_owned);
    let owner = text("owner").map(|owner| if owner == "nobody" { String::new() } else { owner });
    let form = Form {
        state: text("state"),
        priority: text("priority"),
        owner,
        cause: text("cause"),
        tags: text("tags"),
        ..Form::default()
    };
    let into = text("into");
    let members = needs.store.members(access.site.site.site_id).await?;
    let (mut done, mut not_done) = (0, Vec::new());
    for one in chosen {
        let (code, version) = one.split_once('.').unwrap_or((one, ""));
        let form = Form { version: version.parse().ok(), ..form.clone() };
        match of_one(&needs, &access, code, (&form, &members), into.as_deref()).await? {
            None => done += 1,
            Some(reason) => not_done.push(format!("{code}: {reason}")),
        }
    }
    list::show(&needs, &access, &fields, (Some(done), not_done)).await
}

/// Why one was not changed; `None` where it was.
async fn of_one(
    needs: &Needs,
    access: &Access,
    code: &str,
    (form, members): (&Form, &[rapport_store::account::Member]),
    into: Option<&str>,
) -> Result<Option<String>, PageError> {
    let site_id = access.site.site.site_id;
    let Some(ticket) = needs.store.ticket_by_code(site_id, code).await? else {
        return Ok(Some("this site has no such ticket".to_owned()));
    };
    if let Some(into) = into {
        let Some(other) = needs.store.ticket_by_code(site_id, into).await? else {
            return Ok(Some(format!("there is no ticket {into} to merge it into")));
        };
        // The one that the others are merged into may be among those chosen.
        if other.ticket_id == ticket.ticket_id {
            return Ok(None);
        }
        let entry = access.note(&needs.clock, "ticket.merge", format!("ticket {}", ticket.code));
        let merged = needs.store.merge_ticket(site_id, ticket.ticket_id, other.ticket_id, &entry).await?;
        return Ok(not_merged(merged));
    }
    Ok(match apply(needs, access, &ticket, (form, members)).await? {
        Ok(Changed::Done(..) | Changed::Same(_)) => None,
        Ok(Changed::Conflict(_, theirs)) => {
            Some(format!("meanwhile {}", in_words(needs, access, theirs.iter()).await?.join("; ")))
        }
        Ok(Changed::Merged(_)) => Some("it was merged into another ticket".to_owned()),
        Ok(Changed::TooManyTags) => Some(too_many_tags().to_string()),
        Ok(Changed::Unknown) => Some("this site has no such ticket".to_owned()),
        Err(faults) => Some(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
    })
}
