//! The collector as a child process that is killed without warning.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take, with the recovery of the database.
const PATIENCE: Duration = Duration::from_secs(60);

/// A collector; it is killed when this is dropped.
pub struct Collector {
    folder: tempfile::TempDir,
    address: SocketAddr,
    child: Option<Child>,
}

impl Collector {
    /// A collector on a free port, not yet started.
    pub fn new(database_url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let limit = u32::MAX;
        let config = format!(
            "listen = \"{address}\"\ndatabase_url = \"{database_url}\"\nlog_filter = \"warn\"\n\
             batches_per_minute = {limit}\nbatch_burst = {limit}\n"
        );
        std::fs::write(folder.path().join("rapport.toml"), config).expect("the configuration is written");
        Self { folder, address, child: None }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins the database, adds a site and gives its key.
    pub fn add_site(&self) -> String {
        self.run(&["migrate"]);
        let printed = self.run(&["site", "add", "Shop", "--origin", "https://shop.example.com"]);
        let (_, rest) = printed.split_once("data-site=\"").expect("a tag");
        rest.split('"').next().expect("a key").to_owned()
    }

    /// What a command prints that has to succeed.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the binary runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
        printed
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rapport"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RAPPORT_")) {
            command.env_remove(name);
        }
        command
    }

    /// Starts it and waits until it is ready.
    pub fn start(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("log")).expect("a log");
        let output = log.try_clone().expect("a log");
        let child = self.command(&["serve"]).stdout(output).stderr(log).spawn().expect("the binary runs");
        let child = self.child.insert(child);
        let begin = Instant::now();
        loop {
            if is_ready(self.address) {
                return;
            }
            let ended = child.try_wait().expect("a child");
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none(), "the collector ended by itself: {ended:?}\n{}", log());
            assert!(begin.elapsed() < PATIENCE, "the collector is not ready\n{}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("the collector runs");
            child.wait().expect("the collector ended");
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(15)))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        Ok(reply)
    };
    ask().is_ok_and(|reply| reply.starts_with("HTTP/1.1 200"))
}
