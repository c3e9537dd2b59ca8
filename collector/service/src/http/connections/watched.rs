//! What a connection is at, and since when: by it the connection's time is limited.

use super::Limits;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing of a request is here.
    Silent,
    /// A request has begun, and its headers are not complete.
    Head,
    /// Its headers are here, its body is not, as far as anybody wants it.
    Body,
    /// The response is made, or on its way.
    Answer,
}

/// So many bytes of a body are progress; one now and then is none.
const PROGRESS_BYTES: usize = 1_024;

#[derive(Clone, Copy, Debug)]
struct State {
    phase: Phase,
    since: Instant,
    /// Whether a request was answered before.
    served: bool,
    /// When the client last did its part: sent [`PROGRESS_BYTES`] of a body, or took some of a response.
    moved: Instant,
    /// Bytes of the body that arrived since then.
    bytes: usize,
    /// Whether a response waits for the client to take it.
    stuck: bool,
}

/// What one connection is at, for the task that attends it and for those who need room.
pub(super) struct Watch {
    state: Mutex<State>,
    changed: Notify,
    ended: AtomicBool,
    /// The network that it came from.
    pub network: IpAddr,
    /// Whether it has one of the places that are kept for those who ask how the service is.
    pub is_kept: bool,
}

impl State {
    fn new(phase: Phase, served: bool) -> Self {
        let now = Instant::now();
        Self { phase, since: now, served, moved: now, bytes: 0, stuck: false }
    }
}

impl Watch {
    pub fn new(network: IpAddr, is_kept: bool) -> Self {
        let state = Mutex::new(State::new(Phase::Silent, false));
        Self { state, changed: Notify::new(), ended: AtomicBool::new(false), network, is_kept }
    }

    fn set(&self, change: impl FnOnce(&mut State) -> bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if change(&mut state) {
            self.changed.notify_one();
        }
    }

    /// So many bytes arrived.
    fn arrived(&self, bytes: usize) {
        self.set(|state| {
            let begins = state.phase == Phase::Silent;
            if begins {
                *state = State::new(Phase::Head, state.served);
            }
            state.bytes += bytes;
            if state.bytes >= PROGRESS_BYTES {
                (state.bytes, state.moved) = (0, Instant::now());
            }
            begins
        });
    }

    /// The client took some of what was written, or takes none now.
    fn taken(&self, some: bool) {
        self.set(|state| {
            if some || !state.stuck {
                state.moved = Instant::now();
            }
            state.stuck = !some;
            false
        });
    }

    /// The headers of a request are here, and a body may follow.
    pub fn begin(&self, has_body: bool) {
        let phase = if has_body { Phase::Body } else { Phase::Answer };
        self.set(|state| {
            *state = State::new(phase, state.served);
            true
        });
    }

    /// The body of the request is here, or nobody wants it.
    pub fn received(&self) {
        self.set(|state| {
            let ends = state.phase == Phase::Body;
            if ends {
                state.phase = Phase::Answer;
            }
            ends
        });
    }

    /// The response has left.
    pub fn answered(&self) {
        self.set(|state| {
            *state = State::new(Phase::Silent, true);
            true
        });
    }

    /// Waits until the connection is at something else.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Makes the connection end.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Whether it was told to.
    pub fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Whether it ever served, and since when we wait for its client: for a request, for more of a body, or until a response
    /// is taken. `None` for one whose request we are at.
    pub fn waits_since(&self) -> Option<(bool, Instant)> {
        let state = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let since = match state.phase {
            Phase::Silent | Phase::Head => state.since,
            Phase::Body => state.moved,
            Phase::Answer if state.stuck => state.moved,
            Phase::Answer => return None,
        };
        Some((state.served, since))
    }

    /// Until when the connection may be at what it is at, and what it is closed for then.
    pub fn deadline(&self, limits: &Limits, stopped_at: Option<Instant>) -> (Instant, &'static str) {
        let State { phase, since, served, .. } = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match (phase, stopped_at) {
            (Phase::Silent | Phase::Head, Some(stopped_at)) => (stopped_at, "stopping"),
            (Phase::Silent, None) if served => (since + limits.idle, "idle"),
            (Phase::Silent, None) => (since + limits.head, "silent"),
            (Phase::Head, None) => (since + limits.head, "slow_headers"),
            (Phase::Body, Some(stopped_at)) => {
                ((since + limits.exchange).min(stopped_at + super::LATE_BODY), "stopping")
            }
            (Phase::Body | Phase::Answer, _) => (since + limits.exchange, "slow"),
        }
    }
}

/// A socket whose bytes are noticed.
pub(super) struct Watched {
    stream: TcpStream,
    watch: Arc<Watch>,
}

impl Watched {
    pub fn new(stream: TcpStream, watch: Arc<Watch>) -> Self {
        Self { stream, watch }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let arrived = buffer.filled().len() - before;
        if arrived > 0 {
            self.watch.arrived(arrived);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch.taken(written.is_ready());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watch.taken(written.is_ready());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
