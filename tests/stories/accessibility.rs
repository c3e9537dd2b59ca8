//! axe-core finds nothing to complain about in the widget's states and on the dashboard's pages.

use rapport_tests::crowd::{self, Crowd, Visit};
use rapport_tests::{Outcome, dashboard, widget::Widget, world::World};
use serde_json::json;

async fn assert_accessible(world: &World, what: &str) -> Outcome {
    let findings = world.browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{what}:\n{}", findings.join("\n"));
    Ok(())
}

async fn color_scheme(world: &World, scheme: &str) -> Outcome {
    let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
    world.browser.devtools("Emulation.setEmulatedMedia", features).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_state_of_the_widget_is_accessible() -> Outcome {
    let world = World::shop().await?;
    let widget = Widget::floating(&world.browser);
    for scheme in ["light", "dark"] {
        color_scheme(&world, scheme).await?;
        let state = |name: &str| format!("{name}, {scheme}");
        world.visit("/delivery/").await?;
        widget.ready().await?;
        widget.see(".launcher").await?;
        assert_accessible(&world, &state("launcher")).await?;
        widget.open().await?;
        assert_accessible(&world, &state("scale")).await?;
        widget.next().await?;
        widget.see("[role=alert]").await?;
        assert_accessible(&world, &state("something missing")).await?;
        widget.choose("rating", "2").await?;
        world.browser.picture(&format!("widget-{scheme}.png")).await?;
        widget.next().await?;
        widget.write("Words").await?;
        assert_accessible(&world, &state("words")).await?;
        widget.next().await?;
        widget.thanks().await?;
        assert_accessible(&world, &state("thanks")).await?;
        world.visit("/tableware/moss-mug/").await?;
        world.browser.run("document.querySelector('[data-rapport-survey]').scrollIntoView()").await?;
        Widget::inline(&world.browser).see("legend").await?;
        assert_accessible(&world, &state("inline")).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_the_dashboard_is_accessible() -> Outcome {
    let world = World::shop().await?;
    let widget = Widget::floating(&world.browser);
    world.visit("/delivery/").await?;
    widget.ready().await?;
    widget.open().await?;
    widget.choose("rating", "2").await?;
    widget.next().await?;
    widget.write("Some words to show").await?;
    widget.next().await?;
    widget.thanks().await?;
    world.visit("/tableware/").await?;
    widget.ready().await?;
    world.browser.run("setTimeout(() => { throw new TypeError('something that went wrong') })").await?;
    world.browser.rest().await?;
    world.visit("/delivery/").await?;
    world.proxy.arrival("signal", |item| item["kind"] == "error").await?;

    world.browser.visit(&format!("{}/sign-in", world.proxy.origin())).await?;
    assert_accessible(&world, "sign-in").await?;
    dashboard::sign_in(&world).await?;
    dashboard::read(&world, "feedback/page-rating").await?;
    let answer = world.browser.run("return document.querySelector('a[href*=\"/responses/\"]').pathname").await?;
    let answer = answer.as_str().unwrap_or_default().trim_start_matches(&format!("/sites/{}/", world.site)).to_owned();
    let funnel = dashboard::funnel(&world).await?;
    let customer = dashboard::customer(&world).await?;
    let draft = dashboard::draft(&world).await?;
    let visit = format!("visit?visit={}&at=0", "0190a8f0-7a5c-7c3e-8f52-3d1f6a2b9c10");
    let change = dashboard::mark(&world, "4.2.0")?;
    failing(&world).await?;
    let issue = dashboard::first_issue(&world).await?;
    let error = dashboard::first_error(&world).await?;
    let tell = format!("{issue}/tell");
    let ticket = dashboard::first_ticket(&world).await?;
    let webhook = dashboard::webhook(&world).await?;
    let pages = [
        "overview",
        "annotations",
        &change,
        "feedback",
        "feedback/page-rating",
        "surveys",
        "surveys/page-rating",
        &draft,
        &answer,
        "experience",
        "experience/page?page=/delivery/",
        "experience?page=/nothing/",
        "errors",
        "errors?search=nowhere",
        &error,
        "events",
        "inbox",
        "inbox?show=resolved&tag=none",
        "inbox/rules",
        &ticket,
        "causes",
        "words",
        "words?search=delivery",
        "drivers",
        "drivers?page=/delivery/",
        "forms",
        "heatmap",
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
        "heatmap?page=/delivery/",
        "issues",
        "issues?show=fixed",
        &issue,
        &tell,
        "overview?range=1y",
        "overview?page_group=/tableware&language=en&source=direct",
        "overview?range=today",
        "experience?by=route&search=tableware&column=views&column=failed",
        "experience?search=nowhere",
        "experience/page?route=/tableware/",
        "experience/cause?kind=error&what=nothing",
        "routes?pattern=/tableware/*",
        "routes?pattern=tableware",
        "personas",
        "segments",
        "tasks",
        "tasks?range=7d&page=/delivery/",
        "tasks/task?name=nothing",
        &visit,
        "funnels",
        &funnel,
        "journeys",
        "journeys?around=/tableware/&by=page",
        "retention",
        "shares",
        "mail",
        "mail-reports",
        "feedback?language=en",
        "delivery?source=direct",
        "nothing/here",
        "delivery",
        "theme",
        "audit",
        "install",
    ];
    let shared = dashboard::share(&world, "overview?range=7d").await?;
    for scheme in ["light", "dark"] {
        color_scheme(&world, scheme).await?;
        world.browser.visit(&shared).await?;
        assert!(dashboard::text(&world).await?.contains("How people feel"), "the report under a link");
        assert_accessible(&world, &format!("a shared report, {scheme}")).await?;
        world.browser.visit(&shared.replace("/shared/", "/shared/none")).await?;
        assert_accessible(&world, &format!("a link that leads to none, {scheme}")).await?;
        for address in ["/sites", "/sites/new", "/account"] {
            let origin = world.browser.run("return location.origin").await?;
            world.browser.visit(&format!("{}{address}", origin.as_str().unwrap_or_default())).await?;
            assert_accessible(&world, &format!("{address}, {scheme}")).await?;
        }
        for page in pages {
            let said = dashboard::read(&world, page).await?;
            assert!(
                !page.contains("page?page=") || said.contains("Where it fails"),
                "not the page's own report: {said}"
            );
            assert_accessible(&world, &format!("{page}, {scheme}")).await?;
            // The menus are the same wherever there are filters.
            let menus = world.browser.run("return document.querySelectorAll('.filters details').length").await?;
            for menu in 0..menus.as_u64().filter(|_| page == "overview").unwrap_or_default() {
                let open = format!(
                    "document.querySelectorAll('.filters details').forEach((menu, place) => {{ menu.open = place === {menu} }})"
                );
                world.browser.run(&open).await?;
                assert_accessible(&world, &format!("{page}, menu {menu}, {scheme}")).await?;
            }
        }
    }
    Ok(())
}

/// A visit whose click is dead, and who says so.
async fn failing(world: &World) -> Outcome {
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
    Crowd::of(world, &world.site)?.visit(&visit).await
}
