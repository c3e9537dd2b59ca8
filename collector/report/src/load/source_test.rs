//! Every report over both engines, from dirty hours and from rollups alike.

use crate::experience::{Listed, Sort};
use crate::response::nowhere;
use crate::slice::{Device, Pages, Range, Slice};
use crate::{Listing, PagesBy, Source};
use rapport_figures::standing::Standing;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::AnswerKind;
use rapport_shared::wire::DeliveryEvent;
use rapport_store::Statement;
use rapport_store::clock::Clock;
use rapport_store::device;
use rapport_store::record::Consent;
use rapport_store::record::{AnswerRow, DeliveryRow, Record, ResponseRow, SignalRow, Submission};
use rapport_store::response::Suspicious;
use rapport_store::rollup::narrow::VisitSource;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::story_test::{BROKEN, HOSTILE, NOW_MS, RESPONSE, roll_up, tell};
use rapport_store::test_store::{a_site, each_engine, note};

#[tokio::test]
async fn reports_are_the_same_from_rows_and_from_rollups() {
    each_engine(async |store| {
        let site = a_site("shop");
        store.add_site(&site).await.unwrap();
        store.apply_survey(site.site_id, &rapport_store::test_store::first_survey(), &note(1)).await.unwrap();
        let sites = SiteDirectory::new(store.clone(), Clock::manual(NOW_MS));
        tell(&store, &sites, &site).await;
        let context = sites.by_id(site.site_id).await.unwrap().unwrap();
        let source = Source { store: &store, site: &context, now_ms: NOW_MS, picture_address: nowhere };
        let week = Slice { range: Range::Last(7), ..Slice::default() };
        let page = week.of_page(BROKEN);

        let overview = source.overview(&week).await.unwrap();
        let views: Vec<_> = overview.trend.iter().map(|day| (day.views, day.failed_views)).collect();
        assert_eq!(views, [(0, 0), (0, 0), (0, 0), (0, 0), (40, 0), (40, 0), (35, 35)]);
        assert_eq!(overview.totals.iter().map(|total| total.value).collect::<Vec<_>>(), [115, 115, 115]);
        assert_eq!(overview.scores[0].figure.value, Some(0.0));
        let [fix] = &overview.fix_first[..] else { panic!("one page fails") };
        assert_eq!((fix.path.as_str(), fix.failed.value, fix.low_scores.n, fix.weight), (BROKEN, Some(100.0), 1, 1.0));
        // 12, 24 and 13 hours since the first data, each day counting 2^(−1/7) of the one after it.
        let days = 13.0 / 24.0 + 0.5_f64.powf(1.0 / 7.0) + 0.5 * 0.5_f64.powf(2.0 / 7.0);
        assert!((fix.impact - 7.0 * 35.0 / days).abs() < 1e-9, "views a week: {}", fix.impact);
        assert_eq!((fix.poor_views, fix.poor_lcp_views, fix.failed_task_views), (35, 35, 0));

        let by_errors = Listed { sort: Sort::Errors, ..Listed::default() };
        let experience = source.experience(&week, &by_errors).await.unwrap();
        let lines: Vec<_> = experience.pages.iter().map(|line| (line.path.as_str(), line.views)).collect();
        assert_eq!(lines, [(BROKEN, 35), ("/", 80)]);
        assert_eq!(experience.pages[0].vitals[0].figures[0].rating, Some("poor"));

        let detail = source.page(&page).await.unwrap();
        assert_eq!(detail.totals[0].value, 35);
        let culprits: Vec<_> = detail.culprits.iter().map(|of| (of.kind, of.culprits[0].views)).collect();
        assert_eq!(culprits, [(SignalKind::RageClick, 35), (SignalKind::DeadClick, 35), (SignalKind::Error, 35)]);
        assert_eq!((detail.responses.len(), detail.scores.len()), (1, 1));

        let feedback = source.feedback(&week).await.unwrap();
        let delivery = &feedback.surveys[0].delivery;
        assert_eq!((delivery.shown, delivery.answered, delivery.stored, delivery.finished), (Some(1), Some(1), 1, 1));

        let survey = source.survey(&week, "feedback", Listing::default()).await.unwrap().unwrap();
        assert_eq!(survey.questions[0].distribution[0].answers, 1);
        assert_eq!(survey.responses[0].answers[1].words, HOSTILE);
        for (standing, words, found) in [("low", false, 1), ("high", false, 0), ("low", true, 1), ("middle", true, 0)] {
            let listing =
                Listing { standing: Standing::parse(standing), words, suspicious: Suspicious::LeftOut, after: None };
            let survey = source.survey(&week, "feedback", listing).await.unwrap().unwrap();
            assert_eq!(survey.responses.len(), found, "{standing} {words}");
        }
        let mobile = Slice { device: Device::Mobile, ..week.clone() };
        assert_eq!(source.survey(&mobile, "feedback", Listing::default()).await.unwrap().unwrap().responses, []);
        assert_eq!(source.survey(&week, "other", Listing::default()).await.unwrap(), None);

        let response = source.response(RESPONSE).await.unwrap().unwrap();
        let told: Vec<_> =
            response.timeline.iter().map(|moment| (moment.kind.as_str(), moment.in_trail, moment.before_ms)).collect();
        assert_eq!(
            told,
            [
                ("page_view", true, 25_000),
                ("rage_click", true, 20_000),
                ("error", true, 20_000),
                ("dead_click", false, 20_000)
            ]
        );
        assert_eq!(response.timeline[0].view.as_ref().map(|view| view.errors), Some(2));
        assert_eq!(response.page.as_ref().map(|page| page.vitals[0].rating), Some("poor"));

        let install = source.install(week.range, "https://feedback.example.com/rapport.js", vec![]).await.unwrap();
        assert!(install.tag.contains("https://feedback.example.com/rapport.js"));
        assert_eq!((install.outcomes[0].accepted, install.outcomes[0].rejected), (115, 1));
        assert_eq!(install.refused[0].field, HOSTILE);

        // All of it came from rows; now the same from rollups.
        assert!(!store.dirty_hours(site.site_id, 0, i64::MAX).await.unwrap().is_empty());
        roll_up(&store, &sites).await;
        assert_eq!(store.dirty_hours(site.site_id, 0, i64::MAX).await, Ok(vec![]));
        assert_eq!(source.overview(&week).await.unwrap(), overview);
        assert_eq!(source.experience(&week, &by_errors).await.unwrap(), experience);
        assert_eq!(source.page(&page).await.unwrap(), detail);
        assert_eq!(source.feedback(&week).await.unwrap(), feedback);
        assert_eq!(source.survey(&week, "feedback", Listing::default()).await.unwrap(), Some(survey));

        // Rollups of a collector that did not yet tell visits apart are still read.
        let columns = ["visits", "views"].map(|name| format!("grouped_{name}")).into_iter();
        let sums = ["view", "error", "rage", "dead", "failed"].map(|name| format!("{name}_squares")).into_iter();
        let products = ["error", "rage", "dead", "failed"].map(|name| format!("{name}_products")).into_iter();
        let unset: Vec<_> = columns.chain(sums).chain(products).map(|column| format!("{column} = NULL")).collect();
        let sql = format!("UPDATE rollup_page SET {}", unset.join(", "));
        store.write(vec![Statement::new(sql, rapport_store::params![])]).await.unwrap();
        let old = source.experience(&week, &by_errors).await.unwrap();
        assert_eq!(old, experience, "one view a visit is what visits that are not known are taken for");
        assert_eq!(source.overview(&week).await.unwrap(), overview);
    })
    .await;
}

#[tokio::test]
async fn the_previous_period_is_cut_at_the_same_hour() {
    let store = rapport_store::test_store::in_memory().await;
    let site = a_site("shop");
    store.add_site(&site).await.unwrap();
    let sites = SiteDirectory::new(store.clone(), Clock::manual(NOW_MS));
    tell(&store, &sites, &site).await;
    let context = sites.by_id(site.site_id).await.unwrap().unwrap();
    // A week after the views of 5 May.
    let day = Slice {
        range: Range::Custom(jiff::civil::date(2026, 5, 12), jiff::civil::date(2026, 5, 12)),
        ..Slice::default()
    };
    const HOUR_MS: i64 = 3_600_000;
    for rolled_up in [false, true] {
        if rolled_up {
            roll_up(&store, &sites).await;
        }
        // The 40 views of that day came at 12:30: two hours earlier they had not come yet.
        let now_ms = NOW_MS + 6 * 24 * HOUR_MS;
        for (now_ms, before) in [(now_ms + 60_000, 40), (now_ms - 2 * HOUR_MS, 0)] {
            let source = Source { store: &store, site: &context, now_ms, picture_address: nowhere };
            let overview = source.overview(&day).await.unwrap();
            assert_eq!(overview.totals[0].before, Some(before), "rolled up: {rolled_up}");
        }
    }
}

/// The story on a site with these surveys, and what reports are read from.
async fn a_story_with(surveys: &[serde_json::Value], look: impl AsyncFnOnce(&Source<'_>)) {
    let store = rapport_store::test_store::in_memory().await;
    let site = a_site("shop");
    store.add_site(&site).await.unwrap();
    store.apply_survey(site.site_id, &rapport_store::test_store::first_survey(), &note(1)).await.unwrap();
    for survey in surveys {
        store.apply_survey(site.site_id, &serde_json::from_value(survey.clone()).unwrap(), &note(1)).await.unwrap();
    }
    let sites = SiteDirectory::new(store.clone(), Clock::manual(NOW_MS));
    tell(&store, &sites, &site).await;
    let context = sites.by_id(site.site_id).await.unwrap().unwrap();
    look(&Source { store: &store, site: &context, now_ms: NOW_MS, picture_address: nowhere }).await;
}

#[tokio::test]
async fn a_heading_of_a_report_shows_no_raw_placeholder() {
    let greeting = serde_json::json!({
        "id": "greeting", "name": "Greeting", "title": "Hello {{trait:name}}",
        "questions": [
            {"id": "likely", "kind": "nps", "text": "NPS, {{trait:name|dear customer}}?"},
            {"id": "stars", "kind": "csat", "text": "Smileys? You gave {{answer:likely}}"},
        ],
    });
    a_story_with(&[greeting], async |source| {
        let slice = Slice::default();
        let survey = source.survey(&slice, "greeting", Listing::default()).await.unwrap().unwrap();
        let texts: Vec<_> = survey.questions.iter().map(|question| question.text.as_str()).collect();
        assert_eq!(texts, ["NPS, dear customer?", "Smileys? You gave …"]);
        let feedback = source.feedback(&slice).await.unwrap();
        let line = feedback.surveys.iter().find(|line| line.survey == "greeting").unwrap();
        assert_eq!(line.scores[1].question, "Smileys? You gave …");
    })
    .await;
}

#[tokio::test]
async fn scores_that_nobody_gave_do_not_crowd_out_those_that_were_given() {
    let matrix = serde_json::json!({
        "id": "service", "name": "Service", "title": "Service",
        "questions": [{"id": "levels", "kind": "matrix", "text": "How was it?", "points": 5,
                       "rows": [{"id": "speed", "label": "Speed"}, {"id": "care", "label": "Care"}]}],
    });
    let words = serde_json::json!({
        "id": "words", "name": "Words", "title": "Words",
        "questions": [{"id": "more", "kind": "open-text", "text": "More?"}],
    });
    a_story_with(&[matrix, words], async |source| {
        source.store.activate_survey(source.site.site.site_id, "service", false, &note(1)).await.unwrap();
        let overview = source.overview(&Slice::default()).await.unwrap();
        let given: Vec<_> = overview.scores.iter().map(|score| (score.survey.as_str(), score.figure.n)).collect();
        assert_eq!(given, [("feedback", 1)]);
        // Who asks for no score is not missing one.
        assert_eq!((overview.unanswered.surveys, overview.unanswered.paused), (1, 1));
        let feedback = source.feedback(&Slice::default()).await.unwrap();
        let service = feedback.surveys.iter().find(|line| line.survey == "service").unwrap();
        let parts: Vec<_> = service.scores.iter().map(|score| score.part.as_str()).collect();
        assert_eq!(parts, ["Speed", "Care"]);
    })
    .await;
}

#[tokio::test]
async fn a_period_that_begins_before_the_data_is_not_compared() {
    a_story_with(&[], async |source| {
        let custom = |from: i8, to: i8| Slice {
            range: Range::Custom(jiff::civil::date(2026, 5, from), jiff::civil::date(2026, 5, to)),
            ..Slice::default()
        };
        // The first views came on 4 May, a Monday; days are compared with those a week before.
        let source = &Source { now_ms: NOW_MS + 14 * 24 * 3_600_000, ..*source };
        for (slice, before, no_data_before) in [
            (custom(11, 11), Some(40), None),
            (custom(12, 12), Some(40), None),
            (custom(11, 13), Some(115), None),
            (custom(10, 11), None, Some("2026-05-04")),
            (custom(4, 4), None, Some("2026-05-04")),
            (Slice { compare: false, ..custom(11, 11) }, None, None),
        ] {
            let told = source.periods(&slice).await.unwrap().no_data_before.map(|day| day.to_string());
            assert_eq!(told.as_deref(), no_data_before, "{slice:?}");
            let overview = source.overview(&slice).await.unwrap();
            assert_eq!(overview.totals[0].before, before, "{slice:?}");
            assert_eq!(overview.trend[0].views_before.is_some(), before.is_some(), "{slice:?}");
        }
    })
    .await;
}

/// A response to `survey` an hour before now, with answers of question, kind and score.
fn scored(
    site_id: rapport_shared::id::Id,
    number: u8,
    survey: &str,
    hour_ms: i64,
    scores: &[(&str, &'static str, i64)],
) -> Record {
    let item_id = rapport_shared::id::Id([number; 16]);
    let row = ResponseRow {
        site_id,
        item_id,
        revision: 1,
        survey_id: survey.into(),
        survey_version: 1,
        view_id: Some(item_id),
        session_id: None,
        visitor_key: None,
        occurred_at_ms: hour_ms,
        received_at_ms: hour_ms,
        hour_ms,
        clamped: false,
        bot: false,
        path: BROKEN.into(),
        language: "en".into(),
        device: device::Device::Desktop.into(),
        duration_ms: 1_000,
        finished: true,
        trail: "[]".into(),
        trail_withheld: false,
        page: String::new(),
        suspicion: None,
        consent: Consent::Unknown,
        customer_id: None,
    };
    let answer = |(position, (question, kind, score)): (usize, &(&str, &'static str, i64))| AnswerRow {
        site_id,
        item_id,
        question_id: (*question).into(),
        position: position as i64,
        kind: AnswerKind::parse(kind).expect("a kind of answers"),
        score: Some(*score),
        choices: "[]".into(),
        text: String::new(),
    };
    Record::Response(Box::new(row), scores.iter().enumerate().map(answer).collect())
}

#[tokio::test]
async fn the_previous_period_of_a_running_day_ended_at_the_end_of_its_hour() {
    on_each_engine("again", serde_json::json!([]), async |source, sites| {
        let first_ms = source.store.first_hour_ms(source.site.site.site_id).await.unwrap().unwrap();
        for is_rolled_up in [false, true] {
            if is_rolled_up {
                roll_up(source.store, sites).await;
            }
            // The broken page was seen 35 times at one instant, a week before; the previous period ends on the minute.
            let seen_ms = NOW_MS - 3_600_000 + 7 * 86_400_000;
            for (now_ms, before) in [(seen_ms, 0), (seen_ms + 59_999, 0), (seen_ms + 60_000, 35)] {
                let source = Source { now_ms, ..*source };
                let today = rapport_store::calendar::day_of_instant(&source.site.site.time_zone, now_ms);
                let slice = Slice { range: Range::Custom(today, today), ..Slice::default() };
                let overview = source.overview(&slice).await.unwrap();
                assert_eq!((overview.totals[0].value, overview.totals[0].before), (0, Some(before)), "{is_rolled_up}");
            }
        }
        // An answer that a server brought is no sign that pages were observed then.
        let imported_ms = first_ms - 60 * 86_400_000;
        let imported = scored(source.site.site.site_id, 77, "again", imported_ms, &[]);
        submit(source, vec![imported]).await;
        assert_eq!(source.store.first_hour_ms(source.site.site.site_id).await, Ok(Some(first_ms)));
    })
    .await;
}

async fn submit(source: &Source<'_>, records: Vec<Record>) {
    let site_id = source.site.site.site_id;
    source.store.submit(Submission { site_id, records, ..Submission::default() }).await.unwrap();
}

/// On each engine: the story, on a site with a survey of that id and those questions.
async fn on_each_engine(id: &str, questions: serde_json::Value, look: impl AsyncFn(&Source<'_>, &SiteDirectory)) {
    each_engine(async |store| {
        let site = a_site("shop");
        store.add_site(&site).await.unwrap();
        store.apply_survey(site.site_id, &rapport_store::test_store::first_survey(), &note(1)).await.unwrap();
        let survey = serde_json::json!({"id": id, "name": "S", "title": "S", "questions": questions});
        store.apply_survey(site.site_id, &serde_json::from_value(survey).unwrap(), &note(1)).await.unwrap();
        let sites = SiteDirectory::new(store.clone(), Clock::manual(NOW_MS));
        tell(&store, &sites, &site).await;
        let context = sites.by_id(site.site_id).await.unwrap().unwrap();
        look(&Source { store: &store, site: &context, now_ms: NOW_MS, picture_address: nowhere }, &sites).await;
    })
    .await;
}

#[tokio::test]
async fn a_matrix_or_ladder_part_that_is_called_low_is_found_as_low() {
    let questions = serde_json::json!([
        {"id": "levels", "kind": "matrix", "text": "?", "points": 4, "rows": [{"id": "x", "label": "X"}]},
        {"id": "ladder", "kind": "ladder", "text": "?"},
    ]);
    on_each_engine("parts", questions, async |source, _| {
        let of = |number, question, kind, score| {
            let hour_ms = source.site.hour_start_ms(NOW_MS - 3_600_000);
            scored(source.site.site.site_id, number, "parts", hour_ms, &[(question, kind, score)])
        };
        let records = vec![
            of(1, "levels.x", "rating-4", 2),
            of(2, "levels.x", "rating-4", 3),
            of(3, "ladder.price", "ladder", 1),
            of(4, "ladder.price", "ladder", 3),
            of(5, "ladder.price", "ladder", 5),
        ];
        submit(source, records).await;
        for standing in ["low", "middle", "high"] {
            let listing = Listing { standing: Standing::parse(standing), ..Listing::default() };
            let survey = source.survey(&Slice::default(), "parts", listing).await.unwrap().unwrap();
            let all = source.survey(&Slice::default(), "parts", Listing::default()).await.unwrap().unwrap();
            let called = |response: &&crate::response::ResponseSummary| {
                response.answers.iter().any(|answer| answer.standing == standing)
            };
            let expected: Vec<_> = all.responses.iter().filter(called).cloned().collect();
            assert!(!expected.is_empty(), "{standing}");
            assert_eq!(survey.responses, expected, "{standing}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_no_score_of_a_page_does_not_weigh_before_its_hour_is_rolled_up() {
    let questions = serde_json::json!([{"id": "ces", "kind": "ces", "text": "?"}]);
    on_each_engine("mixed", questions, async |source, sites| {
        let hour_ms = source.site.hour_start_ms(NOW_MS - 3_600_000);
        let given = [("ces", "ces", 1), ("r", "review", 1), ("m.x", "rating-5", 1), ("l.price", "ladder", 1)];
        let records = (10..50).map(|number| scored(source.site.site.site_id, number, "mixed", hour_ms, &given));
        submit(source, records.collect()).await;
        for when in ["from rows", "from rollups"] {
            let overview = source.overview(&Slice::default()).await.unwrap();
            // 40 of these, and the one of the story.
            assert_eq!(overview.fix_first[0].low_scores.n, 41, "{when}");
            roll_up(source.store, sites).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_view_with_clicks_in_two_hours_is_one_view() {
    let questions = serde_json::json!([{"id": "ces", "kind": "ces", "text": "?"}]);
    on_each_engine("any", questions, async |source, sites| {
        let click = |number: u8, view: u8, at_ms: i64| {
            Record::Signal(Box::new(SignalRow {
                site_id: source.site.site.site_id,
                item_id: rapport_shared::id::Id([number; 16]),
                view_id: rapport_shared::id::Id([view; 16]),
                session_id: None,
                known_visitor_key: None,
                occurred_at_ms: at_ms,
                received_at_ms: at_ms,
                hour_ms: source.site.hour_start_ms(at_ms),
                clamped: false,
                bot: false,
                kind: SignalKind::DeadClick,
                path: "/long".into(),
                device: device::Device::Desktop.into(),
                element: "a.help".into(),
                name: String::new(),
                text: String::new(),
                count: 1,
                rule: None,
                measured: None,
                error_key: None,
                detail: None,
            }))
        };
        let (hour, day) = (3_600_000, 24 * 3_600_000);
        let records = vec![
            click(1, 1, NOW_MS - day - hour),
            click(2, 1, NOW_MS - day),
            click(3, 1, NOW_MS - hour),
            click(4, 2, NOW_MS - hour),
        ];
        submit(source, records).await;
        let page = Slice::default().of_page("/long");
        for when in ["from rows", "from rollups"] {
            let report = source.page(&page).await.unwrap();
            let culprit = &report.culprits[0].culprits[0];
            assert_eq!((culprit.signals, culprit.views), (4, 2), "{when}");
            roll_up(source.store, sites).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_missing_although_a_step_was_lost_too() {
    let questions = serde_json::json!([{"id": "ces", "kind": "ces", "text": "?"}]);
    on_each_engine("lossy", questions, async |source, _| {
        let site_id = source.site.site.site_id;
        let hour_ms = source.site.hour_start_ms(NOW_MS - 3_600_000);
        let response = |number| scored(site_id, number, "lossy", hour_ms, &[("ces", "ces", 5)]);
        let step = |number: u8, response: u8| {
            Record::Delivery(Box::new(DeliveryRow {
                site_id,
                item_id: rapport_shared::id::Id([number; 16]),
                occurred_at_ms: hour_ms,
                received_at_ms: hour_ms,
                hour_ms,
                clamped: false,
                bot: false,
                survey_id: "lossy".into(),
                survey_version: 1,
                event: DeliveryEvent::Answered,
                path: BROKEN.into(),
                device: device::Device::Desktop.into(),
                response_id: Some(rapport_shared::id::Id([response; 16])),
            }))
        };
        // Of three that pages tell of one arrived, and so did two that no page told of.
        submit(source, vec![step(11, 1), step(12, 2), step(13, 3), response(1), response(4), response(5)]).await;
        let log = source.delivery(&Slice::default()).await.unwrap();
        let line = log.surveys.iter().find(|line| line.survey == "lossy").unwrap();
        assert_eq!((line.delivery.answered, line.arrived, line.missing), (Some(3), 1, 2));
        submit(source, vec![response(2), response(3)]).await;
        let log = source.delivery(&Slice::default()).await.unwrap();
        assert_eq!(log.surveys.iter().find(|line| line.survey == "lossy").unwrap().missing, 0);
    })
    .await;
}

#[tokio::test]
async fn days_with_too_many_rows_to_read_are_refused_with_the_limit_and_what_can_be_asked() {
    a_story_with(&[], async |source| {
        let site_id = source.site.site.site_id;
        let hour_ms = source.site.hour_start_ms(NOW_MS - 3_600_000);
        let step = DeliveryRow {
            site_id,
            item_id: rapport_shared::id::Id(*b"0123456789abcdef"),
            occurred_at_ms: hour_ms,
            received_at_ms: hour_ms,
            hour_ms,
            clamped: false,
            bot: false,
            survey_id: "feedback".into(),
            survey_version: 1,
            event: DeliveryEvent::Shown,
            path: BROKEN.into(),
            device: device::Device::Desktop.into(),
            response_id: None,
        };
        submit(source, vec![Record::Delivery(Box::new(step))]).await;
        // Each step is told twice as often as before, under ids of its own.
        for letter in 'a'..='s' {
            let sql = format!(
                "INSERT INTO delivery (site_id, item_id, occurred_at_ms, received_at_ms, hour_ms, clamped, bot, survey_id,
                   survey_version, event, path, device)
                 SELECT site_id, CAST(item_id || '{letter}' AS BLOB), occurred_at_ms, received_at_ms, hour_ms, clamped, bot,
                   survey_id, survey_version, event, path, device
                 FROM delivery WHERE site_id = $1 AND event = 'shown' AND response_id IS NULL"
            );
            source.store.write(vec![Statement::new(sql, rapport_store::params![site_id])]).await.unwrap();
        }
        let slice = Slice { range: Range::Last(7), ..Slice::default() };
        let german = Slice { language: Some("de".into()), ..slice.clone() };
        let refused = source.overview(&german).await.expect_err("too many");
        assert_eq!(
            refused.to_string(),
            "cannot be told: range: holds more than 500000 page views, signals and answers from 2026-04-30 to 2026-05-06, and \
             language is read from each of them: ask for fewer days, or without language"
        );
        // What rollups tell is bounded by no rows, and days before these have fewer.
        let rolled_up = SiteDirectory::new(source.store.clone(), Clock::manual(NOW_MS));
        roll_up(source.store, &rolled_up).await;
        source.overview(&slice).await.expect("rollups tell it");
        let day = Range::Custom(jiff::civil::date(2026, 5, 5), jiff::civil::date(2026, 5, 5));
        source.overview(&Slice { range: day, ..german }).await.expect("few rows");
    })
    .await;
}

#[tokio::test]
async fn ways_of_more_visits_than_can_be_read_are_told_by_whole_visits_of_a_sample() {
    a_story_with(&[], async |source| {
        let columns = source.store.read("SELECT name FROM pragma_table_info('page_view')", vec![]).await.unwrap();
        let columns: Vec<_> = columns.iter().map(|row| row.text("name").unwrap().to_owned()).collect();
        let day_ms = source.site.hour_start_ms(NOW_MS - 40 * 86_400_000);
        // 262,144 visits of two views: as many end with each of the 256 bytes.
        for (index, path) in [(1, "/from"), (2, "/to")] {
            let values = columns.iter().map(|column| match column.as_str() {
                "item_id" => format!("unhex(printf('%02x%030x', {index}, n.i))"),
                "session_id" => "unhex(printf('%030x%02x', n.i, (n.i * 7919) % 256))".to_owned(),
                "path" => format!("'{path}'"),
                "view_index" => index.to_string(),
                "occurred_at_ms" => format!("{day_ms} + {index}"),
                "hour_ms" => day_ms.to_string(),
                "device" => "'desktop'".to_owned(),
                "bot" | "clamped" => "0".to_owned(),
                other => format!("v.{other}"),
            });
            let sql = format!(
                "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 262143)
                 INSERT INTO page_view ({}) SELECT {} FROM n, (SELECT * FROM page_view LIMIT 1) AS v",
                columns.join(", "),
                values.collect::<Vec<_>>().join(", ")
            );
            source.store.write(vec![Statement::new(sql, vec![])]).await.unwrap();
        }
        let day = jiff::Timestamp::from_millisecond(day_ms).unwrap().to_zoned(jiff::tz::TimeZone::UTC).date();
        let slice = Slice { range: Range::Custom(day, day), compare: false, ..Slice::default() };
        let journeys = source.journeys(&slice, PagesBy::Page, None).await.expect("a sample tells it");
        assert_eq!((journeys.one_in, journeys.visits, journeys.views), (128, 2_048, 4_096));
        let pages: Vec<_> = journeys.on.paths.iter().map(|path| path.pages.join(" ")).collect();
        assert_eq!(pages, ["/from /to"]);
        // Days that can be read are read whole.
        let few = Slice { range: Range::Last(7), ..slice.clone() };
        assert_eq!(source.journeys(&few, PagesBy::Page, None).await.expect("few rows").one_in, 1);
        // A visitor's visits would be in the sample one by one.
        let funnel = r#"{"of":"visitor","window_minutes":60,"steps":[{"kind":"page","what":"/from"},{"kind":"page","what":"/to"}]}"#;
        let funnel = ("id".to_owned(), "Through".to_owned(), serde_json::from_str(funnel).expect("a funnel"));
        let refused = source.funnel(&slice, funnel).await.expect_err("too many").to_string();
        assert!(refused.contains("more than 500000 page views and signals"), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn a_figure_of_steps_is_not_a_wrong_number_where_they_carry_no_source() {
    a_story_with(&[], async |source| {
        let slice = Slice { source: Some(VisitSource::Direct), range: Range::Last(7), ..Slice::default() };
        let feedback = source.feedback(&slice).await.unwrap();
        let line = &feedback.surveys[0];
        assert_eq!((line.delivery.shown, line.delivery.answered, line.delivery.stored), (None, None, 1));
        assert!(line.response_rate.untold.is_some_and(|why| why.contains("not known by language")));
        assert_eq!((line.response_rate.value, line.scores[0].figure.n), (None, 1));
        let survey = source.survey(&slice, "feedback", Listing::default()).await.unwrap().unwrap();
        assert!(survey.response_rate.untold.is_some() && survey.completion.value == Some(100.0));
        let refused = source.delivery(&slice).await.expect_err("steps carry no session").to_string();
        assert!(
            refused.contains("source: is not known of steps of delivery") && refused.contains("device, page"),
            "{refused}"
        );
        // By the pages below one it is told.
        let slice = Slice { pages: Pages::Below("/".into()), range: Range::Last(7), ..Slice::default() };
        let log = source.delivery(&slice).await.unwrap();
        assert_eq!((log.surveys[0].delivery.shown, log.surveys[0].missing), (Some(1), 0));
        let none = Slice { pages: Pages::Below("/none".into()), ..slice };
        assert_eq!(source.delivery(&none).await.unwrap().surveys[0].delivery.shown, Some(0));
    })
    .await;
}
