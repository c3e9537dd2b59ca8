//! The smallest whole: a rating with words is given on a page, and a designer reads it.

use rapport_tests::{Outcome, browser::Window, dashboard, widget::Widget, world::World};

const WORDS: &str = "Straw is better than foam — „danke“!";

in_each_browser!(a_rating_with_words_is_stored);

async fn a_rating_with_words_is_stored(window: Window) -> Outcome {
    let world = World::shop_in(window).await?;
    let widget = Widget::floating(&world.browser);
    world.visit("/delivery/").await?;
    widget.ready().await?;
    widget.open().await?;
    widget.choose("rating", "4").await?;
    widget.next().await?;
    widget.write(WORDS).await?;
    widget.next().await?;
    assert!(widget.thanks().await?.contains("Thank you"));
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!(response["answers"][0]["score"], 4, "{response}");
    assert_eq!(response["answers"][1]["text"], WORDS, "{response}");

    world.visit("/").await?;
    let view = world.proxy.arrival("page_view", |item| item["path"] == "/delivery/").await?;
    assert!(view["engaged_ms"].as_u64() > Some(0), "{view}");
    dashboard::sign_in(&world).await?;
    let feedback = dashboard::read(&world, "feedback/page-rating").await?;
    dashboard::assert_says(&feedback, &[WORDS, "/delivery/"]);
    Ok(())
}
