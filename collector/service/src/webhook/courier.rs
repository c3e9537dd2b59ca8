//! Hands one message to an address of somebody else's system: once, without following where it points, and reading little of what it
//! answers. A machine that hangs, redirects or answers without end costs [`PATIENCE`] and [`READ_BYTES`].

use super::address::{Reach, Target};
use crate::config::Config;
use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Longest attempt, from the look-up of the name to the end of what is read of the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest wait for one of several addresses of a name.
const CONNECTING: Duration = Duration::from_secs(4);
/// How much earlier than the end of an attempt its answer is no longer read: that it came counts, however slowly it goes on.
const READING: Duration = Duration::from_millis(100);
/// Most of an answer that is read, in bytes.
const READ_BYTES: usize = 2_048;
/// Most bytes of an answer's headers.
const HEADERS_BYTES: usize = 65_536;
/// Longest wait that an answer may ask for, in seconds (a day).
const LONGEST_WAIT_S: i64 = 86_400;

/// What came of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// Why there was none, in words; empty where there was.
    pub error: String,
    /// The beginning of the answer, as text.
    pub beginning: String,
    /// For how long the address wants to be left alone, in milliseconds.
    pub retry_after_ms: Option<i64>,
}

/// Hands messages over. Cheap to clone.
#[derive(Clone)]
pub struct Courier {
    reach: Reach,
    tls: Arc<ClientConfig>,
    patience: Duration,
}

impl Courier {
    /// One that goes where the settings allow.
    pub fn new(config: &Config) -> Self {
        Self::within(Reach { allowed: config.webhook_networks.clone(), ..Reach::default() })
    }

    pub(crate) fn within(reach: Reach) -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has what TLS 1.2 and 1.3 need")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { reach, tls: Arc::new(tls), patience: PATIENCE }
    }

    /// The same with less patience, for tests.
    #[cfg(test)]
    pub(crate) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Looks through an address before it is kept.
    ///
    /// # Errors
    /// What is wrong with it, as the reason of a field.
    pub fn check(&self, address: &str) -> Result<Target, String> {
        self.reach.check(address)
    }

    /// Posts a JSON document with these headers, as of `now_ms`.
    pub async fn post(&self, address: &str, headers: &[(HeaderName, String)], body: String, now_ms: i64) -> Answer {
        let until = Instant::now() + self.patience;
        let sent = async {
            let target = Target::parse(address).map_err(|reason| format!("the address {reason}"))?;
            let request = request(&target, headers, body)?;
            self.exchange(&target, request, until, now_ms).await
        };
        let late = || Err(format!("it did not answer within {} seconds", self.patience.as_secs()));
        let found = timeout_at(until, sent).await.unwrap_or_else(|_| late());
        found.unwrap_or_else(|error| Answer { error, ..Answer::default() })
    }

    /// A connection to one of the addresses that the name has now.
    async fn connected(&self, target: &Target) -> Result<TcpStream, String> {
        let mut error = String::new();
        for address in self.reach.addresses(target).await?.into_iter().take(4) {
            match tokio::time::timeout(CONNECTING, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(failed)) => error = format!("it cannot be connected to: {}", failed.kind()),
                Err(_) => error = "it cannot be connected to: timed out".to_owned(),
            }
        }
        Err(error)
    }

    async fn exchange(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
        until: Instant,
        now_ms: i64,
    ) -> Result<Answer, String> {
        let stream = self.connected(target).await?;
        if !target.is_secure {
            return over(stream, request, until, now_ms).await;
        }
        let name =
            ServerName::try_from(target.host.clone()).map_err(|_| "its host is no name of a certificate".to_owned())?;
        let connector = TlsConnector::from(self.tls.clone());
        let stream = connector.connect(name, stream).await.map_err(|error| format!("TLS failed: {error}"))?;
        over(stream, request, until, now_ms).await
    }
}

fn request(target: &Target, headers: &[(HeaderName, String)], body: String) -> Result<Request<Full<Bytes>>, String> {
    let path = target.uri.path_and_query().map_or("/", |path| path.as_str());
    let host = target.uri.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("Rapport/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(body))).map_err(|error| format!("it cannot be asked: {error}"))
}

/// One request over a connection that is there, and what is answered.
async fn over<S>(stream: S, request: Request<Full<Bytes>>, until: Instant, now_ms: i64) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| format!("it did not speak HTTP: {error}");
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEADERS_BYTES);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // It ends with the exchange, however that ends.
    let connection = Aborted(tokio::spawn(connection));
    let response = sender.send_request(request).await.map_err(failed)?;
    let status = response.status().as_u16();
    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_ms = asked.and_then(|asked| wait_ms(asked, now_ms));
    let beginning = beginning(response.into_body(), until).await;
    drop(connection);
    Ok(Answer { status: Some(status), error: String::new(), beginning, retry_after_ms })
}

/// A task that ends when nobody waits for it any more.
struct Aborted<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Aborted<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The beginning of an answer: what comes in time, and no more than is kept.
async fn beginning(mut body: Incoming, until: Instant) -> String {
    let mut read = Vec::new();
    while read.len() < READ_BYTES {
        match timeout_at(until - READING, body.frame()).await {
            Ok(Some(Ok(frame))) => read.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
            _ => break,
        }
    }
    read.truncate(READ_BYTES);
    let is_shown = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
    String::from_utf8_lossy(&read).chars().filter(is_shown).collect()
}

/// What `Retry-After` (RFC 9110, 10.2.3) asks for, in milliseconds: seconds, or a date.
fn wait_ms(asked: &str, now_ms: i64) -> Option<i64> {
    let asked = asked.trim();
    let seconds = match asked.parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            // The zone of HTTP's dates is named GMT, which RFC 2822 has as an obsolete name.
            let at: Timestamp = DateTimeParser::new().parse_timestamp(asked).ok()?;
            at.as_second() - now_ms / 1_000
        }
    };
    (seconds >= 0).then(|| seconds.min(LONGEST_WAIT_S) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_asked_to_be_left_alone_was_not() {
        let now_ms = 784_111_777_000;
        for (asked, wait) in [
            ("120", Some(120_000)),
            (" 0 ", Some(0)),
            ("9999999", Some(86_400_000)),
            ("-5", None),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60_000)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", None),
            ("soon", None),
        ] {
            assert_eq!(wait_ms(asked, now_ms), wait, "{asked}");
        }
    }
}
