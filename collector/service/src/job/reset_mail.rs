//! The job that writes the mail by which a person chooses another password, if there is such a person. Whoever asked for it hears nothing of that.

use super::kind::{Attempt, Fault, Kind, Plan, job_of};
use crate::config::Config;
use crate::mail::{Mailer, account};
use crate::member::account::{reset_address, token};
use rapport_store::account::TokenKind;
use rapport_store::clock::Clock;
use rapport_store::job::NewJob;
use rapport_store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How long the link can be used, in milliseconds (1 hour).
const LASTS_MS: i64 = 3_600_000;
/// How long no other mail is written after one, in milliseconds (10 minutes): whoever asks for somebody else fills no mailbox.
const PAUSE_MS: i64 = 600_000;

/// See above.
pub struct WriteResetMail {
    /// Where accounts are, and mails wait.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Where the link leads.
    pub config: Arc<Config>,
    /// The way to the mail server.
    pub mailer: Mailer,
}

/// For whom it was asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Payload {
    email: String,
}

impl WriteResetMail {
    /// The job for an address in lower case, whether or not somebody has it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a key that is too long.
    pub fn of(email: &str, clock: &Clock) -> Result<NewJob, StoreError> {
        job_of::<Self>(clock.new_id().to_text(), &Payload { email: email.to_owned() }, clock.now_ms())
    }
}

impl Kind for WriteResetMail {
    const NAME: &'static str = "reset_mail";
    const PLAN: Plan = Plan::when_asked(5);
    type Payload = Payload;

    async fn run(&self, payload: Payload, _attempt: Attempt) -> Result<(), Fault> {
        let now_ms = self.clock.now_ms();
        let Some(person) = self.store.account_by_email(&payload.email).await? else { return Ok(()) };
        // A mail is one of a site: whoever is a member of none has nothing to sign in to.
        let Some((site_id, _)) = self.store.memberships(person.account_id).await?.into_iter().next() else {
            return Ok(());
        };
        let is_recent = self.store.has_token_since(person.account_id, TokenKind::Reset, now_ms - PAUSE_MS).await?;
        if is_recent || !self.mailer.is_set() {
            return Ok(());
        }
        let secret = token::random();
        let link = reset_address(&self.config.base_url(), &secret);
        let about = format!("password:{}", self.clock.new_id());
        let mail = account::reset((&self.config, &self.clock), site_id, (&about, &person.email), &link)?;
        let hash = token::hash(&secret);
        // The link first: a mail whose link leads nowhere helps nobody, a link that nobody got harms nobody.
        self.store.add_token(hash, person.account_id, TokenKind::Reset, now_ms, now_ms + LASTS_MS).await?;
        Ok(self.store.write_mails(site_id, &[mail], &self.clock).await?)
    }
}
