//! Waiting for something to become true, with a sentence for when it does not.

use crate::Outcome;
use std::future::Future;
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks every 50 ms until there is an answer; fails, naming `what`, when [`PATIENCE`] is over.
pub async fn until<T, F>(what: &str, mut ask: impl FnMut() -> F) -> Outcome<T>
where
    F: Future<Output = Outcome<Option<T>>>,
{
    let begin = Instant::now();
    let mut last = String::new();
    loop {
        match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => {}
            // What is being waited for may not be there yet, so a refusal is not the end.
            Err(failure) => last = format!(" (last: {failure})"),
        }
        if begin.elapsed() > PATIENCE {
            return Err(format!("waited {} s in vain for {what}{last}", PATIENCE.as_secs()).into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
