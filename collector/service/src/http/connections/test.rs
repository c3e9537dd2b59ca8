//! Silent, slow and idle sockets over a real listener: they end in time, take nobody's place and hold up no stop.

use super::{Limits, serve};
use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
/// Bytes of a response that no socket's buffers hold.
const LARGE: usize = 64 << 20;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Limits that no test waits for, unless it sets one.
fn patient() -> Limits {
    let long = Duration::from_secs(60);
    Limits { connections: 1_000, head: long, idle: long, exchange: long, shutdown: long }
}

struct Service {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

impl Service {
    async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/", get(|| async { "here" }))
            .route("/healthz", get(|| async { "well" }))
            .route("/slow", get(|| async { tokio::time::sleep(ms(500)).await }))
            .route("/large", get(|| async { vec![b'x'; LARGE] }))
            .route("/body", post(|body: Bytes| async move { body.len().to_string() }));
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(serve(listener, router, limits, async {
            let _ = stopped.await;
        }));
        Self { address, stop, done }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut socket = self.connect().await;
        socket.write_all(bytes).await.unwrap();
        socket
    }

    /// How long the service takes to end.
    async fn end(self) -> Duration {
        let began = Instant::now();
        self.stop.send(()).unwrap();
        self.done.await.unwrap();
        began.elapsed()
    }
}

/// What comes until the other side closes, and after how long it does; `None` when it does not within 5 s.
async fn closed(socket: &mut TcpStream) -> Option<(String, Duration)> {
    let (began, mut bytes) = (Instant::now(), Vec::new());
    // It may be reset, if what we sent was not read.
    tokio::time::timeout(ms(5_000), socket.read_to_end(&mut bytes)).await.ok()?.ok();
    Some((String::from_utf8_lossy(&bytes).into_owned(), began.elapsed()))
}

/// The status of the next response.
async fn status(socket: &mut TcpStream) -> String {
    let mut bytes = [0; 4_096];
    let count = tokio::time::timeout(ms(5_000), socket.read(&mut bytes)).await.expect("an answer in time").unwrap();
    String::from_utf8_lossy(&bytes[..count]).split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_silent_sockets_stop_no_new_client_and_no_stop() {
    let limits = Limits { connections: 100, ..patient() }.within_files();
    let service = Service::start(limits).await;
    let mut faithful = service.send(REQUEST).await;
    assert_eq!(status(&mut faithful).await, "200");
    let mut silent = Vec::new();
    for number in 0..1_000 {
        let begun: &[u8] = if number % 2 == 0 { b"" } else { b"GET / HT" };
        silent.push(service.send(begun).await);
    }
    let mut new = service.send(REQUEST).await;
    assert_eq!(status(&mut new).await, "200");
    faithful.write_all(REQUEST).await.unwrap();
    assert_eq!(status(&mut faithful).await, "200", "one that was of use stays longer");
    let took = service.end().await;
    assert!(took < ms(2_000), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_turned_away_only_where_every_connection_has_a_request() {
    let service = Service::start(Limits { connections: 2, ..patient() }).await;
    let mut busy =
        [service.send(b"GET /slow HTTP/1.1\r\n\r\n").await, service.send(b"GET /slow HTTP/1.1\r\n\r\n").await];
    tokio::time::sleep(ms(200)).await;
    let (said, took) = closed(&mut service.send(REQUEST).await).await.expect("it is closed");
    assert!(said.is_empty() && took < ms(300), "{said} {took:?}");
    for socket in &mut busy {
        assert_eq!(status(socket).await, "200");
    }
    assert_eq!(status(&mut service.send(REQUEST).await).await, "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_without_their_bodies_and_responses_that_nobody_reads_hold_no_place() {
    let service = Service::start(Limits { connections: 20, ..patient() }).await;
    let mut held = Vec::new();
    for number in 0..50 {
        let request: &[u8] = match number % 2 {
            0 => b"POST /body HTTP/1.1\r\ncontent-length: 100000\r\n\r\nx",
            _ => b"GET /large HTTP/1.1\r\n\r\n",
        };
        held.push(service.send(request).await);
        tokio::time::sleep(ms(10)).await;
    }
    tokio::time::sleep(super::LONG + ms(100)).await;
    let (mut first, mut second) = (service.connect().await, service.connect().await);
    tokio::time::sleep(ms(100)).await;
    for new in [&mut first, &mut second] {
        new.write_all(REQUEST).await.unwrap();
        assert_eq!(status(new).await, "200", "new clients do not end each other's connections");
    }
    let mut upload = service.send(b"POST /body HTTP/1.1\r\ncontent-length: 20000\r\n\r\n").await;
    for _ in 0..5 {
        tokio::time::sleep(ms(20)).await;
        upload.write_all(&[b'x'; 4_000]).await.unwrap();
        held.push(service.send(b"POST /body HTTP/1.1\r\ncontent-length: 9\r\n\r\n").await);
    }
    assert_eq!(status(&mut upload).await, "200", "a body that arrives goes on arriving");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_how_the_service_is_gets_in_when_every_connection_is_at_work() {
    let service = Service::start(Limits { connections: 2, ..patient() }).await;
    let _busy = [service.send(b"GET /slow HTTP/1.1\r\n\r\n").await, service.send(b"GET /slow HTTP/1.1\r\n\r\n").await];
    tokio::time::sleep(ms(100)).await;
    let mut probe = service.send(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(status(&mut probe).await, "200");
}

#[test]
fn the_network_that_has_most_connections_makes_room() {
    let open = super::Open::default();
    let mut notice = super::Notice::default();
    let mut seat = |address: &str| open.seat(address.parse().unwrap(), 10, &mut notice).expect("a place");
    let one = seat("192.0.2.1");
    let greedy: Vec<_> = (0..9).map(|number| seat(&format!("2001:db8::{number}"))).collect();
    let other = seat("192.0.2.2");
    assert!(greedy[0].watch.is_ended() && !one.watch.is_ended() && !other.watch.is_ended());
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_slow_and_idle_connections_are_closed() {
    let limits = Limits { head: ms(300), idle: ms(900), exchange: ms(600), ..patient() };
    let service = Service::start(limits).await;
    let (said, took) = closed(&mut service.connect().await).await.expect("a silent one is closed");
    assert!(said.is_empty() && (ms(200)..ms(800)).contains(&took), "{took:?}");

    // A byte now and then is no progress.
    for (begun, byte, least, most) in [
        (&b"GET / HTTP/1.1\r\nx: "[..], &b"x"[..], ms(200), ms(900)),
        (b"POST /body HTTP/1.1\r\ncontent-length: 1000\r\n\r\n", b"x", ms(500), ms(1_300)),
    ] {
        let (mut read, mut write) = service.send(begun).await.into_split();
        let dripping = tokio::spawn(async move {
            while write.write_all(byte).await.is_ok() {
                tokio::time::sleep(ms(50)).await;
            }
        });
        let (began, mut bytes) = (Instant::now(), Vec::new());
        tokio::time::timeout(ms(5_000), read.read_to_end(&mut bytes)).await.expect("it is closed").ok();
        assert!((least..most).contains(&began.elapsed()), "{:?}: {begun:?}", began.elapsed());
        dripping.abort();
    }

    let mut kept = service.send(REQUEST).await;
    for _ in 0..3 {
        assert_eq!(status(&mut kept).await, "200");
        // Longer than headers may take, shorter than a connection may be idle.
        tokio::time::sleep(ms(450)).await;
        kept.write_all(REQUEST).await.unwrap();
    }
    assert_eq!(status(&mut kept).await, "200");
    let (_, took) = closed(&mut kept).await.expect("an idle one is closed");
    assert!((ms(600)..ms(1_600)).contains(&took), "{took:?}");

    // Who asks for much and does not read it.
    let mut deaf = service.send(b"GET /large HTTP/1.1\r\n\r\n").await;
    tokio::time::sleep(ms(1_500)).await;
    let (said, _) = closed(&mut deaf).await.expect("it is closed");
    assert!(said.starts_with("HTTP/1.1 200") && said.len() < LARGE, "{}", said.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_request_is_finished_and_a_body_that_does_not_come_is_not_waited_for() {
    let service = Service::start(patient()).await;
    let mut running = service.send(b"GET /slow HTTP/1.1\r\n\r\n").await;
    let mut late = service.send(b"POST /body HTTP/1.1\r\ncontent-length: 1000\r\n\r\nx").await;
    let mut idle = service.send(REQUEST).await;
    assert_eq!(status(&mut idle).await, "200");
    tokio::time::sleep(ms(200)).await;
    let (ended, (said, _)) = tokio::join!(service.end(), async { closed(&mut running).await.unwrap() });
    assert!(said.starts_with("HTTP/1.1 200") && said.contains("connection: close"), "{said}");
    assert!(ended < super::LATE_BODY + ms(1_000), "{ended:?}");
    for socket in [&mut late, &mut idle] {
        assert_eq!(closed(socket).await.map(|(said, _)| said), Some(String::new()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_headers_take_no_endless_memory() {
    let service = Service::start(patient()).await;
    let mut socket = service.send(b"GET / HTTP/1.1\r\n").await;
    let line = format!("x: {}\r\n", "y".repeat(8_000));
    let mut sent = 0;
    while sent < 10 * super::BUFFER_BYTES && socket.write_all(line.as_bytes()).await.is_ok() {
        sent += line.len();
    }
    let (said, _) = closed(&mut socket).await.expect("it is closed");
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
    assert_eq!(status(&mut service.send(REQUEST).await).await, "200");
}
