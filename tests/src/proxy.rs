//! Stands between browser and collector: passes everything on, remembers it, and can cut the network.

use crate::server::{Cut, Server};
use crate::{Outcome, wait, wire};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{HeaderMap, Request, Response};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// One request and what came of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// `GET`, `POST`, `OPTIONS`, …
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers of the request.
    pub headers: HeaderMap,
    /// Body of the request.
    pub body: Bytes,
    /// Status of the answer; `None` when the connection was cut.
    pub status: Option<u16>,
    /// Body of the answer.
    pub answer: Bytes,
}

impl Exchange {
    /// The items of a batch; empty for anything else.
    pub fn items(&self) -> Vec<Value> {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["items"].as_array().cloned().unwrap_or_default()
    }
}

/// The recording proxy.
pub struct Proxy {
    server: Server,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    is_cut: Arc<AtomicBool>,
    missing: Arc<Mutex<Vec<String>>>,
    altered: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts a proxy in front of `target`, an origin.
    pub async fn start(target: String) -> Outcome<Self> {
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let is_cut = Arc::new(AtomicBool::new(false));
        let [missing, altered] = [(); 2].map(|()| Arc::new(Mutex::new(Vec::<String>::new())));
        // Redirects are the browser's to follow, and loopback needs no way around.
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        let (record, cut) = (exchanges.clone(), is_cut.clone());
        let (gone, changed) = (missing.clone(), altered.clone());
        let server = Server::listen(move |request: Request<Bytes>| {
            let (client, target, record, cut) = (client.clone(), target.clone(), record.clone(), cut.clone());
            let (gone, changed) = (gone.clone(), changed.clone());
            async move {
                let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
                let mut exchange = Exchange {
                    method: request.method().to_string(),
                    path,
                    headers: request.headers().clone(),
                    body: request.body().clone(),
                    status: None,
                    answer: Bytes::new(),
                };
                let named = |parts: &Mutex<Vec<String>>| {
                    let parts = parts.lock().expect("no holder of the lock panics");
                    parts.iter().any(|part| exchange.path.contains(part))
                };
                let (is_gone, is_changed) = (named(&gone), named(&changed));
                if is_changed {
                    exchange.headers.remove("accept-encoding");
                }
                let mut answered = match (cut.load(Ordering::SeqCst), is_gone) {
                    (true, _) => Err(Cut),
                    (_, true) => Ok(not_found()),
                    _ => forward(&client, &target, &exchange).await,
                };
                if let (true, Ok(response)) = (is_changed, &mut answered) {
                    let changed = [response.body(), &b"\n"[..]].concat();
                    *response.body_mut() = changed.into();
                }
                if let Ok(response) = &answered {
                    exchange.status = Some(response.status().as_u16());
                    exchange.answer = response.body().clone();
                }
                record.lock().expect("no holder of the lock panics").push(exchange);
                answered.map(|response| response.map(Full::new))
            }
        })
        .await?;
        Ok(Self { server, exchanges, is_cut, missing, altered })
    }

    /// What pages call the collector.
    pub fn origin(&self) -> String {
        self.server.origin()
    }

    /// Breaks every connection from now on.
    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }

    /// From now on there is nothing at addresses that hold one of these, as when a blocker or an old cache stands between.
    pub fn lose(&self, parts: &[&str]) {
        *self.missing.lock().expect("no holder of the lock panics") =
            parts.iter().map(|part| (*part).to_owned()).collect();
    }

    /// From now on answers from addresses that hold one of these have a byte more, as when somebody changed the file.
    pub fn alter(&self, parts: &[&str]) {
        *self.altered.lock().expect("no holder of the lock panics") =
            parts.iter().map(|part| (*part).to_owned()).collect();
    }

    /// Everything so far, in the order in which it ended.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().expect("no holder of the lock panics").clone()
    }

    /// The batches so far, with what came of them.
    pub fn batches(&self) -> Vec<Exchange> {
        // Under another name of the script the address has another name as well.
        let is_batch = |exchange: &Exchange| {
            exchange.method == "POST" && (exchange.path.contains("/v1/batch") || !exchange.items().is_empty())
        };
        self.exchanges().into_iter().filter(is_batch).collect()
    }

    /// The items of that type that the collector took, in order of arrival. A signal or delivery that was told twice is
    /// one, as to the collector: Firefox tells all of a closing tab twice.
    pub fn arrived(&self, item_type: &str) -> Vec<Value> {
        let taken = self.batches().into_iter().filter(|batch| batch.status == Some(202));
        let mut items: Vec<Value> =
            taken.flat_map(|batch| batch.items()).filter(|item| item["type"] == item_type).collect();
        if ["signal", "delivery"].contains(&item_type) {
            let mut known = HashSet::new();
            items.retain(|item| known.insert(item["id"].to_string()));
        }
        items
    }

    /// Waits until an item of that type passes `is_it`, and gives it.
    pub async fn arrival(&self, item_type: &str, is_it: impl Fn(&Value) -> bool) -> Outcome<Value> {
        wait::until(&format!("a {item_type} to arrive"), || async {
            Ok(self.arrived(item_type).into_iter().find(|item| is_it(item)))
        })
        .await
    }
}

/// Whatever story it was, every batch said what the collector reads, and nothing else.
impl Drop for Proxy {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let batches = self.batches().into_iter().filter(|batch| batch.path.contains("/v1/batch"));
        let unknown: Vec<String> = batches.flat_map(|batch| wire::unknown(&batch.body)).collect();
        assert!(unknown.is_empty(), "a page sent what shared::wire does not know:\n{}", unknown.join("\n"));
    }
}

fn not_found() -> Response<Bytes> {
    let response = Response::builder().status(404).header("access-control-allow-origin", "*").body(Bytes::new());
    response.expect("a status and a plain header make a response")
}

async fn forward(client: &reqwest::Client, target: &str, exchange: &Exchange) -> Result<Response<Bytes>, Cut> {
    let mut headers = exchange.headers.clone();
    headers.remove("host");
    let method = reqwest::Method::from_bytes(exchange.method.as_bytes()).map_err(|_| Cut)?;
    let answer = client
        .request(method, format!("{target}{}", exchange.path))
        .headers(headers)
        .body(exchange.body.clone())
        .send()
        .await
        .map_err(|_| Cut)?;
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        // These belong to the connection, not to the answer.
        if !["transfer-encoding", "connection", "content-length"].contains(&name.as_str()) {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await.map_err(|_| Cut)?;
    response.body(body).map_err(|_| Cut)
}
