//! Each way to embed the widget, on the example page that shows it: what arrives, and what does not.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::{Outcome, tools, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

in_each_browser!(a_router_with_history_has_a_view_for_each_route, a_strict_policy_with_a_nonce_is_enough);

/// Rates the page by the site's first survey, and gives what was sent.
async fn rate(world: &World, question: &str, score: u64) -> Outcome<Value> {
    let widget = Widget::floating(&world.browser);
    widget.open().await?;
    widget.choose(question, &score.to_string()).await?;
    widget.next().await?;
    world.proxy.arrival("response", |item| item["answers"][0]["score"] == score).await
}

/// The paths of the views that arrived, each once, in their order.
fn paths(world: &World) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for view in world.proxy.arrived("page_view") {
        let path = view["path"].as_str().unwrap_or_default().to_owned();
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

async fn walk(world: &World, router: &str) -> Outcome {
    let browser = &world.browser;
    world.visit(&format!("/spa/?router={router}")).await?;
    Widget::floating(browser).ready().await?;
    let functions = "return ['pushState', 'replaceState'].every((name) => /native code/.test(history[name]))";
    assert_eq!(browser.run(functions).await?, true, "the history is not patched");
    browser.run("window.sameDocument = true").await?;
    for route in ["tools", "rules"] {
        browser.click(&format!("[data-route={route}]")).await?;
        wait::until("the route to be shown", || async {
            let shown = browser.run("return document.querySelector('[aria-current]').dataset.route").await?;
            Ok((shown == route).then_some(()))
        })
        .await?;
        // What only flits by is no view.
        wait::pass(Duration::from_millis(300)).await;
    }
    // The answer belongs to the route on which it was given.
    let response = rate(world, "rating", 4).await?;
    assert_eq!(response["path"], "/spa/rules", "{response}");
    browser.run("history.back()").await?;
    wait::until("the route before", || async {
        let shown = browser.run("return document.querySelector('[aria-current]').dataset.route").await?;
        Ok((shown == "tools").then_some(()))
    })
    .await?;
    assert_eq!(browser.run("return window.sameDocument").await?, true, "the document stayed");
    browser.close_tab().await?;
    world.proxy.arrival("page_view", |view| view["path"] == "/spa/rules").await?;
    wait::until("all views", || async { Ok((paths(world).len() >= 3).then_some(())) }).await?;
    wait::stays(&format!("{router}: a view for each route, and no other"), Duration::from_millis(500), async || {
        let mut seen = paths(world);
        seen.sort();
        Ok(seen == ["/spa/", "/spa/rules", "/spa/tools"])
    })
    .await?;
    Ok(())
}

async fn a_router_with_history_has_a_view_for_each_route(window: Window) -> Outcome {
    let world = World::of("examples", &["examples/shop/surveys/page-rating.json"], window).await?;
    walk(&world, "history").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routers_with_hash_and_with_the_navigation_api_have_a_view_for_each_route() -> Outcome {
    for router in ["hash", "navigation"] {
        let world = World::of("examples", &["examples/shop/surveys/page-rating.json"], DESKTOP).await?;
        walk(&world, router).await?;
    }
    Ok(())
}

async fn answer_under_policy(world: &World, page: &str) -> Outcome {
    world.visit(page).await?;
    // Before anything of the widget can be there.
    world.browser.click("#renew").await?;
    Widget::floating(&world.browser).ready().await?;
    let response = rate(world, "rating", 5).await?;
    assert_eq!(response["path"], page, "{response}");
    assert_eq!(world.browser.run("return window.violations").await?, json!([]), "{page}");
    // A policy that forbids nothing would prove nothing.
    let inline = "const inline = document.createElement('script');
         inline.textContent = 'window.forbidden = true';
         document.head.append(inline);
         return window.forbidden || false;";
    assert_eq!(world.browser.run(inline).await?, false, "{page}");
    world.browser.close_tab().await?;
    world.proxy.arrival("signal", |signal| signal["name"] == "renewed").await?;
    Ok(())
}

async fn a_strict_policy_with_a_nonce_is_enough(window: Window) -> Outcome {
    let world = World::of("examples", &["examples/shop/surveys/page-rating.json"], window).await?;
    answer_under_policy(&world, "/strict-csp/nonce.html").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_policy_with_the_hash_of_the_stub_is_enough() -> Outcome {
    let world = World::of("examples", &["examples/shop/surveys/page-rating.json"], DESKTOP).await?;
    answer_under_policy(&world, "/strict-csp/hash.html").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_in_arabic_is_asked_from_right_to_left() -> Outcome {
    let world = World::of("examples", &["examples/right-to-left/surveys/visit.json"], DESKTOP).await?;
    world.visit("/right-to-left/").await?;
    let widget = Widget::floating(&world.browser);
    widget.ready().await?;
    assert_eq!(widget.words(".launcher").await?, "كيف كانت زيارتك؟");
    widget.open().await?;
    let dialog = widget.see("[role=dialog]").await?;
    let direction = world
        .browser
        .driver
        .execute("return getComputedStyle(arguments[0]).direction", vec![dialog.to_json()?])
        .await?;
    assert_eq!(direction.json(), "rtl");
    // The first star stands to the right of the last.
    let places = "const root = document.querySelector('rapport-widget').shadowRoot;
         const deep = (root) => [...root.querySelectorAll('*')].flatMap((element) =>
             [element, ...(element.shadowRoot ? deep(element.shadowRoot) : [])]);
         return deep(root).filter((element) => element.localName === 'label').map((label) => label.getBoundingClientRect().x);";
    let places: Vec<f64> = serde_json::from_value(world.browser.run(places).await?)?;
    assert!(places.len() == 5 && places.first() > places.last(), "{places:?}");
    let findings = world.browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    widget.choose("rating", "4").await?;
    widget.next().await?;
    widget.write("مقاعد أكثر").await?;
    widget.next().await?;
    assert!(widget.thanks().await?.contains("شكرًا لك"));
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!((&response["language"], &response["answers"][1]["text"]), (&json!("ar"), &json!("مقاعد أكثر")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_the_hosted_form_is_enough() -> Outcome {
    let world = World::of("examples", &[], DESKTOP).await?;
    world.visit("/hosted-form/").await?;
    assert_eq!(world.browser.run("return document.scripts.length").await?, 0);
    assert!(world.proxy.exchanges().is_empty(), "the page itself asks for nothing");
    world.browser.click("main a").await?;
    let asked = wait::until("the form", || async {
        let form = world.browser.run("return document.querySelector('form fieldset legend')?.innerText").await?;
        Ok(form.as_str().map(str::to_owned))
    })
    .await?;
    assert!(!asked.is_empty());
    world.browser.click("label:has(input[type=radio][value='5'])").await?;
    world.browser.click("form button").await?;
    wait::until("the answer to be stored", || async {
        let mut posts = world.proxy.exchanges().into_iter().filter(|exchange| exchange.method == "POST");
        Ok(posts
            .any(|post| post.path.starts_with("/f/") && post.status.is_some_and(|status| status < 400))
            .then_some(()))
    })
    .await?;
    assert!(world.proxy.batches().is_empty(), "nothing was measured");
    Ok(())
}

/// Runs a program to its end, and gives what it printed.
fn run(program: &Path, arguments: &[&str], folder: &Path) -> Outcome<String> {
    let mut command = Command::new(program);
    // What was installed before comes from npm's own store.
    output(command.args(arguments).env("npm_config_prefer_offline", "true"), folder)
}

/// Runs a command in a folder; what it printed, or why it failed.
fn output(command: &mut Command, folder: &Path) -> Outcome<String> {
    let output = command.current_dir(folder).stdin(Stdio::null()).output()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} failed: {printed}{complaint}").into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundled_application_is_installed_and_built_as_the_readme_says() -> Outcome {
    // Built in a folder of its own, as whoever follows the example would, with the package where it is said to be.
    let folder = tempfile::tempdir()?;
    let application = folder.path().join("examples/bundler");
    std::fs::create_dir_all(&application)?;
    std::fs::create_dir_all(folder.path().join("widget/package"))?;
    for (from, to) in
        [("examples/bundler", application.clone()), ("widget/package", folder.path().join("widget/package"))]
    {
        for file in std::fs::read_dir(tools::workspace().join(from))? {
            let file = file?;
            if file.file_type()?.is_file() {
                std::fs::copy(file.path(), to.join(file.file_name()))?;
            }
        }
    }
    let readme = std::fs::read_to_string(tools::workspace().join("examples/README.md"))?;
    let mut said = readme.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let commands = said.find(|block| block.contains("npm run build")).ok_or("the README says how to build")?;
    run(Path::new("sh"), &["-ec", commands], folder.path())?;
    // The story of a newcomer holds for the version that everything else is tested with.
    let asked: Value = serde_json::from_str(&std::fs::read_to_string(application.join("package.json"))?)?;
    let tested: Value = serde_json::from_str(&tools::read("esbuild/package.json")?)?;
    assert_eq!(asked["devDependencies"]["esbuild"], tested["version"]);

    let surveys = ["examples/shop/surveys/page-rating.json"];
    let world = World::of(&application.to_string_lossy(), &surveys, DESKTOP).await?;
    world.visit("/").await?;
    // Before the widget is there.
    world.browser.click("#book").await?;
    let widget = Widget::floating(&world.browser);
    widget.ready().await?;
    let response = rate(&world, "rating", 3).await?;
    assert_eq!(response["path"], "/", "{response}");
    world.browser.close_tab().await?;
    let view = world.proxy.arrival("page_view", |_| true).await?;
    assert_eq!(view["release"], "2.4.0", "{view}");
    world.proxy.arrival("signal", |signal| signal["name"] == "slot-booked").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_from_the_counter_is_sent_by_a_script_once() -> Outcome {
    let world = World::of("examples", &["examples/shop/surveys/page-rating.json"], DESKTOP).await?;
    let folder = tools::workspace().join("examples/server-side");
    let printed = world.rapport.run(&["key", "add", &world.site, "--name", "counter", "--scope", "responses:write"])?;
    let key = printed.split_whitespace().find(|word| word.starts_with("rapport_")).ok_or("no key was printed")?;
    let send = |arguments: &[&str]| {
        let mut command = Command::new("node");
        command.arg("send.mjs").args([&world.rapport.origin(), &world.site]).args(arguments);
        output(command.env("RAPPORT_API_KEY", key), &folder)
    };
    let told = ["page-rating", "4", "Told at the counter.", "call-1"];
    let first = send(&told)?;
    assert!(first.starts_with("counted: rating 4 on page-rating, as response "), "{first}");
    let second = send(&told)?;
    assert!(second.starts_with("counted before: call-1 on page-rating is response "), "{second}");
    // What is wrong is said, with the field, and fails the script.
    let refused = send(&["page-rating", "9"]);
    assert!(refused.is_err_and(|said| said.to_string().contains("not counted: answers[0].score")));
    let keyless =
        run(Path::new("node"), &["send.mjs", &world.rapport.origin(), &world.site, "page-rating", "4"], &folder);
    assert!(keyless.is_err_and(|said| said.to_string().contains("RAPPORT_API_KEY")));
    // Where no collector was, Node showed the stack of its own.
    for base in ["http://127.0.0.1:1", "nowhere"] {
        let mut command = Command::new("node");
        command.args(["send.mjs", base, &world.site, "page-rating", "4"]).env("RAPPORT_API_KEY", key);
        let said = output(&mut command, &folder).err().map(|said| said.to_string()).unwrap_or_default();
        let expected = format!("no collector answers at {base}: ");
        assert!(said.contains(&expected) && !said.contains("    at "), "{said}");
    }
    // A survey without a scale was a TypeError.
    let review = tools::workspace().join("examples/reviews/surveys/review.json");
    world.rapport.run(&["survey", "apply", &world.site, &review.to_string_lossy()])?;
    let said = rapport_tests::wait::until("the collector to serve the review", || async {
        let said = send(&["review", "4"]).err().map(|said| said.to_string()).unwrap_or_default();
        Ok((!said.contains("does not ask")).then_some(said))
    })
    .await?;
    let expected =
        "SCORE needs a question of the kind csat, ces or nps, and review asks: stars (review), author (short-text)";
    assert!(said.contains(expected) && !said.contains("TypeError"), "{said}");
    rapport_tests::dashboard::sign_in(&world).await?;
    let feedback = rapport_tests::dashboard::read(&world, "feedback/page-rating").await?;
    assert_eq!(feedback.matches("Told at the counter.").count(), 1, "{feedback}");
    Ok(())
}
