//! The theme in every placement, on a page that changes it, and before it is saved.

use super::{PANEL, computed, set_theme, world};
use rapport_tests::{Outcome, dashboard, wait, widget::Widget};
use serde_json::{Value, json};

/// A theme that leaves nothing as it usually is.
fn distinct() -> Value {
    json!({
        "accent": "#ffd400", "background": "#fff8e0", "text": "#202040", "dark_background": "#101020", "dark_text": "#f0f0ff",
        "radius_px": 4, "font": "\"Some Font\", monospace", "density": "compact", "position": "top-left",
        "logo": "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2060%2020'%3E%3Crect%20width='60'%20height='20'%20fill='%23cc2200'/%3E%3C/svg%3E",
        "logo_text": "Fernhill",
        "css": "legend { letter-spacing: 3px } .next { text-transform: uppercase }",
    })
}

/// What [`distinct`] makes of the main button, the panel, its question and its logo, whatever is drawn.
const WORN: &str = "
    const value = (selector, name) => getComputedStyle(survey.querySelector(selector) || survey)[name];
    return {
        button: [value('.next', 'backgroundColor'), value('.next', 'color'), value('.next', 'textTransform')],
        panel: [getComputedStyle(survey).backgroundColor, getComputedStyle(survey).color, getComputedStyle(survey).fontFamily],
        question: value('legend', 'letterSpacing'),
        logo: (survey.querySelector('.logo') || document.querySelector('main > p > .logo')).alt,
    };";

fn worn() -> Value {
    json!({
        "button": ["rgb(255, 212, 0)", "rgb(0, 0, 0)", "uppercase"],
        "panel": ["rgb(255, 248, 224)", "rgb(32, 32, 64)", "\"Some Font\", monospace"],
        "question": "3px",
        "logo": "Fernhill",
    })
}

/// The dialog of the visitor's own data.
const OWN_DATA: &str = "const dialog = document.querySelector('rapport-widget').shadowRoot.querySelector('.own-data');";

/// What [`distinct`] makes of it.
const OWN_DATA_WORN: &str = "
    const style = getComputedStyle(dialog);
    const button = getComputedStyle(dialog.querySelector('button.first'));
    return [style.backgroundColor, style.color, style.colorScheme, style.fontFamily, style.borderTopLeftRadius,
        button.backgroundColor, button.color, button.borderTopLeftRadius];";

fn own_data_worn(dark: bool) -> Value {
    let (background, text, scheme) = if dark {
        ("rgb(16, 16, 32)", "rgb(240, 240, 255)", "dark")
    } else {
        ("rgb(255, 248, 224)", "rgb(32, 32, 64)", "light")
    };
    json!([background, text, scheme, "\"Some Font\", monospace", "4px", "rgb(255, 212, 0)", "rgb(0, 0, 0)", "3px"])
}

/// How the host's own elements look that are called like those of the widget.
const HOST: &str = "
    const names = ['color', 'background', 'font', 'letterSpacing', 'textTransform', 'border', 'borderRadius', 'padding', 'margin',
        'display', 'position', 'overflow', 'zIndex', 'opacity', 'width', 'colorScheme', '--accent', '--surface'];
    return [...document.querySelectorAll('main, main > form, main fieldset, main legend, main button, html, body')]
        .map((element) => getComputedStyle(element)).map((style) => names.map((name) => style[name] ?? style.getPropertyValue(name)));";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_theme_reaches_every_placement_and_nothing_of_the_host() -> Outcome {
    let world = world().await?;
    let widget = Widget::floating(&world.browser);
    let survey = std::fs::read_to_string(rapport_tests::tools::workspace().join("tests/surveys/looks.json"))?;
    for placement in ["popover", "banner", "modal"] {
        let mut survey: Value = serde_json::from_str(&survey)?;
        survey["id"] = placement.into();
        survey["placement"] = placement.into();
        if placement != "modal" {
            // Opened by the page alone.
            survey["trigger"] = json!({ "on": "manual" });
        }
        let file = world.rapport.folder().join(format!("{placement}.json"));
        std::fs::write(&file, survey.to_string())?;
        world.rapport.run(&["survey", "apply", &world.site, &file.to_string_lossy()])?;
    }
    world.visit("/").await?;
    let height = world.browser.run("return innerHeight").await?;
    let host = world.browser.run(HOST).await?;
    set_theme(&world, &distinct()).await?;
    world.visit("/").await?;
    widget.ready().await?;
    let launcher = widget.see(".launcher").await?.rect().await?;
    assert!(launcher.x <= 20.0 && launcher.y <= 20.0, "the upper left corner: {launcher:?}");
    for placement in ["looks", "popover", "banner", "modal"] {
        world.browser.run(&format!("rapport('open', '{placement}')")).await?;
        widget.see("[role=dialog] legend").await?;
        world.browser.picture(&format!("looks-theme-{placement}.png")).await?;
        assert_eq!(world.browser.run(&format!("{PANEL}{WORN}")).await?, worn(), "{placement}");
        let place = world.browser.run(&format!("{PANEL} return survey.getBoundingClientRect().toJSON()")).await?;
        let (left, top) = (place["left"].as_f64().unwrap_or_default(), place["top"].as_f64().unwrap_or_default());
        match placement {
            "banner" => {
                assert!(left == 0.0 && place["right"] == 1280 && place["bottom"] == height, "{placement}: {place}")
            }
            "modal" => assert!(left > 300.0 && top > 100.0, "{placement}: {place}"),
            _ => assert!(left <= 17.0 && top <= 17.0, "{placement}: {place}"),
        }
        world.browser.run("rapport('close')").await?;
        widget.see_no("[role=dialog]").await?;
    }
    world.browser.run("rapport('data')").await?;
    widget.see(".own-data .buttons button").await?;
    world.browser.picture("looks-theme-own-data.png").await?;
    let findings = world.browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "own data:\n{}", findings.join("\n"));
    assert_eq!(world.browser.run(&format!("{OWN_DATA}{OWN_DATA_WORN}")).await?, own_data_worn(false), "own data");
    world.browser.run(&format!("{OWN_DATA} dialog.close(); document.body.style.background = '#14151a'")).await?;
    widget.see_no(".own-data").await?;
    world.browser.run("rapport('data')").await?;
    widget.see(".own-data .buttons button").await?;
    world.browser.picture("looks-theme-own-data-dark.png").await?;
    assert_eq!(world.browser.run(&format!("{OWN_DATA}{OWN_DATA_WORN}")).await?, own_data_worn(true), "own data, dark");
    world.browser.run(&format!("{OWN_DATA} dialog.close(); document.body.style.background = ''")).await?;
    assert_eq!(world.browser.run(HOST).await?, host, "the host's own elements look as they did");
    world.browser.run("document.querySelector('[data-rapport-survey]').scrollIntoView()").await?;
    Widget::inline(&world.browser).see("legend").await?;
    world.browser.picture("looks-theme-inline.png").await?;
    assert_eq!(world.browser.run(&format!("{PANEL}{WORN}")).await?, worn(), "inline");

    world.browser.visit(&format!("{}/f/{}/looks", world.proxy.origin(), world.site)).await?;
    world.browser.picture("looks-theme-hosted.png").await?;
    assert_eq!(world.browser.run(&format!("{PANEL}{WORN}")).await?, worn(), "hosted form");
    let findings = world.browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "hosted form:\n{}", findings.join("\n"));
    world.browser.visit(&format!("{}/r/{}", world.proxy.origin(), world.site)).await?;
    let page = "const style = getComputedStyle(document.body);
        return [style.color, style.fontFamily, document.querySelector('.logo').naturalWidth > 0];";
    assert_eq!(world.browser.run(page).await?, json!(["rgb(32, 32, 64)", "\"Some Font\", monospace", true]), "reviews");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_changes_the_theme_while_it_runs() -> Outcome {
    let world = world().await?;
    world
        .browser
        .before_pages("window.warnings = []; console.warn = (...words) => warnings.push(words.join(' '))")
        .await?;
    let widget = Widget::floating(&world.browser);
    world.visit("/").await?;
    widget.ready().await?;
    world.browser.run("document.querySelector('[data-rapport-survey]').scrollIntoView()").await?;
    Widget::inline(&world.browser).see("legend").await?;
    widget.open().await?;
    let usual = computed(&world, ".none", &["background-color", "color-scheme"]).await?;
    assert_eq!(usual, ["rgb(255, 255, 255)", "light"]);

    let button = |expected: &'static str| {
        let world = &world;
        async move {
            wait::until("the new accent", || async move {
                let colors = computed(world, ".next", &["background-color"]).await?;
                Ok((colors == [expected]).then_some(()))
            })
            .await
        }
    };
    let deepest = "return [...document.querySelectorAll('rapport-widget, [data-rapport-survey]')].map((host) =>
        getComputedStyle(host.shadowRoot.querySelector('.survey')).backgroundColor)";
    // Two wishes at once: both hold, and what an application does not know is left out of them.
    world
        .browser
        .run(
            "rapport('theme', { accent: '#7a1f5c', position: 'left' });
            rapport('theme', { scheme: 'dark', accent: undefined, radius_px: undefined })",
        )
        .await?;
    button("rgb(122, 31, 92)").await?;
    wait::until("the dark", || async {
        let colors = world.browser.run(deepest).await?;
        Ok((colors == json!(["rgb(28, 30, 36)", "rgb(28, 30, 36)"])).then_some(()))
    })
    .await?;
    world.browser.picture("looks-run-time.png").await?;
    let place = world.browser.run(&format!("{PANEL} return survey.getBoundingClientRect().left")).await?;
    assert!(place.as_f64() <= Some(17.0), "at the left edge: {place}");
    let findings = world.browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));

    // What cannot be read or understood changes nothing, and is told with field and limit.
    for (fields, said) in [
        ("{ dark_text: '#222233' }", "dark_text has a contrast of 1."),
        ("{ accent: 'red' }", "accent must be a colour such as #3457d5"),
        ("{ radius_px: 99 }", "radius_px must be at most 28"),
        ("{ position: 'middle' }", "position must be one of bottom-right, "),
        ("{ css: 'a{}' }", "css cannot be set by a page"),
    ] {
        world.browser.run(&format!("window.warnings.length = 0; rapport('theme', {fields})")).await?;
        let warning = wait::until("a warning", || async {
            let warning = world.browser.run("return window.warnings[0]").await?;
            Ok(warning.as_str().map(str::to_owned))
        })
        .await?;
        assert!(warning.starts_with("rapport: the theme stays as it was: ") && warning.contains(said), "{warning}");
    }
    button("rgb(122, 31, 92)").await?;
    world.browser.run("window.warnings.length = 0; rapport('theme')").await?;
    wait::until("the saved theme", || async {
        let colors = world.browser.run(deepest).await?;
        Ok((colors == json!(["rgb(255, 255, 255)", "rgb(255, 255, 255)"])).then_some(()))
    })
    .await?;
    assert_eq!(world.browser.run("return window.warnings").await?, json!([]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_theme_is_tried_before_it_is_saved() -> Outcome {
    let world = world().await?;
    dashboard::sign_in(&world).await?;
    let page = dashboard::read(&world, "theme").await?;
    dashboard::assert_says(&page, &["Preview", "text on background", "Drawn in the dark"]);
    let preview = |what: &'static str, script: &'static str, expected: Value| {
        let world = &world;
        async move {
            let script = format!(
                "const within = document.querySelector('iframe').contentDocument;
                 const survey = within?.querySelector('rapport-preview')?.shadowRoot?.querySelector('.survey');
                 const next = survey && within.defaultView.getComputedStyle(survey.querySelector('.next'));
                 const panel = survey && within.defaultView.getComputedStyle(survey);
                 try {{ {script} }} catch {{ return null; }}"
            );
            wait::until(what, async || match world.browser.run(&script).await? {
                drawn if drawn == expected => Ok(Some(())),
                drawn => Err(format!("{drawn}, not {expected}").into()),
            })
            .await
        }
    };
    preview("the usual panel", "return panel.backgroundColor", json!("rgb(255, 255, 255)")).await?;
    world.browser.picture("theme-page.png").await?;
    let write = |field: &str, text: &str| {
        format!(
            "const field = document.querySelector('[name={field}]'); field.value = {text:?};
             field.dispatchEvent(new Event('input', {{ bubbles: true }}))"
        )
    };
    world.browser.run(&write("accent", "#7a1f5c")).await?;
    preview("the accent that is typed", "return next.backgroundColor", json!("rgb(122, 31, 92)")).await?;
    world.browser.run(&write("text", "#cccccc")).await?;
    preview(
        "the pair that fails",
        "return document.getElementById('wrong-text').textContent",
        json!("It has a contrast of 1.60 with background (#cccccc on #ffffff), needs 4.5."),
    )
    .await?;
    preview("what is wrong is not drawn", "return panel.color", json!("rgb(27, 30, 37)")).await?;
    let findings = world.browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    world.browser.click("button[value=dark]").await?;
    preview("the dark", "return panel.backgroundColor", json!("rgb(28, 30, 36)")).await?;
    world.browser.click("input[value=narrow]").await?;
    preview("a narrow page", "return within.documentElement.clientWidth", json!(320)).await?;
    world.browser.picture("theme-page-narrow.png").await?;
    // What was tried is not saved, and the preview told nobody of anything.
    let saved = dashboard::read(&world, "theme").await?;
    assert!(!saved.contains("#7a1f5c") && world.proxy.batches().is_empty());
    world.browser.run(&write("accent", "#7a1f5c")).await?;
    world.browser.click("main form button:not([name])").await?;
    preview("what was saved", "return next.backgroundColor", json!("rgb(122, 31, 92)")).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_drawn_is_as_dark_as_the_page_there_whatever_the_system_prefers() -> Outcome {
    let world = world().await?;
    let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    world.browser.devtools("Emulation.setEmulatedMedia", media).await?;
    let (light, dark) = (json!("light"), json!("dark"));
    // How the page is dressed, and what a place in it and the panel over it are then: what is painted counts, then what the
    // page declares.
    let pages = [
        ("", &light, &light),
        ("body { background: rgb(20 20 30) !important }", &dark, &dark),
        ("body { background: none !important } :root { color-scheme: light dark }", &dark, &dark),
        ("body { background: none !important } :root { color-scheme: light }", &light, &light),
        ("body { background: #111 !important } [data-rapport-survey] { background: #fffbe6 }", &light, &dark),
    ];
    for (style, expected, over) in pages {
        let dress = format!(
            "addEventListener('DOMContentLoaded', () => document.head.append(Object.assign(document.createElement('style'), {{ textContent: {} }})))",
            json!(style)
        );
        let added = world.browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": dress })).await?;
        world.visit("/").await?;
        Widget::floating(&world.browser).ready().await?;
        world.browser.run("document.querySelector('[data-rapport-survey]').scrollIntoView()").await?;
        Widget::inline(&world.browser).see("legend").await?;
        let scheme = "return getComputedStyle(document.querySelector('[data-rapport-survey]').shadowRoot.querySelector('.survey')).colorScheme";
        assert_eq!(&world.browser.run(scheme).await?, expected, "{style}");
        let widget = Widget::floating(&world.browser);
        widget.open().await?;
        let scheme = scheme.replace("[data-rapport-survey]", "rapport-widget");
        assert_eq!(&world.browser.run(&scheme).await?, over, "over the page: {style}");
        world
            .browser
            .devtools("Page.removeScriptToEvaluateOnNewDocument", json!({ "identifier": added["identifier"] }))
            .await?;
    }
    Ok(())
}
