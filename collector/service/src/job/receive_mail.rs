//! The job that reads the mailbox to which customers write.

use super::kind::{Attempt, Fault, Kind, Plan};
use crate::mail::received::Receiver;
use crate::mail::received::imap::{Unread, look};
use rapport_store::conversation::received::KEPT_MS;
use std::time::Duration;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(30);
/// Longest time of a look: a mail server that says nothing must not hold it.
const PATIENCE: Duration = Duration::from_secs(300);

/// See above.
pub struct ReceiveMail {
    /// Who takes what is there.
    pub receiver: Receiver,
}

impl Kind for ReceiveMail {
    const NAME: &'static str = "receive_mail";
    const PLAN: Plan = Plan { longest_wait: Duration::from_secs(600), ..Plan::every(PAUSE) };
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        // The settings were checked when they were read.
        let Ok(Some(mailbox)) = self.receiver.config.mailbox() else { return Ok(()) };
        loop {
            let looked = tokio::time::timeout(PATIENCE, look(&self.receiver, &mailbox)).await;
            let found = match looked {
                Ok(Ok(found)) => found,
                Ok(Err(Unread::Store(error))) => return Err(error.into()),
                Ok(Err(Unread::Server(reason))) => {
                    return Err(Fault::Passing(format!("the mailbox was not read: {reason}")));
                }
                Err(_) => return Err(Fault::Passing("the mailbox was not read: its server says nothing".into())),
            };
            if found.to_nobody > 0 {
                tracing::warn!(mails = found.to_nobody, "mails in the mailbox are to no address of any site");
            }
            if !found.is_more {
                return Ok(());
            }
        }
    }
}

/// The job that forgets what became of mails that came in long ago.
pub struct ForgetReceived {
    /// Where it stands.
    pub store: rapport_store::Store,
    /// The time.
    pub clock: rapport_store::clock::Clock,
}

impl Kind for ForgetReceived {
    const NAME: &'static str = "forget_received_mail";
    const PLAN: Plan = Plan::every(Duration::from_secs(6 * 3_600));
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let before_ms = self.clock.now_ms() - KEPT_MS;
        for site_id in self.store.site_ids().await? {
            self.store.forget_received_before(site_id, before_ms).await?;
        }
        Ok(())
    }
}
