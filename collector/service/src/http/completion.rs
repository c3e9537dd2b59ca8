//! Carries out what a caller asked for, even when the caller does not wait for the answer.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// How many requests may outlive their callers at a time; more end with their connections, as those that only read do.
const MOST: usize = 1_024;

static ROOM: Semaphore = Semaphore::const_new(MOST);

/// Lets a request that changes something run to its end when its connection closes or its time is over.
///
/// A closing tab sends its last words and goes: a handler that was dropped with the connection would lose them.
pub async fn of_changes(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    Carried { running: Some(Box::pin(next.run(request))) }.await
}

/// A request that is handed to a task of its own when it is dropped before its end, and to none while somebody waits.
struct Carried {
    /// `None` once it has ended, or panicked.
    running: Option<Pin<Box<dyn Future<Output = Response> + Send>>>,
}

impl Future for Carried {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        let mut running = self.running.take().expect("nothing is asked for after the answer");
        let answer = running.as_mut().poll(context);
        if answer.is_pending() {
            self.running = Some(running);
        }
        answer
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else { return };
        // Without a runtime the collector is ending, and with it everything that runs.
        if let (Ok(runtime), Ok(place)) = (Handle::try_current(), ROOM.try_acquire()) {
            runtime.spawn(async move {
                let _place = place;
                running.await
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::http::connections::{Limits, serve};
    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::{get, post};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;
    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn the_last_words_of_a_closing_tab_were_lost_with_its_connection() {
        let (asked, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let [changed, read] = [(); 2].map(|()| Arc::new(AtomicU32::new(0)));
        let handler = |count: Arc<AtomicU32>| {
            let (asked, go_on) = (asked.clone(), go_on.clone());
            move |_body: axum::body::Bytes| async move {
                asked.notify_one();
                go_on.notified().await;
                count.fetch_add(1, Ordering::SeqCst);
            }
        };
        let router = Router::new()
            .route("/", post(handler(changed.clone())))
            .route("/", get(handler(read.clone())))
            .layer(from_fn(super::of_changes));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let limits = Limits::of(&crate::config::Config::default());
        let served = tokio::spawn(serve(listener, router, limits, async { stopped.await.unwrap_or_default() }));
        for method in ["POST", "GET"] {
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            let request = format!("{method} / HTTP/1.1\r\nhost: here\r\ncontent-length: 4\r\n\r\nlast");
            stream.write_all(request.as_bytes()).await.expect("it reads");
            asked.notified().await;
            drop(stream);
        }
        // Nothing runs on behalf of the connections any more.
        stop.send(()).expect("it is served");
        served.await.expect("serving ends");
        go_on.notify_waiters();
        tokio::time::timeout(Duration::from_secs(30), async {
            while changed.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("what was sent is carried out");
        assert_eq!(read.load(Ordering::SeqCst), 0, "nobody is there to read it");
    }

    #[tokio::test]
    async fn a_request_that_panicked_is_not_begun_again() {
        let polls = Arc::new(AtomicU32::new(0));
        let counted = polls.clone();
        let running = async move {
            counted.fetch_add(1, Ordering::SeqCst);
            panic!("a fault of ours");
        };
        let carried = tokio::spawn(super::Carried { running: Some(Box::pin(running)) });
        assert!(carried.await.expect_err("it panics").is_panic(), "the layer around it is told");
        tokio::task::yield_now().await;
        assert_eq!(polls.load(Ordering::SeqCst), 1);
    }
}
