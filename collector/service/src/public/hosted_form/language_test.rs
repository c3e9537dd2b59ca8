//! In which language a form without script is shown, and which way it runs.

use crate::test_app::TestApp;
use rapport_store::test_store::note;
use serde_json::json;

#[tokio::test]
async fn a_form_ran_in_the_direction_of_a_language_that_it_was_not_shown_in() {
    let app = TestApp::new().await;
    let site = app.site().await;
    let survey = |id: &str, language: &str, text: &str, translations: serde_json::Value| {
        json!({
            "id": id, "name": id, "title": id, "placement": "hosted", "language": language, "translations": translations,
            "questions": [{ "id": "how", "kind": "open-text", "text": text }],
        })
    };
    let text = |text: &str| json!({ "questions.how.text": text });
    let surveys = [
        survey(
            "said",
            "en",
            "How was it?",
            json!({ "nb": text("Hvordan var det?"), "zh-Hant": text("怎麼樣？"), "zh": text("怎么样？") }),
        ),
        survey("unsaid", "", "How was it?", json!({ "he": text("איך היה?") })),
    ];
    for survey in surveys {
        let survey = serde_json::from_value(survey).expect("a survey");
        assert_eq!(rapport_shared::survey::Survey::faults(&survey), []);
        app.app.store.apply_survey(site.site_id, &survey, &note(1)).await.expect("the survey is added");
    }
    for (form, accepted, html, question, button) in [
        ("said", "en-GB", r#"lang="en-GB" dir="ltr""#, "How was it?", "Send"),
        ("said", "fa", r#"lang="en" dir="ltr""#, "How was it?", "Send"),
        ("said", "ar", r#"lang="en" dir="ltr""#, "How was it?", "Send"),
        ("said", "no", r#"lang="nb" dir="ltr""#, "Hvordan var det?", "Send"),
        ("said", "nn-NO,en;q=0.5", r#"lang="nb" dir="ltr""#, "Hvordan var det?", "Send"),
        ("said", "zh-TW", r#"lang="zh-Hant-TW" dir="ltr""#, "怎麼樣？", ""),
        ("said", "zh-HK", r#"lang="zh-Hant-HK" dir="ltr""#, "怎麼樣？", ""),
        ("said", "zh-SG", r#"lang="zh-SG" dir="ltr""#, "怎么样？", ""),
        ("said", "en;q=0.1, no", r#"lang="nb" dir="ltr""#, "Hvordan var det?", "Send"),
        ("said", "<script>", r#"lang="en" dir="ltr""#, "How was it?", "Send"),
        ("unsaid", "iw", r#"lang="he" dir="rtl""#, "איך היה?", ""),
        ("unsaid", "fa", r#"lang="en" dir="ltr""#, "How was it?", "Send"),
        ("unsaid", "de_AT", r#"lang="de-AT" dir="ltr""#, "How was it?", "Senden"),
        // Where nothing is asked all words are ours.
        ("nothing", "fa", r#"lang="en" dir="ltr""#, "There is no such survey", ""),
        ("nothing", "iw-IL", r#"lang="he" dir="rtl""#, "אין סקר כזה", ""),
        ("nothing", "no", r#"lang="nb" dir="ltr""#, "Denne undersøkelsen finnes ikke", ""),
    ] {
        let page = app.get(&format!("/f/shop/{form}"), &[("accept-language", accepted)]).await.text();
        assert!(page.contains(html), "{form} {accepted}: {page}");
        assert!(page.contains(question) && page.contains(button), "{form} {accepted}: {page}");
    }
}
