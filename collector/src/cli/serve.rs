//! `rapport serve`: the collector itself, until it is told to stop.

use super::{Failure, Session};
use crate::app::App;
use crate::router::router;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Listens until SIGTERM or SIGINT, then lets running requests finish.
pub(super) async fn run(session: &Session) -> Result<(), Failure> {
    let config = &session.config;
    if let Err(reason) = session.store.ready().await {
        // It may end while it runs; until then what is sent stays with the senders.
        tracing::error!(cause = reason.cause(), "nothing can be stored now: {reason}");
    }
    let app = App::new(session.store.clone(), session.clock.clone(), config.clone()).await?;
    app.start_jobs();
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error} (see --listen)", config.listen))?;
    let stop = stop_signal()?;
    println!("Rapport listens on {} for {}", config.listen, config.base_url());
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!("stopping: running requests may finish");
        let _ = stopping.send(());
    });
    let patience = Duration::from_millis(config.shutdown_timeout_ms);
    tokio::select! {
        result = std::future::IntoFuture::into_future(server) => result.map_err(|error| Failure(error.to_string())),
        () = async { let _ = stopped.await; tokio::time::sleep(patience).await } => {
            tracing::warn!(waited_ms = config.shutdown_timeout_ms, "some requests did not finish in time");
            Ok(())
        }
    }
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
