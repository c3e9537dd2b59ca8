//! A mailbox on a mail server (IMAP, RFC 3501), read by UIDVALIDITY and the last UID: people read mails as well, so what is marked as read
//! says nothing. A mail is taken before the mailbox hears of it.

use super::{MAIL_BYTES, Receiver, Taken};
use crate::config::{MailTls, Mailbox, SignIn};
use async_imap::{Authenticator, Client, Session};
use futures_util::TryStreamExt;
use rapport_store::StoreError;
use std::fmt::Debug;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Most mails of one look.
const TOGETHER: usize = 100;
/// How far back a mailbox is read whose numbers were given anew, in days: less than it is known which mails were taken.
const BACK_DAYS: i64 = 30;

/// What a connection is made of.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Debug> Wire for T {}
type Boxed = Box<dyn Wire>;

/// Why a mailbox was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The mail server, or the way to it.
    Server(String),
    /// The store.
    Store(StoreError),
}

impl From<async_imap::error::Error> for Unread {
    fn from(error: async_imap::error::Error) -> Self {
        Self::Server(error.to_string())
    }
}

impl From<std::io::Error> for Unread {
    fn from(error: std::io::Error) -> Self {
        Self::Server(error.to_string())
    }
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What was found in a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Mails that were taken now.
    pub taken: usize,
    /// Mails that are to no site of this collector; they stay where they are.
    pub to_nobody: usize,
    /// Whether there may be more.
    pub is_more: bool,
}

/// Signs in by a token (XOAUTH2).
struct ByToken {
    said: Option<String>,
}

impl Authenticator for ByToken {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        // The second challenge is the reason of a refusal, which wants an empty answer.
        self.said.take().unwrap_or_default()
    }
}

fn connector(mailbox: &Mailbox) -> Result<TlsConnector, Unread> {
    let told = |reason: String| Unread::Server(reason);
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = &mailbox.ca_file {
        let named = |error: String| told(format!("mail_ca_file: {}: {error}", file.display()));
        let certificates = CertificateDer::pem_file_iter(file).map_err(|error| named(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| named(error.to_string()))?;
            roots.add(certificate).map_err(|error| named(error.to_string()))?;
        }
    }
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| told(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn encrypted(mailbox: &Mailbox, wire: Boxed) -> Result<Boxed, Unread> {
    let host = ServerName::try_from(mailbox.host.clone()).map_err(|error| Unread::Server(error.to_string()))?;
    Ok(Box::new(connector(mailbox)?.connect(host, wire).await?))
}

async fn greeted(wire: Boxed) -> Result<Client<Boxed>, Unread> {
    let mut client = Client::new(wire);
    match client.read_response().await? {
        Some(_) => Ok(client),
        None => Err(Unread::Server("the mail server says nothing".into())),
    }
}

/// Connects and signs in.
async fn signed_in(mailbox: &Mailbox) -> Result<Session<Boxed>, Unread> {
    let plain: Boxed = Box::new(TcpStream::connect((mailbox.host.as_str(), mailbox.port)).await?);
    let client = match mailbox.tls {
        MailTls::Implicit => greeted(encrypted(mailbox, plain).await?).await?,
        MailTls::None => greeted(plain).await?,
        MailTls::Starttls => {
            let mut client = greeted(plain).await?;
            client.run_command_and_check_ok("STARTTLS", None).await?;
            Client::new(encrypted(mailbox, client.into_inner()).await?)
        }
    };
    let secret = mailbox.secret().map_err(Unread::Server)?;
    let session = match mailbox.sign_in {
        SignIn::Password => client.login(&mailbox.user, &secret.0).await,
        SignIn::Xoauth2 => {
            let said = format!("user={}\x01auth=Bearer {}\x01\x01", mailbox.user, secret.0);
            client.authenticate("XOAUTH2", ByToken { said: Some(said) }).await
        }
    };
    // What the server says may repeat what was sent.
    session.map_err(|(error, _)| Unread::Server(format!("signing in failed: {error}").replace(&secret.0, "…")))
}

/// Whether a mailbox can be signed in to and opened; how many mails are in it.
///
/// # Errors
/// What is wrong.
pub async fn test(mailbox: &Mailbox) -> Result<u32, Unread> {
    let mut session = signed_in(mailbox).await?;
    let opened = session.examine(&mailbox.folder).await?;
    session.logout().await?;
    Ok(opened.exists)
}

/// Reads what is new in a mailbox. The first look takes nothing: what was there before is no news.
///
/// # Errors
/// What is wrong with the server or the store; what was taken before stays taken.
pub async fn look(receiver: &Receiver, mailbox: &Mailbox) -> Result<Look, Unread> {
    let mut session = signed_in(mailbox).await?;
    let opened = session.select(&mailbox.folder).await?;
    let validity = opened.uid_validity.unwrap_or(0);
    let name = mailbox.name();
    let (query, last) = match receiver.store.mailbox_cursor(&name).await? {
        None => {
            let newest = match opened.uid_next {
                Some(next) => next.saturating_sub(1),
                None => session.uid_search("ALL").await?.into_iter().max().unwrap_or(0),
            };
            receiver.store.note_mailbox_cursor(&name, (validity, newest)).await?;
            (format!("UID {}:*", newest.saturating_add(1)), newest)
        }
        Some((known, last)) if known == validity => (format!("UID {}:*", last.saturating_add(1)), last),
        Some(_) => (format!("SINCE {}", since(receiver.clock.now_ms())), 0),
    };
    // A range that ends with * has its last mail in it, however low its number is.
    let mut uids: Vec<u32> = session.uid_search(&query).await?.into_iter().filter(|uid| *uid > last).collect();
    uids.sort_unstable();
    let mut found = Look { is_more: uids.len() > TOGETHER, ..Look::default() };
    for uid in uids.into_iter().take(TOGETHER) {
        match one(receiver, &mut session, uid, mailbox).await? {
            Some(Taken::NoSite) => found.to_nobody += 1,
            Some(_) => found.taken += 1,
            None => {}
        }
        receiver.store.note_mailbox_cursor(&name, (validity, uid)).await?;
    }
    session.logout().await?;
    Ok(found)
}

/// The day from which on a mailbox is read anew, as IMAP writes it.
fn since(now_ms: i64) -> String {
    let from = jiff::Timestamp::from_millisecond(now_ms - BACK_DAYS * 86_400_000).unwrap_or_default();
    from.strftime("%d-%b-%Y").to_string()
}

/// Takes one mail, and moves it away afterwards where that is wanted; `None` where it is no longer there.
async fn one(
    receiver: &Receiver,
    session: &mut Session<Boxed>,
    uid: u32,
    mailbox: &Mailbox,
) -> Result<Option<Taken>, Unread> {
    let sizes: Vec<_> = session.uid_fetch(uid.to_string(), "(UID RFC822.SIZE)").await?.try_collect().await?;
    let Some(size) = sizes.iter().find(|fetch| fetch.uid == Some(uid)).map(|fetch| fetch.size.unwrap_or(0)) else {
        return Ok(None);
    };
    let is_large = size as usize > MAIL_BYTES;
    let wanted = if is_large { "(UID BODY.PEEK[HEADER])" } else { "(UID BODY.PEEK[])" };
    let fetched: Vec<_> = session.uid_fetch(uid.to_string(), wanted).await?.try_collect().await?;
    let of_uid = fetched.iter().find(|fetch| fetch.uid == Some(uid));
    let Some(bytes) = of_uid.and_then(|fetch| if is_large { fetch.header() } else { fetch.body() }) else {
        return Ok(None);
    };
    let mut mail = super::parse(bytes, &receiver.config.mail_in_authority);
    if is_large {
        mail.left_out.push(super::too_large());
    }
    let taken = receiver.take(&mail).await?;
    if taken != Taken::NoSite && !mailbox.done_folder.is_empty() {
        moved(session, uid, &mailbox.done_folder).await?;
    }
    Ok(Some(taken))
}

async fn moved(session: &mut Session<Boxed>, uid: u32, folder: &str) -> Result<(), Unread> {
    let uid = uid.to_string();
    if session.capabilities().await?.has_str("MOVE") {
        return Ok(session.uid_mv(&uid, folder).await?);
    }
    session.uid_copy(&uid, folder).await?;
    let _: Vec<_> = session.uid_store(&uid, "+FLAGS.SILENT (\\Deleted)").await?.try_collect().await?;
    Ok(())
}
