//! How long the list of customers, the search and one timeline take over a million customers with twenty contacts each, on one SQLite file.
//!
//! `cargo bench -p rapport --bench customers -- 1000000` makes as many once, always the same, and keeps them in the target directory
//! (a million with 20 million contacts take some 9 GB and a quarter of an hour); without a number there are 10,000. It is also run with 10.

use rapport_report::Source;
use rapport_report::customer::{Asked, Shown};
use rapport_report::response::nowhere;
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::customer::list::{CustomerFilter, Order};
use rapport_store::customer::{Change, Saved};
use rapport_store::interaction::Channel;
use rapport_store::site::Site;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::{Statement, Store, params};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What each must stay under at the median, in milliseconds.
const LIMIT_MS: f64 = 100.0;
/// How often each is run.
const RUNS: usize = 15;
/// Contacts of a customer.
const CONTACTS: u64 = 20;
/// Customers that are written together.
const TOGETHER: u64 = 2_000;
/// Now: 2026-05-31T15:40:00Z.
const NOW_MS: i64 = 1_780_242_000_000;
const SITE_ID: Id = Id([7; 16]);
const FIRST: [&str; 16] = [
    "Ada",
    "Ben",
    "Chen",
    "Dana",
    "Elif",
    "Femi",
    "Gwen",
    "Hugo",
    "Inês",
    "Jörg",
    "Karin",
    "Lucía",
    "Maren",
    "Nils",
    "王小明",
    "Olu",
];

fn site() -> Site {
    Site {
        site_id: SITE_ID,
        key: "bench".into(),
        name: "Bench".into(),
        origins: vec![],
        time_zone: jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone"),
        accent_color: "#3457d5".into(),
        created_at_ms: 1,
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same everywhere.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The id of a customer: spread as ids are that follow from names.
fn id_of(number: u64) -> Id {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&mixed(number).to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    Id(bytes)
}

fn customer(number: u64) -> Saved {
    let chance = mixed(number ^ 0x5555);
    let first = FIRST[(chance % 16) as usize];
    let plan = ["none", "none", "silver", "gold"][(chance >> 8) as usize % 4];
    let trait_of = |name: &str, value: String| (name.to_owned(), Some(value));
    Saved {
        customer_id: id_of(number),
        external_id: format!("C-{number}"),
        change: Change {
            name: Some(format!("{first} Family{}", chance % 50_000)),
            mail: Some(format!("c{number}@example.com")),
            traits: vec![trait_of("plan", plan.to_owned()), trait_of("city", format!("City {}", (chance >> 20) % 500))],
            ..Change::default()
        },
    }
}

/// The contacts of the customers from one number on, by one statement. Every hundredth purchase was given back.
fn contacts(from: u64) -> Statement {
    let sql = "WITH RECURSIVE c(place) AS (SELECT 0 UNION ALL SELECT place + 1 FROM c WHERE place < $3 - 1)
         INSERT INTO interaction (site_id, interaction_id, customer_id, channel, direction, subject, body, thing, amount_minor, currency,
           sender_key, actor, occurred_at_ms, received_at_ms)
         SELECT $1, substr(k.customer_id, 1, 8) || unhex(printf('%016x', k.rowid * 64 + place)), k.customer_id,
           CASE place % 5 WHEN 0 THEN 'purchase' WHEN 1 THEN 'call' WHEN 2 THEN 'mail' WHEN 3 THEN 'visit' ELSE 'note' END, 'in',
           'Something was asked and answered', '', '', CASE WHEN place % 5 = 0 THEN 4900 END, CASE WHEN place % 5 = 0 THEN 'EUR' ELSE '' END,
           k.external_id || '-' || place, 'key:bench', k.seen_at_ms - place * 86400000, k.seen_at_ms
         FROM customer k, c WHERE k.site_id = $1 AND k.created_at_ms = $2";
    Statement::new(sql, params![SITE_ID, from as i64 + 1, CONTACTS as i64])
}

async fn generate(store: &Store, customers: u64) {
    store.add_site(&site()).await.expect("the site is added");
    for from in (0..customers).step_by(TOGETHER as usize) {
        let saved: Vec<_> = (from..customers.min(from + TOGETHER)).map(customer).collect();
        // Made known in the order of their numbers, seen in no order.
        store.save_customers(SITE_ID, &saved, from as i64 + 1, Vec::new()).await.expect("customers are saved");
        let seen = "UPDATE customer SET seen_at_ms = $3 WHERE site_id = $1 AND customer_id = $2";
        let mut statements: Vec<_> = (from..customers.min(from + TOGETHER))
            .map(|number| {
                let seen_at_ms = NOW_MS - (mixed(number ^ 0xaaaa) % (365 * 86_400_000)) as i64;
                Statement::new(seen, params![SITE_ID, id_of(number), seen_at_ms])
            })
            .collect();
        statements.push(contacts(from));
        store.write(statements).await.expect("contacts are written");
        if from % 100_000 == 0 && from > 0 {
            println!("made {from} customers");
        }
    }
    // One who is in contact every hour of four years.
    let sql = "WITH RECURSIVE c(place) AS (SELECT 0 UNION ALL SELECT place + 1 FROM c WHERE place < 34999)
         INSERT INTO interaction (site_id, interaction_id, customer_id, channel, direction, subject, body, thing, currency, actor,
           occurred_at_ms, received_at_ms)
         SELECT $1, unhex(printf('%032x', place)), $2, 'call', 'in', 'Again', '', '', '', 'key:bench', $3 - place * 3600000, $3 FROM c";
    store.write(vec![Statement::new(sql, params![SITE_ID, id_of(1), NOW_MS])]).await.expect("a busy customer");
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let most = numbers.first().copied().unwrap_or(10_000);
    let mut missed = 0;
    for customers in [10, most] {
        missed += runtime.block_on(measure(customers));
    }
    println!("\n{missed} over {LIMIT_MS:.0} ms");
}

/// How many were over the limit.
async fn measure(customers: u64) -> usize {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("customers-{customers}.db"));
    let complete = file.with_extension("complete");
    if !complete.exists() {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
        }
    }
    let clock = Clock::manual(NOW_MS);
    let store = Store::open(&format!("sqlite://{}", file.display()), clock.clone()).await.expect("the store opens");
    if !complete.exists() {
        let begin = Instant::now();
        generate(&store, customers).await;
        println!("made {customers} customers in {:.0} s", begin.elapsed().as_secs_f64());
        std::fs::write(&complete, "").expect("the target directory can be written");
    }
    let sites = SiteDirectory::new(store.clone(), clock);
    let site = sites.by_key("bench").await.expect("the store answers").expect("the site is there");
    let size = std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
    println!("\n{customers} customers with {} contacts, {:.1} GB", customers * CONTACTS, size as f64 / 1e9);
    println!("{:<60} {:>10} {:>10}", "", "median ms", "limit ms");
    let missed = times(&store, &site, customers).await;
    store.shut_down().await;
    missed
}

fn search(words: &str) -> CustomerFilter {
    CustomerFilter { search: words.to_owned(), ..CustomerFilter::default() }
}

fn of_trait(name: &str, value: &str) -> CustomerFilter {
    CustomerFilter { traits: vec![(name.to_owned(), value.to_owned())], ..CustomerFilter::default() }
}

async fn times(store: &Store, site: &Arc<SiteContext>, customers: u64) -> usize {
    let source = Source { store, site, now_ms: NOW_MS, picture_address: nowhere };
    let number = customers / 2;
    let middle = source
        .customers(&Asked { filter: search(&format!("c-{number}")), ..Asked::default() })
        .await
        .expect("a customer")
        .customers;
    assert!(!middle.is_empty(), "the customer in the middle is found");
    let mut missed = 0;
    macro_rules! time {
        ($name:expr, $report:expr) => {{
            let mut samples_ms = Vec::with_capacity(RUNS);
            for _ in 0..RUNS {
                let begin = Instant::now();
                std::hint::black_box($report.await.expect("a report"));
                samples_ms.push(begin.elapsed().as_secs_f64() * 1_000.0);
            }
            samples_ms.sort_by(f64::total_cmp);
            let over = samples_ms[RUNS / 2] >= LIMIT_MS;
            missed += usize::from(over);
            println!(
                "{:<60} {:>10.1} {LIMIT_MS:>10.0}{}",
                $name,
                samples_ms[RUNS / 2],
                if over { "  over the limit" } else { "" }
            );
        }};
    }
    let both = CustomerFilter { search: "gwen".into(), ..of_trait("plan", "gold") };
    let rare = CustomerFilter { search: "ada".into(), ..of_trait("city", "City 7") };
    let bought = CustomerFilter { channel: Some(Channel::Purchase), ..of_trait("plan", "silver") };
    let none = CustomerFilter { open_ticket: true, ..search("ada") };
    for order in Order::EACH {
        for (name, filter) in [
            ("everybody", CustomerFilter::default()),
            ("one mail address", search(&format!("c{number}@example.com"))),
            ("a first name that many have", search("ada")),
            ("one letter", search("f")),
            ("two words that few have", search("family4711 ada")),
            ("the inside of a Chinese name", search("小明")),
            ("a trait that a quarter has", of_trait("plan", "gold")),
            ("a trait that one in 500 has", of_trait("city", "City 42")),
            ("a name and a trait that many have", both.clone()),
            ("a name that many and a trait that few have", rare.clone()),
            ("who bought, by a trait", bought.clone()),
            ("two filters that nobody passes", none.clone()),
            ("nobody", search("zzzz")),
        ] {
            let asked = Asked { filter, order, after: None };
            time!(format!("list by {}: {name}", order.as_str()), source.customers(&asked));
        }
    }
    for (name, id) in [("in the middle", id_of(number)), ("with 35,000 calls", id_of(1))] {
        time!(format!("customer {name}"), source.customer(id));
        time!(format!("timeline of the customer {name}"), source.customer_timeline(id, Shown::All, None));
        let calls = Shown::Channel(Channel::Call);
        time!(format!("their calls"), source.customer_timeline(id, calls, None));
    }
    missed
}
