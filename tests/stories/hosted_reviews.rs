//! The public page of reviews, opened by people and by search engines: in each of its states accessible, used by keys alone,
//! without script, narrow, dark and from right to left; and what search engines are told is what it shows.

use rapport_tests::browser::{Browser, Engine, Window};
use rapport_tests::keyboard;
use rapport_tests::reviews::Reviews;
use rapport_tests::{Outcome, wait, world::World};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

in_each_browser!(
    every_state_of_the_page_is_accessible_and_says_what_search_engines_are_told,
    the_page_is_used_by_keys_alone,
    a_phone_in_the_dark_reads_it_from_right_to_left,
);

const THING: &str = "rain-jacket";

async fn world(window: Window) -> Outcome<World> {
    World::of("examples", &["examples/reviews/surveys/review.json", "tests/surveys/pictures.json"], window).await
}

/// The address of the page, with what follows the site.
fn page(world: &World, rest: &str) -> String {
    format!("{}/r/{}{rest}", world.proxy.origin(), world.site)
}

/// A dozen reviews of a thing, one of them answered, and one of another thing with a photo that came without script.
async fn fill(world: &World) -> Outcome {
    let reviews = Reviews::begin(world).await?;
    reviews.fill(THING).await?;
    let answered = json!({ "thing": THING, "stars": 3, "language": "ar", "title": "جافة تمامًا", "text": "بعد ساعتين.", "author": "ليلى" });
    let answered = reviews.add(answered).await?;
    reviews.reply(&answered, "Thank you, Layla!").await?;
    let photo = world.browser.driver.screenshot_as_png().await?;
    let boundary = "edge-of-a-part";
    let mut body = Vec::new();
    for (name, value) in [
        ("q.problem", "None."),
        ("q.review", "4"),
        ("q.review.title", "Green"),
        ("q.review.text", "As in the picture."),
    ] {
        body.extend(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    let file =
        "Content-Disposition: form-data; name=\"q.review.photo\"; filename=\"mug.png\"\r\nContent-Type: image/png";
    body.extend(format!("--{boundary}\r\n{file}\r\n\r\n").bytes());
    body.extend(photo);
    body.extend(format!("\r\n--{boundary}--\r\n").bytes());
    let origin = world.rapport.origin();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let form = client.post(format!("{origin}/f/{}/pictures", world.site)).header("origin", &origin);
    let form = form.header("content-type", format!("multipart/form-data; boundary={boundary}")).body(body);
    let reply = form.send().await?;
    let status = reply.status();
    if !status.is_success() {
        return Err(format!("the photo was not taken: {status}: {}", reply.text().await?).into());
    }
    let waiting = reviews.call(reqwest::Method::GET, "reviews?state=pending", json!(null)).await?;
    reviews.publish(waiting["reviews"][0]["id"].as_str().unwrap_or_default()).await
}

/// Fails unless axe-core finds nothing, nothing sticks out sideways, and nothing of the page is a script.
async fn is_sound(browser: &Browser, what: &str) -> Outcome {
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{what}:\n{}", findings.join("\n"));
    let sound = browser
        .run(
            "const own = (element) => [...element.attributes].some(({ name }) => /^on|^style$/.test(name));
             const page = document.documentElement.getBoundingClientRect();
             const inWindow = (element) => { const box = element.getBoundingClientRect(); return box.left >= page.left - 1 && box.right <= page.right + 1; };
             return {
                 sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
                 outside: [...document.querySelectorAll('main *')].filter((element) => !inWindow(element)).map((element) => element.outerHTML.slice(0, 80)),
                 scripts: [...document.scripts].filter(({ type }) => type !== 'application/ld+json').length,
                 inline: [...document.querySelectorAll('*')].filter(own).length,
                 harmed: window.harmed ?? null,
             };",
        )
        .await?;
    // axe-core is no part of the page.
    let expected = json!({ "sideways": 0, "outside": [], "scripts": 0, "inline": 0, "harmed": null });
    assert_eq!(sound, expected, "{what}");
    Ok(())
}

/// What search engines read in the page: every JSON-LD document.
async fn told(browser: &Browser) -> Outcome<Vec<Value>> {
    let script = "return [...document.querySelectorAll('script[type=\"application/ld+json\"]')].map((script) => script.textContent)";
    let texts: Vec<String> = serde_json::from_value(browser.run(script).await?)?;
    texts.iter().map(|text| Ok(serde_json::from_str(text)?)).collect()
}

/// Fails unless the one JSON-LD document says what an English page shows: name, mean, counts, and each review with a name.
async fn told_is_shown(browser: &Browser, what: &str) -> Outcome {
    let told = told(browser).await?;
    assert_eq!(told.len(), 1, "{what}: {told:?}");
    let shown = browser
        .run(
            "const text = (at, selector) => at.querySelector(selector)?.textContent || null;
             const counts = text(document, '.mean .hint').match(/\\d+/g).map(Number);
             return {
                 name: text(document, 'h1 bdi'), mean: text(document, '.mean b'), ratings: counts[0], written: counts[1],
                 reviews: [...document.querySelectorAll('article')].filter((article) => article.querySelector('.facts > bdi')).map((article) => ({
                     author: text(article, '.facts > bdi'), name: text(article, 'h3'), body: text(article, ':scope > .words'),
                     stars: Number(article.querySelector('.grade').ariaLabel[0]), day: article.querySelector('time').dateTime.slice(0, 10),
                     language: article.querySelector(':scope > .words').lang,
                 })).filter(({ author }) => author !== 'A customer'),
             };",
        )
        .await?;
    let document = &told[0];
    let rating = &document["aggregateRating"];
    let reviews: Vec<Value> = document["review"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|review| {
            json!({
                "author": review["author"]["name"], "name": review["name"], "body": review["reviewBody"],
                "stars": review["reviewRating"]["ratingValue"], "day": review["datePublished"], "language": review["inLanguage"],
            })
        })
        .collect();
    let marked = json!({
        "name": document["name"], "mean": rating["ratingValue"], "ratings": rating["ratingCount"],
        "written": rating["reviewCount"], "reviews": reviews,
    });
    assert_eq!(marked, shown, "{what}");
    Ok(())
}

async fn count(browser: &Browser, selector: &str) -> Outcome<Value> {
    browser.run(&format!("return document.querySelectorAll({selector:?}).length")).await
}

async fn every_state_of_the_page_is_accessible_and_says_what_search_engines_are_told(window: Window) -> Outcome {
    let world = world(window).await?;
    let browser = &world.browser;
    for (rest, what) in [("", "no reviews"), ("/nothing", "an unknown thing")] {
        browser.visit(&page(&world, rest)).await?;
        is_sound(browser, what).await?;
        assert!(told(browser).await?.is_empty(), "{what}");
        let words = browser.run("return document.querySelector('main').innerText").await?;
        assert!(words.as_str().unwrap_or_default().contains("There are no reviews yet."), "{words}");
    }
    fill(&world).await?;
    // The page may be kept for a minute: each address is another one.
    for (rest, what, articles, is_told) in [
        ("?sort=newest", "everything", 10, false),
        ("?sort=newest&page=2", "everything, second page", 4, false),
        ("/moss-mug", "a thing that nobody described, with a photo", 1, false),
        ("/rain-jacket?sort=newest", "a product", 10, true),
        ("/rain-jacket?sort=newest&page=2", "a product, second page", 3, true),
        ("/rain-jacket?stars=5", "only five stars", 6, true),
        ("/rain-jacket?language=ar", "only Arabic, with a reply", 1, true),
        ("/rain-jacket?stars=2", "none is like that", 0, true),
    ] {
        browser.visit(&page(&world, rest)).await?;
        assert_eq!(count(browser, "article").await?, articles, "{what}");
        is_sound(browser, what).await?;
        if is_told {
            told_is_shown(browser, what).await?;
        } else {
            assert!(told(browser).await?.is_empty(), "{what}");
        }
        let canonical = browser.run("return document.querySelector('link[rel=canonical]').href").await?;
        let path = rest.split('?').next().unwrap_or_default();
        assert_eq!(canonical, page(&world, path), "{what}");
    }
    browser.visit(&page(&world, "/moss-mug?sort=lowest")).await?;
    wait::until("the photo", || async {
        let seen = browser.run("return document.querySelector('.photo img').naturalWidth > 0").await?;
        Ok((seen == true).then_some(()))
    })
    .await?;
    browser.picture(&format!("hosted-reviews-photo-{:?}.png", window.engine)).await?;
    browser.visit(&page(&world, "/rain-jacket?language=ar&sort=newest")).await?;
    assert_eq!(count(browser, "blockquote").await?, 1);
    browser.picture(&format!("hosted-reviews-reply-{:?}.png", window.engine)).await?;
    Ok(())
}

async fn the_page_is_used_by_keys_alone(window: Window) -> Outcome {
    let world = world(window).await?;
    fill(&world).await?;
    let browser = &world.browser;
    browser.visit(&page(&world, "/rain-jacket")).await?;
    // Tab stops at everything that can be used, in the order of the page, and shows where it is.
    let stops = browser
        .run("window.stops = [...document.querySelectorAll('main :is(a, button)')]; return stops.length")
        .await?
        .as_u64()
        .unwrap_or_default();
    assert!(stops > 30, "{stops}");
    for stop in 0..stops {
        browser.press(Key::Tab).await?;
        let seen = browser
            .run(
                "const at = document.activeElement;
                 const box = at.getBoundingClientRect();
                 const style = getComputedStyle(at);
                 return [stops.indexOf(at), style.outlineStyle, parseFloat(style.outlineWidth) >= 2, box.height >= 24,
                     box.top < innerHeight && box.bottom > 0, at.innerText.trim().length > 0 || Boolean(at.querySelector('img[alt]'))];",
            )
            .await?;
        assert_eq!(seen, json!([stop, "solid", true, true, true, true]), "stop {stop}");
    }
    // From its beginning: beyond the last stop are the browser's own fields.
    browser.visit(&page(&world, "/rain-jacket")).await?;
    // An order, the next page and a vote, each by Enter or the space bar.
    let enter = char::from(Key::Enter).to_string();
    let follow = async |selector: &str, key: &str, expected: &str| {
        keyboard::tab_to(browser, selector).await?;
        browser.press(key).await?;
        wait::until(expected, || async {
            let address = browser.run("return location.search.replace(/=[0-9a-f-]{36}/, '=ID')").await?;
            let complete = browser.run("return document.readyState === 'complete'").await? == true;
            if complete && address == expected { Ok(Some(())) } else { Err(format!("it is {address}").into()) }
        })
        .await
    };
    follow(".tools nav li:nth-child(2) a", &enter, "?sort=newest").await?;
    follow("[rel=next]", &enter, "?sort=newest&page=2").await?;
    follow("article button[value='0']", " ", "?sort=newest&page=2&counted=ID").await?;
    let told = browser.run("return document.querySelector(':target [role=status]').innerText").await?;
    assert_eq!(told, "Thank you, your vote is counted.");
    let counted = browser.run("return document.querySelector(':target button[value=\"0\"]').innerText").await?;
    assert!(counted.as_str().unwrap_or_default().starts_with("No (1)"), "{counted}");
    is_sound(browser, "after a vote").await?;
    // Reading goes on where the vote was, not at the top.
    browser.press(Key::Tab).await?;
    assert!(keyboard::focus_is(browser, "document.querySelector(':target').contains(at)").await?);
    Ok(())
}

async fn a_phone_in_the_dark_reads_it_from_right_to_left(window: Window) -> Outcome {
    let world = world(window).await?;
    fill(&world).await?;
    let phone =
        Browser::open(Window { width_px: 320, height_px: 800, language: "ar-EG", dark: true, ..window }).await?;
    for (rest, what) in [
        ("", "everything"),
        ("/rain-jacket", "a product"),
        ("/rain-jacket?language=ar", "with a reply"),
        ("/moss-mug", "with a photo"),
        ("?stars=2", "none is like that"),
        ("/nothing", "an unknown thing"),
    ] {
        phone.visit(&page(&world, rest)).await?;
        // Firefox has no window as narrow as this: there the page is zoomed until it has the width of a phone.
        let narrow = "const sheet = new CSSStyleSheet();
            sheet.replaceSync(`html { zoom: ${document.documentElement.clientWidth / 320} }`);
            document.adoptedStyleSheets.push(sheet);
            const style = getComputedStyle(document.querySelector('main'));
            return Math.round(parseFloat(style.width));";
        assert_eq!(phone.run(narrow).await?, 320, "{what}");
        is_sound(&phone, what).await?;
        let page = phone
            .run(
                "const style = getComputedStyle(document.documentElement);
                 return [document.documentElement.lang, style.direction, style.colorScheme];",
            )
            .await?;
        assert_eq!(page, json!(["ar-EG", "rtl", "dark"]), "{what}");
    }
    phone.visit(&page(&world, "/rain-jacket?sort=newest")).await?;
    phone.picture(&format!("hosted-reviews-arabic-{:?}.png", window.engine)).await?;
    let words = phone.run("return document.querySelector('main').innerText").await?;
    let words = words.as_str().unwrap_or_default();
    for said in ["مراجعات", "اكتب مراجعة", "المعروض: ١–١٠ من ١٣", "٣٫٧", "الصفحة ١ من ٢", "هل كان هذا مفيدًا؟"]
    {
        assert!(words.contains(said), "{said}: {words}");
    }
    for english in ["Reviews", "Newest", "helpful", "Page"] {
        assert!(!words.contains(english), "{english}: {words}");
    }
    let layout = "const box = (selector) => document.querySelector(selector).getBoundingClientRect();
        return [box('.rows .number').left >= box('.rows .bar').right, box('.rows .bar').left >= box('.rows .count').right,
            box('.mean b').left >= box('.mean svg').right, getComputedStyle(document.querySelector('article h3')).direction];";
    assert_eq!(phone.run(layout).await?, json!([true, true, true, "rtl"]));
    // The rating fills from the right there.
    let is_mirrored =
        "return getComputedStyle(document.querySelector('.mean .grade')).transform.startsWith('matrix(-1')";
    assert_eq!(phone.run(is_mirrored).await?, true);
    phone.click("article button[name=helpful]").await?;
    wait::until("the vote to be told in Arabic", || async {
        let told = phone.run("return document.querySelector('[role=status]').innerText").await?;
        Ok(told.as_str().unwrap_or_default().contains("تم احتساب صوتك").then_some(()))
    })
    .await?;
    if window.engine == Engine::Chromium {
        phone
            .devtools(
                "Emulation.setEmulatedMedia",
                json!({ "features": [{ "name": "forced-colors", "value": "active" }] }),
            )
            .await?;
        phone.picture("hosted-reviews-forced-colors.png").await?;
    }
    Ok(())
}
