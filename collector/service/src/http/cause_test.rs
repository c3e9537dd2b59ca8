//! Why requests are refused: the sender is not told, the operator finds it in the log.

use crate::test_app::TestApp;
use axum::body::Body;
use axum::http::Request;
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn lines(&self, of: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(of)).map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn a_batch_that_was_refused_for_want_of_a_database_left_no_cause_in_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _told = tracing::subscriber::set_default(subscriber);
    let test = TestApp::new().await;
    test.site().await;
    test.app.store.shut_down().await;
    for _ in 0..3 {
        let body = r#"{"site":"shop","items":[{"type":"page_view","id":"01890a5d-ac96-774b-bcce-b302099a8057","path":"/secret"}]}"#;
        let request = Request::post("/v1/batch").body(Body::from(body)).unwrap();
        let reply = test.send(request).await;
        assert_eq!(reply.status, 503, "{}", reply.text());
    }
    let causes = log.lines("so batches are refused");
    assert_eq!(causes.len(), 1, "it is the same for all of them: {causes:?}");
    assert!(causes[0].contains("could not be looked up") && causes[0].contains("unavailable: "), "{causes:?}");
    let requests = log.lines("a request failed");
    assert!(requests.len() == 3 && requests[0].contains("nothing was stored"), "{requests:?}");
    assert!(log.lines("/secret").is_empty() && log.lines("127.0.0.1").is_empty());
    let page = test.get("/f/shop/feedback", &[("accept", "text/html")]).await;
    assert_eq!(page.status, 503);
    let requests = log.lines("a request failed");
    assert!(requests[3].contains("the database is unavailable"), "{requests:?}");
}
