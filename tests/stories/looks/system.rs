//! What stays usable when the visitor's system asks for other colours, less motion, larger letters or a narrow window.

use super::{PANEL, QUESTIONS, computed, set_theme, world};
use rapport_tests::{Outcome, browser::DESKTOP, widget::Widget, world::World};
use serde_json::{Value, json};

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
        // The page is light, and so would the panel be.
        let scheme = if state.features.contains(&("prefers-color-scheme", "dark")) { "dark" } else { "auto" };
        let theme =
            json!({ "accent": "#0b5f3c", "density": density, "position": position, "radius_px": 20, "scheme": scheme });
        set_theme(&world, &theme).await?;
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
