//! How long a search takes over a million answers of one site, on one SQLite file.
//!
//! `cargo bench -p rapport --bench words`. The answers are made once, always the same, and kept in the target directory.

use rapport_language::detect::Language;
use rapport_language::token::tokens;
use rapport_report::Source;
use rapport_report::response::nowhere;
use rapport_report::slice::{Device, Range, Slice};
use rapport_report::word::list::Asked;
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::site::Site;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::word::{self, Indexed, Text};
use rapport_store::{Statement, Store, Value, params};
use std::path::PathBuf;
use std::time::Instant;

/// Answers.
const ANSWERS: u64 = 1_000_000;
/// What a search must stay under at the median, in milliseconds.
const LIMIT_MS: f64 = 100.0;
/// How often each is run.
const RUNS: usize = 15;
/// Answers that are written together.
const TOGETHER: u64 = 2_000;
/// Now: 2026-05-31T15:40:00Z.
const NOW_MS: i64 = 1_780_242_000_000;
const DAYS: i64 = 90;
const DAY_MS: i64 = 86_400_000;

/// Words from the most to the least frequent; the rest are made up, each rare.
const FREQUENT: [&str; 24] = [
    "the", "page", "is", "slow", "delivery", "checkout", "not", "good", "was", "payment", "nice", "late", "button",
    "broken", "mug", "price", "colour", "search", "basket", "account", "parcel", "refund", "picture", "code",
];

/// SplitMix64 (Steele, Lea, Flood 2014): the same everywhere.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// An answer of ten words: half of them frequent, the others one of 50,000.
fn said(number: u64) -> String {
    let word = |place: u64| {
        let chance = mixed(number * 10 + place);
        match place % 2 {
            0 => FREQUENT[(chance % 24 * (chance >> 32 & 0xff) / 256) as usize].to_owned(),
            _ => format!("word{}x", chance % 50_000),
        }
    };
    let words: Vec<_> = (0..10).map(word).collect();
    words.join(" ")
}

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

/// Responses with their words, as the job keeps them.
async fn generate(store: &Store, site_id: Id) {
    for from in (0..ANSWERS).step_by(TOGETHER as usize) {
        let (mut statements, mut ids, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for number in from..from + TOGETHER {
            let at_ms = NOW_MS - DAYS * DAY_MS + (number as i64 * DAYS * DAY_MS) / ANSWERS as i64;
            let mut chance = [0; 10];
            chance[..8].copy_from_slice(&mixed(number).to_be_bytes());
            let id = Id::version_7(at_ms as u64, chance);
            let device = if number % 3 == 0 { "desktop" } else { "mobile" };
            let sql = "INSERT INTO response (site_id, item_id, revision, survey_id, survey_version, occurred_at_ms, received_at_ms, hour_ms,
                 clamped, bot, path, language, device, duration_ms, finished, trail, trail_withheld, page)
                 VALUES ($1, $2, 1, 'feedback', 1, $3, $3, $3, 0, 0, $4, 'en', $5, 1, 1, '', 0, '')";
            let path: Value = format!("/pages/{}", number % 400).into();
            let mut params = params![site_id, id, at_ms];
            params.extend([path, device.into()]);
            statements.push(Statement::new(sql, params));
            let text = said(number);
            texts.push(Indexed {
                tokens: tokens(&text, Language::of("en")),
                text: Text {
                    source: word::Source::Answer,
                    item_id: id,
                    part: "reason".into(),
                    survey_id: "feedback".into(),
                    occurred_at_ms: at_ms,
                    language: "en".into(),
                    score: Some((number % 5) as i64 * 25),
                    standing: None,
                    said: text,
                },
            });
            ids.push(id);
        }
        store.write(statements).await.expect("responses are written");
        store.keep_words(site_id, word::Source::Answer, &ids, &texts).await.expect("words are kept");
    }
}

fn main() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure());
}

async fn measure() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("words.db");
    let complete = file.with_extension("complete");
    let clock = Clock::manual(NOW_MS);
    if !complete.exists() {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
        }
    }
    let store = Store::open(&format!("sqlite://{}", file.display()), clock.clone()).await.expect("the store opens");
    if !complete.exists() {
        let begin = Instant::now();
        store.add_site(&site()).await.expect("the site is added");
        generate(&store, site().site_id).await;
        println!("made {ANSWERS} answers in {:.0} s", begin.elapsed().as_secs_f64());
        std::fs::write(&complete, "").expect("the target directory can be written");
    }
    let sites = SiteDirectory::new(store.clone(), clock);
    let context = sites.by_key("bench").await.expect("the store answers").expect("the site is there");
    let source = Source { store: &store, site: &context, now_ms: NOW_MS, picture_address: nowhere };
    let all = Slice { range: Range::Last(90), compare: false, ..Slice::default() };
    let week = Slice { range: Range::Last(7), ..all.clone() };
    let desktop = Slice { device: Device::Desktop, ..all.clone() };
    let mut missed = 0;
    println!("{ANSWERS} answers; medians of {RUNS} runs, limit {LIMIT_MS:.0} ms");
    for (name, slice, search) in [
        ("one frequent word", &all, "slow"),
        ("two frequent words", &all, "delivery late"),
        ("four frequent words", &all, "delivery late payment broken"),
        ("a rare word", &all, "word4711x"),
        ("a word that nobody wrote", &all, "absent"),
        ("a frequent word, on computers", &desktop, "slow"),
        ("a frequent word and a rare one", &all, "slow word4711x"),
        ("a frequent word, 7 days", &week, "slow"),
        ("the beginning of words", &all, "wor"),
    ] {
        let asked = Asked { search: search.into(), ..Asked::default() };
        let mut samples_ms = Vec::with_capacity(RUNS);
        let mut total = 0;
        for _ in 0..RUNS {
            let begin = Instant::now();
            total = source.words(slice, &asked).await.expect("a list").total;
            samples_ms.push(begin.elapsed().as_secs_f64() * 1_000.0);
        }
        samples_ms.sort_by(f64::total_cmp);
        let median_ms = samples_ms[RUNS / 2];
        missed += usize::from(median_ms >= LIMIT_MS);
        println!("{name:<40} {median_ms:>8.1} ms {total:>10} found");
    }
    println!("{missed} over the limit");
    store.shut_down().await;
}
