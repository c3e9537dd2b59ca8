//! The sockets of the service: how long each may be silent, slow or busy, how many there may be, and how they end.
//!
//! Whoever connects and says nothing costs a socket, and a process has only so many. When all are taken, one whose client keeps
//! us waiting makes room: for a request, for its body, or until a response is taken. So a new client is answered however
//! many others only wait. Whoever asks how the service is gets in even when every connection is at work.

mod held;
#[cfg(test)]
mod test;
mod watched;

use crate::config::Config;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use held::{Held, Part};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;
use watched::{Watch, Watched};

/// Files that the process needs besides its connections: the database, the log, modules.
const OTHER_FILES: u64 = 256;
/// Fewest connections that are tried with, however few files there may be.
const FEWEST: usize = 16;
/// Largest headers of a request, and most bytes of it or of a response that wait in memory, of one connection (64 KiB).
const BUFFER_BYTES: usize = 65_536;
/// Between two lines of the log about the same trouble.
const TELL: Duration = Duration::from_secs(10);
/// Pause after a connection could not be taken, as when there are no files left.
const PAUSE: Duration = Duration::from_millis(50);
/// Clients that keep us waiting for less are not in the way of new ones, as long as others do for more.
const LONG: Duration = Duration::from_secs(1);
/// Places beyond the most, for those who ask how the service is.
const KEPT: usize = 8;
/// What they ask.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
/// How long a request whose body is not here yet may go on when the process is to stop.
const LATE_BODY: Duration = Duration::from_secs(2);

/// What a connection may take, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections.
    pub connections: usize,
    /// From the connection, or from the first byte of a further request, until the request's headers are here.
    pub head: Duration,
    /// From a response until the next request begins.
    pub idle: Duration,
    /// From a request's headers until its response has been read.
    pub exchange: Duration,
    /// For requests to finish in, when the process is to stop.
    pub shutdown: Duration,
}

impl Limits {
    /// As the operator wants it.
    pub fn of(config: &Config) -> Self {
        Self {
            connections: usize::try_from(config.max_connections).unwrap_or(usize::MAX),
            head: Duration::from_millis(config.header_timeout_ms),
            idle: Duration::from_millis(config.idle_timeout_ms),
            exchange: Duration::from_millis(config.exchange_timeout_ms),
            shutdown: Duration::from_millis(config.shutdown_timeout_ms),
        }
    }

    /// The same with no more connections than the process may have files, once it has as many as it may ask for.
    #[must_use]
    pub fn within_files(self) -> Self {
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        if current != maximum
            && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        {
            tracing::debug!(%error, "the number of open files could not be raised");
        }
        let Some(files) = getrlimit(Resource::Nofile).current else { return self };
        let room = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX).max(FEWEST);
        if room < self.connections {
            tracing::warn!(
                files,
                connections = room,
                "fewer connections than max_connections: raise the limit of open files"
            );
        }
        Self { connections: self.connections.min(room), ..self }
    }
}

/// Answers connections until `stop`; then those that are silent end at once, and running requests may finish.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let open = Open::default();
    let (stopping, stopped) = watch::channel(());
    let (mut tasks, mut notice, mut stop) = (JoinSet::new(), Notice::default(), pin!(stop));
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match open.seat(peer.ip(), limits.connections, &mut notice) {
                    Some(seat) => { tasks.spawn(attend(stream, peer, router.clone(), seat, limits, stopped.clone())); }
                    None => drop(stream),
                },
                Err(error) => {
                    notice.not_accepted(&error);
                    open.make_room();
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
        notice.tell(limits.connections);
        metrics::gauge!("rapport_connections").set(tasks.len() as f64);
    }
    drop(listener);
    let _ = stopping.send(());
    let finish = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.shutdown, finish).await.is_err() {
        tracing::warn!(waited_ms = limits.shutdown.as_millis() as u64, "some requests did not finish in time");
    }
}

/// The connections that are open. Cheap to clone.
#[derive(Clone, Default)]
struct Open {
    seats: Arc<Mutex<Seats>>,
}

#[derive(Default)]
struct Seats {
    taken: HashMap<u64, Arc<Watch>>,
    last: u64,
}

/// The place of one connection; it is free again when this is dropped.
struct Seat {
    number: u64,
    watch: Arc<Watch>,
    open: Open,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.open.lock().taken.remove(&self.number);
    }
}

impl Open {
    fn lock(&self) -> std::sync::MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place among at most `most`, or one of those that are kept; `None` when each is taken by a request.
    fn seat(&self, address: IpAddr, most: usize, notice: &mut Notice) -> Option<Seat> {
        let mut is_kept = false;
        if self.lock().taken.len() >= most {
            if self.make_room() {
                notice.made_room += 1;
            } else if self.lock().taken.len() < most.saturating_add(KEPT) {
                is_kept = true;
            } else {
                notice.turned_away += 1;
                closed("full");
                return None;
            }
        }
        let watch = Arc::new(Watch::new(rapport_ingest::network(address), is_kept));
        let mut seats = self.lock();
        seats.last += 1;
        let number = seats.last;
        seats.taken.insert(number, watch.clone());
        Some(Seat { number, watch, open: self.clone() })
    }

    /// Ends a connection that waits for its client: one that has for [`LONG`] before one that has just begun to, then one that
    /// never served before one that did, then of the network that has most, then the one that has waited longest; false when
    /// each is busy.
    fn make_room(&self) -> bool {
        let (mut seats, now) = (self.lock(), Instant::now());
        let mut of_network: HashMap<IpAddr, usize> = HashMap::new();
        for watch in seats.taken.values() {
            *of_network.entry(watch.network).or_default() += 1;
        }
        let waiting = seats.taken.iter().filter_map(|(number, watch)| {
            let (served, since) = watch.waits_since()?;
            Some((since + LONG > now, served, Reverse(of_network[&watch.network]), since, *number))
        });
        let Some((.., number)) = waiting.min() else { return false };
        if let Some(watch) = seats.taken.remove(&number) {
            watch.end();
        }
        true
    }
}

/// What the log is told about connections, once in a while.
#[derive(Default)]
struct Notice {
    last: Option<Instant>,
    made_room: u64,
    turned_away: u64,
    errors: u64,
    error: String,
}

impl Notice {
    fn not_accepted(&mut self, error: &std::io::Error) {
        self.errors += 1;
        self.error = error.to_string();
    }

    fn tell(&mut self, connections: usize) {
        let Self { last, made_room, turned_away, errors, error } = self;
        if *made_room + *turned_away + *errors == 0 || last.is_some_and(|last| last.elapsed() < TELL) {
            return;
        }
        if *made_room + *turned_away > 0 {
            tracing::warn!(
                connections,
                made_room,
                turned_away,
                "all connections are taken (max_connections): those that wait for their clients make room"
            );
        }
        if *errors > 0 {
            tracing::error!(errors, error, "connections could not be accepted");
        }
        *self = Self { last: Some(Instant::now()), ..Self::default() };
    }
}

/// Counts a connection that was not ended by its client.
fn closed(reason: &'static str) {
    metrics::counter!("rapport_connections_closed_total", "reason" => reason).increment(1);
}

/// One connection, to its end.
async fn attend(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    seat: Seat,
    limits: Limits,
    mut stopping: watch::Receiver<()>,
) {
    // A reply is one write: nothing is gained by waiting for more.
    let _ = stream.set_nodelay(true);
    let watch = seat.watch.clone();
    let service = hyper::service::service_fn(|request| answer(request, peer, router.clone(), watch.clone()));
    let io = TokioIo::new(Watched::new(stream, watch.clone()));
    let mut connection = pin!(http1::Builder::new().max_buf_size(BUFFER_BYTES).serve_connection(io, service));
    let mut stopped_at = None;
    loop {
        let (deadline, reason) = watch.deadline(&limits, stopped_at);
        tokio::select! {
            result = &mut connection => {
                if let Err(error) = result {
                    tracing::debug!(%error, "a connection broke off");
                }
                return;
            }
            () = tokio::time::sleep_until(deadline) => {
                if watch.deadline(&limits, stopped_at).0 <= Instant::now() {
                    return closed(reason);
                }
            }
            () = watch.changed() => {
                if watch.is_ended() {
                    return closed("room");
                }
            }
            _ = stopping.changed(), if stopped_at.is_none() => {
                stopped_at = Some(Instant::now());
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// A request that has no place: its connection ends without a word, as do those that find none at all.
#[derive(Debug)]
struct Full;

impl std::fmt::Display for Full {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("all connections are taken")
    }
}

impl std::error::Error for Full {}

/// One request.
async fn answer(
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
    router: Router,
    watch: Arc<Watch>,
) -> Result<axum::response::Response, Full> {
    if watch.is_kept && !PROBES.contains(&request.uri().path()) {
        closed("full");
        return Err(Full);
    }
    watch.begin(!request.body().is_end_stream());
    let mut request: Request = request.map(|body| Body::new(Held { body, part: Part::Request, watch: watch.clone() }));
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {});
    Ok(response.map(|body| Body::new(Held { body, part: Part::Response, watch })))
}
