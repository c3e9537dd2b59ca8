//! Three kinds of people whom the shop is made for, bound to the demo's customers by what the shop knows of them.

use crate::cli::{Failure, Session};
use rapport_store::persona::{Draft, key_of};
use rapport_store::site::Site;

/// Name, owner, demographics, identifiers, goals, problems, solutions and rule of each; entries of a list are a line each.
const PERSONAS: [[&str; 8]; 3] = [
    [
        "Friend of the workshop",
        "Mara, customer care",
        "40 to 65, in towns\nOwns pieces from several years",
        "Writes by name\nComes to the open day",
        "Add to a set that is no longer made\nKnow who made it",
        "Sold-out glazes\nHas to ask by mail what fits",
        "A list of sets that are made again\nReplies signed by the potter",
        "trait club is friend of the workshop",
    ],
    [
        "Gift buyer",
        "Jonas, shop",
        "25 to 45, mostly on a phone",
        "Buys before holidays\nOne parcel to another address",
        "A present that arrives in time",
        "Delivery dates come late in the checkout\nThe price is in the parcel",
        "The date beside each thing\nA box without a bill",
        "trait club is none\npurchases more than 0",
    ],
    [
        "Restaurant owner",
        "Jonas, shop",
        "Runs a small kitchen\nOrders twice a year",
        "Asks for invoices\nCalls rather than writes",
        "Thirty plates that match\nReplacements next year",
        "No prices for many",
        "A table of prices for 20 and more",
        "trait club is wholesale",
    ],
];

/// Describes them, and looks who is one of them.
pub(super) async fn describe(session: &Session, site: &Site) -> Result<(), Failure> {
    for said in PERSONAS {
        let [name, owner, demographics, identifiers, goals, problems, solutions, rule] = said.map(str::to_owned);
        let key = key_of(&name);
        let draft = Draft { name, owner, demographics, identifiers, goals, problems, solutions, rule };
        let persona = draft.check(&key).map_err(|faults| Failure(format!("a persona of the demo: {faults:?}")))?;
        let note = session.note("persona.add", format!("persona {key}"));
        session.store.add_persona(site.site_id, &persona, &note).await?;
    }
    session.store.keep_personas(site.site_id, session.clock.now_ms()).await?;
    Ok(())
}
