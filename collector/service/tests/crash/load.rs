//! Many connections that send batches of unique items, and a ledger of what became of each batch.

use rapport_shared::id::Id;
use rapport_shared::wire::BatchReply;
use rapport_store::clock::Clock;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long one batch may stay without an acknowledgement once the load is told to end.
const PATIENCE: Duration = Duration::from_secs(90);

/// What was sent under an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    View,
    Signal,
    /// Revision `n` has `n` answers, and scores `n`.
    Response(u32),
}

/// What the senders know.
#[derive(Default)]
pub struct Ledger {
    /// Items that the collector said are durable, with the highest revision of a response.
    pub acknowledged: HashMap<Id, ItemKind>,
    /// Batches that were cut off and not sent again: each must be there as a whole, or not at all.
    pub given_up: Vec<Vec<(Id, ItemKind)>>,
    /// Batches acknowledged.
    pub batches: u64,
    /// Batches that had to be sent more than once.
    pub repeated: u64,
    /// Items that the collector said were accepted.
    pub accepted: u64,
}

/// The running load.
pub struct Load {
    stop: Arc<AtomicBool>,
    senders: Vec<JoinHandle<Ledger>>,
}

impl Load {
    /// Starts so many senders.
    pub fn start(address: SocketAddr, site: &str, senders: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let sender = |_| {
            let (site, stop) = (site.to_owned(), stop.clone());
            std::thread::spawn(move || Sender { address, site, stop, ..Sender::default() }.run())
        };
        Self { senders: (0..senders).map(sender).collect(), stop }
    }

    /// Lets every batch under way come to its end, and gives what all senders know.
    pub fn finish(self) -> Ledger {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Ledger::default();
        for sender in self.senders {
            let one = sender.join().expect("a sender ends well");
            all.acknowledged.extend(one.acknowledged);
            all.given_up.extend(one.given_up);
            all.batches += one.batches;
            all.repeated += one.repeated;
            all.accepted += one.accepted;
        }
        all
    }
}

struct Sender {
    address: SocketAddr,
    site: String,
    stop: Arc<AtomicBool>,
    stream: Option<BufReader<TcpStream>>,
    ledger: Ledger,
    /// Responses whose second answer is still to come.
    unfinished: Vec<Id>,
}

impl Default for Sender {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            site: String::new(),
            stop: Arc::default(),
            stream: None,
            ledger: Ledger::default(),
            unfinished: Vec::new(),
        }
    }
}

impl Sender {
    fn run(mut self) -> Ledger {
        while !self.stop.load(Ordering::Relaxed) {
            let batch = self.batch();
            let body = self.body(&batch);
            self.deliver(batch, &body);
        }
        self.ledger
    }

    /// Sends a batch until it is acknowledged, or gives it up after it was cut off: half of them, so that both are tried.
    fn deliver(&mut self, batch: Vec<(Id, ItemKind)>, body: &str) {
        let begin = Instant::now();
        let gives_up = rapport_store::random::fresh();
        for attempt in 0.. {
            let Some(reply) = self.send(body) else {
                self.stream = None;
                if gives_up {
                    self.ledger.given_up.push(batch);
                    return;
                }
                assert!(begin.elapsed() < PATIENCE, "a batch is not acknowledged");
                std::thread::sleep(Duration::from_millis(10));
                continue;
            };
            assert_eq!(reply.rejected, [], "{body}");
            assert_eq!((reply.accepted + reply.duplicate) as usize, batch.len());
            self.ledger.batches += 1;
            self.ledger.repeated += u64::from(attempt > 0);
            self.ledger.accepted += u64::from(reply.accepted);
            for (id, kind) in batch {
                if kind == ItemKind::Response(1) {
                    self.unfinished.push(id);
                }
                self.ledger.acknowledged.insert(id, kind);
            }
            return;
        }
    }

    /// One to ten new items, and now and then the second answer of a response.
    fn batch(&mut self) -> Vec<(Id, ItemKind)> {
        let now_ms = Clock::System.now_ms() as u64;
        let kind = || match rand::random_range(0..10) {
            0..3 => ItemKind::View,
            3..8 => ItemKind::Signal,
            _ => ItemKind::Response(1),
        };
        let new =
            (0..rand::random_range(1..=10)).map(|_| (Id::version_7(now_ms, rapport_store::random::fresh()), kind()));
        new.chain(self.unfinished.pop().map(|id| (id, ItemKind::Response(2)))).collect()
    }

    fn body(&self, batch: &[(Id, ItemKind)]) -> String {
        let item = |(id, kind): &(Id, ItemKind)| match kind {
            ItemKind::View => {
                format!(r#"{{"type":"page_view","id":"{id}","path":"/p","duration_ms":900,"lcp_ms":700}}"#)
            }
            ItemKind::Signal => format!(r#"{{"type":"signal","id":"{id}","view":"{id}","kind":"error","text":"t"}}"#),
            ItemKind::Response(revision) => {
                let words = r#",{"question":"reason","text":"2"}"#;
                let words = if *revision == 2 { words } else { "" };
                format!(
                    r#"{{"type":"response","id":"{id}","revision":{revision},"survey":"feedback","survey_version":1,
                    "answers":[{{"question":"rating","score":{revision}}}{words}]}}"#
                )
            }
        };
        let items: Vec<String> = batch.iter().map(item).collect();
        format!(r#"{{"site":"{}","items":[{}]}}"#, self.site, items.join(","))
    }

    /// The reply, or `None` when the connection broke or the collector said that it cannot now.
    fn send(&mut self, body: &str) -> Option<BatchReply> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address).ok()?;
            stream.set_nodelay(true).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
            self.stream = Some(BufReader::new(stream));
        }
        let stream = self.stream.as_mut()?;
        let request = format!(
            "POST /v1/batch HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0\r\n\
             Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.get_mut().write_all(request.as_bytes()).ok()?;
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let status: u16 = line.split(' ').nth(1)?.parse().ok()?;
        let mut length = 0;
        loop {
            line.clear();
            if stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut reply = vec![0; length];
        stream.read_exact(&mut reply).ok()?;
        match status {
            202 => Some(serde_json::from_slice(&reply).expect("a batch reply")),
            503 => {
                std::thread::sleep(Duration::from_millis(50));
                None
            }
            _ => panic!("{status}: {}", String::from_utf8_lossy(&reply)),
        }
    }
}
