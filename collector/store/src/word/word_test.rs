//! The index of words on both engines: what is kept is found, what is erased is gone from the file.

use super::*;
use crate::clock::Clock;
use crate::test_store::{each_engine, in_memory};
use crate::visitor::Traces;
use jiff::tz::TimeZone;

const SITE: Id = Id([1; 16]);
const OTHER: Id = Id([2; 16]);

fn text(number: u8, said: &str) -> Indexed {
    Indexed {
        text: Text {
            source: Source::Interaction,
            item_id: Id([number; 16]),
            part: String::new(),
            survey_id: String::new(),
            occurred_at_ms: 1_000 * i64::from(number),
            language: "en".into(),
            score: Some(25),
            standing: Some(Standing::Low),
            said: said.into(),
        },
        tokens: said.split(' ').map(str::to_owned).collect(),
    }
}

async fn keep(store: &Store, site_id: Id, source: Source, texts: &[Indexed]) {
    let ids: Vec<Id> = texts.iter().map(|indexed| indexed.text.item_id).collect();
    store.keep_words(site_id, source, &ids, texts).await.expect("they are kept");
}

fn wanted(search: &str) -> Vec<Wanted> {
    let word = |word: &str| Wanted {
        tokens: word.trim_end_matches('*').split('|').map(str::to_owned).collect(),
        is_prefix: word.ends_with('*'),
    };
    search.split_whitespace().map(word).collect()
}

async fn found(store: &Store, search: &str) -> Vec<u8> {
    let (wanted, narrow) = (wanted(search), Narrow::default());
    let filter = TextFilter {
        wanted: &wanted,
        from_ms: 0,
        to_ms: 1_000_000,
        survey_id: "",
        source: None,
        standing: None,
        path: "",
        device: None,
        narrow: &narrow,
        before: None,
        limit: 100,
    };
    let texts = store.texts(SITE, &filter).await.expect("it is searched");
    assert_eq!(store.count_texts(SITE, &filter).await, Ok(texts.len() as u64), "{search}");
    texts.iter().map(|found| found.text.item_id.0[0]).collect()
}

#[tokio::test]
async fn both_engines_find_the_same_words_of_one_site_alone() {
    each_engine(async |store| {
        let own = [
            text(1, "the checkout is slow"),
            text(2, "退款 款按 👍 slow"),
            text(3, "كتاب จัด checkouts"),
            text(4, "and or not near"),
            text(5, "ˢenrun slowly"),
        ];
        keep(&store, SITE, Source::Interaction, &own).await;
        keep(&store, OTHER, Source::Interaction, &[text(9, "slow checkout 退款")]).await;
        for (search, expected) in [
            ("slow", &[2_u8, 1][..]),
            ("slow*", &[5, 2, 1]),
            ("checkout slow", &[1]),
            ("checkout*", &[3, 1]),
            ("退款", &[2]),
            ("👍", &[2]),
            ("كتاب", &[3]),
            ("จัด", &[3]),
            ("or not", &[4]),
            ("near", &[4]),
            ("ˢenrun|running", &[5]),
            ("absent", &[]),
            ("", &[5, 4, 3, 2, 1]),
        ] {
            assert_eq!(found(&store, search).await, expected, "{search}");
        }
        // A sign that a token cannot have reaches no engine's own language.
        assert_eq!(found(&store, "x'|slow").await, [2, 1]);
    })
    .await;
}

#[tokio::test]
async fn what_is_told_twice_or_anew_stood_there_twice() {
    each_engine(async |store| {
        for said in ["first words", "first words", "second words"] {
            keep(&store, SITE, Source::Interaction, &[text(1, said)]).await;
        }
        assert_eq!(found(&store, "words").await, [1]);
        assert_eq!(found(&store, "first").await, [0; 0]);
        let gone = store.forgetting_words(SITE, Source::Interaction, &[Id([1; 16])]);
        store.write(gone).await.expect("they are forgotten");
        assert_eq!(found(&store, "words").await, [0; 0]);
        assert_eq!(found(&store, "").await, [0; 0]);
    })
    .await;
}

#[tokio::test]
async fn texts_of_one_millisecond_keep_numbers_of_their_own() {
    let store = in_memory().await;
    let many: Vec<Indexed> = (0..3_000_u32)
        .map(|number| {
            let mut one = text(7, "same moment");
            one.text.part = number.to_string();
            one
        })
        .collect();
    keep(&store, SITE, Source::Interaction, &many).await;
    let (wanted, narrow) = (wanted("same"), Narrow::default());
    let mut filter = TextFilter {
        wanted: &wanted,
        from_ms: 7_000,
        to_ms: 7_001,
        survey_id: "",
        source: None,
        standing: None,
        path: "",
        device: None,
        narrow: &narrow,
        before: None,
        limit: 5_000,
    };
    assert_eq!(store.count_texts(SITE, &filter).await, Ok(3_000));
    // A page ends where the next begins.
    filter.limit = 2_000;
    let first = store.texts(SITE, &filter).await.expect("it is searched");
    filter.before = first.last().map(|found| found.number);
    assert_eq!(store.texts(SITE, &filter).await.expect("it is searched").len(), 1_000);
}

/// Whether a file beside the database, or the database, holds these bytes.
fn holds(folder: &std::path::Path, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    files.filter(|path| path.is_file()).any(|path| {
        let content = std::fs::read(path).expect("it is read");
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn erased_words_stayed_in_the_index_and_in_the_free_pages_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("rapport.db").display());
    let store = Store::open_to_collect(&url, Clock::System).await.expect("the store opens");
    for number in 1..=201_u8 {
        let sql = "INSERT INTO response (site_id, item_id, revision, survey_id, survey_version, occurred_at_ms, received_at_ms, hour_ms, clamped,
             bot, path, language, device, duration_ms, finished, trail, trail_withheld, page)
             VALUES ($1, $2, 1, 'feedback', 1, 1, 1, 0, 0, 0, '/', 'en', 'mobile', 1, 1, '', 0, '')";
        store.write(vec![Statement::new(sql, params![SITE, Id([number; 16])])]).await.expect("a response");
    }
    let mut others: Vec<Indexed> = (1..200).map(|number| text(number, &format!("ordinary words {number}"))).collect();
    others.iter_mut().for_each(|indexed| indexed.text.source = Source::Answer);
    let mut person = text(201, "unmistakable pellucidity confession");
    person.text.source = Source::Answer;
    others.push(person);
    keep(&store, SITE, Source::Answer, &others).await;
    // As much as merges the parts of the index.
    for number in 1..20 {
        let mut one = text(number, &format!("ordinary pellucidarium {number}"));
        one.text.source = Source::Answer;
        keep(&store, SITE, Source::Answer, &[one]).await;
    }
    assert!(holds(folder.path(), b"pellucidity"), "it was there");
    let traces = Traces { responses: vec![Id([201; 16])], ..Traces::default() };
    store.erase(SITE, &TimeZone::UTC, &traces, &Clock::System).await.expect("they are erased");
    store.shut_down().await;
    for word in ["unmistakable", "pellucidity", "onfession"] {
        assert!(!holds(folder.path(), word.as_bytes()), "{word} is still there");
    }
    // The index of a site is whole without them, and does not take them again from who read them before.
    let store = Store::open(&url, Clock::System).await.expect("the store opens");
    let mut late = text(201, "ordinary words");
    late.text.source = Source::Answer;
    keep(&store, SITE, Source::Answer, &[late]).await;
    assert!(!found(&store, "ordinary").await.contains(&201));
    let check = "INSERT INTO word_index (word_index) VALUES ('integrity-check')";
    store.write(vec![Statement::new(check, vec![])]).await.expect("the index is whole");
    store.shut_down().await;
}
