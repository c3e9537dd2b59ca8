//! A form that is a task: started, done, or abandoned, without a line of the host's script.

use rapport_tests::{Outcome, widget::Widget, world::World};
use serde_json::Value;

async fn fill(world: &World) -> Outcome {
    world.visit("/checkout/").await?;
    Widget::floating(&world.browser).ready().await?;
    for (field, value) in
        [("name", "Ada"), ("email", "ada@example.com"), ("street", "Mill Lane 4"), ("postcode", "1"), ("town", "Fern")]
    {
        world.browser.click(&format!("#{field}")).await?;
        world.browser.press(value).await?;
    }
    Ok(())
}

fn is_step(step: &'static str) -> impl Fn(&Value) -> bool {
    move |signal| signal["kind"] == "task" && signal["name"] == "checkout" && signal["text"] == step
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_a_success_and_leaving_is_not() -> Outcome {
    let world = World::shop().await?;
    fill(&world).await?;
    world.browser.click("#checkout button").await?;
    world.proxy.arrival("signal", is_step("start")).await?;
    world.proxy.arrival("signal", is_step("success")).await?;
    assert!(!world.proxy.arrived("signal").iter().any(is_step("abandon")));
    let view = world.proxy.arrival("page_view", |item| item["path"] == "/checkout/").await?;
    assert_eq!(view["key_events"], 1, "{view}");

    fill(&world).await?;
    world.browser.close_tab().await?;
    world.proxy.arrival("signal", is_step("abandon")).await?;
    let successes = world.proxy.arrived("signal").into_iter().filter(is_step("success")).count();
    assert_eq!(successes, 1);
    // What was typed is nobody's business.
    let sent: String =
        world.proxy.batches().iter().map(|batch| String::from_utf8_lossy(&batch.body).into_owned()).collect();
    for typed in ["Ada", "ada@example.com", "Mill Lane"] {
        assert!(!sent.contains(typed), "{sent}");
    }
    Ok(())
}
