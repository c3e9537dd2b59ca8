//! A PostgreSQL cluster of its own, which may be killed.

use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A running server on a free port; it is stopped and removed when this is dropped.
pub struct Cluster {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    kills: u32,
}

impl Cluster {
    /// A fresh cluster, or `None` where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let cluster = Self { programs, folder, port, kills: 0 };
        if is_root() {
            succeed(Command::new("chown").arg("postgres").arg(cluster.folder.path()));
        }
        let options = ["-U", "rapport", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "-D"];
        succeed(cluster.command("initdb").args(options).arg(cluster.data()));
        cluster.launch();
        Some(cluster)
    }

    /// URL of its database.
    pub fn url(&self) -> String {
        format!("postgres://rapport@127.0.0.1:{}/postgres", self.port)
    }

    /// How often something of it was killed.
    pub fn kills(&self) -> u32 {
        self.kills
    }

    /// `kill -9` of the server and all its processes at once, as when the machine goes down, and a new start.
    pub fn kill_server(&mut self) {
        let server = self.server();
        let mut all = children(server);
        all.push(server);
        all.iter().for_each(|process| kill(*process));
        let begin = Instant::now();
        while all.iter().any(|process| is_alive(*process)) {
            assert!(begin.elapsed() < Duration::from_secs(20), "the server does not die");
            std::thread::sleep(Duration::from_millis(2));
        }
        // Whoever should bury the dead may be slow, and the server takes an unburied process for a running one.
        std::fs::remove_file(self.data().join("postmaster.pid")).expect("the server left its lock");
        self.kills += 1;
        self.launch();
    }

    /// `kill -9` of one process that serves a connection: the server then ends all others and recovers by itself.
    pub fn kill_one_backend(&mut self) {
        let backends: Vec<u32> = children(self.server()).into_iter().filter(|process| is_backend(*process)).collect();
        if !backends.is_empty() {
            kill(backends[rand::random_range(0..backends.len())]);
            self.kills += 1;
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn launch(&self) {
        let options = format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories=", self.port);
        let mut command = self.command("pg_ctl");
        command.arg("-D").arg(self.data()).arg("-w").arg("-l").arg(self.folder.path().join("log"));
        succeed(command.args(["-o", &options, "start"]));
    }

    /// Process id of the server.
    fn server(&self) -> u32 {
        let lock = std::fs::read_to_string(self.data().join("postmaster.pid")).expect("the server runs");
        lock.lines().next().and_then(|line| line.trim().parse().ok()).expect("a process id")
    }

    /// PostgreSQL refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/").stdin(Stdio::null());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stop = ["-m", "immediate", "stop"];
        let _ = self.command("pg_ctl").arg("-D").arg(self.data()).args(stop).stdout(Stdio::null()).status();
    }
}

/// The folder of the newest PostgreSQL that is installed where Debian puts it, or else of the one in `PATH`.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = versions.map(|entry| entry.path()).max_by_key(|path| number(path)).map(|path| path.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest.into_iter().chain(std::env::split_paths(&path)).find(|folder| folder.join("initdb").is_file())
}

fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

fn succeed(command: &mut Command) {
    // What the server inherits of its output stays open, so it must not be a pipe that is read to its end.
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.as_ref().is_ok_and(std::process::ExitStatus::success), "{command:?}: {status:?}");
}

fn kill(process: u32) {
    if let Some(process) = Pid::from_raw(process as i32) {
        // It may have ended by itself meanwhile.
        let _ = kill_process(process, Signal::KILL);
    }
}

/// State letter and parent of a process.
fn state(process: u32) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn is_alive(process: u32) -> bool {
    state(process).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

fn is_backend(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/cmdline")).is_ok_and(|title| title.contains("127.0.0.1"))
}

fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("a process file system");
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|process| state(*process).is_some_and(|(_, of)| of == parent))
        .collect()
}
