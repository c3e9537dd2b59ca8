//! A limit on the size of files (`ulimit -f`) ends a process without a word. Here the write fails instead: what could not be
//! stored is answered 503, and the log says why.

use super::Failure;
use tokio::signal::unix::{SignalKind, signal};

/// Takes the signal from now on, and reports it.
pub(super) fn report() -> Result<(), Failure> {
    let kind = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    let mut signals = signal(kind).map_err(|error| Failure(format!("signals cannot be received: {error}")))?;
    tokio::spawn(async move {
        while signals.recv().await.is_some() {
            tracing::error!(
                "a file cannot grow: the limit on the size of files of this process is reached (ulimit -f, LimitFSIZE). \
                 Nothing more is stored until it is raised"
            );
        }
    });
    Ok(())
}
