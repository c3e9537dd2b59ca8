//! A member looks at the dashboards on a phone: nothing lies beside the screen, and what belongs together stays in view.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::crowd::{self, Crowd, Visit};
use rapport_tests::{Outcome, dashboard, world::World};
use serde_json::json;

const PHONE: Window = Window { width_px: 390, height_px: 844, ..DESKTOP };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_one_sees_where_one_is_and_scrolls_in_one_direction_only() -> Outcome {
    let world = World::shop_in(PHONE).await?;
    // A choice as long as a definition may have it, on a page of answers.
    let label = "as long as anybody would want to write it and then a little longer than that ".repeat(2);
    world.ask(
        &world.site,
        &json!({
            "id": "long", "name": "Long", "title": "Long", "questions": [
                {"id": "pick", "kind": "multiple-choice-single", "text": "Which?",
                 "choices": [{"id": "a", "label": label.trim()}, {"id": "b", "label": "Short"}]},
            ],
        }),
    )?;
    let form = format!("{}/f/{}/long", world.proxy.origin(), world.site);
    world.browser.visit(&form).await?;
    world.browser.click("input[type=radio]").await?;
    world.browser.click("button:not([name=back])").await?;
    dashboard::sign_in(&world).await?;
    let funnel = dashboard::funnel(&world).await?;
    let customer = dashboard::customer(&world).await?;
    let draft = dashboard::draft(&world).await?;
    let webhook = dashboard::webhook(&world).await?;
    let change = dashboard::mark(&world, &"a rather long name of a release ".repeat(8))?;
    let pages = [
        "annotations",
        "surveys",
        "surveys/long",
        &draft,
        &change,
        "hours",
        "settings",
        "settings/remove",
        "people",
        "keys",
        "audit?what=member",
        "targets",
        "follow-ups",
        "notifications",
        "webhooks",
        &webhook,
        "customers",
        "customers?q=nobody&sort=name",
        &customer,
        "customer-data",
        "overview",
        "overview?page_group=/tableware&language=en&source=a-rather-long-name-of-a-newsletter.example.com",
        "feedback",
        "feedback/long?suspicious=included",
        "reviews",
        "experience",
        "errors",
        "events",
        "inbox",
        "inbox/rules",
        "causes",
        "words",
        "words?search=delivery",
        "drivers",
        "tasks",
        "tasks/task?name=nothing",
        "funnels",
        &funnel,
        "journeys",
        "retention",
        "forms",
        "heatmap?page=/delivery/",
        "issues",
        "experience?by=route&range=today",
        "routes?pattern=/**",
        "delivery",
        "theme",
        "audit",
        "install",
    ];
    for page in pages {
        let said = dashboard::read(&world, page).await?;
        assert!(!page.starts_with("feedback/") || said.contains(label.trim()), "{said}");
        let seen = world
            .browser
            .run(
                "const inView = (element) => {
                     const {left, right, top, bottom} = element.getBoundingClientRect();
                     return right > left && left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight;
                 };
                 const button = document.querySelector('.to-parts');
                 const fits = document.documentElement.scrollWidth <= innerWidth;
                 const closed = inView(button);
                 button.click();
                 const link = document.querySelector('nav a[aria-current]');
                 link.scrollIntoView({block: 'nearest'});
                 const opened = inView(link) && button.textContent.includes(link.firstElementChild.nextSibling.textContent.trim());
                 const open = document.documentElement.scrollWidth <= innerWidth;
                 document.querySelector('nav > button').click();
                 return [fits, closed, opened, open, link.checkVisibility()]",
            )
            .await?;
        assert_eq!(
            seen,
            json!([true, true, true, true, false]),
            "{page}: fits the screen, and its place in the navigation is said, and in view once the navigation is opened"
        );
        menus_fit(&world, page).await?;
    }
    Ok(())
}

/// Every menu of the filters opens within the screen.
async fn menus_fit(world: &World, what: &str) -> Outcome {
    let cut = world
        .browser
        .run(
            "return [...document.querySelectorAll('.filters details')].filter((menu) => {
                 menu.open = true;
                 const {left, right} = menu.querySelector('.sheet').getBoundingClientRect();
                 const fits = left >= 0 && right <= innerWidth && document.documentElement.scrollWidth <= innerWidth;
                 menu.open = false;
                 return !fits;
             }).map((menu) => menu.querySelector('summary').textContent)",
        )
        .await?;
    assert_eq!(cut, json!([]), "{what}: a menu that does not fit");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_the_preview_stays_in_view_while_a_theme_is_typed() -> Outcome {
    let world = World::shop_in(PHONE).await?;
    dashboard::sign_in(&world).await?;
    dashboard::read(&world, "theme").await?;
    for field in ["accent", "dark_text", "radius_px", "css"] {
        let seen = world
            .browser
            .run(&format!(
                "document.querySelector('[name={field}]').focus();
                 const field = document.activeElement.getBoundingClientRect();
                 const preview = document.querySelector('iframe').getBoundingClientRect();
                 return [document.activeElement.name, preview.top >= 0 && preview.bottom <= innerHeight,
                         field.top >= preview.bottom && field.top < innerHeight]"
            ))
            .await?;
        assert_eq!(seen, json!([field, true, true]), "the preview is in view, and does not cover the field");
    }
    Ok(())
}

/// A tablet's browser.
const TABLET: &str =
    "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

/// Width of a usual laptop's page enlarged twice, of a phone, and of a sheet of A4 with usual margins.
const LITTLE_ROOM_PX: [(u32, &str); 3] = [(680, "screen"), (390, "screen"), (717, "print")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_without_room_shows_every_value_with_its_name_and_cuts_nothing_off() -> Outcome {
    let world = World::shop().await?;
    world.visit("/tableware/moss-mug/").await?;
    rapport_tests::widget::Widget::floating(&world.browser).ready().await?;
    world.browser.run("setTimeout(() => { throw new TypeError('something that went wrong') })").await?;
    world.browser.close_tab().await?;
    world.proxy.arrival("page_view", |_| true).await?;
    world.proxy.arrival("signal", |item| item["kind"] == "error").await?;
    dashboard::sign_in(&world).await?;
    let visit = Visit {
        path: "/cart/",
        days_ago: 0,
        browser: crowd::PHONE,
        campaign: "spring",
        release: "",
        dead: Some("button#order"),
        lcp_ms: 900,
        score: Some(1),
    };
    let mut crowd = Crowd::of(&world, &world.site)?;
    crowd.visit(&visit).await?;
    // A page that every kind of device has seen has a column for each.
    for browser in [crowd::PHONE, TABLET] {
        crowd.visit(&Visit { path: "/tableware/moss-mug/", browser, dead: None, score: None, ..visit }).await?;
    }
    let issue = dashboard::first_issue(&world).await?;
    let tell = format!("{issue}/tell");
    let webhook = dashboard::webhook(&world).await?;
    let error = dashboard::first_error(&world).await?;
    let change = dashboard::mark(&world, "4.2.0")?;
    let browser = &world.browser;
    for (width_px, media) in LITTLE_ROOM_PX {
        browser.devtools("Emulation.setEmulatedMedia", json!({ "media": media })).await?;
        let size = json!({ "width": width_px, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        browser.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        for page in [
            "experience",
            "experience?by=route",
            "experience/page?page=/tableware/moss-mug/",
            "personas",
            "segments",
            "shares",
            "mail",
            "mail-reports",
            "feedback",
            "errors",
            &error,
            "events",
            "drivers",
            "issues",
            &issue,
            &tell,
            &webhook,
            "tasks",
            "funnels",
            "forms",
            "heatmap?page=/tableware/moss-mug/",
            "delivery",
            "install",
            "annotations",
            &change,
        ] {
            dashboard::read(&world, page).await?;
            let cut = browser
                .run(
                    "const wide = (box) => box.scrollWidth > box.clientWidth + 1;
                     const boxes = [...document.querySelectorAll('.scroll')].filter(wide);
                     if (wide(document.documentElement)) boxes.push(document.documentElement);
                     return boxes.map((box) => `${box.getAttribute('aria-label')}: ${box.scrollWidth}`)",
                )
                .await?;
            assert_eq!(cut, json!([]), "{page}, {width_px} px, {media}");
            menus_fit(&world, &format!("{page}, {width_px} px, {media}")).await?;
            let unnamed = browser
                .run(
                    "return [...document.querySelectorAll('.cards tbody td')].filter((cell) =>
                         cell.getClientRects().length && getComputedStyle(cell, '::before').content.length < 4).length",
                )
                .await?;
            assert_eq!(unnamed, json!(0), "{page}, {width_px} px, {media}: a value without the name of its column");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_of_choices_never_lie_on_each_other() -> Outcome {
    let world = World::shop().await?;
    let long = "a name that is far longer than any axis of a chart has room for";
    let choices: Vec<_> = (0..14)
        .map(|number| {
            let label = if number % 2 == 0 {
                format!("{number}: {long}")
            } else {
                format!("{number}: اختيار طويل جدا للسؤال")
            };
            json!({ "id": format!("c{number}"), "label": label })
        })
        .collect();
    world.ask(
        &world.site,
        &json!({ "id": "many", "name": "Many", "title": "Many", "questions": [
            {"id": "pick", "kind": "multiple-choice-single", "text": "Which?", "choices": choices},
        ]}),
    )?;
    world.browser.visit(&format!("{}/f/{}/many", world.proxy.origin(), world.site)).await?;
    world.browser.click("input[type=radio]").await?;
    world.browser.click("button:not([name=back])").await?;
    dashboard::sign_in(&world).await?;
    for width_px in [1360, 390] {
        let size = json!({ "width": width_px, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        world.browser.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        dashboard::read(&world, "feedback/many?suspicious=included").await?;
        let lying = world
            .browser
            .run(
                "const names = [...document.querySelectorAll('.bars > li > span')].map((name) => name.getBoundingClientRect());
                 const meets = (one, other) => one.left < other.right - 1 && other.left < one.right - 1
                     && one.top < other.bottom - 1 && other.top < one.bottom - 1;
                 return [names.length, names.filter((one, at) => names.slice(at + 1).some((other) => meets(one, other))).length,
                         names.filter((one) => one.right > innerWidth || one.left < 0).length]",
            )
            .await?;
        assert_eq!(lying, json!([14, 0, 0]), "{width_px} px: how many, on each other, beside the screen");
    }
    Ok(())
}
