//! What a kind of job is: its name, what it needs to know, what it does, and how often it is tried.

use futures_util::future::BoxFuture;
use rapport_shared::id::Id;
use rapport_store::StoreError;
use rapport_store::job::outcome::Ended;
use rapport_store::job::{IfKnown, NewJob};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A kind of job. What it does may be cut off at any time and be done again, so it has to come to the same when it is.
pub trait Kind: Send + Sync + 'static {
    /// Its name in the database, at most [`rapport_store::job::KIND_BYTES`]. It never changes: jobs wait under it.
    const NAME: &'static str;
    /// When it is done, and when it is done again.
    const PLAN: Plan;
    /// What a job needs to know, in few bytes: what it is about, not the thing itself. A field that is added later has a default,
    /// since jobs of before may wait. One that comes every so often needs nothing: `()`.
    type Payload: Serialize + DeserializeOwned + Send + 'static;

    /// Does it once.
    fn run(&self, payload: Self::Payload, attempt: Attempt) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// When a kind of job is done again.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long after it is done it comes again; `None` for what is done when it is asked for.
    pub every: Option<Duration>,
    /// How often it is tried before it has failed for good; `None` for as often as it takes.
    pub tries: Option<u32>,
    /// Wait after the first failure; it doubles with every further one.
    pub first_wait: Duration,
    /// Longest wait after a failure.
    pub longest_wait: Duration,
    /// How long one run may take; `None` for what ends with the collector.
    pub patience: Option<Duration>,
}

/// Key of the job that comes every so often.
pub const EVERY: &str = "every";
/// Longest run of what says nothing else.
const PATIENCE: Duration = Duration::from_secs(600);

impl Plan {
    /// What is done when somebody asks for it, and given up after so many tries.
    pub const fn when_asked(tries: u32) -> Self {
        Self {
            every: None,
            tries: Some(tries),
            first_wait: Duration::from_secs(15),
            longest_wait: Duration::from_secs(6 * 3_600),
            patience: Some(PATIENCE),
        }
    }

    /// What comes every so often, and is tried as long as it takes.
    pub const fn every(pause: Duration) -> Self {
        Self {
            every: Some(pause),
            tries: None,
            first_wait: Duration::from_secs(15),
            longest_wait: pause,
            patience: Some(PATIENCE),
        }
    }

    /// Wait after so many failures in a row, in milliseconds. `chance`, in [0, 1), draws it from the longer half, so that what
    /// failed together does not come together again.
    pub fn wait_ms(&self, attempts: i64, chance: f64) -> i64 {
        let doublings = u32::try_from(attempts.clamp(1, 32) - 1).unwrap_or(0);
        let (first_ms, longest_ms) = (self.first_wait.as_millis() as f64, self.longest_wait.as_millis() as f64);
        let wait_ms = (first_ms * f64::from(2_u32.pow(doublings))).min(longest_ms);
        (wait_ms * (0.5 + chance / 2.0)).round() as i64
    }

    /// The plan of one job: whoever asks for what comes every so often besides has it done once.
    #[must_use]
    pub fn of_key(self, key: &str) -> Self {
        Self { every: self.every.filter(|_| key == EVERY), ..self }
    }

    /// What becomes of a job that was begun so often, after its run.
    pub fn ended(&self, attempts: i64, result: Result<(), Fault>, now_ms: i64, chance: f64) -> Ended {
        let retried =
            |error| Ended::Retried { due_at_ms: now_ms.saturating_add(self.wait_ms(attempts, chance)), error };
        match (result, self.every) {
            (Ok(()), None) => Ended::Done,
            (Ok(()), Some(pause)) => Ended::Repeats { due_at_ms: now_ms.saturating_add(pause.as_millis() as i64) },
            (Err(Fault::Lasting(error)), None) => Ended::Failed { error },
            (Err(Fault::Passing(error)), None) if self.is_last(attempts) => Ended::Failed { error },
            (Err(Fault::Passing(error) | Fault::Lasting(error)), _) => retried(error),
        }
    }

    /// Whether there is no try after so many.
    fn is_last(&self, attempts: i64) -> bool {
        self.tries.is_some_and(|tries| attempts >= i64::from(tries))
    }

    /// Whether a job was begun more often than it may be: every time its collector ended before it did.
    pub fn is_beyond(&self, attempts: i64) -> bool {
        self.is_last(attempts - 1)
    }
}

/// Why a job was not done. The text is kept and shown to the operator: no words or addresses of anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Another try may do.
    Passing(String),
    /// No other try would.
    Lasting(String),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Passing(error.to_string())
    }
}

/// One attempt at a job.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The site that the job belongs to, if it belongs to one.
    pub site_id: Option<Id>,
    /// How often it was begun, this time included.
    pub attempts: i64,
    pub(super) stop: watch::Receiver<bool>,
}

impl Attempt {
    /// The first attempt at a job of no site, which nobody stops.
    #[cfg(test)]
    pub fn alone() -> Self {
        Self { site_id: None, attempts: 1, stop: watch::channel(false).1 }
    }

    /// Waits for `pause`, but no longer than until the collector stops: whether it does. Long work asks now and then.
    pub async fn stops_within(&mut self, pause: Duration) -> bool {
        // A sender that is gone has stopped as well.
        tokio::time::timeout(pause, self.stop.wait_for(|stops| *stops)).await.is_ok()
    }
}

/// A job of a kind that is to be done at `due_at_ms`; of the same key there is one.
///
/// # Errors
/// [`StoreError::Refused`] when the payload cannot be written as JSON.
pub fn job_of<K: Kind>(key: impl Into<String>, payload: &K::Payload, due_at_ms: i64) -> Result<NewJob, StoreError> {
    let payload = serde_json::to_string(payload)
        .map_err(|error| StoreError::Refused(format!("the payload of a job {}: {error}", K::NAME)))?;
    let (kind, key) = (K::NAME.to_owned(), key.into());
    Ok(NewJob { kind, key, site_id: None, payload, due_at_ms, if_known: IfKnown::Keep })
}

/// A kind whatever its payload is.
pub(super) trait AnyKind: Send + Sync {
    fn plan(&self) -> Plan;
    fn run(&self, payload: &str, attempt: Attempt) -> BoxFuture<'static, Result<(), Fault>>;
}

struct Known<K>(Arc<K>);

impl<K: Kind> AnyKind for Known<K> {
    fn plan(&self) -> Plan {
        K::PLAN
    }

    fn run(&self, payload: &str, attempt: Attempt) -> BoxFuture<'static, Result<(), Fault>> {
        let (kind, payload) = (self.0.clone(), serde_json::from_str(payload));
        Box::pin(async move {
            match payload {
                Ok(payload) => kind.run(payload, attempt).await,
                // What it says may be somebody's words.
                Err(error) => Err(Fault::Lasting(format!("its payload cannot be read at byte {}", error.column()))),
            }
        })
    }
}

/// The kinds that a worker knows, by name.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: BTreeMap<&'static str, Arc<dyn AnyKind>>,
}

impl Registry {
    /// With one more kind.
    #[must_use]
    pub fn with<K: Kind>(mut self, kind: K) -> Self {
        let before = self.kinds.insert(K::NAME, Arc::new(Known(Arc::new(kind))));
        debug_assert!(before.is_none(), "two kinds of jobs are called {}", K::NAME);
        self
    }

    /// The names.
    pub fn names(&self) -> Vec<&'static str> {
        self.kinds.keys().copied().collect()
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<dyn AnyKind>> {
        self.kinds.get(name).cloned()
    }

    /// The jobs that have to be there for what comes every so often: one a kind, whoever asks.
    pub fn repeating(&self, now_ms: i64) -> Vec<NewJob> {
        let repeating = self.kinds.iter().filter(|(_, kind)| kind.plan().every.is_some());
        let job = |name: &str| NewJob {
            kind: name.to_owned(),
            key: EVERY.to_owned(),
            site_id: None,
            payload: "null".to_owned(),
            due_at_ms: now_ms,
            if_known: IfKnown::Keep,
        };
        repeating.map(|(name, _)| job(name)).collect()
    }
}
