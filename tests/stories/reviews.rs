//! The public list of reviews in a page under a strict policy: what it shows, what search engines are told, what it sends,
//! and how a review comes into it.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::{Outcome, dashboard, reviews::Reviews, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

in_each_browser!(reviews_are_listed_told_to_search_engines_and_found_helpful, the_list_reads_from_right_to_left);

/// A script that gives the list's shadow root as `root`.
const ROOT: &str = "const root = document.querySelector('[data-rapport-reviews]').shadowRoot;";

async fn world(window: Window) -> Outcome<World> {
    World::of("examples", &["examples/reviews/surveys/review.json"], window).await
}

/// A dozen published reviews of the jacket, the oldest first.
async fn fill(world: &World) -> Outcome {
    Reviews::begin(world).await?.fill("rain-jacket").await
}

/// Waits until the list shows that many reviews.
async fn shows(world: &World, count: usize) -> Outcome {
    wait::until(&format!("{count} reviews"), || async {
        let shown = world
            .browser
            .run(&format!(
                "{ROOT} return root && !root.querySelector('[aria-busy]') && root.querySelectorAll('article').length;"
            ))
            .await?;
        Ok((shown == count).then_some(()))
    })
    .await
}

/// What search engines read in the page: every JSON-LD document.
async fn told(world: &World) -> Outcome<Vec<Value>> {
    let script = "return [...document.querySelectorAll('script[type=\"application/ld+json\"]')].map((script) => script.textContent)";
    let texts: Vec<String> = serde_json::from_value(world.browser.run(script).await?)?;
    texts.iter().map(|text| Ok(serde_json::from_str(text)?)).collect()
}

/// Fails unless the one JSON-LD document says what the list shows: mean, count, and each review with a name.
async fn told_is_shown(world: &World) -> Outcome<Value> {
    let told = told(world).await?;
    assert_eq!(told.len(), 1, "{told:?}");
    let script = format!(
        "{ROOT}
         const text = (at, selector) => at.querySelector(selector)?.textContent || '';
         return {{
             mean: text(root, '.mean b'), ratings: text(root, '.mean .quiet'),
             reviews: [...root.querySelectorAll('article')].map((article) => ({{
                 author: text(article, 'bdi'), name: text(article, 'h3'), body: text(article, '.words'),
                 stars: Math.round(5 * article.querySelector('.stars').style.getPropertyValue('--share')),
                 day: text(article, 'time') && article.querySelector('time').dateTime.slice(0, 10),
             }})),
         }};"
    );
    let shown = world.browser.run(&script).await?;
    let document = &told[0];
    assert_eq!(document["aggregateRating"]["ratingValue"], shown["mean"], "{document}");
    let count = &document["aggregateRating"]["ratingCount"];
    assert_eq!(format!("Ratings: {count}"), shown["ratings"], "{document}");
    let named = shown["reviews"].as_array().into_iter().flatten().filter(|review| review["author"] != "A customer");
    let expected: Vec<Value> = named
        .map(|review| json!([review["author"], review["name"], review["body"], review["stars"], review["day"]]))
        .collect();
    let marked = document["review"].as_array().into_iter().flatten();
    let marked: Vec<Value> = marked
        .map(|review| {
            let (author, stars) = (&review["author"]["name"], &review["reviewRating"]["ratingValue"]);
            json!([author, review["name"], review["reviewBody"], stars, review["datePublished"]])
        })
        .collect();
    assert_eq!(json!(marked), json!(expected));
    Ok(document.clone())
}

async fn reviews_are_listed_told_to_search_engines_and_found_helpful(window: Window) -> Outcome {
    let world = world(window).await?;
    fill(&world).await?;
    let browser = &world.browser;
    world.visit("/reviews/").await?;
    shows(&world, 10).await?;
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    let document = told_is_shown(&world).await?;
    assert_eq!((&document["@type"], &document["name"]), (&json!("Product"), &json!("Rain jacket")));
    browser.picture(&format!("reviews-{:?}.png", window.engine)).await?;

    // More of them, and the focus goes on where they begin.
    let widget = Widget::reviews(browser);
    widget.click(".more").await?;
    shows(&world, 12).await?;
    told_is_shown(&world).await?;
    let focused = format!("{ROOT} return [...root.querySelectorAll('article')].indexOf(root.activeElement)");
    assert_eq!(browser.run(&focused).await?, 10);
    widget.see_no(".more").await?;
    let harm = format!(
        "{ROOT} return [window.harmed, root.querySelectorAll('img, script').length, root.textContent.includes('onerror')]"
    );
    assert_eq!(browser.run(&harm).await?, json!([null, 0, true]), "what people wrote is text");

    // Only those with one star, then only one language, then all again.
    widget.click(".rows button[value='1']").await?;
    shows(&world, 3).await?;
    told_is_shown(&world).await?;
    let pick = format!(
        "{ROOT} const select = root.querySelectorAll('select')[1]; select.value = 'de';
         select.dispatchEvent(new Event('change')); return [...select.options].map((option) => option.text)"
    );
    assert_eq!(browser.run(&pick).await?, json!(["All", "English", "German"]));
    shows(&world, 1).await?;
    let said = widget.words("[role=status].status").await?;
    assert_eq!(said, "Shown: 1 of 1");
    widget.click(".rows button[value='1']").await?;
    shows(&world, 4).await?;

    // A vote is one request without a body, and the other one takes its place.
    widget.click("article .votes button").await?;
    widget.see("article .votes button[aria-pressed=true]").await?;
    wait::until("the vote to be counted", || async {
        let words = widget.words("article .votes").await?;
        Ok(words.contains("Yes (1)").then_some(()))
    })
    .await?;
    widget.click("article .votes button:nth-of-type(2)").await?;
    wait::until("the vote to move", || async {
        let words = widget.words("article .votes").await?;
        Ok((words.contains("No (1)") && !words.contains("Yes (1)")).then_some(()))
    })
    .await?;
    let posts: Vec<_> = world.proxy.exchanges().into_iter().filter(|exchange| exchange.method == "POST").collect();
    let votes: Vec<_> = posts.iter().filter(|post| post.path.contains("/v1/reviews/")).collect();
    assert_eq!(votes.len(), 2);
    assert!(votes.iter().all(|vote| vote.body.is_empty() && vote.headers.get("cookie").is_none()));
    assert!(!world.proxy.exchanges().iter().any(|exchange| exchange.method == "OPTIONS"), "nothing asks for leave");
    assert_eq!(browser.run("return window.violations").await?, json!([]));

    // The markup goes with the list, comes with it, and is of the thing that is shown.
    let step = |script: &str| {
        format!("const place = document.querySelector('[data-rapport-reviews]') || window.taken; {script}")
    };
    browser.run(&step("window.taken = place; place.remove();")).await?;
    wait::until("no markup", || async { Ok(told(&world).await?.is_empty().then_some(())) }).await?;
    browser.run(&step("document.querySelector('main').append(place);")).await?;
    wait::until("the markup again", || async { Ok((told(&world).await?.len() == 1).then_some(())) }).await?;
    browser.run(&step("place.dataset.rapportReviews = 'gloves';")).await?;
    wait::until("another thing", || async { Ok(told(&world).await?.is_empty().then_some(())) }).await?;
    shows(&world, 0).await?;
    assert_eq!(widget.words("[role=status].status").await?, "There are no reviews yet.");
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_written_in_the_page_is_of_its_thing_and_shown_once_it_is_published() -> Outcome {
    let world = world(DESKTOP).await?;
    let browser = &world.browser;
    world.visit("/reviews/").await?;
    shows(&world, 0).await?;
    assert!(told(&world).await?.is_empty(), "nothing is told of no reviews");
    // As the server of the shop would, after an order.
    let secret = world.rapport.run(&["site", "secret", &world.site, "order"])?;
    let script = format!(
        "const bytes = (text) => new TextEncoder().encode(text);
         const key = await crypto.subtle.importKey('raw', bytes('{}'), {{ name: 'HMAC', hash: 'SHA-256' }}, false, ['sign']);
         const signed = await crypto.subtle.sign('HMAC', key, bytes('A-17\\nrain-jacket'));
         const main = document.querySelector('main');
         main.dataset.rapportOrder = 'A-17';
         main.dataset.rapportOrderSignature = [...new Uint8Array(signed)].map((byte) => byte.toString(16).padStart(2, '0')).join('');",
        secret.trim()
    );
    browser.run_async(&script).await?;
    // By a button of the host first: the thing is that of the element it stands in.
    let list = Widget::reviews(browser);
    list.click(".write").await?;
    let widget = Widget::floating(browser);
    widget.choose("stars", "4").await?;
    widget.write("Dry to the skin after two hours.").await?;
    widget.next().await?;
    widget.click("input[type=text]").await?;
    browser.press("Ada").await?;
    widget.next().await?;
    assert!(widget.thanks().await?.contains("once somebody has read it"));
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!((&response["facts"]["thing"], &response["facts"]["order"]), (&json!("rain-jacket"), &json!("A-17")));
    assert_eq!(response["facts"]["order_signature"].as_str().map(str::len), Some(64));

    dashboard::sign_in(&world).await?;
    let waiting = dashboard::read(&world, "reviews").await?;
    dashboard::assert_says(&waiting, &["Dry to the skin", "Ada", "verified purchase", "pending"]);
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    browser.click("button[value=published]").await?;
    wait::until("the review to be published", || async {
        Ok(dashboard::text(&world).await?.contains("No review here").then_some(()))
    })
    .await?;
    browser.devtools("Network.clearBrowserCache", json!({})).await?;
    world.visit("/reviews/").await?;
    shows(&world, 1).await?;
    let shown = list.words("article").await?;
    for words in ["Dry to the skin after two hours.", "Ada", "Verified purchase"] {
        assert!(shown.contains(words), "{shown}");
    }
    assert!(told(&world).await?.is_empty(), "nobody said what the thing is");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_privacy_control_reviews_are_shown_and_nothing_is_measured() -> Outcome {
    let world = world(Window { asks_for_privacy: true, ..DESKTOP }).await?;
    fill(&world).await?;
    world.visit("/reviews/").await?;
    shows(&world, 10).await?;
    told_is_shown(&world).await?;
    world.browser.close_tab().await?;
    let asked: Vec<_> = world.proxy.exchanges().into_iter().map(|exchange| exchange.path).collect();
    assert!(!asked.iter().any(|path| path.contains("agent")), "{asked:?}");
    assert!(world.proxy.batches().is_empty(), "{:#?}", world.proxy.batches());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_used_by_keys_alone_and_moves_nothing() -> Outcome {
    let world = world(DESKTOP).await?;
    fill(&world).await?;
    let browser = &world.browser;
    browser
        .before_pages(
            "window.shift = 0;
             new PerformanceObserver((list) => { for (const entry of list.getEntries()) shift += entry.value; })
                 .observe({ type: 'layout-shift', buffered: true });",
        )
        .await?;
    world.visit("/reviews/").await?;
    shows(&world, 10).await?;
    assert_eq!(browser.run("return window.shift").await?, 0);
    // Each stop of Tab by its name, in order.
    let at = "let at = document.activeElement;
         while (at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
         const unseen = at.querySelector('.unseen');
         return (unseen && unseen.textContent) || (at.labels && at.labels[0] && at.labels[0].innerText.split('\\n')[0]) || at.innerText || at.localName;";
    let mut stops = Vec::new();
    for _ in 0..8 {
        browser.press(Key::Tab).await?;
        stops.push(browser.run(at).await?.as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(
        stops,
        [
            "Stars: 5, Ratings: 6",
            "Stars: 4, Ratings: 3",
            "Stars: 3, Ratings: 0",
            "Stars: 2, Ratings: 0",
            "Stars: 1, Ratings: 3",
            "Write a review",
            "Sort by",
            "Language",
        ]
    );
    // Back to the order: the next one down is the newest first.
    browser.driver.action_chain().key_down(Key::Shift).send_keys(Key::Tab).key_up(Key::Shift).perform().await?;
    browser.press(Key::Down).await?;
    wait::until("the newest first", || async {
        let asked = world.proxy.exchanges().into_iter().any(|exchange| exchange.path.contains("sort=newest"));
        Ok(asked.then_some(()))
    })
    .await?;
    shows(&world, 10).await?;
    let first = format!("{ROOT} return root.querySelector('article h3').textContent");
    assert_eq!(browser.run(&first).await?, "Review 11");
    assert_eq!(browser.run(at).await?, "Sort by", "the focus stays where it was");
    Ok(())
}

async fn the_list_reads_from_right_to_left(window: Window) -> Outcome {
    let pages = "tests/pages/right-to-left";
    let world = World::of(pages, &["examples/reviews/surveys/review.json"], Window { width_px: 500, ..window }).await?;
    let reviews = Reviews::begin(&world).await?;
    reviews.fill("rain-jacket").await?;
    let arabic = json!({ "thing": "rain-jacket", "stars": 4, "language": "ar", "title": "جافة تمامًا", "text": "بعد ساعتين تحت المطر." });
    let answered = reviews.add(arabic).await?;
    reviews.reply(&answered, "شكرًا لك!").await?;
    let browser = &world.browser;
    world.visit("/reviews.html").await?;
    shows(&world, 10).await?;
    let list = Widget::reviews(browser);
    assert_eq!(list.words("h2").await?, "المراجعات");
    assert_eq!(list.words(".write").await?, "اكتب مراجعة");
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    browser.picture(&format!("reviews-arabic-{:?}.png", window.engine)).await?;

    // Everything begins on the right: bars and stars fill from there, and what was written keeps its own direction.
    let layout = format!(
        "{ROOT}
         const box = (element) => element.getBoundingClientRect();
         const row = root.querySelector('.rows button');
         const [number, bar, count] = ['.number', '.bar', '.count'].map((name) => box(row.querySelector(name)));
         const titles = [...root.querySelectorAll('h3')];
         const direction = (script) => getComputedStyle(titles.find((title) => script.test(title.textContent))).direction;
         const facts = root.querySelector('.facts');
         const quote = root.querySelector('blockquote');
         return {{
             section: getComputedStyle(root.querySelector('section')).direction,
             row: number.left >= bar.right && bar.left >= count.right,
             bar: getComputedStyle(row.querySelector('.bar')).backgroundPositionX,
             stars: getComputedStyle(root.querySelector('.mean .stars')).backgroundImage.startsWith('linear-gradient(270deg'),
             facts: Math.abs(box(facts.firstChild).right - box(facts).right) < 1,
             english: direction(/^Review/), arabic: direction(/^[\\u0600-\\u06ff]/),
             quote: parseFloat(getComputedStyle(quote).borderRightWidth) > 0 && parseFloat(getComputedStyle(quote).borderLeftWidth) === 0,
             // The day of an answer is read after the name of who gave it, whatever that is written in.
             reply: box(quote.querySelector('time')).right <= box(quote.querySelector('b')).left,
             sideways: document.documentElement.scrollWidth > innerWidth,
         }};"
    );
    // The answered one is not among the first by votes.
    let newest = format!(
        "{ROOT} const select = root.querySelector('select'); select.value = 'newest'; select.dispatchEvent(new Event('change'));"
    );
    browser.run(&newest).await?;
    list.see("blockquote").await?;
    assert_eq!(
        browser.run(&layout).await?,
        json!({
            "section": "rtl", "row": true, "bar": "100%", "stars": true, "facts": true, "english": "ltr", "arabic": "rtl",
            "quote": true, "reply": true, "sideways": false,
        })
    );
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    list.click("article .votes button").await?;
    wait::until("the vote to be told in Arabic", || async {
        Ok(list.words("article .votes").await?.contains("تم احتساب صوتك").then_some(()))
    })
    .await
}
