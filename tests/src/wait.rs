//! Waiting: for something to become true, for something to stay true, and for the time that a visitor takes. Nothing else in
//! stories waits.

use crate::Outcome;
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long what must not happen is looked out for, unless a story says otherwise: longer than a page takes to say all that it
/// has to say, and than what appears by itself needs.
pub const DOUBT: Duration = Duration::from_millis(1_500);

/// Between two looks.
const BETWEEN: Duration = Duration::from_millis(50);

/// Asks every 50 ms until there is an answer; fails, naming `what`, when [`PATIENCE`] is over.
pub async fn until<T>(what: &str, ask: impl AsyncFnMut() -> Outcome<Option<T>>) -> Outcome<T> {
    until_within(PATIENCE, what, ask).await
}

/// The same for what is known to take longer.
pub async fn until_within<T>(
    patience: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Outcome<Option<T>>,
) -> Outcome<T> {
    let begin = Instant::now();
    let mut last = String::new();
    loop {
        match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => {}
            // What is being waited for may not be there yet, so a refusal is not the end.
            Err(failure) => last = format!(" (last: {failure})"),
        }
        if begin.elapsed() > patience {
            return Err(format!("waited {} s in vain for {what}{last}", patience.as_secs()).into());
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Proves an absence: asks every 50 ms whether `what` still holds, for as long as `span`, and fails as soon as it does not.
pub async fn stays(what: &str, span: Duration, mut holds: impl AsyncFnMut() -> Outcome<bool>) -> Outcome {
    let begin = Instant::now();
    loop {
        // What is asked after the span is over is as good as what was asked within.
        let is_over = begin.elapsed() >= span;
        if !holds().await? {
            return Err(format!("{what}: no longer so after {} ms", begin.elapsed().as_millis()).into());
        }
        if is_over {
            return Ok(());
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Lets time pass that is what the story is about: between two clicks that are not one burst, while a visitor reads, until
/// nothing has come of a click. What can be asked for is waited for by [`until`].
pub async fn pass(span: Duration) {
    tokio::time::sleep(span).await;
}
