//! `rapport serve`: the collector itself, until it is told to stop.

use super::door::Doors;
use super::{Failure, Session};
use crate::app::App;
use crate::config::{Address, Config};
use crate::http::connections::{self, Limits};
use crate::member::setup;
use crate::router::router;
use tokio::signal::unix::{SignalKind, signal};

/// Says in the log what leads nowhere but on this machine: pages print it for people to copy.
pub(super) fn warn_of_loopback(config: &Config) {
    for only_here in config.only_here(&[Address::Script, Address::Collector]) {
        tracing::warn!("{}, and start it again", only_here.reason());
    }
}

/// Listens until SIGTERM or SIGINT, then lets running requests and jobs finish.
pub(super) async fn run(session: &Session, doors: Doors) -> Result<(), Failure> {
    let Some(listener) = doors.collector else { return Ok(()) };
    let config = &session.config;
    if let Err(reason) = session.store.ready().await {
        // It may end while it runs; until then what is sent stays with the senders.
        tracing::error!(cause = reason.cause(), "nothing can be stored now: {reason}");
    }
    let app = App::new(session.store.clone(), session.clock.clone(), config.clone()).await?;
    let stop = stop_signal()?;
    let jobs = app.start_jobs();
    println!("Rapport listens on {} for {}", config.listen, config.base_url());
    if let Some(link) = setup::link(&session.store, &session.clock, &config.base_url()).await? {
        println!(
            "Nothing is set up yet. With this link you make the first site and its owner, once, within 7 days:\n\n  {link}\n"
        );
    }
    let limits = Limits::of(config).within_files();
    connections::serve(listener, router(app), limits, async {
        stop.await;
        tracing::info!("stopping: running requests may finish");
    })
    .await;
    jobs.stop().await;
    Ok(())
}

/// Done when the process is asked to stop.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure(format!("signals cannot be received: {error}")));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
