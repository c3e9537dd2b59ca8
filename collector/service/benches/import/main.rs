//! How many lines a second an import of 100,000 customers takes, on one SQLite file: tried, taken, and sent again.
//!
//! `cargo bench -p rapport --bench import`.

use rapport_ingest::import::{Import, Options, Report};
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::site::Site;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use std::time::Instant;

/// Customers.
const LINES: u32 = 100_000;
/// Bytes of a piece, as they come over a network.
const PIECE_BYTES: usize = 16_384;
/// Fewest lines a second that an import may take.
const LIMIT: f64 = 1_000.0;

fn site() -> Site {
    Site {
        site_id: Id([7; 16]),
        key: "bench".into(),
        name: "Bench".into(),
        origins: vec![],
        time_zone: jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone"),
        accent_color: "#3457d5".into(),
        created_at_ms: 1,
    }
}

fn file() -> String {
    let mut file = "id,name,mail,phone,language,plan,city\n".to_owned();
    for line in 0..LINES {
        let city = ["Berlin", "Zürich", "東京", "Wien"][line as usize % 4];
        file +=
            &format!("C-{line},\"Customer {line}, the one\",customer{line}@example.com,+49 30 {line},de,gold,{city}\n");
    }
    file
}

async fn import(store: &Store, site: &SiteContext, file: &str, is_trial: bool) -> Report {
    let options = Options { is_trial, ..Options::default() };
    let mut import = Import::new(store, site, options, Clock::System.now_ms());
    for piece in file.as_bytes().chunks(PIECE_BYTES) {
        import.push(piece).await.expect("the file is read");
    }
    import.end().await.expect("the file is read")
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("rapport.db").display());
    let store = Store::open_to_collect(&url, Clock::System).await.expect("the store opens");
    store.add_site(&site()).await.expect("the site is added");
    let sites = SiteDirectory::new(store.clone(), Clock::System);
    let site = sites.by_key("bench").await.expect("the store reads").expect("the site is there");
    let file = file();
    println!("{LINES} lines, {:.1} MB", file.len() as f64 / 1e6);
    for (name, is_trial, new) in [("tried", true, LINES), ("taken", false, LINES), ("sent again", false, 0)] {
        let begun = Instant::now();
        let report = import(&store, &site, &file, is_trial).await;
        let seconds = begun.elapsed().as_secs_f64();
        assert_eq!((report.added, report.bad), (u64::from(new), 0), "{name}");
        let lines_per_second = f64::from(LINES) / seconds;
        println!("{name:<12} {seconds:>6.2} s {lines_per_second:>9.0} lines a second");
        assert!(lines_per_second > LIMIT, "{name} takes fewer than {LIMIT} lines a second");
    }
    store.shut_down().await;
}
