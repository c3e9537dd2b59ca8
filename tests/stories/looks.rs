//! How the widget looks: the theme in every placement, and what stays usable when the visitor's system asks for other colours,
//! less motion, larger letters or a narrow window.

use rapport_tests::browser::DESKTOP;
use rapport_tests::{Outcome, dashboard, wait, widget::Widget, world::World};
use serde_json::{Value, json};

/// The panel over the page or, without one, that within it or that of the hosted form; the host has things called alike.
const PANEL: &str = "const within = (host) => document.querySelector(host)?.shadowRoot?.querySelector('.survey');
    const survey = within('rapport-widget') || within('[data-rapport-survey]') || document.querySelector('form.survey');";

/// The questions of `tests/surveys/looks.json`, with what answers each.
const QUESTIONS: [(&str, &str); 9] = [
    ("likely", "label:has(input[value='7'])"),
    ("stars", "label:has(input[value='4'])"),
    ("smileys", "label:has(input[value='3'])"),
    ("service", "label:has(input[value='2'])"),
    ("missing", "label:has(input[value='photos'])"),
    ("order", "select"),
    ("contact", "input[type=email]"),
    ("fixed", "label:has(input[value='no'])"),
    ("words", "textarea"),
];

async fn world() -> Outcome<World> {
    let surveys = ["tests/surveys/looks.json", "examples/shop/surveys/product-feedback.json"];
    let world = World::of("tests/pages/looks", &surveys, DESKTOP).await?;
    // Each visit asks for the theme as it is by then.
    world.browser.devtools("Network.enable", json!({})).await?;
    world.browser.devtools("Network.setCacheDisabled", json!({ "cacheDisabled": true })).await?;
    Ok(world)
}

async fn set_theme(world: &World, theme: &Value) -> Outcome {
    let file = world.rapport.folder().join("theme.json");
    std::fs::write(&file, theme.to_string())?;
    world.rapport.run(&["site", "theme", &world.site, &file.to_string_lossy()])?;
    // What was made of the theme before is taken as true for two seconds.
    let url = format!("{}/v1/config/{}", world.rapport.origin(), world.site);
    let client = reqwest::Client::builder().no_proxy().build()?;
    let accent = format!("--accent:{}", theme["accent"].as_str().unwrap_or_default());
    wait::until("the theme to be served", || async {
        let config = client.get(&url).send().await?.text().await?;
        Ok(config.contains(&accent).then_some(()))
    })
    .await
}

/// Computed values of an element of the panel.
async fn computed(world: &World, selector: &str, properties: &[&str]) -> Outcome<Vec<String>> {
    let script = format!(
        "{PANEL} const style = getComputedStyle(survey.querySelector({selector:?}) || survey);
         return {}.map((name) => style.getPropertyValue(name));",
        json!(properties)
    );
    Ok(serde_json::from_value(world.browser.run(&script).await?)?)
}

/// What sticks out of the panel or the window sideways, what lies over something else, and what is too small to be hit.
const MISFITS: &str = "
    const shown = (element) => element.checkVisibility({ visibilityProperty: true });
    const box = survey.getBoundingClientRect();
    const misfits = [];
    if (box.left < -0.5 || box.right > innerWidth + 0.5) misfits.push(`panel from ${box.left} to ${box.right} of ${innerWidth}`);
    if (survey.scrollWidth > survey.clientWidth) misfits.push(`panel scrolls sideways: ${survey.scrollWidth} of ${survey.clientWidth}`);
    if (document.documentElement.scrollWidth > innerWidth) misfits.push('the page scrolls sideways');
    for (const element of survey.querySelectorAll('*')) {
        if (!shown(element) || element.closest('.unseen')) continue;
        const own = element.getBoundingClientRect();
        const name = element.tagName + '.' + element.className + ' ' + (element.textContent || '').slice(0, 20);
        if (own.width && (own.left < box.left - 0.5 || own.right > box.right + 0.5)) misfits.push('outside: ' + name);
    }
    const targets = [...survey.querySelectorAll('button, a, select, textarea, label.option, input:not(label.option input)')]
        .filter(shown).map((element) => [element, element.getBoundingClientRect()]).filter(([, own]) => own.width);
    for (const [at, [element, own]] of targets.entries()) {
        const name = element.tagName + '.' + element.className + ' ' + (element.textContent || '').slice(0, 20);
        if (own.width < 23.9 || own.height < 23.9) misfits.push(`small: ${name} ${own.width} x ${own.height}`);
        for (const [other, its] of targets.slice(at + 1)) {
            const over = Math.min(own.right, its.right) - Math.max(own.left, its.left) > 1
                && Math.min(own.bottom, its.bottom) - Math.max(own.top, its.top) > 1;
            if (over && !element.contains(other)) misfits.push('overlapping: ' + name + ' and ' + other.className);
        }
    }
    return misfits;";

/// A state of the visitor's system: its name, media features, width, height and scale of the window.
struct State {
    name: &'static str,
    features: &'static [(&'static str, &'static str)],
    media: &'static str,
    size: (u32, u32, f64),
    language: &'static str,
}

/// A system that asks for nothing.
const USUAL: State = State { name: "light", features: &[], media: "screen", size: (1280, 900, 1.0), language: "en" };

const STATES: [State; 7] = [
    USUAL,
    State { name: "dark", features: &[("prefers-color-scheme", "dark")], ..USUAL },
    State {
        name: "forced-colors",
        features: &[("forced-colors", "active"), ("prefers-color-scheme", "dark")],
        ..USUAL
    },
    State { name: "reduced-motion", features: &[("prefers-reduced-motion", "reduce")], ..USUAL },
    State { name: "320px", size: (320, 640, 1.0), language: "de", ..USUAL },
    // A window of 1280 by 900 at 200 %.
    State { name: "zoom-200", size: (640, 450, 2.0), ..USUAL },
    State {
        name: "right-to-left",
        features: &[("prefers-color-scheme", "dark")],
        size: (400, 800, 1.0),
        language: "ar",
        ..USUAL
    },
];

/// What axe-core finds, but for colours that the visitor's system replaces: it reads those of the style sheets.
async fn findings(world: &World, state: &State) -> Outcome<String> {
    let forced = state.features.iter().any(|(name, _)| *name == "forced-colors");
    let mut findings = world.browser.accessibility_findings().await?;
    findings.retain(|finding| !(forced && finding.starts_with("color-contrast")));
    Ok(findings.join("\n"))
}

async fn enter(world: &World, state: &State) -> Outcome {
    let features: Vec<Value> =
        state.features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let media = json!({ "media": state.media, "features": features });
    world.browser.devtools("Emulation.setEmulatedMedia", media).await?;
    let (width, height, scale) = state.size;
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false });
    world.browser.devtools("Emulation.setDeviceMetricsOverride", size).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_question_fits_whatever_the_visitors_system_asks_for() -> Outcome {
    let world = world().await?;
    let widget = Widget::floating(&world.browser);
    for (state, density) in STATES.iter().zip(["comfortable", "compact", "spacious"].into_iter().cycle()) {
        // In the middle of the edge by turns: it is narrower there.
        let position = if density == "compact" { "left" } else { "bottom-right" };
        set_theme(&world, &json!({ "accent": "#0b5f3c", "density": density, "position": position, "radius_px": 20 }))
            .await?;
        enter(&world, state).await?;
        world.visit(&format!("/?language={}", state.language)).await?;
        widget.ready().await?;
        widget.open().await?;
        for (question, answer) in QUESTIONS {
            let what = format!("{question}, {}", state.name);
            widget.see(answer).await.map_err(|failure| format!("{what}: {failure}"))?;
            world.browser.picture(&format!("looks-{}-{question}.png", state.name)).await?;
            let misfits = world.browser.run(&format!("{PANEL}{MISFITS}")).await?;
            assert_eq!(misfits, json!([]), "{what}");
            if question == "likely" {
                // Something missing, and a picked score.
                widget.next().await?;
                widget.see("[role=alert]").await?;
                world.browser.picture(&format!("looks-{}-refused.png", state.name)).await?;
                let findings = findings(&world, state).await?;
                assert!(findings.is_empty(), "{what}, missing:\n{findings}");
            }
            // A list of ranks is left as it is: its menu is the browser's own.
            if question != "order" {
                widget.click(answer).await?;
            }
            if question == "contact" {
                world.browser.press("ada@example.com").await?;
                widget.click("label:has(input[type=checkbox])").await?;
            }
            if question == "words" {
                world.browser.press("Words").await?;
            }
            world.browser.picture(&format!("looks-{}-{question}-answered.png", state.name)).await?;
            let findings = findings(&world, state).await?;
            assert!(findings.is_empty(), "{what}, answered:\n{findings}");
            widget.next().await?;
        }
        widget.thanks().await?;
        world.browser.picture(&format!("looks-{}-thanks.png", state.name)).await?;
        let findings = findings(&world, state).await?;
        assert!(findings.is_empty(), "thanks, {}:\n{findings}", state.name);
        if state.name == "reduced-motion" {
            let motion = computed(&world, ".none", &["animation-name", "transition-duration"]).await?;
            assert_eq!(motion, ["none", "0s"]);
        }
    }
    Ok(())
}

/// The numbers of every scale by the rows in which they stand, whether each is 24 px wide at least, and how far the labels
/// of the ends are from the first and the last number: sideways to its nearer side, and in rows.
const SCALES: &str = "
    for (const animation of survey.getAnimations({ subtree: true })) animation.finish();
    const box = (element) => element.getBoundingClientRect();
    const right = getComputedStyle(survey).direction === 'rtl';
    const [low, high] = [...survey.querySelectorAll('.ends span')].map(box);
    const scales = [...survey.querySelectorAll('[data-as~=scale]')].map((scale) => {
        const options = [...scale.querySelectorAll('.option')].map(box);
        return { options, rows: new Set(options.map(({ top }) => Math.round(top))).size };
    });
    const [first, last] = [scales[0].options[0], scales.at(-1).options.at(-1)];
    const start = (box) => right ? -box.right : box.left;
    const end = (box) => right ? box.left : -box.right;
    return {
        rows: scales.map(({ rows }) => rows),
        wide: scales.every(({ options }) => options.every(({ width, height }) => width > 23.9 && height > 23.9)),
        beside: Math.abs(start(low) - start(first)) < 24 && Math.abs(end(high) - end(last)) < 24,
        adjoining: (low.bottom <= first.top || scales.at(-1).rows === 1) && high.top >= last.bottom,
    };";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_a_long_scale_keeps_to_one_row_with_its_labels_at_its_ends() -> Outcome {
    let world = World::of("tests/pages/looks", &[], DESKTOP).await?;
    let ends = json!({ "low_label": "Not at all likely", "high_label": "Very likely" });
    let question = |question: Value| {
        let (mut all, Value::Object(more)) = (ends.clone(), question) else { return Value::Null };
        all.as_object_mut().expect("the labels are an object").extend(more);
        all
    };
    let survey = json!({
        "id": "scales", "name": "Scales", "title": "Scales", "trigger": { "on": "manual" },
        "questions": [
            question(json!({ "id": "likely", "kind": "nps", "text": "How likely are you to recommend us?" })),
            question(json!({ "id": "rows", "kind": "matrix", "points": 11, "text": "How was our service?",
                             "rows": [{ "id": "speed", "label": "Speed" }, { "id": "care", "label": "Care" }] })),
            question(json!({ "id": "nine", "kind": "matrix", "points": 9, "text": "And the goods?",
                             "rows": [{ "id": "weight", "label": "Weight" }] })),
        ],
    });
    world.ask(&world.site, &survey)?;
    let kept = |counts: &[usize]| json!({ "rows": counts.iter().map(|_| 1).collect::<Vec<_>>(), "wide": true, "beside": true, "adjoining": true });
    let widget = Widget::floating(&world.browser);
    let mut seen = Vec::new();
    for density in ["comfortable", "compact", "spacious"] {
        set_theme(&world, &json!({ "accent": "#0b5f3c", "density": density })).await?;
        for width in [390, 360, 320] {
            for language in ["en", "ar"] {
                enter(&world, &State { size: (width, 640, 1.0), ..USUAL }).await?;
                world.visit(&format!("/?language={language}")).await?;
                widget.ready().await?;
                world.browser.run("rapport('open', 'scales')").await?;
                for (question, rows) in [("likely", &[11][..]), ("rows", &[11, 11]), ("nine", &[9])] {
                    widget.see(&format!("[name^='q.{question}']")).await?;
                    world.browser.picture(&format!("scale-{width}-{density}-{language}-{question}.png")).await?;
                    let what = format!("{question}, {language}, {width} px, {density}");
                    let scales = world.browser.run(&format!("{PANEL}{SCALES}")).await?;
                    let misfits = world.browser.run(&format!("{PANEL}{MISFITS}")).await?;
                    if scales != kept(rows) || misfits != json!([]) {
                        seen.push(format!("{what}: {scales} {misfits}"));
                    }
                    widget.next().await?;
                }
            }
            world.browser.visit(&format!("{}/f/{}/scales", world.proxy.origin(), world.site)).await?;
            world.browser.picture(&format!("scale-{width}-{density}-hosted.png")).await?;
            let hosted = world.browser.run(&format!("{PANEL}{SCALES}")).await?;
            if hosted["rows"] != json!([1, 1, 1, 1]) || hosted["wide"] != json!(true) {
                seen.push(format!("hosted form, {width} px, {density}: {hosted}"));
            }
        }
    }
    assert!(seen.is_empty(), "{}", seen.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_scale_takes_more_rows_each_label_stands_at_the_row_of_its_own_end() -> Outcome {
    let world = World::of("tests/pages/looks", &["tests/surveys/looks.json"], DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    for language in ["en", "ar"] {
        // A window of 320 px at 200 %.
        enter(&world, &State { size: (160, 450, 2.0), ..USUAL }).await?;
        world.visit(&format!("/?language={language}")).await?;
        widget.ready().await?;
        widget.open().await?;
        widget.see("[name='q.likely']").await?;
        world.browser.picture(&format!("scale-zoomed-{language}.png")).await?;
        let scales = world.browser.run(&format!("{PANEL}{SCALES}")).await?;
        assert!(scales["rows"][0].as_u64() > Some(1), "{language}: {scales}");
        for held in ["wide", "beside", "adjoining"] {
            assert_eq!(scales[held], json!(true), "{held}, {language}: {scales}");
        }
        let sideways = "return survey.scrollWidth - survey.clientWidth";
        assert_eq!(world.browser.run(&format!("{PANEL}{sideways}")).await?, json!(0), "{language}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panel_that_goes_on_below_its_edge_fades_out_there() -> Outcome {
    let world = World::of("tests/pages/looks", &[], DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    let survey = json!({
        "id": "high", "name": "High", "title": "High", "trigger": { "on": "manual" },
        "questions": [{ "id": "loyalty", "kind": "ladder", "text": "What do we mean to you?" }],
    });
    world.ask(&world.site, &survey)?;
    for (name, features) in [("light", &[][..]), ("forced-colors", &[("forced-colors", "active")])] {
        enter(&world, &State { size: (320, 568, 1.0), features, ..USUAL }).await?;
        world.visit("/").await?;
        widget.ready().await?;
        world.browser.run("rapport('open', 'high')").await?;
        widget.see("legend").await?;
        world.browser.picture(&format!("fades-{name}.png")).await?;
        // The fade ends in the colour of the panel, over what is there, and lets a pointer through.
        let fade = "const fade = getComputedStyle(survey, '::after');
            const colors = fade.backgroundImage.match(/rgba?\\([^)]*\\)/g);
            return [survey.scrollHeight > survey.clientHeight, fade.position, fade.bottom, colors,
                    fade.pointerEvents, getComputedStyle(survey).paddingBottom];";
        let panel = computed(&world, ".none", &["background-color"]).await?.remove(0);
        let seen = world.browser.run(&format!("{PANEL}{fade}")).await?;
        let expected = json!([true, "sticky", "-20px", ["rgba(0, 0, 0, 0)", panel], "none", "20px"]);
        assert_eq!(seen, expected, "{name}");
        world.browser.run(&format!("{PANEL} survey.scrollTop = survey.scrollHeight")).await?;
        world.browser.picture(&format!("fades-{name}-end.png")).await?;
        let end = "const { bottom } = survey.querySelector('.next').getBoundingClientRect();
            return Math.round(survey.getBoundingClientRect().bottom - bottom)";
        assert_eq!(world.browser.run(&format!("{PANEL}{end}")).await?, json!(21), "{name}: the padding and the border");
    }
    Ok(())
}

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
    let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    world.browser.devtools("Emulation.setEmulatedMedia", dark).await?;
    world.browser.picture("looks-theme-own-data-dark.png").await?;
    assert_eq!(world.browser.run(&format!("{OWN_DATA}{OWN_DATA_WORN}")).await?, own_data_worn(true), "own data, dark");
    world.browser.devtools("Emulation.setEmulatedMedia", json!({ "features": [] })).await?;
    world.browser.run(&format!("{OWN_DATA} dialog.close()")).await?;
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
    // Two wishes at once: both hold.
    world
        .browser
        .run("rapport('theme', { accent: '#7a1f5c', position: 'left' }); rapport('theme', { scheme: 'dark' })")
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
            let mut last = Value::Null;
            for _ in 0..200 {
                last = world.browser.run(&script).await?;
                if last == expected {
                    return Ok::<(), rapport_tests::Failure>(());
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            Err(format!("{what}: {last}, not {expected}").into())
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
async fn a_place_in_a_page_is_as_dark_as_the_page_there() -> Outcome {
    let world = world().await?;
    let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    world.browser.devtools("Emulation.setEmulatedMedia", media).await?;
    let (light, dark) = (json!("light"), json!("dark"));
    // How the page is dressed, and what the place is then: what is painted counts, then what the page declares.
    let pages = [
        ("", &light),
        ("body { background: rgb(20 20 30) !important }", &dark),
        ("body { background: none !important } :root { color-scheme: light dark }", &dark),
        ("body { background: none !important } :root { color-scheme: light }", &light),
        ("body { background: #111 !important } [data-rapport-survey] { background: #fffbe6 }", &light),
    ];
    for (style, expected) in pages {
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
        world
            .browser
            .devtools("Page.removeScriptToEvaluateOnNewDocument", json!({ "identifier": added["identifier"] }))
            .await?;
    }
    Ok(())
}
