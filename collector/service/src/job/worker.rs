//! The worker of a collector: takes jobs that are due, a few at a time, keeps their leases, and notes what became of them.

use super::kind::{AnyKind, Attempt, Fault, Plan, Registry};
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::job::claim::{Claim, ClaimedJob};
use rapport_store::job::outcome::Ended;
use rapport_store::{Store, StoreError};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinError, JoinHandle, JoinSet};

/// Most jobs that a collector is at, one of which is the rollups for as long as it has them.
pub const CONCURRENT: usize = 5;
/// How long a job may be due before it counts as overdue, in milliseconds (10 minutes).
pub const OVERDUE_MS: i64 = 600_000;
/// Most jobs that are counted for the gauges.
const COUNTED: i64 = 1_000;
/// Pause before it is tried again to note what became of a job.
const NOTE_PAUSE: Duration = Duration::from_secs(2);

/// How often a worker does what.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two looks for jobs that are due, when there were none.
    pub look: Duration,
    /// Between two renewals of its leases: several in the time that one lasts.
    pub renew: Duration,
    /// Between two looks at the jobs that have to be there, and at those that wait too long.
    pub tend: Duration,
    /// How long jobs may go on when the collector stops.
    pub grace: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            look: Duration::from_secs(1),
            renew: Duration::from_secs(15),
            tend: Duration::from_secs(60),
            grace: Duration::from_secs(10),
        }
    }
}

/// The running worker, which ends when it is stopped or dropped.
#[must_use]
pub struct Jobs {
    stop: watch::Sender<bool>,
    worker: JoinHandle<()>,
}

impl Jobs {
    /// Starts a worker that knows these kinds.
    pub fn start(store: Store, clock: Clock, kinds: Registry, pace: Pace) -> Self {
        let (stop, stops) = watch::channel(false);
        let shared = Arc::new(Shared { store, clock, kinds, stops });
        let worker = Worker { shared, pace, runs: JoinSet::new(), at: HashMap::new() };
        Self { stop, worker: tokio::spawn(worker.run()) }
    }

    /// Begins nothing more, lets jobs come to an end for a while, and gives back those that do not.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        if let Err(error) = self.worker.await {
            tracing::error!(%error, "the worker of the jobs ended by itself");
        }
    }
}

/// What all runs of a worker need.
struct Shared {
    store: Store,
    clock: Clock,
    kinds: Registry,
    stops: watch::Receiver<bool>,
}

struct Worker {
    shared: Arc<Shared>,
    pace: Pace,
    runs: JoinSet<()>,
    /// The job of each run.
    at: HashMap<tokio::task::Id, (Id, AbortHandle)>,
}

/// Whether so much time has gone by since then.
fn is_time(since: &mut Option<Instant>, pause: Duration) -> bool {
    let is_time = since.is_none_or(|since| since.elapsed() >= pause);
    if is_time {
        *since = Some(Instant::now());
    }
    is_time
}

impl Worker {
    async fn run(mut self) {
        let (mut tended, mut renewed) = (None, Some(Instant::now()));
        while !*self.shared.stops.borrow() && self.shared.stops.has_changed().is_ok() {
            if is_time(&mut tended, self.pace.tend)
                && let Err(error) = self.tend().await
            {
                tracing::warn!(%error, "the jobs could not be looked after; trying again");
                tended = None;
                self.rest(self.pace.look * 5).await;
            }
            if is_time(&mut renewed, self.pace.renew) {
                self.renew().await;
            }
            match self.begin().await {
                // There may be more.
                Ok(begun) if begun > 0 => {}
                Ok(_) => self.rest(self.pace.look).await,
                Err(error) => {
                    tracing::warn!(%error, "no jobs could be taken; trying again");
                    self.rest(self.pace.look * 5).await;
                }
            }
        }
        self.finish().await;
    }

    /// Until it is time for the next look: a run has ended, the collector stops, or the pause is over.
    async fn rest(&mut self, pause: Duration) {
        let mut stops = self.shared.stops.clone();
        tokio::select! {
            _ = stops.wait_for(|stops| *stops) => {}
            Some(ended) = self.runs.join_next_with_id(), if !self.runs.is_empty() => self.has_ended(&ended),
            () = tokio::time::sleep(pause) => {}
        }
    }

    fn has_ended(&mut self, ended: &Result<(tokio::task::Id, ()), JoinError>) {
        let run = ended.as_ref().map_or_else(JoinError::id, |(run, ())| *run);
        self.at.remove(&run);
    }

    fn job_ids(&self) -> HashSet<Id> {
        self.at.values().map(|(job_id, _)| *job_id).collect()
    }

    /// Takes as many jobs as there is room for; how many it got.
    async fn begin(&mut self) -> Result<usize, StoreError> {
        while let Some(ended) = self.runs.try_join_next_with_id() {
            self.has_ended(&ended);
        }
        let Shared { store, clock, kinds, .. } = &*self.shared;
        let (names, except) = (kinds.names(), self.job_ids());
        let most = CONCURRENT.saturating_sub(self.runs.len());
        let (kinds, holder, now_ms) = (&names[..], store.collector_id(), clock.now_ms());
        let jobs = store.claim_jobs(Claim { kinds, holder, now_ms, most, except: &except }).await?;
        let begun = jobs.len();
        for job in jobs {
            let (shared, job_id) = (self.shared.clone(), job.job_id);
            let run = self.runs.spawn(async move { shared.perform(job).await });
            self.at.insert(run.id(), (job_id, run));
        }
        Ok(begun)
    }

    /// Keeps what it is at, and lets go of what somebody else has by now.
    async fn renew(&mut self) {
        let mine = self.job_ids();
        if mine.is_empty() {
            return;
        }
        let Shared { store, clock, .. } = &*self.shared;
        match store.renew_jobs(store.collector_id(), &mine, clock.now_ms()).await {
            Ok(kept) => {
                // A run that ended meanwhile has nothing to renew, and nothing to stop.
                for (job_id, run) in self.at.values().filter(|(job_id, _)| !kept.contains(job_id)) {
                    if !run.is_finished() {
                        tracing::warn!(%job_id, "a job was taken over by another collector, and is left to it");
                        run.abort();
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the leases of jobs could not be renewed; trying again"),
        }
    }

    /// Has the jobs be there that come every so often, and counts those that wait too long.
    async fn tend(&self) -> Result<(), StoreError> {
        let Shared { store, clock, kinds, .. } = &*self.shared;
        let now_ms = clock.now_ms();
        store.enqueue(&kinds.repeating(now_ms), clock).await?;
        store.reckon_jobs_anew(now_ms).await?;
        let overdue = store.overdue_jobs(now_ms - OVERDUE_MS, COUNTED).await?.len();
        let failed = store.failed_jobs(COUNTED).await?.len();
        metrics::gauge!("rapport_jobs_overdue").set(overdue as f64);
        metrics::gauge!("rapport_jobs_failed").set(failed as f64);
        Ok(())
    }

    async fn finish(mut self) {
        let until = tokio::time::Instant::now() + self.pace.grace;
        while let Ok(Some(_)) = tokio::time::timeout_at(until, self.runs.join_next()).await {}
        if self.runs.is_empty() {
            return;
        }
        self.runs.shutdown().await;
        if let Err(error) = self.shared.store.give_back_jobs().await {
            tracing::warn!(%error, "jobs could not be given back; others wait until their leases end");
        }
    }
}

impl Shared {
    async fn perform(&self, job: ClaimedJob) {
        // Only known kinds are claimed.
        let Some(kind) = self.kinds.get(&job.kind) else { return };
        let plan = kind.plan().of_key(&job.key);
        let ended = if plan.is_beyond(job.attempts) {
            let error =
                format!("it was begun {} times, and each time the collector ended before it did", job.attempts - 1);
            Ended::Failed { error }
        } else {
            let result = self.run(&*kind, plan, &job).await;
            plan.ended(job.attempts, result, self.clock.now_ms(), rapport_store::random::fresh())
        };
        tell(&job, &ended);
        self.note(&job, &ended).await;
    }

    /// One run, on a task of its own, so that nothing that it does can harm the others.
    async fn run(&self, kind: &dyn AnyKind, plan: Plan, job: &ClaimedJob) -> Result<(), Fault> {
        let attempt = Attempt { site_id: job.site_id, attempts: job.attempts, stop: self.stops.clone() };
        let mut alone = JoinSet::new();
        alone.spawn(kind.run(&job.payload, attempt));
        let patience = plan.patience.unwrap_or(Duration::MAX);
        match tokio::time::timeout(patience, alone.join_next()).await {
            Ok(Some(Ok(result))) => result,
            Ok(_) => {
                metrics::counter!("rapport_panics_total").increment(1);
                tracing::error!(kind = job.kind, "a job panicked");
                Err(Fault::Passing("it panicked: the collector's log says where".into()))
            }
            Err(_) => Err(Fault::Passing(format!("it took longer than {} seconds", patience.as_secs()))),
        }
    }

    /// Notes what became of a job. A database that is away comes back: until then the job stays with whoever did it.
    async fn note(&self, job: &ClaimedJob, ended: &Ended) {
        loop {
            match self.store.end_job(self.store.collector_id(), job, self.clock.now_ms(), ended).await {
                Ok(true) => return,
                Ok(false) => {
                    tracing::warn!(kind = job.kind, job_id = %job.job_id, "a job was taken over before its end was noted");
                    return;
                }
                Err(error) => {
                    tracing::warn!(kind = job.kind, job_id = %job.job_id, %error, "the end of a job could not be noted; trying again");
                    tokio::time::sleep(NOTE_PAUSE).await;
                }
            }
        }
    }
}

/// Counts what became of a job, and says what went wrong.
fn tell(job: &ClaimedJob, ended: &Ended) {
    let (kind, job_id, attempts) = (&job.kind, &job.job_id, job.attempts);
    let outcome = match ended {
        Ended::Done | Ended::Repeats { .. } | Ended::GivenBack => "done",
        Ended::Retried { error, .. } => {
            tracing::warn!(kind, %job_id, attempts, error, "a job failed, and is tried again");
            "retried"
        }
        Ended::Failed { error } => {
            tracing::error!(kind, %job_id, attempts, error, "a job failed for good");
            "failed"
        }
    };
    metrics::counter!("rapport_job_runs_total", "outcome" => outcome).increment(1);
}
