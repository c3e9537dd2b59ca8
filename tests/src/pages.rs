//! Serves a folder of host pages, with the placeholders of the script tag filled in.

use crate::server::{Cut, Server, answer};
use crate::{Outcome, tools};
use bytes::Bytes;
use hyper::Request;
use serde_json::Value;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// The pages of one host.
pub struct Pages {
    server: Server,
    notes: Arc<Mutex<Vec<Value>>>,
    site: Arc<OnceLock<String>>,
}

impl Pages {
    /// Serves `folder`; in `.html` files `{{rapport}}` becomes `rapport`, `{{site}}` what [`Self::belong_to`] says, and
    /// `{{nonce}}` a number that no other answer has.
    ///
    /// Besides files it knows `?delay_ms=…`, which holds an answer back, `/tools/…` for what npm installed, and `POST
    /// /note`, which keeps what a page's own script has to say. `isolated.html` has no tie to the window that opened it.
    pub async fn serve(folder: PathBuf, rapport: String) -> Outcome<Self> {
        let notes = Arc::new(Mutex::new(Vec::new()));
        let site = Arc::new(OnceLock::<String>::new());
        let (kept, key) = (notes.clone(), site.clone());
        let answers = Arc::new(AtomicU64::new(0));
        let server = Server::listen(move |request: Request<Bytes>| {
            let (folder, rapport, key, kept) = (folder.clone(), rapport.clone(), key.clone(), kept.clone());
            let nonce = format!("nonce{}", answers.fetch_add(1, Ordering::Relaxed));
            async move {
                if request.method() == "POST" {
                    let note = serde_json::from_slice(request.body()).unwrap_or_default();
                    kept.lock().expect("no holder of the lock panics").push(note);
                    return Ok::<_, Cut>(answer(204, "text/plain", ""));
                }
                let delay = request.uri().query().and_then(|query| query.strip_prefix("delay_ms="));
                if let Some(delay_ms) = delay.and_then(|delay_ms| delay_ms.parse().ok()) {
                    tokio::time::sleep(Duration::from_millis(delay_ms)).await;
                }
                let Some(file) = locate(&folder, request.uri().path()) else {
                    return Ok(answer(404, "text/plain", "not found"));
                };
                let Ok(content) = std::fs::read(&file) else {
                    return Ok(answer(404, "text/plain", "not found"));
                };
                Ok(match file.extension().and_then(|extension| extension.to_str()) {
                    Some("html") => {
                        let page = String::from_utf8_lossy(&content);
                        let page = page
                            .replace("{{rapport}}", &rapport)
                            .replace("{{nonce}}", &nonce)
                            .replace("{{site}}", key.get().map_or("", String::as_str));
                        let mut page = answer(200, "text/html; charset=utf-8", page);
                        if file.ends_with("isolated.html") {
                            let policy = hyper::header::HeaderValue::from_static("same-origin");
                            page.headers_mut().insert("cross-origin-opener-policy", policy);
                        }
                        page
                    }
                    Some("css") => answer(200, "text/css; charset=utf-8", content),
                    Some("js") => answer(200, "text/javascript; charset=utf-8", content),
                    Some("svg") => answer(200, "image/svg+xml", content),
                    _ => answer(200, "application/octet-stream", content),
                })
            }
        })
        .await?;
        Ok(Self { server, notes, site })
    }

    /// Says which site the pages are; a site is added only after its origin is known.
    pub fn belong_to(&self, site: &str) {
        self.site.get_or_init(|| site.to_owned());
    }

    /// The host's origin.
    pub fn origin(&self) -> String {
        self.server.origin()
    }

    /// The address of a page.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.origin())
    }

    /// What the pages' own scripts noted, in order.
    pub fn notes(&self) -> Vec<Value> {
        self.notes.lock().expect("no holder of the lock panics").clone()
    }
}

fn locate(folder: &Path, path: &str) -> Option<PathBuf> {
    let (folder, path) = match path.strip_prefix("/tools/") {
        Some(path) => (tools::folder(), path),
        None => (folder.to_path_buf(), path.trim_start_matches('/')),
    };
    let path = Path::new(path);
    path.components().all(|part| matches!(part, Component::Normal(_))).then(|| {
        let file = folder.join(path);
        if file.is_dir() { file.join("index.html") } else { file }
    })
}
