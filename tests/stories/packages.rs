//! Pages that others' packages make: an editor, a notebook, a map, a slide show, sliders, carousels, components, an app of shadow
//! roots, pages that are swapped, a chart, a hydrated root. Ordinary use of them is no anger, and a dead button among them is found.

use super::answers::{arrive, click, drag, told_at};
use rapport_tests::browser::{DESKTOP, Engine, Window};
use rapport_tests::{Outcome, wait, world::World};
use std::time::Duration;
use thirtyfour::prelude::*;

/// A page, what is dragged on it, and what is clicked how often in ordinary use, in order.
type Page = (&'static str, &'static [&'static str], &'static [(&'static str, u32)]);

const DRAWN: [Page; 6] = [
    ("ace", &[".ace_content"], &[(".ace_line", 3), (".ace_gutter-cell", 3)]),
    ("notebook", &[".CodeMirror-line"], &[(".CodeMirror-line", 3), (".CodeMirror-linenumber", 3), ("#run", 3)]),
    (
        "leaflet",
        &["#map"],
        &[(".leaflet-control-zoom-in", 3), (".leaflet-control-zoom-out", 3), (".leaflet-marker-icon", 3), ("#map", 3)],
    ),
    ("reveal", &[], &[(".navigate-right", 3), (".navigate-left", 3)]),
    ("nouislider", &[".noUi-handle"], &[(".noUi-target", 3)]),
    ("chart", &["#chart"], &[("#chart", 3), ("#add", 3)]),
];

const BUILT: [Page; 6] = [
    (
        "jquery-ui",
        &[".ui-slider-handle", "#sortable li"],
        &[
            (".ui-accordion-header", 3),
            (".ui-spinner-up", 3),
            ("#slider", 3),
            (".ui-tabs-tab:last-child a", 3),
            (".ui-datepicker-next", 3),
        ],
    ),
    (
        "swiper",
        &[".swiper-wrapper"],
        &[(".swiper-button-next", 3), (".swiper-button-prev", 3), (".swiper-pagination-bullet:last-child", 3)],
    ),
    (
        "bootstrap",
        &[],
        &[("#collapse", 3), ("#fold", 3), ("#dropdown", 3), ("#tab", 3), ("#next", 3), ("#ask", 1), ("#close", 1)],
    ),
    ("shoelace", &[], &[("#details", 3), ("#switch", 3), ("#rating", 3), ("#dropdown sl-button", 3), ("#tab", 3)]),
    ("turbo-next", &[], &[("#back", 1), ("#in-frame", 1), ("#on", 1)]),
    ("react", &[], &[("#count", 3), ("#later", 3)]),
];

/// How long each page is looked at before it is used: longer than what changes anyway takes to be known as such.
const KNOWN: Duration = Duration::from_millis(1_200);
/// What a visitor takes between two things at least.
const NEXT: Duration = Duration::from_millis(350);
/// Longer than a click may take to show an effect.
const VERDICT: Duration = Duration::from_millis(2_650);

async fn use_and_plant(pages: &[Page], window: Window) -> Outcome {
    let world = World::of("tests/pages/packages", &[], window).await?;
    for (page, dragged, clicked) in pages {
        let failed = |failure| format!("{page}: {failure}");
        arrive(&world, &format!("/{page}.html"), KNOWN).await.map_err(failed)?;
        for selector in *dragged {
            drag(&world, selector).await.map_err(failed)?;
            wait::pass(NEXT).await;
        }
        for (selector, times) in *clicked {
            let element = world.browser.driver.query(By::Css(*selector)).first().await?;
            element.scroll_into_view().await?;
            click(&world, selector, *times).await.map_err(failed)?;
            wait::pass(NEXT).await;
        }
        let planted = world.browser.driver.query(By::Id("planted")).first().await?;
        planted.scroll_into_view().await?;
        wait::pass(NEXT).await;
        click(&world, "#planted", 3).await.map_err(failed)?;
        wait::pass(VERDICT).await;
    }
    world.browser.close_tab().await?;

    let mut expected = Vec::new();
    for (page, ..) in pages {
        let path = format!("/{page}.html");
        world.proxy.arrival("page_view", |item| item["path"] == *path && item["rage_clicks"] == 1).await?;
        expected.extend(["dead_click", "rage_click"].map(|kind| (path.clone(), kind.to_owned())));
    }
    let told = told_at(&world);
    let mut found: Vec<_> = told.iter().map(|(path, kind, _)| (path.clone(), kind.clone())).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{told:?}");
    let names = ["button#planted", "sl-button#planted button.button"];
    assert!(told.iter().all(|(_, _, element)| names.contains(&element.as_str())), "{told:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_anger_is_invented_on_editors_maps_slides_and_charts_and_a_dead_button_is_found() -> Outcome {
    use_and_plant(&DRAWN, DESKTOP).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_anger_is_invented_on_built_components_and_a_dead_button_is_found() -> Outcome {
    use_and_plant(&BUILT, DESKTOP).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn firefox_invents_no_anger_on_an_editor_a_map_widgets_and_shadow_roots_either() -> Outcome {
    let window = Window { engine: Engine::Firefox, ..DESKTOP };
    use_and_plant(&[DRAWN[0], DRAWN[2], BUILT[0], BUILT[3]], window).await
}
