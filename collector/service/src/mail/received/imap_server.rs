//! A mail server for tests that keeps mailboxes: Dovecot, which `tests/run` installs, in a folder of its own.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = "/usr/sbin/dovecot";
const PATIENCE: Duration = Duration::from_secs(60);

/// The server, which ends with the test.
pub(crate) struct ImapServer {
    process: Child,
    folder: PathBuf,
    delivered: u32,
    /// Its port without TLS.
    pub port: u16,
    /// Its port with TLS.
    pub tls_port: u16,
}

impl Drop for ImapServer {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port()
}

fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect(program);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

impl ImapServer {
    /// One with the mailbox `help` and the password `s3cret`; its certificate and key lie in the folder.
    pub(crate) fn start(folder: &Path) -> Self {
        let (port, tls_port) = (free_port(), free_port());
        let at = folder.display();
        // It serves nobody as root.
        let is_root = output_of("id", &["-u"]) == "0";
        let owner = if is_root { "mail".to_owned() } else { output_of("id", &["-un"]) };
        let (uid, gid) = (output_of("id", &["-u", &owner]), output_of("id", &["-g", &owner]));
        let users = if is_root {
            String::new()
        } else {
            format!("default_internal_user = {owner}\ndefault_login_user = {owner}\ndefault_internal_group = {gid}\n")
        };
        let config = format!(
            "base_dir = {at}/run\nlog_path = {at}/log\nprotocols = imap\nlisten = 127.0.0.1\nssl = yes\n\
             ssl_cert = <{at}/certificate.pem\nssl_key = <{at}/key.pem\nmail_location = maildir:{at}/mail/%u\n\
             disable_plaintext_auth = no\nfirst_valid_uid = 1\n{users}\
             passdb {{\n driver = static\n args = password=s3cret\n}}\n\
             userdb {{\n driver = static\n args = uid={uid} gid={gid} home={at}/mail/%u\n}}\n\
             namespace inbox {{\n inbox = yes\n mailbox Done {{\n  auto = create\n }}\n}}\n\
             service imap-login {{\n chroot =\n inet_listener imap {{\n  port = {port}\n }}\n \
             inet_listener imaps {{\n  port = {tls_port}\n  ssl = yes\n }}\n}}\n\
             service anvil {{\n chroot =\n}}\n"
        );
        for below in ["mail/help/cur", "mail/help/new", "mail/help/tmp", "run"] {
            std::fs::create_dir_all(folder.join(below)).expect("a folder");
        }
        std::fs::write(folder.join("dovecot.conf"), config).expect("its settings");
        if is_root {
            let mail = folder.join("mail").display().to_string();
            let owned = Command::new("chown").args(["-R", &owner, &mail]).status().expect("chown");
            // A temporary folder is closed to others.
            let open = Command::new("chmod").args(["755", &at.to_string()]).status().expect("chmod");
            assert!(owned.success() && open.success());
        }
        let process = Command::new(PROGRAM)
            .args(["-F", "-c", &folder.join("dovecot.conf").display().to_string()])
            .stdout(Stdio::null())
            .spawn()
            .expect("dovecot is installed: Debian's dovecot-imapd");
        let server = Self { process, folder: folder.to_owned(), delivered: 0, port, tls_port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(began.elapsed() < PATIENCE, "dovecot does not start: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Puts a mail into the mailbox.
    pub(crate) fn deliver(&mut self, mail: &str) {
        self.delivered += 1;
        let name = format!("{}.M{}P1.test", 1_700_000_000 + self.delivered, self.delivered);
        let (made, place) = (self.mailbox().join("tmp").join(&name), self.mailbox().join("new").join(&name));
        std::fs::write(&made, mail.replace("\r\n", "\n")).expect("a mail");
        let _ = Command::new("chmod").args(["644", &made.display().to_string()]).status();
        std::fs::rename(made, place).expect("a mail that is delivered");
    }

    fn mailbox(&self) -> PathBuf {
        self.folder.join("mail/help")
    }

    /// How many mails lie in the folder `Done`.
    pub(crate) fn done(&self) -> usize {
        let of = |below: &str| std::fs::read_dir(self.mailbox().join(".Done").join(below)).map_or(0, Iterator::count);
        of("cur") + of("new")
    }

    /// Gives every mail another number, as a server does whose index was lost.
    pub(crate) fn renumber(&self) {
        for below in
            ["dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache", "dovecot-uidvalidity"]
        {
            let _ = std::fs::remove_file(self.mailbox().join(below));
        }
    }
}
