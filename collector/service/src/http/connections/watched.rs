//! What a connection is at, and since when: by it the connection's time is limited.

use super::Limits;
use std::io;
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

#[derive(Clone, Copy, Debug)]
struct State {
    phase: Phase,
    since: Instant,
    /// Whether a request was answered before.
    served: bool,
}

/// What one connection is at, for the task that attends it and for those who need room.
pub(super) struct Watch {
    state: Mutex<State>,
    changed: Notify,
    ended: AtomicBool,
}

impl Watch {
    pub fn new(now: Instant) -> Self {
        let state = State { phase: Phase::Silent, since: now, served: false };
        Self { state: Mutex::new(state), changed: Notify::new(), ended: AtomicBool::new(false) }
    }

    fn set(&self, change: impl FnOnce(&mut State) -> bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if change(&mut state) {
            self.changed.notify_one();
        }
    }

    /// Bytes arrived.
    fn arrived(&self) {
        self.set(|state| {
            let begins = state.phase == Phase::Silent;
            if begins {
                *state = State { phase: Phase::Head, since: Instant::now(), ..*state };
            }
            begins
        });
    }

    /// The headers of a request are here.
    pub fn begin(&self) {
        self.set(|state| {
            *state = State { phase: Phase::Body, since: Instant::now(), ..*state };
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
            *state = State { phase: Phase::Silent, since: Instant::now(), served: true };
            true
        });
    }

    /// Waits until the connection is at something else.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Makes the connection end, if it is silent still.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Whether it was told to.
    pub fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Whether it ever served, and since when it has no complete request: what has been of least use for the longest time
    /// comes first. `None` for one that is busy.
    pub fn silent_since(&self) -> Option<(bool, Instant)> {
        let state = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(state.phase, Phase::Silent | Phase::Head).then_some((state.served, state.since))
    }

    /// Until when the connection may be at what it is at, and what it is closed for then.
    pub fn deadline(&self, limits: &Limits, stopped_at: Option<Instant>) -> (Instant, &'static str) {
        let State { phase, since, served } = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
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
        if buffer.filled().len() > before {
            self.watch.arrived();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
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
