//! Drafts through the router, as a designer without script works with them.

use crate::test_app::TestApp;
use rapport_store::account::role::Role;
use rapport_store::site::Site;
use rapport_store::survey_draft::SurveyDraft;

struct Story {
    test: TestApp,
    site: Site,
    editor: String,
}

impl Story {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        Self { test, site, editor }
    }

    async fn read(&self, path: &str) -> String {
        let reply = self.test.get(path, &[("cookie", &self.editor), ("accept", "text/html")]).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text().replace("&#38;", "&").replace("&#34;", "\"")
    }

    /// Begins a draft; its address.
    async fn begin(&self, form: &str) -> String {
        let reply = self.test.submit("/sites/shop/surveys", form, &[("cookie", &self.editor)]).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        reply.header("location").to_owned()
    }

    /// Submits a form of the draft; where one goes on.
    async fn submit(&self, address: &str, form: &[(&str, &str)]) -> (u16, String, String) {
        let form: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{}={}", crate::http::query::encode(name), crate::http::query::encode(value)))
            .collect();
        let reply =
            self.test.submit(address, &form.join("&"), &[("cookie", &self.editor), ("accept", "text/html")]).await;
        (reply.status.as_u16(), reply.header("location").to_owned(), reply.text())
    }

    async fn draft(&self) -> SurveyDraft {
        self.test.app.store.survey_drafts(self.site.site_id).await.unwrap().remove(0)
    }
}

const SECOND: &[(&str, &str)] = &[
    ("questions[1]", ""),
    ("questions[1].id", "why"),
    ("questions[1].kind", "open-text"),
    ("questions[1].text", "What was in the way?"),
];

const FIRST: &[(&str, &str)] = &[
    ("id", "checkout"),
    ("name", "Checkout"),
    ("title", "How did it go?"),
    ("placement", "popover"),
    ("trigger.on", "delay"),
    ("trigger.delay_ms", "5000"),
    ("cooldown_days", "14"),
    ("back", "off"),
    ("back", "on"),
    ("questions[0]", ""),
    ("questions[0].id", "ease"),
    ("questions[0].kind", "ces"),
    ("questions[0].text", "It was easy to order."),
    ("questions[0].required", "off"),
    ("questions[0].required", "on"),
    ("questions[0].branches[0]", ""),
    ("questions[0].branches[0].when[0]", ""),
    ("questions[0].branches[0].when[0].answer", "ease"),
    ("questions[0].branches[0].when[0].at_least", "5"),
    ("questions[0].branches[0].end", "off"),
    ("questions[0].branches[0].end", "on"),
];

#[tokio::test]
async fn a_designer_builds_a_survey_with_a_branch_and_two_languages_and_changes_it_later() {
    let story = Story::new().await;
    let address = story.begin("from=empty").await;
    let page = story.read(&address).await;
    assert!(page.contains("Not ready yet") && page.contains("name=\"questions[0].text\""), "{page}");

    // A second question is added, and what was typed is kept.
    let add = [FIRST, &[("revision", "0"), ("new questions", "open-text"), ("do", "add questions")]].concat();
    let (status, to, text) = story.submit(&address, &add).await;
    assert_eq!((status, to.as_str()), (303, &*format!("{address}#questions%5B1%5D")), "{text}");
    let page = story.read(&address).await;
    assert!(page.contains("value=\"It was easy to order.\"") || page.contains("It was easy to order."), "{page}");
    assert!(page.contains("questions[1].text"), "its fault stands there: {page}");

    // It cannot be published with a fault, and the fault is the one that the command line names.
    let refused = [
        FIRST,
        &[
            ("revision", "1"),
            ("questions[1]", ""),
            ("questions[1].id", "why"),
            ("questions[1].kind", "open-text"),
            ("do", "publish"),
        ],
    ]
    .concat();
    let (status, to, _) = story.submit(&address, &refused).await;
    assert_eq!((status, to.ends_with("?refused=yes")), (303, true), "{to}");
    let page = story.read(&to).await;
    assert!(page.contains("Not published") && page.contains("href=\"#questions%5B1%5D.text\""), "{page}");
    let faults = crate::definition::survey(&story.draft().await.definition).unwrap_err();
    for fault in &faults {
        assert!(page.contains(&fault.field) && page.contains(&fault.reason.replace('\'', "&#39;")), "{fault}");
    }

    let second = SECOND;
    let language = [FIRST, second, &[("revision", "2"), ("new language", "de"), ("do", "add-language x")]].concat();
    assert_eq!(story.submit(&address, &language).await.0, 303);
    let page = story.read(&address).await;
    assert!(page.contains("name=\"translations.de.questions.why.text\"") && page.contains("3 missing"), "{page}");
    assert!(page.contains("Ready to be published"), "{page}");
    let german: &[(&str, &str)] = &[
        ("translations.de", ""),
        ("translations.de.title", "Wie war es?"),
        ("translations.de.questions.why.text", "Was stand im Weg?"),
    ];
    let preview = story.read(&format!("{address}/preview?language=de")).await;
    assert!(preview.contains("It was easy to order."), "what is not translated: {preview}");
    let publish = [FIRST, second, german, &[("revision", "3"), ("do", "publish")]].concat();
    let (status, to, text) = story.submit(&address, &publish).await;
    assert_eq!((status, to.as_str()), (303, "/sites/shop/surveys/checkout"), "{text}");
    let config = story.test.get("/v1/config/shop", &[]).await.json();
    let surveys = config["surveys"].as_array().unwrap();
    let survey = surveys.iter().find(|survey| survey["id"] == "checkout").unwrap();
    assert_eq!(survey["questions"][0]["branches"][0]["end"], true, "{survey}");
    assert_eq!(story.test.app.store.survey_drafts(story.site.site_id).await.unwrap(), [], "it is no draft any more");

    // Another version, which breaks a trend and says so before.
    let address = story.begin("from=survey&name=checkout").await;
    let other: Vec<(&str, &str)> = [FIRST, second, german, &[("revision", "0"), ("do", "save")]].concat();
    let other: Vec<_> = other
        .into_iter()
        .map(|(name, value)| if name == "questions[0].text" { (name, "Ordering was easy.") } else { (name, value) })
        .collect();
    assert_eq!(story.submit(&address, &other).await.0, 303);
    let page = story.read(&address).await;
    assert!(page.contains("breaks a trend") && page.contains("Publish as the next version"), "{page}");
    assert!(page.contains("Text is now “Ordering was easy.”, not “It was easy to order.”"), "{page}");
    let read = read_mark(&page);
    let publish = [&other[..other.len() - 2], &[("revision", "1"), ("read", &*read), ("do", "publish")]].concat();
    assert_eq!(story.submit(&address, &publish).await.1, "/sites/shop/surveys/checkout");
    let versions = story.read("/sites/shop/surveys/checkout").await;
    assert!(versions.contains("Version 2") && versions.contains("Ordering was easy."), "{versions}");
    let set = async |state: &str| story.submit("/sites/shop/surveys/checkout/state", &[("state", state)]).await.0;
    assert_eq!(set("off").await, 303);
    assert!(story.read("/sites/shop/surveys").await.contains("switched off"));
    let noted = story.test.app.store.audit_entries(story.site.site_id, None, 20).await.unwrap();
    for action in ["survey.draft", "survey.create", "survey.change", "survey.deactivate"] {
        assert!(noted.iter().any(|entry| entry.action == action), "{action}");
    }
}

/// What the page sends along as read: its version and what it breaks.
fn read_mark(page: &str) -> String {
    let mark = page.split("name=\"read\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    mark.expect("the form has it").to_owned()
}

#[tokio::test]
async fn what_breaks_a_trend_was_published_before_anybody_had_read_that_it_does() {
    let story = Story::new().await;
    let shop = "/sites/shop/surveys/checkout";
    let address = story.begin("from=empty").await;
    let first = [FIRST, SECOND, &[("revision", "0"), ("do", "publish")]].concat();
    assert_eq!(story.submit(&address, &first).await.1, shop);

    let address = story.begin("from=survey&name=checkout").await;
    let other = FIRST.iter().map(|&(name, value)| if name.ends_with(".kind") { (name, "nps") } else { (name, value) });
    let other: Vec<_> = other.collect();
    let read = read_mark(&story.read(&address).await);
    let publish = async |revision: &str, read: &str| {
        let form = [&other[..], SECOND, &[("revision", revision), ("read", read), ("do", "publish")]].concat();
        story.submit(&address, &form).await.1
    };
    // What was typed is saved, and what it breaks is told.
    let to = publish("0", &read).await;
    assert_eq!(to, format!("{address}?refused=unread"));
    let page = story.read(&to).await;
    assert!(
        page.contains("Saved, and not published yet") && page.contains("is now of kind “nps”, not “ces”"),
        "{page}"
    );
    let read = read_mark(&page);

    // Somebody else publishes a version meanwhile: what was read is not what it would follow.
    let theirs = story.begin("from=survey&name=checkout").await;
    let quick = FIRST.iter().map(|&(name, value)| if name == "title" { (name, "How was it?") } else { (name, value) });
    let theirs_read = read_mark(&story.read(&theirs).await);
    let quick =
        [&quick.collect::<Vec<_>>()[..], SECOND, &[("revision", "0"), ("read", &*theirs_read), ("do", "publish")]]
            .concat();
    assert_eq!(story.submit(&theirs, &quick).await.1, shop, "what breaks nothing goes at once");
    let to = publish("1", &read).await;
    assert_eq!(to, format!("{address}?refused=unread"));
    let page = story.read(&to).await;
    assert!(page.contains("Heading is now “How did it go?”, not “How was it?”"), "{page}");
    assert_eq!(publish("2", &read_mark(&page)).await, shop);

    // The trend says where it breaks.
    let versions = story.test.app.store.versions_of_survey(story.site.site_id, "checkout").await.unwrap();
    assert_eq!(versions.len(), 3);
    let page = story.read(shop).await;
    assert!(page.contains("Version 3") && page.contains("<time class=\"quiet\""), "{page}");
}

#[tokio::test]
async fn who_reads_a_language_that_lacks_texts_was_asked_without_a_choice() {
    let story = Story::new().await;
    let address = story.begin("from=empty").await;
    let german = [("translations.de", ""), ("translations.de.title", "Wie war es?"), ("language", "en")];
    let form = [FIRST, &german, &[("revision", "0"), ("reach", "skip"), ("do", "save")]].concat();
    assert_eq!(story.submit(&address, &form).await.0, 303);
    let definition: serde_json::Value = serde_json::from_str(&story.draft().await.definition).unwrap();
    assert_eq!(definition["target"]["languages"], serde_json::json!(["en"]));
    let page = story.read(&address).await;
    assert!(page.contains("<option value=\"skip\" selected>not asked</option>"), "{page}");
    let whole = [("translations.de.questions.ease.text", "Es war leicht zu bestellen."), ("target.languages", "en")];
    let form = [FIRST, &german, &whole, &[("revision", "1"), ("reach", "skip"), ("do", "save")]].concat();
    assert_eq!(story.submit(&address, &form).await.0, 303);
    let definition: serde_json::Value = serde_json::from_str(&story.draft().await.definition).unwrap();
    assert_eq!(definition["target"]["languages"], serde_json::json!(["en", "de"]));
}

#[tokio::test]
async fn a_draft_is_tried_as_it_is_typed_and_one_with_faults_says_so_within_its_frame() {
    let story = Story::new().await;
    let address = story.begin("from=empty").await;
    let preview = format!("{address}/preview");
    let cookie = [("cookie", story.editor.as_str())];
    let faulty = story.test.get(&preview, &cookie).await;
    assert_eq!((faulty.status.as_u16(), faulty.header("x-frame-options")), (200, "SAMEORIGIN"));
    assert!(faulty.header("content-security-policy").contains("frame-ancestors 'self'"));
    assert!(faulty.text().contains("Once nothing is wrong any more"));
    let form = [FIRST, SECOND, &[("revision", "0"), ("do", "try")]].concat();
    let (status, _, page) = story.submit(&preview, &form).await;
    assert!(status == 200 && page.contains("It was easy to order."), "{status} {page}");
    assert_eq!(story.draft().await.revision, 0, "nothing is saved");
}

#[tokio::test]
async fn what_two_people_wrote_at_the_same_time_was_lost() {
    let story = Story::new().await;
    let address = story.begin("from=pool&name=nps").await;
    let first = [FIRST, &[("revision", "0"), ("do", "save")]].concat();
    assert_eq!(story.submit(&address, &first).await.0, 303);
    let mine = [FIRST, &[("title", "Mine"), ("revision", "0"), ("do", "save")]].concat();
    let (status, _, page) = story.submit(&address, &mine).await;
    assert_eq!(status, 409);
    assert!(page.contains("changed this draft") && page.contains("value=\"Mine\""), "{page}");
    assert!(page.contains("name=\"revision\" value=\"1\""), "saving again writes it: {page}");
    assert!(story.draft().await.definition.contains("How did it go?"));
}

#[tokio::test]
async fn bad_input_of_a_draft_is_told_with_its_field_and_only_editors_write() {
    let story = Story::new().await;
    let send = async |form: &str, cookie: &str| {
        story.test.submit("/sites/shop/surveys", form, &[("cookie", cookie), ("accept", "text/html")]).await
    };
    for (form, told) in [
        ("from=json&json=%7B", "is no JSON"),
        ("from=json&json=%5B%5D", "must be an object"),
        ("from=pool&name=none", "is no survey of the pool"),
        ("from=nowhere", "must be empty, pool, survey, copy or json"),
    ] {
        let reply = send(form, &story.editor).await;
        assert!(reply.status == 422 && reply.text().contains(told), "{form}: {} {}", reply.status, reply.text());
    }
    assert_eq!(send("from=survey&name=none", &story.editor).await.status, 404);
    // What no definition can hold is kept with its faults.
    let address = story.begin("from=json&json=%7B%22id%22%3A7%2C%22questions%22%3A%22none%22%7D").await;
    let page = story.read(&address).await;
    assert!(page.contains("must be text") && page.contains("must be a list"), "{page}");
    let support = story.test.cookie(&story.site, "sam@example.com", Role::Support).await;
    assert_eq!(send("from=empty", &support).await.status, 403);
    assert_eq!(story.test.get(&address, &[("cookie", &support)]).await.status, 403);
    let list = story.test.get("/sites/shop/surveys", &[("cookie", &support)]).await.text();
    assert!(!list.contains("Being written") && !list.contains("A new survey"), "{list}");
    let discard = format!("{address}/discard");
    assert_eq!(story.submit(&discard, &[]).await.0, 303);
    assert_eq!(story.submit(&discard, &[]).await.0, 404);
}
