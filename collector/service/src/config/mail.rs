//! The mail server, as the operator names it.

use super::Config;
use lettre::message;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How the connection to the mail server is kept from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// It begins in the clear and is encrypted before anything is said (port 587 as a rule).
    #[default]
    Starttls,
    /// It is encrypted from the start (port 465 as a rule).
    Implicit,
    /// It is in the clear: for a mail server on this machine.
    None,
}

impl MailTls {
    /// The port that servers of this kind listen on.
    fn usual_port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

/// A text that is never shown: neither in the log nor in a message.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "Secret(none)" } else { "Secret(…)" })
    }
}

/// The mail server that takes what is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct MailServer {
    /// Its host, which its certificate must name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who signs in, and the password; none where nobody has to.
    pub credentials: Option<(String, Secret)>,
    /// How the connection is kept from others.
    pub tls: MailTls,
    /// A file with the certificate that signed the server's, in PEM; absent where everybody knows who did.
    pub ca_file: Option<PathBuf>,
    /// Whom mails come from.
    pub from: message::Mailbox,
}

/// How somebody signs in to a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignIn {
    /// By a password.
    #[default]
    Password,
    /// By a token (XOAUTH2), which something else keeps fresh: its file is read anew each time.
    Xoauth2,
}

/// The mailbox to which customers write.
#[derive(Clone, Debug, PartialEq)]
pub struct Mailbox {
    /// The host of its server, which its certificate must name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who signs in.
    pub user: String,
    /// How.
    pub sign_in: SignIn,
    /// How the connection is kept from others.
    pub tls: MailTls,
    /// As [`MailServer::ca_file`].
    pub ca_file: Option<PathBuf>,
    /// The folder that is read.
    pub folder: String,
    /// Where mails are moved that were taken; empty for nowhere.
    pub done_folder: String,
    password: Secret,
    password_file: String,
}

impl Mailbox {
    /// By what it is known how far it was read.
    pub fn name(&self) -> String {
        format!("{}@{}/{}", self.user, self.host, self.folder)
    }

    /// The password or token as it is now.
    ///
    /// # Errors
    /// Where its file cannot be read.
    pub fn secret(&self) -> Result<Secret, String> {
        secret(&self.password, ("mail_in_password_file", &self.password_file))
    }
}

/// A secret, from its file where one is named.
fn secret(given: &Secret, (key, path): (&str, &str)) -> Result<Secret, String> {
    if path.is_empty() {
        return Ok(given.clone());
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("{key}: {path}: {error}"))?;
    Ok(Secret(text.trim_end_matches(['\r', '\n']).to_owned()))
}

impl Config {
    /// The mailbox to which customers write; `None` where none is set.
    ///
    /// # Errors
    /// The setting at fault, and what it must be.
    pub fn mailbox(&self) -> Result<Option<Mailbox>, String> {
        if self.mail_in_url.is_empty() {
            return Ok(None);
        }
        let fault = || "mail_in_url: must be imap://USER@HOST or imap://USER@HOST:PORT".to_owned();
        let rest = self.mail_in_url.strip_prefix("imap://").ok_or_else(fault)?.trim_end_matches('/');
        let (user, address) = rest.rsplit_once('@').ok_or_else(fault)?;
        if user.contains(':') {
            return Err("mail_in_url: must not hold the password: it belongs into mail_in_password or \
                 mail_in_password_file"
                .into());
        }
        let usual = match self.mail_in_tls {
            MailTls::Implicit => 993,
            MailTls::Starttls | MailTls::None => 143,
        };
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| fault())?),
            None => (address, usual),
        };
        if user.is_empty()
            || host.is_empty()
            || host.contains(|letter: char| letter.is_whitespace() || "/?#".contains(letter))
        {
            return Err(fault());
        }
        if self.mail_in_folder.is_empty() || self.mail_in_folder == self.mail_in_done_folder {
            return Err("mail_in_folder: must be a folder, and not the one in mail_in_done_folder".into());
        }
        Ok(Some(Mailbox {
            host: host.to_owned(),
            port,
            user: user.to_owned(),
            sign_in: self.mail_in_sign_in,
            tls: self.mail_in_tls,
            ca_file: Some(&self.mail_ca_file).filter(|file| !file.is_empty()).map(PathBuf::from),
            folder: self.mail_in_folder.clone(),
            done_folder: self.mail_in_done_folder.clone(),
            password: self.mail_in_password.clone(),
            password_file: self.mail_in_password_file.clone(),
        }))
    }

    /// The mail server; `None` where none is set.
    ///
    /// # Errors
    /// The setting at fault, and what it must be.
    pub fn mail_server(&self) -> Result<Option<MailServer>, String> {
        if self.mail_url.is_empty() {
            return Ok(None);
        }
        let fault = || "mail_url: must be smtp://HOST, smtp://HOST:PORT or smtp://USER@HOST:PORT".to_owned();
        let rest = self.mail_url.strip_prefix("smtp://").ok_or_else(fault)?.trim_end_matches('/');
        // The name of a user is often a mail address.
        let (user, address) = rest.rsplit_once('@').map_or((None, rest), |(user, address)| (Some(user), address));
        if user.is_some_and(|user| user.contains(':')) {
            return Err(
                "mail_url: must not hold the password: it belongs into mail_password or mail_password_file".into()
            );
        }
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| fault())?),
            None => (address, self.mail_tls.usual_port()),
        };
        if host.is_empty() || host.contains(|letter: char| letter.is_whitespace() || "/?#".contains(letter)) {
            return Err(fault());
        }
        let must_be = "mail_from: must be a mail address such as Rapport <reports@example.com>";
        let from = self.mail_from.parse().map_err(|_| must_be.to_owned())?;
        let credentials = match user {
            Some(user) => Some((user.to_owned(), self.mail_secret()?)),
            None => None,
        };
        let ca_file = Some(&self.mail_ca_file).filter(|file| !file.is_empty()).map(PathBuf::from);
        Ok(Some(MailServer { host: host.to_owned(), port, credentials, tls: self.mail_tls, ca_file, from }))
    }

    /// The password of the mail server.
    fn mail_secret(&self) -> Result<Secret, String> {
        secret(&self.mail_password, ("mail_password_file", &self.mail_password_file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: &str, from: &str) -> Config {
        Config {
            mail_url: url.into(),
            mail_from: from.into(),
            mail_password: Secret("hunter2".into()),
            ..Config::default()
        }
    }

    #[test]
    fn a_mail_server_is_read_from_its_settings_and_a_password_is_never_shown() {
        assert_eq!(Config::default().mail_server(), Ok(None));
        let from = "Rapport <reports@example.com>";
        for (url, host, port, user) in [
            ("smtp://mail.example.com", "mail.example.com", 587, None),
            ("smtp://mail.example.com:25/", "mail.example.com", 25, None),
            ("smtp://reports@example.com@mail.example.com:2525", "mail.example.com", 2525, Some("reports@example.com")),
        ] {
            let server = with(url, from).mail_server().unwrap().unwrap();
            assert_eq!((server.host.as_str(), server.port), (host, port), "{url}");
            let credentials = server.credentials.as_ref().map(|(user, secret)| (user.as_str(), secret.0.as_str()));
            assert_eq!(credentials, user.map(|user| (user, "hunter2")));
            assert!(!format!("{server:?} {:?}", with(url, from)).contains("hunter2"));
        }
        for (url, from, key) in [
            ("mail.example.com", from, "mail_url"),
            ("smtp://", from, "mail_url"),
            ("smtp://host:port", from, "mail_url"),
            ("smtp://ada:secret@host", from, "mail_password"),
            ("smtp://host", "", "mail_from"),
            ("smtp://host", "nobody", "mail_from"),
        ] {
            let reason = with(url, from).mail_server().expect_err(url);
            assert!(reason.contains(key) && !reason.contains("secret@"), "{url}: {reason}");
        }
        let missing = Config { mail_password_file: "/nowhere/password".into(), ..with("smtp://ada@host", from) };
        assert!(missing.mail_server().is_err_and(|reason| reason.contains("/nowhere/password")));
    }

    #[test]
    fn a_mailbox_is_read_from_its_settings_and_a_token_from_its_file_each_time() {
        assert_eq!(Config::default().mailbox(), Ok(None));
        let with = |url: &str, tls| Config {
            mail_in_url: url.into(),
            mail_in_tls: tls,
            mail_in_password: Secret("hunter2".into()),
            ..Config::default()
        };
        for (url, tls, host, port, user) in [
            ("imap://help@mail.example.com", MailTls::Implicit, "mail.example.com", 993, "help"),
            (
                "imap://help@shop.example@mail.example.com/",
                MailTls::Starttls,
                "mail.example.com",
                143,
                "help@shop.example",
            ),
            ("imap://help@127.0.0.1:1143", MailTls::None, "127.0.0.1", 1143, "help"),
        ] {
            let mailbox = with(url, tls).mailbox().unwrap().unwrap();
            assert_eq!((mailbox.host.as_str(), mailbox.port, mailbox.user.as_str()), (host, port, user), "{url}");
            assert!(!format!("{mailbox:?}").contains("hunter2"));
            assert_eq!(mailbox.secret(), Ok(Secret("hunter2".into())));
        }
        for (url, key) in [
            ("mail.example.com", "mail_in_url"),
            ("imap://mail.example.com", "mail_in_url"),
            ("imap://help@", "mail_in_url"),
            ("imap://help@host:port", "mail_in_url"),
            ("imap://help:secret@host", "mail_in_password"),
        ] {
            let reason = with(url, MailTls::Implicit).mailbox().expect_err(url);
            assert!(reason.contains(key) && !reason.contains("secret@"), "{url}: {reason}");
        }
        let same = Config { mail_in_done_folder: "INBOX".into(), ..with("imap://help@host", MailTls::Implicit) };
        assert!(same.mailbox().is_err_and(|reason| reason.contains("mail_in_folder")));
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().display().to_string();
        let fresh = Config { mail_in_password_file: path.clone(), ..with("imap://help@host", MailTls::Implicit) };
        let mailbox = fresh.mailbox().unwrap().unwrap();
        for token in ["one", "two"] {
            std::fs::write(&path, format!("{token}\n")).unwrap();
            assert_eq!(mailbox.secret(), Ok(Secret(token.into())));
        }
        drop(file);
        assert!(mailbox.secret().is_err_and(|reason| reason.contains(&path)));
    }
}
