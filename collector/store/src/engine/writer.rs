//! The queue before the engine: it commits whenever it is free, with everything that waits, and answers after the commit.

use crate::clock::Clock;
use crate::engine::{Engine, Stamp};
use crate::record::{Outcome, Pending, Submission};
use crate::visitor::erasure;
use crate::{Row, Statement, StoreError};
use rapport_shared::id::Id;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Most submissions waiting before new ones are turned away.
pub(crate) const QUEUE_SUBMISSIONS: usize = 4_096;
/// Most items in one commit: a bound on the time the others wait for it.
const GROUP_ITEMS: usize = 8_000;

/// Longest wait for a database that may be away, when everything ends.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

enum Command {
    Submit(Pending),
    Write(Vec<Statement>, oneshot::Sender<Result<Vec<Vec<Row>>, StoreError>>),
    /// Stores it and takes it back.
    Try(Box<Submission>, oneshot::Sender<Result<(), StoreError>>),
    WipeLog(oneshot::Sender<Result<bool, StoreError>>),
    /// With what is to be written last.
    ShutDown(Vec<Statement>, oneshot::Sender<()>),
}

/// The handle of the writer.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Command>,
    waiting: Arc<AtomicUsize>,
    evidence: Arc<Mutex<Evidence>>,
    collector_id: Id,
}

/// What the last commit of submissions says of the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// When one was last committed.
    pub stored_at: Option<Instant>,
    /// When and why the last one could not be, if it could not.
    pub failure: Option<(Instant, StoreError)>,
    /// The site of the last one that could not be.
    pub failed_site: Option<Id>,
}

impl Writer {
    /// Starts the one thread through which every write goes.
    pub fn start(engine: Arc<Engine>, clock: Clock) -> Self {
        let (queue, commands) = mpsc::channel(QUEUE_SUBMISSIONS);
        let waiting = Arc::new(AtomicUsize::new(0));
        let runtime = tokio::runtime::Handle::current();
        let (evidence, collector_id) = (Arc::<Mutex<Evidence>>::default(), clock.new_id());
        let thread = WriterThread {
            engine,
            collector_id,
            clock,
            waiting: waiting.clone(),
            evidence: evidence.clone(),
            commands,
        };
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || runtime.block_on(thread.run()))
            .expect("the operating system can start a thread");
        Self { queue, waiting, evidence, collector_id }
    }

    pub fn collector_id(&self) -> Id {
        self.collector_id
    }

    /// What is known of storing without trying.
    pub fn evidence(&self) -> Evidence {
        self.evidence.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the writer has ended.
    pub fn has_ended(&self) -> bool {
        self.queue.is_closed()
    }

    pub async fn submit(&self, submission: Submission) -> Result<Vec<Outcome>, StoreError> {
        let (reply, outcome) = oneshot::channel();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if self.queue.try_send(Command::Submit(Pending { submission, reply })).is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(StoreError::Busy);
        }
        outcome.await.unwrap_or(Err(StoreError::Busy))
    }

    pub async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, StoreError> {
        let (reply, outcome) = oneshot::channel();
        self.queue.send(Command::Write(statements, reply)).await.map_err(|_| StoreError::Busy)?;
        outcome.await.unwrap_or(Err(StoreError::Busy))
    }

    /// Whether a submission could be stored, by storing it and taking it back.
    pub async fn try_storing(&self, submission: Submission) -> Result<(), StoreError> {
        let (reply, outcome) = oneshot::channel();
        let command = Command::Try(Box::new(submission), reply);
        self.queue.send(command).await.map_err(|_| StoreError::Busy)?;
        outcome.await.unwrap_or(Err(StoreError::Busy))
    }

    pub fn queue_length(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Empties the log; false when it has to be tried again.
    pub async fn wipe_log(&self) -> Result<bool, StoreError> {
        let (reply, outcome) = oneshot::channel();
        self.queue.send(Command::WipeLog(reply)).await.map_err(|_| StoreError::Busy)?;
        outcome.await.unwrap_or(Err(StoreError::Busy))
    }

    /// Commits what waits, then `last`, and closes the engine.
    pub async fn shut_down(&self, last: Vec<Statement>) {
        let (done, finished) = oneshot::channel();
        if self.queue.send(Command::ShutDown(last, done)).await.is_ok() {
            let _ = finished.await;
        }
    }
}

struct WriterThread {
    engine: Arc<Engine>,
    clock: Clock,
    collector_id: Id,
    waiting: Arc<AtomicUsize>,
    evidence: Arc<Mutex<Evidence>>,
    commands: mpsc::Receiver<Command>,
}

impl WriterThread {
    async fn run(mut self) {
        let mut next = None;
        loop {
            let Some(command) = (match next.take() {
                Some(command) => Some(command),
                None => self.commands.recv().await,
            }) else {
                return;
            };
            match command {
                Command::ShutDown(last, done) => {
                    self.commands.close();
                    self.drain().await;
                    self.finish(last).await;
                    let _ = done.send(());
                    return;
                }
                Command::Submit(first) => next = self.commit(first).await,
                other => self.execute(other).await,
            }
        }
    }

    /// Whatever commits nothing together with others.
    async fn execute(&self, command: Command) {
        match command {
            Command::Write(statements, reply) => drop(reply.send(self.engine.write(&statements).await)),
            Command::Try(submission, reply) => {
                drop(reply.send(self.engine.try_group(&[&submission], self.stamp()).await));
            }
            Command::WipeLog(reply) => drop(reply.send(self.engine.wipe_log())),
            Command::ShutDown(_, done) => drop(done.send(())),
            // Goes with its group.
            Command::Submit(pending) => drop(pending),
        }
    }

    async fn finish(&self, last: Vec<Statement>) {
        if !last.is_empty() && !matches!(tokio::time::timeout(LAST_PATIENCE, self.engine.write(&last)).await, Ok(Ok(_)))
        {
            tracing::warn!("background work could not be given up; others wait until its time is over");
        }
        let _ = tokio::time::timeout(LAST_PATIENCE, self.engine.close()).await;
    }

    /// Commits `first` and all that waits behind it up to the first command of another kind, which it gives back.
    async fn commit(&mut self, first: Pending) -> Option<Command> {
        let mut items = first.submission.records.len();
        let mut group = vec![first];
        let mut other = None;
        while items < GROUP_ITEMS {
            match self.commands.try_recv() {
                Ok(Command::Submit(pending)) => {
                    items += pending.submission.records.len();
                    group.push(pending);
                }
                Ok(command) => {
                    other = Some(command);
                    break;
                }
                Err(_) => break,
            }
        }
        self.waiting.fetch_sub(group.len(), Ordering::Relaxed);
        metrics::histogram!("rapport_ingest_group_items").record(items as f64);
        self.commit_group(group).await;
        other
    }

    /// Has each submission know which of its items were erased.
    async fn forget_erased(&self, group: &mut [Pending]) -> Result<(), StoreError> {
        // Hardly any site has erased lately, and then there is nothing to look up.
        let any = Statement::new("SELECT 1 FROM erased_item LIMIT 1", Vec::new());
        if self.engine.read_to_write(any).await?.is_empty() {
            return Ok(());
        }
        let mut found = HashSet::new();
        let submissions: Vec<&Submission> = group.iter().map(|pending| &pending.submission).collect();
        for statement in erasure::select_erased(&submissions) {
            found.extend(erasure::hashes_of(&self.engine.read_to_write(statement).await?)?);
        }
        for pending in group {
            let site_id = pending.submission.site_id;
            let is_erased = |id| found.contains(&erasure::item_hash(site_id, id));
            erasure::forget_erased(&mut pending.submission, is_erased);
        }
        Ok(())
    }

    async fn commit_group(&self, mut group: Vec<Pending>) {
        let site_id = group.first().map(|pending| pending.submission.site_id);
        if let Err(error) = self.forget_erased(&mut group).await {
            self.note(&Err::<(), _>(error.clone()), site_id);
            tracing::error!(%error, submissions = group.len(), "a group could not be committed");
            for pending in group {
                let _ = pending.reply.send(Err(error.clone()));
            }
            return;
        }
        let submissions: Vec<&Submission> = group.iter().map(|pending| &pending.submission).collect();
        let result = self.engine.commit_group(&submissions, self.stamp()).await;
        self.note(&result, site_id);
        match result {
            Ok(outcomes) => {
                for (pending, outcomes) in group.into_iter().zip(outcomes) {
                    let _ = pending.reply.send(Ok(outcomes));
                }
            }
            // One submission that the engine refuses must not take its neighbours with it.
            Err(StoreError::Refused(reason)) if group.len() > 1 => {
                tracing::error!(reason, "a group was refused; committing its submissions one by one");
                for pending in group {
                    let result = self.engine.commit_group(&[&pending.submission], self.stamp()).await;
                    let _ = pending.reply.send(result.map(|mut outcomes| outcomes.pop().unwrap_or_default()));
                }
            }
            Err(error) => {
                tracing::error!(%error, submissions = group.len(), "a group could not be committed");
                for pending in group {
                    let _ = pending.reply.send(Err(error.clone()));
                }
            }
        }
    }

    fn note<T>(&self, result: &Result<T, StoreError>, site_id: Option<Id>) {
        let mut evidence = self.evidence.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(_) => *evidence = Evidence { stored_at: Some(Instant::now()), failure: None, failed_site: None },
            // What was wrong with these submissions says nothing of others.
            Err(StoreError::Refused(_)) => evidence.failed_site = site_id,
            // What is the matter with the file is looked at anew whenever somebody asks.
            Err(_) if self.engine.check().is_err() => evidence.failed_site = site_id,
            Err(error) => {
                evidence.failure = Some((Instant::now(), error.clone()));
                evidence.failed_site = site_id;
            }
        }
    }

    fn stamp(&self) -> Stamp {
        Stamp { collector_id: self.collector_id, mark: self.clock.new_id() }
    }

    async fn drain(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Submit(first) => {
                    // Nothing new can arrive: what comes back is at most one command of another kind.
                    if let Some(other) = self.commit(first).await {
                        self.execute(other).await;
                    }
                }
                other => self.execute(other).await,
            }
        }
    }
}
