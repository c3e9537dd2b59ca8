//! Two stories that were planted: a button that breaks on one page, for phones of one campaign, from one day on, and is mended; and a page
//! that is slow, which nobody clicks on wrongly. Browsers live them today; a crowd has lived the days before.

use super::answers::arrive;
use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::crowd::{self, Crowd, Visit};
use rapport_tests::widget::Widget;
use rapport_tests::world::World;
use rapport_tests::{Outcome, dashboard, wait};
use std::time::Duration;
use thirtyfour::prelude::*;

const MUG: &str = "/tableware/moss-mug/";
const VASE: &str = "/tableware/field-vase/";
/// Days of which the crowd tells.
const DAYS: u64 = 26;
/// Visits of the crowd on a day.
const VISITS: u64 = 24;

/// A browser that says it is a phone's.
const PHONE: Window = Window { user_agent: Some(crowd::PHONE), ..DESKTOP };

/// A world that takes a crowd, with the shop and its question about every page.
async fn shop(window: Window) -> Outcome<World> {
    let surveys = ["examples/shop/surveys/page-rating.json"];
    World::set("examples/shop", &surveys, window, &|_| crowd::SETTINGS.to_owned()).await
}

/// The day so many days ago, as pages write it; the site's clocks are those of UTC.
async fn day(world: &World, days_ago: i64) -> Outcome<[String; 2]> {
    let script = format!(
        "const day = new Date(Date.now() - {days_ago} * 864e5), part = (of) => new Intl.DateTimeFormat('en-GB', {{ timeZone: 'UTC', ...of }}).format(day);
         return [`${{part({{ day: 'numeric' }})}} ${{day.toLocaleString('en-US', {{ month: 'short', timeZone: 'UTC' }})}} ${{part({{ year: 'numeric' }})}}`,
                 day.toISOString().slice(0, 10)]"
    );
    let told = world.browser.run(&script).await?;
    let text = |place: usize| told[place].as_str().unwrap_or_default().to_owned();
    Ok([text(0), text(1)])
}

/// A visitor with a phone comes from the newsletter and clicks on the button that does nothing; the name of what they clicked on.
async fn clicks_on_the_broken_button(world: &World) -> Outcome<String> {
    // On a busy machine the part that judges clicks comes later than they do.
    arrive(world, &format!("{MUG}?utm_source=newsletter&utm_campaign=spring"), Duration::from_millis(1_200)).await?;
    let wishlist = world.browser.driver.query(By::Css("button.wishlist")).first().await?;
    let mut insisting = world.browser.driver.action_chain();
    for _ in 0..4 {
        insisting = insisting.click_element(&wishlist);
    }
    insisting.perform().await?;
    // A click is dead when nothing has come of it for 2.5 s.
    wait::pass(Duration::from_millis(3_000)).await;
    world.visit("/delivery/").await?;
    let signal = world.proxy.arrival("signal", |item| item["kind"] == "dead_click").await?;
    let view = world.proxy.arrival("page_view", |item| item["path"] == MUG && item["dead_clicks"] == 1).await?;
    assert_eq!(view["campaign"], "spring", "{view}");
    Ok(signal["element"].as_str().unwrap_or_default().to_owned())
}

/// The crowd of the days before today, among which a button was broken for phones of the campaign on some days.
async fn lived(crowd: &mut Crowd<'_>, element: &str, broken: std::ops::Range<u64>) -> Outcome {
    for days_ago in (1..=DAYS).rev() {
        let release = if days_ago >= broken.end {
            "1.0"
        } else if days_ago >= broken.start {
            "1.1"
        } else {
            "1.2"
        };
        for number in 0..VISITS {
            let phone = number % 2 == 0;
            let campaign = if number % 4 < 2 { "spring" } else { "" };
            let fails = phone && !campaign.is_empty() && broken.contains(&days_ago);
            let usual = Visit {
                path: if number % 8 == 7 { VASE } else { MUG },
                days_ago,
                browser: if phone { crowd::PHONE } else { crowd::DESKTOP },
                campaign,
                release,
                dead: None,
                lcp_ms: 1_200,
                score: (number % 6 == 3).then_some(5),
            };
            let visit = match (fails, number) {
                (true, _) => Visit { dead: Some(element), score: Some(1), ..usual },
                // Somewhere somebody always clicks on a picture.
                (false, 7) => Visit { dead: Some("img.piece"), ..usual },
                (false, _) => usual,
            };
            crowd.visit(&visit).await?;
        }
    }
    Ok(())
}

/// The words of the first issue that is listed.
async fn first_issue(world: &World) -> Outcome<String> {
    dashboard::read(world, "issues?range=30d").await?;
    let words = world.browser.run("return document.querySelector('.issues li').innerText").await?;
    Ok(words.as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_button_that_breaks_for_phones_of_a_campaign_is_named_with_its_day_and_its_fix_is_seen() -> Outcome {
    let world = shop(PHONE).await?;
    let element = clicks_on_the_broken_button(&world).await?;
    lived(&mut Crowd::of(&world, &world.site)?, &element, 1..6).await?;
    dashboard::sign_in(&world).await?;
    let [since, _] = day(&world, 5).await?;
    let first = first_issue(&world).await?;
    dashboard::assert_says(
        &first,
        &[&element, MUG, "mobile", "campaign spring", &format!("New since {since}, with release 1.1")],
    );
    // The one of today was lived here, the others by the crowd.
    dashboard::assert_says(
        &first,
        &["31 dead clicks", "30 low ratings", "30 comments", "31 of 157 views there, and nowhere else"],
    );
    let overview = dashboard::read(&world, "overview?range=30d").await?;
    let fix_first = overview.split("What to fix first").nth(1).unwrap_or_default();
    assert!(fix_first.trim_start().lines().take(4).any(|line| line.contains(MUG)), "{fix_first}");
    dashboard::assert_says(fix_first, &[&format!("New since {since}")]);

    // On another site of the same pages it was mended nine days ago: somebody says so, and the week after tells.
    let mended = world.another_site(&[])?;
    let survey =
        std::fs::read_to_string(rapport_tests::tools::workspace().join("examples/shop/surveys/page-rating.json"))?;
    world.ask(&mended, &serde_json::from_str(&survey)?)?;
    lived(&mut Crowd::of(&world, &mended)?, &element, 10..20).await?;
    world.rapport.run(&["member", "add", &mended, "owner@example.com", "--role", "owner"])?;
    let world = World { site: mended, ..world };
    let first = first_issue(&world).await?;
    let issues = dashboard::read(&world, "issues?range=30d").await?;
    let of_button = issues.lines().find(|line| line.contains(&element)).ok_or("the button is not listed")?;
    assert!(of_button.contains("60 dead clicks"), "{of_button}; first: {first}");
    let open = format!(
        "return [...document.querySelectorAll('.issues .headline')].find((link) => link.textContent.includes({})).pathname",
        serde_json::to_string(&element)?
    );
    let path = world.browser.run(&open).await?;
    let path = path.as_str().unwrap_or_default().trim_start_matches(&format!("/sites/{}/", world.site)).to_owned();
    let [shown, fixed] = day(&world, 9).await?;
    dashboard::read(&world, &path).await?;
    let fill = format!(
        "const form = document.querySelector('.issue-form');
         form.status.value = 'fixed'; form.owner.value = 'owner@example.com'; form.fixed_at.value = '{fixed}T08:00'; form.release.value = '1.2'"
    );
    world.browser.run(&fill).await?;
    world.browser.click(".issue-form button").await?;
    let page = wait::until("the page to tell of the fix", async || {
        let page = dashboard::text(&world).await?;
        Ok(Some(page).filter(|page| page.contains("Before and after the fix")))
    })
    .await?;
    dashboard::assert_says(
        &page,
        &["Fixed", &shown, "owner@example.com", "With release 1.2 it is fixed", "of 7 days after 0.0 %"],
    );
    dashboard::assert_says(&page, &["untouched pages", "What number", "Answer and trail"]);
    assert!(!page.contains("because of"), "{page}");
    let gone = dashboard::read(&world, "issues?range=30d").await?;
    assert!(!gone.contains(&format!("{element} on {MUG}")), "it is fixed, and open no more: {gone}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_page_that_nobody_clicks_on_wrongly_leads_the_list_and_says_that_it_is_slow() -> Outcome {
    let world = shop(DESKTOP).await?;
    // Its picture is slow to come in a browser, too.
    world.visit(VASE).await?;
    Widget::floating(&world.browser).ready().await?;
    world.visit("/delivery/").await?;
    let view = world.proxy.arrival("page_view", |item| item["path"] == VASE).await?;
    assert!(view["dead_clicks"].as_u64().unwrap_or_default() == 0 && view["lcp_ms"].is_u64(), "{view}");
    let mut crowd = Crowd::of(&world, &world.site)?;
    for days_ago in (1..=DAYS).rev() {
        for number in 0..VISITS {
            // One of eight has a quick network: a page that was slow for all, and today once was not, would seem to be mended.
            let of_vase = number % 3 == 0;
            let slow = of_vase && number != 12;
            let visit = Visit {
                path: if of_vase { VASE } else { MUG },
                days_ago,
                browser: if number % 2 == 0 { crowd::PHONE } else { crowd::DESKTOP },
                campaign: "",
                release: "1.0",
                // A button that does nothing, now and then, on the page that is quick.
                dead: (number == 1).then_some("button.wishlist"),
                lcp_ms: if slow { 5_200 } else { 1_100 },
                score: (number % 4 == 1 || number % 6 == 0).then_some(if slow { 1 } else { 5 }),
            };
            crowd.visit(&visit).await?;
        }
    }
    dashboard::sign_in(&world).await?;
    let first = first_issue(&world).await?;
    dashboard::assert_says(&first, &[&format!("{VASE} is slow to show (LCP above 4 s)"), "low ratings"]);
    let overview = dashboard::read(&world, "overview?range=30d").await?;
    let fix_first = overview.split("What to fix first").nth(1).unwrap_or_default();
    let leads = fix_first.find(VASE).ok_or("the slow page is not in the list")?;
    assert!(fix_first.find(MUG).is_none_or(|other| leads < other), "{fix_first}");
    dashboard::assert_says(fix_first, &["Slow to show (LCP)"]);
    Ok(())
}
