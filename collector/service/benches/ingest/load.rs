//! The load generator: one thread, raw sockets that stay open, each sends its next batch once the last is answered.

use crate::payload::{Mix, Request};
use rapport_store::clock::Clock;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What one round came to.
pub struct Round {
    elapsed: Duration,
    /// Milliseconds that each answer took, ascending.
    latencies_ms: Vec<f32>,
    /// Items acknowledged.
    pub items: u64,
}

impl Round {
    /// Batches answered in a second.
    pub fn requests_per_s(&self) -> f64 {
        self.latencies_ms.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The time to the answer that this share of the batches did not exceed.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let place = (self.latencies_ms.len() as f64 * share) as usize;
        self.latencies_ms.get(place.min(self.latencies_ms.len() - 1)).copied().unwrap_or(f32::NAN).into()
    }
}

/// Sends for `length` over so many connections.
pub fn run(address: SocketAddr, mix: &Mix, connections: usize, length: Duration, skew_ms: i64) -> Round {
    let requests: Vec<Request> = (0..connections).map(|number| mix.request(number)).collect();
    let expected = format!(r#"{{"accepted":{},"duplicate":0,"rejected":[]}}"#, mix.items.len());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let begin = Instant::now();
            let senders: Vec<_> = requests
                .into_iter()
                .enumerate()
                .map(|(number, request)| {
                    let skew_ms = (number as i64 * 2 * skew_ms / connections.max(1) as i64) - skew_ms;
                    tokio::spawn(send(address, request, expected.clone(), begin + length, skew_ms))
                })
                .collect();
            let mut latencies_ms = Vec::new();
            for sender in senders {
                latencies_ms.extend(sender.await.expect("a sender ends well"));
            }
            (begin.elapsed(), latencies_ms)
        })
    });
    let (elapsed, mut latencies_ms) = thread.join().expect("the load ends well");
    latencies_ms.sort_by(f32::total_cmp);
    let items = (latencies_ms.len() * mix.items.len()) as u64;
    Round { elapsed, latencies_ms, items }
}

async fn send(address: SocketAddr, mut request: Request, expected: String, until: Instant, skew_ms: i64) -> Vec<f32> {
    let mut stream = TcpStream::connect(address).await.expect("the service listens");
    stream.set_nodelay(true).expect("a socket");
    let mut counter: u64 = rapport_store::random::fresh();
    let mut latencies_ms = Vec::with_capacity(4_096);
    let mut answer = vec![0; 4_096];
    let mut now = Instant::now();
    while now < until {
        let epoch_ms = Clock::System.now_ms();
        request.renew((epoch_ms + skew_ms) as u64, &mut counter);
        let begin = Instant::now();
        stream.write_all(&request.bytes).await.expect("the service reads");
        let mut length = 0;
        loop {
            let read = stream.read(&mut answer[length..]).await.expect("the service answers");
            assert!(read > 0, "the service closed the connection");
            length += read;
            // The body is the last thing that comes, and what it must be is known.
            if answer[..length].ends_with(expected.as_bytes()) {
                break;
            }
            let text = || String::from_utf8_lossy(&answer[..length]).into_owned();
            assert!(answer.starts_with(b"HTTP/1.1 202"), "{}", text());
            assert!(!answer[..length].ends_with(b"]}"), "{}", text());
        }
        now = Instant::now();
        latencies_ms.push((now - begin).as_secs_f32() * 1_000.0);
    }
    latencies_ms
}
