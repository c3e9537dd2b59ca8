//! Heat maps over a live page: clicks at three sizes of window lie on the same elements at a fourth.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::{Outcome, dashboard, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::{Key, prelude::*};

in_each_browser!(clicks_at_three_sizes_of_window_lie_on_the_same_elements_at_a_fourth);

/// Where it is clicked, and where it is shown.
const CLICKED_AT: [(u32, u32); 3] = [(540, 800), (900, 820), (1_400, 900)];
const SHOWN_AT: (u32, u32) = (1_090, 780);

/// What is clicked: in a grid that lies otherwise at each width, sticky, in a scroller, in a shadow root, masked.
const TARGETS: [&str; 6] = [
    "document.querySelector('.cards article:nth-of-type(3) button')",
    "document.querySelector('.cards article:nth-of-type(4) h2')",
    "document.getElementById('stuck')",
    "document.querySelector('.scroller li:nth-child(17) button')",
    "document.getElementById('hides').shadowRoot.querySelectorAll('button')[1]",
    "document.getElementById('ms-roe')",
];
/// What is not there at the width at which it is shown.
const GONE: &str = "document.querySelector('.going')";

async fn click(world: &World, target: &str, offset_px: (i64, i64)) -> Outcome {
    let element = world
        .browser
        .driver
        .execute(format!("const it = {target}; it.scrollIntoView({{ block: 'center' }}); return it;"), vec![])
        .await?
        .element()?;
    let actions = world.browser.driver.action_chain();
    let (x, y) = offset_px;
    actions.move_to_element_with_offset(&element, x, y).click().perform().await?;
    Ok(())
}

/// Clicks everything once at a size of window, and leaves.
async fn visit_at(world: &World, (width_px, height_px): (u32, u32), offset_px: (i64, i64)) -> Outcome {
    let before = world.proxy.exchanges().len();
    world.browser.driver.set_window_rect(0, 0, width_px, height_px).await?;
    world.visit("/heat.html").await?;
    Widget::floating(&world.browser).ready().await?;
    let title = world.browser.driver.query(By::Css("h2")).first().await?;
    world.browser.driver.action_chain().move_to_element_center(&title).perform().await?;
    wait::until("the part that keeps clicks", || async {
        let exchanges = world.proxy.exchanges();
        let came = exchanges[before..].iter().any(|exchange| exchange.path.contains("/assets/point-"));
        // Later it comes from the browser's own cache.
        let known = exchanges[..before].iter().any(|exchange| exchange.path.contains("/assets/point-"));
        Ok((came || known).then_some(()))
    })
    .await?;
    wait::pass(Duration::from_millis(500)).await;
    for target in TARGETS.iter().chain([&GONE]) {
        click(world, target, offset_px).await?;
        wait::pass(Duration::from_millis(120)).await;
    }
    world.browser.close_tab().await
}

fn points(world: &World) -> Vec<Value> {
    world.proxy.arrived("signal").into_iter().filter(|signal| signal["kind"] == "point").collect()
}

/// Opens the map from the dashboard, in a window that becomes the current one; gives the dashboard's.
async fn open_map(world: &World, page: &str) -> Outcome<WindowHandle> {
    let driver = &world.browser.driver;
    dashboard::read(world, &format!("heatmap?page={page}")).await?;
    let own = driver.window().await?;
    world.browser.click("form[data-heatmap] button").await?;
    let opened = wait::until("the page to open", || async {
        Ok(driver.windows().await?.into_iter().find(|window| *window != own))
    })
    .await?;
    driver.switch_to_window(opened).await?;
    Ok(own)
}

async fn clicks_at_three_sizes_of_window_lie_on_the_same_elements_at_a_fourth(window: Window) -> Outcome {
    let world = World::of("tests/pages", &[], window).await?;
    world.rapport.run(&["site", "heat", &world.site, "100"])?;
    for (size, offset_px) in CLICKED_AT.into_iter().zip([(-8, -4), (6, 3), (0, 0)]) {
        visit_at(&world, size, offset_px).await?;
    }
    let all = (TARGETS.len() + 1) * CLICKED_AT.len();
    wait::until("every click to arrive", || async { Ok((points(&world).len() >= all).then_some(())) }).await?;
    assert_eq!(points(&world).len(), all);
    let sent = json!(points(&world)).to_string();
    assert!(!sent.contains("ms-roe") && !sent.contains("Roe"), "what is masked is told by its place alone: {sent}");
    // The beacon with the view is as it was.
    for batch in world.proxy.batches() {
        let has_view = batch.items().iter().any(|item| item["type"] == "page_view");
        assert!(!has_view || batch.items().iter().all(|item| item["kind"] != "point"), "a beacon of their own");
    }
    let views = world.proxy.arrived("page_view").len();

    dashboard::sign_in(&world).await?;
    world.browser.driver.set_window_rect(0, 0, SHOWN_AT.0, SHOWN_AT.1).await?;
    let said = dashboard::read(&world, "heatmap?page=/heat.html").await?;
    dashboard::assert_says(&said, &["21 clicks", "button#stuck", "How far it is scrolled"]);
    let own = open_map(&world, "/heat.html").await?;
    let widget = Widget::floating(&world.browser);
    widget.see("section[aria-label='Heat map'] button").await?;
    // Both windows have the size of the first one.
    world.browser.driver.set_window_rect(0, 0, SHOWN_AT.0, SHOWN_AT.1).await?;
    wait::until("the counts", || async {
        let status = widget.see("section[aria-label='Heat map'] [role=status]").await?.text().await?;
        Ok((status.contains("21 clicks") && status.contains("3 lost")).then_some(()))
    })
    .await?;
    for target in TARGETS {
        let script = format!(
            "const it = {target};
             it.scrollIntoView({{ block: 'center' }});
             const root = document.querySelector('rapport-widget').shadowRoot;
             root.querySelector('section[aria-label=\"Heat map\"] > div').style.visibility = 'hidden';
             const at = (x, y) => {{
                 let hit = document.elementFromPoint(x, y);
                 while (hit && hit.shadowRoot) hit = hit.shadowRoot.elementFromPoint(x, y) || null;
                 return hit;
             }};
             return [...root.querySelectorAll('circle')]
                 .filter((spot) => at(+spot.getAttribute('cx'), +spot.getAttribute('cy')) === it)
                 .reduce((sum, spot) => sum + Number(spot.dataset.count), 0);"
        );
        wait::until(&format!("three clicks on {target}"), || async {
            Ok((world.browser.run(&script).await? == 3).then_some(()))
        })
        .await?;
    }
    world.browser.picture("heatmap.png").await?;
    world.browser.press(Key::Escape + "").await?;
    widget.see_no("section[aria-label='Heat map']").await?;
    world.browser.driver.close_window().await?;
    world.browser.driver.switch_to_window(own).await?;
    wait::until("the dashboard to be told", || async {
        let status = dashboard::text(&world).await?;
        Ok(status.contains("The map is shown over the page").then_some(()))
    })
    .await?;
    assert_eq!(world.proxy.arrived("page_view").len(), views, "nothing is measured while a map is shown");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_cuts_its_tie_to_the_dashboard_takes_the_code_by_hand() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    dashboard::sign_in(&world).await?;
    let own = open_map(&world, "/isolated.html").await?;
    let page = world.browser.driver.window().await?;
    world.browser.driver.switch_to_window(own.clone()).await?;
    let said = wait::until("the dashboard to say so", || async {
        let said = dashboard::text(&world).await?;
        Ok(said.contains("Cross-Origin-Opener-Policy").then_some(said))
    })
    .await?;
    let code = said.split("rapport(\"heatmap\", \"").nth(1).and_then(|rest| rest.split('"').next());
    let code = code.ok_or("no code")?;
    world.browser.driver.switch_to_window(page).await?;
    world.browser.run(&format!("rapport('heatmap', '{code}')")).await?;
    Widget::floating(&world.browser).see("section[aria-label='Heat map'] button").await?;
    Ok(())
}
