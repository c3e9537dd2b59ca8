//! Who may speak of what: SQL, HTTP, the clock, chance, percentages.

use crate::source::{File, has_word, hold, lines_with, repository};

const STORE: &[&str] = &["collector/store/"];
const SERVICE: &[&str] = &["collector/service/", "tests/", "widget/bundle/"];

/// SQL outside of the store.
fn sql(files: &[File]) -> Vec<String> {
    let begins =
        ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE FROM", "\"CREATE TABLE", "\"WITH ", "sqlx::", "rusqlite::"];
    lines_with(files, |file| !file.is_below(STORE), |line| begins.iter().any(|begin| line.contains(begin)))
}

/// HTTP outside of the service.
fn http(files: &[File]) -> Vec<String> {
    let names = ["axum", "tower", "tower_http", "hyper", "utoipa_axum", "askama"];
    lines_with(
        files,
        |file| !file.is_below(SERVICE),
        |line| {
            names
                .iter()
                .any(|name| has_word(line, name) && (line.contains(&format!("{name}::")) || line.contains("derive(")))
        },
    )
}

/// Whether a line has a field of a query string, such as `?range=`.
fn has_field(line: &str) -> bool {
    line.split(['?', '&']).skip(1).any(|rest| {
        let name =
            rest.len() - rest.trim_start_matches(|letter: char| letter.is_ascii_lowercase() || letter == '_').len();
        name > 0 && rest[name..].starts_with('=') && !rest[name..].starts_with("==")
    })
}

/// Text of addresses in reports: query strings taken apart or put together, and their encoding.
fn addresses(files: &[File]) -> Vec<String> {
    let libraries = ["form_urlencoded", "percent_encoding", "serde_urlencoded", "url", "urlencoding"];
    let marks = ["[(String, String)]", "Vec<(String, String)>", "%{byte:02X}", "\"?{", "\"&{", "query_of(", "Pairs"];
    lines_with(
        files,
        |file| file.is_below(&["collector/report/"]),
        |line| {
            let is_library = |name: &str| has_word(line, name) && line.contains(&format!("{name}::"));
            libraries.into_iter().any(is_library) || marks.iter().any(|mark| line.contains(mark)) || has_field(line)
        },
    )
}

/// The machine's clock outside of `clock.rs`.
fn clock(files: &[File]) -> Vec<String> {
    let readings = ["SystemTime::now", "Timestamp::now", "Zoned::now", "UNIX_EPOCH", "Utc::now"];
    let of_collector = |file: &File| {
        file.is_below(&["collector/", "shared/"]) && !file.is("store/src/clock.rs") && !file.path.contains("/benches/")
    };
    lines_with(files, of_collector, |line| readings.iter().any(|reading| line.contains(reading)))
}

/// Chance outside of `random.rs`.
fn chance(files: &[File]) -> Vec<String> {
    let of_collector = |file: &File| {
        file.is_below(&["collector/", "shared/"]) && !file.is("store/src/random.rs") && !file.path.contains("/benches/")
    };
    lines_with(files, of_collector, |line| {
        ["rand", "getrandom", "fastrand"].iter().any(|name| has_word(line, name) && line.contains(&format!("{name}::")))
    })
}

/// Percentages outside of the figures: in SQL (in `store/`) and in templates.
fn percentages(files: &[File]) -> Vec<String> {
    let is_number =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit() || "_.".contains(letter));
    let is_percent = |line: &str| {
        let bare: String = line.chars().filter(|letter| !letter.is_whitespace()).collect();
        let stands_alone = |sign: &str, at: usize| {
            let begins_in_a_number = sign.starts_with('1') && is_number(bare[..at].chars().next_back());
            let after = bare[at + sign.len()..].trim_start_matches(".0").chars().next();
            !begins_in_a_number && !is_number(after)
        };
        ["*100", "100*", "/100"].iter().any(|sign| bare.match_indices(sign).any(|(at, _)| stands_alone(sign, at)))
    };
    let mut found = lines_with(files, |file| file.is_below(STORE), is_percent);
    for file in files.iter().filter(|file| file.is(".html") && file.is_below(&["collector/service/src/"])) {
        let expressions = |line: &str| line.contains("{{") && is_percent(line.split("{{").nth(1).unwrap_or_default());
        let lines = (1..).zip(file.text.lines()).filter(|(_, line)| expressions(line));
        found.extend(lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())));
    }
    found
}

/// Handlers for people that fail in another way than the others.
fn failures(files: &[File]) -> Vec<String> {
    let of_pages = |file: &File| file.is_below(&["collector/service/src/member/"]);
    lines_with(files, of_pages, |line| line.contains("Response, Problem>") || line.contains("(), Problem>"))
}

/// Features that take the whole collector, where they need some of its parts: a route may be one of an `App`, and what starts the
/// collector holds one.
fn whole(files: &[File]) -> Vec<String> {
    let holds_it = ["src/app.rs", "src/router.rs", "src/job/mod.rs", "src/cli/serve.rs"];
    let of_features = |file: &File| {
        file.is_below(&["collector/service/src/"])
            && !holds_it.iter().any(|ending| file.is(&format!("service/{ending}")))
    };
    lines_with(files, of_features, |line| {
        let rest = line.replace("Router<App>", "");
        !rest.trim_start().starts_with("use ") && has_word(&rest, "App")
    })
}

/// Stories that let time pass otherwise than by `wait`.
fn sleeps(files: &[File]) -> Vec<String> {
    let waits = ["tests/src/wait.rs", "tests/src/pages.rs"];
    let of_stories = |file: &&File| {
        file.is(".rs") && file.is_below(&["tests/stories/", "tests/src/"]) && !waits.contains(&file.path.as_str())
    };
    let of_file = |file: &File| {
        let lines = (1..).zip(file.text.lines()).filter(|(_, line)| line.contains("sleep("));
        lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())).collect::<Vec<_>>()
    };
    files.iter().filter(of_stories).flat_map(of_file).collect()
}

/// What the widget shares must not know of the collector's arithmetic, and runs without a browser.
fn shared(files: &[File]) -> Vec<String> {
    let names = ["web_sys", "js_sys", "wasm_bindgen", "tokio", "std::fs", "std::net", "std::time", "std::thread"];
    lines_with(
        files,
        |file| file.is_below(&["shared/src/", "collector/figures/src/", "collector/language/src/"]),
        |line| names.iter().any(|name| line.contains(name)),
    )
}

#[test]
fn only_the_store_speaks_sql() {
    hold(
        "Only collector/store speaks SQL: ask it for what is wanted by a function of the subject's folder.",
        &sql(&repository()),
    );
    let planted = File::new("collector/report/src/page.rs", "let sql = \"SELECT path FROM page_view\";");
    assert_eq!(sql(&[planted]).len(), 1);
}

#[test]
fn only_the_service_speaks_http() {
    hold("Only collector/service speaks HTTP: other crates take and give plain structs.", &http(&repository()));
    let planted = File::new("collector/ingest/src/lib.rs", "use axum::http::HeaderMap;");
    assert_eq!(http(&[planted]).len(), 1);
}

#[test]
fn reports_know_no_text_of_addresses() {
    hold(
        "Reports take a Slice: what an address says is read, and written, in collector/service/src/http/query alone.",
        &addresses(&repository()),
    );
    let planted = [
        File::new("collector/report/src/slice/mod.rs", "pub fn parse(pairs: &[(String, String)]) -> Slice {"),
        File::new("collector/report/src/page.rs", "let pairs = form_urlencoded::parse(query.as_bytes());"),
        File::new("collector/report/src/feedback.rs", "let href = format!(\"?{}\", slice.range);"),
        File::new("collector/report/src/delivery.rs", "let href = format!(\"/sites/{key}/delivery?device={device}\");"),
    ];
    assert_eq!(addresses(&planted).len(), 4, "{:?}", addresses(&planted));
}

#[test]
fn only_the_clock_reads_the_time() {
    hold(
        "Only collector/store/src/clock.rs reads the machine's clock: take a `Clock`, or the instant.",
        &clock(&repository()),
    );
    let planted = File::new("collector/report/src/period.rs", "let now = Timestamp::now();");
    assert_eq!(clock(&[planted]).len(), 1);
}

#[test]
fn only_one_place_draws() {
    hold("Only collector/store/src/random.rs draws: take what it gives, or a value.", &chance(&repository()));
    let planted = File::new("collector/ingest/src/visitor.rs", "let salt = rand::random();");
    assert_eq!(chance(&[planted]).len(), 1);
}

#[test]
fn only_figures_make_percentages() {
    hold(
        "No percentage is computed in SQL or in a template: SQL counts, collector/figures divides.",
        &percentages(&repository()),
    );
    let planted = [
        File::new("collector/store/src/rollup/pages.rs", "\"SELECT 100 * SUM(errors) / SUM(views)\""),
        File::new("collector/service/src/member/overview/page.html", "<p>{{ low * 100 / n }}</p>"),
    ];
    assert_eq!(percentages(&planted).len(), 2);
}

#[test]
fn every_page_fails_in_one_way() {
    hold("What people ask for fails with a PageError: it knows who reads the answer.", &failures(&repository()));
    let planted =
        File::new("collector/service/src/member/audit/mod.rs", "async fn page() -> Result<Response, Problem> {");
    assert_eq!(failures(&[planted]).len(), 1);
}

#[test]
fn a_feature_takes_what_it_needs_of_the_collector() {
    hold(
        "A handler names the parts of the collector that it needs (`State<Store>`, a `feature_state!`), and takes no whole `App`.",
        &whole(&repository()),
    );
    let planted = [
        File::new(
            "collector/service/src/member/overview/mod.rs",
            "async fn page(State(app): State<App>, access: Access) {",
        ),
        File::new("collector/service/src/server/key.rs", "impl FromRequestParts<App> for ApiAccess {"),
        File::new("collector/service/src/member/mod.rs", "async fn last_site(app: &App, member: &SignedIn) {"),
        File::new("collector/service/src/server/mod.rs", "pub fn documented() -> OpenApiRouter<App> {"),
    ];
    assert_eq!(whole(&planted).len(), 3, "{:?}", whole(&planted));
}

#[test]
fn stories_wait_in_three_ways() {
    hold(
        "Stories wait for what becomes true (`wait::until`) or stays so (`wait::stays`), and let a visitor's time pass (`wait::pass`).",
        &sleeps(&repository()),
    );
    let planted = File::new("tests/stories/tags.rs", "    tokio::time::sleep(Duration::from_millis(1_500)).await;");
    assert_eq!(sleeps(&[planted]).len(), 1);
}

#[test]
fn what_is_shared_touches_nothing() {
    hold("shared and collector/figures do no I/O and know no browser, thread or time.", &shared(&repository()));
    let planted = File::new("shared/src/flow/run.rs", "use std::time::Instant;");
    assert_eq!(shared(&[planted]).len(), 1);
}
