//! Who is let in besides the owner: a colleague who was asked and did not answer yet, and the shop's own server, by a key.

use super::EMAIL;
use crate::cli::{Failure, Session};
use crate::member::account::token;
use crate::server::key::random_key;
use rapport_store::account::api_key::{ApiKey, Draft};
use rapport_store::account::invitation::{Invitation, LASTS_MS};
use rapport_store::account::role::Role;
use rapport_store::site::Site;

/// Who was asked.
const COLLEAGUE: &str = "mara@fernhill.example";

/// Asks the colleague and makes the key, as the owner does on the pages for it. Link and key are shown to nobody: another of each is made at any time.
pub(super) async fn fill(session: &Session, site: &Site) -> Result<(), Failure> {
    let now_ms = session.clock.now_ms();
    let invitation = Invitation {
        invitation_id: session.clock.new_id(),
        email: COLLEAGUE.to_owned(),
        role: Role::Editor,
        actor: EMAIL.to_owned(),
        created_at_ms: now_ms,
        expires_at_ms: now_ms + LASTS_MS,
    };
    let entry = session.note("invitation.add", format!("invitation {COLLEAGUE} as {}", Role::Editor));
    let asked = (&invitation, token::hash(&token::random()));
    session.store.invite(site.site_id, asked, None, &entry, &session.clock).await?;
    let scopes = ["reports:read", "responses:write"].map(str::to_owned).to_vec();
    let draft = Draft { name: "Order system of the shop".to_owned(), scopes, days: "365".to_owned() };
    let key = ApiKey::new(&draft, &session.clock).map_err(|faults| format!("the key of the demo: {faults:?}"))?;
    let entry = session.note("key.create", format!("key {}", key.key_id));
    Ok(session.store.add_api_key(site.site_id, &key, token::hash(&random_key()), &entry).await?)
}
