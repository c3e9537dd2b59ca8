//! Every report over both engines, from dirty hours and from rollups alike.

use super::experience::Sort;
use super::filter::{Device, Filter, Range};
use super::story_test::{BROKEN, HOSTILE, NOW_MS, RESPONSE, roll_up, tell};
use super::{Listing, Source};
use crate::clock::Clock;
use crate::ingest::sites::SiteDirectory;
use crate::store::Statement;
use crate::store::reports::Suspicious;
use crate::store::sites::tests::a_site;
use crate::store::test_store::{each_engine, note};

#[tokio::test]
async fn reports_are_the_same_from_rows_and_from_rollups() {
    each_engine(async |store| {
        let site = a_site("shop");
        store.add_site(&site).await.unwrap();
        store.apply_survey(site.site_id, &crate::cli::first_survey(), &note(1)).await.unwrap();
        let sites = SiteDirectory::new(store.clone(), Clock::manual(NOW_MS));
        tell(&store, &sites, &site).await;
        let context = sites.by_id(site.site_id).await.unwrap().unwrap();
        let source = Source { store: &store, site: &context, now_ms: NOW_MS };
        let week = Filter { range: Range::Last(7), ..Filter::default() };
        let page = Filter { page: Some(BROKEN.into()), ..week.clone() };

        let overview = source.overview(&week).await.unwrap();
        let views: Vec<_> = overview.trend.iter().map(|day| (day.views, day.failed_views)).collect();
        assert_eq!(views, [(0, 0), (0, 0), (0, 0), (0, 0), (40, 0), (40, 0), (35, 35)]);
        assert_eq!(overview.totals.iter().map(|total| total.value).collect::<Vec<_>>(), [115, 115, 115]);
        assert_eq!(overview.scores[0].figure.value, Some(0.0));
        let [fix] = &overview.fix_first[..] else { panic!("one page fails") };
        assert_eq!((fix.path.as_str(), fix.failed.value, fix.low_scores.n, fix.weight), (BROKEN, Some(100.0), 1, 1.0));
        assert_eq!(fix.impact, 35.0 / ((7.0 * 24.0 - 11.0) / 168.0), "views a week, of the hours that began");

        let experience = source.experience(&week, Sort::Errors, false).await.unwrap();
        let lines: Vec<_> = experience.pages.iter().map(|line| (line.path.as_str(), line.views)).collect();
        assert_eq!(lines, [(BROKEN, 35), ("/", 80)]);
        assert_eq!(experience.pages[0].vitals[0].figures[0].rating, Some("poor"));

        let detail = source.page(&page).await.unwrap();
        assert_eq!(detail.totals[0].value, 35);
        let culprits: Vec<_> = detail.culprits.iter().map(|of| (of.kind, of.culprits[0].views)).collect();
        assert_eq!(culprits, [("rage_click", 35), ("dead_click", 35), ("error", 35)]);
        assert_eq!((detail.responses.len(), detail.scores.len()), (1, 1));

        let feedback = source.feedback(&week).await.unwrap();
        let delivery = &feedback.surveys[0].delivery;
        assert_eq!((delivery.shown, delivery.answered, delivery.stored, delivery.finished), (1, 1, 1, 1));

        let survey = source.survey(&week, "feedback", Listing::default()).await.unwrap().unwrap();
        assert_eq!(survey.questions[0].distribution[0].answers, 1);
        assert_eq!(survey.responses[0].answers[1].words, HOSTILE);
        for (standing, words, found) in [("low", false, 1), ("high", false, 0), ("low", true, 1), ("middle", true, 0)] {
            let listing = Listing { standing, words, suspicious: Suspicious::LeftOut, after: None };
            let survey = source.survey(&week, "feedback", listing).await.unwrap().unwrap();
            assert_eq!(survey.responses.len(), found, "{standing} {words}");
        }
        let mobile = Filter { device: Device::Mobile, ..week.clone() };
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

        let install = source.install(&week, "https://feedback.example.com/rapport.js", vec![]).await.unwrap();
        assert!(install.tag.contains("https://feedback.example.com/rapport.js"));
        assert_eq!((install.outcomes[0].accepted, install.outcomes[0].rejected), (115, 1));
        assert_eq!(install.refused[0].field, HOSTILE);

        // All of it came from rows; now the same from rollups.
        assert!(!store.dirty_hours(site.site_id, 0, i64::MAX).await.unwrap().is_empty());
        roll_up(&store, &sites).await;
        assert_eq!(store.dirty_hours(site.site_id, 0, i64::MAX).await, Ok(vec![]));
        assert_eq!(source.overview(&week).await.unwrap(), overview);
        assert_eq!(source.experience(&week, Sort::Errors, false).await.unwrap(), experience);
        assert_eq!(source.page(&page).await.unwrap(), detail);
        assert_eq!(source.feedback(&week).await.unwrap(), feedback);
        assert_eq!(source.survey(&week, "feedback", Listing::default()).await.unwrap(), Some(survey));

        // Rollups of a collector that did not yet tell visits apart are still read.
        let columns = ["visits", "views"].map(|name| format!("grouped_{name}")).into_iter();
        let sums = ["view", "error", "rage", "dead", "failed"].map(|name| format!("{name}_squares")).into_iter();
        let products = ["error", "rage", "dead", "failed"].map(|name| format!("{name}_products")).into_iter();
        let unset: Vec<_> = columns.chain(sums).chain(products).map(|column| format!("{column} = NULL")).collect();
        let sql = format!("UPDATE rollup_page SET {}", unset.join(", "));
        store.write(vec![Statement::new(sql, crate::params![])]).await.unwrap();
        let old = source.experience(&week, Sort::Errors, false).await.unwrap();
        assert_eq!(old, experience, "one view a visit is what visits that are not known are taken for");
        assert_eq!(source.overview(&week).await.unwrap(), overview);
    })
    .await;
}

#[tokio::test]
async fn the_previous_period_is_cut_at_the_same_hour() {
    let store = crate::store::test_store::in_memory().await;
    let site = a_site("shop");
    store.add_site(&site).await.unwrap();
    let sites = SiteDirectory::new(store.clone(), Clock::manual(NOW_MS));
    tell(&store, &sites, &site).await;
    let context = sites.by_id(site.site_id).await.unwrap().unwrap();
    // A week after the views of 5 May.
    let day = Filter {
        range: Range::Custom(jiff::civil::date(2026, 5, 12), jiff::civil::date(2026, 5, 12)),
        ..Filter::default()
    };
    const HOUR_MS: i64 = 3_600_000;
    for rolled_up in [false, true] {
        if rolled_up {
            roll_up(&store, &sites).await;
        }
        // The 40 views of that day came at 12:30: two hours earlier they had not come yet.
        let now_ms = NOW_MS + 6 * 24 * HOUR_MS;
        for (now_ms, before) in [(now_ms, 40), (now_ms - 2 * HOUR_MS, 0)] {
            let source = Source { store: &store, site: &context, now_ms };
            let overview = source.overview(&day).await.unwrap();
            assert_eq!(overview.totals[0].before, Some(before), "rolled up: {rolled_up}");
        }
    }
}

/// The story on a site with these surveys, and what reports are read from.
async fn a_story_with(surveys: &[serde_json::Value], look: impl AsyncFnOnce(&Source<'_>)) {
    let store = crate::store::test_store::in_memory().await;
    let site = a_site("shop");
    store.add_site(&site).await.unwrap();
    store.apply_survey(site.site_id, &crate::cli::first_survey(), &note(1)).await.unwrap();
    for survey in surveys {
        store.apply_survey(site.site_id, &serde_json::from_value(survey.clone()).unwrap(), &note(1)).await.unwrap();
    }
    let sites = SiteDirectory::new(store.clone(), Clock::manual(NOW_MS));
    tell(&store, &sites, &site).await;
    let context = sites.by_id(site.site_id).await.unwrap().unwrap();
    look(&Source { store: &store, site: &context, now_ms: NOW_MS }).await;
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
        let filter = Filter::default();
        let survey = source.survey(&filter, "greeting", Listing::default()).await.unwrap().unwrap();
        let texts: Vec<_> = survey.questions.iter().map(|question| question.text.as_str()).collect();
        assert_eq!(texts, ["NPS, dear customer?", "Smileys? You gave …"]);
        let feedback = source.feedback(&filter).await.unwrap();
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
        let overview = source.overview(&Filter::default()).await.unwrap();
        let given: Vec<_> = overview.scores.iter().map(|score| (score.survey.as_str(), score.figure.n)).collect();
        assert_eq!(given, [("feedback", 1)]);
        // Who asks for no score is not missing one.
        assert_eq!((overview.unanswered.surveys, overview.unanswered.paused), (1, 1));
        let feedback = source.feedback(&Filter::default()).await.unwrap();
        let service = feedback.surveys.iter().find(|line| line.survey == "service").unwrap();
        let parts: Vec<_> = service.scores.iter().map(|score| score.part.as_str()).collect();
        assert_eq!(parts, ["Speed", "Care"]);
    })
    .await;
}

#[tokio::test]
async fn a_period_that_begins_before_the_data_is_not_compared() {
    a_story_with(&[], async |source| {
        let custom = |from: i8, to: i8| Filter {
            range: Range::Custom(jiff::civil::date(2026, 5, from), jiff::civil::date(2026, 5, to)),
            ..Filter::default()
        };
        // The first views came on 4 May, a Monday; days are compared with those a week before.
        let source = &Source { now_ms: NOW_MS + 14 * 24 * 3_600_000, ..*source };
        for (filter, before, no_data_before) in [
            (custom(11, 11), Some(40), None),
            (custom(12, 12), Some(40), None),
            (custom(11, 13), Some(115), None),
            (custom(10, 11), None, Some("2026-05-04")),
            (custom(4, 4), None, Some("2026-05-04")),
            (Filter { compare: false, ..custom(11, 11) }, None, None),
        ] {
            let told = source.periods(&filter).await.unwrap().no_data_before.map(|day| day.to_string());
            assert_eq!(told.as_deref(), no_data_before, "{filter:?}");
            let overview = source.overview(&filter).await.unwrap();
            assert_eq!(overview.totals[0].before, before, "{filter:?}");
            assert_eq!(overview.trend[0].views_before.is_some(), before.is_some(), "{filter:?}");
        }
    })
    .await;
}
