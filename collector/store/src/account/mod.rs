//! People: accounts, their memberships of sites, and where they are signed in.

pub mod api_key;
pub mod browser_session;
pub mod invitation;
pub mod last_site;
pub mod membership;
pub mod role;
pub mod scope;
pub mod second_factor;

use super::audit::AuditEntry;
use super::{Row, Statement, Store, StoreError};
use crate::account::role::Role;
use crate::params;
use rapport_shared::id::Id;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub account_id: Id,
    /// Mail address, in lower case.
    pub email: String,
    /// PHC string of the password; empty as long as none was chosen.
    pub password_hash: String,
}

/// What a token of `sign_in` is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A browser that is signed in.
    Session,
    /// A link that signs in once.
    Link,
    /// A browser in which somebody has signed in before; it opens nothing.
    Known,
    /// A link by which a person chooses another password, once; it opens nothing else.
    Reset,
    /// A browser in which the password was right, and a code is still to come; it opens nothing.
    Half,
}

impl TokenKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Link => "link",
            Self::Known => "known",
            Self::Reset => "reset",
            Self::Half => "half",
        }
    }
}

/// One member of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub account_id: Id,
    /// Its mail address.
    pub email: String,
    /// What it may do.
    pub role: Role,
}

const ADD_TOKEN: &str = "INSERT INTO sign_in (token_hash, account_id, kind, created_at_ms, expires_at_ms)
     VALUES ($1, $2, $3, $4, $5)";

fn read_account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        account_id: row.id("account_id")?,
        email: row.text("email")?.into(),
        password_hash: row.text("password_hash")?.into(),
    })
}

fn read_role(row: &Row) -> Result<Role, StoreError> {
    row.named("member.role", |name| name.parse().ok())
}

impl Store {
    /// The account with that address, in lower case; `None` when there is none.
    pub async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError> {
        const SQL: &str = "SELECT account_id, email, password_hash FROM account WHERE email = $1";
        self.read(SQL, params![email]).await?.first().map(read_account).transpose()
    }

    /// The account with that id; `None` when there is none.
    pub async fn account(&self, account_id: Id) -> Result<Option<Account>, StoreError> {
        const SQL: &str = "SELECT account_id, email, password_hash FROM account WHERE account_id = $1";
        self.read(SQL, params![account_id]).await?.first().map(read_account).transpose()
    }

    /// The account with that address, made now if there was none.
    pub async fn account_for_email(&self, account_id: Id, email: &str, now_ms: i64) -> Result<Account, StoreError> {
        const SQL: &str = "INSERT INTO account (account_id, email, password_hash, created_at_ms)
             VALUES ($1, $2, '', $3) ON CONFLICT (email) DO NOTHING";
        self.write(vec![Statement::new(SQL, params![account_id, email, now_ms])]).await?;
        let account = self.account_by_email(email).await?;
        account.ok_or_else(|| StoreError::Inconsistent("an account vanished".into()))
    }

    /// Gives the account another password and ends everything it was signed in with.
    pub async fn set_password(&self, account_id: Id, password_hash: &str) -> Result<(), StoreError> {
        let set = "UPDATE account SET password_hash = $2 WHERE account_id = $1";
        self.write(vec![
            Statement::new(set, params![account_id, password_hash]),
            Statement::new("DELETE FROM sign_in WHERE account_id = $1", params![account_id]),
        ])
        .await
        .map(|_| ())
    }

    /// Takes the account's password and its second factor, ends everything it was signed in with, and remembers the link by which the
    /// person chooses another; with a note for each site that the account opens.
    pub async fn reset_password(
        &self,
        account_id: Id,
        link_hash: Vec<u8>,
        (now_ms, expires_at_ms): (i64, i64),
        entries: &[(Id, AuditEntry)],
    ) -> Result<(), StoreError> {
        let take = "UPDATE account SET password_hash = '' WHERE account_id = $1";
        let link = params![link_hash, account_id, TokenKind::Link.as_str(), now_ms, expires_at_ms];
        let mut statements = vec![
            Statement::new(take, params![account_id]),
            Statement::new("DELETE FROM sign_in WHERE account_id = $1", params![account_id]),
            Statement::new(ADD_TOKEN, link),
        ];
        statements.extend(second_factor::forgetting(account_id));
        statements.extend(entries.iter().map(|(site_id, entry)| entry.statement(*site_id)));
        self.write(statements).await.map(|_| ())
    }

    /// Makes the account a member of the site, or changes its role, and notes who did.
    pub async fn set_member(
        &self,
        site_id: Id,
        account_id: Id,
        role: Role,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO member (site_id, account_id, role, created_at_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (site_id, account_id) DO UPDATE SET role = excluded.role";
        let values = params![site_id, account_id, role.as_str(), entry.occurred_at_ms];
        self.write(vec![Statement::new(SQL, values), entry.statement(site_id)]).await.map(|_| ())
    }

    /// Ends a membership, and notes who did; false when there was none.
    pub async fn remove_member(&self, site_id: Id, account_id: Id, entry: &AuditEntry) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM member WHERE site_id = $1 AND account_id = $2";
        if self.role(site_id, account_id).await?.is_none() {
            return Ok(false);
        }
        let remove = Statement::new(SQL, params![site_id, account_id]);
        self.write(vec![remove, entry.statement(site_id)]).await.map(|_| true)
    }

    /// What the account may do on the site; `None` when it is no member.
    pub async fn role(&self, site_id: Id, account_id: Id) -> Result<Option<Role>, StoreError> {
        const SQL: &str = "SELECT role FROM member WHERE site_id = $1 AND account_id = $2";
        let rows = self.read(SQL, params![site_id, account_id]).await?;
        rows.first().map(read_role).transpose()
    }

    /// Names of the sites that nobody is a member of, by name.
    pub async fn sites_without_members(&self) -> Result<Vec<String>, StoreError> {
        const SQL: &str = "SELECT name FROM site
             WHERE NOT EXISTS (SELECT 1 FROM member WHERE member.site_id = site.site_id) ORDER BY name";
        self.read(SQL, params![]).await?.iter().map(|row| row.text("name").map(str::to_owned)).collect()
    }

    /// The site's members, by address.
    pub async fn members(&self, site_id: Id) -> Result<Vec<Member>, StoreError> {
        const SQL: &str = "SELECT m.account_id, a.email, m.role FROM member m JOIN account a
             ON a.account_id = m.account_id WHERE m.site_id = $1 ORDER BY a.email";
        let rows = self.read(SQL, params![site_id]).await?;
        rows.iter()
            .map(|row| {
                Ok(Member {
                    account_id: row.id("account_id")?,
                    email: row.text("email")?.into(),
                    role: read_role(row)?,
                })
            })
            .collect()
    }

    /// The sites that the account is a member of.
    pub async fn memberships(&self, account_id: Id) -> Result<Vec<(Id, Role)>, StoreError> {
        const SQL: &str = "SELECT site_id, role FROM member WHERE account_id = $1 ORDER BY site_id";
        let rows = self.read(SQL, params![account_id]).await?;
        rows.iter().map(|row| Ok((row.id("site_id")?, read_role(row)?))).collect()
    }

    /// Remembers a token by its hash until `expires_at_ms`, and forgets those that are over.
    pub async fn add_token(
        &self,
        token_hash: Vec<u8>,
        account_id: Id,
        kind: TokenKind,
        now_ms: i64,
        expires_at_ms: i64,
    ) -> Result<(), StoreError> {
        self.add_noted_token(token_hash, account_id, kind, (now_ms, expires_at_ms), &[]).await
    }

    /// The same for a token that somebody gave to somebody else, with a note for each site that it opens.
    pub async fn add_noted_token(
        &self,
        token_hash: Vec<u8>,
        account_id: Id,
        kind: TokenKind,
        (now_ms, expires_at_ms): (i64, i64),
        entries: &[(Id, AuditEntry)],
    ) -> Result<(), StoreError> {
        let mut statements = vec![
            Statement::new("DELETE FROM sign_in WHERE expires_at_ms <= $1", params![now_ms]),
            Statement::new(ADD_TOKEN, params![token_hash, account_id, kind.as_str(), now_ms, expires_at_ms]),
        ];
        statements.extend(entries.iter().map(|(site_id, entry)| entry.statement(*site_id)));
        self.write(statements).await.map(|_| ())
    }

    /// Whether somebody has signed in to the account before in the browser with that token.
    pub async fn knows_browser(&self, token_hash: Vec<u8>, account_id: Id, now_ms: i64) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT kind FROM sign_in
             WHERE token_hash = $1 AND account_id = $2 AND kind = 'known' AND expires_at_ms > $3";
        Ok(!self.read(SQL, params![token_hash, account_id, now_ms]).await?.is_empty())
    }

    /// Takes a link: whose it was; `None` when there is none, it is over, or somebody took it before.
    pub async fn take_link(&self, token_hash: Vec<u8>, now_ms: i64) -> Result<Option<Id>, StoreError> {
        self.take_token(token_hash, TokenKind::Link, now_ms).await
    }

    /// Takes a token of that kind: whose it was; `None` when there is none, it is over, or somebody took it before.
    pub async fn take_token(
        &self,
        token_hash: Vec<u8>,
        kind: TokenKind,
        now_ms: i64,
    ) -> Result<Option<Id>, StoreError> {
        const SQL: &str = "DELETE FROM sign_in WHERE token_hash = $1 AND kind = $3 AND expires_at_ms > $2
             RETURNING account_id";
        let rows = self.write(vec![Statement::new(SQL, params![token_hash, now_ms, kind.as_str()])]).await?;
        rows[0].first().map(|row| row.id("account_id")).transpose()
    }

    /// Whose token of that kind it is, without taking it; `None` when there is none or it is over.
    pub async fn account_of_token(
        &self,
        token_hash: Vec<u8>,
        kind: TokenKind,
        now_ms: i64,
    ) -> Result<Option<Account>, StoreError> {
        const SQL: &str = "SELECT a.account_id, a.email, a.password_hash FROM sign_in s
             JOIN account a ON a.account_id = s.account_id
             WHERE s.token_hash = $1 AND s.kind = $3 AND s.expires_at_ms > $2";
        self.read(SQL, params![token_hash, now_ms, kind.as_str()]).await?.first().map(read_account).transpose()
    }

    /// Whether the account has a token of that kind that was made after an instant.
    pub async fn has_token_since(&self, account_id: Id, kind: TokenKind, since_ms: i64) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT kind FROM sign_in WHERE account_id = $1 AND kind = $2 AND created_at_ms > $3";
        Ok(!self.read(SQL, params![account_id, kind.as_str(), since_ms]).await?.is_empty())
    }

    /// Forgets a token.
    pub async fn end_session(&self, token_hash: Vec<u8>) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM sign_in WHERE token_hash = $1";
        self.write(vec![Statement::new(SQL, params![token_hash])]).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::{each_engine, note};

    #[tokio::test]
    async fn an_account_is_one_and_its_roles_are_per_site() {
        each_engine(async |store| {
            let (site, other) = (Clock::System.new_id(), Clock::System.new_id());
            assert_eq!(store.account_by_email("ada@example.com").await, Ok(None));
            let ada = store.account_for_email(Clock::System.new_id(), "ada@example.com", 1).await.unwrap();
            let again = store.account_for_email(Clock::System.new_id(), "ada@example.com", 2).await.unwrap();
            assert_eq!(ada, again);
            assert_eq!(store.role(site, ada.account_id).await, Ok(None));
            store.set_member(site, ada.account_id, Role::Viewer, &note(3)).await.unwrap();
            store.set_member(site, ada.account_id, Role::Owner, &note(4)).await.unwrap();
            assert_eq!(store.role(site, ada.account_id).await, Ok(Some(Role::Owner)));
            assert_eq!(store.role(other, ada.account_id).await, Ok(None));
            assert_eq!(store.memberships(ada.account_id).await, Ok(vec![(site, Role::Owner)]));
            assert_eq!(store.account(ada.account_id).await, Ok(Some(ada.clone())));
            let members = store.members(site).await.unwrap();
            assert_eq!(
                (members.len(), members[0].email.as_str(), members[0].role),
                (1, "ada@example.com", Role::Owner)
            );
            assert_eq!(store.remove_member(other, ada.account_id, &note(5)).await, Ok(false));
            assert_eq!(store.remove_member(site, ada.account_id, &note(6)).await, Ok(true));
            assert_eq!(store.role(site, ada.account_id).await, Ok(None));
            let noted = store.audit_entries(site, None, 10).await.unwrap();
            assert_eq!(noted.iter().map(|entry| entry.occurred_at_ms).sum::<i64>(), 3 + 4 + 6);
            assert_eq!(store.audit_entries(other, None, 10).await, Ok(vec![]), "what failed is not noted");
            if store.engine_name() == "sqlite" {
                let plan = "EXPLAIN QUERY PLAN SELECT site_id, role FROM member WHERE account_id = $1 ORDER BY site_id";
                let plan = store.read(plan, params![ada.account_id]).await.unwrap();
                assert!(
                    plan[0].text("detail").unwrap().contains("member_account"),
                    "no list of sites reads all members: {plan:?}"
                );
            }
            let lonely = crate::test_store::a_site("lonely");
            store.add_site(&lonely).await.unwrap();
            assert_eq!(store.sites_without_members().await, Ok(vec!["Shop".to_owned()]));
            store.set_member(lonely.site_id, ada.account_id, Role::Viewer, &note(7)).await.unwrap();
            assert_eq!(store.sites_without_members().await, Ok(vec![]));
        })
        .await;
    }

    #[tokio::test]
    async fn a_session_lasts_until_it_is_over_or_the_password_changes() {
        each_engine(async |store| {
            let ada = store.account_for_email(Clock::System.new_id(), "ada@example.com", 1).await.unwrap();
            let hash = |byte: u8| vec![byte; 32];
            store.add_token(hash(1), ada.account_id, TokenKind::Session, 0, 100).await.unwrap();
            store.add_token(hash(2), ada.account_id, TokenKind::Session, 0, 100).await.unwrap();
            assert_eq!(store.account_of_session(hash(1), 99).await, Ok(Some(ada.clone())));
            assert_eq!(store.account_of_session(hash(1), 100).await, Ok(None));
            assert_eq!(store.account_of_session(hash(9), 50).await, Ok(None));
            store.end_session(hash(1)).await.unwrap();
            assert_eq!(store.account_of_session(hash(1), 50).await, Ok(None));
            store.set_password(ada.account_id, "hash").await.unwrap();
            assert_eq!(store.account_of_session(hash(2), 50).await, Ok(None));
            assert_eq!(store.account_by_email("ada@example.com").await.unwrap().unwrap().password_hash, "hash");
        })
        .await;
    }

    #[tokio::test]
    async fn a_reset_ends_the_password_and_everything_but_its_own_link() {
        each_engine(async |store| {
            let ada = store.account_for_email(Clock::System.new_id(), "ada@example.com", 1).await.unwrap();
            let bob = store.account_for_email(Clock::System.new_id(), "bob@example.com", 1).await.unwrap();
            let site = Clock::System.new_id();
            store.set_password(ada.account_id, "hash").await.unwrap();
            for (byte, kind) in [(1, TokenKind::Session), (2, TokenKind::Link), (3, TokenKind::Known)] {
                store.add_token(vec![byte; 32], ada.account_id, kind, 0, 100).await.unwrap();
            }
            store.add_token(vec![4; 32], bob.account_id, TokenKind::Session, 0, 100).await.unwrap();
            assert_eq!(store.knows_browser(vec![3; 32], ada.account_id, 50).await, Ok(true));
            for (token, account_id, now_ms) in
                [(1, ada.account_id, 50), (3, bob.account_id, 50), (3, ada.account_id, 100)]
            {
                assert_eq!(store.knows_browser(vec![token; 32], account_id, now_ms).await, Ok(false));
            }
            store.reset_password(ada.account_id, vec![5; 32], (50, 100), &[(site, note(50))]).await.unwrap();
            assert_eq!(store.account(ada.account_id).await.unwrap().unwrap().password_hash, "");
            assert_eq!(store.account_of_session(vec![1; 32], 50).await, Ok(None));
            assert_eq!(store.take_link(vec![2; 32], 50).await, Ok(None));
            assert_eq!(store.knows_browser(vec![3; 32], ada.account_id, 50).await, Ok(false));
            assert_eq!(store.account_of_session(vec![4; 32], 50).await, Ok(Some(bob)));
            assert_eq!(store.take_link(vec![5; 32], 50).await, Ok(Some(ada.account_id)));
            assert_eq!(store.audit_entries(site, None, 9).await.unwrap().len(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn a_link_is_taken_once_and_is_no_session() {
        each_engine(async |store| {
            let ada = store.account_for_email(Clock::System.new_id(), "ada@example.com", 1).await.unwrap();
            store.add_token(vec![1; 32], ada.account_id, TokenKind::Link, 0, 100).await.unwrap();
            store.add_token(vec![2; 32], ada.account_id, TokenKind::Session, 0, 100).await.unwrap();
            assert_eq!(store.account_of_session(vec![1; 32], 50).await, Ok(None));
            assert_eq!(store.take_link(vec![2; 32], 50).await, Ok(None));
            assert_eq!(store.take_link(vec![1; 32], 100).await, Ok(None));
            assert_eq!(store.take_link(vec![1; 32], 50).await, Ok(Some(ada.account_id)));
            assert_eq!(store.take_link(vec![1; 32], 50).await, Ok(None));
            let (kind, account_id) = (TokenKind::Reset, ada.account_id);
            store.add_token(vec![3; 32], account_id, kind, 10, 100).await.unwrap();
            assert_eq!(store.take_link(vec![3; 32], 50).await, Ok(None), "one to choose a password signs nobody in");
            assert_eq!(store.account_of_token(vec![3; 32], TokenKind::Half, 50).await, Ok(None));
            assert_eq!(
                store.account_of_token(vec![3; 32], kind, 50).await,
                Ok(Some(ada.clone())),
                "and is not used up"
            );
            assert_eq!(store.has_token_since(account_id, kind, 9).await, Ok(true));
            assert_eq!(store.has_token_since(account_id, kind, 10).await, Ok(false));
            assert_eq!(store.take_token(vec![3; 32], kind, 50).await, Ok(Some(account_id)));
            assert_eq!(store.account_of_token(vec![3; 32], kind, 50).await, Ok(None));
        })
        .await;
    }
}
