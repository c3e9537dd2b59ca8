//! The real collector as a child process, with a database file of its own.

use crate::{Outcome, tools, wait};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running collector; it is stopped when this is dropped.
pub struct Rapport {
    folder: tempfile::TempDir,
    port: u16,
    serving: Option<Child>,
}

impl Rapport {
    /// Starts a collector that believes it is reached at `public_url`, with an empty database and further `settings`, as
    /// lines of its file.
    pub async fn start(port: u16, public_url: &str, settings: &str) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let config = format!(
            "listen = \"127.0.0.1:{port}\"\ndatabase_url = \"sqlite://{}\"\npublic_url = \"{public_url}\"\n{settings}",
            folder.path().join("rapport.db").display()
        );
        std::fs::write(folder.path().join("rapport.toml"), config)?;
        let mut rapport = Self { folder, port, serving: None };
        rapport.serve().await?;
        Ok(rapport)
    }

    /// Starts serving and waits until it is ready.
    async fn serve(&mut self) -> Outcome {
        let log = std::fs::File::create(self.log())?;
        let child = self.command(&["serve"])?.stdout(log.try_clone()?).stderr(log).spawn()?;
        self.serving = Some(child);
        let ready = format!("{}/readyz", self.origin());
        let client = reqwest::Client::builder().no_proxy().build()?;
        wait::until("the collector to be ready", || async {
            Ok(client.get(&ready).send().await?.status().is_success().then_some(()))
        })
        .await
    }

    /// Where it listens.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its folder, with configuration, database and log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("rapport.log")
    }

    /// What it said since it was started, as its terminal shows it.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Runs one of its commands, and gives what it printed.
    pub fn run(&self, arguments: &[&str]) -> Outcome<String> {
        let output = self.command(arguments)?.stdin(Stdio::null()).output()?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(printed)
        } else {
            let complaint = String::from_utf8_lossy(&output.stderr);
            Err(format!("rapport {} failed: {printed}{complaint}", arguments.join(" ")).into())
        }
    }

    fn command(&self, arguments: &[&str]) -> Outcome<Command> {
        let mut command = command()?;
        command.args(arguments).arg("--config").arg(self.folder.path().join("rapport.toml"));
        command.current_dir(self.folder.path());
        Ok(command)
    }
}

/// The program, not configured by the environment of whoever runs the tests.
pub fn command() -> Outcome<Command> {
    let mut command = Command::new(tools::rapport()?);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RAPPORT_")) {
        command.env_remove(name);
    }
    Ok(command)
}

impl Drop for Rapport {
    fn drop(&mut self) {
        if let Some(mut child) = self.serving.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("the collector said:\n{}", std::fs::read_to_string(self.log()).unwrap_or_default());
        }
    }
}
