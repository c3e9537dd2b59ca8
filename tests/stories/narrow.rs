//! A member looks at the dashboards on a phone: nothing lies beside the screen, and what belongs together stays in view.

use rapport_tests::browser::{DESKTOP, Window};
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
    let pages = [
        "overview",
        "feedback",
        "feedback/long?suspicious=included",
        "reviews",
        "experience",
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
                "const {left, right, top, bottom} = document.querySelector('nav a[aria-current]').getBoundingClientRect();
                 return [document.documentElement.scrollWidth <= innerWidth,
                         left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight]",
            )
            .await?;
        assert_eq!(seen, json!([true, true]), "{page}: fits the screen, and its place in the navigation is in view");
    }
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
