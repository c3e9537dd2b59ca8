//! The group commit on both engines: accepted once, duplicates told, revisions folded, outcomes counted, hours marked.

use crate::device::Device;
use crate::record::Consent;
use crate::record::{AnswerRow, Outcome, PageViewRow, Record, Refusal, ResponseRow, SignalRow, Submission};
use crate::response::suspicion::add_reason;
use crate::site::outcome::ItemKind;
use crate::test_store::each_engine;
use crate::{Statement, Store, params};
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::AnswerKind;

const SITE: Id = Id([7; 16]);
const HOUR_MS: i64 = 3_600_000;

fn id(number: u8) -> Id {
    Id([number; 16])
}

fn view(number: u8, revision: i64, clicks: i64) -> Record {
    Record::PageView(Box::new(PageViewRow {
        site_id: SITE,
        item_id: id(number),
        revision,
        session_id: Some(id(100)),
        visitor_key: id(101),
        // Every sending computes the instant anew, here a little later each time and once over the hour's edge.
        occurred_at_ms: HOUR_MS - 10 + revision * 20,
        received_at_ms: HOUR_MS + revision,
        hour_ms: if revision == 0 { 0 } else { HOUR_MS },
        path: "/p".into(),
        language: "en".into(),
        device: Device::Desktop.into(),
        view_index: 1,
        duration_ms: 5_000,
        engaged_ms: 4_000,
        scroll_percent: 50,
        clicks,
        lcp_ms: Some(1_200),
        cls_e4: Some(0),
        fcp_ms: Some(800),
        ttfb_ms: Some(100),
        viewport_width_px: 1_280,
        viewport_height_px: 720,
        ..PageViewRow::default()
    }))
}

fn signal(number: u8) -> Record {
    Record::Signal(Box::new(SignalRow {
        site_id: SITE,
        item_id: id(number),
        view_id: id(1),
        session_id: None,
        known_visitor_key: None,
        occurred_at_ms: 5,
        received_at_ms: 5,
        hour_ms: 0,
        clamped: false,
        bot: false,
        kind: SignalKind::Error,
        path: "/p".into(),
        device: Device::Mobile.into(),
        element: String::new(),
        name: "TypeError".into(),
        text: "x is \"undefined\" ' ; -- 🙂".into(),
        count: 2,
        rule: None,
        measured: None,
        error_key: None,
        detail: None,
    }))
}

fn response(number: u8, revision: i64, answers: &[(&str, Option<i64>, &str)]) -> Record {
    let answers = answers.iter().enumerate().map(|(position, (question, score, text))| AnswerRow {
        site_id: SITE,
        item_id: id(number),
        question_id: (*question).into(),
        position: position as i64,
        kind: if score.is_some() { AnswerKind::Nps } else { AnswerKind::OpenText },
        score: *score,
        choices: "[]".into(),
        text: (*text).into(),
    });
    let row = ResponseRow {
        site_id: SITE,
        item_id: id(number),
        revision,
        survey_id: "s".into(),
        survey_version: 1,
        view_id: None,
        session_id: None,
        visitor_key: None,
        occurred_at_ms: 7,
        received_at_ms: 9,
        hour_ms: 0,
        clamped: false,
        bot: false,
        path: "/p".into(),
        language: "en".into(),
        device: Device::Desktop.into(),
        duration_ms: 10,
        finished: revision > 1,
        trail: "[]".into(),
        trail_withheld: false,
        page: String::new(),
        suspicion: None,
        consent: Consent::Unknown,
        customer_id: None,
    };
    Record::Response(Box::new(row), answers.collect())
}

async fn submit(store: &Store, records: Vec<Record>) -> Vec<Outcome> {
    let submission = Submission {
        site_id: SITE,
        received_at_ms: 42,
        day_ms: 0,
        records,
        refusals: vec![Refusal { item_kind: ItemKind::Signal, field: "kind".into(), reason: "unknown".into() }],
        ..Submission::default()
    };
    store.submit(submission).await.expect("the store takes it")
}

#[test]
fn by_which_rules_clicks_were_judged_was_written_again_for_each_click_of_a_group() {
    let used = |version| crate::click_rule::used(SITE, version, 7);
    let of = |also| Submission { site_id: SITE, also, ..Submission::default() };
    let group = [of(vec![used(1), used(2), used(1)]), of(vec![used(2), used(3)])];
    let group: Vec<&Submission> = group.iter().collect();
    let brought: Vec<_> = super::brought(&group).cloned().collect();
    assert_eq!(brought, [used(1), used(2), used(3)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_stored_once_however_often_it_comes() {
    use Outcome::{Accepted, Duplicate};
    each_engine(async |store| {
        assert_eq!(submit(&store, vec![view(1, 0, 1), signal(2), signal(2)]).await, [Accepted, Accepted, Duplicate]);
        assert_eq!(submit(&store, vec![view(1, 0, 9), signal(2), signal(3)]).await, [Duplicate, Duplicate, Accepted]);
        let rows = store.read("SELECT clicks FROM page_view WHERE site_id = $1", params![SITE]).await.expect("reads");
        assert_eq!(rows.iter().map(|row| row.int("clicks").expect("an integer")).collect::<Vec<_>>(), [1]);
        let text = store.read("SELECT text FROM signal WHERE item_id = $1", params![id(2)]).await.expect("reads");
        assert_eq!(text[0].text("text"), Ok("x is \"undefined\" ' ; -- 🙂"));
        let counters = "SELECT outcome, item_type, items FROM outcome WHERE site_id = $1 ORDER BY outcome, item_type";
        let counted: Vec<(String, String, i64)> = store
            .read(counters, params![SITE])
            .await
            .expect("reads")
            .iter()
            .map(|row| {
                (row.text("outcome").unwrap().into(), row.text("item_type").unwrap().into(), row.int("items").unwrap())
            })
            .collect();
        let expected = [
            ("accepted", "page_view", 1),
            ("accepted", "signal", 2),
            ("duplicate", "page_view", 1),
            ("duplicate", "signal", 2),
            ("rejected", "signal", 2),
        ];
        assert_eq!(counted, expected.map(|(outcome, kind, items)| (outcome.to_owned(), kind.to_owned(), items)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_highest_revision_wins_in_any_order_and_stays_in_its_first_hour() {
    use Outcome::{Accepted, Duplicate};
    each_engine(async |store| {
        assert_eq!(submit(&store, vec![view(1, 0, 1)]).await, [Accepted]);
        assert_eq!(submit(&store, vec![view(1, 2, 22)]).await, [Accepted]);
        assert_eq!(submit(&store, vec![view(1, 1, 11)]).await, [Duplicate]);
        let sql = "SELECT clicks, revision, hour_ms, occurred_at_ms, received_at_ms FROM page_view WHERE site_id = $1";
        let rows = store.read(sql, params![SITE]).await.expect("reads");
        assert_eq!(rows.len(), 1);
        let columns = ["clicks", "revision", "hour_ms", "occurred_at_ms", "received_at_ms"];
        let found = columns.map(|column| rows[0].int(column).expect("an integer"));
        assert_eq!(found, [22, 2, 0, HOUR_MS - 10, HOUR_MS]);
        assert_eq!(store.dirty_hours(SITE, 0, 10 * HOUR_MS).await, Ok(vec![0]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_revisions_that_come_together_the_highest_is_accepted_and_the_others_are_duplicates() {
    use Outcome::{Accepted, Duplicate};
    each_engine(async |store| {
        let together = vec![view(1, 0, 1), view(1, 2, 22), view(1, 1, 11), view(1, 2, 99), view(2, 0, 5)];
        assert_eq!(submit(&store, together).await, [Duplicate, Accepted, Duplicate, Duplicate, Accepted]);
        let rows = store.read("SELECT clicks FROM page_view ORDER BY item_id", params![]).await.expect("reads");
        assert_eq!(rows.iter().map(|row| row.int("clicks").expect("an integer")).collect::<Vec<_>>(), [22, 5]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_found_back_to_its_first_view_and_no_other_is_mixed_in() {
    each_engine(async |store| {
        let at = |number: u8, session: u8, at_ms: i64, view_index: i64| {
            let Record::PageView(mut row) = view(number, 0, 0) else { unreachable!() };
            row.session_id = Some(id(session));
            (row.occurred_at_ms, row.hour_ms, row.view_index) = (at_ms, at_ms / HOUR_MS * HOUR_MS, view_index);
            Record::PageView(row)
        };
        let signal_at = |number: u8, session: u8, at_ms: i64| {
            let Record::Signal(mut row) = signal(number) else { unreachable!() };
            row.session_id = Some(id(session));
            (row.occurred_at_ms, row.hour_ms) = (at_ms, at_ms / HOUR_MS * HOUR_MS);
            Record::Signal(row)
        };
        let until_ms = 50 * HOUR_MS + HOUR_MS / 2;
        let records = vec![
            at(1, 100, until_ms - 1_000, 3),
            at(2, 100, until_ms - 6 * HOUR_MS, 2),
            at(3, 100, until_ms - 20 * HOUR_MS, 1),
            at(4, 100, until_ms + 1_000, 4),
            at(5, 101, until_ms - 2_000, 1),
            signal_at(6, 100, until_ms - 500),
            signal_at(7, 100, until_ms - 6 * HOUR_MS),
            signal_at(8, 101, until_ms - 500),
        ];
        submit(&store, records).await;
        let found = store.session(SITE, id(100), until_ms, 10).await.expect("reads");
        assert_eq!(found.views.iter().map(|view| view.view_index).collect::<Vec<_>>(), [3, 2, 1]);
        let signals: Vec<_> = found.signals.iter().map(|signal| until_ms - signal.occurred_at_ms).collect();
        assert_eq!(signals, [500, 6 * HOUR_MS]);
        let last = store.session(SITE, id(100), until_ms, 1).await.expect("reads");
        assert_eq!((last.views.len(), last.views[0].view_index, last.signals.len()), (1, 3, 1));
        assert_eq!(store.session(SITE, id(102), until_ms, 10).await, Ok(Default::default()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_revision_of_a_response_replaces_its_answers() {
    each_engine(async |store| {
        submit(&store, vec![response(1, 1, &[("score", Some(9), "")])]).await;
        submit(&store, vec![response(1, 2, &[("score", Some(3), ""), ("why", None, "slow")])]).await;
        submit(&store, vec![response(1, 1, &[("score", Some(10), "")])]).await;
        let sql = "SELECT question_id, score, text FROM answer WHERE site_id = $1 ORDER BY position";
        let rows = store.read(sql, params![SITE]).await.expect("reads");
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.text("question_id").unwrap(), row.int_or_null("score").unwrap(), row.text("text").unwrap()))
            .collect();
        assert_eq!(found, [("score", Some(3), ""), ("why", None, "slow")]);
        let finished = store.read("SELECT finished FROM response", params![]).await.expect("reads");
        assert_eq!(finished[0].int("finished"), Ok(1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_batches_at_once_lose_and_double_nothing() {
    each_engine(async |store| {
        let batches = (0..40_u8).map(|number| {
            let store = store.clone();
            // Every item comes in two batches.
            tokio::spawn(async move { submit(&store, vec![signal(number), signal((number + 1) % 40)]).await })
        });
        let mut accepted = 0;
        for batch in batches.collect::<Vec<_>>() {
            let outcomes = batch.await.expect("the task ends");
            accepted += outcomes.iter().filter(|outcome| **outcome == Outcome::Accepted).count();
        }
        assert_eq!(accepted, 40);
        let rows = store
            .read("SELECT COUNT(*) AS signals FROM signal WHERE site_id = $1", params![SITE])
            .await
            .expect("reads");
        assert_eq!(rows[0].int("signals"), Ok(40));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_submitted_before_the_end_is_stored() {
    each_engine(async |store| {
        let waiting: Vec<_> = (0..50_u8)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move { submit(&store, vec![signal(number)]).await })
            })
            .collect();
        tokio::task::yield_now().await;
        for task in waiting {
            assert_eq!(task.await.expect("the task ends"), [Outcome::Accepted]);
        }
        store.shut_down().await;
        let late = Submission { site_id: SITE, records: vec![signal(99)], ..Submission::default() };
        assert_eq!(store.submit(late).await, Err(crate::StoreError::Busy));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_is_marked_once_for_a_reason_and_its_hour_is_counted_anew() {
    use rapport_figures::spam::Reason;
    each_engine(async |store| {
        submit(&store, vec![response(1, 2, &[])]).await;
        let marks = async || store.marks_of_hour(SITE, 0).await.expect("reads").len();
        let before = marks().await;
        for reason in [Reason::Repeated, Reason::Burst, Reason::Repeated] {
            store.write(add_reason(SITE, id(1), reason, id(2)).into()).await.expect("writes");
        }
        let marked = store.response(SITE, id(1)).await.expect("reads").expect("it is there");
        assert_eq!(marked.suspicion, [Reason::Repeated, Reason::Burst]);
        assert_eq!(marks().await, before + 2, "one mark a reason");
        store.write(add_reason(SITE, id(2), Reason::Burst, id(1)).into()).await.expect("writes");
        assert_eq!(marks().await, before + 2, "there is none to mark");
        let states = store.response_states(SITE, &[id(1), id(2)]).await.expect("reads");
        assert_eq!(states.into_iter().map(|(id, (revision, _))| (id, revision)).collect::<Vec<_>>(), [(id(1), 2)]);
        assert!(store.migrated_at_ms(60).await.is_ok_and(|at_ms| at_ms > 0));
        assert!(store.migrated_at_ms(0).await.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_beyond_the_share_of_its_network_fills_no_quota_in_any_revision() {
    use crate::response::suspicion::fill_no_quota;
    use crate::survey::Unserved;
    use crate::test_store::{first_survey, note};
    use rapport_shared::survey::Survey;
    each_engine(async |store| {
        let survey = Survey { id: "s".into(), quota: Some(1), ..first_survey() };
        store.apply_survey(SITE, &survey, &note(1)).await.expect("applies");
        let unserved = async || store.served_surveys(SITE).await.expect("reads")[0].1;
        submit(&store, vec![response(1, 2, &[])]).await;
        assert_eq!(unserved().await, Some(Unserved::QuotaReached));
        store.write(vec![fill_no_quota(SITE, id(1))]).await.expect("writes");
        submit(&store, vec![response(1, 3, &[])]).await;
        assert_eq!(unserved().await, None);
        store.clear_suspicion(SITE, id(1), true, &note(2)).await.expect("writes");
        assert_eq!(unserved().await, None, "nobody suspected it, so nobody can clear it");
    })
    .await;
}

/// Two versions run side by side during an update: no page fails of what only the newer one knows, and an answer that it
/// suspects stays suspicious.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_collector_writes_breaks_no_report_of_an_older_one() {
    use crate::account::api_key::ApiKey;
    use crate::account::scope::Scope;
    use crate::site::outcome::ItemOutcome;
    use crate::test_store::note;
    use rapport_figures::spam::Reason;
    each_engine(async |store| {
        submit(&store, vec![view(1, 1, 3), signal(2), signal(3), response(4, 1, &[])]).await;
        let key = ApiKey {
            key_id: id(9),
            name: "k".into(),
            scopes: Scope::ALL.to_vec(),
            created_at_ms: 1,
            revoked_at_ms: None,
            expires_at_ms: None,
            used_at_ms: None,
        };
        store.add_api_key(SITE, &key, vec![1; 32], &note(1)).await.expect("writes");
        let write = async |sql: &'static str| store.write(vec![Statement::new(sql, params![])]).await.expect("writes");
        store
            .write(vec![Statement::new("UPDATE signal SET kind = 'stare' WHERE item_id = $1", params![id(2)])])
            .await
            .expect("writes");
        write("UPDATE response SET suspicion = 'telepathy burst'").await;
        write("UPDATE outcome SET outcome = 'postponed' WHERE item_type = 'page_view'").await;
        write("UPDATE api_key SET scopes = '[\"moods:read\",\"reports:read\"]'").await;

        let of_session = "UPDATE signal SET session_id = $1";
        store.write(vec![Statement::new(of_session, params![id(7)])]).await.expect("writes");
        write("INSERT INTO session_hour (site_id, session_id, hour_ms) SELECT DISTINCT site_id, session_id, hour_ms FROM signal").await;
        let session = store.session(SITE, id(7), 10, 10).await.expect("reads");
        assert_eq!(session.signals.iter().map(|signal| signal.kind).collect::<Vec<_>>(), [SignalKind::Error]);
        let marked = store.response(SITE, id(4)).await.expect("reads").expect("it is there");
        assert_eq!(marked.suspicion, [Reason::Other, Reason::Burst]);
        let counts = store.outcome_counts(SITE, 0, i64::MAX).await.expect("reads");
        let accepted = counts.iter().filter(|count| count.outcome == ItemOutcome::Accepted);
        let types: Vec<_> = accepted.map(|count| (count.item_kind, count.items)).collect();
        assert_eq!(types, [(ItemKind::Signal, 2), (ItemKind::Response, 1)], "views were postponed, whatever that is");
        assert_eq!(store.api_keys(SITE).await.expect("reads")[0].scopes, [Scope::ReadReports]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_nothing_is_called_is_told_with_its_table_and_column() {
    each_engine(async |store| {
        let (account, role) =
            (id(1), "INSERT INTO member (site_id, account_id, role, created_at_ms) VALUES ($1, $2, 'emperor', 1)");
        store.write(vec![Statement::new(role, params![SITE, account])]).await.expect("writes");
        let wrong = crate::StoreError::Inconsistent("member.role: nothing is called \"emperor\"".into());
        assert_eq!(store.role(SITE, account).await, Err(wrong));
    })
    .await;
}

#[tokio::test]
async fn a_response_that_arrives_anew_while_it_is_taken_is_taken_again() {
    each_engine(async |store| {
        let arrive = async |number, revision| {
            store.write(vec![crate::arrival::note(SITE, id(number), revision, 9 + revision)]).await.unwrap();
        };
        submit(&store, vec![response(1, 1, &[("q", Some(3), "")]), response(2, 1, &[("q", None, "words")])]).await;
        for number in [1, 2, 3] {
            arrive(number, 1).await;
        }
        assert_eq!(store.sites_with_arrivals(&[SITE, Id([99; 16])]).await, Ok(vec![SITE]));
        let all = store.arrivals(SITE, Id([0; 16]), 10).await.unwrap();
        let told: Vec<_> = all.iter().map(|one| (one.record.item_id, one.answers[0].text.as_str())).collect();
        assert_eq!(told, [(id(1), ""), (id(2), "words")], "the third is not there");
        arrive(1, 2).await;
        arrive(2, 1).await;
        store.arrivals_taken(SITE, &all).await.unwrap();
        let left = store.arrivals(SITE, Id([0; 16]), 10).await.unwrap();
        assert_eq!(left.iter().map(|one| one.record.item_id).collect::<Vec<_>>(), [id(1)]);
        assert_eq!(store.arrivals(SITE, id(1), 10).await, Ok(vec![]), "from after it on");
        store.forget_arrivals_of_nothing(SITE).await.unwrap();
        assert_eq!(crate::test_store::number(&store, "SELECT COUNT(*) FROM arrival").await, 1);
    })
    .await;
}
