//! Who was asked to become a member of a site. Nobody is one before they accept, with the link that they were given and an account of that
//! address: whoever holds the link of one site gets at no other.

use crate::account::role::Role;
use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::job::NewJob;
use crate::mail::{OutgoingMail, writing};
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// How long an invitation can be accepted, in milliseconds (7 days).
pub const LASTS_MS: i64 = 7 * 86_400_000;
/// Most invitations of a site that wait.
pub const MOST: usize = 200;

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub invitation_id: Id,
    /// The mail address of whoever may accept it, in lower case.
    pub email: String,
    /// What they may do then.
    pub role: Role,
    /// Who asked.
    pub actor: String,
    /// When, in epoch milliseconds.
    pub created_at_ms: i64,
    /// Until when it can be accepted, in epoch milliseconds.
    pub expires_at_ms: i64,
}

const COLUMNS: &str = "invitation_id, email, role, actor, created_at_ms, expires_at_ms";

fn read_invitation(row: &Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        invitation_id: row.id("invitation_id")?,
        email: row.text("email")?.to_owned(),
        role: row.named("invitation.role", |name| name.parse().ok())?,
        actor: row.text("actor")?.to_owned(),
        created_at_ms: row.int("created_at_ms")?,
        expires_at_ms: row.int("expires_at_ms")?,
    })
}

/// The statement that ends every invitation of an address that waits.
fn ending(site_id: Id, email: &str, (outcome, now_ms): (&str, i64)) -> Statement {
    let sql = "UPDATE invitation SET ended_at_ms = $3, outcome = $4
         WHERE site_id = $1 AND email = $2 AND ended_at_ms IS NULL";
    Statement::new(sql, params![site_id, email, now_ms, outcome])
}

impl Store {
    /// Asks somebody, by the hash of the link's token, in place of what the same address was asked before; with the mail that tells them, if
    /// one does, and a note of who asked.
    pub async fn invite(
        &self,
        site_id: Id,
        (invitation, token_hash): (&Invitation, Vec<u8>),
        mail: Option<&(OutgoingMail, NewJob)>,
        entry: &AuditEntry,
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let sql =
            format!("INSERT INTO invitation (site_id, {COLUMNS}, token_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
        let params = params![
            site_id,
            invitation.invitation_id,
            &invitation.email,
            invitation.role.as_str(),
            &invitation.actor,
            invitation.created_at_ms,
            invitation.expires_at_ms,
            token_hash,
        ];
        let before = ending(site_id, &invitation.email, ("revoked", invitation.created_at_ms));
        let mut statements = vec![before, Statement::new(sql, params), entry.statement(site_id)];
        if let Some((mail, job)) = mail {
            statements.extend(writing(site_id, mail, job, clock)?);
        }
        self.write(statements).await.map(|_| ())
    }

    /// The invitations of a site that wait, the newest first; those that are over too.
    pub async fn invitations(&self, site_id: Id) -> Result<Vec<Invitation>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM invitation WHERE site_id = $1 AND ended_at_ms IS NULL
             ORDER BY created_at_ms DESC, invitation_id DESC LIMIT $2"
        );
        self.read(sql, params![site_id, MOST as i64]).await?.iter().map(read_invitation).collect()
    }

    /// The invitation with that token, which can still be accepted; `None` where there is none.
    pub async fn invitation_by_token(
        &self,
        site_id: Id,
        token_hash: Vec<u8>,
        now_ms: i64,
    ) -> Result<Option<Invitation>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM invitation
             WHERE site_id = $1 AND token_hash = $2 AND ended_at_ms IS NULL AND expires_at_ms > $3"
        );
        self.read(sql, params![site_id, token_hash, now_ms]).await?.first().map(read_invitation).transpose()
    }

    /// Makes an account a member by an invitation, which is over with it; false where somebody accepted it before, or it was taken back.
    pub async fn accept_invitation(
        &self,
        site_id: Id,
        (invitation, account_id): (&Invitation, Id),
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let take = "UPDATE invitation SET ended_at_ms = $3, outcome = 'accepted'
             WHERE site_id = $1 AND invitation_id = $2 AND ended_at_ms IS NULL AND expires_at_ms > $3 RETURNING role";
        let taken = params![site_id, invitation.invitation_id, entry.occurred_at_ms];
        // What follows goes by what was just taken: of two that accept at once, one does.
        let such = "invitation WHERE site_id = $1 AND invitation_id = $7 AND outcome = 'accepted' AND ended_at_ms = $6";
        let member = "INSERT INTO member (site_id, account_id, role, created_at_ms)
             SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM invitation
                 WHERE site_id = $1 AND invitation_id = $5 AND outcome = 'accepted' AND ended_at_ms = $4)
             ON CONFLICT (site_id, account_id) DO UPDATE SET role = excluded.role";
        let of_member =
            params![site_id, account_id, invitation.role.as_str(), entry.occurred_at_ms, invitation.invitation_id];
        let rows = self
            .write(vec![
                Statement::new(take, taken),
                Statement::new(member, of_member),
                entry.statement_where(site_id, such, params![invitation.invitation_id]),
            ])
            .await?;
        Ok(!rows[0].is_empty())
    }

    /// Takes an invitation back; false where there is none that waits.
    pub async fn revoke_invitation(
        &self,
        site_id: Id,
        invitation_id: Id,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE invitation SET ended_at_ms = $3, outcome = 'revoked'
             WHERE site_id = $1 AND invitation_id = $2 AND ended_at_ms IS NULL RETURNING role";
        let such = "invitation WHERE site_id = $1 AND invitation_id = $7 AND outcome = 'revoked' AND ended_at_ms = $6";
        let rows = self
            .write(vec![
                Statement::new(sql, params![site_id, invitation_id, entry.occurred_at_ms]),
                entry.statement_where(site_id, such, params![invitation_id]),
            ])
            .await?;
        Ok(!rows[0].is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::{each_engine, note};

    #[tokio::test]
    async fn an_invitation_was_accepted_twice_or_on_another_site() {
        each_engine(async |store| {
            let [site, other, ada] = [(); 3].map(|()| Clock::System.new_id());
            let asked = |role, created_at_ms| Invitation {
                invitation_id: Clock::System.new_id(),
                email: "ada@example.com".into(),
                role,
                actor: "eve@example.com".into(),
                created_at_ms,
                expires_at_ms: created_at_ms + 100,
            };
            let first = asked(Role::Owner, 1);
            store.invite(site, (&first, vec![1; 32]), None, &note(1), &Clock::System).await.unwrap();
            let second = asked(Role::Viewer, 2);
            store.invite(site, (&second, vec![2; 32]), None, &note(2), &Clock::System).await.unwrap();
            assert_eq!(store.invitations(site).await, Ok(vec![second.clone()]), "the same address is asked once");
            for (site, token, now_ms) in [(site, 1, 5), (other, 2, 5), (site, 2, 102), (site, 3, 5)] {
                assert_eq!(
                    store.invitation_by_token(site, vec![token; 32], now_ms).await,
                    Ok(None),
                    "{token} {now_ms}"
                );
            }
            assert_eq!(store.invitation_by_token(site, vec![2; 32], 5).await, Ok(Some(second.clone())));
            assert_eq!(
                store.accept_invitation(site, (&first, ada), &note(5)).await,
                Ok(false),
                "one in whose place another came"
            );
            assert_eq!(store.accept_invitation(other, (&second, ada), &note(5)).await, Ok(false));
            assert_eq!(store.accept_invitation(site, (&second, ada), &note(102)).await, Ok(false), "over");
            assert_eq!(store.role(site, ada).await, Ok(None));
            assert_eq!(store.accept_invitation(site, (&second, ada), &note(6)).await, Ok(true));
            assert_eq!(store.role(site, ada).await, Ok(Some(Role::Viewer)));
            assert_eq!(store.accept_invitation(site, (&second, Clock::System.new_id()), &note(7)).await, Ok(false));
            let third = asked(Role::Editor, 8);
            store.invite(site, (&third, vec![4; 32]), None, &note(8), &Clock::System).await.unwrap();
            assert_eq!(store.revoke_invitation(other, third.invitation_id, &note(9)).await, Ok(false));
            assert_eq!(store.revoke_invitation(site, third.invitation_id, &note(9)).await, Ok(true));
            assert_eq!(store.revoke_invitation(site, third.invitation_id, &note(10)).await, Ok(false));
            assert_eq!(store.accept_invitation(site, (&third, ada), &note(11)).await, Ok(false));
            let noted = store.audit_entries(site, None, 20).await.unwrap();
            let at: Vec<i64> = noted.iter().map(|entry| entry.occurred_at_ms).collect();
            assert_eq!(at, [9, 8, 6, 2, 1], "what failed is not noted");
        })
        .await;
    }
}
