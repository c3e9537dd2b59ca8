//! Roles given and taken by members themselves: a site never loses its last owner by it.

use crate::account::role::Role;
use crate::audit::AuditEntry;
use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// What became of a change of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was made.
    Done,
    /// There is no such member.
    NoMember,
    /// It would have left the site without an owner.
    LastOwner,
}

impl Changed {
    /// Why it was not made, about whoever it was about; `None` where it was.
    pub fn refusal(self, email: &str, site_name: &str) -> Option<String> {
        match self {
            Self::Done => None,
            Self::NoMember => Some(format!("{email} is no member of {site_name}")),
            Self::LastOwner => {
                Some(format!("{email} is the last owner of {site_name}: make somebody else an owner first"))
            }
        }
    }
}

/// The condition that a membership may go: the account is no owner, or not the only one.
const MAY_GO: &str = "(role <> 'owner' OR EXISTS (SELECT 1 FROM member o
     WHERE o.site_id = $1 AND o.role = 'owner' AND o.account_id <> $2))";

impl Store {
    /// Gives a member another role, and notes who did.
    pub async fn change_role(
        &self,
        site_id: Id,
        account_id: Id,
        role: Role,
        entry: &AuditEntry,
    ) -> Result<Changed, StoreError> {
        let kept = if role == Role::Owner { "" } else { &format!(" AND {MAY_GO}") };
        let sql = format!("UPDATE member SET role = $3 WHERE site_id = $1 AND account_id = $2{kept} RETURNING role");
        let change = Statement::new(sql, params![site_id, account_id, role.as_str()]);
        let such = "member WHERE site_id = $1 AND account_id = $7 AND role = $8";
        let note = entry.statement_where(site_id, such, params![account_id, role.as_str()]);
        self.changed(site_id, (account_id, change), note).await
    }

    /// Ends a membership, and notes who did.
    pub async fn end_membership(&self, site_id: Id, account_id: Id, entry: &AuditEntry) -> Result<Changed, StoreError> {
        let sql = format!("DELETE FROM member WHERE site_id = $1 AND account_id = $2 AND {MAY_GO} RETURNING role");
        let change = Statement::new(sql, params![site_id, account_id]);
        let such =
            "site WHERE site_id = $1 AND NOT EXISTS (SELECT 1 FROM member WHERE site_id = $1 AND account_id = $7)";
        let note = entry.statement_where(site_id, such, params![account_id]);
        self.changed(site_id, (account_id, change), note).await
    }

    /// Makes a change and notes it, where the membership is such afterwards: one that would leave no owner is neither made nor noted.
    async fn changed(
        &self,
        site_id: Id,
        (account_id, change): (Id, Statement),
        note: Statement,
    ) -> Result<Changed, StoreError> {
        if self.role(site_id, account_id).await?.is_none() {
            return Ok(Changed::NoMember);
        }
        let rows = self.write(vec![change, note]).await?;
        Ok(if rows[0].is_empty() { Changed::LastOwner } else { Changed::Done })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::{a_site, each_engine, note};

    #[tokio::test]
    async fn the_last_owner_left_and_nobody_could_let_anybody_in() {
        each_engine(async |store| {
            let [site, other] = ["shop", "blog"].map(a_site);
            store.add_site(&site).await.unwrap();
            let (site, other) = (site.site_id, other.site_id);
            let [ada, bob, eve] = [(); 3].map(|()| Clock::System.new_id());
            for (site, account, role) in
                [(site, ada, Role::Owner), (site, bob, Role::Viewer), (other, bob, Role::Owner)]
            {
                store.set_member(site, account, role, &note(1)).await.unwrap();
            }
            assert_eq!(store.end_membership(site, eve, &note(2)).await, Ok(Changed::NoMember));
            assert_eq!(store.change_role(site, ada, Role::Editor, &note(2)).await, Ok(Changed::LastOwner));
            assert_eq!(store.end_membership(site, ada, &note(2)).await, Ok(Changed::LastOwner));
            assert_eq!(store.change_role(site, ada, Role::Owner, &note(3)).await, Ok(Changed::Done));
            assert_eq!(store.change_role(site, bob, Role::Owner, &note(3)).await, Ok(Changed::Done));
            assert_eq!(store.end_membership(site, ada, &note(3)).await, Ok(Changed::Done));
            assert_eq!(store.end_membership(site, bob, &note(4)).await, Ok(Changed::LastOwner));
            assert_eq!(store.memberships(bob).await.unwrap().len(), 2);
            assert_eq!(store.audit_entries(site, None, 9).await.unwrap().len(), 5, "what failed is not noted");
        })
        .await;
    }
}
