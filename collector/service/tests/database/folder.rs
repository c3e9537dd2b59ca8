//! A folder with a database in it, commands that run there, and a collector over it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a collector may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// The folder; it is removed when this is dropped.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_by(&[], arguments)
    }

    /// The binary with `arguments`, started by the program and arguments of `starter`.
    pub fn command_by(&self, starter: &[&str], arguments: &[&str]) -> Command {
        let binary = env!("CARGO_BIN_EXE_rapport");
        let mut command = match starter {
            [] => Command::new(binary),
            [program, rest @ ..] => {
                let mut command = Command::new(program);
                command.args(rest).arg(binary);
                command
            }
        };
        command.current_dir(self.0.path()).args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RAPPORT_")) {
            command.env_remove(name);
        }
        command
    }

    /// What it printed; it must succeed.
    pub fn good(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the binary runs");
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What it said; it must fail.
    pub fn bad(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the binary runs");
        assert!(!output.status.success(), "{arguments:?} should fail: {}", said(&output));
        said(&output)
    }

    /// Adds a site, to a database that it begins, and gives its key.
    pub fn site(&self) -> String {
        self.good(&["migrate"]);
        let printed = self.good(&["site", "add", "Shop", "--origin", "https://shop.example.com"]);
        let (_, rest) = printed.split_once("data-site=\"").expect("a tag");
        rest.split('"').next().expect("a key").to_owned()
    }

    /// Page views in a database file, read without touching it.
    /// Waits until the jobs that a collector begins with have run. Whoever reads the file at that instant has its index mapped, and an
    /// index that is cut under a reader ends the process (SIGBUS): the operating system knows no gentler way.
    pub fn until_jobs_ran(&self) {
        let connection = rusqlite::Connection::open(self.path("rapport.db")).expect("it opens");
        // That of rollups runs on and waits for hours.
        let sql = "SELECT COUNT(*) > 0
               AND SUM(state = 'running' OR state = 'waiting' AND due_at_ms <= unixepoch('subsec') * 1000) = 0
             FROM job WHERE kind <> 'rollup'";
        let begin = Instant::now();
        while !connection.query_row(sql, [], |row| row.get::<_, bool>(0)).expect("it counts") {
            assert!(begin.elapsed() < PATIENCE, "jobs run on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn views(&self, name: &str) -> i64 {
        let connection = rusqlite::Connection::open(self.path(name)).expect("it opens");
        connection.query_row("SELECT COUNT(*) FROM page_view", [], |row| row.get(0)).expect("it counts")
    }
}

/// Everything a command said.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A running collector; it is killed when this is dropped.
pub struct Collector {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Collector {
    /// Starts one over `rapport.db` of the folder and waits until it listens.
    pub fn start(folder: &Folder) -> Self {
        Self::start_by(folder, &[], "rapport.db")
    }

    pub fn start_by(folder: &Folder, starter: &[&str], file: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let (listen, url, log) = (address.to_string(), format!("sqlite://{file}"), folder.path("log"));
        let arguments = ["serve", "--listen", &listen, "--database-url", &url, "--log-filter", "warn"];
        let file = std::fs::File::create(&log).expect("a log");
        let output = file.try_clone().expect("a log");
        let child = folder.command_by(starter, &arguments).stdout(output).stderr(file).spawn().expect("it starts");
        let mut collector = Self { child, address, log };
        let begin = Instant::now();
        while collector.ask("GET /healthz HTTP/1.1", "").is_none() {
            let ended = collector.child.try_wait().expect("a child");
            assert!(ended.is_none() && begin.elapsed() < PATIENCE, "{ended:?} {}", collector.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        collector
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn ask(&self, request: &str, body: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
        let head = format!(
            "{request}\r\nHost: x\r\nConnection: close\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0\r\n\
             Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).ok()?;
        let status = reply.split(' ').nth(1)?.parse().ok()?;
        Some((status, reply.split_once("\r\n\r\n")?.1.to_owned()))
    }

    /// Status and document of `/readyz`.
    pub fn ready(&self) -> (u16, String) {
        self.ask("GET /readyz HTTP/1.1", "").expect("it answers")
    }

    /// Sends one page view; the status.
    pub fn send_view(&self, site: &str) -> u16 {
        self.send_views(site, 1)
    }

    /// Sends page views, in one batch; the status.
    pub fn send_views(&self, site: &str, views: u32) -> u16 {
        let id = || rapport_store::clock::Clock::System.new_id();
        let item =
            |_| format!(r#"{{"type":"page_view","id":"{}","path":"/{}","duration_ms":900}}"#, id(), "p".repeat(200));
        let items: Vec<_> = (0..views).map(item).collect();
        let body = format!(r#"{{"site":"{site}","items":[{}]}}"#, items.join(","));
        self.ask("POST /v1/batch HTTP/1.1", &body).expect("it answers").0
    }

    /// SIGTERM, and the end of it.
    pub fn stop(mut self) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("it is asked to stop");
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Length of a file in bytes, 0 when there is none.
pub fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |found| found.len())
}

/// Asks again and again until `found` has something.
pub fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}
