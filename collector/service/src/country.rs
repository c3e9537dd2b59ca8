//! Keeps the database of countries as new as its file.

use rapport_ingest::country::Countries;
use std::time::Duration;

/// Between two looks at the file.
const PAUSE: Duration = Duration::from_secs(30);

/// Reads the file now, and whenever it changes, for as long as the collector runs. Without it, or while it cannot be read, collecting
/// goes on without countries, or with those read before; the log says why, once for each reason.
pub async fn keep_up(countries: Countries) {
    let mut told = String::new();
    loop {
        let reader = countries.clone();
        match tokio::task::spawn_blocking(move || reader.refresh()).await.unwrap_or(Ok(false)) {
            Ok(true) => {
                tracing::info!("the database of countries was read");
                told.clear();
            }
            Ok(false) => {}
            Err(reason) if reason != told => {
                tracing::error!("country_database cannot be read: {reason}");
                told = reason;
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}
