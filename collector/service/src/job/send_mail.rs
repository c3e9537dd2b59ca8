//! The job that hands one mail to the mail server, until it takes it or never will.

use super::kind::{Attempt, Fault, Kind, Plan};
use crate::mail::{Mailer, Undelivered};
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::mail::{MailKind, MailState, OutgoingMail};
use rapport_store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often a mail is tried: over about 20 hours.
const TRIES: u32 = 12;

/// See above.
pub struct SendMail {
    /// Where mails wait.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The way to the mail server.
    pub mailer: Mailer,
}

/// Which mail.
#[derive(Debug, Serialize, Deserialize)]
pub struct Payload {
    /// Its id.
    pub mail_id: String,
}

impl SendMail {
    /// Whether whoever gets a mail has unsubscribed since it was written, or what it is of is no longer there.
    async fn is_withdrawn(&self, site_id: Id, mail: &OutgoingMail) -> Result<bool, StoreError> {
        let Some(token) = crate::mail::report::token_of(&mail.unsubscribe) else { return Ok(false) };
        let known = self.store.subscription(site_id, token).await?;
        if known.is_none_or(|known| known.unsubscribed_at_ms.is_some()) {
            return Ok(true);
        }
        // One who stopped it by the link of another mail.
        let is_follow_up = mail.kind == MailKind::FollowUp;
        Ok(is_follow_up && self.store.stopped(site_id, Id::default(), &mail.recipient).await?.is_some())
    }
}

impl Kind for SendMail {
    const NAME: &'static str = "send_mail";
    const PLAN: Plan = Plan {
        first_wait: Duration::from_secs(60),
        longest_wait: Duration::from_secs(6 * 3_600),
        ..Plan::when_asked(TRIES)
    };
    type Payload = Payload;

    async fn run(&self, payload: Payload, attempt: Attempt) -> Result<(), Fault> {
        let (Some(site_id), Some(mail_id)) = (attempt.site_id, Id::parse(&payload.mail_id)) else {
            return Err(Fault::Lasting("it names no mail of a site".into()));
        };
        let Some(mail) = self.store.mail(site_id, mail_id).await? else { return Ok(()) };
        if mail.state != MailState::Waiting {
            return Ok(());
        }
        let note = async |state, error: Option<&str>| {
            self.store.note_mail(site_id, mail_id, state, error, self.clock.now_ms()).await
        };
        if self.is_withdrawn(site_id, &mail).await? {
            return Ok(note(MailState::Withdrawn, None).await?);
        }
        match self.mailer.send(&mail).await {
            Ok(()) => Ok(note(MailState::Sent, None).await?),
            Err(Undelivered::Never(reason)) => Ok(note(MailState::Refused, Some(&reason)).await?),
            Err(Undelivered::Later(reason)) => {
                let is_last = attempt.attempts >= i64::from(TRIES);
                note(if is_last { MailState::Failed } else { MailState::Waiting }, Some(&reason)).await?;
                // What the mail server said may name its recipient: it stands with the mail.
                Err(Fault::Passing("the mail server did not take it".into()))
            }
        }
    }
}
